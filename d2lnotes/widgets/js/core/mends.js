// Which change of a single knob makes an impossible setting possible. Found by trying: the setting's own error is the
// only judge. A knob here is a pair in a normalized setting.

/** The setting whose two axes are both this one. */
function squared(setting, axis) {
  const onAxis = (value) => (Array.isArray(value) ? [value[axis], value[axis]] : value);
  return Object.fromEntries(Object.entries(setting).map(([name, value]) => [name, onAxis(value)]));
}

/** The value nearest to a knob's own that makes one axis possible, no farther than `end`; undefined if none does. */
function mendedAxis(setting, { name, step, end }, errorOf, axis) {
  const alone = squared(setting, axis);
  if (!errorOf(alone)) return setting[name][axis];
  const values = [setting[name][axis]].flat();
  const start = step > 0 ? Math.min(...values) : Math.max(...values);
  for (let value = start + step; step * value <= step * end; value += step) {
    if (!errorOf({ ...alone, [name]: value })) return value;
  }
  return undefined;
}

/**
 * The smallest change of a knob, upwards (`step` 1) or downwards (-1) as far as `end`, that mends the setting: { name,
 * value } or null. A knob with one value for both axes keeps one; else each axis is mended by itself.
 */
export function mendedKnob(setting, knob, errorOf) {
  const values = [0, 1].map((axis) => mendedAxis(setting, knob, errorOf, axis));
  if (values.includes(undefined)) return null;
  const [height, width] = setting[knob.name];
  const farthest = knob.step > 0 ? Math.max : Math.min;
  const value = String(height) === String(width) ? farthest(...values.flat()) : values;
  return errorOf({ ...setting, [knob.name]: value }) ? null : { name: knob.name, value };
}
