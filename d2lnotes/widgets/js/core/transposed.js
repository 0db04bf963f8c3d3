// The arithmetic of torch.nn.ConvTranspose2d: no DOM, no state.
//
// A `setting` is { inputSize, kernelSize, stride, padding, outputPadding, dilation, inChannels, outChannels, groups }.
// A size is a number or a pair [height, width]. Input sizes and channels are at least 1. Padding cuts the output.
// Every input cell stamps the kernel, times its value, onto the output; outputPadding only moves the far edge.
import { crossed, pair, range, shapeOf, sum, table } from "./arrays.js";
import { groupsError, mendedGroups, weightError } from "./layer.js";
import { nearestMends } from "./mends.js";

/** Fill in the defaults and turn sizes into pairs. */
export function normalizeTransposed({
  inputSize,
  kernelSize,
  stride = 1,
  padding = 0,
  outputPadding = 0,
  dilation = 1,
  paddingMode = "zeros",
  inChannels = 1,
  outChannels = 1,
  groups = 1,
}) {
  const sizes = { inputSize, kernelSize, stride, padding, outputPadding, dilation };
  const pairs = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, pair(size)]));
  return { ...pairs, paddingMode, inChannels, outChannels, groups };
}

function transposedAxes(setting) {
  const full = normalizeTransposed(setting);
  return [0, 1].map((axis) => {
    const { inputSize, kernelSize, stride, padding, outputPadding, dilation } = full;
    const sizes = [inputSize, kernelSize, stride, padding, outputPadding, dilation];
    const [n, k, s, p, extra, d] = sizes.map((size) => size[axis]);
    const least = (n - 1) * s - 2 * p + d * (k - 1) + 1;
    return { n, k, s, p, extra, d, least, size: least + extra };
  });
}

function transposedLayerError(full) {
  const { paddingMode, padding, inChannels, outChannels, groups, kernelSize } = full;
  if (paddingMode !== "zeros") {
    return { code: "paddingMode", message: 'Only "zeros" padding mode is supported for ConvTranspose2d' };
  }
  const wrong = groupsError(full) ?? weightError([inChannels, outChannels / groups, ...kernelSize]);
  if (wrong || !padding.some((p) => typeof p === "string")) return wrong;
  return {
    code: "padding-name",
    message:
      "conv_transpose2d(): argument 'padding' (position 5) must be tuple of ints, " +
      "but found element of type str at pos 0",
  };
}

function stampError([h, w]) {
  const some = (fault) => fault(h) || fault(w);
  const error = (code, ...message) => ({ code, message: message.join("") });
  if (some((a) => a.p < 0)) return error("padding", "negative padding is not supported");
  if (some((a) => a.extra < 0)) return error("outputPadding", "negative output_padding is not supported");
  if (some((a) => a.s < 1)) return error("stride", "non-positive stride is not supported");
  if (some((a) => a.d < 0)) return error("dilation", "dilation should be greater than zero");
  if (some((a) => a.k < 1)) {
    const got = `kernel_height: ${h.k} kernel_width: ${w.k}`;
    return error("kernelSize", `kernel size should be greater than zero, but got ${got}`);
  }
  if (some((a) => a.d < 1)) {
    const got = `dilation_height: ${h.d}, dilation_width: ${w.d}`;
    return error("dilation", `dilation should be greater than zero, but got ${got}`);
  }
  if (some((a) => a.extra >= a.s && a.extra >= a.d)) {
    return error(
      "output-padding-too-big",
      "output padding must be smaller than either stride or dilation, but got ",
      `output_padding_height: ${h.extra} output_padding_width: ${w.extra} `,
      `stride_height: ${h.s} stride_width: ${w.s} dilation_height: ${h.d} dilation_width: ${w.d}`,
    );
  }
  if (some((a) => a.size < 1)) {
    return error(
      "output-too-small",
      `Given input size per channel: (${h.n} x ${w.n}). `,
      `Calculated output size per channel: (${h.size} x ${w.size}). Output size is too small`,
    );
  }
  return null;
}

/**
 * What torch.nn.ConvTranspose2d says of an impossible setting, word for word and in its order of checks, as { code,
 * message }, or null.
 */
export function transposedError(setting) {
  return transposedLayerError(normalizeTransposed(setting)) ?? stampError(transposedAxes(setting));
}

/** [height, width] of the output; throws an Error with torch's message and a `code`. */
export function transposedOutputSize(setting) {
  const error = transposedError(setting);
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return transposedAxes(setting).map((axis) => axis.size);
}

