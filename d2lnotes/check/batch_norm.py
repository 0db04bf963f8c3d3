"""Exercises of the chapter on batch normalisation."""

import torch
from torch import nn

from ._cases import integer, integers
from ._exercise import Exercise
from ._student import mentions

OTHER_WAY = (
    "momentum 用反了：PyTorch 的 momentum 是新的一批的份量，旧值的份量是 1 - momentum。"
    "（有的书里 0.9 指的是旧值。）"
)
EPS_OUTSIDE = "eps 加在了根号外面。方差先加 eps，再开方：torch.sqrt(var + eps)。"
NO_ROOT = "除以了方差，没有开方。要除以标准差 torch.sqrt(var + eps)。"
NO_EPS = "没有用 eps：方差是 0 时就除以 0 了。"
COLUMNS = "长度为 C 的张量直接相乘，会对着最后一维（列）。要对着通道：写成 v[:, None, None] 再乘。"
BIASED_WANTED = "方差除以了 n - 1。规范化用有偏的方差，除以 n：var(..., unbiased=False)。"
FOUR_AXES = "dim=(0, 2, 3) 只对四维的 X 行。X 也可能是 (N, C) 或 (N, C, L)。"
RESHAPED = (
    "reshape(C, -1) 只按内存的顺序重排，不会把通道换到前面。先 transpose(0, 1)，再 flatten(1)。"
)
ALONG_CHANNELS = "dim=1 是把通道平均掉。要反过来：留下通道，平均掉别的维。"
TEXTS = {
    "bn_statistics": {
        "task": "每个通道的均值和规范化用的方差 X → (mean, var)，X 有 2、3 或 4 个维度。",
        "hints": (
            "通道是第几维？别的维全都要平均掉，一共剩几个数？",
            "把通道换到最前面，其余拉平：X.transpose(0, 1).flatten(1)，每个通道成了一行。",
            "columns.mean(1) 和 columns.var(1, unbiased=False)。",
        ),
        "unbiased": BIASED_WANTED,
        "std": "第二个返回的是标准差。这里要方差，还没有开方。",
        "swapped": "两个值的次序反了：先均值，后方差。",
        "only_batch": "只沿批量那一维求了均值。卷积层的每个位置用同一个核，"
        "H 和 W（或 L）也要平均掉。",
        "per_sample": "沿通道求了均值，每个样本剩一个数：那是层规范化。"
        "批量规范化每个通道剩一个数。",
        "all": "所有的数一起平均，只剩一个均值。每个通道各有一个。",
        "per_image": "每个样本、每个通道各有一个均值：那是实例规范化。"
        "批量规范化还要沿批量那一维平均。",
        "four_axes": FOUR_AXES,
        "four_axes_unbiased": FOUR_AXES + "另外，" + BIASED_WANTED,
        "two_or_four": "三维的 X 也要沿最后一维平均。除了第 1 维，别的维全都要平均掉。",
        "along_channels": ALONG_CHANNELS,
        "along_channels_unbiased": ALONG_CHANNELS + "另外，" + BIASED_WANTED,
        "averaged_variances": "均值对了。方差却是先在每个样本里求，再平均：样本之间的差别丢了。"
        "一个通道的所有数要放在一起求方差。",
        "reshaped": RESHAPED,
        "reshaped_unbiased": RESHAPED + "另外，" + BIASED_WANTED,
        "keepdim": "数都对，形状不对：要长度为 C 的张量，去掉 keepdim。",
    },
    "bn_normalize": {
        "task": "规范化，再缩放、平移 (X, mean, var, gamma, beta, eps) → Y，X 是 (N, C, H, W)。",
        "hints": (
            "长度为 C 的张量与 (N, C, H, W) 相减时，PyTorch 从哪一维对起？",
            "v[:, None, None] 的形状是 (C, 1, 1)，正好对着通道。eps 放在根号里面。",
            "X_hat = (X - mean[:, None, None]) / torch.sqrt(var + eps)[:, None, None]，"
            "再乘 gamma、加 beta。",
        ),
        "eps_outside": EPS_OUTSIDE,
        "no_eps": NO_EPS,
        "no_root": NO_ROOT,
        "columns": COLUMNS,
        "columns_late": "规范化对了。gamma 和 beta 却对着最后一维（列）："
        "它们也要写成 v[:, None, None]。",
        "samples": "v[:, None, None, None] 让它们对着第 0 维（样本）。"
        "通道是第 1 维：v[:, None, None]。",
        "own_statistics": "又从 X 里求了一遍均值和方差。要用传进来的 mean 和 var。",
        "bare": "只做了规范化。还要乘 gamma、加 beta。",
        "no_beta": "没有加 beta。",
        "no_gamma": "没有乘 gamma。",
        "swapped": "gamma 和 beta 用反了：乘 gamma，加 beta。",
        "beta_first": "先加了 beta 再乘 gamma。次序是先乘 gamma，后加 beta。",
        "no_mean": "没有减去均值。",
    },
    "bn_moving": {
        "task": "看过一批之后的移动平均 (moving_mean, moving_var, X, momentum) → 新的两个。",
        "hints": (
            "新的一批占多少份量？旧的占多少？",
            "新值 = (1 - momentum) × 旧值 + momentum × 这一批的。方差用除以 n - 1 的那种。",
            "mean, var = X.mean((0, 2, 3)), X.var((0, 2, 3))；"
            "(1 - momentum) * moving_mean + momentum * mean，方差同样。",
        ),
        "other_way": OTHER_WAY,
        "other_way_biased": OTHER_WAY + "另外，移动平均里存无偏的方差（除以 n - 1）。",
        "biased": "方差除以了 n。移动平均里存的是无偏的方差，除以 n - 1。",
        "batch_size": "除以 n - 1 里的 n 是一个通道里数的个数 N·H·W，不是样本的个数 N。",
        "replaced": "直接换成了这一批的统计量，旧的都丢了。要按 momentum 掺在一起。",
        "forgot_old": "没有加上旧值：旧值还占 1 - momentum。",
        "fixed": "份量写死成了 0.1。要用传进来的 momentum。",
        "added": "旧值没有打折。旧值的份量是 1 - momentum。",
        "std": "存的是标准差。移动平均里存方差。",
        "only_batch": "只沿批量那一维求了统计量。H 和 W 也要平均掉：dim=(0, 2, 3)。",
        "swapped": "两个值的次序反了：先均值，后方差。",
    },
    "bn_layer": {
        "task": "批量规范化层 MyBatchNorm(channels)，移动平均是各批统计量的平均数。",
        "hints": (
            "哪些张量要训练？哪些不训练，却要跟着存盘？分别用什么登记？",
            "gamma、beta 用 nn.Parameter；均值、方差和看过几批用 register_buffer。"
            "第 k 批的份量是 1/k。开关是 self.training。",
            "训练时：self.count = self.count + 1；share = 1 / self.count；"
            "self.mean = (1 - share) * self.mean + share * mean，方差同样（用无偏的）。",
        ),
        "momentum": "移动平均还是固定的 0.1。第 k 批的份量应是 1/k。",
        "other_way": "份量用反了：第 k 批占 1/k，旧值占 1 - 1/k。",
        "from_start": "把开头的 0 和 1 也算作了一批。第 1 批的份量是 1，开头的值一点不剩。",
        "not_parameters": "gamma 和 beta 不在 parameters() 里，优化器看不到它们。"
        "用 nn.Parameter(...)。",
        "not_buffers": "移动平均没有跟着存盘：读进新的层以后，它又成了 0 和 1。"
        "用 self.register_buffer(...) 登记。",
        "count_lost": "存盘再读进来，忘了看过几批，接着训练时份量就错了。"
        "把批数也登记成缓冲：register_buffer('count', torch.tensor(0))。",
        "eval_batch": "评估模式还在用这一批的统计量。self.training 是 False 时，用移动平均。",
        "eval_updates": "评估时也更新了移动平均。只在 self.training 时更新。",
        "counted_in_eval": "评估时也数了批数，接着训练时份量就错了。只在 self.training 时数。",
        "grad_switch": "用 torch.is_grad_enabled() 当了开关。检查时在 torch.no_grad() 里训练、"
        "在要梯度时评估，就都反了。开关是 self.training。",
        "moving_in_training": "训练时用了移动平均来规范化。训练时用这一批自己的统计量。",
        "biased": "移动平均里的方差除以了 n。那里存无偏的，除以 n - 1。",
        "unbiased": "训练时规范化用了无偏的方差。规范化用除以 n 的。",
        "eps_outside": EPS_OUTSIDE,
        "built_in": "用了 PyTorch 现成的层。这一题要自己写出来。",
    },
    "bn_fold": {
        "task": "把评估模式的 BN 并进前面的卷积 (K, b, gamma, beta, mean, var, eps) → (K2, b2)。",
        "hints": (
            "把 BN 写成 a·y + c。a 和 c 各是什么？",
            "y = K x + b 代入 a·(y - mean) + beta，把有 x 的和没有 x 的分开。",
            "a = gamma / torch.sqrt(var + eps)；K2 = K * a[:, None, None, None]；"
            "b2 里 b 和 mean 都要乘 a。",
        ),
        "swapped": "两个值的次序反了：先核，后偏置。",
        "mean_in_kernel": "mean 不能从核里减：BN 减的是卷积的结果，不是权重。"
        "mean 归到偏置里：a·(b - mean)。",
        "input_axis": "a 对着了输入通道。BN 在卷积之后，a 属于输出通道，对着 K 的第 0 维："
        "a[:, None, None, None]。",
        "columns": "K * a 让 a 对着最后一维（核的列）。a 属于输出通道：a[:, None, None, None]。",
        "kernel_kept": "核没有变。BN 也放大了 K x 这一部分：K 要乘 a。",
        "bias_unscaled": "b 没有乘 a。BN 作用在 K x + b 的整体上。",
        "bias_lost": "卷积原来的偏置 b 不见了。",
        "mean_unscaled": "mean 没有乘 a：是 a·(b - mean)，不是 a·b - mean。",
        "mean_added": "mean 的符号反了：BN 减去均值。",
        "beta_lost": "没有加 beta。",
        "beta_scaled": "beta 也乘了 a。beta 是最后才加的，不乘。",
        "no_gamma": "没有用 gamma：a = gamma / torch.sqrt(var + eps)。",
        "eps_outside": EPS_OUTSIDE,
        "no_root": NO_ROOT,
        "no_eps": "没有用 eps：a = gamma / torch.sqrt(var + eps)。",
    },
}


