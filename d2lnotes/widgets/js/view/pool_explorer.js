// One 2-D pooling, cell by cell: which cells a window reads, which of them wins or what the sum is divided by, why the
// output has its size, which cells nobody reads. The arithmetic is core/pool.js.
import { shapeOf, table } from "../core/arrays.js";
import { patternDigit } from "../core/patterns.js";
import {
  argmax,
  normalizePool,
  pool,
  poolDivisor,
  poolError,
  poolFeeds,
  poolRepairs,
  poolSpans,
  poolTaps,
  poolUnread,
} from "../core/pool.js";
import { askPooling } from "../core/pool_questions.js";
import { element, setAttribute } from "./dom.js";
import { flag, numbers, option, whole } from "./fields.js";
import { mount } from "./frame.js";
import { createGrid } from "./grid.js";
import { formatSize, largestMagnitude, numberCell } from "./numbers.js";
import { formatPooled, layerCode, outputsWon, pickedLines, statusLines } from "./pool_lines.js";
import { bothSides, columnsField, sizePatch, widthControl } from "./sizes.js";

const SIZES = { input_size: [1, 32], kernel_size: [1, 32], padding: [0, 16], stride: [1, 32], dilation: [1, 8] };
const DRAWN_FAULTS = ["output-too-small", "padding-too-big"];

// Everything a reader sees. Another language is another table.
const TEXT = {
  root: "池化演示",
  input: "输入",
  output: "输出",
  inputSize: (real, padded) => (real === padded ? real : `${real}，填充后 ${padded}`),
  cell: (title, row, col, text) => `${title}第 ${row + 1} 行第 ${col + 1} 列，${text}`,
  divided: (text, divisor) => `${text}，除数 ${divisor}`,
  padding: (text) => `填充 ${text}`,
  excess: "填充太多，超过窗口的一半",
  missing: "输入不够，这里没有格子",
  beyond: "图外，不是格子",
  noEdit: "只有输入的格子能改：最大池化的填充总是 −∞，平均池化的总是 0。",
  hidden: "还没揭晓",
  explain: {
    "output-too-small": ({ padded, effective }) => `填充后的输入只有 ${padded}，窗口要占 ${effective}，一个也放不下。`,
    "padding-too-big": ({ most }) =>
      `填充最多是窗口的一半（这里是 ${most}，不论空洞率），否则有的窗口里几乎全是填充。打叉的就是多出的填充。`,
    "avg-dilation": () => "平均池化没有空洞率（dilation）这个参数，只有最大池化有。",
    other: () => "填充至少是 0，窗口、步幅、空洞率至少是 1。",
  },
  repair: {
    padding: (v) => `填充改为 ${v}`,
    kernelSize: (v) => `窗口改为 ${v}`,
    dilation: (v) => `空洞率改为 ${v}`,
    stride: (v) => `步幅改为 ${v}`,
    mode: () => "改用最大池化",
  },
  mode: "池化方式",
  modes: { max: "最大池化", avg: "平均池化" },
  follows: "步幅随窗口（不写 stride）",
  preset: "预设",
  width: { input_size: "输入宽", kernel_size: "窗宽", padding: "左右填充", stride: "横向步幅" },
  ceil_mode: "ceil_mode（向上取整）",
  count_include_pad: "count_include_pad（除数算填充）",
  dilation: "空洞率 d",
  dilation_width: "横向空洞率",
  tables: { input: "输入 X（含填充）", output: "输出 Y", divisors: "除数" },
};

const BASE = {
  padding: 0,
  stride_follows: false,
  columns: {},
  mode: "max",
  ceil_mode: false,
  count_include_pad: true,
  dilation: 1,
  input: [],
  picked: "output",
  row: 0,
  col: 0,
};
const followed = (size) => ({ kernel_size: size, stride: size, stride_follows: true });
const PRESETS = {
  "2×2 最大（VGG）": { input_size: 6, ...followed(2) },
  "2×2 平均（LeNet）": { input_size: 6, ...followed(2), mode: "avg" },
  "重叠 3/2（AlexNet）": { input_size: 7, kernel_size: 3, stride: 2 },
  "3/2 加填充（ResNet）": { input_size: 8, kernel_size: 3, stride: 2, padding: 1 },
  "3/2 向上取整（GoogLeNet）": { input_size: 8, kernel_size: 3, stride: 2, ceil_mode: true },
  全局平均: { input_size: 7, ...followed(7), mode: "avg" },
  全是负数: {
    input_size: 4,
    kernel_size: 3,
    stride: 1,
    padding: 1,
    input: table([4, 4], (row, col) => -1 - patternDigit(0, row, col)),
  },
  "全 1 取平均": { input_size: 4, kernel_size: 3, stride: 1, padding: 1, mode: "avg", input: table([4, 4], () => 1) },
};

