// A stack of layers over an image, along one axis: what a unit of any layer sees, how much, and where the holes are.
// The arithmetic is core/receptive_field.js, core/image_cells.js and core/layer_stack.js.
import { range, sum } from "../core/arrays.js";
import { effectiveKernelSize, outputFormula } from "../core/conv.js";
import { cellsRead, traceCell } from "../core/image_cells.js";
import {
  asSetting,
  formatLayers,
  isStack,
  KNOBS,
  layerNames,
  layerOf,
  layerRepairs,
  mendedInput,
  MOST_LAYERS,
  parseLayers,
  stackSizes,
} from "../core/layer_stack.js";
import { receptiveFields, traceUnit } from "../core/receptive_field.js";
import { askReceptiveField } from "../core/receptive_field_questions.js";
import { element, setAttribute, setText } from "./dom.js";
import { createFieldMap } from "./field_map.js";
import { option, whole } from "./fields.js";
import { equation, mount, step } from "./frame.js";
import { createLayerTable } from "./layer_table.js";
import { TEXT } from "./receptive_field_text.js";
import { createStrips, middleOf, nearestUnit, placeLevels } from "./strips.js";

const RANGES = { input_size: [1, 256], kernel_size: [1, 16], padding: [0, 16], stride: [1, 8], dilation: [1, 16] };
const MOST_TERMS = 8;
const MOST_MARGIN = 24;
const MOST_NUMBERED = 48; // units of a strip that may be wide enough for a number
const LONGEST_NAME = 24;
const NEW_LAYERS = { conv: { kernel_size: 3 }, max: { kind: "max", kernel_size: 2 } };
const LEVELS_OF_SHADE = 4;

/** Counts of paths grow past what can be read digit by digit. */
const formatCount = (count) => (count < 1e9 ? String(count) : count.toExponential(1).replace("e+", "×10^"));
const signed = (value) => String(value).replace("-", "−");
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// ------------------------------------------------------------------ the state

/** Layers as text: those of a preset by its name. `ranges` are those of the knobs. */
function layersField(presets, ranges) {
  const letters = { k: ranges.kernel_size, s: ranges.stride, p: ranges.padding, d: ranges.dilation };
  const textOf = (text) => (Object.hasOwn(presets, text) ? presets[text][2] : text);
  return {
    parse: (text) => parseLayers(textOf(text)),
    format: formatLayers,
    fault: (value) => (isStack(value, ranges) ? null : TEXT.layersFault(letters, MOST_LAYERS)),
    within: (limits) => layersField(presets, { ...ranges, ...limits }),
  };
}

function fieldsFor(presets) {
  const knobs = KNOBS.map((name) => [name, { ...whole(...RANGES[name]), isDerived: true }]);
  return {
    input_size: whole(...RANGES.input_size),
    layers: layersField(presets, RANGES),
    selected: whole(0, MOST_LAYERS - 1),
    ...Object.fromEntries(knobs),
  };
}

const place = { kind: whole(-1, 9999), value: -1 }; // -1: in the middle, whatever the size
const local = {
  unit: place,
  row: place,
  pixel: { kind: whole(0, 9999), value: 0 },
  // "output": the picked cell is a unit of the selected layer; "input": a column of the image.
  picked: { kind: option(["output", "input"]), value: "output" },
};

/** The four knobs are those of the selected layer: what was moved is written into it, the others follow it. */
function entails(state, before) {
  const selected = Math.min(state.selected, state.layers.length - 1);
  const moved = before ? KNOBS.filter((knob) => state[knob] !== before[knob]) : [];
  const layer = { ...state.layers[selected], ...Object.fromEntries(moved.map((knob) => [knob, state[knob]])) };
  const layers = state.layers.with(selected, layer);
  const wanted = { layers, selected, ...Object.fromEntries(KNOBS.map((knob) => [knob, layer[knob]])) };
  const patch = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => !same(value, state[name])));
  return Object.keys(patch).length ? patch : null;
}

// ------------------------------------------------------------------ what is drawn

