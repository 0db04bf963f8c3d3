"""Exercises on receptive fields, answered as students would."""

import torch
from torch import nn

from d2lnotes import check
from d2lnotes.shapes import Layer, receptive_field


def fields_of(layers):
    """The chapter's recursion."""
    r, j, t = 1, 1, 0
    for k, s, p, d in layers:
        t -= p * j
        r += d * (k - 1) * j
        j *= s
    return r, j, t


class TestColumnsSeen:
    def test_right(self):
        def downwards(layers, unit):
            first = last = unit
            for k, s, p, d in reversed(layers):
                first, last = first * s - p, last * s - p + d * (k - 1)
            return first, last

        def upwards(layers, unit):
            r, j, t = fields_of(layers)
            return [t + unit * j, t + unit * j + r - 1]

        def recursive(layers, unit):
            if not layers:
                return unit, unit
            *below, (k, s, p, d) = layers
            left = recursive(below, unit * s - p)[0]
            return left, recursive(below, unit * s - p + d * (k - 1))[1]

        def by_library(layers, unit):
            named = [Layer(str(i), *layer) for i, layer in enumerate(layers)]
            _, size, jump, start = receptive_field(named)[-1]
            return torch.tensor([start + unit * jump, start + unit * jump + size - 1])

        def by_sets(layers, unit):
            columns = {unit}
            while layers:
                k, s, p, d = layers.pop()
                columns = {c * s - p + d * a for c in columns for a in range(k)}
            return min(columns), max(columns)

        for answer in (downwards, upwards, recursive, by_library):
            assert check.columns_seen(answer), (answer.__name__, check.columns_seen(answer))
        assert check.columns_seen(by_sets).mistake == "edited"  # layers are the caller's

    def test_wrong(self):
        def no_padding(layers, unit):
            first = last = unit
            for k, s, _, d in reversed(layers):
                first, last = first * s, last * s + d * (k - 1)
            return first, last

        def plus(layers, unit):
            first = last = unit
            for k, s, p, d in reversed(layers):
                first, last = first * s + p, last * s + p + d * (k - 1)
            return first, last

        def from_the_image(layers, unit):
            first = last = unit
            for k, s, p, d in layers:
                first, last = first * s - p, last * s - p + d * (k - 1)
            return first, last

        def whole_extent(layers, unit):
            first = last = unit
            for k, s, p, d in reversed(layers):
                first, last = first * s - p, last * s - p + d * (k - 1) + 1
            return first, last

        def dense(layers, unit):
            first = last = unit
            for k, s, p, _ in reversed(layers):
                first, last = first * s - p, last * s - p + k - 1
            return first, last

        def no_stride(layers, unit):
            first = last = unit
            for k, _, p, d in reversed(layers):
                first, last = first - p, last - p + d * (k - 1)
            return first, last

        def inside_only(layers, unit):
            r, j, t = fields_of(layers)
            return max(0, t + unit * j), t + unit * j + r - 1

        def python_slice(layers, unit):
            r, j, t = fields_of(layers)
            return t + unit * j, t + unit * j + r

        def start_and_size(layers, unit):
            r, j, t = fields_of(layers)
            return t + unit * j, r

        def jump_first(layers, unit):
            r, j, t = 1, 1, 0
            for k, s, p, d in layers:
                j *= s
                t -= p * j
                r += d * (k - 1) * j
            return t + unit * j, t + unit * j + r - 1

        def padding_as_it_is(layers, unit):
            r, j, t = 1, 1, 0
            for k, s, p, d in layers:
                t -= p
                r += d * (k - 1) * j
                j *= s
            return t + unit * j, t + unit * j + r - 1

        def next_unit_next_column(layers, unit):
            r, _, t = fields_of(layers)
            return t + unit, t + unit + r - 1

        def starts_anew(layers, unit):
            for k, s, p, d in reversed(layers):
                first = unit * s - p
                last = first + d * (k - 1)
            return first, last

        def last_from_first(layers, unit):
            first = unit
            for k, s, p, d in reversed(layers):
                first = first * s - p
                last = first + d * (k - 1)
            return first, last

        def right_plus(layers, unit):
            first = last = unit
            for k, s, p, d in reversed(layers):
                first = first * s - p
                last = last * s + p + d * (k - 1)
            return first, last

        def padding_before_stride(layers, unit):
            first = last = unit
            for k, s, p, d in reversed(layers):
                first = (first - p) * s
                last = (last - p) * s + d * (k - 1)
            return first, last

        def kernel_times_dilation(layers, unit):
            first = last = unit
            for k, s, p, d in reversed(layers):
                first, last = first * s - p, last * s - p + d * k
            return first, last

        for wrong, mistake in [
            (starts_anew, "not_carried"),
            (last_from_first, "last_from_first"),
            (right_plus, "plus_at_right"),
            (padding_before_stride, "padding_first"),
            (kernel_times_dilation, "kernel_and_holes"),
            (no_padding, "no_padding"),
            (plus, "plus_padding"),
            (from_the_image, "forward"),
            (whole_extent, "one_too_many"),
            (dense, "no_dilation"),
            (no_stride, "no_stride"),
            (inside_only, "cut"),
            (python_slice, "end"),
            (start_and_size, "size"),
            (jump_first, "jump_first"),
            (padding_as_it_is, "padding_without_jump"),
            (next_unit_next_column, "unit_without_jump"),
        ]:
            result = check.columns_seen(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)


