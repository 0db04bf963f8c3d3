// Entry: draws every widget that a built page holds, with no kernel and no request.
import { pause, WidgetManager } from "./manager.js";
import css from "virtual:widgets.css";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
const FAILED = "交互控件未能加载。请刷新本页，或用 Jupyter 打开本章的 .ipynb 文件。";

function sharedText(digest) {
  const text = window.widgetCode?.[digest];
  if (!text) throw new Error(`_static/widget-code/${digest}.js is missing`);
  return text;
}

/** Puts the texts back that shared_widget_code.py keeps once for all pages. */
function withSharedTexts(saved) {
  for (const { state } of Object.values(saved.state)) {
    for (const name of ["_esm", "_css"]) {
      const digests = state[name]?.shared;
      if (digests) state[name] = digests.map(sharedText).join("");
    }
  }
  return saved;
}

/** Draws the widget that one <script> names into a new element before that script. */
async function show(manager, script) {
  const host = document.createElement("div");
  host.className = "widget-subarea";
  script.before(host);
  try {
    const { model_id } = JSON.parse(script.textContent);
    const model = await manager.get_model(model_id);
    const view = await manager.create_view(model);
    await manager.display(view, host);
    const error = host.querySelector(".jupyter-widgets-error-widget");
    if (error) throw new Error(error.textContent.trim());
    host.dataset.widgetReady = "1";
  } catch (error) {
    console.error("[book widgets]", error);
    host.dataset.widgetError = String(error);
    const notice = document.createElement("p");
    notice.className = "widget-notice";
    notice.setAttribute("role", "alert");
    notice.textContent = FAILED;
    host.replaceChildren(notice);
  }
}

async function start() {
  document.documentElement.dataset.bookWidgets = "loading"; // explorers see that they stand in the book
  const states = document.querySelectorAll(STATE);
  await pause();
  if (states.length) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.prepend(style); // first, so that the book's own rules win
    const manager = new WidgetManager();
    try {
      for (const state of states) {
        await manager.set_state(withSharedTexts(JSON.parse(state.textContent)));
      }
    } catch (error) {
      console.error("[book widgets]", error); // each host below then says that it failed
    }
    await Promise.all(Array.from(document.querySelectorAll(VIEW), (view) => show(manager, view)));
  }
  document.documentElement.dataset.bookWidgets = "ready";
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
