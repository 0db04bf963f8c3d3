"""Exercises on ResNet, answered as students would."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.models.resnet import Bottleneck, Residual


def outcome(exercise, submission):
    result = exercise(submission)
    assert not result
    return result.mistake


def conv(c_in, c_out, k, s=1, bias=False):
    return nn.Conv2d(c_in, c_out, k, stride=s, padding=k // 2, bias=bias)


def test_block_parameters_right():
    def by_layer(c_in, c_out, stride):
        block = Residual(c_in, c_out, strides=stride, style="torchvision")
        return sum(p.numel() for p in block.parameters())

    def in_steps(c_in, c_out, stride):
        first = c_in * c_out * 3 * 3
        second = c_out * c_out * 3 * 3
        bn = c_out + c_out
        total = first + bn + second + bn
        if stride == 2 or c_in != c_out:
            total = total + c_in * c_out + bn
        return total

    def one_line(i, o, s):
        return 9 * o * (i + o) + 4 * o + (i != o or s > 1) * (i * o + 2 * o)

    for answer in (by_layer, in_steps, one_line):
        assert check.block_parameters(answer), answer.__name__


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("no_bn", lambda i, o, s: 9 * o * (i + o) + (i != o or s > 1) * i * o),
        ("no_shortcut", lambda i, o, s: 9 * i * o + 9 * o**2 + 4 * o),
        ("always_shortcut", lambda i, o, s: 9 * o * (i + o) + 6 * o + i * o),
        ("channels_only", lambda i, o, s: 9 * o * (i + o) + 4 * o + (i != o) * (i + 2) * o),
        ("stride_only", lambda i, o, s: 9 * o * (i + o) + 4 * o + (s == 2) * (i + 2) * o),
        ("plain_shortcut", lambda i, o, s: 9 * o * (i + o) + 4 * o + (i != o or s == 2) * i * o),
        (
            "first_twice",
            lambda i, o, s: 2 * (9 * i * o + 2 * o) + (i != o or s == 2) * (i + 2) * o,
        ),
        (
            "conv_biases",
            lambda i, o, s: 9 * o * (i + o) + 6 * o + (i != o or s == 2) * (i + 3) * o,
        ),
        (
            "half_bn",
            lambda i, o, s: 9 * o * (i + o) + 2 * o + (i != o or s == 2) * (i + 1) * o,
        ),
    ],
)
def test_block_parameters_wrong(name, submission):
    assert outcome(check.block_parameters, submission) == name


class Separate(nn.Module):
    """Layers one by one, the shortcut first, functional ReLU."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.down = self.down_bn = None
        if stride != 1 or c_in != c_out:
            self.down = conv(c_in, c_out, 1, stride)
            self.down_bn = nn.BatchNorm2d(c_out)
        self.b2, self.c2 = nn.BatchNorm2d(c_out), conv(c_out, c_out, 3)
        self.b1, self.c1 = nn.BatchNorm2d(c_out), conv(c_in, c_out, 3, stride)

    def forward(self, x):
        y = self.b2(self.c2(F.relu(self.b1(self.c1(x)))))
        if self.down is not None:
            x = self.down_bn(self.down(x))
        y += x
        return F.relu(y)


class Lists(nn.Module):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        main = [conv(c_in, c_out, 3, stride), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True)]
        main += [conv(c_out, c_out, 3), nn.BatchNorm2d(c_out)]
        same = c_in == c_out and stride == 1
        side = [] if same else [conv(c_in, c_out, 1, stride), nn.BatchNorm2d(c_out)]
        self.paths = nn.ModuleList([nn.Sequential(*main), nn.Sequential(*side)])

    def forward(self, x):
        return sum(path(x) for path in self.paths).clamp(min=0)


def from_the_book(c_in, c_out, stride=1):
    return Residual(c_in, c_out, strides=stride, style="torchvision")


@pytest.mark.parametrize("answer", [Separate, Lists, from_the_book])
def test_residual_block_right(answer):
    assert check.residual_block(answer), check.residual_block(answer)


