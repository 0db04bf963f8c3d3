// A line of text with a button that copies it.
import { button, element, setAttribute } from "./dom.js";

const TEXT = {
  copy: "复制",
  copied: "已复制",
  copyByHand: "已选中，请按 Ctrl+C 复制",
};

/** Copy text where the page may; else select `field`, so that the reader can. True: copied. */
async function copyText(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(field);
    field.select?.();
    return false;
  }
}

/** A line of text with a button that copies it: { node, show(text) }. */
export function createCopyLine(label, tag) {
  const line = element(tag, { class: "dx-code", ...(tag === "input" ? { readonly: "", "aria-label": label } : {}) });
  const told = element("span", { class: "dx-note", role: "status" });
  const text = () => line.value ?? line.textContent;
  const copy = button(TEXT.copy, async () => {
    told.textContent = (await copyText(text(), line)) ? TEXT.copied : TEXT.copyByHand;
  });
  setAttribute(copy, "aria-label", `${TEXT.copy}：${label}`);
  const show = (value) => {
    if (text() === value) return;
    if (tag === "input") line.value = value;
    else line.textContent = value;
    told.textContent = "";
  };
  return { node: element("div", "dx-copy", element("span", "dx-lhs", label), line, copy, told), show };
}
