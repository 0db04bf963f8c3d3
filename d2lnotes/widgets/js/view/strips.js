// The levels of a stack as strips of units over the image: a unit stands over the middle of what it sees and is as
// wide as the step to its neighbour, so that strides and paddings are seen to scale.
import { range } from "../core/arrays.js";
import { element, setAttribute, setText } from "./dom.js";

const PAGE = 10;

/** Where the units of every level stand, in cells of the image; a level that would stand far off is not to scale. */
export function placeLevels(sizes, fields) {
  const [n] = sizes;
  return sizes.map((size, level) => {
    if (level === 0) return { size, left: 0, width: 1, isToScale: true };
    const { jump, start, size: seen } = fields[level - 1];
    const width = size > 1 ? jump : Math.min(jump, n);
    const left = start + (seen - width) / 2;
    const isToScale = left >= -n / 2 && left + size * width <= 1.5 * n;
    return isToScale ? { size, left, width, isToScale } : { size, left: 0, width: n / size, isToScale };
  });
}

/** The unit of a level that stands nearest to a place in the image. */
export function nearestUnit({ size, left, width }, place) {
  return Math.min(Math.max(Math.round((place - left) / width - 0.5), 0), size - 1);
}

export const middleOf = ({ left, width }, unit) => left + (unit + 0.5) * width;

/**
 * One role=grid with a row a level, the image at the bottom. One unit alone is in the tab order.
 *
 * @param onPick (level, unit) => void: a unit was tapped, walked to or dragged over
 * @param describedBy id of what is said of the picked unit
 * @returns { node, draw(picture), settle() }; a picture is
 *   levels: from the image up, of placeLevels, each with { name, note, counts, key }: what `describe` says of a unit
 *     depends on its count and on the key of its level alone
 *   domain: [from, to] that is drawn, in cells of the image; margin: cells of padding on each side of it
 *   describe(level, unit): { text, …attributes } of a unit; describePadding(cell) likewise
 *   selected: the level that the sliders change; picked: [level, unit] or null
 *   cone: [from, to] units a level that may be seen, or null; box: [from, to] cells of the image, or null
 *   failed: what stands in place of the level that is impossible, or null
 */
