// Settings of the channel explorer that show one thing well, and the controls that have no slider.
import { FIELDS } from "./channel_picture.js";

// Everything a reader sees. Another language is another table.
const TEXT = {
  presets: "预设",
  preset: {
    ordinary: "普通",
    grouped: "分组",
    depthwise: "逐通道",
    pixelwise: "1×1",
    separable: "深度可分离",
    textbook: "教材例子",
    textbookMany: "教材例子（多输出）",
  },
  more: {
    input_size: "输入边长",
    padding: "填充",
    stride: "步幅",
    pointwise: "再接 1×1，输出通道（0：不接）",
    has_bias: "偏置",
  },
};

const TEXTBOOK_INPUT = [[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]];
const TEXTBOOK_KERNEL = [[[0, 1], [2, 3]], [[1, 2], [3, 4]]];
const ORDINARY = { in_channels: 3, out_channels: 2, groups: 1, kernel_size: 3, input_size: 4, padding: 0, stride: 1 };
const PLAIN = { ...ORDINARY, pointwise: 0, has_bias: true, input: [], kernel: [], bias: [] };
const FIRST_CELL = { picked: "output", channel: 0, row: 0, col: 0 };
const TEXTBOOK = { in_channels: 2, kernel_size: 2, input_size: 3, has_bias: false, input: TEXTBOOK_INPUT };
/** K, K + 1 and K + 2. */
const TEXTBOOK_KERNELS = [0, 1, 2].map((k) =>
  TEXTBOOK_KERNEL.map((slice) => slice.map((line) => line.map((w) => w + k))),
);
const PRESETS = {
  ordinary: {},
  grouped: { in_channels: 4, out_channels: 4, groups: 2 },
  depthwise: { in_channels: 3, out_channels: 3, groups: 3 },
  pixelwise: { kernel_size: 1 },
  separable: { in_channels: 3, out_channels: 3, groups: 3, pointwise: 8 },
  textbook: { ...TEXTBOOK, out_channels: 1, kernel: TEXTBOOK_KERNELS.slice(0, 1) },
  textbookMany: { ...TEXTBOOK, out_channels: 3, kernel: TEXTBOOK_KERNELS },
};

function presetAction(name) {
  return [TEXT.preset[name], () => ({ ...PLAIN, ...PRESETS[name], ...FIRST_CELL })];
}

function numberControl(name) {
  const [least, most] = FIELDS[name];
  return { kind: "number", name, label: TEXT.more[name], least, most };
}

export const main = [{ kind: "actions", label: TEXT.presets, actions: Object.keys(PRESETS).map(presetAction) }];

export const more = [
  ...["input_size", "padding", "stride"].map(numberControl),
  { kind: "check", name: "has_bias", label: TEXT.more.has_bias },
  numberControl("pointwise"),
];
