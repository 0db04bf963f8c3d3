"""Prints the built site as one book: `python tools/pdf.py` writes _build/cnn-book.pdf.

Chromium prints each page on its own, beginning with the page number after the last one's; then the
title page and the table of contents, when those numbers are known. pdf_join.py makes one file.
"""

import argparse
import datetime
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pikepdf
import yaml
from playwright.sync_api import Page, TimeoutError, sync_playwright
from pypdf import PdfReader, PdfWriter
from sphinx_external_toc.parsing import parse_toc_yaml

import browser as browser_finder
from pdf_join import Chapter, Heading, join

ROOT = Path(__file__).resolve().parents[1]
PREPARE = Path(__file__).with_name("pdf_page.js").read_text(encoding="utf-8")
WIDTH = 658  # of the text on paper, in CSS pixels: 210 - 2 * 18 mm
PATIENCE = 60_000  # milliseconds for the explorers of a page
DRAWN = """() => document.documentElement.dataset.bookWidgets === "ready"
  || !document.querySelector('script[src*="book-widgets.js"]')"""
FAULT = "() => document.querySelector('[data-widget-error]')?.dataset.widgetError"
SETTLED = "() => document.fonts.ready"
# Two Chinese characters that look the same are both the box that stands for a missing one.
HAS_CHINESE = """() => {
  const draw = (char) => {
    const context = new OffscreenCanvas(40, 40).getContext("2d");
    context.font = "32px serif";
    context.fillText(char, 0, 32);
    return context.getImageData(0, 0, 40, 40).data.join();
  };
  return draw("卷") !== draw("池");
}"""
NO_FONT = (
    "这台机器没有中文字体，印出来全是方框。装一种再来——Debian/Ubuntu：sudo apt-get install "
    "fonts-noto-cjk；macOS：在“字体册”里启用“宋体-简”；Windows：设置 → 系统 → 可选功能 → "
    "添加“中文（简体）补充字体”。"
)
# The title above each page but the first; its number goes on from the chapter before.
CHAPTER_STYLE = """
html {{ counter-reset: page {before}; }}
@page {{ @top-right {{ content: {title}; color: #59636e; font: 9pt var(--print-hei); }} }}
@page :first {{ @top-right {{ content: none; }} }}
"""
FRONT_STYLE = """
@page { @bottom-center { content: counter(page, lower-roman); } }
@page :first { @bottom-center { content: none; } }
.title-page { break-after: page; padding-top: 70mm; text-align: center; }
.title-page h1 { margin: 0 0 2em !important; font-size: 28pt !important; }
.contents :is(ol, li) { margin: 0; padding: 0; list-style: none; }
.contents .part { margin-top: 1.2em; font: 600 12pt var(--print-hei); break-after: avoid; }
.contents .chapter { margin-top: 0.5em; font-family: var(--print-hei); break-after: avoid; }
.contents .section { padding-left: 2em; }
.contents a { display: flex; align-items: baseline; gap: 0.5em; color: inherit; }
.contents a::before { flex: 1; order: 1; border-bottom: 1px dotted #59636e; content: ""; }
.contents a b { order: 2; min-width: 2em; font-weight: inherit; text-align: right; }
"""


class PrintError(Exception):
    """What keeps the book from being printed, and the way out, in Chinese."""


@dataclass
class Book:
    """What the title page says."""

    title: str
    author: str
    note: str

    @classmethod
    def read(cls, config: Path) -> "Book":
        """Reads _config.yml."""
        values = yaml.safe_load(config.read_text(encoding="utf-8"))
        footer = re.sub(r"<[^>]+>", "", values.get("html", {}).get("extra_footer", ""))
        return cls(values["title"], values["author"], footer)


def chapters(toc: Path) -> list[tuple[str, str | None]]:
    """The pages in the order of the table of contents, each with the part that it stands in."""
    site = parse_toc_yaml(toc)

    def below(name: str, part: str | None) -> Iterator[tuple[str, str | None]]:
        yield name, part
        for tree in site[name].subtrees:
            for child in tree.files():
                yield from below(child, tree.caption or part)

    return list(below(site.root.docname, None))


def to_pdf(page: Page, style: str) -> PdfReader:
    """Prints what a page of the browser shows."""
    page.add_style_tag(content=style)
    page.evaluate(SETTLED)
    data = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
    return PdfReader(io.BytesIO(data))


