"""Exercises of the chapter on ResNet."""

from functools import lru_cache, partial

import torch
from torch import nn

from .. import models
from ..models.resnet import Residual
from ._cases import integer
from ._exercise import Exercise
from ._modules import output_of

NAMES = ("resnet18", "resnet34", "resnet50")
NEVER = "形状变了而捷径还是原样，加不起来。通道或步幅只要有一样变了，捷径就要 1×1 卷积。"
TEXTS = {
    "block_parameters": {
        "task": "残差块的参数个数 (c_in, c_out, stride)，按论文的写法。",
        "hints": (
            "主路上有两个卷积、两个 BN。第二个卷积的输入有几个通道？",
            "卷积没有偏置；一个 BN 有 2 * c_out 个参数。捷径什么时候才有参数？",
            "9 * c_in * c_out + 9 * c_out**2 + 4 * c_out；形状变了再加 c_in * c_out + 2 * c_out",
        ),
        "conv_biases": "卷积的偏置也数进去了：后面有 BN，论文的卷积不要偏置。",
        "no_bn": "漏了 BN：每个通道有 gamma 和 beta 两个参数。",
        "half_bn": "一个 BN 每个通道有两个参数（gamma 和 beta），你只数了一个。",
        "running": "把 BN 的滑动平均也数进去了：它们不是学出来的，不算参数。",
        "no_shortcut": "漏了捷径上的 1×1 卷积和它的 BN。",
        "always_shortcut": "形状不变时捷径是原样送过去，没有参数。",
        "channels_only": "步幅是 2 时形状也变了，通道数不变也要 1×1 卷积。",
        "stride_only": "通道数变了，步幅是 1 也要 1×1 卷积。",
        "plain_shortcut": "捷径上的 BN 没有数：论文在 1×1 卷积之后也有 BN。",
        "first_twice": "第二个卷积的输入已经是 c_out 个通道了。",
        "large_shortcut": "捷径上是 1×1 卷积，不是 3×3。",
    },
    "residual_block": {
        "task": "残差块 (c_in, c_out, stride=1) → nn.Module，按论文的写法。",
        "hints": (
            "x 走哪两条路？最后一个 ReLU 在相加之前还是之后？",
            "主路：卷积（步幅在这里）、BN、ReLU、卷积、BN。捷径：形状不变用 nn.Identity()，"
            "变了用 1×1 卷积和 BN。卷积都写 bias=False。",
            "changes = c_in != c_out or stride != 1；forward 里 "
            "return torch.relu(self.g(x) + self.shortcut(x))",
        ),
        "relu_before_add": "最后一个 ReLU 做在相加之前了：先相加，再 ReLU。",
        "relu_twice": "第二个 BN 之后多了一个 ReLU，g 就不能是负数了。只在相加之后做。",
        "no_last_relu": "相加之后少了 ReLU。",
        "no_first_relu": "两个卷积之间少了 ReLU。",
        "no_add": "没有加上捷径：这是普通的块。",
        "never": NEVER,
        "channels_only": "只看了通道数。通道不变、步幅是 2 时，图缩小了，捷径也要 1×1 卷积。",
        "stride_only": "只看了步幅。步幅是 1、通道数变了，捷径也要 1×1 卷积。",
        "always": "形状不变时捷径应是原样的 x，不要 1×1 卷积。",
        "second_stride": "步幅放在了第二个卷积上：应在第一个。",
        "no_bn": "没有 BN：每个卷积之后都有一个。",
        "no_second_bn": "第二个卷积之后少了 BN。",
        "no_shortcut_bn": "捷径的 1×1 卷积之后少了 BN（《动手学深度学习》没有，论文有）。",
        "biases": "卷积带着偏置。后面有 BN，写 bias=False。",
        "main_biases": "3×3 卷积带着偏置。后面有 BN，写 bias=False。",
        "shortcut_bias": "捷径上的卷积带着偏置。后面有 BN，写 bias=False。",
        "shortcut_relu": "捷径上多了 ReLU：相加之前，捷径上只有卷积和 BN。",
        "large_shortcut": "捷径上用了 3×3 卷积：应是 1×1。",
        "textbook": "这是《动手学深度学习》的写法：卷积带偏置，捷径上没有 BN。这一题按论文的写法。",
        "shared_bn": "两个卷积之后用了同一个 BN：它们共用一套参数。每处各建一个 nn.BatchNorm2d。",
        "pre_activation": "这是预激活的写法（先 BN、ReLU，后卷积）。这一题要 2015 年的次序。",
    },
    "bottleneck": {
        "task": "瓶颈块 (c_in, c_mid, stride=1) → nn.Module，输出 4 * c_mid 个通道。",
        "hints": (
            "三个卷积各从几个通道到几个通道？步幅放在哪一个？",
            "1×1：c_in → c_mid；3×3：c_mid → c_mid，步幅在这里；1×1：c_mid → 4 * c_mid。"
            "前两个之后有 BN 和 ReLU，第三个之后只有 BN。",
            "changes = c_in != 4 * c_mid or stride != 1，捷径从 c_in 到 4 * c_mid。",
        ),
        "first_stride": "步幅放在了第一个 1×1 上：那样四个像素有三个没人看。放在 3×3 上。",
        "last_stride": "步幅放在了最后一个 1×1 上：那样四个像素有三个白算了。放在 3×3 上。",
        "no_expansion": "最后的 1×1 要扩到 4 * c_mid 个通道。",
        "wide": "3×3 应在窄处做：c_mid 到 c_mid。",
        "relu_before_add": "最后一个 ReLU 做在相加之前了：先相加，再 ReLU。",
        "relu_twice": "第三个 BN 之后多了一个 ReLU。只在相加之后做。",
        "no_last_relu": "相加之后少了 ReLU。",
        "one_relu": "前两个卷积之后各有一个 ReLU，你的少了。",
        "never": NEVER,
        "stride_only": "只看了步幅。步幅是 1、c_in 不等于 4 * c_mid 时，捷径也要 1×1 卷积。",
        "channels_only": "只看了通道数。步幅是 2 时图缩小了，捷径也要 1×1 卷积。",
        "compared_mid": "捷径要不要 1×1，应看 c_in 与输出的 4 * c_mid，你比的是 c_mid。",
        "always": "形状不变时捷径应是原样的 x，不要 1×1 卷积。",
        "biases": "卷积带着偏置。后面有 BN，写 bias=False。",
        "no_last_bn": "第三个卷积之后少了 BN。",
        "no_shortcut_bn": "捷径的 1×1 卷积之后少了 BN。",
        "no_add": "没有加上捷径。",
        "shared_bn": "前两个卷积之后用了同一个 BN：它们共用一套参数。每处各建一个 nn.BatchNorm2d。",
        "padded": "1×1 卷积不要填充：它不看邻居，填充会让图变大。",
    },
    "stage": {
        "task": "一个阶段 (c_in, c_out, repeat, stride) → nn.Module，用 Residual 搭。",
        "hints": (
            "第一块与其余的块有什么不同？",
            "第一块从 c_in 到 c_out，步幅是 stride；其余从 c_out 到 c_out，步幅是 1。",
            "blocks = [Residual(c_in, c_out, strides=stride)]，再 append repeat - 1 块，"
            "最后 nn.Sequential(*blocks)",
        ),
        "every_stride": "每一块都用了步幅：只有第一块缩小，其余步幅是 1。",
        "last_stride": "步幅放在了最后一块：应在第一块。",
        "no_stride": "没有用步幅：第一块要 strides=stride。",
        "always_two": "第一块的步幅固定成 2 了：应是参数 stride（第一个阶段是 1）。",
        "every_c_in": "其余的块输入已经是 c_out 个通道了，还用 c_in 就接不上。",
        "one_more": "多了一块：一共 repeat 块，第一块也算。",
        "one_block": "只有一块：一共要 repeat 块。",
        "shared": "同一块用了几次，它们共用一套参数。[block] * n 和先建一块再重复都会这样："
        "每次都要新建一个 Residual。",
        "a_list": "返回的是列表，列表不能当作网络来用：nn.Sequential(*blocks)。",
        "style": "参数的个数是论文的写法（没有偏置，捷径上有 BN）。这一题请用书里的 Residual 的"
        "默认写法：不要给 style，也不要换成自己的块。",
        "positional": "步幅要写名字：strides=stride。Residual 的第三个参数是 use_1x1conv。",
        "always_1x1": "形状不变时捷径应是原样的 x：不要给 use_1x1conv，Residual 会自己看形状。",
        "last_widens": "通道数在最后一块才变：应在第一块。",
    },
    "depth": {
        "task": "数一个 ResNet 的层数 (net) → 整数，捷径不算。",
        "hints": (
            "哪些层算数？nn.Conv2d 和 nn.Linear。怎样走遍套在里面的层？",
            "net.named_modules() 给出每一层的名字，捷径里的层名字里有 shortcut。",
            "isinstance(m, (nn.Conv2d, nn.Linear)) and 'shortcut' not in name",
        ),
        "with_shortcuts": "捷径上的 1×1 卷积也数进去了：按惯例不算。",
        "no_dense": "漏了最后的全连接层。",
        "no_dense_with_shortcuts": "漏了全连接层，又把捷径上的卷积数进去了。",
        "no_1x1": "跳过了全部 1×1 卷积：瓶颈里的 1×1 要算，只有捷径上的不算。",
        "with_bn": "BN 也数进去了：只数卷积和全连接。",
        "top": "只看了最外面一层：卷积套在阶段和块里，用 net.modules() 走遍。",
        "blocks": "数的是块：每块里有两个或三个卷积。",
        "two_each": "每块都当作两个卷积：瓶颈块有三个。",
        "ends": "捷径可能是 nn.Sequential，里面的卷积名字是 ….shortcut.0，"
        "不以 shortcut 结尾。看名字里有没有 shortcut。",
    },
}


