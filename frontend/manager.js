// A widget manager for a page without a kernel: every class comes from this bundle.
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import anywidget from "anywidget"; // its AMD tail is rewritten by build.mjs
import * as output from "./output.js";

const MODULES = {
  "@jupyter-widgets/base": base,
  "@jupyter-widgets/controls": controls,
  "@jupyter-widgets/output": output,
  anywidget: anywidget(base),
};

/** Lets the browser answer the reader before the work goes on. */
export const pause = () => new Promise((resolve) => setTimeout(resolve));

const BUTTONS = { "fa-play": "播放", "fa-pause": "暂停", "fa-stop": "停止", "fa-retweet": "循环播放" };

/** Gives slider handles, readouts and icon buttons an accessible name: ipywidgets leaves them bare. */
function nameParts(view, model) {
  for (const [icon, label] of Object.entries(BUTTONS)) {
    view.el.querySelector(`button > .${icon}`)?.parentElement.setAttribute("aria-label", label);
  }
  const name = model.get("description")?.replace(/<[^>]*>|[:：]\s*$/g, "").trim();
  if (!name) return;
  const handles = view.el.querySelectorAll(".noUi-handle");
  const ends = handles.length === 2 ? ["（下限）", "（上限）"] : [""];
  handles.forEach((handle, i) => handle.setAttribute("aria-label", name + ends[i]));
  for (const readout of view.el.querySelectorAll(".widget-readout[contenteditable]")) {
    readout.setAttribute("role", "textbox");
    readout.setAttribute("aria-label", `${name}：键入数值`);
  }
}

/** Waits until the views inside a box, and the views inside those, are drawn too. */
async function childrenDrawn(view) {
  const lists = [view.children_views, view.childrenViews].filter(Boolean);
  const children = await Promise.all(lists.flatMap((list) => list.views ?? []));
  await Promise.all(children.map(childrenDrawn));
}

export class WidgetManager extends ManagerBase {
  // Controls ask this for formulas; without it they call MathJax 2, which is not there. Labels
  // keep the source: pages have no MathJax, their formulas are set while the book is built.
  _rendermime = { latexTypesetter: { typeset() {} } };
  #shown = new Set();

  constructor() {
    super();
    window.addEventListener("resize", () => {
      for (const { luminoWidget } of this.#shown) {
        MessageLoop.postMessage(luminoWidget, Widget.ResizeMessage.UnknownSize);
      }
    });
  }

  async loadClass(className, moduleName, moduleVersion) {
    const found = MODULES[moduleName]?.[className];
    if (!found) throw new Error(`${moduleName}@${moduleVersion} ${className} is not in the bundle`);
    return found;
  }

  async create_view(model, options = {}) {
    await pause(); // each control is drawn by itself: a phone would stand still for half a second
    const view = await super.create_view(model, options);
    nameParts(view, model);
    view.listenTo(model, "change:description", () => nameParts(view, model));
    return view;
  }

  async display(view, host) {
    Widget.attach(view.luminoWidget, host);
    this.#shown.add(view);
    view.once("remove", () => this.#shown.delete(view));
    await childrenDrawn(view);
  }

  // There is no kernel: nothing to ask for, and whatever is sent goes nowhere.
  async _get_comm_info() {
    return {};
  }

  async _create_comm() {
    const nothing = () => {};
    return { on_close: nothing, on_msg: nothing, close: nothing, send: nothing, open: nothing };
  }
}
