"""Exercises on GoogLeNet, answered as students would."""

import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.models.googlenet import Inception


def expect(exercise, pairs):
    for wrong, mistake in pairs:
        result = getattr(check, exercise)(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)


class TestShapes:
    def test_right(self):
        def plain(c_in, h, w, c1, c2, c3, c4):
            total = c1 + c2[1] + c3[1] + c4
            return (c1, h, w), (c2[1], h, w), (c3[1], h, w), (c4, h, w), (total, h, w)

        def by_net(c_in, h, w, c1, c2, c3, c4):
            block, X = Inception(c_in, c1, c2, c3, c4), torch.zeros(1, c_in, h, w)
            paths = block.path1, block.path2, block.path3, block.path4
            return [tuple(net(X).shape[1:]) for net in (*paths, block)]

        def loop(c_in, h, w, c1, c2, c3, c4):
            shapes, total = [], 0
            for c in (c1, c2[-1], c3[-1], c4):
                shapes.append([c, h, w])
                total += c
            shapes.append([total, h, w])
            return shapes

        for answer in (plain, by_net, loop):
            assert check.inception_shapes(answer), answer.__name__

    def test_wrong(self):
        def middle(c_in, h, w, c1, c2, c3, c4):
            return [(c, h, w) for c in (c1, c2[0], c3[0], c4, c1 + c2[0] + c3[0] + c4)]

        def everything(c_in, h, w, c1, c2, c3, c4):
            total = c1 + sum(c2) + sum(c3) + c4
            return [(c1, h, w), (c2[1], h, w), (c3[1], h, w), (c4, h, w), (total, h, w)]

        def pool_keeps(c_in, h, w, c1, c2, c3, c4):
            channels = [c1, c2[1], c3[1], c_in]
            return [(c, h, w) for c in channels] + [(sum(channels), h, w)]

        def default_stride(c_in, h, w, c1, c2, c3, c4):
            last = (c4, (h + 2 - 3) // 3 + 1, (w + 2 - 3) // 3 + 1)
            return [(c1, h, w), (c2[1], h, w), (c3[1], h, w), last, (c1 + c2[1] + c3[1] + c4, h, w)]

        def smaller(c_in, h, w, c1, c2, c3, c4):
            total = c1 + c2[1] + c3[1] + c4
            small = (c2[1], h - 2, w - 2), (c3[1], h - 4, w - 4)
            return [(c1, h, w), *small, (c4, h, w), (total, h, w)]

        def last(c_in, h, w, c1, c2, c3, c4):
            return [(h, w, c) for c in (c1, c2[1], c3[1], c4, c1 + c2[1] + c3[1] + c4)]

        def four(c_in, h, w, c1, c2, c3, c4):
            return [(c1, h, w), (c2[1], h, w), (c3[1], h, w), (c4, h, w)]

        def whole_block_first(c_in, h, w, c1, c2, c3, c4):
            total = c1 + c2[1] + c3[1] + c4
            return [(c, h, w) for c in (total, c1, c2[1], c3[1], c4)]

        expect(
            "inception_shapes",
            [
                (whole_block_first, "whole_first"),
                (middle, "reduced"),
                (everything, "all_added"),
                (pool_keeps, "pool_keeps"),
                (default_stride, "pool_thirds"),
                (smaller, "unpadded"),
                (last, "channels_last"),
                (four, "paths_only"),
            ],
        )


class TestParameters:
    def test_right(self):
        def by_net(c_in, c1, c2, c3, c4):
            return sum(p.numel() for p in Inception(c_in, c1, c2, c3, c4).parameters())

        def by_path(c_in, c1, c2, c3, c4):
            one = (c_in + 1) * c1
            two = (c_in + 1) * c2[0] + (9 * c2[0] + 1) * c2[1]
            three = (c_in + 1) * c3[0] + (25 * c3[0] + 1) * c3[1]
            return one + two + three + (c_in + 1) * c4

        def merged(c_in, c1, c2, c3, c4):
            """The four 1x1 convolutions read the same input: one layer of all their channels."""
            total = (c_in + 1) * (c1 + c2[0] + c3[0] + c4)
            for k, (i, o) in ((3, c2), (5, c3)):
                total += i * o * k**2 + o
            return total

        for answer in (by_net, by_path, merged):
            assert check.inception_parameters(answer), answer.__name__

    def test_wrong(self):
        def weights(c_in, c1, c2, c3, c4):
            ones = c_in * (c1 + c2[0] + c3[0] + c4)
            return ones + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]

        def from_the_input(c_in, c1, c2, c3, c4):
            ones = (c_in + 1) * (c1 + c2[0] + c3[0] + c4)
            return ones + (9 * c_in + 1) * c2[1] + (25 * c_in + 1) * c3[1]

        def no_pool(c_in, c1, c2, c3, c4):
            ones = (c_in + 1) * (c1 + c2[0] + c3[0])
            return ones + (9 * c2[0] + 1) * c2[1] + (25 * c3[0] + 1) * c3[1]

        def one_side(c_in, c1, c2, c3, c4):
            ones = (c_in + 1) * (c1 + c2[0] + c3[0] + c4)
            return ones + (3 * c2[0] + 1) * c2[1] + (5 * c3[0] + 1) * c3[1]

        def naive(c_in, c1, c2, c3, c4):
            ones = (c_in + 1) * (c1 + c4)
            return ones + (9 * c_in + 1) * c2[1] + (25 * c_in + 1) * c3[1]

        def all_threes(c_in, c1, c2, c3, c4):
            ones = (c_in + 1) * (c1 + c2[0] + c3[0] + c4)
            return ones + (9 * c2[0] + 1) * c2[1] + (9 * c3[0] + 1) * c3[1]

        def bias_a_layer(c_in, c1, c2, c3, c4):
            second = c_in * c2[0] + 1 + 9 * c2[0] * c2[1] + 1
            third = c_in * c3[0] + 1 + 25 * c3[0] * c3[1] + 1
            return c_in * c1 + 1 + second + third + c_in * c4 + 1

        expect(
            "inception_parameters",
            [
                (bias_a_layer, "one_bias"),
                (weights, "no_bias"),
                (from_the_input, "not_reduced"),
                (no_pool, "no_pool_conv"),
                (one_side, "k_once"),
                (naive, "naive"),
                (all_threes, "two_3x3"),
            ],
        )


