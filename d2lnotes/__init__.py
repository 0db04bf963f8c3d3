"""Helpers of an interactive book on convolution and the classic CNNs.

Import from the module that owns a name (``from d2lnotes.train import train_ch6``), or from here:
names load on first use, so ``import d2lnotes`` costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

# name -> module that owns it
_LAZY = {
    "shapes": "shapes",
    "conv_output_size": "shapes",
    "same_padding": "shapes",
    "unread_cells": "shapes",
    "ops": "ops",
    "Conv2D": "ops",
    "comp_conv2d": "ops",
    "corr2d": "ops",
    "models": "models",
    "data": "data",
    "DatasetError": "data",
    "get_fashion_mnist_labels": "data",
    "load_data_fashion_mnist": "data",
    "train": "train",
    "Accumulator": "train",
    "History": "train",
    "Timer": "train",
    "accuracy": "train",
    "evaluate_accuracy_gpu": "train",
    "train_ch6": "train",
    "try_all_gpus": "train",
    "try_gpu": "train",
    "plot": "plot",
    "Animator": "plot",
    "plot_history": "plot",
    "show_images": "plot",
    "widgets": "widgets",
    "conv_explorer": "widgets",
}

__all__ = ["__version__", *_LAZY]


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_LAZY[name]}")
    return module if name == _LAZY[name] else getattr(module, name)


def __dir__():
    return sorted(__all__)
