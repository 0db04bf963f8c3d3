// Seeded random numbers, so that a reader's exercise is the same the next time.

/**
 * A generator (mulberry32) with next() in [0, 1), int(a, b) with both ends, pick(list) and shuffle(list), which
 * leaves the list alone. The same seed gives the same sequence.
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (a, b) => a + Math.floor(next() * (b - a + 1));
  const pick = (list) => list[int(0, list.length - 1)];
  const shuffle = (list) => {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = int(0, i);
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  };
  return { next, int, pick, shuffle };
}