/** `drawn` layers are those before the first impossible one; a picked -1 is the middle. */
function picture(state, limits) {
  const names = layerNames(state.layers);
  const { sizes, fault } = stackSizes(state.input_size, state.layers);
  const settings = state.layers.map((layer, i) => asSetting(layer, sizes[i]));
  const drawn = settings.slice(0, sizes.length - 1);
  const level = Math.min(state.selected, state.layers.length - 1) + 1;
  const fields = receptiveFields(settings);
  const margin = marginOf(sizes, fields);
  const base = { names, sizes, settings, drawn, fields, level, margin, places: placeLevels(sizes, fields) };
  const inputSize = [state.input_size, state.input_size];
  if (fault) return { ...base, inputSize, outputSize: null, error: explainFault(base, fault, state, limits) };
  const within = (index, size) => (index < 0 ? Math.floor((size - 1) / 2) : Math.min(index, size - 1));
  const unit = within(state.unit, sizes[level]);
  const row = within(state.row, sizes[level]);
  const pixel = within(state.pixel, sizes[0]);
  const isUnit = state.picked === "output";
  const traced = isUnit ? traceUnit(drawn, sizes[0], level - 1, unit) : null;
  return {
    ...base,
    inputSize,
    outputSize: [sizes.at(-1), sizes.at(-1)],
    error: null,
    unit,
    row,
    pixel,
    isUnit,
    counts: isUnit ? traced.counts : traceCell(drawn, sizes, pixel),
    box: traced?.box ?? null,
    cone: isUnit ? coneOf(drawn, level, unit) : null,
    read: cellsRead(drawn, sizes, level),
  };
}

/** Cells of padding to be drawn on each side: as many as any unit may see, within reason. */
function marginOf(sizes, fields) {
  const [n] = sizes;
  const beyond = sizes.slice(1).flatMap((size, i) => {
    const { start, jump, size: seen } = fields[i];
    return [-start, start + (size - 1) * jump + seen - n];
  });
  return Math.min(Math.max(0, ...beyond), Math.ceil(n / 4), MOST_MARGIN);
}

/** [first, last] unit of every level that one unit may see, padding and holes included. */
function coneOf(settings, level, unit) {
  const cone = [[unit, unit]];
  for (const { kernelSize, stride, padding, dilation } of settings.slice(0, level).reverse()) {
    const [first, last] = cone[0];
    const reach = effectiveKernelSize(kernelSize, dilation) - 1;
    cone.unshift([first * stride - padding, last * stride - padding + reach]);
  }
  return cone;
}

function explainFault({ names, sizes }, { index, code, message }, state, limits) {
  const layer = state.layers[index];
  const input = sizes[index];
  const facts = {
    padded: input + 2 * layer.padding,
    effective: effectiveKernelSize(layer.kernel_size, layer.dilation),
    half: Math.floor(layer.kernel_size / 2),
  };
  const text = (TEXT.explain[code] ?? TEXT.explain.other)(facts);
  const most = (limits.input_size ?? RANGES.input_size)[1];
  const better = mendedInput(state.input_size, state.layers, most);
  const repairs = layerRepairs(layer, input)
    .filter((mend) => isWithin(mend, limits))
    .map((mend) => ({ text: TEXT.repair[mend.name](mend.value), patch: mendPatch(state.layers, index, mend) }));
  if (better) repairs.push({ text: TEXT.repair.input(better), patch: { input_size: better } });
  if (state.layers.length > 1) repairs.push({ text: TEXT.repair.remove(names[index]), patch: removalPatch(state, index) });
  return { index, message, explanation: TEXT.at(index + 1, names[index], `${input}×${input}`, text), repairs };
}

const KNOB_OF = { padding: "padding", kernelSize: "kernel_size", dilation: "dilation", stride: "stride" };

function isWithin({ name, value }, limits) {
  const range = limits[KNOB_OF[name]];
  return !range || (value >= range[0] && value <= range[1]);
}

function mendPatch(layers, index, { name, value }) {
  const mended = name === "mode" ? { kind: value } : { [KNOB_OF[name]]: value };
  return { layers: layers.with(index, { ...layers[index], ...mended }), selected: index };
}

function removalPatch({ layers, selected }, index) {
  return { layers: layers.toSpliced(index, 1), selected: Math.max(0, selected - (index <= selected && selected > 0)) };
}

/** The same place in the image, seen from another level. */
function nearestPatch({ places, level, unit, row }, state, to) {
  const moved = (index, at) => (index < 0 ? -1 : nearestUnit(places[to], middleOf(places[level], at)));
  return { unit: moved(state.unit, unit), row: moved(state.row, row) };
}

// ------------------------------------------------------------------ in words

function shortened(terms) {
  if (terms.length <= MOST_TERMS) return terms;
  return [...terms.slice(0, MOST_TERMS - 3), TEXT.moreTerms, ...terms.slice(-2)];
}

