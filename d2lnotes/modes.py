"""Training and evaluation mode."""

from contextlib import contextmanager

from torch import nn


@contextmanager
def modes_kept(net):
    """Put every module's mode back afterwards, frozen ones too; a plain function has none."""
    modules = list(net.modules()) if isinstance(net, nn.Module) else []
    modes = [module.training for module in modules]
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
