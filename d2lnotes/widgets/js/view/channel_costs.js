// What a convolution costs, written out: shape of the weight, parameters, multiplications, and how that compares.
import { sum } from "../core/arrays.js";
import { costOf, reducedFraction, weightShape } from "../core/channels.js";
import { outputFormula } from "../core/conv.js";
import { element } from "./dom.js";
import { equation, step } from "./frame.js";

// Everything a reader sees. Another language is another table.
const TEXT = {
  shape: "权重形状",
  parameters: "参数",
  macs: "乘加次数",
  output: "输出形状",
  macsNote: "每个输出格都把权重用一遍",
  fewer: (groups, weights, macs) =>
    `不分组要 ${weights} 个权重、${macs} 次乘加；分 ${groups} 组后，两样都是普通卷积的 1/${groups}。`,
  pixelwise: (out, inn) => `1×1 卷积就是逐像素的全连接：每个像素的 ${inn} 个数，乘同一个 ${out}×${inn} 的矩阵，得到 ${out} 个数。`,
  steps: {
    depthwise: (k) => `第一步：逐通道 ${k}×${k}`,
    grouped: (k) => `第一步：分组 ${k}×${k}`,
    ordinary: (k) => `第一步：${k}×${k}`,
    pointwise: (from, to) => `第二步：1×1，${from} → ${to} 通道`,
    both: "两步合计",
    single: (from, to, k) => `一步到位：普通 ${k}×${k}，${from} → ${to} 通道`,
  },
  separable: "深度可分离的开销",
  twoSteps: "两步的开销",
  head: ["", "参数", "乘加次数"],
  ratio: (part, whole, percent) => `两步的乘加是普通卷积的 ${part}/${whole} ≈ ${percent}%`,
  rule: (out, k) => `，也就是 1/${out} + 1/${k * k}`,
};

/** "4·(4/2)·3·3": the weight's shape multiplied out, before anything is worked out. */
function weightProduct({ inChannels, outChannels, groups, kernelSize: [h, w] }) {
  const read = groups > 1 ? `(${inChannels}/${groups})` : inChannels;
  return `${outChannels}·${read}·${h}·${w}`;
}

/** Lines for shape, parameters, multiplications and output of a normalized setting. */
export function costLines(setting, hasBias, outputSize) {
  const { inChannels, outChannels, groups, kernelSize } = setting;
  const { weights, parameters, macs } = costOf(setting, hasBias);
  const [, rows, cols] = outputSize;
  const substituted = [outChannels, groups > 1 ? `${inChannels}/${groups}` : inChannels, ...kernelSize].join(", ");
  const written = weightProduct(setting);
  const [height, width] = outputFormula(setting);
  const side = ({ substituted, outputSize }) => `${substituted} = ${outputSize}`;
  const sides = height.substituted === width.substituted ? side(width) : `${side(height)}，${side(width)}`;
  const lines = [
    equation(
      TEXT.shape,
      step(`(O, C/g, k, k) = (${substituted})`),
      ...(groups > 1 ? [step(`= (${weightShape(setting).join(", ")})`, "dx-result")] : []),
    ),
    equation(
      TEXT.parameters,
      step(`O·(C/g)·k·k${hasBias ? " + O" : ""}`),
      step(`= ${written}${hasBias ? ` + ${outChannels}` : ""}`),
      step(`= ${parameters}`, "dx-result"),
    ),
    equation(
      TEXT.macs,
      step(`${written} × ${rows}·${cols}`),
      step(`= ${macs}`, "dx-result"),
      step(TEXT.macsNote, "dx-note"),
    ),
    equation(TEXT.output, step(outputSize.join("×"), "dx-result"), step(sides, "dx-note")),
  ];
  if (groups > 1) lines.push(element("div", {}, TEXT.fewer(groups, weights * groups, macs * groups)));
  const isPixelwise = groups === 1 && kernelSize.every((k) => k === 1);
  if (isPixelwise) lines.push(element("div", {}, TEXT.pixelwise(outChannels, inChannels)));
  return lines;
}

const isDepthwise = ({ inChannels, outChannels, groups }) => groups === inChannels && outChannels === inChannels;

/** The 1×1 convolution that follows, and the ordinary one that both stand for. */
function separableSteps(setting, pointwise, [, rows, cols]) {
  const { outChannels } = setting;
  const plain = { padding: 0, stride: 1, dilation: 1, groups: 1 };
  return {
    first: setting,
    second: { ...plain, inputSize: [rows, cols], kernelSize: 1, inChannels: outChannels, outChannels: pointwise },
    single: { ...setting, outChannels: pointwise, groups: 1 },
  };
}

/** A table of what both steps cost together, and the sentence that compares. */
export function separableCosts(setting, pointwise, hasBias, outputSize) {
  const { first, second, single } = separableSteps(setting, pointwise, outputSize);
  const [one, two, whole] = [first, second, single].map((part) => costOf(part, hasBias));
  const both = { parameters: sum([one.parameters, two.parameters]), macs: sum([one.macs, two.macs]) };
  const [k] = setting.kernelSize;
  const name = isDepthwise(setting) ? "depthwise" : setting.groups > 1 ? "grouped" : "ordinary";
  const rows = [
    [TEXT.steps[name](k), one],
    [TEXT.steps.pointwise(second.inChannels, pointwise), two],
    [TEXT.steps.both, both],
    [TEXT.steps.single(setting.inChannels, pointwise, k), whole],
  ];
  const line = ([title, { parameters, macs }]) => {
    const cells = [parameters, macs].map((number) => element("td", {}, String(number)));
    return element("tr", {}, element("th", { scope: "row" }, title), ...cells);
  };
  const heads = TEXT.head.map((text) => (text ? element("th", { scope: "col" }, text) : element("td", {})));
  const [part, total] = reducedFraction(both.macs, whole.macs);
  const percent = ((100 * both.macs) / whole.macs).toFixed(1);
  const rule = isDepthwise(setting) ? TEXT.rule(pointwise, k) : "";
  return [
    element(
      "table",
      "dx-table dx-costs",
      element("caption", {}, isDepthwise(setting) ? TEXT.separable : TEXT.twoSteps),
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows.map(line)),
    ),
    element("p", {}, `${TEXT.ratio(part, total, percent)}${rule}。`),
  ];
}
