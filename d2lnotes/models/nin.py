"""Network in network: 1x1 convolutions in place of dense layers, average pooling at the end.

Source: Lin, Chen and Yan, "Network in network", 2013; sizes as in d2l, after AlexNet.
"""

from torch import nn

from ._parts import scaled


def nin_block(in_channels, out_channels, kernel_size, strides, padding):
    """A convolution and two 1x1 convolutions: a small dense network at every pixel."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, strides, padding),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, kernel_size=1),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, kernel_size=1),
        nn.ReLU(),
    )


def nin(num_classes=10, in_channels=1, *, width=1.0):
    """Build NiN for images of about 224x224.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on the channels of the hidden blocks; 1.0 is the textbook's.

    Returns:
        A network from ``(N, in_channels, H, W)`` to scores ``(N, num_classes)``.
    """
    c1, c2, c3 = scaled((96, 256, 384), width)
    return nn.Sequential(
        nin_block(in_channels, c1, kernel_size=11, strides=4, padding=0),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nin_block(c1, c2, kernel_size=5, strides=1, padding=2),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nin_block(c2, c3, kernel_size=3, strides=1, padding=1),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Dropout(0.5),
        nin_block(c3, num_classes, kernel_size=3, strides=1, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
