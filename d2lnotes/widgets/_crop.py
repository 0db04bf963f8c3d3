"""The piece of a reader's tensor that an explorer can show, and how the reader would cut it."""

from math import isqrt
from typing import NamedTuple

import torch

from ._checks import LARGEST, Knob, checked_int, checked_pair

MOST_CELLS = 32  # along a side
MOST_NUMBERS = 20000  # of one tensor, as in js/view/fields.js: the page carries each as text

_TEXT = {
    "not_a_tensor": "x 应为张量、数组或数的列表，形状 (高, 宽)、(通道, 高, 宽) "
    "或 (图, 通道, 高, 宽)，却是 {kind}（PyTorch: {error}）。",
    "complex": "x 的元素是复数（{dtype}），画不出来。可以看它的实部 x.real 或模 x.abs()。",
    "meta": "x 在 meta 设备上，只有形状，没有数。请省去 x，或给一个有数的张量。",
    "empty": "x 的形状是 {shape}，里面没有数。",
    "dimensions": "x 应为 2、3 或 4 维：(高, 宽)、(通道, 高, 宽) 或 (图, 通道, 高, 宽)，"
    "却是 {found} 维，形状 {shape}。",
    "number": "x[{place}] 是 {value}，画不出来：应为 −{most} 到 {most} 之间的数。"
    "请先修好或缩小它（例如 x / 1000），或用 at=(行, 列) 看别处。",
    "piece": "输入取自 {code}，x 的形状是 {shape}。换一块：{ways}。",
    "ways": {
        "image": "image=第几张图",
        "at": "at=(行, 列)",
        "size": f"size=边长（最大 {MOST_CELLS}）",
    },
    "too_many": "size={size} 太大：{channels} 个通道各 {rows}×{cols} 格，共 {count} 个数，"
    "而网页最多装 {most} 个。请取 size={wanted} 或更小。",
}


class Piece(NamedTuple):
    """Part of a tensor.

    Attributes:
        values: Nested lists ``[C][h][w]`` of floats.
        code: How to cut it in Python: ``x[0, :, 8:20, 8:20]``; ``x`` if nothing is left out.
        shape: That of the whole tensor.
        image: Which image it is.
        rows, cols: Which slices of it.
    """

    values: list
    code: str
    shape: tuple
    image: int
    rows: slice
    cols: slice

    @property
    def size(self):
        """Rows and columns."""
        return len(self.values[0]), len(self.values[0][0])

    @property
    def is_cut(self):
        """Whether rows or columns were left out."""
        return _spans(self.rows, self.cols, self.shape) != [":", ":"]


def as_images(x):
    """Return what a reader gives as a tensor of 2 to 4 dimensions without gradient."""
    try:
        x = torch.as_tensor(x).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        message = _TEXT["not_a_tensor"].format(kind=type(x).__name__, error=error)
        raise TypeError(message) from None
    shape = tuple(x.shape)
    if x.is_complex():
        raise TypeError(_TEXT["complex"].format(dtype=x.dtype))
    if x.ndim not in (2, 3, 4):
        raise ValueError(_TEXT["dimensions"].format(found=x.ndim, shape=shape))
    if 0 in shape:
        raise ValueError(_TEXT["empty"].format(shape=shape))
    if x.is_meta:
        raise ValueError(_TEXT["meta"])
    return x.to_dense() if x.layout != torch.strided else x


def cut(x, *, image=0, at=None, size=None, usual=12, step=(1, 1), channels=None):
    """Cut the piece of ``x`` that is shown.

    Args:
        x: Of :func:`as_images`.
        image: Which image of ``(N, C, H, W)``.
        at: (row, column) of the piece's first cell; by default the piece lies in the middle, at
            multiples of ``step``.
        size: Its rows and columns, an int or a pair; by default ``usual``.
        usual: Rows and columns that are easy to read.
        step: Strides of the layer: a piece at multiples of them has windows of the whole.
        channels: Which channels; by default all.
    """
    images = len(x) if x.ndim == 4 else 1
    image = checked_int("image", image, Knob(0, images - 1, images - 1))
    planes = (x if x.ndim == 4 else x.expand(1, *x.shape) if x.ndim == 3 else x[None, None])[image]
    taken = range(len(planes)) if channels is None else channels
    sides = _sides((len(taken), *planes.shape[1:]), size, usual)
    rows, cols = (
        _part(whole, side, first, s)
        for whole, side, first, s in zip(planes.shape[1:], sides, _pair(at), step, strict=True)
    )
    piece = planes[list(taken), rows, cols].float().cpu()
    lead = [str(image), channel_code(taken, len(planes))][4 - x.ndim :]
    _check_numbers(piece, lead, taken, rows, cols)
    spans = _spans(rows, cols, x.shape)
    is_whole = images == 1 and len(taken) == len(planes) and spans == [":", ":"]
    code = "x" if is_whole else _code("x", [*lead, *spans])
    return Piece(plain_numbers(piece), code, tuple(x.shape), image, rows, cols)


