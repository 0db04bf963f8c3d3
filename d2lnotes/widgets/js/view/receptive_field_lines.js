// The receptive field explorer in words: formulas, sentences on what is picked, tables, code.
import { range, sum } from "../core/arrays.js";
import { effectiveKernelSize, outputFormula } from "../core/conv.js";
import { traceUnit } from "../core/receptive_field.js";
import { element } from "./dom.js";
import { equation, step } from "./frame.js";
import { TEXT } from "./receptive_field_text.js";

const MOST_TERMS = 8;

/** Counts of paths grow past what can be read digit by digit. */
const formatCount = (count) => (count < 1e9 ? String(count) : count.toExponential(1).replace("e+", "×10^"));
export const signed = (value) => String(value).replace("-", "−");

function shortened(terms) {
  if (terms.length <= MOST_TERMS) return terms;
  return [...terms.slice(0, MOST_TERMS - 3), TEXT.moreTerms, ...terms.slice(-2)];
}

/** How the numbers of the selected layer come about. */
export function status(picture) {
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
    equation(TEXT.start, ...(paddings.length ? [step(`= −(${shortened(paddings).join(" + ")})`)] : []), result(start)),
    equation(TEXT.size, step(`= ${formula.substituted}`), result(sizes[level])),
  ];
  const unread = unreadSentences(names[level - 1], read.isRead);
  lines.push(...unread.map((sentence) => element("div", "dx-unread", sentence)));
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

/** What is seen along one axis: the box, its part in the image, how much is beyond on both sides, what is read. */
export function seenAlong(picture, unit) {
  const { drawn, sizes, level, fields } = picture;
  const { size, jump, start } = fields[level - 1];
  const [from, to] = [start + unit * jump, start + unit * jump + size - 1];
  const { counts } = unit === picture.unit ? picture : traceUnit(drawn, sizes[0], level - 1, unit);
  const inside = Math.max(0, Math.min(to, sizes[0] - 1) - Math.max(from, 0) + 1);
  const read = counts[0].filter(Boolean);
  const beyond = [Math.min(Math.max(0, -from), size), Math.min(Math.max(0, to - sizes[0] + 1), size)];
  return { from, to, size, jump, start, unit, counts: counts[0], inside, read, beyond };
}

export const columnsOf = ({ from, to }) => TEXT.columns(signed(from), signed(to));
export const rowsOf = ({ from, to }) => TEXT.rows(signed(from), signed(to));

/** What the picked unit sees, one sentence a line. */
export function unitLines(picture, cols, rows) {
  const { names, level, row, unit, drawn } = picture;
  const name = `${names[level - 1]}[${row}, ${unit}]`;
  const { from, to, size, jump, start } = cols;
  const origin = TEXT.origin({ start: signed(start), unit, jump, from: signed(from), size });
  const sentence = TEXT.sees(columnsOf(cols), origin, rowsOf(rows));
  const centre = (size % 2 ? TEXT.centre : TEXT.centreBetween)(signed((from + to) / 2));
  const lines = [element("div", {}, element("b", {}, name), " ", sentence), element("div", {}, centre)];
  const all = cols.inside * rows.inside;
  if (!all) return [...lines, element("div", {}, TEXT.outside)];
  const beyond = [
    ...["left", "right"].map((side, i) => [side, cols.beyond[i], TEXT.column]),
    ...["top", "bottom"].map((side, i) => [side, rows.beyond[i], TEXT.line]),
  ].filter(([, cells]) => cells);
  const read = cols.read.length * rows.read.length;
  const some = (fault) => drawn.slice(0, level).some(fault);
  const skips = some(({ stride, kernelSize }) => stride > kernelSize) ? TEXT.skips : TEXT.floored;
  const reason = some(({ dilation }) => dilation > 1) ? TEXT.grid : skips;
  const filled = read === all ? TEXT.full(all) : `${TEXT.holes(all, read)}${reason}`;
  lines.push(element("div", read === all ? {} : "rf-holes", filled));
  if (beyond.length) {
    const parts = beyond.map(([side, cells, unit]) => TEXT.side(TEXT.sides[side], cells, unit));
    lines.push(element("div", {}, TEXT.beyond(parts)));
  }
  const most = Math.max(...cols.read) * Math.max(...rows.read);
  const least = Math.min(...cols.read) * Math.min(...rows.read);
  if (most > least) lines.push(element("div", "dx-general", TEXT.weights(formatCount(most), formatCount(least))));
  return lines;
}

export function pixelLines({ counts, names, pixel }) {
  const reached = counts.slice(1).map((level, i) => TEXT.feedsOf(names[i], level.filter(Boolean).length));
  const lost = counts.findIndex((level) => !level.some(Boolean));
  const parts = lost < 0 ? reached : reached.slice(0, lost - 1);
  const sentences = [parts.length && TEXT.feeds(parts), lost > 0 && TEXT.feedsNone(names[lost - 1])];
  return [element("div", {}, element("b", {}, TEXT.pixel(pixel, "")), " ", sentences.filter(Boolean).join(""))];
}

export function layerCode(_, state) {
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

export function layerRows({ settings, sizes, fields }, state, isHidden, failed) {
  return state.layers.map((layer, i) => {
    const { size, jump, start } = fields[i];
    const knobs = [layer.kernel_size, layer.stride, layer.padding, layer.dilation];
    const known = [sizes[i + 1], size, jump, signed(start)];
    const unknown = known.map((_, column) => (i === failed && column === 0 ? TEXT.failed : TEXT.after));
    const computed = isHidden ? known.map(() => TEXT.unknown) : i < sizes.length - 1 ? known : unknown;
    return [TEXT.table.kinds[layer.kind], ...knobs, ...computed].map(String);
  });
}

export function tables(picture, state) {
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
