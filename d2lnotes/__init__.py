"""Helpers of an interactive book on convolution and the classic CNNs.

Import from the module that owns a name (``from d2lnotes.train import train_ch6``), or from here:
names load on first use, so ``import d2lnotes`` costs nothing.
"""

import sys
from importlib import import_module

if sys.version_info < (3, 10):  # noqa: UP036 - a checkout may be imported by any Python
    raise ImportError(
        f"d2lnotes 需要 Python 3.10 或更新的版本，现在是 {sys.version.split()[0]}："
        "请装一个新的（例如 conda create -n cnn python=3.11），再在它里面运行",
        name=__name__,
    )

__version__ = "0.1.0"

# module -> names that this package passes on; each module stands only on those before it
_OWNERS = {
    "shapes": (
        "conv_output_size",
        "conv_transpose_output_size",
        "pool_output_size",
        "receptive_field",
        "same_padding",
        "unread_cells",
    ),
    "ops": (
        "Conv2D",
        "comp_conv2d",
        "conv2d",
        "conv_transpose2d_by_matrix",
        "corr2d",
        "corr2d_multi_in",
        "corr2d_multi_in_out",
        "corr2d_multi_in_out_1x1",
        "im2col",
        "kernel_matrix",
        "pool2d",
    ),
    "models": ("Residual", "layer_summary", "resnet18"),
    "diagrams": ("block_diagram", "network_diagram"),
    "data": ("DatasetError", "get_fashion_mnist_labels", "load_data_fashion_mnist"),
    "plot": ("Animator", "plot_feature_maps", "plot_history", "show_images", "use_svg_display"),
    "train": (
        "Accumulator",
        "History",
        "Timer",
        "accuracy",
        "evaluate_accuracy_gpu",
        "train_ch6",
        "try_all_gpus",
        "try_gpu",
    ),
    "recipes": ("recipe_here", "train_recipe"),
    "storage": ("checkpoint_path",),
    "results": (),
    "gallery": (),
    "widgets": (
        "channel_explorer",
        "conv_explorer",
        "explain",
        "pool_explorer",
        "receptive_field_explorer",
    ),
}

__all__ = ["__version__", *_OWNERS, *(name for names in _OWNERS.values() for name in names)]


def __getattr__(name):
    for owner, names in _OWNERS.items():
        if name == owner:
            return import_module(f"{__name__}.{owner}")
        if name in names:
            return getattr(import_module(f"{__name__}.{owner}"), name)
    raise AttributeError(
        f"{__name__} 里没有 {name!r}；如果这是 d2l 的名字，附录“d2l 对照”一页说明换成什么"
    )


def __dir__():
    return sorted(__all__)
