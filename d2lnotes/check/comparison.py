"""Exercises of the chapter that compares the networks."""

import torch
from torch import nn
from torch.nn import functional as F

from ._cases import integer
from ._exercise import Exercise

BUDGET = 20_000
TEXTS = {
    "paired_difference": {
        "task": "同一批图像上两个网络的精度之差和它的标准误 (a, b) → (差, 标准误)。",
        "hints": (
            "第 i 张图，甲对乙错是 1，乙对甲错是 −1，其余是 0。这些数的平均是什么？",
            "布尔张量先用 .float() 变成 0 和 1 再相减；标准误是 d 的标准差除以 √n。",
            "d = a.float() - b.float()；d.std(correction=0) / len(d) ** 0.5",
        ),
        "bool_minus": "布尔张量不能相减：先用 .float() 变成 0 和 1。",
        "independent": "这是两批**不同**图像的算法（两个方差相加）。同一批图像要先逐张相减。",
        "unbiased": "求方差时除以 n：.std() 默认除以 n−1，请写 correction=0。",
        "no_root": "这是一张图的标准差，还要除以 √n：图越多，平均越稳。",
        "by_n": "标准差除以 √n，不是除以 n。",
        "variance": "这是方差，还要开方：先求标准差。",
        "reversed": "差反了：甲减乙。",
        "hits": "差用的是张数。精度是张数除以 n。",
        "not_centred": "方差要先减去平均：d 的平方的平均，还要减去平均的平方。",
        "disagreement": "取了绝对值，得到的是意见不同的比例。一胜一负应抵消。",
    },
    "separated": {
        "task": "两组精度是否完全分开 (a, b) → 1、−1 或 0。",
        "hints": (
            "“甲的每一个都高于乙的每一个”，只看甲的哪一个、乙的哪一个就够了？",
            "甲最低的高于乙最高的，就都高；反过来再问一次。",
            "if min(a) > max(b): return 1，再问 min(b) > max(a)，否则 0。",
        ),
        "means": "比的是平均。平均高，两段仍可能重叠。",
        "ties": "相等也算重叠：用 >，不用 >=。",
        "one_way": "只问了甲在上面，没有问乙在上面：那时返回 −1。",
        "flipped": "1 和 −1 反了：甲全高返回 1。",
        "best": "比的是各自最好的一次。要拿一边最差的与另一边最好的比。",
        "no_overlap": "不是甲全高，不等于乙全高：两段还可能重叠，那时返回 0。",
        "twenty_five": "25 是五次对五次的对数。这里两边的长短不定：len(a) * len(b)。",
        "in_turn": "只把次序相同的两个相比。甲的每一个都要高于乙的每一个。",
    },
    "pareto_front": {
        "task": "没有被压过的点的序号 (costs, accuracies) → 列表。",
        "hints": (
            "对一个点，哪样的另一个点会让你不再选它？用一句话说。",
            "另一个点 (c, a) 压过 (cost, accuracy)：c <= cost，a >= accuracy，"
            "而且两个不等号至少有一个是严格的。",
            "[i for i, … if not any(c <= cost and a >= accuracy and (c < cost or a > accuracy) …)]",
        ),
        "strict": "要求两样都严格更好才算压过。代价相同、精度更高，也压过了。",
        "self_beaten": "每个点都被自己压过了：要“至少有一样更好”才算。",
        "twins": "两个完全相同的点互相压掉了。它们都没有被压过，都要留下。",
        "first_twin": "完全相同的点只留了一个。它们都没有被压过，都要留下。",
        "best_only": "只留了精度最高的。又省又差一点的也没有被压过。",
        "cheapest_only": "只留了最便宜的。更贵但更准的也没有被压过。",
        "wrong_way": "代价的方向反了：代价越低越好。",
        "by_cost": "点都对，次序要按序号从小到大。",
        "points": "返回的是点本身，要的是序号。",
    },
    "largest_batch": {
        "task": "内存放得下的最大批量 (memory, parameters, states, saved) → 整数。",
        "hints": (
            "哪些东西与批量无关？先把它们减掉。",
            "参数一份，梯度一份，优化器 states 份，每个数 4 字节；剩下的除以 saved。",
            "fixed = 4 * parameters * (2 + states)；max(0, (memory - fixed) // saved)",
        ),
        "no_gradients": "漏了梯度：它与参数一样多。",
        "no_states": "漏了优化器的状态，每个参数 states 个数。",
        "only_parameters": "只减了参数。梯度和优化器的状态也要占内存。",
        "no_bytes": "每个数是 4 字节，参数那一边没有乘 4。",
        "saved_times_four": "saved 已经是字节，不用再乘 4。",
        "each_image": "参数、梯度和状态只有一份，不是每张图一份：先减掉，再除。",
        "negative": "放不下时应返回 0，不是负数。",
        "states_once": "states 是每个参数记几个数，要乘参数的个数。",
        "not_whole": "张数是整数：用 //，不用 /。",
        "rounded": "四舍五入会多放一张：要向下取整。",
        "rounded_up": "要向下取整：不够放一张的，就不放了。",
    },
    "stratified_split": {
        "task": "每类恰好 per_class 张的验证集 (labels, per_class) → (train, valid)，都是序号。",
        "hints": (
            "某一类的图在哪些位置？(labels == c).nonzero() 给出什么？",
            "每一类：把它的序号打乱，前 per_class 个归验证，其余归训练，最后各自接起来。",
            "of_class = (labels == c).nonzero().flatten()；"
            "of_class = of_class[torch.randperm(len(of_class))]",
        ),
        "overlap": "训练集里还有验证集的图：训练时见过的图，不能用来验证。",
        "first": "每类取了最前面的几张，没有打乱。数据若按来源排列，这样取就偏了。",
        "last": "每类取了最后面的几张，没有打乱。数据若按来源排列，这样取就偏了。",
        "masks": "返回的是布尔掩码，要的是序号：mask.nonzero().flatten()。",
        "not_joined": "每一类的序号还是分开的：用 torch.cat 接成一个张量。",
        "not_stratified": "总数对，各类却不一样多：要逐类地取。",
        "in_all": "一共只取了 per_class 张：每一类都要 per_class 张。",
        "swapped": "次序反了：先训练，后验证。",
        "lost": "有的图两边都不在：没进验证集的，都归训练集。",
    },
    "small_net": {
        "task": "两万个参数以内的网络 () → nn.Module，(N, 1, 28, 28) → (N, 10)。",
        "hints": (
            "哪一层最容易把两万个参数用完？Linear(16·28·28, 64) 有多少个？",
            "先用步幅或池化把图缩小，通道慢慢加到 32，再用全局平均池化代替大的全连接层。",
            "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10) 作结尾，"
            "前面两三层 3×3 卷积，至少一层 stride=2。",
        ),
        "hidden": "层放在普通的列表或字典里，PyTorch 看不见它们的参数：用 nn.Sequential、"
        "nn.ModuleList 或 nn.ModuleDict。",
        "shape": "输出的形状不是 (N, 10)。",
        "four_axes": "输出还有四个维度：最后少了 nn.Flatten()。",
        "no_conv": "没有卷积层。",
        "too_many": f"参数超过 {BUDGET:,} 个。先缩小图，再接全连接层，或者用全局平均池化。",
        "no_gradient": "有的参数没有梯度：定义了却没有用到的层，请去掉或者用上。",
        "softmax": "最后一层是 softmax。交叉熵损失里已经有 softmax，网络给分数就好。",
    },
}


