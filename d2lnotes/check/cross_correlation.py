"""Exercises of the chapter on cross-correlation."""

import torch
from torch import nn
from torch.nn import functional as F

from ..ops import corr2d as by_hand
from ._cases import integer, integers
from ._exercise import Exercise
from ._student import calls, has_loop, mentions

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
        "last_axis": "只对最后一维求了和，窗口里的各行还分着。后两维都要加起来：.sum((-2, -1))。",
        "loops": "里面还有循环。这一题要让张量运算去走遍窗口。",
        "wrapped": "调用了 corr2d，循环还在它里面。这一题要让张量运算去走遍窗口。",
    },
    "corner_kernel": {
        "task": "设计一个核：一片同色、竖边、横边都没有响应，角上有响应。",
        "hints": (
            "一片同色处没有响应，核的各格之和该是多少？竖边、横边呢，看各列、各行的和。",
            "先用 [1, -1] 求左右的差，再对这些差求上下的差：竖边、横边都只过得了一关。",
            "2×2 就够：第一行是 [1, -1]，第二行要让每一列的和都是 0。",
        ),
        "not_zero": "各格之和不是 0，于是一片同色的地方也有响应。",
        "vertical": "竖边上也有响应：有的列，和不是 0。这个核比较的是左右。",
        "horizontal": "横边上也有响应：有的行，和不是 0。这个核比较的是上下。",
        "edges": "竖边和横边上都有响应：各行、各列的和都要是 0，不只是总和。",
        "silent": "到处都没有响应，角上也没有：核里都是 0。",
    },
    "conv2d_layer": {
        "task": "卷积层 MyConv2D(kernel_size, bias=True)：核和偏置是参数，bias=False 时没有偏置。",
        "hints": (
            "哪些数要由训练来改？它们在 __init__ 里怎样登记，层才找得到？",
            "第一行是 super().__init__()，然后 self.weight = nn.Parameter(...)。"
            "没有偏置时，写 self.bias = None。",
            "forward 里先算 Y = corr2d(X, self.weight)，"
            "再 return Y if self.bias is None else Y + self.bias。",
        ),
        "misnamed": "__init__ 写成了 _init_：前后各要两个下划线，否则它不会被自动调用。",
        "no_super": "__init__ 的第一行少了 super().__init__()：nn.Module 还没有准备好登记参数。",
        "no_switch": "没有偏置时是这样调用的：MyConv2D(kernel_size, bias=False)。"
        "__init__ 还差一个参数 bias=True。",
        "plain": "层里一个参数也没有：普通张量不会登记，训练时也就不会更新。"
        "用 nn.Parameter(...) 包起来。",
        "plain_weight": "核不在参数里，训练时不会更新：用 nn.Parameter(...) 包起来。",
        "no_bias": "偏置不在参数里：没有写，或者是没有用 nn.Parameter(...) 包起来的普通张量。",
        "always_bias": "bias=False 时，层里还有偏置这个参数。",
        "bias_per_cell": "偏置的格数与核一样多。一个核只要一个偏置，加到每个输出上。",
        "bias_unused": "有偏置这个参数，forward 里却没有加上它。",
        "bias_in_kernel": "偏置加到了核里，于是它也乘了窗口里的数。应先求互相关，再加偏置。",
        "detached": "反向传播到不了参数：forward 里不要用 .data、.detach()、.item() 或 no_grad。",
    },
    "kernel_gradient": {
        "task": "损失 ((corr2d(X, W) - Y) ** 2).sum() 对 W 的梯度，不用自动求导。",
        "hints": (
            "W[a, b] 稍稍增大，输出 [i, j] 变多少？看它乘的是 X 的哪一格。",
            "设误差 E = corr2d(X, W) - Y。W[a, b] 的梯度是 2·E[i, j]·X[i+a, j+b] 对 i、j 求和。",
            "这个和就是一次互相关：拿 E 当核，扫过 X，再乘 2。",
        ),
        "sign": "每个数都差一个负号：误差是预测减目标，不是目标减预测。",
        "forgot_two": "每个数都只有应得的一半：平方求导会多出一个 2。",
        "sign_and_two": "差一个负号，还差一个 2：误差是预测减目标，平方求导会多出一个 2。",
        "mean": "除以了输出的格数：损失是误差平方的和，不是平均。",
        "target": "用的是目标 Y，不是误差 corr2d(X, W) - Y。",
        "prediction": "用的是预测 corr2d(X, W)，没有减去目标 Y。",
        "flipped": "误差被上下左右翻转了。输出 [i, j] 读的是 X[i+a, j+b]，都是加号，不用翻转。",
        "one_pixel": "每个误差只乘了窗口左上角的那一格。W[a, b] 乘的是 X[i+a, j+b]。",
        "sums": "先把误差全加起来了。每个误差只乘自己窗口里的那一格，乘完再加。",
        "outputs": "这是损失对每个输出的梯度。W[a, b] 影响每个输出，还要乘 X[i+a, j+b] 再求和。",
        "backward": "W 没有记录梯度，不能求导。这一题不用自动求导：要自己写出梯度。",
        "autograd": "用了自动求导。这一题要自己写出梯度。",
    },
    "fit_kernel": {
        "task": "从全 0 的核出发，走 steps 步梯度下降，返回学到的核。",
        "hints": (
            "一步要做四件事：算损失，求梯度，更新核，还有一件容易忘，否则第二步就错了。",
            "W = torch.zeros(kernel_size, requires_grad=True)；更新写在 with torch.no_grad(): 里，"
            "用 W -= lr * W.grad。",
            "loss.backward() 之后更新，再 W.grad = None，让下一步的梯度从头算起。",
        ),
        "uphill": "核朝着梯度的方向走了，损失越来越大。应减去 lr * 梯度。",
        "accumulates": "梯度累加了：backward() 把新的梯度加在旧的上面。每步之后写 W.grad = None。",
        "once": "每一步用的都是第一步的梯度：核变了，损失和梯度要重新算。",
        "mean": "误差的平方被平均了，梯度就小了。这里的损失是和：.sum()。",
        "half": "每一步都只走了一半：平方求导会多出一个 2。",
        "one_less": "少走了一步：range(1, steps) 只有 steps - 1 步。",
        "first_only": "只走了一步：return 写在循环里了。",
        "one_more": "多走了一步：range(steps + 1) 有 steps + 1 步。",
        "random": "起点是随机的核。这里从全 0 出发，结果才每次一样。",
        "rebound": "W = W - … 造出了一个新的张量，第二步起，梯度不存在它的 grad 里。"
        "在 torch.no_grad() 里用 W -= lr * W.grad，改的是原来那个张量。",
        "rebound_apart": "W = W - … 造出了一个新的张量，它不记录梯度，第二步就不能求导了。"
        "用 W -= lr * W.grad，改的是原来那个张量。",
        "in_graph": "更新要写在 with torch.no_grad(): 里，否则它也会被记进计算图。",
        "not_scalar": "backward() 只能从一个数出发：误差的平方要先 .sum()。",
        "no_flag": "核没有要求记录梯度：torch.zeros(kernel_size, requires_grad=True)。",
        "zeroed_early": "第一次 backward() 之前，W.grad 还是 None，不能清零。更新之后再清。",
    },
}


