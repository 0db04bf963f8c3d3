"""What a second build of a small book does: what runs again, what fails again."""

import json
import shutil
from collections.abc import Iterator

import pytest

from small_book import ONE, PACKAGE, TWO, Book


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The book after a first build that went well."""
    book = Book(tmp_path_factory.mktemp("book"))
    status, runs, log = book.build()
    assert status == 0, log
    assert runs == ["one", "two"]
    return book


@pytest.fixture
def book(built: Book) -> Iterator[Book]:
    """The built book; what a test changes is undone, and built again where it failed."""
    names = [ONE, TWO, "intro.md", *PACKAGE]
    before = {name: (built.root / name).read_text(encoding="utf-8") for name in names}
    yield built
    for name, text in before.items():
        if (built.root / name).read_text(encoding="utf-8") != text:
            built.write(name, text)


def test_nothing_changed(book: Book) -> None:
    status, runs, log = book.build()
    assert (status, runs) == (0, []), log


def test_prose_executes_nothing_and_is_published(book: Book) -> None:
    book.notebook(ONE, "one", "from d2lnotes import first", prose="改了一段正文。")
    status, runs, log = book.build()
    assert (status, runs) == (0, []), log
    assert "改了一段正文" in (book.root / "_build/html/chapters/one.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("d2lnotes/first.py", ["one"]),
        ("d2lnotes/first.js", ["one"]),
        ("d2lnotes/second.py", ["two"]),
        ("d2lnotes/unused.py", []),
        ("d2lnotes/__init__.py", ["one", "two"]),
    ],
)
def test_code_executes_what_reaches_it(book: Book, name: str, expected: list[str]) -> None:
    book.write(name, PACKAGE[name] + "# x\n" if name.endswith("py") else "export default 2;\n")
    status, runs, log = book.build()
    assert (status, runs) == (0, expected), log


def show_an_explorer(script: str) -> str:
    """A cell that shows a widget with this script, made long enough to be kept apart."""
    return (
        "import anywidget\n\nclass Explorer(anywidget.AnyWidget):\n"
        f"    _esm = {script + '// long' * 100!r}\n\nExplorer()"
    )


def test_script_of_an_explorer_follows_its_notebook(book: Book) -> None:
    html = book.root / "_build/html"
    kept = []
    for script in ("export default { a: 1 };", "export default { b: 2 };"):
        book.notebook(ONE, "one", show_an_explorer(script))
        status, runs, log = book.build()
        assert (status, runs) == (0, ["one"]), log
        [file] = html.glob("_static/widget-code/*.js")
        assert script.replace(" ", "")[-6:-1] in file.read_text("utf-8")
        assert file.name in (html / "chapters/one.html").read_text("utf-8")
        kept.append(file)
    assert kept[0] != kept[1]
    shutil.rmtree(html)
    status, _, log = book.build()
    assert status == 0, log
    assert kept[1].is_file()


def show_a_chinese_title() -> str:
    """A cell that draws a title in a font without Chinese."""
    return (
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\n"
        "plt.rcParams['font.family'] = ['DejaVu Sans']\nplt.title('卷积')\nplt.gcf().canvas.draw()"
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", ["chapters/two.ipynb 的单元格 code 运行时出错，ZeroDivisionError"]),
        (
            "import warnings\nwarnings.warn('careful')",
            ["two.ipynb 的单元格 code：打印了警告", "careful"],
        ),
        (show_a_chinese_title(), ["two.ipynb 的单元格 code：打印了警告", "只用拉丁字母"]),
    ],
    ids=["failing cell", "stderr", "missing glyph"],
)
def test_bad_cell_fails_twice(book: Book, code: str, words: list[str]) -> None:
    book.notebook(TWO, "two", code)
    book.assert_fails_twice(*words)


@pytest.mark.parametrize(
    "link",
    [
        "[没有](nowhere.md)",
        "[没有](chapters/one.ipynb#没有)",
        "{ref}`nothing`",
        "![没有](none.png)",
        "$\\frac{1}$",
    ],
)
def test_missing_reference_or_bad_formula_fails_twice(book: Book, link: str) -> None:
    book.write("intro.md", f"# 书\n\n见[第一章](chapters/one.ipynb#第一节)和{link}。\n")
    book.assert_fails_twice("没有生成好：", "- intro.md：")


def test_heading_that_vanished_is_missed_by_pages_that_did_not_change(book: Book) -> None:
    status, _, log = book.build()
    assert status == 0, log
    text = (book.root / ONE).read_text(encoding="utf-8")
    section = json.dumps("第一节")[1:-1]
    assert section in text
    book.write(ONE, text.replace(section, "renamed"))
    book.assert_fails_twice("intro.md")


def test_outside_request_fails_twice(book: Book) -> None:
    book.write("intro.md", '# 书\n\n<img src="https://example.org/a.png" alt="外面的图">\n')
    book.assert_fails_twice("asks another host")


def test_outside_request_of_an_explorer_fails_twice(book: Book) -> None:
    book.notebook(ONE, "one", show_an_explorer('import "https://example.org/a.js";'))
    book.assert_fails_twice("widget-code", "asks another host")


def test_mended_book_builds(book: Book) -> None:
    book.notebook(TWO, "two", "1 / 0")
    assert book.build()[0] != 0
    book.notebook(TWO, "two", "from d2lnotes import second")
    status, runs, log = book.build()
    assert (status, runs) == (0, []), log  # mended: the results of before are in the cache


def test_what_a_chapter_writes_does_not_stay(book: Book) -> None:
    for build in (1, 2):
        book.notebook(ONE, "one", f"open('checkpoint.pt', 'x')  # build {build}, fails if it stays")
        status, runs, log = book.build()
        assert (status, runs) == (0, ["one"]), log
    assert not list(book.root.rglob("*.pt"))
