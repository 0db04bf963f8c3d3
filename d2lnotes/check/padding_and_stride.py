"""Exercises of the chapter on padding and stride."""

import math
from collections.abc import Iterable

import torch
from torch.nn import functional as F

from .. import shapes
from ._cases import integer, integers
from ._exercise import Exercise
from ._student import calls, has_loop, mentions

TEXTS = {
    "pad": {
        "task": "在 X 的上下各补 p_h 行零，左右各补 p_w 列零，不用 F.pad。",
        "hints": (
            "补完以后有几行、几列？先造一张那么大、全是零的图。",
            "X 的左上角应落在新图的第几行、第几列？用切片把 X 放进去。",
            "Y[p_h : p_h + X.shape[0], p_w : p_w + X.shape[1]] = X。",
        ),
        "swapped": "高和宽对调了：p_h 是上下补的行数，p_w 是左右补的列数。",
        "near": "只补了上边和左边，每一侧都要补。",
        "far": "只补了下边和右边，每一侧都要补。",
        "corner": "大小对了，X 却放在左上角，零全在下边和右边。",
        "total": "补的总数只有 p_h 行、p_w 列。p 是每一侧的填充，总共是它的两倍。",
        "same_both": "上下和左右补得一样多了：左右应补 p_w 列。",
        "minus_slice": "填充是 0 时出错：Y[0:-0] 就是 Y[0:0]，一行也没有。"
        "用 Y[p_h : p_h + X.shape[0]] 这样的写法。",
        "edges": "补的是边上的数，不是零。",
        "library": "用了现成的 pad。这一题要自己造一张零的图，再把 X 放进去。",
    },
    "same_padding": {
        "task": "步幅 1 时大小不变的填充 (k, d) → (左, 右)，多的一格放在右边。",
        "hints": (
            "空洞率 d、长 k 的核跨几格？大小不变，左右一共要补几格？",
            "一共补 t = d(k - 1) 格。t 是奇数时，哪一边多一格？",
            "左边补 t // 2，右边补剩下的 t - t // 2。",
        ),
        "no_dilation": "没有用到空洞率：核撑开以后跨 d(k-1)+1 格。",
        "stretched": "核跨的不是 d·k 格：k 个数之间只有 k-1 段，所以跨 d(k-1)+1 格。",
        "extra_left": "一共补的格数对，多的一格却放在左边。PyTorch 放在右边。",
        "half_kernel": "两侧各补了 d·(k//2) 格：k 是偶数时，补多了，输出会变大。",
        "floored": "两侧都向下取整，总数是奇数时少补一格，输出会小 1。",
        "total": "每一侧都补了总数。总数是两侧合计的，要分成两份。",
        "formula": "直接用了 p = (k-1)/2：没有算上空洞率，k 是偶数时还会补出半格。",
        "formula_floored": "直接用了 (k-1)//2：没有算上空洞率，k 是偶数时还会少补一格。",
        "extent": "一共补了 d(k-1)+1 格，那是核跨的格数。大小不变只要补 d(k-1) 格。",
        "even_kernel": "总数是奇数时才多补一格：k、d 都是偶数时，总数是偶数，两侧一样多。",
        "rounded_up": "两侧都向上取整，总数是奇数时多补一格，输出会大 1。",
        "scaled": "先按空洞率 1 分好两侧，再各乘 d：多的那一格也成了 d 格。"
        "先算总数 d(k-1)，再分成两份。",
        "library": "用了现成的 same_padding。这一题要自己算出左右各补几格。",
        "halves": "总数是奇数时，补出了半格。格数要是整数：一侧 t // 2，另一侧补剩下的。",
    },
    "output_size": {
        "task": "边长 n 的图依次经过 layers（每层是 (k, p, s)），返回最后的边长。",
        "hints": (
            "只有一层时，公式是什么？第二层的输入多大？",
            "for k, p, s in layers: 每过一层，把 n 换成这一层的输出大小。",
            "循环里写 n = (n + 2 * p - k) // s + 1，循环之后 return n。",
        ),
        "forgot_one": "少加了 1：走 m 步，一共有 m + 1 个落脚点。",
        "total": "只补了一侧：p 是每侧的填充，输入变成 n + 2p。",
        "no_padding": "没有用到填充 p。",
        "ceil": "除不尽时向上取整了。不够一步的部分就不走：向下取整。",
        "rounded": "除不尽时四舍五入了。不够一步的部分就不走：向下取整，用 //。",
        "divided": "先加 1 再除以步幅，次序反了：先除以步幅并向下取整，最后加 1。",
        "fraction": "除不尽时留下了小数：整除用 //。",
        "order": "填充和步幅拿反了：每层是 (k, p, s)，填充在前。",
        "first_only": "只算了第一层：return 写在循环里了。",
        "last_only": "每一层都从最初的 n 算起，前面各层的结果没有用上。",
        "library": "用了现成的 conv_output_size。这一题要自己写公式。",
    },
    "unread": {
        "task": "没有任何窗口读到的列号的列表（从 0 数起，不算补的零）。",
        "hints": (
            "每个窗口从哪一列开始？补了 p 列以后，第一个窗口的左端在第几列？",
            "左端依次是 -p、-p+s、-p+2s……，右端不能超过 n+p-1。把读到的列都记在一个集合里。",
            "for start in range(-p, n + p - k + 1, s): read.update(range(start, start + k))。",
        ),
        "tail_only": "漏了窗口之间的列：步幅大于核长时，两个窗口之间也有没读到的。",
        "tail_raw": "漏了窗口之间的列；余下的几格里，落在补的零上的也要去掉。",
        "overhang": "最后的窗口伸到补的零外面去了：左端最大是 n + p - k。",
        "not_shifted": "记下的是补零以后的列号：它的第 j + p 列，才是图的第 j 列。",
        "last_window": "少了最后一个窗口：range 不含终点，应写到 n + p - k + 1。",
        "no_padding": "没有算上填充：第一个窗口的左端在 -p，不在 0。",
        "near_only": "只算了左边的填充：窗口也可以伸进右边补的零，左端最大是 n + p - k。",
        "shifted": "列号多了 p：补零以后的第 p 列，才是图的第 0 列。",
        "one_based": "列号从 0 数起，你是从 1 数起的。",
        "read": "这些是读到了的列。要的是没有读到的。",
        "starts": "只记了每个窗口的左端，一个窗口读 k 列。",
    },
    "layers_until": {
        "task": "边长 n 的图过几层 k×k 的核（不填充，步幅 1），边长才不超过 target？不用循环。",
        "hints": (
            "过一层，边长少几？要少掉的一共是几？",
            "每层少 k - 1，一共要少 n - target。除不尽时，余下的还要再过一层。",
            "向上取整：math.ceil(a / b)，或者 -(-a // b)。",
        ),
        "floored": "除不尽时少了一层：余下的那几格还要再过一层，应向上取整。",
        "whole_kernel": "每层少的是 k - 1，不是 k。",
        "whole_floored": "每层少的是 k - 1，不是 k；除不尽时还要再过一层，应向上取整。",
        "no_target": "算的是缩到 0 要几层：要少掉的是 n - target。",
        "one_more": "除得尽时多了一层：边长等于 target 就够了。整除以后加 1，只在除不尽时才对。",
        "fraction": "除不尽时留下了小数：层数是整数，应向上取整。",
        "rounded": "四舍五入有时会少一层：应向上取整。",
        "loops": "里面还有循环。这一题只要一个算式。",
    },
}


