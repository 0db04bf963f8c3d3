"""Exercises of the chapter on NiN."""

import torch
from torch import nn

from ._cases import integer, integers
from ._exercise import Exercise
from ._modules import output_of
from ._student import mentions

TEXTS = {
    "nin_parameters": {
        "task": "一个 NiN 块的参数个数 (c_i, c_o, k, num_1x1)。",
        "hints": (
            "1×1 卷积的输入有几个通道？它接在谁的后面？",
            "第一个卷积：c_o·(c_i·k·k + 1)。每个 1×1 卷积：c_o·(c_o + 1)。",
            "c_o * (c_i * k * k + 1) + num_1x1 * c_o * (c_o + 1)",
        ),
        "no_bias": "漏了偏置：每个卷积的每个输出通道都有一个。",
        "no_pointwise_bias": "1×1 卷积也有偏置，每个输出通道一个。",
        "no_first_bias": "漏了第一个卷积的偏置。",
        "input_channels": "1×1 卷积的输入通道数成了 c_i。它接在第一个卷积的后面，输入已经是 c_o。",
        "same_kernel": "1×1 卷积的核只有一格，你给它们也数了 k·k 格。",
        "always_two": "1×1 卷积固定数成了两个：应是 num_1x1 个。",
        "only_one": "1×1 卷积只数了一个：应是 num_1x1 个。",
        "no_pointwise": "漏了 1×1 卷积。",
        "per_pixel": "1×1 卷积数成了每个通道一个权重。它混合 c_o 个通道，有 c_o·c_o 个权重。",
        "k_once": "k 只乘了一次：核是 k·k 格。",
    },
    "deeper_nin_block": {
        "task": "有 num_1x1 个 1×1 卷积的 NiN 块"
        " (c_i, c_o, kernel_size, num_1x1, stride, padding) → nn.Module。",
        "hints": (
            "步幅和填充属于哪一个卷积？1×1 卷积的输入是几个通道？",
            "先放第一个卷积和 ReLU，再循环 num_1x1 次，每次放一个 nn.Conv2d(c_o, c_o, 1) "
            "和一个 ReLU。",
            "layers += [nn.Conv2d(c_o, c_o, 1), nn.ReLU()]，最后 nn.Sequential(*layers)",
        ),
        "no_relu": "一个 ReLU 也没有：几层卷积中间没有激活函数，合起来还是一层卷积。",
        "relu_only_last": "只在最后放了 ReLU。每个卷积后面都要有一个，不然几层 1×1 等于一层。",
        "relu_only_first": "只有第一个卷积后面有 ReLU：1×1 卷积后面也要。",
        "no_last_relu": "最后一个卷积后面少了 ReLU。",
        "padded_pointwise": "1×1 卷积也填充了，图就变大了。填充只给第一个卷积。",
        "strided_pointwise": "1×1 卷积也用了步幅，图又缩小了。步幅只给第一个卷积。",
        "same_kernel": "后面的卷积也用了 kernel_size：它们应是 1×1。",
        "always_two": "固定放了两个 1×1 卷积：应是 num_1x1 个。",
        "one_less": "少了一个 1×1 卷积：第一个卷积不算在 num_1x1 里。",
        "one_more": "多了一个 1×1 卷积。",
        "input_channels": "1×1 卷积的输入通道写成了 c_i。它接在第一个卷积后面，输入是 c_o。",
        "no_stride": "第一个卷积没有用 stride。",
        "no_padding": "第一个卷积没有用 padding。",
        "swapped": "stride 和 padding 的次序反了：nn.Conv2d 第四个参数是步幅，第五个是填充。",
        "shared": "几个 1×1 卷积是同一个对象，共用一组权重。每一层都要新建一个 nn.Conv2d。",
        "no_bias": "卷积要带偏置：不要写 bias=False。",
        "list": "返回的是一串层：最后用 nn.Sequential(*layers) 包成一个模块。",
    },
    "global_average": {
        "task": "全局平均池化 (X) → (N, C)，不用现成的池化。",
        "hints": (
            "X 有四个维度：图、通道、高、宽。哪几个该消失？",
            "对高和宽求平均，也就是第 2、3 维。",
            "X.mean(dim=(2, 3))",
        ),
        "sum": "这是求和：还要除以位置的个数 h·w，否则分数随图的大小变。",
        "max": "这是全局**最大**池化：要的是平均。",
        "keeps_axes": "数都对，长为 1 的高和宽还留着：形状应是 (N, C)。",
        "squeezed": "squeeze() 把长为 1 的维度全挤掉了：一批只有一张图时，连图的那一维也没了。"
        "用 mean(dim=(2, 3))，不用 squeeze。",
        "over_channels": "在通道上求了平均。每个通道自成一类，不能混；要平均的是高和宽。",
        "over_batch": "把不同的图也平均在一起了：第 0 维是图，要留下。",
        "over_all": "一次 mean() 把所有的数平均成了一个。写明维度：dim=(2, 3)。",
        "one_axis": "只平均了一个方向：高和宽都要。",
        "divided_by_h": "除数成了 h·h：位置有 h·w 个，图不一定是方的。",
        "divided_by_side": "只除以了一条边：位置有 h·w 个。",
        "ready_made": "这用的是现成的池化，这一题要自己用张量的运算写。",
    },
    "closed_classes": {
        "task": "关着的类别的编号 (scores) → 列表。",
        "hints": (
            "scores == 0 是一张真假的表，行是图，列是类别。一列要怎样才算关着？",
            "一列全真，(scores == 0).all(dim=0)。再取真的那些编号。",
            "[c for c in range(scores.shape[1]) if (scores[:, c] == 0).all()]",
        ),
        "any": "只要有一张图得 0 分，你就算它关着了。要对每一张图都是 0：all，不是 any。",
        "rows": "这是哪些图的分数全是 0：行是图，列才是类别。用 dim=0。",
        "open": "反了：这些是开着的类别。",
        "count": "这是关着几类：要的是它们的编号。",
        "mask": "这是一张真假的表：要的是真的那些编号。",
        "first_image": "只看了第一张图。",
        "never_predicted": "这是从来没有被预测过的类别。开着的类别也可能总是得不到最高分。",
        "nested": "nonzero() 每个编号自成一行：再 .flatten()。",
    },
    "class_map": {
        "task": "先平均、后全连接的网络，第 k 类的类别图 (maps, W, k) → (h, w)。",
        "hints": (
            "分数是 Σ_c W[k, c]·平均(maps[c])。平均挪到求和的外面，里面是什么？",
            "里面是 Σ_c W[k, c]·maps[c]：一个 1×1 卷积。W[k] 要对着通道，先补两维。",
            "(W[k][:, None, None] * maps).sum(dim=0)",
        ),
        "column": "取了 W 的一列。W 的形状是 (类别数, C)，第 k 类的权重是第 k 行，W[k]。",
        "unweighted": "没有用权重，只把特征图加了起来：每一类的图就都一样了。",
        "own_channel": "只取了第 k 个通道。后面有全连接层时，一个类别用到全部通道。",
        "score": "这是第 k 类的分数，一个数。不要在高和宽上平均：要的是图。",
        "apart": "乘了权重，没有对通道求和：要的是一张图。",
        "mean": "对通道取了平均，少了 C 倍。要求和，它的平均值才等于分数。",
        "divided": "除以了位置的个数：那样**和**才等于分数。要它的**平均值**等于分数，不用除。",
        "all_classes": "这是所有类别的图：只要第 k 类的。",
        "relu": "把负的地方变成了 0。减分的地方也要算进去，平均值才等于分数。",
        "absolute": "权重取了绝对值：减分的通道成了加分的。",
    },
}


