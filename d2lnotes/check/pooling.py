"""Exercises of the chapter on pooling."""

import torch
from torch.nn import functional as F

from ..shapes import pool_output_size
from ._cases import integer, integers
from ._exercise import Exercise

TEXTS = {
    "max_pool": {
        "task": "带步幅的二维最大池化 (X, k, s) → Y。",
        "hints": (
            "第 i 行第 j 列的窗口，左上角在输入的第几行、第几列？",
            "左上角在 (i·s, j·s)。输出有 (n_h - k) // s + 1 行，列也一样算。",
            "Y[i, j] = X[i * s : i * s + k, j * s : j * s + k].max()",
        ),
        "stride_one": "没有用步幅：窗口每次只挪了一格。",
        "stride_window": "步幅成了窗口的边长 k。那是 PyTorch 的默认值；这里步幅是 s。",
        "forgot_step": "输出的大小对了，窗口却每次只挪一格：第 i 个窗口从第 i·s 行开始。",
        "start_is_k": "第 i 个窗口从第 i·s 行开始，不是 i·k。",
        "window_is_s": "窗口的边长成了步幅 s。窗口是 k×k，步幅只管从哪里开始。",
        "chained": "X[a:b][c:d] 两次切的都是行。要同时切行和列，写 X[a:b, c:d]。",
        "python_max": "Python 的 max 是一行一行地比。张量里最大的数用 .max()。",
        "index_is_corner": "i、j 是窗口左上角在输入里的位置，不是输出的行号、列号："
        "Y[i // s, j // s]。",
        "from_zero": "负数的窗口得到了 0：最大值是从 0 开始比的。应从窗口里的第一个数"
        "（或负无穷）开始。",
        "mean": "取的是平均值。最大池化取最大值。",
        "min": "取的是最小值。",
        "transposed": "行和列对调了。",
        "forgot_one": "少了一行一列：能放 (n - k) // s + 1 个窗口，第一个不用走。",
        "partial": "多出来的窗口伸到了图外。默认只算整个落在图内的窗口（向下取整）。",
        "size_of_stride_one": "窗口的起点用了步幅，输出的大小却没有："
        "有 (n - k) // s + 1 个窗口。你的后几个窗口落到了图外。",
    },
    "pool_size": {
        "task": "池化的输出边长 (n, k, s, p, ceil) → o，与 PyTorch 相同。",
        "hints": (
            "先不管 ceil：公式与卷积的一样。s 是 None 时步幅取多少？",
            "向上取整：-(-a // s) 或 math.ceil(a / s)。"
            "多出来的那个窗口从补过的图的第几格开始？那里还是图内或左侧的填充吗？",
            "o 个窗口里，最后一个从第 (o - 1) * s 格开始；左侧填充和图一共 n + p 格。"
            "从 n + p 或更后面开始的，要去掉。",
        ),
        "always_floor": "ceil=True 时没有向上取整。",
        "always_ceil": "ceil=False 时也向上取整了。默认是向下。",
        "ceil_adds_one": "ceil=True 时一律加了 1。除得尽的时候，向上取整不多出窗口。",
        "no_last_rule": "还差最后一条：多出来的窗口必须从图内或左侧的填充开始，"
        "从右侧的填充开始的要去掉。",
        "starts_in_image": "最后一个窗口可以从左侧的填充或图内开始，"
        "起点是从左侧填充的第一格数起的：比较 (o - 1)·s 与 n + p。",
        "not_at_padding": "正好从右侧填充的第一格开始的窗口也要去掉：(o - 1)·s 等于 n + p 的时候。",
        "far_end": "右侧的填充从第 n + p 格开始，n + 2p 是它的末尾。",
        "next_start": "最后一个窗口从第 (o - 1)·s 格开始，不是第 o·s 格。",
        "none_is_one": "s 是 None 时，步幅等于窗口 k，不是 1。卷积的默认步幅才是 1。",
        "one_side": "填充每侧补 p，一共 2p。",
        "forgot_one": "少了 1：第一个窗口不用走。",
    },
    "average_kernel": {
        "task": "把 k×k 的平均池化写成卷积：它的权重 (channels, k) → K。",
        "hints": (
            "一个通道时，2×2 的平均是哪个 2×2 的核？",
            "K 的形状是 (channels, channels, k, k)。K[o, i] 是输出通道 o 看输入通道 i 的核；"
            "池化时，通道 o 只看通道 o。",
            "先建 torch.zeros(channels, channels, k, k)，再让每个 K[c, c] 都等于 1 / k**2。",
        ),
        "sum": "每格是 1，得到的是和。平均还要除以格数 k·k。",
        "over_k": "除以了 k。窗口有 k·k 格。",
        "all_channels": "各通道加在一起了：K[o, i] 在 o ≠ i 时应全是 0。",
        "mean_channels": "各通道也平均了：K[o, i] 在 o ≠ i 时应全是 0。",
        "one_column": "形状 (channels, 1, k, k) 要配 groups=channels，后面的章节才讲。"
        "这里每个输出通道都面对全部输入通道，不看的就给 0。",
        "flat": "只有一个核。每个输出通道都要有自己的一组：(channels, channels, k, k)。",
        "one_kernel": "只有一个核。每个输出通道都要有自己的一组：(channels, channels, k, k)。",
    },
    "min_pool": {
        "task": "用 F.max_pool2d 做最小池化 (X, k, s, p) → Y。",
        "hints": (
            "怎样让最小的变成最大的？",
            "取负之后，次序反过来。求完最大，再取负一次。",
            "填充不用管：F.max_pool2d 补的是负无穷，取负以后是正无穷，不会被选中。",
        ),
        "max": "这是最大池化。",
        "no_outer": "求完最大之后，少取了一次负。",
        "no_inner": "只在最后取了负：这是最大值的相反数。先要给 X 取负。",
        "zero_pad": "边上补的 0 被当作了最小值。填充的格子不该参加比较。",
        "no_padding": "没有用填充 p。",
        "no_stride": "没有用步幅 s：F.max_pool2d 省去 stride 时，步幅等于窗口。",
        "window_only": "s 和 p 都没有用：F.max_pool2d 省去它们时，步幅等于窗口，填充是 0。",
    },
}


