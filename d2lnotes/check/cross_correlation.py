"""Exercises of the chapter on cross-correlation."""

import torch
from torch.nn import functional as F

from ..ops import corr2d as by_hand
from ._cases import integer, integers
from ._exercise import Exercise
from ._student import has_loop

TEXTS = {
    "corr2d": {
        "task": "二维互相关 (X, K) → Y，不用循环。",
        "hints": (
            "输出的每一格要用输入的一个窗口。能不能把所有窗口一次取出来？",
            "X.unfold(0, k_h, 1) 沿着行取窗口，结果多出一维。再沿着列取一次。",
            "X.unfold(0, k_h, 1).unfold(1, k_w, 1) 的形状是 (行, 列, k_h, k_w)：乘 K，"
            "对后两维求和。",
        ),
        "flipped": "核被上下左右翻转了。那是数学里的卷积；互相关不翻转，窗口与核逐格对齐。",
        "mean": "窗口里的乘积被平均了。互相关是求和，不除以格数。",
        "no_kernel": "只把窗口里的数加了起来，没有乘以核。",
        "forgot_one": "少了一行和一列：能放 n - k + 1 个窗口，不是 n - k 个。",
        "transposed_kernel": "核的行和列对调了：K[a, b] 应乘窗口的第 a 行、第 b 列。",
        "padded": "输出和输入一样大，四周补了 0。这里不填充。",
        "loops": "里面还有循环。这一题要让张量运算去走遍窗口。",
    },
    "edge_kernel": {
        "task": "设计一个核：横边上响应不为 0，竖边和一片同色处响应为 0；上亮下暗为正。",
        "hints": (
            "竖边的核 [1, -1] 比较左右两格。横边该比较哪两格？",
            "核的形状是 (2, 1)，两格的和为 0，同色处才没有响应。",
            "torch.tensor([[1.0], [?]])",
        ),
        "vertical": "这个核比较的是左右两格，找到的是竖边。",
        "sign": "方向反了：上亮下暗应为正。",
        "smooth": "核的各格之和不是 0，一片同色的地方也有响应。",
        "corner": "这个核要上下、左右同时有差才响应：它找的是角，横边上是 0。",
    },
}


def _matrices(generator):
    while True:
        k_h, k_w = integer(generator, 1, 3), integer(generator, 1, 3)
        n_h, n_w = k_h + integer(generator, 0, 4), k_w + integer(generator, 0, 4)
        yield integers(generator, n_h, n_w), integers(generator, k_h, k_w)


def _padded(X, K):
    k_h, k_w = K.shape
    top, left = (k_h - 1) // 2, (k_w - 1) // 2
    return by_hand(F.pad(X, (left, k_w - 1 - left, top, k_h - 1 - top)), K)


corr2d = Exercise(
    "corr2d",
    answer=lambda X, K: F.conv2d(X[None, None], K[None, None])[0, 0],
    cases=_matrices,
    mistakes={
        "flipped": lambda X, K: by_hand(X, K.flip(0, 1)),
        "mean": lambda X, K: by_hand(X, K) / K.numel(),
        "no_kernel": lambda X, K: by_hand(X, torch.ones_like(K)),
        "forgot_one": lambda X, K: by_hand(X, K)[:-1, :-1],
        "transposed_kernel": lambda X, K: by_hand(X, K.T),
        "padded": _padded,
    },
    texts=TEXTS["corr2d"],
    rules={"loops": has_loop},
)


def _pictures(generator):
    """Flat pictures, horizontal edges, vertical edges: pictures of two greys, (6, 6)."""
    while True:
        for axis in (None, 0, 1):
            low, high = integer(generator, 0, 2), integer(generator, 3, 5)
            X = torch.full((6, 6), float(low))
            if axis is not None:
                X.narrow(axis, 0, integer(generator, 2, 4)).fill_(high)
            yield X if integer(generator, 0, 1) else high - X, axis


def _finds(K, X, axis):
    """What the kernel sees: its sign on a horizontal edge, whether it is silent elsewhere."""
    response = by_hand(X, K)
    return torch.sign(response.sum()).item() if axis == 0 else response.abs().max().item()


edge_kernel = Exercise(
    "edge_kernel",
    answer=torch.tensor([[1.0], [-1.0]]),
    cases=_pictures,
    use=_finds,
    mistakes={
        "vertical": torch.tensor([[1.0, -1.0]]),
        "sign": torch.tensor([[-1.0], [1.0]]),
        "smooth": torch.tensor([[1.0], [1.0]]),
        "corner": torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),
    },
    texts=TEXTS["edge_kernel"],
)
