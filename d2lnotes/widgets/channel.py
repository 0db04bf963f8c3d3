"""The channel explorer: a convolution of several channels, which weights meet, what groups save."""

import ipywidgets
import traitlets

from ._checks import Knob, checked_flag, checked_int, checked_table, plain, shape_of
from ._esm import bundle, stylesheet
from ._explorer import QUIZ, Explorer, ExplorerView, limited_int
from ._patterns import pattern_bias, pattern_input, pattern_slices

_KNOBS = {
    "in_channels": Knob(1, 8, 16),
    "out_channels": Knob(1, 8, 16),
    "groups": Knob(1, 8, 16),
    "kernel_size": Knob(1, 5, 7),
    "input_size": Knob(1, 12, 12),
    "padding": Knob(0, 6, 6),
    "stride": Knob(1, 6, 6),
    "pointwise": Knob(0, 64, 64),
}

# Everything a reader sees. Another language is another table.
_TEXT = {
    "contradiction": "{name}={value} 与给出的 {values} 不一致：它的形状是 {shape}。"
    "省去 {name}，或写 {name}={wanted}。",
    "shape": "{values} 的形状是 {shape}，应为 {wanted}"
    "（in_channels={in_channels}，out_channels={out_channels}，groups={groups}）。",
    "square": "{values} 的形状是 {shape}：这里只画正方形的，长方形的请用 conv_explorer。",
    "too_large": "{values} 的形状是 {shape}，{name} 最多 {most}。请取其中一部分。",
    "input_hint": "输入的形状应为 (通道, 高, 宽)。",
    "kernel_hint": "权重的形状应为 (输出通道, 输入通道/组数, 高, 宽)，同 nn.Conv2d 的 weight。",
    "bias_hint": "bias 应为 True、False，或每个输出通道一个数。",
    "bias": "bias 有 {found} 个数，应有 {wanted} 个：每个输出通道一个。",
}
_LABELS = {
    "in_channels": "输入通道",
    "out_channels": "输出通道",
    "groups": "组数",
    "kernel_size": "卷积核 k",
}


class ChannelView(ExplorerView):
    """The picture of a convolution of several channels; input and kernel are square."""

    _esm = bundle("js/view/channel_explorer.js")
    _css = stylesheet("explorer.css", "channel.css")

    in_channels = limited_int(_KNOBS["in_channels"])
    out_channels = limited_int(_KNOBS["out_channels"])
    groups = limited_int(_KNOBS["groups"])
    kernel_size = limited_int(_KNOBS["kernel_size"])
    input_size = limited_int(_KNOBS["input_size"])
    padding = limited_int(_KNOBS["padding"])
    stride = limited_int(_KNOBS["stride"])
    # Output channels of a 1×1 convolution that follows; 0: none does.
    pointwise = limited_int(_KNOBS["pointwise"])
    has_bias = traitlets.Bool(True).tag(sync=True)
    # Values to show instead of the view's own pattern, while the shape is theirs; else [].
    input = traitlets.List().tag(sync=True)
    kernel = traitlets.List().tag(sync=True)
    bias = traitlets.List().tag(sync=True)


def _whole(name):
    def put(explorer, value):
        explorer._show(name, checked_int(name, value, _KNOBS[name]))

    return property(lambda explorer: getattr(explorer.view, name), put, doc=f"``{name}``: an int.")


class ChannelExplorer(Explorer):
    """Four sliders above a ``ChannelView``; its settings can be read and set from Python.

    Attributes:
        view: The ``ChannelView``.
        sliders: The ``IntSlider`` of each of in_channels, out_channels, groups, kernel_size.
        in_channels, out_channels, groups, kernel_size, input_size, padding, stride: Ints.
        pointwise: Output channels of a 1×1 convolution that follows; 0: none.
        quiz: Seed of the question that is asked; 0: none.
    """

    title = "通道演示"
    knobs = _KNOBS
    labels = _LABELS

    in_channels = _whole("in_channels")
    out_channels = _whole("out_channels")
    groups = _whole("groups")
    kernel_size = _whole("kernel_size")
    input_size = _whole("input_size")
    padding = _whole("padding")
    stride = _whole("stride")
    pointwise = _whole("pointwise")

    @property
    def bias(self):
        """The biases that are shown, one number for each output channel; None without bias."""
        view = self.view
        if not view.has_bias:
            return None
        own = len(view.bias) == view.out_channels
        return list(view.bias) if own else pattern_bias(view.out_channels)

    @bias.setter
    def bias(self, value):
        has_bias, numbers = _checked_bias(value, self.view.out_channels)
        self.view.bias = numbers
        self.view.has_bias = has_bias

    def input_tensor(self):
        """The input that is shown: a float32 tensor ``(1, C, H, W)`` on the CPU."""
        import torch

        view = self.view
        shape = (view.in_channels, view.input_size, view.input_size)
        values = view.input if shape_of(view.input) == shape else pattern_input(*shape)
        return torch.tensor([values], dtype=torch.float32, device="cpu")

    def to_module(self):
        """The layer that is shown, with its weights; a 1×1 convolution after it is not part of it.

        Returns:
            An ``nn.Conv2d``: float32, on the CPU.

        Raises:
            ValueError, RuntimeError: The setting is impossible; the message is PyTorch's.
        """
        import torch
        from torch import nn

        view = self.view
        names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups")
        options = {name: getattr(view, name) for name in names}
        # Unlike nn.Conv2d(...), this draws no random numbers.
        module = nn.utils.skip_init(
            nn.Conv2d, **options, bias=view.has_bias, dtype=torch.float32, device="cpu"
        )
        shape = tuple(module.weight.shape)
        kernel = view.kernel if shape_of(view.kernel) == shape else pattern_slices(*shape)
        with torch.no_grad():
            module.weight.copy_(torch.tensor(kernel))
            if view.has_bias:
                module.bias.copy_(torch.tensor(self.bias))
            module(self.input_tensor())  # what is impossible is said here, as in the explorer
        return module


