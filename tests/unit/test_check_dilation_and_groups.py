"""The chapter on dilated and grouped convolution: answers as students write them."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check

# ------------------------------------------------------------------ smallest_dilation


def dilation_by_trying(k, size):
    d = 1
    while d * (k - 1) + 1 < size:
        d += 1
    return d


def dilation_by_next(k, size):
    return next(d for d in range(1, size + 1) if (k - 1) * d >= size - 1)


def dilation_measured(k, size):
    for d in range(1, 99):
        # a window that spans `extent` cells gives one output on just so many
        conv = nn.Conv1d(1, 1, k, dilation=d)
        extent = 99 * k - conv(torch.zeros(1, 1, 99 * k)).shape[-1] + 1
        if extent >= size:
            return d


def dilation_of_holes(k, size):
    holes = 0
    while k + holes * (k - 1) < size:
        holes += 1
    return holes


def dilation_too_small(k, size):
    d = 1
    while (d + 1) * (k - 1) + 1 <= size:
        d += 1
    return d


def dilation_of_k_cells_each(k, size):
    d = 1
    while d * k < size:
        d += 1
    return d


def dilation_without_the_last_cell(k, size):
    return (size - 1) // (k - 1) + 1


def dilation_added(k, size):
    d = 1
    while k + d < size:
        d += 1
    return d


def dilation_gives_the_extent(k, size):
    d = math.ceil((size - 1) / (k - 1))
    return d * (k - 1) + 1


# ------------------------------------------------------------------ dilate


def dilate_in_loops(K, d_h, d_w):
    rows = []
    for a, line in enumerate(K.tolist()):
        row = []
        for b, weight in enumerate(line):
            row += [0.0] * (d_w - 1) * (b > 0) + [weight]
        rows += [[0.0] * len(row)] * (d_h - 1) * (a > 0) + [row]
    return torch.tensor(rows)


def dilate_by_kron(K, d_h, d_w):
    corner = torch.zeros(d_h, d_w)
    corner[0, 0] = 1
    height, width = (K.shape[0] - 1) * d_h + 1, (K.shape[1] - 1) * d_w + 1
    return torch.kron(K, corner)[:height, :width]


def dilate_as_transposed_convolution(K, d_h, d_w):
    return F.conv_transpose2d(K[None, None], torch.ones(1, 1, 1, 1), stride=(d_h, d_w))[0, 0]


def dilate_cell_by_cell(K, d_h, d_w):
    k_h, k_w = K.shape
    Z = torch.zeros(k_h + (k_h - 1) * (d_h - 1), k_w + (k_w - 1) * (d_w - 1))
    for a in range(k_h):
        for b in range(k_w):
            Z[a * d_h, b * d_w] = K[a, b]
    return Z


def dilate_with_zeros_behind(K, d_h, d_w):
    Z = torch.zeros(K.shape[0] * d_h, K.shape[1] * d_w)
    Z[::d_h, ::d_w] = K
    return Z


def dilate_with_d_zeros(K, d_h, d_w):
    k_h, k_w = K.shape
    Z = torch.zeros(k_h + (k_h - 1) * d_h, k_w + (k_w - 1) * d_w)
    Z[:: d_h + 1, :: d_w + 1] = K
    return Z


def dilate_by_repeating(K, d_h, d_w):
    return torch.kron(K, torch.ones(d_h, d_w))


def dilate_by_tiling(K, d_h, d_w):
    return torch.cat([torch.cat([K] * d_w, dim=1)] * d_h, dim=0)


def dilate_rows_only(K, d_h, d_w):
    Z = torch.zeros((K.shape[0] - 1) * d_h + 1, K.shape[1])
    Z[::d_h] = K
    return Z


def dilate_columns_only(K, d_h, d_w):
    Z = torch.zeros(K.shape[0], (K.shape[1] - 1) * d_w + 1)
    Z[:, ::d_w] = K
    return Z


def dilate_swapped(K, d_h, d_w):
    Z = torch.zeros((K.shape[0] - 1) * d_w + 1, (K.shape[1] - 1) * d_h + 1)
    Z[::d_w, ::d_h] = K
    return Z


def dilate_with_one_rate(K, d_h, d_w):
    Z = torch.zeros((K.shape[0] - 1) * d_h + 1, (K.shape[1] - 1) * d_h + 1)
    Z[::d_h, ::d_h] = K
    return Z


# ------------------------------------------------------------------ ungroup


def ungroup_by_output(W, groups):
    c_o, n = W.shape[:2]
    full = torch.zeros(c_o, n * groups, *W.shape[2:])
    for o in range(c_o):
        first = o // (c_o // groups) * n
        full[o, first : first + n] = W[o]
    return full


def ungroup_by_padding(W, groups):
    n = W.shape[1]
    rows = [
        F.pad(w, (0, 0, 0, 0, g * n, (groups - 1 - g) * n)) for g, w in enumerate(W.chunk(groups))
    ]
    return torch.cat(rows)


def ungroup_by_block_diagonal(W, groups):
    taps = [
        torch.block_diag(*W[:, :, a, b].chunk(groups))
        for a in range(W.shape[2])
        for b in range(W.shape[3])
    ]
    return torch.stack(taps, dim=-1).unflatten(-1, W.shape[2:])


def ungroup_by_einsum(W, groups):
    parts = W.unflatten(0, (groups, -1))
    full = torch.einsum("gmnab,gh->gmhnab", parts, torch.eye(groups))
    return full.flatten(2, 3).flatten(0, 1)


def ungroup_by_response(W, groups):
    """One channel of an impulse at a time, through torch's own grouped convolution."""
    k_h, k_w = W.shape[2:]
    columns = []
    for i in range(W.shape[1] * groups):
        X = torch.zeros(1, W.shape[1] * groups, 2 * k_h - 1, 2 * k_w - 1)
        X[0, i, k_h - 1, k_w - 1] = 1
        columns.append(F.conv2d(X, W, groups=groups)[0].flip(1, 2))
    return torch.stack(columns, dim=1)


