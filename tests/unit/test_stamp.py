"""Where the book's repository is: in every notebook, and in README."""

import json
import sys
from pathlib import Path

import pytest

from d2lnotes.__main__ import main
from d2lnotes.repository import repository
from d2lnotes.stamp import LINK_CELL_ID, README_MARKS, pending, setup_source, stamp

BOOK = Path(__file__).parents[2]
GITHUB = "https://github.com/zhang/cnn"
COLAB = "https://colab.research.google.com/github"


def cell(kind, name, *lines):
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, **code, "source": list(lines)}


@pytest.fixture
def book(tmp_path):
    """Two notebooks, a README and a table of contents, not stamped yet."""
    cells = [
        cell("markdown", "title", "# 章"),
        cell("code", "setup"),
        cell("markdown", "end", "完"),
    ]
    notebook = {"cells": cells, "metadata": {"accelerator": "GPU"}, "nbformat": 4}
    for name in ("chapters/one.ipynb", "chapters/part/two.ipynb"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (tmp_path / "README.md").write_text("# 书\n\n{}\n{}\n\n正文\n".format(*README_MARKS), "utf-8")
    toc = "root: intro\nchapters:\n  # - file: chapters/one\n  - file: chapters/part/two\n"
    (tmp_path / "_toc.yml").write_text(toc, "utf-8")
    address(tmp_path, GITHUB)
    return tmp_path


def address(book, url, branch="v1"):
    text = f"title: 书\nrepository:\n  url: {url}\n  branch: {branch}\n"
    (book / "_config.yml").write_text(text, "utf-8")


def sources(path):
    notebook = json.loads(path.read_text("utf-8"))
    return {c["id"]: "".join(c["source"]) for c in notebook["cells"]}


def contents(book):
    return {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}


def test_the_book_says_everywhere_what_its_configuration_says():
    assert list(pending(BOOK)) == [], "run: python -m d2lnotes stamp"


def test_url_and_tag_reach_every_notebook_and_the_readme(book):
    assert main(["stamp", str(book)]) == 0
    for name in ("chapters/one.ipynb", "chapters/part/two.ipynb"):
        cells = sources(book / name)
        assert list(cells) == ["title", "setup", LINK_CELL_ID, "end"]
        assert f'%pip install -q --no-deps "git+{GITHUB}@v1"' in cells["setup"]
        assert f"]({COLAB}/zhang/cnn/blob/v1/{name})" in cells[LINK_CELL_ID]
    readme = (book / "README.md").read_text("utf-8")
    assert f"]({COLAB}/zhang/cnn/blob/v1/chapters/part/two.ipynb)" in readme
    assert "](https://mybinder.org/v2/gh/zhang/cnn/v1?urlpath=lab)" in readme
    assert readme.startswith("# 书\n") and readme.endswith("\n\n正文\n")


def test_the_link_cell_holds_no_picture_and_stays_off_the_page(book):
    stamp(book)
    cells = json.loads((book / "chapters/one.ipynb").read_text("utf-8"))["cells"]
    link = next(c for c in cells if c["id"] == LINK_CELL_ID)
    assert link["metadata"]["tags"] == ["remove-cell"]
    assert "![" not in "".join(link["source"]) and "<img" not in "".join(link["source"])


def test_stamping_twice_changes_nothing(book, capsys):
    assert len(stamp(book)) == 3
    before = contents(book)
    assert stamp(book) == [] and contents(book) == before
    assert main(["stamp", str(book)]) == 0
    assert "都已是最新" in capsys.readouterr().out


def test_another_address_replaces_the_first_everywhere(book):
    fresh = contents(book)
    stamp(book)
    address(book, "https://github.com/li/conv", "2026/spring")
    stamp(book)
    assert not any(b"zhang" in text for text in contents(book).values())
    address(book, "https://gitee.com/li/conv")
    stamp(book)
    assert not any(b"github" in text for text in contents(book).values())
    assert "git+https://gitee.com/li/conv@v1" in sources(book / "chapters/one.ipynb")["setup"]
    assert contents(book)[book / "README.md"] == fresh[book / "README.md"]


def test_a_repository_that_colab_cannot_open_is_told(book, capsys):
    address(book, "https://gitee.com/li/conv")
    assert main(["stamp", str(book)]) == 0
    assert "不在 GitHub" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "branch", "says"),
    [
        ("https://github.com/OWNER/REPO", "main", "先换成你自己的仓库地址"),
        ("https://github.com/zhang/REPO", "main", "先换成你自己的仓库地址"),
        ("github.com/zhang/cnn", "main", "以 https:// 开头"),
        ("git@github.com:zhang/cnn", "main", "以 https:// 开头"),
        ("https://github.com/zhang/cnn.git", "main", "末尾不要斜线和 .git"),
        ("https://github.com/zhang/cnn/", "main", "末尾不要斜线和 .git"),
        ("https://github.com/zhang", "main", "两段"),
        ("https://github.com/zhang/cnn/tree/main", "main", "两段"),
        ("https://github.com/zhang/my cnn", "main", "空格"),
        ("'https://github.com/zhang/cnn\"; rm -rf /'", "main", "不能有的字符"),
        ("2026", "main", "不能有的字符"),
        ("https://github.com/zhang/cnn", "1.10", r'branch: "1\.10"'),
        ("https://github.com/zhang/cnn", "-v1", "分支或标签的名字"),
        ("https://github.com/zhang/cnn", "'v1 && x'", "分支或标签的名字"),
        ("https://github.com/zhang/cnn", "", "不是文字"),
        ("'", "main", "不是合法的 YAML"),
    ],
)
def test_a_bad_address_is_refused_and_nothing_is_written(book, capsys, url, branch, says):
    address(book, url, branch)
    before = contents(book)
    assert main(["stamp", str(book)]) == 1
    error = capsys.readouterr().err
    with pytest.raises(ValueError, match=says):
        raise ValueError(error)
    assert contents(book) == before


