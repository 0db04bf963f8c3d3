"""Exercises of the chapter on receptive fields; a layer is (k, s, p, d), as there."""

import operator

import torch
from torch import nn
from torch.nn import functional as F

from ._cases import integer
from ._exercise import Exercise

TEXTS = {
    "columns_seen": {
        "task": "一个单元看见的第一列和最后一列 (layers, unit) → (first, last)。",
        "hints": (
            "最上面一层的 unit 号单元，读下面一层的第几号到第几号？",
            "核的最左一格落在第 unit·s - p 号，最右一格还要往右 d·(k - 1)。"
            "这两个号码又是下面一层的单元，再往下一层，直到图像。",
            "first, last = first * s - p, last * s - p + d * (k - 1)，从最后一层往前走。",
        ),
        "no_padding": "没有用填充：左边补了 p 格，0 号单元就从第 -p 格看起。",
        "plus_padding": "填充的方向反了：左边补了 p 格，窗口往左挪，要减 p。",
        "forward": "走的方向反了：单元在最上面，要从最后一层往图像走。",
        "one_too_many": "每层多看了一格：k 格从第一格到最后一格，相距 d·(k - 1)。",
        "kernel_and_holes": "多看了：核有 k 格，两端相距 d·(k - 1)，不是 d·k。",
        "not_carried": "每层都从 unit 重新算起。上一层得到的 first、last 就是下一层的单元，"
        "要接着它们走。",
        "last_from_first": "last 接着 first 走了。最右的一列要从最右的单元走下来：接着 last。",
        "plus_at_right": "右端的填充方向反了：整个窗口往左挪 p 格，last 也减 p。",
        "padding_first": "先乘步幅，再减填充：p 格补在这一层的输入上，不受这一层的步幅影响。",
        "no_dilation": "没有用空洞率：核的两端相距 d·(k - 1)。",
        "no_stride": "没有用步幅：上面隔一个，下面隔 s 个。",
        "cut": "把图外的列截掉了。落在填充里的列也要算，用负数表示。",
        "end": "last 应是最后一列自己的号码，你的是它后面的一列。",
        "size": "第二个数给成了感受野的大小。这里要最后一列的号码。",
        "jump_first": "j 改得太早：算 r 和 t 用的是乘步幅以前的 j。",
        "padding_without_jump": "p 格在这一层里，换成图像的列要乘 j：t = t - p·j。",
        "unit_without_jump": "相邻两个单元在图上相距 j 列：从第 t + unit·j 列看起。",
    },
    "layers_needed": {
        "task": "步幅都是 s 的 3×3 至少叠几层，感受野才不小于 size (size, s) → 层数。",
        "hints": (
            "每加一层，感受野多几列？这与前面的步幅有什么关系？",
            "记住两个数，r = 1 和 j = 1。每加一层，r 加 2·j，然后 j 乘 s。",
            "while r < size: 里面依次改 r、j、层数。",
        ),
        "one_less": "少了一层：最后的感受野还小于 size。",
        "strictly": "有时多了一层。正好等于 size 时已经够了；r 从 1 开始，因为一个像素看见它自己。",
        "no_stride": "没有用步幅：前面的步幅使后面的每一格在图上更宽。",
        "stride_once": "每层都只乘了一次 s。前面有几层，就要连乘几次。",
        "stride_added": "累积步幅是连乘出来的，不是相加：j = j * s。",
        "shrinks": "数的是图缩到一格要几层。取整会丢掉边上的格子，层数就不对了。请算感受野。",
        "shrinks_from_one": "数的是图缩到一格要几层，还从 1 数起。请算感受野，从 0 层数起。",
        "stride_early": "j 改得太早：这一层的步幅只影响后面的层。先加 r，再改 j。",
        "whole_kernel": "每层多看的是 k - 1 = 2 格，不是 3 格：其中一格本来就看得见。",
    },
    "columns_read": {
        "task": "一个单元真正读到图像的几列 (layers) → 列数，图足够大。",
        "hints": (
            "感受野的大小 r 是框长。框里的空洞怎样去掉？",
            "从最上面的一个单元走下去，把读到的号码放进一个集合（set），重复的自动合并。",
            "columns = {c * s + d * a for c in columns for a in range(k)}，从最后一层往前走。",
        ),
        "box": "这是框长 r。框里没有读到的列也数进去了。",
        "paths": "同一列从几条路走到，只算一列。你数的是路径。",
        "no_dilation": "没有用空洞率：核里相邻的两个数相距 d 格。",
        "no_stride": "没有用步幅：上面的 c 号单元，从下面的第 c·s 号看起。",
        "plain": "步幅和空洞率都没有用。核里第 a 个数读的是第 c·s + d·a 号。",
        "kept": "上面各层的号码也留在集合里了。每走一层，就换成新的集合。",
        "cut": "落在填充里的列没有算。图足够大，不用管边界和填充。",
        "forward": "走的方向反了：要从最后一层往图像走。",
    },
    "changed_by": {
        "task": "改哪些像素会改变输出 [unit, unit] (net, size, unit) → 布尔图。",
        "hints": (
            "怎样知道一个像素有没有影响？",
            "先算一次输出。然后一次只改一个像素，再算一次，比较那一个输出，把像素改回来。",
            "net(X)[0, 0, unit, unit].item() != before，别忘了每次改回原来的值。",
        ),
        "corner": "看的是输出 [0, 0]，应看 [unit, unit]。",
        "whole": "比较了整张输出。只看 [unit, unit] 这一个。",
        "row": "比较了输出的一整行。只看 [unit, unit] 这一个。",
        "kept": "改过的像素没有改回来，后面的比较就都不同了。",
        "box": "把框里的像素全填上了。空洞里的像素改了，输出不变。",
        "amounts": "给出的是变化的多少。这里只要变没变：True 或 False。",
        "never": "没有一个像素被看作有影响。真的改动了吗？Y = X 不会复制，改 Y 也就改了 X，"
        "两边比较总是相同：先算好 before，或者用 .clone()。",
        "opposite": "True 和 False 反了：变了的是 True。",
    },
}


