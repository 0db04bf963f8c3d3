"""The by-hand operators against torch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from d2lnotes.ops import (
    Conv2D,
    comp_conv2d,
    conv2d,
    conv_transpose2d_by_matrix,
    corr2d,
    corr2d_multi_in,
    corr2d_multi_in_out,
    corr2d_multi_in_out_1x1,
    im2col,
    kernel_matrix,
    pool2d,
    shift,
)

SIDE = st.integers(1, 7)


@given(SIDE, SIDE, st.integers(-9, 9), st.integers(-9, 9))
def test_shift_moves_every_pixel_once_and_lets_zeros_in(n_h, n_w, rows, cols):
    X = torch.rand(2, n_h, n_w)
    kept = X.clone()
    moved = shift(X, rows, cols)
    for i in range(n_h):
        for j in range(n_w):
            inside = 0 <= i - rows < n_h and 0 <= j - cols < n_w
            expected = X[:, i - rows, j - cols] if inside else torch.zeros(2)
            assert torch.equal(moved[:, i, j], expected)
    assert torch.equal(X, kept) and moved.shape == X.shape


@settings(max_examples=300, deadline=None)
@given(SIDE, SIDE, SIDE, SIDE, st.integers(0, 2**31))
def test_corr2d_is_torchs_in_value_and_gradient(n_h, n_w, k_h, k_w, seed):
    if k_h > n_h or k_w > n_w:
        return
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n_h, n_w, dtype=torch.float64, generator=generator, requires_grad=True)
    K = torch.randn(k_h, k_w, dtype=torch.float64, generator=generator, requires_grad=True)
    ours, torchs = corr2d(X, K), F.conv2d(X[None, None], K[None, None])[0, 0]
    torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-10)
    weights = torch.randn(ours.shape, dtype=torch.float64, generator=generator)
    for a, b in zip(
        torch.autograd.grad(ours, (X, K), weights),
        torch.autograd.grad(torchs, (X, K), weights),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def test_corr2d_textbook_example_and_dtypes():
    X, K = torch.arange(9).reshape(3, 3), torch.arange(4).reshape(2, 2)
    assert corr2d(X, K).tolist() == [[19, 25], [37, 43]]
    assert corr2d(X.half(), K.half()).dtype == torch.float16


@pytest.mark.parametrize(
    ("X", "K", "says"),
    [
        (torch.ones(2, 2), torch.ones(3, 1), "比输入"),
        (torch.ones(2, 2), torch.ones(0, 0), "是空的"),
        (torch.ones(1, 2, 2), torch.ones(1, 1), r"X 应是二维矩阵，现在形状是 \(1, 2, 2\)"),
        (torch.ones(2, 2), torch.ones(2), "K 应是二维矩阵"),
    ],
)
def test_corr2d_names_what_is_wrong(X, K, says):
    with pytest.raises(ValueError, match=says):
        corr2d(X, K)


def test_conv2d_layer_adds_its_bias_and_learns_both():
    layer = Conv2D((2, 3))
    assert {name: tuple(p.shape) for name, p in layer.named_parameters()} == {
        "weight": (2, 3),
        "bias": (1,),
    }
    X = torch.rand(5, 6)
    layer.bias.data.fill_(2.0)
    expected = F.conv2d(X[None, None], layer.weight[None, None], layer.bias)[0, 0]
    torch.testing.assert_close(layer(X), expected)
    layer(X).sum().backward()
    assert layer.bias.grad.item() == 4 * 4


def test_comp_conv2d_adds_and_removes_two_dimensions():
    X = torch.rand(8, 8)
    assert comp_conv2d(nn.Conv2d(1, 1, (5, 3), padding=(2, 1)), X).shape == (8, 8)
    with pytest.raises(ValueError, match="二维矩阵"):
        comp_conv2d(nn.Conv2d(1, 1, 3), X[None])
    with pytest.raises(ValueError, match="输出通道"):
        comp_conv2d(nn.Conv2d(1, 2, 3), X)


def pair_of(strategy):
    return st.tuples(strategy, strategy)


def random(generator, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@settings(max_examples=600, deadline=None)
@given(
    groups=st.integers(1, 3),
    channels=pair_of(st.integers(1, 2)),
    size=pair_of(st.integers(1, 8)),
    kernel=pair_of(st.integers(1, 4)),
    stride=pair_of(st.integers(1, 3)) | st.integers(1, 3),
    padding=pair_of(st.integers(0, 3)) | st.integers(0, 3) | st.sampled_from(["same", "valid"]),
    dilation=pair_of(st.integers(1, 3)) | st.integers(1, 3),
    with_bias=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_conv2d_is_torchs(
    groups, channels, size, kernel, stride, padding, dilation, with_bias, seed
):
    generator = torch.Generator().manual_seed(seed)
    c_in, c_out = (groups * c for c in channels)
    X = random(generator, 2, c_in, *size)
    W = random(generator, c_out, c_in // groups, *kernel)
    b = random(generator, c_out) if with_bias else None
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    try:
        expected = F.conv2d(X, W, b, **options)
    except RuntimeError:
        for method in ("loops", "im2col"):
            with pytest.raises(ValueError):
                conv2d(X, W, b, method=method, **options)
        return
    for method in ("loops", "im2col"):
        ours = conv2d(X, W, b, method=method, **options)
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", ["loops", "im2col"])
def test_conv2d_is_differentiable(method):
    generator = torch.Generator().manual_seed(0)
    shapes = ((1, 4, 5, 6), (2, 2, 3, 2), (2,))
    arguments = [random(generator, *shape).requires_grad_() for shape in shapes]
    options = {"stride": 2, "padding": 1, "dilation": (1, 2), "groups": 2}
    ours = torch.autograd.grad(conv2d(*arguments, method=method, **options).cos().sum(), arguments)
    torchs = torch.autograd.grad(F.conv2d(*arguments, **options).cos().sum(), arguments)
    for a, b in zip(ours, torchs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"input": torch.ones(4, 5, 5)}, "input 应有 4 个维度"),
        ({"weight": torch.ones(3, 3)}, "weight 应有 4 个维度"),
        ({"input": torch.ones(1, 3, 5, 5)}, "需要 4 个"),
        ({"groups": 3}, "不能整除输出通道数 4"),
        ({"groups": 0}, "groups=0"),
        ({"bias": torch.ones(3)}, r"应是 \(4,\)"),
        ({"weight": torch.ones(4, 4, 6, 6)}, "greater than actual input size"),
        ({"method": "fft"}, "method='fft'"),
        ({"stride": 0}, "non-positive stride"),
    ],
)
def test_conv2d_names_what_is_wrong(change, says):
    good = {"input": torch.ones(1, 4, 5, 5), "weight": torch.ones(4, 4, 3, 3)}
    with pytest.raises(ValueError, match=says):
        conv2d(**(good | change))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 3),
    pair_of(st.integers(4, 8)),
    pair_of(st.integers(1, 3)),
    pair_of(st.integers(1, 3)),
    pair_of(st.integers(0, 2)),
    pair_of(st.integers(1, 2)),
)
def test_im2col_is_torchs_unfold(channels, size, kernel, stride, padding, dilation):
    X = torch.rand(2, channels, *size)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    sizes = zip(size, padding, dilation, kernel, strict=True)
    if any(n + 2 * p < d * (k - 1) + 1 for n, p, d, k in sizes):
        return
    assert torch.equal(im2col(X, kernel, **options), F.unfold(X, kernel, **options))


@settings(max_examples=300, deadline=None)
@given(
    pair_of(st.integers(1, 6)),
    pair_of(st.integers(1, 3)),
    pair_of(st.integers(1, 3)),
    pair_of(st.integers(0, 2)),
    st.integers(0, 2),
    st.integers(0, 2**31),
)
def test_kernel_matrix_and_its_transpose(size, kernel, stride, padding, extra, seed):
    generator = torch.Generator().manual_seed(seed)
    X, K = random(generator, *size), random(generator, *kernel)
    options = {"stride": stride, "padding": padding}
    if all(n + 2 * p >= k for n, p, k in zip(size, padding, kernel, strict=True)):
        expected = F.conv2d(X[None, None], K[None, None], **options)[0, 0]
        M = kernel_matrix(K, size, **options)
        torch.testing.assert_close(M @ X.flatten(), expected.flatten(), rtol=0, atol=1e-10)
    options["output_padding"] = tuple(min(extra, s - 1) for s in stride)
    try:
        expected = F.conv_transpose2d(X[None, None], K[None, None], **options)[0, 0]
    except RuntimeError:
        return
    if expected.numel():
        ours = conv_transpose2d_by_matrix(X, K, **options)
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-10)


@settings(max_examples=200, deadline=None)
@given(pair_of(st.integers(1, 6)), pair_of(st.integers(1, 6)), st.sampled_from(["max", "avg"]))
def test_pool2d_is_torchs(size, window, mode):
    X = torch.randn(size, dtype=torch.float64)
    if window[0] > size[0] or window[1] > size[1]:
        with pytest.raises(ValueError):
            pool2d(X, window, mode)
        return
    pool = F.max_pool2d if mode == "max" else F.avg_pool2d
    expected = pool(X[None, None], window, stride=1)[0, 0]
    torch.testing.assert_close(pool2d(X, window, mode), expected, rtol=0, atol=1e-10)


def test_channels():
    X, K = torch.randn(3, 6, 5, dtype=torch.float64), torch.randn(2, 3, 2, 3, dtype=torch.float64)
    expected = F.conv2d(X[None], K)[0]
    torch.testing.assert_close(corr2d_multi_in_out(X, K), expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(corr2d_multi_in(X, K[0]), expected[0], rtol=0, atol=1e-10)
    K = torch.randn(4, 3, 1, 1, dtype=torch.float64)
    expected = F.conv2d(X[None], K)[0]
    torch.testing.assert_close(corr2d_multi_in_out_1x1(X, K), expected, rtol=0, atol=1e-10)


def test_two_input_channels_give_56():
    X = torch.stack([torch.arange(9.0), torch.arange(1.0, 10)]).reshape(2, 3, 3)
    K = torch.stack([torch.arange(4.0), torch.arange(1.0, 5)]).reshape(2, 2, 2)
    assert corr2d_multi_in(X, K)[0, 0] == 56


def test_channel_mistakes_are_named():
    with pytest.raises(ValueError, match="X 有 3 个通道，K 有 2 个"):
        corr2d_multi_in(torch.ones(3, 4, 4), torch.ones(2, 2, 2))
    with pytest.raises(ValueError, match=r"应是（输出通道, 3, 1, 1）"):
        corr2d_multi_in_out_1x1(torch.ones(3, 4, 4), torch.ones(2, 3, 2, 2))
    with pytest.raises(ValueError, match="mode='min'"):
        pool2d(torch.ones(3, 3), 2, "min")
