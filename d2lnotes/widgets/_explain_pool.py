"""The pooling explorer on a reader's own ``nn.MaxPool2d`` or ``nn.AvgPool2d``."""

from torch import nn

from ..shapes import as_pair, pool_output_size
from ._checks import Knob, checked_int
from ._crop import MOST_CELLS, as_images, cut, output_code, piece_sentence
from .pool import pool_explorer

_TEXT = {
    "indices": "return_indices=True 会连位置一起返回，演示只画最大值。请看去掉它的同一层："
    "nn.MaxPool2d({options})。",
    "divisor": "divisor_override={value} 用固定的数做除数，演示只画 PyTorch 平常的除数。"
    "请看去掉它的同一层：nn.AvgPool2d({options})。",
    "beyond": "{layer} 超出演示的范围：{error}只看形状可以用 d2lnotes.pool_output_size。",
    "channel": "池化逐通道进行，这里是通道 {channel}，换一个：channel=编号。",
    "edges": "填充补在这一块的四周，所以靠边的输出与整张图的不同。",
    "output": "输出就是 {code}。",
}


def explain_pool(layer, x, choice, channel):
    """Return the explorer and the sentences that stand above it."""
    options = _options(layer)
    needed = _needed_size(options)
    shown, piece = {"input_size": needed}, None
    if x is not None:
        x = as_images(x)
        channels = x.shape[-3] if x.ndim > 2 else 1
        channel = checked_int("channel", channel, Knob(0, channels - 1, channels - 1))
        usual = max(12, needed)
        step = as_pair(options["stride"])
        piece = cut(x, **choice, usual=usual, step=step, channels=[channel])
        shown = {"input": piece.values[0]}
    try:
        explorer = pool_explorer(**shown, **options)
    except ValueError as error:
        raise ValueError(_TEXT["beyond"].format(layer=layer, error=error)) from None
    if piece is None:
        return explorer, []
    many = _TEXT["channel"].format(channel=channel) if channels > 1 else ""
    return explorer, [piece_sentence(piece), many, _output_sentence(options, piece, channel)]


def _options(layer):
    """The settings of the layer in the words of ``pool_explorer``."""
    options = {
        "kernel_size": layer.kernel_size,
        "stride": layer.stride,
        "padding": layer.padding,
        "ceil_mode": layer.ceil_mode,
    }
    code = ", ".join(f"{name}={value}" for name, value in options.items())
    if isinstance(layer, nn.MaxPool2d):
        if layer.return_indices:
            raise ValueError(_TEXT["indices"].format(options=code))
        return {**options, "mode": "max", "dilation": layer.dilation}
    if layer.divisor_override is not None:
        raise ValueError(_TEXT["divisor"].format(options=code, value=layer.divisor_override))
    return {**options, "mode": "avg", "count_include_pad": layer.count_include_pad}


def _output_size(options, size):
    names = ("kernel_size", "stride", "padding", "ceil_mode")
    arguments = {name: options[name] for name in names}
    return as_pair(pool_output_size(size, **arguments, dilation=options.get("dilation", 1)))


def _needed_size(options):
    """The least side of an input, from 6 on, that gives 3 rows and columns at least."""
    for size in range(6, MOST_CELLS + 1):
        try:
            if min(_output_size(options, size)) >= 3:
                return size
        except ValueError:
            pass
    return 6  # the explorer shows what is wrong


def _output_sentence(options, piece, channel):
    """How the output of the piece lies in that of the whole."""
    if piece.is_cut and (any(as_pair(options["padding"])) or options["ceil_mode"]):
        return _TEXT["edges"] if any(as_pair(options["padding"])) else ""
    try:
        size = _output_size(options, piece.size)
    except ValueError:
        return ""  # the piece is too small; the explorer says so
    code = output_code(piece, str(channel), size, as_pair(options["stride"]))
    return _TEXT["output"].format(code=code) if code and piece.code != "x" else ""
