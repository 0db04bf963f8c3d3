"""Exercises of the chapter on LeNet."""

import torch
from torch import nn

from ._cases import integer
from ._exercise import Exercise
from ._modules import output_of
from ._student import has_loop

TEXTS = {
    "flat_size": {
        "task": "LeNet 拉平之后有几个数 (n, p)。",
        "hints": (
            "一层一层地推：每个卷积之后边长是多少？每个池化之后呢？",
            "卷积：n + 2p - 5 + 1；池化：整除 2；第二个卷积不填充；最后有 16 个通道。",
            "n = (n + 2 * p - 4) // 2；n = (n - 4) // 2；16 * n * n",
        ),
        "one_side": "填充每侧补 p，一共 2p。",
        "always_two": "第一个卷积的填充应是参数 p，你固定用了 2。",
        "padded_twice": "第二个卷积也填充了：只有第一个有。",
        "forgot_one": "卷积之后的边长少了 1：n - 5 + 1。",
        "no_channels": "只数了一个通道的格子：有 16 个通道。",
        "six_channels": "用了第一个卷积的 6 个通道：拉平时有 16 个。",
        "one_side_only": "边长只乘了一次：一个通道有边长乘边长个数。",
        "one_pool": "池化有两次，每次减半。",
        "rounded_up": "池化除不尽时向下取整：整除用 //。",
        "fraction": "池化除不尽时向下取整：整除用 //，不是 /。",
        "no_padding": "第一个卷积的填充没有算上：每侧补 p，一共 2p。",
        "side": "这是边长。问的是拉平之后的个数：16 乘边长的平方。",
    },
    "relu_lenet": {
        "task": "用 ReLU 和最大池化的 LeNet (in_channels, n, num_classes) → nn.Module。",
        "hints": (
            "先算拉平之后的边长：n 减半，减 4，再减半。",
            "照着 28×28 的 LeNet 写，把 400 换成 16 * side * side；最后一层之后没有激活函数。",
            "side = (n // 2 - 4) // 2；nn.Linear(16 * side * side, 120)",
        ),
        "sigmoid": "激活函数还是 Sigmoid。",
        "dense_sigmoid": "全连接层之间的激活函数还是 Sigmoid：全部换成 ReLU。",
        "conv_sigmoid": "卷积之后的激活函数还是 Sigmoid：全部换成 ReLU。",
        "average": "池化还是平均池化：要用 nn.MaxPool2d。",
        "one_average": "两个池化只换了一个：还有一个是平均池化。",
        "relu_last": "最后一层之后也放了 ReLU：分数可以是负的，负分变成零就丢了信息。",
        "no_dense_relu": "全连接层之间没有激活函数：两层线性叠起来还是一层线性。",
        "no_conv_relu": "卷积之后没有激活函数。",
        "no_padding": "第一个卷积要每侧填充 2，输出才与输入一样大。",
        "padded_twice": "第二个卷积不填充。",
        "softmax": "最后多了 softmax：交叉熵损失自己会做，这里要的是分数。",
        "two_dense": "少了一个全连接层：120、84、类别数，一共三层。",
        "channels_fixed": "第一个卷积的输入通道固定成 1 了：应是 in_channels。",
        "size_fixed": "全连接层的输入固定成 400 了：那只在 28×28 时对。",
        "classes_fixed": "最后一层固定成 10 个输出了：应是 num_classes。",
    },
    "confusion": {
        "task": "混淆矩阵 (true, guess, c) → (c, c) 的整数张量，不用循环。",
        "hints": (
            "怎样用一个整数表示“真实是 i，认成 j”？",
            "编号 true * c + guess，从 0 到 c*c - 1。torch.bincount 数每个编号出现几次。",
            "torch.bincount(true * c + guess, minlength=c * c).reshape(c, c)",
        ),
        "transposed": "行和列反了：行是真实的类别，列是预测的类别。",
        "set_to_one": "confusion[true, guess] += 1 对重复的位置只加一次。用 bincount，或 "
        "index_put_(…, accumulate=True)。",
        "diagonal": "只数了认对的：对角线之外是认错的。",
        "shares": "每行除以了总数：这里要的是张数。",
        "loops": "里面还有循环。这一题要一次数完。",
    },
    "dataset_accuracy": {
        "task": "整个数据集的精度 (batches) → 小数。",
        "hints": (
            "各批的大小不同：把各批的精度取平均，每张图还一样重吗？",
            "答对的张数加起来，总张数加起来，最后除一次。",
            "right += (scores.argmax(1) == y).sum().item()；total += len(y)",
        ),
        "mean_of_batches": "把各批的精度取了平均：小批里的一张图就比大批里的重。"
        "应先把答对的张数加起来。",
        "count": "这是答对的张数：还要除以总张数。",
        "last_batch": "只算了最后一批。",
        "first_batch": "只算了第一批就返回了。",
        "wrong_share": "这是答错的比例。",
        "wrong_axis": "argmax 的维度不对：每一行是一张图，应在第 1 维上取最大。",
        "no_axis": "argmax 没有写维度，在整批的分数里只找出一个：写 argmax(1)，每张图一个。",
        "percent": "乘了 100：要的是 0 到 1 之间的小数。",
        "equal_batches": "把每一批都当成与第一批一样大：各批的张数要用 len(y) 加起来。",
        "divided_by_batches": "除以了批数：应除以总张数。",
    },
}


