// Which channels of a convolution meet, and what that costs: no DOM, no state. A `setting` is that of conv.js.
import { range } from "./arrays.js";
import { macCount, normalize, parameterCount } from "./conv.js";

/** The group of an output channel. */
export function groupOf({ outChannels, groups }, out) {
  return Math.floor((out * groups) / outChannels);
}

/** The input channels that an output channel reads, in the order of its weights. */
export function inputsOf(setting, out) {
  const perGroup = setting.inChannels / setting.groups;
  return range(perGroup).map((i) => groupOf(setting, out) * perGroup + i);
}

/** The output channels that read an input channel. */
export function outputsOf(setting, channel) {
  return range(setting.outChannels).filter((out) => inputsOf(setting, out).includes(channel));
}

/** [O, C/groups, kh, kw]. */
export function weightShape(setting) {
  const { inChannels, outChannels, groups, kernelSize } = normalize(setting);
  return [outChannels, inChannels / groups, ...kernelSize];
}

/** Numbers that are learnt, and multiplications for one image. */
export function costOf(setting, hasBias) {
  const weights = parameterCount(setting, false);
  return { weights, parameters: parameterCount(setting, hasBias), macs: macCount(setting) };
}

/** [numerator, denominator] without a common factor. */
export function reducedFraction(part, whole) {
  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  const common = divisor(part, whole);
  return [part / common, whole / common];
}
