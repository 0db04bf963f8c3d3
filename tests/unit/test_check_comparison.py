"""Exercises on comparing networks, answered as students would."""

import math
from statistics import mean

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check


def by_hand(a, b):
    d = [int(x) - int(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    average = sum(d) / len(d)
    variance = sum((x - average) ** 2 for x in d) / len(d)
    return average, math.sqrt(variance / len(d))


def by_numpy(a, b):
    d = a.numpy().astype(float) - b.numpy()
    return d.mean(), d.std() / np.sqrt(len(d))


def by_counts(a, b):
    n = len(a)
    won, lost = (a & ~b).sum() / n, (~a & b).sum() / n
    return won - lost, torch.sqrt((won + lost - (won - lost) ** 2) / n)


@pytest.mark.parametrize("answer", [by_hand, by_numpy, by_counts])
def test_difference_right(answer):
    assert check.paired_difference(answer)


def test_difference_wrong():
    def two_nets(a, b):
        p, q, n = a.float().mean(), b.float().mean(), len(a)
        return (p - q).item(), math.sqrt(p * (1 - p) / n + q * (1 - q) / n)

    def default_std(a, b):
        d = a.int() - b.int()
        return d.float().mean(), d.float().std() / math.sqrt(len(d))

    def forgets_n(a, b):
        d = a.double() - b.double()
        return d.mean().item(), d.std(unbiased=False).item()

    def divides_by_n(a, b):
        d = a.double() - b.double()
        return d.mean().item(), d.std(unbiased=False).item() / len(a)

    def minus(a, b):
        d = a - b
        return d.mean(), d.std()

    def squares(a, b):
        d = a.double() - b.double()
        return d.mean().item(), ((d**2).mean() / len(d)).sqrt().item()

    def b_first(a, b):
        difference, error = by_hand(a, b)
        return -difference, error

    def images(a, b):
        return int(a.sum() - b.sum()), by_hand(a, b)[1]

    for wrong, mistake in [
        (two_nets, "independent"),
        (default_std, "unbiased"),
        (forgets_n, "no_root"),
        (divides_by_n, "by_n"),
        (minus, "bool_minus"),
        (squares, "not_centred"),
        (b_first, "reversed"),
        (images, "hits"),
    ]:
        result = check.paired_difference(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)


def test_separated_right():
    def in_pairs(a, b):
        if all(x > y for x in a for y in b):
            return 1
        return -1 if all(x < y for x in a for y in b) else 0

    def by_sorting(a, b):
        a, b = sorted(a), sorted(b)
        if a[0] > b[-1]:
            return 1
        elif b[0] > a[-1]:
            return -1
        return 0

    def by_torch(a, b):
        signs = torch.sign(torch.tensor(a)[:, None] - torch.tensor(b))
        return int(signs[0, 0]) if (signs == signs[0, 0]).all() else 0

    for answer in (in_pairs, by_sorting, by_torch):
        assert check.separated(answer), answer.__name__


def test_separated_wrong():
    def averages(a, b):
        if abs(mean(a) - mean(b)) < 1e-9:
            return 0
        return 1 if mean(a) > mean(b) else -1

    def touching(a, b):
        if min(a) >= max(b):
            return 1
        return -1 if max(a) <= min(b) else 0

    def only_above(a, b):
        return 1 if min(a) > max(b) else 0

    def other_way(a, b):
        return -1 if min(a) > max(b) else 1 if max(a) < min(b) else 0

    def records(a, b):
        return 1 if max(a) > max(b) else -1 if max(a) < max(b) else 0

    def two_ways(a, b):
        return 1 if min(a) > max(b) else -1

    def all_pairs(a, b):
        won = sum((x > y) + (x == y) / 2 for x in a for y in b)
        return 1 if won == 25 else -1 if won == 0 else 0

    for wrong, mistake in [
        (two_ways, "no_overlap"),
        (all_pairs, "twenty_five"),
        (averages, "means"),
        (touching, "ties"),
        (only_above, "one_way"),
        (other_way, "flipped"),
        (records, "best"),
    ]:
        result = check.separated(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)


def test_front_right():
    def two_loops(costs, accuracies):
        front = []
        for i in range(len(costs)):
            beaten = False
            for j in range(len(costs)):
                no_worse = costs[j] <= costs[i] and accuracies[j] >= accuracies[i]
                if no_worse and (costs[j], accuracies[j]) != (costs[i], accuracies[i]):
                    beaten = True
            if not beaten:
                front.append(i)
        return front

    def by_torch(costs, accuracies):
        c, a = torch.tensor(costs), torch.tensor(accuracies)
        no_worse = (c <= c[:, None]) & (a >= a[:, None])
        better = (c < c[:, None]) | (a > a[:, None])
        return (~(no_worse & better).any(1)).nonzero().flatten()

    def by_sorting(costs, accuracies):
        front, best = [], -1
        for cost in sorted(set(costs)):
            top = max(a for c, a in zip(costs, accuracies, strict=True) if c == cost)
            if top > best:
                best = top
                front += [
                    i for i, p in enumerate(zip(costs, accuracies, strict=True)) if p == (cost, top)
                ]
        return sorted(front)

    for answer in (two_loops, by_torch, by_sorting):
        assert check.pareto_front(answer), answer.__name__


def test_front_wrong():
    def both_strict(costs, accuracies):
        pairs = list(zip(costs, accuracies, strict=True))
        return [
            i
            for i, (c, a) in enumerate(pairs)
            if not any(other < c and better > a for other, better in pairs)
        ]

    def not_strict(costs, accuracies):
        pairs = list(zip(costs, accuracies, strict=True))
        return [
            i
            for i, (c, a) in enumerate(pairs)
            if not any(other <= c and better >= a for other, better in pairs)
        ]

    def others(costs, accuracies):
        front = []
        for i in range(len(costs)):
            rest = [j for j in range(len(costs)) if j != i]
            if not any(costs[j] <= costs[i] and accuracies[j] >= accuracies[i] for j in rest):
                front.append(i)
        return front

    def sweep(costs, accuracies):
        front, best = [], -1
        for i in sorted(range(len(costs)), key=lambda i: (costs[i], -accuracies[i])):
            if accuracies[i] > best:
                front.append(i)
                best = accuracies[i]
        return sorted(front)

    def winner(costs, accuracies):
        return [max(range(len(costs)), key=lambda i: accuracies[i])]

    for wrong, mistake in [
        (both_strict, "strict"),
        (not_strict, "self_beaten"),
        (others, "twins"),
        (winner, "best_only"),
        (sweep, "first_twin"),
    ]:
        result = check.pareto_front(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)


def test_batch_right():
    def in_words(memory, parameters, states, saved):
        rest = memory - (parameters + parameters + states * parameters) * 4
        return rest // saved if rest > 0 else 0

    def by_counting(memory, parameters, states, saved):
        images = 0
        while 4 * parameters * (2 + states) + saved * (images + 1) <= memory:
            images += 1
        return images

    def by_floor(memory, parameters, states, saved):
        return max(math.floor((memory - 8 * parameters - 4 * parameters * states) / saved), 0)

    for answer in (in_words, by_counting, by_floor):
        assert check.largest_batch(answer), answer.__name__


def test_batch_wrong():
    def weights_and_states(memory, parameters, states, saved):
        return max(0, (memory - 4 * (parameters + parameters * states)) // saved)

    def sgd(memory, parameters, states, saved):
        return max(0, (memory - 8 * parameters) // saved)

    def below_zero(memory, parameters, states, saved):
        return (memory - 4 * parameters * (states + 2)) // saved

    def no_fours(memory, parameters, states, saved):
        return max(0, (memory - parameters * (2 + states)) // saved)

    def states_of_all(memory, parameters, states, saved):
        return max(0, (memory - 4 * (parameters + parameters + states)) // saved)

    def slash(memory, parameters, states, saved):
        return max(0, (memory - 4 * parameters * (2 + states)) / saved)

    def nearest(memory, parameters, states, saved):
        return max(0, round((memory - 4 * parameters * (2 + states)) / saved))

    def all_each(memory, parameters, states, saved):
        return int(memory / (parameters * (2 + states) * 4 + saved))

    for wrong, mistake in [
        (weights_and_states, "no_gradients"),
        (sgd, "no_states"),
        (below_zero, "negative"),
        (no_fours, "no_bytes"),
        (all_each, "each_image"),
        (states_of_all, "states_once"),
        (slash, "not_whole"),
        (nearest, "rounded"),
    ]:
        result = check.largest_batch(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)


def test_split_right():
    def class_by_class(labels, per_class):
        train, valid = [], []
        for c in range(int(labels.max()) + 1):
            places = torch.where(labels == c)[0]
            places = places[torch.randperm(len(places))]
            valid += places[:per_class].tolist()
            train += places[per_class:].tolist()
        return train, valid

    def counting(labels, per_class):
        count, train, valid = {}, [], []
        for i in torch.randperm(len(labels)).tolist():
            c = labels[i].item()
            count[c] = count.get(c, 0) + 1
            (valid if count[c] <= per_class else train).append(i)
        return torch.tensor(train), torch.tensor(valid)

    def seeded_numpy(labels, per_class):
        rng, y = np.random.default_rng(3), labels.numpy()
        valid = np.concatenate(
            [rng.choice(np.flatnonzero(y == c), per_class, replace=False) for c in np.unique(y)]
        )
        return np.setdiff1d(np.arange(len(y)), valid), valid

    def columns(labels, per_class):
        is_train = torch.ones_like(labels, dtype=torch.bool)
        valid = counting(labels, per_class)[1]
        is_train[valid] = False
        return is_train.nonzero(), valid

    for answer in (class_by_class, counting, seeded_numpy, columns):
        assert check.stratified_split(answer), answer.__name__


def test_split_wrong():
    def keeps_all(labels, per_class):
        picks = [torch.where(labels == c)[0] for c in labels.unique()]
        valid = torch.cat([p[torch.randperm(len(p))[:per_class]] for p in picks])
        return torch.arange(len(labels)), valid

    def the_first(labels, per_class):
        picks = [torch.where(labels == c)[0] for c in labels.unique()]
        return torch.cat([p[per_class:] for p in picks]), torch.cat([p[:per_class] for p in picks])

    def like_the_chapter(labels, per_class):
        order = torch.randperm(len(labels))
        count = per_class * len(labels.unique())
        return order[count:], order[:count]

    def the_last(labels, per_class):
        picks = [torch.where(labels == c)[0] for c in labels.unique()]
        return torch.cat([p[:-per_class] for p in picks]), torch.cat(
            [p[-per_class:] for p in picks]
        )

    def as_masks(labels, per_class):
        mask = torch.zeros_like(labels, dtype=torch.bool)
        for c in labels.unique():
            places = torch.where(labels == c)[0]
            mask[places[torch.randperm(len(places))[:per_class]]] = True
        return ~mask, mask

    def class_lists(labels, per_class):
        train, valid = [], []
        for c in labels.unique():
            places = torch.where(labels == c)[0]
            places = places[torch.randperm(len(places))]
            valid.append(places[:per_class])
            train.append(places[per_class:])
        return train, valid

    def few(labels, per_class):
        order = torch.randperm(len(labels)).tolist()
        return order[per_class:], order[:per_class]

    for wrong, mistake in [
        (keeps_all, "overlap"),
        (the_first, "first"),
        (like_the_chapter, "not_stratified"),
        (few, "in_all"),
        (the_last, "last"),
        (as_masks, "masks"),
        (class_lists, "not_joined"),
    ]:
        result = check.stratified_split(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)


def conv_part():
    return [nn.Conv2d(1, 12, 5, stride=2), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2)]


def test_net_right():
    class Written(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 6, 5)
            self.fc = nn.Linear(6 * 6 * 6, 10)

        def forward(self, X):
            X = F.max_pool2d(torch.relu(self.conv(X)), 4)
            return self.fc(X.flatten(1))

    def normed():
        return nn.Sequential(*conv_part(), nn.Flatten(), nn.Linear(12 * 36, 10))

    def pooled():
        layers = [*conv_part(), nn.Conv2d(12, 10, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        return nn.Sequential(*layers)

    for answer in (Written, normed, pooled, normed()):
        assert check.small_net(answer)


def test_net_wrong():
    def probabilities():
        head = [nn.Flatten(), nn.Linear(12 * 36, 10), nn.Softmax(1)]
        return nn.Sequential(*conv_part(), *head)

    def wide():
        return nn.Sequential(
            *conv_part(), nn.Flatten(), nn.Linear(12 * 36, 100), nn.Linear(100, 10)
        )

    def dense():
        return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 16), nn.ReLU(), nn.Linear(16, 10))

    def maps():
        return nn.Sequential(*conv_part(), nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, 10, 1))

    class Forgotten(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Conv2d(1, 4, 3, 4), nn.Conv2d(4, 4, 3, padding=1)
            self.head = nn.Linear(4 * 49, 10)

        def forward(self, X):
            return self.head(self.one(X).flatten(1))

    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = [nn.Conv2d(1, 4, 3, 4), nn.ReLU()]
            self.head = nn.Linear(4 * 49, 10)

        def forward(self, X):
            for layer in self.convs:
                X = layer(X)
            return self.head(X.flatten(1))

    for wrong, mistake in [
        (probabilities, "softmax"),
        (wide, "too_many"),
        (dense, "no_conv"),
        (maps, "four_axes"),
        (Forgotten, "no_gradient"),
        (Listed, "hidden"),
    ]:
        result = check.small_net(wrong)
        assert result.mistake == mistake, (wrong.__name__, result)
    crash = check.small_net(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten()))
    assert crash.outcome == "crashed"
