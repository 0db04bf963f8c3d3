// What a pooling explorer asks, with wrong answers that come from known misconceptions.
import { range, sum, table } from "./arrays.js";
import {
  argmax,
  pool,
  poolDivisor,
  poolError,
  poolFeeds,
  poolFormula,
  poolGradient,
  poolOutputSize,
  poolTaps,
  poolValue,
} from "./pool.js";
import { mixChoices } from "./questions.js";

const TEXT = {
  size: (n, call) => `输入 ${n}×${n}，经过 ${call}，输出是几乘几？`,
  sizeRight: "窗口的每个落脚点给出一个数。",
  defaultStride: "把步幅当成了 1：PyTorch 的池化不写 stride 时，步幅等于窗口。",
  ceiled: "向上取整了：ceil_mode 默认是 False，放不满的最后一步不算。",
  floored: "向下取整了：ceil_mode=True 时余数也多放一个窗口。",
  startsOutside: "多放的窗口，起点已经越过输入的右边：起点不在输入或左侧填充里的窗口，PyTorch 不放。",
  noOne: "忘了加 1：走 m 步，落脚点有 m + 1 个。",
  total: "把 p 当成了两侧之和：PyTorch 的 p 是每一侧的，边长多出 2p。",
  noPadding: "忘了填充：四周多出的 p 圈也要走到。",
  noStride: "忘了步幅：窗口每次跨 s 格。",
  sizeWorked: ({ substituted, reduced, outputSize }) => `${substituted} = ${reduced} = ${outputSize}`,

  value: (call, row, col) => `${call}，Y[${row}, ${col}] 是多少？（行列从 0 数起，除不尽的保留两位小数）`,
  maxRight: "取窗口里最大的一个。",
  avgRight: "窗口里的数相加，再除以除数。",
  averaged: "这是平均值：最大池化只取最大的一个。",
  maximum: "这是最大值：平均池化要相加再除。",
  zeroPadding: "把填充当成了 0：最大池化的填充是 −∞，永远不会被选中。",
  minimum: "这是最小的一个：最大池化取最大的。",
  undivided: "只求了和，还没有除。",
  otherDivisor: (include) =>
    include
      ? "除数漏了填充：count_include_pad 默认是 True，填充的 0 也算一格。"
      : "除数多算了填充：count_include_pad=False 时只数真的输入。",
  shifted: "忘了步幅：第 i 行的窗口从第 i·s 行开始。",
  unpadded: "从输入本身的角数起了：有填充时窗口从填充的角开始。",
  swapped: "把行和列看反了。",

  divisor: (n, call, row, col) => `输入 ${n}×${n}，经过 ${call}，求 Y[${row}, ${col}] 时除以几？（行列从 0 数起）`,
  divisorRight: "数窗口里的格子：图外的不算，填充算不算由 count_include_pad 说了算。",
  area: "这是整个窗口的格数：伸出图外的、不该算的填充要去掉。",
  side: "这是窗口的边长，不是格数。",
  divisorWorked: (real, padding, include) =>
    `窗口里有 ${real} 格输入、${padding} 格填充；count_include_pad=${include ? "True" : "False"}，` +
    `除数是 ${include ? `${real} + ${padding} = ${real + padding}` : real}`,

  gradient: (call, row, col) =>
    `${call}，Y.sum().backward() 之后 X.grad[${row}, ${col}] 是多少？（行列从 0 数起，除不尽的保留两位小数）`,
  maxGradient: "它在几个窗口里最大，就得几份梯度。",
  avgGradient: "读到它的每个窗口各给它 1/除数。",
  every: "读到它的窗口都算了：只有它最大的那些窗口才把梯度给它。",
  once: "只算了一次：窗口有重叠时，一格可以赢好几个窗口。",
  never: "它至少赢了一个窗口，梯度不是 0。",
  always: "它在哪个窗口里都不是最大，一份梯度也没有。",
  shared: "这是平均池化的分法：最大池化把梯度全给最大的一格。",
  ties: "并列也算了：有并列时梯度只给逐行数的第一个。",
  whole: "没有平分：平均池化的每个窗口只给它 1/除数。",
  oneShare: "只算了一个窗口：读到它的每个窗口都给它一份。",
  won: (cells) => (cells.length ? `它在 ${cells.join("、")} 里最大` : "它在哪个窗口里都不是最大"),
  unread: "没有窗口读到它，一份梯度也没有。",
  outputs: (cells) => (cells.length ? `读到它的窗口：${cells.join("、")}` : "没有窗口读到它"),
  gradientWorked: (terms, total) => `梯度 = ${[...new Set([terms.join(" + ") || "0", total])].join(" = ")}`,
};

