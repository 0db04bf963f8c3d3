// The arithmetic of torch.nn.MaxPool2d and AvgPool2d: no DOM, no state.
//
// A `setting` is { inputSize, kernelSize, stride, padding, dilation, mode, ceilMode, countIncludePad,
// divisorOverride }. A size is a number or a pair [height, width]; stride null is the kernel's size; mode is "max" or
// "avg". Input sizes are at least 1.
//
// `row`, `col` are those of the PADDED input from 0 on; `inputRow`, `inputCol` those of the input itself.
import { crossed, pair, range, shapeOf, sum, table } from "./arrays.js";
import { nearestMends } from "./mends.js";

/** Fill in the defaults and turn sizes into pairs; a null stride stays null and follows the kernel. */
export function normalizePool({
  inputSize,
  kernelSize,
  stride = null,
  padding = 0,
  dilation = 1,
  mode = "max",
  ceilMode = false,
  countIncludePad = true,
  divisorOverride = null,
}) {
  return {
    inputSize: pair(inputSize),
    kernelSize: pair(kernelSize),
    stride: stride === null ? null : pair(stride),
    padding: pair(padding),
    dilation: pair(dilation),
    mode,
    ceilMode,
    countIncludePad,
    divisorOverride,
  };
}

function poolAxes(setting) {
  const { inputSize, kernelSize, stride, padding, dilation, ceilMode } = normalizePool(setting);
  return [0, 1].map((axis) => {
    const sizes = [inputSize, kernelSize, stride ?? kernelSize, padding, dilation];
    const [n, k, s, p, d] = sizes.map((size) => size[axis]);
    const effective = d * (k - 1) + 1;
    const numerator = n + 2 * p - effective;
    const quotient = Math.floor(numerator / s);
    const remainder = numerator - quotient * s;
    const ceilAdds = ceilMode && remainder > 0;
    // A window that would start beyond the input (in the far padding) is none.
    const startsOutside = ceilAdds && (quotient + 1) * s >= n + p;
    const size = quotient + 1 + (ceilAdds && !startsOutside ? 1 : 0);
    const steps = { numerator, quotient, remainder, ceilAdds, startsOutside, size };
    return { n, k, s, p, d, padded: n + 2 * p, effective, ...steps };
  });
}

/** [height, width] each of the padded input, of the window with its holes, and of the stride. */
export function poolSpans(setting) {
  const axes = poolAxes(setting);
  const both = (name) => axes.map((axis) => axis[name]);
  return { padded: both("padded"), effective: both("effective"), stride: both("s") };
}

/** The checks that torch makes one axis at a time, height first. */
function poolAxisError({ k, s, p, d, effective }) {
  if (s === 0) return { code: "stride", message: "stride should not be zero" };
  if (p < 0) return { code: "padding", message: `pad must be non-negative, but got pad: ${p}` };
  if (p <= Math.trunc(effective / 2)) return null;
  return {
    code: "padding-too-big",
    message:
      "pad should be at most half of effective kernel size, " +
      `but got pad=${p}, kernel_size=${k} and dilation=${d}`,
  };
}

/** What only average pooling says. */
function averageError({ dilation, divisorOverride }, axes) {
  if (dilation.some((d) => d !== 1)) {
    return { code: "avg-dilation", message: "AvgPool2d.__init__() got an unexpected keyword argument 'dilation'" };
  }
  if (axes.some((a) => a.k < 1)) return { code: "kernelSize", message: "integer out of range" };
  if (axes.some((a) => a.s < 0)) return { code: "stride", message: "integer out of range" };
  return divisorOverride === 0 ? { code: "divisorOverride", message: "divisor must be not zero" } : null;
}

