// A convolution of several channels: which slices of the weight an output channel uses, what they add up to, and what
// groups save. Every slice stands below the input channel it reads and in the row of the output channel it feeds.
import { range, shapeOf, table } from "../core/arrays.js";
import { inputsOf, outputsOf, weightShape } from "../core/channels.js";
import { askChannels } from "../core/channel_questions.js";
import { convolve, feeds, normalize, repairs, settingError, windowTaps } from "../core/conv.js";
import { patternBias, patternDigit, patternSlice } from "../core/patterns.js";
import { createBlocks } from "./channel_blocks.js";
import { costLines, separableCosts } from "./channel_costs.js";
import { button, element, setAttribute, setText } from "./dom.js";
import { flag, numbers, option, whole } from "./fields.js";
import { equation, mount, step } from "./frame.js";
import { formatFactor, formatNumber, isShownExactly, largestMagnitude, numberCell } from "./numbers.js";

const MOST_CHANNELS = 16;
const MOST_TERMS = 12;
const MOST_LINES = 8;
const MOST_NUMBERED_SLICES = 64; // more are tiles of colour
const MOST_DIGITS = 4; // longer numbers do not fit into a slice

// Everything a reader sees. Another language is another table.
const TEXT = {
  root: "多通道卷积演示",
  input: "输入",
  weight: "权重",
  bias: "偏置",
  output: "输出",
  weightHint: "一行是一个输出通道，一列是一个输入通道",
  inputName: (c) => `输入通道 ${c}`,
  sliceName: (out, channel) => `输出通道 ${out} 对输入通道 ${channel} 的权重`,
  outputName: (out) => `输出通道 ${out}`,
  biasName: (out) => `输出通道 ${out} 的偏置`,
  cell: (name, row, col, text) => `${name}第 ${row + 1} 行第 ${col + 1} 列，${text}`,
  padding: "填充 0",
  group: (group) => ` 组 ${group}`,
  left: " 余",
  absent: "无",
  absentName: (out, channel) => `不同组，输出通道 ${out} 没有读输入通道 ${channel} 的权重`,
  unknown: "?",
  unknownName: "还没揭晓",
  edit: (name) => `${name.split("，")[0]}的新数值`,
  noEdit: "填充的格子总是 0，不能改。",
  term: (out, i, channel) => `X[${channel}]∗W[${out}, ${i}]`,
  moreTerms: (count) => `…（共 ${count} 项）`,
  moreChannels: (count) => `…（共 ${count} 个输入通道）`,
  python: "Python",
  fed: (name, outs, cells) =>
    `${name} 参与 ${outs} 个输出通道、每个 ${cells} 格，共 ${outs * cells} 个输出（标出的格子）。`,
  fedNone: (name) => `${name} 没有被任何窗口读到，改它不会改变输出。`,
  fedPadding: (outs, cells) => `这格填充的 0 参与 ${outs} 个输出通道、每个 ${cells} 格。`,
  fedHow: "经过的权重",
  shared: (name, channel, out, cells) =>
    `${name} 这一个权重，依次去乘 X[${channel}] 里标出的 ${cells} 格，每次给 Y[${out}] 的一格：同一个数用了 ${cells} 次。`,
  sharedBias: (out, cells) => `b[${out}] 加到 Y[${out}] 的每一格，共 ${cells} 次。`,
  slice: (out, i) => `W[${out}, ${i}]`,
  unused: (name, shape) => `给出的${name}形状是 (${shape.join(", ")})，与现在的设置不同，这里画的是示例数字；设置改回去，它就回来。`,
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
  secondStep: "看第二步：1×1",
  firstStep: "回到第一步",
  presets: "预设",
  preset: {
    ordinary: "普通",
    grouped: "分组",
    depthwise: "逐通道",
    pixelwise: "1×1",
    separable: "深度可分离",
    textbook: "教材例子",
    textbookMany: "教材例子（多输出）",
  },
  more: {
    input_size: "输入边长",
    padding: "填充",
    stride: "步幅",
    pointwise: "再接 1×1，输出通道（0：不接）",
    has_bias: "偏置",
  },
  tables: {
    input: (c) => `输入 X[${c}]（含填充）`,
    weight: "权重 W（每片从上到下逐行写）",
    rows: "；",
    output: (out) => `输出 Y[${out}]`,
  },
};

