"""What an explorer shows first, as a still picture: for GitHub, print and PDF."""

import re
import warnings
from itertools import zip_longest
from math import ceil, floor, isclose, isnan

import torch
from torch import nn
from torch.nn import functional

from ..shapes import as_pair, same_padding
from ._svg import Board, Cell, Line, draw, number_text

_MOST_TERMS = 9
_MOST_BOARDS, _SMALL = 4, 8  # channels are drawn, while they have no more rows
_USUAL = ("stride=1", "padding=0", "dilation=1", "ceil_mode=False")
_MOST_TOLD = 64  # numbers in the description

# Everything a reader sees. Another language is another table.
_TEXT = {
    "settings": "{settings}。",
    "input": "输入 X{place} {size}",
    "padded": "，填充后 {size}",
    "kernel": "卷积核 K{place} {size}",
    "spread": "，展开后 {size}",
    "output": "输出 Y{place} {size}",
    "count": "，共 {count} 个",
    "sides": ("输出高", "输出宽"),
    "side": "输出边长",
    "dropped": "，再去掉全在填充里的最后一个窗口",
    "unread": "画斜线的格子没有被任何窗口读到。",
    "sums": "各通道之和 ",
    "terms": "…（共 {count} 项）",
    "code": "等价的 PyTorch：{code}",
    "impossible": "这组设置没有输出。PyTorch 的说法：",
    "told": "输出 Y {size}：{rows}。",
    "told_size": "输出 Y {size}。",
    "stack": "各层单元在输入上的感受野，单位是像素：",
    "layer": "{name}：边长 {size}，相邻单元相距 {jump}，第 0 个单元从 {start} 开始",
}


def picture(explorer):
    """Return an SVG of the explorer's state, with the numbers that torch computes."""
    settings = _TEXT["settings"].format(settings=explorer.settings())
    lines = [Line(text) for text in (explorer.note, settings) if text]
    try:
        layer = explorer.to_module()
        boards, told, description = _scene(explorer, layer)
    except (ValueError, RuntimeError) as error:
        lines += [Line(_TEXT["impossible"], is_alarm=True), Line(str(error), is_code=True)]
        return draw(explorer.title, [], lines, f"{settings}{_TEXT['impossible']}{error}")
    lines += [Line(text) for text in told]
    lines.append(Line(_TEXT["code"].format(code=_code(layer)), is_code=True))
    return draw(explorer.title, boards, lines, settings + description)


def _code(layer):
    """The layer as Python writes it, without what is the default."""
    if isinstance(layer, nn.Sequential):
        return f"nn.Sequential({', '.join(map(_code, layer))})"
    text = re.sub(r"=([a-z]+)", r"='\1'", layer.extra_repr())
    text = re.sub(r"\((\d+), \1\)", r"\1", text)
    for usual in _USUAL:
        text = text.replace(f", {usual}", "")
    return f"nn.{type(layer).__name__}({text})"


def _scene(explorer, layer):
    """Rows of boards, the lines below them, and both told in words."""
    if isinstance(layer, nn.Sequential):
        rows = [_TEXT["layer"].format(**_field(field)) for field in explorer.receptive_field()]
        return [], [_TEXT["stack"], *rows], "；".join(rows)
    image = explorer.input_tensor()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a padded copy for 'same' and even kernels
        output = layer(image)
    columns = [_inputs(layer, image, output), _kernels(layer), _outputs(layer, output)]
    columns = [column for column in columns if column]  # a pooling has no kernel
    is_small = all(len(column[0].cells) <= _SMALL for column in columns)
    count = _MOST_BOARDS if is_small else 1
    rows = list(zip_longest(*(column[:count] for column in columns)))
    has_unread = any(cell.is_unread for line in rows[0][0].cells for cell in line)
    lines = [
        *_formulas(layer, image.shape[-2:], output.shape[-2:]),
        *_sum(layer, image, output),
        *([_TEXT["unread"]] if has_unread else []),
    ]
    return rows, lines, _told(output[0, 0])


def _field(field):
    return {"name": field.name, **{k: number_text(v) for k, v in list(field._asdict().items())[1:]}}


def _is_pool(layer):
    return isinstance(layer, (nn.MaxPool2d, nn.AvgPool2d))


def _is_stamped(layer):
    return isinstance(layer, nn.ConvTranspose2d)


