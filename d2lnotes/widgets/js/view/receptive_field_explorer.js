// A stack of layers over an image, along one axis: what a unit of any layer sees, how much, and where the holes are.
// The arithmetic is core/receptive_field.js, core/image_cells.js and core/layer_stack.js.
import { range } from "../core/arrays.js";
import { effectiveKernelSize } from "../core/conv.js";
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
import { mount } from "./frame.js";
import { createLayerTable } from "./layer_table.js";
import {
  columnsOf,
  layerCode,
  layerRows,
  pixelLines,
  rowsOf,
  seenAlong,
  signed,
  status,
  tables,
  unitLines,
} from "./receptive_field_lines.js";
import { TEXT } from "./receptive_field_text.js";
import { createStrips, middleOf, nearestUnit, placeLevels } from "./strips.js";

const RANGES = { input_size: [1, 256], kernel_size: [1, 16], padding: [0, 16], stride: [1, 8], dilation: [1, 16] };
const MOST_MARGIN = 24;
const MOST_NUMBERED = 48; // units of a strip that may be wide enough for a number
const LONGEST_NAME = 24;
const NEW_LAYERS = { conv: { kernel_size: 3 }, max: { kind: "max", kernel_size: 2 } };
const LEVELS_OF_SHADE = 4;

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
  if (state.layers.length > 1) {
    repairs.push({ text: TEXT.repair.remove(names[index]), patch: removalPatch(state, index) });
  }
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
  const sum = element("div", { class: "dx-sum", id: `rf-${Math.random().toString(36).slice(2)}` });
  const strips = createStrips(TEXT.strips, pick, sum.id);
  const map = createFieldMap(pickPlace);
  const row = rowControl(change, say);
  const preset = presetPicker(presets, change);
  const sliders = element("p", "rf-sliders");
  const mapTitle = element("div", "dx-title", element("b", {}, TEXT.mapTitle));
  const mapPanel = element("div", "rf-map-panel", mapTitle, map.node, row.node);
  const boards = element("div", {}, strips.node, element("div", "rf-seen", mapPanel, sum));
  const hidden = element("p", { class: "rf-hidden", hidden: "" }, TEXT.hidden);
  const stage = element("div", "dx-stage dx-shows-fault", boards, hidden);
  const table = createLayerTable(TEXT.table, {
    select: (index) => change(selectionPatch(index)),
    add(kind) {
      const { layers, selected } = drawn.state;
      const longer = layers.toSpliced(selected + 1, 0, layerOf(NEW_LAYERS[kind]));
      change({ layers: longer, selected: selected + 1, unit: -1, row: -1 });
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
    const label = cols ? `${name} ${TEXT.seesBox(columnsOf(cols), rowsOf(rows))}` : name;
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
