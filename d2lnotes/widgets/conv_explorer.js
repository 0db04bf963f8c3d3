// One 2-D convolution, cell by cell: which cells a window reads, what it sums, why the output has
// its size, and which cells nobody reads. See core.js for the arithmetic.
import {
  crossCorrelate,
  effectiveKernelSize,
  normalize,
  outputFormula,
  pair,
  repairs,
  settingError,
  shapeOf,
  table,
  unreadLines,
  windowTaps,
} from "./core.js";
import {
  createGrid,
  element,
  formatNumber,
  isShownExactly,
  largestMagnitude,
  makePickable,
  numberCell,
  setAttribute,
} from "./grid.js";

const SIZES = ["input_size", "kernel_size", "padding", "stride", "dilation"];
const TRAITS = [...SIZES, "input", "kernel"];

const size = ([h, w]) => `${h}×${w}`;
const listed = (...parts) => parts.filter(Boolean).join("、");

// Everything a reader sees. Another language is another table.
const TEXT = {
  root: "卷积演示",
  input: "输入",
  kernel: "卷积核",
  output: "输出",
  inputSize: (real, padded) => (size(real) === size(padded) ? size(real) : `${size(real)}，填充后 ${size(padded)}`),
  kernelSize: (real, spread) => (size(real) === size(spread) ? size(real) : `${size(real)}，展开后 ${size(spread)}`),
  cell: (row, col, text) => `第 ${row + 1} 行第 ${col + 1} 列，${text}`,
  padding: "填充 0",
  hole: "空洞",
  lengths: ["输出高", "输出宽"],
  length: "输出边长",
  formula: "公式",
  division: ({ numerator, divisor, quotient, remainder }) =>
    `${numerator} ÷ ${divisor} 商 ${quotient}，余 ${remainder}`,
  trailing: (cols, rows) =>
    `${listed(cols && `最右 ${cols} 列`, rows && `最下 ${rows} 行`)}没有被任何窗口读到`,
  between: (cols, rows, skipped) =>
    `${skipped ? "窗口" : "空洞"}之间有 ${listed(cols && `${cols} 列`, rows && `${rows} 行`)}从未被读到` +
    `（${skipped ? "步幅大于窗口" : "每个窗口都跳过它们"}）`,
  onlyPadding: "，不过都是填充的 0，没有丢掉输入",
  impossible: "这组设置没有输出",
  tooBig: (padded, effective) =>
    `填充后的输入只有 ${size(padded)}，窗口（卷积核连同空洞）要占 ${size(effective)}，放不下。`,
  repair: ({ padding, kernelSize, dilation }) =>
    `可以只改一处：${listed(
      `填充 p ≥ ${padding}`,
      kernelSize > 0 && `卷积核 k ≤ ${kernelSize}`,
      dilation > 0 && `空洞率 d ≤ ${dilation}`,
    )}。`,
  outOfRange: "填充至少是 0，卷积核、步幅、空洞率至少是 1。",
};

/** Digits that look unordered; a cell keeps its digit whatever the size of the input. */
const patternDigit = (r, c) => ((3 * r * r + 5 * r * c + 2 * c * c + r + 4 * c + 1) % 11) % 10;

/** 1, 0 and −1 along the diagonals, so that both signs and zero appear from 2×2 on. */
const patternWeight = (r, c) => 1 - ((2 * r + c) % 3);

/** Given values hold while the size is theirs (its longer side counts); else the pattern does. */
function valuesFor(given, length, pattern) {
  return given?.length && Math.max(...shapeOf(given)) === length ? given : table(pair(Math.max(length, 0)), pattern);
}

function readPicture(model) {
  const state = Object.fromEntries(SIZES.map((name) => [name, model.get(name)]));
  const input = valuesFor(model.get("input"), state.input_size, patternDigit);
  const kernel = valuesFor(model.get("kernel"), state.kernel_size, patternWeight);
  const setting = normalize({
    ...state,
    inputSize: shapeOf(input),
    kernelSize: shapeOf(kernel),
  });
  const error = settingError(setting);
  const output = error ? [] : crossCorrelate(input, kernel, setting);
  return { state, setting, input, kernel, output, error };
}

function spans({ inputSize, kernelSize, padding, dilation }) {
  return {
    padded: inputSize.map((n, axis) => n + 2 * padding[axis]),
    effective: kernelSize.map((k, axis) => effectiveKernelSize(k, dilation[axis])),
  };
}

/** "name = step = step": a line breaks before a step, not within it. */
function equation(className, name, ...steps) {
  const parts = steps.flatMap((step) => [" ", step]);
  return element("div", className, element("span", "dx-lhs", name), element("span", "dx-rhs", ...parts));
}

