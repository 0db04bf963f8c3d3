"""The book with and without solutions: `SOLUTIONS=1` and `SOLUTIONS=0`."""

import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from offline_zip import make_zip
from small_book import ONE, Book
from solutions import WORD, page_without_solutions, without_solutions

SECRETS = ["quokka", "袋鼠"]  # in solutions alone, of the page and of the notebook
SOLUTION = f"<details><summary>参考答案</summary>\n\n{' '.join(SECRETS)}\n\n</details>\n"
HINT = "<details><summary>提示</summary>\n\n先数一数。\n\n</details>\n"
MALFORMED = {
    "没有结束": "<details><summary>参考答案</summary>\n\n四。\n",
    "套在另一个里面": f"<details><summary>参考答案</summary>\n{HINT}</details>\n",
    "没有对应的": f"{SOLUTION}</details>\n",
    "没有 <summary>": "<details>\n参考答案：四。\n</details>\n",
    "前面不能有": f"- 题。{SOLUTION}",
    "后面不能有": "<details><summary>参考答案</summary>\n四。</details>别的\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book with a solution on a page of Markdown and two in a notebook, not yet built."""
    book = Book(tmp_path_factory.mktemp("book"))
    book.write("intro.md", f"# 书\n\n一加三得几？\n\n{SOLUTION}\n## 后面\n\n还有正文。\n")
    book.notebook(ONE, "one", "1 + 1", prose=f"二加二得几？\n\n{SOLUTION}\n再想想。\n\n{SOLUTION}")
    return book


def holders(folder: Path, word: str) -> list[str]:
    """Which files hold a word, as it is or as JSON writes it."""
    forms = {word.encode(), word.encode("ascii", "backslashreplace")}
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [
        file.relative_to(folder).as_posix()
        for file in files
        if any(form in file.read_bytes() for form in forms)
    ]


def test_a_build_without_solutions_holds_none(book: Book) -> None:
    html = book.root / "_build/html"
    status, runs, log = book.build()
    assert (status, runs) == (0, ["one", "two"]), log
    for secret in SECRETS:
        assert {"intro.html", "chapters/one.html"} <= set(holders(html, secret))
    assert holders(html / "_sources", "quokka") == ["chapters/one.ipynb", "intro.md"]
    assert "_static/search-index.js" in holders(html, "quokka")

    status, runs, log = book.build(SOLUTIONS="0")
    assert (status, runs) == (0, []), log  # results come from the cache
    for secret in SECRETS:
        assert holders(html, secret) == []
    for page in ("intro.html", "chapters/one.html"):
        text = (html / page).read_text(encoding="utf-8")
        assert text.count("<em>这一版不含参考答案。</em>") == 1
    assert "还有正文" in (html / "intro.html").read_text(encoding="utf-8")
    assert "再想想" in (html / "chapters/one.html").read_text(encoding="utf-8")

    zipped = make_zip(html, book.root)
    assert zipped.name == "cnn-book-no-answers.zip"
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(book.root / "unzipped")
    for secret in SECRETS:
        assert holders(book.root / "unzipped", secret) == []

    status, runs, log = book.build(SOLUTIONS="1")
    assert (status, runs) == (0, []), log
    assert {"intro.html", "chapters/one.html"} <= set(holders(html, "quokka"))
    assert holders(html / "_sources", "quokka") == ["chapters/one.ipynb", "intro.md"]


@pytest.mark.parametrize("value", ["no", ""])
def test_another_value_is_refused(book: Book, value: str) -> None:
    status, _, log = book.build(SOLUTIONS=value)
    assert status != 0
    assert f"SOLUTIONS={value!r} 无效：1 带参考答案，0 不带" in log


def test_a_block_that_is_not_closed_fails_twice(book: Book) -> None:
    text = (book.root / ONE).read_text(encoding="utf-8")
    book.notebook(ONE, "one", "1 + 1", prose=MALFORMED["没有结束"])
    book.assert_fails_twice("chapters/one 的单元格 title，第 3 行：<details> 没有结束")
    book.assert_fails_twice("没有结束", SOLUTIONS="0")
    book.write(ONE, text)
    status, _, log = book.build()
    assert status == 0, log


@pytest.mark.parametrize("words", MALFORMED)
def test_malformed_blocks_are_named(words: str) -> None:
    with pytest.raises(ValueError, match=rf"第 \d+ 行：.*{words}"):
        without_solutions(f"# 题\n\n{MALFORMED[words]}\n后面的正文。\n")


def test_what_is_no_solution_stays() -> None:
    code = "```html\n<details><summary>参考答案</summary>\n```\n\n写作 `</details>`。\n"
    text = f"# 题\n\n{HINT}\n{code}"
    assert without_solutions(text + SOLUTION, "没有。\n") == text + "没有。\n"


def test_code_in_a_solution_goes_with_it() -> None:
    fenced = "````text\n```\n</details>\n````\n"
    block = f"<details><summary>参考答案</summary>\n\n{fenced}\n</details>\n"
    assert without_solutions(f"前\n{block}后\n") == "前\n后\n"


def test_no_page_of_the_book_keeps_a_solution() -> None:
    pages = [ROOT / "intro.md", *(ROOT / "chapters").rglob("*.md")]
    pages += (ROOT / "chapters").rglob("*.ipynb")
    dropped = 0
    for page in pages:
        text = page.read_text(encoding="utf-8")
        after = page_without_solutions(page.stem, text)
        dropped += text.count("<details>") - after.count("<details>")
        assert f"{WORD}</summary>" not in after
    assert dropped > 50