/** How the numbers of the selected layer come about. */
function status(picture, state) {
  const { settings, fields, level, names, sizes, read } = picture;
  const shown = settings.slice(0, level);
  const jumps = shown.map((_, i) => fields[i - 1]?.jump ?? 1);
  const { size, jump, start } = fields[level - 1];
  const spans = shown.map(({ kernelSize, dilation }) => effectiveKernelSize(kernelSize, dilation));
  const terms = spans.map((span, i) => `(${span} − 1)·${jumps[i]}`);
  const paddings = shown.map(({ padding }, i) => `${padding}·${jumps[i]}`).filter((_, i) => shown[i].padding);
  const result = (value) => step(`= ${signed(value)}`, "dx-result");
  const formula = outputFormula(settings[level - 1])[0];
  const lines = [
    equation(TEXT.field, step(`= 1 + ${shortened(terms).join(" + ")}`), result(size)),
    equation(TEXT.jump, step(`= ${shortened(shown.map(({ stride }) => stride)).join("·")}`), result(jump)),
    equation(TEXT.start, step(`= ${paddings.length ? `−(${shortened(paddings).join(" + ")})` : "0"}`), ...(paddings.length ? [result(start)] : [])),
    equation(TEXT.size, step(`= ${formula.substituted}`), result(sizes[level])),
  ];
  for (const sentence of unreadSentences(names[level - 1], read.isRead)) lines.push(element("div", "dx-unread", sentence));
  lines.push(element("div", "rf-more", TEXT.oneMore({ jump, added: 2 * jump, size: size + 2 * jump })));
  if (picture.places.some(({ isToScale }) => !isToScale)) lines.push(element("div", "dx-note", TEXT.notToScale));
  return lines;
}

function unreadSentences(name, isRead) {
  const last = isRead.lastIndexOf(true);
  const trailing = isRead.length - 1 - last;
  const between = isRead.slice(0, last + 1).filter((each) => !each).length;
  return [trailing && TEXT.trailing(name, trailing), between && TEXT.between(name, between)].filter(Boolean);
}

/** What is seen along one axis: the box, its part in the image, how much of it is beyond on both sides, what is read. */
function seenAlong(picture, unit) {
  const { drawn, sizes, level, fields } = picture;
  const { size, jump, start } = fields[level - 1];
  const [from, to] = [start + unit * jump, start + unit * jump + size - 1];
  const { counts } = unit === picture.unit ? picture : traceUnit(drawn, sizes[0], level - 1, unit);
  const inside = Math.max(0, Math.min(to, sizes[0] - 1) - Math.max(from, 0) + 1);
  const read = counts[0].filter(Boolean);
  const beyond = [Math.min(Math.max(0, -from), size), Math.min(Math.max(0, to - sizes[0] + 1), size)];
  return { from, to, size, jump, start, unit, counts: counts[0], inside, read, beyond };
}

/** What the picked unit sees, one sentence a line. */
function unitLines(picture, cols, rows) {
  const { names, level, row, unit, drawn } = picture;
  const name = `${names[level - 1]}[${row}, ${unit}]`;
  const { from, to, size, jump, start } = cols;
  const origin = TEXT.origin({ start: signed(start), unit, jump, from: signed(from), size });
  const sentence = TEXT.sees(TEXT.columns(signed(from), signed(to)), origin, TEXT.rows(signed(rows.from), signed(rows.to)));
  const centre = (size % 2 ? TEXT.centre : TEXT.centreBetween)(signed((from + to) / 2));
  const lines = [element("div", {}, element("b", {}, name), " ", sentence), element("div", {}, centre)];
  const all = cols.inside * rows.inside;
  if (!all) return [...lines, element("div", {}, TEXT.outside)];
  const beyond = [
    ...["left", "right"].map((side, i) => [side, cols.beyond[i], TEXT.column]),
    ...["top", "bottom"].map((side, i) => [side, rows.beyond[i], TEXT.line]),
  ].filter(([, cells]) => cells);
  const read = cols.read.length * rows.read.length;
  const reason = drawn.slice(0, level).some(({ dilation }) => dilation > 1) ? TEXT.grid : TEXT.skips;
  const filled = read === all ? TEXT.full(all) : `${TEXT.holes(all, read)}${reason}`;
  lines.push(element("div", read === all ? {} : "rf-holes", filled));
  if (beyond.length) {
    lines.push(element("div", {}, TEXT.beyond(beyond.map(([side, cells, unit]) => TEXT.side(TEXT.sides[side], cells, unit)))));
  }
  const most = Math.max(...cols.read) * Math.max(...rows.read);
  const least = Math.min(...cols.read) * Math.min(...rows.read);
  if (most > least) lines.push(element("div", "dx-general", TEXT.weights(formatCount(most), formatCount(least))));
  return lines;
}