def _sizes(generator, smallest=1):
    """Height and width of an input and of a kernel of so many cells at least."""
    while True:
        k_h, k_w = integer(generator, 1, 3), integer(generator, 1, 3)
        n_h, n_w = k_h + integer(generator, 0, 4), k_w + integer(generator, 0, 4)
        if k_h * k_w >= smallest:
            yield (n_h, n_w), (k_h, k_w)


def _matrices(generator):
    for n, k in _sizes(generator):
        yield integers(generator, *n), integers(generator, *k)


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
        "last_axis": lambda X, K: (X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1) * K).sum(-1),
    },
    texts=TEXTS["corr2d"],
    rules={"loops": has_loop, "wrapped": calls("corr2d")},
)


def _pictures(generator):
    """What is in a picture of two greys, and the picture, (6, 6)."""
    while True:
        for what, rows, cols in (("同色", 6, 6), ("竖边", 6, 3), ("横边", 3, 6), ("角", 3, 3)):
            rows, cols = (n if n == 6 else integer(generator, 2, 4) for n in (rows, cols))
            low, high = integer(generator, 1, 3), integer(generator, 4, 6)
            if integer(generator, 0, 1):
                low, high = high, low
            X = torch.full((6, 6), float(low))
            X[:rows, :cols] = high
            yield what, X


