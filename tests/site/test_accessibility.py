"""axe looks at every page and explorer: in light and dark, on a wide screen and on a phone."""

import pytest
from playwright.sync_api import Page

from conftest import PAGES, ROOT
from test_dark_mode import switch_to

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
WIDGETS = ".widget-subarea"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
LOOKS = [("light", WIDE), ("light", PHONE), ("dark", WIDE), ("dark", PHONE)]
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


def violations(page: Page, looks: list[tuple[str, dict]], selector: str) -> list[str]:
    """What axe finds in part of a page, by theme and width."""
    found = []
    for theme, size in looks:
        page.set_viewport_size(WIDE)  # a phone hides the button
        switch_to(page, theme)
        page.set_viewport_size(size)
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")  # or the button's tooltip stays
        page.wait_for_timeout(500)  # after 300 ms the theme makes what now scrolls a tab stop
        where = f"{theme}, {size['width']} px"
        found += [f"{where}: {what}" for what in page.evaluate(VIOLATIONS, selector)]
    return found


@pytest.mark.parametrize("name", [*PAGES, "search.html?q=卷积"])
def test_axe_finds_nothing(visit, name: str) -> None:
    """Looks at the page with all answers open, and at its explorers with every slider at its end.

    The frame around the text is the same on every page: only on the first all looks are at it.
    """
    page = visit("http", name).page
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    light_wide, *others, dark_phone = LOOKS
    found = violations(page, LOOKS if name == PAGES[0] else [light_wide, dark_phone], "html")
    if page.locator(WIDGETS).count():
        found += violations(page, others, WIDGETS)
        for slider in page.locator(WIDGETS).get_by_role("slider").all():
            slider.press("End")
        found += violations(page, LOOKS, WIDGETS)
    assert not found, "\n\n".join(found)