def test_a_password_in_the_address_is_refused_and_not_repeated(book, capsys):
    address(book, "https://zhang:s3cret@github.com/zhang/cnn")
    assert main(["stamp", str(book)]) == 1
    error = capsys.readouterr().err
    assert "密码" in error and "s3cret" not in error


def test_a_configuration_without_a_repository(book, capsys):
    (book / "_config.yml").write_text("title: 书\n", "utf-8")
    assert main(["stamp", str(book)]) == 1
    assert "repository" in capsys.readouterr().err
    assert main(["stamp", str(book / "chapters")]) == 1
    assert "请在书的文件夹里运行" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("chapters/three.ipynb", '{"cells": []}', r"three\.ipynb 里没有 id 为 'setup'"),
        ("chapters/three.ipynb", "<<<<<<< HEAD", r"three\.ipynb 不是完好的笔记本"),
        ("chapters/three.ipynb", "[]", r"three\.ipynb 不是完好的笔记本"),
        ("README.md", "# 书\n", r"README\.md 里要有这样两行"),
    ],
)
def test_one_bad_file_is_named_and_nothing_is_written(book, name, text, says):
    (book / name).write_text(text, "utf-8")
    before = contents(book)
    with pytest.raises(ValueError, match=says):
        stamp(book)
    assert contents(book) == before


def test_copies_that_jupyter_keeps_are_left_alone(book):
    copy = book / "chapters/.ipynb_checkpoints/one-checkpoint.ipynb"
    copy.parent.mkdir()
    copy.write_text("{}")
    stamp(book)
    assert copy.read_text() == "{}"


def test_without_an_address_the_cell_does_nothing_here_and_explains_itself_on_colab(monkeypatch):
    source = setup_source("https://github.com/OWNER/REPO", "main")
    exec(source)
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    exec(source)  # installed by hand: goes on
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"(?s)%pip install --no-deps .*_config\.yml"):
        exec(source)


def test_the_books_own_address_is_well_formed():
    url, ref = repository(BOOK)
    assert url.startswith("https://") and ref
