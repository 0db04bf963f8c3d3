"""The pooling explorer: sliders and a picture of 2-D max or average pooling."""

import ipywidgets
import traitlets

from ._checks import (
    Knob,
    checked_flag,
    checked_int,
    checked_option,
    checked_pair,
    checked_table,
    shape_of,
)
from ._esm import bundle, stylesheet
from ._explorer import QUIZ, ExplorerView, limited_int
from ._paired import PairedExplorer, size_setting
from ._patterns import pattern_input

_SIZES = {
    "input_size": Knob(1, 16, 32),
    "kernel_size": Knob(1, 7, 32),
    "padding": Knob(0, 3, 16),
    "stride": Knob(1, 7, 32),
    "dilation": Knob(1, 8, 8),
}
_MODES = ("max", "avg")
_INPUT_SIZE = 6

# Everything a reader sees. Another language is another table.
_TEXT = {
    "input_hint": "输入的形状应为 (高, 宽)。池化逐通道进行，请取其中一个通道，例如 x[0, 0]。",
    "too_large": "input 每边最多 {most} 格，这里是 {rows}×{cols}。请取其中一块。",
    "contradiction": "input_size={size} 与给出的 input 不一致：它的形状是 {rows}×{cols}。"
    "省去 input_size 即可。",
    "no_dilation": "平均池化没有空洞率：dilation={dilation}，应为 1。PyTorch 的说法："
    "AvgPool2d.__init__() got an unexpected keyword argument 'dilation'。",
}
_LABELS = {
    "input_size": "输入 n",
    "kernel_size": "窗口 k",
    "padding": "填充 p",
    "stride": "步幅 s",
}


class PoolView(ExplorerView):
    """The picture of a pooling. Sizes are those of the rows; ``columns`` holds what differs."""

    _esm = bundle("js/view/pool_explorer.js")
    _css = stylesheet("explorer.css", "pool.css")

    input_size = limited_int(_SIZES["input_size"])
    kernel_size = limited_int(_SIZES["kernel_size"])
    padding = limited_int(_SIZES["padding"])
    stride = limited_int(_SIZES["stride"])
    dilation = limited_int(_SIZES["dilation"])
    # Whether the stride is left out, so that it is the window's size.
    stride_follows = traitlets.Bool(False).tag(sync=True)
    columns = traitlets.Dict().tag(sync=True)
    mode = traitlets.Enum(_MODES, "max").tag(sync=True)
    ceil_mode = traitlets.Bool(False).tag(sync=True)
    count_include_pad = traitlets.Bool(True).tag(sync=True)
    # Values to show instead of the view's own pattern, while the shape is theirs; else [].
    input = traitlets.List().tag(sync=True)


def _setting(name, check, doc):
    def put(explorer, value):
        setattr(explorer.view, name, check(name, value))

    return property(lambda explorer: getattr(explorer.view, name), put, doc=doc)


def _checked_mode(name, value):
    return checked_option(name, value, _MODES)


class PoolExplorer(PairedExplorer):
    """Four sliders above a ``PoolView``; its settings can be read and set from Python.

    Attributes:
        view: The ``PoolView``.
        sliders: The ``IntSlider`` of each of input_size, kernel_size, padding, stride.
        input_size, kernel_size, padding, stride, dilation: Ints or (rows, columns).
        mode, ceil_mode, count_include_pad: As ``pool_explorer`` takes them.
        quiz: Seed of the question that is asked; 0: none.
    """

    title = "池化演示"
    knobs = _SIZES
    labels = _LABELS

    input_size = size_setting("input_size")
    padding = size_setting("padding")
    dilation = size_setting("dilation")
    mode = _setting("mode", _checked_mode, "``'max'`` or ``'avg'``.")
    ceil_mode = _setting("ceil_mode", checked_flag, "Whether the output size is rounded up.")
    count_include_pad = _setting(
        "count_include_pad", checked_flag, "Whether an average's divisor counts the padding."
    )

    @property
    def kernel_size(self):
        """``kernel_size`` of the layer: an int, or (rows, columns). The stride may follow it."""
        return size_setting("kernel_size").fget(self)

    @kernel_size.setter
    def kernel_size(self, value):
        size_setting("kernel_size").fset(self, value)
        if self.view.stride_follows:
            self.put_sides("stride", self.sides("kernel_size"))

    @property
    def stride(self):
        """``stride`` of the layer: an int, or (rows, columns). None lets it follow the window."""
        return size_setting("stride").fget(self)

    @stride.setter
    def stride(self, value):
        sides = checked_pair(
            "stride", self.kernel_size if value is None else value, _SIZES["stride"]
        )
        self.view.stride_follows = value is None
        self.put_sides("stride", sides)

    def input_tensor(self):
        """The input that is shown: a float32 tensor ``(1, 1, H, W)`` on the CPU."""
        import torch

        shape = self.sides("input_size")
        given = self.view.input
        values = given if shape_of(given) == shape else pattern_input(1, *shape)[0]
        return torch.tensor([[values]], dtype=torch.float32, device="cpu")

    def to_module(self):
        """The layer that is shown.

        Returns:
            An ``nn.MaxPool2d`` or ``nn.AvgPool2d``.

        Raises:
            ValueError, RuntimeError: The setting is impossible; the message is PyTorch's.
        """
        from torch import nn

        options = {
            "kernel_size": self.kernel_size,
            "stride": None if self.view.stride_follows else self.stride,
            "padding": self.padding,
            "ceil_mode": self.ceil_mode,
        }
        if self.mode == "max":
            module = nn.MaxPool2d(**options, dilation=self.dilation)
        elif self.dilation != 1:
            raise ValueError(_TEXT["no_dilation"].format(dilation=self.dilation))
        else:
            module = nn.AvgPool2d(**options, count_include_pad=self.count_include_pad)
        module(self.input_tensor())  # what is impossible is said here, as in the explorer
        return module

    def _tell_limits(self):
        # The stride may follow the window as far as the window goes.
        stride = self.sliders["stride"]
        stride.max = max(stride.max, self.sliders["kernel_size"].max)
        super()._tell_limits()


