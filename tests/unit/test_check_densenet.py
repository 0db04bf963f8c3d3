"""Checkers of the DenseNet chapter: what students write, right and wrong."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check


def outcome(exercise, submission):
    return exercise(submission).mistake


class TestDenseChannels:
    def test_right(self):
        def loop(c, k, convs):
            outputs = []
            for i, n in enumerate(convs):
                if i > 0:
                    c = c // 2
                c = c + n * k
                outputs.append(c)
            return outputs

        def recursive(c, k, convs):
            if not convs:
                return []
            return [c + convs[0] * k, *recursive((c + convs[0] * k) // 2, k, convs[1:])]

        def from_last(c, k, convs):
            outputs = [c + k * convs[0]]
            for n in convs[1:]:
                outputs += [int(outputs[-1] / 2) + n * k]
            return tuple(outputs)

        for answer in (loop, recursive):
            assert check.dense_channels(answer), answer.__name__
        assert check.dense_channels(lambda *args: list(from_last(*args)))

    def test_wrong(self):
        def grown(c, k, convs):
            outputs = []
            for n in convs:
                c += n * k
                outputs.append(c)
            return outputs

        def halved(c, k, convs):
            outputs = []
            for i, n in enumerate(convs):
                c += n * k
                if i != len(convs) - 1:
                    c //= 2
                outputs.append(c)
            return outputs

        def halved_first(c, k, convs):
            outputs = []
            for n in convs:
                c = c // 2 + n * k
                outputs.append(c)
            return outputs

        def divided(c, k, convs):
            outputs = []
            for n in convs:
                c = c + n * k
                outputs.append(c)
                c = c / 2
            return outputs

        def one_layer(c, k, convs):
            outputs = []
            for _ in convs:
                c += k
                outputs.append(c)
                c //= 2
            return outputs

        for wrong, mistake in [
            (grown, "no_halving"),
            (halved, "halved_too_early"),
            (halved_first, "halved_first"),
            (divided, "fraction"),
            (one_layer, "one_layer"),
            (lambda c, k, convs: [k * n for n in convs], "input_lost"),
        ]:
            assert outcome(check.dense_channels, wrong) == mistake, mistake


class Layer(nn.Module):
    """As a student may write it: named layers, functional activations."""

    def __init__(self, c, k, relu_at_end=False, second_bn=True):
        super().__init__()
        self.c2 = nn.Conv2d(4 * k, k, kernel_size=3, padding=1, bias=False)
        self.c1 = nn.Conv2d(c, 4 * k, kernel_size=1, bias=False)
        self.b2 = nn.BatchNorm2d(4 * k) if second_bn else nn.Identity()
        self.b1 = nn.BatchNorm2d(c)
        self.relu_at_end = relu_at_end

    def forward(self, x):
        x = self.c1(F.relu(self.b1(x)))
        x = self.c2(F.relu(self.b2(x)))
        return x.relu() if self.relu_at_end else x


def sequence(c, k):
    mid = 4 * k
    return nn.Sequential(
        nn.BatchNorm2d(c), nn.ReLU(inplace=True), nn.Conv2d(c, mid, 1, bias=False),
        nn.BatchNorm2d(mid), nn.ReLU(inplace=True), nn.Conv2d(mid, k, 3, 1, 1, bias=False),
    )  # fmt: skip


class TestBottleneck:
    def test_right(self):
        def two_steps(c, k):
            def step(c_in, c_out, size):
                conv = nn.Conv2d(c_in, c_out, size, padding="same", bias=False)
                return nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU(), conv)

            return nn.Sequential(step(c, 4 * k, 1), step(4 * k, k, 3))

        for answer in (Layer, sequence, two_steps):
            assert check.dense_bottleneck(answer), answer

    @pytest.mark.parametrize(
        ("mistake", "submission"),
        [
            ("extra_relu", lambda c, k: Layer(c, k, relu_at_end=True)),
            ("no_second_bn", lambda c, k: Layer(c, k, second_bn=False)),
            (
                "post",
                lambda c, k: nn.Sequential(
                    nn.Conv2d(c, 4 * k, 1, bias=False), nn.BatchNorm2d(4 * k), nn.ReLU(),
                    nn.Conv2d(4 * k, k, 3, padding=1, bias=False), nn.BatchNorm2d(k), nn.ReLU(),
                ),
            ),
            (
                "biases",
                lambda c, k: nn.Sequential(
                    nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 4 * k, 1),
                    nn.BatchNorm2d(4 * k), nn.ReLU(), nn.Conv2d(4 * k, k, 3, padding=1),
                ),
            ),
            (
                "no_padding",
                lambda c, k: nn.Sequential(
                    nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 4 * k, 1, bias=False),
                    nn.BatchNorm2d(4 * k), nn.ReLU(), nn.Conv2d(4 * k, k, 3, bias=False),
                ),
            ),
            (
                "no_second",
                lambda c, k: nn.Sequential(
                    nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 4 * k, 1, bias=False),
                    nn.Conv2d(4 * k, k, 3, padding=1, bias=False),
                ),
            ),
            (
                "width_k",
                lambda c, k: nn.Sequential(
                    nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, k, 1, bias=False),
                    nn.BatchNorm2d(k), nn.ReLU(), nn.Conv2d(k, k, 3, padding=1, bias=False),
                ),
            ),
        ],
    )  # fmt: skip
    def test_wrong(self, mistake, submission):
        assert outcome(check.dense_bottleneck, submission) == mistake


class Block(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat((x, layer(x)), 1)
        return x


class WithList(Block):
    def forward(self, x):
        features = [x]
        for layer in self.layers:
            features.append(layer(torch.cat(features, dim=1)))
        return torch.cat(features, dim=-3)


class InSequence(nn.Sequential):
    def __init__(self, layers):
        super().__init__(*layers)

    def forward(self, x):
        for layer in self:
            x = torch.concat([x, layer(x)], axis=1)
        return x


class PlainList(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    forward = Block.forward


class NewFirst(Block):
    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([layer(x), x], dim=1)
        return x


class Plain(Block):
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class NoInput(Block):
    def forward(self, x):
        new = []
        for layer in self.layers:
            new.append(layer(torch.cat([x, *new], dim=1)))
        return torch.cat(new, dim=1)


class NoDim(Block):
    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)])
        return x


class Added(Block):
    def forward(self, x):
        for layer in self.layers:
            x = layer(x) + x
        return x


class OldInput(Block):
    def forward(self, x):
        for layer in self.layers:
            out = torch.cat([x, layer(x)], dim=1)
        return out


class LastOnly(Block):
    def forward(self, x):
        for layer in self.layers:
            y = layer(x)
            x = torch.cat([x, y], dim=1)
        return y


class TestDenseBlock:
    def test_right(self):
        for answer in (Block, WithList, InSequence):
            assert check.dense_block(answer), answer

    @pytest.mark.parametrize(
        ("wrong", "mistake"),
        [
            (PlainList, "python_list"),
            (NewFirst, "reversed"),
            (Plain, "plain"),
            (NoInput, "only_new"),
            (NoDim, "dim_0"),
            (Added, "added"),
            (OldInput, "not_updated"),
            (LastOnly, "last"),
            (lambda layers: nn.Sequential(*layers), "plain"),
        ],
    )
    def test_wrong(self, wrong, mistake):
        assert outcome(check.dense_block, wrong) == mistake


def passage(c, theta, *, out=None, pool=None, bias=False, late=False):
    conv = nn.Conv2d(c, int(c * theta) if out is None else out, 1, bias=bias)
    pool = pool or nn.AvgPool2d(2)
    return nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), *((conv, pool) if late else (pool, conv)))


class Passage(nn.Module):
    def __init__(self, c, theta):
        super().__init__()
        self.mix = nn.Conv2d(c, int(c * theta // 1), kernel_size=1, bias=False)
        self.norm = nn.BatchNorm2d(c)

    def forward(self, x):
        return self.mix(F.avg_pool2d(self.norm(x).relu(), 2, 2))


class TestTransition:
    def test_right(self):
        def by_conv(c, theta):
            return passage(c, theta, pool=nn.AvgPool2d(kernel_size=2, stride=2))

        for answer in (passage, Passage, by_conv):
            assert check.transition(answer), answer

    @pytest.mark.parametrize(
        ("mistake", "wrong"),
        [
            ("pool_late", lambda c, theta: passage(c, theta, late=True)),
            ("half", lambda c, theta: passage(c, theta, out=c // 2)),
            ("ceil", lambda c, theta: passage(c, theta, out=-int(-c * theta // 1))),
            ("max_pool", lambda c, theta: passage(c, theta, pool=nn.MaxPool2d(2))),
            ("max_pool_late", lambda c, theta: passage(c, theta, pool=nn.MaxPool2d(2), late=True)),
            ("no_pool", lambda c, theta: passage(c, theta, pool=nn.Identity())),
            ("bias", lambda c, theta: passage(c, theta, bias=True)),
            ("bias", lambda c, theta: passage(c, theta, bias=True, late=True)),
            ("pool_first", lambda c, theta: nn.Sequential(
                nn.AvgPool2d(2), passage(c, theta, pool=nn.Identity()))),
        ],
    )  # fmt: skip
    def test_wrong(self, mistake, wrong):
        assert outcome(check.transition, wrong) == mistake


class TestDenseKept:
    def test_right(self):
        def mean_of_ends(c, k, n, h, w):
            return n * (2 * c + (n - 1) * k) * h * w

        def by_sum(c, k, n, h, w):
            return 2 * h * w * sum(range(c, c + n * k, k))

        def by_torch(c, k, n, h, w):
            return int(2 * h * w * (c + k * torch.arange(n)).sum())

        for answer in (mean_of_ends, by_sum, by_torch):
            assert check.dense_kept(answer), answer.__name__

    def test_wrong(self):
        def loops(c, k, n, h, w):
            return sum(2 * (c + i * k) * h * w for i in range(n))

        for wrong, mistake in [
            (lambda c, k, n, h, w: h * w * (n * c + n * (n - 1) // 2 * k), "once"),
            (lambda c, k, n, h, w: (2 * n * c + n * (n + 1) * k) * h * w, "one_more"),
            (lambda c, k, n, h, w: 2 * (c + k * n) * h * w, "linear"),
            (lambda c, k, n, h, w: n * (2 * c + (n - 1) * k), "one_pixel"),
            (lambda c, k, n, h, w: 4 * n * (2 * c + (n - 1) * k) * h * w, "bytes"),
            (loops, "loops"),
        ]:
            assert outcome(check.dense_kept, wrong) == mistake, mistake


class TestReadersMistakes:
    """What a second reader wrote at first."""

    def test_channels(self):
        def all_halved(c, k, convs):
            outputs = []
            for n in convs:
                c = (c + n * k) // 2
                outputs.append(c)
            return outputs

        def from_the_start(c, k, convs):
            outputs = []
            for n in convs:
                outputs.append(c + n * k)
            return outputs

        assert outcome(check.dense_channels, all_halved) == "all_halved"
        assert outcome(check.dense_channels, from_the_start) == "not_passed_on"

    def test_bottleneck(self):
        def layer(first, norm, size):
            def build(c, k):
                start = [nn.BatchNorm2d(c), nn.ReLU()] if first else []
                return nn.Sequential(
                    *start,
                    nn.Conv2d(c, 4 * k, size, padding=size // 2, bias=False),
                    nn.BatchNorm2d(norm(c, k)),
                    nn.ReLU(),
                    nn.Conv2d(4 * k, k, 3, padding=1, bias=False),
                )

            return build

        def wide(c, k):
            return 4 * k

        assert check.dense_bottleneck(layer(True, wide, 1))
        assert outcome(check.dense_bottleneck, layer(False, wide, 1)) == "no_first"
        assert outcome(check.dense_bottleneck, layer(True, wide, 3)) == "both_3x3"
        assert outcome(check.dense_bottleneck, layer(True, lambda c, k: c, 1)) == "bn_width"

    def test_kept(self):
        def squared(c, k, n, h, w):
            return 2 * h * w * (n * c + k * n**2 // 2)

        assert outcome(check.dense_kept, squared) == "squared"