def _batches(generator):
    """Batches with 2, 3 or 4 axes, whose first two differ."""
    while True:
        n, c = integer(generator, 2, 4), integer(generator, 2, 4)
        shape = [integer(generator, 2, 3) for _ in range(integer(generator, 0, 2))]
        if n != c:
            yield (integers(generator, n, c, *shape),)


def _others(X):
    return [d for d in range(X.dim()) if d != 1]


def _statistics(X, dims=None, **options):
    dims = _others(X) if dims is None else dims
    return X.mean(dims, **options), X.var(dims, unbiased=False, **options)


def _two_or_four(X):
    return _statistics(X, [0, 2, 3] if X.dim() == 4 else [0])


def _averaged_variances(X):
    rows = X.reshape(*X.shape[:2], -1)
    return rows.mean((0, 2)), rows.var(2, unbiased=False).mean(0)


def _per_image(X):
    dims = list(range(2, X.dim()))
    return _statistics(X, dims) if dims else (X, torch.zeros_like(X))


def _reshaped_unbiased(X):
    rows = X.reshape(X.shape[1], -1)
    return rows.mean(1), rows.var(1)


bn_statistics = Exercise(
    "bn_statistics",
    answer=_statistics,
    cases=_batches,
    mistakes={
        "unbiased": lambda X: (X.mean(_others(X)), X.var(_others(X))),
        "std": lambda X: (X.mean(_others(X)), X.std(_others(X), unbiased=False)),
        "swapped": lambda X: _statistics(X)[::-1],
        "only_batch": lambda X: _statistics(X, [0]),
        "per_sample": lambda X: _statistics(X, list(range(1, X.dim()))),
        "all": lambda X: _statistics(X, list(range(X.dim()))),
        "per_image": _per_image,
        "four_axes": lambda X: _statistics(X, [0, 2, 3]),
        "four_axes_unbiased": lambda X: (X.mean((0, 2, 3)), X.var((0, 2, 3))),
        "two_or_four": _two_or_four,
        "along_channels": lambda X: _statistics(X, [1]),
        "along_channels_unbiased": lambda X: (X.mean(1), X.var(1)),
        "averaged_variances": _averaged_variances,
        "reshaped": lambda X: _statistics(X.reshape(X.shape[1], -1), [1]),
        "reshaped_unbiased": _reshaped_unbiased,
        "keepdim": lambda X: _statistics(X, keepdim=True),
    },
    texts=TEXTS["bn_statistics"],
)


