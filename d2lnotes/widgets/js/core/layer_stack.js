// A stack of layers as the receptive field explorer keeps it: a list of { name, kind, kernel_size, stride, padding,
// dilation }, the names of the Python side. No DOM, no state.
//
// `kind` is "conv", "max" or "avg"; an empty name stands for conv1, conv2, pool1, … As text, in links and presets:
// "conv:k5p2,stem@conv:k7s2p3,max:k2". What is left out has torch's default: a pool's stride is its kernel.
import { convOutputSize, repairs as convRepairs, settingError } from "./conv.js";
import { poolError, poolOutputSize, poolRepairs } from "./pool.js";

export const KINDS = ["conv", "max", "avg"];
export const KNOBS = ["kernel_size", "stride", "padding", "dilation"];
export const MOST_LAYERS = 20;

const NAME = /^[\p{L}\p{N}_.+×() -]{0,24}$/u;
const LAYER = /^(?:([^@,:]*)@)?(conv|max|avg|pool):((?:[kspd]\d{1,3}){1,4})$/;
const LETTERS = { k: "kernel_size", s: "stride", p: "padding", d: "dilation" };

const defaultStride = ({ kind, kernel_size }) => (kind === "conv" ? 1 : kernel_size);

/** A whole layer from the settings that differ from torch's defaults, its keys in one order. */
export function layerOf({ name = "", kind = "conv", kernel_size, stride, padding = 0, dilation = 1 }) {
  return { name, kind, kernel_size, stride: stride ?? defaultStride({ kind, kernel_size }), padding, dilation };
}

function parseLayer(text) {
  const [, name, kind, settings] = LAYER.exec(text) ?? [];
  const pairs = [...(settings ?? "").matchAll(/([kspd])(\d+)/g)];
  const given = Object.fromEntries(pairs.map(([, letter, digits]) => [LETTERS[letter], Number(digits)]));
  if (!given.kernel_size || Object.keys(given).length < pairs.length) return null;
  return layerOf({ ...given, name, kind: kind === "pool" ? "max" : kind });
}

/** Layers from text; undefined if it is none. */
export function parseLayers(text) {
  const layers = text.split(",").map(parseLayer);
  return layers.includes(null) ? undefined : layers;
}

export function formatLayers(layers) {
  return layers.map((layer) => {
    const { name, kind, kernel_size: k, stride, padding, dilation } = layer;
    const s = stride === defaultStride(layer) ? "" : `s${stride}`;
    const p = padding ? `p${padding}` : "";
    const d = dilation === 1 ? "" : `d${dilation}`;
    return `${name ? `${name}@` : ""}${kind}:k${k}${s}${p}${d}`;
  }).join(",");
}

/** Whether this is a stack with every knob in its range { knob: [least, most] }. */
export function isStack(value, ranges) {
  const isKnob = (number, [least, most]) => Number.isInteger(number) && number >= least && number <= most;
  const isLayer = (layer) =>
    KINDS.includes(layer?.kind) &&
    typeof layer.name === "string" &&
    NAME.test(layer.name) &&
    KNOBS.every((knob) => isKnob(layer[knob], ranges[knob]));
  return Array.isArray(value) && value.length >= 1 && value.length <= MOST_LAYERS && value.every(isLayer);
}

/** The names shown: a layer without one is called by its kind and its number among those. */
export function layerNames(layers) {
  const count = { conv: 0, pool: 0 };
  return layers.map(({ name, kind }) => {
    const word = kind === "conv" ? "conv" : "pool";
    count[word] += 1;
    return name || `${word}${count[word]}`;
  });
}

/** A layer in the words of the other core modules. */
export function asSetting({ name, kind, kernel_size, stride, padding, dilation }, inputSize) {
  return { name, mode: kind, inputSize, kernelSize: kernel_size, stride, padding, dilation };
}

const CONV = { error: settingError, size: convOutputSize, repairs: convRepairs };
const POOL = { error: poolError, size: poolOutputSize, repairs: poolRepairs };
const arithmeticOf = ({ kind }) => (kind === "conv" ? CONV : POOL);

/** { sizes, fault }: the size of every level from the image up to the first impossible layer, and what torch says. */
export function stackSizes(inputSize, layers) {
  const sizes = [inputSize];
  for (const [index, layer] of layers.entries()) {
    const setting = asSetting(layer, sizes[index]);
    const { error, size } = arithmeticOf(layer);
    const wrong = error(setting);
    if (wrong) return { sizes, fault: { index, ...wrong } };
    sizes.push(size(setting)[0]);
  }
  return { sizes, fault: null };
}

/** Knobs of one impossible layer that would mend it: [{ name, value }]; `mode` is its kind. */
export function layerRepairs(layer, inputSize) {
  return arithmeticOf(layer).repairs(asSetting(layer, inputSize));
}

/** The smallest greater input, no greater than `most`, for which the whole stack is possible; undefined if none is. */
export function mendedInput(inputSize, layers, most) {
  for (let size = inputSize + 1; size <= most; size++) if (!stackSizes(size, layers).fault) return size;
  return undefined;
}
