"""Exercises of the chapter on dilated and grouped convolution."""

from math import isqrt

import torch

from ._cases import integer, integers
from ._exercise import Exercise
from ._student import mentions

NO_PAIR = "应返回两样，先是一列，再是一行：return column, row"
TEXTS = {
    "smallest_dilation": {
        "task": "窗口至少跨 size 格（size > k）的最小空洞率 (k, size) → d。",
        "hints": (
            "空洞率是 d 时，k 个权重之间有几段，每段几格？一共跨几格？",
            "跨 d·(k - 1) + 1 格。令它不小于 size，解出 d；d 是整数，不够一段也要多一段。",
            "(size - 1) / (k - 1) 向上取整：math.ceil(…)，或 -(-a // b)。",
        ),
        "holes": "数成了中间空出的格数。空洞率是相邻两个权重的距离，比空出的格数多 1。",
        "floor": "向下取整了：窗口跨得不够，还差几格。",
        "times_k": "当成每个权重占 d 格，跨 d·k 格了。k 个权重之间只有 k - 1 段。",
        "forgot_one": "刚好够的时候多取了 1。跨的格数是 d·(k - 1) 再加 1："
        "最后一个权重自己也占一格。",
        "added": "当成跨 k + d 格了。每一段都是 d 格，有 k - 1 段，所以是乘。",
        "extent": "这是窗口跨的格数，要的是空洞率 d。",
    },
    "dilate": {
        "task": "插了零的核 (K, d_h, d_w) → 使普通卷积等于空洞卷积的核。",
        "hints": (
            "空洞率 2 时，K 的第 0、1、2 行应放在新核的第几行？",
            "K[a, b] 放在第 (a·d_h, b·d_w) 格。最后一行放在第 (k_h - 1)·d_h 行，"
            "所以一共 (k_h - 1)·d_h + 1 行。",
            "先建全是 0 的大核 spread，再写 spread[::d_h, ::d_w] = K。",
        ),
        "trailing": "最后一个权重后面也插了零：零只插在两个权重**之间**。"
        "多出来的零让窗口变大，输出变小。",
        "d_zeros": "每两个权重之间插了 d 个零。空洞率是距离，中间只空 d - 1 格。",
        "repeated": "把每个权重重复了几遍。空出来的格子应是 0，不是同一个数。",
        "tiled": "把整个核重复了几遍。每个权重只出现一次，之间插零。",
        "rows_only": "只在行与行之间插了零，列之间没有插。",
        "columns_only": "只在列与列之间插了零，行之间没有插。",
        "swapped": "高和宽的空洞率用反了：d_h 管行的间隔，d_w 管列的间隔。",
        "one_rate": "行和列都用了 d_h。列与列的间隔是 d_w。",
    },
    "ungroup": {
        "task": "分组卷积的权重 (W, groups) → 不分组的权重，结果相同。",
        "hints": (
            "第 0 堆输出通道读哪几个输入通道？对别的输入通道，核应该是什么？",
            "先建全是 0 的 (c_o, c_i, k_h, k_w)。第 g 堆有 c_o // groups 个输出、"
            "W.shape[1] 个输入；它的核放在前两维的哪一块？",
            "设 m = len(W) // groups，n = W.shape[1]：full[g*m:(g+1)*m, g*n:(g+1)*n] = "
            "W[g*m:(g+1)*m]。",
        ),
        "all_groups": "每一堆输出都去读所有的输入了。第 g 堆只读第 g 堆，别处的核应是 0。",
        "first_group": "所有的输出都去读第一堆输入了。第 g 堆输出读第 g 堆输入。",
        "interleaved_inputs": "输入是轮流分的：第 g 堆取了第 g、g + groups、… 个通道。"
        "应是依次切开：第 g 堆是相连的一段。",
        "interleaved_outputs": "输出是轮流分的：第 o 个输出成了第 o % groups 堆。"
        "应是依次切开，第 o 个属于第 o // (c_o // groups) 堆。",
        "same_kernels": "每一堆用了同一套核（第一堆的）。第 g 堆用 W 里自己的那一段。",
        "reversed_blocks": "块放在了反对角线上：第 g 堆输出读第 g 堆输入，块在对角线上。",
        "not_widened": "W 原样返回了。不分组的核要有全部 c_i 层，自己那一堆以外填 0。",
        "one_length": "前两维用了一样长的段。一堆有 c_o // groups 个输出、W.shape[1] 个输入，"
        "两个数不一定相等。",
        "averaged": "除以了组数。分组只是不读别的通道，读到的不打折。",
    },
    "channel_shuffle": {
        "task": "打乱通道：(X, groups) → 从每组轮流取一个。",
        "hints": (
            "6 个通道分 2 组，是 0 1 2 和 3 4 5。轮流各取一个，次序是什么？",
            "把通道写成表，一行一组：reshape 成 (N, groups, c // groups, h, w)。"
            "按列读，就是轮流取。",
            "X.reshape(N, groups, c // groups, h, w).transpose(1, 2).reshape(N, c, h, w)",
        ),
        "unchanged": "次序没有变：reshape 过去又 reshape 回来，什么也没有换。中间少了 transpose。",
        "wrong_table": "表写成了一列一组：reshape 时组数应在前，(groups, c // groups)。"
        "你的次序是它的逆，把打乱的排了回去。",
        "reversed": "次序倒过来了。打乱是从每组轮流取。",
        "rotated": "整堆地挪了位置，每一堆里面还是原来那几个通道：组与组仍然不说话。",
        "random": "随机打乱了。这里的“打乱”有固定的次序：从每组轮流取一个。",
        "mixes_pixels": "像素也换了位置。高和宽要留在后面，只换组和组内的那两维。",
        "within_groups": "只在组内换了次序，每一堆里还是原来那几个通道。",
        "batch": "换的是批量和组两维。第 0 维是批量，不动；组是第 1 维，组内是第 2 维。",
        "library": "用了现成的。请自己写：reshape 成一张表，换一换，再摊平。",
    },
    "separable_width": {
        "task": "权重不多于普通 k×k（c 进 c 出）的可分离卷积，最多几个通道 (c, k) → w。",
        "hints": (
            "w 进 w 出的可分离卷积，两步各有多少个权重？",
            "逐通道有 w·k·k 个，1×1 有 w·w 个；普通的有 c·c·k·k 个。"
            "从 w = 1 试起，最后一个放得下的是几？",
            "while (w + 1) * k * k + (w + 1) ** 2 <= c * c * k * k: w += 1",
        ),
        "no_depthwise": "只算了 1×1 的 w·w 个权重，漏了逐通道的 w·k·k 个。",
        "no_pointwise": "只算了逐通道的 w·k·k 个权重，漏了 1×1 的 w·w 个。",
        "depthwise_squared": "逐通道的权重算成了 w·w·k·k 个。每个通道只有一个核：w·k·k 个。",
        "narrow_input": "1×1 的权重算成了 w·c 个。它也是 w 进 w 出：w·w 个。",
        "first_reached": "停得晚了：这是第一个够到或超出的，要的是最后一个放得下的。",
        "k_once": "k 只乘了一次：一个核有 k·k 个数。",
        "one_more": "多了 1：这是第一个超出的，要的是最后一个放得下的。",
        "strict": "刚好一样多也可以：“不许更多”是 <=，不是 <。",
        "same": "还是 c。可分离卷积省下的权重，可以换成更多的通道。",
    },
    "split_kernel": {
        "task": "秩 1 的核 (K) → (一列, 一行)，相乘等于 K。",
        "hints": (
            "秩是 1，各行都是同一行的倍数。怎样挑一行出来？（它不能全是 0。）怎样知道是几倍？",
            "SVD 的第一项就是：σ₁ 乘以 u₁ 再乘以 v₁。torch.linalg.svd 返回 U、S、Vh，"
            "u₁、v₁ 各在哪里？",
            "U, S, Vh = torch.linalg.svd(K)；column = U[:, :1] * S[0]，row = Vh[:1]。",
        ),
        "no_sigma": "漏了奇异值：U 的列和 Vh 的行长度都是 1，要乘上 S[0]。",
        "sigma_twice": "S[0] 乘了两次。只乘在一边，或两边各乘它的平方根。",
        "column_of_vh": "行取错了：torch.linalg.svd 给的是 V 的转置，v₁ 是 Vh 的第一行，"
        "不是第一列。",
        "row_of_u": "列取错了：u₁ 是 U 的第一列 U[:, 0]，不是第一行。",
        "all_terms": "U 和 Vh 都整个用上了。只要第一项：U 的第一列，Vh 的第一行。",
        "first_ones": "第一列乘第一行，多乘了一次左上角的数。"
        "除以它也不总行：它可能是 0，要挑一个不是 0 的。",
        "divided_by_corner": "除以了左上角的数，它可能是 0。挑一个不是 0 的数，例如绝对值最大的。",
        "sums": "各行的和乘各列的和，多乘了一个总和。除以它也不总行：总和可能是 0。",
        "divided_by_total": "除以了总和，它可能是 0（例如 Sobel）。挑一个不是 0 的数来除。",
        "means": "行的平均乘列的平均，不等于 K：差一个倍数。",
        "swapped": "列和行的次序反了：先返回列，再返回行。",
    },
}


