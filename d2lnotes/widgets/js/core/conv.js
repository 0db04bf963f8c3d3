// The arithmetic of torch.nn.Conv2d: no DOM, no state.
//
// A `setting` is { inputSize, kernelSize, padding, stride, dilation, paddingMode, inChannels, outChannels, groups }.
// A size is a number or a pair [height, width]; padding is also "same", "valid" or [[top, bottom], [left, right]];
// paddingMode is "zeros", "reflect", "replicate" or "circular". Input sizes and channels are at least 1. Padding
// below 0, which torch takes as cropping in all modes but zeros, is refused in all.
//
// `row`, `col` are those of the PADDED input from 0 on; `inputRow`, `inputCol` those of the input itself.
import { crossed, dot, pair, product, range, shapeOf, table } from "./arrays.js";
import { groupsError, mendedGroups, weightError } from "./layer.js";
import { nearestMends } from "./mends.js";

/** Cells from the first to the last tap of a dilated kernel. */
export function effectiveKernelSize(kernelSize, dilation) {
  return dilation * (kernelSize - 1) + 1;
}

/** torch's "same": what keeps the size at stride 1; the odd cell goes to the bottom and the right. */
function sameSides(kernelSize, dilation) {
  const total = dilation * (kernelSize - 1);
  const near = Math.floor(total / 2);
  return [near, total - near];
}

/**
 * Fill in the defaults and turn sizes into pairs, padding into [[top, bottom], [left, right]]. Its own output goes
 * through unchanged: `same` remembers that the padding follows the kernel, until another padding is set.
 */
export function normalize({
  inputSize,
  kernelSize,
  padding = 0,
  stride = 1,
  dilation = 1,
  paddingMode = "zeros",
  inChannels = 1,
  outChannels = 1,
  groups = 1,
  same = false,
}) {
  const kernel = pair(kernelSize);
  const spread = pair(dilation);
  const keepsSize = padding === "same" || (same && Array.isArray(padding[0]));
  const sides = pair(padding === "valid" ? 0 : padding).map(pair);
  return {
    inputSize: pair(inputSize),
    kernelSize: kernel,
    padding: keepsSize ? kernel.map((k, axis) => sameSides(k, spread[axis])) : sides,
    stride: pair(stride),
    dilation: spread,
    paddingMode,
    inChannels,
    outChannels,
    groups,
    same: keepsSize,
  };
}

/** Both axes in the letters of the formulas; `near` and `far` are the padding's two sides. */
function convAxes(setting) {
  const full = normalize(setting);
  return [0, 1].map((axis) => {
    const [n, k, s, d] = [full.inputSize, full.kernelSize, full.stride, full.dilation].map((size) => size[axis]);
    const [near, far] = full.padding[axis];
    const effective = effectiveKernelSize(k, d);
    return { n, k, s, d, near, far, padded: n + near + far, effective, mode: full.paddingMode };
  });
}

function constructorError(full) {
  const { inChannels, outChannels, groups, kernelSize, stride, same } = full;
  const wrong = groupsError(full);
  if (wrong) return wrong;
  if (same && stride.some((s) => s !== 1)) {
    return { code: "same-stride", message: "padding='same' is not supported for strided convolutions" };
  }
  return weightError([outChannels, inChannels / groups, ...kernelSize]);
}

/** Two modes cannot copy more cells than there are. torch looks at the width first and calls the batch 1 here. */
function paddingError({ inputSize, padding, paddingMode, inChannels }) {
  if (padding.flat().some((p) => p < 0)) return { code: "padding", message: "negative padding is not supported" };
  const reaches = (axis, most) => Math.max(...padding[axis]) > most;
  if (paddingMode === "circular" && [0, 1].some((axis) => reaches(axis, inputSize[axis]))) {
    return { code: "circular", message: "Padding value causes wrapping around more than once." };
  }
  const axis = [1, 0].find((a) => reaches(a, inputSize[a] - 1));
  if (paddingMode !== "reflect" || axis === undefined) return null;
  const place = `dimension ${2 + axis} of input [${[1, inChannels, ...inputSize].join(", ")}]`;
  return {
    code: "reflect",
    message:
      `Argument #${6 - 2 * axis}: Padding size should be less than the corresponding input dimension, ` +
      `but got: padding (${padding[axis].join(", ")}) at ${place}`,
  };
}

function windowError(axes) {
  const [h, w] = axes;
  const some = (fault) => axes.some(fault);
  if (some((a) => a.s < 1)) return { code: "stride", message: "non-positive stride is not supported" };
  if (some((a) => a.d < 0)) return { code: "dilation", message: "dilation should be greater than zero" };
  if (some((a) => a.padded < a.effective)) {
    return {
      code: "kernel-too-big",
      message:
        `Calculated padded input size per channel: (${h.padded} x ${w.padded}). ` +
        `Kernel size: (${h.effective} x ${w.effective}). Kernel size can't be greater than actual input size`,
    };
  }
  if (some((a) => a.k < 1)) {
    const got = some((a) => a.d !== 1) ? `[${h.k}, ${w.k}]` : `kernel_height: ${h.k} kernel_width: ${w.k}`;
    return { code: "kernelSize", message: `kernel size should be greater than zero, but got ${got}` };
  }
  if (some((a) => a.d < 1)) {
    return { code: "dilation", message: `dilation should be greater than zero, but got [${h.d}, ${w.d}]` };
  }
  return null;
}

