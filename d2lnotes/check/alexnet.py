"""Exercises of the chapter on AlexNet."""

from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F

from ._cases import integer, integers
from ._exercise import Exercise
from ._modules import fill, output_of
from ._student import has_loop, mentions

P_ONE = "p = 1 时没有单独写：1 - p 是 0，不能除。这时输出应全是 0。"
TOGETHER = "每个数要各掷一次：随机数的形状应与 X 相同，torch.rand(X.shape)。"
NEGATIVE = "预算连输出层的偏置也放不下时，应返回 0，不是负数。"
TRUNCATED = (
    "int() 是向 0 取整：n + 2p 比 k 小一点时，int(负的小数) 是 0，看起来就像放得下。"
    "每一层代公式之前先检查。"
)
FLAT = (
    "第一个全连接层的输入个数不对：它由 features 的输出决定。"
    "让一张全零的图走一遍 features，数一数出来几个数。"
)
TEXTS = {
    "dropout": {
        "task": "dropout (X, p, training) → 同样形状的张量。",
        "hints": (
            "评估时做什么？训练时，一个数留下的概率是多少，留下的变成几倍？",
            "掷硬币：torch.rand(X.shape) 是 0 到 1 之间的数，小于 p 的概率正好是 p。",
            "mask = torch.rand(X.shape) >= p；X * mask / (1 - p)。p = 1 单独写。",
        ),
        "library": "这一题要自己写：不用 nn.Dropout、F.dropout。",
        "swapped": "training 用反了：训练时关，评估时原样返回。",
        "always": "评估时也在掷硬币：training 是 False 时原样返回 X。",
        "never": "训练时什么也没有做。",
        "paper": "这是论文的写法：训练时不放大，评估时缩小。这里要训练时放大，评估时原样返回。",
        "scaled_twice": "训练时已经除以 1 - p，评估时就不用再乘了：原样返回。",
        "no_scaling": "留下的没有放大：要除以 1 - p，平均才不变。",
        "multiplied": "留下的乘了 1 - p，更小了：应是除以。",
        "over_p": "留下的除以了 p：留下的概率是 1 - p，要除以它。",
        "keeps_p": "关掉和留下反了：p 是关掉的概率。你以概率 p 留下。",
        "keeps_p_over_p": "把 p 当成了留下的概率：在 PyTorch 和本章里，p 是关掉的概率。",
        "normal": "torch.randn 是正态分布，它小于 p 的概率不是 p。"
        "用 torch.rand：在 0 与 1 之间均匀分布。",
        "one_coin": TOGETHER + "你只掷了一次，要么全关，要么全留。",
        "rows": TOGETHER + "你让整行一起关掉。",
        "columns": TOGETHER + "你让整列一起关掉。",
        "exact_count": TOGETHER + "你每次正好关掉同样多：各掷各的，关掉几个也是随机的。",
        "seeded": "每次关掉的都是同样几个：函数里不要设种子，每次要重新掷。",
        "p_one": P_ONE + "你得到了 NaN。",
        "p_one_crash": P_ONE,
    },
    "last_side": {
        "task": "几层之后的边长 (n, layers) → 边长，放不下时是 0；每层是 (k, s, p)。",
        "hints": (
            "一层之后的边长怎样算？它就是下一层的 n。",
            "先看放不放得下：补过的边长 n + 2p 不能小于 k。再用公式，换掉 n。",
            "if n + 2 * p < k: return 0；n = (n + 2 * p - k) // s + 1",
        ),
        "no_check": "没有检查窗口放不放得下：n + 2p 小于 k 时，公式给出的数没有意义。",
        "checks_result": "只看结果是不是负的还不够：n + 2p 小于 k 时，公式也可能给出 0 以上的数。"
        "每一层代公式之前就要检查。",
        "truncated": TRUNCATED,
        "truncated_checked": TRUNCATED,
        "checks_unpadded": "检查时忘了填充：补过的边长是 n + 2p。",
        "too_strict": "n + 2p 正好等于 k 时放得下，输出是 1。",
        "one_side": "填充每侧补 p，一共 2p。",
        "no_padding": "没有用填充。",
        "no_stride": "没有用步幅。",
        "no_floor": "除不尽时要向下取整：整除用 //。",
        "ceil": "除不尽时要向下取整，你的是向上。",
        "forgot_one": "每层少了 1：第一个窗口不用走。",
        "divided_last": "先加了 1 再除：应先除以步幅，取整，再加 1。",
        "not_carried": "每一层都从图的边长算起：上一层的输出才是下一层的 n。",
    },
    "features": {
        "task": "由表搭出卷积部分 (table, in_channels) → nn.Sequential。",
        "hints": (
            "搭一个卷积要知道输入几个通道。第二个卷积的输入从哪里来？",
            "用一个变量记住现在有几个通道：开始是 in_channels，每过一个卷积换成它的通道数。",
            "layers += [nn.Conv2d(channels, c_out, k, s, p), nn.ReLU()]；最后 "
            "nn.Sequential(*layers)",
        ),
        "no_relu": "卷积之后没有 ReLU。",
        "relu_once": "只在最后放了一个 ReLU：每个卷积之后都要有。",
        "relu_first": "ReLU 放到卷积前面去了：先卷积，再 ReLU。",
        "sigmoid": "激活函数要用 ReLU。",
        "average": "池化要用最大池化，nn.MaxPool2d。",
        "pool_stride": "池化没有用表里的步幅：省去时步幅等于窗口，就不重叠了。",
        "fixed_window": "池化的窗口固定成 3 了：要用表里的。",
        "fixed_pool": "池化固定成 3×3、步幅 2 了：窗口和步幅都要用表里的。",
        "conv_stride": "卷积没有用表里的步幅。",
        "no_padding": "卷积没有用表里的填充。",
        "s_and_p": "步幅和填充放反了：nn.Conv2d(输入, 输出, k, 步幅, 填充)。",
        "not_carried": "每个卷积的输入通道都写成了 in_channels：只有第一个是，"
        "后面的是上一个卷积的输出通道数。",
        "pool_row_channels": "池化那一行的第二个数是窗口，不是通道数：池化不改变通道数。",
        "no_pool": "池化的那几行没有搭。",
        "a_list": "返回的是一串层：最后用 nn.Sequential(*layers) 包成一个网络。",
        "pool_at_end": "池化都放到最后去了：要照表的次序。",
    },
    "network": {
        "task": "接上头 (features, in_channels, n, hidden, num_classes) → 整个网络。",
        "hints": (
            "features 的输出拉平之后有几个数？不用公式，怎样让代码自己数？",
            "features(torch.zeros(1, in_channels, n, n)).numel() 就是拉平之后的个数。",
            "nn.Sequential(features, nn.Flatten(), nn.Linear(flat, hidden), nn.ReLU(), "
            "nn.Dropout(0.5), …, nn.Linear(hidden, num_classes))",
        ),
        "no_relu": "全连接层之间没有 ReLU：两层线性叠起来还是一层线性。",
        "relu_last": "最后一层之后也放了 ReLU：分数可以是负的。",
        "softmax": "最后多了 softmax：交叉熵损失自己会做，这里要的是分数。",
        "no_dropout": "没有 dropout：两个宽的全连接层之后各要一个。",
        "one_dropout": "dropout 只有一个：两个宽的全连接层之后各要一个。",
        "dropout_last": "最后一层之后也放了 dropout：分数不能随机关掉。",
        "dense_last": "最后一层之后也放了 ReLU 和 dropout：分数可以是负的，也不能随机关掉。"
        "最后一层只是 nn.Linear。",
        "dropout_early": "dropout 放到全连接层前面去了（torchvision 的网络是这样）："
        "这里放在两个宽的全连接层之后，关掉的是它们的 hidden 个单元。",
        "other_p": "dropout 的 p 应是 0.5。",
        "one_hidden": "少了一个全连接层：两个 hidden 个单元的，一个输出层。",
        "classes_fixed": "最后一层固定成 10 个输出了：应是 num_classes。",
        "channels_only": FLAT + "你只数了通道，没有乘高和宽。",
        "image": FLAT + "你用了图像的大小。",
        "fixed": FLAT + "256·5·5 只对 224×224 的 AlexNet 成立。",
        "no_flatten": "全连接层之前没有拉平：nn.Flatten()。",
        "head_only": "只有头，features 没有接进来。",
    },
    "widest_hidden": {
        "task": "预算之内 hidden 最大是几 (flat, num_classes, budget) → 整数。",
        "hints": (
            "hidden 是 h 时，三个全连接层各有几个参数？",
            "flat·h + h，h·h + h，h·num_classes + num_classes。h 从 0 往上试。",
            "while parameters(h + 1) <= budget: h += 1",
        ),
        "no_bias": "漏了偏置：每个输出单元一个。",
        "one_hidden": "少了一个 hidden×hidden 的全连接层。",
        "no_output": "漏了输出层。",
        "first_only": "只算了第一个全连接层。",
        "strict": "正好等于预算也可以：不超过，用 <=。",
        "one_more": "多了一个：这个 h 已经超过预算，它的前一个才是答案。",
        "negative": NEGATIVE,
        "rounded": "四舍五入会超过预算：要向下取整。",
    },
    "mirror": {
        "task": "左右翻转选中的图 (X, chosen) → 新的张量，不用循环。",
        "hints": (
            "形状是 (N, C, h, w)：左右是哪一维？",
            "X.flip(3) 把每张图都翻了。怎样按 chosen 在 X 与 X.flip(3) 之间挑？",
            "torch.where(chosen[:, None, None, None], X.flip(3), X)",
        ),
        "all": "每张图都翻了：只翻 chosen 为真的。",
        "none": "没有翻。（X[chosen].flip(3) 是新的张量，要放回结果里。）",
        "inverted": "反了：翻了没选中的。",
        "vertical": "上下翻了：左右是最后一维（列），第 3 维。",
        "both": "上下也翻了，等于转了 180 度：只翻最后一维。",
        "channels": "翻了通道的次序：左右是第 3 维。",
        "batch": "翻了图的次序：第 0 维是图，左右是第 3 维。",
        "last_axis": "chosen 对着最后一维（列）了：补成 chosen[:, None, None, None]。",
        "only_chosen": "只返回了选中的几张：没选中的也要原样留在结果里。",
        "loops": "里面还有循环。这一题要一次挑完，用 torch.where 或下标。",
    },
}


