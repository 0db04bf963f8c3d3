"""How much a page loads, as a server with gzip would send it."""

import gzip

import pytest

from conftest import CHAPTERS

TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")


def weight(visit, page: str) -> int:
    """Bytes of every response of a first visit; text as gzip -6 makes it."""
    seen = visit("http", page)
    total = 0
    for response in seen.responses:
        body = response.body()
        text = response.headers.get("content-type", "").startswith(TEXT)
        total += len(gzip.compress(body, 6)) if text else len(body)
    return total


@pytest.mark.parametrize("page", CHAPTERS)
def test_weight(visit, html, page: str) -> None:
    """A page of text at most 150 kB, one with formulas or explorers at most 600 kB."""
    source = (html / page).read_text(encoding="utf-8")
    is_text = "mathjax" not in source and "book-widgets.js" not in source
    total = weight(visit, page)
    print(f"{page}: {total} bytes")
    assert 30_000 < total <= (150_000 if is_text else 600_000)


def test_the_introduction_is_a_page_of_text(html) -> None:
    source = (html / "intro.html").read_text(encoding="utf-8")
    assert "mathjax" not in source and "book-widgets.js" not in source