def _extents(generator):
    while True:
        k = integer(generator, 2, 7)
        yield k, integer(generator, k + 1, 40)


def _ceil(a, b):
    return -(-a // b)


def _smallest_dilation(k, size):
    return _ceil(size - 1, k - 1)


smallest_dilation = Exercise(
    "smallest_dilation",
    answer=_smallest_dilation,
    cases=_extents,
    mistakes={
        "holes": lambda k, size: _smallest_dilation(k, size) - 1,
        "floor": lambda k, size: (size - 1) // (k - 1),
        "times_k": lambda k, size: _ceil(size, k),
        "forgot_one": lambda k, size: _ceil(size, k - 1),
        "added": lambda k, size: size - k,
        "extent": lambda k, size: _smallest_dilation(k, size) * (k - 1) + 1,
    },
    texts=TEXTS["smallest_dilation"],
)


def _kernels(generator):
    while True:
        shape = integer(generator, 1, 3), integer(generator, 1, 3)
        K = integers(generator, *shape, low=1, high=9)
        yield K, integer(generator, 1, 3), integer(generator, 1, 3)


def _dilate(K, d_h, d_w, trailing=0):
    k_h, k_w = K.shape
    spread = torch.zeros(
        (k_h - 1) * d_h + 1 + trailing * (d_h - 1), (k_w - 1) * d_w + 1 + trailing * (d_w - 1)
    )
    spread[::d_h, ::d_w] = K
    return spread


dilate = Exercise(
    "dilate",
    answer=_dilate,
    cases=_kernels,
    mistakes={
        "trailing": lambda K, d_h, d_w: _dilate(K, d_h, d_w, trailing=1),
        "d_zeros": lambda K, d_h, d_w: _dilate(K, d_h + 1, d_w + 1),
        "repeated": lambda K, d_h, d_w: K.repeat_interleave(d_h, 0).repeat_interleave(d_w, 1),
        "tiled": lambda K, d_h, d_w: K.repeat(d_h, d_w),
        "rows_only": lambda K, d_h, d_w: _dilate(K, d_h, 1),
        "columns_only": lambda K, d_h, d_w: _dilate(K, 1, d_w),
        "swapped": lambda K, d_h, d_w: _dilate(K, d_w, d_h),
        "one_rate": lambda K, d_h, d_w: _dilate(K, d_h, d_h),
    },
    texts=TEXTS["dilate"],
)


def _grouped_weights(generator):
    """Weights of 1×1 to 1×2 kernels, so that an example can be read; often with several groups."""
    while True:
        groups = integer(generator, 1, 3)
        c_out = groups * integer(generator, 1, 3)
        kernel = integer(generator, 1, 2), integer(generator, 1, 2)
        W = integers(generator, c_out, integer(generator, 1, 3), *kernel, low=1, high=9)
        yield W, groups


def _placed(W, groups, outputs, inputs):
    """Full weight where group g's kernels stand in these output and input channels."""
    m, n = len(W) // groups, W.shape[1]
    full = torch.zeros(len(W), n * groups, *W.shape[2:])
    for g in range(groups):
        rows, columns = outputs(g, m), inputs(g, n)
        full[rows, columns] = W[rows]
    return full


def _run(g, length):
    return slice(g * length, (g + 1) * length)


def _same_kernels(W, groups):
    return _ungroup(W[: len(W) // groups].repeat(groups, 1, 1, 1), groups)


def _ungroup(W, groups):
    return _placed(W, groups, _run, _run)


ungroup = Exercise(
    "ungroup",
    answer=_ungroup,
    cases=_grouped_weights,
    mistakes={
        "all_groups": lambda W, groups: W.repeat(1, groups, 1, 1),
        "first_group": lambda W, groups: _placed(W, groups, _run, lambda g, n: slice(0, n)),
        "interleaved_inputs": lambda W, groups: _placed(
            W, groups, _run, lambda g, n: slice(g, None, groups)
        ),
        "interleaved_outputs": lambda W, groups: _placed(
            W, groups, lambda g, m: slice(g, None, groups), _run
        ),
        "same_kernels": _same_kernels,
        "reversed_blocks": lambda W, groups: _placed(
            W, groups, _run, lambda g, n: _run(groups - 1 - g, n)
        ),
        "not_widened": lambda W, groups: W,
        "one_length": lambda W, groups: _placed(W, groups, lambda g, m: _run(g, W.shape[1]), _run),
        "averaged": lambda W, groups: _ungroup(W, groups) / groups,
    },
    texts=TEXTS["ungroup"],
)


def _maps(generator):
    """Channels that tell where they came from; groups and channels a group mostly differ."""
    while True:
        groups, inside = integer(generator, 2, 4), integer(generator, 2, 4)
        size = integer(generator, 1, 2), integer(generator, 1, 2)
        count = integer(generator, 1, 2) * groups * inside * size[0] * size[1]
        yield torch.arange(float(count)).reshape(-1, groups * inside, *size), groups


def _shuffled(X, groups):
    return X.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


def _batch_shuffled(X, groups):
    return X.unflatten(1, (groups, -1)).transpose(0, 1).reshape(X.shape)


def _mixes_pixels(X, groups):
    return X.reshape(len(X), groups, -1).transpose(1, 2).reshape(X.shape)


channel_shuffle = Exercise(
    "channel_shuffle",
    answer=_shuffled,
    cases=_maps,
    mistakes={
        "unchanged": lambda X, groups: X,
        "wrong_table": lambda X, groups: _shuffled(X, X.shape[1] // groups),
        "reversed": lambda X, groups: X.flip(1),
        "rotated": lambda X, groups: X.roll(X.shape[1] // groups, 1),
        "random": lambda X, groups: X[:, torch.randperm(X.shape[1])],
        "mixes_pixels": _mixes_pixels,
        "within_groups": lambda X, groups: X.unflatten(1, (groups, -1)).flip(2).flatten(1, 2),
        "batch": _batch_shuffled,
    },
    rules={"library": lambda function: mentions(function, "ChannelShuffle", "channel_shuffle")},
    texts=TEXTS["channel_shuffle"],
)


def _widths(generator):
    yield 2, 3  # 3 channels have exactly as many weights
    while True:
        yield integer(generator, 2, 20), integer(generator, 2, 7)


def _widest(budget, cost):
    w = 0
    while cost(w + 1) <= budget:
        w += 1
    return w


def _separable_width(c, k):
    return _widest(c * c * k * k, lambda w: w * k * k + w * w)


separable_width = Exercise(
    "separable_width",
    answer=_separable_width,
    cases=_widths,
    mistakes={
        "no_depthwise": lambda c, k: c * k,
        "no_pointwise": lambda c, k: c * c,
        "depthwise_squared": lambda c, k: isqrt(c * c * k * k // (k * k + 1)),
        "narrow_input": lambda c, k: _widest(c * c * k * k, lambda w: w * k * k + w * c),
        "first_reached": lambda c, k: _widest(c * c * k * k - 1, lambda w: w * k * k + w * w) + 1,
        "k_once": lambda c, k: _widest(c * c * k, lambda w: w * k + w * w),
        "one_more": lambda c, k: _separable_width(c, k) + 1,
        "strict": lambda c, k: _widest(c * c * k * k - 1, lambda w: w * k * k + w * w),
        "same": lambda c, k: c,
    },
    texts=TEXTS["separable_width"],
)


def _rank1_kernels(generator):
    """A column times a row; the corner or the total is often 0, the kernel never is."""
    yield (torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),)
    while True:
        column = integers(generator, integer(generator, 1, 4), 1, low=-2, high=2)
        row = integers(generator, 1, integer(generator, 1, 4), low=-2, high=3)
        if (K := column @ row).any():
            yield (K,)


def _product(submission, K):
    """The column times the row that a submission gives."""
    parts = submission(K)
    if parts is None or parts is ...:
        return parts
    if not isinstance(parts, (tuple, list)) or len(parts) != 2:
        raise ValueError(NO_PAIR)
    column, row = map(torch.as_tensor, parts)
    return column.reshape(-1, 1) * row.reshape(1, -1)


def _svd_parts(K, column_power=1, row_power=0):
    U, S, Vh = torch.linalg.svd(K)
    return U[:, 0] * S[0] ** column_power, Vh[0] * S[0] ** row_power


def _column_of_vh(K):
    U, S, Vh = torch.linalg.svd(K)
    return U[:, 0] * S[0], Vh[:, 0]


def _row_of_u(K):
    U, S, Vh = torch.linalg.svd(K)
    return U[0] * S[0], Vh[0]


def _all_terms(K):
    U, S, Vh = torch.linalg.svd(K)
    return U * S, Vh


split_kernel = Exercise(
    "split_kernel",
    answer=_svd_parts,
    cases=_rank1_kernels,
    use=_product,
    mistakes={
        "no_sigma": lambda K: _svd_parts(K, 0),
        "sigma_twice": lambda K: _svd_parts(K, 1, 1),
        "column_of_vh": _column_of_vh,
        "row_of_u": _row_of_u,
        "all_terms": _all_terms,
        "first_ones": lambda K: (K[:, 0], K[0]),
        "divided_by_corner": lambda K: (K[:, 0], K[0] / K[0, 0]),
        "sums": lambda K: (K.sum(1), K.sum(0)),
        "divided_by_total": lambda K: (K.sum(1), K.sum(0) / K.sum()),
        "means": lambda K: (K.mean(1), K.mean(0)),
        "swapped": lambda K: _svd_parts(K)[::-1],
    },
    texts=TEXTS["split_kernel"],
)