def _pairs(generator):
    while True:
        n = integer(generator, 4, 10)
        a, b = (torch.rand(n, generator=generator) < 0.7 for _ in range(2))
        if (a ^ b).any():
            yield a, b


def _signs(a, b):
    return a.float() - b.float()


def _standard_error(d):
    return (d.std(correction=0) / len(d) ** 0.5).item()


def _independent(a, b):
    both = [_standard_error(right.float()) for right in (a, b)]
    return sum(error**2 for error in both) ** 0.5


paired_difference = Exercise(
    "paired_difference",
    answer=lambda a, b: (_signs(a, b).mean().item(), _standard_error(_signs(a, b))),
    cases=_pairs,
    mistakes={
        "bool_minus": lambda a, b: a - b,
        "independent": lambda a, b: (_signs(a, b).mean().item(), _independent(a, b)),
        "unbiased": lambda a, b: (
            _signs(a, b).mean().item(),
            (_signs(a, b).std() / len(a) ** 0.5).item(),
        ),
        "no_root": lambda a, b: (_signs(a, b).mean().item(), _signs(a, b).std(correction=0).item()),
        "by_n": lambda a, b: (
            _signs(a, b).mean().item(),
            (_signs(a, b).std(correction=0) / len(a)).item(),
        ),
        "variance": lambda a, b: (
            _signs(a, b).mean().item(),
            (_signs(a, b).var(correction=0) / len(a)).item(),
        ),
        "reversed": lambda a, b: (_signs(b, a).mean().item(), _standard_error(_signs(a, b))),
        "hits": lambda a, b: (_signs(a, b).sum().item(), _standard_error(_signs(a, b))),
        "not_centred": lambda a, b: (
            _signs(a, b).mean().item(),
            (_signs(a, b).abs().mean() / len(a)).sqrt().item(),
        ),
        "disagreement": lambda a, b: (
            _signs(a, b).abs().mean().item(),
            _standard_error(_signs(a, b).abs()),
        ),
    },
    texts=TEXTS["paired_difference"],
)