def _shapes(generator):
    """Channels and stride: everything that may change or stay."""
    while True:
        c_in, c_out = integer(generator, 1, 4), integer(generator, 1, 4)
        if integer(generator, 0, 2) == 0:
            c_out = c_in
        yield c_in, c_out, integer(generator, 1, 2)


def _parameters(
    c_in,
    c_out,
    stride,
    *,
    bias=False,
    bn=2,
    changes=lambda i, o, s: i != o or s != 1,
    shortcut_bn=True,
    side=1,
    second_in=None,
):
    main = 9 * c_in * c_out + 9 * (c_in if second_in else c_out) * c_out
    count = main + 2 * (bn + bias) * c_out
    if changes(c_in, c_out, stride):
        count += side**2 * c_in * c_out + (bn * shortcut_bn + bias) * c_out
    return count


block_parameters = Exercise(
    "block_parameters",
    answer=lambda c_in, c_out, stride: _parameters(c_in, c_out, stride),
    cases=_shapes,
    mistakes={
        "conv_biases": partial(_parameters, bias=True),
        "no_bn": partial(_parameters, bn=0),
        "half_bn": partial(_parameters, bn=1),
        "running": partial(_parameters, bn=4),
        "no_shortcut": partial(_parameters, changes=lambda i, o, s: False),
        "always_shortcut": partial(_parameters, changes=lambda i, o, s: True),
        "channels_only": partial(_parameters, changes=lambda i, o, s: i != o),
        "stride_only": partial(_parameters, changes=lambda i, o, s: s != 1),
        "plain_shortcut": partial(_parameters, shortcut_bn=False),
        "first_twice": partial(_parameters, second_in=True),
        "large_shortcut": partial(_parameters, side=3),
    },
    texts=TEXTS["block_parameters"],
)