def _response(K, picture, X):
    """Whether the kernel responds anywhere; a list or an array will do as well."""
    seen = by_hand(X, torch.as_tensor(K)).abs().max() > 1e-4
    return "有响应" if seen else "没有响应"


corner_kernel = Exercise(
    "corner_kernel",
    answer=torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),
    cases=_pictures,
    use=_response,
    mistakes={
        "not_zero": torch.tensor([[1.0, 0.0], [0.0, 0.0]]),
        "vertical": torch.tensor([[1.0, -1.0]]),
        "horizontal": torch.tensor([[1.0], [-1.0]]),
        "edges": torch.tensor([[1.0, 0.0], [0.0, -1.0]]),
        "silent": torch.zeros(2, 2),
    },
    texts=TEXTS["corner_kernel"],
)


def _layer_cases(generator):
    for number, (n, k) in enumerate(_sizes(generator, smallest=2)):
        bias = float(integer(generator, 1, 5)) if number % 2 else None
        yield integers(generator, *n), integers(generator, *k), bias


def _layer_output(layer_class, X, K, b):
    """How many numbers a layer can learn, and what it gives with K and b for them."""
    if isinstance(layer_class, nn.Module):
        raise ValueError("请交类本身，不要加括号：check.conv2d_layer(MyConv2D)")
    size = tuple(K.shape)
    layer = layer_class(size) if b is not None else layer_class(size, bias=False)
    values = {K.numel(): K} if b is None else {K.numel(): K, 1: torch.tensor(b)}
    count = sum(p.numel() for p in layer.parameters())
    told = f"{count} 个要学的数"
    if sorted(p.numel() for p in layer.parameters()) != sorted(values):
        return told, "没有再算输出"
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(values[parameter.numel()].reshape(parameter.shape))
    Y = layer(X)
    return None if Y is None else (told, Y)


def _is_detached(layer_class):
    layer = layer_class((2, 2))
    total = layer(torch.ones(3, 3)).sum()
    if not total.requires_grad:
        return True
    return None in torch.autograd.grad(total, list(layer.parameters()), allow_unused=True)


def _add(layer, X):
    Y = by_hand(X, layer.weight)
    return Y if layer.bias is None else Y + layer.bias


def _layer(*, weight_as=nn.Parameter, bias_as=nn.Parameter, bias_size=1, forward=_add):
    """A layer class, right if nothing else is asked for."""

    class Layer(nn.Module):
        def __init__(self, kernel_size, bias=True):
            super().__init__()
            self.weight = weight_as(torch.rand(kernel_size))
            self.bias = bias_as(torch.zeros(bias_size or kernel_size)) if bias else None

        def forward(self, X):
            return forward(self, X)

    return Layer


class _Misnamed(nn.Module):
    def _init_(self, kernel_size, bias=True):
        super().__init__()


class _NoSuper(nn.Module):
    def __init__(self, kernel_size, bias=True):
        self.weight = nn.Parameter(torch.rand(kernel_size))


class _NoSwitch(_layer()):
    def __init__(self, kernel_size):
        super().__init__(kernel_size)


class _AlwaysBias(_layer()):
    def __init__(self, kernel_size, bias=True):
        super().__init__(kernel_size)


conv2d_layer = Exercise(
    "conv2d_layer",
    answer=_layer(),
    cases=_layer_cases,
    use=_layer_output,
    mistakes={
        "misnamed": _Misnamed,
        "no_super": _NoSuper,
        "no_switch": _NoSwitch,
        "plain": _layer(weight_as=torch.Tensor, bias_as=torch.Tensor),
        "plain_weight": _layer(weight_as=torch.Tensor),
        "no_bias": _layer(bias_as=torch.Tensor),
        "always_bias": _AlwaysBias,
        "bias_per_cell": _layer(bias_size=None),
        "bias_unused": _layer(forward=lambda layer, X: by_hand(X, layer.weight)),
        "bias_in_kernel": _layer(
            forward=lambda layer, X: by_hand(
                X, layer.weight if layer.bias is None else layer.weight + layer.bias
            )
        ),
    },
    texts=TEXTS["conv2d_layer"],
    rules={"detached": _is_detached},
)


def _fits(generator):
    for n, k in _sizes(generator, smallest=2):
        X, W = integers(generator, *n, low=-2, high=3), integers(generator, *k, low=-2, high=2)
        yield X, integers(generator, *by_hand(X, W).shape, low=-2, high=4), W


def _error(X, Y, W):
    return by_hand(X, W) - Y


