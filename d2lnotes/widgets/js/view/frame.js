// What every explorer has around its picture: state, tools, quiz, links, what is read aloud.
import { createControls } from "./controls.js";
import { createCopyLine } from "./copy_line.js";
import { button, disclosure, element, setAttribute, setText } from "./dom.js";
import { whole } from "./fields.js";
import { formatQuery, readQuery, splitHash } from "./link.js";
import { createPlayer } from "./player.js";
import { createQuiz, LAST_SEED } from "./quiz.js";
import { nameSliders } from "./slider_names.js";
import { fillTables } from "./tables.js";

const TEXT = {
  more: "更多",
  quiz: "猜一猜",
  tables: "文字版",
  share: "链接",
  link: "打开这个链接就是现在的样子：",
  code: "等价的 PyTorch",
  impossible: "这组设置没有输出",
  tools: "工具",
};

const isBookPage = () => document.documentElement.dataset.bookWidgets !== undefined;

/** anywidget puts `_css` into the page; a shadow root (or a page without it) needs its own copy. */
function adoptStyle(root, el, css) {
  if (css && el.getRootNode() !== document) root.prepend(element("style", {}, css));
}

/** "name = step = step": a line breaks before a step, not within it. */
export function equation(name, ...steps) {
  const parts = steps.flatMap((step) => [" ", step]);
  return element("div", "dx-line", element("span", "dx-lhs", name), element("span", "dx-rhs", ...parts));
}

export function step(text, className = "") {
  return element("span", `dx-step ${className}`.trim(), text);
}

function errorBlock({ message, explanation, repairs }, mend) {
  const buttons = repairs.map(({ text, patch }) => button(text, () => mend(patch)));
  return element(
    "div",
    "dx-error",
    element("strong", {}, TEXT.impossible),
    ...(message ? [element("code", { lang: "en" }, message)] : []),
    element("span", {}, explanation),
    element("div", "dx-bar", ...buttons),
  );
}

/**
 * Show an explorer in `el` and return a function that takes it away.
 *
 * @param context anywidget's { model, el }
 * @param explorer
 *   widget: "pool-explorer", its name in the page and in links
 *   label: accessible name
 *   fields: { name: kind } of the model's traits (fields.js), in the order of links
 *   local: { name: { kind, value } } of what only this view knows, such as the picked cell
 *   picture(state, limits): all that is drawn, pure; limits is { trait: [least, most] } of the sliders:
 *     { inputSize, outputSize (null: impossible),
 *     error: null | { message, explanation, repairs: [{ text, patch }] }, … }
 *   entails?(state, before): a patch, if a change must bring another with it; else null
 *   build(frame): { stage, above?, below?, draw(picture, state, hides), settle?() }; frame is { root, change, say };
 *     draw returns what it changed of `local`; above and below (the formula) work in an error too
 *   status(picture, state): elements with the formula, read aloud when they change
 *   code(picture, state): the equivalent line of PyTorch
 *   tables(picture, state): [{ caption, head?, rows }]
 *   steps?(picture, state): { count, at, patchFor(step) } for play, step and scrub
 *   ask(random, state): a question, see quiz.js
 *   main?: controls that always show, see controls.js
 *   more?: controls of the “更多” panel
 */
