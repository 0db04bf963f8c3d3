"""Markdown that the site, GitHub and Colab all show alike."""

import re
from collections.abc import Iterator

from .pages import Cell, Fault, Page

TAGS = {"details", "summary", "br", "sub", "sup", "kbd"}
TAG = re.compile(r"</?([a-zA-Z][\w-]*)(?=[\s/>])[^>]*>")
DIRECTIVE = re.compile(r"^[ >]*(?::{3,}|`{3,}|~{3,})\s*\{[^}]*\}.*$", re.MULTILINE)
ROLE = re.compile(r"\{[a-zA-Z][\w:.+-]*\}(?=`)")
LABEL = re.compile(r"^\([\w-]+\)=$", re.MULTILINE)
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]*)")
BARE_LATEX = re.compile(r"^\\begin\{\w+\*?\}", re.MULTILINE)
ADMONITION = "改用引用块：> **注意** …… 或 > **提示** ……"


def markdown(page: Page) -> Iterator[Fault]:
    """Markup that only one of the three knows."""
    for cell in page.markdown:
        for text in _unportable(cell):
            yield page.fault(text, cell)


def _unportable(cell: Cell) -> Iterator[str]:
    for found in DIRECTIVE.findall(cell.source):
        yield f"GitHub 和 Colab 不认得 MyST 的指令 {found.strip()}：{ADMONITION}"
    for found in ROLE.findall(cell.prose):
        yield f"GitHub 和 Colab 不认得 MyST 的角色 {found}`…`：链接写成 [文字](文件.ipynb#标题)"
    for found in LABEL.findall(cell.prose):
        yield f"GitHub 和 Colab 不认得标签 {found}：链接直接指向标题，[文字](文件.ipynb#标题)"
    for found in BARE_LATEX.findall(cell.prose):
        yield f"公式 {found} 要放在 $$ 和 $$ 之间"
    for address in PICTURE.findall(cell.prose):
        how = "图用代码画（matplotlib 或 d2lnotes.diagrams）"
        yield f"图片 {address}：在 Colab 里或离线时看不到。{how}"
    for found in TAG.finditer(cell.prose):
        if found[1].lower() not in TAGS:
            yield f"HTML 标签 {found[0]}：只用 <details> 和 <summary>，其余换成 Markdown 或删去"
