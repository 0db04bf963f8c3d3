// Many small grids that make one board, such as the channels of an input: one stop of the Tab key, arrow keys walk
// within a grid and over to the next one. Hover and tap pick a cell, a second tap or Enter edits it.
import { editCell, placeOver } from "./cell_editor.js";
import { DIRECTIONS, listenToCells } from "./cell_events.js";
import { element, setAttribute, setText } from "./dom.js";

function createBlock(name) {
  const grid = element("div", { class: "dx-grid", role: "grid" });
  const frame = element("div", { class: "dx-frame", "aria-hidden": "true", hidden: "" });
  const board = element("div", "dx-tile", grid, frame);
  const caption = element("div", "dx-name");
  const part = element("div", "dx-part");
  const node = element("div", `dx-block dx-${name}-block`, caption, board, part);
  return { node, caption, board, grid, frame, part, cells: [] };
}

function resize(block, name, [rows, cols]) {
  const { cells, grid } = block;
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
    while (line.length < cols) {
      const place = { "data-grid": name, "data-row": row, "data-col": line.length };
      line.push(element("div", { class: "dx-cell", role: "gridcell", tabindex: -1, ...place }));
      grid.children[row].append(line.at(-1));
    }
  });
}

/**
 * @param options
 *   name: goes into data-grid
 *   title: accessible name of the whole board
 *   onPick(index, row, col): a cell of the index-th grid was pointed at, tapped or walked to; answer by `mark`
 *   onEdit?(index, row, col, value): a number was typed into a cell; without it the board is read-only
 *   say?(sentence): where a typed value that is no number is complained of
 *   editLabel?(cell): name of the field that is typed into
 *   describedBy: id of what is said of the picked cell
 * @returns { node, blocks, paint, mark, unmark, show }
 */
export function createBlocks({ name, title, onPick, onEdit, say, editLabel, describedBy }) {
  const node = element("div", { class: `dx-blocks dx-${name}`, role: "group", "aria-label": title });
  const blocks = [];
  let [perLine, marked] = [1, null];
  if (onEdit) node.classList.add("dx-editable");

  /**
   * Show `count` grids of `shape` cells, `perLine` side by side.
   * `describeBlock(index)`: { label, caption?, area: [row, column] in the board's layout, data: attributes of its
   * cells }, or with `absent: text` for a place without a grid.
   * `describe(index, row, col)` gives { text, ...attributes } of a cell, always the same attributes; null removes one.
   */
  function paint({ count, shape, describeBlock, describe, ...layout }) {
    perLine = layout.perLine;
    while (blocks.length > count) blocks.pop().node.remove();
    while (blocks.length < count) {
      blocks.push(createBlock(name));
      node.append(blocks.at(-1).node);
    }
    let longest = 1;
    blocks.forEach((block, index) => {
      const { label, caption, area, data, absent } = describeBlock(index);
      resize(block, name, absent ? [0, 0] : shape);
      block.node.style.gridArea = area.join(" / ");
      setText(block.caption, caption ?? "");
      setAttribute(block.grid, "aria-label", label);
      setAttribute(block.grid, "role", absent ? "img" : "grid");
      setAttribute(block.board, "data-absent", absent);
      block.cells.forEach((line, row) =>
        line.forEach((cell, col) => {
          const { text, ...attributes } = describe(index, row, col);
          longest = Math.max(longest, text.length);
          setText(cell, text);
          for (const attribute in data) setAttribute(cell, attribute, data[attribute]);
          for (const attribute in attributes) setAttribute(cell, attribute, attributes[attribute]);
        }),
      );
    });
    node.style.setProperty("--rows", shape[0]);
    node.style.setProperty("--cols", shape[1]);
    node.style.setProperty("--chars", longest);
    if (!marked?.isConnected) mark(firstPlace(), false);
    return longest;
  }

  const firstPlace = () => [Math.max(0, blocks.findIndex(({ cells }) => cells.length)), 0, 0];
  const cellAt = ([index, row, col]) => blocks[index]?.cells[row]?.[col] ?? null;

  /** Make a cell the one that Tab reaches; `isSelected`: and show it as the picked one. */
  function mark(place, isSelected = true) {
    const cell = cellAt(place);
    if (marked && marked !== cell) {
      setAttribute(marked, "tabindex", -1);
      unmark();
    }
    marked = cell;
    if (!cell) return;
    setAttribute(cell, "tabindex", 0);
    setAttribute(cell, "aria-selected", isSelected ? true : null);
    setAttribute(cell, "aria-describedby", isSelected ? describedBy : null);
  }

  /** Nothing is picked here; Tab still finds its cell. */
  function unmark() {
    if (!marked) return;
    setAttribute(marked, "aria-selected", null);
    setAttribute(marked, "aria-describedby", null);
  }

  /** How one grid stands out: `part` below it, `isLit` or dimmed (null: neither), a frame over some of its cells. */
  function show(index, { part = "", isLit = null, corner = null, size = null }) {
    const block = blocks[index];
    setText(block.part, part);
    setAttribute(block.node, "data-lit", isLit === null ? null : Number(isLit));
    if (corner) placeOver(block.frame, corner, size);
    else block.frame.hidden = true;
  }

  function placeOf(cell) {
    const index = blocks.findIndex(({ board }) => board.contains(cell));
    return [index, Number(cell.dataset.row), Number(cell.dataset.col)];
  }

  /** Where a step leads: to the next cell, over places without a grid; null at the edge of the board. */
  function neighbour([index, row, col], [down, right]) {
    const [rows, cols] = [blocks[index].cells.length, blocks[index].cells[0].length];
    const lines = Math.ceil(blocks.length / perLine);
    let [y, x] = [Math.floor(index / perLine) * rows + row, (index % perLine) * cols + col];
    for (;;) {
      [y, x] = [y + down, x + right];
      if (y < 0 || x < 0 || y >= lines * rows || x >= perLine * cols) return null;
      const next = Math.floor(y / rows) * perLine + Math.floor(x / cols);
      const place = [next, y % rows, x % cols];
      if (cellAt(place)) return place;
    }
  }

  function destination(event, place) {
    const way = DIRECTIONS[event.key];
    if (way) return neighbour(place, way) ?? place;
    const [index, row] = place;
    const full = blocks.flatMap(({ cells }, i) => (cells.length ? [i] : []));
    const jump = { PageUp: -1, PageDown: 1 }[event.key];
    if (jump) return [full[full.indexOf(index) + jump] ?? index, ...place.slice(1)];
    const block = (end) => (event.ctrlKey ? full.at(end) : index);
    const last = blocks[index].cells.length - 1;
    if (event.key === "Home") return [block(0), event.ctrlKey ? 0 : row, 0];
    if (event.key === "End") return [block(-1), event.ctrlKey ? last : row, blocks[index].cells[0].length - 1];
    return null;
  }

  function edit(cell) {
    const [index, row, col] = placeOf(cell);
    const onNumber = (value) => onEdit(index, row, col, value);
    editCell(cell, blocks[index].board, { row, col, label: editLabel(cell), onNumber, say });
  }

  const pick = (cell) => onPick(...placeOf(cell));
  listenToCells(node, {
    marked: () => marked,
    pick,
    point: pick,
    edit: onEdit && edit,
    destination(event, cell) {
      const target = destination(event, placeOf(cell));
      return target && cellAt(target);
    },
  });
  return { node, blocks, paint, mark, unmark, show };
}