const FIELDS = {
  input_size: [1, 12],
  padding: [0, 6],
  stride: [1, 6],
  in_channels: [1, MOST_CHANNELS],
  out_channels: [1, MOST_CHANNELS],
  groups: [1, MOST_CHANNELS],
  kernel_size: [1, 7],
  pointwise: [0, 64],
};
const fields = {
  ...Object.fromEntries(Object.entries(FIELDS).map(([name, [least, most]]) => [name, whole(least, most)])),
  has_bias: flag(),
  input: numbers(3),
  kernel: numbers(4),
  bias: numbers(1),
};
const index = (most) => ({ kind: whole(0, most), value: 0 });
const local = {
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

const shapeOfDeep = (values) => (Array.isArray(values) ? [values.length, ...shapeOfDeep(values[0])] : []);

/** Given values hold while the shape is theirs. */
const fits = (given, shape) => given.length > 0 && shapeOfDeep(given).join() === shape.join();

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
  return { ...shown, isOwn, input, kernel, bias, output, outputSize: [outChannels, ...shapeOf(output[0])] };
}

/** Picking a cell changes nothing of the picture: it is worked out once a setting. */
function rememberPicture() {
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
  const multiples = (count) => [Math.floor(count / state.groups), Math.ceil(count / state.groups)].map((n) => n * state.groups);
  const uneven = ["in_channels", "out_channels"].filter((name) => state[name] % state.groups);
  if (code === "groups" && uneven.length === 1) ways.push(...multiples(state[uneven[0]]).map((value) => ({ [uneven[0]]: value })));
  if (code === "kernel-too-big") ways.push({ input_size: state.kernel_size - 2 * state.padding });
  return ways;
}

function explainFault({ code, message }, state, limits) {
  const isAllowed = ([name, value]) => !whole(...(limits[name] ?? FIELDS[name])).fault(value);
  const mends = waysToMend(code, state).filter((patch) => Object.entries(patch).every(isAllowed));
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

// ------------------------------------------------------------------ painting

const COVERED = { text: TEXT.unknown, "data-value": null, "data-tone": null, "aria-label": TEXT.unknownName };

function paintInput(board, { setting, input }, hides) {
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
      const cell = numberCell(value ?? 0, largest);
      const label = TEXT.cell(TEXT.inputName(c), row - top, col - left, cell.text);
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

/** [height, width] of an input channel with its padding. */
function paddedSize({ inputSize, padding }) {
  return inputSize.map((n, axis) => n + padding[axis][0] + padding[axis][1]);
}

/** [height, width] of an output channel. */
function windowCounts(setting) {
  return paddedSize(setting).map((n, axis) => Math.floor((n - setting.kernelSize[axis]) / setting.stride[axis]) + 1);
}

/** Lines of the padded input that some window reads. */
function linesRead(setting, axis) {
  const taps = range(setting.kernelSize[axis]);
  return range(windowCounts(setting)[axis]).flatMap((at) => taps.map((tap) => at * setting.stride[axis] + tap));
}

const sliceIndex = ({ inChannels }, out, channel) => out * inChannels + channel;

function paintWeight(board, { setting, kernel }, hides) {
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
      const cell = numberCell(kernel[out][slices[n]][row][col], largest);
      return { ...cell, "aria-label": TEXT.cell(TEXT.sliceName(out, channel), row, col, cell.text) };
    },
  });
}

function paintBias(board, { setting, bias }, hides) {
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
      const cell = numberCell(bias[out], largest);
      return { ...cell, "aria-label": `${TEXT.biasName(out)}，${cell.text}` };
    },
  });
}

function paintOutput(board, { output, outputSize }, hides) {
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
      const cell = numberCell(output[out][row][col], largest);
      if (hides) return COVERED;
      return { ...cell, "aria-label": TEXT.cell(TEXT.outputName(out), row, col, cell.text) };
    },
  });
}

// ------------------------------------------------------------------ what the picked cell is made of

function shortened(terms, separator) {
  if (terms.length <= MOST_TERMS) return terms.join(separator);
  return [...terms.slice(0, MOST_TERMS - 2), TEXT.moreTerms(terms.length)].join(separator);
}

