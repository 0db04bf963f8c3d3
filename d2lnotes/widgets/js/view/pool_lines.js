// What the pooling explorer says in words and numbers: of the picked cell, of the output's size, of cells that count
// and cells that do not.
import { sum } from "../core/arrays.js";
import {
  argmax,
  poolDivisor,
  poolFeeds,
  poolFormula,
  poolGradient,
  poolOutputSize,
  poolTaps,
  poolUnread,
} from "../core/pool.js";
import { element } from "./dom.js";
import { equation, step } from "./frame.js";
import { formatFactor, formatNumber, isShownExactly } from "./numbers.js";
import { pythonPair } from "./sizes.js";

const MOST_TERMS = 12;

const listed = (...parts) => parts.filter(Boolean).join("、");

const TEXT = {
  python: "Python",
  terms: (count) => `…（共 ${count} 项）`,
  gradient: "梯度",
  toWinner: (name) => `最大的是 ${name}（◥）：这个输出的梯度全给它，窗口里别的格子得 0。`,
  toFirst: (name, count) => `${count} 格并列最大，算第一个 ${name}（◥，逐行数）：梯度全给它，别的格子得 0。`,
  toNone: "窗口里全是填充，结果是 −∞，没有格子得到梯度。",
  toAll: (divisor) => (divisor === 1 ? "全给这唯一的一格。" : `平分：算进除数的每格各得这个输出的 1/${divisor}。`),
  divisor: "除数",
  inputs: (real) => `${real} 格输入`,
  withPadding: (real, padding) =>
    `${real} 格输入 + ${padding} 格填充 = ${real + padding}（count_include_pad=True，填充也算）`,
  withoutPadding: (real, padding) => `${real} 格输入，${padding} 格填充不算（count_include_pad=False）`,
  outside: (count) => `；伸出图外的 ${count} 格不算`,
  feeds: "参与",
  feedsMax: (name, outputs) => `${name} 在 ${outputs.length} 个窗口里：${shortened(outputs, "、")}。`,
  feedsAvg: (name, shares) => `${name} 参与 ${shares.length} 个输出：${shortened(shares, "、")}。`,
  won: (outputs) => `它在 ${shortened(outputs, "、")} 里最大（◥）。`,
  tied: (outputs) => `它与 ${shortened(outputs, "、")} 的最大值并列，但不是第一个。`,
  lost: "它在哪个窗口里都不是最大，改小它，输出不变。",
  share: (name, divisor) => `${name}（占 1/${divisor}）`,
  total: (name, value) => `Y.sum() 对 ${name} 的导数${isShownExactly(value) ? "" : "约"}是 ${formatNumber(value)}。`,
  unread: (name) => `${name} 没有被任何窗口读到，改它不会改变输出，它的梯度是 0。`,
  paddingMax: "这一格是填充 −∞：比什么数都小，永远不会被选中。",
  paddingAvg: (included) =>
    `这一格是填充 0：不改变和，${included ? "但在除数里算一格（count_include_pad=True）" : "除数里也不算（count_include_pad=False）"}。`,
  beyond: "这里在图外：窗口伸了出来，但没有格子，什么也不算。",
  lengths: ["输出高", "输出宽"],
  length: "输出边长",
  division: ({ numerator, divisor, quotient, remainder }) =>
    `${numerator} ÷ ${divisor} 商 ${quotient}，余 ${remainder}`,
  trailing: (cols, rows) => `${listed(cols && `最右 ${cols} 列`, rows && `最下 ${rows} 行`)}没有被任何窗口读到`,
  between: (cols, rows, gaps) =>
    `${gaps}有 ${listed(cols && `${cols} 列`, rows && `${rows} 行`)}从未被读到`,
  gaps: (areSkipped, areHoles) => [areSkipped && "窗口之间", areHoles && "空洞里"].filter(Boolean).join("和"),
  onlyPadding: "，不过都是填充，没有丢掉输入",
  ceilWould: (size) => `。ceil_mode=True 会多放一个窗口去读，输出变成 ${size}`,
  added: (cols, rows, isMax) =>
    `有余数，ceil_mode 多放一个窗口，它${listed(cols && `从右边伸出 ${cols} 列`, rows && `从下边伸出 ${rows} 行`)}。` +
    `那里没有格子，不参与计算${isMax ? "" : "，也不进除数"}。`,
  addedInside: "有余数，ceil_mode 多放了一个窗口。",
  taken: "向上取整本该多一个窗口，但它的起点已经越过输入的右边或下边。PyTorch 只放从输入或左、上填充里开始的窗口，所以又减 1。",
  exact: "正好除尽，ceil_mode 没有作用。",
};

