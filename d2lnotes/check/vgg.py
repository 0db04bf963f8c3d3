"""Exercises of the chapter on VGG."""

import torch
from torch import nn

from ._cases import integer
from ._exercise import Exercise
from ._modules import output_of

LIST = "返回的是一列层，还不是网络：用 nn.Sequential(*layers) 把它们接起来。"
CHANNELS = (
    "形状接不上：每个卷积读的是前一个卷积的输出通道。第一个之后，in_channels 就不再是原来的值。"
)
TEXTS = {
    "stack_weights": {
        "task": "一层 k×k 与看得一样大的几层 3×3，各有多少权重 (k, c_in, c_out)。",
        "hints": (
            "每多一层 3×3，感受野长多少？从 1 长到 k，要几层？",
            "要 (k - 1) // 2 层。第一层有 9·c_in·c_out 个权重，其余每层有几个？",
            "many = 9 * c_in * c_out + (layers - 1) * 9 * c_out * c_out",
        ),
        "first_is_like_others": "几层 3×3 都当成了 c_out 到 c_out：第一层的输入是 c_in 个通道。",
        "others_are_like_first": "几层 3×3 都当成了 c_in 到 c_out：第二层起，输入已经是 c_out 个。",
        "k_over_3": "层数不对：每层 3×3 使感受野长 2，不是长 3。5×5 要两层，7×7 要三层。",
        "one_more": "多数了一层：感受野从 1 长起，k 要 (k - 1) // 2 层。",
        "k_minus_2": "层数不对：每层 3×3 使感受野长 2，不是长 1。",
        "with_bias": "偏置也数进去了：这里只数权重。",
        "swapped": "两个数的次序反了：先是一层 k×k 的，后是几层 3×3 的。",
        "k_once": "核有 k·k 格，你只乘了一次 k。",
        "equal_channels": "把输入通道也当成了 c_out：k×k 的这一层读 c_in 个通道。",
        "one_layer": "只数了一层 3×3：要看得一样大，得叠几层。",
    },
    "vgg_shapes": {
        "task": "每个 VGG 块之后的形状 (arch, height, width)，一列（通道，高，宽）。",
        "hints": (
            "块里哪一步改变大小？3×3、填充 1 的卷积呢？",
            "只有池化：height // 2，width // 2，每块一次。通道就是表里的第二个数。",
            "for _, channels in arch: height, width = height // 2, width // 2，"
            "再把 (channels, height, width) 放进列表。",
        ),
        "every_conv": "每个卷积都减半了：一块只在最后池化一次，卷积的个数不影响大小。",
        "rounded_up": "除不尽时要向下取整：不够一个 2×2 的窗口，就不再走。整除用 //。",
        "no_floor": "除不尽时要向下取整：整除用 //。",
        "rounded": "round 是四舍五入：除不尽时要向下取整，整除用 //。",
        "not_kept": "每一块都是从原图减半的：减半以后要记下来，下一块接着减。",
        "width_first": "次序不对：通道之后先是高，后是宽。",
        "no_pool": "大小没有变：每块最后的池化使高和宽减半。",
        "before_pool": "这是池化之前的大小：要的是块之后的。先减半，再记下。",
        "channels_last": "次序不对：PyTorch 里通道在前，（通道，高，宽）。",
        "square": "把图当成了正方形：高和宽可以不同，各减各的。",
        "unpadded": "卷积每侧填充 1，不会使图变小。",
        "counts": "把卷积的个数当成了通道：表里每块先是个数，后是通道。",
        "last_only": "只有最后一块的：每块都要一个三元组，放在列表里。",
        "with_input": "列表里多了输入的形状：只要每块之后的。",
        "one_conv_too_many": "每个卷积都记了一行：每块只记一行。",
    },
    "vgg_block_c": {
        "task": "3×3 卷积若干、一个 1×1 卷积、池化 (num_convs, in_channels, out_channels)"
        " → nn.Module。核对两样：输出，参数的个数。",
        "hints": (
            "正文的 vgg_block 里，新的一层应放在哪两层之间？它的输入有几个通道？",
            "1×1 卷积放在最后一个 ReLU 之后、池化之前，out_channels 到 out_channels，不填充，"
            "后面也有 ReLU。",
            "layers += [nn.Conv2d(out_channels, out_channels, 1), nn.ReLU()]，"
            "再接 nn.MaxPool2d(2)。",
        ),
        "padded_1x1": "1×1 卷积也填充了 1：它不缩小图，补了反而每边多一格。填充只给 3×3。",
        "no_last_relu": "1×1 卷积后面少了 ReLU：没有它，1×1 就与前后的线性运算合成一次。",
        "no_relu": "没有 ReLU：每个卷积后面都要有。",
        "pointwise_first": "1×1 卷积放到了最前面：它在 3×3 之后、池化之前。",
        "pointwise_each": "每个 3×3 后面都有一个 1×1：只要最后一个。",
        "no_pointwise": "没有 1×1 卷积：这是正文的块。",
        "one_more_3x3": "最后一个卷积是 3×3：这里要 1×1。",
        "replaces_last": "1×1 顶替了一个 3×3：num_convs 只数 3×3，1×1 是另加的。",
        "unpadded": "3×3 没有填充，图每过一层小 2：padding=1。",
        "no_pool": "没有池化：块的最后要减半。",
        "average": "池化是平均池化：这里用 nn.MaxPool2d。",
        "pool_each": "每个卷积后面都池化了：一块只在最后池化一次。",
        "shared": "几个 3×3 是同一个对象，共用一组权重：[conv] * n 和先建一个再重复都会这样。"
        "每一层都要新建一个 nn.Conv2d。",
        "no_bias": "卷积没有偏置：nn.Conv2d 默认有，不要关掉。",
        "in_channels_kept": CHANNELS,
        "in_channels_last": "1×1 卷积读的是前一个卷积的输出，有 out_channels 个通道，"
        "不是 in_channels 个。后面的 3×3 也一样。",
        "list": LIST,
    },
    "vgg_features": {
        "task": "照一串数和 'M' 搭出卷积部分 (config, in_channels) → nn.Module。",
        "hints": (
            "走过一个数以后，下一个卷积的输入有几个通道？走过一个 'M' 呢？",
            "数：3×3 卷积（填充 1）和 ReLU，然后把 in_channels 换成这个数；'M'：2×2 最大池化。",
            "layers += [nn.Conv2d(in_channels, entry, 3, padding=1), nn.ReLU()]；"
            "in_channels = entry",
        ),
        "no_relu": "没有 ReLU：每个卷积后面都要有。",
        "relu_once": "ReLU 只放在池化之前：连着几个卷积时，每个后面都要有。",
        "unpadded": "卷积没有填充，图每过一层小 2：padding=1。",
        "no_pool": "'M' 被跳过了：它是一个池化。",
        "big_pool": "池化的窗口是 3×3：VGG 用 2×2、步幅 2（3×3 是 AlexNet 的）。",
        "overlapping": "池化的步幅是 1，图没有减半：步幅是 2。",
        "average": "池化是平均池化：这里用 nn.MaxPool2d。",
        "pool_each": "每个卷积后面都池化了：只在 'M' 处池化。",
        "one_pool": "只在最后池化了一次：每个 'M' 都是一个池化。",
        "flattened": "最后拉平了：这里只要卷积部分，输出仍是（批量，通道，高，宽）。",
        "in_channels_kept": CHANNELS,
        "list": LIST,
    },
    "rescale": {
        "task": "各层权重各乘一个数，标准差成为 √(2/n)，偏置清零 (convs) → 一列乘的数。"
        "核对三样：乘的数，乘过以后各层的标准差，偏置的最大值。",
        "hints": (
            "一个输出是多少个乘积的和？从 conv.weight 的形状里能读出来吗？",
            "n = 输入通道 × 核高 × 核宽，即 conv.weight[0].numel()。"
            "乘的数 = 要的标准差 ÷ 现在的标准差。",
            "factor = (2 / n) ** 0.5 / conv.weight.std().item()；conv.weight *= factor；"
            "conv.bias.zero_()，都在 with torch.no_grad(): 里。",
        ),
        "xavier": "这是 √(1/n)：没有算 ReLU。负的一半归零，平方的均值只剩一半，所以是 √(2/n)。",
        "variance": "2/n 是方差：标准差要开平方。",
        "fan_out": "n 数成了输出那一边：一个输出是输入通道 × 核高 × 核宽个乘积的和。",
        "channels_only": "n 只数了输入通道：还要乘核高、核宽。",
        "kernel_only": "n 只数了核的格子：还要乘输入通道。",
        "nine": "n 当成了 9×输入通道：这里的核不都是 3×3，核高、核宽要从 conv.weight 里读。",
        "square_kernel": "把核当成了正方形：核高和核宽可以不同。",
        "measured_after": "乘的数都是 1：先算好这个数，再改权重；你在改过以后又量了一次。",
        "all_weights": "n 数成了整层权重的个数：一个输出只用其中一组，weight[0]。",
        "glorot": "n 取了输入与输出两边的平均：这里要的只是输入一边。",
        "not_divided": "乘的数没有除以现在的标准差：权重的标准差现在不是 1。",
        "bias_kept": "偏置没有清零。",
        "not_written": "乘的数对，权重没有变：要写回去，"
        "在 torch.no_grad() 里 conv.weight *= factor。",
        "stds": "返回的是乘过以后的标准差：要的是每层乘的那个数。",
        "first_only": "各层乘了同一个数：每层的 n 和现在的标准差都不同，要各算各的。",
    },
}


