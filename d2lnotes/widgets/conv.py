"""The convolution explorer: four sliders and a picture of one 2-D convolution."""

import math
import numbers
import operator
from typing import NamedTuple

import anywidget
import ipywidgets
import traitlets

from ..shapes import TORCH_SAYS
from ._esm import bundle, stylesheet

# Strings, not paths: for a path anywidget starts a thread that watches the file.
_ESM = bundle("core.js", "grid.js", "conv_explorer.js")
_CSS = stylesheet("explorer.css")


class _Knob(NamedTuple):
    """Range of one argument: the slider's usual one, and the utmost it is extended to."""

    least: int
    usual: int
    most: int


_KNOBS = {
    "input_size": _Knob(1, 16, 32),
    "kernel_size": _Knob(1, 7, 15),
    "padding": _Knob(0, 3, 12),
    "stride": _Knob(1, 4, 16),
    "dilation": _Knob(1, 3, 8),
}
_SLIDERS = ("kernel_size", "padding", "stride", "dilation")

# Everything a reader sees. Another language is another table.
_TEXT = {
    "kernel_size": "卷积核 k",
    "padding": "填充 p",
    "stride": "步幅 s",
    "dilation": "空洞率 d",
    "not_an_int": "{name}={value!r} 不是整数，应为 {least} 到 {most} 的整数。",
    "out_of_range": "{name}={value} 超出范围，应为 {least} 到 {most} 的整数。",
    "torch": "PyTorch 的说法：{message}。",
    "contradiction": "{name}={value} 与给出的 {values} 不一致：它的形状是 {rows}×{cols}。"
    "省去 {name}，或写 {name}={longer}。",
    "not_numbers": "{name} 应为数的二维列表、数组或张量，例如 [[0, 1], [2, 3]]，"
    "却在其中见到 {value!r}。",
    "not_2d": "{name} 应为二维（行×列），却是 {found}。"
    "若是 nn.Conv2d 的权重，请取其中一片，例如 conv.weight[0, 0]。",
    "ragged": "{name} 的各行长短不一：{lengths}。二维的数表每行应一样长。",
    "empty": "{name} 是空的，至少要有 1 行 1 列。",
    "too_large": "{name} 的形状是 {rows}×{cols}，太大而看不清，每边最多 {most}。请取其中一块。",
    "not_finite": "{name} 第 {row} 行第 {col} 列是 {value}，应为有限的数。",
    "fallback": "卷积演示：输入 {rows}×{cols}，卷积核 {k}，填充 {padding}，步幅 {stride}，空洞率 "
    "{dilation}。此处不能显示控件，请看本书网站或在 Jupyter、Colab 中运行。",
}


def _limited_int(name):
    knob = _KNOBS[name]
    return traitlets.Int(knob.least, min=knob.least, max=knob.most).tag(sync=True)


class ConvView(anywidget.AnyWidget):
    """The picture alone. Its traits are the state; ``conv_explorer`` adds the sliders."""

    _esm = _ESM
    _css = _CSS

    input_size = _limited_int("input_size")
    kernel_size = _limited_int("kernel_size")
    padding = _limited_int("padding")
    stride = _limited_int("stride")
    dilation = _limited_int("dilation")
    # Values to show instead of the view's own pattern, while the size is theirs; else [].
    input = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    kernel = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)


class ConvExplorer(ipywidgets.VBox):
    """Four sliders above a ``ConvView``.

    Attributes:
        view: The ``ConvView``; in a live kernel its traits follow the sliders.
        sliders: The ``IntSlider`` of each of kernel_size, padding, stride, dilation. To change a
            setting from Python set ``explorer.sliders["stride"].value``.
    """

    def __init__(self, view):
        self.view = view
        self.sliders = {name: _slider(name, getattr(view, name)) for name in _SLIDERS}
        # In the browser, by jslink: works with no kernel, and no message goes back and forth.
        for name, slider in self.sliders.items():
            ipywidgets.jslink((slider, "value"), (view, name))
        row = ipywidgets.HBox(
            list(self.sliders.values()),
            layout=ipywidgets.Layout(flex_flow="row wrap", width="100%"),
        )
        super().__init__([row, view], layout=ipywidgets.Layout(width="100%"))

    def __repr__(self):
        """Text that stands in where widgets do not show (GitHub, plain text)."""
        view = self.view
        return _TEXT["fallback"].format(
            rows=len(view.input) or view.input_size,
            cols=len(view.input[0]) if view.input else view.input_size,
            k=view.kernel_size,
            padding=view.padding,
            stride=view.stride,
            dilation=view.dilation,
        )


def _slider(name, value):
    knob = _KNOBS[name]
    return ipywidgets.IntSlider(
        value=value,
        min=knob.least,
        max=max(knob.usual, value),  # IntSlider would clamp a larger value without a word
        description=_TEXT[name],
        style={"description_width": "5em"},
        layout=ipywidgets.Layout(width="auto", min_width="230px", flex="1 1 300px"),
    )


