// The square image with what a unit reads of it: the more paths, the darker; the box around it reaches into the
// padding. Both axes are told apart only by where the unit stands.
import { element, setAttribute } from "./dom.js";

const COLOUR = [224, 123, 0]; // --above
const FAINTEST = 0.22;

/**
 * @param onPick (row, col) => void: places in the image, in cells
 * @returns { node, draw({ domain, size, counts: [rows, cols], boxes: [rows, cols] | null, label }) }
 */
export function createFieldMap(onPick) {
  const canvas = element("canvas", { role: "img" });
  const image = element("div", "rf-image");
  const box = element("div", "rf-box");
  const node = element("div", "rf-map", canvas, image, box);
  let drawn = null;

  function place(overlay, [rows, cols]) {
    const { domain } = drawn;
    const percent = (cells) => `${(100 * cells) / (domain[1] - domain[0])}%`;
    const [height, width] = [rows, cols].map(([from, to]) => to - from + 1);
    const sides = { top: rows[0] - domain[0], left: cols[0] - domain[0], height, width };
    for (const side in sides) overlay.style[side] = percent(sides[side]);
  }

  function paint({ domain, size, counts: [rows, cols] }) {
    const span = Math.round(domain[1] - domain[0]);
    const offset = Math.round(-domain[0]);
    if (canvas.width !== span) canvas.width = canvas.height = span;
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(span, span);
    const largest = Math.max(...rows) * Math.max(...cols);
    for (let row = 0; row < size; row++) {
      if (!rows[row]) continue;
      for (let col = 0; col < size; col++) {
        if (!cols[col]) continue;
        const strength = FAINTEST + (1 - FAINTEST) * Math.sqrt((rows[row] * cols[col]) / largest);
        pixels.data.set([...COLOUR, 255 * strength], 4 * ((row + offset) * span + col + offset));
      }
    }
    context.putImageData(pixels, 0, 0);
  }

  function draw(picture) {
    drawn = picture;
    const { domain, size, boxes, label } = picture;
    node.style.setProperty("--span", domain[1] - domain[0]);
    setAttribute(node, "data-fine", size > 48 ? 1 : null);
    paint(picture);
    place(image, [[0, size - 1], [0, size - 1]]);
    box.hidden = !boxes;
    if (boxes) place(box, boxes);
    setAttribute(canvas, "aria-label", label);
  }

  node.addEventListener("click", (event) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const [from, to] = drawn.domain;
    const placeAlong = (offset, length) => from + (offset / length) * (to - from);
    onPick(placeAlong(event.clientY - top, height), placeAlong(event.clientX - left, width));
  });
  return { node, draw };
}
