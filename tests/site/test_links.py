"""Every link and asset of every page leads to something that is there."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from conftest import PAGES, SCHEMES

EXPLORER = re.compile(r"#[a-z-]+-explorer(-\d+)?\?")
ADDRESSES = {"href", "src", "data", "poster"}


@pytest.fixture(scope="module")
def soups(html: Path) -> dict[Path, BeautifulSoup]:
    """Every page, parsed."""
    pages = (html / name for name in [*PAGES, "index.html"])
    return {page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser") for page in pages}


def test_internal_links_are_live(html: Path, soups: dict[Path, BeautifulSoup]) -> None:
    ids = {
        page: {
            tag[key] for tag in soup.find_all(True) for key in ("id", "name") if tag.has_attr(key)
        }
        for page, soup in soups.items()
    }
    dead, checked = [], 0
    for page, soup in soups.items():
        links = (tag[key] for tag in soup.find_all(True) for key in ADDRESSES if tag.has_attr(key))
        for link in links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or EXPLORER.match(link):  # see test_explorer_links.py
                continue
            checked += 1
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in ids and anchor not in ids[target]):
                dead.append(f"{page.relative_to(html)}: {link}")
    assert dead == []
    assert checked > 100  # else nothing was looked at


@pytest.mark.parametrize("scheme", SCHEMES)
def test_index_leads_to_the_book(visit, scheme: str) -> None:
    seen = visit(scheme, "index.html")
    seen.page.wait_for_url(f"{seen.base}intro.html")
    assert seen.complaints == []


def test_no_button_leads_to_a_placeholder(soups: dict[Path, BeautifulSoup]) -> None:
    links = [tag["href"] for soup in soups.values() for tag in soup.find_all("a", href=True)]
    assert [link for link in links if "OWNER" in link] == []


def test_every_page_describes_itself(html: Path, soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        if page.name in {"search.html", "genindex.html", "index.html"}:
            continue
        description = soup.find("meta", attrs={"name": "description"})
        assert description, page
        assert 10 <= len(description["content"]) <= 120, page


def test_download_serves_the_source(html: Path, soups: dict[Path, BeautifulSoup]) -> None:
    chapters = [page for page in soups if "chapters" in page.parts]
    assert chapters
    for page in chapters:
        link = soups[page].select_one("a.btn-download-source-button")
        served = (page.parent / link["href"]).resolve()
        source = html.parents[1] / page.relative_to(html).with_suffix(served.suffix)
        assert served.read_bytes() == source.read_bytes()
