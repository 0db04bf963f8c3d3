"""Builds the book without solutions, for teachers: `make book SOLUTIONS=0`.

A solution is a block of HTML in a page or in a markdown cell, with nothing else on its first and
last line:

    <details><summary>参考答案</summary>
    ...
    </details>

It is taken out before a page is parsed, so that neither the page nor the search index holds it, and
out of the sources and notebooks that the site offers for download. With or without solutions, a
block that is not closed, or that stands in another, is an error: it might swallow half a page.
"""

import json
import os
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

VALUES = {"1": True, "0": False}
WORD = "答案"  # in the summary of a solution, and of no other block
NOTE = "*这一版不含参考答案。*\n"  # in place of a page's first solution

FENCE = re.compile(r"(?:>\s*)*(`{3,}|~{3,})")
CODE = re.compile(r"(`+)[^`]*\1")
SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.DOTALL)
BEGIN, END = "<details", "</details>"


def without_solutions(text: str, note: str = "") -> str:
    """Takes the solutions out of Markdown.

    Args:
        text: A page or a markdown cell.
        note: What stands in place of the first solution.

    Raises:
        ValueError: If a block is not closed, stands in another, has no summary, or shares its
            first or last line with other text.
    """
    kept, block, first, fence = [], [], 0, ""
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        words = line.strip()
        begins = ends = 0
        if fence:
            if words.strip("> ").startswith(fence) and not words.strip("> " + fence[0]):
                fence = ""
        elif found := FENCE.match(words):
            fence = found[1]
        else:
            tags = CODE.sub("", words)
            begins, ends = tags.count(BEGIN), tags.count(END)
        if begins > 1 or (begins and block):
            raise ValueError(f"第 {number} 行：{BEGIN}> 套在另一个里面，或者前一个没有结束")
        if begins:
            if not words.startswith(BEGIN):
                raise ValueError(f"第 {number} 行：{BEGIN}> 前面不能有别的字")
            first = number
        elif ends and not block:
            raise ValueError(f"第 {number} 行：{END} 没有对应的 {BEGIN}>")
        (block if begins or block else kept).append(line)
        if ends:
            if ends > 1 or not words.endswith(END):
                raise ValueError(f"第 {number} 行：{END} 后面不能有别的字")
            summary = SUMMARY.search("".join(block))
            if not summary:
                raise ValueError(f"第 {first} 行：{BEGIN}> 里没有 <summary>")
            if WORD in summary[1]:
                block, note = [note], ""
            kept += block
            block = []
    if block:
        raise ValueError(f"第 {first} 行：{BEGIN}> 没有结束，缺 {END}")
    return "".join(kept)


def page_without_solutions(name: str, text: str) -> str:
    """Takes the solutions out of a page, which may be a notebook, and leaves a note.

    Args:
        name: What to call the page in an error.
        text: The page's source.

    Raises:
        ExtensionError: If a block is malformed; names the page, the cell and the line.
    """
    if not text.startswith("{"):
        return _checked(name, text, NOTE)
    notebook, note = json.loads(text), NOTE
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            before = "".join(cell["source"])
            after = _checked(f"{name} 的单元格 {cell.get('id', '')}", before, note)
            if after != before:
                cell["source"], note = after.splitlines(keepends=True), ""
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _checked(place: str, text: str, note: str) -> str:
    try:
        return without_solutions(text, note)
    except ValueError as error:
        raise ExtensionError(f"{place}，{error}") from error


def read_environment(app: Sphinx, config: Config) -> None:
    """Takes over the variable SOLUTIONS; unset, it is 1."""
    value = os.environ.get("SOLUTIONS", "1")
    if value not in VALUES:
        raise ExtensionError(f"SOLUTIONS={value!r} 无效：1 带参考答案，0 不带")
    config.solutions = VALUES[value]


def drop_from_page(app: Sphinx, docname: str, content: list[str]) -> None:
    """Takes the solutions out of a page that is about to be read; checks them in any case."""
    text = page_without_solutions(docname, content[0])
    if not app.config.solutions:
        content[0] = text


def drop_from_sources(app: Sphinx, error: Exception | None) -> None:
    """Takes the solutions out of what the site offers for download."""
    if error is not None or app.builder.name != "html" or app.config.solutions:
        return
    sources = Path(app.outdir, "_sources")
    ours = {f"{doc}{Path(app.env.doc2path(doc)).suffix}": doc for doc in app.env.found_docs}
    for file in (path for path in sources.rglob("*") if path.is_file()):
        doc = ours.get(file.relative_to(sources).as_posix().removesuffix(".txt"))
        if doc is None:  # of a page that is gone
            file.unlink()
        else:
            text = page_without_solutions(doc, file.read_text(encoding="utf-8"))
            file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.add_config_value("solutions", True, "env")  # another value: every page is read anew
    app.connect("config-inited", read_environment)
    app.connect("source-read", drop_from_page)
    app.connect("build-finished", drop_from_sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