function poolShapeError([h, w]) {
  const some = (fault) => fault(h) || fault(w);
  const error = (code, ...message) => ({ code, message: message.join("") });
  if (some((a) => a.k < 1)) {
    return error("kernelSize", `kernel size should be greater than zero, but got kH: ${h.k} kW: ${w.k}`);
  }
  if (some((a) => a.s < 1)) return error("stride", `stride should be greater than zero, but got dH: ${h.s} dW: ${w.s}`);
  if (some((a) => a.d < 1)) {
    return error("dilation", `dilation should be greater than zero, but got dilationH: ${h.d} dilationW: ${w.d}`);
  }
  if (some((a) => a.p > Math.floor(a.k / 2))) {
    return error(
      "padding-too-big",
      "pad should be smaller than or equal to half of kernel size, ",
      `but got padW = ${w.p}, padH = ${h.p}, kW = ${w.k}, kH = ${h.k}`,
    );
  }
  if (some((a) => a.size < 1)) {
    return error(
      "output-too-small",
      `Given input size: (1x${h.n}x${w.n}). `,
      `Calculated output size: (1x${h.size}x${w.size}). Output size is too small`,
    );
  }
  return null;
}

/**
 * What torch says of an impossible setting (of one channel, on the CPU), word for word and in its order of checks, as
 * { code, message }, or null.
 */
export function poolError(setting) {
  const full = normalizePool(setting);
  const axes = poolAxes(full);
  const [h, w] = axes;
  const average = full.mode === "avg" ? averageError(full, axes) : null;
  return average ?? poolAxisError(h) ?? poolAxisError(w) ?? poolShapeError(axes);
}

/** [height, width] of the output; throws an Error with torch's message and a `code`. */
export function poolOutputSize(setting) {
  const error = poolError(setting);
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return poolAxes(setting).map((axis) => axis.size);
}

const POOL_MENDS = {
  "output-too-small": [["padding", 1], ["kernelSize", -1], ["dilation", -1]],
  "padding-too-big": [["padding", -1], ["kernelSize", 1]],
  "avg-dilation": [["dilation", -1]],
  padding: [["padding", 1]],
  stride: [["stride", 1]],
  dilation: [["dilation", 1]],
  kernelSize: [["kernelSize", 1]],
};

/** Ways to mend an impossible setting by one knob, each by its smallest step: a list of { name, value }. */
export function poolRepairs(setting) {
  const full = normalizePool(setting);
  const code = poolError(full)?.code;
  const most = Math.max(1, ...poolAxes(full).flatMap(({ p, effective }) => [2 * p, effective]));
  const others = code === "avg-dilation" ? [{ name: "mode", value: "max" }] : [];
  const knobs = POOL_MENDS[code]?.filter(([name]) => full[name]);
  return nearestMends(full, { knobs, most, others }, poolError);
}

function windowAlong(output, { k, s, d, padded }) {
  return range(k)
    .map((t) => output * s + t * d)
    .filter((line) => line < padded);
}

/**
 * The cells of the padded input in one window, row by row. A window of ceilMode may hang over the far end; what lies
 * there is no cell. `inside` is false on padding; there `inputRow`, `inputCol` are null.
 */
export function poolTaps(setting, outputRow, outputCol) {
  const [h, w] = poolAxes(setting);
  return crossed(windowAlong(outputRow, h), windowAlong(outputCol, w)).map(([row, col]) => {
    const inside = row >= h.p && row < h.p + h.n && col >= w.p && col < w.p + w.n;
    return { row, col, inputRow: inside ? row - h.p : null, inputCol: inside ? col - w.p : null, inside };
  });
}

/** What average pooling divides the sum by: the cells of the window, with or without those of the padding. */
export function poolDivisor(setting, row, col) {
  const { countIncludePad, divisorOverride } = normalizePool(setting);
  return divisorOverride ?? poolTaps(setting, row, col).filter((tap) => tap.inside || countIncludePad).length;
}

/** [inputRow, inputCol] of a window's first maximum, row by row, which gets the gradient; null if all is padding. */
export function argmax(input, setting, row, col) {
  const value = (tap) => input[tap.inputRow][tap.inputCol];
  const cells = poolTaps(setting, row, col).filter((tap) => tap.inside);
  if (!cells.length) return null;
  const first = cells.reduce((best, tap) => (value(tap) > value(best) ? tap : best));
  return [first.inputRow, first.inputCol];
}

