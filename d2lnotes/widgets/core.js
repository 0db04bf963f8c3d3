// Pure arithmetic of convolution by PyTorch's rules: no DOM, no state. Every explorer stands on it.
//
// A `setting` is { inputSize, kernelSize, padding, stride, dilation }. Each entry is a number or a
// pair [height, width]. Padding counts per side. Rows and columns are those of the PADDED input,
// starting at 0, so the first real cell is [padding, padding].

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

/** Fill in the defaults and turn every entry into a pair. */
export function normalize({ inputSize, kernelSize, padding = 0, stride = 1, dilation = 1 }) {
  return {
    inputSize: pair(inputSize),
    kernelSize: pair(kernelSize),
    padding: pair(padding),
    stride: pair(stride),
    dilation: pair(dilation),
  };
}

/** Cells from the first to the last tap of a dilated kernel. */
export function effectiveKernelSize(kernelSize, dilation) {
  return dilation * (kernelSize - 1) + 1;
}

function axisOf(setting, axis) {
  const n = setting.inputSize[axis];
  const k = setting.kernelSize[axis];
  const p = setting.padding[axis];
  const s = setting.stride[axis];
  const d = setting.dilation[axis];
  return { n, k, p, s, d, padded: n + 2 * p, effective: effectiveKernelSize(k, d) };
}

function axesOf(setting) {
  const full = normalize(setting);
  return [axisOf(full, 0), axisOf(full, 1)];
}

/**
 * What PyTorch says of an impossible setting, word for word, or null. The order of the checks is
 * PyTorch's too: with two faults it names the same one.
 */
export function settingError(setting) {
  const axes = axesOf(setting);
  const [h, w] = axes;
  const some = (fault) => axes.some(fault);
  const error = (code, ...message) => ({ code, message: message.join(" ") });
  if (some((a) => a.p < 0)) return error("padding", "negative padding is not supported");
  if (some((a) => a.s < 1)) return error("stride", "non-positive stride is not supported");
  if (some((a) => a.d < 0)) return error("dilation", "dilation should be greater than zero");
  if (some((a) => a.padded < a.effective)) {
    return error(
      "kernel-too-big",
      `Calculated padded input size per channel: (${h.padded} x ${w.padded}).`,
      `Kernel size: (${h.effective} x ${w.effective}).`,
      "Kernel size can't be greater than actual input size",
    );
  }
  const got = (name, values) => error(name, `${name} should be greater than zero, but got ${values}`);
  if (some((a) => a.k < 1)) return got("kernel size", `kernel_height: ${h.k} kernel_width: ${w.k}`);
  if (some((a) => a.d < 1)) return got("dilation", `[${h.d}, ${w.d}]`);
  return null;
}

function axisOutputSize({ padded, effective, s }) {
  return Math.floor((padded - effective) / s) + 1;
}

/** [height, width] of the output; throws an Error with PyTorch's message and a `code`. */
export function convOutputSize(setting) {
  const error = settingError(setting);
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return axesOf(setting).map(axisOutputSize);
}

/**
 * One knob at a time, what would make room for a kernel that is too big: the least padding, the
 * greatest kernel, the greatest dilation (0: none would do).
 */
export function repairs(setting) {
  const axes = axesOf(setting);
  const least = (of) => Math.min(...axes.map(of));
  return {
    padding: -least((a) => Math.floor((a.n - a.effective) / 2)),
    kernelSize: least((a) => Math.floor((a.padded - 1) / a.d) + 1),
    dilation: least((a) => Math.floor((a.padded - 1) / (a.k - 1))),
  };
}

/** Cross-correlation of two nested arrays, zero padding: what torch.nn.functional.conv2d gives. */
export function crossCorrelate(input, kernel, { padding = 0, stride = 1, dilation = 1 } = {}) {
  const setting = { inputSize: shapeOf(input), kernelSize: shapeOf(kernel), padding, stride, dilation };
  const product = (tap) =>
    tap.inside ? input[tap.inputRow][tap.inputCol] * kernel[tap.kernelRow][tap.kernelCol] : 0;
  return table(convOutputSize(setting), (row, col) =>
    windowTaps(setting, row, col).reduce((sum, tap) => sum + product(tap), 0),
  );
}

/**
 * The cells one output cell reads, in the order of the kernel's weights. `row`, `col` are padded
 * coordinates, `inputRow`, `inputCol` those of the unpadded input; `inside` is false on padding.
 */
export function windowTaps(setting, outputRow, outputCol) {
  const [h, w] = axesOf(setting);
  const taps = [];
  for (let kernelRow = 0; kernelRow < h.k; kernelRow++) {
    for (let kernelCol = 0; kernelCol < w.k; kernelCol++) {
      const row = outputRow * h.s + kernelRow * h.d;
      const col = outputCol * w.s + kernelCol * w.d;
      const inputRow = row - h.p;
      const inputCol = col - w.p;
      const inside = inputRow >= 0 && inputRow < h.n && inputCol >= 0 && inputCol < w.n;
      taps.push({ row, col, kernelRow, kernelCol, inputRow, inputCol, inside });
    }
  }
  return taps;
}

function axisUnread(axis) {
  const read = new Array(axis.padded).fill(false);
  const size = axisOutputSize(axis);
  for (let o = 0; o < size; o++) for (let t = 0; t < axis.k; t++) read[o * axis.s + t * axis.d] = true;
  const end = (size - 1) * axis.s + axis.effective;
  const indices = [...read.keys()].filter((i) => !read[i]);
  return {
    indices,
    trailing: axis.padded - end,
    between: indices.filter((i) => i < end).length,
    real: indices.filter((i) => i >= axis.p && i < axis.p + axis.n).length,
  };
}

/**
 * Lines of the padded input that no window reads, as { rows, cols }. Each has `indices`, how many
 * of them lie after the last window (`trailing`, the remainder of the formula), how many lie
 * `between` taps (stride beyond the kernel, or the holes of a dilated one), and how many are
 * `real` cells, not padding. A cell is unread if its row or its column is.
 */
export function unreadLines(setting) {
  const [rows, cols] = axesOf(setting).map(axisUnread);
  return { rows, cols };
}

function axisFormula(axis) {
  const { n, k, p, s, d } = axis;
  const numerator = axis.padded - axis.effective;
  const quotient = Math.floor(numerator / s);
  return {
    numerator,
    divisor: s,
    quotient,
    remainder: numerator - quotient * s,
    outputSize: quotient + 1,
    substituted: `⌊(${n} + 2·${p} − ${d}·(${k} − 1) − 1)/${s}⌋ + 1`,
    reduced: `⌊${numerator}/${s}⌋ + 1`,
  };
}

/** The output size formula with its numbers put in, one object an axis: [height, width]. */
export function outputFormula(setting) {
  return axesOf(setting).map(axisFormula);
}