def _two_sets(generator):
    """Apart, touching and overlapping ones."""
    while True:
        above = integer(generator, -1, 1) * 3
        a = [(50 + above + integer(generator, 0, 4)) / 100 for _ in range(3)]
        b = [(50 + integer(generator, 0, 4)) / 100 for _ in range(integer(generator, 2, 4))]
        yield a, b


def _separated(a, b):
    return int(min(a) > max(b)) - int(min(b) > max(a))


def _sign(x):
    return (x > 0) - (x < 0)


separated = Exercise(
    "separated",
    answer=_separated,
    cases=_two_sets,
    mistakes={
        "means": lambda a, b: _sign(round(sum(a) / len(a) - sum(b) / len(b), 9)),
        "ties": lambda a, b: 1 if min(a) >= max(b) else -1 if min(b) >= max(a) else 0,
        "one_way": lambda a, b: int(min(a) > max(b)),
        "flipped": lambda a, b: _separated(b, a),
        "best": lambda a, b: _sign(max(a) - max(b)),
        "no_overlap": lambda a, b: 1 if min(a) > max(b) else -1,
        "twenty_five": lambda a, b: -1 if min(b) > max(a) else 0,
        "in_turn": lambda a, b: (
            int(all(x > y for x, y in zip(a, b, strict=False)))
            - int(all(x < y for x, y in zip(a, b, strict=False)))
        ),
    },
    texts=TEXTS["separated"],
)


def _points(generator):
    """Few values, so that ties and twins happen."""
    while True:
        n = integer(generator, 2, 6)
        costs = [integer(generator, 1, 5) for _ in range(n)]
        yield costs, [integer(generator, 5, 9) / 10 for _ in range(n)]


def _front(costs, accuracies, beats):
    points = list(zip(costs, accuracies, strict=True))
    return [
        i
        for i, mine in enumerate(points)
        if not any(beats(*other, *mine, i == j) for j, other in enumerate(points))
    ]


def _really_beats(c, a, cost, accuracy, _):
    return c <= cost and a >= accuracy and (c < cost or a > accuracy)


def _pareto(costs, accuracies):
    return _front(costs, accuracies, _really_beats)


pareto_front = Exercise(
    "pareto_front",
    answer=_pareto,
    cases=_points,
    mistakes={
        "self_beaten": lambda costs, accuracies: [],
        "strict": lambda costs, accuracies: _front(
            costs, accuracies, lambda c, a, cost, acc, _: c < cost and a > acc
        ),
        "twins": lambda costs, accuracies: _front(
            costs, accuracies, lambda c, a, cost, acc, same: not same and c <= cost and a >= acc
        ),
        "first_twin": lambda costs, accuracies: [
            i
            for i in _pareto(costs, accuracies)
            if (costs[i], accuracies[i]) not in zip(costs[:i], accuracies[:i], strict=True)
        ],
        "best_only": lambda costs, accuracies: [accuracies.index(max(accuracies))],
        "cheapest_only": lambda costs, accuracies: [costs.index(min(costs))],
        "wrong_way": lambda costs, accuracies: _pareto([-c for c in costs], accuracies),
        "by_cost": lambda costs, accuracies: sorted(
            _pareto(costs, accuracies), key=lambda i: costs[i]
        ),
        "points": lambda costs, accuracies: [
            (costs[i], accuracies[i]) for i in _pareto(costs, accuracies)
        ],
    },
    texts=TEXTS["pareto_front"],
)