const fields = {
  ...Object.fromEntries(Object.entries(SIZES).map(([name, [least, most]]) => [name, whole(least, most)])),
  stride_follows: flag(),
  columns: columnsField(SIZES),
  mode: option(["max", "avg"]),
  ceil_mode: flag(),
  count_include_pad: flag(),
  input: numbers(2),
};
const index = { kind: whole(0, 999), value: 0 };
const local = {
  row: index,
  col: index,
  // "output": the picked cell is one of the output; "input": one of the padded input.
  picked: { kind: option(["output", "input"]), value: "output" },
};

/** A stride that follows moves with the window; moved by itself, it follows no more. */
function entails(state, before) {
  const [kernel, stride] = ["kernel_size", "stride"].map((name) => bothSides(state, name));
  if (!state.stride_follows || kernel.join() === stride.join()) return null;
  const wasMoved = before?.stride_follows && bothSides(before, "stride").join() !== stride.join();
  return wasMoved ? { stride_follows: false } : sizePatch(state, "stride", kernel);
}

function picture(state, limits) {
  const setting = normalizePool({
    inputSize: bothSides(state, "input_size"),
    kernelSize: bothSides(state, "kernel_size"),
    stride: state.stride_follows ? null : bothSides(state, "stride"),
    padding: bothSides(state, "padding"),
    dilation: bothSides(state, "dilation"),
    mode: state.mode,
    ceilMode: state.ceil_mode,
    countIncludePad: state.count_include_pad,
  });
  const { inputSize } = setting;
  const fits = shapeOf(state.input).join() === inputSize.join();
  const drawn = {
    setting,
    ...poolSpans(setting),
    input: fits ? state.input : table(inputSize, (row, col) => patternDigit(0, row, col)),
    inputSize,
    outputSize: null,
    error: null,
  };
  const fault = poolError(setting);
  if (fault) return { ...drawn, error: explainFault(drawn, fault, state, limits) };
  const output = pool(drawn.input, setting);
  return { ...drawn, output, outputSize: shapeOf(output), divisors: divisorsOf(setting, shapeOf(output)) };
}

/** The divisor of every output where they differ; else null. */
function divisorsOf(setting, shape) {
  if (setting.mode !== "avg") return null;
  const divisors = table(shape, (row, col) => poolDivisor(setting, row, col));
  return new Set(divisors.flat()).size > 1 ? divisors : null;
}

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function explainFault({ setting, padded, effective }, { code, message }, state, limits) {
  const within = ({ name, value }) => {
    const range = limits[snakeCase(name)];
    return !range || [value].flat().every((side) => side >= range[0] && side <= range[1]);
  };
  const most = setting.kernelSize.map((k) => Math.floor(k / 2));
  const facts = {
    padded: formatSize(padded),
    effective: formatSize(effective),
    most: most[0] === most[1] ? most[0] : formatSize(most),
  };
  const repair = ({ name, value }) => ({
    text: TEXT.repair[name](Array.isArray(value) ? formatSize(value) : value),
    patch: name === "mode" ? { mode: value } : sizePatch(state, snakeCase(name), value),
  });
  const explanation = (TEXT.explain[code] ?? TEXT.explain.other)(facts);
  return { code, message, explanation, repairs: poolRepairs(setting).filter(within).map(repair) };
}

// ------------------------------------------------------------------ painting

const pooledCell = (value, largest) =>
  value === -Infinity
    ? { text: formatPooled(value), "data-value": value, "data-tone": null }
    : numberCell(value, largest);

const noCell = (text, label, marks) => ({ text, "data-value": null, "data-tone": null, "aria-label": label, ...marks });