/** What each input channel adds to one output: [{ channel, i, pairs: [[input, weight]], sum }]. */
function partsOf({ setting, input, kernel }, { channel: out, row, col }) {
  const taps = windowTaps(setting, row, col);
  return inputsOf(setting, out).map((channel, i) => {
    const pairs = taps.map((tap) => [
      tap.inside ? input[channel][tap.inputRow][tap.inputCol] : 0,
      kernel[out][i][tap.kernelRow][tap.kernelCol],
    ]);
    return { channel, i, pairs, sum: pairs.reduce((total, [x, w]) => total + x * w, 0) };
  });
}

/** "=" where what is shown is the number itself, else "≈". */
const equals = (value) => (isShownExactly(value) ? "=" : "≈");

function sumLines(picture, state) {
  const { bias, output } = picture;
  const { channel: out, row, col } = state;
  const parts = partsOf(picture, state);
  const lines = parts.slice(0, MOST_LINES).map(({ channel, i, pairs, sum }) => {
    const products = pairs.map(([x, w]) => `${formatFactor(x)}·${formatFactor(w)}`);
    return equation(TEXT.term(out, i, channel), step(`= ${shortened(products, " + ")}`), step(`${equals(sum)} ${formatNumber(sum)}`));
  });
  if (parts.length > MOST_LINES) lines.push(equation("", step(TEXT.moreChannels(parts.length))));
  const value = output[out][row][col];
  const sums = shortened(parts.map(({ sum }, n) => (n ? formatFactor : formatNumber)(sum)), " + ");
  const biasTerm = bias ? ` + ${formatFactor(bias[out])}` : "";
  const isExact = [value, ...parts.map(({ sum }) => sum), ...(bias ? [bias[out]] : [])].every(isShownExactly);
  const note = bias ? [step(`（${TEXT.bias} b[${out}] = ${formatNumber(bias[out])}）`, "dx-note")] : [];
  return [
    ...lines,
    equation(`Y[${out}, ${row}, ${col}]`, step(`= ${sums}${biasTerm}`), step(`${isExact ? "=" : "≈"} ${formatNumber(value)}`, "dx-result"), ...note),
    pythonLine(picture, state),
  ];
}

const code = (text) => element("code", { lang: "en", class: "dx-python" }, text);

function pythonLine({ setting, bias }, { channel: out, row, col }) {
  const { padding, stride, kernelSize, inChannels, groups } = setting;
  const isPadded = padding.flat().some(Boolean);
  const slice = (at, axis) => `${at * stride[axis]}:${at * stride[axis] + kernelSize[axis]}`;
  const read = inputsOf(setting, out);
  const channels = groups > 1 ? `${read[0]}:${read[0] + inChannels / groups}` : ":";
  const source = isPadded ? "Xp" : "X";
  const sum = `(${source}[${channels}, ${slice(row, 0)}, ${slice(col, 1)}] * W[${out}]).sum()${bias ? ` + b[${out}]` : ""}`;
  const sides = `(${[...padding[1], ...padding[0]].join(", ")})`;
  return equation(TEXT.python, ...(isPadded ? [code(`Xp = F.pad(X, ${sides}); `)] : []), code(sum));
}

/** The slice that is pointed at, large. */
function largeSlice(values, { row, col }) {
  const cell = (value, r, c) => element("td", r === row && c === col ? { "aria-current": "true" } : {}, formatNumber(value));
  const lines = values.map((line, r) => element("tr", {}, ...line.map((value, c) => cell(value, r, c))));
  return element("table", "dx-table dx-large", element("tbody", {}, ...lines));
}

function pickedLines(picture, state) {
  const { setting, kernel, outputSize } = picture;
  const cells = outputSize[1] * outputSize[2];
  const { channel, row, col, reads } = state;
  if (state.picked === "output") return sumLines(picture, state);
  if (state.picked === "bias") return [element("div", {}, TEXT.sharedBias(channel, cells))];
  if (state.picked === "weight") {
    const i = inputsOf(setting, channel).indexOf(reads);
    const used = cellsUnder(setting, row, col).length;
    const name = `W[${channel}, ${i}, ${row}, ${col}] = ${formatNumber(kernel[channel][i][row][col])}`;
    return [
      element("div", {}, TEXT.shared(name, reads, channel, used)),
      element("div", "dx-line", element("span", "dx-lhs", TEXT.slice(channel, i)), largeSlice(kernel[channel][i], state)),
    ];
  }
  return inputLines(picture, state);
}

