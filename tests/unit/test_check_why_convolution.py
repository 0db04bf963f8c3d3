"""Exercises of the first chapter: answers right and wrong, written as students write them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.check.why_convolution import LAYERS


def named(exercise, answers):
    """Each wrong answer must be named, by this mistake."""
    for wrong, mistake in answers:
        result = exercise(wrong)
        assert not result and result.mistake == mistake, (wrong.__name__, result)
        assert exercise.texts[mistake] in repr(result)


class TestShift:
    def test_right(self):
        def loops(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros_like(X)
            for i in range(h):
                for j in range(w):
                    if 0 <= i + rows < h and 0 <= j + cols < w:
                        Y[i + rows, j + cols] = X[i, j]
            return Y

        def padding(X, rows, cols):
            return F.pad(X, (cols, -cols, rows, -rows))

        def roll_and_clear(X, rows, cols):
            Y = X.roll((rows, cols), (0, 1))
            for axis, step in ((0, rows), (1, cols)):
                size = X.shape[axis]
                start = 0 if step > 0 else size + step
                Y.narrow(axis, start, abs(step)).zero_()
            return Y

        def matrices(X, rows, cols):
            h, w = X.shape
            down = (torch.arange(h)[:, None] - torch.arange(h) == rows).float()
            right = (torch.arange(w)[:, None] - torch.arange(w) == cols).float()
            return down @ X @ right.T

        def bigger_canvas(X, rows, cols):
            h, w = X.shape
            canvas = torch.zeros(3 * h, 3 * w)
            canvas[h + rows : 2 * h + rows, w + cols : 2 * w + cols] = X
            return canvas[h : 2 * h, w : 2 * w]

        for answer in (loops, padding, roll_and_clear, matrices, bigger_canvas):
            assert check.shift(answer), (answer.__name__, check.shift(answer))

    def test_wrong(self):
        def roll(X, rows, cols):
            return torch.roll(X, (rows, cols), dims=(0, 1))

        def remainders(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros_like(X)
            for i in range(h):
                for j in range(w):
                    Y[i, j] = X[(i - rows) % h, (j - cols) % w]
            return Y

        def plus(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros_like(X)
            for i in range(h):
                for j in range(w):
                    if 0 <= i + rows < h and 0 <= j + cols < w:
                        Y[i, j] = X[i + rows, j + cols]
            return Y

        def x_first(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros_like(X)
            for i in range(h):
                for j in range(w):
                    if 0 <= i - cols < h and 0 <= j - rows < w:
                        Y[i, j] = X[i - cols, j - rows]
            return Y

        def padding_of_rows_first(X, rows, cols):
            return F.pad(X, (rows, -rows, cols, -cols))

        def nearest(X, rows, cols):
            h, w = X.shape
            i = (torch.arange(h) - rows).clamp(0, h - 1)
            j = (torch.arange(w) - cols).clamp(0, w - 1)
            return X[i][:, j]

        def slices(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros(h, w)
            Y[rows:h, cols:w] = X[0 : h - rows, 0 : w - cols]
            return Y

        def from_the_end(X, rows, cols):
            Y = torch.zeros_like(X)
            Y[rows:, cols:] = X[:-rows, :-cols]
            return Y

        def minus_zero(X, rows, cols):
            Y = torch.zeros_like(X)
            to_i, from_i = (
                (slice(rows, None), slice(None, -rows))
                if rows >= 0
                else (
                    slice(None, rows),
                    slice(-rows, None),
                )
            )
            to_j, from_j = (
                (slice(cols, None), slice(None, -cols))
                if cols >= 0
                else (
                    slice(None, cols),
                    slice(-cols, None),
                )
            )
            Y[to_i, to_j] = X[from_i, from_j]
            return Y

        def columns_only(X, rows, cols):
            return F.pad(X, (cols, -cols))

        def rows_only(X, rows, cols):
            return F.pad(X, (0, 0, rows, -rows))

        def no_lower_bound(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros(h, w)
            for i in range(h):
                for j in range(w):
                    if i - rows < h and j - cols < w:
                        Y[i, j] = X[i - rows, j - cols]
            return Y

        def sent_without_lower_bound(X, rows, cols):
            h, w = X.shape
            Y = torch.zeros_like(X)
            for i in range(h):
                for j in range(w):
                    if i + rows < h and j + cols < w:
                        Y[i + rows, j + cols] = X[i, j]
            return Y

        def cleared(X, rows, cols):
            X = X.roll((rows, cols), (0, 1))
            X[:rows] = 0
            X[:, :cols] = 0
            return X

        named(
            check.shift,
            [
                (roll, "wraps"),
                (remainders, "wraps"),
                (plus, "opposite"),
                (x_first, "swapped"),
                (padding_of_rows_first, "swapped_pad"),
                (nearest, "repeats_edge"),
                (slices, "negative"),
                (from_the_end, "counted_from_the_end"),
                (minus_zero, "zero"),
                (columns_only, "unmoved_rows"),
                (rows_only, "unmoved_columns"),
                (no_lower_bound, "negative_read"),
                (sent_without_lower_bound, "negative_written"),
                (cleared, "cleared_from_the_top"),
            ],
        )

    def test_in_place(self):
        def in_place(X, rows, cols):
            moved = F.pad(X, (cols, -cols, rows, -rows))
            X[:] = moved
            return X

        assert "改动了传进来的 X" in repr(check.shift(in_place))


class TestWeightsLeft:
    def test_right(self):
        def formulas(height, width, delta):
            n, side = height * width, 2 * delta + 1
            rows, cols = 2 * height - 1, 2 * width - 1
            return n * n, rows * cols, min(side, rows) * min(side, cols)

        def counted(height, width, delta):
            places = [(i, j) for i in range(height) for j in range(width)]
            offsets = {(k - i, m - j) for i, j in places for k, m in places}
            near = [(a, b) for a, b in offsets if max(abs(a), abs(b)) <= delta]
            return len(places) ** 2, len(offsets), len(near)

        def by_modules(height, width, delta):
            pixels = height * width
            dense = nn.Linear(pixels, pixels, bias=False, device="meta").weight.numel()
            up, left = min(delta, height - 1), min(delta, width - 1)
            kernel = nn.Conv2d(1, 1, (2 * up + 1, 2 * left + 1), bias=False)
            return [dense, (height * 2 - 1) * (width * 2 - 1), kernel.weight.numel()]

        for answer in (formulas, counted, by_modules):
            assert check.weights_left(answer), check.weights_left(answer)

    def test_wrong(self):
        def near(height, width, side):
            return min(side, 2 * height - 1) * min(side, 2 * width - 1)

        def table(height, width):
            return (2 * height - 1) * (2 * width - 1)

        def one_output(h, w, d):
            return h * w, table(h, w), near(h, w, 2 * d + 1)

        def picture_sized_table(h, w, d):
            return h * w * h * w, h * w, near(h, w, 2 * d + 1)

        def without_zero(h, w, d):
            return (h * w) ** 2, table(h, w), near(h, w, 2 * d)

        def one_side(h, w, d):
            return (h * w) ** 2, table(h, w), near(h, w, d + 1)

        def any_delta(h, w, d):
            return (h * w) ** 2, table(h, w), (2 * d + 1) ** 2

        def chapters_code(h, w, d):
            return h**4, (2 * h - 1) ** 2, min(2 * d + 1, 2 * h - 1) ** 2

        def with_biases(h, w, d):
            return (h * w) ** 2 + h * w, table(h, w) + 1, near(h, w, 2 * d + 1) + 1

        def product_capped(h, w, d):
            return (h * w) ** 2, table(h, w), min((2 * d + 1) ** 2, table(h, w))

        def at_most_the_picture(h, w, d):
            side = 2 * d + 1
            return (h * w) ** 2, table(h, w), min(side, h) * min(side, w)

        named(
            check.weights_left,
            [
                (one_output, "one_output"),
                (picture_sized_table, "small_table"),
                (without_zero, "no_centre"),
                (one_side, "one_sided"),
                (any_delta, "uncapped"),
                (chapters_code, "square"),
                (product_capped, "capped_together"),
                (at_most_the_picture, "capped_by_image"),
                (with_biases, "biases"),
            ],
        )


class TestDenseFromKernel:
    def test_right(self):
        def inputs(K, height, width):
            """The kernel's cell that lies on each input, if one does."""
            up, left = K.shape[0] // 2, K.shape[1] // 2
            W = torch.zeros(height, width, height, width)
            for i in range(height):
                for j in range(width):
                    for k in range(height):
                        for m in range(width):
                            if abs(k - i) <= up and abs(m - j) <= left:
                                W[i, j, k, m] = K[k - i + up, m - j + left]
            return W

        def pasted(K, height, width):
            (k_h, k_w), W = K.shape, torch.zeros(height, width, height, width)
            up, left = k_h // 2, k_w // 2
            for i in range(height):
                for j in range(width):
                    board = torch.zeros(height + 2 * up, width + 2 * left)
                    board[i : i + k_h, j : j + k_w] = K
                    W[i, j] = board[up : up + height, left : left + width]
            return W

        def unit_pictures(K, height, width):
            units = torch.eye(height * width).reshape(-1, 1, height, width)
            padding = (K.shape[0] // 2, K.shape[1] // 2)
            Y = F.conv2d(units, K[None, None], padding=padding)[:, 0]
            return Y.permute(1, 2, 0).reshape(height, width, height, width)

        def by_gradient(K, height, width):
            padding = (K.shape[0] // 2, K.shape[1] // 2)

            def layer(X):
                return F.conv2d(X[None, None], K[None, None], padding=padding)[0, 0]

            return torch.autograd.functional.jacobian(layer, torch.zeros(height, width))

        for answer in (inputs, pasted, unit_pictures, by_gradient):
            assert check.dense_from_kernel(answer), check.dense_from_kernel(answer)

    @staticmethod
    def written(index, source="K"):
        """Four loops, with the index of the input and its condition to be filled in."""

        def loops(K, height, width):
            up, left = K.shape[0] // 2, K.shape[1] // 2
            kernel = {"K": K, "flipped": K.flip(0, 1)}[source]
            W = torch.zeros(height, width, height, width)
            for i in range(height):
                for j in range(width):
                    for a in range(-up, up + 1):
                        for b in range(-left, left + 1):
                            place = index(i, j, a, b, height, width)
                            if place:
                                W[i, j, place[0], place[1]] = kernel[a + up, b + left]
            return W

        return loops

    def test_wrong(self):
        def absolute(K, height, width):
            W = torch.zeros(height, width, height, width)
            for k in range(min(K.shape[0], height)):
                for m in range(min(K.shape[1], width)):
                    W[:, :, k, m] = K[k, m]
            return W

        around = self.written(lambda i, j, a, b, h, w: ((i + a) % h, (j + b) % w))
        upper = self.written(
            lambda i, j, a, b, h, w: (i + a, j + b) if i + a < h and j + b < w else ()
        )
        plain = self.written(lambda i, j, a, b, h, w: (i + a, j + b))

        def inside(k, m, h, w):
            return (k, m) if 0 <= k < h and 0 <= m < w else ()

        minus = self.written(lambda i, j, a, b, h, w: inside(i - a, j - b, h, w))

        def input_first(K, height, width):
            return TestDenseFromKernel.written(lambda i, j, a, b, h, w: inside(i + a, j + b, h, w))(
                K, height, width
            ).permute(2, 3, 0, 1)

        def from_zero(K, height, width):
            W = torch.zeros(height, width, height, width)
            for i in range(height):
                for j in range(width):
                    for a in range(K.shape[0]):
                        for b in range(K.shape[1]):
                            if i + a < height and j + b < width:
                                W[i, j, i + a, j + b] = K[a, b]
            return W

        def transposed(K, height, width):
            units = torch.eye(height * width).reshape(-1, 1, height, width)
            padding = (K.shape[1] // 2, K.shape[0] // 2)
            Y = F.conv2d(units, K.T[None, None], padding=padding)[:, 0]
            return Y.permute(1, 2, 0).reshape(height, width, height, width)

        def whole_kernels(K, height, width):
            up, left = K.shape[0] // 2, K.shape[1] // 2
            W = torch.zeros(height, width, height, width)
            for i in range(up, height - up):
                for j in range(left, width - left):
                    W[i, j, i - up : i + up + 1, j - left : j + left + 1] = K
            return W

        def formula_as_it_stands(K, h, w):
            up, left = K.shape[0] // 2, K.shape[1] // 2
            W = torch.zeros(h, w, h, w)
            for i in range(h):
                for j in range(w):
                    for a in range(-up, up + 1):
                        for b in range(-left, left + 1):
                            if 0 <= i + a < h and 0 <= j + b < w:
                                W[i, j, i + a, j + b] = K[a, b]
            return W

        named(
            check.dense_from_kernel,
            [
                (absolute, "absolute"),
                (around, "wraps"),
                (upper, "negative_index"),
                (plain, "unchecked"),
                (minus, "flipped"),
                (input_first, "flipped"),
                (from_zero, "corner"),
                (transposed, "transposed_kernel"),
                (formula_as_it_stands, "uncentred"),
                (whole_kernels, "forgot_edges"),
            ],
        )


def same(X, K):
    """Cross-correlation as torch does it, as large as X."""
    return F.conv2d(X[None, None], K[None, None], padding="same")[0, 0]


class TestConvolve2d:
    def test_right(self):
        def definition(X, K):
            (h, w), up, left = X.shape, K.shape[0] // 2, K.shape[1] // 2
            Y = torch.zeros(h, w)
            for i in range(h):
                for j in range(w):
                    for a in range(-up, up + 1):
                        for b in range(-left, left + 1):
                            if 0 <= i - a < h and 0 <= j - b < w:
                                Y[i, j] += K[a + up, b + left] * X[i - a, j - b]
            return Y

        def stamps(X, K):
            (h, w), (k_h, k_w) = X.shape, K.shape
            Y = torch.zeros(h + k_h - 1, w + k_w - 1)
            for i in range(h):
                for j in range(w):
                    Y[i : i + k_h, j : j + k_w] += X[i, j] * K
            return Y[k_h // 2 : k_h // 2 + h, k_w // 2 : k_w // 2 + w]

        def flipped(X, K):
            return same(X, torch.flip(K, (0, 1)))

        def transpose(X, K):
            padding = (K.shape[0] // 2, K.shape[1] // 2)
            return F.conv_transpose2d(X[None, None], K[None, None], padding=padding)[0, 0]

        def fourier(X, K):
            size = (X.shape[0] + K.shape[0] - 1, X.shape[1] + K.shape[1] - 1)
            Y = torch.fft.irfft2(torch.fft.rfft2(X, size) * torch.fft.rfft2(K, size), size)
            up, left = K.shape[0] // 2, K.shape[1] // 2
            return Y[up : up + X.shape[0], left : left + X.shape[1]]

        def all_turned(X, K):
            return same(X.rot90(2), K).rot90(2)

        for answer in (definition, stamps, flipped, transpose, fourier, all_turned):
            assert check.convolve2d(answer), (answer.__name__, check.convolve2d(answer))

    def test_wrong(self):
        def plus(X, K):
            (h, w), up, left = X.shape, K.shape[0] // 2, K.shape[1] // 2
            padded = F.pad(X, (left, left, up, up))
            Y = torch.zeros_like(X)
            for i in range(h):
                for j in range(w):
                    Y[i, j] = (padded[i : i + K.shape[0], j : j + K.shape[1]] * K).sum()
            return Y

        def upside_down(X, K):
            return same(X, K.flipud())

        def mirrored(X, K):
            return same(X, K.fliplr())

        def turned(X, K):
            return same(X, K.t())

        def picture(X, K):
            return same(X.flip(0, 1), K)

        def both(X, K):
            return same(X.flip(0, 1), K.flip(0, 1))

        def no_padding(X, K):
            return F.conv2d(X[None, None], K.flip(0, 1)[None, None])[0, 0]

        def not_cropped(X, K):
            (h, w), (k_h, k_w) = X.shape, K.shape
            Y = torch.zeros(h + k_h - 1, w + k_w - 1)
            for i in range(h):
                for j in range(w):
                    Y[i : i + k_h, j : j + k_w] += X[i, j] * K
            return Y

        def stamps(X, K):
            (h, w), (k_h, k_w) = X.shape, K.shape
            Y = torch.zeros(h + k_h - 1, w + k_w - 1)
            for i in range(h):
                for j in range(w):
                    Y[i : i + k_h, j : j + k_w] += X[i, j] * K
            return Y

        def cut_at_the_corner(X, K):
            return stamps(X, K)[: X.shape[0], : X.shape[1]]

        def minus_zero(X, K):
            up, left = K.shape[0] // 2, K.shape[1] // 2
            return stamps(X, K)[up:-up, left:-left]

        def last_stamp(X, K):
            (h, w), (k_h, k_w) = X.shape, K.shape
            Y = torch.zeros(h + k_h - 1, w + k_w - 1)
            for i in range(h):
                for j in range(w):
                    Y[i : i + k_h, j : j + k_w] = X[i, j] * K
            return Y[k_h // 2 :, k_w // 2 :][:h, :w]

        def formula_as_it_stands(X, K):
            up, left = K.shape[0] // 2, K.shape[1] // 2
            Y = torch.zeros_like(X)
            for i in range(X.shape[0]):
                for j in range(X.shape[1]):
                    for a in range(-up, up + 1):
                        for b in range(-left, left + 1):
                            if 0 <= i - a < X.shape[0] and 0 <= j - b < X.shape[1]:
                                Y[i, j] += K[a, b] * X[i - a, j - b]
            return Y

        named(
            check.convolve2d,
            [
                (plus, "not_flipped"),
                (upside_down, "flipped_rows"),
                (mirrored, "flipped_columns"),
                (turned, "transposed"),
                (picture, "image_flipped"),
                (both, "both_flipped"),
                (no_padding, "valid"),
                (cut_at_the_corner, "corner"),
                (formula_as_it_stands, "uncentred"),
                (last_stamp, "overwritten"),
                (minus_zero, "empty_slice"),
                (not_cropped, "full"),
            ],
        )


class TestIsEquivariant:
    def test_right(self):
        def written_out(layer, X):
            down = torch.allclose(layer(X.roll(1, 0)), layer(X).roll(1, 0), atol=1e-5)
            right = torch.allclose(layer(X.roll(1, 1)), layer(X).roll(1, 1), atol=1e-5)
            return down and right

        def every_move(layer, X):
            Y = layer(X)
            for rows in range(X.shape[0]):
                for cols in range(X.shape[1]):
                    move = (rows, cols), (0, 1)
                    if (layer(X.roll(*move)) - Y.roll(*move)).abs().max() > 1e-4:
                        return False
            return True

        def tensor_truth(layer, X):
            errors = [layer(X.roll(1, d)) - layer(X).roll(1, d) for d in range(2)]
            return (torch.stack(errors).abs() < 1e-3).all()

        for answer in (written_out, every_move, tensor_truth):
            assert check.is_equivariant(answer), (answer.__name__, check.is_equivariant(answer))

    def test_wrong(self):
        def invariance(layer, X):
            moves = [X.roll(1, 0), X.roll(1, 1)]
            return all(torch.allclose(layer(moved), layer(X), atol=1e-5) for moved in moves)

        def down(layer, X):
            return torch.allclose(layer(X.roll(1, 0)), layer(X).roll(1, 0), atol=1e-5)

        def right(layer, X):
            return torch.allclose(layer(X.roll(1, 1)), layer(X).roll(1, 1), atol=1e-5)

        def at_once(layer, X):
            move = (1, 1), (0, 1)
            return torch.allclose(layer(X.roll(*move)), layer(X).roll(*move), atol=1e-5)

        def one_of_them(layer, X):
            return down(layer, X) or right(layer, X)

        def to_the_bit(layer, X):
            return all((layer(X.roll(1, d)) == layer(X).roll(1, d)).all().item() for d in (0, 1))

        def back(layer, X):
            return all(
                torch.allclose(layer(X.roll(1, d)), layer(X).roll(-1, d), atol=1e-5) for d in (0, 1)
            )

        def zeros(layer, X):
            def moved(Z, d):
                return F.pad(Z, (0, 0, 1, -1) if d == 0 else (1, -1))

            return all(
                torch.allclose(layer(moved(X, d)), moved(layer(X), d), atol=1e-5) for d in (0, 1)
            )

        def by_two(layer, X):
            return all(
                torch.allclose(layer(X.roll(2, d)), layer(X).roll(2, d), atol=1e-5) for d in (0, 1)
            )

        def no_dims(layer, X):
            return torch.allclose(layer(X.roll(1)), layer(X).roll(1), atol=1e-5)

        named(
            check.is_equivariant,
            [
                (invariance, "invariance"),
                (down, "rows_only"),
                (right, "columns_only"),
                (at_once, "diagonal"),
                (one_of_them, "either"),
                (to_the_bit, "exact"),
                (back, "opposite"),
                (zeros, "zeros"),
                (no_dims, "flattened"),
                (by_two, "two_steps"),
            ],
        )

    def test_a_failing_layer_is_named_in_words(self):
        result = check.is_equivariant(lambda layer, X: True)
        assert not result and "（转置 X.T）" in repr(result)

    @pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
    def test_layers_keep_the_size(self, layer):
        X = torch.randn(4, 4)
        assert layer(X).shape == X.shape
