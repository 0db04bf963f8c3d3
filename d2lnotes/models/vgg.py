"""VGG: a network made of repeated blocks of 3x3 convolutions.

Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", 2014, table 1.
"""

from torch import nn

from ._parts import dense_head, scaled

# (number of convolutions, output channels) of each block
CONFIGS = {
    "vgg11": ((1, 64), (1, 128), (2, 256), (2, 512), (2, 512)),
    "vgg13": ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)),
    "vgg16": ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)),
    "vgg19": ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)),
}


def vgg_block(num_convs, in_channels, out_channels):
    """3x3 convolutions with ReLU that keep the size, then max pooling that halves it."""
    layers = []
    for _ in range(num_convs):
        layers += [nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1), nn.ReLU()]
        in_channels = out_channels
    return nn.Sequential(*layers, nn.MaxPool2d(kernel_size=2, stride=2))


def vgg(num_classes=10, in_channels=1, *, width=1.0, arch="vgg11", hidden=4096, input_size=224):
    """Build a VGG network.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on the channels of the convolutions; 1.0 is the paper's.
        arch: A name in :data:`CONFIGS`, or a table like those in it.
        hidden: Units of each of the two hidden dense layers.
        input_size: Side of the square input images; halved once a block.

    Returns:
        A network from ``(N, in_channels, input_size, input_size)`` to scores ``(N, num_classes)``:
        one module a block, then the dense layers. With torchvision's weights copied over in
        order it gives torchvision's output.
    """
    if isinstance(arch, str):
        if arch not in CONFIGS:
            raise ValueError(f"arch={arch!r} 无效：请给 {'、'.join(CONFIGS)} 之一，或一张配置表")
        arch = CONFIGS[arch]
    side = input_size // 2 ** len(arch)
    if side < 1:
        raise ValueError(f"input_size={input_size} 太小：{len(arch)} 个块之后什么也不剩")
    blocks, channels = [], in_channels
    for num_convs, out_channels in arch:
        out_channels = scaled(out_channels, width)
        blocks.append(vgg_block(num_convs, channels, out_channels))
        channels = out_channels
    return nn.Sequential(
        *blocks,
        *dense_head(channels * side * side, hidden, num_classes),
    )
