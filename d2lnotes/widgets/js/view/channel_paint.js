// The numbers of the channel explorer, put into its boards (channel_blocks.js).
import { range } from "../core/arrays.js";
import { inputsOf } from "../core/channels.js";
import { paddedSize, windowCounts } from "./channel_picture.js";
import { formatNumber, largestMagnitude, numberCell } from "./numbers.js";

// Everything a reader sees. Another language is another table.
const TEXT = {
  inputName: (c) => `输入通道 ${c}`,
  sliceName: (out, channel) => `输出通道 ${out} 对输入通道 ${channel} 的权重`,
  slice: (out, i) => `W[${out}, ${i}]`,
  outputName: (out) => `输出通道 ${out}`,
  biasName: (out) => `输出通道 ${out} 的偏置`,
  cell: (name, row, col, text) => `${name} 第 ${row + 1} 行第 ${col + 1} 列，${text}`,
  padding: "填充 0",
  group: (group) => ` 组 ${group}`,
  left: " 余",
  absent: "无",
  absentName: (out, channel) => `不同组，输出通道 ${out} 没有读输入通道 ${channel} 的权重`,
  unknown: "?",
  unknownName: "还没揭晓",
};

/** As numberCell, in at most five characters: 0.00 is not 0. What is written below the board has more digits. */
function smallCell(value, largest) {
  const decimals = Math.abs(value) < 10 ? 2 : 1;
  const isShort = Number.isInteger(value) || Math.abs(value) >= 100;
  const text = isShort ? formatNumber(value) : value.toFixed(decimals).replace("-", "−");
  return { ...numberCell(value, largest), text };
}

const COVERED = { text: TEXT.unknown, "data-value": null, "data-tone": null, "aria-label": TEXT.unknownName };

export function paintInput(board, { setting, input }, hides) {
  const [[top], [left]] = setting.padding;
  const shape = paddedSize(setting);
  const largest = largestMagnitude(input.flat(2));
  const taken = setting.inputSize.map((_, axis) => new Set(linesRead(setting, axis)));
  const hasGroups = !hides && setting.groups > 1 && setting.groups < setting.inChannels;
  const groupOfInput = (c) => Math.floor((c * setting.groups) / setting.inChannels);
  return board.paint({
    count: setting.inChannels,
    perLine: setting.inChannels,
    shape,
    describeBlock: (c) => ({
      label: TEXT.inputName(c),
      caption: `X[${c}]${hasGroups ? TEXT.group(groupOfInput(c)) : ""}`,
      area: [2, c + 1],
      data: { "data-channel": c },
    }),
    describe(c, row, col) {
      const value = input[c][row - top]?.[col - left];
      const isPadding = value === undefined;
      const cell = smallCell(value ?? 0, largest);
      const label = TEXT.cell(TEXT.inputName(c), row - top, col - left, formatNumber(value ?? 0));
      return {
        ...cell,
        "data-pad": isPadding ? 1 : null,
        "data-read": taken[0].has(row) && taken[1].has(col) ? 1 : 0,
        "data-missing": null,
        "aria-label": isPadding ? TEXT.padding : label,
      };
    },
  });
}

/** Lines of the padded input that some window reads. */
function linesRead(setting, axis) {
  const taps = range(setting.kernelSize[axis]);
  return range(windowCounts(setting)[axis]).flatMap((at) => taps.map((tap) => at * setting.stride[axis] + tap));
}

export function paintWeight(board, { setting, kernel }, hides) {
  const { inChannels, outChannels, kernelSize } = setting;
  const largest = largestMagnitude(kernel.flat(3));
  const place = (n) => [Math.floor(n / inChannels), n % inChannels];
  const slices = range(outChannels).flatMap((out) => {
    const read = inputsOf(setting, out);
    return range(inChannels).map((channel) => read.indexOf(channel));
  });
  const isCovered = hides === "layer";
  return board.paint({
    count: inChannels * outChannels,
    perLine: inChannels,
    shape: kernelSize,
    describeBlock(n) {
      const [out, channel] = place(n);
      const area = [out + 4, channel + 1];
      if (isCovered) return { label: TEXT.unknownName, area, absent: TEXT.unknown };
      if (slices[n] < 0) return { label: TEXT.absentName(out, channel), area, absent: TEXT.absent };
      const data = { "data-channel": out, "data-reads": channel };
      return { label: TEXT.sliceName(out, channel), caption: TEXT.slice(out, slices[n]), area, data };
    },
    describe(n, row, col) {
      const [out, channel] = place(n);
      const value = kernel[out][slices[n]][row][col];
      const cell = smallCell(value, largest);
      return { ...cell, "aria-label": TEXT.cell(TEXT.sliceName(out, channel), row, col, formatNumber(value)) };
    },
  });
}

