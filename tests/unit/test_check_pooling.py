"""Exercises on pooling, answered as students would."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.check.pooling import _without_last_rule


class TestMaxPool:
    def test_right(self):
        def loops(X, k, s):
            rows, cols = (X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1
            Y = torch.zeros(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = X[i * s : i * s + k, j * s : j * s + k].max()
            return Y

        def corners(X, k, s):
            n_h, n_w = X.shape
            return torch.tensor(
                [
                    [X[i : i + k, j : j + k].max() for j in range(0, n_w - k + 1, s)]
                    for i in range(0, n_h - k + 1, s)
                ]
            )

        def unfolded(X, k, s):
            return X.unfold(0, k, s).unfold(1, k, s).amax((2, 3))

        def every_window_first(X, k, s):
            return F.max_pool2d(X[None, None], k, stride=1)[0, 0][::s, ::s]

        def by_numpy(X, k, s=None):
            windows = np.lib.stride_tricks.sliding_window_view(X.numpy(), (k, k))[::s, ::s]
            return torch.from_numpy(windows.max((2, 3)))

        def compared_one_by_one(X, k, s):
            rows, cols = (X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1
            Y = torch.empty(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    best = float("-inf")
                    for a in range(k):
                        for b in range(k):
                            best = max(best, X[i * s + a, j * s + b].item())
                    Y[i, j] = best
            return Y

        answers = loops, corners, unfolded, every_window_first, by_numpy, compared_one_by_one
        for answer in answers:
            assert check.max_pool(answer), answer.__name__

    def test_wrong(self):
        def chapters_code(X, k, s):
            rows, cols = X.shape[0] - k + 1, X.shape[1] - k + 1
            Y = torch.empty(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = X[i : i + k, j : j + k].max()
            return Y

        def never_steps(X, k, s):
            rows, cols = (X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1
            Y = torch.empty(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = X[i : i + k, j : j + k].max()
            return Y

        def starts_from_zero(X, k, s):
            rows, cols = (X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1
            Y = torch.zeros(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    for a in range(k):
                        for b in range(k):
                            Y[i, j] = max(Y[i, j], X[i * s + a, j * s + b])
            return Y

        def means(X, k, s):
            return X.unfold(0, k, s).unfold(1, k, s).mean((2, 3))

        def left_out_stride(X, k, s):
            return nn.MaxPool2d(k)(X[None])[0]

        def over_the_edge(X, k, s):
            rows, cols = math.ceil(X.shape[0] / s), math.ceil(X.shape[1] / s)
            Y = torch.empty(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = X[i * s : i * s + k, j * s : j * s + k].max()
            return Y

        def one_less(X, k, s):
            rows, cols = (X.shape[0] - k) // s, (X.shape[1] - k) // s
            Y = torch.empty(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = X[i * s : i * s + k, j * s : j * s + k].max()
            return Y

        def columns_first(X, k, s):
            cols = []
            for j in range(0, X.shape[1] - k + 1, s):
                cols.append(
                    [X[i : i + k, j : j + k].max() for i in range(0, X.shape[0] - k + 1, s)]
                )
            return torch.tensor(cols)

        def smallest(X, k, s):
            return X.unfold(0, k, s).unfold(1, k, s).amin((2, 3))

        def corner_as_index(X, k, s):
            Y = torch.zeros((X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1)
            for i in range(0, X.shape[0] - k + 1, s):
                for j in range(0, X.shape[1] - k + 1, s):
                    Y[i, j] = X[i : i + k, j : j + k].max()
            return Y

        def loops(window, largest=torch.max):
            def pool(X, k, s):
                Y = torch.zeros((X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1)
                for i in range(Y.shape[0]):
                    for j in range(Y.shape[1]):
                        Y[i, j] = largest(window(X, i * s, j * s, k, s))
                return Y

            return pool

        def window_between_starts(X, k, s):
            return loops(lambda X, top, left, k, s: X[top : top + s, left : left + s])(X, k, s)

        def cut_twice(X, k, s):
            return loops(lambda X, top, left, k, s: X[top : top + k][left : left + k])(X, k, s)

        def builtin_max(X, k, s):
            window = lambda X, top, left, k, s: X[top : top + k, left : left + k]  # noqa: E731
            return loops(window, max)(X, k, s)

        def window_after_window(X, k, s):
            Y = torch.zeros((X.shape[0] - k) // s + 1, (X.shape[1] - k) // s + 1)
            for i in range(Y.shape[0]):
                for j in range(Y.shape[1]):
                    Y[i, j] = X[i * k : (i + 1) * k, j * k : (j + 1) * k].max()
            return Y

        for wrong, mistake in [
            (corner_as_index, "index_is_corner"),
            (window_between_starts, "window_is_s"),
            (cut_twice, "chained"),
            (builtin_max, "python_max"),
            (window_after_window, "start_is_k"),
            (chapters_code, "stride_one"),
            (never_steps, "forgot_step"),
            (starts_from_zero, "from_zero"),
            (means, "mean"),
            (left_out_stride, "stride_window"),
            (over_the_edge, "partial"),
            (one_less, "forgot_one"),
            (columns_first, "transposed"),
            (smallest, "min"),
        ]:
            result = check.max_pool(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_a_crash_shows_the_students_line(self):
        def too_far(X, k, s):
            rows, cols = X.shape[0] - k + 1, X.shape[1] - k + 1
            Y = torch.empty(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = X[i * s : i * s + k, j * s : j * s + k].max()  # empty
            return Y

        result = check.max_pool(too_far)
        assert result.mistake == "size_of_stride_one"

        def rows_for_columns(X, k, s):
            Y = torch.empty((X.shape[0] - k) // s + 1, (X.shape[0] - k) // s + 1)
            for i in range(Y.shape[0]):
                for j in range(Y.shape[1]):
                    Y[i, j] = X[i * s : i * s + k, j * s : j * s + k].max()
            return Y

        result = check.max_pool(rows_for_columns)
        assert not result


class TestPoolSize:
    def test_right(self):
        def by_torch(n, k, s, p, ceil):
            pool = nn.MaxPool2d(k, s, p, ceil_mode=ceil)
            return pool(torch.zeros(1, 1, n, n)).shape[-1]

        def with_math(n, k, s, p, ceil):
            if s is None:
                s = k
            steps = (n + 2 * p - k) / s
            o = (math.ceil(steps) if ceil else math.floor(steps)) + 1
            if ceil and (o - 1) * s >= n + p:
                o -= 1
            return o

        def torchs_way(n, k, s, p, ceil):
            s = s or k
            o = (n + 2 * p - k + (s - 1 if ceil else 0)) // s + 1
            return o - (ceil and (o - 1) * s >= n + p)

        def starts_listed(n, k, s, p, ceil):
            starts = range(-p, n + p, s or k)
            return len([i for i in starts if i + k <= n + p or (ceil and i < n and i > n + p - k
                        and i - (s or k) + k < n + p)])  # fmt: skip

        for answer in (by_torch, with_math, torchs_way, starts_listed):
            assert check.pool_size(answer), (answer.__name__, check.pool_size(answer))

    def test_wrong(self):
        def floor_only(n, k, s, p, ceil):
            return (n + 2 * p - k) // (k if s is None else s) + 1

        def ceil_only(n, k, s, p, ceil):
            s = s or k
            return math.ceil((n + 2 * p - k) / s) + 1

        def no_last_rule(n, k, s, p, ceil):
            s = s or k
            steps = (n + 2 * p - k) / s
            return (math.ceil(steps) if ceil else math.floor(steps)) + 1

        def convolutions_default(n, k, s, p, ceil):
            s = 1 if s is None else s
            return _last_rule(n, k, s, p, ceil)

        def total_padding(n, k, s, p, ceil):
            s = s or k
            steps = (n + p - k) / s
            o = (math.ceil(steps) if ceil else math.floor(steps)) + 1
            return o - 1 if ceil and (o - 1) * s >= n + p else o

        def adds_one(n, k, s, p, ceil):
            return (n + 2 * p - k) // (s or k) + 1 + (1 if ceil else 0)

        def no_first_window(n, k, s, p, ceil):
            return _last_rule(n, k, s or k, p, ceil) - 1

        def in_image_only(n, k, s, p, ceil):
            s = s or k
            o = _without_last_rule(n, k, s, p, ceil)
            if ceil and (o - 1) * s >= n:
                o -= 1
            return o

        def strictly_behind(n, k, s, p, ceil):
            s = s or k
            o = _without_last_rule(n, k, s, p, ceil)
            return o - 1 if ceil and (o - 1) * s > n + p else o

        def both_paddings(n, k, s, p, ceil):
            s = s or k
            o = _without_last_rule(n, k, s, p, ceil)
            return o - 1 if ceil and (o - 1) * s >= n + 2 * p else o

        def start_of_the_next(n, k, s, p, ceil):
            s = s or k
            o = _without_last_rule(n, k, s, p, ceil)
            return o - 1 if ceil and o * s >= n + p else o

        for wrong, mistake in [
            (strictly_behind, "not_at_padding"),
            (both_paddings, "far_end"),
            (start_of_the_next, "next_start"),
            (floor_only, "always_floor"),
            (no_last_rule, "no_last_rule"),
            (convolutions_default, "none_is_one"),
            (total_padding, "one_side"),
            (adds_one, "ceil_adds_one"),
            (no_first_window, "forgot_one"),
            (in_image_only, "starts_in_image"),
        ]:
            result = check.pool_size(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)
        assert not check.pool_size(ceil_only)

    def test_none_is_not_arithmetic(self):
        def forgot_none(n, k, s, p, ceil):
            return (n + 2 * p - k) // s + 1

        result = check.pool_size(forgot_none)
        assert result.outcome in ("crashed", "wrong") and "None" in repr(result)

    def test_the_answer_is_torchs(self):
        for n, k, s, p, ceil in check.pool_size.cases():
            pool = nn.AvgPool2d(k, s, p, ceil_mode=ceil)
            assert check.pool_size.answer(n, k, s, p, ceil) == pool(torch.zeros(1, n, n)).shape[-1]

    def test_the_last_rule_matters_often_enough(self):
        cases = check.pool_size.cases()
        assert sum(_without_last_rule(*c) != check.pool_size.answer(*c) for c in cases) >= 5


def _last_rule(n, k, s, p, ceil):
    o = _without_last_rule(n, k, s, p, ceil)
    return o - 1 if ceil and (o - 1) * s >= n + p else o


class TestAverageKernel:
    def test_right(self):
        def loop(channels, k):
            K = torch.zeros(channels, channels, k, k)
            for c in range(channels):
                K[c, c] = 1 / (k * k)
            return K

        def eye(channels, k):
            return torch.eye(channels).reshape(channels, channels, 1, 1).repeat(1, 1, k, k) / k**2

        def einsum(channels, k):
            return torch.einsum("oi,ab->oiab", torch.eye(channels), torch.ones(k, k) / k**2)

        def diagonal(channels, k):
            K = torch.zeros(channels, channels, k, k, dtype=torch.double)
            K[range(channels), range(channels)] = 1 / k**2
            return K

        def through_a_layer(channels, k):
            layer = nn.Conv2d(channels, channels, k, stride=k, bias=False)
            nn.init.zeros_(layer.weight)
            for c in range(channels):
                nn.init.constant_(layer.weight[c, c], 1 / k**2)
            return layer.weight

        for answer in (loop, eye, einsum, diagonal, through_a_layer):
            assert check.average_kernel(answer), answer.__name__

    def test_wrong(self):
        def sums(channels, k):
            K = torch.zeros(channels, channels, k, k)
            for c in range(channels):
                K[c, c] = torch.ones(k, k)
            return K

        def over_k(channels, k):
            K = torch.zeros(channels, channels, k, k)
            for c in range(channels):
                K[c, c] = 1 / k
            return K

        def adds_channels(channels, k):
            return torch.ones(channels, channels, k, k) / k**2

        def averages_channels(channels, k):
            return torch.ones(channels, channels, k, k) / (channels * k * k)

        def one_a_channel(channels, k):
            return torch.ones(channels, 1, k, k) / k**2

        def one_kernel(channels, k):
            return torch.ones(k, k) / k**2

        def with_axes(channels, k):
            return torch.ones(1, 1, k, k) / k**2

        for wrong, mistake in [
            (sums, "sum"),
            (over_k, "over_k"),
            (adds_channels, "all_channels"),
            (averages_channels, "mean_channels"),
            (one_a_channel, "one_column"),
            (one_kernel, "flat"),
            (with_axes, "one_kernel"),
        ]:
            result = check.average_kernel(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)


class TestMinPool:
    def test_right(self):
        def twice_negated(X, k, s, p):
            return -F.max_pool2d(-X, k, stride=s, padding=p)

        def layer(X, k, s, p):
            return nn.MaxPool2d(k, s, p)(X * -1).neg()

        def mirrored(X, k, s, p):
            top = X.max()
            return top - F.max_pool2d(top - X, k, s, p)

        def by_hand(X, k, s, p):
            X = F.pad(X, (p, p, p, p), value=float("inf"))
            return X.unfold(2, k, s).unfold(3, k, s).amin((4, 5))

        for answer in (twice_negated, layer, mirrored, by_hand):
            assert check.min_pool(answer), answer.__name__

    def test_wrong(self):
        def largest(X, k, s, p):
            return F.max_pool2d(X, k, s, p)

        def negated_once(X, k, s, p):
            return F.max_pool2d(-X, k, s, p)

        def negated_after(X, k, s, p):
            return -F.max_pool2d(X, k, s, p)

        def zeros_around(X, k, s, p):
            X = F.pad(X, (p, p, p, p))
            return X.unfold(2, k, s).unfold(3, k, s).amin((4, 5))

        def window_only(X, k, s, p):
            return -F.max_pool2d(-X, k)

        def no_padding(X, k, s, p):
            return -F.max_pool2d(-X, k, s)

        def no_stride(X, k, s, p):
            return -F.max_pool2d(-X, k, padding=p)

        for wrong, mistake in [
            (largest, "max"),
            (negated_once, "no_outer"),
            (negated_after, "no_inner"),
            (zeros_around, "zero_pad"),
            (no_padding, "no_padding"),
            (no_stride, "no_stride"),
            (window_only, "window_only"),
        ]:
            result = check.min_pool(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_negating_in_place_is_told(self):
        def in_place(X, k, s, p):
            return -F.max_pool2d(X.neg_(), k, s, p)

        assert "改动了传进来的 X" in repr(check.min_pool(in_place))
