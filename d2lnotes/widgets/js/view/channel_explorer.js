// A convolution of several channels: which slices of the weight an output channel uses, what they add up to, and what
// groups save. Every slice stands below the input channel it reads and in the row of the output channel it feeds.
import { inputsOf, outputsOf, weightShape } from "../core/channels.js";
import { askChannels } from "../core/channel_questions.js";
import { feeds } from "../core/conv.js";
import { createBlocks } from "./channel_blocks.js";
import { separableCosts } from "./channel_costs.js";
import { equals, layerCode, partsOf, pickedLines, status, tables } from "./channel_lines.js";
import { paintBias, paintFault, paintInput, paintOutput, paintWeight } from "./channel_paint.js";
import { cellsUnder, fields, kept, local, paddedSize, rememberPicture } from "./channel_picture.js";
import { main, more } from "./channel_presets.js";
import { button, element, setAttribute, setText } from "./dom.js";
import { mount } from "./frame.js";
import { formatFactor, formatNumber } from "./numbers.js";

const MOST_NUMBERED_SLICES = 64; // more are tiles of colour

// Everything a reader sees. Another language is another table.
const TEXT = {
  root: "多通道卷积演示",
  input: "输入",
  weight: "权重",
  bias: "偏置",
  output: "输出",
  how: "每片权重在它读的输入通道下面，在它算的输出通道那一行。",
  unknown: "?",
  edit: (name) => `${name.split("，")[0]}的新数值`,
  noEdit: "填充的格子总是 0，不能改。",
  secondStep: "看第二步：1×1",
  firstStep: "回到第一步",
};

const sliceIndex = ({ inChannels }, out, channel) => out * inChannels + channel;

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

