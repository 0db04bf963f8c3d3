// 猜一猜: asks before it shows. Questions come from the explorer's own `ask(random)`, endlessly, and
// the same seed gives the same question everywhere.
import { randomFrom } from "../core/random.js";
import { button, element, setAttribute } from "./dom.js";

export const LAST_SEED = 999999;

const TEXT = {
  title: "猜一猜",
  right: "答对了。",
  wrong: (text) => `不是 ${text}。`,
  withdrawn: "设置变了，这一题收回，不计分。",
  next: "下一题",
  end: "不猜了",
  score: (right, asked) => `答对 ${right}，答过 ${asked}`,
};

/**
 * A question is { patch, prompt, hides, choices: [{ text, why }], answer, solution: [text] }: the
 * setting it asks about, what must not be seen before the answer, the index of the right choice,
 * and for every wrong one the misconception it comes from.
 *
 * @param ask (random) => question
 * @param onChange () => void, called when what is hidden changes
 * @param setSeed (seed) => void; 0 ends the quiz
 * @returns { node, show(seed), check(state), hides() }
 */
export function createQuiz({ ask, onChange, setSeed }) {
  let [seed, question, isOpen] = [0, null, false];
  const score = { right: 0, asked: 0 };
  const prompt = element("p", { class: "dx-prompt", tabindex: -1 });
  const choices = element("div", { class: "dx-choices", role: "group", "aria-label": TEXT.title });
  const verdict = element("div", { class: "dx-verdict", role: "status", "aria-live": "polite" });
  const tally = element("span", "dx-note");
  const next = button(TEXT.next, () => setSeed((seed % LAST_SEED) + 1));
  const end = button(TEXT.end, () => setSeed(0));
  const node = element("section", { class: "dx-quiz", "aria-label": TEXT.title, hidden: "" });
  node.append(prompt, choices, verdict, element("div", "dx-bar", next, end, tally));

  function close(...lines) {
    isOpen = false;
    for (const choice of choices.children) choice.disabled = true;
    verdict.replaceChildren(...lines.map((line) => element("p", {}, line)));
    tally.textContent = TEXT.score(score.right, score.asked);
    onChange();
  }

  function answer(index) {
    const isRight = index === question.answer;
    score.asked += 1;
    score.right += isRight;
    setAttribute(choices.children[question.answer], "data-verdict", "right");
    if (!isRight) setAttribute(choices.children[index], "data-verdict", "wrong");
    const { text, why } = question.choices[index];
    close((isRight ? TEXT.right : TEXT.wrong(text)) + why, ...question.solution);
    next.focus({ preventScroll: true });
  }

  /** Ask the question of a seed and return the setting it is about; 0 hides the panel. */
  function show(newSeed) {
    seed = newSeed;
    node.hidden = !seed;
    isOpen = Boolean(seed);
    if (!seed) return null;
    question = ask(randomFrom(seed));
    prompt.textContent = question.prompt;
    choices.replaceChildren(...question.choices.map(({ text }, index) => button(text, () => answer(index))));
    verdict.replaceChildren();
    return question.patch;
  }

  /** Withdraw an open question once the setting it asks about has been changed. */
  function check(state) {
    const holds = (name) => JSON.stringify(state[name]) === JSON.stringify(question.patch[name]);
    if (isOpen && !Object.keys(question.patch).every(holds)) close(TEXT.withdrawn);
  }

  return { node, prompt, show, check, hides: () => (isOpen ? question.hides : null) };
}
