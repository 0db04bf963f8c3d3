"""The set-up cell of every notebook."""

import json
from pathlib import Path

import pytest

from d2lnotes.__main__ import main
from d2lnotes.stamp import setup_source, stamp

BOOK = Path(__file__).parents[2]


def make_book(folder, url):
    (folder / "chapters").mkdir()
    (folder / "_config.yml").write_text(f"repository: {{url: '{url}', branch: v1}}\n")
    cells = [{"cell_type": "code", "id": "setup", "metadata": {}, "outputs": [], "source": []}]
    (folder / "chapters/one.ipynb").write_text(json.dumps({"cells": cells}))
    return folder


def test_the_books_notebooks_are_stamped():
    assert stamp(BOOK) == [], "run: python -m d2lnotes stamp"


def test_url_and_tag_reach_the_cell_once(tmp_path, capsys):
    book = make_book(tmp_path, "https://github.com/someone/cnn")
    assert main(["stamp", str(book)]) == 0
    notebook = json.loads((book / "chapters/one.ipynb").read_text(encoding="utf-8"))
    source = "".join(notebook["cells"][0]["source"])
    assert '%pip install -q --no-deps "git+https://github.com/someone/cnn@v1"' in source
    assert stamp(book) == []


def test_without_a_url_colab_says_what_to_set():
    source = setup_source("https://github.com/OWNER/REPO", "main")
    compile(source, "cell", "exec")
    assert "_config.yml" in source and "pip" not in source
    exec(source)  # does nothing outside Colab


def test_a_notebook_without_the_cell_is_named(tmp_path):
    book = make_book(tmp_path, "https://github.com/someone/cnn")
    (book / "chapters/two.ipynb").write_text(json.dumps({"cells": []}))
    with pytest.raises(ValueError, match=r"two\.ipynb"):
        stamp(book)