def _matrices(generator):
    while True:
        k, s = integer(generator, 1, 3), integer(generator, 1, 3)
        n_h, n_w = k + integer(generator, 0, 4), k + integer(generator, 0, 4)
        yield integers(generator, n_h, n_w, low=-9, high=4), k, s


def _max(X, k, s, **options):
    return F.max_pool2d(X[None], k, s, **options)[0]


def _partial(X, k, s):
    """Windows at every multiple of the stride, cut at the edge."""
    n_h, n_w = X.shape
    rows = [[X[i : i + k, j : j + k].max() for j in range(0, n_w, s)] for i in range(0, n_h, s)]
    return torch.stack([torch.stack(row) for row in rows])


def _loops(window, largest=torch.max):
    """Max pooling whose windows, or whose way to the largest, are a student's own."""

    def pool(X, k, s):
        rows, cols = ((n - k) // s + 1 for n in X.shape)
        Y = torch.empty(rows, cols)
        for i in range(rows):
            for j in range(cols):
                Y[i, j] = largest(window(X, i, j, k, s))
        return Y

    return pool


def _index_is_corner(X, k, s):
    n_h, n_w = X.shape
    Y = torch.empty((n_h - k) // s + 1, (n_w - k) // s + 1)
    for i in range(0, n_h - k + 1, s):
        for j in range(0, n_w - k + 1, s):
            Y[i, j] = X[i : i + k, j : j + k].max()
    return Y


def _size_of_stride_one(X, k, s):
    rows, cols = (n - k + 1 for n in X.shape)
    corners = [[(i * s, j * s) for j in range(cols)] for i in range(rows)]
    return torch.stack(
        [torch.stack([X[i : i + k, j : j + k].max() for i, j in row]) for row in corners]
    )


max_pool = Exercise(
    "max_pool",
    answer=_max,
    cases=_matrices,
    mistakes={
        "stride_one": lambda X, k, s: _max(X, k, 1),
        "stride_window": lambda X, k, s: _max(X, k, k),
        "forgot_step": _loops(lambda X, i, j, k, s: X[i : i + k, j : j + k]),
        "start_is_k": _loops(lambda X, i, j, k, s: X[i * k : i * k + k, j * k : j * k + k]),
        "window_is_s": _loops(lambda X, i, j, k, s: X[i * s : i * s + s, j * s : j * s + s]),
        "chained": _loops(lambda X, i, j, k, s: X[i * s : i * s + k][j * s : j * s + k]),
        "python_max": _loops(
            lambda X, i, j, k, s: X[i * s : i * s + k, j * s : j * s + k], largest=max
        ),
        "index_is_corner": _index_is_corner,
        "from_zero": lambda X, k, s: _max(X, k, s).clamp(min=0),
        "mean": lambda X, k, s: F.avg_pool2d(X[None], k, s)[0],
        "min": lambda X, k, s: -_max(-X, k, s),
        "transposed": lambda X, k, s: _max(X, k, s).T,
        "forgot_one": lambda X, k, s: _max(X, k, s)[:-1, :-1],
        "partial": _partial,
        "size_of_stride_one": _size_of_stride_one,
    },
    texts=TEXTS["max_pool"],
)


def _windows(generator):
    """Settings of a pooling layer, small ones, so that the last window's rule matters often."""
    while True:
        k = integer(generator, 1, 5)
        s, p = integer(generator, 0, 5) or None, integer(generator, 0, k // 2)
        yield integer(generator, max(1, k - 2 * p), 9), k, s, p, bool(integer(generator, 0, 2))


def _floor(n, k, s, p, ceil):
    return (n + 2 * p - k) // (s or k) + 1


def _ceil(n, k, s, p, ceil):
    return -(-(n + 2 * p - k) // (s or k)) + 1


def _without_last_rule(n, k, s, p, ceil):
    return _ceil(n, k, s, p, ceil) if ceil else _floor(n, k, s, p, ceil)


def _last_rule(limit):
    """The last window goes if its start is not below a limit, a student's own."""

    def size(n, k, s, p, ceil):
        o = _without_last_rule(n, k, s, p, ceil)
        return o - 1 if ceil and (o - 1) * (s or k) >= limit(n, p, s or k) else o

    return size


def _one_side(n, k, s, p, ceil):
    rest = n + p - k
    o = (-(-rest // (s or k)) if ceil else rest // (s or k)) + 1
    return o - 1 if ceil and (o - 1) * (s or k) >= n + p else o


def _pool_size(n, k, s, p, ceil):
    return pool_output_size(n, k, stride=s, padding=p, ceil_mode=ceil)


pool_size = Exercise(
    "pool_size",
    answer=_pool_size,
    cases=_windows,
    mistakes={
        "always_floor": _floor,
        "always_ceil": lambda n, k, s, p, ceil: _pool_size(n, k, s, p, True),
        "ceil_adds_one": lambda n, k, s, p, ceil: _floor(n, k, s, p, ceil) + ceil,
        "no_last_rule": _without_last_rule,
        "starts_in_image": _last_rule(lambda n, p, s: n),
        "not_at_padding": _last_rule(lambda n, p, s: n + p + 1),
        "far_end": _last_rule(lambda n, p, s: n + 2 * p),
        "next_start": _last_rule(lambda n, p, s: n + p - s),
        "none_is_one": lambda n, k, s, p, ceil: _pool_size(n, k, s or 1, p, ceil),
        "one_side": _one_side,
        "forgot_one": lambda n, k, s, p, ceil: _pool_size(n, k, s, p, ceil) - 1,
    },
    texts=TEXTS["pool_size"],
    count=80,
)


def _kernel_sizes(generator):
    while True:
        yield integer(generator, 1, 3), integer(generator, 1, 3)


def _own_channel(channels, k, weight):
    return torch.eye(channels)[:, :, None, None] * torch.full((k, k), weight)


average_kernel = Exercise(
    "average_kernel",
    answer=lambda channels, k: _own_channel(channels, k, 1 / k**2),
    cases=_kernel_sizes,
    mistakes={
        "sum": lambda channels, k: _own_channel(channels, k, 1.0),
        "over_k": lambda channels, k: _own_channel(channels, k, 1 / k),
        "all_channels": lambda channels, k: torch.full((channels, channels, k, k), 1 / k**2),
        "mean_channels": lambda channels, k: torch.full(
            (channels, channels, k, k), 1 / k**2 / channels
        ),
        "one_column": lambda channels, k: torch.full((channels, 1, k, k), 1 / k**2),
        "flat": lambda channels, k: torch.full((k, k), 1 / k**2),
        "one_kernel": lambda channels, k: torch.full((1, 1, k, k), 1 / k**2),
    },
    texts=TEXTS["average_kernel"],
    count=20,
)


def _images(generator):
    while True:
        k, s = integer(generator, 2, 3), integer(generator, 1, 3)
        low = integer(generator, -9, 1)
        X = integers(
            generator, 1, integer(generator, 1, 2), *(integer(generator, 3, 5) for _ in range(2)),
            low=low, high=low + 9,
        )  # fmt: skip
        yield X, k, s, integer(generator, 0, 1)


min_pool = Exercise(
    "min_pool",
    answer=lambda X, k, s, p: -F.max_pool2d(-X, k, s, p),
    cases=_images,
    mistakes={
        "max": F.max_pool2d,
        "no_outer": lambda X, k, s, p: F.max_pool2d(-X, k, s, p),
        "no_inner": lambda X, k, s, p: -F.max_pool2d(X, k, s, p),
        "zero_pad": lambda X, k, s, p: -F.max_pool2d(-F.pad(X, (p, p, p, p)), k, s),
        "no_padding": lambda X, k, s, p: -F.max_pool2d(-X, k, s),
        "no_stride": lambda X, k, s, p: -F.max_pool2d(-X, k, padding=p),
        "window_only": lambda X, k, s, p: -F.max_pool2d(-X, k),
    },
    texts=TEXTS["min_pool"],
)
