"""Exercises of the chapter on channels."""

import torch
from torch.nn import functional as F

from ._cases import integer, integers
from ._exercise import Exercise
from ._student import has_loop

MIXED = (
    "reshape 把通道和像素混在一起了：它只按内存的顺序重排，不会交换维度。"
    "先用 permute 把通道换到最后一维，再做矩阵乘法，乘完再换回来。"
)
ELEMENTWISE = (
    "这是逐元素相乘（四维张量的 @ 也一样：它只把后两维 1×1 当作矩阵）。先取 K[:, :, 0, 0]，再用 @。"
)
FOUR_AXES = "K 还有四个维度，@ 只把后两维（1×1）当作矩阵。先取 K[:, :, 0, 0]，再用 @。"
TEXTS = {
    "conv_parameters": {
        "task": "一层卷积的参数个数 (c_in, c_out, k_h, k_w, bias)。",
        "hints": (
            "先写出权重张量的四个维度，再写出偏置的形状。各有多少个数？",
            "权重有 c_out·c_in·k_h·k_w 个；偏置每个输出通道一个，bias 为 False 时没有。",
            "weights = c_out * c_in * k_h * k_w；if bias 时再加 c_out。",
        ),
        "bias_per_pair": "偏置数成了 c_out·c_in 个。各输入通道的结果已经相加，"
        "一个输出通道只需要一个偏置。",
        "bias_per_kernel_cell": "偏置也按核的每一格数了。偏置加在和上，与核有几格无关。",
        "bias_per_input": "偏置数成了输入通道的个数。它加在输出上，每个输出通道一个。",
        "one_bias": "整层只数了一个偏置。每个输出通道有自己的一个。",
        "bias_always": "bias=False 时没有偏置，你也数进去了。",
        "bias_never": "bias=True 时漏了偏置。",
        "conditional": "bias=False 时你返回了 0：Python 把 a + b if bias else 0 读作"
        " (a + b) if bias else 0。写成 a + (b if bias else 0)。",
        "no_c_in": "漏了输入通道：一组核里，每个输入通道各有一个核。",
        "no_c_out": "漏了输出通道：每个输出通道各有一组核，不共用。",
        "no_k_w": "漏了核宽：核有 k_h 行 k_w 列。",
        "square": "把核当成了正方形（k_h·k_h）。核有 k_h 行 k_w 列。",
    },
    "conv_macs": {
        "task": "一层卷积的乘加次数 (c_in, c_out, k, n, p, s)。",
        "hints": (
            "算一个输出要几次乘加？一共有几个输出？",
            "一个输出要 c_in·k·k 次；输出有 c_out·m·m 个，m 是上一章的输出边长。",
            "m = (n + 2 * p - k) // s + 1",
        ),
        "input_positions": "位置数成了输入的 n·n 个。窗口落在 m·m 个地方，m 是输出的边长。",
        "no_stride": "没有用步幅：m = (n + 2p - k) // s + 1。",
        "one_side": "填充每侧补 p，一共 2p。",
        "no_floor": "除不尽时要向下取整：不够再走一步，就不走了。整除用 //。",
        "ceil": "除不尽时要向下取整，你的是向上。",
        "forgot_one": "m 少了 1：第一个窗口不用走，m = (n + 2p - k) // s + 1。",
        "no_c_in": "漏了输入通道：一个输出要把 c_in 个通道的窗口都乘加一遍。",
        "no_c_out": "漏了输出通道：每个输出通道都要算一遍。",
        "k_once": "k 只乘了一次：核是 k·k 格。",
        "m_once": "m 只乘了一次：输出有 m 行 m 列。",
        "twice": "正好是两倍：一次乘和一次加合起来叫一次乘加。",
        "with_bias": "把加偏置也算进去了。这里只数核与窗口的乘加。",
        "parameters": "这是权重的个数。每个权重在每个位置都要用一次，还要乘位置的个数 m·m。",
    },
    "multi_in_out": {
        "task": "多输入、多输出通道的互相关，带偏置 (X, K, b) → Y。",
        "hints": (
            "先固定一个窗口。X[:, i : i + k_h, j : j + k_w] 是什么形状？"
            "它与 K 的哪几个维度对得上？",
            "窗口的形状是 (c_i, k_h, k_w)，K 是 (c_o, c_i, k_h, k_w)。"
            "相乘时窗口自动对每一组核用一遍，再对后三维求和，得到 c_o 个数。",
            "Y[:, i, j] = (window * K).sum(dim=(1, 2, 3)) + b，"
            "Y 先建成 torch.empty(c_o, rows, cols)。",
        ),
        "apart": "各输入通道的结果还分着，没有相加。一个输出通道只有一张图。",
        "first_channel": "只用了第 0 个输入通道。",
        "mean": "对输入通道取了平均。通道之间是相加。",
        "bias_each_channel": "每个输入通道都加了一次偏置。先把通道加起来，偏置只加一次。",
        "no_bias": "没有加偏置。",
        "bias_on_columns": "Y + b 让 b 对着最后一维（列）。要对着通道：b[:, None, None]。",
        "bias_whole": "每个输出通道只加自己的偏置 b[o]，你把整个 b 都加上去了。",
        "all_summed": "一次 .sum() 把各组核也加在一起了：只对后三维求和，.sum(dim=(1, 2, 3))。",
        "no_channel_axis": "切片少了通道那一维：X[:, i : i + k_h, j : j + k_w]，"
        "最前面的 : 是全部通道。",
        "outputs_added": "各输出通道也加在一起了。不同的输出通道要分开，叠成 (c_o, 行, 列)。",
        "channels_last": "输出通道放到了最后。PyTorch 把通道放在高、宽的前面：(c_o, 行, 列)。",
        "flipped": "核被翻转了：互相关不翻转。",
        "axes_swapped": "K 的前两维用反了：K[o, i] 是第 o 个输出通道看第 i 个输入通道的核。",
    },
    "conv1x1": {
        "task": "一批图的 1×1 卷积 (X, K) → Y，用矩阵乘法，不用循环。",
        "hints": (
            "每个像素是一个样本，它的 c_i 个数在 X 的哪一维？怎样把这一维换到最后？",
            "X.permute(0, 2, 3, 1) 的形状是 (N, 高, 宽, c_i)，右边可以直接乘一个矩阵。"
            "乘哪个形状的矩阵？",
            "W = K[:, :, 0, 0]；(X.permute(0, 2, 3, 1) @ W.T) 的通道在最后，再换回第 1 维。",
        ),
        "transposed": "权重转置了：W 的形状是 (c_o, c_i)，从 c_i 个数得到 c_o 个数。"
        "样本在左边相乘时右边用 W.T。",
        "reshaped_weights": "K.reshape(c_i, c_o) 不是转置：数的次序没有变，权重就错位了。"
        "要转置请用 .T。",
        "mixed_in": MIXED,
        "mixed_out": MIXED,
        "mixed_both": MIXED,
        "mixed_batch": "X.reshape(c_i, …) 对一张图是对的；有一批图时第 0 维是图，不是通道，"
        "这样会把不同的图混在一起。",
        "mixed_batch_too": "X.reshape(c_i, …) 对一张图是对的；有一批图时第 0 维是图，不是通道，"
        "这样会把不同的图混在一起。",
        "channels_last": "数都对，通道却还在最后。再用 permute(0, 3, 1, 2) 换回来。",
        "kernel_first": FOUR_AXES,
        "kernel_last": FOUR_AXES,
        "broadcast_batch": "K * X 让 K 的输出通道对着 X 的第 0 维，那是不同的图。"
        "要么先补一维，X[:, None]，要么用矩阵乘法。",
        "first_image": "只算了第一张图。X 有 N 张。",
        "apart": "乘了权重，没有对输入通道求和。",
        "loops": "里面还有循环。这一题要用一次矩阵乘法（或 einsum）算完。",
    },
    "merged_1x1": {
        "task": "两层 1×1 卷积合成一层 (K1, b1, K2, b2) → (K, b)。",
        "hints": (
            "把 1×1 卷积看成矩阵：第一层 y = W1 x + b1，第二层 z = W2 y + b2。代入试试。",
            "z = W2 W1 x + (W2 b1 + b2)。W1、W2 是 K1、K2 去掉后两维。",
            "W = K2[:, :, 0, 0] @ K1[:, :, 0, 0]；b 里别忘了 b1 也要过第二层。",
        ),
        "order": "乘的次序反了：先用的第一层在右边，W2 @ W1。",
        "b1_untouched": "b = b1 + b2 不对：b1 是第一层的输出，还要过第二层的权重。",
        "b1_lost": "b1 不见了：它也要过第二层的权重，再加 b2。",
        "b2_lost": "b2 不见了。",
        "elementwise": ELEMENTWISE,
        "elementwise_too": ELEMENTWISE,
        "squeezed": "squeeze() 把长为 1 的通道也去掉了，只有一个通道时就出错。"
        "用 K[:, :, 0, 0] 或 K.flatten(1)。",
        "flat": "数对了，K 的形状还要补回后两维：(c_o, c_i, 1, 1)。",
        "transposed": "K 转置了：形状应是 (c_o, c_i, 1, 1)。",
    },
}


