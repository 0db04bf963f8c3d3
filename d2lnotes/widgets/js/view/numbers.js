// How numbers are shown: short, with a true minus sign, and with a colour step that keeps the sign.

const LEVELS = 4;

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

/** A factor of a written product: a negative one stands in brackets. */
export function formatFactor(value) {
  return value < 0 ? `(${formatNumber(value)})` : formatNumber(value);
}

export function largestMagnitude(values) {
  return Math.max(0, ...values.flat().map(Math.abs));
}

/** Colour step of a value, -4 … 4; zero and only zero is 0, so that no sign is ever lost. */
export function tone(value, largest) {
  return largest ? Math.sign(value) * Math.ceil((Math.abs(value) / largest) * LEVELS) : 0;
}

/** What a grid's `paint` needs to show a number. */
export function numberCell(value, largest) {
  return { text: formatNumber(value), "data-value": value, "data-tone": tone(value, largest) };
}

/** "3×5" of a shape. */
export function formatSize([rows, cols]) {
  return `${rows}×${cols}`;
}