class _Block(nn.Module):
    """A block out of a list of convolutions, each ``(c_in, c_out, kernel, stride)``, and faults.

    Args:
        convs: The convolutions of the main path.
        changes: Whether the shortcut has a convolution.
        stride: Stride of the shortcut.
        bias: Biases in ``'main'``, ``'shortcut'``, ``'both'`` or none.
        bns: Which convolutions of the main path are normalised; all unless given.
        relus: Which are followed by a ReLU; all but the last unless given.
        shortcut_bn: Whether the shortcut is normalised.
        side: Kernel of the shortcut.
        end: ``'relu'`` after the sum, ``'none'``, ``'before'`` it only, ``'twice'``, ``'plain'``
            without the shortcut, or ``'side'``: on the shortcut too.
        padding: Padding of every convolution; half the kernel unless given.
    """

    def __init__(
        self,
        convs,
        changes,
        stride,
        *,
        bias="",
        bns=None,
        relus=None,
        shortcut_bn=True,
        side=1,
        end="relu",
        padding=None,
    ):
        super().__init__()
        self.end = end
        layers = []
        for i, (c_in, c_out, k, s) in enumerate(convs):
            biased = bias in ("main", "both")
            pad = k // 2 if padding is None else padding
            layers.append(nn.Conv2d(c_in, c_out, k, s, pad, bias=biased))
            if bns is None or i in bns:
                layers.append(nn.BatchNorm2d(c_out))
            if i in (range(len(convs) - 1) if relus is None else relus):
                layers.append(nn.ReLU())
        self.g = nn.Sequential(*layers)
        self.shortcut = nn.Sequential()
        if changes:
            c_in, c_out = convs[0][0], convs[-1][1]
            biased = bias in ("shortcut", "both")
            self.shortcut.append(nn.Conv2d(c_in, c_out, side, stride, side // 2, bias=biased))
            if shortcut_bn:
                self.shortcut.append(nn.BatchNorm2d(c_out))

    def forward(self, x):
        y, x = self.g(x), self.shortcut(x)
        ends = {
            "relu": lambda: torch.relu(y + x),
            "none": lambda: y + x,
            "before": lambda: torch.relu(y) + x,
            "twice": lambda: torch.relu(torch.relu(y) + x),
            "plain": lambda: torch.relu(y),
            "side": lambda: torch.relu(y + torch.relu(x)),
        }
        return ends[self.end]()


def _residual(c_in, c_out, stride=1, *, changes=None, strides=None, **faults):
    """The block of 2015."""
    first, second = strides or (stride, 1)
    if changes is None:
        changes = c_in != c_out or stride != 1
    convs = [(c_in, c_out, 3, first), (c_out, c_out, 3, second)]
    return _Block(convs, changes, stride, **faults)


class _PreActivation(nn.Module):
    """The block of 2016."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.g = nn.Sequential(
            nn.BatchNorm2d(c_in),
            nn.ReLU(),
            nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False),
        )
        self.shortcut = nn.Sequential()
        if c_in != c_out or stride != 1:
            self.shortcut.append(nn.Conv2d(c_in, c_out, 1, stride, bias=False))

    def forward(self, x):
        return self.g(x) + self.shortcut(x)


def _block_cases(generator):
    for c_in, c_out, stride in _shapes(generator):
        yield c_in, c_out, stride, torch.randn(2, c_in, 6, 6, generator=generator)


def _both_modes(module, X):
    """A block's output with the running statistics and with the batch's, and its parameters."""
    if module is None:  # forgot to return it
        return None
    outputs = output_of(module, X), output_of(module, X, training=True)
    return *outputs, _used_parameters(module, X)


def _used_parameters(module, X):
    """How many parameters the output depends on: shared ones count once, idle ones not."""
    if not isinstance(module, nn.Module):
        return 0
    with torch.enable_grad():
        module(X).sum().backward()
    return sum(p.numel() for p in module.parameters() if p.grad is not None)


def _share_norm(block):
    block.g[4] = block.g[1]
    return block


def _use_block(submission, c_in, c_out, stride, X):
    return _both_modes(submission(c_in, c_out, stride), X)


residual_block = Exercise(
    "residual_block",
    answer=_residual,
    cases=_block_cases,
    use=_use_block,
    mistakes={
        "relu_before_add": partial(_residual, end="before"),
        "relu_twice": partial(_residual, end="twice"),
        "no_last_relu": partial(_residual, end="none"),
        "no_first_relu": partial(_residual, relus=()),
        "no_add": partial(_residual, end="plain"),
        "channels_only": lambda i, o, s=1: _residual(i, o, s, changes=i != o),
        "stride_only": lambda i, o, s=1: _residual(i, o, s, changes=s != 1),
        "never": partial(_residual, changes=False),
        "always": partial(_residual, changes=True),
        "second_stride": lambda i, o, s=1: _residual(i, o, s, strides=(1, s)),
        "no_bn": partial(_residual, bns=(), shortcut_bn=False),
        "no_second_bn": partial(_residual, bns=(0,)),
        "no_shortcut_bn": partial(_residual, shortcut_bn=False),
        "biases": partial(_residual, bias="both"),
        "main_biases": partial(_residual, bias="main"),
        "shortcut_bias": partial(_residual, bias="shortcut"),
        "shortcut_relu": partial(_residual, end="side"),
        "large_shortcut": partial(_residual, side=3),
        "textbook": partial(_residual, bias="both", shortcut_bn=False),
        "shared_bn": lambda i, o, s=1: _share_norm(_residual(i, o, s)),
        "pre_activation": _PreActivation,
    },
    texts=TEXTS["residual_block"],
    count=16,
)


def _bottleneck(c_in, c_mid, stride=1, *, expansion=4, wide=False, at=1, changes=None, **faults):
    c_out = expansion * c_mid
    strides = [stride if i == at else 1 for i in range(3)]
    inner = c_out if wide else c_mid
    convs = [(c_in, c_mid, 1), (c_mid, inner, 3), (inner, c_out, 1)]
    if changes is None:
        changes = c_in != c_out or stride != 1
    layers = [(*conv, s) for conv, s in zip(convs, strides, strict=True)]
    return _Block(layers, changes, stride, **faults)


def _bottleneck_cases(generator):
    while True:
        c_mid, stride = integer(generator, 1, 3), integer(generator, 1, 2)
        c_in = (4 * c_mid, c_mid, 2 * c_mid, 4 * c_mid)[integer(generator, 0, 3)]
        yield c_in, c_mid, stride, torch.randn(2, c_in, 6, 6, generator=generator)


def _use_bottleneck(submission, c_in, c_mid, stride, X):
    return _both_modes(submission(c_in, c_mid, stride), X)


bottleneck = Exercise(
    "bottleneck",
    answer=_bottleneck,
    cases=_bottleneck_cases,
    use=_use_bottleneck,
    mistakes={
        "first_stride": partial(_bottleneck, at=0),
        "last_stride": partial(_bottleneck, at=2),
        "no_expansion": partial(_bottleneck, expansion=1),
        "wide": partial(_bottleneck, wide=True),
        "relu_before_add": partial(_bottleneck, end="before"),
        "relu_twice": partial(_bottleneck, end="twice"),
        "no_last_relu": partial(_bottleneck, end="none"),
        "one_relu": partial(_bottleneck, relus=(0,)),
        "compared_mid": lambda i, m, s=1: _bottleneck(i, m, s, changes=i != m or s != 1),
        "stride_only": lambda i, m, s=1: _bottleneck(i, m, s, changes=s != 1),
        "channels_only": lambda i, m, s=1: _bottleneck(i, m, s, changes=i != 4 * m),
        "never": partial(_bottleneck, changes=False),
        "always": partial(_bottleneck, changes=True),
        "biases": partial(_bottleneck, bias="both"),
        "no_last_bn": partial(_bottleneck, bns=(0, 1)),
        "no_shortcut_bn": partial(_bottleneck, shortcut_bn=False),
        "no_add": partial(_bottleneck, end="plain"),
        "shared_bn": lambda i, m, s=1: _share_norm(_bottleneck(i, m, s)),
        "padded": partial(_bottleneck, padding=1),
    },
    texts=TEXTS["bottleneck"],
    count=16,
)


def _stage(c_in, c_out, repeat, stride, *, strides=None, inputs=None, outputs=None, **style):
    strides = strides or [stride] + [1] * (repeat - 1)
    outputs = outputs or [c_out] * len(strides)
    inputs = inputs or [c_in, *outputs[:-1]]
    rows = zip(inputs, outputs, strides, strict=True)
    return nn.Sequential(*(Residual(i, o, strides=s, **style) for i, o, s in rows))


def _shared(c_in, c_out, repeat, stride):
    first, again = Residual(c_in, c_out, strides=stride), Residual(c_out, c_out)
    return nn.Sequential(first, *[again] * (repeat - 1))


def _first_block(c_in, c_out, repeat, stride, *third, **options):
    """A stage whose first block is built with these arguments after its channels."""
    first = Residual(c_in, c_out, *third, **options)
    return nn.Sequential(first, *(Residual(c_out, c_out) for _ in range(repeat - 1)))


def _stage_cases(generator):
    while True:
        c_in, repeat, stride = (integer(generator, *r) for r in ((1, 3), (2, 4), (1, 2)))
        c_out = c_in if stride == 1 and integer(generator, 0, 1) else 2 * c_in
        yield c_in, c_out, repeat, stride, torch.randn(1, c_in, 8, 8, generator=generator)


def _use_stage(submission, c_in, c_out, repeat, stride, X):
    """The output, and how many parameters there are: shared ones count once."""
    module = submission(c_in, c_out, repeat, stride)
    if module is None or module is ...:
        return module
    if isinstance(module, nn.ModuleList):  # cannot be called either
        module = list(module)
    return output_of(module, X), sum(p.numel() for p in module.parameters())


stage = Exercise(
    "stage",
    answer=_stage,
    cases=_stage_cases,
    use=_use_stage,
    mistakes={
        "a_list": lambda i, o, n, s: list(_stage(i, o, n, s)),
        "shared": _shared,
        "every_stride": lambda i, o, n, s: _stage(i, o, n, s, strides=[s] * n),
        "last_stride": lambda i, o, n, s: _stage(i, o, n, s, strides=[1] * (n - 1) + [s]),
        "no_stride": lambda i, o, n, s: _stage(i, o, n, s, strides=[1] * n),
        "always_two": lambda i, o, n, s: _stage(i, o, n, 2),
        "every_c_in": lambda i, o, n, s: _stage(i, o, n, s, inputs=[i] * n),
        "one_more": lambda i, o, n, s: _stage(i, o, n + 1, s),
        "one_block": lambda i, o, n, s: _stage(i, o, 1, s),
        "last_widens": lambda i, o, n, s: _stage(i, o, n, s, outputs=[i] * (n - 1) + [o]),
        "positional": lambda i, o, n, s: _first_block(i, o, n, s, s),
        "always_1x1": lambda i, o, n, s: _first_block(i, o, n, s, use_1x1conv=True, strides=s),
        "style": partial(_stage, style="torchvision"),
    },
    texts=TEXTS["stage"],
    count=16,
)


@lru_cache
def _net(name, style):
    return getattr(models.resnet, name)(width=1 / 16, style=style)


def _depth_cases(generator):
    for style in ("d2l", "torchvision"):
        for name in NAMES:
            yield name, style


def _use_depth(submission, name, style):
    return submission(_net(name, style))


LAYERS = (nn.Conv2d, nn.Linear)


def _count(net, *, kinds=LAYERS, counts=lambda name, module: "shortcut" not in name):
    found = [(name, m) for name, m in net.named_modules() if isinstance(m, kinds)]
    return sum(bool(counts(name, m)) for name, m in found)


def _blocks(net):
    return sum(hasattr(m, "shortcut") for m in net.modules())


depth = Exercise(
    "depth",
    answer=lambda net: _count(net),
    cases=_depth_cases,
    use=_use_depth,
    mistakes={
        "with_shortcuts": partial(_count, counts=lambda name, m: True),
        "no_dense": partial(_count, kinds=nn.Conv2d),
        "no_dense_with_shortcuts": partial(_count, kinds=nn.Conv2d, counts=lambda name, m: True),
        "no_1x1": partial(_count, counts=lambda name, m: getattr(m, "kernel_size", None) != (1, 1)),
        "with_bn": partial(_count, kinds=(*LAYERS, nn.BatchNorm2d)),
        "top": lambda net: sum(isinstance(m, LAYERS) for m in net.children()),
        "blocks": _blocks,
        "two_each": lambda net: 2 * _blocks(net) + 2,
        "ends": partial(_count, counts=lambda name, m: not name.endswith("shortcut")),
    },
    texts=TEXTS["depth"],
)