def ungroup_to_all(W, groups):
    return torch.cat([W] * groups, dim=1)


def ungroup_to_the_first(W, groups):
    full = torch.zeros(len(W), W.shape[1] * groups, *W.shape[2:])
    full[:, : W.shape[1]] = W
    return full


def ungroup_interleaved_inputs(W, groups):
    full = torch.zeros(len(W), W.shape[1] * groups, *W.shape[2:])
    m = len(W) // groups
    for o in range(len(W)):
        for i in range(W.shape[1]):
            full[o, i * groups + o // m] = W[o, i]
    return full


def ungroup_interleaved_outputs(W, groups):
    full = torch.zeros(len(W), W.shape[1] * groups, *W.shape[2:])
    n = W.shape[1]
    for o in range(len(W)):
        g = o % groups
        full[o, g * n : g * n + n] = W[o]
    return full


def ungroup_with_the_same_kernels(W, groups):
    m, n = len(W) // groups, W.shape[1]
    full = torch.zeros(len(W), n * groups, *W.shape[2:])
    for g in range(groups):
        full[g * m : (g + 1) * m, g * n : (g + 1) * n] = W[:m]
    return full


def ungroup_on_the_other_diagonal(W, groups):
    m, n = len(W) // groups, W.shape[1]
    full = torch.zeros(len(W), n * groups, *W.shape[2:])
    for g in range(groups):
        left = (groups - g - 1) * n
        full[g * m : (g + 1) * m, left : left + n] = W[g * m : (g + 1) * m]
    return full


def ungroup_nothing(W, groups):
    return W.clone()


def ungroup_with_one_length(W, groups):
    n = W.shape[1]
    full = torch.zeros(len(W), n * groups, *W.shape[2:])
    for g in range(groups):
        block = slice(g * n, (g + 1) * n)
        full[block, block] = W[block]
    return full


def ungroup_averaged(W, groups):
    return ungroup_by_output(W, groups) / groups


# ------------------------------------------------------------------ channel_shuffle


def shuffle_by_index(X, groups):
    inside = X.shape[1] // groups
    return X[:, [g * inside + i for i in range(inside) for g in range(groups)]]


def shuffle_by_stack(X, groups):
    return torch.stack(X.chunk(groups, dim=1), dim=2).flatten(1, 2)


def shuffle_by_slices(X, groups):
    inside = X.shape[1] // groups
    return torch.cat([X[:, i::inside] for i in range(inside)], dim=1)


def shuffle_one_by_one(X, groups):
    Y = torch.empty_like(X)
    inside = X.shape[1] // groups
    for c in range(X.shape[1]):
        g, i = divmod(c, inside)
        Y[:, i * groups + g] = X[:, c]
    return Y


def shuffle_without_transpose(X, groups):
    N, c, h, w = X.shape
    return X.reshape(N, groups, c // groups, h, w).reshape(N, c, h, w)


def shuffle_with_the_wrong_table(X, groups):
    N, c, h, w = X.shape
    return X.reshape(N, c // groups, groups, h, w).transpose(1, 2).reshape(N, c, h, w)


def shuffle_reversed(X, groups):
    return X[:, list(range(X.shape[1] - 1, -1, -1))]


def shuffle_rotated(X, groups):
    parts = X.chunk(groups, dim=1)
    return torch.cat([parts[-1], *parts[:-1]], dim=1)


def shuffle_at_random(X, groups):
    order = torch.randperm(X.shape[1])
    return X[:, order]


def shuffle_pixels_too(X, groups):
    N, c, h, w = X.shape
    return X.view(N, groups, -1).permute(0, 2, 1).reshape(N, c, h, w)


def shuffle_inside(X, groups):
    return torch.cat([part.flip(1) for part in X.chunk(groups, dim=1)], dim=1)


def shuffle_across_the_batch(X, groups):
    N, c, h, w = X.shape
    table = X.reshape(N, groups, c // groups, h, w)
    return table.transpose(0, 1).reshape(N, c, h, w)


def shuffle_of_torch(X, groups):
    return nn.ChannelShuffle(groups)(X)


# ------------------------------------------------------------------ separable_width


def width_by_formula(c, k):
    return int((math.sqrt(k**4 + 4 * c * c * k * k) - k * k) / 2 + 1e-9)


def width_by_search(c, k):
    return max(w for w in range(c * k + 1) if k * k * w + w * w <= k * k * c * c)


def width_of_layers(c, k):
    def weights(*layers):
        return sum(p.numel() for p in nn.Sequential(*layers).parameters())

    with torch.device("meta"):
        budget = weights(nn.Conv2d(c, c, k, bias=False))
        for w in range(c * k, 0, -1):
            spatial = nn.Conv2d(w, w, k, groups=w, bias=False)
            if weights(spatial, nn.Conv2d(w, w, 1, bias=False)) <= budget:
                return w


def width_without_depthwise(c, k):
    return math.isqrt(c * c * k * k)


def width_without_pointwise(c, k):
    return c * c * k * k // (k * k)


def width_with_full_depthwise(c, k):
    w = 0
    while (w + 1) ** 2 * k * k + (w + 1) ** 2 <= c * c * k * k:
        w += 1
    return w


def width_with_k_once(c, k):
    w = 0
    while (w + 1) * k + (w + 1) ** 2 <= c * c * k:
        w += 1
    return w


def width_first_too_large(c, k):
    w = 0
    while w * k * k + w * w <= c * c * k * k:
        w += 1
    return w


def width_strictly_less(c, k):
    w = 0
    while (w + 1) * k * k + (w + 1) ** 2 < c * c * k * k:
        w += 1
    return w


def width_from_c_channels(c, k):
    w = 0
    while (w + 1) * k * k + c * (w + 1) <= c * c * k * k:
        w += 1
    return w


def width_reached(c, k):
    w = 1
    while w * k * k + w * w < c * c * k * k:
        w += 1
    return w


def width_as_before(c, k):
    return c


# ------------------------------------------------------------------ split_kernel


def split_by_svd(K):
    U, S, Vh = torch.linalg.svd(K, full_matrices=False)
    root = S[0].sqrt()
    return U[:, :1] * root, root * Vh[:1]


def split_by_largest(K):
    i, j = divmod(K.abs().argmax().item(), K.shape[1])
    return K[:, j], K[i] / K[i, j]


def split_by_line(K):
    row = K[K.abs().sum(1).argmax()]
    return K @ row / (row @ row), row


def split_in_numpy(K):
    U, S, Vh = np.linalg.svd(K.numpy())
    return U[:, 0] * S[0], Vh[0]


def split_in_loops(K):
    for row in K:
        if row.abs().sum() > 0:
            break
    j = row.abs().argmax()
    return [(line[j] / row[j]).item() for line in K], row.tolist()


def split_without_sigma(K):
    U, _, Vh = torch.linalg.svd(K)
    return U[:, :1], Vh[:1]


def split_with_sigma_twice(K):
    U, S, Vh = torch.linalg.svd(K)
    return U[:, :1] * S[0], S[0] * Vh[:1]


def split_by_a_column_of_vh(K):
    U, S, V = torch.linalg.svd(K)
    return U[:, 0] * S[0], V[:, 0]


def split_by_a_row_of_u(K):
    U, S, Vh = torch.linalg.svd(K)
    return U[:1] * S[0], Vh[:1]


def split_by_all_terms(K):
    U, S, Vh = torch.linalg.svd(K)
    return U * S, Vh


def split_first_ones(K):
    return K[:, :1], K[:1]


def split_over_the_corner(K):
    return K[:, :1] / K[0, 0], K[:1]


def split_sums(K):
    return K.sum(1, keepdim=True), K.sum(0, keepdim=True)


def split_over_the_total(K):
    return K.sum(1, keepdim=True) / K.sum(), K.sum(0, keepdim=True)


def split_means(K):
    return K.mean(1, keepdim=True), K.mean(0, keepdim=True)


def split_swapped(K):
    column, row = split_by_largest(K)
    return row, column


RIGHT = {
    "smallest_dilation": [dilation_by_trying, dilation_by_next, dilation_measured],
    "dilate": [
        dilate_in_loops,
        dilate_by_kron,
        dilate_as_transposed_convolution,
        dilate_cell_by_cell,
    ],
    "ungroup": [
        ungroup_by_output,
        ungroup_by_padding,
        ungroup_by_block_diagonal,
        ungroup_by_einsum,
        ungroup_by_response,
    ],
    "channel_shuffle": [
        shuffle_by_index,
        shuffle_by_stack,
        shuffle_by_slices,
        shuffle_one_by_one,
    ],
    "separable_width": [width_by_formula, width_by_search, width_of_layers],
    "split_kernel": [split_by_svd, split_by_largest, split_by_line, split_in_numpy, split_in_loops],
}
WRONG = {
    "smallest_dilation": {
        "holes": dilation_of_holes,
        "floor": dilation_too_small,
        "times_k": dilation_of_k_cells_each,
        "forgot_one": dilation_without_the_last_cell,
        "added": dilation_added,
        "extent": dilation_gives_the_extent,
    },
    "dilate": {
        "trailing": dilate_with_zeros_behind,
        "d_zeros": dilate_with_d_zeros,
        "repeated": dilate_by_repeating,
        "tiled": dilate_by_tiling,
        "rows_only": dilate_rows_only,
        "columns_only": dilate_columns_only,
        "swapped": dilate_swapped,
        "one_rate": dilate_with_one_rate,
    },
    "ungroup": {
        "all_groups": ungroup_to_all,
        "first_group": ungroup_to_the_first,
        "interleaved_inputs": ungroup_interleaved_inputs,
        "interleaved_outputs": ungroup_interleaved_outputs,
        "same_kernels": ungroup_with_the_same_kernels,
        "reversed_blocks": ungroup_on_the_other_diagonal,
        "not_widened": ungroup_nothing,
        "one_length": ungroup_with_one_length,
        "averaged": ungroup_averaged,
    },
    "channel_shuffle": {
        "unchanged": shuffle_without_transpose,
        "wrong_table": shuffle_with_the_wrong_table,
        "reversed": shuffle_reversed,
        "rotated": shuffle_rotated,
        "random": shuffle_at_random,
        "mixes_pixels": shuffle_pixels_too,
        "within_groups": shuffle_inside,
        "batch": shuffle_across_the_batch,
        "library": shuffle_of_torch,
    },
    "separable_width": {
        "no_depthwise": width_without_depthwise,
        "no_pointwise": width_without_pointwise,
        "depthwise_squared": width_with_full_depthwise,
        "narrow_input": width_from_c_channels,
        "first_reached": width_reached,
        "k_once": width_with_k_once,
        "one_more": width_first_too_large,
        "strict": width_strictly_less,
        "same": width_as_before,
    },
    "split_kernel": {
        "no_sigma": split_without_sigma,
        "sigma_twice": split_with_sigma_twice,
        "column_of_vh": split_by_a_column_of_vh,
        "row_of_u": split_by_a_row_of_u,
        "all_terms": split_by_all_terms,
        "first_ones": split_first_ones,
        "divided_by_corner": split_over_the_corner,
        "sums": split_sums,
        "divided_by_total": split_over_the_total,
        "means": split_means,
        "swapped": split_swapped,
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


def split_forgotten(K):
    parts = torch.linalg.svd(K)
    parts[0][:, :1], parts[2][:1]


@pytest.mark.parametrize("answer", [lambda K: K, torch.linalg.svd], ids=["whole", "svd"])
def test_a_split_that_is_no_pair_is_told_what_is_wanted(answer):
    result = check.split_kernel(answer)
    assert result.outcome == "crashed" and "return column, row" in repr(result)


def test_a_split_without_return_is_told_so():
    assert check.split_kernel(split_forgotten).mistake == "nothing"


def test_the_example_shows_the_zero_that_was_divided_by():
    assert "nan" in repr(check.split_kernel(split_over_the_total))
