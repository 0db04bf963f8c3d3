"""Drawings of blocks and networks as SVG that follows the page's colours."""

from html import escape

import torch
from torch import nn

from .modes import modes_kept

__all__ = ["Diagram", "block_diagram", "dense_diagram", "network_diagram"]

_BOX_HEIGHT, _STEP, _GAP, _MARGIN, _FONT = 30, 46, 14, 4, 14
_JOIN_RADIUS = 11
_QUIET = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout)  # keep a shape
_STYLE = (
    'fill="none" stroke="currentColor" font-family="sans-serif" '
    f'font-size="{_FONT}" stroke-width="1.2"'
)


class Diagram:
    """A drawing; shows itself in notebooks, and as a text elsewhere.

    Attributes:
        svg: The drawing, to be put into a page.
        text: What it shows, in words: its accessible name.
    """

    def __init__(self, parts, width, height, text):
        self.text = text
        self.svg = (
            f'<svg role="img" aria-label="{escape(text)}" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" style="max-width:100%;height:auto;color:inherit" '
            f'xmlns="http://www.w3.org/2000/svg" {_STYLE}>{"".join(parts)}</svg>'
        )

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        return self.svg


def block_diagram(paths, join=None, *, input="输入", output="输出"):
    """Draw parallel paths from one input to one output, from top to bottom.

    Args:
        paths: One list of labels a path; an empty list is a straight line, such as a shortcut.
        join: How the paths meet: ``'+'``, ``'concat'``, or None where there is one path.
        input: Label of the input.
        output: Label of the output.

    Returns:
        A :class:`Diagram`.

    Raises:
        ValueError: If there is no path, or several paths and no way to join them.
    """
    paths = [list(path) for path in paths]
    if not paths:
        raise ValueError("paths 是空的：至少要有一条路")
    if len(paths) > 1 and join is None:
        raise ValueError(f"有 {len(paths)} 条路，join 却是 None：请给 '+' 或 'concat'")
    widths = [max([_text_width(label) + 20 for label in path], default=36) for path in paths]
    inner = sum(widths) + _GAP * (len(paths) - 1)
    ends = max(_text_width(input), _text_width(output)) + 20
    width = max(inner, ends) + 2 * _MARGIN
    middle, left = width / 2, (width - inner) / 2
    fork = _MARGIN + _BOX_HEIGHT + 14
    top = fork + 14
    bottom = top + max(map(len, paths)) * _STEP
    parts = [_box(middle, _MARGIN, input, is_end=True), _line(middle, fork - 14, middle, fork)]
    for path, path_width in zip(paths, widths, strict=True):
        x = left + path_width / 2
        parts.append(_line(middle, fork, x, fork))
        y = fork
        for i, label in enumerate(path):
            parts += [_line(x, y, x, top + i * _STEP), _box(x, top + i * _STEP, label)]
            y = top + i * _STEP + _BOX_HEIGHT
        parts.append(_line(x, y, x, bottom))
        left += path_width + _GAP
        parts.append(_line(x, bottom, middle, bottom))
    if join is not None:
        parts.append(_line(middle, bottom, middle, bottom + 4))
        parts.append(_join(middle, bottom + _JOIN_RADIUS + 4, join))
        bottom += 2 * _JOIN_RADIUS + 4
    end = bottom + 16
    parts.append(_arrow(middle, bottom, end))
    parts.append(_box(middle, end, output, is_end=True))
    return Diagram(parts, width, end + _BOX_HEIGHT + _MARGIN, _in_words(paths, join, input, output))


def dense_diagram(labels):
    """Draw a dense block: layers in a column, each read by all that come after it.

    Args:
        labels: Labels from the input to the output, two at least.

    Returns:
        A :class:`Diagram`. An arrow joins neighbours, an arc any other two.
    """
    if len(labels) < 2:
        raise ValueError(f"labels 有 {len(labels)} 个：至少要有输入和输出")
    last = len(labels) - 1
    box = max(map(_text_width, labels)) + 20
    middle, right, reach = _MARGIN + box / 2, _MARGIN + box, 26
    parts = []
    for i, label in enumerate(labels):
        y = _MARGIN + i * _STEP
        parts.append(_box(middle, y, label, width=box, is_end=i in (0, last)))
        if i < last:
            parts.append(_arrow(middle, y + _BOX_HEIGHT, y + _STEP))
        parts += [_arc(right, y, j - i, reach) for j in range(i + 2, last + 1)]
    words = "自上而下：" + "、".join(labels) + "；每一个都连到它后面的所有各个"
    width = right + max(0, last - 1) * reach + 2 * _MARGIN
    return Diagram(parts, width, last * _STEP + _BOX_HEIGHT + 2 * _MARGIN, words)


