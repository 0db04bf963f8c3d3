// The theme takes the focus from its buttons when they are pressed, so that no tooltip stays. Who
// came by keyboard would begin again at the top of the page: for them the focus stays.
for (const button of document.querySelectorAll("button")) {
  button.blur = function () {
    if (!this.matches(":focus-visible")) HTMLElement.prototype.blur.call(this);
  };
}
