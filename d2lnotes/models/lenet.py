"""LeNet-5, as textbooks teach it today.

Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
recognition", 1998. Unlike the paper: 28x28 input padded by 2 in place of 32x32, logistic in place
of scaled tanh, plain average pooling, every C3 map sees all S2 maps, a linear output layer.
"""

from torch import nn

from ._parts import scaled


def lenet(num_classes=10, in_channels=1, *, width=1.0):
    """Build LeNet for 28x28 images.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on the channels of the convolutions; 1.0 is the textbook's.

    Returns:
        A network from ``(N, in_channels, 28, 28)`` to scores ``(N, num_classes)``.

    Raises:
        ValueError: If ``width`` leaves a layer without channels.
    """
    c1, c2 = scaled((6, 16), width)
    return nn.Sequential(
        nn.Conv2d(in_channels, c1, kernel_size=5, padding=2),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(c1, c2, kernel_size=5),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(c2 * 5 * 5, 120),
        nn.Sigmoid(),
        nn.Linear(120, 84),
        nn.Sigmoid(),
        nn.Linear(84, num_classes),
    )
