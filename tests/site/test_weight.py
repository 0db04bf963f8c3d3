"""How much a page loads, as a server with gzip would send it."""

import gzip

import pytest

from conftest import CHAPTERS

TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")


def weight(visit, page: str) -> int:
    """Bytes of every response of a first visit; text as gzip -6 makes it.

    A blob is what a script that was loaded makes on the spot: it travels no line.
    """
    seen = visit("http", page)
    total = 0
    for response in seen.responses:
        if response.url.startswith("blob:"):
            continue
        body = response.body()
        text = response.headers.get("content-type", "").startswith(TEXT)
        total += len(gzip.compress(body, 6)) if text else len(body)
    return total


def is_text(source: str) -> bool:
    """Whether a page has neither formulas nor explorers."""
    return 'class="math' not in source and "book-widgets.js" not in source


@pytest.mark.parametrize("page", CHAPTERS)
def test_weight(visit, html, page: str) -> None:
    """A page of text at most 150 kB, one with formulas or explorers at most 600 kB."""
    total = weight(visit, page)
    print(f"{page}: {total} bytes")
    limit = 150_000 if is_text((html / page).read_text(encoding="utf-8")) else 600_000
    assert 30_000 < total <= limit


def test_the_introduction_is_a_page_of_text(html) -> None:
    assert is_text((html / "intro.html").read_text(encoding="utf-8"))
