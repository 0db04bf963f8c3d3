"""The numbers an explorer shows where none were given, as in js/core/patterns.js."""


def pattern_input(channels, rows, cols):
    """Digits ``[C][H][W]`` that look unordered; a cell keeps its digit in an input of any size."""
    return [_table(rows, cols, _digit, channel) for channel in range(channels)]


def pattern_kernel(outer, inner, rows, cols):
    """Weights ``[outer][inner][kH][kW]``: 1, 0 and -1 along the diagonals."""
    return [[_table(rows, cols, _weight, i + 2 * o) for i in range(inner)] for o in range(outer)]


def _table(rows, cols, at, channel):
    return [[at(channel, row, col) for col in range(cols)] for row in range(rows)]


def _digit(channel, row, col):
    square = 3 * row * row + 5 * row * col + 2 * col * col
    return (square + row + 4 * col + 1 + 7 * channel) % 11 % 10


def _weight(channel, row, col):
    return 1 - (2 * row + col + channel) % 3
