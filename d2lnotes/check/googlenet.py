"""Exercises of the chapter on GoogLeNet."""

import torch
from torch import nn

from ._cases import integer
from ._exercise import Exercise
from ._modules import output_of

TEXTS = {
    "inception_shapes": {
        "task": "四路和整块输出的形状 (c_in, h, w, c1, c2, c3, c4)，五个（通道，高，宽）。",
        "hints": (
            "哪一路会改变高和宽？每一路最后一个卷积有几个输出通道？",
            "高和宽都不变。四路的通道是 c1、c2[1]、c3[1]、c4，整块的是它们的和。",
            "channels = [c1, c2[1], c3[1], c4]；再对 [*channels, sum(channels)] 的每一个 c "
            "写出 (c, h, w)。",
        ),
        "reduced": "用了 1×1 减过的通道 c2[0]、c3[0]：一路的输出由它最后的卷积决定，"
        "是 c2[1]、c3[1]。",
        "all_added": "整块的通道里，把中间的 c2[0]、c3[0] 也加了进去：它们不到输出里。",
        "pool_keeps": "池化那一路后面还有 1×1 卷积，输出 c4 个通道，不是 c_in 个。",
        "with_input": "整块的通道多加了 c_in：四路连结，输入自己不在里面。",
        "sum_sizes": "高和宽也加起来了：连结只沿通道，高和宽不变。",
        "unpadded": "3×3 和 5×5 都填充过，高和宽不变。",
        "pool_thirds": "池化的步幅是 1（不是默认的 3），又填充了 1：高和宽不变。",
        "pool_halves": "池化的步幅是 1，不是 2：块里不缩小。",
        "added": "整块的通道只取了一路的：这里是连结，不是相加，通道数要加起来。",
        "paths_only": "只有四路：还要加上连结以后的形状。",
        "whole_only": "只有连结以后的：四路的形状也要，放在前面。",
        "whole_first": "次序不对：先是四路，连结以后的放在最后。",
        "channels_last": "次序不对：PyTorch 里通道在前，（通道，高，宽）。",
    },
    "inception_parameters": {
        "task": "Inception 块的参数个数 (c_in, c1, c2, c3, c4)，带偏置。",
        "hints": (
            "块里一共有几个卷积？每个的输入通道是什么？",
            "六个。3×3 读的是 c2[0] 个通道，5×5 读的是 c3[0] 个；每个卷积 i·o·k·k + o。",
            "sum(i * o * k * k + o for i, o, k in convs)，convs 里是六个（输入，输出，核）。",
        ),
        "no_bias": "漏了偏置：每个卷积的每个输出通道有一个。",
        "not_reduced": "3×3 和 5×5 的输入还是 c_in 个通道：它们读的是 1×1 减过的 c2[0]、c3[0] 个。",
        "no_reductions": "漏了 3×3、5×5 前面的两个 1×1 卷积。",
        "no_pool_conv": "漏了池化后面的 1×1 卷积。",
        "pool_counted": "给池化也数了参数：它没有要学的数。",
        "k_once": "核是 k·k 格，你只乘了一次 k。",
        "two_3x3": "第三路数成了 3×3：它是 5×5。",
        "one_bias": "每个卷积只数了一个偏置：每个输出通道都有一个。",
        "bias_last": "只数了每一路最后一个卷积的偏置：减通道的 1×1 也有偏置。",
        "naive": "没有数 1×1 减通道的卷积，3×3 和 5×5 直接读了 c_in 个通道：那是论文里的“朴素版”。",
    },
    "parallel": {
        "task": "MyParallel(paths)：输入分别走每一路，按通道连结。核对输出，和能找到的参数个数。",
        "hints": (
            "nn.Module 怎样才知道一个列表里的模块是它的？四维的输出，通道是第几维？",
            "用 nn.ModuleList(paths) 存起来；forward 里对每一路各算一次 path(X)，沿 dim=1 连结。",
            "self.paths = nn.ModuleList(paths)；"
            "return torch.cat([path(X) for path in self.paths], dim=1)",
        ),
        "plain_list": "输出对，参数却找不到：普通的列表不登记里面的模块，用 nn.ModuleList(paths)。",
        "chained": "一路接一路地走了（上一路的输出成了下一路的输入）：每一路读的都是同一个 X。",
        "added": "各路相加了：这里要连结，torch.cat。",
        "by_batch": "沿批量那一维（dim=0）连结了：通道是第 1 维，dim=1。",
        "by_height": "沿高（dim=2）连结了：通道是第 1 维，dim=1。",
        "by_width": "沿宽（dim=3 或 -1）连结了：通道是第 1 维，dim=1。",
        "stacked": "torch.stack 多出一维：用 torch.cat，沿 dim=1。",
        "reversed": "各路的次序反了：照列表里的次序。",
        "with_input": "把输入也连结进去了：只要各路的输出。",
        "list": "返回的是一列输出，没有连结：torch.cat(…, dim=1)。",
        "first_only": "只走了第一路：return 是不是写在循环里面了？",
    },
    "inception_v2": {
        "task": "5×5 换成两个 3×3 的块 (c_in, c1, c2, c3, c4) → nn.Module。"
        "核对输出，和参数的个数。",
        "hints": (
            "哪一路要改？两个 3×3 的输入、输出通道各是多少，各填充多少？",
            "只改第三路：1×1（c_in 到 c3[0]），3×3（c3[0] 到 c3[1]），3×3（c3[1] 到 c3[1]），"
            "3×3 都填充 1，每个卷积后面有 ReLU。",
            "block.paths[2] = nn.Sequential(conv(c_in, c3[0], 1), conv(c3[0], c3[1], 3), "
            "conv(c3[1], c3[1], 3))",
        ),
        "still_5x5": "第三路还是一个 5×5：这是正文的块。",
        "one_3x3": "第三路只有一个 3×3：要两个，才看得到 5×5。",
        "no_relu_between": "两个 3×3 之间少了 ReLU：没有它，两层合起来仍是一次线性变换。",
        "no_last_relu": "最后一个 3×3 后面少了 ReLU。",
        "no_relu": "没有 ReLU：每个卷积后面都要有。",
        "late_growth": "中间的通道不对：第一个 3×3 就变成 c3[1] 个，第二个是 c3[1] 到 c3[1]。",
        "no_reduction": "第三路少了减通道的 1×1。",
        "unpadded": "3×3 没有填充，图变小了，四路就不能连结：padding=1。",
        "padded_2": "3×3 仍填充 2（那是 5×5 的填充），图变大了：padding=1。",
        "second_path": "第二路也多了一个 3×3：只改第三路。",
        "pool_last": "第四路先做了 1×1 再池化：池化在前，1×1 在后。",
        "order": "四路的次序变了：1×1、3×3、（原来的）5×5、池化。",
        "added": "四路相加了：要按通道连结。",
        "thin": "拆成了 1×5 和 5×1：这一题要两个 3×3。",
    },
}


