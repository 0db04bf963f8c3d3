"""What pages say of each other: the table of contents, links, explorers that links set."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

from sphinx_external_toc.parsing import parse_toc_yaml

from .pages import Fault, Page

TOC = "_toc.yml"
LINK = re.compile(r"\]\(([^)\s]+)\)")
EXPLORER = re.compile(r"#([a-z-]+-explorer)(?:-\d+)?\?")


def table_of_contents(book: Path, pages: list[Page]) -> Iterator[Fault]:
    """Every page is in `_toc.yml`, or set aside there as a comment; every entry is a page."""
    listed, text = listed_pages(book), (book / TOC).read_text(encoding="utf-8")
    names = {_stem(page.name) for page in pages}
    for name in sorted(names - listed):
        if not re.search(rf"^\s*#\s*- file: {re.escape(name)}\s*$", text, re.MULTILINE):
            how = f"加一行 - file: {name}（暂时不要就写成 # - file: {name}）"
            yield Fault(TOC, f"没有 {name}，它不会出现在网站上：{how}")
    for name in sorted(listed - names):
        yield Fault(TOC, f"有 {name}，却没有这个文件：改名字，或删去那一行")


def listed_pages(book: Path) -> set[str]:
    """The pages of the site, as `_toc.yml` names them."""
    return set(parse_toc_yaml(book / TOC))


def links(page: Page, listed: set[str]) -> Iterator[Fault]:
    """A link leads to a page of the site, and one that sets an explorer finds it on its page.

    Args:
        page: A page of the site; others lead nowhere.
        listed: The pages of the site.
    """
    if _stem(page.name) not in listed:
        return
    code = "\n".join(cell.source for cell in page.code)
    for cell in page.markdown:
        for address in LINK.findall(cell.prose):
            if found := EXPLORER.match(address):
                name = found[1].replace("-", "_")
                if f"{name}(" not in code and "explain(" not in code:
                    yield page.fault(f"链接 {address} 要的演示 {name} 不在这一章", cell)
            elif re.search(r"\.(ipynb|md)(#|$)", address) and "://" not in address:
                path = unquote(address.partition("#")[0])
                target = normpath(PurePosixPath(page.name).parent / path)
                if _stem(target) not in listed:
                    text = f"链接 {address} 指向 {target}，它不在网站上：改链接，或改成普通的文字"
                    yield page.fault(text, cell)


def _stem(name: str) -> str:
    return name.removesuffix(".ipynb").removesuffix(".md")
