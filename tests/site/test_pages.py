"""Every page, over http and as a file: quiet, complete, and fit for a phone."""

from itertools import pairwise, product
from pathlib import Path

import pytest

from conftest import PAGES, SCHEMES, Visit


@pytest.fixture(scope="module", params=list(product(SCHEMES, PAGES)), ids=lambda p: "-".join(p))
def opened(request: pytest.FixtureRequest, visit) -> Visit:
    """The page, opened once for all tests of this file."""
    return visit(*request.param)


def test_every_page_is_in_the_table_of_contents(html: Path) -> None:
    built = {file.relative_to(html).as_posix() for file in html.rglob("*.html")}
    assert {name for name in built if not name.startswith("_")} == {*PAGES, "index.html"}


def test_nothing_fails_and_nothing_leaves(opened: Visit) -> None:
    assert opened.complaints == []


def test_every_widget_is_drawn(opened: Visit) -> None:
    views = opened.page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count()
    assert opened.page.locator("[data-widget-error]").count() == 0
    assert opened.page.locator("[data-widget-ready='1']").count() == views


def test_every_picture_has_words(opened: Visit) -> None:
    silent = opened.page.evaluate(
        """() => [
          // where a cell gives no words, docutils writes the address
          ...[...document.images].filter(({ alt }) => !alt.trim() || alt.includes("_images/")),
          ...document.querySelectorAll(
            'svg[role="img"]:not([aria-label], [aria-labelledby], :has(title))'),
        ].map((element) => element.outerHTML.slice(0, 200))"""
    )
    assert silent == []


def test_every_slider_and_button_has_a_name(opened: Visit) -> None:
    nameless = opened.page.evaluate(
        """() => [...document.querySelectorAll('article [role="slider"], article button')]
          .filter((e) => !`${e.ariaLabel ?? ''}${e.title}${e.textContent}`.trim())
          .map((e) => e.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


def test_headings_do_not_skip_a_level(opened: Visit) -> None:
    levels = opened.page.evaluate(
        """() => [...document.querySelectorAll('main :is(h1,h2,h3,h4)')]
          .filter((heading) => heading.checkVisibility()) // the theme hides one for print
          .map((heading) => Number(heading.tagName[1]))"""
    )
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_page_fits_a_phone(opened: Visit) -> None:  # the last one: it changes the page's width
    opened.page.set_viewport_size({"width": 320, "height": 640})
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