def _maps(generator):
    """Feature maps, at times as wide as deep, and what to normalise them with."""
    while True:
        n, c, height, width = (integer(generator, 2, 3) for _ in range(4))
        X = integers(generator, n, c, height, width)
        mean, var = integers(generator, c), integers(generator, c, low=0, high=4)
        gamma, beta = integers(generator, c, low=2), integers(generator, c, low=1)
        yield X, mean, var, gamma, beta, 0.25 * integer(generator, 1, 3)


def _column(v):
    return v[:, None, None]


def _normalized(X, mean, var, gamma, beta, eps, *, align=_column):
    mean, var, gamma, beta = map(align, (mean, var, gamma, beta))
    return gamma * (X - mean) / torch.sqrt(var + eps) + beta


def _scaled_by(divisor):
    """Normalise with another divisor of (var, eps)."""

    def wrong(X, mean, var, gamma, beta, eps):
        scale = gamma / divisor(var, eps)
        return _column(scale) * (X - _column(mean)) + _column(beta)

    return wrong


def _divided_without_eps(X, mean, var, gamma, beta, eps):
    return _column(gamma) * ((X - _column(mean)) / _column(var.sqrt())) + _column(beta)


def _columns_late(X, mean, var, gamma, beta, eps):
    return gamma * ((X - _column(mean)) / torch.sqrt(_column(var) + eps)) + beta


