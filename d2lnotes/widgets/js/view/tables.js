// The picture as plain tables: for screen readers, for copying, for whoever prefers text.
import { element } from "./dom.js";

/** One table from { caption, rows: [[text]], head?: [text] }; first cells of rows count as headings if `head`. */
function tableOf({ caption, head, rows }) {
  const line = (cells, tag) => element("tr", {}, ...cells.map((text) => element(tag, {}, String(text))));
  const parts = [element("caption", {}, caption)];
  if (head) parts.push(element("thead", {}, line(head, "th")));
  parts.push(element("tbody", {}, ...rows.map((cells) => line(cells, "td"))));
  return element("table", "dx-table", ...parts);
}

export function fillTables(panel, tables) {
  // Focusable, since a wide table scrolls.
  const wrap = (table) => element("div", { class: "dx-scroll", tabindex: 0, role: "region", "aria-label": table.caption }, tableOf(table));
  panel.replaceChildren(...tables.map(wrap));
}