def _dropout(X, p, training, *, keep=None, factor=None):
    """Dropout; ``keep`` decides from X and p what stays, ``factor`` what it is multiplied with."""
    if not training:
        return X
    mask = torch.rand(X.shape) >= p if keep is None else keep(X, p)
    return X * mask * ((1 / (1 - p) if p < 1 else 0) if factor is None else factor(p))


def _over(q):
    """1 / q, which p = 1 or p = 0 may make infinite, as a tensor divides."""
    return (1 / torch.tensor(float(q))).item()


def _exact_count(X, p, training):
    off = torch.randperm(X.numel())[: int(p * X.numel())]
    mask = torch.ones(X.numel()).index_fill(0, off, 0).reshape(X.shape)
    return _dropout(X, p, training, keep=lambda X, p: mask)


def _seeded(X, p, training):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _dropout(X, p, training)


def _describe(dropout, X, p, training):
    """What a dropout function does, in words; the same whatever numbers it draws."""
    original = X.clone()
    Y = dropout(X, p, training)
    if Y is None or Y is ...:
        return Y
    if not isinstance(Y, torch.Tensor):
        return f"返回的是 {type(Y).__name__}"
    if Y.shape != original.shape:
        return f"形状是 {tuple(Y.shape)}"
    if Y.isnan().any():
        return "有 NaN"
    corner = original[:2, :3]
    corners = torch.stack([dropout(corner.clone(), p, training) for _ in range(30)])
    if torch.allclose(Y, original) and torch.allclose(corners, corner.expand_as(corners)):
        return "原样返回"
    return _in_words(Y, original, corners != 0, p)


