"""A Chinese query typed on the search page finds pages that hold it."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from conftest import SCHEMES

QUERIES = ["卷积核", "感受野", "步幅", "交叉熵损失", "Fashion-MNIST", "corr2d", "滤波器"]
RESULTS = "#search-results ul.search li a:not(.reference)"


def typed(visit, scheme: str, query: str):
    """The search page after a query was typed into its box."""
    seen = visit(scheme, "search.html")
    box = seen.page.locator('article input[name="q"], main input[name="q"]').first
    box.fill(query)
    box.press("Enter")
    seen.page.wait_for_function("location.search.includes('q=')")
    seen.page.wait_for_function("document.querySelector('#search-results p')?.textContent.trim()")
    seen.page.wait_for_timeout(300)  # results come in one by one
    return seen


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("query", QUERIES)
def test_query_finds_pages_that_hold_it(visit, html: Path, scheme: str, query: str) -> None:
    seen = typed(visit, scheme, query)
    found = seen.page.locator(RESULTS).evaluate_all("(links) => links.map((link) => link.href)")
    assert found, f"nothing found for {query}"
    for link in found[:3]:
        file = html / unquote(urlsplit(link.removeprefix(seen.base)).path)
        article = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser").article
        assert query.lower() in article.get_text().lower(), f"{file.name} does not hold {query}"
    assert seen.complaints == []


def test_nonsense_finds_nothing(visit) -> None:
    seen = typed(visit, "http", "龘龘龘")
    assert seen.page.locator(RESULTS).count() == 0