def _own_statistics(X, mean, var, gamma, beta, eps):
    return _normalized(X, *_statistics(X), gamma, beta, eps)


bn_normalize = Exercise(
    "bn_normalize",
    answer=_normalized,
    cases=_maps,
    mistakes={
        "eps_outside": _scaled_by(lambda var, eps: var.sqrt() + eps),
        "no_eps": _divided_without_eps,
        "no_root": _scaled_by(lambda var, eps: var + eps),
        "columns": lambda *args: _normalized(*args, align=lambda v: v),
        "columns_late": _columns_late,
        "samples": lambda *args: _normalized(*args, align=lambda v: v[:, None, None, None]),
        "own_statistics": _own_statistics,
        "bare": lambda X, m, v, g, b, eps: _normalized(X, m, v, g**0, 0 * b, eps),
        "no_beta": lambda X, m, v, g, b, eps: _normalized(X, m, v, g, 0 * b, eps),
        "no_gamma": lambda X, m, v, g, b, eps: _normalized(X, m, v, g**0, b, eps),
        "swapped": lambda X, m, v, g, b, eps: _normalized(X, m, v, b, g, eps),
        "beta_first": lambda X, m, v, g, b, eps: _normalized(X, m, v, g, g * b, eps),
        "no_mean": lambda X, m, v, g, b, eps: _normalized(X, 0 * m, v, g, b, eps),
    },
    texts=TEXTS["bn_normalize"],
)


def _passes(generator):
    while True:
        n, c, height, width = (integer(generator, 2, 3) for _ in range(4))
        X = integers(generator, n, c, height, width)
        moving = integers(generator, c), integers(generator, c, low=1)
        yield *moving, X, (0.1, 0.25, 0.75)[integer(generator, 0, 2)]


def _moved(moving_mean, moving_var, X, momentum, *, keep=None, unbiased=True, dims=(0, 2, 3)):
    keep = 1 - momentum if keep is None else keep
    mean, var = X.mean(dims), X.var(dims, unbiased=unbiased)
    return keep * moving_mean + momentum * mean, keep * moving_var + momentum * var


def _divided_by_batch(m, v, X, momentum):
    mean, _ = _moved(m, v, X, momentum)
    var = X.var((0, 2, 3), unbiased=False) * len(X) / (len(X) - 1)
    return mean, (1 - momentum) * v + momentum * var


def _std_kept(m, v, X, momentum):
    mean, _ = _moved(m, v, X, momentum)
    return mean, (1 - momentum) * v + momentum * X.std((0, 2, 3))