const square = (size) => `${size}×${size}`;
const written = (value) => String(Number(value.toFixed(2))).replace("-", "−");
/** "= 1.5", or "≈ 0.33" of what two decimals do not hold. */
const equals = (value) => `${Number(value.toFixed(2)) === value ? "=" : "≈"} ${written(value)}`;
const bracketed = (value) => (value < 0 ? `(${written(value)})` : written(value));
const nameOf = ([row, col]) => `Y[${row}, ${col}]`;

/** A square setting; s null: the stride is left out and follows the window. */
const fullOf = ({ n, k, p, s, ceil, mode, include = true }) => ({
  inputSize: n,
  kernelSize: k,
  padding: p,
  stride: s,
  ceilMode: ceil,
  mode,
  countIncludePad: include,
});

/** What brings an explorer to a setting, whatever it showed before. */
const patchOf = ({ n, k, p, s, ceil, mode, include = true }) => ({
  input_size: n,
  kernel_size: k,
  padding: p,
  stride: s ?? k,
  stride_follows: s === null,
  columns: {},
  mode,
  ceil_mode: ceil,
  count_include_pad: include,
  dilation: 1,
});

function callOf({ k, p, s, ceil, mode, include = true }) {
  const rest = [
    s !== null && `stride=${s}`,
    p && `padding=${p}`,
    ceil && "ceil_mode=True",
    mode === "avg" && !include && "count_include_pad=False",
  ];
  return `nn.${mode === "avg" ? "Avg" : "Max"}Pool2d(${[k, ...rest.filter(Boolean)].join(", ")})`;
}

/** Draw settings until one is possible and `fits`. */
function drawn(draw, fits = () => true) {
  let setting;
  do setting = draw(); while (poolError(fullOf(setting)) || !fits(setting));
  return setting;
}

function askSize(random) {
  const setting = drawn(() => {
    const k = random.int(2, 4);
    return {
      n: random.int(5, 14),
      k,
      p: random.int(0, Math.floor(k / 2)),
      s: random.pick([null, null, 1, 2, 3]),
      ceil: random.pick([false, true]),
      mode: random.pick(["max", "avg"]),
    };
  });
  const { n, k, p, s, ceil } = setting;
  const step = s ?? k;
  const full = fullOf(setting);
  const [formula] = poolFormula(full);
  const sizeOf = (changes) => poolOutputSize({ ...full, ...changes })[0];
  const span = n + 2 * p - k;
  const wrong = [
    [formula.startsOutside && Math.ceil(span / step) + 1, TEXT.startsOutside],
    [s === null && span + 1, TEXT.defaultStride],
    [sizeOf({ ceilMode: !ceil }), ceil ? TEXT.floored : TEXT.ceiled],
    [formula.outputSize - 1, TEXT.noOne],
    [p && Math.floor((span - p) / step) + 1, TEXT.total],
    [p && Math.floor((n - k) / step) + 1, TEXT.noPadding],
    [span + 1, TEXT.noStride],
  ];
  const mixed = mixChoices(
    random,
    { text: square(formula.outputSize), why: TEXT.sizeRight },
    wrong.filter(([size]) => size > 0).map(([size, why]) => ({ text: square(size), why })),
    () => square(Math.max(1, formula.outputSize + random.int(-3, 3))),
  );
  const prompt = TEXT.size(n, callOf(setting));
  return { patch: patchOf(setting), prompt, hides: "size", ...mixed, solution: [TEXT.sizeWorked(formula)] };
}

