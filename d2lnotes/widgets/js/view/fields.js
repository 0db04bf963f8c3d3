// The kinds of settings an explorer has. A kind says whether a value is one (`fault(value)`: null or
// a sentence), reads it from a link (`parse(text)`, throws what it cannot read) and writes it there.
// Nothing is clamped or replaced: what is wrong is said. A kind may also have `within(limits)`, itself with the ranges
// of the sliders, and `isDerived`: it follows from other fields, a link need not hold it.

const MOST_NUMBERS = 20000;
const LARGEST = 9999;

const TEXT = {
  whole: (least, most) => `应为 ${least} 到 ${most} 的整数`,
  option: (values) => `应为 ${values.join("、")} 之一`,
  flag: "应为 1（是）或 0（否）",
  numbers: (dimensions) =>
    `应为每行一样长的数表，每个数在 −${LARGEST} 到 ${LARGEST} 之间，例如 ` +
    `${"[".repeat(dimensions)}0,1${"]".repeat(dimensions)}`,
};

/** An integer from `least` to `most`. */
export function whole(least, most) {
  return {
    least,
    most,
    parse: (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : NaN),
    format: String,
    fault: (value) =>
      Number.isInteger(value) && value >= least && value <= most ? null : TEXT.whole(least, most),
  };
}

/** One of some words. */
export function option(values) {
  return {
    values,
    parse: (text) => text,
    format: String,
    fault: (value) => (values.includes(value) ? null : TEXT.option(values)),
  };
}

export function flag() {
  return {
    parse: (text) => ({ 1: true, 0: false })[text],
    format: (value) => (value ? "1" : "0"),
    fault: (value) => (typeof value === "boolean" ? null : TEXT.flag),
  };
}

/** A value that is written as JSON; `fault` says what it must be. */
export function json(fault) {
  const parse = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  return { parse, format: JSON.stringify, fault };
}

function isNumberTable(value, dimensions) {
  if (dimensions === 0) return isCellNumber(value);
  if (!Array.isArray(value) || !value.length) return false;
  return value.every((part) => isNumberTable(part, dimensions - 1) && part?.length === value[0].length);
}

/** A nested array of `dimensions` levels of finite numbers, or an empty one for "none given". */
export function numbers(dimensions) {
  return json((value) => {
    if (Array.isArray(value) && !value.length) return null;
    const isTable = isNumberTable(value, dimensions) && value.flat(dimensions).length <= MOST_NUMBERS;
    return isTable ? null : TEXT.numbers(dimensions);
  });
}

export function isCellNumber(value) {
  return typeof value === "number" && Math.abs(value) <= LARGEST;
}

/** Read what was typed into a cell: a number, or a throw of the sentence that says why not. */
export function parseCell(text) {
  const plain = text.trim().replace("−", "-");
  const value = plain === "" ? NaN : Number(plain);
  if (!isCellNumber(value)) {
    throw new Error(`“${text.slice(0, 20)}”不能填进格子：应为 −${LARGEST} 到 ${LARGEST} 之间的数。原来的数没有变。`);
  }
  return value;
}
