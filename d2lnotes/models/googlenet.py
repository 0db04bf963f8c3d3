"""GoogLeNet: blocks of four parallel paths whose outputs are joined by channel.

Source: Szegedy et al., "Going deeper with convolutions", 2014, table 1; without the auxiliary
classifiers and local response normalisation, as in d2l.
"""

import torch
from torch import nn

from ._parts import scaled

# (c1, c2, c3, c4) of every Inception block, stage by stage; max pooling between the stages
STAGES = (
    (
        (64, (96, 128), (16, 32), 32),
        (128, (128, 192), (32, 96), 64),
    ),
    (
        (192, (96, 208), (16, 48), 64),
        (160, (112, 224), (24, 64), 64),
        (128, (128, 256), (24, 64), 64),
        (112, (144, 288), (32, 64), 64),
        (256, (160, 320), (32, 128), 128),
    ),
    (
        (256, (160, 320), (32, 128), 128),
        (384, (192, 384), (48, 128), 128),
    ),
)


class Inception(nn.Module):
    """Four paths that look at different scales, side by side; height and width stay.

    Args:
        in_channels: Input channels.
        c1: Output channels of the 1x1 path.
        c2: Channels of the 1x1 and the 3x3 convolution of the second path.
        c3: Channels of the 1x1 and the 5x5 convolution of the third path.
        c4: Output channels of the pooling path.
    """

    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.path1 = _conv(in_channels, c1, 1)
        self.path2 = nn.Sequential(_conv(in_channels, c2[0], 1), _conv(c2[0], c2[1], 3, padding=1))
        self.path3 = nn.Sequential(_conv(in_channels, c3[0], 1), _conv(c3[0], c3[1], 5, padding=2))
        self.path4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1), _conv(in_channels, c4, 1)
        )
        self.out_channels = c1 + c2[1] + c3[1] + c4

    def forward(self, x):
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H, W)``."""
        return torch.cat([self.path1(x), self.path2(x), self.path3(x), self.path4(x)], dim=1)


def googlenet(num_classes=10, in_channels=1, *, width=1.0):
    """Build GoogLeNet (Inception v1).

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on all channels; 1.0 is the paper's.

    Returns:
        A network from ``(N, in_channels, H, W)`` to scores ``(N, num_classes)``.
    """
    c1, c2 = scaled((64, 192), width)
    stages = [
        nn.Sequential(_conv(in_channels, c1, 7, stride=2, padding=3), _halve()),
        nn.Sequential(_conv(c1, c1, 1), _conv(c1, c2, 3, padding=1), _halve()),
    ]
    channels = c2
    for i, blocks in enumerate(STAGES):
        layers = []
        for block in blocks:
            layers.append(Inception(channels, *scaled(block, width)))
            channels = layers[-1].out_channels
        last = i == len(STAGES) - 1
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()] if last else [_halve()]
        stages.append(nn.Sequential(*layers))
    return nn.Sequential(*stages, nn.Linear(channels, num_classes))


def _conv(in_channels, out_channels, kernel_size, **options):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size, **options), nn.ReLU())


def _halve():
    return nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
