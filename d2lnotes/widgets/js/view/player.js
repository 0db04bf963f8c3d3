// Play, step and scrub through the positions of a window.
import { button, element, setAttribute, setText } from "./dom.js";

const STEP_MS = 700;
const TEXT = {
  play: "播放",
  pause: "暂停",
  back: "上一步",
  on: "下一步",
  scrub: "窗口的位置",
  at: (step, count) => `第 ${step + 1} 步，共 ${count} 步`,
};

/** { node, sync(step, count), toggle(), stop() }; `onStep(step)` shows a position. */
export function createPlayer(onStep) {
  let [current, total, timer] = [0, 0, null];
  const play = button("▶", () => toggle(), "dx-icon");
  const back = button("‹", () => move(-1), "dx-icon");
  const on = button("›", () => move(1), "dx-icon");
  const scrub = element("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": TEXT.scrub });
  const readout = element("span", "dx-steps");
  const node = element("div", "dx-player", back, play, on, scrub, readout);
  setAttribute(back, "aria-label", TEXT.back);
  setAttribute(on, "aria-label", TEXT.on);

  const stop = () => {
    clearInterval(timer);
    timer = null;
    setText(play, "▶");
    setAttribute(play, "aria-label", TEXT.play);
  };
  const move = (by) => onStep((current + by + total) % total);
  const tick = () => {
    move(1);
    if (current === total - 1) stop();
  };
  const toggle = () => {
    if (timer) return stop();
    if (!total) return;
    timer = setInterval(tick, STEP_MS);
    setText(play, "❚❚");
    setAttribute(play, "aria-label", TEXT.pause);
    if (current === total - 1) onStep(0);
  };
  scrub.addEventListener("input", () => onStep(Number(scrub.value)));
  stop();

  const sync = (step, count) => {
    [current, total] = [step, count];
    for (const control of [play, back, on, scrub]) control.disabled = count === 0;
    if (!count) stop();
    setAttribute(scrub, "max", Math.max(count - 1, 0));
    scrub.value = step;
    const text = count ? TEXT.at(step, count) : "";
    setAttribute(scrub, "aria-valuetext", text);
    setText(readout, count ? `${step + 1}/${count}` : "");
  };
  return { node, sync, toggle, stop };
}