class Plain(nn.Module):
    """A student's block, with switches for what students get wrong."""

    need, bias, where = staticmethod(lambda i, o, s: i != o or s != 1), False, 1

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        strides = (stride, 1) if self.where == 1 else (1, stride)
        self.conv1 = conv(c_in, c_out, 3, strides[0], self.bias)
        self.conv2 = conv(c_out, c_out, 3, strides[1], self.bias)
        self.bn1, self.bn2 = nn.BatchNorm2d(c_out), nn.BatchNorm2d(c_out)
        self.conv3 = None
        if self.need(c_in, c_out, stride):
            self.conv3 = self.side(c_in, c_out, stride)

    def side(self, c_in, c_out, stride):
        return nn.Sequential(conv(c_in, c_out, 1, stride, self.bias), nn.BatchNorm2d(c_out))

    def g(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        y = self.g(x)
        if self.conv3 is not None:
            x = self.conv3(x)
        return self.end(x, y)

    def end(self, x, y):
        return F.relu(x + y)


class ReluFirst(Plain):
    def end(self, x, y):
        return x + F.relu(y)


class EachConvHasItsRelu(Plain):
    def end(self, x, y):
        return F.relu(x + F.relu(y))


class NoRelu(Plain):
    def end(self, x, y):
        return x + y


class NotAdded(Plain):
    def end(self, x, y):
        return F.relu(y)


class NoNorm(Plain):
    def g(self, x):
        return self.conv2(F.relu(self.conv1(x)))

    def side(self, c_in, c_out, stride):
        return conv(c_in, c_out, 1, stride)


class Textbook(Plain):
    """A shortcut without normalisation."""

    def side(self, c_in, c_out, stride):
        return conv(c_in, c_out, 1, stride)


class WideSide(Plain):
    def side(self, c_in, c_out, stride):
        return nn.Sequential(conv(c_in, c_out, 3, stride), nn.BatchNorm2d(c_out))


class SharedNorm(Separate):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        norms = [name for name, m in self.named_children() if isinstance(m, nn.BatchNorm2d)]
        setattr(self, norms[1], getattr(self, norms[0]))


def variant(**switches):
    return type("Variant", (Plain,), {"forward": Plain.forward} | switches)


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("relu_before_add", ReluFirst),
        ("relu_twice", EachConvHasItsRelu),
        ("no_last_relu", NoRelu),
        ("no_add", NotAdded),
        ("no_bn", NoNorm),
        ("no_shortcut_bn", Textbook),
        ("large_shortcut", WideSide),
        ("never", variant(need=staticmethod(lambda i, o, s: False))),
        ("always", variant(need=staticmethod(lambda i, o, s: True))),
        ("channels_only", variant(need=staticmethod(lambda i, o, s: i != o))),
        ("stride_only", variant(need=staticmethod(lambda i, o, s: s != 1))),
        ("second_stride", variant(where=2)),
        ("biases", variant(bias=True)),
        ("textbook", lambda i, o, s=1: Residual(i, o, strides=s)),
        ("shared_bn", SharedNorm),
    ],
)
def test_residual_block_wrong(name, submission):
    assert outcome(check.residual_block, submission) == name


def test_a_block_without_super_is_told_so():
    class NoSuper(nn.Module):
        def __init__(self, c_in, c_out, stride=1):
            self.conv = conv(c_in, c_out, 3, stride)

        def forward(self, x):
            return self.conv(x)

    result = check.residual_block(NoSuper)
    assert result.outcome == "crashed"
    assert "before Module.__init__() call" in str(result)