def _pairs(layer):
    """Kernel size, stride and dilation, a pair each."""
    return [as_pair(getattr(layer, name, 1)) for name in ("kernel_size", "stride", "dilation")]


def _sides(layer):
    """Padding before and after each axis."""
    if layer.padding == "same":
        return same_padding(layer.kernel_size, layer.dilation)
    return [(p, p) for p in as_pair(layer.padding)]


def _size(values):
    return "×".join(map(str, values.shape[-2:]))


def _titles(word, size, indices):
    """The titles of boards that show one channel each, of as many as there are indices."""
    places = [f"[{index}]" for index in indices] if len(indices) > 1 else [""]
    titles = [_TEXT[word].format(place=place, size=size) for place in places]
    if len(indices) > 1 and word != "kernel":
        titles[0] += _TEXT["count"].format(count=len(indices))
    return titles


# ------------------------------------------------------------------ boards


def _padded(layer, image):
    """What the windows slide over; a transposed convolution pads nothing."""
    if _is_stamped(layer):
        return image
    (top, bottom), (left, right) = _sides(layer)
    mode = getattr(layer, "padding_mode", "zeros")
    if mode != "zeros":
        return functional.pad(image, (left, right, top, bottom), mode=mode)
    value = -float("inf") if isinstance(layer, nn.MaxPool2d) else 0
    return functional.pad(image, (left, right, top, bottom), value=value)


def _is_padding(layer, image):
    """For each cell of the padded input."""
    real = torch.zeros(image.shape[-2:])
    if _is_stamped(layer):
        return real.bool().tolist()
    (top, bottom), (left, right) = _sides(layer)
    return functional.pad(real, (left, right, top, bottom), value=1).bool().tolist()


def _inputs(layer, image, output):
    """The padded input; hatched is what no window reads, outlined the first window."""
    padded = _padded(layer, image)[0]
    is_padding = _is_padding(layer, image)
    axes = list(zip(output.shape[-2:], *_pairs(layer), strict=True))
    rows, cols = ({o * s + t * d for o in range(n) for t in range(k)} for n, k, s, d in axes)

    def cell(i, j, value):
        is_unread = not (_is_stamped(layer) or (i in rows and j in cols))
        return Cell(number_text(value), value, is_padding[i][j], is_unread)

    size = _size(image)
    if padded.shape[1:] != image.shape[2:]:
        size += _TEXT["padded"].format(size=_size(padded))
    extents = [d * (k - 1) + 1 for _, k, _, d in axes]
    frame = None if _is_stamped(layer) else (0, 0, *map(min, extents, padded.shape[1:]))
    titles = _titles("input", size, range(len(padded)))
    return list(_boards(titles, padded, cell, [frame]))


def _kernels(layer):
    """The weights of the first output channel; none in a pooling."""
    if _is_pool(layer):
        return []
    weights = layer.weight.detach()
    depth = layer.in_channels // layer.groups
    weights = weights[:depth, 0] if _is_stamped(layer) else weights[0]
    spread = [d * (k - 1) + 1 for k, d in zip(layer.kernel_size, layer.dilation, strict=True)]
    board = torch.full((depth, *spread), torch.nan)
    board[:, :: layer.dilation[0], :: layer.dilation[1]] = weights
    size = _size(weights)
    if list(layer.kernel_size) != spread:
        size += _TEXT["spread"].format(size=_size(board))
    order = "{0}, 0" if _is_stamped(layer) else "0, {0}"
    titles = _titles("kernel", size, [order.format(i) for i in range(depth)])

    def cell(i, j, value):
        return Cell("·") if isnan(value) else Cell(number_text(value), value)

    return list(_boards(titles, board, cell))


def _outputs(layer, output):
    titles = _titles("output", _size(output), range(output.shape[1]))
    first = None if _is_stamped(layer) else (0, 0, 1, 1)

    def cell(i, j, value):
        return Cell(number_text(value), value)

    return list(_boards(titles, output[0], cell, [first, None]))


def _boards(titles, values, cell, frames=(None,)):
    """A board for each of the first channels; the last frame is that of all further ones."""
    for title, table in zip(titles, values[:_MOST_BOARDS].tolist(), strict=False):
        cells = [[cell(i, j, value) for j, value in enumerate(v)] for i, v in enumerate(table)]
        yield Board(title, cells, frames[0])
        frames = frames[1:] or frames


