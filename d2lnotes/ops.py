"""Convolution by hand, for reading: every line is the definition, none is a trick.

The results equal PyTorch's; the tests hold them together. Any device, any dtype, differentiable.
"""

import torch
from torch import nn

from .shapes import conv_output_size, conv_transpose_output_size, same_padding


def shift(X, rows, cols):
    """Move pictures down and to the right; what leaves is lost, zeros come in.

    Args:
        X: Pictures ``(..., H, W)``.
        rows: Rows to go down; negative is up.
        cols: Columns to go right; negative is left.

    Returns:
        ``(..., H, W)``, new.
    """
    moved = torch.zeros_like(X)
    (to_i, from_i), (to_j, from_j) = _overlap(X.shape[-2], rows), _overlap(X.shape[-1], cols)
    moved[..., to_i, to_j] = X[..., from_i, from_j]
    return moved


def _overlap(size, step):
    """Where the part that stays in sight goes, and where it comes from."""
    kept = max(size - abs(step), 0)
    to, source = max(step, 0), max(-step, 0)
    return slice(to, to + kept), slice(source, source + kept)


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
    if min(rows, cols, k_h, k_w) < 1:
        raise ValueError(
            f"卷积核 K {tuple(K.shape)} 是空的，或比输入 X {tuple(X.shape)} 还大，一个窗口也放不下"
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


def corr2d_multi_in(X, K):
    """Cross-correlation of several input channels: one by channel, then added up.

    Args:
        X: Input ``(C, n_h, n_w)``.
        K: Kernel ``(C, k_h, k_w)``.

    Returns:
        Output ``(m_h, m_w)``.
    """
    if len(X) != len(K):
        raise ValueError(f"X 有 {len(X)} 个通道，K 有 {len(K)} 个：应相等")
    return sum(corr2d(x, k) for x, k in zip(X, K, strict=True))


def corr2d_multi_in_out(X, K):
    """Several output channels: one multi-channel kernel for each.

    Args:
        X: Input ``(C_in, n_h, n_w)``.
        K: Kernels ``(C_out, C_in, k_h, k_w)``.

    Returns:
        Output ``(C_out, m_h, m_w)``.
    """
    return torch.stack([corr2d_multi_in(X, k) for k in K])


def corr2d_multi_in_out_1x1(X, K):
    """1x1 convolution as a matrix product: a dense layer over the channels of every pixel.

    Args:
        X: Input ``(C_in, n_h, n_w)``.
        K: Kernels ``(C_out, C_in, 1, 1)``.

    Returns:
        Output ``(C_out, n_h, n_w)``.
    """
    if K.dim() != 4 or K.shape[1:] != (len(X), 1, 1):
        raise ValueError(f"K 的形状是 {tuple(K.shape)}，应是（输出通道, {len(X)}, 1, 1）")
    return (K.flatten(1) @ X.flatten(1)).reshape(len(K), *X.shape[1:])


def pool2d(X, pool_size, mode="max"):
    """Pooling by hand, at stride 1 and without padding.

    Args:
        X: Input ``(n_h, n_w)``.
        pool_size: Height and width of the window.
        mode: ``'max'`` or ``'avg'``.

    Returns:
        Output ``(n_h - p_h + 1, n_w - p_w + 1)``.
    """
    if mode not in ("max", "avg"):
        raise ValueError(f"mode={mode!r} 无效：请给 'max' 或 'avg'")
    rows, cols = conv_output_size(tuple(X.shape), pool_size)
    p_h, p_w = _pair(pool_size)
    reduce = torch.amax if mode == "max" else torch.mean
    values = [
        reduce(X[i : i + p_h, j : j + p_w], dim=(0, 1)) for i in range(rows) for j in range(cols)
    ]
    return torch.stack(values).reshape(rows, cols)


def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1, method="loops"):
    """Convolution with every argument of ``torch.nn.functional.conv2d``, by hand.

    Args:
        input: ``(N, C_in, H, W)``.
        weight: ``(C_out, C_in / groups, k_h, k_w)``.
        bias: ``(C_out,)`` or None.
        stride: Step of the window, int or pair.
        padding: Zeros per side, int, pair, ``'same'`` or ``'valid'``.
        dilation: Distance between neighbouring kernel cells, int or pair.
        groups: Number of groups that input and output channels are split into.
        method: ``'loops'`` visits every window; ``'im2col'`` makes one matrix product.

    Returns:
        ``(N, C_out, m_h, m_w)``.

    Raises:
        ValueError: If shapes do not fit each other or a setting is out of range.
    """
    _check_channels(input, weight, bias, groups)
    methods = {"loops": _conv2d_loops, "im2col": _conv2d_im2col}
    if method not in methods:
        raise ValueError(f"method={method!r} 无效：请给 'loops' 或 'im2col'")
    output = methods[method](input, weight, stride, padding, dilation, groups)
    return output if bias is None else output + bias[:, None, None]


def _conv2d_loops(input, weight, stride, padding, dilation, groups):
    kernel = weight.shape[2:]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    rows, cols = conv_output_size(tuple(input.shape[2:]), tuple(kernel), **options)
    padded = _pad(input, kernel, padding, dilation).unflatten(1, (groups, -1))
    filters = weight.unflatten(0, (groups, -1))  # (G, C_out/G, C_in/G, k_h, k_w)
    (s_h, s_w), (d_h, d_w) = _pair(stride), _pair(dilation)
    e_h, e_w = d_h * (kernel[0] - 1) + 1, d_w * (kernel[1] - 1) + 1
    values = []
    for i in range(0, rows * s_h, s_h):
        for j in range(0, cols * s_w, s_w):
            window = padded[..., i : i + e_h : d_h, j : j + e_w : d_w]
            # (N, G, 1, C_in/G, k_h, k_w) * filters, summed over one kernel
            values.append((window[:, :, None] * filters).sum(dim=(3, 4, 5)).flatten(1))
    return torch.stack(values, dim=-1).unflatten(-1, (rows, cols))


