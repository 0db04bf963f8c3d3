// What torch checks when a layer with channels is built, and how its groups may be mended.
import { range } from "./arrays.js";

/** Groups must divide both numbers of channels. */
export function groupsError({ inChannels, outChannels, groups }) {
  if (groups < 1) return { code: "groups", message: "groups must be a positive integer" };
  if (inChannels % groups) return { code: "groups", message: "in_channels must be divisible by groups" };
  if (outChannels % groups) return { code: "groups", message: "out_channels must be divisible by groups" };
  return null;
}

/** The nearest smaller and greater number of groups that do, as { name, value }. */
export function mendedGroups({ inChannels, outChannels, groups }) {
  const fits = range(Math.min(inChannels, outChannels) + 1).filter((g) => g && !(inChannels % g || outChannels % g));
  return [fits.findLast((g) => g < groups), fits.find((g) => g > groups)]
    .filter(Boolean)
    .map((value) => ({ name: "groups", value }));
}

/** A kernel of size 0 can be built, a negative one cannot. */
export function weightError(shape) {
  const negative = shape.find((size) => size < 0);
  if (negative === undefined) return null;
  const message = `Trying to create tensor with negative dimension ${negative}: [${shape.join(", ")}]`;
  return { code: "kernelSize", message };
}
