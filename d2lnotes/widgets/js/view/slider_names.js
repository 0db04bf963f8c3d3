// ipywidgets leaves the handle of a slider without a name; the site's own bundle gives it one, a
// notebook's does not.

/** Name the handles and read-outs of the sliders that stand in one box with `root`. */
export function nameSliders(root) {
  const box = root.closest(".widget-vbox, .jupyter-widget-vbox, .widget-box");
  for (const slider of box?.querySelectorAll(".widget-slider") ?? []) {
    const name = slider.querySelector(".widget-label")?.textContent.trim();
    const parts = { ".noUi-handle": name, ".widget-readout[contenteditable]": `${name}：键入数值` };
    for (const selector in name ? parts : {}) {
      const node = slider.querySelector(selector);
      if (node && !node.ariaLabel) node.setAttribute("aria-label", parts[selector]);
    }
  }
}