def _shapes(c_in, h, w, c1, c2, c3, c4):
    """Shapes of the four paths and of the block."""
    return _shapes_of((c1, c2[1], c3[1], c4), h, w)


def _shapes_of(channels, h, w, total=None):
    total = sum(channels) if total is None else total
    return [(c, h, w) for c in (*channels, total)]


def _outs(c1, c2, c3, c4):
    return c1, c2[1], c3[1], c4


def _other_sizes(sizes):
    """Right channels, with sizes of the third to the last shape done otherwise."""

    def wrong(c_in, h, w, *c):
        right = _shapes(c_in, h, w, *c)
        return [(shape[0], *size) for shape, size in zip(right, sizes(h, w), strict=True)]

    return wrong


SHAPE_MISTAKES = {
    "reduced": lambda i, h, w, c1, c2, c3, c4: _shapes_of((c1, c2[0], c3[0], c4), h, w),
    "all_added": lambda i, h, w, *c: _shapes_of(
        _outs(*c), h, w, sum(_outs(*c)) + c[1][0] + c[2][0]
    ),
    "pool_keeps": lambda i, h, w, *c: _shapes_of((*_outs(*c)[:3], i), h, w),
    "with_input": lambda i, h, w, *c: _shapes_of(_outs(*c), h, w, sum(_outs(*c)) + i),
    "sum_sizes": _other_sizes(lambda h, w: [(h, w)] * 4 + [(4 * h, 4 * w)]),
    "unpadded": _other_sizes(lambda h, w: [(h, w), (h - 2, w - 2), (h - 4, w - 4), (h, w), (h, w)]),
    "pool_thirds": _other_sizes(
        lambda h, w: [(h, w)] * 3 + [((h - 1) // 3 + 1, (w - 1) // 3 + 1), (h, w)]
    ),
    "pool_halves": _other_sizes(
        lambda h, w: [(h, w)] * 3 + [((h - 1) // 2 + 1, (w - 1) // 2 + 1), (h, w)]
    ),
    "added": lambda i, h, w, *c: _shapes_of(_outs(*c), h, w, c[3]),
    "paths_only": lambda *args: _shapes(*args)[:4],
    "whole_only": lambda *args: _shapes(*args)[4],
    "whole_first": lambda *args: [_shapes(*args)[4], *_shapes(*args)[:4]],
    "channels_last": lambda *args: [(h, w, c) for c, h, w in _shapes(*args)],
}


def _settings(generator, least=1, most=9):
    """Input channels and the four settings of a block."""
    c_in, c1, c4 = (integer(generator, least, most) for _ in range(3))
    pairs = [tuple(integer(generator, least, most) for _ in range(2)) for _ in range(2)]
    return c_in, c1, *pairs, c4


def _images(generator):
    while True:
        c_in, *settings = _settings(generator, 2, 40)
        h = integer(generator, 7, 30)
        yield c_in, h, h + integer(generator, 1, 9), *settings


inception_shapes = Exercise(
    "inception_shapes",
    answer=_shapes,
    cases=_images,
    mistakes=SHAPE_MISTAKES,
    texts=TEXTS["inception_shapes"],
)


def _convs(c_in, c1, c2, c3, c4):
    """``(input channels, output channels, kernel)`` of the block's convolutions."""
    reductions = [(c_in, c2[0], 1), (c_in, c3[0], 1)]
    return [(c_in, c1, 1), *reductions, (c2[0], c2[1], 3), (c3[0], c3[1], 5), (c_in, c4, 1)]


def _count(convs, bias=1):
    return sum(i * o * k * k + bias * o for i, o, k in convs)


def _parameters(c_in, c1, c2, c3, c4):
    """Parameters of a block."""
    return _count(_convs(c_in, c1, c2, c3, c4))


PARAMETER_MISTAKES = {
    "no_bias": lambda *args: _count(_convs(*args), bias=0),
    "not_reduced": lambda i, c1, c2, c3, c4: _count(
        [*_convs(i, c1, c2, c3, c4)[:3], (i, c2[1], 3), (i, c3[1], 5), (i, c4, 1)]
    ),
    "naive": lambda i, c1, c2, c3, c4: _count(
        [(i, c1, 1), (i, c2[1], 3), (i, c3[1], 5), (i, c4, 1)]
    ),
    "no_reductions": lambda *args: _count([_convs(*args)[0], *_convs(*args)[3:]]),
    "no_pool_conv": lambda *args: _count(_convs(*args)[:5]),
    "pool_counted": lambda i, *c: _count(_convs(i, *c)) + 9 * i * i + i,
    "k_once": lambda *args: sum(i * o * k + o for i, o, k in _convs(*args)),
    "two_3x3": lambda *args: _count([(i, o, min(k, 3)) for i, o, k in _convs(*args)]),
    "one_bias": lambda *args: _count(_convs(*args), bias=0) + 6,
    "bias_last": lambda i, *c: _count(_convs(i, *c), bias=0) + sum(_outs(*c)),
}


def _blocks(generator):
    while True:
        yield _settings(generator)


inception_parameters = Exercise(
    "inception_parameters",
    answer=_parameters,
    cases=_blocks,
    mistakes=PARAMETER_MISTAKES,
    texts=TEXTS["inception_parameters"],
)


class _Parallel(nn.Module):
    """Paths side by side, joined by ``join(X, paths)``."""

    def __init__(self, paths, join=None):
        super().__init__()
        self.paths = nn.ModuleList(paths)
        self.join = join or (lambda X, paths: torch.cat([path(X) for path in paths], dim=1))

    def forward(self, X):
        return self.join(X, self.paths)


class _Unregistered(_Parallel):
    def __init__(self, paths):
        super().__init__([])
        self.__dict__["paths"] = list(paths)


def _joined(join):
    return lambda paths: _Parallel(paths, join)


def _outputs(X, paths):
    return [path(X) for path in paths]


def _chained(X, paths):
    for path in paths:
        X = path(X)
    return X


PARALLEL_MISTAKES = {
    "plain_list": _Unregistered,
    "chained": _joined(_chained),
    "added": _joined(lambda X, paths: sum(_outputs(X, paths))),
    "by_batch": _joined(lambda X, paths: torch.cat(_outputs(X, paths), 0)),
    "by_height": _joined(lambda X, paths: torch.cat(_outputs(X, paths), 2)),
    "by_width": _joined(lambda X, paths: torch.cat(_outputs(X, paths), 3)),
    "stacked": _joined(lambda X, paths: torch.stack(_outputs(X, paths), 1)),
    "reversed": _joined(lambda X, paths: torch.cat(_outputs(X, paths)[::-1], 1)),
    "with_input": _joined(lambda X, paths: torch.cat([X, *_outputs(X, paths)], 1)),
    "list": _joined(_outputs),
    "first_only": _joined(lambda X, paths: paths[0](X)),
}


def _run(module, X):
    """Output and number of parameters of a built module; nothing of nothing."""
    if module is None or module is ...:
        return module
    Y = output_of(module, X)
    return Y, sum(p.numel() for p in module.parameters())


def _parallel_output(build, channels, kernels):
    """What parallel convolutions of these kernels make of two images, and their parameters."""
    c_in, *outs = channels
    paths = [nn.Conv2d(c_in, c, k, padding=k // 2) for c, k in zip(outs, kernels, strict=True)]
    for path in paths:
        output_of(path, torch.zeros(1, c_in, 5, 5))  # filled, registered or not
    return _run(build(paths), torch.rand(2, c_in, 5, 6, generator=torch.Generator().manual_seed(0)))


def _path_lists(generator):
    yield [2, 2, 2], [1, 3]
    while True:
        count, equal = integer(generator, 2, 4), integer(generator, 0, 1)
        c_in = integer(generator, 2, 4)
        outs = [c_in if equal else integer(generator, 1, 4) for _ in range(count)]
        yield [c_in, *outs], [2 * integer(generator, 0, 2) + 1 for _ in outs]


parallel = Exercise(
    "parallel",
    answer=_Parallel,
    cases=_path_lists,
    mistakes=PARALLEL_MISTAKES,
    texts=TEXTS["parallel"],
    use=_parallel_output,
    count=20,
)


def _conv(c_in, c_out, k, act=nn.ReLU, padding=None):
    padding = k // 2 if padding is None else padding
    return nn.Sequential(nn.Conv2d(c_in, c_out, k, padding=padding), act())


def _v2(
    c_in,
    c1,
    c2,
    c3,
    c4,
    *,
    third=None,
    act=nn.ReLU,
    more=(),
    fourth=(0, 1),
    order=(0, 1, 2, 3),
    join=None,
):
    """The block with two 3x3 convolutions, or with something done otherwise."""

    def conv(i, o, k):
        return _conv(i, o, k, act)

    pooled = [nn.MaxPool2d(3, 1, 1), conv(c_in, c4, 1)]
    default = [conv(c_in, c3[0], 1), conv(c3[0], c3[1], 3), conv(c3[1], c3[1], 3)]
    paths = [
        conv(c_in, c1, 1),
        nn.Sequential(
            conv(c_in, c2[0], 1), conv(c2[0], c2[1], 3), *(conv(c2[1], c2[1], k) for k in more)
        ),
        nn.Sequential(*(third(c_in, c3) if third else default)),
        nn.Sequential(*(pooled[i] for i in fourth)),
    ]
    return _Parallel([paths[i] for i in order], join)


def _inception_v2(c_in, c1, c2, c3, c4):
    """The block with two 3x3 convolutions."""
    return _v2(c_in, c1, c2, c3, c4)


def _v2_with(**options):
    return lambda *args: _v2(*args, **options)


def _double(i, c, first=nn.ReLU, last=nn.ReLU, padding=1):
    return [
        _conv(i, c[0], 1),
        _conv(c[0], c[1], 3, first, padding),
        _conv(c[1], c[1], 3, last, padding),
    ]


V2_MISTAKES = {
    "still_5x5": _v2_with(third=lambda i, c: [_conv(i, c[0], 1), _conv(c[0], c[1], 5)]),
    "one_3x3": _v2_with(third=lambda i, c: [_conv(i, c[0], 1), _conv(c[0], c[1], 3)]),
    "no_relu": _v2_with(act=nn.Identity),
    "no_relu_between": _v2_with(third=lambda i, c: _double(i, c, first=nn.Identity)),
    "no_last_relu": _v2_with(third=lambda i, c: _double(i, c, last=nn.Identity)),
    "late_growth": _v2_with(
        third=lambda i, c: [_conv(i, c[0], 1), _conv(c[0], c[0], 3), _conv(c[0], c[1], 3)]
    ),
    "no_reduction": _v2_with(third=lambda i, c: [_conv(i, c[1], 3), _conv(c[1], c[1], 3)]),
    "unpadded": _v2_with(third=lambda i, c: _double(i, c, padding=0)),
    "padded_2": _v2_with(third=lambda i, c: _double(i, c, padding=2)),
    "second_path": _v2_with(more=(3,)),
    "pool_last": _v2_with(fourth=(1, 0)),
    "order": _v2_with(order=(0, 1, 3, 2)),
    "added": _v2_with(join=lambda X, paths: sum(_outputs(X, paths))),
    "thin": _v2_with(
        third=lambda i, c: [
            _conv(i, c[0], 1),
            _conv(c[0], c[1], (1, 5), padding=(0, 2)),
            _conv(c[1], c[1], (5, 1), padding=(2, 0)),
        ]
    ),
}


def _v2_output(build, c_in, c1, c2, c3, c4):
    """What a built block makes of two images, and its parameters."""
    X = torch.rand(2, c_in, 6, 7, generator=torch.Generator().manual_seed(c_in))
    return _run(build(c_in, c1, c2, c3, c4), X)


def _v2_cases(generator):
    yield 3, 2, (2, 2), (3, 2), 2  # equal outputs
    while True:
        yield _settings(generator, 2, 6)


inception_v2 = Exercise(
    "inception_v2",
    answer=_inception_v2,
    cases=_v2_cases,
    mistakes=V2_MISTAKES,
    texts=TEXTS["inception_v2"],
    use=_v2_output,
    count=20,
)