def _in_words(Y, X, corners, p):
    """``corners`` are the masks of many small calls."""
    kept = Y != 0
    if not kept.any() and not corners.any():
        return "全是 0"
    flat = corners.flatten(1)
    same_everywhere = (flat == flat[:, :1]).all()
    if same_everywhere and (flat != flat[:1]).any():
        return "要么全部关掉，要么全部留下"
    ratios = (Y / X)[kept]
    even = ratios.max() - ratios.min() < 1e-3
    times = f"{ratios.mean():.3g} 倍" if even else "不同的倍数"
    if kept.all():
        return f"全部留下，变成 {times}"
    if (flat == flat[:1]).all():
        return "每次关掉的都一样"
    counts = flat.sum(dim=1)
    if (counts == counts[0]).all():
        return "每次正好关掉同样多"
    for axis, name in ((1, "行"), (0, "列")):
        if (kept == kept.narrow(axis, 0, 1)).all():
            return f"整{name}一起关掉"
    share = 1 - kept.float().mean().item()
    below = torch.special.ndtr(torch.tensor(p)).item()  # of a normal number
    near = min((p, 1 - p, below), key=lambda q: abs(q - share))
    share = f"约 {near:.0%}" if abs(near - share) < 0.06 else "别的比例"
    return f"各自关掉{share}，留下的变成 {times}"


