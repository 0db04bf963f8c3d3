"""Exercises of the chapter on convolution as a matrix product."""

from functools import partial

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from ..ops import kernel_matrix as matrix_of
from ..shapes import conv_output_size
from ._cases import integer, integers
from ._exercise import Exercise
from ._student import has_loop

TEXTS = {
    "im2col": {
        "task": "im2col：(X, kernel_size, stride, padding) → (N, C·k_h·k_w, 窗口数)。",
        "hints": (
            "核的格 (a, b) 在第一个窗口里碰到 X[a, b]。窗口往右走一步，它碰到哪一格？",
            "它碰到的格子横竖都相隔 stride，一共 rows 行 cols 列：一个带步长的切片就能全部取出。"
            "切片的终点也要写，不然各格取出的大小不同。",
            "taps.append(X[:, :, a : a + stride * rows : stride, b : b + stride * cols : stride])；"
            "再用 torch.stack(taps, dim=2)，把核的格子放在通道后面，然后合并。",
        ),
        "rows": "窗口排成了行：这里要一列一个窗口，差一个转置。",
        "channel_last": "一列里的次序成了“核的格子、通道”。应先是通道 0 的全部格子，再是通道 1 的："
        "stack 时新的一维要放在通道后面（dim=2）。",
        "windows_by_column": "窗口的次序反了：应先从左到右走完一行，再走下一行。",
        "taps_by_column": "核的格子次序反了：应先走完核的一行，再走下一行。",
        "no_stride": "没有用上 stride：窗口每步要跨 stride 格。",
        "no_padding": "没有用上 padding：四周要先各补 padding 圈 0。",
        "only_width": "只补了左右。F.pad 从最后一维写起，要写四个数：左、右、上、下。",
        "forgot_one": "少了最后一行、最后一列窗口：窗口数是 (n + 2p - k) // s + 1，别忘了加 1。",
        "open_slices": "切片没有写终点，一直取到图的尽头，各格取出的大小就不同。"
        "终点是 a + stride * rows，右边同理。",
        "no_step": "切片没有写步长：同一格在相邻的窗口里碰到的数，相隔 stride 格。"
        "要写 [起点 : 终点 : stride]。",
        "window_loop": "图越大，调用的次数越多：还在循环窗口。改成只循环核的 k_h×k_w 格，"
        "每次用一个带步长的切片取出一整片。",
    },
    "conv2d": {
        "task": "二维卷积 (X, W, bias, stride, padding) → Y，带批量、通道和偏置。",
        "hints": (
            "先想 1×1 的核：W[:, :, 0, 0] 是 (C_out, C_in) 的矩阵，它怎样作用在每个像素上？",
            "核的格 (a, b) 碰到的是补零后的 X 从 (a, b) 起、每隔 stride 取一格的那张小图。"
            "对它做 1×1 卷积，所有的格子加起来。切片的终点也要写，不然各格取出的大小不同。",
            "Y = Y + W[:, :, a, b] @ small.flatten(2)；循环完再加 bias[:, None, None]，只加一次。",
        ),
        "last_channel": "只剩最后一个输入通道：各通道的结果要相加（+=），不是后一个盖掉前一个。",
        "last_tap": "只剩核右下角那一格：各格的结果要相加（+=），不是后一个盖掉前一个。",
        "bias_per_channel": "偏置加了 C_in 次：各输入通道加完以后，每个输出通道只加一次偏置。",
        "bias_per_tap": "偏置加了 k_h·k_w 次：它在循环里面。加完核的所有格子，再加一次。",
        "bias_along_width": "偏置加到了宽上：(C_out,) 会对齐最后一维。写 bias[:, None, None]。",
        "one_bias": "所有输出通道加了同一个偏置：每个输出通道有自己的一个。",
        "no_bias": "没有加偏置。",
        "flipped": "核被上下左右翻转了。互相关不翻转。",
        "no_stride": "没有用上 stride：窗口每步要跨 stride 格。",
        "no_padding": "没有用上 padding：四周要先各补 padding 圈 0。",
        "only_width": "只补了左右。F.pad 从最后一维写起，要写四个数：左、右、上、下。",
        "first_image": "只算了第一张图：X 是一批，结果的第一维是 N。",
        "open_slices": "切片没有写终点，一直取到图的尽头，各格取出的大小就不同，不能相加。"
        "终点是 a + stride * rows，右边同理。",
        "no_step": "切片没有写步长：同一格在相邻的窗口里碰到的数，相隔 stride 格。"
        "要写 [起点 : 终点 : stride]。",
        "window_loop": "图越大，调用的次数越多：还在循环窗口。改成只循环核的 k_h×k_w 格，"
        "每次用一个带步长的切片取出一整片。",
    },
    "kernel_matrix": {
        "task": "核的矩阵 (K, input_size, stride) → 使 y = M x 的 M（图都拉直），不用循环。",
        "hints": (
            "矩阵乘以只有第 q 个数是 1 的向量，得到的是矩阵的什么？",
            "第 q 列是“只有第 q 个像素是 1 的图”的卷积。这样的图一共有几张？"
            "torch.eye 的每一行拉成一张图，就全有了。",
            "F.conv2d(torch.eye(n_h * n_w).reshape(-1, 1, n_h, n_w), K[None, None], stride=stride) "
            "的第一维是像素：它应当是 M 的行还是列？",
        ),
        "transposed": "行和列反了：M 的一行是一个输出，一列是一个像素。结果要转置。",
        "reshaped": "形状对，数排错了：reshape 只把数重新断行，不会把行变成列。要转置，用 .T。",
        "flipped": "核被翻转了：窗口与核逐格对齐，不翻转。",
        "no_line_jump": "每一行只是把上一行右移 stride 格。窗口换到下一行时，要跳过的不止这些，"
        "否则它会横跨图的右边和左边。",
        "packed": "核直接拉直了放进去。核的一行与下一行之间要隔着图的一整行：先摆在图上，再拉直。",
        "no_stride": "没有用上 stride：行数太多，窗口每步要跨 stride 格。",
        "swapped_size": "图的高和宽对调了：input_size 是（高, 宽）。",
        "loops": "里面还有循环（推导式也算）。把各像素的图当作一批，一次卷积就算完所有的列。",
    },
    "conv_transpose2d": {
        "task": "转置卷积 (Y, K, stride) → 输出，单通道，没有填充。",
        "hints": (
            "输入的一格 (i, j) 盖的章是 Y[i, j] * K。它的左上角盖在输出的哪一格？",
            "左上角在 (i * stride, j * stride)。最后一个章从 (m - 1) * stride 开始，长 k："
            "输出要多大才放得下？",
            "X = torch.zeros((m_h - 1) * stride + k_h, (m_w - 1) * stride + k_w)；"
            "每个章 X[r : r + k_h, c : c + k_w] += Y[i, j] * K。",
        ),
        "overwrites": "后一个章盖掉了前一个：重叠的地方要相加，用 +=。",
        "flipped": "核被翻转了：章就是核本身，不翻转。（补零后做普通卷积的办法，才要先翻转核。）",
        "not_scaled": "每个章都一样：章是核乘以那一格的数 Y[i, j]。",
        "no_stride": "没有用上 stride：相邻的章要相距 stride 格，输出也因此更大。",
        "stamps_close": "大小对了，章的位置不对：第 i 行的章从第 i * stride 行盖起。",
        "too_big": "输出大了：最后一个章从 (m - 1) * stride 开始，不是 m * stride。",
        "full_size": "输出大了：m + k - 1 是步幅 1 的大小，把 m 换成 m * stride 却不对。"
        "最后一个章从 (m - 1) * stride 开始，长 k。",
        "small_board": "输出小了，后面的章盖不下：m + k - 1 是步幅 1 的大小。"
        "最后一个章从 (m - 1) * stride 开始，长 k。",
        "transposed_kernel": "核的行和列对调了。转置的是那个大矩阵 M，不是核。",
    },
    "output_padding": {
        "task": "(n, k, stride, padding) → 转置回边长 n 要用的 output_padding。",
        "hints": (
            "不加 output_padding 时，一个来回得到的边长是多少？比 n 少几格？",
            "差的就是卷积时右边没有窗口读到的格子。n + 2p - k 格里，每 stride 格走一步，剩几格？",
            "m = (n + 2 * padding - k) // stride + 1，再算 "
            "n - ((m - 1) * stride - 2 * padding + k)，然后化简。",
        ),
        "zero": "总是 0：那只能回到最小的一种边长。",
        "most": "总是 stride - 1：那只能回到最大的一种边长。",
        "no_padding": "忘了填充：窗口走的是补零以后的边长 n + 2p。",
        "total": "填充只算了一侧：padding 是每侧的，两侧共 2p。",
        "forgot_kernel": "忘了核：第一个窗口先占 k 格，剩下的 n + 2p - k 格才用来走步。",
        "quotient": "这是商，也就是走了几步。没有读到的是余数：用 %。",
        "size": "这是不加 output_padding 时的边长。要的是它比 n 少多少。",
        "complement": "这是再走一步还差几格。要补的是走完以后剩下的几格，也就是余数本身。",
        "sign": "符号反了：output_padding 是要补上的格数，不会是负的。",
    },
    "im2col_batch": {
        "task": "(c, n, k, stride, padding, mebibytes) → 一次最多摊平几张图，float32。",
        "hints": (
            "一张图摊平以后是几行几列？一列有多少个数，窗口有多少个？",
            "一列 c·k·k 个数，一张图 m·m 列，m 是输出的边长。每个数 4 字节。",
            "bytes_each = 4 * c * k * k * m * m，再用 mebibytes * 2**20 整除它。",
        ),
        "no_channels": "忘了通道：一列里有 c 个通道，长 c·k·k。",
        "kernel_side": "核只算了一个方向：一列长 c·k·k，不是 c·k。",
        "output_side": "窗口只算了一个方向：一张图有 m·m 个窗口，不是 m 个。",
        "input_side": "窗口数用了输入的边长：有几个窗口，要看输出的边长 m。",
        "no_bytes": "忘了 float32 每个数占 4 字节。",
        "bits": "按 32 字节算了：float32 是 32 位，也就是 4 字节。",
        "decimal": "1 MiB 是 2**20 字节，不是 10**6。",
        "no_padding": "忘了填充：输出的边长是 (n + 2p - k) // s + 1。",
        "no_stride": "忘了步幅：输出的边长是 (n + 2p - k) // s + 1。",
        "rounded_up": "向上取整了：多出来的那一张放不下。",
        "not_whole": "图只能整张地放，结果应是整数：用 //。",
    },
}