class Neck(nn.Module):
    at, wide, factor = 1, False, 4

    def __init__(self, c_in, c_mid, stride=1):
        super().__init__()
        c_out = self.factor * c_mid
        s = [stride if i == self.at else 1 for i in range(3)]
        middle = c_out if self.wide else c_mid
        self.reduce = nn.Sequential(conv(c_in, c_mid, 1, s[0]), nn.BatchNorm2d(c_mid))
        self.look = nn.Sequential(conv(c_mid, middle, 3, s[1]), nn.BatchNorm2d(middle))
        self.expand = nn.Sequential(conv(middle, c_out, 1, s[2]), nn.BatchNorm2d(c_out))
        self.short = nn.Identity()
        if self.need(c_in, c_mid, c_out, stride):
            self.short = nn.Sequential(conv(c_in, c_out, 1, stride), nn.BatchNorm2d(c_out))

    def need(self, c_in, c_mid, c_out, stride):
        return c_in != c_out or stride != 1

    def forward(self, x):
        y = self.expand(F.relu(self.look(F.relu(self.reduce(x)))))
        return self.end(self.short(x), y)

    def end(self, x, y):
        return F.relu(x + y)


def neck(**switches):
    return type("Variant", (Neck,), {"forward": Neck.forward} | switches)


def test_bottleneck_right():
    class InOneLine(nn.Module):
        def __init__(self, c_in, c_mid, stride=1):
            super().__init__()
            n = 4 * c_mid
            bn = nn.BatchNorm2d
            self.short = nn.Sequential()
            if stride != 1 or c_in != n:
                self.short.append(conv(c_in, n, 1, stride)).append(bn(n))
            self.g = nn.Sequential(
                *(conv(c_in, c_mid, 1), bn(c_mid), nn.ReLU()),
                *(conv(c_mid, c_mid, 3, stride), bn(c_mid), nn.ReLU()),
                *(conv(c_mid, n, 1), bn(n)),
            )

        def forward(self, x):
            return (self.short(x) + self.g(x)).relu()

    def from_the_book(c_in, c_mid, stride=1):
        return Bottleneck(c_in, c_mid, stride, style="torchvision")

    for answer in (Neck, InOneLine, from_the_book):
        assert check.bottleneck(answer), check.bottleneck(answer)


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("first_stride", neck(at=0)),
        ("last_stride", neck(at=2)),
        ("wide", neck(wide=True)),
        ("no_expansion", neck(factor=1)),
        ("relu_before_add", neck(end=lambda self, x, y: x + F.relu(y))),
        ("no_last_relu", neck(end=lambda self, x, y: x + y)),
        ("no_add", neck(end=lambda self, x, y: F.relu(y))),
        ("stride_only", neck(need=lambda self, i, m, o, s: s != 1)),
        ("channels_only", neck(need=lambda self, i, m, o, s: i != o)),
        ("compared_mid", neck(need=lambda self, i, m, o, s: i != m or s != 1)),
        ("always", neck(need=lambda self, i, m, o, s: True)),
    ],
)
def test_bottleneck_wrong(name, submission):
    assert outcome(check.bottleneck, submission) == name


def test_stage_right():
    def by_index(c_in, c_out, repeat, stride):
        blocks = []
        for i in range(repeat):
            if i == 0:
                blocks.append(Residual(c_in, c_out, use_1x1conv=None, strides=stride))
            else:
                blocks.append(Residual(c_out, c_out))
        return nn.Sequential(*blocks)

    def by_append(c_in, c_out, repeat, stride):
        net = nn.Sequential()
        for _ in range(repeat):
            net.append(Residual(c_in, c_out, strides=stride))
            c_in, stride = c_out, 1
        return net

    def comprehension(c_in, c_out, repeat, stride):
        rest = (Residual(c_out, c_out) for _ in range(repeat - 1))
        return nn.Sequential(Residual(c_in, c_out, strides=stride), *rest)

    for answer in (by_index, by_append, comprehension):
        assert check.stage(answer), answer.__name__


def repeated(c_in, c_out, repeat, stride):
    return nn.Sequential(
        Residual(c_in, c_out, strides=stride), *[Residual(c_out, c_out)] * (repeat - 1)
    )


def all_strided(c_in, c_out, repeat, stride):
    return nn.Sequential(
        *(Residual(c_out if i else c_in, c_out, strides=stride) for i in range(repeat))
    )


def all_from_c_in(c_in, c_out, repeat, stride):
    return nn.Sequential(
        *(Residual(c_in, c_out, strides=1 if i else stride) for i in range(repeat))
    )