def _coins(generator):
    """Batches without zeros, so that a zero is a unit that was switched off."""
    yield from ((_batch(generator), *rest) for rest in ((0.2, True), (0.5, True), (0.2, False)))
    # not 0.75: a normal number is below it in 0.773 of all cases, too near to be told apart
    yield from ((_batch(generator), p, True) for p in (0.0, 1.0, 0.25, 0.3, 0.6))
    yield from ((_batch(generator), p, False) for p in (0.5, 0.6))


def _batch(generator):
    X = integers(generator, 60, 40, low=1)
    return X * (1 - 2 * torch.randint(2, X.shape, generator=generator))


def _p_one(X, p, training):
    return X * float("nan") if training and p == 1 else _dropout(X, p, training)


def _p_one_crash(X, p, training):
    return X * (1 / (1 - p)) if training and p == 1 else _dropout(X, p, training)


dropout = Exercise(
    "dropout",
    answer=_dropout,
    cases=_coins,
    use=_describe,
    mistakes={
        "p_one": _p_one,
        "p_one_crash": _p_one_crash,
        "swapped": lambda X, p, training: _dropout(X, p, not training),
        "always": lambda X, p, training: _dropout(X, p, True),
        "never": lambda X, p, training: X,
        "paper": lambda X, p, training: (
            _dropout(X, p, True, factor=lambda p: 1) if training else X * (1 - p)
        ),
        "scaled_twice": lambda X, p, training: _dropout(X, p, True) if training else X * (1 - p),
        "no_scaling": lambda X, p, training: _dropout(X, p, training, factor=lambda p: 1),
        "multiplied": lambda X, p, training: _dropout(X, p, training, factor=lambda p: 1 - p),
        "over_p": lambda X, p, training: _dropout(X, p, training, factor=_over),
        "keeps_p": lambda X, p, training: _dropout(
            X, p, training, keep=_keeps_p, factor=lambda p: _over(1 - p)
        ),
        "keeps_p_over_p": lambda X, p, training: _dropout(
            X, p, training, keep=_keeps_p, factor=_over
        ),
        "normal": lambda X, p, training: _dropout(
            X,
            p,
            training,
            keep=lambda X, p: torch.randn(X.shape) > p,
            factor=lambda p: _over(1 - p),
        ),
        "one_coin": lambda X, p, training: _dropout(
            X, p, training, keep=lambda X, p: torch.rand(1) >= p
        ),
        "rows": lambda X, p, training: _dropout(
            X, p, training, keep=lambda X, p: torch.rand(len(X), 1) >= p
        ),
        "columns": lambda X, p, training: _dropout(
            X, p, training, keep=lambda X, p: torch.rand(X.shape[1]) >= p
        ),
        "exact_count": _exact_count,
        "seeded": _seeded,
    },
    texts=TEXTS["dropout"],
    rules={"library": lambda function: mentions(function, "dropout", "Dropout")},
)


def _keeps_p(X, p):
    return torch.rand(X.shape) < p