def _some_layers(generator, most=3, ranges=((1, 4), (1, 3), (0, 2), (1, 3))):
    count = integer(generator, 1, most)
    return [tuple(integer(generator, *bounds) for bounds in ranges) for _ in range(count)]


def _units(generator):
    while True:
        yield _some_layers(generator), integer(generator, 0, 5)


def _columns(layers, unit, padding=1, stride=True, dilation=True, more=0):
    first = last = unit
    for k, s, p, d in reversed(layers):
        s, d = s if stride else 1, d if dilation else 1
        first, last = first * s - padding * p, last * s - padding * p + d * (k - 1) + more
    return first, last


def _walk(layers, unit, to_first, to_last):
    """From the unit down, a student's own step at either end."""
    first = last = unit
    for layer in reversed(layers):
        first, last = to_first(first, *layer), to_last(last, *layer)
    return first, last


def _by_recursion(layers, unit, early=False, of_padding=True, of_unit=True):
    """From the image up, with the mistakes that are made on that way."""
    r, j, t = 1, 1, 0
    for k, s, p, d in layers:
        now = j * s if early else j
        t -= p * (now if of_padding else 1)
        r += d * (k - 1) * now
        j *= s
    first = t + unit * (j if of_unit else 1)
    return first, first + r - 1


def _cut(layers, unit):
    first, last = _columns(layers, unit)
    return max(first, 0), last


def _with_size(layers, unit):
    first, last = _columns(layers, unit)
    return first, last - first + 1


columns_seen = Exercise(
    "columns_seen",
    answer=_columns,
    cases=_units,
    mistakes={
        "no_padding": lambda layers, unit: _columns(layers, unit, padding=0),
        "plus_padding": lambda layers, unit: _columns(layers, unit, padding=-1),
        "forward": lambda layers, unit: _columns(layers[::-1], unit),
        "one_too_many": lambda layers, unit: _columns(layers, unit, more=1),
        "kernel_and_holes": lambda layers, unit: _walk(
            layers, unit, lambda i, k, s, p, d: i * s - p, lambda i, k, s, p, d: i * s - p + d * k
        ),
        "not_carried": lambda layers, unit: _columns(layers[:1], unit),
        "last_from_first": lambda layers, unit: (
            _columns(layers, unit)[0],
            _columns(layers[1:], unit)[0] * layers[0][1]
            - layers[0][2]
            + layers[0][3] * (layers[0][0] - 1),
        ),
        "plus_at_right": lambda layers, unit: (
            _columns(layers, unit)[0],
            _columns(layers, unit, padding=-1)[1],
        ),
        "padding_first": lambda layers, unit: _walk(
            layers,
            unit,
            lambda i, k, s, p, d: (i - p) * s,
            lambda i, k, s, p, d: (i - p) * s + d * (k - 1),
        ),
        "no_dilation": lambda layers, unit: _columns(layers, unit, dilation=False),
        "no_stride": lambda layers, unit: _columns(layers, unit, stride=False),
        "cut": _cut,
        "end": lambda layers, unit: (_columns(layers, unit)[0], _columns(layers, unit)[1] + 1),
        "size": _with_size,
        "jump_first": lambda layers, unit: _by_recursion(layers, unit, early=True),
        "padding_without_jump": lambda layers, unit: _by_recursion(layers, unit, of_padding=False),
        "unit_without_jump": lambda layers, unit: _by_recursion(layers, unit, of_unit=False),
    },
    texts=TEXTS["columns_seen"],
)


def _sizes(generator):
    while True:
        yield integer(generator, 2, 60), integer(generator, 1, 3)
        yield integer(generator, 2, 300), integer(generator, 1, 4)


def _layers_needed(size, s, more=2, early=False, times=operator.mul):
    r, j, layers = 1, 1, 0
    while r < size:
        r += more * j * (s if early else 1)
        j = times(j, s)
        layers += 1
    return layers