def print_chapter(page: Page, file: Path, part: str | None, before: int) -> Chapter:
    """Prints one page of the site.

    Args:
        page: A tab of the browser.
        file: The page.
        part: The part of the book that it stands in.
        before: How many pages come before it.

    Raises:
        PrintError: If its explorers do not draw.
    """
    page.goto(file.as_uri())
    try:
        page.wait_for_function(DRAWN, timeout=PATIENCE)
    except TimeoutError:
        raise PrintError(f"{file.name} 的演示过了一分钟还没有画出来") from None
    fault = page.evaluate(FAULT)
    if fault:
        raise PrintError(f"{file.name} 有演示画不出来：{fault}")
    found = page.evaluate(PREPARE)
    title = json.dumps(found["title"], ensure_ascii=False)
    reader = to_pdf(page, CHAPTER_STYLE.format(before=before, title=title))
    headings = [Heading(**heading) for heading in found["headings"]]
    return Chapter(file.as_uri(), found["title"], part, headings, reader)


def contents(printed: list[Chapter]) -> Iterator[str]:
    """The lines of the table of contents, as HTML."""

    def line(kind: str, text: str, address: str, number: int) -> str:
        return f'<li class="{kind}"><a href="{address}">{escape(text)}<b>{number}</b></a></li>'

    part, first = None, 1
    for chapter in printed:
        if chapter.part != part:
            part = chapter.part
            yield f'<li class="part">{escape(part or "")}</li>'
        yield line("chapter", chapter.title, chapter.url, first)
        for heading in chapter.headings:
            if heading.level == 2:
                number = first + chapter.anchors[heading.id][0]
                yield line("section", heading.text, f"{chapter.url}#{heading.id}", number)
        first += len(chapter.reader.pages)


def print_front(page: Page, book: Book, printed: list[Chapter]) -> PdfReader:
    """Prints the title page and the table of contents, in the style of the page last printed."""
    today = datetime.date.today()
    page.goto(f"{printed[0].url}?contents")  # for its style; a link to a page is none to itself
    page.evaluate(
        "body => { document.body.innerHTML = body; }",
        f"""<div class="bd-main"><div class="bd-content"><article class="bd-article">
        <section class="title-page"><h1>{escape(book.title)}</h1><p>{escape(book.author)}</p>
        <p>{today.year} 年 {today.month} 月 {today.day} 日</p><p>{escape(book.note)}</p></section>
        <section class="contents"><h2>目录</h2><ol>{"".join(contents(printed))}</ol></section>
        </article></div></div>""",
    )
    return to_pdf(page, FRONT_STYLE)


def print_book(pages: list[tuple[Path, str | None]], book: Book, target: Path) -> int:
    """Prints pages of the site as a book.

    Args:
        pages: HTML files, each with the part of the book that it stands in.
        book: For the title page.
        target: Where to write; nothing is written there before all is printed.

    Returns:
        The number of pages.

    Raises:
        PrintError: If something is missing or broken.
    """
    for file, _ in pages:
        if not file.is_file():
            raise PrintError(f"没有 {file}：先运行 make book")
    try:
        path = browser_finder.find()
    except FileNotFoundError as error:
        raise PrintError(str(error)) from None
    if path is None:
        raise PrintError(browser_finder.HOW_TO)
    printed, before = [], 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser_finder.FLAGS)
        page = chromium.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.emulate_media(media="print")
        if not page.evaluate(HAS_CHINESE):
            raise PrintError(NO_FONT)
        for number, (file, part) in enumerate(pages, 1):
            chapter = print_chapter(page, file, part, before)
            printed.append(chapter)
            count = len(chapter.reader.pages)
            print(f"{number:3}/{len(pages)} {chapter.title}：{count} 页", flush=True)
            before += count
        front = print_front(page, book, printed)
        chromium.close()
    writer = join(front, printed, book.title, book.author)
    try:
        write(writer, target)
    except OSError as error:
        raise PrintError(f"写不了 {target}（{error.strerror}）：是不是正在阅读器里打开？") from None
    return len(writer.pages)


def write(writer: PdfWriter, target: Path) -> None:
    """Writes the book whole or not at all, and small: most of it are thousands of tiny objects."""
    plain, part = io.BytesIO(), target.with_suffix(".part")
    writer.write(plain)
    try:
        with pikepdf.open(plain) as book:
            book.save(part, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def main() -> int:
    """Prints the whole book, or the pages that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="pages, such as chapters/networks/lenet; else all")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "_build/cnn-book.pdf")
    options = parser.parse_args()
    html = ROOT / "_build/html"
    every = chapters(ROOT / "_toc.yml")
    wanted = options.names or [name for name, _ in every]
    try:
        if unknown := set(wanted) - {name for name, _ in every}:
            raise PrintError(f"_toc.yml 里没有 {'、'.join(sorted(unknown))}")
        pages = [(html / f"{name}.html", part) for name, part in every if name in wanted]
        count = print_book(pages, Book.read(ROOT / "_config.yml"), options.output)
    except PrintError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n停下了，没有写文件", file=sys.stderr)
        return 130
    size = options.output.stat().st_size / 1e6
    print(f"{options.output}：{count} 页，{size:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
