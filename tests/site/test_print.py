"""A page on paper: figures in place of explorers, light colours, nothing over the edge."""

import pytest

from test_dark_mode import LUMINANCE, theme

WIDTH = 658  # CSS pixels between the margins of A4
PAGES = ["chapters/convolution/channels.html", "chapters/convolution/receptive-field.html"]
CONTROLS = (
    ".bd-article :is(button:not(.rf-select), input, .slider-container, .copybtn, .headerlink)"
)
AROUND = ":is(.bd-header, .bd-header-article, .bd-sidebar, #jb-print-docs-body, .bd-footer-content)"
SHOWN = """(selector) => [...document.querySelectorAll(selector)]
  .filter((node) => node.checkVisibility()).map((node) => node.outerHTML.slice(0, 80))"""
TOO_WIDE = """(width) => [...document.querySelectorAll(".bd-article :not(mjx-assistive-mml *)")]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > width + 1)
  .filter((node) => node.localName !== "mjx-assistive-mml") // for the ear
  .map((node) => node.outerHTML.slice(0, 80))"""
# Punctuation that no Chinese line may begin with, where it begins one.
FORBIDDEN = """() => {
  const article = document.querySelector(".bd-article");
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const [found, range] = [[], document.createRange()];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    const block = parentElement.closest("p, li");
    if (!block?.checkVisibility() || parentElement.closest(".jupyter-widgets, pre")) continue;
    for (const { index } of data.matchAll(/[，。、；：？！）”]/g)) {
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + 1);
      const { left, width } = range.getBoundingClientRect();
      if (width && left - block.getBoundingClientRect().left < 1) found.push(block.textContent);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("name", PAGES)
def test_paper(visit, name: str) -> None:
    seen = visit("http", name)
    page = seen.page
    page.set_viewport_size({"width": WIDTH, "height": 900})
    page.emulate_media(media="print")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(SHOWN, CONTROLS) == []
    assert page.evaluate(SHOWN, AROUND) == []
    for explorer in page.locator("[data-widget]").all():
        assert explorer.locator(".dx-stage").is_visible()
    assert page.locator(".bd-article h1").is_visible()
    assert page.evaluate(TOO_WIDE, WIDTH) == []
    assert page.evaluate(FORBIDDEN) == []
    assert page.locator("details:visible").count() == 0  # an answer is printed if it was opened
    page.locator("details").first.evaluate("node => { node.open = true; }")
    assert page.locator("details:visible").count() == 1
    for selector in (".bd-article p", ".bd-article .highlight pre"):
        assert page.evaluate(LUMINANCE, selector)["text"] < 0.3
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert theme(page) == "dark"
    assert seen.complaints == []