def channel_explorer(
    in_channels=3,
    out_channels=2,
    groups=1,
    kernel_size=3,
    *,
    input_size=4,
    padding=0,
    stride=1,
    input=None,
    kernel=None,
    bias=True,
    pointwise=0,
    quiz=0,
):
    """Show how a 2-D convolution joins channels, and what its weights cost.

    The arithmetic is that of ``torch.nn.Conv2d``, also where a setting is impossible: the explorer
    then shows PyTorch's message and what would mend it.

    Args:
        in_channels: Channels of the input, 1 to 16.
        out_channels: Channels of the output, 1 to 16.
        groups: Groups of channels that do not see each other, 1 to 16. As many as input channels
            make a depthwise convolution (Sifre and Mallat, 2014; MobileNet, 2017).
        kernel_size: Height and width of the kernel in cells, 1 to 7.
        input_size: Height and width of every input channel in cells, 1 to 12.
        padding: Rows and columns of zeros on each side, 0 to 6.
        stride: Step of the window in cells, 1 to 6.
        input: Values ``(C, H, W)`` with H = W: nested lists, array or tensor, each within ±9999.
            They decide ``in_channels`` and ``input_size``. By default digits from a fixed pattern.
        kernel: Values ``(O, C/groups, k, k)``, as the weight of ``nn.Conv2d``. They decide
            ``in_channels``, ``out_channels`` and ``kernel_size``, and are shown while the sliders
            stand there; at other settings, and by default, the weights are small whole numbers.
        bias: Whether there is one, or its numbers, one for each output channel.
        pointwise: Output channels of a 1×1 convolution that follows, whose cost is added; 0: none
            follows. Together with a depthwise convolution it makes a separable one.
        quiz: Seed of the first question, 1 to 999999; 0 asks none.

    A value beyond the usual end of its slider lengthens the slider.

    Returns:
        A ``ChannelExplorer`` (an ``ipywidgets.VBox``) with ``.view`` and ``.sliders``.

    Raises:
        ValueError: A number is out of range, a table is not rectangular and finite, or a size
            contradicts the values given.
        TypeError: An argument has the wrong type.
    """
    settings = {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "groups": groups,
        "kernel_size": kernel_size,
        "input_size": input_size,
        "padding": padding,
        "stride": stride,
        "pointwise": pointwise,
    }
    settings = {name: checked_int(name, settings[name], _KNOBS[name]) for name in settings}
    if input is not None:
        input = checked_table("input", input, 3, _TEXT["input_hint"])
        channels, size, _ = _checked_square("input", input)
        _adopt(settings, "input", input, {"in_channels": channels, "input_size": size})
    if kernel is not None:
        kernel = checked_table("kernel", kernel, 4, _TEXT["kernel_hint"])
        outer, inner, size, _ = _checked_square("kernel", kernel)
        found = {"in_channels": inner * settings["groups"], "out_channels": outer}
        if input is not None:
            _check_shape("kernel", kernel, settings, {**settings, **found})
            del found["in_channels"]
        _adopt(settings, "kernel", kernel, {**found, "kernel_size": size})
    has_bias, numbers = _checked_bias(bias, settings["out_channels"])
    return ChannelExplorer(
        ChannelView(
            **settings,
            has_bias=has_bias,
            input=input or [],
            kernel=kernel or [],
            bias=numbers,
            quiz=checked_int("quiz", quiz, QUIZ),
            layout=ipywidgets.Layout(width="100%"),
        )
    )


_DEFAULTS = {"in_channels": 3, "out_channels": 2, "kernel_size": 3, "input_size": 4}


def _checked_square(name, table):
    """Return the shape of a table whose last two sizes must be equal."""
    shape = shape_of(table)
    if shape[-1] != shape[-2]:
        raise ValueError(_TEXT["square"].format(values=name, shape=shape))
    return shape


def _adopt(settings, values, table, found):
    """Put the sizes of given values into the settings that were left at their default."""
    shape = shape_of(table)
    for name, size in found.items():
        if size > _KNOBS[name].most:
            facts = {"name": name, "most": _KNOBS[name].most}
            raise ValueError(_TEXT["too_large"].format(values=values, shape=shape, **facts))
        if settings[name] not in (_DEFAULTS[name], size):
            facts = {"name": name, "value": settings[name], "wanted": size}
            raise ValueError(_TEXT["contradiction"].format(values=values, shape=shape, **facts))
        settings[name] = size


def _check_shape(name, table, settings, found):
    """Refuse a kernel that reads another number of channels than the input has."""
    if found["in_channels"] == settings["in_channels"]:
        return
    shape, groups = shape_of(table), settings["groups"]
    wanted = (shape[0], settings["in_channels"] / groups, *shape[2:])
    text = f"({', '.join(f'{size:g}' for size in wanted)})"
    facts = {name: settings[name] for name in ("in_channels", "groups")}
    facts["out_channels"] = shape[0]
    raise ValueError(_TEXT["shape"].format(values=name, shape=shape, wanted=text, **facts))


def _checked_bias(value, out_channels):
    """Return whether there is a bias, and its numbers where they are given."""
    value = plain(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return checked_flag("bias", value), []
    numbers = checked_table("bias", value, 1, _TEXT["bias_hint"])
    if len(numbers) != out_channels:
        raise ValueError(_TEXT["bias"].format(found=len(numbers), wanted=out_channels))
    return True, numbers
