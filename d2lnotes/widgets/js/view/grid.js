// A board of numbered cells that arrow keys walk through.
import { editCell, placeOver } from "./cell_editor.js";
import { DIRECTIONS, listenToCells } from "./cell_events.js";
import { element, setAttribute, setText } from "./dom.js";

const TEXT = { edit: (title, row, col) => `${title}第 ${row + 1} 行第 ${col + 1} 列的新数值` };

/** Where a key leads from a cell: arrows, Home/End in the row, with Ctrl in the whole grid. */
function destination(event, row, col, rows, cols) {
  const way = DIRECTIONS[event.key];
  if (way) {
    const inside = (value, size) => Math.min(Math.max(value, 0), size - 1);
    return [inside(row + way[0], rows), inside(col + way[1], cols)];
  }
  if (event.key === "Home") return [event.ctrlKey ? 0 : row, 0];
  if (event.key === "End") return [event.ctrlKey ? rows - 1 : row, cols - 1];
  return null;
}

/**
 * A titled role=grid of cells with a frame that can be laid over some of them. One cell alone is in
 * the tab order (roving tabindex).
 *
 * @param options
 *   name: goes into data-grid
 *   title, letter: its name and its symbol in formulas
 *   minCell: the smallest edge of a cell in pixels
 *   onPick(row, col): a cell was pointed at, tapped or walked to; answer by `mark`
 *   onEdit?(row, col, value): a number was typed into a cell; without it the grid is read-only
 *   say?(sentence): where a typed value that is no number is complained of
 *   describedBy?: id of what is said of the picked cell
 */
export function createGrid({ name, title, letter, minCell, onPick, onEdit, say, describedBy }) {
  const grid = element("div", { class: "dx-grid", role: "grid", "aria-label": title });
  const caption = element("span", "dx-size");
  const heading = element("div", "dx-title", element("b", {}, title), " ", element("i", {}, letter), " ", caption);
  const frame = element("div", { class: "dx-frame", "aria-hidden": "true", hidden: "" });
  const board = element("div", "dx-board", grid, frame);
  const scroller = element("div", "dx-scroll", board);
  const node = element("div", `dx-panel dx-${name}`, heading, scroller);
  board.style.setProperty("--min", `${minCell}px`);
  if (onEdit) node.classList.add("dx-editable");
  const cells = [];
  let marked = null;

  function addCell(row, col) {
    const place = { "data-grid": name, "data-row": row, "data-col": col };
    const cell = element("div", { class: "dx-cell", role: "gridcell", tabindex: -1, ...place });
    cells[row].push(cell);
    grid.children[row].append(cell);
  }

  function resize(rows, cols) {
    while (cells.length > rows) {
      cells.pop();
      grid.lastChild.remove();
    }
    while (cells.length < rows) {
      cells.push([]);
      grid.append(element("div", { class: "dx-row", role: "row" }));
    }
    cells.forEach((line, row) => {
      while (line.length > cols) line.pop().remove();
      while (line.length < cols) addCell(row, line.length);
    });
  }

  /**
   * Show `shape` cells; `describe(row, col)` gives { text, ...attributes } of a cell, always the same
   * attributes; null removes one.
   */
  function paint([rows, cols], text, describe) {
    setText(caption, text);
    resize(rows, cols);
    let longest = 1;
    cells.forEach((line, row) =>
      line.forEach((cell, col) => {
        const { text, ...attributes } = describe(row, col);
        longest = Math.max(longest, text.length);
        setText(cell, text);
        for (const attribute in attributes) setAttribute(cell, attribute, attributes[attribute]);
      }),
    );
    board.style.setProperty("--cols", Math.max(cols, 1));
    board.style.setProperty("--chars", longest);
    if (!marked?.isConnected) mark(0, 0, false);
  }

  /** Make a cell the one that Tab reaches; `isSelected`: and show it as the picked one. */
  function mark(row, col, isSelected = true) {
    const cell = cells[row]?.[col] ?? null;
    if (marked && marked !== cell) {
      setAttribute(marked, "tabindex", -1);
      setAttribute(marked, "aria-selected", null);
      setAttribute(marked, "aria-describedby", null);
    }
    marked = cell;
    if (!cell) return;
    setAttribute(cell, "tabindex", 0);
    setAttribute(cell, "aria-selected", isSelected ? true : null);
    setAttribute(cell, "aria-describedby", isSelected ? describedBy : null);
  }

  function placeFrame(corner, size) {
    placeOver(frame, corner, size);
  }

  /** A grid too wide for the page scrolls in itself, and its frame stays in view. */
  function settleScroll() {
    if (scroller.scrollWidth <= scroller.clientWidth || frame.hidden) return;
    // Where the frame will be: offsetLeft is still on its way there.
    const left = (board.offsetWidth * frame.style.getPropertyValue("--col")) / cells[0].length;
    const right = left + frame.offsetWidth;
    scroller.scrollLeft = Math.min(left, Math.max(scroller.scrollLeft, right - scroller.clientWidth));
  }

  const position = (cell) => [Number(cell.dataset.row), Number(cell.dataset.col)];
  function edit(cell) {
    const [row, col] = position(cell);
    editCell(cell, board, { row, col, label: TEXT.edit(title, row, col), onNumber: (value) => onEdit(row, col, value), say });
  }

  const pick = (cell) => onPick(...position(cell));
  listenToCells(grid, {
    marked: () => marked,
    pick,
    point: (cell) => cell !== marked && pick(cell),
    edit: onEdit && edit,
    destination(event, cell) {
      const target = destination(event, ...position(cell), cells.length, cells[0].length);
      return target && cells[target[0]][target[1]];
    },
  });
  return { node, grid, cells, paint, mark, placeFrame, hideFrame: () => (frame.hidden = true), settleScroll };
}
