"""The convolution explorer on a reader's own ``nn.Conv2d`` or ``nn.ConvTranspose2d``."""

from collections import Counter
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from ..shapes import as_pair, conv_output_size, conv_transpose_output_size
from ._checks import LARGEST, Knob, checked_int
from ._crop import (
    MOST_CELLS,
    MOST_NUMBERS,
    as_images,
    channel_code,
    cut,
    output_code,
    piece_sentence,
    plain_numbers,
)
from .conv import conv_explorer

_MOST_CHANNELS = 64

# Everything a reader sees. Another language is another table.
_TEXT = {
    "filters": "只画输出通道 {outs}。",
    "their_inputs": "只画输出通道 {outs}，以及它们读的输入通道 {ins}。",
    "own_forward": "{kind} 改写了 forward，这里画的是 {base} 的计算。",
    "channels": "x 的通道数与这一层不一致：x 的形状是 {shape}，这一层读 {wanted} 个通道。{hint}"
    "PyTorch 的说法：{message}",
    "channels_last": "x 的通道像是在最后一维，请先写 x = x.permute({order})。",
    "images_first": "x 的第一维像是图的编号，请写 x[:, None]。",
    "too_many": {
        "outs": "这里有 {count} 个输出通道，最多画 {most} 个。{way_out}",
        "ins": "这些输出读 {count} 个输入通道，最多画 {most} 个。{way_out}",
    },
    "too_many_read": "每个输出都要读 {count} 个输入通道，最多画 {most} 个。"
    "可以只看前几个通道的和：{way_out}。",
    "part": {
        False: "conv_explorer(kernel=layer.weight[:1, :8].detach())",
        True: "conv_explorer(kernel=layer.weight[:8, :1].detach(), transposed=True)",
    },
    "too_many_weights": "权重共 {count} 个，网页里每个都要写成文字，最多 {most} 个。{way_out}",
    "pick": "请挑几个输出通道，例如 explain(layer, x, out_channels=range({fits}))。",
    "out_channels": "out_channels={value!r} 不对：应为输出通道的编号，从小到大、不重复，"
    "在 0 到 {last} 之间，例如 [0, 1]。",
    "uneven_groups": "out_channels={value!r} 在各组里的个数不同（组: 个数）：{counts}。"
    "分组卷积每组的通道一样多，请每组挑一样多，或只挑一组的。",
    "weight": "{name}[{place}] 是 {value}，画不出来：应为 −{most} 到 {most} 之间的数。",
    "complex": "这一层的权重是复数（{dtype}），画不出来。",
    "meta": "这一层在 meta 设备上，只有形状，没有权重。请先用 layer.to_empty(device='cpu') "
    "并初始化，或用 conv_explorer 看它的形状。",
    "output_padding": "output_padding={value} 的两个数不同，而演示里只有一个。请用相同的两个数。",
    "named_padding": "nn.ConvTranspose2d 的 padding 应为整数。写成 'same' 或 'valid' 造得出层，"
    "却算不了。PyTorch 的说法：{message}",
    "edges": "填充补在这一块的四周，所以靠边的输出与整张图的不同。",
    "stamps": "靠边的输出少了块外各格盖上来的数，与整张图的不同。",
    "output": "输出就是 {code}。",
    "beyond": "{layer} 超出演示的范围：{error}只看形状可以用 d2lnotes.conv_output_size。",
}


class _Picked(NamedTuple):
    """The output channels shown, the input channels they read, and in how many groups."""

    outs: list
    ins: list
    groups: int


def explain_conv(layer, x, choice, out_channels):
    """Return the explorer and the sentences that stand above it."""
    picked = _pick(layer, out_channels)
    _check_weights(layer, picked)
    options = _options(layer)
    needed = _needed_size(layer, options)
    shown, piece = {"input_size": needed}, None
    if x is not None:
        x = as_images(x)
        check_channels(layer, x)
        usual = max(6 if options["transposed"] else 12, needed)
        piece = cut(x, **choice, usual=usual, step=layer.stride, channels=picked.ins)
        shown = {"input": piece.values}
    try:
        explorer = conv_explorer(
            **shown,
            **options,
            kernel=plain_numbers(_weights(layer, picked)),
            bias=None if layer.bias is None else plain_numbers(layer.bias[picked.outs]),
            in_channels=len(picked.ins),
            groups=picked.groups,
        )
    except ValueError as error:
        raise ValueError(_TEXT["beyond"].format(layer=layer, error=error)) from None
    sentences = [_own_forward(layer), _picked_sentence(layer, picked)]
    if piece:
        sentences += [piece_sentence(piece), _output_sentence(layer, picked, options, piece)]
    return explorer, sentences


