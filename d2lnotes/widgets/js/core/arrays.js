// Small helpers for pairs [height, width] and nested arrays [height][width].

export function pair(value) {
  return Array.isArray(value) ? value : [value, value];
}

/** Nested array [height][width] of what `at(row, col)` gives. */
export function table([rows, cols], at) {
  return Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => at(row, col)));
}

/** [height, width] of a nested array; an empty one has none. */
export function shapeOf(values) {
  return [values.length, values[0]?.length ?? 0];
}

/** [0, 1, …, length - 1]. */
export function range(length) {
  return Array.from({ length: Math.max(length, 0) }, (_, index) => index);
}

/** Every [row, col] of two lists, row by row. */
export function crossed(rows, cols) {
  return rows.flatMap((row) => cols.map((col) => [row, col]));
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

export function product(values) {
  return values.reduce((total, value) => total * value, 1);
}

export function dot(a, b) {
  return sum(a.map((value, i) => value * b[i]));
}
