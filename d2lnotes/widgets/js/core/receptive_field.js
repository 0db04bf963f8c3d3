// Receptive fields of a stack of convolutions or poolings, along one axis: no DOM, no state.
//
// `layers` is a list of { name, kernelSize, stride, padding, dilation }, all numbers. `layer` is an index into it.
// Level 0 is the image, level i + 1 the output of layer i.
import { range } from "./arrays.js";
import { convOutputSize, effectiveKernelSize, settingError } from "./conv.js";

/**
 * { name, size, jump, start } after every layer, in cells of the image: unit u sees the cells from start + u·jump on,
 * `size` of them, holes included. (Araujo, Norris and Sim, 2019, with dilation.)
 */
export function receptiveFields(layers) {
  let field = { size: 1, jump: 1, start: 0 };
  return layers.map(({ name, kernelSize, stride = 1, padding = 0, dilation = 1 }) => {
    const { size, jump, start } = field;
    field = {
      name,
      size: size + (effectiveKernelSize(kernelSize, dilation) - 1) * jump,
      jump: jump * stride,
      start: start - padding * jump,
    };
    return field;
  });
}

/** The size of every level, or { index, message } of the first impossible layer. */
export function layerSizes(inputSize, layers) {
  const sizes = [inputSize];
  for (const [index, layer] of layers.entries()) {
    const setting = { ...layer, inputSize: sizes[index] };
    const error = settingError(setting);
    if (error) return { index, message: error.message };
    sizes.push(convOutputSize(setting)[0]);
  }
  return sizes;
}

/** How often each unit of a level is reached from the counted units of the next one; padding is no unit. */
function countsBelow(counts, { kernelSize, stride = 1, padding = 0, dilation = 1 }, size) {
  const below = new Array(size).fill(0);
  counts.forEach((count, unit) => {
    for (let tap = 0; tap < kernelSize; tap++) {
      const index = unit * stride - padding + tap * dilation;
      if (index >= 0 && index < size) below[index] += count;
    }
  });
  return below;
}

/** [from, to] in cells of the image that a unit may see; both may lie outside the image. */
function boxOf(layers, layer, unit) {
  const { size, jump, start } = receptiveFields(layers)[layer];
  const from = start + unit * jump;
  return [from, from + size - 1];
}

/**
 * Everything one unit of a layer sees: `counts`, one list a level from the image up to the layer, of how many paths
 * lead from each unit there to this one, and the `box` [from, to] of the receptive field in the image, which may
 * reach beyond it. Throws where layerSizes names an impossible layer.
 */
export function traceUnit(layers, inputSize, layer, unit) {
  const sizes = layerSizes(inputSize, layers.slice(0, layer + 1));
  if (!Array.isArray(sizes)) throw new Error(sizes.message);
  const counts = [range(sizes[layer + 1]).map((other) => (other === unit ? 1 : 0))];
  for (let level = layer; level >= 0; level--) counts.unshift(countsBelow(counts[0], layers[level], sizes[level]));
  return { counts, box: boxOf(layers, layer, unit) };
}
