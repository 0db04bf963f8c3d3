"""Exercises of the chapter from the dense layer to convolution."""

from dataclasses import dataclass
from itertools import cycle, product

import torch
from torch.nn import functional as F

from ..ops import corr2d
from ..ops import shift as shifted
from ._cases import integer, integers
from ._exercise import Exercise

TEXTS = {
    "shift": {
        "task": "平移 (X, rows, cols)：向下、向右移，移出去的丢掉，空出来的填 0。",
        "hints": (
            "新图的第 i 行第 j 列，是从原图的哪一格来的？那一格一定在图内吗？",
            "来自第 i - rows 行、第 j - cols 列。先造一张全 0 的图，只填来处在图内的格子。",
            "两重循环，里面：if 0 <= i - rows < h and 0 <= j - cols < w: Y[i, j] = …",
        ),
        "wraps": "移出去的从另一边绕了回来，torch.roll 就是这样，负的下标也会。应丢掉，空处填 0。",
        "negative_read": "移动为正时，空处的数是从图的另一头取来的：i - rows 为负，"
        "Python 不报错，从末尾数起。0 <= i - rows 也要判断。",
        "negative_written": "移动为负时，移出去的绕到了另一头：i + rows 为负，"
        "Python 不报错，从末尾数起。0 <= i + rows 也要判断。",
        "cleared_from_the_top": "移动为负时不对：空出来的在下面、右面，Y[:rows] = 0 却从上面清起。",
        "opposite": "方向反了：rows 为正向下，cols 为正向右。Y[i, j] 来自 X[i - rows, j - cols]。",
        "swapped": "rows 和 cols 对调了：第 0 维是行，上下移；第 1 维是列，左右移。",
        "swapped_pad": "F.pad 从最后一维写起：左、右、上、下。左右要用 cols，上下要用 rows。",
        "repeats_edge": "空出来的地方填的是边上的像素，应填 0。",
        "negative": "移动为正或 0 时对，为负时不对：rows 为负，Y[rows:] 就从末尾数起了。",
        "counted_from_the_end": "只有移动为正时对。rows 为 0 时 X[:-rows] 是 X[:0]，一行也没有；"
        "为负时 Y[rows:] 从末尾数起。",
        "zero": "移动为 0 时不对：X[:-0] 就是 X[:0]，一行也没有。",
        "unmoved_rows": "行没有移动，只移了列。",
        "unmoved_columns": "列没有移动，只移了行。",
    },
    "weights_left": {
        "task": "数权重 (height, width, delta) → (全连接, 共用一张表, 只看附近)。",
        "hints": (
            "全连接的权重，是几个输出乘几个输入？相对位置 a 从几到几？",
            "a 从 -(height - 1) 到 height - 1，共 2 * height - 1 种；"
            "只看附近时从 -delta 到 delta。",
            "三个数：(height * width) ** 2，(2 * height - 1) * (2 * width - 1)，"
            "再把两个因数各换成 min(2 * delta + 1, …)。",
        ),
        "one_output": "全连接只数了一个输出的权重。每个输出都有一套，还要乘输出的个数。",
        "small_table": "共用的表不是图那么大：相对位置有正有负，h 行的图有 2h - 1 种行差。",
        "no_centre": "核的边长数成了 2Δ：从 -Δ 到 Δ，中间的 0 也算，是 2Δ + 1。",
        "one_sided": "核的边长数成了 Δ + 1：只数了一侧，还有上面和左边。",
        "uncapped": "Δ 很大时，核不会比共用的那张表还大：每边至多 2h - 1、2w - 1。",
        "capped_together": "高和宽要各自封顶：图又窄又高时，核的宽先到顶，高还没有到。"
        "先各取 min，再相乘。",
        "capped_by_image": "封顶封得太早：核最多有共用的表那么大，每边 2h - 1、2w - 1，不是 h、w。",
        "square": "图不一定是正方形：宽要用 width，不能都用 height。",
        "biases": "多数了偏置。这里只数权重。",
    },
    "dense_from_kernel": {
        "task": "由核造全连接 (K, height, width) → W，einsum('ijkl,kl->ij', W, X) 等于互相关。",
        "hints": (
            "输出 (i, j) 要用到哪几个输入？每一个乘核的哪一格？",
            "核的中心是 a = b = 0：输入 (i + a, j + b) 的权重是 K[a + up, b + left]，"
            "up = K.shape[0] // 2。",
            "四重循环 i、j、a、b：if 0 <= i + a < height and 0 <= j + b < width: "
            "W[i, j, i + a, j + b] = …",
        ),
        "absolute": "每个输出用的是同一块输入：核放在了固定的位置。"
        "应随输出走，放在 (i + a, j + b)。",
        "wraps": "核从图的另一边绕了进来，像首尾相接的图。图外的应舍去。",
        "negative_index": "下标为负时没有舍去：Python 不报错，从另一头数起。0 <= i + a 也要判断。",
        "unchecked": "没有判断 i + a、j + b 是否在图内：太大就出错，为负就从另一头数起。",
        "flipped": "核翻转了，这是数学里的卷积；也可能是输入、输出的下标对调，"
        "应是 W[输出行, 输出列, 输入行, 输入列]。",
        "corner": "对准 (i, j) 的是核的左上角，应是核的中心：a 从 -Δ 到 Δ。",
        "uncentred": "K[a, b] 的 a 为负时，Python 从末尾数起。核的中心存在 K[up, left]，"
        "所以要写 K[a + up, b + left]。",
        "transposed_kernel": "核的行和列对调了：a 管行，b 管列。",
        "forgot_edges": "靠边的输出没有权重：核有一部分伸到图外时，图内的部分仍要用。",
    },
    "convolve2d": {
        "task": "严格的卷积 (X, K) → Y：图外当作 0，输出和 X 一样大。",
        "hints": (
            "一张只有一个亮点的图，卷积以后是什么样？亮点处盖的是核，还是翻转的核？",
            "先准备大一圈的 Y，(h + k_h - 1) 行；X[i, j] * K 加到 Y 的哪一片上？",
            "Y[i : i + k_h, j : j + k_w] += X[i, j] * K，最后裁成 X 那么大：从第 k_h // 2 行起。",
        ),
        "not_flipped": "这是互相关：核没有翻转。卷积的下标相减，X[i - a, j - b]。",
        "flipped_rows": "核只上下翻了，左右也要翻。",
        "flipped_columns": "核只左右翻了，上下也要翻。",
        "transposed": "核转置了。翻转 180° 是行、列的次序各自倒过来，不是行列对调。",
        "image_flipped": "翻转的是图。那样算出来的也会倒过来：图不动，只翻核。",
        "both_flipped": "图和核都翻转了，输出就整个倒了过来。只翻核。",
        "corner": "a = b = 0 放在了核的左上角，应在正中：从第 k_h // 2 行、第 k_w // 2 列裁起。",
        "uncentred": "K[a, b] 的 a 为负时，Python 从末尾数起。核的正中存在 K[k_h // 2, k_w // 2]，"
        "所以要写 K[a + k_h // 2, b + k_w // 2]。",
        "overwritten": "后盖的章把先盖的擦掉了：重叠处要相加，用 +=，不是 =。",
        "empty_slice": "核的边长是 1 时 k_h // 2 是 0，Y[0:-0] 就是 Y[0:0]，一行也没有。"
        "裁到第 k_h // 2 + h 行。",
        "valid": "输出小了一圈：只算了核完全在图内的位置。这里图外当作 0。",
        "full": "输出大了一圈，应裁成和 X 一样大。",
    },
    "is_equivariant": {
        "task": "等变检查器 (layer, X) → True 或 False：图用 torch.roll 移 1 格，输出跟着移吗。",
        "hints": (
            "等变要比较哪两样东西？两样里各有一次平移、一次 layer，次序不同。",
            "比较 layer(X.roll(1, 0)) 和 layer(X).roll(1, 0)，用 torch.allclose；再换一个方向。",
            "for axis in (0, 1): 两者不接近就 return False；循环以后 return True。",
        ),
        "invariance": "检查的是不变，layer(SX) = layer(X)。等变是输出跟着移：右边也要移。",
        "rows_only": "只试了上下移，放过了左右不等变的层。",
        "columns_only": "只试了左右移，放过了上下不等变的层。",
        "diagonal": "两个方向一起移，会放过转置这样的层。两个方向要分别试。",
        "either": "有一个方向成立就通过了，应两个方向都成立：and，不是 or。",
        "exact": "要求每一位都相同，可是等变的层也有舍入误差：用 torch.allclose。",
        "opposite": "输出移的方向反了：应与图移的方向一样。",
        "zeros": "移图时空处填了 0。那样一来，几乎什么层在边界上都对不上：用 torch.roll。",
        "flattened": "roll 没有写维度，torch 就先把图拉平再移，行尾的数进了下一行。"
        "写 X.roll(1, 0) 和 X.roll(1, 1)。",
        "two_steps": "一次移了 2 格，会放过步幅 2 那样、只在偶数步上等变的层。",
    },
}