def _unfolded(X, kernel_size, stride=1, padding=0):
    return F.unfold(X, kernel_size, stride=stride, padding=padding)


def _settings(generator):
    """Kernel, stride, padding and an input that holds two windows a side even without padding."""
    kernel = integer(generator, 1, 3), integer(generator, 1, 3)
    stride, padding = integer(generator, 1, 3), integer(generator, 0, 2)
    size = [k + stride + integer(generator, 0, 3) for k in kernel]
    return kernel, size, stride, padding


class _Counter(TorchFunctionMode):
    """Counts the calls of torch's functions, methods and indices."""

    calls = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.calls += 1
        return function(*args, **(kwargs or {}))


def _loops_over_windows(*rest):
    """Whether a submission calls torch more often the larger the picture is."""

    def grows(submission):
        counters = []
        for side in (4, 8):
            with _Counter() as counter:
                submission(torch.zeros(1, 1, side, side), *rest)
            counters.append(counter.calls)
        return counters[1] > counters[0]

    return grows


def _seen(X, kernel_size, stride, padding, part):
    """What each of the kernel's cells meets; ``part(cell, windows, stride)`` makes a slice."""
    X = F.pad(X, (padding,) * 4)
    windows = conv_output_size(tuple(X.shape[2:]), kernel_size, stride=stride)
    down, right = (
        [part(a, m, stride) for a in range(k)] for k, m in zip(kernel_size, windows, strict=True)
    )
    return [X[:, :, rows, cols].flatten(2) for rows in down for cols in right]