/** One output of pooling an input [H][W]; padding counts as -Infinity for "max" and as 0 for "avg". */
export function poolValue(input, setting, row, col) {
  const inside = poolTaps(setting, row, col).filter((tap) => tap.inside);
  const values = inside.map((tap) => input[tap.inputRow][tap.inputCol]);
  return setting.mode === "avg" ? sum(values) / poolDivisor(setting, row, col) : Math.max(...values);
}

/** Input [H][W] to output [Ho][Wo]; the input's size is that of the array. */
export function pool(input, setting) {
  const full = normalizePool({ ...setting, inputSize: shapeOf(input) });
  return table(poolOutputSize(full), (row, col) => poolValue(input, full, row, col));
}

function poolFeedsAlong(line, { k, s, d, size }) {
  return range(size).filter((output) => {
    const tap = (line - output * s) / d;
    return Number.isInteger(tap) && tap >= 0 && tap < k;
  });
}

/** Every output [row, col] whose window reads a padded cell. */
export function poolFeeds(setting, paddedRow, paddedCol) {
  const [h, w] = poolAxes(setting);
  return crossed(poolFeedsAlong(paddedRow, h), poolFeedsAlong(paddedCol, w));
}

/** What pool(input).sum().backward() leaves in one cell of the input: its wins for "max", its shares for "avg". */
export function poolGradient(input, setting, inputRow, inputCol) {
  const full = normalizePool({ ...setting, inputSize: shapeOf(input) });
  const [top, left] = full.padding;
  const isHere = (cell) => cell[0] === inputRow && cell[1] === inputCol;
  const share = ([row, col]) =>
    full.mode === "avg" ? 1 / poolDivisor(full, row, col) : Number(isHere(argmax(input, full, row, col)));
  return sum(poolFeeds(full, inputRow + top, inputCol + left).map(share));
}

function poolUnreadAlong(axis) {
  const { n, p, s, padded, effective, size } = axis;
  const read = new Set(range(size).flatMap((output) => windowAlong(output, axis)));
  const end = (size - 1) * s + effective;
  const indices = range(padded).filter((line) => !read.has(line));
  return {
    indices,
    trailing: Math.max(padded - end, 0),
    overhang: Math.max(end - padded, 0),
    between: indices.filter((line) => line < end).length,
    real: indices.filter((line) => line >= p && line < p + n).length,
  };
}

/**
 * Lines of the padded input that no window reads, as { rows, cols }. Each has `indices`, how many of them lie after
 * the last window (`trailing`), how many lie `between` windows or taps, and how many are `real` cells, not padding.
 * `overhang` is by how many lines the last window of ceilMode hangs over the far end.
 */
export function poolUnread(setting) {
  const [rows, cols] = poolAxes(setting).map(poolUnreadAlong);
  return { rows, cols };
}

function poolFormulaAlong({ n, k, s, p, d, numerator, quotient, remainder, ceilAdds, startsOutside, size }, ceilMode) {
  const [open, close] = ceilMode ? "⌈⌉" : "⌊⌋";
  const taken = startsOutside ? " − 1" : "";
  return {
    numerator,
    divisor: s,
    quotient,
    remainder,
    ceilAdds,
    startsOutside,
    outputSize: size,
    substituted: `${open}(${n} + 2·${p} − ${d}·(${k} − 1) − 1)/${s}${close} + 1${taken}`,
    reduced: `${open}${numerator}/${s}${close} + 1${taken}`,
  };
}

/**
 * The output size formula with its numbers put in, one object an axis: [height, width]. `ceilAdds` says that ceilMode
 * rounds up, `startsOutside` that the window so added is dropped, as it would start beyond the input.
 */
export function poolFormula(setting) {
  return poolAxes(setting).map((axis) => poolFormulaAlong(axis, normalizePool(setting).ceilMode));
}