def network_diagram(net, input_size, *, in_channels=1):
    """Draw a network as a column of its child modules, with the shape that each puts out.

    Args:
        net: A network that runs its children one after another, such as ``nn.Sequential``.
        input_size: Side of the square input images, or ``(height, width)``.
        in_channels: Channels of the input images.

    Returns:
        A :class:`Diagram`. Activations, normalisation and dropout share the box of the layer
        before them.
    """
    side = input_size if isinstance(input_size, tuple) else (input_size, input_size)
    rows = _rows(net, (in_channels, *side))
    texts = [(label, _shape_text(shape)) for label, shape in rows]
    left = max(_text_width(label) for label, _ in texts) + 20
    width = left + max(_text_width(shape) for _, shape in texts) + 2 * _MARGIN + 16
    middle = _MARGIN + left / 2
    parts, y = [], _MARGIN
    for i, (label, shape) in enumerate(texts):
        if i:
            parts.append(_arrow(middle, y - _STEP + _BOX_HEIGHT, y))
        parts.append(_box(middle, y, label, width=left, is_end=i == 0))
        parts.append(_text(left + _MARGIN + 12, y + _BOX_HEIGHT / 2, shape, anchor="start"))
        y += _STEP
    words = "网络：" + "，然后 ".join(f"{label}（{shape}）" for label, shape in texts)
    return Diagram(parts, width, y - _STEP + _BOX_HEIGHT + _MARGIN, words)


def _rows(net, shape):
    """``(label, output shape)`` of the input and of every box."""
    rows = [("输入", shape)]
    device = next((p.device for p in net.parameters()), None)
    with modes_kept(net), torch.no_grad():
        net.eval()
        X = torch.zeros(1, *shape, device=device)
        for child in net.children():
            X = child(X)
            if isinstance(child, _QUIET) and len(rows) > 1:
                rows[-1] = (f"{rows[-1][0]} · {_label(child)}", rows[-1][1])
            else:
                rows.append((_label(child), tuple(X.shape[1:])))
    return rows


def _label(module):
    if isinstance(module, nn.Conv2d):
        height, width = module.kernel_size
        stride = "" if module.stride == (1, 1) else f"，步幅 {module.stride[0]}"
        return f"{height}×{width} 卷积{stride}"
    if isinstance(module, (nn.MaxPool2d, nn.AvgPool2d)):
        kind = "最大池化" if isinstance(module, nn.MaxPool2d) else "平均池化"
        size = module.kernel_size
        height, width = size if isinstance(size, tuple) else (size, size)
        return f"{height}×{width} {kind}"
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return "全局平均池化"
    if isinstance(module, nn.Linear):
        return "全连接"
    if isinstance(module, nn.Flatten):
        return "拉平"
    if isinstance(module, nn.Sequential):
        return _sequence_label(module)
    return type(module).__name__


def _sequence_label(module):
    """``2 个 Residual`` for alike children, else their labels without what keeps a shape."""
    labels = [_label(child) for child in module if not isinstance(child, _QUIET)]
    counted = []
    for label in labels:
        if counted and counted[-1][0] == label:
            counted[-1][1] += 1
        else:
            counted.append([label, 1])
    return " · ".join(label if n == 1 else f"{n} 个 {label}" for label, n in counted)


def _shape_text(shape):
    return "×".join(map(str, shape))


def _in_words(paths, join, input, output):
    ways = "；".join("、".join(path) if path else "原样通过" for path in paths)
    joined = {"+": "相加", "concat": "按通道连结", None: ""}.get(join, join)
    roads = f"分 {len(paths)} 条路：{ways}，{joined}" if len(paths) > 1 else f"依次经过 {ways}"
    return f"从{input}到{output}，{roads}"


def _text_width(text):
    """Width of a text: Chinese letters are as wide as high."""
    return sum(_FONT if ord(c) > 0x2E80 else 0.66 * _FONT for c in text)


def _box(x, y, label, *, width=None, is_end=False):
    width = width or _text_width(label) + 20
    dash = ' stroke-dasharray="3 3"' if is_end else ' fill="currentColor" fill-opacity="0.07"'
    rect = (
        f'<rect x="{x - width / 2:g}" y="{y:g}" width="{width:g}" height="{_BOX_HEIGHT}" rx="5"'
        f"{dash}/>"
    )
    return rect + _text(x, y + _BOX_HEIGHT / 2, label)


def _text(x, y, text, anchor="middle"):
    return (
        f'<text x="{x:g}" y="{y:g}" dy="0.35em" text-anchor="{anchor}" fill="currentColor" '
        f'stroke="none">{escape(text)}</text>'
    )


def _join(x, y, join):
    width = max(2 * _JOIN_RADIUS, _text_width(join) + 12)
    rect = (
        f'<rect x="{x - width / 2:g}" y="{y - _JOIN_RADIUS:g}" width="{width:g}" '
        f'height="{2 * _JOIN_RADIUS}" rx="{_JOIN_RADIUS}"/>'
    )
    return rect + _text(x, y, join)


def _line(x1, y1, x2, y2):
    return f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}"/>'


def _arc(x, y, steps, reach):
    """From the right edge of a box to that of the box ``steps`` below, with a tip."""
    top, bottom = y + 0.7 * _BOX_HEIGHT, y + steps * _STEP + 0.3 * _BOX_HEIGHT
    bulge = x + (steps - 1) * reach * 4 / 3  # a cubic reaches three quarters of the way
    curve = f"M{x:g} {top:g}C{bulge:g} {top:g} {bulge:g} {bottom:g} {x:g} {bottom:g}"
    tip = f"M{x + 6:g} {bottom - 4:g}L{x:g} {bottom:g}L{x + 6:g} {bottom + 4:g}"
    return f'<path d="{curve}" stroke-opacity="0.6"/><path d="{tip}"/>'


def _arrow(x, top, bottom):
    tip = f"M{x - 4:g} {bottom - 6:g}L{x:g} {bottom:g}L{x + 4:g} {bottom - 6:g}"
    return _line(x, top, x, bottom) + f'<path d="{tip}"/>'