/** Numbers to pool; those of a maximum over padding are often all negative, where −∞ and 0 differ. */
function drawInput(random, { n, p, mode }) {
  const [least, most] = mode === "max" && p && random.next() < 0.6 ? [-9, -1] : [-2, 9];
  return table([n, n], () => random.int(least, most));
}

function askValue(random) {
  const setting = drawn(() => {
    const k = random.int(2, 3);
    return {
      n: random.int(4, 5),
      k,
      p: random.int(0, 1),
      s: random.pick([null, 1, 2]),
      ceil: false,
      mode: random.pick(["max", "avg"]),
      include: random.pick([true, true, false]),
    };
  });
  const { k, p, mode, include } = setting;
  const step = setting.s ?? k;
  const full = fullOf(setting);
  const input = drawInput(random, setting);
  const [rows] = poolOutputSize(full);
  const [row, col] = [random.int(0, rows - 1), random.int(0, rows - 1)];
  const value = poolValue(input, full, row, col);
  const inside = poolTaps(full, row, col).filter((tap) => tap.inside);
  const numbers = inside.map((tap) => input[tap.inputRow][tap.inputCol]);
  const isPadded = inside.length < poolTaps(full, row, col).length;
  const windowAt = (top, left) => {
    const found = range(k * k).map((i) => input[top + Math.floor(i / k)]?.[left + (i % k)]);
    const real = found.filter((number) => number !== undefined);
    if (!real.length) return NaN;
    return mode === "max" ? Math.max(...real) : sum(real) / real.length;
  };
  const isMax = mode === "max";
  const wrong = [
    ...(isMax
      ? [[isPadded ? Math.max(0, ...numbers) : NaN, TEXT.zeroPadding], [sum(numbers) / numbers.length, TEXT.averaged]]
      : [
          [poolValue(input, { ...full, countIncludePad: !include }, row, col), TEXT.otherDivisor(include)],
          [sum(numbers), TEXT.undivided],
          [Math.max(...numbers), TEXT.maximum],
        ]),
    [step > 1 ? windowAt(row - p, col - p) : NaN, TEXT.shifted],
    [p ? windowAt(row * step, col * step) : NaN, TEXT.unpadded],
    [poolValue(input, full, col, row), TEXT.swapped],
    [isMax ? Math.min(...numbers) : NaN, TEXT.minimum],
  ];
  const mixed = mixChoices(
    random,
    { text: written(value), why: isMax ? TEXT.maxRight : TEXT.avgRight },
    wrong.filter(([number]) => Number.isFinite(number)).map(([number, why]) => ({ text: written(number), why })),
    () => written(value + random.int(-4, 4)),
  );
  const terms = numbers.map(isMax ? written : bracketed);
  const working = isMax ? `max(${terms.join(", ")})` : `(${terms.join(" + ")})/${poolDivisor(full, row, col)}`;
  return {
    patch: { ...patchOf(setting), input, picked: "output", row, col },
    prompt: TEXT.value(callOf(setting), row, col),
    hides: "value",
    ...mixed,
    solution: [`${nameOf([row, col])} = ${working} ${equals(value)}`],
  };
}