function inputLines({ setting, kernel }, { channel, row, col }) {
  const [r, c] = [row - setting.padding[0][0], col - setting.padding[1][0]];
  const isPadding = r < 0 || c < 0 || r >= setting.inputSize[0] || c >= setting.inputSize[1];
  const name = `X[${channel}, ${r}, ${c}]`;
  const fed = feeds(setting, row, col);
  if (!fed.length) return [element("div", {}, TEXT.fedNone(name))];
  const outs = outputsOf(setting, channel);
  const text = isPadding ? TEXT.fedPadding(outs.length, fed.length) : TEXT.fed(name, outs.length, fed.length);
  const lines = outs.slice(0, MOST_LINES).map((out) => {
    const slice = kernel[out][inputsOf(setting, out).indexOf(channel)];
    const parts = fed.map((to) => `[${to.outputRow}, ${to.outputCol}]·${formatFactor(slice[to.kernelRow][to.kernelCol])}`);
    return equation(`Y[${out}]`, step(`${TEXT.fedHow} ${shortened(parts, "、")}`));
  });
  return [element("div", {}, text), ...lines];
}

/** Places of the padded input that one weight meets, window by window. */
function cellsUnder(setting, row, col) {
  const [rows, cols] = windowCounts(setting);
  const [down, right] = setting.stride;
  return range(rows).flatMap((r) => range(cols).map((c) => [r * down + row, c * right + col]));
}

function status({ setting, isOwn, outputSize }, state) {
  const given = [["input", TEXT.input], ["kernel", TEXT.weight], ["bias", TEXT.bias]];
  const unused = given.filter(([name]) => state[name].length && !isOwn[name] && (name !== "bias" || state.has_bias));
  return [
    ...costLines(setting, state.has_bias, outputSize),
    ...unused.map(([name, title]) => element("div", "dx-note", TEXT.unused(title, shapeOfDeep(state[name])))),
  ];
}

function layerCode({ setting }, { has_bias, pointwise }) {
  const { inChannels, outChannels, kernelSize, stride, padding, groups } = setting;
  const noBias = has_bias ? [] : ["bias=False"];
  const args = [
    inChannels,
    outChannels,
    `kernel_size=${kernelSize[0]}`,
    ...(stride[0] > 1 ? [`stride=${stride[0]}`] : []),
    ...(padding[0][0] ? [`padding=${padding[0][0]}`] : []),
    ...(groups > 1 ? [`groups=${groups}`] : []),
    ...noBias,
  ];
  const layer = `nn.Conv2d(${args.join(", ")})`;
  const second = [outChannels, pointwise, "kernel_size=1", ...noBias].join(", ");
  return pointwise ? `nn.Sequential(${layer}, nn.Conv2d(${second}))` : layer;
}

function tables(picture) {
  if (picture.error) return [];
  const { setting, input, kernel, bias, output } = picture;
  const [[top], [left]] = setting.padding;
  const shape = paddedSize(setting);
  const rowsOf = (values) => values.map((line) => line.map(formatNumber));
  const slice = (out, channel) => {
    const i = inputsOf(setting, out).indexOf(channel);
    return i < 0 ? TEXT.absent : rowsOf(kernel[out][i]).map((line) => line.join(" ")).join(TEXT.rows);
  };
  const channels = range(setting.inChannels);
  return [
    ...input.map((values, c) => ({
      caption: TEXT.tables.input(c),
      rows: rowsOf(table(shape, (row, col) => values[row - top]?.[col - left] ?? 0)),
    })),
    {
      caption: TEXT.tables.weight,
      head: ["", ...channels.map((c) => `X[${c}]`), ...(bias ? [TEXT.bias] : [])],
      rows: kernel.map((_, out) => [
        `Y[${out}]`,
        ...channels.map((c) => slice(out, c)),
        ...(bias ? [formatNumber(bias[out])] : []),
      ]),
    },
    ...output.map((values, out) => ({ caption: TEXT.tables.output(out), rows: rowsOf(values) })),
  ];
}