def _gradient(X, Y, W):
    return 2 * by_hand(X, _error(X, Y, W))


def _one_pixel(X, Y, W):
    rows, cols = Y.shape
    return torch.full_like(W, 2 * (_error(X, Y, W) * X[:rows, :cols]).sum())


kernel_gradient = Exercise(
    "kernel_gradient",
    answer=_gradient,
    cases=_fits,
    mistakes={
        "sign": lambda X, Y, W: -_gradient(X, Y, W),
        "forgot_two": lambda X, Y, W: _gradient(X, Y, W) / 2,
        "sign_and_two": lambda X, Y, W: -_gradient(X, Y, W) / 2,
        "mean": lambda X, Y, W: _gradient(X, Y, W) / Y.numel(),
        "target": lambda X, Y, W: 2 * by_hand(X, Y),
        "prediction": lambda X, Y, W: 2 * by_hand(X, by_hand(X, W)),
        "flipped": lambda X, Y, W: 2 * by_hand(X, _error(X, Y, W).flip(0, 1)),
        "outputs": lambda X, Y, W: 2 * _error(X, Y, W),
        "one_pixel": _one_pixel,
        "backward": lambda X, Y, W: W.sum().backward(),
        "sums": lambda X, Y, W: 2 * _error(X, Y, W).sum() * by_hand(X, torch.ones_like(Y)),
    },
    texts=TEXTS["kernel_gradient"],
    rules={"autograd": lambda function: mentions(function, "backward", "autograd", "grad")},
)


def _lessons(generator):
    for X, Y, W in _fits(generator):
        yield X, Y, tuple(W.shape), 0.01, integer(generator, 1, 4)


def _descend(X, Y, kernel_size, lr, steps):
    W = torch.zeros(kernel_size)
    for _ in range(steps):
        W = W - lr * _gradient(X, Y, W)
    return W


def _accumulates(X, Y, kernel_size, lr, steps):
    W, total = torch.zeros(kernel_size), 0
    for _ in range(steps):
        total = total + _gradient(X, Y, W)
        W = W - lr * total
    return W


def _from_random(X, Y, kernel_size, lr, steps):
    W = torch.rand(kernel_size)
    for _ in range(steps):
        W = W - lr * _gradient(X, Y, W)
    return W


def _fails_later(error):
    """One step goes well, the second finds no gradient."""

    def fit(X, Y, kernel_size, lr, steps):
        if steps > 1:
            raise error
        return _descend(X, Y, kernel_size, lr, steps)

    return fit


def _not_scalar(X, Y, kernel_size, lr, steps):
    if Y.numel() > 1:
        raise RuntimeError
    return _descend(X, Y, kernel_size, lr, steps)


def _in_graph(X, Y, kernel_size, lr, steps):
    W = torch.zeros(kernel_size, requires_grad=True)
    W -= lr


def _no_flag(X, Y, kernel_size, lr, steps):
    torch.zeros(kernel_size).sum().backward()


def _zeroed_early(X, Y, kernel_size, lr, steps):
    torch.zeros(kernel_size, requires_grad=True).grad.zero_()


fit_kernel = Exercise(
    "fit_kernel",
    answer=_descend,
    cases=_lessons,
    mistakes={
        "uphill": lambda X, Y, k, lr, steps: _descend(X, Y, k, -lr, steps),
        "accumulates": _accumulates,
        "once": lambda X, Y, k, lr, steps: _descend(X, Y, k, lr * steps, 1),
        "mean": lambda X, Y, k, lr, steps: _descend(X, Y, k, lr / Y.numel(), steps),
        "half": lambda X, Y, k, lr, steps: _descend(X, Y, k, lr / 2, steps),
        "one_less": lambda X, Y, k, lr, steps: _descend(X, Y, k, lr, steps - 1),
        "one_more": lambda X, Y, k, lr, steps: _descend(X, Y, k, lr, steps + 1),
        "first_only": lambda X, Y, k, lr, steps: _descend(X, Y, k, lr, 1),
        "random": _from_random,
        "rebound": _fails_later(TypeError),
        "rebound_apart": _fails_later(RuntimeError),
        "in_graph": _in_graph,
        "not_scalar": _not_scalar,
        "no_flag": _no_flag,
        "zeroed_early": _zeroed_early,
    },
    texts=TEXTS["fit_kernel"],
)