def _nin_parameters(c_i, c_o, k, num_1x1):
    """Weights and biases of a convolution and some 1x1 convolutions."""
    return c_o * (c_i * k * k + 1) + num_1x1 * c_o * (c_o + 1)


def _block_sizes(generator):
    while True:
        c_i, c_o = integer(generator, 1, 9), integer(generator, 2, 9)
        yield c_i, c_o, integer(generator, 2, 5), integer(generator, 0, 4)


nin_parameters = Exercise(
    "nin_parameters",
    answer=_nin_parameters,
    cases=_block_sizes,
    mistakes={
        "no_bias": lambda i, o, k, n: o * i * k * k + n * o * o,
        "no_pointwise_bias": lambda i, o, k, n: o * (i * k * k + 1) + n * o * o,
        "no_first_bias": lambda i, o, k, n: o * i * k * k + n * o * (o + 1),
        "input_channels": lambda i, o, k, n: o * (i * k * k + 1) + n * o * (i + 1),
        "same_kernel": lambda i, o, k, n: o * (i * k * k + 1) + n * o * (o * k * k + 1),
        "always_two": lambda i, o, k, n: _nin_parameters(i, o, k, 2),
        "only_one": lambda i, o, k, n: _nin_parameters(i, o, k, 1),
        "no_pointwise": lambda i, o, k, n: _nin_parameters(i, o, k, 0),
        "per_pixel": lambda i, o, k, n: o * (i * k * k + 1) + n * 2 * o,
        "k_once": lambda i, o, k, n: o * (i * k + 1) + n * o * (o + 1),
    },
    texts=TEXTS["nin_parameters"],
)