def _until_one(size, s):
    """Layers without padding until one unit is left."""
    layers = 0
    while size > 1:
        size = (size - 3) // s + 1
        layers += 1
    return layers


layers_needed = Exercise(
    "layers_needed",
    answer=_layers_needed,
    cases=_sizes,
    mistakes={
        "one_less": lambda size, s: _layers_needed(size, s) - 1,
        "strictly": lambda size, s: _layers_needed(size + 1, s),
        "no_stride": lambda size, s: _layers_needed(size, 1),
        "stride_early": lambda size, s: _layers_needed(size, s, early=True),
        "stride_once": lambda size, s: -(-(size - 1) // (2 * s)),
        "stride_added": lambda size, s: _layers_needed(size, s, times=operator.add),
        "shrinks": _until_one,
        "shrinks_from_one": lambda size, s: _until_one(size, s) + 1,
        "whole_kernel": lambda size, s: _layers_needed(size, s, more=3),
    },
    texts=TEXTS["layers_needed"],
)


def _stacks(generator):
    """Each case once as it comes, once with the holes that the chapter speaks of."""
    while True:
        yield (_some_layers(generator),)
        d = integer(generator, 1, 3)
        yield ([(3, 1, 0, d * integer(generator, 1, 3)) for _ in range(integer(generator, 2, 3))],)


def _read(layers, stride=True, dilation=True, kept=False):
    columns = {0}
    for k, s, _, d in reversed(layers):
        s, d = s if stride else 1, d if dilation else 1
        below = {c * s + d * a for c in columns for a in range(k)}
        columns = below | columns if kept else below
    return len(columns)


def _read_inside(layers):
    """Of unit 0, without what falls into the padding."""
    columns = {0}
    for k, s, p, d in reversed(layers):
        columns = {c * s - p + d * a for c in columns for a in range(k)}
    return sum(c >= 0 for c in columns)


def _box(layers):
    first, last = _columns(layers, 0)
    return last - first + 1


def _paths(layers):
    count = 1
    for k, *_ in layers:
        count *= k
    return count


columns_read = Exercise(
    "columns_read",
    answer=_read,
    cases=_stacks,
    mistakes={
        "box": _box,
        "paths": _paths,
        "no_dilation": lambda layers: _read(layers, dilation=False),
        "no_stride": lambda layers: _read(layers, stride=False),
        "plain": lambda layers: _read(layers, stride=False, dilation=False),
        "kept": lambda layers: _read(layers, kept=True),
        "cut": _read_inside,
        "forward": lambda layers: _read(layers[::-1]),
    },
    texts=TEXTS["columns_read"],
)


class _Stack(nn.Module):
    """The chapter's ``stack``, for inputs of any dtype."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, X):
        X = X.double()
        for k, *options in self.layers:
            X = F.conv2d(X, torch.ones(1, 1, k, k, dtype=torch.double), None, *options)
        return X

    def __repr__(self):
        return f"stack({self.layers})"


def _nets(generator):
    ranges = (2, 3), (1, 2), (0, 1), (1, 2)
    while True:
        net, size = _Stack(_some_layers(generator, 2, ranges)), integer(generator, 4, 8)
        if _box(net.layers) <= size:
            outputs = net(torch.zeros(1, 1, size, size)).shape[-1]
            yield net, size, integer(generator, 0, outputs - 1)


def _probe(net, size, look=None, keep=False):
    """How much each pixel, set to 1, changes what is looked at in the output."""
    X = torch.zeros(1, 1, size, size)
    before, amounts = look(net(X)), torch.zeros(size, size)
    for i in range(size):
        for j in range(size):
            X[0, 0, i, j] = 1
            amounts[i, j] = (look(net(X)) - before).abs().max()
            X[0, 0, i, j] = float(keep)
    return amounts


def _changed_by(net, size, unit):
    return _probe(net, size, lambda Y: Y[..., unit, unit]) > 0


def _filled(net, size, unit):
    changed = _changed_by(net, size, unit)
    rows, cols = (changed.any(axis).nonzero().flatten() for axis in (1, 0))
    if len(rows):
        changed[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] = True
    return changed


changed_by = Exercise(
    "changed_by",
    answer=_changed_by,
    cases=_nets,
    mistakes={
        "corner": lambda net, size, unit: _probe(net, size, lambda Y: Y[..., 0, 0]) > 0,
        "whole": lambda net, size, unit: _probe(net, size, lambda Y: Y) > 0,
        "row": lambda net, size, unit: _probe(net, size, lambda Y: Y[..., unit, :]) > 0,
        "kept": lambda net, size, unit: (
            _probe(net, size, lambda Y: Y[..., unit, unit], keep=True) > 0
        ),
        "box": _filled,
        "amounts": lambda net, size, unit: _probe(net, size, lambda Y: Y[..., unit, unit]),
        "never": lambda net, size, unit: torch.zeros(size, size),
        "opposite": lambda net, size, unit: ~_changed_by(net, size, unit),
    },
    texts=TEXTS["changed_by"],
    count=15,
)
