"""Exercises on padding and stride, answered as students would."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.shapes import conv_output_size
from d2lnotes.shapes import same_padding as ours


def named(exercise, *attempts):
    """Each attempt is refused, and for this reason."""
    for wrong, mistake in attempts:
        result = exercise(wrong)
        assert not result and result.mistake == mistake, (wrong.__name__, result)


class TestPad:
    def test_right(self):
        def sliced(X, p_h, p_w):
            n_h, n_w = X.shape
            Y = torch.zeros((n_h + 2 * p_h, n_w + 2 * p_w))
            Y[p_h : n_h + p_h, p_w : n_w + p_w] = X
            return Y

        def joined(X, p_h, p_w):
            side = torch.zeros(X.shape[0], p_w)
            X = torch.cat([side, X, side], dim=1)
            row = torch.zeros(p_h, X.shape[1])
            return torch.cat([row, X, row])

        def cell_by_cell(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + 2 * p_h, X.shape[1] + 2 * p_w, dtype=torch.double)
            for i in range(X.shape[0]):
                for j in range(X.shape[1]):
                    Y[i + p_h][j + p_w] = X[i][j]
            return Y

        def from_behind(X, p_h, p_w):
            pad = X.new_zeros(X.shape[0] + 2 * p_h, X.shape[1] + 2 * p_w)
            pad[p_h : pad.shape[0] - p_h, p_w : pad.shape[1] - p_w] = X
            return pad

        def by_product(X, p_h, p_w):
            left = torch.eye(X.shape[0] + 2 * p_h)[:, p_h : p_h + X.shape[0]]
            right = torch.eye(X.shape[1] + 2 * p_w)[p_w : p_w + X.shape[1]]
            return left @ X @ right

        for answer in (sliced, joined, cell_by_cell, from_behind, by_product):
            assert check.pad(answer), answer.__name__

    def test_wrong(self):
        def minus(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + 2 * p_h, X.shape[1] + 2 * p_w)
            Y[p_h:-p_h, p_w:-p_w] = X
            return Y

        def one_side(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + p_h, X.shape[1] + p_w)
            Y[p_h:, p_w:] = X
            return Y

        def other_side(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + p_h, X.shape[1] + p_w)
            Y[: X.shape[0], : X.shape[1]] = X
            return Y

        def corner(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + 2 * p_h, X.shape[1] + 2 * p_w)
            Y[: X.shape[0], : X.shape[1]] = X
            return Y

        def turned(X, p_h, p_w):
            return F.pad(X, (p_h, p_h, p_w, p_w))

        def library(X, p_h, p_w):
            return F.pad(X, (p_w, p_w, p_h, p_h))

        def layer(X, p_h, p_w):
            return nn.ZeroPad2d((p_w, p_w, p_h, p_h))(X)

        def square(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + 2 * p_h, X.shape[1] + 2 * p_h)
            Y[p_h : p_h + X.shape[0], p_h : p_h + X.shape[1]] = X
            return Y

        def total(X, p_h, p_w):
            Y = torch.zeros(X.shape[0] + p_h, X.shape[1] + p_w)
            top, left = p_h // 2, p_w // 2
            Y[top : top + X.shape[0], left : left + X.shape[1]] = X
            return Y

        def repeats(X, p_h, p_w):
            X = torch.cat([X[:1]] * p_h + [X] + [X[-1:]] * p_h)
            return torch.cat([X[:, :1]] * p_w + [X] + [X[:, -1:]] * p_w, dim=1)

        named(
            check.pad,
            (minus, "minus_slice"),
            (one_side, "near"),
            (other_side, "far"),
            (corner, "corner"),
            (turned, "swapped"),
            (library, "library"),
            (layer, "library"),
            (square, "same_both"),
            (total, "total"),
            (repeats, "edges"),
        )
        assert "0:-0" in repr(check.pad(minus))

    def test_what_is_said(self):
        def in_numpy(X, p_h, p_w):
            return np.pad(X.numpy(), ((p_h, p_h), (p_w, p_w)))

        def in_place(X, p_h, p_w):
            return X.resize_(X.shape[0] + 2 * p_h, X.shape[1] + 2 * p_w)

        assert "ndarray" in repr(check.pad(in_numpy))
        assert check.pad(in_place).outcome == "wrong"


class TestSamePadding:
    def test_right(self):
        def split(k, d):
            total = d * (k - 1)
            return total // 2, total - total // 2

        def by_extent(k, d):
            extent = d * (k - 1) + 1
            left = (extent - 1) // 2
            return [left, extent - 1 - left]

        def rounded(k, d):
            total = (k - 1) * d
            return math.floor(total / 2), math.ceil(total / 2)

        def by_search(k, d=1):
            n = 50
            for left in range(40):
                for right in (left, left + 1):
                    if n + left + right - d * (k - 1) == n:
                        return left, right

        def by_numpy(k, d):
            total = np.int64(d) * (k - 1)
            return total // 2, (total + 1) // 2

        for answer in (split, by_extent, rounded, by_search, by_numpy, ours):
            assert check.same_padding(answer), answer.__name__

    def test_wrong(self):
        def by_the_formula(k, d):
            return (k - 1) / 2, (k - 1) / 2

        def by_whole_formula(k, d):
            return (k - 1) // 2, (k - 1) // 2

        def extent(k, d):
            e = d * (k - 1) + 1
            return e // 2, e - e // 2

        def even_gets_more(k, d):
            half = d * (k - 1) // 2
            return (half, half + 1) if k % 2 == 0 else (half, half)

        def halves(k, d):
            p = d * (k - 1) / 2
            return p, p

        def no_dilation(k, d):
            left = (k - 1) // 2
            return left, k - 1 - left

        def stretched(k, d):
            extent = d * k
            return (extent - 1) // 2, extent - 1 - (extent - 1) // 2

        def left_gets_more(k, d):
            total = d * (k - 1)
            return total - total // 2, total // 2

        def half(k, d):
            return d * (k // 2), d * (k // 2)

        def floored(k, d):
            p = d * (k - 1) // 2
            return p, p

        def all_each_side(k, d):
            return d * (k - 1), d * (k - 1)

        def both_up(k, d):
            extent = d * (k - 1) + 1
            return extent // 2, extent // 2

        def split_then_stretched(k, d):
            left, right = (k - 1) // 2, k // 2
            return d * left, d * right

        def as_in_the_chapter(k, d):
            from d2lnotes.shapes import same_padding

            return same_padding(k, dilation=d)

        named(
            check.same_padding,
            (both_up, "rounded_up"),
            (split_then_stretched, "scaled"),
            (as_in_the_chapter, "library"),
            (by_the_formula, "formula"),
            (by_whole_formula, "formula_floored"),
            (extent, "extent"),
            (even_gets_more, "even_kernel"),
            (halves, "halves"),
            (no_dilation, "no_dilation"),
            (stretched, "stretched"),
            (left_gets_more, "extra_left"),
            (half, "half_kernel"),
            (floored, "floored"),
            (all_each_side, "total"),
        )

    def test_what_is_said(self):
        def one_number(k, d):
            return d * (k - 1) // 2

        def whole_but_float(k, d):
            total = d * (k - 1)
            return math.floor(total / 2) * 1.0, math.ceil(total / 2) * 1.0

        assert "应返回 2 个值" in repr(check.same_padding(one_number))
        assert "整除用 //" in repr(check.same_padding(whole_but_float))


class TestOutputSize:
    def test_right(self):
        def chained(n, layers):
            for k, p, s in layers:
                n = (n + 2 * p - k) // s + 1
            return n

        def counted(n, layers):
            for k, p, s in layers:
                n = len(range(0, n + 2 * p - k + 1, s))
            return n

        def stepped(n, layers):
            for layer in layers:
                width, windows, start = n + 2 * layer[1], 0, 0
                while start + layer[0] <= width:
                    windows += 1
                    start += layer[2]
                n = windows
            return n

        def run_it(n, layers):
            X = torch.zeros(1, 1, n, n)
            for k, p, s in layers:
                X = F.conv2d(X, torch.zeros(1, 1, k, k), padding=p, stride=s)
            return X.shape[-1]

        def nested(n, layers):
            if not layers:
                return n
            (k, p, s), *rest = layers
            return nested((n + 2 * p - k) // s + 1, rest)

        def floored(n, layers):
            for k, p, s in layers:
                n = math.floor((n + 2 * p - k) / s + 1)
            return int(n)

        def floored_once(n, layers):  # the floors of whole numbers nest: not a mistake
            for k, p, s in layers:
                n = (n + 2 * p - k) / s + 1
            return math.floor(n + 1e-9)

        for answer in (chained, counted, stepped, run_it, nested, floored, floored_once):
            assert check.output_size(answer), answer.__name__

    def test_wrong(self):
        def notes(n, layers):
            for k, p, s in layers:
                n = (n - k + p + s) // s
            return n

        def no_one(n, layers):
            for k, p, s in layers:
                n = (n + 2 * p - k) // s
            return n

        def no_padding(n, layers):
            for k, _, s in layers:
                n = (n - k) // s + 1
            return n

        def ceil(n, layers):
            for k, p, s in layers:
                n = math.ceil((n + 2 * p - k) / s) + 1
            return n

        def rounded(n, layers):
            for k, p, s in layers:
                n = round((n + 2 * p - k) / s) + 1
            return n

        def stride_last(n, layers):
            for k, p, s in layers:
                n = (n + 2 * p - k + 1) // s
            return n

        def fraction(n, layers):
            for k, p, s in layers:
                n = (n + 2 * p - k) / s + 1
            return n

        def stride_first(n, layers):
            for k, s, p in layers:
                n = (n + 2 * p - k) // s + 1
            return n

        def returns_early(n, layers):
            for k, p, s in layers:
                n = (n + 2 * p - k) // s + 1
                return n

        def starts_anew(n, layers):
            for k, p, s in layers:
                out = (n + 2 * p - k) // s + 1
            return out

        def imported(n, layers):
            for k, p, s in layers:
                n = conv_output_size(n, k, padding=p, stride=s)
            return n

        named(
            check.output_size,
            (imported, "library"),
            (notes, "total"),
            (no_one, "forgot_one"),
            (no_padding, "no_padding"),
            (ceil, "ceil"),
            (rounded, "rounded"),
            (stride_last, "divided"),
            (fraction, "fraction"),
            (stride_first, "order"),
            (returns_early, "first_only"),
            (starts_anew, "last_only"),
        )

    def test_what_is_said(self):
        def one_layer(n, layers):
            k, p, s = layers
            return (n + 2 * p - k) // s + 1

        def empties(n, layers):
            while layers:
                k, p, s = layers.pop(0)
                n = (n + 2 * p - k) // s + 1
            return n

        crash = check.output_size(one_layer)
        assert crash.outcome == "crashed" and "k, p, s = layers" in repr(crash)
        assert check.output_size(empties).mistake == "edited"
        assert "layers = [(" in repr(check.output_size(lambda n, layers: n))


class TestUnread:
    def test_right(self):
        def by_set(n, k, p, s):
            read = set()
            for start in range(-p, n + p - k + 1, s):
                read.update(range(start, start + k))
            return [j for j in range(n) if j not in read]

        def by_set_difference(n, k, p, s):
            read = {j for i in range(-p, n + p - k + 1, s) for j in range(i, i + k)}
            return set(range(n)) - read

        def by_counting(n, k, p, s):
            counts = torch.zeros(n + 2 * p)
            for i in range(0, n + 2 * p - k + 1, s):
                counts[i : i + k] += 1
            return (counts[p : p + n] == 0).nonzero().flatten()

        def by_gradient(n, k, p, s):
            X = torch.zeros(1, 1, n, requires_grad=True)
            F.conv1d(X, torch.ones(1, 1, k), padding=p, stride=s).sum().backward()
            return [j for j in range(n) if X.grad[0, 0, j] == 0]

        def by_numpy(n, k, p, s):
            read = np.zeros(n + 2 * p, dtype=bool)
            for i in range((n + 2 * p - k) // s + 1):
                read[i * s : i * s + k] = True
            return np.flatnonzero(~read[p : p + n])

        def by_rule(n, k, p, s):
            last = (n + 2 * p - k) // s * s + k
            return [j for j in range(n) if (j + p) % s >= k or j + p >= last]

        for answer in (by_set, by_set_difference, by_counting, by_gradient, by_numpy, by_rule):
            assert check.unread(answer), answer.__name__

    def test_wrong(self):
        def tail(n, k, p, s):
            left_over = max(0, (n + 2 * p - k) % s - p)
            return list(range(n - left_over, n))

        def rest(n, k, p, s):
            return list(range(n - (n + 2 * p - k) % s, n))

        def hangs_over(n, k, p, s):
            read = []
            for start in range(0, n + 2 * p, s):
                for a in range(k):
                    read.append(start + a - p)
            return [j for j in range(n) if j not in read]

        def as_padded(n, k, p, s):
            read, i = set(), 0
            while i + k <= n + 2 * p:
                read.update(range(i, i + k))
                i += s
            return [j for j in range(n) if j not in read]

        def last_window(n, k, p, s):
            read = set()
            for start in range(-p, n + p - k, s):
                read.update(range(start, start + k))
            return [j for j in range(n) if j not in read]

        def no_padding(n, k, p, s):
            read = []
            for start in range(0, n - k + 1, s):
                read += range(start, start + k)
            return [j for j in range(n) if j not in read]

        def right_side_forgotten(n, k, p, s):
            read = []
            for start in range(-p, n - k + 1, s):
                read += range(start, start + k)
            return [j for j in range(n) if j not in read]

        def padded_columns(n, k, p, s):
            read = set()
            for start in range(0, n + 2 * p - k + 1, s):
                read |= set(range(start, start + k))
            return [j for j in range(p, n + p) if j not in read]

        def from_one(n, k, p, s):
            read = {j for i in range(-p, n + p - k + 1, s) for j in range(i, i + k)}
            return [j + 1 for j in range(n) if j not in read]

        def those_read(n, k, p, s):
            read = {j for i in range(-p, n + p - k + 1, s) for j in range(i, i + k)}
            return sorted(j for j in read if 0 <= j < n)

        def only_starts(n, k, p, s):
            starts = range(-p, n + p - k + 1, s)
            return [j for j in range(n) if j not in starts]

        named(
            check.unread,
            (tail, "tail_only"),
            (rest, "tail_raw"),
            (hangs_over, "overhang"),
            (as_padded, "not_shifted"),
            (last_window, "last_window"),
            (no_padding, "no_padding"),
            (right_side_forgotten, "near_only"),
            (padded_columns, "shifted"),
            (from_one, "one_based"),
            (those_read, "read"),
            (only_starts, "starts"),
        )

    def test_what_is_said(self):
        def how_many(n, k, p, s):
            return (n + 2 * p - k) % s

        def with_zeros(n, k, p, s):
            read = {j for i in range(0, n + 2 * p - k + 1, s) for j in range(i, i + k)}
            return [j for j in range(n + 2 * p) if j not in read]

        def nothing(n, k, p, s):
            list(range(-p, n + p, s))

        assert "一个列表" in repr(check.unread(how_many))
        assert not check.unread(with_zeros)
        assert check.unread(nothing).mistake == "nothing"


class TestLayersUntil:
    def test_right(self):
        def ceil(n, target, k):
            return math.ceil((n - target) / (k - 1))

        def whole(n, target, k):
            return -((target - n) // (k - 1))

        def topped_up(n, target, k):
            return (n - target + k - 2) // (k - 1)

        def with_rest(n, target, k):
            layers, rest = divmod(n - target, k - 1)
            if rest:
                layers += 1
            return layers

        def by_tensor(n, target, k):
            return torch.ceil(torch.tensor((n - target) / (k - 1))).int()

        def by_numpy(n, target, k):
            return int(np.ceil((n - target) / (k - 1)))

        for answer in (ceil, whole, topped_up, with_rest, by_tensor, by_numpy):
            assert check.layers_until(answer), answer.__name__

    def test_wrong(self):
        def floored(n, target, k):
            return (n - target) // (k - 1)

        def whole_kernel(n, target, k):
            return math.ceil((n - target) / k)

        def whole_floored(n, target, k):
            return (n - target) // k

        def no_target(n, target, k):
            return math.ceil(n / (k - 1))

        def one_more(n, target, k):
            return (n - target) // (k - 1) + 1

        def fraction(n, target, k):
            return (n - target) / (k - 1)

        def rounded(n, target, k):
            return round((n - target) / (k - 1))

        def loop(n, target, k):
            layers = 0
            while n > target:
                n = n - k + 1
                layers += 1
            return layers

        named(
            check.layers_until,
            (floored, "floored"),
            (whole_kernel, "whole_kernel"),
            (whole_floored, "whole_floored"),
            (no_target, "no_target"),
            (one_more, "one_more"),
            (fraction, "fraction"),
            (rounded, "rounded"),
            (loop, "loops"),
        )

    def test_what_is_said(self):
        def numpy_float(n, target, k):
            return np.ceil((n - target) / (k - 1))

        assert "整数" in repr(check.layers_until(numpy_float))