def _conv2d_im2col(input, weight, stride, padding, dilation, groups):
    kernel = tuple(weight.shape[2:])
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    rows, cols = conv_output_size(tuple(input.shape[2:]), kernel, **options)
    columns = im2col(input, kernel, **options).unflatten(1, (groups, -1))
    filters = weight.flatten(1).unflatten(0, (groups, -1))  # (G, C_out/G, C_in/G * k_h * k_w)
    return (filters @ columns).flatten(1, 2).unflatten(-1, (rows, cols))


def im2col(input, kernel_size, *, stride=1, padding=0, dilation=1):
    """Lay every window out as a column, as ``torch.nn.functional.unfold`` does.

    Args:
        input: ``(N, C, H, W)``.
        kernel_size: Height and width of the window, int or pair.
        stride: Step of the window, int or pair.
        padding: Zeros per side, int, pair, ``'same'`` or ``'valid'``.
        dilation: Distance between neighbouring cells of a window, int or pair.

    Returns:
        ``(N, C * k_h * k_w, m_h * m_w)``: one column a window, top left first.
    """
    (k_h, k_w), (s_h, s_w), (d_h, d_w) = _pair(kernel_size), _pair(stride), _pair(dilation)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    rows, cols = conv_output_size(tuple(input.shape[2:]), (k_h, k_w), **options)
    padded = _pad(input, (k_h, k_w), padding, dilation)
    # kernel cell (a, b) meets these input cells, one a window
    taps = [
        padded[..., a : a + s_h * (rows - 1) + 1 : s_h, b : b + s_w * (cols - 1) + 1 : s_w]
        for a in range(0, d_h * k_h, d_h)
        for b in range(0, d_w * k_w, d_w)
    ]
    return torch.stack(taps, dim=2).flatten(3).flatten(1, 2)


def kernel_matrix(K, input_size, *, stride=1, padding=0):
    """The matrix M that makes a convolution a matrix product: ``y.flatten() = M @ x.flatten()``.

    A linear map's columns are the images of the unit vectors, so every cell of the input is set
    to 1 in turn.

    Args:
        K: Kernel ``(k_h, k_w)``.
        input_size: Height and width of the input.
        stride: Step of the window, int or pair.
        padding: Zeros per side, int or pair.

    Returns:
        ``(m_h * m_w, n_h * n_w)``.
    """
    n_h, n_w = _pair(input_size)
    units = torch.eye(n_h * n_w, dtype=K.dtype, device=K.device).reshape(-1, 1, n_h, n_w)
    images = conv2d(units, K[None, None], stride=stride, padding=padding, method="im2col")
    return images.flatten(1).T


def conv_transpose2d_by_matrix(X, K, *, stride=1, padding=0, output_padding=0):
    """Transposed convolution: multiply by the transpose of the kernel matrix.

    Args:
        X: Input ``(m_h, m_w)``.
        K: Kernel ``(k_h, k_w)``.
        stride: Step of the convolution that is transposed.
        padding: Padding per side of that convolution.
        output_padding: Extra rows and columns at the far end, less than the stride.

    Returns:
        Output of :func:`d2lnotes.shapes.conv_transpose_output_size`.
    """
    options = {"stride": stride, "padding": padding}
    size = conv_transpose_output_size(
        tuple(X.shape), tuple(K.shape), **options, output_padding=output_padding
    )
    M = kernel_matrix(K, size, **options)
    return (M.T @ X.flatten()).reshape(size)


def _pair(size):
    return tuple(size) if isinstance(size, (tuple, list)) else (size, size)


def _pad(input, kernel_size, padding, dilation):
    if padding == "valid":
        return input
    if padding == "same":
        (top, bottom), (left, right) = same_padding(tuple(kernel_size), dilation)
    else:
        (top, left), (bottom, right) = _pair(padding), _pair(padding)
    return nn.functional.pad(input, (left, right, top, bottom))


def _check_channels(input, weight, bias, groups):
    for name, tensor in (("input", input), ("weight", weight)):
        if tensor.dim() != 4:
            raise ValueError(f"{name} 应有 4 个维度，现在形状是 {tuple(tensor.shape)}")
    if not isinstance(groups, int) or groups < 1:
        raise ValueError(f"groups={groups!r} 无效：请给正整数")
    c_out, c_in = weight.shape[0], weight.shape[1] * groups
    if c_out % groups:
        raise ValueError(
            f"groups={groups} 不能整除输出通道数 {c_out}"
            "（PyTorch: out_channels must be divisible by groups）"
        )
    if input.shape[1] != c_in:
        raise ValueError(
            f"输入有 {input.shape[1]} 个通道，而 weight {tuple(weight.shape)} 在 groups={groups} 时"
            f"需要 {c_in} 个（PyTorch: expected input to have {c_in} channels）"
        )
    if bias is not None and bias.shape != (c_out,):
        raise ValueError(f"bias 的形状是 {tuple(bias.shape)}，应是 ({c_out},)：每个输出通道一个")