function pixelLines({ counts, names, pixel }) {
  const reached = counts.slice(1).map((level, i) => TEXT.feedsOf(names[i], level.filter(Boolean).length));
  const lost = counts.findIndex((level) => !level.some(Boolean));
  const parts = lost < 0 ? reached : reached.slice(0, lost - 1);
  const sentences = [parts.length && TEXT.feeds(parts), lost > 0 && TEXT.feedsNone(names[lost - 1])];
  return [element("div", {}, element("b", {}, TEXT.pixel(pixel, "")), " ", sentences.filter(Boolean).join(""))];
}

function layerCode(picture, state) {
  const one = ({ kind, kernel_size, stride, padding, dilation }) => {
    const rest = [
      (stride !== 1 || kind !== "conv") && `stride=${stride}`,
      padding && `padding=${padding}`,
      dilation !== 1 && `dilation=${dilation}`,
    ].filter(Boolean);
    const kernel = `kernel_size=${kernel_size}`;
    if (kind === "conv") return `nn.Conv2d(${["1, 1", kernel, ...rest].join(", ")})`;
    return `nn.${kind === "max" ? "Max" : "Avg"}Pool2d(${[kernel, ...rest].join(", ")})`;
  };
  return `nn.Sequential(${state.layers.map(one).join(", ")})`;
}

/** "3 5 7" or "3–7" of the units that are counted. */
function listUnits(counts) {
  const units = range(counts.length).filter((unit) => counts[unit]);
  if (!units.length) return TEXT.tables.none;
  const isRun = units.at(-1) - units[0] === units.length - 1;
  return isRun && units.length > 2 ? `${units[0]}–${units.at(-1)}` : units.join(" ");
}

function layerRows({ settings, sizes, fields }, state, isHidden, failed) {
  return state.layers.map((layer, i) => {
    const { size, jump, start } = fields[i];
    const knobs = [layer.kernel_size, layer.stride, layer.padding, layer.dilation];
    const known = [sizes[i + 1], size, jump, signed(start)];
    const unknown = known.map((_, column) => (i === failed && column === 0 ? TEXT.failed : TEXT.after));
    const computed = isHidden ? known.map(() => TEXT.unknown) : i < sizes.length - 1 ? known : unknown;
    return [TEXT.table.kinds[layer.kind], ...knobs, ...computed].map(String);
  });
}

function tables(picture, state) {
  if (picture.error) return [];
  const { names, counts, sizes } = picture;
  const layers = layerRows(picture, state, false, -1).map((row, i) => [names[i], ...row]);
  const shown = counts.map((level, i) => [
    i ? names[i - 1] : TEXT.image,
    sizes[i],
    listUnits(level),
    formatCount(sum(level)),
  ]);
  return [
    { caption: TEXT.tables.layers, head: TEXT.table.head, rows: layers },
    { caption: TEXT.tables.units, head: TEXT.tables.head, rows: shown },
  ];
}

function steps({ sizes, level, unit }) {
  return { count: sizes[level], at: unit, patchFor: (to) => ({ picked: "output", unit: to }) };
}

// ------------------------------------------------------------------ the view

const shadeOf = (count, most) => (count ? Math.ceil(LEVELS_OF_SHADE * Math.sqrt(count / most)) : null);

/** What a unit of a level shows; without `counts` nothing is picked. */
function describer({ names, sizes, counts, level: selected, read }, most) {
  return (level, unit) => {
    const count = counts?.[level]?.[unit] ?? 0; // no path leads down from the levels above
    const isImage = level === 0;
    const isUnread = isImage && read && !read.isRead[unit];
    const extra = count ? TEXT.paths(count) : isUnread ? TEXT.unread : "";
    const isOutput = level === selected;
    return {
      text: count && sizes[level] <= MOST_NUMBERED ? String(count) : "",
      "data-grid": isImage ? "input" : isOutput ? "output" : "level",
      "data-row": isImage ? 0 : level,
      "data-col": unit,
      "data-value": isOutput ? read?.counts[unit] : null,
      "data-read": isImage ? (isUnread ? 0 : 1) : null,
      "data-paths": count || null,
      "data-shade": shadeOf(count, most?.[level]),
      "aria-label": isImage ? TEXT.pixel(unit, extra) : TEXT.unit(names[level - 1], unit, extra),
    };
  };
}