def _to_the_edge(cell, windows, stride):
    return slice(cell, None, stride)


def _side_by_side(cell, windows, stride):
    return slice(cell, cell + windows)


def _stacked(part):
    return lambda X, *setting: torch.stack(_seen(X, *setting, part), dim=2).flatten(1, 2)


def _batches(generator):
    while True:
        kernel, size, stride, padding = _settings(generator)
        shape = integer(generator, 1, 2), integer(generator, 1, 3), *size
        yield integers(generator, *shape), kernel, stride, padding


def _grid(X, kernel_size, stride, padding):
    """Columns with their axes apart: (N, C, k_h, k_w, rows, cols)."""
    rows, cols = conv_output_size(tuple(X.shape[2:]), kernel_size, stride=stride, padding=padding)
    columns = _unfolded(X, kernel_size, stride, padding)
    return columns.reshape(*X.shape[:2], *kernel_size, rows, cols)


def _reordered(*order):
    def columns(X, *setting):
        return _grid(X, *setting).permute(0, *order).flatten(1, 3).flatten(2)

    return columns


im2col = Exercise(
    "im2col",
    answer=_unfolded,
    cases=_batches,
    mistakes={
        "rows": lambda X, *setting: _unfolded(X, *setting).transpose(1, 2),
        "channel_last": _reordered(2, 3, 1, 4, 5),
        "windows_by_column": _reordered(1, 2, 3, 5, 4),
        "taps_by_column": _reordered(1, 3, 2, 4, 5),
        "no_stride": lambda X, kernel_size, stride, padding: _unfolded(X, kernel_size, 1, padding),
        "no_padding": lambda X, kernel_size, stride, padding: _unfolded(X, kernel_size, stride),
        "only_width": lambda X, kernel_size, stride, padding: _unfolded(
            F.pad(X, (padding, padding)), kernel_size, stride
        ),
        "forgot_one": lambda X, *setting: (
            _grid(X, *setting)[..., :-1, :-1].flatten(1, 3).flatten(2)
        ),
        "open_slices": _stacked(_to_the_edge),
        "no_step": _stacked(_side_by_side),
    },
    texts=TEXTS["im2col"],
    rules={"window_loop": _loops_over_windows((2, 2), 1, 0)},
)


