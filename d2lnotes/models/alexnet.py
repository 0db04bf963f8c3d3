"""AlexNet: deeper and wider than LeNet, with ReLU, max pooling and dropout.

Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
networks", 2012. Unlike the paper, as in d2l: one tower, no local response normalisation, and
padding 1 in the first layer, which makes 54x54 maps of 224x224 images.
"""

from torch import nn

from ..shapes import conv_output_size, pool_output_size
from ._parts import dense_head, scaled


def alexnet(num_classes=10, in_channels=1, *, width=1.0, hidden=4096, input_size=224):
    """Build AlexNet.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on the channels of the convolutions; 1.0 is the textbook's.
        hidden: Units of each of the two hidden dense layers.
        input_size: Side of the square input images, at least 65.

    Returns:
        A network from ``(N, in_channels, input_size, input_size)`` to scores ``(N, num_classes)``.
    """
    c1, c2, c3, c4, c5 = scaled((96, 256, 384, 384, 256), width)
    side = conv_output_size(input_size, 11, stride=4, padding=1)
    for _ in range(3):
        side = pool_output_size(side, 3, stride=2)
    return nn.Sequential(
        nn.Conv2d(in_channels, c1, kernel_size=11, stride=4, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(c1, c2, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(c2, c3, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(c3, c4, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(c4, c5, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        *dense_head(c5 * side * side, hidden, num_classes),
    )
