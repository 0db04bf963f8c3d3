"""Exercises of the chapter on DenseNet."""

from functools import partial
from math import ceil

import torch
from torch import nn

from ._cases import integer, integers
from ._exercise import Exercise
from ._modules import output_of
from ._student import has_loop

TEXTS = {
    "dense_channels": {
        "task": "每个稠密块输出多少个通道 (c, k, convs) → 列表。",
        "hints": (
            "一个块有 n 层，每层添 k 个：通道从 c 变成多少？过渡层放在哪里？",
            "过渡层在块与块之间，比块少一个。每个块记下它的输出，然后才减半。",
            "c = c + n * k；outputs.append(c)；c = c // 2",
        ),
        "no_halving": "块与块之间的过渡层要把通道减半（c // 2）。",
        "halved_too_early": "记的是过渡层之后的通道。先记下块的输出，再减半。",
        "all_halved": "记的是过渡层之后的通道，最后一块后面又没有过渡层。先记下块的输出，再减半。",
        "not_passed_on": "每个块都从开头的 c 个通道算起：下一个块读的，是上一个块的输出减半。",
        "halved_first": "第一个块之前没有过渡层：开头的 c 个通道原样进第一个块。",
        "one_layer": "每个块只添了一次 k：n 层一共添 n·k 个。",
        "input_lost": "块的输出里还有它的输入：c + n·k，不只是 n·k。",
        "fraction": "减半要取整：c // 2。c / 2 可能带小数。",
        "last": "只给了最后一个数：每个块的输出都要。",
        "with_input": "多了开头的通道：只列各个块的输出。",
    },
    "dense_bottleneck": {
        "task": "DenseNet-BC 的一层 (c, k) → nn.Module：读 c 个通道，给出 k 个新的。",
        "hints": (
            "一层里有两个卷积。每个卷积前面各有什么？",
            "BN、ReLU、1×1 卷积（c 到 4k），再来 BN、ReLU、3×3 卷积（4k 到 k，填充 1）。",
            "nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 4 * k, 1, bias=False), "
            "nn.BatchNorm2d(4 * k), …)",
        ),
        "post": "先卷积后 BN 了。这里的次序是 BN → ReLU → 卷积。",
        "relu_first": "ReLU 放在了 BN 前面：先 BN，后 ReLU。",
        "no_first": "第一个卷积前面少了 BN 和 ReLU：这一层从 BN 开始，读到的先归一化，再截断。",
        "bn_width": "第二个 BN 读的是 1×1 卷积的输出，有 4k 个通道，不是 c 个。",
        "both_3x3": "两个卷积都是 3×3：瓶颈是 1×1 卷积，先便宜地减少通道。",
        "no_second": "第二个卷积前面也要有 BN 和 ReLU。两个卷积直接相连，合起来只是线性的。",
        "no_second_bn": "第二个卷积前面少了 BN。",
        "no_second_relu": "第二个卷积前面少了 ReLU。",
        "width_c": "瓶颈的宽度是 4k，与读多少个通道无关；你用的是 4c。",
        "width_k": "瓶颈的宽度是 4k；你用的是 k。",
        "biases": "卷积带着偏置：写 bias=False。",
        "first_bias": "1×1 卷积带着偏置：写 bias=False。",
        "second_bias": "3×3 卷积带着偏置：写 bias=False。",
        "no_padding": "3×3 卷积没有填充，图变小了，就接不到旧的后面。",
        "padded_1x1": "1×1 卷积不看邻居，不要填充。",
        "swapped": "两个卷积的次序反了：先 1×1 减少通道，再 3×3。",
        "joined": "连结是块的事。这一层只返回 k 个新的通道。",
        "extra_relu": "最后多了 ReLU：以卷积结束，由读它的人来做 BN 和 ReLU。",
        "no_bottleneck": "没有瓶颈：3×3 卷积前面要有 1×1 卷积。",
    },
    "dense_block": {
        "task": "把一串现成的层稠密地连起来 (layers) → nn.Module。",
        "hints": (
            "第二层读什么？块返回什么？",
            "每一层读 [x, 前面各层的输出] 连结起来的，旧的在前，沿 dim=1。"
            "返回的也是全部。层要放进 nn.ModuleList。",
            "for layer in self.layers: x = torch.cat([x, layer(x)], dim=1)",
        ),
        "python_list": "层放在普通的列表里，PyTorch 看不见它们的参数，"
        "train()、eval() 也管不到：用 nn.ModuleList(layers)。",
        "reversed": "次序反了：旧的在前，新的接在后面，torch.cat([x, 新的], dim=1)。",
        "plain": "没有连结，只把新的传了下去。",
        "only_new": "块的输入丢了：返回的应当连输入也在里面。",
        "last": "只返回了最后一层的输出：应返回全部通道。",
        "last_not_joined": "最后一层的输出没有接上去。",
        "dim_0": "沿着批量（dim=0）连结了：通道是 dim=1。",
        "dim_2": "沿着高（dim=2）连结了：通道是 dim=1。",
        "dim_3": "沿着宽（dim=3 或 -1）连结了：通道是 dim=1。",
        "not_updated": "每一层读的都还是最初的 x：连结的结果要传给下一层。",
        "x_and_new": "下一层读的是最初的 x 和刚算的，中间的丢了：要全部留着。",
        "added": "这是相加（ResNet）：应当用 torch.cat 连结。",
        "twice": "把读到的全部又加进了列表，旧的就重复了：只加新的。",
    },
    "transition": {
        "task": "带压缩率的过渡层 (c, theta) → nn.Module，池化在卷积之前。",
        "hints": (
            "输出有几个通道？池化放在哪一样的后面，哪一样的前面？",
            "BN → ReLU → 2×2 平均池化 → 1×1 卷积，从 c 到 int(theta * c) 个通道。",
            "nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(…))",
        ),
        "half": "通道总是减半：应是 int(theta * c)。",
        "ceil": "通道数要向下取整：int(theta * c)。",
        "unchanged": "通道没有变少：1×1 卷积的输出是 int(theta * c) 个。",
        "max_pool": "用了最大池化：这里要平均池化。最大池化与 1×1 卷积不能交换。",
        "no_pool": "没有池化：高和宽也要减半。",
        "strided": "用步幅 2 的 1×1 卷积，四个像素只看一个：应当用平均池化。",
        "no_bn": "少了 BN：先 BN、ReLU。",
        "no_relu": "少了 ReLU：BN 之后有 ReLU。",
        "relu_first": "ReLU 放在了 BN 前面：先 BN，后 ReLU。",
        "post": "先卷积后 BN 了。这里先 BN → ReLU。",
        "pool_first": "池化放在了 ReLU 前面：平均与 ReLU 不能交换。"
        "池化只能移到 ReLU 之后、卷积之前。",
        "bias": "卷积带着偏置：写 bias=False。",
        "pool_late": "池化在卷积之后，卷积的乘加是四倍。把池化移到 1×1 卷积之前，结果一样。",
    },
    "dense_kept": {
        "task": "一个稠密块为反向传播存下多少个数 (c, k, n, h, w) → 整数，不用循环。",
        "hints": (
            "第 i 层读几个通道？每个读到的通道存几份？",
            "第 i 层（从 0 数起）读 c + i·k 个通道，存两份。0 + 1 + … + (n-1) 等于多少？",
            "2 * h * w * (n * c + k * n * (n - 1) // 2)",
        ),
        "once": "每个读到的通道存两份：BN 的输入，卷积的输入。",
        "one_more": "多算了一层：各层读的是 c、c + k、…、c + (n-1)·k，"
        "0 加到 n-1 是 n(n-1)/2。块的输出由后面的层去存。",
        "squared": "0 + 1 + … + (n-1) 是 n(n-1)/2，不是 n·n/2。",
        "linear": "只算了一份块的输出。每一层都要存它读到的全部通道。",
        "new_only": "只算了新添的通道：每一层存的是它读到的全部，连结复制出来的也算。",
        "same_c": "每层都当作读 c 个通道：第 i 层读 c + i·k 个。",
        "input_once": "输入的 c 个通道每一层都要读，都要存：是 n·c，不是 c。",
        "one_pixel": "每个通道有 h·w 个数。",
        "bytes": "乘了 4，那是字节数；这里数的是有多少个数。",
        "loops": "用了循环。这一题要一个公式：0 + 1 + … + (n-1) = n(n-1)/2。",
    },
}


