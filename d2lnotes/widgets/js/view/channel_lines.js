// What the channel explorer says: of the cell that is picked, of the setting, in PyTorch, as tables.
import { range, table } from "../core/arrays.js";
import { inputsOf, outputsOf } from "../core/channels.js";
import { feeds, windowTaps } from "../core/conv.js";
import { costLines } from "./channel_costs.js";
import { cellsUnder, paddedSize, shapeOfDeep } from "./channel_picture.js";
import { element } from "./dom.js";
import { equation, step } from "./frame.js";
import { formatFactor, formatNumber, isShownExactly } from "./numbers.js";

const MOST_TERMS = 12;
const MOST_LINES = 8;

// Everything a reader sees. Another language is another table.
const TEXT = {
  input: "输入",
  weight: "权重",
  bias: "偏置",
  absent: "无",
  term: (out, i, channel) => `X[${channel}]∗W[${out}, ${i}]`,
  moreTerms: (count) => `…（共 ${count} 项）`,
  moreChannels: (count) => `…（共 ${count} 个输入通道）`,
  python: "Python",
  fed: (name, outs, cells) =>
    `${name} 参与 ${outs} 个输出通道、每个 ${cells} 格，共 ${outs * cells} 个输出（标出的格子）。`,
  fedNone: (name) => `${name} 没有被任何窗口读到，改它不会改变输出。`,
  fedPadding: (outs, cells) => `这格填充的 0 参与 ${outs} 个输出通道、每个 ${cells} 格。`,
  fedHow: "在各格里乘的权重：",
  shared: (name, channel, out, cells) =>
    `${name} 这一个权重，依次去乘 X[${channel}] 里标出的 ${cells} 格，每次给 Y[${out}] 的一格：同一个数用了 ${cells} 次。`,
  sharedBias: (out, cells) => `b[${out}] 加到 Y[${out}] 的每一格，共 ${cells} 次。`,
  slice: (out, i) => `W[${out}, ${i}]`,
  unused: (name, shape) => `给出的${name}形状是 (${shape.join(", ")})，与现在的设置不同，这里画的是示例数字；设置改回去，它就回来。`,
  tables: {
    input: (c) => `输入 X[${c}]（含填充）`,
    weight: "权重 W（每片从上到下逐行写）",
    corner: "输出＼输入",
    rows: "；",
    output: (out) => `输出 Y[${out}]`,
  },
};

function shortened(terms, separator) {
  if (terms.length <= MOST_TERMS) return terms.join(separator);
  return [...terms.slice(0, MOST_TERMS - 2), TEXT.moreTerms(terms.length)].join(separator);
}

/** What each input channel adds to one output: [{ channel, i, pairs: [[input, weight]], sum }]. */
export function partsOf({ setting, input, kernel }, { channel: out, row, col }) {
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
export const equals = (value) => (isShownExactly(value) ? "=" : "≈");

function sumLines(picture, state) {
  const { bias, output } = picture;
  const { channel: out, row, col } = state;
  const parts = partsOf(picture, state);
  const lines = parts.slice(0, MOST_LINES).map(({ channel, i, pairs, sum }) => {
    const products = pairs.map(([x, w]) => `${formatFactor(x)}·${formatFactor(w)}`);
    const result = step(`${equals(sum)} ${formatNumber(sum)}`);
    return equation(TEXT.term(out, i, channel), step(`= ${shortened(products, " + ")}`), result);
  });
  if (parts.length > MOST_LINES) lines.push(equation("", step(TEXT.moreChannels(parts.length))));
  const value = output[out][row][col];
  const sums = shortened(parts.map(({ sum }, n) => (n ? formatFactor : formatNumber)(sum)), " + ");
  const biasTerm = bias ? ` + ${formatFactor(bias[out])}` : "";
  const isExact = [value, ...parts.map(({ sum }) => sum), ...(bias ? [bias[out]] : [])].every(isShownExactly);
  const note = bias ? [step(`（${TEXT.bias} b[${out}] = ${formatNumber(bias[out])}）`, "dx-note")] : [];
  const result = step(`${isExact ? "=" : "≈"} ${formatNumber(value)}`, "dx-result");
  return [
    ...lines,
    equation(`Y[${out}, ${row}, ${col}]`, step(`= ${sums}${biasTerm}`), result, ...note),
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
  const window = `${source}[${channels}, ${slice(row, 0)}, ${slice(col, 1)}]`;
  const sum = `(${window} * W[${out}]).sum()${bias ? ` + b[${out}]` : ""}`;
  const sides = `(${[...padding[1], ...padding[0]].join(", ")})`;
  return equation(TEXT.python, ...(isPadded ? [code(`Xp = F.pad(X, ${sides}); `)] : []), code(sum));
}

/** The slice that is pointed at, large. */
function largeSlice(values, { row, col }) {
  const place = (r, c) => (r === row && c === col ? { "aria-current": "true" } : {});
  const cell = (value, r, c) => element("td", place(r, c), formatNumber(value));
  const lines = values.map((line, r) => element("tr", {}, ...line.map((value, c) => cell(value, r, c))));
  return element("table", "dx-table dx-large", element("tbody", {}, ...lines));
}

export function pickedLines(picture, state) {
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
      equation(TEXT.slice(channel, i), largeSlice(kernel[channel][i], state)),
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
    const weightOf = ({ kernelRow, kernelCol }) => formatFactor(slice[kernelRow][kernelCol]);
    const parts = fed.map((to) => `[${to.outputRow}, ${to.outputCol}] ×${weightOf(to)}`);
    return equation(`Y[${out}]`, step(`${TEXT.fedHow}${shortened(parts, "、")}`));
  });
  return [element("div", {}, text), ...lines];
}

export function status({ setting, isOwn, outputSize }, state) {
  const given = [["input", TEXT.input], ["kernel", TEXT.weight], ["bias", TEXT.bias]];
  const unused = given.filter(([name]) => state[name].length && !isOwn[name] && (name !== "bias" || state.has_bias));
  return [
    ...costLines(setting, state.has_bias, outputSize),
    ...unused.map(([name, title]) => element("div", "dx-note", TEXT.unused(title, shapeOfDeep(state[name])))),
  ];
}

export function layerCode({ setting }, { has_bias, pointwise }) {
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

export function tables(picture) {
  if (picture.error) return [];
  const { setting, input, kernel, bias, output } = picture;
  const [[top], [left]] = setting.padding;
  const shape = paddedSize(setting);
  const rowsOf = (values) => values.map((line) => line.map(formatNumber));
  const slice = (out, channel) => {
    const i = inputsOf(setting, out).indexOf(channel);
    return i < 0 ? TEXT.absent : rowsOf(kernel[out][i]).map((line) => line.join(" ")).join(TEXT.tables.rows);
  };
  const channels = range(setting.inChannels);
  return [
    ...input.map((values, c) => ({
      caption: TEXT.tables.input(c),
      rows: rowsOf(table(shape, (row, col) => values[row - top]?.[col - left] ?? 0)),
    })),
    {
      caption: TEXT.tables.weight,
      head: [TEXT.tables.corner, ...channels.map((c) => `X[${c}]`), ...(bias ? [TEXT.bias] : [])],
      rows: kernel.map((_, out) => [
        `Y[${out}]`,
        ...channels.map((c) => slice(out, c)),
        ...(bias ? [formatNumber(bias[out])] : []),
      ]),
    },
    ...output.map((values, out) => ({ caption: TEXT.tables.output(out), rows: rowsOf(values) })),
  ];
}