export function mount({ model, el }, explorer) {
  const fields = { ...explorer.fields, quiz: whole(0, LAST_SEED) };
  const traits = Object.keys(fields);
  const local = Object.fromEntries(Object.entries(explorer.local ?? {}).map(([name, { value }]) => [name, value]));
  for (const name in explorer.local) fields[name] = explorer.local[name].kind;
  const readState = () => ({ ...Object.fromEntries(traits.map((name) => [name, model.get(name)])), ...local });
  const usual = { ...readState(), quiz: 0 };
  const limits = () => model.get("limits") ?? {};

  const root = element("div", { class: "dx", role: "group", tabindex: -1, "aria-label": explorer.label, "data-widget": explorer.widget });
  const status = element("div", { class: "dx-status", role: "status", "aria-live": "polite" });
  const notice = element("div", { class: "dx-notice", role: "status", "aria-live": "polite" });
  const code = createCopyLine(TEXT.code, "code");
  const tables = element("div", "dx-tables");
  let [picture, before, own, seed, isChanging, settleRequest] = [null, null, null, 0, false, 0];

  const say = (sentence) => setText(notice, sentence);

  /** Set several fields with one redraw. */
  function change(patch) {
    isChanging = true;
    // In the order of the fields: another view of the model hears of each by itself.
    for (const name of Object.keys(fields).filter((name) => Object.hasOwn(patch, name))) {
      if (name in local) local[name] = patch[name];
      else model.set(name, patch[name]);
    }
    isChanging = false;
    if (Object.keys(patch).some((name) => !(name in local))) model.save_changes();
    redraw();
  }

  // Below, the focus goes on from a button that goes away.
  function setSeed(value) {
    change({ quiz: value });
    (value ? quiz.prompt : ask).focus({ preventScroll: true });
  }

  function mend(patch) {
    change(patch);
    root.focus({ preventScroll: true });
  }

  const view = explorer.build({ root, change, say });
  const quiz = createQuiz({
    ask: (random) => explorer.ask(random, readState()),
    onChange: () => redraw(),
    setSeed,
  });
  const ask = button(TEXT.quiz, () => setSeed(model.get("quiz") ? 0 : 1 + Math.floor(Math.random() * LAST_SEED)));
  const main = createControls(explorer.main ?? [], change, say);
  const more = explorer.more && createControls(explorer.more, change, say);
  const player = explorer.steps && createPlayer((to) => change(explorer.steps(picture, readState()).patchFor(to)));
  const share = createCopyLine(TEXT.link, "input");
  const bar = element("div", { class: "dx-bar dx-tools", role: "group", "aria-label": TEXT.tools });
  if (player) bar.append(player.node);
  bar.append(ask);
  if (more) bar.append(disclosure(TEXT.more, more.node));
  bar.append(disclosure(TEXT.tables, tables, () => showTables(readState())));
  if (isBookPage()) bar.append(disclosure(TEXT.share, share.node, () => share.show(address())));
  main.node.className = "dx-bar dx-main";
  root.append(bar, main.node, ...(more ? [more.node] : []), share.node, quiz.node, notice);
  root.append(...[view.above, view.stage, status, view.below, code.node, tables].filter(Boolean));
  share.node.hidden = true;

  /** Where this explorer stands among those of its kind, as links count them. */
  function target() {
    const place = [...document.querySelectorAll(`[data-widget="${explorer.widget}"]`)].indexOf(root);
    return place > 0 ? `${explorer.widget}-${place + 1}` : explorer.widget;
  }

  function address() {
    const query = formatQuery({ ...readState(), quiz: 0 }, usual, fields);
    return `${location.href.split("#")[0]}#${target()}?${query}`;
  }

  /** No link may set what no slider can. */
  function limitedFields() {
    const ranges = limits();
    const kindOf = (name) => (ranges[name] ? whole(...ranges[name]) : fields[name].within?.(ranges) ?? fields[name]);
    return Object.fromEntries(Object.keys(fields).map((name) => [name, kindOf(name)]));
  }

  function follow(hash) {
    const link = splitHash(hash);
    if (!link || link.target !== target()) return false;
    const { patch, fault } = readQuery(link.query, limitedFields());
    if (patch) change(patch);
    say(fault ?? "");
    root.scrollIntoView({ block: "nearest" });
    return true;
  }

  function onLinkClick(event) {
    const link = event.target.closest?.("a[href^='#']");
    // Followed here and not by hashchange alone: the same link may be clicked twice.
    if (link && !event.ctrlKey && !event.metaKey && follow(link.getAttribute("href"))) event.preventDefault();
  }
  const onHashChange = () => follow(location.hash);

  function showTables(state) {
    fillTables(tables, quiz.hides() ? [] : explorer.tables(picture, state));
  }

  function drawTools(state) {
    setAttribute(ask, "aria-pressed", state.quiz > 0);
    main.sync(state);
    more?.sync(state);
    code.show(picture.error ? "" : explorer.code(picture, state));
    code.node.hidden = Boolean(picture.error || quiz.hides());
    if (player) {
      const { count, at } = picture.error || quiz.hides() ? { count: 0, at: 0 } : explorer.steps(picture, state);
      player.sync(at, count);
    }
    if (!tables.hidden) showTables(state);
    if (!share.node.hidden) share.show(address());
  }

  function writeState(state) {
    const hidden = quiz.hides();
    setAttribute(root, "data-input-size", picture.inputSize?.join("x") ?? "");
    setAttribute(root, "data-output-size", picture.error || hidden ? "" : picture.outputSize.join("x"));
    setAttribute(root, "data-error", picture.error ? picture.error.message || picture.error.explanation : null);
    setAttribute(root, "data-state", JSON.stringify(state));
  }

  function redraw() {
    if (isChanging) return;
    if (model.get("quiz") !== seed) {
      const { quiz: asked, ...setting } = readState();
      if (!seed) own = setting;
      seed = asked;
      // After the last question the reader's own setting comes back.
      return change(quiz.show(seed) ?? own);
    }
    const state = readState();
    const entailed = explorer.entails?.(state, before);
    before = state;
    if (entailed) return change(entailed);
    picture = explorer.picture(state, limits());
    quiz.check(state);
    const hides = quiz.hides();
    // A picked cell may be no more; the view says which one it shows.
    Object.assign(local, view.draw(picture, state, hides));
    const settled = { ...state, ...local };
    root.classList.toggle("dx-stale", Boolean(picture.error));
    view.stage.inert = Boolean(picture.error);
    announce(hides ? [] : picture.error ? [errorBlock(picture.error, mend)] : explorer.status(picture, settled));
    drawTools(settled);
    writeState(settled);
    settle();
  }

  /** Read aloud only what is new: picking a cell repeats no formula. */
  function announce(lines) {
    const isNew = lines.map((line) => line.textContent).join("") !== status.textContent;
    if (isNew) status.replaceChildren(...lines);
  }

  /** After layout: wide boards scroll to their frame. */
  function settle() {
    cancelAnimationFrame(settleRequest);
    settleRequest = requestAnimationFrame(() => {
      nameSliders(root);
      view.settle?.();
    });
  }

  function onKey(event) {
    const isInGrid = event.target.closest("[role=grid]");
    if (event.key !== " " || !player || !isInGrid) return;
    event.preventDefault();
    event.stopPropagation();
    player.toggle();
  }

  adoptStyle(root, el, model.get("_css"));
  el.append(root);
  redraw();
  for (const name of traits) model.on(`change:${name}`, redraw);
  root.addEventListener("keydown", onKey);
  document.addEventListener("click", onLinkClick, true);
  addEventListener("hashchange", onHashChange);
  const observer = new ResizeObserver(settle);
  observer.observe(root);
  // Not before all explorers stand, since a link counts them.
  const followFirst = setTimeout(onHashChange);

  return () => {
    observer.disconnect();
    player?.stop();
    clearTimeout(followFirst);
    cancelAnimationFrame(settleRequest);
    document.removeEventListener("click", onLinkClick, true);
    removeEventListener("hashchange", onHashChange);
    // Some hosts (Jupyter Book 2) have no off(); their model goes with the view.
    for (const name of traits) try { model.off(`change:${name}`, redraw); } catch { /* see above */ }
    root.remove();
  };
}