function askDivisor(random) {
  const hasFacts = (setting) => poolFormula(fullOf(setting))[0].ceilAdds || setting.p > 0;
  const setting = drawn(() => {
    const k = random.int(2, 4);
    return {
      n: random.int(4, 8),
      k,
      p: random.int(0, Math.floor(k / 2)),
      s: random.pick([null, 1, 2]),
      ceil: random.pick([false, true]),
      mode: "avg",
      include: random.pick([true, false]),
    };
  }, hasFacts);
  const { n, k, include } = setting;
  const full = fullOf(setting);
  const [rows] = poolOutputSize(full);
  // At the rim, where something is to be told apart.
  const [row, col] = random.shuffle([random.pick([0, rows - 1]), random.int(0, rows - 1)]);
  const taps = poolTaps(full, row, col);
  const real = taps.filter((tap) => tap.inside).length;
  const divisor = poolDivisor(full, row, col);
  const wrong = [
    [include ? real : taps.length, TEXT.otherDivisor(include)],
    [k * k, TEXT.area],
    [k, TEXT.side],
  ];
  const mixed = mixChoices(
    random,
    { text: String(divisor), why: TEXT.divisorRight },
    wrong.map(([number, why]) => ({ text: String(number), why })),
    () => String(Math.max(1, divisor + random.int(-4, 4))),
  );
  return {
    patch: { ...patchOf(setting), input: [], picked: "output", row, col },
    prompt: TEXT.divisor(n, callOf(setting), row, col),
    hides: "value",
    ...mixed,
    solution: [TEXT.divisorWorked(real, taps.length - real, include)],
  };
}

function askGradient(random) {
  const setting = drawn(() => ({
    n: random.int(4, 6),
    k: random.int(2, 3),
    p: 0,
    s: random.int(1, 2),
    ceil: false,
    mode: random.pick(["max", "max", "avg"]),
  }));
  const { n, k, mode } = setting;
  const full = fullOf(setting);
  const input = table([n, n], () => random.int(0, 9));
  const output = pool(input, full);
  const isMax = mode === "max";
  const winners = output.flatMap((line, row) => line.map((_, col) => argmax(input, full, row, col)));
  // Mostly a cell that wins, else the answer would nearly always be 0.
  const anywhere = [random.int(0, n - 1), random.int(0, n - 1)];
  const [row, col] = isMax && random.next() < 0.75 ? random.pick(winners) : anywhere;
  const feeds = poolFeeds(full, row, col);
  const isWon = ([r, c]) => argmax(input, full, r, c).join() === `${row},${col}`;
  const won = feeds.filter(isWon);
  const gradient = poolGradient(input, full, row, col);
  const equal = feeds.filter(([r, c]) => output[r][c] === input[row][col]).length;
  const share = 1 / (k * k);
  const wrong = isMax
    ? [
        [equal, TEXT.ties],
        [feeds.length, TEXT.every],
        [feeds.length * share, TEXT.shared],
        [1, won.length ? TEXT.once : TEXT.always],
        [0, TEXT.never],
      ]
    : [
        [feeds.length, TEXT.whole],
        [share, feeds.length ? TEXT.oneShare : TEXT.unread],
        [1, feeds.length ? TEXT.whole : TEXT.unread],
        [0, TEXT.avgGradient],
      ];
  const mixed = mixChoices(
    random,
    { text: written(gradient), why: isMax ? TEXT.maxGradient : TEXT.avgGradient },
    wrong.map(([number, why]) => ({ text: written(number), why })),
    () => written(gradient + random.int(1, 4)),
  );
  const told = isMax ? TEXT.won(won.map(nameOf)) : TEXT.outputs(feeds.map(nameOf));
  const terms = (isMax ? won : feeds).map(() => (isMax ? "1" : `1/${k * k}`));
  return {
    patch: { ...patchOf(setting), input, picked: "input", row, col },
    prompt: TEXT.gradient(callOf(setting), row, col),
    hides: "value",
    ...mixed,
    solution: [`${told}；${TEXT.gradientWorked(terms, written(gradient))}`],
  };
}

/** A question of random.js's making: an output size, a value, a divisor or a gradient. */
export function askPooling(random) {
  return random.pick([askSize, askSize, askValue, askValue, askDivisor, askGradient])(random);
}
