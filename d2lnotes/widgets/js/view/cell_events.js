// Pointing, tapping and keys on a board of cells, whatever its shape: hover and tap pick a cell, a
// second tap or Enter edits it, other keys lead to another cell.

export const DIRECTIONS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param node the board
 * @param options
 *   marked(): the cell that Tab reaches
 *   pick(cell): it was tapped or walked to
 *   point(cell): a mouse moved on it
 *   edit?(cell): its number is to be typed; without it the board is read-only
 *   destination(event, cell): the cell that a key leads to, or null
 */
export function listenToCells(node, { marked, pick, point, edit, destination }) {
  let pressed = null;
  const cellOf = (event) => event.target.closest("[role=gridcell]");

  node.addEventListener("pointerdown", (event) => (pressed = cellOf(event) === marked() ? marked() : null));
  node.addEventListener("focusin", (event) => {
    if (cellOf(event)) pick(cellOf(event));
  });
  node.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    if (edit && cell === pressed) edit(cell);
    else pick(cell);
  });
  // Not pointerover: a page that scrolls under a resting mouse picks nothing.
  node.addEventListener("pointermove", (event) => {
    const cell = cellOf(event);
    if (cell && event.pointerType !== "touch") point(cell);
  });
  node.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    if (!cell || event.altKey || event.metaKey) return;
    const target = destination(event, cell);
    const isEdit = edit && (event.key === "Enter" || event.key === "F2");
    if (!target && !isEdit) return;
    // JupyterLab and the theme's page-turning keys listen further out.
    event.preventDefault();
    event.stopPropagation();
    if (target) target.focus();
    else edit(cell);
  });
}