/** The padded input, and around it what a window would need or hangs over. */
function paintInput(grid, { setting, input, padded, effective, inputSize, error }, asked, hides) {
  const { padding, kernelSize, mode } = setting;
  const isBare = error || hides === "size"; // what is unread or hangs over would tell the size
  const unread = isBare ? null : poolUnread(setting);
  const overhang = isBare ? [0, 0] : [unread.rows.overhang, unread.cols.overhang];
  const shape = padded.map((n, axis) => (error ? Math.max(n, effective[axis]) : n + overhang[axis]));
  const excess = error ? padding.map((p, axis) => Math.max(p - Math.floor(kernelSize[axis] / 2), 0)) : [0, 0];
  const largest = largestMagnitude(input);
  grid.paint(shape, TEXT.inputSize(formatSize(inputSize), formatSize(padded)), (row, col) => {
    const [r, c] = [row - padding[0], col - padding[1]];
    const marks = {
      "data-grid": "input",
      "data-pad": null,
      "data-read": unread?.rows.indices.includes(row) || unread?.cols.indices.includes(col) ? 0 : 1,
      "data-missing": null,
      "data-lit": null,
      "data-win": null,
      "data-asked": hides && asked?.[0] === row && asked[1] === col ? 1 : null,
    };
    if (row >= padded[0] || col >= padded[1]) {
      if (error) return noCell("✕", TEXT.missing, { ...marks, "data-missing": 1 });
      return noCell("", TEXT.beyond, { ...marks, "data-grid": "outside", "data-read": null });
    }
    if (input[r]?.[c] !== undefined) {
      const cell = numberCell(input[r][c], largest);
      return { ...cell, ...marks, "aria-label": TEXT.cell(TEXT.input, r, c, cell.text) };
    }
    const isExcess = [row, col].some((at, axis) => at < excess[axis] || at >= padded[axis] - excess[axis]);
    if (isExcess) return noCell("✕", TEXT.excess, { ...marks, "data-pad": 1, "data-missing": 1 });
    const cell = pooledCell(mode === "max" ? -Infinity : 0, largest);
    return { ...cell, ...marks, "data-pad": 1, "aria-label": TEXT.padding(cell.text) };
  });
}

function paintOutput(grid, { output, divisors }, asked, hides) {
  if (hides === "size") return grid.paint([0, 0], "?", () => null);
  const shape = shapeOf(output);
  const largest = largestMagnitude(output.map((line) => line.filter(Number.isFinite)));
  const shown = hides ? null : divisors;
  const isLong = Boolean(shown) || output.flat().some((value) => formatPooled(value).length > 3);
  grid.node.classList.toggle("dx-roomy", isLong && shape[1] <= 7);
  grid.node.classList.toggle("dx-divided", Boolean(shown));
  grid.paint(shape, formatSize(shape), (row, col) => {
    const cell = pooledCell(output[row][col], largest);
    const text = shown ? TEXT.divided(cell.text, shown[row][col]) : cell.text;
    return {
      ...(hides ? { text: "?", "data-value": null, "data-tone": null } : cell),
      "data-divisor": shown ? shown[row][col] : null,
      "data-lit": null,
      "data-win": null,
      "data-asked": hides && asked?.[0] === row && asked[1] === col ? 1 : null,
      "aria-label": TEXT.cell(TEXT.output, row, col, hides ? TEXT.hidden : text),
    };
  });
}

function tables({ error, input, output, setting, padded, divisors, outputSize }) {
  if (error) return [];
  const { padding, mode } = setting;
  const rowsOf = (values) => values.map((line) => line.map(formatPooled));
  const around = mode === "max" ? -Infinity : 0;
  const shown = table(padded, (row, col) => input[row - padding[0]]?.[col - padding[1]] ?? around);
  return [
    { caption: TEXT.tables.input, rows: rowsOf(shown) },
    { caption: `${TEXT.tables.output}，${formatSize(outputSize)}`, rows: rowsOf(output) },
    ...(divisors ? [{ caption: TEXT.tables.divisors, rows: divisors }] : []),
  ];
}

function steps({ outputSize: [rows, cols] }, { row, col, picked }) {
  return {
    count: rows * cols,
    at: picked === "output" ? row * cols + col : 0,
    patchFor: (step) => ({ picked: "output", row: Math.floor(step / cols), col: step % cols }),
  };
}

// ------------------------------------------------------------------ the view

