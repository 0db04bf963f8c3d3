"""ResNet: blocks that add to their input what they compute.

Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015, table 1.
The textbook (d2l) keeps convolution biases and has no normalisation on the shortcut; the paper
and torchvision do it the other way. ``style`` chooses.
"""

from torch import nn

from ._parts import scaled

STYLES = ("d2l", "torchvision")
STEMS = ("7x7", "3x3")


class Residual(nn.Module):
    """Two 3x3 convolutions and a shortcut around them.

    Args:
        input_channels: Input channels.
        num_channels: Output channels.
        use_1x1conv: Put a 1x1 convolution on the shortcut. Default: only where the shape changes.
        strides: Stride of the first convolution and of the shortcut.
        style: ``'d2l'`` or ``'torchvision'``, see the module.

    Raises:
        ValueError: If the shape changes and ``use_1x1conv`` is False.
    """

    def __init__(self, input_channels, num_channels, use_1x1conv=None, strides=1, *, style="d2l"):
        super().__init__()
        self.conv1 = _conv(input_channels, num_channels, 3, strides, style)
        self.bn1 = nn.BatchNorm2d(num_channels)
        self.conv2 = _conv(num_channels, num_channels, 3, 1, style)
        self.bn2 = nn.BatchNorm2d(num_channels)
        self.shortcut = _shortcut(input_channels, num_channels, use_1x1conv, strides, style)
        self.relu = nn.ReLU()

    def forward(self, x):
        """Map ``(N, input_channels, H, W)`` to ``(N, num_channels, H/strides, W/strides)``."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around which the shortcut goes; for 50 layers and more.

    Args:
        input_channels: Input channels.
        num_channels: Channels of the 3x3 convolution; the block puts out four times as many.
        strides: Stride of the 3x3 convolution and of the shortcut.
        style: ``'d2l'`` or ``'torchvision'``, see the module.
    """

    expansion = 4

    def __init__(self, input_channels, num_channels, strides=1, *, style="d2l"):
        super().__init__()
        out_channels = num_channels * self.expansion
        self.conv1 = _conv(input_channels, num_channels, 1, 1, style)
        self.bn1 = nn.BatchNorm2d(num_channels)
        self.conv2 = _conv(num_channels, num_channels, 3, strides, style)
        self.bn2 = nn.BatchNorm2d(num_channels)
        self.conv3 = _conv(num_channels, out_channels, 1, 1, style)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.shortcut = _shortcut(input_channels, out_channels, None, strides, style)
        self.relu = nn.ReLU()

    def forward(self, x):
        """Map ``(N, input_channels, H, W)`` to ``(N, 4 num_channels, H/strides, W/strides)``."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + self.shortcut(x))


def resnet18(num_classes=10, in_channels=1, *, width=1.0, stem="7x7", style="d2l"):
    """Build ResNet-18.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on all channels; 1.0 is the paper's.
        stem: ``'7x7'`` quarters the size before the first block; ``'3x3'`` keeps it, for small
            images (d2l's package does so).
        style: ``'d2l'`` or ``'torchvision'``, see the module.

    Returns:
        A network from ``(N, in_channels, H, W)`` to scores ``(N, num_classes)``.
    """
    return _resnet(Residual, (2, 2, 2, 2), num_classes, in_channels, width, stem, style)


def resnet34(num_classes=10, in_channels=1, *, width=1.0, stem="7x7", style="d2l"):
    """Build ResNet-34; arguments of :func:`resnet18`."""
    return _resnet(Residual, (3, 4, 6, 3), num_classes, in_channels, width, stem, style)


def resnet50(num_classes=10, in_channels=1, *, width=1.0, stem="7x7", style="d2l"):
    """Build ResNet-50; arguments of :func:`resnet18`. The stride is in the 3x3 convolution."""
    return _resnet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels, width, stem, style)


def _resnet(block, repeats, num_classes, in_channels, width, stem, style):
    if style not in STYLES or stem not in STEMS:
        raise ValueError(
            f"stem={stem!r}、style={style!r} 无效：stem 是 {STEMS} 之一，style 是 {STYLES} 之一"
        )
    channels = scaled(64, width)
    stages = [_stem(in_channels, channels, stem, style)]
    for i, (repeat, num_channels) in enumerate(
        zip(repeats, scaled((64, 128, 256, 512), width), strict=True)
    ):
        blocks = []
        for j in range(repeat):
            strides = 2 if i > 0 and j == 0 else 1
            blocks.append(block(channels, num_channels, strides=strides, style=style))
            channels = num_channels * getattr(block, "expansion", 1)
        stages.append(nn.Sequential(*blocks))
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)]
    return nn.Sequential(*stages, *head)


def _stem(in_channels, channels, stem, style):
    kernel_size, strides = (7, 2) if stem == "7x7" else (3, 1)
    layers = [
        _conv(in_channels, channels, kernel_size, strides, style),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    ]
    if stem == "7x7":
        layers.append(nn.MaxPool2d(kernel_size=3, stride=2, padding=1))
    return nn.Sequential(*layers)


def _conv(in_channels, out_channels, kernel_size, strides, style):
    """Convolution that keeps the size at stride 1."""
    return nn.Conv2d(
        in_channels, out_channels, kernel_size, strides, kernel_size // 2, bias=style == "d2l"
    )


def _shortcut(in_channels, out_channels, use_1x1conv, strides, style):
    changes = in_channels != out_channels or strides != 1
    if use_1x1conv is None:
        use_1x1conv = changes
    if not use_1x1conv:
        if changes:
            raise ValueError(
                f"输入 {in_channels} 个通道、输出 {out_channels} 个、步幅 {strides}：形状变了，"
                "捷径需要 1×1 卷积，请去掉 use_1x1conv=False"
            )
        return nn.Identity()
    conv = _conv(in_channels, out_channels, 1, strides, style)
    return conv if style == "d2l" else nn.Sequential(conv, nn.BatchNorm2d(out_channels))
