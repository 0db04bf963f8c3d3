"""Convolution by hand, for reading: every line is the definition, none is a trick.

The results equal PyTorch's; the tests hold them together. Any device, any dtype, differentiable.
"""

import torch
from torch import nn


def corr2d(X, K):
    """Two-dimensional cross-correlation: ``Y[i, j]`` is the sum of window (i, j) times the kernel.

    Args:
        X: Input ``(n_h, n_w)``.
        K: Kernel ``(k_h, k_w)``.

    Returns:
        Output ``(n_h - k_h + 1, n_w - k_w + 1)``.

    Raises:
        ValueError: If an argument is not a matrix, or the kernel is larger than the input.
    """
    for name, matrix in (("X", X), ("K", K)):
        if matrix.dim() != 2:
            raise ValueError(f"{name} 应是二维矩阵，现在形状是 {tuple(matrix.shape)}")
    k_h, k_w = K.shape
    rows, cols = X.shape[0] - k_h + 1, X.shape[1] - k_w + 1
    if min(rows, cols) < 1:
        raise ValueError(
            f"卷积核 K {tuple(K.shape)} 比输入 X {tuple(X.shape)} 还大，一个窗口也放不下"
        )
    sums = [(X[i : i + k_h, j : j + k_w] * K).sum() for i in range(rows) for j in range(cols)]
    return torch.stack(sums).reshape(rows, cols)


class Conv2D(nn.Module):
    """Convolution layer with one input and one output channel: :func:`corr2d` plus a bias.

    Args:
        kernel_size: Height and width of the kernel.
    """

    def __init__(self, kernel_size):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(kernel_size))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        """Map ``(n_h, n_w)`` to ``(n_h - k_h + 1, n_w - k_w + 1)``."""
        return corr2d(X, self.weight) + self.bias


def comp_conv2d(conv2d, X):
    """Apply a layer for ``(N, C, H, W)`` to a plain matrix and give a matrix back.

    Args:
        conv2d: A layer with one input channel and one output channel.
        X: Input ``(n_h, n_w)``.

    Returns:
        Output ``(m_h, m_w)``.
    """
    if X.dim() != 2:
        raise ValueError(f"X 应是二维矩阵，现在形状是 {tuple(X.shape)}")
    Y = conv2d(X[None, None])
    if Y.shape[:2] != (1, 1):
        raise ValueError(f"conv2d 应只有一个输出通道，现在输出形状是 {tuple(Y.shape)}")
    return Y[0, 0]
