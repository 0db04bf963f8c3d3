// What the channel explorer draws, worked out from its state: no DOM.
import { range, shapeOf, table } from "../core/arrays.js";
import { inputsOf, weightShape } from "../core/channels.js";
import { convolve, normalize, repairs, settingError } from "../core/conv.js";
import { patternBias, patternDigit, patternSlice } from "../core/patterns.js";
import { flag, numbers, option, whole } from "./fields.js";

const MOST_CHANNELS = 16;

// Everything a reader sees. Another language is another table.
const TEXT = {
  input: "输入",
  output: "输出",
  uneven: (parts) => `每组要分到一样多的通道：${parts.join("，")}，分不匀。`,
  unevenPart: (name, count, groups) => `${name} ${count} 个通道分 ${groups} 组余 ${count % groups}`,
  tooBig: (padded, k) => `填充后的输入只有 ${padded}×${padded}，放不下 ${k}×${k} 的卷积核。`,
  other: "填充至少是 0，其余至少是 1。",
  repair: {
    in_channels: (v) => `输入通道改为 ${v}`,
    out_channels: (v) => `输出通道改为 ${v}`,
    groups: (v) => `组数改为 ${v}`,
    kernel_size: (v) => `卷积核改为 ${v}`,
    padding: (v) => `填充改为 ${v}`,
    input_size: (v) => `输入边长改为 ${v}`,
    stride: (v) => `步幅改为 ${v}`,
  },
};

export const FIELDS = {
  input_size: [1, 12],
  padding: [0, 6],
  stride: [1, 6],
  in_channels: [1, MOST_CHANNELS],
  out_channels: [1, MOST_CHANNELS],
  groups: [1, MOST_CHANNELS],
  kernel_size: [1, 7],
  pointwise: [0, 64],
};
export const fields = {
  ...Object.fromEntries(Object.entries(FIELDS).map(([name, [least, most]]) => [name, whole(least, most)])),
  has_bias: flag(),
  input: numbers(3),
  kernel: numbers(4),
  bias: numbers(1),
};
const index = (most) => ({ kind: whole(0, most), value: 0 });
export const local = {
  picked: { kind: option(["output", "input", "weight", "bias"]), value: "output" },
  channel: index(MOST_CHANNELS - 1), // of an output or a bias the output channel, of an input the input channel
  reads: index(MOST_CHANNELS - 1), // of a weight the input channel
  row: index(99),
  col: index(99),
};

function readSetting(state) {
  return {
    inputSize: state.input_size,
    kernelSize: state.kernel_size,
    padding: state.padding,
    stride: state.stride,
    inChannels: state.in_channels,
    outChannels: state.out_channels,
    groups: state.groups,
  };
}

export const shapeOfDeep = (values) => (Array.isArray(values) ? [values.length, ...shapeOfDeep(values[0])] : []);

/** Given values hold while the shape is theirs. */
const fits = (given, shape) => given.length > 0 && shapeOfDeep(given).join() === shape.join();

/** Whether a field may have a value: sliders may end before the field does, and would clamp it. */
function isAllowed(name, value, limits) {
  return !whole(...(limits[name] ?? FIELDS[name])).fault(value);
}

function picture(state, limits) {
  const args = readSetting(state);
  const setting = normalize(args);
  const { inChannels, outChannels, inputSize } = setting;
  const shown = { setting, inputSize: [inChannels, ...inputSize], outputSize: null, error: null };
  const fault = settingError(args);
  if (fault) return { ...shown, error: explainFault(fault, state, limits) };
  const shape = weightShape(setting);
  const isOwn = {
    input: fits(state.input, shown.inputSize),
    kernel: fits(state.kernel, shape),
    bias: state.bias.length === outChannels,
  };
  const input = isOwn.input
    ? state.input
    : range(inChannels).map((c) => table(inputSize, (row, col) => patternDigit(c, row, col)));
  const kernel = isOwn.kernel
    ? state.kernel
    : range(outChannels).map((out) =>
        range(shape[1]).map((i) => table(shape.slice(2), (row, col) => patternSlice(out, i, row, col))),
      );
  const own = isOwn.bias ? state.bias : range(outChannels).map(patternBias);
  const bias = state.has_bias ? own : null;
  const output = convolve(input, kernel, bias, args);
  const drawn = { ...shown, isOwn, input, kernel, bias, output, outputSize: [outChannels, ...shapeOf(output[0])] };
  return { ...drawn, next: pixelwiseStep(drawn, state, limits) };
}

