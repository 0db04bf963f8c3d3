"""Random arguments for the cases of exercises, small enough to read and exact in float32."""

import torch


def integer(generator, low, high):
    """A random integer from low to high, both included."""
    return torch.randint(low, high + 1, (), generator=generator).item()


def integers(generator, *shape, low=-3, high=5):
    """A float tensor of whole numbers, so that sums are exact and examples readable."""
    return torch.randint(low, high + 1, shape, generator=generator).float()