function describePadding(box) {
  return (column) => ({
    text: "",
    "data-grid": "input",
    "data-row": 0,
    "data-col": column,
    "data-pad": 1,
    "data-shade": box && column >= box[0] && column <= box[1] ? 0 : null,
    "aria-label": TEXT.padding(signed(column)),
  });
}

function presetPicker(presets, change) {
  const options = Object.entries(presets).map(([name, [title]]) => element("option", { value: name }, title));
  const select = element("select", { class: "rf-preset" }, element("option", { value: "" }, TEXT.own), ...options);
  select.addEventListener("change", () => {
    const [, input_size, text] = presets[select.value] ?? [];
    if (!text) return;
    const layers = parseLayers(text);
    change({ input_size, layers, selected: layers.length - 1, unit: -1, row: -1, picked: "output" });
  });
  const nameOf = ({ input_size, layers }) =>
    Object.keys(presets).find((name) => presets[name][1] === input_size && same(parseLayers(presets[name][2]), layers));
  return {
    node: element("label", "dx-control", TEXT.preset, select),
    sync: (state) => (select.value = nameOf(state) ?? ""),
  };
}

function rowControl(change, say) {
  const input = element("input", { type: "number", min: 0, step: 1, inputmode: "numeric" });
  let shown = { row: 0, most: 0 };
  input.addEventListener("change", () => {
    const row = input.value === "" ? NaN : Number(input.value);
    if (Number.isInteger(row) && row >= 0 && row <= shown.most) return change({ row, picked: "output" });
    say(`${TEXT.range(TEXT.row, 0, shown.most)}。`);
    input.value = shown.row;
  });
  const sync = (row, most) => {
    shown = { row, most };
    setAttribute(input, "max", most);
    input.value = row;
  };
  return { node: element("label", "dx-control", TEXT.row, input), sync };
}

