// The numbers an explorer shows where none were given, as in _patterns.py.

/** Digits that look unordered; a cell keeps its digit whatever the size of the input. */
export function patternDigit(channel, row, col) {
  return ((3 * row * row + 5 * row * col + 2 * col * col + row + 4 * col + 1 + 7 * channel) % 11) % 10;
}