/** The first terms of a long list, with a word on the rest. */
function shortened(terms, separator) {
  if (terms.length <= MOST_TERMS) return terms.join(separator);
  return [...terms.slice(0, MOST_TERMS - 2), TEXT.terms(terms.length)].join(separator);
}

export function formatPooled(value) {
  return value === -Infinity ? "−∞" : formatNumber(value);
}

const outputName = ([row, col]) => `Y[${row}, ${col}]`;
const inputName = ([row, col]) => `X[${row}, ${col}]`;
const inputAt = (input, tap, padding) => (tap.inside ? input[tap.inputRow][tap.inputCol] : padding);
const code = (text) => element("code", { lang: "en", class: "dx-python" }, text);

function maxLines({ setting, input, output }, { row, col }) {
  const numbers = poolTaps(setting, row, col).map((tap) => inputAt(input, tap, -Infinity));
  const value = output[row][col];
  const winner = argmax(input, setting, row, col);
  const equals = numbers.filter((number) => number === value).length;
  const shown = [value, ...numbers].filter(Number.isFinite);
  const goes = equals > 1 ? TEXT.toFirst : TEXT.toWinner;
  return [
    equation(
      outputName([row, col]),
      step(`= max(${shortened(numbers.map(formatPooled), ", ")})`),
      step(`${shown.every(isShownExactly) ? "=" : "≈"} ${formatPooled(value)}`, "dx-result"),
    ),
    equation(TEXT.gradient, winner ? goes(inputName(winner), equals) : TEXT.toNone),
  ];
}

function averageLines({ setting, input, output }, { row, col }) {
  const included = setting.countIncludePad;
  const taps = poolTaps(setting, row, col);
  const counted = taps.filter((tap) => tap.inside || included).map((tap) => inputAt(input, tap, 0));
  const real = taps.filter((tap) => tap.inside).length;
  const divisor = poolDivisor(setting, row, col);
  const value = output[row][col];
  const missing = setting.kernelSize[0] * setting.kernelSize[1] - taps.length;
  const exact = [value, ...counted].every(isShownExactly);
  const counts = real === taps.length ? TEXT.inputs : included ? TEXT.withPadding : TEXT.withoutPadding;
  return [
    equation(
      outputName([row, col]),
      step(`= (${shortened(counted.map(formatFactor), " + ")})/${divisor}`),
      step(`${exact ? "=" : "≈"} ${formatNumber(value)}`, "dx-result"),
    ),
    equation(TEXT.divisor, `${counts(real, taps.length - real)}${missing ? TEXT.outside(missing) : ""}。`),
    equation(TEXT.gradient, TEXT.toAll(divisor)),
  ];
}

/** The line of Python that computes the picked output; its slices end where the tensor ends. */
function pythonLine({ setting, stride }, { row, col }) {
  const { inputSize, kernelSize, padding, dilation, mode, countIncludePad } = setting;
  const [p, q] = padding;
  const isPadded = (p || q) && (mode === "max" || countIncludePad);
  const slice = (at, axis) => {
    const near = isPadded ? 0 : padding[axis];
    const start = at * stride[axis] - near;
    const stop = start + dilation[axis] * (kernelSize[axis] - 1) + 1;
    const spread = dilation[axis] > 1 ? `:${dilation[axis]}` : "";
    const last = inputSize[axis] + (isPadded ? 2 * padding[axis] : 0);
    return `${Math.max(start, 0)}:${Math.min(stop, last)}${spread}`;
  };
  const method = mode === "max" ? "max" : "mean";
  const pad = `Xp = F.pad(X, (${q}, ${q}, ${p}, ${p})${mode === "max" ? ', value=float("-inf")' : ""}); `;
  const sliced = `${isPadded ? "Xp" : "X"}[${slice(row, 0)}, ${slice(col, 1)}].${method}()`;
  return equation(TEXT.python, ...(isPadded ? [code(pad)] : []), code(sliced));
}

function inputLines({ setting, input, output, padded }, { row, col }) {
  const { mode, padding, countIncludePad } = setting;
  const [r, c] = [row - padding[0], col - padding[1]];
  const line = (text) => [element("div", {}, text)];
  if (row >= padded[0] || col >= padded[1]) return line(TEXT.beyond);
  if (input[r]?.[c] === undefined) return line(mode === "max" ? TEXT.paddingMax : TEXT.paddingAvg(countIncludePad));
  const name = inputName([r, c]);
  const outputs = poolFeeds(setting, row, col);
  if (!outputs.length) return line(TEXT.unread(name));
  const total = TEXT.total(name, poolGradient(input, setting, r, c));
  if (mode === "avg") {
    const shares = outputs.map(([i, j]) => TEXT.share(outputName([i, j]), poolDivisor(setting, i, j)));
    return [equation(TEXT.feeds, TEXT.feedsAvg(name, shares)), equation(TEXT.gradient, total)];
  }
  const won = outputsWon({ setting, input }, { row, col }).map(outputName);
  const equal = outputs.filter(([i, j]) => output[i][j] === input[r][c]).map(outputName);
  const tied = equal.filter((other) => !won.includes(other));
  const told = [won.length && TEXT.won(won), tied.length && TEXT.tied(tied), !equal.length && TEXT.lost];
  return [
    equation(TEXT.feeds, TEXT.feedsMax(name, outputs.map(outputName)) + told.filter(Boolean).join("")),
    equation(TEXT.gradient, total),
  ];
}

