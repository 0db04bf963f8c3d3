"""Formulas are set while the book is built: a picture for the eye, MathML for a screen reader."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from conftest import CHAPTERS
from formulas import aligned, stop, typeset


@pytest.fixture(autouse=True)
def ended():
    """Ends the process that sets formulas."""
    yield
    stop(None, None)


def test_every_formula_of_the_book_is_set(html: Path) -> None:
    count = 0
    for name in CHAPTERS:
        soup = BeautifulSoup((html / name).read_text(encoding="utf-8"), "html.parser")
        glyphs = {path["id"] for path in soup.select("path[id]")}
        for formula in soup.select(".math"):
            assert formula.select_one("mjx-container > svg[aria-hidden=true]"), (name, formula.text)
            assert formula.select_one("mjx-assistive-mml > math").get_text(strip=True), name
            used = {use["href"].removeprefix("#") for use in formula.select("use")}
            assert used <= glyphs, name
            count += 1
    assert count > 500


def test_sizes_are_in_em_and_words_are_left_alone() -> None:
    html = typeset(r"\text{输出 3ex} = x", True)["html"]
    assert "输出 3ex" in html
    assert 'width="' in html and "ex;" not in html


def test_lines_are_aligned() -> None:
    assert aligned("a") == "a"
    for tex in (r"a &= b \\ c &= d", "a = b\n\nc = d"):
        assert "<mtr>" in typeset(aligned(tex), True)["html"]


@pytest.mark.parametrize(("tex", "fault"), [(r"\frac{", "brace"), (r"\nonsense", "Undefined")])
def test_what_tex_does_not_understand_is_an_error(tex: str, fault: str) -> None:
    assert fault in typeset(tex, False)["error"]