def _channels(c, k, convs, *, halve=lambda c: c // 2, first=False, before=False):
    outputs = []
    for i, n in enumerate(convs):
        if first and i == 0:
            c = halve(c)
        c += n * k
        is_last = i == len(convs) - 1
        outputs.append(halve(c) if before and not is_last else c)
        c = halve(c)
    return outputs


def _one_layer(c, k, convs):
    return _channels(c, k, [1] * len(convs))


def _channel_cases(generator):
    yield 64, 32, [4, 4, 4, 4]
    while True:
        convs = [integer(generator, 1, 6) for _ in range(integer(generator, 1, 4))]
        yield integer(generator, 3, 20), integer(generator, 1, 8), convs


dense_channels = Exercise(
    "dense_channels",
    answer=_channels,
    cases=_channel_cases,
    mistakes={
        "no_halving": partial(_channels, halve=lambda c: c),
        "halved_too_early": partial(_channels, before=True),
        "all_halved": lambda c, k, convs: [m // 2 for m in _channels(c, k, convs)],
        "not_passed_on": lambda c, k, convs: [c + n * k for n in convs],
        "halved_first": partial(_channels, first=True),
        "one_layer": _one_layer,
        "input_lost": lambda c, k, convs: [n * k for n in convs],
        "fraction": partial(_channels, halve=lambda c: c / 2),
        "last": lambda c, k, convs: _channels(c, k, convs)[-1],
        "with_input": lambda c, k, convs: [c, *_channels(c, k, convs)],
    },
    texts=TEXTS["dense_channels"],
)


def _bottleneck(
    c,
    k,
    *,
    mid=None,
    sides=(1, 3),
    biases=(False, False),
    pads=(0, 1),
    norms=(0, 1),
    relus=(0, 1),
    end=(),
):
    mid = 4 * k if mid is None else mid
    layers = []
    for i, (c_in, c_out, size) in enumerate(((c, mid, sides[0]), (mid, k, sides[1]))):
        if i in norms:
            layers.append(nn.BatchNorm2d(c_in))
        if i in relus:
            layers.append(nn.ReLU())
        layers.append(nn.Conv2d(c_in, c_out, size, padding=pads[i], bias=biases[i]))
    return nn.Sequential(*layers, *end)


def _post(c, k):
    return nn.Sequential(
        nn.Conv2d(c, 4 * k, 1, bias=False),
        nn.BatchNorm2d(4 * k),
        nn.ReLU(),
        nn.Conv2d(4 * k, k, 3, padding=1, bias=False),
        nn.BatchNorm2d(k),
        nn.ReLU(),
    )


def _relu_first(c, k):
    return nn.Sequential(
        nn.ReLU(),
        nn.BatchNorm2d(c),
        nn.Conv2d(c, 4 * k, 1, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(4 * k),
        nn.Conv2d(4 * k, k, 3, padding=1, bias=False),
    )


def _swapped(c, k):
    return nn.Sequential(
        nn.BatchNorm2d(c),
        nn.ReLU(),
        nn.Conv2d(c, 4 * k, 3, padding=1, bias=False),
        nn.BatchNorm2d(4 * k),
        nn.ReLU(),
        nn.Conv2d(4 * k, k, 1, bias=False),
    )


def _bn_width(c, k):
    layers = _bottleneck(c, k)
    layers[3] = nn.BatchNorm2d(c)
    return layers


def _no_bottleneck(c, k):
    conv = nn.Conv2d(c, k, 3, padding=1, bias=False)
    return nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), conv)


class _Dense(nn.Module):
    """Layers joined in a student's own way."""

    def __init__(self, layers, forward, container=nn.ModuleList):
        super().__init__()
        self.layers, self.apply_layers = container(layers), forward

    def forward(self, x):
        return self.apply_layers(self.layers, x)


def _joined_layer(c, k):
    return _Dense([_bottleneck(c, k)], _joining())


def _layer_cases(generator):
    while True:
        c, k = integer(generator, 2, 5), integer(generator, 1, 3)
        size = [integer(generator, 3, 5) for _ in range(2)]
        yield integers(generator, 2, c, *size), k


def _use_bottleneck(submission, X, k):
    return output_of(submission(X.shape[1], k), X)


dense_bottleneck = Exercise(
    "dense_bottleneck",
    answer=_bottleneck,
    cases=_layer_cases,
    use=_use_bottleneck,
    mistakes={
        "post": _post,
        "relu_first": _relu_first,
        "no_first": partial(_bottleneck, norms=(1,), relus=(1,)),
        "bn_width": _bn_width,
        "both_3x3": partial(_bottleneck, sides=(3, 3), pads=(1, 1)),
        "no_second": partial(_bottleneck, norms=(0,), relus=(0,)),
        "no_second_bn": partial(_bottleneck, norms=(0,)),
        "no_second_relu": partial(_bottleneck, relus=(0,)),
        "width_c": lambda c, k: _bottleneck(c, k, mid=4 * c),
        "width_k": lambda c, k: _bottleneck(c, k, mid=k),
        "biases": partial(_bottleneck, biases=(True, True)),
        "first_bias": partial(_bottleneck, biases=(True, False)),
        "second_bias": partial(_bottleneck, biases=(False, True)),
        "no_padding": partial(_bottleneck, pads=(0, 0)),
        "padded_1x1": partial(_bottleneck, pads=(1, 1)),
        "swapped": _swapped,
        "joined": lambda c, k: _joined_layer(c, k),
        "extra_relu": lambda c, k: _bottleneck(c, k, end=[nn.ReLU()]),
        "no_bottleneck": _no_bottleneck,
    },
    texts=TEXTS["dense_bottleneck"],
    count=12,
)


def _joining(join=lambda x, y: torch.cat([x, y], dim=1)):
    """A forward pass that keeps one tensor."""

    def forward(layers, x):
        for layer in layers:
            x = join(x, layer(x))
        return x

    return forward


def _only_new(layers, x):
    return _joining()(layers, x)[:, x.shape[1] :]


def _last(layers, x):
    new = x
    for layer in layers:
        new = layer(x)
        x = torch.cat([x, new], dim=1)
    return new


def _last_not_joined(layers, x):
    return _joining()(layers[:-1], x)


def _not_updated(layers, x):
    for layer in layers:
        y = torch.cat([x, layer(x)], dim=1)
    return y


def _x_and_new(layers, x):
    y = x
    for layer in layers:
        y = torch.cat([x, layer(y)], dim=1)
    return y


def _twice(layers, x):
    kept = [x]
    for layer in layers:
        read = torch.cat(kept, dim=1)
        kept.append(torch.cat([read, layer(read)], dim=1))
    return torch.cat(kept, dim=1)


def _along(dim):
    return lambda layers: _Dense(layers, _joining(lambda x, y: torch.cat([x, y], dim=dim)))


def _with(forward):
    return lambda layers: _Dense(layers, forward)


def _block_cases(generator):
    while True:
        c, k, n = (integer(generator, 1, 3) for _ in range(3))
        size = integer(generator, 3, 4), integer(generator, 5, 6)
        yield integers(generator, 2, c, *size), k, n


def _use_block(submission, X, k, n):
    c = X.shape[1]
    return output_of(submission([_no_bottleneck(c + i * k, k) for i in range(n)]), X)


dense_block = Exercise(
    "dense_block",
    answer=_with(_joining()),
    cases=_block_cases,
    use=_use_block,
    mistakes={
        "python_list": lambda layers: _Dense(layers, _joining(), container=list),
        "reversed": _with(_joining(lambda x, y: torch.cat([y, x], dim=1))),
        "plain": _with(_joining(lambda x, y: y)),
        "only_new": _with(_only_new),
        "last": _with(_last),
        "last_not_joined": _with(_last_not_joined),
        "dim_0": _along(0),
        "dim_2": _along(2),
        "dim_3": _along(3),
        "not_updated": _with(_not_updated),
        "x_and_new": _with(_x_and_new),
        "added": _with(_joining(lambda x, y: x + y)),
        "twice": _with(_twice),
    },
    texts=TEXTS["dense_block"],
    count=24,
)


def _transition(c, theta, *, out=None, bias=False, leave_out=(), pool=nn.AvgPool2d, order="BRPC"):
    out = int(theta * c) if out is None else out
    parts = {
        "B": nn.BatchNorm2d(out if order.index("C") < order.index("B") else c),
        "R": nn.ReLU(),
        "P": pool(2),
        "C": nn.Conv2d(c, out, 1, bias=bias),
    }
    return nn.Sequential(*(parts[name] for name in order if name not in leave_out))


def _strided(c, theta):
    conv = nn.Conv2d(c, int(theta * c), 1, stride=2, bias=False)
    return nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), conv)


