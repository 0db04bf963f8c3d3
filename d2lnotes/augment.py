"""Random changes of training images that leave their class as it is, a batch at a time."""

import torch
from torch.nn import functional as F


def random_crop_and_flip(images, generator=None, *, padding=2):
    """Shift every image by up to ``padding`` pixels and mirror half of them left to right.

    Args:
        images: ``(N, C, H, W)`` of any type, on any device; stays as it is.
        generator: Generator of the CPU that decides; torch's global one unless given.
        padding: Zeros around an image before a window of its old size is cut out.

    Returns:
        New images of the same shape, type and device.
    """
    n, _, height, width = images.shape
    # drawn on the CPU, so that a seed gives the same crops on every device
    top, left = torch.randint(2 * padding + 1, (2, n, 1), generator=generator)
    flipped = torch.rand(n, 1, generator=generator) < 0.5
    rows = top + torch.arange(height)
    columns = left + torch.where(flipped, torch.arange(width).flip(0), torch.arange(width))
    each = torch.arange(n).reshape(n, 1, 1)
    index = [i.to(images.device) for i in (each, rows[:, :, None], columns[:, None, :])]
    padded = F.pad(images, [padding] * 4)
    return padded.movedim(1, -1)[tuple(index)].movedim(-1, 1)
