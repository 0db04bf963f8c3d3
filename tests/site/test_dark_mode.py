"""The dark-mode button: the page turns dark, stays readable, and remembers."""

from playwright.sync_api import Page

PAGE = "chapters/convolution/padding-and-stride.html"
LUMINANCE = """(selector) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = ([r, g, b]) => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  const { backgroundColor, color } = getComputedStyle(document.querySelector(selector));
  return { ground: luminance(channels(backgroundColor)), text: luminance(channels(color)) };
}"""


def theme(page: Page) -> str:
    """The theme that the page shows."""
    return page.locator("html").get_attribute("data-theme")


def switch_to(page: Page, wanted: str) -> None:
    """Clicks the button, which goes round auto, light and dark, until it is at the wanted one."""
    for _ in range(4):
        if theme(page) == wanted and page.locator("html").get_attribute("data-mode") == wanted:
            return
        page.locator(".theme-switch-button:visible").first.click()
    raise AssertionError(f"the button never came to {wanted}")


def test_dark_and_back(visit) -> None:
    seen = visit("http", PAGE)
    switch_to(seen.page, "dark")
    dark = seen.page.evaluate(LUMINANCE, "body")
    assert dark["ground"] < 0.2 < 0.7 < dark["text"]
    label = seen.page.evaluate(LUMINANCE, ".widget-label")
    assert label["text"] > 0.6
    answer = seen.page.evaluate(LUMINANCE, ".text_html")  # of a checker: no light box
    assert answer["ground"] < 0.2 < 0.7 < answer["text"]
    seen.page.reload()
    seen.settle()
    assert theme(seen.page) == "dark"
    switch_to(seen.page, "light")
    light = seen.page.evaluate(LUMINANCE, "body")
    assert light["text"] < 0.3 < 0.8 < light["ground"]
    assert seen.complaints == []
