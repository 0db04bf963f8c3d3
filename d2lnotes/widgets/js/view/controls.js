// Native controls of the “更多” panel, each tied to one field of the state.
import { button, element, setAttribute } from "./dom.js";

/**
 * Each makes { node, sync(state) }. `change(patch)` is the frame's.
 * A control: { kind: "check", name, label } | { kind: "choice", name, label, options: [[value, text]] }
 * | { kind: "toggles", name, label, options: [[value, text]] } | { kind: "number", name, label, least, most }
 * | { kind: "actions", label, actions: [[text, patch(state)]] }
 */
const KINDS = {
  check({ name, label }, change) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => change({ [name]: box.checked }));
    return { node: element("label", "dx-control", box, label), sync: (state) => (box.checked = state[name]) };
  },

  choice({ name, label, options }, change) {
    const select = element("select", {}, ...options.map(([value, text]) => element("option", { value }, text)));
    select.addEventListener("change", () => change({ [name]: select.value }));
    return { node: element("label", "dx-control", label, select), sync: (state) => (select.value = state[name]) };
  },

  /** All options as buttons side by side, the chosen one pressed: for the choice that matters most. */
  toggles({ name, label, options }, change) {
    const buttons = options.map(([value, text]) => button(text, () => change({ [name]: value })));
    const node = element("div", { class: "dx-control dx-toggles", role: "group", "aria-label": label }, ...buttons);
    const sync = (state) =>
      options.forEach(([value], i) => setAttribute(buttons[i], "aria-pressed", value === state[name]));
    return { node, sync };
  },

  number({ name, label, least, most, get, set }, change, say) {
    const read = get ?? ((state) => state[name]);
    const write = set ?? ((value) => ({ [name]: value }));
    let shown = null;
    const input = element("input", { type: "number", min: least, max: most, step: 1, inputmode: "numeric" });
    input.addEventListener("change", () => {
      const value = input.value === "" ? NaN : Number(input.value);
      if (Number.isInteger(value) && value >= least && value <= most) return change(write(value, shown));
      say(`${label}：“${input.value}”不对，应为 ${least} 到 ${most} 的整数。原来的设置没有变。`);
      input.value = read(shown);
    });
    const sync = (state) => {
      shown = state;
      input.value = read(state);
    };
    return { node: element("label", "dx-control", label, input), sync };
  },

  actions({ label, actions }, change) {
    let shown = null;
    const buttons = actions.map(([text, patch]) => button(text, () => change(patch(shown))));
    const node = element("div", { class: "dx-control", role: "group", "aria-label": label }, label, ...buttons);
    return { node, sync: (state) => (shown = state) };
  },
};

/** A panel of controls: { node, sync(state) }; `when(state)` hides one that has no meaning now. */
export function createControls(list, change, say) {
  const made = list.map((control) => ({ ...KINDS[control.kind](control, change, say), when: control.when }));
  const sync = (state) => {
    for (const { node, sync, when } of made) {
      node.hidden = when ? !when(state) : false;
      sync(state);
    }
  };
  return { node: element("div", "dx-more", ...made.map(({ node }) => node)), sync };
}