def _layers(generator):
    while True:
        c_in, c_out, k_h, k_w = (integer(generator, 1, 6) for _ in range(4))
        yield c_in, c_out, k_h, k_w, bool(integer(generator, 0, 1))


conv_parameters = Exercise(
    "conv_parameters",
    answer=lambda c_in, c_out, k_h, k_w, bias: c_out * (c_in * k_h * k_w + bias),
    cases=_layers,
    mistakes={
        "bias_per_pair": lambda i, o, h, w, bias: o * i * (h * w + bias),
        "bias_per_kernel_cell": lambda i, o, h, w, bias: o * h * w * (i + bias),
        "bias_per_input": lambda i, o, h, w, bias: i * (o * h * w + bias),
        "one_bias": lambda i, o, h, w, bias: o * i * h * w + bias,
        "bias_always": lambda i, o, h, w, bias: o * (i * h * w + 1),
        "bias_never": lambda i, o, h, w, bias: o * i * h * w,
        "conditional": lambda i, o, h, w, bias: o * i * h * w + o if bias else 0,
        "no_c_in": lambda i, o, h, w, bias: o * (h * w + bias),
        "no_c_out": lambda i, o, h, w, bias: i * h * w + o * bias,
        "no_k_w": lambda i, o, h, w, bias: o * (i * h + bias),
        "square": lambda i, o, h, w, bias: o * (i * h * h + bias),
    },
    texts=TEXTS["conv_parameters"],
)