function build({ root, change, say }, presets) {
  let drawn = null;
  const strips = createStrips(TEXT.strips, pick);
  const map = createFieldMap(pickPlace);
  const row = rowControl(change, say);
  const preset = presetPicker(presets, change);
  const sliders = element("p", "rf-sliders");
  const sum = element("div", { class: "dx-sum", id: `rf-${Math.random().toString(36).slice(2)}` });
  const mapPanel = element("div", "rf-map-panel", element("div", "dx-title", element("b", {}, TEXT.mapTitle)), map.node, row.node);
  const boards = element("div", {}, strips.node, element("div", "rf-seen", mapPanel, sum));
  const hidden = element("p", { class: "rf-hidden", hidden: "" }, TEXT.hidden);
  const stage = element("div", "dx-stage dx-shows-fault", boards, hidden);
  setAttribute(strips.grid, "aria-describedby", sum.id);
  const table = createLayerTable(TEXT.table, {
    select: (index) => change(selectionPatch(index)),
    add(kind) {
      const { layers, selected } = drawn.state;
      change({ layers: layers.toSpliced(selected + 1, 0, layerOf(NEW_LAYERS[kind])), selected: selected + 1, unit: -1, row: -1 });
    },
    remove: () => change({ ...removalPatch(drawn.state, drawn.state.selected), unit: -1, row: -1 }),
    move(by) {
      const { layers, selected } = drawn.state;
      const rest = layers.toSpliced(selected, 1);
      change({ layers: rest.toSpliced(selected + by, 0, layers[selected]), selected: selected + by });
    },
    rename(text) {
      const name = text.trim();
      const { layers, selected } = drawn.state;
      const renamed = layers.with(selected, { ...layers[selected], name });
      if (!isStack(renamed, RANGES)) {
        say(TEXT.badName(text.slice(0, LONGEST_NAME)));
        return false;
      }
      say("");
      change({ layers: renamed });
      return true;
    },
    setKind(kind) {
      const { layers, selected } = drawn.state;
      change({ layers: layers.with(selected, { ...layers[selected], kind }) });
    },
  });
  const above = element("div", "dx-bar rf-above", preset.node, sliders);

  function selectionPatch(index) {
    const { picture, state } = drawn;
    const isDrawn = !picture.error;
    return { selected: index, picked: "output", ...(isDrawn && nearestPatch(picture, state, index + 1)) };
  }

  function pick(level, unit) {
    const { state, picture } = drawn;
    if (picture.error) return;
    if (level === 0) {
      if (picture.isUnit || picture.pixel !== unit) change({ picked: "input", pixel: unit });
    } else if (level !== picture.level || !picture.isUnit || picture.unit !== unit) {
      const across = level === picture.level ? {} : { ...nearestPatch(picture, state, level), selected: level - 1 };
      change({ ...across, picked: "output", unit });
    }
  }

  function pickPlace(atRow, atCol) {
    const { picture } = drawn;
    if (picture.error) return;
    const at = picture.places[picture.level];
    change({ picked: "output", unit: nearestUnit(at, atCol), row: nearestUnit(at, atRow) });
  }

  function drawStrips(picture) {
    const { sizes, names, margin, places, level, box, cone, counts, read, isUnit, unit, pixel, error } = picture;
    const most = counts?.map((list) => Math.max(...list));
    const levels = places.map((at, i) => ({
      ...at,
      name: i ? names[i - 1] : TEXT.image,
      note: TEXT.shape(sizes[i]),
      counts: counts?.[i] ?? range(sizes[i]).fill(0),
      key: [names[i - 1], i === level && read?.counts, i === 0 && read?.isRead, most?.[i]].join(),
    }));
    const domain = [
      Math.min(-margin, ...levels.map(({ left }) => Math.floor(left))),
      Math.max(sizes[0] + margin, ...levels.map(({ left, width, size }) => Math.ceil(left + size * width))),
    ];
    strips.draw({
      levels,
      domain,
      margin,
      describe: describer(picture, most),
      describePadding: describePadding(box),
      selected: level,
      picked: error ? null : isUnit ? [level, unit] : [0, pixel],
      cone,
      box,
      failed: error ? names[error.index] : null,
    });
  }

  function drawMap(picture, cols, rows) {
    const { sizes, margin, pixel, names, level, row, unit } = picture;
    const alone = range(sizes[0]).map((cell) => (cell === pixel ? 1 : 0));
    const name = cols ? `${names[level - 1]}[${row}, ${unit}]` : TEXT.pixel(pixel, "");
    const label = cols
      ? `${name} ${TEXT.seesBox(TEXT.columns(signed(cols.from), signed(cols.to)), TEXT.rows(signed(rows.from), signed(rows.to)))}`
      : name;
    map.draw({
      domain: [-margin, sizes[0] + margin],
      size: sizes[0],
      counts: cols ? [rows.counts, cols.counts] : [alone.map(() => 1), alone],
      boxes: cols ? [[rows.from, rows.to], [cols.from, cols.to]] : null,
      label,
    });
  }

  function drawTable(picture, state, hides) {
    const { names, level, error } = picture;
    const failed = error?.index ?? -1;
    const rows = layerRows(picture, state, Boolean(hides), failed);
    const layer = state.layers[level - 1];
    table.draw({ rows, names, selected: level - 1, failed, layer, isFull: names.length >= MOST_LAYERS });
    setText(sliders, TEXT.sliders(names[level - 1], level, names.length));
    preset.sync(state);
  }

  function draw(picture, state, hides) {
    drawn = { picture, state };
    drawTable(picture, state, hides);
    boards.hidden = Boolean(hides);
    hidden.hidden = !hides;
    if (hides) return {};
    drawStrips(picture);
    mapPanel.hidden = Boolean(picture.error);
    if (picture.error) {
      sum.replaceChildren();
      return {};
    }
    const cols = picture.isUnit && seenAlong(picture, picture.unit);
    const rows = picture.isUnit && seenAlong(picture, picture.row);
    drawMap(picture, cols, rows);
    row.sync(picture.row, picture.sizes[picture.level] - 1);
    sum.replaceChildren(...(picture.isUnit ? unitLines(picture, cols, rows) : pixelLines(picture)));
    const kept = { pixel: picture.pixel };
    if (state.unit >= 0) kept.unit = picture.unit;
    if (state.row >= 0) kept.row = picture.row;
    return kept;
  }

  return { stage, above, below: table.node, draw, settle: strips.settle };
}

export default {
  render(context) {
    const presets = context.model.get("presets") ?? {};
    return mount(context, {
      widget: "receptive-field-explorer",
      label: TEXT.root,
      fields: fieldsFor(presets),
      local,
      entails,
      picture,
      build: (frame) => build(frame, presets),
      status,
      code: layerCode,
      tables,
      steps,
      ask: askReceptiveField,
    });
  },
};