def _flat_size(n, p):
    """Numbers after Flatten."""
    n = (n + 2 * p - 4) // 2
    n = (n - 4) // 2
    return 16 * n * n


def _flat(first=lambda n, p: n + 2 * p - 4, second=lambda n: n - 4, halve=lambda n: n // 2):
    """Flat sizes with one step done otherwise."""
    return lambda n, p: 16 * halve(second(halve(first(n, p)))) ** 2


FLAT_MISTAKES = {
    "one_side": _flat(first=lambda n, p: n + p - 4),
    "always_two": _flat(first=lambda n, p: n),
    "forgot_one": _flat(first=lambda n, p: n + 2 * p - 5, second=lambda n: n - 5),
    "one_pool": lambda n, p: 16 * ((n + 2 * p - 8) // 2) ** 2,
    "rounded_up": _flat(halve=lambda n: -(-n // 2)),
    "fraction": _flat(halve=lambda n: n / 2),
    "no_padding": _flat(first=lambda n, p: n - 4),
    "no_channels": lambda n, p: _flat_size(n, p) // 16,
    "six_channels": lambda n, p: _flat_size(n, p) // 16 * 6,
    "one_side_only": lambda n, p: 16 * (((n + 2 * p - 4) // 2 - 4) // 2),
    "side": lambda n, p: ((n + 2 * p - 4) // 2 - 4) // 2,
    "padded_twice": lambda n, p: 16 * (((n + 2 * p - 4) // 2 + 2 * p - 4) // 2) ** 2,
}


def _flat_cases(generator):
    while True:
        yield integer(generator, 20, 64), integer(generator, 0, 4)


def _relu_lenet(in_channels, n, num_classes):
    """LeNet with ReLU and max pooling."""
    return _lenet(in_channels, n, num_classes)


def _lenet(
    in_channels,
    n,
    num_classes,
    *,
    act=nn.ReLU,
    dense_act=None,
    pool=nn.MaxPool2d,
    first_pool=None,
    paddings=(2, 0),
    last=(),
    hidden=(120, 84),
):
    side = n
    for padding in paddings:
        side = (side + 2 * padding - 4) // 2
    dense_act = dense_act or act
    layers = [nn.Conv2d(in_channels, 6, 5, padding=paddings[0]), act(), (first_pool or pool)(2)]
    layers += [nn.Conv2d(6, 16, 5, padding=paddings[1]), act(), pool(2), nn.Flatten()]
    features = 16 * side * side
    for units in hidden:
        layers += [nn.Linear(features, units), dense_act()]
        features = units
    return nn.Sequential(*layers, nn.Linear(features, num_classes), *last)


def _lenet_with(**options):
    return lambda in_channels, n, num_classes: _lenet(in_channels, n, num_classes, **options)


LENET_MISTAKES = {
    "sigmoid": _lenet_with(act=nn.Sigmoid),
    "dense_sigmoid": _lenet_with(dense_act=nn.Sigmoid),
    "conv_sigmoid": _lenet_with(act=nn.Sigmoid, dense_act=nn.ReLU),
    "average": _lenet_with(pool=nn.AvgPool2d),
    "one_average": _lenet_with(first_pool=nn.AvgPool2d),
    "relu_last": lambda c, n, k: _lenet(c, n, k, last=[nn.ReLU()]),
    "softmax": lambda c, n, k: _lenet(c, n, k, last=[nn.Softmax(dim=1)]),
    "no_dense_relu": _lenet_with(dense_act=nn.Identity),
    "no_conv_relu": _lenet_with(act=nn.Identity, dense_act=nn.ReLU),
    "no_padding": _lenet_with(paddings=(0, 0)),
    "padded_twice": _lenet_with(paddings=(2, 2)),
    "two_dense": _lenet_with(hidden=(120,)),
    "channels_fixed": lambda in_channels, n, num_classes: _lenet(1, n, num_classes),
    "size_fixed": lambda in_channels, n, num_classes: _lenet(in_channels, 28, num_classes),
    "classes_fixed": lambda in_channels, n, num_classes: _lenet(in_channels, n, 10),
}


def _scores_of(build, in_channels, n, num_classes):
    """Scores of a built net for two images."""
    X = torch.rand(2, in_channels, n, n, generator=torch.Generator().manual_seed(n))
    net = build(in_channels, n, num_classes)
    if isinstance(net, nn.Module):
        with torch.no_grad():
            net(X)  # lazy layers take their size from it
    return output_of(net, X)


def _net_cases(generator):
    yield 1, 28, 10
    while True:
        yield integer(generator, 1, 3), integer(generator, 20, 40), integer(generator, 2, 12)


def _confusion(true, guess, c):
    """Counts by true and guessed class."""
    return torch.bincount(true * c + guess, minlength=c * c).reshape(c, c)


def _set_to_one(true, guess, c):
    counts = torch.zeros(c, c, dtype=torch.int64)
    counts[true, guess] += 1
    return counts


CONFUSION_MISTAKES = {
    "transposed": lambda true, guess, c: _confusion(guess, true, c),
    "set_to_one": _set_to_one,
    "diagonal": lambda true, guess, c: _confusion(true, guess, c).diag().diag(),
    "shares": lambda true, guess, c: (
        _confusion(true, guess, c) / _confusion(true, guess, c).sum(1, keepdim=True)
    ),
}


def _confusion_cases(generator):
    while True:
        c = integer(generator, 2, 5)
        shape = (integer(generator, 4, 14),)
        yield *(torch.randint(c, shape, generator=generator) for _ in range(2)), c


def _dataset_accuracy(batches):
    """Share of right answers in all batches."""
    right = sum((scores.argmax(1) == y).sum().item() for scores, y in batches)
    return right / sum(len(y) for _, y in batches)


def _right(scores, y, axis=1):
    return (scores.argmax(axis) == y).sum().item()


ACCURACY_MISTAKES = {
    "mean_of_batches": lambda batches: (
        sum(_right(s, y) / len(y) for s, y in batches) / len(batches)
    ),
    "count": lambda batches: sum(_right(s, y) for s, y in batches),
    "last_batch": lambda batches: _dataset_accuracy(batches[-1:]),
    "first_batch": lambda batches: _dataset_accuracy(batches[:1]),
    "wrong_share": lambda batches: 1 - _dataset_accuracy(batches),
    "wrong_axis": lambda batches: (
        sum(_right(s, y, axis=0) for s, y in batches) / sum(len(y) for _, y in batches)
    ),
    "no_axis": lambda batches: (
        sum(_right(s, y, axis=None) for s, y in batches) / sum(len(y) for _, y in batches)
    ),
    "percent": lambda batches: 100 * _dataset_accuracy(batches),
    "equal_batches": lambda batches: (
        sum(_right(s, y) for s, y in batches) / (len(batches) * len(batches[0][1]))
    ),
    "divided_by_batches": lambda batches: sum(_right(s, y) for s, y in batches) / len(batches),
}


def _batch_cases(generator):
    while True:
        classes = integer(generator, 2, 4)
        sizes = [integer(generator, 2, 5), integer(generator, 1, 4), integer(generator, 1, 3)]
        yield ([_batch(generator, size, classes) for size in sizes],)


def _batch(generator, size, classes):
    order = [torch.randperm(classes, generator=generator) for _ in range(size)]
    scores = torch.stack(order).float()  # no ties
    return [scores, torch.randint(classes, (size,), generator=generator)]


flat_size = Exercise(
    "flat_size",
    answer=_flat_size,
    cases=_flat_cases,
    mistakes=FLAT_MISTAKES,
    texts=TEXTS["flat_size"],
)

relu_lenet = Exercise(
    "relu_lenet",
    answer=_relu_lenet,
    cases=_net_cases,
    mistakes=LENET_MISTAKES,
    texts=TEXTS["relu_lenet"],
    use=_scores_of,
    count=12,
)

confusion = Exercise(
    "confusion",
    answer=_confusion,
    cases=_confusion_cases,
    mistakes=CONFUSION_MISTAKES,
    texts=TEXTS["confusion"],
    rules={"loops": has_loop},
)

dataset_accuracy = Exercise(
    "dataset_accuracy",
    answer=_dataset_accuracy,
    cases=_batch_cases,
    mistakes=ACCURACY_MISTAKES,
    texts=TEXTS["dataset_accuracy"],
)