export function createStrips(title, onPick, describedBy) {
  const grid = element("div", { class: "rf-levels", role: "grid", "aria-label": title });
  const node = element("div", "dx-scroll rf-strips", grid);
  const box = element("div", { class: "rf-box", "aria-hidden": "true" });
  const pick = element("div", { class: "rf-pick", "aria-hidden": "true" });
  const failedName = element("b");
  const failedRow = element("div", { class: "rf-failed", "aria-hidden": "true" }, failedName, " ✕");
  const rows = [];
  let [drawn, marked] = [null, null];

  function addRow() {
    const name = element("b");
    const note = element("span", "dx-size");
    const label = element("div", { class: "rf-label", role: "rowheader" }, name, " ", note);
    const cone = element("div", { class: "rf-cone", "aria-hidden": "true" });
    const units = element("div", { class: "rf-units", role: "presentation" });
    const track = element("div", { class: "rf-track", role: "presentation" }, cone, units);
    const line = element("div", { class: "rf-level", role: "row" }, label, track);
    grid.prepend(line);
    rows.push({ line, name, note, label, cone, units, track, cells: [], paddings: [], key: null, counts: [] });
  }

  const newUnit = () => element("div", { class: "rf-unit", role: "gridcell", tabindex: -1 });

  function write(cell, { text, ...attributes }) {
    setText(cell, text);
    for (const name in attributes) setAttribute(cell, name, attributes[name]);
  }

  function fill(row, level) {
    const { size, left, width, isToScale } = drawn.levels[level];
    const { cells, units } = row;
    if (cells.length !== size) row.key = null;
    while (cells.length > size) cells.pop().remove();
    while (cells.length < size) {
      cells.push(newUnit());
      units.append(cells.at(-1));
    }
    row.line.style.setProperty("--width", width);
    row.line.style.setProperty("--left", left - drawn.domain[0]);
    setAttribute(row.line, "data-scale", isToScale ? null : "0");
    setAttribute(row.line, "data-selected", level === drawn.selected ? 1 : null);
    setText(row.name, drawn.levels[level].name);
    setText(row.note, drawn.levels[level].note);
    // Of a thousand units a step changes a few dozen.
    const { key, counts } = drawn.levels[level];
    cells.forEach((cell, unit) => {
      if (key !== row.key || counts[unit] !== row.counts[unit]) write(cell, drawn.describe(level, unit));
    });
    [row.key, row.counts] = [key, counts];
    row.line.style.setProperty("--chars", String(Math.max(...counts)).length);
  }

  /** Cells of the padding stand left and right of the image, in reading order. */
  function fillPadding({ paddings, cells, units, line }) {
    const { margin, levels } = drawn;
    if (paddings.length !== 2 * margin) {
      for (const cell of paddings.splice(0)) cell.remove();
      for (const place of [0, 1]) {
        const side = range(margin).map(newUnit);
        paddings.push(...side);
        if (place === 0) units.prepend(...side);
      }
    }
    units.append(...(units.lastChild === (paddings.at(-1) ?? cells.at(-1)) ? [] : paddings.slice(margin)));
    paddings.forEach((cell, i) => {
      const column = i < margin ? i - margin : levels[0].size + i - margin;
      write(cell, drawn.describePadding(column));
    });
    line.style.setProperty("--left", -margin - drawn.domain[0]);
  }

  const span = () => drawn.domain[1] - drawn.domain[0];
  const percent = (place) => `${(100 * (place - drawn.domain[0])) / span()}%`;

  function edges(level, [first, last]) {
    const { left, width } = drawn.levels[level];
    return [left + first * width, left + (last + 1) * width].map(percent);
  }

  function drawCone(row, level) {
    const above = drawn.cone?.[level + 1];
    row.cone.hidden = !above;
    if (!above) return;
    const [a, b] = edges(level + 1, above);
    const [c, d] = edges(level, drawn.cone[level]);
    row.cone.style.clipPath = `polygon(${a} 0, ${b} 0, ${d} 100%, ${c} 100%)`;
  }

  function drawBox() {
    box.hidden = !drawn.box;
    if (!drawn.box) return;
    const [from, to] = [Math.max(drawn.box[0], drawn.domain[0]), Math.min(drawn.box[1] + 1, drawn.domain[1])];
    box.style.left = percent(from);
    box.style.width = `${(100 * Math.max(to - from, 0)) / span()}%`;
    setAttribute(box, "data-cut-left", drawn.box[0] < drawn.domain[0] ? 1 : null);
    setAttribute(box, "data-cut-right", drawn.box[1] >= drawn.domain[1] ? 1 : null);
    rows[0].track.append(box);
  }

  function drawPick() {
    pick.hidden = !drawn.picked;
    const [level, unit] = drawn.picked ?? [0, 0];
    if (drawn.picked) {
      const [from] = edges(level, [unit, unit]);
      pick.style.left = from;
      pick.style.width = `${(100 * drawn.levels[level].width) / span()}%`;
      rows[level].track.append(pick);
    }
    const cell = rows[level].cells[unit];
    if (marked !== cell && marked) {
      setAttribute(marked, "tabindex", -1);
      setAttribute(marked, "aria-selected", null);
      setAttribute(marked, "aria-describedby", null);
    }
    marked = cell;
    setAttribute(cell, "tabindex", 0);
    setAttribute(cell, "aria-selected", drawn.picked ? true : null);
    setAttribute(cell, "aria-describedby", describedBy);
  }

  function draw(picture) {
    drawn = picture;
    while (rows.length > drawn.levels.length) rows.pop().line.remove();
    while (rows.length < drawn.levels.length) addRow();
    grid.style.setProperty("--span", span());
    rows.forEach(fill);
    fillPadding(rows[0]);
    rows.forEach(drawCone);
    drawBox();
    drawPick();
    setText(failedName, drawn.failed ?? "");
    if (drawn.failed) node.prepend(failedRow);
    else failedRow.remove();
  }

  /** Where a key leads: along the level, or to the unit over or under the middle of this one. */
  function destination(event, level, unit) {
    const { size } = drawn.levels[level];
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -PAGE, PageDown: PAGE, Home: -size, End: size }[event.key];
    if (by) return [level, Math.min(Math.max(unit + by, 0), size - 1)];
    const other = level + { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (Number.isNaN(other)) return null;
    const to = drawn.levels[other];
    return to ? [other, nearestUnit(to, middleOf(drawn.levels[level], unit))] : [level, unit];
  }

  /** [level, unit] of the unit that an event is about, or null. */
  function placeOf(event) {
    const cell = event.target.closest(".rf-unit:not([data-pad])");
    const level = cell && rows.findIndex(({ units }) => units === cell.parentElement);
    return cell && [level, rows[level].cells.indexOf(cell)];
  }

  function pickAt(event) {
    const place = placeOf(event);
    if (place) onPick(...place);
  }

  grid.addEventListener("focusin", (event) => pickAt(event));
  grid.addEventListener("click", (event) => pickAt(event));
  grid.addEventListener("pointerover", (event) => {
    // Drawn along with the button down; mere hovering would take the picked unit away on the way to another strip.
    if (event.buttons === 1 && event.pointerType !== "touch") pickAt(event);
  });
  grid.addEventListener("keydown", (event) => {
    const place = placeOf(event);
    if (!place || event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const target = destination(event, ...place);
    if (!target) return;
    // JupyterLab and the theme's page-turning keys listen further out.
    event.preventDefault();
    event.stopPropagation();
    rows[target[0]].cells[target[1]].focus({ preventScroll: true });
  });

  /** Strips too wide for the page scroll in themselves, so that the box stays in view. */
  function settle() {
    if (!drawn?.picked || node.scrollWidth <= node.clientWidth) return;
    const { offsetLeft, offsetWidth } = pick;
    const middle = rows[0].track.offsetLeft + offsetLeft + offsetWidth / 2;
    const near = node.clientWidth / 4;
    if (middle < node.scrollLeft + near || middle > node.scrollLeft + node.clientWidth - near) {
      node.scrollLeft = middle - node.clientWidth / 2;
    }
  }

  return { node, grid, draw, settle };
}