def _transition_cases(generator):
    while True:
        theta = (0.25, 0.5, 0.75, 1.0)[integer(generator, 0, 3)]
        c, size = integer(generator, 4, 7), [2 * integer(generator, 1, 3) for _ in range(2)]
        yield integers(generator, 2, c, *size), theta


def _use_transition(submission, X, theta):
    return output_of(submission(X.shape[1], theta), X)


def _pools_late(submission):
    """Whether a convolution still reads the large map."""
    module, sides = submission(4, 0.5), []
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _, inputs, y: sides.append(inputs[0].shape[-1]))
    output_of(module, torch.zeros(1, 4, 8, 8))
    return 8 in sides


transition = Exercise(
    "transition",
    answer=_transition,
    cases=_transition_cases,
    use=_use_transition,
    mistakes={
        "half": lambda c, theta: _transition(c, 0.5),
        "ceil": lambda c, theta: _transition(c, theta, out=ceil(theta * c)),
        "unchanged": lambda c, theta: _transition(c, 1.0),
        "max_pool": partial(_transition, pool=nn.MaxPool2d),
        "max_pool_late": partial(_transition, pool=nn.MaxPool2d, order="BRCP"),
        "no_pool": partial(_transition, leave_out="P"),
        "strided": _strided,
        "no_bn": partial(_transition, leave_out="B"),
        "no_relu": partial(_transition, leave_out="R"),
        "relu_first": partial(_transition, order="RBPC"),
        "post": partial(_transition, order="CBRP"),
        "pool_first": partial(_transition, order="PBRC"),
        "bias": partial(_transition, bias=True),
    },
    texts=TEXTS["transition"] | {"max_pool_late": TEXTS["transition"]["max_pool"]},
    rules={"pool_late": _pools_late},
    count=16,
)