def _sides(generator):
    while True:
        layers = []
        for _ in range(integer(generator, 1, 4)):
            k = integer(generator, 1, 6)
            layers.append((k, integer(generator, 1, 4), integer(generator, 0, k // 2)))
        yield integer(generator, 2, 30), layers


def _after(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def _last_side(n, layers, *, after=_after, fits=lambda n, k, p: n + 2 * p >= k):
    """Side after all layers with one step done otherwise."""
    for k, s, p in layers:
        if not fits(n, k, p):
            return 0
        n = after(n, k, s, p)
    return n


def _side_with(**options):
    return lambda n, layers: _last_side(n, layers, **options)


def _truncated(n, k, s, p):
    return int((n + 2 * p - k) / s) + 1


def _truncated_checked(n, layers):
    for layer in layers:
        n = _truncated(n, *layer)
        if n <= 0:
            return 0
    return n


def _side_not_carried(n, layers):
    fitting = all(n + 2 * p >= k for k, s, p in layers)
    return _after(n, *layers[-1]) if fitting else 0


last_side = Exercise(
    "last_side",
    answer=_last_side,
    cases=_sides,
    mistakes={
        "no_check": _side_with(fits=lambda n, k, p: True),
        "checks_result": lambda n, layers: max(0, _last_side(n, layers, fits=lambda n, k, p: True)),
        "truncated": _side_with(after=_truncated, fits=lambda n, k, p: True),
        "truncated_checked": _truncated_checked,
        "checks_unpadded": _side_with(fits=lambda n, k, p: n >= k),
        "too_strict": _side_with(fits=lambda n, k, p: n + 2 * p > k),
        "one_side": _side_with(
            after=lambda n, k, s, p: (n + p - k) // s + 1, fits=lambda n, k, p: n + p >= k
        ),
        "no_padding": _side_with(
            after=lambda n, k, s, p: (n - k) // s + 1, fits=lambda n, k, p: n >= k
        ),
        "no_stride": _side_with(after=lambda n, k, s, p: n + 2 * p - k + 1),
        "no_floor": _side_with(after=lambda n, k, s, p: (n + 2 * p - k) / s + 1),
        "ceil": _side_with(after=lambda n, k, s, p: -((k - n - 2 * p) // s) + 1),
        "forgot_one": _side_with(after=lambda n, k, s, p: (n + 2 * p - k) // s),
        "divided_last": _side_with(after=lambda n, k, s, p: (n + 2 * p - k + 1) // s),
        "not_carried": _side_not_carried,
    },
    texts=TEXTS["last_side"],
)


SIDE = 16  # of the images that features see


def _layers_of(table, in_channels, conv=None, pool=None):
    """Modules of a table; ``conv`` and ``pool`` make those of a row."""
    conv = conv or (lambda c_in, c_out, k, s, p: [nn.Conv2d(c_in, c_out, k, s, p), nn.ReLU()])
    pool = pool or (lambda k, s: [nn.MaxPool2d(k, s)])
    layers, channels = [], in_channels
    for kind, *numbers in table:
        if kind == "conv":
            layers += conv(channels, *numbers)
            channels = numbers[0]
        else:
            layers += pool(*numbers)
    return layers


def _features(table, in_channels, **options):
    return nn.Sequential(*_layers_of(table, in_channels, **options))


def _features_with(**options):
    return lambda table, in_channels: _features(table, in_channels, **options)


def _one_relu(table, in_channels):
    plain = _layers_of(table, in_channels, conv=lambda *row: [nn.Conv2d(*row)])
    return nn.Sequential(*plain, nn.ReLU())


def _not_carried(table, in_channels):
    return _features(
        table, in_channels, conv=lambda _, *row: [nn.Conv2d(in_channels, *row), nn.ReLU()]
    )


def _pool_row_channels(table, in_channels):
    layers, channels = [], in_channels
    for row in table:
        layers += _layers_of([row], channels)
        channels = row[1]
    return nn.Sequential(*layers)


def _pool_at_end(table, in_channels):
    ordered = sorted(table, key=lambda row: row[0] != "conv")
    return _features(ordered, in_channels)


def _table(generator, n):
    """Rows that fit an image of this side, two convolutions and a pooling among them."""
    rows = []
    for kind in ("conv", "pool", "conv", "conv"):
        if kind == "conv":
            k = integer(generator, 2, 4)
            p, s = integer(generator, 0, 1), integer(generator, 1, 2) if n > 10 else 1
            row = ("conv", integer(generator, 2, 4), k, s, p)
        else:
            k, s, p = integer(generator, 2, 3), integer(generator, 1, 2), 0
            row = ("pool", k, s)
        if n + 2 * p < k + 1:
            break
        rows.append(row)
        n = _after(n, k, s, p)
    return rows


def _tables(generator):
    while True:
        yield _table(generator, SIDE), integer(generator, 1, 3)


def _built_features(build, table, in_channels):
    """What the features of a filled net are, for two images."""
    X = torch.randn(2, in_channels, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    net = build(table, in_channels)
    if isinstance(net, nn.Module):
        with torch.no_grad():
            net.eval()(X)  # lazy layers learn their sizes
    return output_of(net, X)


features = Exercise(
    "features",
    answer=_features,
    cases=_tables,
    use=_built_features,
    mistakes={
        "no_relu": _features_with(conv=lambda *row: [nn.Conv2d(*row)]),
        "relu_once": _one_relu,
        "relu_first": _features_with(conv=lambda *row: [nn.ReLU(), nn.Conv2d(*row)]),
        "sigmoid": _features_with(conv=lambda *row: [nn.Conv2d(*row), nn.Sigmoid()]),
        "average": _features_with(pool=lambda k, s: [nn.AvgPool2d(k, s)]),
        "pool_stride": _features_with(pool=lambda k, s: [nn.MaxPool2d(k)]),
        "fixed_window": _features_with(pool=lambda k, s: [nn.MaxPool2d(3, s)]),
        "fixed_pool": _features_with(pool=lambda k, s: [nn.MaxPool2d(3, 2)]),
        "a_list": _layers_of,
        "no_pool": _features_with(pool=lambda k, s: []),
        "pool_at_end": _pool_at_end,
        "conv_stride": _features_with(
            conv=lambda i, o, k, s, p: [nn.Conv2d(i, o, k, padding=p), nn.ReLU()]
        ),
        "no_padding": _features_with(conv=lambda i, o, k, s, p: [nn.Conv2d(i, o, k, s), nn.ReLU()]),
        "s_and_p": _features_with(conv=lambda i, o, k, s, p: [nn.Conv2d(i, o, k, p, s), nn.ReLU()]),
        "not_carried": _not_carried,
        "pool_row_channels": _pool_row_channels,
    },
    texts=TEXTS["features"],
    count=25,
)


def _network(
    features,
    in_channels,
    n,
    hidden,
    num_classes,
    *,
    flat=None,
    act=nn.ReLU,
    rates=(0.5, 0.5),
    last=(),
    wide=2,
):
    with torch.no_grad():
        out = features(torch.zeros(1, in_channels, n, n))
    units = out.numel() if flat is None else flat(out, in_channels * n * n)
    layers = [features, nn.Flatten()]
    for i in range(wide):
        layers += [nn.Linear(units, hidden), act()]
        layers += [nn.Dropout(rates[i])] if i < len(rates) else []
        units = hidden
    return nn.Sequential(*layers, nn.Linear(units, num_classes), *last)


def _network_with(**options):
    return lambda features, c, n, hidden, classes: _network(
        features, c, n, hidden, classes, **options
    )


def _without(kind):
    """Ours without its first module of a kind."""

    def build(features, c, n, hidden, classes):
        layers = list(_network(features, c, n, hidden, classes))
        del layers[next(i for i, layer in enumerate(layers) if isinstance(layer, kind))]
        return nn.Sequential(*layers)

    return build


def _dropout_early(*args):
    features, flatten, *layers = _network(*args, rates=())
    wide = [[nn.Dropout(0.5), *layers[i : i + 2]] for i in (0, 2)]
    return nn.Sequential(features, flatten, *wide[0], *wide[1], layers[-1])


def _seen_network(build, features, in_channels, n, hidden, num_classes):
    """Scores and dropout of a built net; a case has a table for ``features``."""
    X = torch.randn(2, in_channels, n, n, generator=torch.Generator().manual_seed(n))
    net = build(fill(_features(features, in_channels)), in_channels, n, hidden, num_classes)
    if not isinstance(net, nn.Module):
        return net
    with torch.no_grad():
        net.eval()(X)  # lazy layers learn their sizes
    scores = output_of(net, X)
    dropped = "、".join(f"{p:g}（{units} 个数）" for p, units in _dropouts(net, X)) or "没有"
    with torch.no_grad():
        net.train()
        is_lost = any((net(X) == 0).any() for _ in range(8))
    words = f"dropout 的 p：{dropped}" + ("，关掉了最后的分数" if is_lost else "")
    return scores, words


def _dropouts(net, X):
    """p and numbers an image of every dropout in a training pass, a module twice or F.dropout."""
    seen, real = [], F.dropout

    def noted(input, p=0.5, training=True, inplace=False):
        seen.extend([(p, input.numel() // len(input))] * training)
        return real(input, p, training, inplace)

    with mock.patch.object(F, "dropout", noted), torch.no_grad():
        net.train()(X)
    return seen


def _networks(generator):
    while True:
        n = integer(generator, 10, 16)
        rows = _table(generator, n)[:2]
        yield rows, integer(generator, 1, 3), n, integer(generator, 4, 8), integer(generator, 2, 6)


network = Exercise(
    "network",
    answer=_network,
    cases=_networks,
    use=_seen_network,
    mistakes={
        "no_relu": _network_with(act=nn.Identity),
        "relu_last": _network_with(last=[nn.ReLU()]),
        "softmax": _network_with(last=[nn.Softmax(dim=1)]),
        "no_dropout": _network_with(rates=()),
        "one_dropout": _network_with(rates=(0.5,)),
        "dropout_last": _network_with(last=[nn.Dropout(0.5)]),
        "dense_last": _network_with(last=[nn.ReLU(), nn.Dropout(0.5)]),
        "dropout_early": _dropout_early,
        "other_p": _network_with(rates=(0.2, 0.2)),
        "one_hidden": _network_with(wide=1, rates=(0.5,)),
        "classes_fixed": lambda features, c, n, hidden, classes: _network(
            features, c, n, hidden, 10
        ),
        "channels_only": _network_with(flat=lambda out, image: out.shape[1]),
        "image": _network_with(flat=lambda out, image: image),
        "fixed": _network_with(flat=lambda out, image: 256 * 5 * 5),
        "no_flatten": _without(nn.Flatten),
        "head_only": _without(nn.Sequential),
    },
    texts=TEXTS["network"],
    count=15,
)


def _head(h, flat, classes):
    return (flat * h + h) + (h * h + h) + (h * classes + classes)


def _widest(flat, num_classes, budget, *, parameters=_head, fits=lambda count, b: count <= b):
    h = 0
    while fits(parameters(h + 1, flat, num_classes), budget):
        h += 1
    return h


def _widest_with(**options):
    return lambda flat, num_classes, budget: _widest(flat, num_classes, budget, **options)


def _root(flat, classes, budget):
    """The real number of units that spends the budget."""
    b = flat + 2 + classes
    return (-b + max(0, b * b + 4 * (budget - classes)) ** 0.5) / 2


def _budgets(generator):
    yield 3, 5, 2
    while True:
        flat, classes = integer(generator, 1, 60), integer(generator, 2, 10)
        exact = _head(integer(generator, 1, 30), flat, classes)
        yield flat, classes, exact + integer(generator, 0, 1) * integer(generator, -20, 20)


widest_hidden = Exercise(
    "widest_hidden",
    answer=_widest,
    cases=_budgets,
    mistakes={
        "no_bias": _widest_with(parameters=lambda h, flat, c: flat * h + h * h + h * c),
        "one_hidden": _widest_with(parameters=lambda h, flat, c: flat * h + h + h * c + c),
        "no_output": _widest_with(parameters=lambda h, flat, c: flat * h + h + h * h + h),
        "first_only": _widest_with(parameters=lambda h, flat, c: flat * h + h),
        "strict": _widest_with(fits=lambda count, budget: count < budget),
        "one_more": lambda flat, c, budget: _widest(flat, c, budget) + 1,
        "negative": lambda flat, c, budget: int(_root(flat, c, budget) // 1),
        "rounded": lambda flat, c, budget: max(0, round(_root(flat, c, budget))),
    },
    texts=TEXTS["widest_hidden"],
)


def _images(generator):
    while True:
        n, c, h = integer(generator, 2, 4), integer(generator, 1, 3), integer(generator, 2, 3)
        X = integers(generator, n, c, h, integer(generator, 2, 4))
        yield X, torch.randint(2, (n,), generator=generator).bool()


def _mirror(X, chosen, *, dims=(3,)):
    return torch.where(chosen[:, None, None, None], X.flip(dims), X)


mirror = Exercise(
    "mirror",
    answer=_mirror,
    cases=_images,
    mistakes={
        "all": lambda X, chosen: X.flip(3),
        "none": lambda X, chosen: X,
        "inverted": lambda X, chosen: _mirror(X, ~chosen),
        "vertical": lambda X, chosen: _mirror(X, chosen, dims=(2,)),
        "both": lambda X, chosen: _mirror(X, chosen, dims=(2, 3)),
        "channels": lambda X, chosen: _mirror(X, chosen, dims=(1,)),
        "batch": lambda X, chosen: _mirror(X, chosen, dims=(0,)),
        "last_axis": lambda X, chosen: torch.where(chosen, X.flip(3), X),
        "only_chosen": lambda X, chosen: X[chosen].flip(3),
    },
    texts=TEXTS["mirror"],
    rules={"loops": has_loop},
)
