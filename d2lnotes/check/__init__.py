"""Exercises that answer back: ``check.corr2d(my_corr2d)`` says whether, where and why not.

Each module holds the exercises of one chapter; names load on first use.
"""

from difflib import get_close_matches
from importlib import import_module

# module -> exercises
_OWNERS = {
    "why_convolution": (
        "shift",
        "weights_left",
        "dense_from_kernel",
        "convolve2d",
        "is_equivariant",
    ),
    "cross_correlation": (
        "corr2d",
        "corner_kernel",
        "conv2d_layer",
        "kernel_gradient",
        "fit_kernel",
    ),
    "padding_and_stride": ("pad", "same_padding", "output_size", "unread", "layers_until"),
    "channels": ("conv_parameters", "conv_macs", "multi_in_out", "conv1x1", "merged_1x1"),
    "pooling": ("max_pool", "pool_size", "average_kernel", "min_pool"),
    "receptive_field": ("columns_seen", "layers_needed", "columns_read", "changed_by"),
    "conv_as_matmul": (
        "im2col",
        "conv2d",
        "kernel_matrix",
        "conv_transpose2d",
        "output_padding",
        "im2col_batch",
    ),
    "dilation_and_groups": (
        "smallest_dilation",
        "dilate",
        "ungroup",
        "channel_shuffle",
        "separable_width",
        "split_kernel",
    ),
    "lenet": ("flat_size", "relu_lenet", "confusion", "dataset_accuracy"),
    "alexnet": ("dropout", "last_side", "features", "network", "widest_hidden", "mirror"),
    "resnet": ("block_parameters", "residual_block", "bottleneck", "stage", "depth"),
    "batch_norm": ("bn_statistics", "bn_normalize", "bn_moving", "bn_layer", "bn_fold"),
    "vgg": ("stack_weights", "vgg_shapes", "vgg_block_c", "vgg_features", "rescale"),
    "nin": (
        "nin_parameters",
        "deeper_nin_block",
        "global_average",
        "closed_classes",
        "class_map",
    ),
    "densenet": (
        "dense_channels",
        "dense_bottleneck",
        "dense_block",
        "transition",
        "dense_kept",
    ),
    "googlenet": ("inception_shapes", "inception_parameters", "parallel", "inception_v2"),
    "comparison": (
        "paired_difference",
        "separated",
        "pareto_front",
        "largest_batch",
        "stratified_split",
        "small_net",
    ),
}

__all__ = [name for names in _OWNERS.values() for name in names]


def __getattr__(name):
    for module, names in _OWNERS.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    near = get_close_matches(name, __all__, 3, 0.5)
    hint = f"：是不是 {'、'.join(near)}？" if near else "，dir(check) 列出全部练习"
    raise AttributeError(f"没有叫 check.{name} 的练习{hint}")


def __dir__():
    return sorted(__all__)
