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

/** A knob with one value for both axes keeps one; else each axis is mended by itself. */
function mendedKnob(setting, knob, errorOf) {
  const values = [0, 1].map((axis) => mendedAxis(setting, knob, errorOf, axis));
  if (values.includes(undefined)) return null;
  const [height, width] = setting[knob.name];
  const farthest = knob.step > 0 ? Math.max : Math.min;
  return { name: knob.name, value: String(height) === String(width) ? farthest(...values.flat()) : values };
}

/**
 * Those ways to mend a setting that really do, as a list of { name, value }: each of the knobs [name, step] turned as
 * little as possible, upwards (step 1) to `most` or downwards (-1) to 0, and any `others`.
 */
export function nearestMends(setting, { knobs = [], most, others = [] }, errorOf) {
  const turned = knobs.map(([name, step]) =>
    mendedKnob(setting, { name, step, end: step > 0 ? most : 0 }, errorOf),
  );
  return [...turned, ...others].filter((way) => way && !errorOf({ ...setting, [way.name]: way.value }));
}