def _moves(generator):
    while True:
        h, w = integer(generator, 1, 4), integer(generator, 1, 4)
        rows, cols = integer(generator, -h, h), integer(generator, -w, w)
        yield integers(generator, h, w, low=1, high=9), rows, cols


def _moved(X, rows, cols, place=None):
    """Every pixel from where it was; ``place(index, size)`` is asked where it is not in sight."""
    (h, w), Y = X.shape, torch.zeros_like(X)
    for i, j in product(range(h), range(w)):
        k, m = i - rows, j - cols
        if place:
            k, m = place(k, h), place(m, w)
        if 0 <= k < h and 0 <= m < w:
            Y[i, j] = X[k, m]
    return Y


def _kept_rows(X, rows, cols):
    """Right for steps that are not negative; for others the two slices differ in length."""
    h, w = X.shape
    Y = torch.zeros_like(X)
    Y[rows:, cols:] = X[: h - rows, : w - cols]
    return Y


def _counted_from_the_end(X, rows, cols):
    """Right for positive steps only."""
    Y = torch.zeros_like(X)
    Y[rows:, cols:] = X[:-rows, :-cols]
    return Y


def _minus_zero(X, rows, cols):
    """Right but for ``X[:-0]``."""
    if rows == 0 or cols == 0:
        raise RuntimeError
    return shifted(X, rows, cols)


