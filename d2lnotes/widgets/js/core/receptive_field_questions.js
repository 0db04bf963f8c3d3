// What the receptive field explorer asks, with wrong answers that come from known misconceptions.
import { product, sum } from "./arrays.js";
import { effectiveKernelSize } from "./conv.js";
import { asSetting, layerNames, layerOf, stackSizes } from "./layer_stack.js";
import { mixChoices } from "./questions.js";
import { receptiveFields } from "./receptive_field.js";

const TEXT = {
  layer: (name, { kernel_size: k, stride: s, dilation: d }) =>
    `${name}（k=${k}，s=${s}${d > 1 ? `，d=${d}` : ""}）`,
  size: (stack, name) => `从图像起依次是 ${stack}。${name} 的一个单元，感受野有几列宽？`,
  jump: (stack, name) => `从图像起依次是 ${stack}。${name} 的相邻两个单元，在图像上相隔几列（累积步幅 j）？`,
  growth: (stack, k) => `从图像起依次是 ${stack}。后面再接一层 k=${k}、s=1 的卷积，感受野会再宽几列？`,
  sizeRight: "每层加 (e − 1)·j：有效核长减 1，乘这一层之前的累积步幅。",
  sumOfKernels: "把核长直接相加了：相邻窗口重叠，每层只多出 e − 1 格。",
  noJump: "忘了步幅：经过步幅 s 的层以后，后面各层的一格在图像上是 s 列。",
  noDilation: "忘了空洞率：核会展开到 d(k − 1) + 1 格。",
  product: "把核长相乘了：感受野是一层层加出来的。",
  ownStride: "把这一层自己的步幅也乘进去了：它的核是在步幅起作用之前看的，只影响后面的层。",
  noOne: "忘了从 1 开始：一层都没有时，一个单元就是 1 列。",
  jumpRight: "步幅相乘：前面每一层的一步都被后面的步幅放大。",
  sumOfStrides: "把步幅相加了：步幅是一层层相乘的。",
  lastStride: "只看了最后一层的步幅：前面各层的步幅也要乘上。",
  beforeLast: "漏了最后一层自己的步幅：它决定这一层相邻单元的间隔。",
  kernels: "乘的是核长：单元的间隔由步幅决定，与核长无关。",
  width: "这是感受野的宽度，不是相邻两个感受野的间隔：间隔只由步幅决定。",
  growthRight: "多一层加 (k − 1)·j，j 是前面步幅的乘积。",
  wholeKernel: "加的不是整个核：核的第一格已经在原来的感受野里了，多出的是 k − 1 格。",
  withoutJump: "忘了步幅：新一层的一格，在图像上是 j 列。",
  justKernel: "两处都错：多出的是 k − 1 格，而且每格在图像上是 j 列。",
  steps: (terms, size) => `1 + ${terms.join(" + ")} = ${size}`,
  jumpSteps: (strides, jump) => `${strides.join("·")} = ${jump}`,
  growthSteps: (k, strides, jump, added) => `j = ${strides.join("·")} = ${jump}；(${k} − 1)·${jump} = ${added}`,
};

const INPUT = 64;

function randomLayer(random) {
  if (random.int(0, 3) === 0) return layerOf({ kind: random.pick(["max", "avg"]), kernel_size: 2 });
  const dilation = random.pick([1, 1, 1, 2, 3]);
  const stride = dilation > 1 ? 1 : random.pick([1, 1, 2, 2, 3]);
  return layerOf({ kernel_size: random.pick([2, 3, 3, 5, 7]), stride, padding: random.int(0, 2), dilation });
}

/** Two to four layers, at least one of them with a stride before the last, so that the order matters. */
function randomStack(random) {
  for (;;) {
    const layers = Array.from({ length: random.int(2, 4) }, () => randomLayer(random));
    const hasStride = layers.slice(0, -1).some(({ stride }) => stride > 1);
    if (hasStride && !stackSizes(INPUT, layers).fault) return layers;
  }
}

/** All that a question needs of a stack: lists of one number a layer. */
function facts(layers) {
  const names = layerNames(layers);
  const jumps = receptiveFields(layers.map((layer) => asSetting(layer, INPUT)));
  return {
    stack: layers.map((layer, i) => TEXT.layer(names[i], layer)).join("、"),
    last: names.at(-1),
    kernels: layers.map(({ kernel_size: k }) => k),
    strides: layers.map(({ stride }) => stride),
    spans: layers.map(({ kernel_size: k, dilation }) => effectiveKernelSize(k, dilation)),
    before: jumps.map((_, i) => jumps[i - 1]?.jump ?? 1),
    after: jumps.map(({ jump }) => jump),
    size: jumps.at(-1).size,
    jump: jumps.at(-1).jump,
  };
}

const grown = (spans, jumps) => 1 + sum(spans.map((span, i) => (span - 1) * jumps[i]));

function sizeOf({ stack, last, kernels, spans, before, after, size }) {
  return {
    prompt: TEXT.size(stack, last),
    right: [size, TEXT.sizeRight],
    wrong: [
      [grown(spans, spans.map(() => 1)), TEXT.noJump],
      [grown(spans, after), TEXT.ownStride],
      [grown(kernels, before), TEXT.noDilation],
      [sum(kernels), TEXT.sumOfKernels],
      [size - 1, TEXT.noOne],
      [product(kernels), TEXT.product],
    ],
    solution: TEXT.steps(spans.map((span, i) => `(${span} − 1)·${before[i]}`), size),
  };
}

function jumpOf({ stack, last, kernels, strides, before, size, jump }) {
  return {
    prompt: TEXT.jump(stack, last),
    right: [jump, TEXT.jumpRight],
    wrong: [
      [sum(strides), TEXT.sumOfStrides],
      [strides.at(-1), TEXT.lastStride],
      [before.at(-1), TEXT.beforeLast],
      [size, TEXT.width],
      [product(kernels), TEXT.kernels],
    ],
    solution: TEXT.jumpSteps(strides, jump),
  };
}

function growthOf({ stack, strides, jump }, random) {
  const k = random.pick([3, 5]);
  return {
    prompt: TEXT.growth(stack, k),
    right: [(k - 1) * jump, TEXT.growthRight],
    wrong: [
      [k - 1, TEXT.withoutJump],
      [k * jump, TEXT.wholeKernel],
      [k, TEXT.justKernel],
    ],
    solution: TEXT.growthSteps(k, strides, jump, (k - 1) * jump),
  };
}

/** A question of random.js's making: a receptive field's size, a jump, or how much one more layer adds. */
export function askReceptiveField(random) {
  const layers = randomStack(random);
  const { prompt, right, wrong, solution } = random.pick([sizeOf, sizeOf, jumpOf, growthOf])(facts(layers), random);
  const choice = ([value, why]) => ({ text: String(value), why });
  const { choices, answer } = mixChoices(random, choice(right), wrong.map(choice), () =>
    String(Math.max(1, right[0] + random.int(-4, 4))),
  );
  return {
    patch: { input_size: INPUT, layers, selected: layers.length - 1, picked: "output" },
    prompt,
    hides: "fields",
    choices,
    answer,
    solution: [solution],
  };
}