def _kept(c, k, n, h, w):
    return 2 * h * w * (n * c + k * n * (n - 1) // 2)


def _kept_cases(generator):
    yield 64, 32, 4, 24, 24
    while True:
        sizes = integer(generator, 2, 6), integer(generator, 2, 7)
        yield integer(generator, 1, 9), integer(generator, 1, 6), integer(generator, 1, 6), *sizes


dense_kept = Exercise(
    "dense_kept",
    answer=_kept,
    cases=_kept_cases,
    mistakes={
        "once": lambda c, k, n, h, w: _kept(c, k, n, h, w) // 2,
        "one_more": lambda c, k, n, h, w: 2 * h * w * (n * c + k * n * (n + 1) // 2),
        "squared": lambda c, k, n, h, w: 2 * h * w * (n * c + k * n * n // 2),
        "linear": lambda c, k, n, h, w: 2 * h * w * (c + n * k),
        "new_only": lambda c, k, n, h, w: 2 * h * w * n * k,
        "same_c": lambda c, k, n, h, w: 2 * h * w * n * c,
        "input_once": lambda c, k, n, h, w: 2 * h * w * (c + k * n * (n - 1) // 2),
        "one_pixel": lambda c, k, n, h, w: _kept(c, k, n, 1, 1),
        "bytes": lambda c, k, n, h, w: 4 * _kept(c, k, n, h, w),
    },
    texts=TEXTS["dense_kept"],
    rules={"loops": has_loop},
)