const TRANSPOSED_MENDS = {
  "output-padding-too-big": [["outputPadding", -1], ["stride", 1], ["dilation", 1]],
  "output-too-small": [["padding", -1], ["kernelSize", 1], ["stride", 1], ["dilation", 1]],
  padding: [["padding", 1]],
  outputPadding: [["outputPadding", 1]],
  stride: [["stride", 1]],
  dilation: [["dilation", 1]],
  kernelSize: [["kernelSize", 1]],
};

/** Ways to mend an impossible setting by one knob, each by its smallest step: a list of { name, value }. */
export function transposedRepairs(setting) {
  const full = normalizeTransposed(setting);
  const most = Math.max(1, ...transposedAxes(full).map(({ p, extra }) => 2 * p + extra + 1));
  const code = transposedError(full)?.code;
  const others = [];
  if (code === "groups") others.push(...mendedGroups(full));
  if (code === "paddingMode") others.push({ name: "paddingMode", value: "zeros" });
  if (code === "padding-name") others.push({ name: "padding", value: 0 });
  return nearestMends(full, { knobs: TRANSPOSED_MENDS[code], most, others }, transposedError);
}

/** Which input lines put which line of the kernel onto an output line. */
function contributionsAlong(line, { n, k, s, p, d }) {
  return range(n)
    .map((input) => ({ input, kernel: (line + p - input * s) / d }))
    .filter(({ kernel }) => Number.isInteger(kernel) && kernel >= 0 && kernel < k);
}

/** The input cells whose stamps reach an output cell, each with the weight it arrives by. */
export function transposedTaps(setting, outputRow, outputCol) {
  const [h, w] = transposedAxes(setting);
  return crossed(contributionsAlong(outputRow, h), contributionsAlong(outputCol, w)).map(([row, col]) => ({
    inputRow: row.input,
    inputCol: col.input,
    kernelRow: row.kernel,
    kernelCol: col.kernel,
  }));
}

function stampAlong(line, { k, s, p, d, size }) {
  return range(k)
    .map((kernel) => ({ output: line * s + kernel * d - p, kernel }))
    .filter(({ output }) => output >= 0 && output < size);
}

/** The output cells that one input cell stamps, each with the weight; those that padding cuts off are left out. */
export function stampOf(setting, inputRow, inputCol) {
  const [h, w] = transposedAxes(setting);
  return crossed(stampAlong(inputRow, h), stampAlong(inputCol, w)).map(([row, col]) => ({
    outputRow: row.output,
    outputCol: col.output,
    kernelRow: row.kernel,
    kernelCol: col.kernel,
  }));
}

/**
 * What torch.nn.ConvTranspose2d gives: input [C][H][W], weight [C][O/groups][kh][kw], bias [O] or null, to
 * [O][Ho][Wo]. Sizes and channels are those of the arrays; the setting adds the rest.
 */
export function convTranspose(input, weight, bias, setting) {
  const groups = setting.groups ?? 1;
  const perGroup = weight[0].length;
  const full = normalizeTransposed({
    ...setting,
    inputSize: shapeOf(input[0]),
    kernelSize: shapeOf(weight[0][0]),
    inChannels: input.length,
    outChannels: perGroup * groups,
  });
  const size = transposedOutputSize(full);
  const taps = table(size, (row, col) => transposedTaps(full, row, col));
  return range(perGroup * groups).map((o) => {
    const group = Math.floor(o / perGroup);
    const channels = range(input.length).filter((c) => Math.floor((c * groups) / input.length) === group);
    const arriving = (c, tap) =>
      input[c][tap.inputRow][tap.inputCol] * weight[c][o % perGroup][tap.kernelRow][tap.kernelCol];
    return table(size, (row, col) => {
      const parts = channels.flatMap((c) => taps[row][col].map((tap) => arriving(c, tap)));
      return sum(parts) + (bias?.[o] ?? 0);
    });
  });
}

/**
 * The output size formula with its numbers put in, one object an axis. `sizes` are the [least, greatest] sizes among
 * which outputPadding below the stride chooses: the inputs that the convolution of this setting makes equal.
 */
export function transposedFormula(setting) {
  return transposedAxes(setting).map(({ n, k, s, p, extra, d, least, size }) => ({
    outputSize: size,
    substituted: `(${n} − 1)·${s} − 2·${p} + ${d}·(${k} − 1) + ${extra} + 1`,
    sizes: [least, least + s - 1],
  }));
}