def pool_explorer(
    input_size=_INPUT_SIZE,
    kernel_size=2,
    stride=None,
    padding=0,
    *,
    mode="max",
    ceil_mode=False,
    count_include_pad=True,
    dilation=1,
    input=None,
    quiz=0,
):
    """Show a 2-D pooling of one channel whose input, window, padding and stride can be slid.

    The arithmetic is that of ``torch.nn.MaxPool2d`` and ``torch.nn.AvgPool2d``, also where a
    setting is impossible: the explorer then shows PyTorch's message and what would mend it.

    Args:
        input_size: Height and width of the input in cells, 1 to 32; an int or a pair, as the next
            three and ``dilation``.
        kernel_size: Height and width of the window in cells, 1 to 32.
        stride: Step of the window in cells, 1 to 32; None: it follows the window.
        padding: Rows and columns on each side, 0 to 16. It counts as minus infinity for a maximum
            and as 0 for an average.
        mode: ``'max'`` or ``'avg'``.
        ceil_mode: Whether the output size is rounded up.
        count_include_pad: Whether the divisor of an average counts the padding.
        dilation: Distance of neighbouring cells of a window, 1 to 8; only a maximum may have one.
        input: Values ``(H, W)``: nested lists, array or tensor, each within ±9999. They decide
            ``input_size``. By default digits from a fixed pattern.
        quiz: Seed of the first question, 1 to 999999; 0 asks none.

    A value beyond the usual end of its slider lengthens the slider.

    Returns:
        A ``PoolExplorer`` (an ``ipywidgets.VBox``) with ``.view`` and ``.sliders``.

    Raises:
        ValueError: A number is out of range, a table is not rectangular and finite, or the size
            contradicts the values given.
        TypeError: An argument has the wrong type.
    """
    pairs = {
        "input_size": checked_pair("input_size", input_size, _SIZES["input_size"]),
        "kernel_size": checked_pair("kernel_size", kernel_size, _SIZES["kernel_size"]),
        "padding": checked_pair("padding", padding, _SIZES["padding"]),
        "dilation": checked_pair("dilation", dilation, _SIZES["dilation"]),
    }
    window = pairs["kernel_size"]
    pairs["stride"] = window if stride is None else checked_pair("stride", stride, _SIZES["stride"])
    if input is not None:
        input = checked_table("input", input, 2, _TEXT["input_hint"])
        pairs["input_size"] = _size_of(input, pairs["input_size"])
    return PoolExplorer(
        PoolView(
            **{name: rows for name, (rows, _) in pairs.items()},
            columns={name: cols for name, (rows, cols) in pairs.items() if rows != cols},
            stride_follows=stride is None,
            mode=_checked_mode("mode", mode),
            ceil_mode=checked_flag("ceil_mode", ceil_mode),
            count_include_pad=checked_flag("count_include_pad", count_include_pad),
            input=input or [],
            quiz=checked_int("quiz", quiz, QUIZ),
            layout=ipywidgets.Layout(width="100%"),
        )
    )


def _size_of(table, size):
    """The size of given values, which may not contradict one that was asked for."""
    rows, cols = shape_of(table)
    most = _SIZES["input_size"].most
    if max(rows, cols) > most:
        raise ValueError(_TEXT["too_large"].format(most=most, rows=rows, cols=cols))
    if size not in ((_INPUT_SIZE, _INPUT_SIZE), (rows, cols)):
        shown = size[0] if size[0] == size[1] else size
        raise ValueError(_TEXT["contradiction"].format(size=shown, rows=rows, cols=cols))
    return rows, cols