def _checked_int(name, value):
    """Return an argument as int, or say what would be valid."""
    knob = _KNOBS[name]
    facts = {"name": name, "value": value, "least": knob.least, "most": knob.most}
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(_TEXT["not_an_int"].format(**facts))
    if knob.least <= number <= knob.most:
        return number
    message = _TEXT["out_of_range"].format(**facts)
    if number < knob.least and name in TORCH_SAYS:
        message += _TEXT["torch"].format(message=TORCH_SAYS[name])
    raise ValueError(message)


def _plain(values):
    """Turn tensors, arrays and scalars, nested or not, into lists and numbers."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, (list, tuple)):
        return [_plain(value) for value in values]
    return values


def _checked_values(name, values, most):
    """Return a 2-D table of finite numbers as nested lists of floats, or say what is wrong."""
    rows = _plain(values)
    if not isinstance(rows, list):
        if isinstance(rows, numbers.Real):
            raise ValueError(_TEXT["not_2d"].format(name=name, found="一个数"))
        raise TypeError(_TEXT["not_numbers"].format(name=name, value=rows))
    if not rows or rows == [[]] * len(rows):
        raise ValueError(_TEXT["empty"].format(name=name))
    for row in rows:
        if isinstance(row, numbers.Real):
            raise ValueError(_TEXT["not_2d"].format(name=name, found="一维"))
        if not isinstance(row, list):
            raise TypeError(_TEXT["not_numbers"].format(name=name, value=row))
        if any(isinstance(value, list) for value in row):
            raise ValueError(_TEXT["not_2d"].format(name=name, found="三维或更多维"))
    lengths = [len(row) for row in rows]
    if len(set(lengths)) > 1:
        raise ValueError(_TEXT["ragged"].format(name=name, lengths=lengths))
    if max(len(rows), lengths[0]) > most:
        raise ValueError(
            _TEXT["too_large"].format(name=name, rows=len(rows), cols=lengths[0], most=most)
        )
    return [
        [_checked_number(name, value, i, j) for j, value in enumerate(row)]
        for i, row in enumerate(rows)
    ]


def _checked_number(name, value, row, col):
    if not isinstance(value, numbers.Real):
        raise TypeError(_TEXT["not_numbers"].format(name=name, value=value))
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(
            _TEXT["not_finite"].format(name=name, value=number, row=row + 1, col=col + 1)
        )
    return number


def _with_values(size_name, size, values_name, values, default):
    """Check a size together with the values that may decide it; return (size, values)."""
    size = _checked_int(size_name, size)
    if values is None:
        return size, []
    table = _checked_values(values_name, values, _KNOBS[size_name].most)
    rows, cols = len(table), len(table[0])
    longer = max(rows, cols)
    if size not in (default, longer):
        raise ValueError(
            _TEXT["contradiction"].format(
                name=size_name, value=size, values=values_name, rows=rows, cols=cols, longer=longer
            )
        )
    return longer, table


def conv_explorer(
    input_size=7, kernel_size=3, padding=0, stride=1, dilation=1, *, input=None, kernel=None
):
    """Show a 2-D cross-correlation whose kernel, padding, stride and dilation can be slid.

    The arithmetic is that of ``torch.nn.functional.conv2d`` (padding per side, floor), also where
    a setting is impossible: the explorer then shows PyTorch's message and what would mend it.

    Args:
        input_size: Height and width of the input in cells, 1 to 32.
        kernel_size: Height and width of the kernel in cells, 1 to 15.
        padding: Rows and columns of zeros on each side, 0 to 12.
        stride: Step of the window in cells, 1 to 16.
        dilation: Distance of neighbouring taps in cells, 1 to 8.
        input: Values ``(H, W)``: nested lists, array or tensor. They decide ``input_size``. By
            default digits from a fixed pattern.
        kernel: Values ``(kH, kW)``, square or not. They decide ``kernel_size`` (the longer side)
            and are shown while the slider stands at it. At any other size, and by default, the
            kernel is square with 1, 0 and -1 along its diagonals.

    A value beyond the usual end of its slider lengthens the slider.

    Returns:
        A ``ConvExplorer`` (an ``ipywidgets.VBox``) with ``.view`` and ``.sliders``.

    Raises:
        ValueError: A number is out of range, a table is not 2-D and finite, or a size contradicts
            the values given.
        TypeError: An argument is not an int, or a table holds something that is not a number.
    """
    input_size, input = _with_values("input_size", input_size, "input", input, 7)
    kernel_size, kernel = _with_values("kernel_size", kernel_size, "kernel", kernel, 3)
    return ConvExplorer(
        ConvView(
            input_size=input_size,
            kernel_size=kernel_size,
            padding=_checked_int("padding", padding),
            stride=_checked_int("stride", stride),
            dilation=_checked_int("dilation", dilation),
            input=input,
            kernel=kernel,
            layout=ipywidgets.Layout(width="100%"),
        )
    )