def at_the_end(c_in, c_out, repeat, stride):
    blocks = [Residual(c_in, c_in) for _ in range(repeat - 1)]
    return nn.Sequential(*blocks, Residual(c_in, c_out, strides=stride))


def first_extra(c_in, c_out, repeat, stride):
    blocks = [Residual(c_in, c_out, strides=stride)]
    for _ in range(repeat):
        blocks.append(Residual(c_out, c_out))
    return nn.Sequential(*blocks)


def halves(c_in, c_out, repeat, stride):
    blocks = [Residual(c_in, c_out, strides=2)]
    return nn.Sequential(*blocks, *(Residual(c_out, c_out) for _ in range(repeat - 1)))


def unstrided(c_in, c_out, repeat, stride):
    return nn.Sequential(*(Residual(c_out if i else c_in, c_out) for i in range(repeat)))


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("shared", repeated),
        ("every_stride", all_strided),
        ("every_c_in", all_from_c_in),
        ("one_more", first_extra),
        ("always_two", halves),
        ("no_stride", unstrided),
        (
            "a_list",
            lambda i, o, n, s: [
                Residual(o if j else i, o, strides=1 if j else s) for j in range(n)
            ],
        ),
        (
            "a_list",
            lambda i, o, n, s: nn.ModuleList(
                Residual(o if j else i, o, strides=1 if j else s) for j in range(n)
            ),
        ),
        (
            "positional",
            lambda i, o, n, s: nn.Sequential(
                Residual(i, o, s), *(Residual(o, o) for _ in range(n - 1))
            ),
        ),
        (
            "always_1x1",
            lambda i, o, n, s: nn.Sequential(
                Residual(i, o, True, s), *(Residual(o, o) for _ in range(n - 1))
            ),
        ),
        ("nothing", lambda i, o, n, s: print(Residual(i, o, strides=s))),
    ],
)
def test_stage_wrong(name, submission):
    assert outcome(check.stage, submission) == name


def test_a_stage_that_changes_at_its_end_is_wrong():
    assert not check.stage(at_the_end)


def test_depth_right():
    def by_blocks(net):
        layers = 2
        for stage in list(net.children())[1:5]:
            for block in stage:
                layers += 3 if hasattr(block, "conv3") else 2
        return layers

    def all_less_shortcuts(net):
        kinds = (nn.Conv2d, nn.Linear)
        everything = sum(isinstance(m, kinds) for m in net.modules())
        for block in net.modules():
            if hasattr(block, "shortcut"):
                everything -= sum(isinstance(m, kinds) for m in block.shortcut.modules())
        return everything

    def by_weights(net):
        names = [n for n, p in net.named_parameters() if p.dim() > 1]
        return len([n for n in names if "shortcut" not in n])

    for answer in (by_blocks, all_less_shortcuts, by_weights):
        assert check.depth(answer), answer.__name__


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("with_shortcuts", lambda net: sum(p.dim() > 1 for p in net.parameters())),
        ("no_dense", lambda net: len([n for n, m in net.named_modules()
                                      if type(m) is nn.Conv2d and "shortcut" not in n])),
        ("no_dense_with_shortcuts", lambda net: sum(type(m) is nn.Conv2d for m in net.modules())),
        ("top", lambda net: len([m for m in net if isinstance(m, (nn.Conv2d, nn.Linear))])),
        ("blocks", lambda net: sum(len(stage) for stage in list(net)[1:5])),
        ("two_each", lambda net: 2 + 2 * sum(len(stage) for stage in list(net)[1:5])),
        ("no_1x1", lambda net: 1 + sum(type(m) is nn.Conv2d and m.kernel_size[0] > 1
                                       for m in net.modules())),
    ],
)  # fmt: skip
def test_depth_wrong(name, submission):
    assert outcome(check.depth, submission) == name


def test_modules_are_compared_in_training_mode_too():
    """A block that forgets to use the batch's statistics is no right one."""

    class Frozen(Plain):
        def train(self, mode=True):
            return super().train(False)

    assert not check.residual_block(Frozen)
    assert torch.is_grad_enabled()