/** The outputs in which the picked cell of the padded input is the first maximum. */
export function outputsWon({ setting, input }, { row, col }) {
  const here = [row - setting.padding[0], col - setting.padding[1]].join();
  return poolFeeds(setting, row, col).filter(([i, j]) => argmax(input, setting, i, j)?.join() === here);
}

/** What the picked cell is made of, or where it goes. */
export function pickedLines(picture, state) {
  if (state.picked === "input") return inputLines(picture, state);
  const lines = state.mode === "max" ? maxLines(picture, state) : averageLines(picture, state);
  return [...lines, pythonLine(picture, state)];
}

function formulaLines(axes) {
  const line = (name, axis) =>
    equation(
      name,
      step(`= ${axis.substituted}`),
      step(`= ${axis.reduced}`),
      step(`= ${axis.outputSize}`, "dx-result"),
      ...(axis.divisor > 1 ? [step(TEXT.division(axis), "dx-note")] : []),
    );
  if (axes[0].substituted === axes[1].substituted) return [line(TEXT.length, axes[0])];
  return axes.map((axis, i) => line(TEXT.lengths[i], axis));
}

function unreadSentence({ setting, stride, effective }) {
  const { rows, cols } = poolUnread(setting);
  const parts = [];
  if (cols.trailing || rows.trailing) parts.push(TEXT.trailing(cols.trailing, rows.trailing));
  if (cols.between || rows.between) {
    const areSkipped = stride.some((s, axis) => s > effective[axis]);
    const areHoles = setting.kernelSize.some((k, axis) => k > 1 && setting.dilation[axis] > 1);
    parts.push(TEXT.between(cols.between, rows.between, TEXT.gaps(areSkipped, areHoles)));
  }
  if (!parts.length) return null;
  if (!(cols.real + rows.real)) return `${parts.join("；")}${TEXT.onlyPadding}。`;
  const [now, ceiled] = [setting, { ...setting, ceilMode: true }].map((full) => poolOutputSize(full).join("×"));
  return `${parts.join("；")}${now === ceiled ? "" : TEXT.ceilWould(ceiled)}。`;
}

function ceilSentence({ setting }, axes) {
  const { rows, cols } = poolUnread(setting);
  const added = axes.some((axis) => axis.ceilAdds && !axis.startsOutside);
  if (axes.every((axis) => !axis.ceilAdds)) return TEXT.exact;
  const isOver = rows.overhang + cols.overhang > 0;
  const hangs = isOver ? TEXT.added(cols.overhang, rows.overhang, setting.mode === "max") : TEXT.addedInside;
  return (added ? hangs : "") + (axes.some((axis) => axis.startsOutside) ? TEXT.taken : "");
}

/** The formula with its numbers, then what it leaves out or lets hang over. */
export function statusLines(picture) {
  const axes = poolFormula(picture.setting);
  const lines = formulaLines(axes);
  const unread = unreadSentence(picture);
  if (unread) lines.push(element("div", "dx-unread", unread));
  if (picture.setting.ceilMode) lines.push(element("div", "dx-ceil", ceilSentence(picture, axes)));
  return lines;
}

/** nn.MaxPool2d(…) or nn.AvgPool2d(…) with the arguments that are not torch's defaults. */
export function layerCode({ setting }) {
  const { kernelSize, stride, padding, dilation, mode, ceilMode, countIncludePad } = setting;
  const isMax = mode === "max";
  const given = [
    `kernel_size=${pythonPair(kernelSize)}`,
    stride && `stride=${pythonPair(stride)}`,
    sum(padding) && `padding=${pythonPair(padding)}`,
    isMax && dilation.some((d) => d !== 1) && `dilation=${pythonPair(dilation)}`,
    ceilMode && "ceil_mode=True",
    !isMax && !countIncludePad && "count_include_pad=False",
  ].filter(Boolean);
  return `nn.${isMax ? "Max" : "Avg"}Pool2d(${given.join(", ")})`;
}
