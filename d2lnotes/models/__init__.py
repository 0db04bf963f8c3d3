"""Classic convolutional networks, one file each: small builders that return an ``nn.Module``."""

from .lenet import lenet

__all__ = ["lenet"]