class TestLayersNeeded:
    def test_right(self):
        def loop(size, s):
            r, j, n = 1, 1, 0
            while r < size:
                n += 1
                r += 2 * j
                j *= s
            return n

        def with_the_chapters_function(size, s):
            n = 1
            while fields_of([(3, s, 0, 1)] * n)[0] < size:
                n += 1
            return n

        def powers(size, s):
            n = 0
            while 1 + 2 * sum(s**i for i in range(n)) < size:
                n += 1
            return n

        def closed_form(size, s):
            if s == 1:
                return size // 2
            n, power = 0, 1
            while 2 * (power - 1) // (s - 1) + 1 < size:
                n, power = n + 1, power * s
            return n

        def a_list(size, s):
            layers = []
            while fields_of(layers)[0] < size:
                layers.append((3, s, 1, 1))
            return len(layers)

        for answer in (loop, with_the_chapters_function, powers, closed_form, a_list):
            assert check.layers_needed(answer), answer.__name__

    def test_wrong(self):
        def stops_early(size, s):
            n = 0
            while fields_of([(3, s, 0, 1)] * (n + 1))[0] < size:
                n += 1
            return n

        def goes_past(size, s):
            n = 0
            while fields_of([(3, s, 0, 1)] * n)[0] <= size:
                n += 1
            return n

        def from_zero(size, s):
            r, j, n = 0, 1, 0
            while r < size:
                r, j, n = r + 2 * j, j * s, n + 1
            return n

        def no_stride(size, s):
            return -(-(size - 1) // 2)

        def stride_early(size, s):
            r, j, n = 1, 1, 0
            while r < size:
                j *= s
                r += 2 * j
                n += 1
            return n

        def adds_three(size, s):
            r, j, n = 1, 1, 0
            while r < size:
                r += 3 * j
                j *= s
                n += 1
            return n

        def always_two_strides(size, s):
            r, n = 1, 0
            while r < size:
                r, n = r + 2 * s, n + 1
            return n

        def added(size, s):
            r, j, n = 1, 1, 0
            while r < size:
                r, j, n = r + 2 * j, j + s, n + 1
            return n

        def shrinks(size, s):
            n = 0
            while size > 1:
                size = (size - 3) // s + 1
                n += 1
            return n

        for wrong, mistake in [
            (always_two_strides, "stride_once"),
            (added, "stride_added"),
            (shrinks, "shrinks"),
            (lambda size, s: 1 + shrinks(size, s), "shrinks_from_one"),
            (stops_early, "one_less"),
            (goes_past, "strictly"),
            (from_zero, "strictly"),
            (no_stride, "no_stride"),
            (stride_early, "stride_early"),
            (adds_three, "whole_kernel"),
        ]:
            result = check.layers_needed(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)


class TestColumnsRead:
    def test_right(self):
        def sets(layers):
            columns = {0}
            for k, s, _, d in reversed(layers):
                columns = {c * s + d * a for c in columns for a in range(k)}
            return len(columns)

        def with_padding(layers):
            columns = [5]
            for k, s, p, d in layers[::-1]:
                columns = [c * s - p + d * a for c in columns for a in range(k)]
            return len(set(columns))

        def by_gradient(layers):
            r = fields_of(layers)[0]
            X = torch.zeros(1, 1, r, dtype=torch.double, requires_grad=True)
            Y = X
            for k, s, _, d in layers:
                Y = nn.functional.conv1d(Y, torch.ones(1, 1, k).double(), stride=s, dilation=d)
            Y.sum().backward()
            return int((X.grad != 0).sum())

        def paths_counted(layers):
            r = fields_of(layers)[0]
            row = torch.zeros(r)
            row[0] = 1
            jump = 1
            for k, s, _, d in layers:
                row = sum(row.roll(a * d * jump) for a in range(k))
                jump *= s
            return (row > 0).sum()

        for answer in (sets, with_padding, by_gradient, paths_counted):
            assert check.columns_read(answer), (answer.__name__, check.columns_read(answer))

    def test_wrong(self):
        def box(layers):
            return fields_of(layers)[0]

        def paths(layers):
            columns = [0]
            for k, s, _, d in reversed(layers):
                columns = [c * s + d * a for c in columns for a in range(k)]
            return len(columns)

        def dense(layers):
            columns = {0}
            for k, s, _, _ in reversed(layers):
                columns = {c * s + a for c in columns for a in range(k)}
            return len(columns)

        def no_stride(layers):
            columns = {0}
            for k, _, _, d in reversed(layers):
                columns = {c + d * a for c in columns for a in range(k)}
            return len(columns)

        def from_the_image(layers):
            columns = {0}
            for k, s, _, d in layers:
                columns = {c * s + d * a for c in columns for a in range(k)}
            return len(columns)

        def plain(layers):
            columns = {0}
            for k, _, _, _ in reversed(layers):
                columns = {c + a for c in columns for a in range(k)}
            return len(columns)

        def one_set_for_all(layers):
            columns = {0}
            for k, s, _, d in reversed(layers):
                for c in list(columns):
                    columns.update(c * s + d * a for a in range(k))
            return len(columns)

        def inside(layers):
            columns = {0}
            for k, s, p, d in reversed(layers):
                columns = {c * s - p + d * a for c in columns for a in range(k)}
            return len([c for c in columns if c >= 0])

        for wrong, mistake in [
            (plain, "plain"),
            (one_set_for_all, "kept"),
            (inside, "cut"),
            (box, "box"),
            (paths, "paths"),
            (dense, "no_dilation"),
            (no_stride, "no_stride"),
            (from_the_image, "forward"),
        ]:
            result = check.columns_read(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

        def the_columns_themselves(layers):
            return {0}

        assert "set" in repr(check.columns_read(the_columns_themselves))


class TestChangedBy:
    def test_right(self):
        def one_by_one(net, size, unit):
            X = torch.zeros(1, 1, size, size, dtype=torch.double)
            before = net(X)[0, 0, unit, unit].item()
            changed = torch.zeros(size, size, dtype=torch.bool)
            for i in range(size):
                for j in range(size):
                    X[0, 0, i, j] = 1
                    changed[i, j] = net(X)[0, 0, unit, unit].item() != before
                    X[0, 0, i, j] = 0
            return changed

        def all_at_once(net, size, unit):
            units = torch.eye(size * size).double().reshape(-1, 1, size, size)
            return (net(units)[:, 0, unit, unit] != 0).reshape(size, size)

        def random_image(net, size, unit):
            X = torch.rand(1, 1, size, size)  # float32
            rows = []
            for i in range(size):
                row = []
                for j in range(size):
                    changed = X.clone()
                    changed[0, 0, i, j] += 10
                    difference = net(changed)[0, 0, unit, unit] - net(X)[0, 0, unit, unit]
                    row.append(bool(difference.abs() > 1e-3))
                rows.append(row)
            return torch.tensor(rows)

        def gradient(net, size, unit):
            X = torch.zeros(1, 1, size, size, dtype=torch.double, requires_grad=True)
            net(X)[0, 0, unit, unit].backward()
            return X.grad[0, 0] != 0

        def zeros_and_ones(net, size, unit):
            return one_by_one(net, size, unit).int()

        for answer in (one_by_one, all_at_once, random_image, gradient, zeros_and_ones):
            assert check.changed_by(answer), (answer.__name__, check.changed_by(answer))

    def test_wrong(self):
        def probed(net, size, unit, *, look, restore=True):
            X = torch.zeros(1, 1, size, size, dtype=torch.double)
            before = look(net(X))
            changed = torch.zeros(size, size, dtype=torch.bool)
            for i in range(size):
                for j in range(size):
                    X[0, 0, i, j] = 1
                    changed[i, j] = not torch.equal(look(net(X)), before)
                    if restore:
                        X[0, 0, i, j] = 0
            return changed

        def first_output(net, size, unit):
            return probed(net, size, unit, look=lambda Y: Y[0, 0, 0, 0])

        def any_output(net, size, unit):
            return probed(net, size, unit, look=lambda Y: Y)

        def a_row(net, size, unit):
            return probed(net, size, unit, look=lambda Y: Y[0, 0, unit])

        def never_restored(net, size, unit):
            return probed(net, size, unit, look=lambda Y: Y[0, 0, unit, unit], restore=False)

        def the_box(net, size, unit):
            changed = probed(net, size, unit, look=lambda Y: Y[0, 0, unit, unit])
            rows, cols = changed.nonzero(as_tuple=True)
            changed[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1] = True
            return changed

        def how_much(net, size, unit):
            X = torch.zeros(1, 1, size, size, dtype=torch.double)
            amounts = torch.zeros(size, size)
            for i in range(size):
                for j in range(size):
                    X[0, 0, i, j] = 1
                    amounts[i, j] = net(X)[0, 0, unit, unit]
                    X[0, 0, i, j] = 0
            return amounts

        def unchanged(net, size, unit):
            return ~probed(net, size, unit, look=lambda Y: Y[0, 0, unit, unit])

        def the_same_tensor(net, size, unit):
            X = torch.rand(1, 1, size, size)
            Y, changed = X, torch.zeros(size, size, dtype=torch.bool)
            for i in range(size):
                for j in range(size):
                    Y[0, 0, i, j] += 1
                    changed[i, j] = (net(Y) != net(X))[0, 0, unit, unit]
            return changed

        for wrong, mistake in [
            (the_same_tensor, "never"),
            (first_output, "corner"),
            (any_output, "whole"),
            (a_row, "row"),
            (never_restored, "kept"),
            (the_box, "box"),
            (how_much, "amounts"),
            (unchanged, "opposite"),
        ]:
            result = check.changed_by(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_the_example_names_the_net(self):
        def nothing(net, size, unit):
            return torch.zeros(size, size, dtype=torch.bool)

        assert "net = stack([(" in repr(check.changed_by(nothing))
