// The layers as a table, one of them selected, with the buttons that change the stack.
import { button, element, setAttribute, setText } from "./dom.js";

/**
 * @param texts { caption, head: [text], select: (name) => text, editing: (name) => text, name, kind, kinds, add,
 *   remove, back, on }, and addLabel, backLabel, onLabel for who does not see where the buttons stand
 * @param actions { select(index), add(kind), remove(), move(step), setKind(kind), rename(text): whether it is a name }
 * @returns { node, draw({ rows: [[text]], names, selected, failed, layer, isFull }) }: `rows` without the names
 */
export function createLayerTable(texts, actions) {
  const body = element("tbody");
  const head = element("tr", {}, ...texts.head.map((text) => element("th", { scope: "col" }, text)));
  const caption = element("caption", {}, texts.caption);
  const table = element("table", "dx-table rf-table", caption, element("thead", {}, head), body);
  const wrap = element("div", { class: "dx-scroll", role: "group", tabindex: 0, "aria-label": texts.caption }, table);

  const name = element("input", { class: "rf-name", maxlength: 24, autocomplete: "off", spellcheck: "false" });
  name.addEventListener("change", () => {
    if (!actions.rename(name.value)) name.value = shownName;
  });
  let shownName = "";
  const options = Object.entries(texts.kinds).map(([value, text]) => element("option", { value }, text));
  const kind = element("select", {}, ...options);
  kind.addEventListener("change", () => actions.setKind(kind.value));
  const field = (text, control) => element("label", "dx-control", text, control);
  const labelled = (text, label, onClick) => {
    const made = button(text, onClick);
    setAttribute(made, "aria-label", label);
    return made;
  };
  /** The focus goes on from a button that its own action switches off. */
  function press(used, next, act) {
    act();
    if (used.disabled) next.focus({ preventScroll: true });
  }
  const adds = Object.entries(texts.add).map(([value, text]) =>
    labelled(text, texts.addLabel[value], () => press(adds[0], remove, () => actions.add(value))),
  );
  const remove = button(texts.remove, () => press(remove, adds[0], () => actions.remove()));
  const back = labelled(texts.back, texts.backLabel, () => press(back, on, () => actions.move(-1)));
  const on = labelled(texts.on, texts.onLabel, () => press(on, back, () => actions.move(1)));
  const title = element("b", "rf-editing");
  const bar = element("div", { class: "dx-bar rf-editor", role: "group" });
  bar.append(title, field(texts.name, name), field(texts.kind, kind), back, on, remove, ...adds);
  const node = element("div", "rf-stack", wrap, bar);

  function resize(count) {
    while (body.children.length > count) body.lastChild.remove();
    while (body.children.length < count) {
      const index = body.children.length;
      const select = button("", () => actions.select(index), "rf-select");
      const cells = texts.head.slice(1).map(() => element("td"));
      body.append(element("tr", {}, element("th", { scope: "row" }, select), ...cells));
    }
  }

  function draw({ rows, names, selected, failed, layer, isFull }) {
    resize(rows.length);
    [...body.children].forEach((line, index) => {
      const select = line.firstChild.firstChild;
      setText(select, names[index]);
      setAttribute(select, "aria-label", texts.select(names[index]));
      setAttribute(select, "aria-pressed", index === selected);
      setAttribute(line, "data-selected", index === selected ? 1 : null);
      setAttribute(line, "data-failed", index === failed ? 1 : null);
      rows[index].forEach((text, i) => setText(line.children[i + 1], text));
    });
    setText(title, texts.editing(names[selected]));
    setAttribute(bar, "aria-label", texts.editing(names[selected]));
    if (shownName !== layer.name || !name.matches(":focus")) name.value = layer.name;
    shownName = layer.name;
    setAttribute(name, "placeholder", names[selected]);
    kind.value = layer.kind;
    for (const add of adds) add.disabled = isFull;
    remove.disabled = rows.length === 1;
    back.disabled = selected === 0;
    on.disabled = selected === rows.length - 1;
  }

  return { node, draw };
}