/**
 * What torch.nn.Conv2d says of an impossible setting, word for word, as { code, message }, or null. The order of the
 * checks is torch's too: with two faults it names the same one.
 */
export function settingError(setting) {
  const full = normalize(setting);
  return constructorError(full) ?? paddingError(full) ?? windowError(convAxes(full));
}

function convAxisSize({ padded, effective, s }) {
  return Math.floor((padded - effective) / s) + 1;
}

/** [height, width] of the output; throws an Error with torch's message and a `code`. */
export function convOutputSize(setting) {
  const error = settingError(setting);
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return convAxes(setting).map(convAxisSize);
}

// Which knobs may mend an error, and in which direction.
const CONV_MENDS = {
  "kernel-too-big": [["padding", 1], ["kernelSize", -1], ["dilation", -1]],
  reflect: [["padding", -1], ["kernelSize", -1], ["dilation", -1]],
  circular: [["padding", -1], ["kernelSize", -1], ["dilation", -1]],
  padding: [["padding", 1]],
  stride: [["stride", 1]],
  dilation: [["dilation", 1]],
  kernelSize: [["kernelSize", 1]],
};

/** Half of the "same" padding on each side, rounded down, or up where that is too little. */
function mendedSame(full) {
  const halves = [0, 1].map((side) => full.padding.map((sides) => sides[side]));
  const values = halves.map(([height, width]) => (height === width ? height : [height, width]));
  const enough = values.find((padding) => !settingError({ ...full, padding }));
  return [{ name: "stride", value: 1 }, { name: "padding", value: enough ?? 0 }];
}

/**
 * Ways to mend an impossible setting by one knob, each by its smallest step, as a list of { name, value } to be put
 * into the setting; empty if no single knob does.
 */
export function repairs(setting) {
  const full = normalize(setting);
  const code = settingError(full)?.code;
  const most = Math.max(1, ...convAxes(full).map((axis) => axis.effective));
  const others = [];
  if (code === "reflect" || code === "circular") others.push({ name: "paddingMode", value: "replicate" });
  if (code === "groups") others.push(...mendedGroups(full));
  if (code === "same-stride") others.push(...mendedSame(full));
  return nearestMends(full, { knobs: CONV_MENDS[code], most, others }, settingError);
}

/** Which cell of the input a padded line shows, or null on padding with zeros. */
function sourceLine(line, { n, near, mode }) {
  const index = line - near;
  if (index >= 0 && index < n) return index;
  if (mode === "reflect") return index < 0 ? -index : 2 * (n - 1) - index;
  if (mode === "replicate") return index < 0 ? 0 : n - 1;
  if (mode === "circular") return (index + n) % n;
  return null;
}

function sourceCell(row, col, h, w) {
  const source = [sourceLine(row, h), sourceLine(col, w)];
  return source.includes(null) ? null : source;
}

/** [row, col] of the input's cell that a padded cell shows, or null on zeros. */
export function sourceOf(setting, paddedRow, paddedCol) {
  return sourceCell(paddedRow, paddedCol, ...convAxes(setting));
}

/**
 * The cells one output cell reads, in the order of the kernel's weights. `inside` is false on padding; there
 * `inputRow`, `inputCol` are the cell that the padding copies, or null for zeros.
 */
export function windowTaps(setting, outputRow, outputCol) {
  const [h, w] = convAxes(setting);
  return crossed(range(h.k), range(w.k)).map(([kernelRow, kernelCol]) => {
    const row = outputRow * h.s + kernelRow * h.d;
    const col = outputCol * w.s + kernelCol * w.d;
    const [inputRow, inputCol] = sourceCell(row, col, h, w) ?? [null, null];
    const inside = row >= h.near && row < h.near + h.n && col >= w.near && col < w.near + w.n;
    return { row, col, kernelRow, kernelCol, inputRow, inputCol, inside };
  });
}

function feedsAlong(line, axis) {
  return range(convAxisSize(axis))
    .map((output) => ({ output, kernel: (line - output * axis.s) / axis.d }))
    .filter(({ kernel }) => Number.isInteger(kernel) && kernel >= 0 && kernel < axis.k);
}

/** Every output cell that reads a padded cell, with the weight it meets there. */
export function feeds(setting, paddedRow, paddedCol) {
  const [h, w] = convAxes(setting);
  return crossed(feedsAlong(paddedRow, h), feedsAlong(paddedCol, w)).map(([row, col]) => ({
    outputRow: row.output,
    outputCol: col.output,
    kernelRow: row.kernel,
    kernelCol: col.kernel,
  }));
}