/** A patch that shows the 1×1 convolution which follows, on the output of this one; null if it cannot be shown. */
function pixelwiseStep({ output, outputSize: [count, rows] }, { pointwise }, limits) {
  const sizes = { in_channels: count, out_channels: pointwise, input_size: rows };
  if (!Object.entries(sizes).every(([name, value]) => isAllowed(name, value, limits))) return null;
  const plain = { groups: 1, kernel_size: 1, padding: 0, stride: 1, pointwise: 0, kernel: [], bias: [] };
  return { ...sizes, ...plain, input: output };
}

/** Picking a cell changes nothing of the picture: it is worked out once a setting. */
export function rememberPicture() {
  let last = null;
  return (state, limits) => {
    const isSame = last && Object.keys(fields).every((name) => state[name] === last.state[name]);
    if (!isSame || last.picture.error) last = { state, picture: picture(state, limits) };
    return last.picture;
  };
}

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Besides core's ways: more or fewer channels for the groups, a larger input for the kernel. */
function waysToMend(code, state) {
  const ways = repairs(readSetting(state)).map(({ name, value }) => ({ [snakeCase(name)]: value }));
  const [uneven, another] = ["in_channels", "out_channels"].filter((name) => state[name] % state.groups);
  if (code === "groups" && !another) {
    const less = state[uneven] - (state[uneven] % state.groups);
    ways.push({ [uneven]: less }, { [uneven]: less + state.groups });
  }
  if (code === "kernel-too-big") ways.push({ input_size: state.kernel_size - 2 * state.padding });
  return ways;
}

function explainFault({ code, message }, state, limits) {
  const mends = waysToMend(code, state).filter((patch) =>
    Object.entries(patch).every(([name, value]) => isAllowed(name, value, limits)),
  );
  const part = (name, count) => count % state.groups && TEXT.unevenPart(name, count, state.groups);
  const uneven = [part(TEXT.input, state.in_channels), part(TEXT.output, state.out_channels)].filter(Boolean);
  const explanations = {
    groups: () => TEXT.uneven(uneven),
    "kernel-too-big": () => TEXT.tooBig(state.input_size + 2 * state.padding, state.kernel_size),
  };
  return {
    code,
    message,
    explanation: explanations[code]?.() ?? TEXT.other,
    repairs: mends.map((patch) => {
      const [[name, value]] = Object.entries(patch);
      return { text: TEXT.repair[name](value), patch };
    }),
  };
}

/** [height, width] of an input channel with its padding. */
export function paddedSize({ inputSize, padding }) {
  return inputSize.map((n, axis) => n + padding[axis][0] + padding[axis][1]);
}

/** [height, width] of an output channel. */
export function windowCounts(setting) {
  return paddedSize(setting).map((n, axis) => Math.floor((n - setting.kernelSize[axis]) / setting.stride[axis]) + 1);
}

/** Places of the padded input that one weight meets, window by window. */
export function cellsUnder(setting, row, col) {
  const [rows, cols] = windowCounts(setting);
  const [down, right] = setting.stride;
  return range(rows).flatMap((r) => range(cols).map((c) => [r * down + row, c * right + col]));
}

/** Keep what is picked within what there is. */
export function kept({ setting, bias, outputSize }, state) {
  const picked = state.picked === "bias" && !bias ? "output" : state.picked;
  const { inChannels, outChannels, kernelSize } = setting;
  const shape = { output: outputSize.slice(1), input: paddedSize(setting), weight: kernelSize, bias: [1, 1] }[picked];
  const channel = Math.min(state.channel, (picked === "input" ? inChannels : outChannels) - 1);
  const read = picked === "weight" ? inputsOf(setting, channel) : [state.reads];
  return {
    picked,
    channel,
    reads: read.includes(state.reads) ? state.reads : read[0],
    row: Math.min(state.row, shape[0] - 1),
    col: Math.min(state.col, shape[1] - 1),
  };
}
