"""The convolution explorer: sliders and a picture of one 2-D convolution, plain or transposed."""

import warnings

import ipywidgets
import traitlets

from ._checks import (
    Knob,
    checked_flag,
    checked_int,
    checked_option,
    checked_pair,
    checked_table,
    plain,
    shape_of,
)
from ._esm import bundle
from ._explorer import QUIZ, ExplorerView, limited_int
from ._paired import LABELS, PairedExplorer, size_setting
from ._patterns import pattern_input, pattern_kernel

_SIZES = {
    "input_size": Knob(1, 16, 32),
    "kernel_size": Knob(1, 7, 15),
    "padding": Knob(0, 3, 12),
    "stride": Knob(1, 4, 16),
    "dilation": Knob(1, 3, 8),
}
_CHANNELS = Knob(1, 64, 64)
_OUTPUT_PADDING = Knob(0, 15, 15)
_MODES = ("zeros", "reflect", "replicate", "circular")
_DIALECTS = ("per_side", "total")

# Everything a reader sees. Another language is another table.
_TEXT = {
    "contradiction": "{name}={value} 与给出的 {values} 不一致：它的形状是 {shape}。"
    "省去 {name}，或写 {name}={wanted}。",
    "channels": "{values} 的形状 {shape} 与通道数不一致，应为 {wanted}"
    "（in_channels={in_channels}，out_channels={out_channels}，groups={groups}）。",
    "input_hint": "输入的形状应为 (高, 宽) 或 (通道, 高, 宽)。",
    "kernel_hint": "核的形状应为 (高, 宽) 或 nn.Conv2d 权重的 (输出通道, 输入通道/组数, 高, 宽)。",
    "bias_hint": "偏置每个输出通道一个数。",
    "bias": "bias 有 {found} 个数，应有 {wanted} 个：每个输出通道一个。",
    "too_large": "{name} 每边最多 {most} 格，这里是 {rows}×{cols}。请取其中一块。",
}


class ConvView(ExplorerView):
    """The picture of a convolution. Sizes are those of the rows; ``columns`` holds what differs."""

    _esm = bundle("js/view/conv_explorer.js")

    input_size = limited_int(_SIZES["input_size"])
    kernel_size = limited_int(_SIZES["kernel_size"])
    padding = limited_int(_SIZES["padding"])
    stride = limited_int(_SIZES["stride"])
    dilation = limited_int(_SIZES["dilation"])
    columns = traitlets.Dict().tag(sync=True)
    padding_mode = traitlets.Enum(_MODES, "zeros").tag(sync=True)
    same_padding = traitlets.Bool(False).tag(sync=True)
    transposed = traitlets.Bool(False).tag(sync=True)
    output_padding = limited_int(_OUTPUT_PADDING)
    in_channels = limited_int(_CHANNELS)
    out_channels = limited_int(_CHANNELS)
    groups = limited_int(_CHANNELS)
    dialect = traitlets.Enum(_DIALECTS, "per_side").tag(sync=True)
    # Values to show instead of the view's own pattern, while the shape is theirs; else [].
    input = traitlets.List().tag(sync=True)
    kernel = traitlets.List().tag(sync=True)
    bias = traitlets.List().tag(sync=True)


def _padding():
    sizes = size_setting("padding")

    def get(explorer):
        return "same" if explorer.view.same_padding else sizes.fget(explorer)

    def put(explorer, value):
        same = isinstance(value, str) and checked_option("padding", value, ("same",)) == "same"
        if not same:
            sizes.fset(explorer, value)
        explorer.view.same_padding = same

    return property(get, put, doc="Padding per side: an int, (rows, columns) or ``'same'``.")


