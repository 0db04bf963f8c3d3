"""DenseNet: every layer of a block reads all layers before it.

Source: Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks",
2016; sizes as in d2l.
"""

import torch
from torch import nn

from ._parts import scaled


def conv_block(in_channels, out_channels):
    """Normalisation, ReLU and a 3x3 convolution that keeps the size."""
    return nn.Sequential(
        nn.BatchNorm2d(in_channels),
        nn.ReLU(),
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
    )


class DenseBlock(nn.Module):
    """Convolutions whose outputs are appended to their inputs.

    Args:
        num_convs: Number of convolutions.
        input_channels: Input channels.
        num_channels: Channels that each convolution adds (the growth rate).
    """

    def __init__(self, num_convs, input_channels, num_channels):
        super().__init__()
        self.layers = nn.ModuleList(
            conv_block(input_channels + i * num_channels, num_channels) for i in range(num_convs)
        )
        self.out_channels = input_channels + num_convs * num_channels

    def forward(self, x):
        """Map ``(N, input_channels, H, W)`` to ``(N, out_channels, H, W)``."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x


def transition_block(in_channels, out_channels):
    """Fewer channels and half the size, between two dense blocks."""
    return nn.Sequential(
        nn.BatchNorm2d(in_channels),
        nn.ReLU(),
        nn.Conv2d(in_channels, out_channels, kernel_size=1),
        nn.AvgPool2d(kernel_size=2, stride=2),
    )


def densenet(num_classes=10, in_channels=1, *, width=1.0, growth_rate=32, num_convs=(4, 4, 4, 4)):
    """Build DenseNet.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on the stem's channels and on the growth rate; 1.0 is the textbook's.
        growth_rate: Channels that each convolution adds.
        num_convs: Convolutions in each dense block.

    Returns:
        A network from ``(N, in_channels, H, W)`` to scores ``(N, num_classes)``.
    """
    channels, growth_rate = scaled((64, growth_rate), width)
    stages = [
        nn.Sequential(
            nn.Conv2d(in_channels, channels, kernel_size=7, stride=2, padding=3),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )
    ]
    for i, number in enumerate(num_convs):
        if i > 0:
            stages.append(transition_block(channels, channels // 2))
            channels //= 2
        stages.append(DenseBlock(number, channels, growth_rate))
        channels = stages[-1].out_channels
    return nn.Sequential(
        *stages,
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, num_classes),
    )