def _stack(k, c_in, c_out, layers=None, first=None, rest=None):
    """Weights of one layer and of a stack, with one count done otherwise."""
    layers = (k - 1) // 2 if layers is None else layers
    first = 9 * c_in * c_out if first is None else first
    rest = 9 * c_out * c_out if rest is None else rest
    return k * k * c_in * c_out, first + (layers - 1) * rest


def _stack_weights(k, c_in, c_out):
    """Weights of one layer and of a stack."""
    return _stack(k, c_in, c_out)


STACK_MISTAKES = {
    "one_layer": lambda k, i, o: _stack(k, i, o, layers=1),
    "first_is_like_others": lambda k, i, o: _stack(k, i, o, first=9 * o * o),
    "others_are_like_first": lambda k, i, o: _stack(k, i, o, rest=9 * i * o),
    "k_over_3": lambda k, i, o: _stack(k, i, o, layers=k // 3),
    "one_more": lambda k, i, o: _stack(k, i, o, layers=(k + 1) // 2),
    "k_minus_2": lambda k, i, o: _stack(k, i, o, layers=k - 2),
    "with_bias": lambda k, i, o: (
        _stack(k, i, o)[0] + o,
        _stack(k, i, o)[1] + (k - 1) // 2 * o,
    ),
    "swapped": lambda k, i, o: _stack(k, i, o)[::-1],
    "k_once": lambda k, i, o: (k * i * o, _stack(k, i, o)[1]),
    "equal_channels": lambda k, i, o: (k * k * o * o, (k - 1) // 2 * 9 * o * o),
}


def _kernels(generator):
    while True:
        k, c_in = 2 * integer(generator, 1, 5) + 1, integer(generator, 1, 9)
        yield k, c_in, c_in + integer(generator, 1, 9)


stack_weights = Exercise(
    "stack_weights",
    answer=_stack_weights,
    cases=_kernels,
    mistakes=STACK_MISTAKES,
    texts=TEXTS["stack_weights"],
)


def _shapes(arch, height, width, *, halve=lambda n, convs: n // 2):
    shapes = []
    for convs, channels in arch:
        height, width = halve(height, convs), halve(width, convs)
        shapes.append((channels, height, width))
    return shapes


def _vgg_shapes(arch, height, width):
    """Shapes after every block."""
    return _shapes(arch, height, width)


def _halved_by(halve):
    return lambda arch, height, width: _shapes(arch, height, width, halve=halve)


def _before_pool(arch, height, width):
    return [(c, height // 2**i, width // 2**i) for i, (_, c) in enumerate(arch)]


SHAPE_MISTAKES = {
    "every_conv": _halved_by(lambda n, convs: n // 2**convs),
    "rounded_up": _halved_by(lambda n, convs: -(-n // 2)),
    "no_floor": _halved_by(lambda n, convs: n / 2),
    "rounded": _halved_by(lambda n, convs: round(n / 2)),
    "not_kept": lambda arch, h, w: [(c, h // 2, w // 2) for _, c in arch],
    "width_first": lambda arch, h, w: [(c, w, h) for c, h, w in _shapes(arch, h, w)],
    "no_pool": _halved_by(lambda n, convs: n),
    "before_pool": _before_pool,
    "unpadded": _halved_by(lambda n, convs: (n - 2 * convs) // 2),
    "channels_last": lambda arch, h, w: [(h, w, c) for c, h, w in _shapes(arch, h, w)],
    "square": lambda arch, h, w: _shapes(arch, h, h),
    "counts": lambda arch, h, w: [
        (convs, *shape[1:]) for (convs, _), shape in zip(arch, _shapes(arch, h, w), strict=True)
    ],
    "last_only": lambda arch, h, w: _shapes(arch, h, w)[-1],
    "with_input": lambda arch, h, w: [(1, h, w), *_shapes(arch, h, w)],
    "one_conv_too_many": lambda arch, h, w: [
        shape
        for (convs, _), shape in zip(arch, _shapes(arch, h, w), strict=True)
        for _ in range(convs)
    ],
}


def _tables(generator):
    while True:
        arch = [(integer(generator, 1, 3), 8 * integer(generator, 1, 9))]
        while integer(generator, 0, 2) and len(arch) < 4:
            arch.append((integer(generator, 1, 3), 8 * integer(generator, 1, 9)))
        height = integer(generator, 2 ** len(arch), 70)
        yield tuple(arch), height, height + integer(generator, 1, 40)


vgg_shapes = Exercise(
    "vgg_shapes",
    answer=_vgg_shapes,
    cases=_tables,
    mistakes=SHAPE_MISTAKES,
    texts=TEXTS["vgg_shapes"],
)


def _block(
    num_convs,
    in_channels,
    out_channels,
    *,
    kernels=None,
    padding=None,
    act=nn.ReLU,
    last_act=None,
    pool=nn.MaxPool2d,
    pool_each=False,
    reading_input=(),
    bias=True,
):
    """A block of convolutions with these kernels, by default the exercise's."""
    kernels = [3] * num_convs + [1] if kernels is None else kernels
    padding = {3: 1, 1: 0} if padding is None else padding
    layers = []
    for i, k in enumerate(kernels):
        seen = in_channels if i == 0 or k in reading_input else out_channels
        is_last = i == len(kernels) - 1
        layers.append(nn.Conv2d(seen, out_channels, k, padding=padding[k], bias=bias))
        layers.append((last_act or act)() if is_last else act())
        if pool_each and not is_last:
            layers.append(pool(2))
    return nn.Sequential(*layers, pool(2))


def _vgg_block_c(num_convs, in_channels, out_channels):
    """A block with a 1x1 convolution."""
    return _block(num_convs, in_channels, out_channels)


def _block_with(**options):
    return lambda n, i, o: _block(n, i, o, **options)


def _shared(num_convs, in_channels, out_channels):
    first = _block(1, in_channels, out_channels)
    again = nn.Conv2d(out_channels, out_channels, 3, padding=1)
    return nn.Sequential(*first[:2], *[again, nn.ReLU()] * (num_convs - 1), *first[2:])


def _no_halving(_):
    return nn.Identity()


BLOCK_MISTAKES = {
    "padded_1x1": _block_with(padding={3: 1, 1: 1}),
    "no_last_relu": _block_with(last_act=nn.Identity),
    "no_relu": _block_with(act=nn.Identity),
    "pointwise_first": lambda n, i, o: _block(n, i, o, kernels=[1] + [3] * n),
    "pointwise_each": lambda n, i, o: _block(n, i, o, kernels=[3, 1] * n),
    "no_pointwise": lambda n, i, o: _block(n, i, o, kernels=[3] * n),
    "one_more_3x3": lambda n, i, o: _block(n, i, o, kernels=[3] * (n + 1)),
    "replaces_last": lambda n, i, o: _block(n, i, o, kernels=[3] * (n - 1) + [1]),
    "unpadded": _block_with(padding={3: 0, 1: 0}),
    "no_pool": _block_with(pool=_no_halving),
    "average": _block_with(pool=nn.AvgPool2d),
    "pool_each": _block_with(pool_each=True),
    "shared": _shared,
    "no_bias": _block_with(bias=False),
    "in_channels_kept": _block_with(reading_input=(3,)),
    "in_channels_last": _block_with(reading_input=(1, 3)),
    "list": lambda n, i, o: list(_block(n, i, o)),
}


def _block_output(build, num_convs, in_channels, out_channels):
    """What a built block makes of two images, and its parameters: shared ones count once."""
    X = torch.rand(2, in_channels, 19, 24, generator=torch.Generator().manual_seed(num_convs))
    block = build(num_convs, in_channels, out_channels)
    Y = output_of(block, X)
    if not isinstance(block, nn.Module):
        return Y
    return Y, sum(p.numel() for p in block.parameters())


def _block_cases(generator):
    yield 1, 2, 2
    yield 3, 2, 3
    while True:
        yield tuple(integer(generator, low, high) for low, high in ((1, 3), (1, 4), (1, 5)))


vgg_block_c = Exercise(
    "vgg_block_c",
    answer=_vgg_block_c,
    cases=_block_cases,
    mistakes=BLOCK_MISTAKES,
    texts=TEXTS["vgg_block_c"],
    use=_block_output,
    count=20,
)


def _build(
    config,
    in_channels,
    *,
    act=nn.ReLU,
    inner_act=None,
    padding=1,
    pool=lambda: nn.MaxPool2d(2),
    pools_at=lambda entry: entry == "M",
    chained=True,
    last=(),
):
    """The features of a flat table, with one thing done otherwise."""
    layers = []
    for i, entry in enumerate(config):
        if entry != "M":
            before_pool = config[i + 1 : i + 2] == ["M"]
            layers.append(nn.Conv2d(in_channels, entry, 3, padding=padding))
            layers.append(act() if before_pool or not inner_act else inner_act())
            in_channels = entry if chained else in_channels
        if pools_at(entry):
            layers.append(pool())
    return nn.Sequential(*layers, *last)


def _features(config, in_channels):
    """The features of a flat table."""
    return _build(config, in_channels)


def _built_with(**options):
    return lambda config, in_channels: _build(config, in_channels, **options)


FEATURE_MISTAKES = {
    "no_relu": _built_with(act=nn.Identity),
    "relu_once": _built_with(inner_act=nn.Identity),
    "unpadded": _built_with(padding=0),
    "no_pool": _built_with(pools_at=lambda entry: False),
    "big_pool": _built_with(pool=lambda: nn.MaxPool2d(3, stride=2)),
    "overlapping": _built_with(pool=lambda: nn.MaxPool2d(2, stride=1)),
    "average": _built_with(pool=lambda: nn.AvgPool2d(2)),
    "pool_each": _built_with(pools_at=lambda entry: entry != "M"),
    "one_pool": _built_with(pools_at=lambda entry: False, last=[nn.MaxPool2d(2)]),
    "flattened": _built_with(last=[nn.Flatten()]),
    "in_channels_kept": _built_with(chained=False),
    "list": lambda config, in_channels: list(_build(config, in_channels)),
}


def _features_of(build, config, in_channels):
    """What built features make of two images."""
    X = torch.rand(2, in_channels, 21, 26, generator=torch.Generator().manual_seed(len(config)))
    return output_of(build(config, in_channels), X)


def _configs(generator):
    yield [2, 3, "M"], 1
    yield [4, "M", 2, 2, "M"], 2
    while True:
        config = []
        while len(config) < 3 or (integer(generator, 0, 4) and len(config) < 7):
            pools = integer(generator, 0, 2) == 0 and config.count("M") < 3
            config.append("M" if pools and config else integer(generator, 1, 5))
        yield config, integer(generator, 1, 3)


vgg_features = Exercise(
    "vgg_features",
    answer=_features,
    cases=_configs,
    mistakes=FEATURE_MISTAKES,
    texts=TEXTS["vgg_features"],
    use=_features_of,
    count=20,
)


def _products(weight):
    return weight[0].numel()


def _scaled(n=_products, target=lambda n: (2 / n) ** 0.5, *, divided=True, zeroed=True, write=True):
    """A solution with one thing done otherwise."""

    def rescale(convs):
        factors = []
        with torch.no_grad():
            for conv in convs:
                weight = conv.weight
                factor = target(n(weight)) / (weight.std().item() if divided else 1)
                if write:
                    weight *= factor
                if zeroed:
                    conv.bias.zero_()
                factors.append(factor)
        return factors

    return rescale


def _first_factor_for_all(convs):
    factor = _scaled()(convs[:1])[0]
    with torch.no_grad():
        for conv in convs[1:]:
            conv.weight *= factor
            conv.bias.zero_()
    return [factor] * len(convs)


def _returns_stds(convs):
    _scaled()(convs)
    return [conv.weight.std().item() for conv in convs]


def _measured_after(convs):
    _scaled()(convs)
    return [(2 / conv.weight[0].numel()) ** 0.5 / conv.weight.std().item() for conv in convs]


RESCALE_MISTAKES = {
    "xavier": _scaled(target=lambda n: (1 / n) ** 0.5),
    "variance": _scaled(target=lambda n: 2 / n),
    "fan_out": _scaled(lambda w: w[:, 0].numel()),
    "channels_only": _scaled(lambda w: w.shape[1]),
    "kernel_only": _scaled(lambda w: w[0, 0].numel()),
    "nine": _scaled(lambda w: 9 * w.shape[1]),
    "square_kernel": _scaled(lambda w: w.shape[1] * w.shape[2] ** 2),
    "measured_after": _measured_after,
    "all_weights": _scaled(torch.numel),
    "glorot": _scaled(lambda w: (w[0].numel() + w[:, 0].numel()) / 2),
    "not_divided": _scaled(divided=False),
    "bias_kept": _scaled(zeroed=False),
    "not_written": _scaled(write=False),
    "stds": _returns_stds,
    "first_only": _first_factor_for_all,
}


def _rescaled(submission, layers, seed):
    """Factors, and what became of weights and biases of layers (c_in, c_out, k_h, k_w)."""
    generator = torch.Generator().manual_seed(seed)
    convs = [nn.Conv2d(i, o, (h, w)) for i, o, h, w in layers]
    for conv in convs:
        scale = integer(generator, 1, 40) / 20
        conv.weight.data = scale * torch.randn(conv.weight.shape, generator=generator)
        conv.bias.data = torch.rand(conv.bias.shape, generator=generator) + 0.5
    factors = submission(convs)
    if factors is None or factors is ...:
        return factors
    stds = [conv.weight.std().item() for conv in convs]
    return factors, stds, [conv.bias.abs().max().item() for conv in convs]


def _layers(generator):
    while True:
        channels = [integer(generator, 2, 4)]
        layers = []
        for _ in range(integer(generator, 2, 3)):
            channels.append(channels[-1] + integer(generator, 1, 4))
            kernel = integer(generator, 2, 3), integer(generator, 2, 5)
            layers.append((*channels[-2:], *kernel))
        yield layers, integer(generator, 0, 999)


rescale = Exercise(
    "rescale",
    answer=_scaled(),
    cases=_layers,
    mistakes=RESCALE_MISTAKES,
    texts=TEXTS["rescale"],
    use=_rescaled,
    count=10,
)
