// One 2-D convolution, cell by cell: which cells a window reads, what it sums, why the output has
// its size, and which cells nobody reads. The arithmetic is core/conv.js and core/transposed.js.
import { pair, shapeOf, table } from "../core/arrays.js";
import {
  convolve,
  convOutputSize,
  effectiveKernelSize,
  feeds,
  im2colRow,
  normalize,
  outputFormula,
  repairs,
  sameOutputInputs,
  settingError,
  sourceOf,
  unreadLines,
  windowTaps,
} from "../core/conv.js";
import { askConvolution } from "../core/conv_questions.js";
import { patternDigit } from "../core/patterns.js";
import {
  convTranspose,
  stampOf,
  transposedError,
  transposedFormula,
  transposedOutputSize,
  transposedRepairs,
  transposedTaps,
} from "../core/transposed.js";
import { element, setAttribute } from "./dom.js";
import { flag, numbers, option, whole } from "./fields.js";
import { equation, mount, step } from "./frame.js";
import { createGrid } from "./grid.js";
import { formatFactor, formatNumber, formatSize, isShownExactly, largestMagnitude, numberCell } from "./numbers.js";
import { bothSides, columnsField, pythonPair, sizePatch, widthControl } from "./sizes.js";

const SIZES = { input_size: [1, 32], kernel_size: [1, 15], padding: [0, 12], stride: [1, 16], dilation: [1, 8] };
const MODES = ["zeros", "reflect", "replicate", "circular"];
const DIALECTS = ["per_side", "total"];
const MOST_CHANNELS = 64;
const MOST_TERMS = 12;
const TOO_BIG = "kernel-too-big";
const COPIED_MODES = new Set(["reflect", "replicate", "circular"]);

const listed = (...parts) => parts.filter(Boolean).join("、");

// Everything a reader sees. Another language is another table.
const TEXT = {
  root: "卷积演示",
  input: "输入",
  kernel: "卷积核",
  output: "输出",
  inputSize: (real, padded) => (real === padded ? real : `${real}，填充后 ${padded}`),
  kernelSize: (real, spread) => (real === spread ? real : `${real}，展开后 ${spread}`),
  cell: (title, row, col, text) => `${title}第 ${row + 1} 行第 ${col + 1} 列，${text}`,
  padding: "填充 0",
  copy: (row, col, text) => `填充，抄自第 ${row + 1} 行第 ${col + 1} 列，${text}`,
  copyTitle: (row, col) => `抄自 X[${row}, ${col}]`,
  noHole: "空洞里没有权重，不能填数。",
  noEdit: "填充的格子由填充方式决定，不能改。",
  hole: "空洞",
  hidden: "还没揭晓",
  missing: "输入不够，这里没有格子",
  lengths: ["输出高", "输出宽"],
  length: "输出边长",
  division: ({ numerator, divisor, quotient, remainder }) =>
    `${numerator} ÷ ${divisor} 商 ${quotient}，余 ${remainder}`,
  sameInputs: ([least, greatest]) => `输入边长 ${least} 到 ${greatest} 都给出同样大的输出`,
  unused: "给出的数值与现在的形状不合，先不用；形状合了就会回来。",
  trailing: (cols, rows) =>
    `${listed(cols && `最右 ${cols} 列`, rows && `最下 ${rows} 行`)}没有被任何窗口读到`,
  between: (cols, rows, areSkipped, areHoles) =>
    `${[areSkipped && "窗口之间", areHoles && "空洞里"].filter(Boolean).join("和")}有 ` +
    `${listed(cols && `${cols} 列`, rows && `${rows} 行`)}从未被读到${areSkipped ? "（步幅大于窗口）" : ""}`,
  onlyPadding: "，不过都是填充，没有丢掉输入",
  explain: {
    [TOO_BIG]: ({ padded, effective }) =>
      `填充后的输入只有 ${padded}，窗口（卷积核连同空洞）要占 ${effective}，放不下。`,
    "same-stride": () => "'same' 要输出与输入一样大，步幅却会缩小它；PyTorch 只在步幅为 1 时允许。",
    groups: () => "每组要分到一样多的通道，所以组数必须同时整除输入和输出通道数。",
    reflect: () => "镜像填充以边上那格为镜，抄的是镜子里面的数，所以填充必须小于输入的边长。",
    circular: () => "循环填充从另一头抄数，最多抄一整圈，所以填充不能大于输入的边长。",
    "output-padding-too-big": () => "输出填充只为补足被步幅丢掉的几行几列，所以必须小于步幅或空洞率。",
    "output-too-small": () => "填充在转置卷积里是裁掉的边，裁得一格不剩。",
    paddingMode: () => "转置卷积的填充只裁输出，不补输入，没有别的填充方式可选。",
    other: () => "填充至少是 0，卷积核、步幅、空洞率至少是 1。",
  },
  repair: {
    padding: (v) => `填充改为 ${v}`,
    kernelSize: (v) => `卷积核改为 ${v}`,
    dilation: (v) => `空洞率改为 ${v}`,
    stride: (v) => `步幅改为 ${v}`,
    groups: (v) => `组数改为 ${v}`,
    inputSize: (v) => `输入改为 ${v}`,
    outputPadding: (v) => `输出填充改为 ${v}`,
    paddingMode: (v) => `填充方式改为 ${TEXT.modes[v]}`,
  },
  modes: { zeros: "补零", reflect: "镜像", replicate: "抄边", circular: "循环" },
  more: {
    preset: "预设的核",
    width: { input_size: "输入宽", kernel_size: "核宽", padding: "左右填充", stride: "横向步幅", dilation: "横向空洞率" },
    mode: "填充方式",
    same: "'same'（输出与输入同大）",
    transposed: "转置卷积",
    output_padding: "输出填充",
    in_channels: "输入通道",
    out_channels: "输出通道",
    groups: "组数",
    dialect: "公式里的 p",
    dialects: { per_side: "每侧（PyTorch）", total: "两侧之和（教材）" },
    shown_in: "看哪个输入通道",
    shown_out: "看哪个输出通道",
  },
  channel: (c) => `通道 ${c}`,
  bias: "偏置",
  terms: (count) => `…（共 ${count} 项）`,
  row: "im2col 行",
  python: "Python",
  paddingCell: "这格填充",
  itself: (name) => `${name} 本身（填充里抄它的另算）`,
  fed: (name, count) => `${name} 参与 ${count} 个输出`,
  fedNone: (name, isLost) => `${name} 没有被任何窗口读到${isLost ? "，改它不会改变输出" : ""}。`,
  stamped: (name, count) => `${name} 乘整个核，盖到 ${count} 个输出上`,
  otherGroup: (channel, out) => `输出通道 ${out} 那一组不读输入通道 ${channel}。`,
  tables: { input: "输入 X（含填充）", kernel: "卷积核 K", output: "输出 Y" },
};