def piece_sentence(piece):
    """Which part of ``x`` is shown and how to choose another; empty if it is all of it."""
    if piece.code == "x":
        return ""
    ways = [
        _TEXT["ways"]["image"] if len(piece.shape) == 4 and piece.shape[0] > 1 else None,
        *([_TEXT["ways"]["at"], _TEXT["ways"]["size"]] if piece.is_cut else []),
    ]
    facts = {"code": piece.code, "shape": piece.shape, "ways": "、".join(filter(None, ways))}
    return _TEXT["piece"].format(**facts)


def output_code(piece, channels, size, step):
    """Where the whole output holds that of the piece, in Python; None where no slice does.

    Args:
        piece: What was cut, of a layer without padding.
        channels: How Python writes the output channels.
        size: Rows and columns of the piece's output.
        step: Strides of the layer.
    """
    starts = [part.start for part in (piece.rows, piece.cols)]
    if any(start % s for start, s in zip(starts, step, strict=True)):
        return None
    firsts = [start // s for start, s in zip(starts, step, strict=True)]
    spans = [f"{first}:{first + n}" for first, n in zip(firsts, size, strict=True)]
    dimensions = len(piece.shape)
    lead = [str(piece.image), channels] if dimensions == 4 else [channels]
    if not piece.is_cut:
        spans = [":", ":"]
    return _code("layer(x[None])" if dimensions == 2 else "layer(x)", [*lead, *spans])


def plain_numbers(tensor):
    """A tensor as nested lists of floats, in no more digits than float32 needs."""
    return _shortened(tensor.detach().float().cpu().tolist())


def _shortened(value):
    return [_shortened(v) for v in value] if isinstance(value, list) else float(f"{value:.9g}")


def _pair(value):
    return value if isinstance(value, (tuple, list)) and len(value) == 2 else (value, value)


def _sides(shape, size, usual):
    channels, *whole = shape
    most = MOST_NUMBERS // channels
    if size is None:
        return [min(n, usual, MOST_CELLS, isqrt(most)) for n in whole]
    asked = checked_pair("size", size, Knob(1, MOST_CELLS, MOST_CELLS))
    rows, cols = map(min, whole, asked)
    if rows * cols > most:
        facts = {"channels": channels, "rows": rows, "cols": cols, "count": channels * rows * cols}
        limit = {"most": MOST_NUMBERS, "wanted": isqrt(most)}
        raise ValueError(_TEXT["too_many"].format(size=size, **facts, **limit))
    return rows, cols


def _part(whole, side, first, step):
    """The slice of ``side`` cells from ``first`` on, or of fewer where the whole ends."""
    if first is None:
        first = (whole - side) // 2 // step * step
    first = checked_int("at", first, Knob(0, whole - 1, whole - 1), pair=True)
    return slice(first, min(first + side, whole))


def channel_code(taken, count):
    """How Python picks some of the channels."""
    if list(taken) == list(range(count)):
        return ":"
    return str(taken[0]) if len(taken) == 1 else str(list(taken))


def _code(name, index):
    while index and index[-1] == ":":
        index = index[:-1]
    return f"{name}[{', '.join(index)}]" if index else name


def _spans(rows, cols, shape):
    parts = zip((rows, cols), shape[-2:], strict=True)
    return [":" if part == slice(0, n) else f"{part.start}:{part.stop}" for part, n in parts]


def _check_numbers(piece, lead, taken, rows, cols):
    faults = (~(piece.abs() <= LARGEST)).nonzero()  # NaN compares with nothing
    if len(faults):
        c, row, col = faults[0].tolist()
        place = [*lead[:-1], *([taken[c]] if lead else []), rows.start + row, cols.start + col]
        value, place = piece[c, row, col].item(), ", ".join(map(str, place))
        raise ValueError(_TEXT["number"].format(place=place, value=value, most=LARGEST))
