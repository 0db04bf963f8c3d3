"""`make chapter`: a chapter from the template, and its line in the table of contents."""

import json
import shutil
from pathlib import Path

import pytest

from new_chapter import BOOK, main, new_chapter

TOC = """\
format: jb-book
root: intro
parts:
  - caption: 第一部分 # 注释
    chapters:
      - file: chapters/convolution/one
      - file: chapters/convolution/two # 留着
        title: 第二课
        sections:
          - file: chapters/convolution-more/two-a

  - caption: 附录
    chapters:
      - file: chapters/appendix/glossary
      # - file: chapters/appendix/later"""


@pytest.fixture
def book(tmp_path):
    """A book with a table of contents and one chapter."""
    shutil.copy(BOOK / "_config.yml", tmp_path)
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "chapters/convolution").mkdir(parents=True)
    (tmp_path / "chapters/convolution/one.ipynb").write_text("{}")
    (tmp_path / "chapters/appendix").mkdir()
    return tmp_path


def contents(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_chapter_has_its_title_and_the_books_set_up_cell(book):
    file = new_chapter(book, "convolution/my-lesson", "  我的一课：50% 与 $x$ ")
    assert file == book / "chapters/convolution/my-lesson.ipynb"
    title, setup, *_ = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert title["source"][0] == "# 我的一课：50% 与 $x$\n"
    lenet = json.loads((BOOK / "chapters/networks/lenet.ipynb").read_text(encoding="utf-8"))
    assert setup == lenet["cells"][1]


@pytest.mark.parametrize(
    ("name", "before", "line"),
    [
        ("convolution/my-lesson", "\n\n  - caption: 附录", "      - file: chapters/{}"),
        ("appendix/more", "\n      # - file: chapters/appendix/later", "      - file: chapters/{}"),
    ],
)
def test_the_rest_of_the_table_of_contents_stays(book, name, before, line):
    new_chapter(book, name, "课")
    expected = TOC.replace(before, f"\n{line.format(name)}{before}") + "\n"
    assert (book / "_toc.yml").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("convolution/my-lesson", "", ["TITLE=''", "例如"]),
        ("convolution/my-lesson", "　 ", ["标题要有字"]),
        ("convolution/my-lesson", "一\n二", ["写在一行里"]),
        ("my-lesson", "课", ["'my-lesson'", "文件夹/文件名"]),
        ("", "课", ["NAME=''"]),
        (
            "convolution/one",
            "课",
            ["'convolution/one'", "已经有", "chapters/convolution/one.ipynb"],
        ),
        ("appendix/one", "课", ["已经有"]),
        ("nowhere/one", "课", ["chapters/nowhere", "现有 convolution、"]),
        ("../x", "课", ["没有 chapters/.."]),
        ("convolution/../x", "课", ["小写的英文字母"]),
        ("convolution/My lesson", "课", ["小写的英文字母"]),
        ("convolution/我的课", "课", ["小写的英文字母"]),
        ("convolution/x.ipynb", "课", ["不写 .ipynb"]),
    ],
)
def test_what_cannot_be_done_is_refused(book, name, title, words):
    before = contents(book)
    with pytest.raises(ValueError) as caught:
        new_chapter(book, name, title)
    assert all(word in str(caught.value) for word in words), caught.value
    assert contents(book) == before


def test_the_command_says_why_not(capsys):
    before = (Path(BOOK) / "_toc.yml").read_bytes()
    assert main(["convolution/pooling", "池化"]) == 1
    assert "已经有 chapters/convolution/pooling.ipynb" in capsys.readouterr().err
    assert (BOOK / "_toc.yml").read_bytes() == before