def _settings(generator):
    """Settings of a layer whose window fits."""
    while True:
        c_in, c_out, k = (integer(generator, 1, 4) for _ in range(3))
        p, s = integer(generator, 0, 2), integer(generator, 1, 3)
        yield c_in, c_out, k, integer(generator, max(1, k - 2 * p), 9), p, s


def _side(n, k, p, s):
    return (n + 2 * p - k) // s + 1


conv_macs = Exercise(
    "conv_macs",
    answer=lambda c_in, c_out, k, n, p, s: c_out * c_in * k * k * _side(n, k, p, s) ** 2,
    cases=_settings,
    mistakes={
        "parameters": lambda i, o, k, n, p, s: o * i * k * k,
        "input_positions": lambda i, o, k, n, p, s: o * i * k * k * n * n,
        "no_stride": lambda i, o, k, n, p, s: o * i * k * k * _side(n, k, p, 1) ** 2,
        "one_side": lambda i, o, k, n, p, s: o * i * k * k * ((n + p - k) // s + 1) ** 2,
        "no_floor": lambda i, o, k, n, p, s: o * i * k * k * ((n + 2 * p - k) / s + 1) ** 2,
        "ceil": lambda i, o, k, n, p, s: o * i * k * k * (-((k - n - 2 * p) // s) + 1) ** 2,
        "forgot_one": lambda i, o, k, n, p, s: o * i * k * k * (_side(n, k, p, s) - 1) ** 2,
        "no_c_in": lambda i, o, k, n, p, s: o * k * k * _side(n, k, p, s) ** 2,
        "no_c_out": lambda i, o, k, n, p, s: i * k * k * _side(n, k, p, s) ** 2,
        "k_once": lambda i, o, k, n, p, s: o * i * k * _side(n, k, p, s) ** 2,
        "m_once": lambda i, o, k, n, p, s: o * i * k * k * _side(n, k, p, s),
        "twice": lambda i, o, k, n, p, s: 2 * o * i * k * k * _side(n, k, p, s) ** 2,
        "with_bias": lambda i, o, k, n, p, s: o * (i * k * k + 1) * _side(n, k, p, s) ** 2,
    },
    texts=TEXTS["conv_macs"],
)


def _channels(generator):
    while True:
        c_i, c_o, k_h, k_w = (integer(generator, 1, 3) for _ in range(4))
        n_h, n_w = k_h + integer(generator, 0, 2), k_w + integer(generator, 0, 2)
        X, K = integers(generator, c_i, n_h, n_w), integers(generator, c_o, c_i, k_h, k_w)
        yield X, K, integers(generator, c_o)


def _conv(X, K, b=None):
    return F.conv2d(X[None], K, b)[0]


def _each_channel(X, K):
    """Each output channel's view of each input channel: (c_o, c_i, m_h, m_w)."""
    return torch.stack([_conv(X[i : i + 1], K[:, i : i + 1]) for i in range(len(X))], dim=1)


def _no_channel_axis(X, K, b):
    """Windows as of a matrix, cut out of a stack of matrices."""
    k_h, k_w = K.shape[2:]
    Y = torch.empty(len(K), X.shape[1] - k_h + 1, X.shape[2] - k_w + 1)
    for i in range(Y.shape[1]):
        for j in range(Y.shape[2]):
            Y[:, i, j] = (X[i : i + k_h, j : j + k_w] * K).sum(dim=(1, 2, 3)) + b
    return Y


multi_in_out = Exercise(
    "multi_in_out",
    answer=_conv,
    cases=_channels,
    mistakes={
        "apart": lambda X, K, b: _each_channel(X, K) + b[:, None, None, None],
        "first_channel": lambda X, K, b: _conv(X[:1], K[:, :1], b),
        "mean": lambda X, K, b: _each_channel(X, K).mean(1) + b[:, None, None],
        "bias_each_channel": lambda X, K, b: _conv(X, K, b * len(X)),
        "no_bias": lambda X, K, b: _conv(X, K),
        "bias_on_columns": lambda X, K, b: _conv(X, K) + b,
        "bias_whole": lambda X, K, b: torch.stack(
            [F.conv2d(X[None], k[None])[0, 0] + b.reshape(()) for k in K]
        ),
        "all_summed": lambda X, K, b: _conv(X, K).sum(0) + b[:, None, None],
        "no_channel_axis": _no_channel_axis,
        "outputs_added": lambda X, K, b: _conv(X, K, b).sum(0),
        "channels_last": lambda X, K, b: _conv(X, K, b).permute(1, 2, 0),
        "flipped": lambda X, K, b: _conv(X, K.flip(2, 3), b),
        "axes_swapped": lambda X, K, b: _conv(X, K.transpose(0, 1), b),
    },
    texts=TEXTS["multi_in_out"],
)


def _batches(generator):
    while True:
        n, height, width = (integer(generator, low, 3) for low in (1, 2, 1))
        c_i, c_o = integer(generator, 2, 4), integer(generator, 2, 4)  # 1 would be broadcast
        yield integers(generator, n, c_i, height, width), integers(generator, c_o, c_i, 1, 1)


def _mix(X, K, *, rows, back):
    """Weigh the channels of ``rows``, one pixel a row, and lay the result out with ``back``."""
    return back(rows(X) @ K[:, :, 0, 0].T, (len(X), len(K), *X.shape[2:]))


def _to_rows(X):
    return X.permute(0, 2, 3, 1).flatten(0, 2)


def _only_reshaped(X):
    return X.reshape(-1, X.shape[1])


def _to_images(Y, shape):
    n, c, height, width = shape
    return Y.reshape(n, height, width, c).permute(0, 3, 1, 2)


def _mixed_batch(X, K):
    """The chapter's code for one image, applied to a batch."""
    return K.flatten(1) @ X.reshape(X.shape[1], -1)


conv1x1 = Exercise(
    "conv1x1",
    answer=lambda X, K: F.conv2d(X, K),
    cases=_batches,
    mistakes={
        "transposed": lambda X, K: F.conv2d(X, K.transpose(0, 1)),
        "reshaped_weights": lambda X, K: F.conv2d(
            X, K.reshape(K.shape[1], len(K)).T[..., None, None]
        ),
        "mixed_in": lambda X, K: _mix(X, K, rows=_only_reshaped, back=_to_images),
        "mixed_out": lambda X, K: _mix(X, K, rows=_to_rows, back=torch.reshape),
        "mixed_both": lambda X, K: _mix(X, K, rows=_only_reshaped, back=torch.reshape),
        "mixed_batch": lambda X, K: _mixed_batch(X, K).reshape(len(X), len(K), *X.shape[2:]),
        "mixed_batch_too": lambda X, K: (
            _mixed_batch(X, K).reshape(len(K), len(X), *X.shape[2:]).transpose(0, 1)
        ),
        "channels_last": lambda X, K: F.conv2d(X, K).permute(0, 2, 3, 1),
        "first_image": lambda X, K: F.conv2d(X[:1], K)[0],
        "kernel_first": lambda X, K: K @ X,
        "kernel_last": lambda X, K: X.permute(0, 2, 3, 1) @ K,
        "broadcast_batch": lambda X, K: (K * X).sum(1),
        "apart": lambda X, K: X[:, None] * K,
    },
    texts=TEXTS["conv1x1"],
    rules={"loops": has_loop},
)


def _two_layers(generator):
    while True:
        c_i, c_m, c_o = (integer(generator, 1, 3) for _ in range(3))
        if integer(generator, 0, 2) == 0:
            c_i = c_o = c_m
        first = integers(generator, c_m, c_i, 1, 1), integers(generator, c_m)
        yield *first, integers(generator, c_o, c_m, 1, 1), integers(generator, c_o)


def _merged(K1, b1, K2, b2):
    W1, W2 = K1[:, :, 0, 0], K2[:, :, 0, 0]
    return (W2 @ W1)[:, :, None, None], W2 @ b1 + b2


merged_1x1 = Exercise(
    "merged_1x1",
    answer=_merged,
    cases=_two_layers,
    mistakes={
        "order": lambda K1, b1, K2, b2: (
            (K1[:, :, 0, 0] @ K2[:, :, 0, 0])[:, :, None, None],
            K2[:, :, 0, 0] @ b1 + b2,
        ),
        "b1_untouched": lambda K1, b1, K2, b2: (_merged(K1, b1, K2, b2)[0], b1 + b2),
        "b1_lost": lambda K1, b1, K2, b2: (_merged(K1, b1, K2, b2)[0], b2),
        "b2_lost": lambda K1, b1, K2, b2: _merged(K1, b1, K2, 0 * b2),
        "elementwise": lambda K1, b1, K2, b2: (K2 * K1, K2[:, :, 0, 0] @ b1 + b2),
        "elementwise_too": lambda K1, b1, K2, b2: (K2 * K1, b1 + b2),
        "squeezed": lambda K1, b1, K2, b2: (
            (K2.squeeze() @ K1.squeeze())[:, :, None, None],
            K2.squeeze() @ b1 + b2,
        ),
        "flat": lambda K1, b1, K2, b2: (
            K2[:, :, 0, 0] @ K1[:, :, 0, 0],
            K2[:, :, 0, 0] @ b1 + b2,
        ),
        "transposed": lambda K1, b1, K2, b2: (
            _merged(K1, b1, K2, b2)[0].transpose(0, 1),
            K2[:, :, 0, 0] @ b1 + b2,
        ),
    },
    texts=TEXTS["merged_1x1"],
)
