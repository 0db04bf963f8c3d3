// What a convolution explorer asks, with wrong answers that come from known misconceptions.
import { range, sum, table } from "./arrays.js";
import { convolve, convOutputSize, effectiveKernelSize, outputFormula, settingError, windowTaps } from "./conv.js";
import { mixChoices } from "./questions.js";

const TEXT = {
  size: ({ n, k, p, s, d }) =>
    `输入 ${n}×${n}，卷积核 ${k}×${k}，每侧填充 ${p}，步幅 ${s}${d > 1 ? `，空洞率 ${d}` : ""}。输出是几乘几？`,
  sizeRight: "窗口的每个落脚点给出一个数。",
  noOne: "忘了加 1：走 m 步，落脚点有 m + 1 个。",
  ceil: "向上取整了：放不满的最后一步不算，PyTorch 向下取整。",
  total: "把 p 当成了两侧之和：PyTorch 的 p 是每一侧的，边长多出 2p。",
  noDilation: "忘了空洞率：核会展开到 d(k − 1) + 1 格。",
  noStride: "忘了步幅：窗口每次跨 s 格。",
  noPadding: "忘了填充：四周多出的 p 圈也要走到。",
  sizeWorked: ({ substituted, reduced, outputSize }) => `${substituted} = ${reduced} = ${outputSize}`,
  value: (row, col, s, p) => `步幅 ${s}，填充 ${p}。Y[${row}, ${col}] 是多少？（行列从 0 数起）`,
  valueRight: "对应相乘，再全部相加。",
  flipped: "把核翻转了 180°：那是数学上的卷积，深度学习里的卷积不翻转。",
  noSum: "只乘了一格：窗口里的乘积要全部相加。",
  swapped: "把行和列看反了。",
  shifted: "忘了步幅：第 i 行的窗口从第 i·s 行开始。",
  unpadded: "从输入本身的角数起了：有填充时窗口从填充的角开始。",
};

const square = (size) => `${size}×${size}`;
const signed = (value) => String(value).replace("-", "−");

function askSize(random) {
  let setting;
  do {
    setting = { n: random.int(5, 14), k: random.int(2, 5), p: random.int(0, 3), s: random.int(1, 3), d: random.pick([1, 1, 2]) };
  } while (settingError(fullOf(setting)));
  const { n, k, p, s, d } = setting;
  const span = n + 2 * p - effectiveKernelSize(k, d);
  const wrong = [
    [Math.floor(span / s), TEXT.noOne],
    [Math.floor((span - p) / s) + 1, TEXT.total],
    [Math.ceil(span / s) + 1, TEXT.ceil],
    [Math.floor((n + 2 * p - k) / s) + 1, TEXT.noDilation],
    [span + 1, TEXT.noStride],
    [Math.floor((span - 2 * p) / s) + 1, TEXT.noPadding],
  ];
  const [size] = convOutputSize(fullOf(setting));
  const { choices, answer } = mixChoices(
    random,
    { text: square(size), why: TEXT.sizeRight },
    wrong.filter(([value]) => value > 0).map(([value, why]) => ({ text: square(value), why })),
    () => square(Math.max(1, size + random.int(-3, 3))),
  );
  return {
    patch: patchOf(setting),
    prompt: TEXT.size(setting),
    hides: "size",
    choices,
    answer,
    solution: [TEXT.sizeWorked(outputFormula(fullOf(setting))[0])],
  };
}

const fullOf = ({ n, k, p, s, d }) => ({ inputSize: n, kernelSize: k, padding: p, stride: s, dilation: d });

/** What makes a one-channel square explorer of a setting, whatever it showed before. */
function patchOf({ n, k, p, s, d }) {
  return {
    input_size: n,
    kernel_size: k,
    padding: p,
    stride: s,
    dilation: d,
    columns: {},
    padding_mode: "zeros",
    same_padding: false,
    transposed: false,
    in_channels: 1,
    out_channels: 1,
    groups: 1,
    bias: [],
  };
}

function askValue(random) {
  const setting = { n: 5, k: random.int(2, 3), p: random.int(0, 1), s: random.int(1, 2), d: 1 };
  const input = table([5, 5], () => random.int(0, 4));
  const kernel = table([setting.k, setting.k], () => random.int(-2, 2));
  const full = fullOf(setting);
  const [output] = convolve([input], [[kernel]], null, full);
  const [row, col] = [random.int(0, output.length - 1), random.int(0, output.length - 1)];
  const valueOf = (weights, at = [row, col]) => convolve([input], [[weights]], null, full)[0][at[0]]?.[at[1]];
  const windowAt = (top, left) =>
    sum(range(setting.k * setting.k).map((i) => {
      const [r, c] = [Math.floor(i / setting.k), i % setting.k];
      return (input[top + r]?.[left + c] ?? 0) * kernel[r][c];
    }));
  const middle = Math.floor(setting.k / 2);
  const wrong = [
    [valueOf(kernel.map((line) => [...line].reverse()).reverse()), TEXT.flipped],
    [windowAt(row - setting.p, col - setting.p), TEXT.shifted],
    [windowAt(row * setting.s, col * setting.s), TEXT.unpadded],
    [valueOf(kernel, [col, row]), TEXT.swapped],
    [(input[row * setting.s - setting.p + middle]?.[col * setting.s - setting.p + middle] ?? 0) * kernel[middle][middle], TEXT.noSum],
  ];
  const right = output[row][col];
  const { choices, answer } = mixChoices(
    random,
    { text: signed(right), why: TEXT.valueRight },
    wrong.map(([value, why]) => ({ text: signed(value), why })),
    () => signed(right + random.int(-4, 4)),
  );
  const terms = windowTaps(full, row, col).map((tap) => {
    const x = tap.inside ? input[tap.inputRow][tap.inputCol] : 0;
    const weight = kernel[tap.kernelRow][tap.kernelCol];
    return `${x}·${weight < 0 ? `(${signed(weight)})` : weight}`;
  });
  return {
    patch: { ...patchOf(setting), input: [input], kernel: [[kernel]], picked: "output", row, col },
    prompt: TEXT.value(row, col, setting.s, setting.p),
    hides: "value",
    choices,
    answer,
    solution: [`Y[${row}, ${col}] = ${terms.join(" + ")} = ${signed(right)}`],
  };
}

/** A question of random.js's making: an output size or the value of one cell. */
export function askConvolution(random) {
  return random.pick([askSize, askValue])(random);
}