def _memories(generator):
    while True:
        parameters, states = integer(generator, 1, 9), integer(generator, 0, 2)
        saved = integer(generator, 3, 12)
        fixed = 4 * parameters * (2 + states)
        yield max(1, fixed + integer(generator, -20, 100)), parameters, states, saved


def _batch(memory, fixed, saved):
    return max(0, (memory - fixed) // saved)


largest_batch = Exercise(
    "largest_batch",
    answer=lambda memory, parameters, states, saved: _batch(
        memory, 4 * parameters * (2 + states), saved
    ),
    cases=_memories,
    mistakes={
        "no_gradients": lambda m, p, states, saved: _batch(m, 4 * p * (1 + states), saved),
        "no_states": lambda m, p, states, saved: _batch(m, 4 * p * 2, saved),
        "only_parameters": lambda m, p, states, saved: _batch(m, 4 * p, saved),
        "no_bytes": lambda m, p, states, saved: _batch(m, p * (2 + states), saved),
        "saved_times_four": lambda m, p, states, saved: _batch(m, 4 * p * (2 + states), 4 * saved),
        "each_image": lambda m, p, states, saved: m // (4 * p * (2 + states) + saved),
        "negative": lambda m, p, states, saved: (m - 4 * p * (2 + states)) // saved,
        "states_once": lambda m, p, states, saved: _batch(m, 4 * (2 * p + states), saved),
        "not_whole": lambda m, p, states, saved: max(0, (m - 4 * p * (2 + states)) / saved),
        "rounded": lambda m, p, states, saved: max(0, round((m - 4 * p * (2 + states)) / saved)),
        "rounded_up": lambda m, p, states, saved: max(0, -((4 * p * (2 + states) - m) // saved)),
    },
    texts=TEXTS["largest_batch"],
)


def _labels(generator):
    """Classes of unequal size, mixed; large enough that chance looks like nothing else."""
    while True:
        classes, per_class = integer(generator, 3, 5), integer(generator, 4, 6)
        sizes = torch.randint(per_class + 4, 2 * per_class + 8, (classes,), generator=generator)
        labels = torch.arange(classes).repeat_interleave(sizes)
        yield labels[torch.randperm(len(labels), generator=generator)], per_class


def _what_a_split_is(submission, labels, per_class):
    """Words, since every right split is another one."""
    split = submission(labels, per_class)
    if split is None or split is ...:
        return split
    lists = (part for part in split if isinstance(part, (list, tuple)))
    if any(isinstance(i, torch.Tensor) and i.dim() > 0 for part in lists for i in part):
        return "每一类的序号是分开的"
    train, valid = (torch.as_tensor(part).flatten() for part in split)
    if valid.dtype == torch.bool:
        return "布尔掩码"
    train, valid = train.tolist(), valid.tolist()
    counts = labels[torch.tensor(valid, dtype=torch.long)].bincount(minlength=labels.max() + 1)
    groups = [(labels == c).nonzero().flatten() for c in labels.unique()]
    first, last = (
        [g[part] for g in groups] for part in (slice(per_class), slice(-per_class, None))
    )
    if set(valid) == set(torch.cat(first).tolist()):
        chance = "取的是最前面的几张"
    else:
        from_the_end = set(valid) == set(torch.cat(last).tolist())
        chance = "取的是最后面的几张" if from_the_end else "打乱了"
    if (counts == per_class).all():
        size = "每类恰好 per_class 张"
    elif len(valid) == per_class * len(counts):
        size = "总数对，各类不一样多"
    elif len(valid) == per_class:
        size = "一共只有 per_class 张"
    else:
        size = "验证集的张数不对"
    return (
        "两边重叠" if set(train) & set(valid) else "不重叠",
        "全在" if set(train) | set(valid) == set(range(len(labels))) else "有的图两边都不在",
        "有重复的图" if len(set(train)) + len(set(valid)) < len(train) + len(valid) else "无重复",
        size,
        chance,
    )


def _split(labels, per_class, order=None):
    order = torch.randperm(len(labels)) if order is None else order
    groups = [order[labels[order] == c] for c in labels.unique()]
    train = torch.cat([group[per_class:] for group in groups])
    return train, torch.cat([group[:per_class] for group in groups])


def _masks(labels, per_class):
    valid = torch.zeros(len(labels), dtype=torch.bool)
    valid[_split(labels, per_class)[1]] = True
    return ~valid, valid


def _cut(labels, count):
    order = torch.randperm(len(labels))
    return order[count:], order[:count]


stratified_split = Exercise(
    "stratified_split",
    answer=_split,
    cases=_labels,
    use=_what_a_split_is,
    mistakes={
        "overlap": lambda labels, k: (torch.arange(len(labels)), _split(labels, k)[1]),
        "first": lambda labels, k: _split(labels, k, torch.arange(len(labels))),
        "last": lambda labels, k: _split(labels, k, torch.arange(len(labels)).flip(0)),
        "masks": _masks,
        "not_joined": lambda labels, k: tuple(list(part.split(k)) for part in _split(labels, k)),
        "not_stratified": lambda labels, k: _cut(labels, k * len(labels.unique())),
        "in_all": lambda labels, k: _cut(labels, k),
        "swapped": lambda labels, k: _split(labels, k)[::-1],
        "lost": lambda labels, k: (_split(labels, k)[0][:-1], _split(labels, k)[1]),
    },
    texts=TEXTS["stratified_split"],
    count=20,
)


def _what_a_net_is(submission, n):
    """The first thing that is wrong with a net, in a word."""
    net = submission if isinstance(submission, nn.Module) else submission()
    if net is None or net is ...:
        return net
    if any(_has_hidden_layers(module) for module in net.modules()):
        return "有层放在普通的列表或字典里"
    X = torch.rand(n, 1, 28, 28)
    y = net.train(n > 1)(X)  # batch norm wants two images
    if y.dim() == 4:
        return "输出是四维的"
    if y.shape != (n, 10):
        return "输出的形状不是 (N, 10)"
    if not any(isinstance(module, nn.Conv2d) for module in net.modules()):
        return "没有卷积层"
    if sum(p.numel() for p in net.parameters()) > BUDGET:
        return "参数太多"
    if (y >= 0).all() and torch.allclose(y.sum(1), torch.ones(n)):
        return "输出是概率"
    F.cross_entropy(y, torch.arange(n) % 10).backward()
    if any(p.grad is None for p in net.parameters()):
        return "有参数没有梯度"
    return "符合"


def _has_hidden_layers(module):
    own = (value for name, value in vars(module).items() if name != "_modules")
    inside = (value.values() if isinstance(value, dict) else value for value in own)
    inside = (value for value in inside if isinstance(value, (list, tuple, type({}.values()))))
    return any(isinstance(item, nn.Module) for value in inside for item in value)


def _example(*end, channels=8):
    body = [nn.Conv2d(1, channels, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), *end)


class _Hidden(nn.Module):
    """Keeps its layers in a plain list."""

    def __init__(self):
        super().__init__()
        self.layers = [*_example(nn.Flatten())]
        self.head = nn.Linear(8, 10)

    def forward(self, X):
        for layer in self.layers:
            X = layer(X)
        return self.head(X)


class _Unused(nn.Module):
    """Has a layer that it never runs."""

    def __init__(self):
        super().__init__()
        self.net = _example(nn.Flatten(), nn.Linear(8, 10))
        self.extra = nn.Linear(8, 8)

    def forward(self, X):
        return self.net(X)


small_net = Exercise(
    "small_net",
    answer=lambda: _example(nn.Flatten(), nn.Linear(8, 10)),
    cases=lambda generator: ((n,) for n in (2, 1, 3, 5, 7)),
    use=_what_a_net_is,
    mistakes={
        "hidden": _Hidden,
        "shape": lambda: _example(nn.Flatten()),
        "four_axes": lambda: _example(nn.Conv2d(8, 10, 1)),
        "no_conv": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
        "too_many": lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.Flatten(), nn.Linear(8 * 28 * 28, 10)
        ),
        "no_gradient": _Unused,
        "softmax": lambda: _example(nn.Flatten(), nn.Linear(8, 10), nn.Softmax(dim=1)),
    },
    texts=TEXTS["small_net"],
    count=5,
)