bn_moving = Exercise(
    "bn_moving",
    answer=_moved,
    cases=_passes,
    mistakes={
        "other_way": lambda m, v, X, a: _moved(m, v, X, 1 - a),
        "other_way_biased": lambda m, v, X, a: _moved(m, v, X, 1 - a, unbiased=False),
        "biased": lambda m, v, X, a: _moved(m, v, X, a, unbiased=False),
        "batch_size": _divided_by_batch,
        "replaced": lambda m, v, X, a: _moved(m, v, X, 1),
        "forgot_old": lambda m, v, X, a: _moved(m, v, X, a, keep=0),
        "fixed": lambda m, v, X, a: _moved(m, v, X, 0.1),
        "added": lambda m, v, X, a: _moved(m, v, X, a, keep=1),
        "std": _std_kept,
        "only_batch": lambda m, v, X, a: _moved(m, v, X, a, dims=(0,)),
        "swapped": lambda m, v, X, a: _moved(m, v, X, a)[::-1],
    },
    texts=TEXTS["bn_moving"],
)


class _Averaging(nn.Module):
    """The answer; its methods are what the wrong ones do otherwise."""

    def __init__(self, channels):
        super().__init__()
        self.make_parameters(channels)
        self.make_statistics(channels)
        self.register_buffer("count", torch.tensor(0))

    def make_parameters(self, channels):
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def make_statistics(self, channels):
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, X):
        batch = _statistics(X)
        if self.updates():
            self.update(*batch, X.numel() / X.shape[1])
        mean, var = self.choose(batch, X)
        return self.normalize(X, mean, var)

    def updates(self):
        return self.training

    def update(self, mean, var, n):
        self.count = self.count + 1
        share = self.share()
        self.mean = (1 - share) * self.mean + share * mean
        self.var = (1 - share) * self.var + share * self.kept(var, n)

    def share(self):
        return 1 / self.count

    def kept(self, var, n):
        return var * n / (n - 1)

    def choose(self, batch, X):
        return batch if self.training else (self.mean, self.var)

    def normalize(self, X, mean, var):
        return _normalized(X, mean, var, self.gamma, self.beta, 1e-5)


def _but(**methods):
    """The answer with other methods."""
    return type("Wrong", (_Averaging,), methods)


def _plain_parameters(self, channels):
    self.gamma, self.beta = torch.ones(channels), torch.zeros(channels)


def _plain_statistics(self, channels):
    self.mean, self.var = torch.zeros(channels), torch.ones(channels)


class _PlainCount(_Averaging):
    def __init__(self, channels):
        super().__init__(channels)
        del self.count
        self.count = 0


def _by_grad(self, batch, X):
    return batch if torch.is_grad_enabled() else (self.mean, self.var)


def _unbiased_when_training(self, batch, X):
    n = X.numel() / X.shape[1]
    return (batch[0], batch[1] * n / (n - 1)) if self.training else (self.mean, self.var)


def _counting_always(self):
    if not self.training:
        self.count = self.count + 1
    return self.training


def _normalized_eps_outside(self, X, mean, var):
    return _scaled_by(lambda var, eps: var.sqrt() + eps)(X, mean, var, self.gamma, self.beta, 1e-5)


def _train_save_and_go_on(layer_class, batches, X):
    """Train on batches, save, load into a new layer, evaluate X, train on X, evaluate again."""
    layer = layer_class(X.shape[1])
    with torch.no_grad():
        # gamma and beta, whatever they are called
        for parameter in filter(lambda p: p.requires_grad, layer.parameters()):
            parameter += torch.linspace(0.5, 1.5, parameter.numel()).reshape(parameter.shape)
    layer.train()
    for batch in batches[:-1]:
        layer(batch)
    with torch.no_grad():
        trained = layer(batches[-1])
    loaded = layer_class(X.shape[1])
    loaded.load_state_dict(layer.state_dict())
    evaluated = loaded.eval()(X)
    loaded.train()(X)
    return trained, evaluated, loaded.eval()(X)


def _lives(generator):
    while True:
        n, c, side = (integer(generator, 2, 3) for _ in range(3))
        scale = (1, 0.01)[integer(generator, 0, 1)]  # small values show where eps stands
        count = integer(generator, 2, 4)
        *batches, X = (integers(generator, n, c, side, side) * scale for _ in range(count + 1))
        yield batches, X