def _block(
    c_i,
    c_o,
    kernel_size,
    num_1x1,
    stride,
    padding,
    *,
    relus=lambda i, last: True,
    pointwise=None,
    bias=True,
):
    """A NiN block of any depth; ``relus`` says after which convolutions a ReLU stands."""
    pointwise = pointwise or (lambda: nn.Conv2d(c_o, c_o, kernel_size=1, bias=bias))
    convs = [nn.Conv2d(c_i, c_o, kernel_size, stride, padding, bias=bias)]
    convs += [pointwise() for _ in range(num_1x1)]
    layers = []
    for i, conv in enumerate(convs):
        layers += [conv, nn.ReLU()] if relus(i, num_1x1) else [conv]
    return nn.Sequential(*layers)


def _relus(where):
    return lambda *sizes: _block(*sizes, relus=where)


def _others(conv):
    """Blocks whose 1x1 convolutions are something else."""

    def build(c_i, c_o, k, n, s, p):
        return _block(c_i, c_o, k, n, s, p, pointwise=lambda: conv(c_i, c_o, k, s, p))

    return build


def _shared(c_i, c_o, k, n, s, p):
    one = nn.Conv2d(c_o, c_o, kernel_size=1)
    return _block(c_i, c_o, k, n, s, p, pointwise=lambda: one)


