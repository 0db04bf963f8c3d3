"""Output sizes of convolution layers and the cells they never read: integers only, no torch.

``p`` is padding per side, as in PyTorch. With the effective kernel ``e = d*(k - 1) + 1``
(Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016)::

    output = floor((n + 2p - e) / s) + 1

Every size is an int or a pair (height, width). All ints give an int; one pair gives a pair.
"""

from operator import index


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
_SMALLEST = {"input_size": 1, "kernel_size": 1, "padding": 0, "stride": 1, "dilation": 1}
_TORCH_SAYS = {
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
            torch_says = f"（PyTorch: {_TORCH_SAYS[name]}）" if name in _TORCH_SAYS else ""
            raise ValueError(f"{name}={value!r} 无效：最小是 {_SMALLEST[name]}{torch_says}")
    return tuple(index(v) for v in values)


def _join(per_axis):
    """A single axis gives its own value, two give a pair."""
    values = tuple(per_axis)
    return values[0] if len(values) == 1 else values
