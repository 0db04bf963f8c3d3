"""Explorers: sliders and pictures that answer with a kernel and without one.

Importing this package is light. A name loads ipywidgets and its own module when first used.
"""

import importlib

_LAZY = {
    "conv_explorer": "conv",
    "pool_explorer": "pool",
    "channel_explorer": "channel",
    "receptive_field_explorer": "receptive_field",
    "explain": "_explain",
}

__all__ = list(_LAZY)


def __getattr__(name):
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LAZY})