BLOCK_MISTAKES = {
    "no_relu": _relus(lambda i, last: False),
    "relu_only_last": _relus(lambda i, last: i == last),
    "relu_only_first": _relus(lambda i, last: i == 0),
    "no_last_relu": _relus(lambda i, last: i < last),
    "padded_pointwise": _others(lambda i, o, k, s, p: nn.Conv2d(o, o, 1, padding=p)),
    "strided_pointwise": _others(lambda i, o, k, s, p: nn.Conv2d(o, o, 1, s)),
    "same_kernel": _others(lambda i, o, k, s, p: nn.Conv2d(o, o, k, padding=k // 2)),
    "always_two": lambda i, o, k, n, s, p: _block(i, o, k, 2, s, p),
    "one_less": lambda i, o, k, n, s, p: _block(i, o, k, n - 1, s, p),
    "one_more": lambda i, o, k, n, s, p: _block(i, o, k, n + 1, s, p),
    "input_channels": _others(lambda i, o, k, s, p: nn.Conv2d(i, o, 1)),
    "no_stride": lambda i, o, k, n, s, p: _block(i, o, k, n, 1, p),
    "no_padding": lambda i, o, k, n, s, p: _block(i, o, k, n, s, 0),
    "swapped": lambda i, o, k, n, s, p: _block(i, o, k, n, p, s),
    "shared": _shared,
    "no_bias": lambda *sizes: _block(*sizes, bias=False),
    "list": lambda *sizes: list(_block(*sizes)),
}


def _run_block(build, c_i, c_o, kernel_size, num_1x1, stride, padding):
    """Output of a built block for one image, and how many numbers it could learn."""
    block = build(c_i, c_o, kernel_size, num_1x1, stride, padding)
    X = torch.rand(2, c_i, 11, 9, generator=torch.Generator().manual_seed(c_i))
    Y = output_of(block, X)
    if not isinstance(block, nn.Module):
        return Y
    return Y, sum(p.numel() for p in block.parameters())


def _blocks(generator):
    yield 1, 4, 3, 2, 1, 1
    while True:
        c_i, c_o = integer(generator, 1, 4), integer(generator, 4, 8)
        k, n = 2 * integer(generator, 1, 2) + 1, integer(generator, 0, 4)
        yield c_i, c_o, k, n, integer(generator, 1, 3), integer(generator, 0, 2)


deeper_nin_block = Exercise(
    "deeper_nin_block",
    answer=_block,
    cases=_blocks,
    mistakes=BLOCK_MISTAKES,
    texts=TEXTS["deeper_nin_block"],
    use=_run_block,
    count=20,
)


def _global_average(X):
    """Mean of every channel of every image."""
    return X.mean(dim=(2, 3))


def _batches(generator):
    while True:
        n = integer(generator, 1, 4)
        c, h, w = (integer(generator, 2, 4) for _ in range(3))
        yield (integers(generator, n, c, h, w + (h == w)),)


READY_MADE = [f"{name}{d}d" for name in ("AvgPool", "AdaptiveAvgPool") for d in (1, 2)]
READY_MADE += [f"{name}{d}d" for name in ("avg_pool", "adaptive_avg_pool") for d in (1, 2)]

global_average = Exercise(
    "global_average",
    answer=_global_average,
    cases=_batches,
    mistakes={
        "sum": lambda X: X.sum(dim=(2, 3)),
        "max": lambda X: X.amax(dim=(2, 3)),
        "keeps_axes": lambda X: X.mean(dim=(2, 3), keepdim=True),
        "squeezed": lambda X: X.mean(dim=(2, 3), keepdim=True).squeeze(),
        "over_channels": lambda X: X.mean(dim=1),
        "over_batch": lambda X: X.mean(dim=(0, 2, 3)),
        "over_all": lambda X: X.mean(),
        "one_axis": lambda X: X.mean(dim=-1),
        "divided_by_h": lambda X: X.sum(dim=(2, 3)) / X.shape[2] ** 2,
        "divided_by_side": lambda X: X.sum(dim=(2, 3)) / X.shape[2],
    },
    texts=TEXTS["global_average"],
    rules={"ready_made": lambda f: mentions(f, *READY_MADE)},
)


def _closed_classes(scores):
    """Classes whose score is zero for every image."""
    return (scores == 0).all(dim=0).nonzero().flatten().tolist()


def _scores(generator):
    while True:
        n, c = integer(generator, 2, 5), integer(generator, 3, 6)
        scores = integers(generator, n, c, low=-1, high=4).relu()
        yield (scores * torch.randint(2, (c,), generator=generator),)


closed_classes = Exercise(
    "closed_classes",
    answer=_closed_classes,
    cases=_scores,
    mistakes={
        "any": lambda s: (s == 0).any(dim=0).nonzero().flatten().tolist(),
        "rows": lambda s: (s == 0).all(dim=1).nonzero().flatten().tolist(),
        "open": lambda s: (s != 0).any(dim=0).nonzero().flatten().tolist(),
        "count": lambda s: (s == 0).all(dim=0).sum().item(),
        "mask": lambda s: (s == 0).all(dim=0).tolist(),
        "first_image": lambda s: (s[0] == 0).nonzero().flatten().tolist(),
        "never_predicted": lambda s: sorted(set(range(s.shape[1])) - set(s.argmax(1).tolist())),
        "nested": lambda s: (s == 0).all(dim=0).nonzero(),
    },
    texts=TEXTS["closed_classes"],
    # a tensor of numbers is as good as a list; of truth values it is not
    use=lambda find, scores: _as_list(find(scores)),
)


def _as_list(found):
    if isinstance(found, torch.Tensor) and found.dim() == 1 and found.dtype is not torch.bool:
        return found.tolist()
    return found


def _class_map(maps, W, k):
    """Weighted sum of the feature maps of one image."""
    return torch.einsum("c,chw->hw", W[k], maps)


def _maps(generator):
    while True:
        c, h, w = (integer(generator, 2, 4) for _ in range(3))
        maps = integers(generator, c, h, w + (h == w), low=0)
        # as many classes as channels, so that a column fits too
        yield maps, integers(generator, c, c), integer(generator, 0, c - 1)


class_map = Exercise(
    "class_map",
    answer=_class_map,
    cases=_maps,
    mistakes={
        "column": lambda maps, W, k: _class_map(maps, W.T, k),
        "unweighted": lambda maps, W, k: maps.sum(0),
        "own_channel": lambda maps, W, k: maps[k],
        "score": lambda maps, W, k: W[k] @ maps.mean(dim=(1, 2)),
        "apart": lambda maps, W, k: W[k][:, None, None] * maps,
        "mean": lambda maps, W, k: _class_map(maps, W, k) / len(maps),
        "divided": lambda maps, W, k: _class_map(maps, W, k) / maps[0].numel(),
        "all_classes": lambda maps, W, k: torch.einsum("kc,chw->khw", W, maps),
        "relu": lambda maps, W, k: _class_map(maps, W, k).relu(),
        "absolute": lambda maps, W, k: _class_map(maps, W.abs(), k),
    },
    texts=TEXTS["class_map"],
)