function build({ root, change, say }) {
  let drawn = null;
  const pick = (kind) => (row, col) => {
    const { state, hides } = drawn;
    // A question stays: cells can be walked through, but tell nothing.
    if (hides) return grids[kind].mark(row, col, false);
    if (state.picked !== kind || state.row !== row || state.col !== col) change({ picked: kind, row, col });
  };
  const lines = element("div", { class: "dx-sum", id: `dx-${Math.random().toString(36).slice(2)}` });
  const told = { say, describedBy: lines.id };
  // 24 px is the least for a finger; the input may be smaller.
  const inputOptions = { name: "input", title: TEXT.input, letter: "X", minCell: 17, onPick: pick("input") };
  const input = createGrid({ ...inputOptions, onEdit: edit, ...told });
  const output = createGrid({ name: "output", title: TEXT.output, letter: "Y", minCell: 24, onPick: pick("output"), ...told });
  const grids = { input, output };
  const sign = element("span", { class: "dx-sign", "aria-hidden": "true" }, "→");
  const stage = element("div", "dx-stage", element("div", "dx-boards", input.node, sign, output.node), lines);

  function edit(row, col, value) {
    const { setting, input: values } = drawn.picture;
    const [r, c] = [row - setting.padding[0], col - setting.padding[1]];
    if (values[r]?.[c] === undefined) return say(TEXT.noEdit);
    const edited = structuredClone(values);
    edited[r][c] = value;
    change({ input: edited });
  }

  /** Keep what is picked within what there is. */
  function kept({ outputSize }, { picked, row, col }) {
    const [rows, cols] = picked === "input" ? shapeOf(input.cells) : outputSize;
    return { row: Math.min(row, rows - 1), col: Math.min(col, cols - 1) };
  }

  function lightFed(picture, state) {
    const inReach = state.row < picture.padded[0] && state.col < picture.padded[1];
    for (const [r, c] of inReach ? poolFeeds(picture.setting, state.row, state.col) : []) {
      setAttribute(output.cells[r][c], "data-lit", 1);
    }
    if (state.mode === "max" && inReach) {
      for (const [r, c] of outputsWon(picture, state)) setAttribute(output.cells[r][c], "data-win", 1);
    }
    input.mark(state.row, state.col);
    output.mark(0, 0, false);
  }

  function lightWindow({ setting, stride, effective, input: values }, { row, col, mode }) {
    for (const tap of poolTaps(setting, row, col)) setAttribute(input.cells[tap.row][tap.col], "data-lit", 1);
    const winner = mode === "max" && argmax(values, setting, row, col);
    const [top, left] = setting.padding;
    if (winner) setAttribute(input.cells[winner[0] + top][winner[1] + left], "data-win", 1);
    output.mark(row, col);
    input.mark(0, 0, false);
    input.placeFrame({ row: row * stride[0], col: col * stride[1] }, effective);
  }

  function draw(picture, state, hides) {
    const showsFault = DRAWN_FAULTS.includes(picture.error?.code);
    stage.classList.toggle("dx-shows-fault", showsFault);
    input.hideFrame();
    if (picture.error) {
      paintInput(input, picture, null, hides);
      output.paint([0, 0], "", () => null);
      if (showsFault) input.placeFrame({ row: 0, col: 0 }, picture.effective);
      lines.replaceChildren();
      return {};
    }
    paintInput(input, picture, state.picked === "input" ? [state.row, state.col] : null, hides);
    paintOutput(output, picture, state.picked === "output" ? [state.row, state.col] : null, hides);
    const moved = kept(picture, state);
    const now = { ...state, ...moved };
    drawn = { picture, state: now, hides };
    root.style.setProperty("--total", shapeOf(input.cells)[1] + (shapeOf(output.cells)[1] || 0));
    if (hides) {
      lines.replaceChildren();
    } else {
      (now.picked === "input" ? lightFed : lightWindow)(picture, now);
      lines.replaceChildren(...pickedLines(picture, now));
    }
    return moved;
  }

  return { stage, draw, settle: () => Object.values(grids).forEach((grid) => grid.settleScroll()) };
}

const main = [
  { kind: "toggles", name: "mode", label: TEXT.mode, options: Object.entries(TEXT.modes) },
  { kind: "check", name: "stride_follows", label: TEXT.follows },
];

const hasDilation = (state) => state.mode === "max" || bothSides(state, "dilation").some((d) => d !== 1);
const more = [
  {
    kind: "actions",
    label: TEXT.preset,
    actions: Object.entries(PRESETS).map(([name, patch]) => [name, () => ({ ...BASE, ...patch })]),
  },
  { kind: "check", name: "ceil_mode", label: TEXT.ceil_mode },
  { kind: "check", name: "count_include_pad", label: TEXT.count_include_pad, when: (state) => state.mode === "avg" },
  { kind: "number", name: "dilation", label: TEXT.dilation, least: 1, most: 8, when: hasDilation },
  ...Object.entries(TEXT.width).map(([name, label]) => widthControl(name, label, SIZES[name])),
  { ...widthControl("dilation", TEXT.dilation_width, SIZES.dilation), when: hasDilation },
];

export default {
  render: (context) =>
    mount(context, {
      widget: "pool-explorer",
      label: TEXT.root,
      fields,
      local,
      picture,
      entails,
      build,
      status: statusLines,
      code: layerCode,
      tables,
      steps,
      ask: askPooling,
      main,
      more,
    }),
};
