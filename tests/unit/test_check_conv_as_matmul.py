"""The chapter on convolution as a matrix product: answers as students write them."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check

# ------------------------------------------------------------------ im2col


def im2col_by_taps(X, kernel_size, stride=1, padding=0):
    k_h, k_w = kernel_size
    X = F.pad(X, (padding, padding, padding, padding))
    rows = (X.shape[2] - k_h) // stride + 1
    cols = (X.shape[3] - k_w) // stride + 1
    taps = [
        X[:, :, a : a + stride * rows : stride, b : b + stride * cols : stride]
        for a in range(k_h)
        for b in range(k_w)
    ]
    return torch.stack(taps, dim=2).flatten(3).flatten(1, 2)


def im2col_filled(X, kernel_size, stride=1, padding=0):
    n, c, h, w = X.shape
    k_h, k_w = kernel_size
    padded = torch.zeros(n, c, h + 2 * padding, w + 2 * padding)
    padded[:, :, padding : padding + h, padding : padding + w] = X
    rows = (h + 2 * padding - k_h) // stride + 1
    cols = (w + 2 * padding - k_w) // stride + 1
    C = torch.zeros(n, c * k_h * k_w, rows * cols)
    for channel in range(c):
        for a in range(k_h):
            for b in range(k_w):
                for i in range(rows):
                    for j in range(cols):
                        C[:, channel * k_h * k_w + a * k_w + b, i * cols + j] = padded[
                            :, channel, i * stride + a, j * stride + b
                        ]
    return C


def im2col_with_unfolds(X, kernel_size, stride=1, padding=0):
    X = F.pad(X, [padding] * 4)
    windows = X.unfold(2, kernel_size[0], stride).unfold(3, kernel_size[1], stride)
    return windows.permute(0, 1, 4, 5, 2, 3).flatten(1, 3).flatten(2)


def im2col_in_numpy(X, kernel_size, stride=1, padding=0):
    padded = np.pad(X.numpy(), [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel_size, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 1, 4, 5, 2, 3)
    n, c, k_h, k_w, rows, cols = windows.shape
    return torch.from_numpy(windows.reshape(n, c * k_h * k_w, rows * cols).copy())


def im2col_as_rows(X, kernel_size, stride=1, padding=0):
    k_h, k_w = kernel_size
    X = F.pad(X, (padding,) * 4)
    windows = [
        X[:, :, i : i + k_h, j : j + k_w].flatten(1)
        for i in range(0, X.shape[2] - k_h + 1, stride)
        for j in range(0, X.shape[3] - k_w + 1, stride)
    ]
    return torch.stack(windows, dim=1)


def taps(X, kernel_size, stride, padding, order=None):
    k_h, k_w = kernel_size
    X = F.pad(X, padding if isinstance(padding, tuple) else (padding,) * 4)
    rows = (X.shape[2] - k_h) // stride + 1
    cols = (X.shape[3] - k_w) // stride + 1
    cells = [(a, b) for a in range(k_h) for b in range(k_w)]
    for a, b in sorted(cells, key=order):
        yield X[:, :, a : a + stride * rows : stride, b : b + stride * cols : stride].flatten(2)


def im2col_channel_last(X, kernel_size, stride=1, padding=0):
    return torch.cat(list(taps(X, kernel_size, stride, padding)), dim=1)


def im2col_cells_by_column(X, kernel_size, stride=1, padding=0):
    slices = taps(X, kernel_size, stride, padding, order=lambda cell: cell[::-1])
    return torch.stack(list(slices), dim=2).flatten(1, 2)


def im2col_windows_by_column(X, kernel_size, stride=1, padding=0):
    k_h, k_w = kernel_size
    X = F.pad(X, (padding,) * 4)
    windows = []
    for j in range(0, X.shape[3] - k_w + 1, stride):
        for i in range(0, X.shape[2] - k_h + 1, stride):
            windows.append(X[:, :, i : i + k_h, j : j + k_w].flatten(1))
    return torch.stack(windows, dim=2)


def im2col_without_stride(X, kernel_size, stride=1, padding=0):
    return torch.stack(list(taps(X, kernel_size, 1, padding)), dim=2).flatten(1, 2)


def im2col_without_padding(X, kernel_size, stride=1, padding=0):
    return torch.stack(list(taps(X, kernel_size, stride, 0)), dim=2).flatten(1, 2)


def im2col_padded_in_width(X, kernel_size, stride=1, padding=0):
    slices = taps(X, kernel_size, stride, (padding, padding))
    return torch.stack(list(slices), dim=2).flatten(1, 2)


def im2col_without_the_last(X, kernel_size, stride=1, padding=0):
    k_h, k_w = kernel_size
    X = F.pad(X, (padding,) * 4)
    rows, cols = (X.shape[2] - k_h) // stride, (X.shape[3] - k_w) // stride
    columns = []
    for a in range(k_h):
        for b in range(k_w):
            columns.append(X[:, :, a : a + stride * rows : stride, b : b + stride * cols : stride])
    return torch.stack(columns, dim=2).flatten(3).flatten(1, 2)


def im2col_to_the_edge(X, kernel_size, stride=1, padding=0):
    X = F.pad(X, (padding,) * 4)
    taps = []
    for a in range(kernel_size[0]):
        for b in range(kernel_size[1]):
            taps.append(X[:, :, a::stride, b::stride].flatten(2))
    return torch.stack(taps, dim=2).flatten(1, 2)


def im2col_without_steps(X, kernel_size, stride=1, padding=0):
    X = F.pad(X, (padding,) * 4)
    k_h, k_w = kernel_size
    rows, cols = (X.shape[2] - k_h) // stride + 1, (X.shape[3] - k_w) // stride + 1
    C = []
    for a in range(k_h):
        for b in range(k_w):
            C.append(X[:, :, a : a + rows, b : b + cols].flatten(2))
    return torch.stack(C, dim=2).flatten(1, 2)


def im2col_of_the_chapter(X, kernel_size, stride=1, padding=0):
    k_h, k_w = kernel_size
    X = F.pad(X, (padding, padding, padding, padding))
    columns = [
        X[:, :, i : i + k_h, j : j + k_w].flatten(1)
        for i in range(0, X.shape[2] - k_h + 1, stride)
        for j in range(0, X.shape[3] - k_w + 1, stride)
    ]
    return torch.stack(columns, dim=2)


# ------------------------------------------------------------------ conv2d


def conv2d_of_ones(X, W, bias=None, stride=1, padding=0):
    X = F.pad(X, (padding,) * 4)
    rows = (X.shape[2] - W.shape[2]) // stride + 1
    cols = (X.shape[3] - W.shape[3]) // stride + 1
    Y = 0
    for a in range(W.shape[2]):
        for b in range(W.shape[3]):
            moved = X[:, :, a:, b:][:, :, ::stride, ::stride][:, :, :rows, :cols]
            Y = Y + torch.einsum("oc,nchw->nohw", W[:, :, a, b], moved)
    return Y + (0 if bias is None else bias.reshape(1, -1, 1, 1))


def conv2d_in_six_loops(X, W, bias=None, stride=1, padding=0):
    padded = F.pad(X, (padding,) * 4).tolist()
    n, c_in = X.shape[:2]
    c_out, _, k_h, k_w = W.shape
    rows = math.floor((X.shape[2] + 2 * padding - k_h) / stride) + 1
    cols = math.floor((X.shape[3] + 2 * padding - k_w) / stride) + 1
    Y = torch.zeros(n, c_out, rows, cols)
    weights = W.tolist()
    for image in range(n):
        for o in range(c_out):
            for i in range(rows):
                for j in range(cols):
                    total = 0 if bias is None else bias[o].item()
                    for c in range(c_in):
                        for a in range(k_h):
                            for b in range(k_w):
                                x = padded[image][c][i * stride + a][j * stride + b]
                                total += x * weights[o][c][a][b]
                    Y[image, o, i, j] = total
    return Y


def conv2d_by_unfold(X, W, bias=None, stride=1, padding=0):
    columns = F.unfold(X, W.shape[2:], stride=stride, padding=padding)
    Y = W.flatten(1) @ columns
    if bias is not None:
        Y = Y + bias[:, None]
    return Y.unflatten(2, ((X.shape[2] + 2 * padding - W.shape[2]) // stride + 1, -1))


def conv2d_as_a_layer(X, W, bias=None, stride=1, padding=0):
    c_out, c_in, *kernel = W.shape
    layer = nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=bias is not None)
    layer.weight.data = W
    if bias is not None:
        layer.bias.data = bias
    return layer(X)


def looped(X, W, bias, stride, padding, gather="+=", add_bias="after"):
    X = F.pad(X, (padding,) * 4)
    (n, c_in), (c_out, _, k_h, k_w) = X.shape[:2], W.shape
    rows, cols = (X.shape[2] - k_h) // stride + 1, (X.shape[3] - k_w) // stride + 1
    Y = torch.zeros(n, c_out, rows, cols)
    for o in range(c_out):
        for c in range(c_in):
            for a in range(k_h):
                for b in range(k_w):
                    x = X[:, c, a : a + stride * rows : stride, b : b + stride * cols : stride]
                    Y[:, o] += x * W[o, c, a, b]
            if add_bias == "channel" and bias is not None:
                Y[:, o] += bias[o]
        if add_bias == "after" and bias is not None:
            Y[:, o] += bias[o]
        if add_bias == "first" and bias is not None:
            Y[:, o] += bias[0]
    return Y


def conv2d_without_bias(X, W, bias=None, stride=1, padding=0):
    return looped(X, W, None, stride, padding)


def conv2d_bias_in_the_channel_loop(X, W, bias=None, stride=1, padding=0):
    return looped(X, W, bias, stride, padding, add_bias="channel")


def conv2d_one_bias(X, W, bias=None, stride=1, padding=0):
    return looped(X, W, bias, stride, padding, add_bias="first")


def conv2d_without_stride(X, W, bias=None, stride=1, padding=0):
    return looped(X, W, bias, 1, padding)


def conv2d_without_padding(X, W, bias=None, stride=1, padding=0):
    return looped(X, W, bias, stride, 0)


def conv2d_flipped(X, W, bias=None, stride=1, padding=0):
    return looped(X, torch.rot90(W, 2, (2, 3)), bias, stride, padding)


def conv2d_one_image(X, W, bias=None, stride=1, padding=0):
    return looped(X, W, bias, stride, padding)[0][None]


def tapped(X, W, bias, stride, padding, keep=False, in_loop=False):
    X = F.pad(X, (padding,) * 4)
    k_h, k_w = W.shape[2:]
    rows, cols = (X.shape[2] - k_h) // stride + 1, (X.shape[3] - k_w) // stride + 1
    Y = torch.zeros(len(X), len(W), rows * cols)
    for a in range(k_h):
        for b in range(k_w):
            x = X[:, :, a : a + stride * rows : stride, b : b + stride * cols : stride]
            part = W[:, :, a, b] @ x.flatten(2)
            if in_loop and bias is not None:
                part = part + bias[:, None]
            Y = part if keep else Y + part
    return Y.reshape(len(X), len(W), rows, cols)


def conv2d_last_tap(X, W, bias=None, stride=1, padding=0):
    Y = tapped(X, W, bias, stride, padding, keep=True)
    return Y if bias is None else Y + bias[:, None, None]


def conv2d_bias_in_the_tap_loop(X, W, bias=None, stride=1, padding=0):
    return tapped(X, W, bias, stride, padding, in_loop=True)


def conv2d_bias_on_the_width(X, W, bias=None, stride=1, padding=0):
    Y = tapped(X, W, bias, stride, padding)
    if bias is not None:
        Y = Y + bias
    return Y


def conv2d_last_channel(X, W, bias=None, stride=1, padding=0):
    for c in range(X.shape[1]):
        Y = F.conv2d(X[:, c : c + 1], W[:, c : c + 1], stride=stride, padding=padding)
    return Y if bias is None else Y + bias[:, None, None]


def conv2d_padded_in_width(X, W, bias=None, stride=1, padding=0):
    return looped(F.pad(X, (padding, padding)), W, bias, stride, 0)


def conv2d_to_the_edge(X, W, bias=None, stride=1, padding=0):
    X = F.pad(X, (padding,) * 4)
    Y = 0
    for a in range(W.shape[2]):
        for b in range(W.shape[3]):
            moved = X[:, :, a::stride, b::stride]
            Y = Y + torch.einsum("oc,nchw->nohw", W[:, :, a, b], moved)
    return Y if bias is None else Y + bias[:, None, None]


def conv2d_without_steps(X, W, bias=None, stride=1, padding=0):
    X = F.pad(X, (padding,) * 4)
    rows = (X.shape[2] - W.shape[2]) // stride + 1
    cols = (X.shape[3] - W.shape[3]) // stride + 1
    Y = torch.zeros(len(X), len(W), rows, cols)
    for a in range(W.shape[2]):
        for b in range(W.shape[3]):
            moved = X[:, :, a : a + rows, b : b + cols]
            Y += F.conv2d(moved, W[:, :, a : a + 1, b : b + 1])
    return Y if bias is None else Y + bias[:, None, None]


def conv2d_of_the_chapter(X, W, bias=None, stride=1, padding=0):
    X = F.pad(X, (padding, padding, padding, padding))
    k_h, k_w = W.shape[2:]
    rows = (X.shape[2] - k_h) // stride + 1
    cols = (X.shape[3] - k_w) // stride + 1
    Y = torch.empty(len(X), len(W), rows, cols)
    for i in range(rows):
        for j in range(cols):
            r, c = i * stride, j * stride
            window = X[:, None, :, r : r + k_h, c : c + k_w]
            Y[:, :, i, j] = (window * W).sum((2, 3, 4))
    return Y if bias is None else Y + bias[:, None, None]


# ------------------------------------------------------------------ kernel_matrix


def matrix_by_columns(K, input_size, stride=1):
    n_h, n_w = input_size
    pixels = torch.eye(n_h * n_w).reshape(-1, 1, n_h, n_w)
    return F.conv2d(pixels, K[None, None], stride=stride).flatten(1).T


def matrix_by_jacobian(K, input_size, stride=1):
    def convolve(x):
        return F.conv2d(x.reshape(1, 1, *input_size), K[None, None], stride=stride).flatten()

    return torch.autograd.functional.jacobian(convolve, torch.zeros(math.prod(input_size)))


def matrix_by_unfold(K, input_size, stride=1):
    pixels = torch.eye(math.prod(input_size)).reshape(-1, 1, *input_size)
    return (K.flatten() @ F.unfold(pixels, K.shape, stride=stride)).transpose(0, 1)


def matrix_by_transposed(K, input_size, stride=1):
    (n_h, n_w), (k_h, k_w) = input_size, K.shape
    rows, cols = (n_h - k_h) // stride + 1, (n_w - k_w) // stride + 1
    units = torch.eye(rows * cols).view(rows * cols, 1, rows, cols)
    boards = F.conv_transpose2d(units, K[None, None], stride=stride)[:, 0]
    return F.pad(boards, (0, n_w - boards.shape[2], 0, n_h - boards.shape[1])).flatten(1)


def matrix_not_turned(K, input_size, stride=1):
    pixels = torch.eye(math.prod(input_size)).reshape(-1, 1, *input_size)
    return F.conv2d(pixels, K[None, None], stride=stride).flatten(1)


def matrix_flipped(K, input_size, stride=1):
    pixels = torch.eye(math.prod(input_size)).reshape(-1, 1, *input_size)
    return F.conv2d(pixels, torch.flip(K, [0, 1])[None, None], stride=stride).flatten(1).T


def matrix_without_stride(K, input_size, stride=1):
    pixels = torch.eye(math.prod(input_size)).reshape(-1, 1, *input_size)
    return F.conv2d(pixels, K[None, None]).flatten(1).T


def matrix_width_first(K, input_size, stride=1):
    n_h, n_w = input_size
    pixels = torch.eye(n_h * n_w).reshape(-1, 1, n_w, n_h)
    return F.conv2d(pixels, K[None, None], stride=stride).flatten(1).T


def matrix_rolled(K, input_size, stride=1):
    (n_h, n_w), (k_h, k_w) = input_size, K.shape
    count = ((n_h - k_h) // stride + 1) * ((n_w - k_w) // stride + 1)
    row = torch.zeros(n_h, n_w)
    row[:k_h, :k_w] = K
    row = row.flatten()
    M = []
    for _ in range(count):
        M.append(row)
        row = torch.roll(row, stride)
    return torch.stack(M)


def matrix_packed(K, input_size, stride=1):
    (n_h, n_w), (k_h, k_w) = input_size, K.shape
    M = []
    for i in range(0, n_h - k_h + 1, stride):
        for j in range(0, n_w - k_w + 1, stride):
            row = torch.zeros(n_h * n_w)
            start = i * n_w + j
            row[start : start + k_h * k_w] = K.flatten()
            M.append(row)
    return torch.stack(M)


def matrix_in_loops(K, input_size, stride=1):
    (n_h, n_w), (k_h, k_w) = input_size, K.shape
    rows = []
    for i in range(0, n_h - k_h + 1, stride):
        for j in range(0, n_w - k_w + 1, stride):
            board = torch.zeros(n_h, n_w)
            board[i : i + k_h, j : j + k_w] = K
            rows.append(board.flatten())
    return torch.stack(rows)


def matrix_reshaped(K, input_size, stride=1):
    n_h, n_w = input_size
    pixels = torch.eye(n_h * n_w).reshape(-1, 1, n_h, n_w)
    return F.conv2d(pixels, K[None, None], stride=stride).reshape(-1, n_h * n_w)


# ------------------------------------------------------------------ conv_transpose2d


def stamped(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros((m_h - 1) * stride + k_h, (m_w - 1) * stride + k_w)
    for i in range(m_h):
        for j in range(m_w):
            X[i * stride : i * stride + k_h, j * stride : j * stride + k_w] += Y[i, j] * K
    return X


def gathered(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros((m_h - 1) * stride + k_h, (m_w - 1) * stride + k_w)
    for a in range(k_h):
        for b in range(k_w):
            X[a : a + m_h * stride : stride, b : b + m_w * stride : stride] += K[a, b] * Y
    return X


def zeros_between(Y, K, stride=1):
    spread = torch.zeros((Y.shape[0] - 1) * stride + 1, (Y.shape[1] - 1) * stride + 1)
    spread[::stride, ::stride] = Y
    k_h, k_w = K.shape
    padded = F.pad(spread, (k_w - 1, k_w - 1, k_h - 1, k_h - 1))
    return F.conv2d(padded[None, None], K.flip(0, 1)[None, None])[0, 0]


def as_a_gradient(Y, K, stride=1):
    size = [(m - 1) * stride + k for m, k in zip(Y.shape, K.shape, strict=True)]
    x = torch.zeros(size, requires_grad=True)
    F.conv2d(x[None, None], K[None, None], stride=stride)[0, 0].backward(Y)
    return x.grad


def stamped_in_numpy(Y, K, stride=1):
    Y, K = Y.numpy(), K.numpy()
    spread = np.zeros([(m - 1) * stride + 1 for m in Y.shape], dtype=np.float64)
    spread[::stride, ::stride] = Y
    X = np.zeros([n + k - 1 for n, k in zip(spread.shape, K.shape, strict=True)])
    for (a, b), weight in np.ndenumerate(K):
        X[a : a + spread.shape[0], b : b + spread.shape[1]] += weight * spread
    return torch.tensor(X)


def stamped_over(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros((m_h - 1) * stride + k_h, (m_w - 1) * stride + k_w)
    for i in range(m_h):
        for j in range(m_w):
            X[i * stride : i * stride + k_h, j * stride : j * stride + k_w] = Y[i, j] * K
    return X


def zeros_between_unflipped(Y, K, stride=1):
    spread = torch.zeros((Y.shape[0] - 1) * stride + 1, (Y.shape[1] - 1) * stride + 1)
    spread[::stride, ::stride] = Y
    k_h, k_w = K.shape
    padded = F.pad(spread, (k_w - 1, k_w - 1, k_h - 1, k_h - 1))
    return F.conv2d(padded[None, None], K[None, None])[0, 0]


def stamped_unscaled(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros((m_h - 1) * stride + k_h, (m_w - 1) * stride + k_w)
    for i in range(m_h):
        for j in range(m_w):
            X[i * stride : i * stride + k_h, j * stride : j * stride + k_w] += K
    return X


def stamped_without_stride(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros(m_h - 1 + k_h, m_w - 1 + k_w)
    for i in range(m_h):
        for j in range(m_w):
            X[i : i + k_h, j : j + k_w] += Y[i, j] * K
    return X


def stamped_too_close(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros((m_h - 1) * stride + k_h, (m_w - 1) * stride + k_w)
    for i in range(m_h):
        for j in range(m_w):
            X[i : i + k_h, j : j + k_w] += Y[i, j] * K
    return X


def stamped_on_a_large_board(Y, K, stride=1):
    (m_h, m_w), (k_h, k_w) = Y.shape, K.shape
    X = torch.zeros(m_h * stride + k_h, m_w * stride + k_w)
    for i in range(m_h):
        for j in range(m_w):
            X[i * stride : i * stride + k_h, j * stride : j * stride + k_w] += Y[i, j] * K
    return X


def stamped_on(X, Y, K, stride):
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            r, c = i * stride, j * stride
            X[r : r + K.shape[0], c : c + K.shape[1]] += Y[i, j] * K
    return X


def stamped_on_a_full_board(Y, K, stride=1):
    X = torch.zeros([m * stride + k - 1 for m, k in zip(Y.shape, K.shape, strict=True)])
    return stamped_on(X, Y, K, stride)


def stamped_on_a_small_board(Y, K, stride=1):
    X = torch.zeros([m + k - 1 for m, k in zip(Y.shape, K.shape, strict=True)])
    return stamped_on(X, Y, K, stride)


def stamped_with_the_transpose(Y, K, stride=1):
    return stamped(Y, K.T, stride)


# ------------------------------------------------------------------ numbers


def rest_of_the_division(n, k, stride=1, padding=0):
    return (n + 2 * padding - k) % stride


def rest_by_hand(n, k, stride=1, padding=0):
    m = (n + 2 * padding - k) // stride + 1
    return n - ((m - 1) * stride - 2 * padding + k)


def rest_by_trying(n, k, stride=1, padding=0):
    m = F.conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), None, stride, padding).shape[2]
    for extra in range(stride):
        if (m - 1) * stride - 2 * padding + k + extra == n:
            return extra


def rest_in_torch(n, k, stride=1, padding=0):
    return torch.tensor(n + 2 * padding - k).remainder(stride)


def side(n, k, stride, padding):
    return (n + 2 * padding - k) // stride + 1


def batch_by_division(c, n, k, stride, padding, mebibytes):
    m = side(n, k, stride, padding)
    return mebibytes * 2**20 // (4 * c * k * k * m * m)


def batch_by_counting(c, n, k, stride, padding, mebibytes):
    C = F.unfold(torch.zeros(1, c, n, n), k, stride=stride, padding=padding)
    count = 0
    while (count + 1) * C.numel() * C.element_size() <= mebibytes * 1024 * 1024:
        count += 1
    return count


def batch_by_floor(c, n, k, stride, padding, mebibytes):
    m = math.floor((n + 2 * padding - k) / stride) + 1
    numbers = c * k**2 * m**2
    return math.floor(mebibytes / (numbers * 4 / 1024**2))


RIGHT = {
    "im2col": [im2col_by_taps, im2col_with_unfolds, im2col_in_numpy],
    "conv2d": [conv2d_of_ones, conv2d_by_unfold, conv2d_as_a_layer],
    "kernel_matrix": [
        matrix_by_columns,
        matrix_by_jacobian,
        matrix_by_unfold,
        matrix_by_transposed,
    ],
    "conv_transpose2d": [stamped, gathered, zeros_between, as_a_gradient, stamped_in_numpy],
    "output_padding": [rest_of_the_division, rest_by_hand, rest_by_trying, rest_in_torch],
    "im2col_batch": [batch_by_division, batch_by_counting, batch_by_floor],
}

WRONG = {
    "im2col": {
        "rows": im2col_as_rows,
        "channel_last": im2col_channel_last,
        "windows_by_column": im2col_windows_by_column,
        "taps_by_column": im2col_cells_by_column,
        "no_stride": im2col_without_stride,
        "no_padding": im2col_without_padding,
        "only_width": im2col_padded_in_width,
        "forgot_one": im2col_without_the_last,
        "open_slices": im2col_to_the_edge,
        "no_step": im2col_without_steps,
        "window_loop": im2col_of_the_chapter,
    },
    "conv2d": {
        "last_channel": conv2d_last_channel,
        "last_tap": conv2d_last_tap,
        "bias_per_channel": conv2d_bias_in_the_channel_loop,
        "bias_per_tap": conv2d_bias_in_the_tap_loop,
        "bias_along_width": conv2d_bias_on_the_width,
        "one_bias": conv2d_one_bias,
        "no_bias": conv2d_without_bias,
        "flipped": conv2d_flipped,
        "no_stride": conv2d_without_stride,
        "no_padding": conv2d_without_padding,
        "only_width": conv2d_padded_in_width,
        "first_image": conv2d_one_image,
        "open_slices": conv2d_to_the_edge,
        "no_step": conv2d_without_steps,
        "window_loop": conv2d_of_the_chapter,
    },
    "kernel_matrix": {
        "transposed": matrix_not_turned,
        "reshaped": matrix_reshaped,
        "flipped": matrix_flipped,
        "no_line_jump": matrix_rolled,
        "packed": matrix_packed,
        "no_stride": matrix_without_stride,
        "swapped_size": matrix_width_first,
        "loops": matrix_in_loops,
    },
    "conv_transpose2d": {
        "overwrites": stamped_over,
        "flipped": zeros_between_unflipped,
        "not_scaled": stamped_unscaled,
        "no_stride": stamped_without_stride,
        "stamps_close": stamped_too_close,
        "too_big": stamped_on_a_large_board,
        "full_size": stamped_on_a_full_board,
        "small_board": stamped_on_a_small_board,
        "transposed_kernel": stamped_with_the_transpose,
    },
    "output_padding": {
        "zero": lambda n, k, stride=1, padding=0: 0,
        "most": lambda n, k, stride=1, padding=0: stride - 1,
        "no_padding": lambda n, k, stride=1, padding=0: (n - k) % stride,
        "total": lambda n, k, stride=1, padding=0: (n - k + padding) % stride,
        "forgot_kernel": lambda n, k, stride=1, padding=0: (n + 2 * padding) % stride,
        "quotient": lambda n, k, stride=1, padding=0: int((n - k + 2 * padding) / stride),
        "complement": lambda n, k, stride=1, padding=0: stride - (n - k + 2 * padding) % stride,
        "size": lambda n, k, stride, p: (side(n, k, stride, p) - 1) * stride - 2 * p + k,
        "sign": lambda n, k, s, p: (side(n, k, s, p) - 1) * s - 2 * p + k - n,
    },
    "im2col_batch": {
        "no_channels": lambda c, n, k, s, p, mib: mib * 2**20 // (4 * (k * side(n, k, s, p)) ** 2),
        "kernel_side": lambda c, n, k, s, p, mib: (
            mib * 2**20 // (4 * c * k * side(n, k, s, p) ** 2)
        ),
        "output_side": lambda c, n, k, s, p, mib: mib * 2**20 // (4 * c * k * k * side(n, k, s, p)),
        "input_side": lambda c, n, k, s, p, mib: mib * 2**20 // (4 * c * k**2 * n**2),
        "no_bytes": lambda c, n, k, s, p, mib: mib * 1024**2 // (c * k * k * side(n, k, s, p) ** 2),
        "bits": lambda c, n, k, s, p, mib: (
            mib * 1024**2 // (32 * c * k * k * side(n, k, s, p) ** 2)
        ),
        "decimal": lambda c, n, k, s, p, mib: (
            int(mib * 1e6) // (4 * c * k * k * side(n, k, s, p) ** 2)
        ),
        "no_padding": lambda c, n, k, s, p, mib: (
            mib * 2**20 // (4 * c * k * k * ((n - k) // s + 1) ** 2)
        ),
        "no_stride": lambda c, n, k, s, p, mib: (
            mib * 2**20 // (4 * c * k * k * (n + 2 * p - k + 1) ** 2)
        ),
        "rounded_up": lambda c, n, k, s, p, mib: math.ceil(
            mib * 2**20 / (4 * c * k * k * side(n, k, s, p) ** 2)
        ),
        "not_whole": lambda c, n, k, s, p, mib: (
            mib * 2**20 / (4 * c * k * k * side(n, k, s, p) ** 2)
        ),
    },
}


def each(table):
    return [
        pytest.param(name, answer, id=f"{name}-{getattr(answer, '__name__', answer)}")
        for name, answers in table.items()
        for answer in answers
    ]


@pytest.mark.parametrize(("name", "answer"), each(RIGHT))
def test_right_answers_pass(name, answer):
    result = getattr(check, name)(answer)
    assert result, result


@pytest.mark.parametrize(("name", "mistake"), each(WRONG))
def test_wrong_answers_are_named(name, mistake):
    result = getattr(check, name)(WRONG[name][mistake])
    assert not result
    assert result.mistake == mistake, result


def test_every_mistake_is_written_as_a_student_would():
    for name, wrong in WRONG.items():
        exercise = getattr(check, name)
        assert set(wrong) == {*exercise.mistakes, *exercise.rules}


@pytest.mark.parametrize(
    ("name", "looped"), [("im2col", im2col_filled), ("conv2d", conv2d_in_six_loops)]
)
def test_loops_over_windows_are_named_whatever_their_form(name, looped):
    result = getattr(check, name)(looped)
    assert result.mistake == "window_loop" and "数都对" in repr(result)


def test_a_default_bias_of_zero_crashes_at_the_students_line():
    def my_conv2d(X, W, bias=0, stride=1, padding=0):
        Y = F.conv2d(X, W, None, stride, padding)
        for o in range(len(W)):
            Y[:, o] += bias[o]
        return Y

    result = check.conv2d(my_conv2d)
    assert result.outcome == "crashed" and "Y[:, o] += bias[o]" in repr(result)


def test_slices_without_an_end_crash_with_the_way_on():
    def my_im2col(X, kernel_size, stride=1, padding=0):
        X = F.pad(X, (padding,) * 4)
        cells = [(a, b) for a in range(kernel_size[0]) for b in range(kernel_size[1])]
        return torch.stack([X[:, :, a::stride, b::stride].flatten(2) for a, b in cells], dim=2)

    result = check.im2col(my_im2col)
    assert result.outcome == "crashed" and "torch.stack" in repr(result)
