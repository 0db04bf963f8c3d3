// Which cells of the image the units of a stack read, and which units a cell reaches; along one axis, as in
// receptive_field.js, whose `layers` these are. `sizes` are those of all levels. No DOM, no state.
import { range } from "./arrays.js";

const tapsOf = (unit, { kernelSize, stride, padding, dilation }) =>
  range(kernelSize).map((tap) => unit * stride - padding + tap * dilation);

function bitsAbove(bits, layer, size) {
  return range(size).map((unit) => tapsOf(unit, layer).reduce((all, index) => all | (bits[index] ?? 0n), 0n));
}

const countBits = (bits) => bits.toString(2).replaceAll("0", "").length;

/**
 * { counts, isRead } of one level: how many cells of the image each of its units reads, and for each cell whether any
 * of them does.
 */
export function cellsRead(layers, sizes, level) {
  let bits = range(sizes[0]).map((cell) => 1n << BigInt(cell));
  for (let i = 0; i < level; i++) bits = bitsAbove(bits, layers[i], sizes[i + 1]);
  const union = bits.reduce((all, each) => all | each, 0n);
  return { counts: bits.map(countBits), isRead: range(sizes[0]).map((cell) => Boolean((union >> BigInt(cell)) & 1n)) };
}

/** For every level, how many paths lead from one cell of the image to each unit. */
export function traceCell(layers, sizes, cell) {
  const counts = [range(sizes[0]).map((other) => (other === cell ? 1 : 0))];
  layers.forEach((layer, i) => {
    const below = counts[i];
    const paths = (unit) => tapsOf(unit, layer).reduce((total, index) => total + (below[index] ?? 0), 0);
    counts.push(range(sizes[i + 1]).map(paths));
  });
  return counts;
}