/** Output cells channel by channel, row by row. */
function steps({ outputSize: [count, rows, cols] }, { picked, channel, row, col }) {
  return {
    count: count * rows * cols,
    at: picked === "output" ? (channel * rows + row) * cols + col : 0,
    patchFor: (at) => ({
      picked: "output",
      channel: Math.floor(at / (rows * cols)),
      row: Math.floor(at / cols) % rows,
      col: at % cols,
    }),
  };
}

// ------------------------------------------------------------------ the view

/** Keep what is picked within what there is. */
function kept({ setting, bias, outputSize }, state) {
  const picked = state.picked === "bias" && !bias ? "output" : state.picked;
  const { inChannels, outChannels, kernelSize } = setting;
  const shape = { output: outputSize.slice(1), input: paddedSize(setting), weight: kernelSize, bias: [1, 1] }[picked];
  const channel = Math.min(state.channel, (picked === "input" ? inChannels : outChannels) - 1);
  const read = inputsOf(setting, picked === "input" ? 0 : channel);
  return {
    picked,
    channel,
    reads: read.includes(state.reads) ? state.reads : read[0],
    row: Math.min(state.row, shape[0] - 1),
    col: Math.min(state.col, shape[1] - 1),
  };
}

function build({ root, change, say }) {
  let drawn = null;
  let firstStep = null;
  let marks = [];

  const pick = (patch) => {
    if (!drawn) return;
    if (Object.keys(patch).some((name) => patch[name] !== drawn.state[name])) change(patch);
  };
  const editLabel = (cell) => TEXT.edit(cell.getAttribute("aria-label"));
  const shared = { say, editLabel };
  const input = createBlocks({
    ...shared,
    name: "input",
    title: TEXT.input,
    onPick: (channel, row, col) => pick({ picked: "input", channel, row, col }),
    onEdit: editInput,
  });
  const weight = createBlocks({
    ...shared,
    name: "weight",
    title: `${TEXT.weight}，${TEXT.weightHint}`,
    onPick(n, row, col) {
      const { inChannels } = drawn.picture.setting;
      pick({ picked: "weight", channel: Math.floor(n / inChannels), reads: n % inChannels, row, col });
    },
    onEdit: editWeight,
  });
  const bias = createBlocks({
    ...shared,
    name: "bias",
    title: TEXT.bias,
    onPick: (channel) => pick({ picked: "bias", channel, row: 0, col: 0 }),
    onEdit: (out, row, col, value) => change({ bias: drawn.picture.bias.map((old, o) => (o === out ? value : old)) }),
  });
  const output = createBlocks({
    ...shared,
    name: "output",
    title: TEXT.output,
    onPick: (channel, row, col) => pick({ picked: "output", channel, row, col }),
  });
  const boards = { input, weight, bias, output };

  const heading = (title, letter) => {
    const size = element("span", "dx-size");
    const hint = element("span", "dx-hint");
    return { node: element("div", "dx-title", element("b", {}, title), " ", element("i", {}, letter), " ", size, hint), size, hint };
  };
  const titles = { input: heading(TEXT.input, "X"), weight: heading(TEXT.weight, "W"), output: heading(TEXT.output, "Y") };
  titles.weight.hint.textContent = TEXT.weightHint;
  const frames = element("div", { class: "dx-groups", "aria-hidden": "true" });
  const crosstab = element("div", "dx-crosstab", titles.input.node, input.node, titles.weight.node, frames, weight.node, bias.node);
  const scroller = element("div", "dx-scroll", crosstab);
  const results = element("div", "dx-results", titles.output.node, output.node);
  const layout = element("div", "dx-channels", scroller, results);
  const sum = element("div", { class: "dx-sum", id: `dx-${Math.random().toString(36).slice(2)}` });
  const stage = element("div", "dx-stage", layout, sum);
  const costs = element("div", "dx-compared");
  const stepButton = button("", switchStep);
  const below = element("div", "dx-below", costs, stepButton);
  for (const { node } of Object.values(boards)) setAttribute(node, "aria-describedby", sum.id);

  function editInput(c, row, col, value) {
    const { setting, ...picture } = drawn.picture;
    const [r, k] = [row - setting.padding[0][0], col - setting.padding[1][0]];
    if (picture.input[c][r]?.[k] === undefined) return say(TEXT.noEdit);
    const values = structuredClone(picture.input);
    values[c][r][k] = value;
    change({ input: values });
  }

  function editWeight(n, row, col, value) {
    const { setting, kernel } = drawn.picture;
    const [out, channel] = [Math.floor(n / setting.inChannels), n % setting.inChannels];
    const values = structuredClone(kernel);
    values[out][inputsOf(setting, out).indexOf(channel)][row][col] = value;
    change({ kernel: values });
  }

  /** From the first of two steps to the 1×1 that reads its output, and back. */
  function switchStep() {
    if (firstStep) return change(firstStep.before);
    const { picture, state } = drawn;
    const [count, rows] = picture.outputSize;
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, state[name]]));
    const after = {
      ...{ in_channels: count, out_channels: Math.min(state.pointwise, MOST_CHANNELS), groups: 1, kernel_size: 1 },
      ...{ input_size: rows, padding: 0, stride: 1, pointwise: 0, input: picture.output, kernel: [], bias: [] },
    };
    firstStep = { before, after };
    change(after);
  }

  /** One frame around the slices of every group. */
  function drawGroups({ inChannels, outChannels, groups }) {
    const area = (group) => {
      const [rows, cols] = [outChannels / groups, inChannels / groups];
      return `${4 + group * rows} / ${1 + group * cols} / span ${rows} / span ${cols}`;
    };
    const wanted = groups > 1 ? groups : 0;
    while (frames.children.length > wanted) frames.lastChild.remove();
    while (frames.children.length < wanted) frames.append(element("div", "dx-group"));
    [...frames.children].forEach((frame, group) => (frame.style.gridArea = area(group)));
  }

  /** What the style sheet makes the size of a cell from. */
  function setSizes({ setting, bias, outputSize }, more) {
    const { inChannels, outChannels, kernelSize } = setting;
    layout.classList.toggle("dx-tiny", inChannels * outChannels > MOST_NUMBERED_SLICES);
    const [, rows, cols] = outputSize;
    const counts = { channels: inChannels, outs: outChannels, biases: bias ? 1 : 0 };
    const sizes = { ...counts, kernel: kernelSize[0], "out-rows": rows, "out-cols": cols, ...more };
    for (const name in sizes) layout.style.setProperty(`--${name}`, sizes[name]);
  }

  function paint(picture, hides) {
    const { setting, outputSize, inputSize } = picture;
    const { kernelSize } = setting;
    const [high, wide] = paddedSize(setting);
    const longest = paintInput(input, picture, hides);
    const longestWeight = paintWeight(weight, picture, hides);
    paintBias(bias, picture, hides);
    const longestOutput = paintOutput(output, picture, hides);
    drawGroups(hides === "layer" ? { groups: 1 } : setting);
    layout.classList.toggle("dx-unnumbered", longestWeight > MOST_DIGITS);
    setSizes(picture, { high, wide: Math.max(wide, kernelSize[1]), longest, "out-longest": longestOutput });
    setText(titles.input.size, inputSize.join("×"));
    setText(titles.weight.size, hides === "layer" ? TEXT.unknown : `(${weightShape(setting).join(", ")})`);
    setText(titles.output.size, hides === "layer" ? TEXT.unknown : outputSize.join("×"));
  }

  function markCells(cells, name) {
    for (const cell of cells) setAttribute(cell, name, 1);
    marks.push(...cells.map((cell) => [cell, name]));
  }

  /** Light up what the picked cell reads, uses or feeds; dim the rest. */
  function light(picture, state, hides) {
    const { setting } = picture;
    const { channel, reads, row, col } = state;
    for (const [cell, name] of marks) setAttribute(cell, name, null);
    marks = [];
    for (const name in boards) if (name !== state.picked || hides) boards[name].unmark();
    const plain = (board) => board.blocks.forEach((_, n) => board.show(n, {}));
    if (hides) {
      Object.values(boards).forEach(plain);
      if (hides === "value") output.mark([channel, row, col]);
      return;
    }
    const isRead = (c) => isUsed(state, setting, { channel: c });
    const parts = state.picked === "output" ? partsOf(picture, state) : [];
    const corner = { row: row * setting.stride[0], col: col * setting.stride[1] };
    input.blocks.forEach((_, c) =>
      input.show(c, { isLit: isRead(c), ...(state.picked === "output" && isRead(c) && { corner, size: setting.kernelSize }) }),
    );
    weight.blocks.forEach((_, n) => {
      const [out, c] = [Math.floor(n / setting.inChannels), n % setting.inChannels];
      const part = out === channel ? parts.find((one) => one.channel === c) : undefined;
      const text = part && (part.i ? `+ ${formatFactor(part.sum)}` : formatNumber(part.sum));
      weight.show(n, { isLit: isUsed(state, setting, { out, channel: c }), part: text });
    });
    const isFed = (out) => isUsed(state, setting, { out });
    bias.blocks.forEach((_, out) => {
      const isLit = out === channel && ["output", "bias"].includes(state.picked);
      const part = isLit && state.picked === "output" ? `+ ${formatFactor(picture.bias[out])}` : "";
      bias.show(out, { isLit, part });
    });
    output.blocks.forEach((_, out) => {
      const value = state.picked === "output" && out === channel ? picture.output[out][row][col] : null;
      output.show(out, { isLit: isFed(out) || null, part: value === null ? "" : `${equals(value)} ${formatNumber(value)}` });
    });
    if (state.picked === "output") output.mark([channel, row, col]);
    if (state.picked === "bias") {
      bias.mark([channel, 0, 0]);
      markCells(output.blocks[channel].cells.flat(), "data-met");
    }
    if (state.picked === "weight") {
      weight.mark([sliceIndex(setting, channel, reads), row, col]);
      markCells(cellsUnder(setting, row, col).map(([r, c]) => input.blocks[reads].cells[r][c]), "data-met");
      markCells(output.blocks[channel].cells.flat(), "data-met");
    }
    if (state.picked === "input") {
      input.mark([channel, row, col]);
      for (const { outputRow, outputCol, kernelRow, kernelCol } of feeds(setting, row, col)) {
        const outs = outputsOf(setting, channel);
        markCells(outs.map((out) => output.blocks[out].cells[outputRow][outputCol]), "data-met");
        markCells(outs.map((out) => weight.blocks[sliceIndex(setting, out, channel)].cells[kernelRow][kernelCol]), "data-met");
      }
    }
  }

  function drawCosts(picture, state, hides) {
    if (firstStep && Object.keys(firstStep.after).some((name) => firstStep.after[name] !== state[name])) firstStep = null;
    const { setting, outputSize } = picture;
    const isShown = !picture.error && !hides;
    const isFirst = isShown && state.pointwise > 0;
    costs.replaceChildren(...(isFirst ? separableCosts(setting, state.pointwise, state.has_bias, outputSize) : []));
    const canGoOn = isFirst && outputSize[0] <= MOST_CHANNELS && state.pointwise <= MOST_CHANNELS;
    stepButton.hidden = !(isShown && firstStep) && !canGoOn;
    setText(stepButton, firstStep ? TEXT.firstStep : TEXT.secondStep);
  }

  /** What does not go: channels that are left over, or cells that the kernel needs beyond the input. */
  function drawFault(picture, state) {
    drawn = null;
    const { setting, error } = picture;
    const { inChannels, outChannels, groups, inputSize, kernelSize, padding } = setting;
    const isTooBig = error.code === "kernel-too-big";
    const padded = paddedSize(setting);
    const extent = isTooBig ? Math.max(padded[0], kernelSize[0]) : padded[0];
    const isLeft = (count, n) => !isTooBig && n >= count - (count % groups);
    const blank = { text: "", "data-value": null, "data-tone": null, "data-pad": null, "data-read": 1, "aria-label": null };
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
        return { ...blank, text: isMissing ? "✕" : "", "data-pad": isMissing || isInside ? null : 1, "data-missing": isMissing ? 1 : null };
      },
    });
    weight.paint({ count: 0, perLine: 1, shape: [1, 1] });
    bias.paint({ count: 0, perLine: 1, shape: [1, 1] });
    const describeBlock = (out) => ({
      label: TEXT.outputName(out),
      caption: `Y[${out}]${isLeft(outChannels, out) ? TEXT.left : ""}`,
      area: [4 + out, 1],
      absent: isLeft(outChannels, out) ? "✕" : " ",
    });
    output.paint({ count: isTooBig ? 0 : outChannels, perLine: 1, shape: [1, 1], describeBlock });
    drawGroups({ groups: 1 });
    setSizes({ ...picture, bias: null, outputSize: [outChannels, 1, 1] }, { high: extent, wide: extent, longest: 1, "out-longest": 1 });
    input.blocks.forEach((_, c) => input.show(c, isTooBig ? { corner: { row: 0, col: 0 }, size: kernelSize } : {}));
    output.blocks.forEach((_, out) => output.show(out, {}));
    setText(titles.output.size, "");
    setText(titles.input.size, picture.inputSize.join("×"));
    sum.replaceChildren();
  }

  function draw(picture, state, hides) {
    drawCosts(picture, state, hides);
    const hasPicture = ["groups", "kernel-too-big"].includes(picture.error?.code);
    stage.classList.toggle("dx-shows-fault", hasPicture);
    layout.classList.toggle("dx-fault", Boolean(picture.error));
    if (hasPicture) drawFault(picture, state);
    if (picture.error) return {};
    const moved = kept(picture, state);
    if (drawn?.picture !== picture || drawn.hides !== hides) paint(picture, hides);
    drawn = { picture, state: { ...state, ...moved }, hides };
    light(picture, drawn.state, hides);
    sum.replaceChildren(...(hides ? [] : pickedLines(picture, drawn.state)));
    return moved;
  }

  /** Outputs that have no room beside the weights stand below them, side by side. */
  function settle() {
    const beside = crosstab.offsetWidth + (output.blocks[0]?.node.offsetWidth ?? 0) + 20;
    layout.classList.toggle("dx-stacked", beside > layout.clientWidth);
  }

  return { stage, below, draw, settle };
}

