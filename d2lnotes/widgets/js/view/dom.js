// Elements, and writing to them only what changes: an unchanged node costs no style or layout.

/** An element; `attributes` is an object, or a string for the class alone. */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  const full = typeof attributes === "string" ? { class: attributes } : attributes;
  for (const name in full) node.setAttribute(name, full[name]);
  node.append(...children);
  return node;
}

/** Write an attribute; null or undefined removes it. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function button(text, onClick, className = "") {
  const node = element("button", { type: "button", class: `dx-button ${className}`.trim() }, text);
  node.addEventListener("click", onClick);
  return node;
}

/** A button that shows and hides `panel`; `onOpen()` fills the panel each time it opens. */
export function disclosure(text, panel, onOpen = () => {}) {
  panel.hidden = true;
  const toggle = button(text, () => setOpen(panel.hidden));
  const setOpen = (open) => {
    panel.hidden = !open;
    setAttribute(toggle, "aria-expanded", open);
    if (open) onOpen();
  };
  setAttribute(toggle, "aria-expanded", false);
  return toggle;
}
