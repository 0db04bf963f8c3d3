// The theme takes the focus from its buttons when they are pressed, so that no tooltip stays. Who
// came by keyboard would begin again at the top of the page: for them the focus stays.
for (const button of document.querySelectorAll("button")) {
  button.blur = function () {
    if (!this.matches(":focus-visible")) HTMLElement.prototype.blur.call(this);
  };
}

// The theme makes a stop for the Tab key of code and tables that scroll; these are the formulas.
const scrolling = new ResizeObserver((formulas) => {
  for (const { target } of formulas) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});
for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
  scrolling.observe(formula);
}
