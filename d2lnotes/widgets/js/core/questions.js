// What the questions of every explorer share: four choices, each wrong one with the thought it comes from.

const TEXT = { near: "对照下面的算式再算一遍。" };

/**
 * Mix the right answer with up to three wrong ones that differ from it and from each other.
 *
 * @param random of random.js
 * @param right { text, why }
 * @param wrong [{ text, why }], the most instructive first
 * @param fill () => text, more wrong answers where too few are left
 * @returns { choices, answer }
 */
export function mixChoices(random, right, wrong, fill) {
  const choices = [right];
  const add = (choice) => {
    if (choices.length < 4 && !choices.some(({ text }) => text === choice.text)) choices.push(choice);
  };
  wrong.forEach(add);
  for (let tries = 0; choices.length < 4 && tries < 50; tries++) add({ text: fill(), why: TEXT.near });
  const mixed = random.shuffle(choices);
  return { choices: mixed, answer: mixed.indexOf(right) };
}