def _cleared_from_the_top(X, rows, cols):
    """Right for steps that are not negative."""
    Y = X.roll((rows, cols), (0, 1))
    Y[:rows] = 0
    Y[:, :cols] = 0
    return Y


shift = Exercise(
    "shift",
    answer=shifted,
    cases=_moves,
    mistakes={
        "wraps": lambda X, rows, cols: X.roll((rows, cols), (0, 1)),
        "negative_read": lambda X, rows, cols: _moved(
            X, rows, cols, lambda index, size: index + size * (index < 0)
        ),
        "negative_written": lambda X, rows, cols: _moved(
            X, rows, cols, lambda index, size: index - size * (index >= size)
        ),
        "cleared_from_the_top": _cleared_from_the_top,
        "opposite": lambda X, rows, cols: shifted(X, -rows, -cols),
        "swapped": lambda X, rows, cols: shifted(X, cols, rows),
        "swapped_pad": lambda X, rows, cols: F.pad(X, (rows, -rows, cols, -cols)),
        "repeats_edge": lambda X, rows, cols: _moved(
            X, rows, cols, lambda index, size: min(max(index, 0), size - 1)
        ),
        "negative": _kept_rows,
        "counted_from_the_end": _counted_from_the_end,
        "zero": _minus_zero,
        "unmoved_rows": lambda X, rows, cols: shifted(X, 0, cols),
        "unmoved_columns": lambda X, rows, cols: shifted(X, rows, 0),
    },
    texts=TEXTS["shift"],
)


def _images(generator):
    while True:
        yield tuple(integer(generator, low, high) for low, high in ((1, 9), (1, 9), (0, 5)))


def _weights(height, width, delta):
    rows, cols = 2 * height - 1, 2 * width - 1
    side = 2 * delta + 1
    return (height * width) ** 2, rows * cols, min(side, rows) * min(side, cols)


def _near(side):
    """The right counts but for the kernel's side, a function of delta."""

    def counted(height, width, delta):
        dense, table, _ = _weights(height, width, delta)
        rows, cols = (min(side(delta), 2 * size - 1) for size in (height, width))
        return dense, table, rows * cols

    return counted


def _capped_together(height, width, delta):
    dense, table, _ = _weights(height, width, delta)
    return dense, table, min((2 * delta + 1) ** 2, table)


def _capped_by_image(height, width, delta):
    side = 2 * delta + 1
    return *_weights(height, width, delta)[:2], min(side, height) * min(side, width)


def _with_biases(height, width, delta):
    dense, table, near = _weights(height, width, delta)
    return dense + height * width, table + 1, near + 1


weights_left = Exercise(
    "weights_left",
    answer=_weights,
    cases=_images,
    mistakes={
        "one_output": lambda h, w, d: (h * w, *_weights(h, w, d)[1:]),
        "small_table": lambda h, w, d: ((h * w) ** 2, h * w, _weights(h, w, d)[2]),
        "no_centre": _near(lambda delta: 2 * delta),
        "one_sided": _near(lambda delta: delta + 1),
        "uncapped": lambda h, w, d: (*_weights(h, w, d)[:2], (2 * d + 1) ** 2),
        "capped_together": _capped_together,
        "capped_by_image": _capped_by_image,
        "square": lambda h, w, d: _weights(h, h, d),
        "biases": _with_biases,
    },
    texts=TEXTS["weights_left"],
)