# ------------------------------------------------------------------ words


def _formulas(layer, inputs, outputs):
    """The output's sides with the numbers put in; one line where both are alike."""
    extra = as_pair(getattr(layer, "output_padding", 0))
    axes = zip(inputs, *_pairs(layer), _sides(layer), extra, outputs, strict=True)
    found = [_formula(layer, *axis) for axis in axes]
    if found[0] == found[1]:
        return [f"{_TEXT['side']} = {found[0]}"]
    return [f"{name} = {text}" for name, text in zip(_TEXT["sides"], found, strict=True)]


def _formula(layer, n, k, s, d, sides, extra, output):
    near, far = sides
    if _is_stamped(layer):
        return f"({n} − 1)·{s} − 2·{near} + {d}·({k} − 1) + {extra} + 1 = {output}"
    padding = f"2·{near}" if near == far else f"{near} + {far}"
    steps = (n + near + far - d * (k - 1) - 1) / s
    is_ceil = getattr(layer, "ceil_mode", False)
    left, right = "⌈⌉" if is_ceil else "⌊⌋"
    dropped = _TEXT["dropped"] if (ceil(steps) if is_ceil else floor(steps)) >= output else ""
    fraction = f"{left}({n} + {padding} − {d}·({k} − 1) − 1)/{s}{right}"
    return f"{fraction} + 1{dropped} = {output}"


def _sum(layer, image, output):
    """How the first output comes about."""
    if _is_stamped(layer):
        return []
    (h, w), _, (dh, dw) = _pairs(layer)
    window = (slice(0, dh * (h - 1) + 1, dh), slice(0, dw * (w - 1) + 1, dw))
    read = _padded(layer, image)[0][(slice(None), *window)]
    first = read[0].flatten().tolist()
    if isinstance(layer, nn.MaxPool2d):
        terms, shown = f"max({_shortened(map(number_text, first), ', ')})", first
    elif isinstance(layer, nn.AvgPool2d):
        padding = torch.tensor(_is_padding(layer, image))[window]
        count = padding.numel() if layer.count_include_pad else (~padding).sum().item()
        terms, shown = f"({_shortened(map(_factor, first), ' + ')})/{count}", first
    else:
        terms, shown = _products(layer, read)
    value = output[0, 0, 0, 0].item()
    name = "Y[0, 0]" if output.shape[1] == 1 else "Y[0, 0, 0]"
    sign = "=" if all(map(_is_exact, [*shown, value])) else "≈"
    return [f"{name} = {terms} {sign}\u00a0{number_text(value)}"]


def _products(layer, read):
    """Products of one channel, or the sums of several, with the bias: (text, its numbers)."""
    depth = layer.weight.shape[1]
    weights = layer.weight.detach()[0]
    biases = [] if layer.bias is None else [layer.bias[0].item()]
    if depth > 1:
        sums = (read[:depth] * weights).sum((1, 2)).tolist()
        terms = [_TEXT["sums"] + _shortened(map(_factor, sums), " + ")]
        return " + ".join([*terms, *map(_factor, biases)]), sums + biases
    pairs = list(zip(read[0].flatten().tolist(), weights.flatten().tolist(), strict=True))
    products = [f"{_factor(x)}·{_factor(k)}" for x, k in pairs]
    text = " + ".join([_shortened(products, " + "), *map(_factor, biases)])
    return text, [*sum(pairs, ()), *biases]


def _is_exact(value):
    shown = number_text(value).replace("−", "-").replace("∞", "inf")
    return isclose(float(shown), value, rel_tol=1e-6)


def _factor(value):
    return f"({number_text(value)})" if value < 0 else number_text(value)


def _shortened(terms, separator):
    terms = list(terms)
    if len(terms) > _MOST_TERMS:
        terms = [*terms[: _MOST_TERMS - 2], _TEXT["terms"].format(count=len(terms))]
    return separator.join(terms)


def _told(values):
    """The first output channel in words."""
    if values.numel() > _MOST_TOLD:
        return _TEXT["told_size"].format(size=_size(values))
    rows = "；".join("、".join(map(number_text, line)) for line in values.tolist())
    return _TEXT["told"].format(size=_size(values), rows=rows)