function build({ root, change, say }) {
  let drawn = null;
  let firstStep = null;
  let met = [];

  const pick = (patch) => {
    if (!drawn || drawn.hides) return; // pointing at a cell must not withdraw a question
    if (Object.keys(patch).some((name) => patch[name] !== drawn.state[name])) change(patch);
  };
  // A field may still be open when the setting has become impossible.
  const edit = (write) => (...at) => drawn && write(...at);
  const editLabel = (cell) => TEXT.edit(cell.getAttribute("aria-label"));
  const sum = element("div", { class: "dx-sum", id: `dx-${Math.random().toString(36).slice(2)}` });
  const shared = { say, editLabel, describedBy: sum.id };
  const input = createBlocks({
    ...shared,
    name: "input",
    title: TEXT.input,
    onPick: (channel, row, col) => pick({ picked: "input", channel, row, col }),
    onEdit: edit(editInput),
  });
  const weight = createBlocks({
    ...shared,
    name: "weight",
    title: TEXT.weight,
    onPick(n, row, col) {
      const { inChannels } = drawn.picture.setting;
      pick({ picked: "weight", channel: Math.floor(n / inChannels), reads: n % inChannels, row, col });
    },
    onEdit: edit(editWeight),
  });
  const bias = createBlocks({
    ...shared,
    name: "bias",
    title: TEXT.bias,
    onPick: (channel) => pick({ picked: "bias", channel, row: 0, col: 0 }),
    onEdit: edit((out, row, col, value) => change({ bias: drawn.picture.bias.with(out, value) })),
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
    const name = [element("b", {}, title), " ", element("i", {}, letter), " "];
    return { node: element("div", "dx-title", ...name, size), size };
  };
  const titles = {
    input: heading(TEXT.input, "X"),
    weight: heading(TEXT.weight, "W"),
    output: heading(TEXT.output, "Y"),
  };
  const frames = element("div", { class: "dx-groups", "aria-hidden": "true" });
  const above = [titles.input.node, input.node];
  const crosstab = element("div", "dx-crosstab", ...above, titles.weight.node, frames, weight.node, bias.node);
  const scroller = element("div", "dx-scroll", crosstab);
  const results = element("div", "dx-results", titles.output.node, output.node);
  const layout = element("div", "dx-channels", scroller, results);
  const stage = element("div", "dx-stage", element("div", "dx-note dx-how", TEXT.how), layout, sum);
  const costs = element("div", "dx-compared");
  const stepButton = button("", switchStep);
  const below = element("div", "dx-below", costs, stepButton);

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
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, state[name]]));
    const after = picture.next;
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
    const longest = Math.max(
      paintInput(input, picture, hides),
      paintWeight(weight, picture, hides),
      paintBias(bias, picture, hides),
    );
    const longestOutput = paintOutput(output, picture, hides);
    drawGroups(hides === "layer" ? { groups: 1 } : setting);
    setSizes(picture, { high, wide: Math.max(wide, kernelSize[1]), longest, "out-longest": longestOutput });
    setText(titles.input.size, inputSize.join("×"));
    setText(titles.weight.size, hides === "layer" ? TEXT.unknown : `(${weightShape(setting).join(", ")})`);
    setText(titles.output.size, hides === "layer" ? TEXT.unknown : outputSize.join("×"));
  }

  /** Cells that meet the picked one, until another is picked. */
  function markMet(cells) {
    for (const cell of cells) setAttribute(cell, "data-met", 1);
    met.push(...cells);
  }

  /** Light up what the picked cell reads, uses or feeds; dim the rest. */
  function light(picture, state, hides) {
    const { setting } = picture;
    const { channel, reads, row, col } = state;
    for (const cell of met) setAttribute(cell, "data-met", null);
    met = [];
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
    const windowOf = (c) => state.picked === "output" && isRead(c) && { corner, size: setting.kernelSize };
    input.blocks.forEach((_, c) => input.show(c, { isLit: isRead(c), ...windowOf(c) }));
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
      const part = value === null ? "" : `${equals(value)} ${formatNumber(value)}`;
      output.show(out, { isLit: isFed(out) || null, part });
    });
    if (state.picked === "output") output.mark([channel, row, col]);
    if (state.picked === "bias") {
      bias.mark([channel, 0, 0]);
      markMet(output.blocks[channel].cells.flat());
    }
    if (state.picked === "weight") {
      weight.mark([sliceIndex(setting, channel, reads), row, col]);
      markMet(cellsUnder(setting, row, col).map(([r, c]) => input.blocks[reads].cells[r][c]));
      markMet(output.blocks[channel].cells.flat());
    }
    if (state.picked === "input") {
      input.mark([channel, row, col]);
      const outs = outputsOf(setting, channel);
      const slices = outs.map((out) => weight.blocks[sliceIndex(setting, out, channel)]);
      for (const { outputRow, outputCol, kernelRow, kernelCol } of feeds(setting, row, col)) {
        markMet(outs.map((out) => output.blocks[out].cells[outputRow][outputCol]));
        markMet(slices.map(({ cells }) => cells[kernelRow][kernelCol]));
      }
    }
  }

  function drawCosts(picture, state, hides) {
    const holds = ([name, value]) => JSON.stringify(state[name]) === JSON.stringify(value);
    if (firstStep && !Object.entries(firstStep.after).every(holds)) firstStep = null;
    const { setting, outputSize } = picture;
    const isShown = !picture.error && !hides;
    const isFirst = isShown && state.pointwise > 0;
    costs.replaceChildren(...(isFirst ? separableCosts(setting, state.pointwise, state.has_bias, outputSize) : []));
    stepButton.hidden = !(isShown && firstStep) && !(isFirst && picture.next);
    setText(stepButton, firstStep ? TEXT.firstStep : TEXT.secondStep);
  }

  /** What does not go: channels that are left over, or cells that the kernel needs beyond the input. */
  function drawFault(picture, state) {
    drawn = null;
    const extent = paintFault(boards, picture);
    drawGroups({ groups: 1 });
    const sizes = { high: extent, wide: extent, longest: 1, "out-longest": 1 };
    setSizes({ ...picture, bias: null, outputSize: [0, 1, 1] }, sizes);
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