class Named(nn.Module):
    """Registers every path by a name."""

    def __init__(self, paths):
        super().__init__()
        for i, path in enumerate(paths):
            self.add_module(f"path{i}", path)

    def forward(self, X):
        return torch.cat([path(X) for path in self.children()], 1)


class Loop(nn.Module):
    def __init__(self, paths):
        super().__init__()
        self.branches = nn.ModuleList(paths)

    def forward(self, X):
        Y = self.branches[0](X)
        for branch in self.branches[1:]:
            Y = torch.concat((Y, branch(X)), dim=-3)
        return Y


class Sequence(nn.Sequential):
    """A container that is registered anyway, with a forward of its own."""

    def __init__(self, paths):
        super().__init__(*paths)

    def forward(self, X):
        return torch.cat([path(X) for path in self], dim=1)


class PlainList(nn.Module):
    def __init__(self, paths):
        super().__init__()
        self.paths = paths

    def forward(self, X):
        return torch.cat([path(X) for path in self.paths], dim=1)


class Chain(Loop):
    def forward(self, X):
        for branch in self.branches:
            X = branch(X)
        return X


class Sum(Loop):
    def forward(self, X):
        Y = 0
        for branch in self.branches:
            Y = Y + branch(X)
        return Y


class Batch(Loop):
    def forward(self, X):
        return torch.cat([branch(X) for branch in self.branches])


class Apart(Loop):
    def forward(self, X):
        return [branch(X) for branch in self.branches]


class Early(Loop):
    def forward(self, X):
        for branch in self.branches:
            return branch(X)


class TestParallel:
    def test_right(self):
        for answer in (Named, Loop, Sequence):
            assert check.parallel(answer), answer.__name__

    def test_wrong(self):
        pairs = [
            (PlainList, "plain_list"),
            (Chain, "chained"),
            (Sum, "added"),
            (Batch, "by_batch"),
            (Apart, "list"),
            (Early, "first_only"),
        ]
        expect("parallel", pairs)

    def test_no_super(self):
        class Bare(nn.Module):
            def __init__(self, paths):
                self.paths = nn.ModuleList(paths)

        assert check.parallel(Bare).outcome == "crashed"


