"""axe looks at every explorer and slider: in light and dark, on a wide screen and on a phone."""

from itertools import product

import pytest
from playwright.sync_api import Page

from conftest import CHAPTERS, ROOT
from test_dark_mode import switch_to

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
WIDGETS = ".widget-subarea"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
VIOLATIONS = """async (selector) => {
  // Colours are looked at where they come to rest; to wait for that may be to wait for ever.
  const ends = (animation) => animation.effect?.getComputedTiming().endTime < Infinity;
  for (const animation of document.getAnimations().filter(ends)) animation.finish();
  const { violations } = await axe.run(
    { include: [...document.querySelectorAll(selector)] },
    { rules: { "target-size": { enabled: true } } }, // of WCAG 2.2: off by default
  );
  const reasons = ({ any, all, none }) => [...any, ...all, ...none].map(({ message }) => message);
  return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => [
    `${id} (${impact}) at ${node.target}`, node.html.slice(0, 300), ...reasons(node),
  ].join("\\n  ")));
}"""


def violations(page: Page) -> list[str]:
    """What axe finds in the widgets of a page, by theme and width."""
    found = []
    for theme, size in product(("light", "dark"), (WIDE, PHONE)):
        page.set_viewport_size(WIDE)  # a phone hides the button
        switch_to(page, theme)
        page.set_viewport_size(size)
        where = f"{theme}, {size['width']} px"
        found += [f"{where}: {what}" for what in page.evaluate(VIOLATIONS, WIDGETS)]
    return found


@pytest.mark.parametrize("name", CHAPTERS)
def test_axe_finds_nothing(visit, html, name: str) -> None:
    """Looks twice: at each explorer as it is first shown, and with every slider at its end."""
    if "book-widgets.js" not in (html / name).read_text(encoding="utf-8"):
        return
    page = visit("http", name).page
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = violations(page)
    for slider in page.locator(WIDGETS).get_by_role("slider").all():
        slider.press("End")
    found += violations(page)
    assert not found, "\n\n".join(found)