def _layers(generator):
    """Layers with and without a bias; two channels a side at least, so that their order counts."""
    while True:
        kernel, size, stride, padding = _settings(generator)
        c_in, c_out = integer(generator, 2, 3), integer(generator, 2, 3)
        X = integers(generator, integer(generator, 1, 2), c_in, *size)
        W = integers(generator, c_out, c_in, *kernel)
        bias = integers(generator, c_out, low=1) if integer(generator, 0, 2) else None
        yield X, W, bias, stride, padding


def _convolved(X, W, bias=None, stride=1, padding=0):  # gives the arguments their names
    return F.conv2d(X, W, bias, stride, padding)


def _biased(times):
    """A convolution that adds its bias as many times as a function of the weight says."""

    def layer(X, W, bias, *setting):
        return F.conv2d(X, W, None if bias is None else times(W) * bias, *setting)

    return layer


def _misaligned(X, W, bias, *setting):
    Y = F.conv2d(X, W, None, *setting)
    return Y if bias is None else Y + bias


def _summed(part):
    """A convolution as a sum of 1×1 convolutions of what the kernel's cells meet."""

    def layer(X, W, bias, stride, padding):
        seen = _seen(X, tuple(W.shape[2:]), stride, padding, part)
        Y = sum(w @ x for w, x in zip(W.flatten(2).unbind(2), seen, strict=True))
        rows = conv_output_size(X.shape[2], W.shape[2], stride=stride, padding=padding)
        Y = Y.reshape(len(X), len(W), rows, -1)
        return Y if bias is None else Y + bias[:, None, None]

    return layer


conv2d = Exercise(
    "conv2d",
    answer=_convolved,
    cases=_layers,
    mistakes={
        "last_channel": lambda X, W, *rest: F.conv2d(X[:, -1:], W[:, -1:], *rest),
        "last_tap": lambda X, W, *rest: F.conv2d(X, _only_last_tap(W), *rest),
        "bias_per_channel": _biased(lambda W: W.shape[1]),
        "bias_per_tap": _biased(lambda W: W[0, 0].numel()),
        "bias_along_width": _misaligned,
        "one_bias": lambda X, W, bias, *setting: F.conv2d(
            X, W, None if bias is None else bias[:1].expand(len(W)), *setting
        ),
        "no_bias": lambda X, W, bias, *setting: F.conv2d(X, W, None, *setting),
        "flipped": lambda X, W, *rest: F.conv2d(X, W.flip(2, 3), *rest),
        "no_stride": lambda X, W, bias, stride, padding: F.conv2d(X, W, bias, 1, padding),
        "no_padding": lambda X, W, bias, stride, padding: F.conv2d(X, W, bias, stride),
        "only_width": lambda X, W, bias, stride, padding: F.conv2d(
            F.pad(X, (padding, padding)), W, bias, stride
        ),
        "first_image": lambda X, *rest: F.conv2d(X[:1], *rest),
        "open_slices": _summed(_to_the_edge),
        "no_step": _summed(_side_by_side),
    },
    texts=TEXTS["conv2d"],
    rules={"window_loop": _loops_over_windows(torch.zeros(1, 1, 2, 2), None, 1, 0)},
)


