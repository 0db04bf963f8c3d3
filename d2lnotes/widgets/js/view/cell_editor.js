// What lies over the cells of a board: a frame, or a field to type a number into.
import { element } from "./dom.js";
import { parseCell } from "./fields.js";

export function placeOver(node, { row, col }, [rows, cols]) {
  node.hidden = false;
  const place = { "--row": row, "--col": col, "--rows": rows, "--cols": cols };
  for (const property in place) node.style.setProperty(property, place[property]);
}

/**
 * Put a field over a cell of a board. Enter, or leaving it, hands its number to `onNumber`; Escape leaves all as it
 * was. What is no number is told to `say`.
 */
export function editCell(cell, board, { row, col, label, onNumber, say }) {
  const value = cell.dataset.value ?? "";
  const input = element("input", { class: "dx-edit", inputmode: "decimal", value, "aria-label": label });
  const close = () => {
    input.onblur = null; // removing it blurs it
    input.remove();
  };
  const commit = () => {
    const text = input.value;
    close();
    if (text === value) return;
    let number;
    try {
      number = parseCell(text);
    } catch (error) {
      return say(error.message);
    }
    say("");
    onNumber(number);
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (event.key === "Enter") commit();
    else close();
    if (cell.isConnected) cell.focus();
  });
  input.onblur = commit;
  placeOver(input, { row, col }, [1, 1]);
  board.append(input);
  input.select();
}
