// Settings that may differ for rows and columns: state[name] is that of the rows; state.columns holds that of the
// columns where it is another.
import { pair } from "../core/arrays.js";
import { json, whole } from "./fields.js";

/** The kind of `columns`; `sizes` is { name: [least, most] }. */
export function columnsField(sizes) {
  const isFault = ([name, number]) => !Object.hasOwn(sizes, name) || whole(...sizes[name]).fault(number);
  return json((value) => {
    const isTable = value !== null && typeof value === "object" && !Array.isArray(value);
    return isTable && !Object.entries(value).some(isFault) ? null : '应像 {"kernel_size":1}';
  });
}

/** [that of the rows, that of the columns]. */
export function bothSides(state, name) {
  return [state[name], state.columns[name] ?? state[name]];
}

/** A patch that sets a size to one number or to a pair. */
export function sizePatch(state, name, value) {
  const [rows, cols] = pair(value);
  const { [name]: _, ...others } = state.columns;
  return { [name]: rows, columns: rows === cols ? others : { ...others, [name]: cols } };
}

/** A control for the columns of a size, whose slider is that of the rows. */
export function widthControl(name, label, [least, most]) {
  const set = (value, state) => ({ columns: sizePatch(state, name, [state[name], value]).columns });
  return { kind: "number", name, label, least, most, get: (state) => bothSides(state, name)[1], set };
}

/** As Python writes it: 2 or (2, 3). */
export function pythonPair([rows, cols]) {
  return rows === cols ? String(rows) : `(${rows}, ${cols})`;
}