def _only_last_tap(W):
    last = torch.zeros_like(W)
    last[..., -1, -1] = W[..., -1, -1]
    return last


def _kernels(generator):
    """Kernels without zeros, in pictures that they do not fill."""
    while True:
        kernel = [integer(generator, 1, 3) for _ in range(2)]
        size = tuple(k + integer(generator, 1, 3) for k in kernel)
        yield integers(generator, *kernel, low=1, high=9), size, integer(generator, 1, 3)


def _shifted(K, input_size, stride):
    """Every row is the one above, moved along by the stride."""
    M = matrix_of(K, input_size, stride=stride)
    return torch.stack([M[0].roll(stride * row) for row in range(len(M))])


def _packed(K, input_size, stride):
    """The flat kernel in every row, from the place of the window's first cell on."""
    n_h, n_w = input_size
    M = torch.zeros_like(matrix_of(K, input_size, stride=stride))
    starts = matrix_of(torch.ones(1, 1), input_size).argmax(1).reshape(n_h, n_w)
    (k_h, k_w), flat = K.shape, K.flatten()
    starts = starts[: n_h - k_h + 1 : stride, : n_w - k_w + 1 : stride].flatten().tolist()
    for row, start in zip(M, starts, strict=True):
        row[start : start + len(flat)] = flat
    return M


kernel_matrix = Exercise(
    "kernel_matrix",
    answer=lambda K, input_size, stride=1: matrix_of(K, input_size, stride=stride),
    cases=_kernels,
    mistakes={
        "transposed": lambda K, input_size, stride: matrix_of(K, input_size, stride=stride).T,
        "reshaped": lambda K, input_size, stride: matrix_of(K, input_size, stride=stride).T.reshape(
            -1, input_size[0] * input_size[1]
        ),
        "flipped": lambda K, input_size, stride: matrix_of(K.flip(0, 1), input_size, stride=stride),
        "no_line_jump": _shifted,
        "packed": _packed,
        "no_stride": lambda K, input_size, stride: matrix_of(K, input_size),
        "swapped_size": lambda K, input_size, stride: matrix_of(K, input_size[::-1], stride=stride),
    },
    texts=TEXTS["kernel_matrix"],
    rules={"loops": has_loop},
)


def _stamped(Y, K, stride=1):
    return F.conv_transpose2d(Y[None, None], K[None, None], stride=stride)[0, 0]


def _small(generator):
    """Inputs and kernels without zeros; strides below, at and above the kernel's length."""
    while True:
        Y = integers(generator, *(integer(generator, 2, 4) for _ in range(2)), low=1, high=9)
        K = integers(generator, *(integer(generator, 1, 3) for _ in range(2)), low=1, high=9)
        yield Y, K, integer(generator, 1, 3)


def _placed(Y, K, step, size, adds=True):
    """Stamps ``step`` cells apart on a board of a given size, over or on top of each other."""
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros(size)
    for i in range(m_h):
        for j in range(m_w):
            place = X[i * step : i * step + k_h, j * step : j * step + k_w]
            place.copy_(Y[i, j] * K + (place if adds else 0))
    return X


def _board(Y, K, stride):
    return [(m - 1) * stride + k for m, k in zip(Y.shape, K.shape, strict=True)]


