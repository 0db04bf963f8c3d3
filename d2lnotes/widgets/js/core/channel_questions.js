// What the channel explorer asks, with wrong answers that come from known misconceptions.
import { range, sum, table } from "./arrays.js";
import { costOf, groupOf, inputsOf, weightShape } from "./channels.js";
import { convolve, convOutputSize, im2colRow } from "./conv.js";
import { mixChoices } from "./questions.js";

const TEXT = {
  layer: ({ inChannels, outChannels, groups, kernelSize }) =>
    `输入 ${inChannels} 通道，输出 ${outChannels} 通道，卷积核 ${kernelSize}×${kernelSize}` +
    `${groups > 1 ? `，分 ${groups} 组` : ""}`,
  image: ({ inputSize, padding }) => `，输入每个通道 ${inputSize}×${inputSize}，${padding ? `每侧填充 ${padding}` : "不填充"}`,
  parameters: (layer, bias) => `${layer}，${bias ? "有" : "没有"}偏置。一共要学多少个参数？`,
  parametersRight: (bias) => `每个输出通道有 C/g 片 k×k 的权重${bias ? "，再加一个偏置" : ""}。`,
  noBias: "忘了偏置：每个输出通道还有一个。",
  extraBias: "这一层没有偏置。",
  noGroups: "忘了分组：每个输出通道只读自己那一组的 C/g 个输入通道。",
  groupedTwice: "除了两次组数：分组只让每个输出少读输入，输出通道一个不少。",
  oneSlice: "每个输出通道不止一片核：读几个输入通道，就有几片。",
  noOutputs: "只算了一个输出通道：每个输出通道各有一套权重。",
  biasPerSlice: "偏置是每个输出通道一个，不是每片核一个。",
  macs: (layer) => `${layer}。算一张图要做多少次乘加（不计偏置）？`,
  macsRight: "每个输出格用每片权重各一次。",
  noPlaces: "这是权重的个数：同一组权重在每个输出格都要再用一遍。",
  inputPlaces: "乘成了输入的格数：窗口落在几处，要看输出的格数。",
  onePlaneOnly: "少乘了输出通道数：每个输出通道都要算一遍。",
  shape: (layer) => `nn.Conv2d：${layer}。它的 weight.shape 是什么？`,
  shapeRight: "PyTorch 的顺序是（输出通道，输入通道/组数，高，宽）。",
  swapped: "顺序反了：输出通道在前。",
  bothGrouped: "输出通道不除以组数：每个输出通道都有自己的权重。",
  outputsGrouped: "除错了地方：少的是每个输出读的输入通道，不是输出通道。",
  flat: "每片核对着一个输入通道：少了输入通道那一维。",
  output: (layer) => `${layer}。输出的形状（通道×高×宽）是什么？`,
  outputRight: "几个输出通道就是几张图：每张都已把它读的输入通道加在一起。",
  sameChannels: "输出通道数由卷积核的个数决定，不必等于输入通道数。",
  allPairs: "各通道的结果要相加成一张图，不是各留一张。",
  onePerGroup: "每组不止出一张图：输出通道平分给各组。",
  onePlane: "只留了一张图：每个输出通道各有一张。",
  reads: (layer, out) => `${layer}。输出通道 ${out} 读哪些输入通道？（通道从 0 数起）`,
  readsWorked: (out, group, read, from, to) =>
    `输出通道 ${out} 在第 ${group} 组（从 0 数起），每组 ${read} 个输入通道：${from} 到 ${to}`,
  readsRight: "通道按次序平分：同一组的输出只读同一组的输入。",
  readsAll: "那是不分组：分了组就看不到别组的输入通道。",
  readsOne: "那是逐通道卷积（组数等于输入通道数）：这里每组不止一个通道。",
  readsStrided: "组是连续的一段通道，不是隔几个取一个。",
  readsOther: "那是另一组的输入通道。",
  value: (out, row, col) => `Y[${out}, ${row}, ${col}] 是多少？（先输出通道，再行、列，都从 0 数起）`,
  valueRight: "每个输入通道与自己那片核对应相乘，各通道加在一起，再加偏置。",
  firstOnly: "只算了一个输入通道：各通道的结果要相加。",
  mean: "各通道是相加，不是取平均。",
  sharedSlice: "每个输入通道有自己的那片核，不是共用第一片。",
  flipped: "把核翻转了 180°：那是数学上的卷积，深度学习里的卷积不翻转。",
  otherOut: "用了另一个输出通道的核。",
  channel: (c) => `通道 ${c}`,
};

const minus = (text) => String(text).replaceAll("-", "−");
const shapeText = (shape) => `(${shape.join(", ")})`;
const listText = (channels) => channels.join("、");
const square = (n) => `${n}·${n}`;
const patterned = { input: [], kernel: [], bias: [] };

