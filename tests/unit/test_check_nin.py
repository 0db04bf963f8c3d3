"""Exercises on NiN, answered as students would."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check


def outcome(exercise, submission):
    result = exercise(submission)
    assert not result
    return result.mistake


class TestParameters:
    def test_right(self):
        def by_torch(c_i, c_o, k, num_1x1):
            convs = [nn.Conv2d(c_i, c_o, k)] + [nn.Conv2d(c_o, c_o, 1) for _ in range(num_1x1)]
            return sum(p.numel() for conv in convs for p in conv.parameters())

        def in_a_loop(c_i, c_o, k, num_1x1):
            total = c_i * c_o * k**2 + c_o
            for _ in range(num_1x1):
                total += c_o**2 + c_o
            return total

        def weights_then_biases(c_i, c_o, k, num_1x1):
            weights = c_o * c_i * k * k + num_1x1 * c_o * c_o
            return weights + (1 + num_1x1) * c_o

        for answer in (by_torch, in_a_loop, weights_then_biases):
            assert check.nin_parameters(answer), answer.__name__

    @pytest.mark.parametrize(
        ("name", "submission"),
        [
            ("no_bias", lambda i, o, k, n: i * o * k**2 + n * o**2),
            ("no_pointwise_bias", lambda i, o, k, n: i * o * k**2 + o + n * o**2),
            ("no_first_bias", lambda i, o, k, n: i * o * k**2 + n * (o**2 + o)),
            ("input_channels", lambda i, o, k, n: i * o * k**2 + o + n * (i * o + o)),
            ("same_kernel", lambda i, o, k, n: i * o * k**2 + o + n * (o * o * k**2 + o)),
            ("always_two", lambda i, o, k, n: i * o * k**2 + o + o * o + o + o * o + o),
            ("only_one", lambda i, o, k, n: i * o * k**2 + o + o * o + o),
            ("no_pointwise", lambda i, o, k, n: i * o * k**2 + o),
            ("per_pixel", lambda i, o, k, n: i * o * k**2 + o + n * (o + o)),
            ("k_once", lambda i, o, k, n: i * o * k + o + n * (o**2 + o)),
        ],
    )
    def test_wrong(self, name, submission):
        assert outcome(check.nin_parameters, submission) == name


class Block(nn.Module):
    """A block in a class of its own, the 1x1 convolutions first."""

    def __init__(self, c_i, c_o, kernel_size, num_1x1, stride, padding):
        super().__init__()
        self.mix = nn.ModuleList([nn.Conv2d(c_o, c_o, (1, 1)) for _ in range(num_1x1)])
        self.look = nn.Conv2d(c_i, c_o, kernel_size, padding=padding, stride=stride)

    def forward(self, x):
        x = F.relu(self.look(x))
        for mix in self.mix:
            x = mix(x).relu()
        return x


def block(c_i, c_o, k, n, s, p, *, first=None, pointwise=None, relu=True):
    """A block as a student writes it."""
    net = nn.Sequential(first or nn.Conv2d(c_i, c_o, k, stride=s, padding=p), nn.ReLU())
    for _ in range(n):
        net.append(pointwise or nn.Conv2d(c_o, c_o, 1))
        if relu:
            net.append(nn.ReLU())
    return net


class TestBlock:
    def test_right(self):
        def nested(c_i, c_o, kernel_size, num_1x1, stride, padding):
            first = nn.Sequential(nn.Conv2d(c_i, c_o, kernel_size, stride, padding), nn.ReLU(True))
            rest = [nn.Sequential(nn.Conv2d(c_o, c_o, 1), nn.ReLU()) for _ in range(num_1x1)]
            return nn.Sequential(first, *rest)

        for answer in (Block, block, nested):
            assert check.deeper_nin_block(answer), answer.__name__

    @pytest.mark.parametrize(
        ("name", "submission"),
        [
            (
                "no_relu",
                lambda i, o, k, n, s, p: nn.Sequential(
                    nn.Conv2d(i, o, k, s, p), *[nn.Conv2d(o, o, 1) for _ in range(n)]
                ),
            ),
            (
                "relu_only_last",
                lambda i, o, k, n, s, p: nn.Sequential(
                    nn.Conv2d(i, o, k, s, p), *[nn.Conv2d(o, o, 1) for _ in range(n)], nn.ReLU()
                ),
            ),
            ("relu_only_first", lambda *sizes: block(*sizes, relu=False)),
            ("no_last_relu", lambda *sizes: block(*sizes)[:-1]),
            (
                "padded_pointwise",
                lambda i, o, k, n, s, p: nn.Sequential(
                    *block(i, o, k, 0, s, p),
                    *[m for _ in range(n) for m in (nn.Conv2d(o, o, 1, padding=p), nn.ReLU())],
                ),
            ),
            (
                "strided_pointwise",
                lambda i, o, k, n, s, p: nn.Sequential(
                    *block(i, o, k, 0, s, p),
                    *[m for _ in range(n) for m in (nn.Conv2d(o, o, 1, stride=s), nn.ReLU())],
                ),
            ),
            ("always_two", lambda i, o, k, n, s, p: block(i, o, k, 2, s, p)),
            ("one_less", lambda i, o, k, n, s, p: block(i, o, k, len(range(1, n)), s, p)),
            ("one_more", lambda i, o, k, n, s, p: block(i, o, k, n + 1, s, p)),
            (
                "input_channels",
                lambda i, o, k, n, s, p: block(i, o, k, n, s, p, pointwise=nn.Conv2d(i, o, 1)),
            ),
            (
                "no_stride",
                lambda i, o, k, n, s, p: block(
                    i, o, k, n, s, p, first=nn.Conv2d(i, o, k, padding=p)
                ),
            ),
            (
                "no_padding",
                lambda i, o, k, n, s, p: block(
                    i, o, k, n, s, p, first=nn.Conv2d(i, o, k, stride=s)
                ),
            ),
            (
                "shared",
                lambda i, o, k, n, s, p: nn.Sequential(
                    nn.Conv2d(i, o, k, s, p), nn.ReLU(), *[nn.Conv2d(o, o, 1), nn.ReLU()] * n
                ),
            ),
        ],
    )
    def test_wrong(self, name, submission):
        assert outcome(check.deeper_nin_block, submission) == name

    def test_no_bias(self):
        def without(c_i, c_o, kernel_size, num_1x1, stride, padding):
            conv = nn.Conv2d(c_i, c_o, kernel_size, stride, padding, bias=False)
            layers = [conv, nn.ReLU()]
            for _ in range(num_1x1):
                layers += [nn.Conv2d(c_o, c_o, 1, bias=False), nn.ReLU()]
            return nn.Sequential(*layers)

        assert outcome(check.deeper_nin_block, without) == "no_bias"

    def test_a_list(self):
        assert outcome(check.deeper_nin_block, lambda *sizes: [*block(*sizes)]) == "list"

    def test_the_chapters_block_has_always_two(self):
        def chapters(c_i, c_o, kernel_size, num_1x1, stride, padding):
            conv = nn.Conv2d(c_i, c_o, kernel_size, stride=stride, padding=padding)
            layers = [conv, nn.ReLU()]
            for _ in range(2):
                layers += [nn.Conv2d(c_o, c_o, 1), nn.ReLU()]
            return nn.Sequential(*layers)

        assert outcome(check.deeper_nin_block, chapters) == "always_two"


class TestGlobalAverage:
    def test_right(self):
        def twice(X):
            return X.mean(-1).mean(-1)

        def flat(X):
            return X.flatten(2).mean(2)

        def divided(X):
            h, w = X.shape[2:]
            return X.sum((2, 3)) / (h * w)

        def loops(X):
            Y = torch.zeros(X.shape[:2])
            for n, image in enumerate(X):
                for c, channel in enumerate(image):
                    Y[n, c] = channel.mean()
            return Y

        def by_numpy(X):
            return torch.from_numpy(np.mean(X.numpy(), axis=(2, 3)))

        for answer in (twice, flat, divided, loops, by_numpy):
            assert check.global_average(answer), answer.__name__

    @pytest.mark.parametrize(
        ("name", "submission"),
        [
            ("sum", lambda X: X.flatten(2).sum(-1)),
            ("squeezed", lambda X: X.mean((-1, -2), keepdim=True).squeeze()),
            ("max", lambda X: X.flatten(2).max(-1).values),
            ("keeps_axes", lambda X: X.mean([2, 3], keepdim=True)),
            ("over_channels", lambda X: X.mean(1)),
            ("over_batch", lambda X: X.mean(3).mean(2).mean(0)),
            ("over_all", torch.mean),
            ("one_axis", lambda X: X.mean(3)),
            ("divided_by_h", lambda X: X.sum((2, 3)) / X.shape[2] / X.shape[2]),
            ("divided_by_side", lambda X: X.sum((2, 3)) / X.size(2)),
        ],
    )
    def test_wrong(self, name, submission):
        assert outcome(check.global_average, submission) == name

    def test_not_ready_made(self):
        def by_layer(X):
            return nn.AdaptiveAvgPool2d(1)(X).flatten(1)

        def by_function(X):
            return F.avg_pool2d(X, X.shape[2:]).flatten(1)

        def by_flat_function(X):
            return F.adaptive_avg_pool1d(X.flatten(2), 1)[..., 0]

        for submission in (by_layer, by_function, by_flat_function):
            assert outcome(check.global_average, submission) == "ready_made"


class TestClosedClasses:
    def test_right(self):
        def comprehension(scores):
            return [c for c in range(scores.shape[1]) if (scores[:, c] == 0).all()]

        def by_max(scores):
            return torch.where(scores.max(0).values == 0)[0]

        def loops(scores):
            closed = []
            for c in range(scores.size(1)):
                is_open = False
                for n in range(scores.size(0)):
                    if scores[n, c] > 0:
                        is_open = True
                if not is_open:
                    closed.append(c)
            return closed

        def by_numpy(scores):
            return tuple(np.flatnonzero((scores.numpy() == 0).all(axis=0)).tolist())

        for answer in (comprehension, by_max, loops, by_numpy):
            assert check.closed_classes(answer), answer.__name__

    @pytest.mark.parametrize(
        ("name", "submission"),
        [
            ("any", lambda s: [c for c in range(s.shape[1]) if 0 in s[:, c]]),
            ("rows", lambda s: [i for i, row in enumerate(s) if row.sum() == 0]),
            ("open", lambda s: [c for c in range(s.shape[1]) if s[:, c].sum() > 0]),
            ("count", lambda s: int((s.sum(0) == 0).sum())),
            ("mask", lambda s: [bool(column.sum() == 0) for column in s.T]),
            ("first_image", lambda s: [c for c in range(s.shape[1]) if s[0, c] == 0]),
            (
                "never_predicted",
                lambda s: [c for c in range(s.shape[1]) if c not in s.argmax(dim=1).tolist()],
            ),
            ("nested", lambda s: torch.nonzero(s.sum(0) == 0)),
        ],
    )
    def test_wrong(self, name, submission):
        assert outcome(check.closed_classes, submission) == name


class TestClassMap:
    def test_right(self):
        def loop(maps, W, k):
            Y = torch.zeros(maps.shape[1:])
            for c in range(len(maps)):
                Y += W[k, c] * maps[c]
            return Y

        def product(maps, W, k):
            return (W[k] @ maps.flatten(1)).reshape(maps.shape[1:])

        def by_conv(maps, W, k):
            return F.conv2d(maps[None], W[:, :, None, None])[0, k]

        def last(maps, W, k):
            return maps.permute(1, 2, 0) @ W[k]

        for answer in (loop, product, by_conv, last):
            assert check.class_map(answer), answer.__name__

    @pytest.mark.parametrize(
        ("name", "submission"),
        [
            ("column", lambda maps, W, k: maps.permute(1, 2, 0) @ W[:, k]),
            ("unweighted", lambda maps, W, k: sum(maps)),
            ("own_channel", lambda maps, W, k: maps[k]),
            ("score", lambda maps, W, k: (W @ maps.mean((1, 2)))[k]),
            ("apart", lambda maps, W, k: maps * W[k].reshape(-1, 1, 1)),
            ("mean", lambda maps, W, k: (maps * W[k].reshape(-1, 1, 1)).mean(0)),
            (
                "divided",
                lambda maps, W, k: maps.permute(1, 2, 0) @ W[k] / (maps.shape[1] * maps.shape[2]),
            ),
            ("all_classes", lambda maps, W, k: F.conv2d(maps, W[:, :, None, None])),
            ("relu", lambda maps, W, k: (maps.permute(1, 2, 0) @ W[k]).clamp(min=0)),
            ("absolute", lambda maps, W, k: maps.permute(1, 2, 0) @ W[k].abs()),
        ],
    )
    def test_wrong(self, name, submission):
        assert outcome(check.class_map, submission) == name