def _pad_cases(generator):
    while True:
        size = integer(generator, 1, 3), integer(generator, 1, 3)
        p_h, p_w = integer(generator, 0, 2), integer(generator, 0, 2)
        yield integers(generator, *size, low=1, high=9), p_h, p_w


def _pad(X, p_h, p_w):
    return F.pad(X, (p_w, p_w, p_h, p_h))


def _minus_slice(X, p_h, p_w):
    Y = torch.zeros_like(_pad(X, p_h, p_w))
    Y[p_h:-p_h, p_w:-p_w] = X
    return Y


def _repeat_edges(X, p_h, p_w):
    return F.pad(X[None, None], (p_w, p_w, p_h, p_h), mode="replicate")[0, 0]


pad = Exercise(
    "pad",
    answer=lambda X, p_h, p_w: _pad(X, p_h, p_w),
    cases=_pad_cases,
    mistakes={
        "swapped": lambda X, p_h, p_w: _pad(X, p_w, p_h),
        "near": lambda X, p_h, p_w: F.pad(X, (p_w, 0, p_h, 0)),
        "far": lambda X, p_h, p_w: F.pad(X, (0, p_w, 0, p_h)),
        "corner": lambda X, p_h, p_w: F.pad(X, (0, 2 * p_w, 0, 2 * p_h)),
        "total": lambda X, p_h, p_w: F.pad(X, (p_w // 2, -(-p_w // 2), p_h // 2, -(-p_h // 2))),
        "same_both": lambda X, p_h, p_w: _pad(X, p_h, p_h),
        "minus_slice": _minus_slice,
        "edges": _repeat_edges,
    },
    texts=TEXTS["pad"],
    rules={"library": lambda function: mentions(function, "pad", "constant_pad_nd", "ZeroPad2d")},
)


def _kernels(generator):
    while True:
        yield integer(generator, 1, 7), integer(generator, 1, 4)


def _split(total):
    return total // 2, total - total // 2


same_padding = Exercise(
    "same_padding",
    answer=lambda k, d: _split(d * (k - 1)),
    cases=_kernels,
    mistakes={
        "no_dilation": lambda k, d: _split(k - 1),
        "stretched": lambda k, d: _split(d * k - 1),
        "extra_left": lambda k, d: _split(d * (k - 1))[::-1],
        "half_kernel": lambda k, d: (d * (k // 2),) * 2,
        "floored": lambda k, d: (d * (k - 1) // 2,) * 2,
        "total": lambda k, d: (d * (k - 1),) * 2,
        "formula": lambda k, d: ((k - 1) / 2,) * 2,
        "formula_floored": lambda k, d: ((k - 1) // 2,) * 2,
        "extent": lambda k, d: _split(d * (k - 1) + 1),
        "even_kernel": lambda k, d: (d * (k - 1) // 2, d * (k - 1) // 2 + (k % 2 == 0)),
        "halves": lambda k, d: (d * (k - 1) / 2,) * 2,
        "rounded_up": lambda k, d: (-(-d * (k - 1) // 2),) * 2,
        "scaled": lambda k, d: (d * ((k - 1) // 2), d * (k // 2)),
    },
    texts=TEXTS["same_padding"],
    rules={"library": calls("same_padding")},
)


def _stacks(generator):
    while True:
        n, layers = integer(generator, 6, 32), []
        size, depth = n, integer(generator, 1, 3)
        while len(layers) < depth:
            k, p, s = integer(generator, 1, 5), integer(generator, 0, 2), integer(generator, 1, 3)
            if k <= size + 2 * p:
                layers.append((k, p, s))
                size = _one_layer(size, k, p, s)
        yield n, layers


def _one_layer(n, k, p, s):
    return (n + 2 * p - k) // s + 1


def _through(one_layer):
    """A function that takes a size through all layers."""

    def size_after(n, layers):
        for layer in layers:
            n = one_layer(n, *layer)
        return n

    return size_after


output_size = Exercise(
    "output_size",
    answer=_through(_one_layer),
    cases=_stacks,
    mistakes={
        "forgot_one": _through(lambda n, k, p, s: (n + 2 * p - k) // s),
        "total": _through(lambda n, k, p, s: (n + p - k) // s + 1),
        "no_padding": _through(lambda n, k, p, s: (n - k) // s + 1),
        "ceil": _through(lambda n, k, p, s: -((k - n - 2 * p) // s) + 1),
        "rounded": _through(lambda n, k, p, s: round((n + 2 * p - k) / s) + 1),
        "divided": _through(lambda n, k, p, s: (n + 2 * p - k + 1) // s),
        "fraction": _through(lambda n, k, p, s: (n + 2 * p - k) / s + 1),
        "order": _through(lambda n, k, s, p: (n + 2 * p - k) // s + 1),
        "first_only": lambda n, layers: _one_layer(n, *layers[0]),
        "last_only": lambda n, layers: _one_layer(n, *layers[-1]),
    },
    texts=TEXTS["output_size"],
    rules={"library": calls("conv_output_size")},
)


def _rows(generator):
    while True:
        n, k = integer(generator, 4, 12), integer(generator, 1, 4)
        yield n, k, integer(generator, 0, min(2, k - 1)), integer(generator, 1, 4)


def _columns(function, n, k, p, s):
    """What a function finds, as a sorted list: a set, a range or an array will do as well."""
    found = function(n, k, p, s)
    if isinstance(found, Iterable) and not (isinstance(found, torch.Tensor) and not found.dim()):
        return sorted(found.tolist() if hasattr(found, "tolist") else found)
    return found


def _all_but(read, n):
    return [j for j in range(n) if j not in read]


def _cells(starts, k):
    return {start + a for start in starts for a in range(k)}


def _unread(n, k, p, s):
    return _all_but(_cells(range(-p, n + p - k + 1, s), k), n)


def _no_padding(n, k, p, s):
    return _all_but(_cells(range(0, n - k + 1, s), k), n)


unread = Exercise(
    "unread",
    answer=_unread,
    cases=_rows,
    use=_columns,
    mistakes={
        "tail_only": lambda n, k, p, s: list(
            range(n - shapes.unread_cells(n, k, padding=p, stride=s), n)
        ),
        "tail_raw": lambda n, k, p, s: list(range(n - (n + 2 * p - k) % s, n)),
        "overhang": lambda n, k, p, s: _all_but(_cells(range(-p, n + p, s), k), n),
        "not_shifted": lambda n, k, p, s: _all_but(_cells(range(0, n + 2 * p - k + 1, s), k), n),
        "last_window": lambda n, k, p, s: _all_but(_cells(range(-p, n + p - k, s), k), n),
        "no_padding": _no_padding,
        "near_only": lambda n, k, p, s: _all_but(_cells(range(-p, n - k + 1, s), k), n),
        "shifted": lambda n, k, p, s: [j + p for j in _unread(n, k, p, s)],
        "one_based": lambda n, k, p, s: [j + 1 for j in _unread(n, k, p, s)],
        "read": lambda n, k, p, s: _all_but(_unread(n, k, p, s), n),
        "starts": lambda n, k, p, s: _all_but(range(-p, n + p - k + 1, s), n),
    },
    texts=TEXTS["unread"],
)


def _deep(generator):
    yield 224, 4, 5
    while True:
        k = integer(generator, 2, 7)
        target = integer(generator, k - 1, 9)
        yield target + integer(generator, 1, 40), target, k


layers_until = Exercise(
    "layers_until",
    answer=lambda n, target, k: math.ceil((n - target) / (k - 1)),
    cases=_deep,
    mistakes={
        "floored": lambda n, target, k: (n - target) // (k - 1),
        "whole_kernel": lambda n, target, k: math.ceil((n - target) / k),
        "whole_floored": lambda n, target, k: (n - target) // k,
        "no_target": lambda n, target, k: math.ceil(n / (k - 1)),
        "one_more": lambda n, target, k: (n - target) // (k - 1) + 1,
        "fraction": lambda n, target, k: (n - target) / (k - 1),
        "rounded": lambda n, target, k: round((n - target) / (k - 1)),
    },
    texts=TEXTS["layers_until"],
    rules={"loops": has_loop},
)