def _is_built_in(layer_class):
    if isinstance(layer_class, type) and issubclass(layer_class, nn.modules.batchnorm._BatchNorm):
        return True
    return mentions(layer_class, "BatchNorm1d", "BatchNorm2d", "batch_norm")


bn_layer = Exercise(
    "bn_layer",
    answer=_Averaging,
    cases=_lives,
    use=_train_save_and_go_on,
    mistakes={
        "momentum": _but(share=lambda self: torch.tensor(0.1)),
        "other_way": _but(share=lambda self: 1 - 1 / self.count),
        "from_start": _but(share=lambda self: 1 / (self.count + 1)),
        "not_parameters": _but(make_parameters=_plain_parameters),
        "not_buffers": _but(make_statistics=_plain_statistics),
        "count_lost": _PlainCount,
        "eval_batch": _but(choose=lambda self, batch, X: batch),
        "eval_updates": _but(updates=lambda self: self.count >= 0),
        "counted_in_eval": _but(updates=_counting_always),
        "grad_switch": _but(choose=_by_grad, updates=lambda self: torch.is_grad_enabled()),
        "moving_in_training": _but(choose=lambda self, batch, X: (self.mean, self.var)),
        "biased": _but(kept=lambda self, var, n: var),
        "unbiased": _but(choose=_unbiased_when_training),
        "eps_outside": _but(normalize=_normalized_eps_outside),
    },
    texts=TEXTS["bn_layer"],
    rules={"built_in": _is_built_in},
    count=20,
)


def _layers(generator):
    while True:
        c_i, c_o, k_h, k_w = (integer(generator, 2, 3) for _ in range(4))
        K, b = integers(generator, c_o, c_i, k_h, k_w), integers(generator, c_o, low=1)
        gamma, beta = integers(generator, c_o, low=2), integers(generator, c_o, low=1)
        mean, var = integers(generator, c_o, low=1), integers(generator, c_o, low=1)
        yield K, b, gamma, beta, mean, var, 0.25 * integer(generator, 1, 3)


def _factor(gamma, var, eps):
    return gamma / torch.sqrt(var + eps)


def _fold_by(*, scale=_factor, shift=None, align=lambda a: a[:, None, None, None]):
    """A fold with another factor, another bias, or the factor along another axis."""

    def fold(K, b, gamma, beta, mean, var, eps):
        a = scale(gamma, var, eps)
        bias = a * (b - mean) + beta if shift is None else shift(a, b, mean, beta)
        return K * align(a), bias

    return fold


def _mean_in_kernel(K, b, gamma, beta, mean, var, eps):
    a = _factor(gamma, var, eps)
    return (K - mean[:, None, None, None]) * a[:, None, None, None], a * b + beta


bn_fold = Exercise(
    "bn_fold",
    answer=_fold_by(),
    cases=_layers,
    mistakes={
        "swapped": lambda *args: _fold_by()(*args)[::-1],
        "mean_in_kernel": _mean_in_kernel,
        "input_axis": _fold_by(align=lambda a: a[None, :, None, None]),
        "columns": _fold_by(align=lambda a: a),
        "kernel_kept": _fold_by(align=lambda a: torch.ones(())),
        "bias_unscaled": _fold_by(shift=lambda a, b, mean, beta: b - a * mean + beta),
        "bias_lost": _fold_by(shift=lambda a, b, mean, beta: beta - a * mean),
        "mean_unscaled": _fold_by(shift=lambda a, b, mean, beta: a * b - mean + beta),
        "mean_added": _fold_by(shift=lambda a, b, mean, beta: a * (b + mean) + beta),
        "beta_lost": _fold_by(shift=lambda a, b, mean, beta: a * (b - mean)),
        "beta_scaled": _fold_by(shift=lambda a, b, mean, beta: a * (b - mean + beta)),
        "no_gamma": _fold_by(scale=lambda gamma, var, eps: 1 / torch.sqrt(var + eps)),
        "eps_outside": _fold_by(scale=lambda gamma, var, eps: gamma / (var.sqrt() + eps)),
        "no_root": _fold_by(scale=lambda gamma, var, eps: gamma / (var + eps)),
        "no_eps": _fold_by(scale=lambda gamma, var, eps: gamma / var.sqrt()),
    },
    texts=TEXTS["bn_fold"],
)