function step(text, className = "") {
  return element("span", `dx-step ${className}`, text);
}

/** "Y[0, 0] = 0·0 + 1·1 + 3·2 + 4·3 = 19": padding takes part with its 0, as in PyTorch. */
function writtenSum({ setting, input, kernel, output }, row, col) {
  const factor = (value) => (value < 0 ? `(${formatNumber(value)})` : formatNumber(value));
  const shown = [output[row][col]];
  const terms = windowTaps(setting, row, col).map((tap) => {
    const x = tap.inside ? input[tap.inputRow][tap.inputCol] : 0;
    const weight = kernel[tap.kernelRow][tap.kernelCol];
    shown.push(x, weight);
    return `${factor(x)}·${factor(weight)}`;
  });
  const equals = shown.every(isShownExactly) ? "=" : "≈";
  const result = `${equals} ${formatNumber(output[row][col])}`;
  return equation("dx-line", `Y[${row}, ${col}]`, `= ${terms.join(" + ")}`, step(result, "dx-result"));
}

function formulaLines(setting) {
  const [height, width] = outputFormula(setting);
  const line = (name, axis) =>
    equation(
      "dx-line",
      name,
      step(`= ${axis.substituted}`),
      step(`= ${axis.reduced}`),
      step(`= ${axis.outputSize}`, "dx-result"),
      step(TEXT.division(axis), "dx-note"),
    );
  if (height.substituted === width.substituted) return [line(TEXT.length, width)];
  return [line(TEXT.lengths[0], height), line(TEXT.lengths[1], width)];
}

function unreadSentence(setting) {
  const { rows, cols } = unreadLines(setting);
  const skipped = setting.stride.some((s, axis) => s > spans(setting).effective[axis]);
  const parts = [];
  if (cols.trailing || rows.trailing) parts.push(TEXT.trailing(cols.trailing, rows.trailing));
  if (cols.between || rows.between) parts.push(TEXT.between(cols.between, rows.between, skipped));
  if (!parts.length) return null;
  const harmless = cols.real + rows.real === 0 ? TEXT.onlyPadding : "";
  return `${parts.join("；")}${harmless}。`;
}

function errorMessage({ setting, error }) {
  const { padded, effective } = spans(setting);
  const explained = error.code === "kernel-too-big"
    ? TEXT.tooBig(padded, effective) + TEXT.repair(repairs(setting))
    : TEXT.outOfRange;
  return element(
    "div",
    "dx-error",
    element("strong", {}, TEXT.impossible),
    element("code", { lang: "en" }, error.message),
    element("span", {}, explained),
  );
}

function buildView() {
  // 24 px is the least for a finger; the others are only looked at.
  const input = createGrid("input", TEXT.input, "X", 17);
  const kernel = createGrid("kernel", TEXT.kernel, "K", 17);
  const output = createGrid("output", TEXT.output, "Y", 24);
  const sign = (text) => element("span", { class: "dx-sign", "aria-hidden": "true" }, text);
  const sum = element("div", { class: "dx-sum", id: `dx-${Math.random().toString(36).slice(2)}` });
  const boards = element("div", "dx-boards", input.node, sign("∗"), kernel.node, sign("="), output.node);
  const stage = element("div", "dx-stage", boards, sum);
  const general = equation("dx-line dx-general", TEXT.formula, step("⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1"));
  const status = element("div", { class: "dx-status", role: "status", "aria-live": "polite" });
  const facts = { class: "dx", role: "group", "aria-label": TEXT.root, "data-widget": "conv-explorer" };
  const root = element("div", facts, stage, general, status);
  return { root, stage, sum, status, grids: { input, kernel, output } };
}

function paintInput(grid, { setting, input, error }) {
  const { padded } = spans(setting);
  const unread = error ? null : unreadLines(setting);
  const largest = largestMagnitude(input);
  grid.paint(padded, TEXT.inputSize(setting.inputSize, padded), (row, col) => {
    const value = input[row - setting.padding[0]]?.[col - setting.padding[1]];
    const isPadding = value === undefined;
    const isUnread = unread?.rows.indices.includes(row) || unread?.cols.indices.includes(col);
    return {
      ...numberCell(value ?? 0, largest),
      "data-pad": isPadding ? 1 : null,
      "data-read": isUnread ? 0 : 1,
      "data-weight": null,
      "aria-label": isPadding ? TEXT.padding : null,
    };
  });
}