/** Whether the picked cell has to do with an output channel, an input channel, or the slice between the two. */
function isUsed({ picked, channel: at, reads }, setting, { out, channel }) {
  const meets = (o, c) => inputsOf(setting, o).includes(c);
  if (picked === "output") return (out ?? at) === at && (channel === undefined || meets(at, channel));
  if (picked === "input") return (channel ?? at) === at && (out === undefined || meets(out, at));
  if (picked === "weight") return (out ?? at) === at && (channel ?? reads) === reads;
  return channel === undefined && out === at;
}

const TEXTBOOK_INPUT = [[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]];
const TEXTBOOK_KERNEL = [[[0, 1], [2, 3]], [[1, 2], [3, 4]]];
const plain = { groups: 1, kernel_size: 3, input_size: 4, padding: 0, stride: 1, pointwise: 0, has_bias: true, input: [], kernel: [], bias: [] };
const textbook = { in_channels: 2, kernel_size: 2, input_size: 3, has_bias: false, input: TEXTBOOK_INPUT };
const PRESETS = {
  ordinary: { in_channels: 3, out_channels: 2 },
  grouped: { in_channels: 4, out_channels: 4, groups: 2 },
  depthwise: { in_channels: 3, out_channels: 3, groups: 3 },
  pixelwise: { in_channels: 3, out_channels: 2, kernel_size: 1 },
  separable: { in_channels: 3, out_channels: 3, groups: 3, pointwise: 8 },
  textbook: { ...textbook, out_channels: 1, kernel: [TEXTBOOK_KERNEL] },
  textbookMany: { ...textbook, out_channels: 3, kernel: [0, 1, 2].map((k) => TEXTBOOK_KERNEL.map((slice) => slice.map((line) => line.map((w) => w + k)))) },
};
const firstCell = { picked: "output", channel: 0, row: 0, col: 0 };
const presetActions = Object.keys(PRESETS).map((name) => [TEXT.preset[name], () => ({ ...plain, ...PRESETS[name], ...firstCell })]);

const main = [{ kind: "actions", label: TEXT.presets, actions: presetActions }];
const numberControl = (name) => ({ kind: "number", name, label: TEXT.more[name], least: FIELDS[name][0], most: FIELDS[name][1] });
const more = [...["input_size", "padding", "stride"].map(numberControl), { kind: "check", name: "has_bias", label: TEXT.more.has_bias }, numberControl("pointwise")];

export default {
  render: (context) =>
    mount(context, {
      widget: "channel-explorer",
      label: TEXT.root,
      fields,
      local,
      picture: rememberPicture(),
      build,
      status,
      code: layerCode,
      tables,
      steps,
      ask: askChannels,
      main,
      more,
    }),
};
