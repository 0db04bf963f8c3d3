"""What several networks share."""

from torch import nn


def scaled(channels, width):
    """Multiply channel numbers by ``width``, rounded to integers.

    Args:
        channels: A number of channels, or any nesting of tuples of them.
        width: Positive factor.

    Raises:
        ValueError: If a layer would be left without channels.
    """
    if isinstance(channels, tuple):
        return tuple(scaled(c, width) for c in channels)
    if round(channels * width) < 1:
        raise ValueError(f"width={width} 太小：{channels} 个通道会一个也不剩")
    return round(channels * width)


def dense_head(features, hidden, num_classes):
    """The dense layers of AlexNet and VGG: two hidden ones with dropout, then the scores."""
    return [
        nn.Flatten(),
        nn.Linear(features, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, num_classes),
    ]
