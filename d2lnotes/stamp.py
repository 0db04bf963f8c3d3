"""What opens the book elsewhere: set-up cells, Colab links and README's line, all written here."""

import json
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from .repository import colab_address, is_placeholder, on_github, repository

SETUP_CELL_ID = "setup"
LINK_CELL_ID = "open-in-colab"
README_MARKS = ("<!-- 由 python -m d2lnotes stamp 写入 -->", "<!-- 到这里 -->")
BINDER = "https://mybinder.org/v2/gh"

_INSTALL = """\
# 在 Colab 上安装本书的 d2lnotes（不改动 Colab 自带的任何包）；在别处什么也不做
import sys

if "google.colab" in sys.modules:
    %pip install -q --no-deps "git+{url}@{ref}"
"""
_UNSET = """\
# 在 Colab 上安装本书的 d2lnotes；在别处什么也不做
import sys
from importlib.util import find_spec

if "google.colab" in sys.modules and not find_spec("d2lnotes"):
    raise RuntimeError(
        "这本笔记里没有写仓库的地址，Colab 不知道从哪里安装 d2lnotes。\\n"
        "读者：把 d2lnotes 的安装包（.whl 文件）拖进左边的“文件”，新建一格，"
        "运行 %pip install --no-deps *.whl，再运行这一格。\\n"
        "作者：在 _config.yml 里填写 repository.url，运行 python -m d2lnotes stamp，"
        "提交并推送。"
    )
"""
_LINK = "[在 Colab 中打开这一章]({address})：什么也不用装，在浏览器里运行。"


def setup_source(url, ref):
    """Source of the set-up cell for a repository URL and a tag or branch."""
    source = _UNSET if is_placeholder(url) else _INSTALL.format(url=url, ref=ref)
    return source.rstrip("\n")


def stamp(book):
    """Write the repository's address into every notebook of the book and into its README.

    Nothing is written if anything is wrong; doing it twice changes nothing.

    Args:
        book: Folder of ``_config.yml``.

    Returns:
        The changed files.

    Raises:
        ValueError: If the address is malformed or still the placeholder, or if a file has no place
            for it.
    """
    url, _ = repository(book)
    if is_placeholder(url):
        raise ValueError(
            f"_config.yml 里的 repository.url 还是 {url}：请先换成你自己的仓库地址。什么也没有写"
        )
    texts = pending(book)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def pending(book):
    """The files that do not say what ``_config.yml`` says, and what they should say instead.

    Args:
        book: Folder of ``_config.yml``; its address may be the placeholder.

    Returns:
        New texts by path.

    Raises:
        ValueError: As :func:`stamp`, but for the placeholder.
    """
    book = Path(book)
    url, ref = repository(book)
    texts = {path: _notebook(path, url, ref, path.relative_to(book)) for path in notebooks(book)}
    texts[book / "README.md"] = _readme(book, url, ref)
    return {path: text for path, text in texts.items() if text is not None}


def notebooks(book):
    """The notebooks of the book, in order of their paths."""
    found = sorted((Path(book) / "chapters").rglob("*.ipynb"))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def _notebook(path, url, ref, place):
    """The new text of a notebook, or None if it stays as it is."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        ids = [cell.get("id") for cell in notebook["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{place} 不是完好的笔记本：{error}") from error
    if SETUP_CELL_ID not in ids:
        raise ValueError(f"{place} 里没有 id 为 {SETUP_CELL_ID!r} 的单元格，请照别的笔记本加上")
    cells = [dict(cell) for cell in notebook["cells"] if cell.get("id") != LINK_CELL_ID]
    index = next(i for i, cell in enumerate(cells) if cell.get("id") == SETUP_CELL_ID)
    cells[index]["source"] = setup_source(url, ref).splitlines(keepends=True)
    if _opens_in_colab(url):
        cells.insert(index + 1, _link_cell(colab_address(url, ref, place.as_posix())))
    if cells == notebook["cells"]:
        return None
    return json.dumps(notebook | {"cells": cells}, ensure_ascii=False, indent=1) + "\n"


def _link_cell(address):
    """For readers on GitHub; the site has a button of its own and leaves the cell out."""
    return {
        "cell_type": "markdown",
        "id": LINK_CELL_ID,
        "metadata": {"tags": ["remove-cell"]},
        "source": [_LINK.format(address=address)],
    }


def _readme(book, url, ref):
    """The new text of README.md, or None if it stays as it is."""
    text = (book / "README.md").read_text(encoding="utf-8")
    begin, end = README_MARKS
    if [text.count(begin), text.count(end)] != [1, 1] or text.index(begin) > text.index(end):
        raise ValueError(f"README.md 里要有这样两行，链接写在它们中间：\n{begin}\n{end}")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    lines = [begin, *_readme_lines(book, url, ref), end]
    new = before + "\n".join(lines) + after
    return None if new == text else new


def _readme_lines(book, url, ref):
    if not _opens_in_colab(url):
        return []
    colab = colab_address(url, ref, _first_chapter(book))
    binder = f"{BINDER}{urlsplit(url).path}/{quote(ref, safe='')}?urlpath=lab"
    return [f"不用安装：[在 Colab 中打开第一章]({colab})，或[在 Binder 中打开整本书]({binder})。"]


def _first_chapter(book):
    toc = (book / "_toc.yml").read_text(encoding="utf-8")
    for file in re.findall(r"^\s*- file:\s*(\S+)", toc, re.MULTILINE):
        if (book / f"{file}.ipynb").is_file():
            return f"{file}.ipynb"
    raise ValueError("_toc.yml 里一本笔记本也没有")


def _opens_in_colab(url):
    return on_github(url) and not is_placeholder(url)
