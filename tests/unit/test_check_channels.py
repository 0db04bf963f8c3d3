"""Exercises on channels, answered as students would."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.ops import corr2d


class TestConvParameters:
    def test_right(self):
        def in_words(c_in, c_out, k_h, k_w, bias):
            count = c_in * c_out * k_h * k_w
            if bias:
                count += c_out
            return count

        def by_layer(c_in, c_out, k_h, k_w, bias):
            layer = nn.Conv2d(c_in, c_out, (k_h, k_w), bias=bias)
            return sum(p.numel() for p in layer.parameters())

        def by_tensor(c_in, c_out, k_h, k_w, bias=True):
            return torch.zeros(c_out, c_in, k_h, k_w).numel() + int(bias) * c_out

        def by_numpy(c_in, c_out, k_h, k_w, bias):
            return np.prod([c_in, c_out, k_h, k_w]) + (c_out if bias else 0)

        def one_line(c_in, c_out, k_h, k_w, bias):
            return c_out * (c_in * k_h * k_w + bias)

        for answer in (in_words, by_layer, by_tensor, by_numpy, one_line):
            assert check.conv_parameters(answer), answer.__name__

    def test_wrong(self):
        def notes(c_in, c_out, k_h, k_w, bias):
            return c_out * c_in * k_h * k_w + (c_out * c_in if bias else 0)

        def a_bias_each_kernel(c_in, c_out, k_h, k_w, bias):
            one_kernel = k_h * k_w + (1 if bias else 0)
            return one_kernel * c_in * c_out

        def adds_the_flag(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w + bias

        def ignores_the_flag(c_in, c_out, k_h, k_w, bias):
            return (c_in * k_h * k_w + 1) * c_out

        def weights_only(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w

        def one_kernel_an_output(c_in, c_out, k_h, k_w, bias):
            return c_out * k_h * k_w + (c_out if bias else 0)

        def square(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h**2 + bias * c_out

        def height_only(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h + bias * c_out

        def input_biases(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w + (c_in if bias else 0)

        def shared_kernels(c_in, c_out, k_h, k_w, bias):
            return c_in * k_h * k_w + (c_out if bias else 0)

        def bias_of_cells(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w + (c_out * k_h * k_w if bias else 0)

        def nothing_without_bias(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w + c_out if bias else 0

        for wrong, mistake in [
            (nothing_without_bias, "conditional"),
            (notes, "bias_per_pair"),
            (a_bias_each_kernel, "bias_per_pair"),
            (adds_the_flag, "one_bias"),
            (ignores_the_flag, "bias_always"),
            (weights_only, "bias_never"),
            (one_kernel_an_output, "no_c_in"),
            (shared_kernels, "no_c_out"),
            (square, "square"),
            (height_only, "no_k_w"),
            (input_biases, "bias_per_input"),
            (bias_of_cells, "bias_per_kernel_cell"),
        ]:
            result = check.conv_parameters(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_what_is_said(self):
        def only_with_bias(c_in, c_out, k_h, k_w, bias):
            if bias:
                return c_in * c_out * k_h * k_w + c_out

        assert check.conv_parameters(only_with_bias).mistake == "nothing"

        def halves(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w / 1 + bias * c_out

        assert "整数" in repr(check.conv_parameters(halves))

        def a_pair(c_in, c_out, k_h, k_w, bias):
            return c_in * c_out * k_h * k_w, c_out

        assert "tuple" in repr(check.conv_parameters(a_pair))


class TestConvMacs:
    def test_right(self):
        def formula(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return c_in * c_out * k**2 * m**2

        def by_layer(c_in, c_out, k, n, p, s):
            layer = nn.Conv2d(c_in, c_out, k, padding=p, stride=s)
            Y = layer(torch.zeros(1, c_in, n, n))
            return layer.weight[0].numel() * Y.numel()

        def counted(c_in, c_out, k, n, p, s):
            count = 0
            for _top in range(-p, n + p - k + 1, s):
                for _left in range(-p, n + p - k + 1, s):
                    count += c_in * c_out * k * k
            return count

        for answer in (formula, by_layer, counted):
            assert check.conv_macs(answer), answer.__name__

    def test_wrong(self):
        def every_pixel(c_in, c_out, k, n, p, s):
            return c_in * c_out * k * k * n * n

        def without_stride(c_in, c_out, k, n, p, s):
            m = n + 2 * p - k + 1
            return c_in * c_out * k * k * m * m

        def total_padding(c_in, c_out, k, n, p, s):
            m = (n - k + p + s) // s
            return c_in * c_out * k * k * m * m

        def no_first_window(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s
            return c_in * c_out * k * k * m * m

        def one_channel(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return c_out * k * k * m * m

        def one_output(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return c_in * k * k * m * m

        def flops(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return 2 * c_in * c_out * k * k * m * m

        def one_row(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return c_in * c_out * k * k * m

        def one_side_of_the_kernel(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return c_in * c_out * k * m * m

        def with_bias(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) // s + 1
            return (c_in * k * k + 1) * c_out * m * m

        def parameters(c_in, c_out, k, n, p, s):
            return c_in * c_out * k * k

        def true_division(c_in, c_out, k, n, p, s):
            m = (n + 2 * p - k) / s + 1
            return c_in * c_out * k * k * m * m

        def rounded_up(c_in, c_out, k, n, p, s):
            m = math.ceil((n + 2 * p - k) / s) + 1
            return c_in * c_out * k * k * m * m

        for wrong, mistake in [
            (true_division, "no_floor"),
            (rounded_up, "ceil"),
            (every_pixel, "input_positions"),
            (without_stride, "no_stride"),
            (total_padding, "one_side"),
            (no_first_window, "forgot_one"),
            (one_channel, "no_c_in"),
            (one_output, "no_c_out"),
            (flops, "twice"),
            (one_row, "m_once"),
            (one_side_of_the_kernel, "k_once"),
            (with_bias, "with_bias"),
            (parameters, "parameters"),
        ]:
            result = check.conv_macs(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)


def sizes(X, K):
    return X.shape[1] - K.shape[2] + 1, X.shape[2] - K.shape[3] + 1


class TestMultiInOut:
    def test_right(self):
        def windows(X, K, b):
            rows, cols = sizes(X, K)
            Y = torch.zeros(len(K), rows, cols)
            for i in range(rows):
                for j in range(cols):
                    window = X[:, i : i + K.shape[2], j : j + K.shape[3]]
                    Y[:, i, j] = (window * K).sum((1, 2, 3)) + b
            return Y

        def by_channels(X, K, b):
            Y = [sum(corr2d(x, k) for x, k in zip(X, kernels, strict=True)) for kernels in K]
            return torch.stack([y + bias for y, bias in zip(Y, b, strict=True)])

        def matrix(X, K, b):
            columns = F.unfold(X[None], K.shape[2:])[0]
            return (K.flatten(1) @ columns + b[:, None]).reshape(-1, *sizes(X, K))

        def einsum(X, K, b):
            windows = X.unfold(1, K.shape[2], 1).unfold(2, K.shape[3], 1)
            return torch.einsum("chwab,ocab->ohw", windows, K) + b[:, None, None]

        def by_torch(X, K, b):
            return F.conv2d(X.unsqueeze(0), K, b).squeeze(0)

        def six_loops(X, K, b):
            c_o, c_i, k_h, k_w = K.shape
            rows, cols = sizes(X, K)
            Y = torch.zeros(c_o, rows, cols)
            for o in range(c_o):
                for i in range(rows):
                    for j in range(cols):
                        for c in range(c_i):
                            for u in range(k_h):
                                for v in range(k_w):
                                    Y[o, i, j] += X[c, i + u, j + v] * K[o, c, u, v]
                        Y[o, i, j] += b[o]
            return Y

        for answer in (windows, by_channels, matrix, einsum, by_torch, six_loops):
            assert check.multi_in_out(answer), answer.__name__

    def test_wrong(self):
        def kept_apart(X, K, b):
            rows, cols = sizes(X, K)
            Y = torch.zeros(len(K), len(X), rows, cols)
            for i in range(rows):
                for j in range(cols):
                    window = X[:, i : i + K.shape[2], j : j + K.shape[3]]
                    Y[:, :, i, j] = (window * K).sum((2, 3)) + b[:, None]
            return Y

        def first_channel(X, K, b):
            return torch.stack([corr2d(X[0], k[0]) + bias for k, bias in zip(K, b, strict=True)])

        def mean(X, K, b):
            Y = []
            for kernels, bias in zip(K, b, strict=True):
                maps = torch.stack([corr2d(x, k) for x, k in zip(X, kernels, strict=True)])
                Y.append(maps.mean(0) + bias)
            return torch.stack(Y)

        def bias_inside_the_sum(X, K, b):
            Y = []
            for kernels, bias in zip(K, b, strict=True):
                Y.append(sum(corr2d(x, k) + bias for x, k in zip(X, kernels, strict=True)))
            return torch.stack(Y)

        def forgot_bias(X, K, b):
            return F.conv2d(X[None], K)[0]

        def bias_on_columns(X, K, b):
            rows, cols = sizes(X, K)
            Y = torch.zeros(len(K), rows, cols)
            for i in range(rows):
                for j in range(cols):
                    window = X[:, i : i + K.shape[2], j : j + K.shape[3]]
                    Y[:, i, j] = (window * K).sum((1, 2, 3))
            return Y + b

        def outputs_added(X, K, b):
            return sum(
                F.conv2d(X[None], k[None])[0, 0] + bias for k, bias in zip(K, b, strict=True)
            )

        def channels_last(X, K, b):
            rows, cols = sizes(X, K)
            Y = torch.zeros(rows, cols, len(K))
            for i in range(rows):
                for j in range(cols):
                    window = X[:, i : i + K.shape[2], j : j + K.shape[3]]
                    Y[i, j] = (window * K).sum((1, 2, 3)) + b
            return Y

        def true_convolution(X, K, b):
            return F.conv2d(X[None], K.flip(-1, -2), b)[0]

        def other_axis(X, K, b):
            return F.conv2d(X[None], K.permute(1, 0, 2, 3), b)[0]

        def whole_bias(X, K, b):
            Y = torch.zeros(len(K), *sizes(X, K))
            for o in range(len(K)):
                for i in range(Y.shape[1]):
                    for j in range(Y.shape[2]):
                        window = X[:, i : i + K.shape[2], j : j + K.shape[3]]
                        Y[o, i, j] = (window * K[o]).sum() + b
            return Y

        def one_sum(X, K, b):
            Y = torch.zeros(len(K), *sizes(X, K))
            for i in range(Y.shape[1]):
                for j in range(Y.shape[2]):
                    window = X[:, i : i + K.shape[2], j : j + K.shape[3]]
                    Y[:, i, j] = (window * K).sum() + b
            return Y

        def window_of_a_matrix(X, K, b):
            Y = torch.zeros(len(K), *sizes(X, K))
            for i in range(Y.shape[1]):
                for j in range(Y.shape[2]):
                    window = X[i : i + K.shape[2], j : j + K.shape[3]]
                    Y[:, i, j] = (window * K).sum((1, 2, 3)) + b
            return Y

        for wrong, mistake in [
            (whole_bias, "bias_whole"),
            (one_sum, "all_summed"),
            (window_of_a_matrix, "no_channel_axis"),
            (kept_apart, "apart"),
            (first_channel, "first_channel"),
            (mean, "mean"),
            (bias_inside_the_sum, "bias_each_channel"),
            (forgot_bias, "no_bias"),
            (bias_on_columns, "bias_on_columns"),
            (outputs_added, "outputs_added"),
            (channels_last, "channels_last"),
            (true_convolution, "flipped"),
            (other_axis, "axes_swapped"),
        ]:
            result = check.multi_in_out(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_a_crash_shows_the_students_line(self):
        def no_batch_for_corr2d(X, K, b):
            return torch.stack([corr2d(X, k) for k in K])  # three dimensions

        result = check.multi_in_out(no_batch_for_corr2d)
        assert result.outcome == "crashed"
        assert "# three dimensions" in repr(result)


class TestConv1x1:
    def test_right(self):
        def permute(X, K):
            return (X.permute(0, 2, 3, 1) @ K[:, :, 0, 0].T).permute(0, 3, 1, 2)

        def einsum(X, K):
            return torch.einsum("oc,nchw->nohw", K.squeeze(3).squeeze(2), X)

        def batched(X, K):
            N, c_i, h, w = X.shape
            return (K.reshape(-1, c_i) @ X.reshape(N, c_i, h * w)).reshape(N, -1, h, w)

        def linear(X, K):
            return F.linear(X.movedim(1, -1), K[..., 0, 0]).movedim(-1, 1)

        def summed(X, K):
            return (X[:, None] * K).sum(2)

        def by_torch(X, K):
            return F.conv2d(X, K)

        for answer in (permute, einsum, batched, linear, summed, by_torch):
            assert check.conv1x1(answer), answer.__name__

    def test_wrong(self):
        def transposed(X, K):
            return torch.einsum("nchw,co->nohw", X, K[:, :, 0, 0])

        def not_turned(X, K):
            return (X.permute(0, 2, 3, 1) @ K[:, :, 0, 0]).permute(0, 3, 1, 2)

        def reshaped_weights(X, K):
            W = K.reshape(X.shape[1], -1)
            return (X.permute(0, 2, 3, 1) @ W).permute(0, 3, 1, 2)

        def reshaped_to_pixels(X, K):
            N, c_i, h, w = X.shape
            Y = X.reshape(N * h * w, c_i) @ K.reshape(-1, c_i).T
            return Y.reshape(N, -1, h, w)

        def mixed_in(X, K):
            N, c_i, h, w = X.shape
            Y = X.reshape(N, h, w, c_i) @ K[:, :, 0, 0].T
            return Y.permute(0, 3, 1, 2)

        def mixed_out(X, K):
            N, c_i, h, w = X.shape
            Y = X.permute(0, 2, 3, 1).reshape(-1, c_i) @ K[:, :, 0, 0].T
            return Y.reshape(N, len(K), h, w)

        def chapters_code(X, K):
            N, c_i, h, w = X.shape
            pixels = X.reshape(c_i, N * h * w)
            return (K.reshape(-1, c_i) @ pixels).reshape(N, -1, h, w)

        def chapters_code_with_care(X, K):
            N, c_i, h, w = X.shape
            pixels = X.reshape(c_i, N * h * w)
            Y = (K.reshape(-1, c_i) @ pixels).reshape(-1, N, h, w)
            return Y.permute(1, 0, 2, 3)

        def channels_last(X, K):
            return X.permute(0, 2, 3, 1) @ K[:, :, 0, 0].T

        def one_image(X, K):
            _, c_i, h, w = X.shape
            return (K.reshape(-1, c_i) @ X[0].reshape(c_i, h * w)).reshape(-1, h, w)

        def loops(X, K):
            return torch.stack([torch.einsum("chw,oc->ohw", x, K[:, :, 0, 0]) for x in X])

        def unsummed(X, K):
            return X.unsqueeze(1) * K.unsqueeze(0)

        def a(X, K):  # a name that is a word in torch's message
            return X.permute(0, 2, 3, 1) @ K

        def product(X, K):
            return K @ X

        def star(X, K):
            return (K * X).sum(1)

        for wrong, mistake in [
            (a, "kernel_last"),
            (product, "kernel_first"),
            (star, "broadcast_batch"),
            (transposed, "transposed"),
            (not_turned, "transposed"),
            (reshaped_weights, "reshaped_weights"),
            (reshaped_to_pixels, "mixed_both"),
            (mixed_in, "mixed_in"),
            (mixed_out, "mixed_out"),
            (chapters_code, "mixed_batch"),
            (chapters_code_with_care, "mixed_batch_too"),
            (channels_last, "channels_last"),
            (one_image, "first_image"),
            (loops, "loops"),
            (unsummed, "apart"),
        ]:
            result = check.conv1x1(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_a_crash_shows_the_students_line(self):
        def product(X, K):
            return K @ X  # of two tensors with four axes

        result = check.conv1x1(product)
        assert result.outcome == "crashed" and "# of two tensors" in repr(result)


class TestMerged1x1:
    def test_right(self):
        def matrices(K1, b1, K2, b2):
            W1, W2 = K1.flatten(1), K2.flatten(1)
            return (W2 @ W1).reshape(len(K2), -1, 1, 1), W2 @ b1 + b2

        def einsum(K1, b1, K2, b2):
            K = torch.einsum("omij,mcij->ocij", K2, K1)
            return K, torch.einsum("omij,m->o", K2, b1) + b2

        def probed(K1, b1, K2, b2):
            """What the two layers make of a black pixel, and of each channel alone."""

            def both(X):
                return F.conv2d(F.conv2d(X, K1, b1), K2, b2)

            c_i = K1.shape[1]
            b = both(torch.zeros(1, c_i, 1, 1))
            units = torch.eye(c_i)[:, :, None, None]
            return (both(units) - b).transpose(0, 1), b.flatten()

        def as_list(K1, b1, K2, b2):
            K = F.conv2d(K1.transpose(0, 1), K2).transpose(0, 1)
            return [K, F.conv2d(b1[None, :, None, None], K2, b2).flatten()]

        for answer in (matrices, einsum, probed, as_list):
            assert check.merged_1x1(answer), answer.__name__

    def test_wrong(self):
        def first_times_second(K1, b1, K2, b2):
            W = K1[:, :, 0, 0] @ K2[:, :, 0, 0]
            return W[:, :, None, None], K2[:, :, 0, 0] @ b1 + b2

        def biases_added(K1, b1, K2, b2):
            W = K2[:, :, 0, 0] @ K1[:, :, 0, 0]
            return W[:, :, None, None], b1 + b2

        def second_bias(K1, b1, K2, b2):
            W = K2[:, :, 0, 0] @ K1[:, :, 0, 0]
            return W[:, :, None, None], b2

        def first_bias(K1, b1, K2, b2):
            W1, W2 = K1[:, :, 0, 0], K2[:, :, 0, 0]
            return (W2 @ W1)[:, :, None, None], W2 @ b1

        def matrix(K1, b1, K2, b2):
            W1, W2 = K1.reshape(K1.shape[:2]), K2.reshape(K2.shape[:2])
            return W2 @ W1, W2 @ b1 + b2

        def star(K1, b1, K2, b2):
            return K2 * K1, K2[:, :, 0, 0] @ b1 + b2

        def turned(K1, b1, K2, b2):
            W = K1[:, :, 0, 0].T @ K2[:, :, 0, 0].T
            return W[:, :, None, None], K2[:, :, 0, 0] @ b1 + b2

        def four_axes(K1, b1, K2, b2):
            return K2 @ K1, b1 + b2

        def squeezed(K1, b1, K2, b2):
            W2 = K2.squeeze()
            return (W2 @ K1.squeeze())[:, :, None, None], W2 @ b1 + b2

        for wrong, mistake in [
            (four_axes, "elementwise_too"),
            (squeezed, "squeezed"),
            (first_times_second, "order"),
            (biases_added, "b1_untouched"),
            (second_bias, "b1_lost"),
            (first_bias, "b2_lost"),
            (matrix, "flat"),
            (star, "elementwise"),
            (turned, "transposed"),
        ]:
            result = check.merged_1x1(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_only_a_kernel(self):
        def kernel_alone(K1, b1, K2, b2):
            return (K2[:, :, 0, 0] @ K1[:, :, 0, 0])[:, :, None, None]

        assert "2 个值" in repr(check.merged_1x1(kernel_alone))


@pytest.mark.parametrize("name", ["conv_parameters", "conv_macs", "conv1x1"])
def test_the_last_hint_is_nearly_the_code(name):
    exercise = getattr(check, name)
    assert "=" in str(exercise.hint(len(exercise.texts["hints"])))