def layer(i, o, k, padding=None):
    return nn.Sequential(
        nn.Conv2d(i, o, k, padding=k // 2 if padding is None else padding), nn.ReLU()
    )


def double(c_in, c, padding=1):
    return nn.Sequential(
        layer(c_in, c[0], 1), layer(c[0], c[1], 3, padding), layer(c[1], c[1], 3, padding)
    )


def with_third(third):
    """A student's block that differs in its third path only."""

    def build(c_in, c1, c2, c3, c4):
        block = Inception(c_in, c1, c2, c3, c4)
        block.path3 = third(c_in, c3)
        return block

    return build


class TestSecondVersion:
    def test_right(self):
        class Functional(nn.Module):
            """Layers defined in another order, activations as functions."""

            def __init__(self, c_in, c1, c2, c3, c4):
                super().__init__()
                self.d = nn.Conv2d(c_in, c4, 1)
                self.c3 = nn.Conv2d(c3[1], c3[1], 3, padding="same")
                self.c2 = nn.Conv2d(c3[0], c3[1], 3, padding="same")
                self.c1 = nn.Conv2d(c_in, c3[0], 1)
                self.b2 = nn.Conv2d(c2[0], c2[1], 3, padding=(1, 1))
                self.b1 = nn.Conv2d(c_in, c2[0], 1)
                self.a = nn.Conv2d(c_in, c1, 1)

            def forward(self, x):
                third = self.c3(F.relu(self.c2(F.relu(self.c1(x)))))
                pool = self.d(F.max_pool2d(x, 3, 1, 1))
                paths = self.a(x), self.b2(F.relu(self.b1(x))), third, pool
                return torch.relu(torch.cat(paths, 1))

        def parallel(c_in, c1, c2, c3, c4):
            second = nn.Sequential(layer(c_in, c2[0], 1), layer(c2[0], c2[1], 3))
            pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), layer(c_in, c4, 1))
            return Loop([layer(c_in, c1, 1), second, double(c_in, c3), pool])

        for answer in (Functional, parallel, with_third(double)):
            assert check.inception_v2(answer)

    def test_wrong(self):
        def unchanged(c_in, c1, c2, c3, c4):
            return Inception(c_in, c1, c2, c3, c4)

        def late(c_in, c):
            return nn.Sequential(layer(c_in, c[0], 1), layer(c[0], c[0], 3), layer(c[0], c[1], 3))

        def single(c_in, c):
            return nn.Sequential(layer(c_in, c[0], 1), layer(c[0], c[1], 3))

        def unpadded(c_in, c):
            return double(c_in, c, padding=0)

        def old_padding(c_in, c):
            return double(c_in, c, padding=2)

        def linear_between(c_in, c):
            convs = nn.Conv2d(c[0], c[1], 3, padding=1), nn.Conv2d(c[1], c[1], 3, padding=1)
            return nn.Sequential(layer(c_in, c[0], 1), *convs, nn.ReLU())

        def ends_open(c_in, c):
            last = nn.Conv2d(c[1], c[1], 3, padding=1)
            return nn.Sequential(layer(c_in, c[0], 1), layer(c[0], c[1], 3), last)

        def without_1x1(c_in, c):
            return nn.Sequential(layer(c_in, c[1], 3), layer(c[1], c[1], 3))

        def pool_after(c_in, c1, c2, c3, c4):
            block = with_third(double)(c_in, c1, c2, c3, c4)
            block.path4 = nn.Sequential(layer(c_in, c4, 1), nn.MaxPool2d(3, 1, 1))
            return block

        expect(
            "inception_v2",
            [
                (pool_after, "pool_last"),
                (unchanged, "still_5x5"),
                (with_third(late), "late_growth"),
                (with_third(single), "one_3x3"),
                (with_third(unpadded), "unpadded"),
                (with_third(old_padding), "padded_2"),
                (with_third(linear_between), "no_relu_between"),
                (with_third(ends_open), "no_last_relu"),
                (with_third(without_1x1), "no_reduction"),
            ],
        )
