"""Links of the prose that set an explorer: each is followed, and does what it says."""

import json
import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from conftest import CHAPTERS, HTML, SCHEMES
from d2lnotes.widgets.receptive_field import checked_layers

LINKS = "a.explorer-link"
WITH_LINKS = [name for name in CHAPTERS if "explorer-link" in (HTML / name).read_text("utf-8")]


def test_some_chapter_has_such_links() -> None:
    assert WITH_LINKS


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", WITH_LINKS)
def test_links_set_the_explorer_that_they_name(visit, scheme: str, name: str) -> None:
    seen = visit(scheme, name)
    # else the page may still be on its smooth way to the link when the link is followed
    seen.page.emulate_media(reduced_motion="reduce")
    links = seen.page.locator(LINKS)
    assert links.count() > 0
    for i in range(links.count()):
        href = links.nth(i).get_attribute("href")
        widget, place, query = re.match(r"#([a-z-]+-explorer)(?:-(\d+))?\?(.*)", href).groups()
        root = seen.page.locator(f'[data-widget="{widget}"]').nth(int(place or 1) - 1)
        links.nth(i).press("Enter")
        assert root.locator(".dx-notice").inner_text() == "", href
        state = json.loads(root.get_attribute("data-state"))
        for part in unquote(query).split("&"):
            field, _, text = part.partition("=")
            value = state[field]
            if field == "layers":
                text, value = checked_layers(text), checked_layers(value)
                assert text == value, href
            else:
                assert text == value if isinstance(value, str) else json.loads(text) == value, href
        expect(root).to_be_in_viewport()
    assert seen.complaints == []