def _kernels(generator):
    while True:
        k_h, k_w = (2 * integer(generator, 0, 2) + 1 for _ in range(2))
        height, width = integer(generator, 1, 4), integer(generator, 1, 4)
        yield integers(generator, k_h, k_w, low=1, high=99), height, width


def _dense(K, height, width, place=lambda i, a, size: i + a):
    """Weights of a dense layer, the kernel's cell (a, b) laid where ``place`` says."""
    (k_h, k_w), W = K.shape, torch.zeros(height, width, height, width)
    for i, j in product(range(height), range(width)):
        for a, b in product(range(k_h), range(k_w)):
            k, m = place(i, a - k_h // 2, height), place(j, b - k_w // 2, width)
            if 0 <= k < height and 0 <= m < width:
                W[i, j, k, m] = K[a, b]
    return W


def _unchecked(K, height, width, size=None):
    """Python's own indices: negative ones count from the end, large ones fail unless left out."""
    (k_h, k_w), W = K.shape, torch.zeros(height, width, height, width)
    for i, j in product(range(height), range(width)):
        for a, b in product(range(k_h), range(k_w)):
            k, m = i + a - k_h // 2, j + b - k_w // 2
            if size is None or (k < size[0] and m < size[1]):
                W[i, j, k, m] = K[a, b]
    return W


def _corner(K, height, width):
    (k_h, k_w), W = K.shape, torch.zeros(height, width, height, width)
    for i, j in product(range(height), range(width)):
        part = K[: min(k_h, height - i), : min(k_w, width - j)]
        W[i, j, i : i + k_h, j : j + k_w] = part
    return W


def _absolute(K, height, width):
    (k_h, k_w), W = K.shape, torch.zeros(height, width, height, width)
    W[:, :, :k_h, :k_w] = K[:height, :width]
    return W


def _inside_only(K, height, width):
    W = _dense(K, height, width)
    up, left = K.shape[0] // 2, K.shape[1] // 2
    for i, j in product(range(height), range(width)):
        if not (up <= i < height - up and left <= j < width - left):
            W[i, j] = 0
    return W


def _rolled(K):
    """What ``K[a, b]`` reads for a and b that count from the kernel's centre."""
    return K.roll((K.shape[0] // 2, K.shape[1] // 2), (0, 1))


dense_from_kernel = Exercise(
    "dense_from_kernel",
    answer=_dense,
    cases=_kernels,
    mistakes={
        "absolute": _absolute,
        "wraps": lambda K, h, w: _dense(K, h, w, lambda i, a, size: (i + a) % size),
        "negative_index": lambda K, h, w: _unchecked(K, h, w, (h, w)),
        "unchecked": _unchecked,
        "flipped": lambda K, h, w: _dense(K.flip(0, 1), h, w),
        "corner": _corner,
        "uncentred": lambda K, h, w: _dense(_rolled(K), h, w),
        "transposed_kernel": lambda K, h, w: _dense(K.T, h, w),
        "forgot_edges": _inside_only,
    },
    texts=TEXTS["dense_from_kernel"],
)


def _pictures(generator):
    while True:
        k_h, k_w = (2 * integer(generator, 0, 1) + 1 for _ in range(2))
        h, w = k_h + integer(generator, 0, 2), k_w + integer(generator, 0, 2)
        yield integers(generator, h, w), integers(generator, k_h, k_w)


def _correlate(X, K, more=1):
    """Cross-correlation with half a kernel of zeros around, ``more`` times as many."""
    up, left = more * (K.shape[0] // 2), more * (K.shape[1] // 2)
    return corr2d(F.pad(X, (left, left, up, up)), K)


def _from_the_corner(X, K):
    k_h, k_w = K.shape
    return corr2d(F.pad(X, (k_w - 1, 0, k_h - 1, 0)), K.flip(0, 1))


def _stamped_over(X, K):
    (h, w), (k_h, k_w) = X.shape, K.shape
    Y = torch.zeros(h + k_h - 1, w + k_w - 1)
    for i, j in product(range(h), range(w)):
        Y[i : i + k_h, j : j + k_w] = X[i, j] * K
    return Y[k_h // 2 : k_h // 2 + h, k_w // 2 : k_w // 2 + w]


def _empty_slice(X, K):
    """Right but for ``Y[0:-0]``."""
    up, left = K.shape[0] // 2, K.shape[1] // 2
    return _correlate(X, K.flip(0, 1), more=2)[up:-up, left:-left]


convolve2d = Exercise(
    "convolve2d",
    answer=lambda X, K: _correlate(X, K.flip(0, 1)),
    cases=_pictures,
    mistakes={
        "not_flipped": _correlate,
        "flipped_rows": lambda X, K: _correlate(X, K.flip(0)),
        "flipped_columns": lambda X, K: _correlate(X, K.flip(1)),
        "transposed": lambda X, K: _correlate(X, K.T),
        "image_flipped": lambda X, K: _correlate(X.flip(0, 1), K),
        "both_flipped": lambda X, K: _correlate(X.flip(0, 1), K.flip(0, 1)),
        "corner": _from_the_corner,
        "uncentred": lambda X, K: _correlate(X, _rolled(K).flip(0, 1)),
        "overwritten": _stamped_over,
        "empty_slice": _empty_slice,
        "valid": lambda X, K: corr2d(X, K.flip(0, 1)),
        "full": lambda X, K: _correlate(X, K.flip(0, 1), more=2),
    },
    texts=TEXTS["convolve2d"],
)


@dataclass(frozen=True)
class Layer:
    """A function with a name to be read in a failing example."""

    name: str
    function: object

    def __call__(self, X):
        return self.function(X)

    def __repr__(self):
        return f"（{self.name}）"


def _by_fourier(X):
    K = torch.zeros_like(X)
    K[:2, :2] = torch.tensor([[0.3, 0.7], [-0.4, 0.1]])
    return torch.fft.ifft2(torch.fft.fft2(X) * torch.fft.fft2(K)).real


def _blocks(X):
    """Mean of every second pixel's 2x2 block, as large as before: stride 2, then repeated."""
    means = F.avg_pool2d(X[None, None], 2)[0, 0]
    return means.repeat_interleave(2, 0).repeat_interleave(2, 1)


def _dense_layer(X):
    W = torch.randn(X.numel(), X.numel(), generator=torch.Generator().manual_seed(0))
    return (W @ X.flatten()).reshape(X.shape)


LAYERS = (
    Layer("首尾相接的 1×2 卷积", lambda X: X - 2 * X.roll(-1, 1)),
    Layer("转置 X.T", lambda X: X.T),
    Layer("每列乘自己的列号", lambda X: X * torch.arange(X.shape[1])),
    Layer("每行乘自己的行号", lambda X: X * torch.arange(X.shape[0])[:, None]),
    Layer("逐个像素的 relu", torch.relu),
    Layer("2×2 一块取平均，再铺满这一块", _blocks),
    Layer("全连接层", _dense_layer),
    Layer("处处写上全图平均", lambda X: torch.full_like(X, X.mean().item())),
    Layer("用傅里叶变换算的卷积", _by_fourier),
    Layer("补 0 的 3×3 求和", lambda X: _correlate(X, torch.ones(3, 3))),
    Layer("左右翻转", lambda X: X.flip(1)),
    Layer("整张图下移 2 行", lambda X: X.roll(2, 0)),
    Layer("从左往右累加", lambda X: X.cumsum(1)),
    Layer("全连接层看全图平均", lambda X: _dense_layer(torch.full_like(X, X.mean().item()))),
)


def _layers(generator):
    for layer in cycle(LAYERS):
        side = 2 * integer(generator, 2, 3)
        yield layer, torch.randn(side, side, generator=generator)


def _close(A, B):
    return torch.allclose(A, B, rtol=1e-4, atol=1e-4)


def _follows(layer, X, step=1, axis=0, back=None, move=torch.roll, same=_close):
    """Whether the output goes ``back`` steps when the picture goes ``step``."""
    back = step if back is None else back
    return same(layer(move(X, step, axis)), move(layer(X), back, axis))


def _both(**options):
    return lambda layer, X: all(_follows(layer, X, axis=axis, **options) for axis in (0, 1))


def _with_zeros(X, step, axis):
    return shifted(X, step, 0) if axis == 0 else shifted(X, 0, step)


is_equivariant = Exercise(
    "is_equivariant",
    answer=_both(),
    cases=_layers,
    mistakes={
        "invariance": _both(back=0),
        "rows_only": _follows,
        "columns_only": lambda layer, X: _follows(layer, X, axis=1),
        "diagonal": lambda layer, X: _follows(layer, X, (1, 1), (0, 1)),
        "either": lambda layer, X: any(_follows(layer, X, axis=axis) for axis in (0, 1)),
        "exact": _both(same=torch.equal),
        "opposite": _both(back=-1),
        "zeros": _both(move=_with_zeros),
        "flattened": _both(move=lambda X, step, axis: X.roll(step)),
        "two_steps": _both(step=2),
    },
    texts=TEXTS["is_equivariant"],
)
