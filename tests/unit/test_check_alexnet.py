"""Exercises on AlexNet, answered as students would."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check


class TestDropout:
    def test_right(self):
        def rand(X, p, training):
            if not training:
                return X
            if p == 1:
                return torch.zeros_like(X)
            return X * (torch.rand(X.shape) > p) / (1 - p)

        def bernoulli(X, p, training):
            if training and p < 1:
                keep = torch.bernoulli(torch.full_like(X, 1 - p))
                return keep * X / (1 - p)
            return X if not training else X * 0

        def numpy(X, p, training):
            if not training or p == 0:
                return X.clone()
            coins = np.random.default_rng().random(tuple(X.shape)) >= p
            scale = 0 if p == 1 else 1 / (1 - p)
            return torch.from_numpy(X.numpy() * coins * scale)

        def where(X, p, training):
            if training:
                kept = torch.where(torch.rand_like(X) < p, torch.tensor(0.0), X)
                return kept if p == 1 else kept / (1 - p)
            return X

        def loops(X, p, training):
            if not training:
                return X
            Y = torch.zeros_like(X)
            for i in range(X.shape[0]):
                for j in range(X.shape[1]):
                    if torch.rand(()) >= p:
                        Y[i, j] = X[i, j] / (1 - p)
            return Y

        def masked(X, p, training):
            if not training:
                return X
            return X.masked_fill(torch.rand(X.shape) < p, 0.0) / max(1 - p, 1e-9)

        for answer in (rand, bernoulli, numpy, where, loops, masked):
            assert check.dropout(answer), (answer.__name__, check.dropout(answer))

    def test_wrong(self):
        def nan_at_one(X, p, training):
            return X * (torch.rand(X.shape) > p) / (1 - p) if training else X

        def crash_at_one(X, p, training):
            if not training:
                return X
            scale = 1 / (1 - p)
            return X * (torch.rand(X.shape) > p) * scale

        def no_flag(X, p, training):
            if p == 1:
                return torch.zeros_like(X)
            return X * (torch.rand(X.shape) > p) / (1 - p)

        def backwards(X, p, training):
            if training:
                return X
            if p == 1:
                return torch.zeros_like(X)
            return X * (torch.rand(X.shape) > p) / (1 - p)

        def as_in_the_paper(X, p, training):
            if training:
                return X * (torch.rand(X.shape) > p)
            return X * (1 - p)

        def twice(X, p, training):
            if training:
                return X * (torch.rand(X.shape) > p) / (1 - p) if p < 1 else X * 0
            return X * (1 - p)

        def unscaled(X, p, training):
            mask = (torch.rand(X.shape) > p).float()
            return X * mask if training else X

        def smaller(X, p, training):
            mask = (torch.rand(X.shape) > p).float()
            return X * mask * (1 - p) if training else X

        def over_p(X, p, training):
            return X * (torch.rand(X.shape) > p) / p if training else X

        def keeps(X, p, training):
            return X * (torch.rand(X.shape) < p) / (1 - p) if training else X

        def keep_probability(X, p, training):
            return X * (torch.rand(X.shape) < p) / p if training else X

        def normal(X, p, training):
            return X * (torch.randn(X.shape) > p) / (1 - p) if training else X

        def one_coin(X, p, training):
            if not training:
                return X
            if torch.rand(1) < p:
                return torch.zeros_like(X)
            return X / (1 - p)

        def rows(X, p, training):
            if not training or p == 1:
                return X * (not training)
            return X * (torch.rand(X.shape[0], 1) > p) / (1 - p)

        def columns(X, p, training):
            if not training or p == 1:
                return X * (not training)
            return X * (torch.rand(X.shape[-1]) > p) / (1 - p)

        def seeded(X, p, training):
            torch.manual_seed(42)
            if not training or p == 1:
                return X * (not training)
            return X * (torch.rand(X.shape) > p) / (1 - p)

        def as_many_each_time(X, p, training):
            if not training or p == 1:
                return X * (not training)
            Y = X.flatten().clone()
            Y[torch.randperm(len(Y))[: round(len(Y) * p)]] = 0
            return Y.reshape(X.shape) / (1 - p)

        def forgotten(X, p, training):
            mask = torch.rand(X.shape) > p
            X * mask  # goes nowhere
            return X

        def of_torch(X, p, training):
            return F.dropout(X, p, training)

        for wrong, mistake in [
            (nan_at_one, "p_one"),
            (crash_at_one, "p_one_crash"),
            (no_flag, "always"),
            (backwards, "swapped"),
            (as_in_the_paper, "paper"),
            (twice, "scaled_twice"),
            (unscaled, "no_scaling"),
            (smaller, "multiplied"),
            (over_p, "over_p"),
            (keeps, "keeps_p"),
            (keep_probability, "keeps_p_over_p"),
            (normal, "normal"),
            (one_coin, "one_coin"),
            (rows, "rows"),
            (columns, "columns"),
            (as_many_each_time, "exact_count"),
            (seeded, "seeded"),
            (forgotten, "never"),
            (of_torch, "library"),
        ]:
            result = check.dropout(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_the_given_tensor_stays(self):
        def in_place(X, p, training):
            if training:
                X *= torch.rand(X.shape) > p
                X /= max(1 - p, 1e-9)
            return X

        assert "改动" in repr(check.dropout(in_place))

    def test_odd_answers(self):
        assert check.dropout(lambda X, p, training: X.tolist()).outcome == "wrong"
        assert check.dropout(lambda X, p, training: X[:1]).outcome == "wrong"
        assert check.dropout(lambda X, p, training: None).outcome != "right"


class TestLastSide:
    def test_right(self):
        def loop(n, layers):
            for k, s, p in layers:
                if n + 2 * p < k:
                    return 0
                n = (n + 2 * p - k) // s + 1
            return n

        def recursive(n, layers):
            if not layers:
                return n
            (k, s, p), *rest = layers
            room = n + 2 * p - k
            return recursive(room // s + 1, rest) if room >= 0 else 0

        def counted(n, layers):
            for k, s, p in layers:
                n = len(range(-p, n + p - k + 1, s))  # none fit: none are counted
                if n == 0:
                    return 0
            return n

        def by_torch(n, layers):
            X = torch.zeros(1, 1, n)
            try:
                for k, s, p in layers:
                    X = nn.Conv1d(1, 1, k, s, p)(X)
            except RuntimeError:
                return 0
            return X.shape[-1]

        for answer in (loop, recursive, counted, by_torch):
            assert check.last_side(answer), answer.__name__

    def test_wrong(self):
        def formula(n, layers):
            for k, s, p in layers:
                n = (n + 2 * p - k) // s + 1
            return n

        def clipped(n, layers):
            for k, s, p in layers:
                n = (n + 2 * p - k) // s + 1
            return n if n > 0 else 0

        def image_fits(n, layers):
            for k, s, p in layers:
                if n < k:
                    return 0
                n = (n + 2 * p - k) // s + 1
            return n

        def exact_fit_refused(n, layers):
            for k, s, p in layers:
                if k >= n + 2 * p:
                    return 0
                n = (n + 2 * p - k) // s + 1
            return n

        def padding_of_both_sides(n, layers):
            for k, s, p in layers:
                if n + p < k:
                    return 0
                n = (n + p - k) // s + 1
            return n

        def true_division(n, layers):
            for k, s, p in layers:
                if n + 2 * p < k:
                    return 0
                n = (n + 2 * p - k) / s + 1
            return n

        def rounded_up(n, layers):
            for k, s, p in layers:
                if n + 2 * p < k:
                    return 0
                n = math.ceil((n + 2 * p - k) / s) + 1
            return n

        def one_less(n, layers):
            for k, s, p in layers:
                if n + 2 * p < k:
                    return 0
                n = (n + 2 * p - k) // s
            return n

        def last_layer_only(n, layers):
            for k, s, p in layers:
                if n + 2 * p < k:
                    return 0
                side = (n + 2 * p - k) // s + 1
            return side

        def towards_zero(n, layers):
            for k, s, p in layers:
                n = int((n + 2 * p - k) / s) + 1
            return n

        def towards_zero_checked(n, layers):
            for k, s, p in layers:
                n = int((n + 2 * p - k) / s) + 1
                if n < 1:
                    return 0
            return n

        for wrong, mistake in [
            (towards_zero, "truncated"),
            (towards_zero_checked, "truncated_checked"),
            (formula, "no_check"),
            (clipped, "checks_result"),
            (image_fits, "checks_unpadded"),
            (exact_fit_refused, "too_strict"),
            (padding_of_both_sides, "one_side"),
            (true_division, "no_floor"),
            (rounded_up, "ceil"),
            (one_less, "forgot_one"),
            (last_layer_only, "not_carried"),
        ]:
            result = check.last_side(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)


class TestFeatures:
    def test_right(self):
        def lists(table, in_channels):
            layers = []
            for row in table:
                if row[0] == "conv":
                    _, c_out, k, s, p = row
                    layers.append(nn.Conv2d(in_channels, c_out, kernel_size=k, stride=s, padding=p))
                    layers.append(nn.ReLU(inplace=True))
                    in_channels = c_out
                elif row[0] == "pool":
                    layers.append(nn.MaxPool2d(row[1], stride=row[2]))
            return nn.Sequential(*layers)

        def lazy(table, in_channels):
            net = nn.Sequential()
            for i, (kind, *sizes) in enumerate(table):
                if kind == "pool":
                    net.add_module(f"pool{i}", nn.MaxPool2d(*sizes))
                else:
                    net.add_module(f"conv{i}", nn.Conv2d(in_channels, *sizes))
                    net.add_module(f"relu{i}", nn.ReLU())
                    in_channels = sizes[0]
            return net

        class Nested(nn.Module):
            def __init__(self, table, in_channels):
                super().__init__()
                self.blocks = nn.ModuleList()
                for kind, *sizes in table:
                    if kind == "conv":
                        conv = nn.Conv2d(in_channels, *sizes)
                        self.blocks.append(nn.Sequential(conv, nn.ReLU()))
                        in_channels = sizes[0]
                    else:
                        self.blocks.append(nn.MaxPool2d(*sizes))

            def forward(self, X):
                for block in self.blocks:
                    X = block(X)
                return X

        for answer in (lists, lazy, Nested):
            assert check.features(answer), (answer.__name__, check.features(answer))

    def test_wrong(self):
        def build(table, channels, conv, pool=lambda k, s: nn.MaxPool2d(k, s), carry=True):
            layers = []
            for kind, *sizes in table:
                if kind == "conv":
                    layers += conv(channels, *sizes)
                    channels = sizes[0] if carry else channels
                else:
                    layers.append(pool(*sizes))
            return nn.Sequential(*layers)

        def relu(*sizes):
            return [nn.Conv2d(*sizes), nn.ReLU()]

        def linear(table, c):
            return build(table, c, lambda *sizes: [nn.Conv2d(*sizes)])

        def before(table, c):
            return build(table, c, lambda *sizes: [nn.ReLU(), nn.Conv2d(*sizes)])

        def at_the_end(table, c):
            net = build(table, c, lambda *sizes: [nn.Conv2d(*sizes)])
            net.append(nn.ReLU())
            return net

        def average(table, c):
            return build(table, c, relu, pool=nn.AvgPool2d)

        def default_stride(table, c):
            return build(table, c, relu, pool=lambda k, s: nn.MaxPool2d(k))

        def swapped(table, c):
            return build(table, c, lambda i, o, k, s, p: relu(i, o, k, p, s))

        def unpadded(table, c):
            return build(table, c, lambda i, o, k, s, p: relu(i, o, k, s))

        def stride_one(table, c):
            return build(table, c, lambda i, o, k, s, p: relu(i, o, k, 1, p))

        def same_input(table, c):
            return build(table, c, relu, carry=False)

        def sigmoid(table, c):
            return build(table, c, lambda *sizes: [nn.Conv2d(*sizes), nn.Sigmoid()])

        def chapter_pool(table, c):
            return build(table, c, relu, pool=lambda k, s: nn.MaxPool2d(3, stride=2))

        def window_3(table, c):
            return build(table, c, relu, pool=lambda k, s: nn.MaxPool2d(3, s))

        def a_list(table, c):
            return list(build(table, c, relu))

        for wrong, mistake in [
            (chapter_pool, "fixed_pool"),
            (window_3, "fixed_window"),
            (a_list, "a_list"),
            (linear, "no_relu"),
            (before, "relu_first"),
            (at_the_end, "relu_once"),
            (average, "average"),
            (default_stride, "pool_stride"),
            (swapped, "s_and_p"),
            (unpadded, "no_padding"),
            (stride_one, "conv_stride"),
            (same_input, "not_carried"),
            (sigmoid, "sigmoid"),
        ]:
            result = check.features(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_lazy_layers_are_right(self):
        def lazy(table, in_channels):
            net = nn.Sequential()
            for row in table:
                if row[0] == "conv":
                    net.append(nn.LazyConv2d(*row[1:])).append(nn.ReLU())
                else:
                    net.append(nn.MaxPool2d(*row[1:]))
            return net

        assert check.features(lazy), check.features(lazy)


class TestNetwork:
    def test_right(self):
        def probe(features, in_channels, n, hidden, num_classes):
            flat = features(torch.zeros(1, in_channels, n, n)).flatten(1).shape[1]
            return nn.Sequential(
                features,
                nn.Flatten(),
                nn.Linear(flat, hidden),
                nn.ReLU(),
                nn.Dropout(0.5),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(hidden, num_classes),
            )

        def lazy(features, in_channels, n, hidden, num_classes):
            return nn.Sequential(
                *features,
                nn.Flatten(),
                nn.LazyLinear(hidden),
                nn.ReLU(),
                nn.Dropout(0.5),
                nn.LazyLinear(hidden),
                nn.ReLU(),
                nn.Dropout(0.5),
                nn.LazyLinear(num_classes),
            )

        class Net(nn.Module):
            def __init__(self, features, in_channels, n, hidden, num_classes):
                super().__init__()
                with torch.no_grad():
                    c, h, w = features(torch.rand(2, in_channels, n, n)).shape[1:]
                self.out = nn.Linear(hidden, num_classes)
                self.second = nn.Linear(hidden, hidden)
                self.first = nn.Linear(c * h * w, hidden)
                self.drop = nn.ModuleList([nn.Dropout(0.5), nn.Dropout(0.5)])
                self.features = features

            def forward(self, X):
                X = self.features(X).flatten(1)
                X = self.drop[0](torch.relu(self.first(X)))
                return self.out(self.drop[1](torch.relu(self.second(X))))

        def before_relu(features, in_channels, n, hidden, num_classes):
            net = probe(features, in_channels, n, hidden, num_classes)
            return nn.Sequential(*(net[i] for i in (0, 1, 2, 4, 3, 5, 7, 6, 8)))

        class OneDropout(Net):
            def __init__(self, *args):
                super().__init__(*args)
                self.drop = nn.Dropout(0.5)

            def forward(self, X):
                X = self.drop(torch.relu(self.first(self.features(X).flatten(1))))
                return self.out(self.drop(torch.relu(self.second(X))))

        class Functional(Net):
            def forward(self, X):
                X = F.relu(self.first(self.features(X).flatten(1)))
                X = F.relu(self.second(F.dropout(X, 0.5, self.training)))
                return self.out(F.dropout(X, training=self.training))

        def grown(features, in_channels, n, hidden, num_classes):
            net = probe(features, in_channels, n, hidden, num_classes)
            for layer in net[1:]:
                features.append(layer)
            return features

        for answer in (probe, lazy, Net, before_relu, OneDropout, Functional, grown):
            assert check.network(answer), (answer.__name__, check.network(answer))

    def test_wrong(self):
        def flat_of(features, c, n):
            with torch.no_grad():
                return features(torch.zeros(1, c, n, n)).numel()

        def wide(a, b):
            return [nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.5)]

        def linear_only(features, c, n, hidden, classes):
            flat = flat_of(features, c, n)
            return nn.Sequential(
                features,
                nn.Flatten(),
                nn.Linear(flat, hidden),
                nn.Dropout(0.5),
                nn.Linear(hidden, hidden),
                nn.Dropout(0.5),
                nn.Linear(hidden, classes),
            )

        def one_wide(features, c, n, hidden, classes):
            flat = flat_of(features, c, n)
            head = nn.Linear(hidden, classes)
            return nn.Sequential(features, nn.Flatten(), *wide(flat, hidden), head)

        def whole(features, c, n, hidden, classes, *last, flat=None):
            flat = flat or flat_of(features, c, n)
            return nn.Sequential(
                features,
                nn.Flatten(),
                *wide(flat, hidden),
                *wide(hidden, hidden),
                nn.Linear(hidden, classes),
                *last,
            )

        def relu_last(*args):
            return whole(*args, nn.ReLU())

        def softmax(*args):
            return whole(*args, nn.Softmax(dim=1))

        def dropped_scores(*args):
            return whole(*args, nn.Dropout(0.5))

        def no_dropout(*args):
            return nn.Sequential(*(m for m in whole(*args) if not isinstance(m, nn.Dropout)))

        def of_the_chapter(*args):
            return whole(*args, flat=256 * 5 * 5)

        def of_the_image(features, c, n, hidden, classes):
            return whole(features, c, n, hidden, classes, flat=c * n * n)

        def of_the_channels(features, c, n, hidden, classes):
            convs = [m for m in features if isinstance(m, nn.Conv2d)]
            return whole(features, c, n, hidden, classes, flat=convs[-1].out_channels)

        def without_flatten(*args):
            return nn.Sequential(*(m for m in whole(*args) if not isinstance(m, nn.Flatten)))

        def head_only(*args):
            return whole(*args)[1:]

        def ten_classes(features, c, n, hidden, classes):
            return whole(features, c, n, hidden, 10)

        def weak_dropout(*args):
            net = whole(*args)
            for layer in net:
                if isinstance(layer, nn.Dropout):
                    layer.p = 0.2
            return net

        def dense_to_the_end(features, c, n, hidden, classes):
            def dense(n_in, n_out):
                return nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(0.5)

            flat = features(torch.zeros(1, c, n, n)).numel()
            wide = (*dense(flat, hidden), *dense(hidden, hidden))
            return nn.Sequential(features, nn.Flatten(), *wide, *dense(hidden, classes))

        def as_in_torchvision(features, c, n, hidden, classes):
            flat = features(torch.zeros(1, c, n, n)).numel()
            return nn.Sequential(
                *features,
                nn.Flatten(),
                *(nn.Dropout(), nn.Linear(flat, hidden), nn.ReLU()),
                *(nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU()),
                nn.Linear(hidden, classes),
            )

        for wrong, mistake in [
            (dense_to_the_end, "dense_last"),
            (as_in_torchvision, "dropout_early"),
            (linear_only, "no_relu"),
            (one_wide, "one_hidden"),
            (relu_last, "relu_last"),
            (softmax, "softmax"),
            (dropped_scores, "dropout_last"),
            (no_dropout, "no_dropout"),
            (of_the_chapter, "fixed"),
            (of_the_image, "image"),
            (of_the_channels, "channels_only"),
            (without_flatten, "no_flatten"),
            (head_only, "head_only"),
            (ten_classes, "classes_fixed"),
            (weak_dropout, "other_p"),
        ]:
            result = check.network(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_dropout_after_the_scores_in_place_of_the_second(self):
        def misplaced(features, c, n, hidden, classes):
            with torch.no_grad():
                flat = features(torch.zeros(1, c, n, n)).numel()
            return nn.Sequential(
                features,
                nn.Flatten(),
                nn.Linear(flat, hidden),
                nn.ReLU(),
                nn.Dropout(0.5),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
                nn.Linear(hidden, classes),
                nn.Dropout(0.5),
            )

        assert "最后的分数" in repr(check.network(misplaced))


class TestWidestHidden:
    def test_right(self):
        def upwards(flat, num_classes, budget):
            h = 0
            while True:
                g = h + 1
                count = flat * g + g + g * g + g + g * num_classes + num_classes
                if count > budget:
                    return h
                h = g

        def by_layers(flat, num_classes, budget):
            def parameters(h):
                layers = nn.Linear(flat, h), nn.Linear(h, h), nn.Linear(h, num_classes)
                return sum(p.numel() for layer in layers for p in layer.parameters())

            best = 0
            for h in range(1, 200):
                if parameters(h) <= budget:
                    best = h
            return best

        def solved(flat, num_classes, budget):
            b = flat + num_classes + 2
            rest = budget - num_classes
            if rest < 0:
                return 0
            return (math.isqrt(b * b + 4 * rest) - b) // 2

        def halving(flat, num_classes, budget):
            low, high = 0, budget + 1
            while low < high:
                h = (low + high + 1) // 2
                if h * (flat + h + num_classes + 2) + num_classes <= budget:
                    low = h
                else:
                    high = h - 1
            return max(low, 0)

        for answer in (upwards, by_layers, solved, halving):
            assert check.widest_hidden(answer), (answer.__name__, check.widest_hidden(answer))

    def test_wrong(self):
        def search(count):
            def widest(flat, num_classes, budget):
                h = 0
                while count(h + 1, flat, num_classes) <= budget:
                    h += 1
                return h

            return widest

        def too_far(flat, num_classes, budget):
            h = 0
            while h * (flat + h + num_classes + 2) + num_classes <= budget or h == 0:
                h += 1
            return h

        def less_than(flat, num_classes, budget):
            h = 0
            while (h + 1) * (flat + h + 1 + num_classes + 2) + num_classes < budget:
                h += 1
            return h

        def below_zero(flat, num_classes, budget):
            b = flat + num_classes + 2
            root = math.sqrt(max(0, b * b + 4 * (budget - num_classes)))
            return math.floor((root - b) / 2)

        def rounded(flat, num_classes, budget):
            b = flat + num_classes + 2
            root = math.sqrt(max(0, b * b + 4 * (budget - num_classes)))
            return max(0, round((root - b) / 2))

        for wrong, mistake in [
            (search(lambda h, f, c: h * (f + h + c)), "no_bias"),
            (search(lambda h, f, c: h * (f + 1) + (h + 1) * c), "one_hidden"),
            (search(lambda h, f, c: h * (f + 1) + h * (h + 1)), "no_output"),
            (search(lambda h, f, c: h * (f + 1)), "first_only"),
            (too_far, "one_more"),
            (less_than, "strict"),
            (below_zero, "negative"),
            (rounded, "rounded"),
        ]:
            result = check.widest_hidden(wrong)
            assert result.mistake == mistake, (mistake, result)


class TestMirror:
    def test_right(self):
        def where(X, chosen):
            return torch.where(chosen.reshape(-1, 1, 1, 1), X.flip(-1), X)

        def index(X, chosen):
            Y = X.clone()
            Y[chosen] = Y[chosen].flip(3)
            return Y

        def weights(X, chosen):
            w = chosen.float()[:, None, None, None]
            return w * X.flip([3]) + (1 - w) * X

        def gather(X, chosen):
            width = X.shape[3]
            columns = torch.arange(width).expand(len(X), width)
            columns = torch.where(chosen[:, None], width - 1 - columns, columns)
            return X.gather(3, columns[:, None, None, :].expand_as(X))

        def numpy(X, chosen):
            Y = X.numpy().copy()
            Y[chosen.numpy()] = Y[chosen.numpy()][..., ::-1]
            return torch.from_numpy(Y)

        for answer in (where, index, weights, gather, numpy):
            assert check.mirror(answer), (answer.__name__, check.mirror(answer))

    def test_wrong(self):
        def every_image(X, chosen):
            return X.flip(3)

        def lost(X, chosen):
            Y = X.clone()
            Y[chosen].flip(3)
            return Y

        def the_others(X, chosen):
            Y = X.clone()
            Y[~chosen] = X[~chosen].flip(3)
            return Y

        def upside_down(X, chosen):
            Y = X.clone()
            Y[chosen] = X[chosen].flip(2)
            return Y

        def turned(X, chosen):
            return torch.where(chosen[:, None, None, None], X.rot90(2, (2, 3)), X)

        def plain_where(X, chosen):
            return torch.where(chosen, X.flip(3), X)

        def smaller(X, chosen):
            return X[chosen].flip(-1)

        def one_by_one(X, chosen):
            return torch.stack([x.flip(-1) if c else x for x, c in zip(X, chosen, strict=True)])

        def images_reversed(X, chosen):
            return torch.where(chosen[:, None, None, None], X.flip(0), X)

        for wrong, mistake in [
            (every_image, "all"),
            (lost, "none"),
            (the_others, "inverted"),
            (upside_down, "vertical"),
            (turned, "both"),
            (plain_where, "last_axis"),
            (smaller, "only_chosen"),
            (one_by_one, "loops"),
            (images_reversed, "batch"),
        ]:
            result = check.mirror(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_the_images_stay(self):
        def in_place(X, chosen):
            X[chosen] = X[chosen].flip(3)
            return X

        assert "改动" in repr(check.mirror(in_place))
