"""Output sizes of layers and the cells they never read: integers only, no torch.

``p`` is padding per side, as in PyTorch. With the effective kernel ``e = d*(k - 1) + 1``
(Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016)::

    output = floor((n + 2p - e) / s) + 1

Every size is an int or a pair (height, width). All ints give an int; one pair gives a pair.
"""

from operator import index
from typing import NamedTuple


def conv_output_size(input_size, kernel_size, *, padding=0, stride=1, dilation=1):
    """Size of a convolution's output.

    Args:
        input_size: Cells per axis, without padding.
        kernel_size: Cells per axis, without the holes of dilation.
        padding: Cells added to each side, or ``'same'`` or ``'valid'``.
        stride: Step of the window.
        dilation: Distance between neighbouring kernel cells; 1 is a dense kernel.

    Returns:
        An int, or a pair if any argument is a pair.

    Raises:
        ValueError: If a size is out of range or the kernel does not fit into the padded input;
            with PyTorch's own message where it has one.
        TypeError: If a size is no integer.
    """
    axes = _conv_axes(input_size, kernel_size, padding, stride, dilation)
    _check_fit(axes)
    return _join((n + left + right - _extent(k, d)) // s + 1 for n, k, left, right, s, d in axes)


def pool_output_size(
    input_size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False
):
    """Size of a pooling layer's output.

    With ``ceil_mode`` the last window may hang over the far end, but must start inside the input
    or the near padding.

    Args:
        input_size: Cells per axis, without padding.
        kernel_size: Cells per axis of the window.
        stride: Step of the window; the kernel size unless given.
        padding: Cells added to each side, at most half of the kernel.
        dilation: Distance between neighbouring cells of the window (max pooling only).
        ceil_mode: Round the number of steps up instead of down.

    Returns:
        An int, or a pair if any argument is a pair.

    Raises:
        ValueError: If a size is out of range or no window fits.
        TypeError: If a size is no integer.
    """
    axes = _axes(
        input_size=input_size,
        kernel_size=kernel_size,
        padding=padding,
        stride=kernel_size if stride is None else stride,
        dilation=dilation,
    )
    for _, k, p, _, d in axes:
        if p > k // 2:
            raise ValueError(
                f"padding={padding} 太大：最多是 kernel_size 的一半，即 {k // 2}"
                "（PyTorch: pad should be at most half of effective kernel size, "
                f"but got pad={p}, kernel_size={k} and dilation={d}）"
            )
    outputs = [_pool_axis(*axis, ceil_mode) for axis in axes]
    if min(outputs) < 1:
        raise ValueError(
            f"池化窗口 kernel_size={kernel_size}、dilation={dilation} 比填充后的输入还大，"
            f"输出会是 {_join(outputs)}（PyTorch: Output size is too small）"
        )
    return _join(outputs)


def _pool_axis(n, k, p, s, d, ceil_mode):
    steps, rest = divmod(n + 2 * p - _extent(k, d), s)
    hangs_over = ceil_mode and rest and (steps + 1) * s < n + p
    return steps + 1 + bool(hangs_over)


def conv_transpose_output_size(
    input_size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1
):
    """Size of a transposed convolution's output: the input size of the convolution it transposes.

    Args:
        input_size: Cells per axis.
        kernel_size: Cells per axis, without the holes of dilation.
        stride: Step of the window of the convolution that is transposed.
        padding: Padding per side of that convolution; cuts the output here.
        output_padding: Chooses among the ``stride`` input sizes that the floor of that
            convolution makes equal; less than stride or dilation.
        dilation: Distance between neighbouring kernel cells.

    Returns:
        An int, or a pair if any argument is a pair.

    Raises:
        ValueError: If a size is out of range or nothing is left.
        TypeError: If a size is no integer.
    """
    axes = _axes(
        input_size=input_size,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )
    if any(extra >= max(s, d) for _, _, s, _, extra, d in axes):
        raise ValueError(
            f"output_padding={output_padding} 太大：必须小于 stride={stride} 或 dilation={dilation}"
            "（PyTorch: output padding must be smaller than either stride or dilation）"
        )
    outputs = [(n - 1) * s - 2 * p + _extent(k, d) + extra for n, k, s, p, extra, d in axes]
    if min(outputs) < 1:
        raise ValueError(
            f"padding={padding} 太大：输出会是 {_join(outputs)}"
            "（PyTorch: Output size is too small）"
        )
    return _join(outputs)


def same_padding(kernel_size, dilation=1):
    """Padding (left, right) that keeps the size at stride 1, as ``padding='same'`` in PyTorch.

    An even kernel needs an odd total; the extra cell goes to the right (bottom).

    Returns:
        ``(left, right)`` for ints, ``((top, bottom), (left, right))`` for pairs.
    """
    axes = _axes(kernel_size=kernel_size, dilation=dilation)
    sides = []
    for k, d in axes:
        total = d * (k - 1)
        sides.append((total // 2, total - total // 2))
    return _join(sides)


def unread_cells(input_size, kernel_size, *, padding=0, stride=1, dilation=1):
    """Rows (columns) of the input at its far end that no window reaches, because of the floor.

    Padding is dropped first: the result counts real input cells only. Takes the arguments of
    :func:`conv_output_size` and raises the same errors.
    """
    axes = _conv_axes(input_size, kernel_size, padding, stride, dilation)
    _check_fit(axes)
    leftover = (
        (n, right, (n + left + right - _extent(k, d)) % s) for n, k, left, right, s, d in axes
    )
    return _join(min(n, max(0, rest - right)) for n, right, rest in leftover)


class Layer(NamedTuple):
    """A convolution or pooling layer, as far as receptive fields go; sizes are ints or pairs."""

    name: str
    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 0
    dilation: int | tuple[int, int] = 1


class ReceptiveField(NamedTuple):
    """Which input cells a unit of a layer sees; all in input cells, ints or pairs.

    Unit ``i`` covers the cells from ``start + i * jump`` to ``start + i * jump + size - 1``;
    negative cells lie in the padding. All three are None once a layer sees the whole image, or
    windows that depend on its size.
    """

    name: str
    size: int | tuple[int, int] | None
    jump: int | tuple[int, int] | None
    start: int | tuple[int, int] | None


def receptive_field(layers_or_module):
    """Receptive field after every layer.

    Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
    2019, with dilation.

    Args:
        layers_or_module: A list of :class:`Layer`, or an ``nn.Module`` that ``torch.fx`` can
            trace; branches are joined by the box that holds all of them.

    Returns:
        A list of :class:`ReceptiveField`, one a layer.

    Raises:
        ValueError: If a layer is not understood, or branches of different stride meet.
    """
    if hasattr(layers_or_module, "named_modules"):
        from .receptive_fields import trace  # needs torch

        return trace(layers_or_module)
    fields, field = [], ReceptiveField("input", 1, 1, 0)
    for layer in layers_or_module:
        field = grow(field, layer)
        fields.append(field)
    return fields


def grow(field, layer):
    """Receptive field behind one more layer."""
    if field.size is None:
        return field._replace(name=layer.name)
    old = [as_pair(value) for value in field[1:]]
    axes = _axes(
        kernel_size=layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
    )
    axes = axes * (2 // len(axes))
    new = [
        (size + (_extent(k, d) - 1) * jump, jump * s, start - p * jump)
        for size, jump, start, (k, s, p, d) in zip(*old, axes, strict=True)
    ]
    return ReceptiveField(layer.name, *(shorten(axis) for axis in zip(*new, strict=True)))


def as_pair(value):
    """A lone value stands for both axes."""
    return value if isinstance(value, tuple) else (value, value)


def shorten(pair):
    """Two equal values are told as one."""
    return pair[0] if pair[0] == pair[1] else pair


def _extent(kernel_size, dilation):
    return dilation * (kernel_size - 1) + 1


def _conv_axes(input_size, kernel_size, padding, stride, dilation):
    """One tuple (n, k, left, right, s, d) an axis."""
    if not isinstance(padding, str):
        axes = _axes(
            input_size=input_size,
            kernel_size=kernel_size,
            padding=padding,
            stride=stride,
            dilation=dilation,
        )
        return [(n, k, p, p, s, d) for n, k, p, s, d in axes]
    if padding not in ("same", "valid"):
        raise ValueError(f"padding={padding!r} 无效：请给整数、一对整数、'same' 或 'valid'")
    axes = _axes(input_size=input_size, kernel_size=kernel_size, stride=stride, dilation=dilation)
    if padding == "valid":
        return [(n, k, 0, 0, s, d) for n, k, s, d in axes]
    if any(s != 1 for _, _, s, _ in axes):
        raise ValueError(
            f"padding='same' 只能与 stride=1 同用，现在 stride={stride}"
            "（PyTorch: padding='same' is not supported for strided convolutions）"
        )
    return [(n, k, *same_padding(k, d), s, d) for n, k, s, d in axes]


def _check_fit(axes):
    if all(n + left + right >= _extent(k, d) for n, k, left, right, _, d in axes):
        return
    padded = " x ".join(str(n + left + right) for n, _, left, right, _, _ in axes)
    extent = " x ".join(str(_extent(k, d)) for _, k, _, _, _, d in axes)
    raise ValueError(
        f"卷积核（含空洞）{extent} 比填充后的输入 {padded} 还大：请减小 kernel_size 或 dilation，"
        f"或增大 padding（PyTorch: Calculated padded input size per channel: ({padded}). "
        f"Kernel size: ({extent}). Kernel size can't be greater than actual input size）"
    )


# smallest valid value of each argument, and PyTorch's words for a smaller one
_SMALLEST = {
    "input_size": 1,
    "kernel_size": 1,
    "padding": 0,
    "output_padding": 0,
    "stride": 1,
    "dilation": 1,
}
TORCH_SAYS = {
    "kernel_size": "kernel size should be greater than zero",
    "padding": "negative padding is not supported",
    "stride": "non-positive stride is not supported",
    "dilation": "dilation should be greater than zero",
}


def _axes(**sizes):
    """Check the sizes and give one tuple of values an axis; a lone int counts for every axis."""
    pairs = {name: _as_tuple(name, value) for name, value in sizes.items()}
    rank = max(len(pair) for pair in pairs.values())
    return list(zip(*(pair * (rank // len(pair)) for pair in pairs.values()), strict=True))


def _as_tuple(name, value):
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(values) not in (1, 2) or (len(values) == 1 and values[0] is not value):
        raise ValueError(f"{name}={value!r} 无效：请给一个整数或一对整数（高, 宽）")
    for v in values:
        try:
            if isinstance(v, bool):
                raise TypeError
            v = index(v)
        except TypeError:
            raise TypeError(f"{name}={value!r} 无效：请给整数，而不是 {type(v).__name__}") from None
        if v < _SMALLEST[name]:
            torch_says = f"（PyTorch: {TORCH_SAYS[name]}）" if name in TORCH_SAYS else ""
            raise ValueError(f"{name}={value!r} 无效：最小是 {_SMALLEST[name]}{torch_says}")
    return tuple(index(v) for v in values)


def _join(per_axis):
    """A single axis gives its own value, two give a pair."""
    values = tuple(per_axis)
    return values[0] if len(values) == 1 else values