conv_transpose2d = Exercise(
    "conv_transpose2d",
    answer=_stamped,
    cases=_small,
    mistakes={
        "overwrites": lambda Y, K, stride: _placed(Y, K, stride, _board(Y, K, stride), adds=False),
        "flipped": lambda Y, K, stride: _stamped(Y, K.flip(0, 1), stride),
        "not_scaled": lambda Y, K, stride: _stamped(torch.ones_like(Y), K, stride),
        "no_stride": lambda Y, K, stride: _stamped(Y, K),
        "stamps_close": lambda Y, K, stride: _placed(Y, K, 1, _board(Y, K, stride)),
        "too_big": lambda Y, K, stride: F.pad(_stamped(Y, K, stride), (0, stride, 0, stride)),
        "full_size": lambda Y, K, stride: F.pad(
            _stamped(Y, K, stride), (0, stride - 1, 0, stride - 1)
        ),
        "small_board": lambda Y, K, stride: _placed(Y, K, stride, _board(Y, K, 1)),
        "transposed_kernel": lambda Y, K, stride: _stamped(Y, K.T, stride),
    },
    texts=TEXTS["conv_transpose2d"],
)


def _sides(generator):
    while True:
        k, stride, padding = map(partial(integer, generator), (1, 1, 0), (5, 4, 2))
        yield integer(generator, max(1, k - 2 * padding), 16), k, stride, padding


def _least(n, k, stride, padding):
    """The side that a convolution and a transposed one make of n without output padding."""
    m = conv_output_size(n, k, stride=stride, padding=padding)
    return (m - 1) * stride - 2 * padding + k


output_padding = Exercise(
    "output_padding",
    answer=lambda n, k, stride=1, padding=0: (n + 2 * padding - k) % stride,
    cases=_sides,
    mistakes={
        "zero": lambda n, k, stride, padding: 0,
        "most": lambda n, k, stride, padding: stride - 1,
        "no_padding": lambda n, k, stride, padding: (n - k) % stride,
        "total": lambda n, k, stride, padding: (n + padding - k) % stride,
        "forgot_kernel": lambda n, k, stride, padding: (n + 2 * padding) % stride,
        "quotient": lambda n, k, stride, padding: (n + 2 * padding - k) // stride,
        "size": _least,
        "complement": lambda n, k, stride, padding: stride - (n + 2 * padding - k) % stride,
        "sign": lambda n, k, stride, padding: _least(n, k, stride, padding) - n,
    },
    texts=TEXTS["output_padding"],
)


def _budgets(generator):
    while True:
        k, stride, padding = map(partial(integer, generator), (2, 2, 1), (5, 3, 2))
        n = integer(generator, 2, 8) * 8
        yield integer(generator, 2, 16), n, k, stride, padding, integer(generator, 4, 32)


def _bytes(c, n, k, stride, padding, side=None):
    m = side or conv_output_size(n, k, stride=stride, padding=padding)
    return 4 * c * k * k * m * m


def _largest(cost, mebibyte=2**20):
    """The batch that fits if an image costs what a function of the setting says."""

    def batch(*arguments):
        *setting, mebibytes = arguments
        return mebibytes * mebibyte // cost(*setting)

    return batch


def _one_line(c, n, k, stride, padding):
    return 4 * c * k * k * conv_output_size(n, k, stride=stride, padding=padding)


im2col_batch = Exercise(
    "im2col_batch",
    answer=lambda c, n, k, stride, padding, mebibytes: (
        mebibytes * 2**20 // _bytes(c, n, k, stride, padding)
    ),
    cases=_budgets,
    mistakes={
        "no_channels": _largest(lambda c, *rest: _bytes(1, *rest)),
        "kernel_side": _largest(lambda c, n, k, *rest: _bytes(c, n, k, *rest) // k),
        "output_side": _largest(_one_line),
        "input_side": _largest(lambda c, n, *rest: _bytes(c, n, *rest, side=n)),
        "no_bytes": _largest(lambda *setting: _bytes(*setting) // 4),
        "bits": _largest(lambda *setting: _bytes(*setting) * 8),
        "decimal": _largest(_bytes, mebibyte=10**6),
        "no_padding": _largest(lambda c, n, k, stride, padding: _bytes(c, n, k, stride, 0)),
        "no_stride": _largest(lambda c, n, k, stride, padding: _bytes(c, n, k, 1, padding)),
        "rounded_up": lambda *arguments: -_largest(lambda *setting: -_bytes(*setting))(*arguments),
        "not_whole": lambda *arguments: arguments[-1] * 2**20 / _bytes(*arguments[:-1]),
    },
    texts=TEXTS["im2col_batch"],
)