/** A layer that a reader can count in the head; groups of more than one channel where there are groups. */
function drawLayer(random, groupChoices = [1, 1, 2, 2, 4]) {
  const groups = random.pick(groupChoices);
  const per = () => random.int(groups > 2 ? 1 : 2, groups > 1 ? Math.floor(8 / groups) : 6);
  const [inChannels, outChannels] = [groups * per(), groups * per()];
  return { inChannels, outChannels, groups, kernelSize: random.pick([1, 3, 3, 5]), padding: 0, stride: 1 };
}

function drawImage(random, groupChoices) {
  const layer = drawLayer(random, groupChoices);
  const padding = layer.kernelSize === 1 ? 0 : random.int(0, 1);
  return { ...layer, padding, inputSize: random.int(layer.kernelSize + 1, 7) };
}

function patchOf(setting, hasBias) {
  return {
    input_size: setting.inputSize,
    in_channels: setting.inChannels,
    out_channels: setting.outChannels,
    groups: setting.groups,
    kernel_size: setting.kernelSize,
    padding: setting.padding,
    stride: 1,
    pointwise: 0,
    has_bias: hasBias,
    ...patterned,
  };
}

/** Choices from [[text, why]] and the random rest. */
function withChoices(random, right, wrong, fill, rest) {
  const options = wrong.map(([text, why]) => ({ text: String(text), why }));
  return { ...mixChoices(random, { text: String(right[0]), why: right[1] }, options, fill), ...rest };
}

function askParameters(random) {
  const layer = { ...drawLayer(random), inputSize: 6 };
  const hasBias = random.next() < 0.7;
  const { inChannels: C, outChannels: O, groups: g, kernelSize: k } = layer;
  const { weights, parameters } = costOf(layer, hasBias);
  const biases = hasBias ? O : 0;
  const wrong = [
    ...(g > 1 ? [[O * C * k * k + biases, TEXT.noGroups], [weights / g + biases, TEXT.groupedTwice]] : []),
    hasBias ? [weights, TEXT.noBias] : [weights + O, TEXT.extraBias],
    [O * k * k + biases, TEXT.oneSlice],
    [(C / g) * k * k + (hasBias ? 1 : 0), TEXT.noOutputs],
    ...(hasBias ? [[weights + (O * C) / g, TEXT.biasPerSlice]] : []),
  ];
  const perSlice = g > 1 ? `(${C}/${g})` : C;
  return withChoices(random, [parameters, TEXT.parametersRight(hasBias)], wrong, () => parameters + random.int(1, 9) * k, {
    patch: patchOf(layer, hasBias),
    prompt: TEXT.parameters(TEXT.layer(layer), hasBias),
    hides: "layer",
    solution: [`${O}·${perSlice}·${square(k)}${hasBias ? ` + ${O}` : ""} = ${parameters}`],
  });
}

function askMacs(random) {
  const layer = drawImage(random);
  const { inChannels: C, outChannels: O, groups: g, kernelSize: k, inputSize: n } = layer;
  const [side] = convOutputSize(layer);
  const { weights, macs } = costOf(layer, false);
  const wrong = [
    [weights, TEXT.noPlaces],
    ...(g > 1 ? [[macs * g, TEXT.noGroups]] : []),
    ...(side === n ? [] : [[weights * n * n, TEXT.inputPlaces]]),
    [macs / O, TEXT.onePlaneOnly],
    [O * k * k * side * side, TEXT.oneSlice],
  ];
  const perSlice = g > 1 ? `(${C}/${g})` : C;
  return withChoices(random, [macs, TEXT.macsRight], wrong, () => macs + random.int(1, 9) * side * side, {
    patch: patchOf(layer, false),
    prompt: TEXT.macs(TEXT.layer(layer) + TEXT.image(layer)),
    hides: "layer",
    solution: [`${O}·${perSlice}·${square(k)} × ${square(side)} = ${macs}`],
  });
}

function askShape(random) {
  const layer = { ...drawLayer(random), inputSize: 6 };
  const { inChannels: C, outChannels: O, groups: g, kernelSize: k } = layer;
  const shape = weightShape(layer);
  const wrong = [
    ...(g > 1 ? [[[O, C, k, k], TEXT.noGroups], [[O / g, C / g, k, k], TEXT.bothGrouped]] : []),
    [[C / g, O, k, k], TEXT.swapped],
    ...(g > 1 ? [[[O / g, C, k, k], TEXT.outputsGrouped]] : []),
    [[O, k, k], TEXT.flat],
    [[C, k, k], TEXT.noOutputs],
  ].map(([dims, why]) => [shapeText(dims), why]);
  const fill = () => shapeText([O, random.int(1, 9), k, k]);
  return withChoices(random, [shapeText(shape), TEXT.shapeRight], wrong, fill, {
    patch: patchOf(layer, true),
    prompt: TEXT.shape(TEXT.layer(layer)),
    hides: "layer",
    solution: [`(O, C/g, k, k) = (${O}, ${C}/${g}, ${k}, ${k}) = ${shapeText(shape)}`],
  });
}

