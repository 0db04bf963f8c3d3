"""The numbers an explorer shows where none were given, as in js/core/patterns.js."""


def pattern_input(channels, rows, cols):
    """Digits ``[C][H][W]`` that look unordered; a cell keeps its digit in an input of any size."""
    return [_table(rows, cols, _digit, channel) for channel in range(channels)]


def pattern_kernel(outer, inner, rows, cols):
    """Weights ``[outer][inner][kH][kW]``: 1, 0 and -1 along the diagonals."""
    return [[_table(rows, cols, _weight, i + 2 * o) for i in range(inner)] for o in range(outer)]


def pattern_slices(outer, inner, rows, cols):
    """Weights ``[outer][inner][kH][kW]`` from -1 to 2; of up to 3×3 slices no two agree."""
    return [[_table(rows, cols, _slice, (out, i)) for i in range(inner)] for out in range(outer)]


def pattern_bias(channels):
    """Biases 1, -1, 2, -2, …"""
    return [(-1 if out % 2 else 1) * (out // 2 + 1) for out in range(channels)]


def _table(rows, cols, at, channel):
    return [[at(channel, row, col) for col in range(cols)] for row in range(rows)]


def _digit(channel, row, col):
    square = 3 * row * row + 5 * row * col + 2 * col * col
    return (square + row + 4 * col + 1 + 7 * channel) % 11 % 10


def _weight(channel, row, col):
    return 1 - (2 * row + col + channel) % 3


def _slice(channels, row, col):
    out, i = channels
    square = 2 * row * row + 3 * row * col
    return (square + row + 4 * col + 3 * out + i + 1) % 11 % 4 - 1
