"""Exercises on LeNet, answered as students would."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.shapes import conv_output_size, pool_output_size


def outcome(exercise, submission):
    result = exercise(submission)
    assert not result
    return result.mistake


def test_flat_size_right():
    def by_layers(n, p):
        net = nn.Sequential(
            nn.Conv2d(1, 1, 5, padding=p), nn.AvgPool2d(2), nn.Conv2d(1, 16, 5), nn.AvgPool2d(2)
        )
        return net(torch.zeros(1, 1, n, n)).numel()

    def by_formulas(n, p):
        n = pool_output_size(conv_output_size(n, 5, padding=p), 2)
        return 16 * pool_output_size(conv_output_size(n, 5), 2) ** 2

    def by_int(n, p):
        n = int((n + 2 * p - 4) / 2)
        return int((n - 4) / 2) ** 2 * 16

    for answer in (by_layers, by_formulas, by_int):
        assert check.flat_size(answer), answer.__name__


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("one_side", lambda n, p: 16 * (((n + p - 5 + 1) // 2 - 5 + 1) // 2) ** 2),
        ("always_two", lambda n, p: 16 * ((n // 2 - 4) // 2) ** 2),
        ("forgot_one", lambda n, p: 16 * (((n + 2 * p - 5) // 2 - 5) // 2) ** 2),
        ("six_channels", lambda n, p: 6 * (((n + 2 * p - 4) // 2 - 4) // 2) ** 2),
        ("fraction", lambda n, p: 16 * (((n + 2 * p - 4) / 2 - 4) / 2) ** 2),
        ("no_padding", lambda n, p: 16 * (((n - 4) // 2 - 4) // 2) ** 2),
        ("side", lambda n, p: ((n + 2 * p - 4) // 2 - 4) // 2),
    ],
)
def test_flat_size_wrong(name, submission):
    assert outcome(check.flat_size, submission) == name


class Net(nn.Module):
    """LeNet in a class of its own, dense layers first."""

    def __init__(self, in_channels, n, num_classes):
        super().__init__()
        side = (n // 2 - 4) // 2
        self.out = nn.Linear(84, num_classes)
        self.fc2 = nn.Linear(120, 84)
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.c2 = nn.Conv2d(6, 16, 5)
        self.c1 = nn.Conv2d(in_channels, 6, (5, 5), padding="same")

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.relu(F.max_pool2d(self.c2(x), 2)).flatten(1)
        return self.out(F.relu(self.fc2(self.fc1(x).relu())))


def lenet(in_channels=1, n=28, num_classes=10, act=nn.ReLU, pool=nn.MaxPool2d, end=()):
    """LeNet as a student writes it."""
    side = (n // 2 - 4) // 2
    return nn.Sequential(
        nn.Conv2d(in_channels, 6, kernel_size=5, padding=2),
        act(),
        pool(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5),
        act(),
        pool(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * side**2, 120),
        act(),
        nn.Linear(120, 84),
        act(),
        nn.Linear(84, num_classes),
        *end,
    )


def test_relu_lenet_right():
    def measured(in_channels, n, num_classes):
        body = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )  # fmt: skip
        features = body(torch.zeros(1, in_channels, n, n)).shape[1]
        head = [nn.Linear(features, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()]
        return nn.Sequential(body, *head, nn.Linear(84, num_classes))

    def lazy(in_channels, n, num_classes):
        return nn.Sequential(
            nn.LazyConv2d(6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.LazyLinear(120), nn.ReLU(), nn.LazyLinear(84), nn.ReLU(),
            nn.LazyLinear(num_classes),
        )  # fmt: skip

    for answer in (Net, lenet, measured, lazy):
        assert check.relu_lenet(answer), check.relu_lenet(answer)


def forgotten(index, layer):
    """LeNet with one layer left as it was."""

    def build(*settings):
        net = lenet(*settings)
        for i in index:
            net[i] = layer
        return net

    return build


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("one_average", forgotten([2], nn.AvgPool2d(2))),
        ("conv_sigmoid", forgotten([1, 4], nn.Sigmoid())),
        ("dense_sigmoid", forgotten([8, 10], nn.Sigmoid())),
        ("sigmoid", lambda c, n, k: lenet(c, n, k, act=nn.Sigmoid)),
        ("average", lambda c, n, k: lenet(c, n, k, pool=nn.AvgPool2d)),
        ("relu_last", lambda c, n, k: lenet(c, n, k, end=[nn.ReLU()])),
        ("softmax", lambda c, n, k: lenet(c, n, k, end=[nn.Softmax(1)])),
        ("size_fixed", lambda c, n, k: lenet(c, num_classes=k)),
        ("channels_fixed", lambda c, n, k: lenet(n=n, num_classes=k)),
        ("classes_fixed", lambda c, n, k: lenet(c, n)),
    ],
)
def test_relu_lenet_wrong(name, submission):
    assert outcome(check.relu_lenet, submission) == name


def test_confusion_right():
    def by_one_hot(true, guess, c):
        return F.one_hot(true, c).T @ F.one_hot(guess, c)

    def by_put(true, guess, c):
        counts = torch.zeros(c, c, dtype=torch.int64)
        counts.index_put_((true, guess), torch.ones_like(true), accumulate=True)
        return counts

    def by_numpy(true, guess, c):
        counts = np.zeros((c, c), int)
        np.add.at(counts, (true.numpy(), guess.numpy()), 1)
        return torch.from_numpy(counts)

    for answer in (by_one_hot, by_put, by_numpy):
        assert check.confusion(answer), answer.__name__


def test_confusion_wrong():
    def transposed(true, guess, c):
        return F.one_hot(guess, c).T @ F.one_hot(true, c)

    def once(true, guess, c):
        counts = torch.zeros(c, c, dtype=torch.int32)
        counts[true, guess] = counts[true, guess] + 1
        return counts

    def right_ones(true, guess, c):
        return torch.diag(torch.bincount(true[true == guess], minlength=c))

    def shares(true, guess, c):
        counts = F.one_hot(true, c).T.float() @ F.one_hot(guess, c).float()
        return counts / counts.sum(dim=1, keepdim=True)

    def loops(true, guess, c):
        counts = torch.zeros(c, c)
        for i, j in zip(true, guess, strict=True):
            counts[i, j] += 1
        return counts

    expected = {
        transposed: "transposed", once: "set_to_one", right_ones: "diagonal",
        shares: "shares", loops: "loops",
    }  # fmt: skip
    for submission, name in expected.items():
        assert outcome(check.confusion, submission) == name


def test_dataset_accuracy_right():
    def by_loop(batches):
        right = total = 0
        for scores, labels in batches:
            right += int((scores.max(dim=1).indices == labels).sum())
            total += labels.numel()
        return right / total

    def joined(batches):
        scores = torch.cat([s for s, _ in batches])
        labels = torch.cat([y for _, y in batches])
        return (scores.argmax(1) == labels).float().mean()

    def weighted(batches):
        sizes = [len(y) for _, y in batches]
        shares = [(s.argmax(-1) == y).double().mean().item() for s, y in batches]
        return np.average(shares, weights=sizes)

    for answer in (by_loop, joined, weighted):
        assert check.dataset_accuracy(answer), answer.__name__


def test_dataset_accuracy_wrong():
    def averaged(batches):
        shares = [(s.argmax(1) == y).float().mean() for s, y in batches]
        return sum(shares) / len(shares)

    def overwritten(batches):
        for s, y in batches:
            share = (s.argmax(1) == y).float().mean().item()
        return share

    def returns_early(batches):
        right = total = 0
        for s, y in batches:
            right += (s.argmax(1) == y).sum().item()
            total += len(y)
            return right / total

    def counted(batches):
        return sum((s.argmax(1) == y).sum() for s, y in batches)

    def errors(batches):
        wrong = sum((s.argmax(1) != y).sum().item() for s, y in batches)
        return wrong / sum(len(y) for _, y in batches)

    def by_batches(batches):
        return sum((s.argmax(1) == y).sum().item() for s, y in batches) / len(batches)

    def percent(batches):
        wrong = sum((s.argmax(1) != y).sum().item() for s, y in batches)
        return 100 - 100 * wrong / sum(len(y) for _, y in batches)

    def whole_batch(batches):
        right = sum((s.argmax() == y).sum().item() for s, y in batches)
        return right / sum(len(y) for _, y in batches)

    def same_size(batches):
        size = len(batches[0][1])
        return sum((s.argmax(1) == y).sum().item() for s, y in batches) / (size * len(batches))

    expected = {
        percent: "percent", whole_batch: "no_axis", same_size: "equal_batches",
        averaged: "mean_of_batches", overwritten: "last_batch", returns_early: "first_batch",
        counted: "count", errors: "wrong_share", by_batches: "divided_by_batches",
    }  # fmt: skip
    for submission, name in expected.items():
        assert outcome(check.dataset_accuracy, submission) == name