function askOutput(random) {
  const layer = drawImage(random);
  const { inChannels: C, outChannels: O, groups: g, kernelSize: k, inputSize: n, padding: p } = layer;
  const [side] = convOutputSize(layer);
  const text = (channels) => [channels, side, side].join("×");
  const wrong = [
    [C, TEXT.sameChannels],
    [(C / g) * O, TEXT.allPairs],
    ...(g > 1 ? [[g, TEXT.onePerGroup]] : []),
    [1, TEXT.onePlane],
  ].map(([channels, why]) => [text(channels), why]);
  return withChoices(random, [text(O), TEXT.outputRight], wrong, () => text(random.int(1, 40)), {
    patch: patchOf(layer, true),
    prompt: TEXT.output(TEXT.layer(layer) + TEXT.image(layer)),
    hides: "layer",
    solution: [`${O} × (${n} + 2·${p} − ${k} + 1)² = ${text(O)}`],
  });
}

function askReads(random) {
  const groups = random.pick([2, 2, 4]);
  const [perIn, perOut] = groups === 2 ? [random.int(2, 4), random.int(1, 3)] : [2, random.int(1, 2)];
  const channels = { inChannels: groups * perIn, outChannels: groups * perOut, groups };
  const layer = { ...channels, kernelSize: 3, padding: 0, stride: 1, inputSize: 4 };
  const out = random.int(0, layer.outChannels - 1);
  const group = groupOf(layer, out);
  const other = (group + 1) % groups;
  const right = listText(inputsOf(layer, out));
  const wrong = [
    [listText(range(layer.inChannels)), TEXT.readsAll],
    [listText(range(perIn).map((i) => group + i * groups)), TEXT.readsStrided],
    [listText(range(perIn).map((i) => other * perIn + i)), TEXT.readsOther],
    [String(out % layer.inChannels), TEXT.readsOne],
  ];
  const fill = () => listText(range(perIn).map((i) => (random.int(0, 7) + i) % layer.inChannels).sort());
  return withChoices(random, [right, TEXT.readsRight], wrong, fill, {
    patch: patchOf(layer, true),
    prompt: TEXT.reads(TEXT.layer(layer), out),
    hides: "layer",
    solution: [
      TEXT.readsWorked(
        out,
        `⌊${out} ÷ (${layer.outChannels}/${groups})⌋ = ${group}`,
        `${layer.inChannels}/${groups} = ${perIn}`,
        group * perIn,
        group * perIn + perIn - 1,
      ),
    ],
  });
}

function askValue(random) {
  const size = { inChannels: 2, outChannels: 2, groups: 1, kernelSize: 2, padding: 0, stride: 1, inputSize: 3 };
  const input = range(2).map(() => table([3, 3], () => random.int(0, 4)));
  const kernel = range(2).map(() => range(2).map(() => table([2, 2], () => random.int(-2, 2))));
  const bias = [random.int(1, 5), random.int(-5, -1)];
  const [out, row, col] = [random.int(0, 1), random.int(0, 1), random.int(0, 1)];
  const valueOf = (weights, biases) => convolve(input, weights, biases, size)[out][row][col];
  const right = valueOf(kernel, bias);
  const read = im2colRow(input, size, row, col);
  const parts = kernel[out].map((slice, c) => sum(slice.flat().map((w, i) => w * read[4 * c + i])));
  const turned = (slice) => slice.map((line) => [...line].reverse()).reverse();
  const wrong = [
    [parts[0] + bias[out], TEXT.firstOnly],
    [parts[0] + parts[1], TEXT.noBias],
    [valueOf(kernel.map(([first]) => [first, first]), bias), TEXT.sharedSlice],
    [valueOf(kernel.map((slices) => slices.map(turned)), bias), TEXT.flipped],
    [valueOf([kernel[1], kernel[0]], bias), TEXT.otherOut],
    [(parts[0] + parts[1]) / 2 + bias[out], TEXT.mean],
  ].map(([value, why]) => [minus(value), why]);
  const factor = (number) => (number < 0 ? `(${number})` : number);
  const terms = (c) => kernel[out][c].flat().map((w, i) => `${read[4 * c + i]}·${factor(w)}`).join(" + ");
  return withChoices(random, [minus(right), TEXT.valueRight], wrong, () => minus(right + random.int(-9, 9)), {
    patch: { ...patchOf(size, true), input, kernel, bias, picked: "output", channel: out, row, col },
    prompt: TEXT.value(out, row, col),
    hides: "value",
    solution: [
      ...parts.map((part, c) => minus(`${TEXT.channel(c)}：${terms(c)} = ${part}`)),
      minus(`${parts[0]} + ${factor(parts[1])} + ${factor(bias[out])} = ${right}`),
    ],
  });
}

const QUESTIONS = [askParameters, askMacs, askShape, askOutput, askReads, askValue];

/** A question of random.js's making: parameters, multiplications, shapes, channels read, or a value. */
export function askChannels(random) {
  return random.pick(QUESTIONS)(random);
}
