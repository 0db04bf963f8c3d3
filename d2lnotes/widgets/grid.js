// What every explorer draws with: a grid of numbered cells that arrow keys walk through.

const DIRECTIONS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const LEVELS = 4;

/** An element; `attributes` is an object, or a string for the class alone. */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  const full = typeof attributes === "string" ? { class: attributes } : attributes;
  for (const name in full) node.setAttribute(name, full[name]);
  node.append(...children);
  return node;
}

/** Write an attribute only when it changes: an unchanged cell then costs no style or layout. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** At most three significant digits, with a true minus sign. */
export function formatNumber(value) {
  const isLong = !Number.isInteger(value) && Math.abs(value) < 1000;
  return String(isLong ? Number(value.toPrecision(3)) : value.toFixed(0)).replace("-", "−");
}

/** Whether formatNumber shows the value itself (up to float32's own rounding). */
export function isShownExactly(value) {
  const shown = Number(formatNumber(value).replace("−", "-"));
  return Math.abs(shown - value) <= 1e-6 * Math.abs(value);
}

export function largestMagnitude(values) {
  return Math.max(0, ...values.flat().map(Math.abs));
}

/** Colour step of a value, -4 … 4; zero and only zero is 0, so that no sign is ever lost. */
export function tone(value, largest) {
  return largest ? Math.sign(value) * Math.ceil((Math.abs(value) / largest) * LEVELS) : 0;
}

/** What `paint` needs to show a number. */
export function numberCell(value, largest) {
  return { text: formatNumber(value), "data-value": value, "data-tone": tone(value, largest) };
}

/**
 * A titled board: a role=grid of cells and a frame that can be laid over some of them.
 * `name` goes into data-grid, `letter` is its symbol in formulas, `minCell` the smallest edge of a
 * cell in pixels.
 */
export function createGrid(name, title, letter, minCell) {
  const grid = element("div", { class: "dx-grid", role: "grid", "aria-label": title });
  const caption = element("span", "dx-size");
  const heading = element("div", "dx-title", element("b", {}, title), " ", element("i", {}, letter), " ", caption);
  const frame = element("div", { class: "dx-frame", "aria-hidden": "true", hidden: "" });
  const board = element("div", "dx-board", grid, frame);
  const scroller = element("div", "dx-scroll", board);
  const node = element("div", `dx-panel dx-${name}`, heading, scroller);
  board.style.setProperty("--min", `${minCell}px`);
  const cells = [];

  function addCell(row, col) {
    const cell = element("div", {
      class: "dx-cell",
      role: "gridcell",
      "data-grid": name,
      "data-row": row,
      "data-col": col,
    });
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

  /** Show `shape` cells; `describe(row, col)` gives { text, ...attributes } of a cell; null removes an attribute. */
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
  }

  function placeFrame({ row, col }, [rows, cols]) {
    frame.hidden = false;
    const place = { "--row": row, "--col": col, "--rows": rows, "--cols": cols };
    for (const property in place) frame.style.setProperty(property, place[property]);
  }

  /** A grid too wide for the page scrolls in itself: by keyboard too, and its frame stays in view. */
  function settleScroll() {
    const overflows = scroller.scrollWidth > scroller.clientWidth;
    setAttribute(scroller, "tabindex", overflows && !grid.querySelector("[tabindex]") ? 0 : null);
    if (!overflows || frame.hidden) return;
    // Where the frame will be: offsetLeft is still on its way there.
    const left = board.offsetWidth * frame.style.getPropertyValue("--col") / cells[0].length;
    const right = left + frame.offsetWidth;
    scroller.scrollLeft = Math.min(left, Math.max(scroller.scrollLeft, right - scroller.clientWidth));
  }

  return { node, grid, cells, paint, placeFrame, settleScroll };
}

/** Where a key leads from a cell: arrows, Home/End in the row, with Ctrl in the whole grid. */
function destination(event, row, col, rows, cols) {
  const step = DIRECTIONS[event.key];
  if (step) {
    const inside = (value, size) => Math.min(Math.max(value, 0), size - 1);
    return [inside(row + step[0], rows), inside(col + step[1], cols)];
  }
  if (event.key === "Home") return [event.ctrlKey ? 0 : row, 0];
  if (event.key === "End") return [event.ctrlKey ? rows - 1 : row, cols - 1];
  return null;
}

/**
 * Let hover, tap and keys pick a cell. One cell alone is in the tab order (roving tabindex).
 * `onPick(row, col)` may answer by calling `mark(row, col)` of the returned object.
 */
export function makePickable({ grid, cells }, onPick) {
  let marked = null;
  const position = (cell) => [Number(cell.dataset.row), Number(cell.dataset.col)];
  const pickTarget = (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (cell && cell !== marked) onPick(...position(cell));
  };

  function mark(row, col) {
    const cell = cells[row]?.[col] ?? null;
    for (const [node, isMarked] of [[marked, false], [cell, true]]) {
      if (!node) continue;
      setAttribute(node, "tabindex", isMarked ? 0 : -1);
      setAttribute(node, "aria-selected", isMarked);
    }
    marked = cell;
  }

  grid.addEventListener("focusin", pickTarget);
  grid.addEventListener("click", pickTarget);
  grid.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") pickTarget(event);
  });
  grid.addEventListener("keydown", (event) => {
    if (!marked || event.altKey || event.metaKey) return;
    const target = destination(event, ...position(marked), cells.length, cells[0].length);
    if (!target) return;
    // JupyterLab and the theme's page-turning keys listen further out.
    event.preventDefault();
    event.stopPropagation();
    onPick(...target);
    cells[target[0]][target[1]].focus();
  });
  return { mark };
}