const PRESETS = {
  教材例子: [[0, 1], [2, 3]],
  竖直边缘: [[1, -1]],
  "Sobel 横向": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  "Sobel 纵向": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
  轮廓: [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
  模糊: [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((v) => v / 16)),
  锐化: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  恒等: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
};
const TEXTBOOK_INPUT = [[0, 1, 2], [3, 4, 5], [6, 7, 8]];

/** 1, 0 and −1 along the diagonals, so that both signs and zero appear from 2×2 on. */
const patternWeight = (c, row, col) => 1 - ((2 * row + col + c) % 3);

const fields = {
  ...Object.fromEntries(Object.entries(SIZES).map(([name, [least, most]]) => [name, whole(least, most)])),
  columns: columnsField(SIZES),
  padding_mode: option(MODES),
  same_padding: flag(),
  transposed: flag(),
  output_padding: whole(0, 15),
  in_channels: whole(1, MOST_CHANNELS),
  out_channels: whole(1, MOST_CHANNELS),
  groups: whole(1, MOST_CHANNELS),
  dialect: option(DIALECTS),
  input: numbers(3),
  kernel: numbers(4),
  bias: numbers(1),
};
const index = (most) => ({ kind: whole(0, most), value: 0 });
const local = {
  row: index(999),
  col: index(999),
  shown_in: index(MOST_CHANNELS - 1),
  shown_out: index(MOST_CHANNELS - 1),
  // "output": the picked cell is one of the output; "input": one of the padded input.
  picked: { kind: option(["output", "input"]), value: "output" },
};

function readSetting(state) {
  const both = (name) => bothSides(state, name);
  return {
    inputSize: both("input_size"),
    kernelSize: both("kernel_size"),
    padding: state.same_padding && !state.transposed ? "same" : both("padding"),
    stride: both("stride"),
    dilation: both("dilation"),
    paddingMode: state.padding_mode,
    inChannels: state.in_channels,
    outChannels: state.out_channels,
    groups: state.groups,
    ...(state.transposed && { outputPadding: state.output_padding }),
  };
}

/** Given values hold while the shape is theirs; else the pattern does. */
function valuesFor(given, channels, size, pattern) {
  const fits = given.length === channels && shapeOf(given[0]).join() === size.join();
  return fits ? given : Array.from({ length: channels }, (_, c) => table(size, (row, col) => pattern(c, row, col)));
}

function kernelFor(given, [outer, inner], size) {
  const fits = given.length === outer && given[0].length === inner && shapeOf(given[0][0]).join() === size.join();
  return fits
    ? given
    : Array.from({ length: outer }, (_, o) => valuesFor([], inner, size, (c, row, col) => patternWeight(c + 2 * o, row, col)));
}

/** The two convolutions under one roof: what the picture needs of either. */
const ORDINARY = {
  error: settingError,
  repairs,
  outputSize: convOutputSize,
  values: convolve,
  formula: outputFormula,
  taps: windowTaps,
  feeds,
  kernelShape: ({ inChannels, outChannels, groups }) => [outChannels, inChannels / groups],
};
const TRANSPOSED = {
  error: transposedError,
  repairs: transposedRepairs,
  outputSize: transposedOutputSize,
  values: convTranspose,
  formula: transposedFormula,
  taps: transposedTaps,
  feeds: stampOf,
  kernelShape: ({ inChannels, outChannels, groups }) => [inChannels, outChannels / groups],
};

/**
 * `args` is what core is asked with, `setting` the same filled in, `board` the setting of the input board: a
 * transposed convolution pads no input, its padding cuts the output.
 */
function picture(state, limits) {
  const kind = state.transposed ? TRANSPOSED : ORDINARY;
  const args = readSetting(state);
  const setting = { ...normalize(args), outputPadding: args.outputPadding };
  const board = state.transposed ? { ...setting, padding: [[0, 0], [0, 0]] } : setting;
  const drawn = { args, setting, board, kind, inputSize: setting.inputSize, outputSize: null, error: null };
  const fault = kind.error(args);
  if (fault && fault.code !== TOO_BIG) return { ...drawn, error: explainFault(drawn, fault, state, limits) };
  const input = valuesFor(state.input, state.in_channels, setting.inputSize, patternDigit);
  const kernel = kernelFor(state.kernel, kind.kernelShape(setting), setting.kernelSize);
  if (fault) return { ...drawn, input, kernel, error: explainFault(drawn, fault, state, limits) };
  const bias = state.bias.length === state.out_channels ? state.bias : null;
  const output = kind.values(input, kernel, bias, args);
  return { ...drawn, input, kernel, bias, output, outputSize: shapeOf(output[0]) };
}

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** One knob set to one value, or to one for the rows and one for the columns. */
function patchOf({ name, value }, state) {
  const field = snakeCase(name);
  if (!(field in SIZES)) return { [field]: value };
  const [rows, cols] = pair(value).map((side) => pair(side)[0]);
  return { ...sizePatch(state, field, [rows, cols]), ...(field === "padding" && { same_padding: false }) };
}

function spans({ inputSize, kernelSize, padding, dilation }) {
  return {
    padded: inputSize.map((n, axis) => n + padding[axis][0] + padding[axis][1]),
    effective: kernelSize.map((k, axis) => effectiveKernelSize(k, dilation[axis])),
  };
}

function repairText({ name, value }) {
  return TEXT.repair[name](Array.isArray(value) ? formatSize(value.map((side) => pair(side)[0])) : value);
}

function explainFault({ kind, args, setting }, { code, message }, state, limits) {
  const within = ({ name, value }) => {
    const range = limits[snakeCase(name)];
    return !range || [value].flat(2).every((side) => side >= range[0] && side <= range[1]);
  };
  const { padded, effective } = spans(setting);
  const facts = { padded: formatSize(padded), effective: formatSize(effective) };
  const mends = kind.repairs(args).filter(within);
  return {
    code,
    message,
    explanation: (TEXT.explain[code] ?? TEXT.explain.other)(facts),
    repairs: mends.map((mend) => ({ text: repairText(mend), patch: patchOf(mend, state) })),
  };
}

// ------------------------------------------------------------------ painting

/** The padded input; where the window does not fit, also the cells that it would need beyond. */
function paintInput(grid, { board, input, error }, state, hides) {
  const values = input[state.shown_in];
  const { padded, effective } = spans(board);
  const shape = error ? padded.map((n, axis) => Math.max(n, effective[axis])) : padded;
  // What is unread would tell the output's size.
  const unread = error || state.transposed || hides === "size" ? null : unreadLines(board);
  const largest = largestMagnitude(values);
  grid.paint(shape, TEXT.inputSize(formatSize(board.inputSize), formatSize(padded)), (row, col) => {
    const [r, c] = [row - board.padding[0][0], col - board.padding[1][0]];
    const isMissing = row >= padded[0] || col >= padded[1];
    const isPadding = !isMissing && values[r]?.[c] === undefined;
    const source = isPadding && COPIED_MODES.has(board.paddingMode) ? sourceOf(board, row, col) : null;
    const cell = numberCell(isPadding ? (source ? values[source[0]][source[1]] : 0) : values[r]?.[c] ?? 0, largest);
    const isUnread = unread?.rows.indices.includes(row) || unread?.cols.indices.includes(col);
    const label = isPadding ? (source ? TEXT.copy(...source, cell.text) : TEXT.padding) : TEXT.cell(TEXT.input, r, c, cell.text);
    return {
      ...(isMissing ? { text: "✕", "data-value": null, "data-tone": null } : cell),
      "data-pad": isPadding ? 1 : null,
      "data-copied": source ? source.join(",") : null,
      "data-read": isUnread ? 0 : 1,
      "data-missing": isMissing ? 1 : null,
      "data-weight": null,
      title: source ? TEXT.copyTitle(...source) : null,
      "aria-label": isMissing ? TEXT.missing : label,
    };
  });
}

function paintKernel(grid, { setting, kernel }, weightsShown) {
  const { effective } = spans(setting);
  const [dh, dw] = setting.dilation;
  const largest = largestMagnitude(kernel.flat(2));
  const hole = { text: "", "data-value": null, "data-tone": null, "data-hole": 1, "aria-label": TEXT.hole };
  const size = TEXT.kernelSize(formatSize(setting.kernelSize), formatSize(effective));
  grid.paint(effective, size, (row, col) => {
    if (row % dh || col % dw) return hole;
    const cell = numberCell(weightsShown[row / dh][col / dw], largest);
    const label = TEXT.cell(TEXT.kernel, row / dh, col / dw, cell.text);
    return { ...cell, "data-hole": null, "aria-label": label };
  });
}

function paintOutput(grid, values, hides) {
  const largest = largestMagnitude(values);
  const shape = shapeOf(values);
  if (hides === "size") return grid.paint([0, 0], "?", () => null);
  grid.paint(shape, formatSize(shape), (row, col) => {
    const shown = numberCell(values[row][col], largest);
    const cell = hides ? { text: "?", "data-value": null, "data-tone": null } : shown;
    const label = TEXT.cell(TEXT.output, row, col, hides ? TEXT.hidden : shown.text);
    return { ...cell, "data-weight": null, "aria-label": label };
  });
}

// ------------------------------------------------------------------ what the picked cell is made of

/** The first terms of a long list, with a word on the rest. */
function shortened(terms, separator) {
  if (terms.length <= MOST_TERMS) return terms.join(separator);
  return [...terms.slice(0, MOST_TERMS - 2), TEXT.terms(terms.length)].join(separator);
}

/** Channels of the input that the shown output channel reads, and its weights for each. */
function channelsRead({ setting, kernel }, { shown_out: out, transposed }) {
  const { inChannels, outChannels, groups } = setting;
  const group = Math.floor(out / (outChannels / groups));
  const first = group * (inChannels / groups);
  return Array.from({ length: inChannels / groups }, (_, i) => ({
    channel: first + i,
    weights: transposed ? kernel[first + i][out % (outChannels / groups)] : kernel[out][i],
  }));
}

/** Products of one channel at the picked output: [[input value, weight]]. */
function productsOf({ args, input, kind }, { row, col }, { channel, weights }) {
  const taps = kind.taps(args, row, col);
  return taps.map((tap) => [
    tap.inputRow === null ? 0 : input[channel][tap.inputRow][tap.inputCol],
    weights[tap.kernelRow][tap.kernelCol],
  ]);
}

/** "Y[0, 0] = 0·0 + 1·1 + 3·2 + 4·3 = 19": padding takes part with its 0, as in PyTorch. */
function sumLines(picture, state) {
  const { output, bias } = picture;
  const { row, col, shown_out: out } = state;
  const read = channelsRead(picture, state);
  const products = read.map((part) => productsOf(picture, state, part));
  const value = output[out][row][col];
  const shown = [value, ...products.flat(2), ...(bias ? [bias[out]] : [])];
  const result = step(`${shown.every(isShownExactly) ? "=" : "≈"} ${formatNumber(value)}`, "dx-result");
  const written = (pairs) => shortened(pairs.map(([x, w]) => `${formatFactor(x)}·${formatFactor(w)}`), " + ") || "0";
  const name = `Y[${row}, ${col}]`;
  const biasTerm = bias ? ` + ${formatFactor(bias[out])}` : "";
  if (read.length === 1) return [equation(name, step(`= ${written(products[0])}${biasTerm}`), result)];
  const subtotal = (pairs) => pairs.reduce((sum, [x, w]) => sum + x * w, 0);
  const totals = shortened(products.map((pairs) => formatFactor(subtotal(pairs))), " + ");
  const own = Math.max(0, read.findIndex(({ channel }) => channel === state.shown_in));
  return [
    equation(TEXT.channel(read[own].channel), step(written(products[own])), step(`→ ${formatNumber(subtotal(products[own]))}`)),
    equation(name, step(`= ${totals}${biasTerm}`), result),
  ];
}

/** The same number as one row of im2col times the weights. */
function im2colLine(picture, state) {
  const { setting, input, kernel, bias, output } = picture;
  const { row, col, shown_out: out } = state;
  const group = Math.floor(out / (setting.outChannels / setting.groups));
  const numbersRead = im2colRow(input, setting, row, col, group);
  const weights = kernel[out].flat(2);
  const vector = (values) => `[${shortened(values.map(formatNumber), " ")}]`;
  const biasTerm = bias ? ` + ${formatFactor(bias[out])}` : "";
  return equation(
    TEXT.row,
    step(vector(numbersRead)),
    step(`· ${vector(weights)}${biasTerm}`),
    step(`= ${formatNumber(output[out][row][col])}`, "dx-result"),
  );
}

/** The arguments that are not torch's defaults, as Python writes them. */
function keywords({ stride, padding, dilation, groups, paddingMode, outputPadding, same }) {
  const near = padding.map(([side]) => side);
  return [
    stride.some((v) => v !== 1) && `stride=${pythonPair(stride)}`,
    same ? 'padding="same"' : near.some(Boolean) && `padding=${pythonPair(near)}`,
    dilation.some((v) => v !== 1) && `dilation=${pythonPair(dilation)}`,
    pair(outputPadding ?? 0).some(Boolean) && `output_padding=${pythonPair(pair(outputPadding))}`,
    groups !== 1 && `groups=${groups}`,
    paddingMode !== "zeros" && `padding_mode="${paddingMode}"`,
  ].filter(Boolean);
}

function layerCode({ setting, bias }, { transposed }) {
  const { inChannels, outChannels, kernelSize } = setting;
  const rest = [...keywords(setting), ...(bias ? [] : ["bias=False"])];
  const head = [inChannels, outChannels, `kernel_size=${pythonPair(kernelSize)}`];
  return `nn.Conv${transposed ? "Transpose" : ""}2d(${[...head, ...rest].join(", ")})`;
}

const code = (text) => element("code", { lang: "en", class: "dx-python" }, text);

function padByCopies(sides, mode, isPlane) {
  return isPlane ? `F.pad(X[None], ${sides}, mode="${mode}")[0]` : `F.pad(X, ${sides}, mode="${mode}")`;
}

/** The line of Python that computes the picked output. */
function pythonLine({ setting, bias }, state) {
  const { row, col, shown_out: out } = state;
  if (state.transposed) {
    const call = ["X[None]", "K", ...(bias ? ["b"] : []), ...keywords(setting)].join(", ");
    return equation(TEXT.python, code(`F.conv_transpose2d(${call})[0, ${out}, ${row}, ${col}]`));
  }
  const { padding, stride, dilation, kernelSize, paddingMode, inChannels, outChannels, groups } = setting;
  const isPadded = padding.flat().some(Boolean);
  const slice = (at, axis) => {
    const start = at * stride[axis];
    const stop = start + effectiveKernelSize(kernelSize[axis], dilation[axis]);
    return `${start}:${stop}${dilation[axis] > 1 ? `:${dilation[axis]}` : ""}`;
  };
  const first = Math.floor(out / (outChannels / groups)) * (inChannels / groups);
  const channels = groups > 1 ? `${first}:${first + inChannels / groups}` : ":";
  const source = isPadded ? "Xp" : "X";
  const window = inChannels * outChannels === 1 ? "" : `${channels}, `;
  const weights = inChannels * outChannels === 1 ? "K" : `K[${out}]`;
  const sum = `(${source}[${window}${slice(row, 0)}, ${slice(col, 1)}] * ${weights}).sum()${bias ? ` + b[${out}]` : ""}`;
  const sides = `(${[...padding[1], ...padding[0]].join(", ")})`;
  // F.pad copies cells only in tensors that have a channel dimension.
  const pad = paddingMode === "zeros" ? `F.pad(X, ${sides})` : padByCopies(sides, paddingMode, window === "");
  return equation(TEXT.python, ...(isPadded ? [code(`Xp = ${pad}; `)] : []), code(sum));
}

/** What the picked cell is made of, or where it goes. */
function pickedLines(picture, state) {
  if (state.picked === "input") return [inputLine(picture, state)];
  return [
    ...sumLines(picture, state),
    ...(state.transposed ? [] : [im2colLine(picture, state)]),
    pythonLine(picture, state),
  ];
}

const isShownRead = (picture, state) => channelsRead(picture, state).some(({ channel }) => channel === state.shown_in);

/** Every output that the picked input cell feeds: [{ outputRow, outputCol, kernelRow, kernelCol }]. */
function outputsFed(picture, state) {
  return isShownRead(picture, state) ? picture.kind.feeds(picture.args, state.row, state.col) : [];
}

/** What the picked cell of the padded input is called in sentences. */
function inputName(board, [row, col]) {
  const [height, width] = board.inputSize;
  if (row < 0 || col < 0 || row >= height || col >= width) return TEXT.paddingCell;
  const name = `X[${row}, ${col}]`;
  return COPIED_MODES.has(board.paddingMode) && board.padding.flat().some(Boolean) ? TEXT.itself(name) : name;
}

function inputLine(picture, state) {
  const { board } = picture;
  if (!isShownRead(picture, state)) return element("div", {}, TEXT.otherGroup(state.shown_in, state.shown_out));
  const at = [state.row, state.col].map((line, axis) => line - board.padding[axis][0]);
  const name = inputName(board, at);
  const fed = outputsFed(picture, state);
  if (!fed.length && !state.transposed) {
    const { rows, cols } = unreadLines(board);
    return element("div", {}, TEXT.fedNone(name, rows.lost.includes(at[0]) || cols.lost.includes(at[1])));
  }
  const weights = weightsShown(picture, state);
  const parts = fed.map((to) => `Y[${to.outputRow}, ${to.outputCol}]·${formatNumber(weights[to.kernelRow][to.kernelCol])}`);
  const title = (state.transposed ? TEXT.stamped : TEXT.fed)(name, fed.length);
  return element("div", {}, [title, shortened(parts, "、")].filter(Boolean).join("："));
}

/** The slice of the kernel between the shown channels; the first of the group where they do not meet. */
function weightsShown(picture, state) {
  const read = channelsRead(picture, state);
  return (read.find(({ channel }) => channel === state.shown_in) ?? read[0]).weights;
}

function formulaLines({ args, kind }, { dialect, transposed }) {
  const axes = kind.formula(args);
  const inTotal = dialect === "total" && !transposed;
  const line = (name, axis) => {
    const form = inTotal ? axis.total : axis;
    const isFloored = form.divisor > 1;
    return equation(
      name,
      step(`= ${form.substituted}`),
      ...(form.reduced ? [step(`= ${form.reduced}`)] : []),
      step(`= ${form.outputSize}`, "dx-result"),
      ...(isFloored ? [step(TEXT.division(form), "dx-note")] : []),
    );
  };
  if (axes[0].substituted === axes[1].substituted) return [line(TEXT.length, axes[1])];
  return [line(TEXT.lengths[0], axes[0]), line(TEXT.lengths[1], axes[1])];
}

function unreadSentence(setting) {
  const { rows, cols } = unreadLines(setting);
  const areSkipped = setting.stride.some((s, axis) => s > spans(setting).effective[axis]);
  const areHoles = setting.kernelSize.some((k, axis) => k > 1 && setting.dilation[axis] > 1);
  const parts = [];
  if (cols.trailing || rows.trailing) parts.push(TEXT.trailing(cols.trailing, rows.trailing));
  if (cols.between || rows.between) parts.push(TEXT.between(cols.between, rows.between, areSkipped, areHoles));
  if (!parts.length) return null;
  const harmless = cols.real + rows.real === 0 ? TEXT.onlyPadding : "";
  return `${parts.join("；")}${harmless}。`;
}

function status(picture, state) {
  const { setting } = picture;
  const lines = formulaLines(picture, state);
  const isUnused = (name) => state[name].length && picture[name] !== state[name];
  if (["input", "kernel", "bias"].some(isUnused)) lines.push(element("div", "dx-note", TEXT.unused));
  if (state.transposed) return lines;
  const unread = unreadSentence(setting);
  if (unread) lines.push(element("div", "dx-unread", unread));
  const ranges = sameOutputInputs(setting);
  if (ranges.join("|") === [ranges[0], ranges[0]].join("|") && ranges[0][0] < ranges[0][1]) {
    lines.push(element("div", "dx-note", `${TEXT.sameInputs(ranges[0])}。`));
  }
  return lines;
}

function tables(picture, state) {
  if (picture.error) return [];
  const { board, input, output, outputSize } = picture;
  const { inChannels, outChannels } = picture.setting;
  const rowsOf = (values) => values.map((line) => line.map(formatNumber));
  const named = (title, count, shown) => (count > 1 ? `${title}，${TEXT.channel(shown)}` : title);
  const values = input[state.shown_in];
  const padded = table(spans(board).padded, (row, col) => {
    const source = sourceOf(board, row, col);
    return source ? values[source[0]][source[1]] : 0;
  });
  return [
    { caption: named(TEXT.tables.input, inChannels, state.shown_in), rows: rowsOf(padded) },
    { caption: named(TEXT.tables.kernel, inChannels * outChannels, state.shown_out), rows: rowsOf(weightsShown(picture, state)) },
    { caption: `${named(TEXT.tables.output, outChannels, state.shown_out)}，${formatSize(outputSize)}`, rows: rowsOf(output[state.shown_out]) },
  ];
}

/** Output cells row by row; in a transposed convolution the stamps, input cell by input cell. */
function steps({ inputSize, outputSize }, { row, col, picked, transposed }) {
  const [rows, cols] = transposed ? inputSize : outputSize;
  const kind = transposed ? "input" : "output";
  const at = picked === kind ? row * cols + col : 0;
  return {
    count: rows * cols,
    at,
    patchFor: (index) => ({ picked: kind, row: Math.floor(index / cols), col: index % cols }),
  };
}

// ------------------------------------------------------------------ the view

function build({ root, change, say }) {
  let drawn = null;
  const pick = (kind) => (row, col) => {
    const { picked, row: r, col: c } = drawn.state;
    // A question stays: cells can be walked through, but tell nothing.
    if (drawn.hides) return grids[kind].mark(row, col, false);
    if (picked !== kind || row !== r || col !== c) change({ picked: kind, row, col });
  };
  const sum = element("div", { class: "dx-sum", id: `dx-${Math.random().toString(36).slice(2)}` });
  const told = { say, describedBy: sum.id };
  // 24 px is the least for a finger; the others may be smaller.
  const input = createGrid({ name: "input", title: TEXT.input, letter: "X", minCell: 17, onPick: pick("input"), onEdit: editInput, ...told });
  const kernel = createGrid({ name: "kernel", title: TEXT.kernel, letter: "K", minCell: 17, onPick: (row, col) => kernel.mark(row, col, false), onEdit: editKernel, say });
  const output = createGrid({ name: "output", title: TEXT.output, letter: "Y", minCell: 24, onPick: pick("output"), ...told });
  const grids = { input, kernel, output };
  const sign = (text) => element("span", { class: "dx-sign", "aria-hidden": "true" }, text);
  const boards = element("div", "dx-boards", input.node, sign("∗"), kernel.node, sign("="), output.node);
  const stage = element("div", "dx-stage", boards, sum);

  function editInput(row, col, value) {
    const { picture, state } = drawn;
    const [r, c] = [row - picture.board.padding[0][0], col - picture.board.padding[1][0]];
    if (picture.input[0][r]?.[c] === undefined) return say(TEXT.noEdit);
    const values = structuredClone(picture.input);
    values[state.shown_in][r][c] = value;
    change({ input: values });
  }

  function editKernel(row, col, value) {
    const { picture, state } = drawn;
    const [dh, dw] = picture.setting.dilation;
    if (row % dh || col % dw) return say(TEXT.noHole);
    const values = structuredClone(picture.kernel);
    weightsShown({ ...picture, kernel: values }, state)[row / dh][col / dw] = value;
    change({ kernel: values });
  }

  /** Keep what is picked within what there is. */
  function kept({ board, setting, outputSize }, { picked, row, col, shown_in, shown_out }) {
    const [rows, cols] = picked === "input" ? spans(board).padded : outputSize;
    return {
      row: Math.min(row, rows - 1),
      col: Math.min(col, cols - 1),
      shown_in: Math.min(shown_in, setting.inChannels - 1),
      shown_out: Math.min(shown_out, setting.outChannels - 1),
    };
  }

  /** Light up what the picked cell reads or feeds, with the weights it meets there. */
  function light(picture, state) {
    const weights = weightsShown(picture, state);
    const lit = (cell, { kernelRow, kernelCol }) => setAttribute(cell, "data-weight", formatNumber(weights[kernelRow][kernelCol]));
    input.hideFrame();
    if (state.picked === "input") {
      for (const to of outputsFed(picture, state)) lit(output.cells[to.outputRow][to.outputCol], to);
      input.mark(state.row, state.col);
      output.mark(0, 0, false);
      return;
    }
    const taps = picture.kind.taps(picture.args, state.row, state.col);
    for (const tap of taps) {
      lit(state.transposed ? input.cells[tap.inputRow][tap.inputCol] : input.cells[tap.row][tap.col], tap);
    }
    output.mark(state.row, state.col);
    input.mark(0, 0, false);
    if (!state.transposed) input.placeFrame(taps[0], spans(picture.board).effective);
  }

  /** The window that does not fit, laid over the input at its first place. */
  function drawFault(picture, state) {
    const now = { ...state, shown_in: 0, shown_out: 0 };
    paintInput(input, picture, now);
    paintKernel(kernel, picture, weightsShown(picture, now));
    output.paint([0, 0], "", () => null);
    input.placeFrame({ row: 0, col: 0 }, spans(picture.board).effective);
    sum.replaceChildren();
    fitBoards();
  }

  function fitBoards() {
    const widths = Object.values(grids).map(({ cells }) => shapeOf(cells)[1]);
    root.style.setProperty("--total", widths[0] + widths[1] + Math.max(widths[2], 1));
  }

  function draw(picture, state, hides) {
    const showsFault = picture.error?.code === TOO_BIG;
    stage.classList.toggle("dx-shows-fault", showsFault);
    if (picture.error) {
      if (showsFault) drawFault(picture, state);
      return {};
    }
    const moved = kept(picture, state);
    const now = { ...state, ...moved };
    drawn = { picture, state: now, hides };
    paintInput(input, picture, now, hides);
    paintKernel(kernel, picture, weightsShown(picture, now));
    paintOutput(output, picture.output[now.shown_out], hides);
    fitBoards();
    if (hides) {
      input.hideFrame();
      sum.replaceChildren();
    } else {
      light(picture, now);
      sum.replaceChildren(...pickedLines(picture, now));
    }
    return moved;
  }

  return { stage, draw, settle: () => Object.values(grids).forEach((grid) => grid.settleScroll()) };
}

const optionsOf = (texts) => Object.entries(texts);

function presetPatch(kernel, state) {
  const [rows, cols] = shapeOf(kernel);
  const isTextbook = kernel === PRESETS["教材例子"];
  const { kernel_size: _, ...others } = isTextbook ? {} : state.columns;
  return {
    kernel: [[kernel]],
    kernel_size: rows,
    columns: rows === cols ? others : { ...others, kernel_size: cols },
    in_channels: 1,
    out_channels: 1,
    groups: 1,
    ...(isTextbook && { input_size: 3, input: [TEXTBOOK_INPUT], padding: 0, stride: 1, dilation: 1 }),
  };
}

// Only where there is a choice.
const main = [
  { kind: "number", name: "shown_in", label: TEXT.more.shown_in, least: 0, most: MOST_CHANNELS - 1, when: (state) => state.in_channels > 1 },
  { kind: "number", name: "shown_out", label: TEXT.more.shown_out, least: 0, most: MOST_CHANNELS - 1, when: (state) => state.out_channels > 1 },
];

const isOrdinary = (state) => !state.transposed;
const more = [
  { kind: "actions", label: TEXT.more.preset, actions: Object.entries(PRESETS).map(([name, kernel]) => [name, (state) => presetPatch(kernel, state)]) },
  ...Object.entries(SIZES).map(([name, range]) => widthControl(name, TEXT.more.width[name], range)),
  { kind: "choice", name: "padding_mode", label: TEXT.more.mode, options: optionsOf(TEXT.modes), when: isOrdinary },
  { kind: "check", name: "same_padding", label: TEXT.more.same, when: isOrdinary },
  { kind: "choice", name: "dialect", label: TEXT.more.dialect, options: optionsOf(TEXT.more.dialects), when: isOrdinary },
  { kind: "check", name: "transposed", label: TEXT.more.transposed },
  { kind: "number", name: "output_padding", label: TEXT.more.output_padding, least: 0, most: 15, when: (state) => state.transposed },
  { kind: "number", name: "in_channels", label: TEXT.more.in_channels, least: 1, most: MOST_CHANNELS },
  { kind: "number", name: "out_channels", label: TEXT.more.out_channels, least: 1, most: MOST_CHANNELS },
  { kind: "number", name: "groups", label: TEXT.more.groups, least: 1, most: MOST_CHANNELS },
];

export default {
  render: (context) =>
    mount(context, {
      widget: "conv-explorer",
      label: TEXT.root,
      fields,
      local,
      picture,
      build,
      status,
      code: layerCode,
      tables,
      steps,
      ask: askConvolution,
      main,
      more,
    }),
};