function paintKernel(grid, { setting, kernel }) {
  const { effective } = spans(setting);
  const largest = largestMagnitude(kernel);
  const weightAt = (row, col) => {
    const [dh, dw] = setting.dilation;
    return row % dh || col % dw ? undefined : kernel[row / dh]?.[col / dw];
  };
  const hole = { text: "", "data-value": null, "data-tone": null, "data-hole": 1, "aria-label": TEXT.hole };
  const tap = { "data-hole": null, "aria-label": null };
  grid.paint(effective, TEXT.kernelSize(setting.kernelSize, effective), (row, col) => {
    const value = weightAt(row, col);
    return value === undefined ? hole : { ...numberCell(value, largest), ...tap };
  });
}

function paintOutput(grid, { output }) {
  const shape = shapeOf(output);
  const largest = largestMagnitude(output);
  grid.paint(shape, size(shape), (row, col) => {
    const shown = numberCell(output[row][col], largest);
    return {
      ...shown,
      "aria-label": TEXT.cell(row, col, shown.text),
      "aria-selected": false,
      "aria-describedby": null,
      tabindex: -1,
    };
  });
}

function setPossible({ stage, root }, possible) {
  root.classList.toggle("dx-stale", !possible);
  stage.inert = !possible;
  setAttribute(stage, "aria-hidden", possible ? null : "true");
}

/** anywidget puts `_css` into the page; a shadow root (or a page without it) needs its own copy. */
function adoptStyle(root, el, css) {
  if (css && el.getRootNode() !== document) root.prepend(element("style", {}, css));
}

function render({ model, el }) {
  const view = buildView();
  const { root, grids, status, sum } = view;
  let picture = null;
  let lit = [];
  let picked = [0, 0];
  let frameRequest = 0;

  const settle = () => {
    cancelAnimationFrame(frameRequest);
    frameRequest = requestAnimationFrame(() => {
      for (const grid of Object.values(grids)) grid.settleScroll();
    });
  };

  const writeState = ({ state, setting, output, error }) => {
    setAttribute(root, "data-input-size", setting.inputSize.join("x"));
    setAttribute(root, "data-output-size", error ? "" : shapeOf(output).join("x"));
    setAttribute(root, "data-error", error ? error.message : null);
    setAttribute(root, "data-state", JSON.stringify({ ...state, row: picked[0], col: picked[1] }));
  };

  const lightWindow = () => {
    for (const cell of lit) setAttribute(cell, "data-weight", null);
    const { setting, kernel } = picture;
    const taps = windowTaps(setting, ...picked);
    lit = taps.map((tap) => grids.input.cells[tap.row][tap.col]);
    taps.forEach((tap, i) => setAttribute(lit[i], "data-weight", formatNumber(kernel[tap.kernelRow][tap.kernelCol])));
    grids.input.placeFrame(taps[0], spans(setting).effective);
  };

  const pick = (row, col) => {
    const { cells } = grids.output;
    setAttribute(cells[picked[0]]?.[picked[1]] ?? sum, "aria-describedby", null);
    picked = [row, col];
    setAttribute(cells[row][col], "aria-describedby", sum.id);
    pickable.mark(row, col);
    lightWindow();
    sum.replaceChildren(writtenSum(picture, row, col));
    writeState(picture);
    settle();
  };
  const pickable = makePickable(grids.output, pick);

  const draw = (next) => {
    picture = next;
    paintInput(grids.input, next);
    paintKernel(grids.kernel, next);
    paintOutput(grids.output, next);
    const widths = Object.values(grids).map(({ cells }) => shapeOf(cells)[1]);
    root.style.setProperty("--total", widths[0] + widths[1] + widths[2]);
    if (!next.error) pick(...shapeOf(next.output).map((length, axis) => Math.min(picked[axis], length - 1)));
  };

  const redraw = () => {
    const next = readPicture(model);
    // An impossible setting leaves the last picture as it was; only a first one is drawn without output.
    if (!next.error || !picture) draw(next);
    setPossible(view, !next.error);
    const unread = next.error ? null : unreadSentence(next.setting);
    status.replaceChildren(
      ...(next.error ? [errorMessage(next)] : formulaLines(next.setting)),
      ...(unread ? [element("div", "dx-unread", unread)] : []),
    );
    writeState(next);
  };

  adoptStyle(root, el, model.get("_css"));
  el.append(root);
  redraw();
  for (const name of TRAITS) model.on(`change:${name}`, redraw);
  const observer = new ResizeObserver(settle);
  observer.observe(root);

  return () => {
    observer.disconnect();
    cancelAnimationFrame(frameRequest);
    // Some hosts (Jupyter Book 2) have no off(); their model goes with the view.
    for (const name of TRAITS) try { model.off(`change:${name}`, redraw); } catch { /* see above */ }
    root.remove();
  };
}

export default { render };