export function paintBias(board, { setting, bias }, hides) {
  const largest = bias ? largestMagnitude(bias) : 0;
  return board.paint({
    count: bias && hides !== "layer" ? setting.outChannels : 0,
    perLine: 1,
    shape: [1, 1],
    describeBlock: (out) => ({
      label: TEXT.biasName(out),
      caption: `b[${out}]`,
      area: [out + 4, setting.inChannels + 1],
      data: { "data-channel": out },
    }),
    describe(out) {
      const cell = smallCell(bias[out], largest);
      return { ...cell, "aria-label": `${TEXT.biasName(out)}，${formatNumber(bias[out])}` };
    },
  });
}

export function paintOutput(board, { output, outputSize }, hides) {
  const [count, ...shape] = outputSize;
  const largest = largestMagnitude(output.flat(2));
  return board.paint({
    count: hides === "layer" ? 0 : count,
    perLine: 1,
    shape,
    describeBlock: (out) => ({
      label: TEXT.outputName(out),
      caption: `Y[${out}]`,
      area: [out + 4, 1],
      data: { "data-channel": out },
    }),
    describe(out, row, col) {
      const cell = smallCell(output[out][row][col], largest);
      if (hides) return COVERED;
      return { ...cell, "aria-label": TEXT.cell(TEXT.outputName(out), row, col, formatNumber(output[out][row][col])) };
    },
  });
}

/** What does not go: channels that are left over, or cells that the kernel needs beyond the input. */
export function paintFault({ input, weight, bias, output }, { setting, error }) {
  const { inChannels, outChannels, groups, inputSize, kernelSize, padding } = setting;
  const isTooBig = error.code === "kernel-too-big";
  const padded = paddedSize(setting);
  const extent = isTooBig ? Math.max(padded[0], kernelSize[0]) : padded[0];
  const isLeft = (count, n) => !isTooBig && n >= count - (count % groups);
  const blank = { "data-value": null, "data-tone": null, "data-read": 1, "aria-label": null };
  input.paint({
    count: inChannels,
    perLine: inChannels,
    shape: [extent, extent],
    describeBlock: (c) => ({
      label: TEXT.inputName(c),
      caption: `X[${c}]${isLeft(inChannels, c) ? TEXT.left : ""}`,
      area: [2, c + 1],
      data: { "data-channel": c },
    }),
    describe(c, row, col) {
      const isMissing = isLeft(inChannels, c) || Math.max(row, col) >= padded[0];
      const isInside = [row, col].every((at) => at >= padding[0][0] && at < padding[0][0] + inputSize[0]);
      const isPadding = !isMissing && !isInside;
      const text = isMissing ? "✕" : "";
      return { ...blank, text, "data-pad": isPadding ? 1 : null, "data-missing": isMissing ? 1 : null };
    },
  });
  for (const board of [weight, bias]) board.paint({ count: 0, perLine: 1, shape: [1, 1] });
  const describeBlock = (out) => ({
    label: TEXT.outputName(out),
    caption: `Y[${out}]${isLeft(outChannels, out) ? TEXT.left : ""}`,
    area: [4 + out, 1],
    absent: isLeft(outChannels, out) ? "✕" : " ",
  });
  output.paint({ count: isTooBig ? 0 : outChannels, perLine: 1, shape: [1, 1], describeBlock });
  input.blocks.forEach((_, c) => input.show(c, isTooBig ? { corner: { row: 0, col: 0 }, size: kernelSize } : {}));
  output.blocks.forEach((_, out) => output.show(out, {}));
  return extent;
}
