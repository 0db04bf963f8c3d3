"""The by-hand operators against torch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from d2lnotes.ops import Conv2D, comp_conv2d, corr2d

SIDE = st.integers(1, 7)


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
