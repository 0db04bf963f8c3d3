// The numbers an explorer shows where none were given, as in _patterns.py.

/** Digits that look unordered; a cell keeps its digit whatever the size of the input. */
export function patternDigit(channel, row, col) {
  return ((3 * row * row + 5 * row * col + 2 * col * col + row + 4 * col + 1 + 7 * channel) % 11) % 10;
}

/** Weight of an output channel for the i-th input channel that it reads, −1 … 2: of up to 3×3 slices no two agree. */
export function patternSlice(out, i, row, col) {
  return ((2 * row * row + 3 * row * col + row + 4 * col + 3 * out + i + 1) % 11 % 4) - 1;
}

/** Biases 1, −1, 2, −2, … */
export function patternBias(out) {
  return (out % 2 ? -1 : 1) * (Math.floor(out / 2) + 1);
}
