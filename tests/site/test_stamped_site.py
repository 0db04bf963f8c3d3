"""A book whose repository is known: its buttons, its notebooks, and what is not executed again."""

import json

import pytest
from bs4 import BeautifulSoup

from d2lnotes.stamp import LINK_CELL_ID, README_MARKS, pending, stamp
from small_book import ONE, Book


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The small book with set-up cells, built while nobody owns it."""
    book = Book(tmp_path_factory.mktemp("book"))
    book.write("README.md", "\n".join(README_MARKS))
    setup = {"cell_type": "code", "id": "setup", "execution_count": None, "outputs": []}
    for path in (book.root / "chapters").glob("*.ipynb"):
        notebook = json.loads(path.read_text("utf-8"))
        metadata = {"tags": ["remove-cell"]}
        notebook["cells"].insert(1, setup | {"metadata": metadata, "source": []})
        path.write_text(json.dumps(notebook), "utf-8")
    for path, text in pending(book.root).items():
        path.write_text(text, "utf-8")
    status, executed, log = book.build()
    assert (status, executed) == (0, ["one", "two"]), log
    return book


def rebuilt(book, url):
    """Stamps an address and builds; nothing may be executed. Gives the first chapter's page."""
    config = (book.root / "_config.yml").read_text("utf-8")
    old = next(line for line in config.splitlines() if line.startswith("  url: "))
    book.write("_config.yml", config.replace(old, f"  url: {url}"))
    stamp(book.root)
    status, executed, log = book.build()
    assert (status, executed) == (0, []), log
    page = book.root / "_build/html" / ONE.replace(".ipynb", ".html")
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def buttons(page):
    return [link["href"] for link in page.select(".article-header-buttons a[href^=https]")]


def test_no_button_leads_to_nobody(book):
    page = (book.root / "_build/html/chapters/one.html").read_text("utf-8")
    assert buttons(BeautifulSoup(page, "html.parser")) == []


def test_github_then_another_host(book):
    page = rebuilt(book, "https://github.com/zhang/cnn")
    assert sorted(buttons(page)) == [
        f"https://colab.research.google.com/github/zhang/cnn/blob/main/{ONE}",
        "https://github.com/zhang/cnn",
        f"https://mybinder.org/v2/gh/zhang/cnn/main?urlpath=lab/tree/{ONE}",
    ]
    assert "在 Colab 中打开" not in page.text
    for picture in page.select(".article-header-buttons img"):
        assert (book.root / "_build/html/chapters" / picture["src"]).resolve().is_file()
    offered = json.loads((book.root / "_build/html/_sources" / ONE).read_text("utf-8"))
    cells = {cell["id"]: "".join(cell["source"]) for cell in offered["cells"]}
    assert "git+https://github.com/zhang/cnn@main" in cells["setup"]
    assert "colab.research.google.com" in cells[LINK_CELL_ID]

    page = rebuilt(book, "https://gitee.com/zhang/cnn")
    assert buttons(page) == []
