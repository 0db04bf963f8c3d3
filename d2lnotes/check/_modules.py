"""Nets that students build, compared with ours whatever the order and names of their layers."""

from zlib import crc32

import torch
from torch import nn


def fill(module):
    """Give every parameter and buffer values that depend on its layer's kind and its shape only.

    Two nets of the same layers then compute the same, although one defines or names them
    otherwise. Layers of one kind and shape are filled alike.

    Args:
        module: A module; filled in place.

    Returns:
        The module.
    """
    for layer in module.modules():
        own = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
        for name, values in own:
            if values is not None and values.is_floating_point():
                values.data.copy_(_values(type(layer).__name__, name, tuple(values.shape)))
    return module


def _values(kind, name, shape):
    """Small random numbers; a variance is positive, a scale near 1."""
    generator = torch.Generator().manual_seed(crc32(f"{kind} {name} {shape}".encode()))
    fan_in = max(1, torch.Size(shape[1:]).numel())
    values = torch.randn(shape, generator=generator) * fan_in**-0.5
    is_near_one = len(shape) == 1 and name in ("weight", "running_var", "gamma", "moving_var")
    return 1 + 0.5 * torch.sigmoid(values) if is_near_one else values


def output_of(module, *inputs, training=False):
    """Fill a module and run it.

    Args:
        module: A module, or a function without parameters. What a stub gives back in its
            place is passed on.
        inputs: Its inputs.
        training: Run in training mode (batch statistics), else in evaluation mode.
    """
    if module is None or module is ...:
        return module
    if isinstance(module, nn.Module):
        fill(module).train(training)
    with torch.no_grad():
        return module(*inputs)