class ConvExplorer(PairedExplorer):
    """Five sliders above a ``ConvView``; its settings can be read and set from Python.

    Attributes:
        view: The ``ConvView``.
        sliders: The ``IntSlider`` of each of input_size, kernel_size, padding, stride, dilation.
        input_size, kernel_size, padding, stride, dilation: Ints or (rows, columns).
        quiz: Seed of the question that is asked; 0: none.
    """

    title = "卷积演示"
    knobs = _SIZES
    labels = LABELS

    input_size = size_setting("input_size")
    kernel_size = size_setting("kernel_size")
    padding = _padding()
    stride = size_setting("stride")
    dilation = size_setting("dilation")

    def input_tensor(self):
        """The input that is shown: a float32 tensor ``(1, C, H, W)`` on the CPU."""
        import torch

        view = self.view
        rows, cols = _pair(self.input_size)
        given = _if_shaped(view.input, (view.in_channels, rows, cols))
        values = given or pattern_input(view.in_channels, rows, cols)
        return torch.tensor([values], dtype=torch.float32, device="cpu")

    def to_module(self):
        """The layer that is shown, with its weights: float32, on the CPU.

        Returns:
            An ``nn.Conv2d``, or an ``nn.ConvTranspose2d`` for a transposed convolution.

        Raises:
            ValueError, RuntimeError: The setting is impossible; the message is PyTorch's.
        """
        import torch
        from torch import nn

        view = self.view
        bias = view.bias if len(view.bias) == view.out_channels else None
        options = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": view.groups,
            "bias": bias is not None,
            "dtype": torch.float32,
            "device": "cpu",
        }
        if view.transposed:
            layer, options["output_padding"] = nn.ConvTranspose2d, view.output_padding
            # The explorer remembers 'same' for the day when the box is unticked.
            options["padding"] = (view.padding, view.columns.get("padding", view.padding))
        else:
            layer, options["padding_mode"] = nn.Conv2d, view.padding_mode
        # Unlike layer(...), this draws no random numbers.
        module = nn.utils.skip_init(layer, view.in_channels, view.out_channels, **options)
        kernel = _if_shaped(view.kernel, module.weight.shape)
        with torch.no_grad():
            module.weight.copy_(torch.tensor(kernel or pattern_kernel(*module.weight.shape)))
            if bias is not None:
                module.bias.copy_(torch.tensor(bias))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a padded copy for 'same' and even kernels
                module(self.input_tensor())  # what is impossible is said here, as in the explorer
        return module


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _if_shaped(table, shape):
    """Given values count while the shape is theirs."""
    return table if table and shape_of(table) == tuple(shape) else None


def _given_size(name, size, values_name, table, default):
    """Check a size together with the values that may decide it; return (rows, columns)."""
    size = checked_pair(name, size, _SIZES[name])
    if table is None:
        return size
    rows, cols = shape_of(table)[-2:]
    most = _SIZES[name].most
    if max(rows, cols) > most:
        raise ValueError(
            _TEXT["too_large"].format(name=values_name, most=most, rows=rows, cols=cols)
        )
    if size not in ((default, default), (rows, cols)):
        wanted = rows if rows == cols else (rows, cols)
        shown = size[0] if size[0] == size[1] else size
        raise ValueError(
            _TEXT["contradiction"].format(
                name=name, value=shown, values=values_name, shape=f"{rows}×{cols}", wanted=wanted
            )
        )
    return rows, cols


def _as_channels(values, dimensions):
    """Values with the channel dimensions that were left out put in front."""
    missing = dimensions - len(shape_of(plain(values)))
    table = plain(values)
    for _ in range(missing if 0 < missing <= dimensions - 2 else 0):
        table = [table]
    return table