def _options(layer):
    """The settings of the layer in the words of ``conv_explorer``."""
    transposed = isinstance(layer, nn.ConvTranspose2d)
    padding = (0, 0) if layer.padding == "valid" else layer.padding
    options = {"stride": layer.stride, "padding": padding, "dilation": layer.dilation}
    if not transposed:
        return {**options, "transposed": False, "padding_mode": layer.padding_mode}
    if any(isinstance(side, str) for side in padding):
        raise TypeError(_TEXT["named_padding"].format(message=_said_by(layer)))
    rows, cols = layer.output_padding
    if rows != cols:
        raise ValueError(_TEXT["output_padding"].format(value=layer.output_padding))
    return {**options, "transposed": True, "output_padding": rows}


def _said_by(layer, shape=(1, 1, 32, 32)):
    """What torch says of an input of this shape; zeros that take no memory tell it."""
    transposed = isinstance(layer, nn.ConvTranspose2d)
    function = functional.conv_transpose2d if transposed else functional.conv2d
    image, weight = (torch.zeros(()).expand(size) for size in (shape, layer.weight.shape))
    try:
        function(image, weight, padding=layer.padding, groups=layer.groups)
    except (RuntimeError, TypeError) as error:
        return str(error)
    return ""


def _pick(layer, asked):
    """Which channels are shown; of a layer with groups, whole and equal groups remain."""
    inputs, outputs, groups = layer.in_channels, layer.out_channels, layer.groups
    if asked is None:
        return _Picked(list(range(outputs)), list(range(inputs)), groups)
    knob = Knob(0, outputs - 1, outputs - 1)
    try:
        outs = [checked_int("out_channels", out, knob) for out in _listed(asked)]
    except (TypeError, ValueError):
        outs = []
    if not outs or outs != sorted(set(outs)):
        raise ValueError(_TEXT["out_channels"].format(value=asked, last=outputs - 1))
    counts = Counter(out // (outputs // groups) for out in outs)
    if len(set(counts.values())) > 1:
        raise ValueError(_TEXT["uneven_groups"].format(value=outs, counts=dict(counts)))
    width = inputs // groups
    ins = [channel for group in counts for channel in range(group * width, (group + 1) * width)]
    return _Picked(outs, ins, len(counts))


def _listed(asked):
    return [asked] if isinstance(asked, int) else list(asked)


def _weights(layer, picked):
    """The weights of what was picked."""
    if not isinstance(layer, nn.ConvTranspose2d):
        return layer.weight[picked.outs]
    width, depth = (n // layer.groups for n in (layer.out_channels, layer.in_channels))
    blocks = []
    for group in sorted({out // width for out in picked.outs}):
        columns = [out % width for out in picked.outs if out // width == group]
        blocks.append(layer.weight[group * depth : (group + 1) * depth, columns])
    return torch.cat(blocks)


def _check_weights(layer, picked):
    """Refuse weights that are too many, or that are no numbers to draw."""
    if layer.weight.is_meta:
        raise ValueError(_TEXT["meta"])
    if layer.weight.is_complex():
        raise TypeError(_TEXT["complex"].format(dtype=layer.weight.dtype))
    each = layer.in_channels // layer.groups * layer.weight[0, 0].numel()
    fits = min(8, layer.out_channels // layer.groups, MOST_NUMBERS // each)
    facts = {"most": _MOST_CHANNELS, "way_out": _TEXT["pick"].format(fits=fits)}
    if layer.in_channels // layer.groups > _MOST_CHANNELS:
        way_out = _TEXT["part"][isinstance(layer, nn.ConvTranspose2d)]
        facts = {"count": layer.in_channels // layer.groups, "most": _MOST_CHANNELS}
        raise ValueError(_TEXT["too_many_read"].format(**facts, way_out=way_out))
    for name in ("outs", "ins"):
        count = len(getattr(picked, name))
        if count > _MOST_CHANNELS:
            raise ValueError(_TEXT["too_many"][name].format(count=count, **facts))
    if each * len(picked.outs) > MOST_NUMBERS:
        facts["most"] = MOST_NUMBERS
        raise ValueError(_TEXT["too_many_weights"].format(count=each * len(picked.outs), **facts))
    for name in ("weight", "bias"):
        values = getattr(layer, name)
        if values is None:
            continue
        faults = (~(values.detach().float().abs() <= LARGEST)).nonzero()  # NaN is beyond too
        if len(faults):
            place = tuple(faults[0].tolist())
            facts = {"place": ", ".join(map(str, place)), "value": values[place].item()}
            raise ValueError(_TEXT["weight"].format(name=name, most=LARGEST, **facts))


def check_channels(layer, x):
    """Refuse an image of other channels in torch's words."""
    shape = tuple(x.shape) if x.ndim > 2 else (1, *x.shape)
    if shape[-3] == layer.in_channels:
        return
    hint = ""
    if shape[-1] == layer.in_channels:
        order = "2, 0, 1" if x.ndim == 3 else "0, 3, 1, 2"
        hint = _TEXT["channels_last"].format(order=order)
    elif x.ndim == 3 and layer.in_channels == 1:
        hint = _TEXT["images_first"]
    facts = {"shape": tuple(x.shape), "wanted": layer.in_channels, "hint": hint}
    raise ValueError(_TEXT["channels"].format(**facts, message=_said_by(layer, shape)))


def _output_size(layer, options, size):
    arguments = {name: options[name] for name in ("stride", "padding", "dilation")}
    function = conv_output_size
    if options["transposed"]:
        function, arguments["output_padding"] = (
            conv_transpose_output_size,
            options["output_padding"],
        )
    return as_pair(function(size, layer.kernel_size, **arguments))


def _needed_size(layer, options):
    """The least side of an input, from a usual one on, that gives 3 rows and columns at least."""
    reach = 0 if options["padding"] == "same" else max(options["padding"]) + 1
    usual = 4 if options["transposed"] else max(7, reach)  # some modes copy no more than there is
    for size in range(usual, MOST_CELLS + 1):
        try:
            if min(_output_size(layer, options, size)) >= 3:
                return size
        except ValueError:
            pass
    return usual  # the explorer shows what is wrong


def _output_sentence(layer, picked, options, piece):
    """How the output of the piece lies in that of the whole."""
    is_padded = options["padding"] == "same" or any(options["padding"])
    if piece.is_cut and options["transposed"]:
        return _TEXT["stamps"]
    if piece.is_cut and is_padded:
        return _TEXT["edges"]
    channels = channel_code(picked.outs, layer.out_channels)
    try:
        size = _output_size(layer, options, piece.size)
    except ValueError:
        return ""  # the piece is too small; the explorer says so
    code = output_code(piece, channels, size, layer.stride)
    return _TEXT["output"].format(code=code) if code and piece.code != "x" else ""


def _picked_sentence(layer, picked):
    if len(picked.outs) == layer.out_channels:
        return ""
    outs, ins = (_told(channels) for channels in (picked.outs, picked.ins))
    all_read = len(picked.ins) == layer.in_channels
    return _TEXT["filters" if all_read else "their_inputs"].format(outs=outs, ins=ins)


def _told(channels):
    first, last = channels[0], channels[-1]
    if len(channels) > 2 and channels == list(range(first, last + 1)):
        return f"{first} 到 {last}"
    return "、".join(map(str, channels))


def _own_forward(layer):
    base = nn.ConvTranspose2d if isinstance(layer, nn.ConvTranspose2d) else nn.Conv2d
    if getattr(layer.forward, "__func__", None) is base.forward:
        return ""
    return _TEXT["own_forward"].format(kind=type(layer).__name__, base=f"nn.{base.__name__}")