function unreadAlong(axis) {
  const size = convAxisSize(axis);
  const read = new Set(crossed(range(size), range(axis.k)).map(([o, t]) => o * axis.s + t * axis.d));
  const sources = new Set([...read].map((line) => sourceLine(line, axis)));
  const end = (size - 1) * axis.s + axis.effective;
  const indices = range(axis.padded).filter((line) => !read.has(line));
  return {
    indices,
    trailing: axis.padded - end,
    between: indices.filter((line) => line < end).length,
    real: indices.filter((line) => line >= axis.near && line < axis.near + axis.n).length,
    lost: range(axis.n).filter((index) => !sources.has(index)),
  };
}

/**
 * Lines of the padded input that no window reads, as { rows, cols }. Each has `indices`, how many of them lie after
 * the last window (`trailing`, the remainder of the formula), how many lie `between` taps (stride beyond the kernel,
 * or the holes of a dilated one), and how many are `real` cells, not padding. A cell is unread if its row or its
 * column is. `lost` are the lines of the input that nobody sees, not even as a copy in the padding.
 */
export function unreadLines(setting) {
  const [rows, cols] = convAxes(setting).map(unreadAlong);
  return { rows, cols };
}

function divided(numerator, divisor) {
  const quotient = Math.floor(numerator / divisor);
  return { numerator, divisor, quotient, remainder: numerator - quotient * divisor };
}

function formulaAlong({ n, k, s, d, near, far, padded, effective }) {
  const perSide = divided(padded - effective, s);
  const total = divided(padded - effective + s, s);
  const padding = near === far ? `2·${near}` : `${near} + ${far}`;
  return {
    ...perSide,
    outputSize: perSide.quotient + 1,
    substituted: `⌊(${n} + ${padding} − ${d}·(${k} − 1) − 1)/${s}⌋ + 1`,
    reduced: `⌊${perSide.numerator}/${s}⌋ + 1`,
    total: {
      ...total,
      padding: near + far,
      effective,
      outputSize: total.quotient,
      substituted: `⌊(${n} − ${effective} + ${near + far} + ${s})/${s}⌋`,
      reduced: `⌊${total.numerator}/${s}⌋`,
    },
  };
}

/**
 * The output size formula with its numbers put in, one object an axis: [height, width]. `total` is the same in the
 * textbook's dialect, ⌊(n − k' + P + s)/s⌋ with the total padding P and k' = d(k − 1) + 1.
 */
export function outputFormula(setting) {
  return convAxes(setting).map(formulaAlong);
}

/**
 * The numbers one window reads, in the order of weight[o].flatten(): the channels of its group, each cell by cell.
 * `input` is [C][H][W].
 */
export function im2colRow(input, setting, row, col, group = 0) {
  const perGroup = input.length / (setting.groups ?? 1);
  const taps = windowTaps(setting, row, col);
  const value = (channel, tap) => (tap.inputRow === null ? 0 : channel[tap.inputRow][tap.inputCol]);
  return input
    .slice(group * perGroup, (group + 1) * perGroup)
    .flatMap((channel) => taps.map((tap) => value(channel, tap)));
}

/**
 * What torch.nn.Conv2d gives: input [C][H][W], weight [O][C/groups][kh][kw], bias [O] or null, to [O][Ho][Wo]. Sizes
 * and channels are those of the arrays; the setting adds the rest.
 */
export function convolve(input, weight, bias, setting) {
  const full = normalize({
    ...setting,
    inputSize: shapeOf(input[0]),
    kernelSize: shapeOf(weight[0][0]),
    inChannels: input.length,
    outChannels: weight.length,
  });
  const size = convOutputSize(full);
  const windows = range(full.groups).map((group) =>
    table(size, (row, col) => im2colRow(input, full, row, col, group)),
  );
  return weight.map((filter, o) => {
    const weights = filter.flat(2);
    const read = windows[Math.floor((o * full.groups) / weight.length)];
    return table(size, (row, col) => dot(weights, read[row][col]) + (bias?.[o] ?? 0));
  });
}

function weightCount({ inChannels, outChannels, groups, kernelSize }) {
  return (outChannels * inChannels * product(kernelSize)) / groups;
}

export function parameterCount(setting, bias = true) {
  const full = normalize(setting);
  return weightCount(full) + (bias ? full.outChannels : 0);
}

/** Multiplications (each with its addition) for one image; those with padding count too. */
export function macCount(setting) {
  return weightCount(normalize(setting)) * product(convOutputSize(setting));
}

function inputsAlong(axis) {
  const { s, near, far, effective, mode } = axis;
  const reach = Math.max(near, far);
  const smallest = { reflect: reach + 1, circular: reach }[mode] ?? 1;
  const least = (convAxisSize(axis) - 1) * s + effective - near - far;
  return [Math.max(least, smallest), least + s - 1];
}

/** [least, greatest] input size with the same output size, one pair an axis. */
export function sameOutputInputs(setting) {
  return convAxes(setting).map(inputsAlong);
}