def conv_explorer(
    input_size=7,
    kernel_size=3,
    padding=0,
    stride=1,
    dilation=1,
    *,
    input=None,
    kernel=None,
    bias=None,
    in_channels=None,
    out_channels=None,
    groups=1,
    padding_mode="zeros",
    transposed=False,
    output_padding=0,
    dialect="per_side",
    quiz=0,
):
    """Show a 2-D cross-correlation whose input, kernel, padding, stride and dilation can be slid.

    The arithmetic is that of ``torch.nn.Conv2d`` (padding per side, floor) or, with ``transposed``,
    ``torch.nn.ConvTranspose2d``, also where a setting is impossible: the explorer then shows
    PyTorch's message and what would mend it.

    Args:
        input_size: Height and width of the input in cells, 1 to 32; an int or a pair, as the next
            four.
        kernel_size: Height and width of the kernel in cells, 1 to 15.
        padding: Rows and columns on each side, 0 to 12, or ``'same'``.
        stride: Step of the window in cells, 1 to 16.
        dilation: Distance of neighbouring taps in cells, 1 to 8.
        input: Values ``(H, W)`` or ``(C, H, W)``: nested lists, array or tensor, each within
            ±9999. They decide ``input_size``. By default digits from a fixed pattern.
        kernel: Values ``(kH, kW)`` or those of a layer's weight, ``(O, C/groups, kH, kW)``. They
            decide ``kernel_size`` and are shown while the slider stands at it. At any other size,
            and by default, the kernel has 1, 0 and -1 along its diagonals.
        bias: One number for each output channel, or None.
        in_channels: Channels of the input, 1 to 64; by default those of the values, else 1.
        out_channels: Channels of the output, likewise.
        groups: Groups of channels that do not see each other.
        padding_mode: ``'zeros'``, ``'reflect'``, ``'replicate'`` or ``'circular'``.
        transposed: Whether this is a transposed convolution.
        output_padding: Rows and columns it adds at the bottom and on the right, 0 to 15.
        dialect: ``'per_side'`` or ``'total'``: how the formula counts the padding.
        quiz: Seed of the first question, 1 to 999999; 0 asks none.

    A value beyond the usual end of its slider lengthens the slider.

    Returns:
        A ``ConvExplorer`` (an ``ipywidgets.VBox``) with ``.view`` and ``.sliders``.

    Raises:
        ValueError: A number is out of range, a table is not rectangular and finite, or a size
            contradicts the values given.
        TypeError: An argument has the wrong type.
    """
    groups = checked_int("groups", groups, _CHANNELS)
    if input is not None:
        input = checked_table("input", _as_channels(input, 3), 3, _TEXT["input_hint"])
    if kernel is not None:
        kernel = checked_table("kernel", _as_channels(kernel, 4), 4, _TEXT["kernel_hint"])
    same = isinstance(padding, str) and checked_option("padding", padding, ("same",)) == "same"
    pairs = {
        "input_size": _given_size("input_size", input_size, "input", input, 7),
        "kernel_size": _given_size("kernel_size", kernel_size, "kernel", kernel, 3),
        "padding": checked_pair("padding", 0 if same else padding, _SIZES["padding"]),
        "stride": checked_pair("stride", stride, _SIZES["stride"]),
        "dilation": checked_pair("dilation", dilation, _SIZES["dilation"]),
    }
    transposed = checked_flag("transposed", transposed)
    channels = _channels(input, kernel, in_channels, out_channels, groups, transposed)
    return ConvExplorer(
        ConvView(
            **{name: rows for name, (rows, _) in pairs.items()},
            columns={name: cols for name, (rows, cols) in pairs.items() if rows != cols},
            same_padding=same,
            padding_mode=checked_option("padding_mode", padding_mode, _MODES),
            transposed=transposed,
            output_padding=checked_int("output_padding", output_padding, _OUTPUT_PADDING),
            dialect=checked_option("dialect", dialect, _DIALECTS),
            groups=groups,
            **channels,
            input=input or [],
            kernel=kernel or [],
            bias=_checked_bias(bias, channels["out_channels"]),
            quiz=checked_int("quiz", quiz, QUIZ),
            layout=ipywidgets.Layout(width="100%"),
        )
    )


def _channels(input, kernel, in_channels, out_channels, groups, transposed):
    """Input and output channels: those asked for, else those of the values, else 1."""
    outer, inner = shape_of(kernel)[:2] if kernel else (None, None)
    ours = (outer, inner * groups) if transposed and kernel else None
    ours = ours or ((inner * groups, outer) if kernel else (len(input) if input else 1, groups))
    found = {"in_channels": ours[0], "out_channels": ours[1]}
    for name, value in (("in_channels", in_channels), ("out_channels", out_channels)):
        if value is not None:
            found[name] = checked_int(name, value, _CHANNELS)
        checked_int(name, found[name], _CHANNELS)
    facts = {**found, "groups": groups}
    first, second = found["in_channels"], found["out_channels"]
    wanted = (first, second // groups) if transposed else (second, first // groups)
    if kernel and (outer, inner) != wanted:
        _refuse_channels("kernel", kernel, wanted, facts)
    if input and len(input) != first:
        _refuse_channels("input", input, (first,), facts)
    return found


def _refuse_channels(name, table, wanted, facts):
    shape = shape_of(table)
    wanted = (*wanted, *shape[len(wanted) :])
    raise ValueError(_TEXT["channels"].format(values=name, shape=shape, wanted=wanted, **facts))


def _checked_bias(bias, out_channels):
    if bias is None:
        return []
    bias = checked_table("bias", bias, 1, _TEXT["bias_hint"])
    if len(bias) != out_channels:
        raise ValueError(_TEXT["bias"].format(found=len(bias), wanted=out_channels))
    return bias
