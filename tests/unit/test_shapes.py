"""Output sizes against torch, setting by setting."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from d2lnotes.shapes import (
    conv_output_size,
    conv_transpose_output_size,
    pool_output_size,
    same_padding,
    unread_cells,
)

INPUT = st.integers(1, 14)
KERNEL = st.integers(1, 6)
PADDING = st.integers(0, 4)
STRIDE = st.integers(1, 5)
DILATION = st.integers(1, 4)


def pair_of(strategy):
    return st.tuples(strategy, strategy)


@settings(max_examples=3000, deadline=None)
@given(pair_of(INPUT), pair_of(KERNEL), pair_of(PADDING), pair_of(STRIDE), pair_of(DILATION))
def test_conv_output_size_is_torchs(n, k, p, s, d):
    options = {"padding": p, "stride": s, "dilation": d}
    try:
        expected = tuple(
            F.conv2d(torch.zeros(1, 1, *n), torch.zeros(1, 1, *k), **options).shape[2:]
        )
    except RuntimeError as error:
        with pytest.raises(ValueError, match="卷积核") as ours:
            conv_output_size(n, k, **options)
        assert str(error) in str(ours.value)
    else:
        assert conv_output_size(n, k, **options) == expected


@settings(max_examples=3000, deadline=None)
@given(
    pair_of(INPUT),
    pair_of(KERNEL),
    st.none() | pair_of(STRIDE),
    pair_of(PADDING),
    pair_of(DILATION),
    st.booleans(),
)
def test_pool_output_size_is_torchs(n, k, s, p, d, ceil_mode):
    try:
        image = torch.zeros(1, 1, *n)
        expected = F.max_pool2d(image, k, s, p, d, ceil_mode).shape[2:]
    except RuntimeError:
        with pytest.raises(ValueError):
            pool_output_size(n, k, stride=s, padding=p, dilation=d, ceil_mode=ceil_mode)
    else:
        ours = pool_output_size(n, k, stride=s, padding=p, dilation=d, ceil_mode=ceil_mode)
        assert ours == tuple(expected)


@settings(max_examples=3000, deadline=None)
@given(
    pair_of(INPUT),
    pair_of(KERNEL),
    pair_of(STRIDE),
    pair_of(PADDING),
    pair_of(st.integers(0, 4)),
    pair_of(DILATION),
)
def test_conv_transpose_output_size_is_torchs(n, k, s, p, extra, d):
    options = {"stride": s, "padding": p, "output_padding": extra, "dilation": d}
    try:
        image, kernel = torch.zeros(1, 1, *n), torch.zeros(1, 1, *k)
        expected = tuple(F.conv_transpose2d(image, kernel, **options).shape[2:])
    except RuntimeError:
        expected = (0, 0)
    if 0 in expected:  # torch lets an empty output pass; we say that nothing is left
        with pytest.raises(ValueError):
            conv_transpose_output_size(n, k, **options)
    else:
        assert conv_transpose_output_size(n, k, **options) == expected


@settings(max_examples=500, deadline=None)
@given(INPUT, KERNEL, STRIDE, st.integers(0, 2), DILATION)
def test_a_transposed_convolution_undoes_a_convolutions_size(n, k, s, p, d):
    if n + 2 * p < d * (k - 1) + 1:
        return
    options = {"stride": s, "padding": p, "dilation": d}
    out = conv_output_size(n, k, **options)
    rest = (n + 2 * p - d * (k - 1) - 1) % s
    assert conv_transpose_output_size(out, k, **options, output_padding=rest) == n


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@settings(max_examples=300, deadline=None)
@given(INPUT, KERNEL, DILATION)
def test_same_keeps_the_size_and_pads_like_torch(n, k, d):
    assert conv_output_size(n, k, padding="same", dilation=d) == n
    left, right = same_padding(k, d)
    x, w = torch.rand(1, 1, n), torch.rand(1, 1, k)
    by_hand = F.conv1d(F.pad(x, (left, right)), w, dilation=d)
    torch.testing.assert_close(by_hand, F.conv1d(x, w, padding="same", dilation=d))


@settings(max_examples=500, deadline=None)
@given(INPUT, KERNEL, PADDING, STRIDE, DILATION)
def test_unread_cells_get_no_gradient_at_the_far_end(n, k, p, s, d):
    if n + 2 * p < d * (k - 1) + 1:
        return
    x = torch.zeros(1, 1, n, requires_grad=True)
    ones = torch.ones(1, 1, k)
    F.conv1d(x, ones, padding=p, stride=s, dilation=d).sum().backward()
    unread = unread_cells(n, k, padding=p, stride=s, dilation=d)
    reached = n - unread
    assert not x.grad[0, 0, reached:].any()
    # the last window's last tap is the last cell read, unless it lies in the padding
    assert unread in (0, n) or x.grad[0, 0, reached - 1] > 0


def test_ints_give_an_int_and_one_pair_gives_a_pair():
    assert conv_output_size(7, 3) == 5
    assert conv_output_size((7, 9), 3) == (5, 7)
    assert conv_output_size(7, (3, 5), padding=1) == (7, 5)
    assert same_padding(4) == (1, 2)
    assert same_padding((4, 3)) == ((1, 2), (1, 1))
    assert unread_cells((8, 7), 3, stride=2) == (1, 0)


def test_textbook_numbers():
    assert conv_output_size((8, 8), (3, 5), padding=(0, 1), stride=(3, 4)) == (2, 2)
    assert conv_output_size(224, 7, padding=3, stride=2) == 112
    size, layers = 224, 0
    while size > 4:
        size, layers = conv_output_size(size, 5), layers + 1
    assert (size, layers) == (4, 55)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"stride": 0}, ValueError, "non-positive stride is not supported"),
        ({"padding": -1}, ValueError, "negative padding is not supported"),
        ({"dilation": 0}, ValueError, "dilation should be greater than zero"),
        ({"kernel_size": 0}, ValueError, "kernel size should be greater than zero"),
        ({"input_size": -3}, ValueError, "input_size=-3"),
        ({"input_size": 2.5}, TypeError, "input_size=2.5"),
        ({"stride": True}, TypeError, "stride=True"),
        ({"kernel_size": (1, 2, 3)}, ValueError, "一对整数"),
        ({"input_size": (7,)}, ValueError, "一对整数"),
        ({"padding": "full"}, ValueError, "'same'"),
        ({"padding": "same", "stride": 2}, ValueError, "not supported for strided convolutions"),
    ],
)
def test_bad_sizes_are_named(arguments, error, says):
    with pytest.raises(error, match=says.replace("(", r"\(")):
        conv_output_size(**({"input_size": 7, "kernel_size": 3} | arguments))


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (pool_output_size, {"padding": 2}, "got pad=2, kernel_size=3 and dilation=1"),
        (pool_output_size, {"kernel_size": 8}, "Output size is too small"),
        (pool_output_size, {"stride": 0}, "non-positive stride"),
        (conv_transpose_output_size, {"output_padding": 1}, "smaller than either stride"),
        (conv_transpose_output_size, {"padding": 5}, "Output size is too small"),
    ],
)
def test_bad_pooling_and_transposed_settings_are_named(function, arguments, says):
    with pytest.raises(ValueError, match=says):
        function(**({"input_size": 7, "kernel_size": 3} | arguments))
