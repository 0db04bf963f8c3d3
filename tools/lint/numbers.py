"""Numbers in prose come from a cell nearby. Only a hint: what a cell prints is not known here.

Counted as measured: percentages, decimals, and integers of five digits or more. Not counted: what
stands in code, formulas and quotes; exercises and answers; sentences that give a source (a paper,
a year, a link). A section (from one heading to the next) that has such numbers and no cell of code
is named.
"""

import re
from collections.abc import Iterator

from .pages import Cell, Fault, Page

MEASURED = re.compile(r"(?<![\w.])(?:\d+(?:\.\d+)?%|\d+\.\d+|\d{5,})(?![\w.])")
SOURCED = re.compile(r"论文|文献|教科书|作者|\d{4} 年|https?://|\]\(http|arXiv")
SENTENCE = re.compile(r"[^。！？\n]+")
HEADING = re.compile(r"^#{1,4} ")
END = "## 小结"  # repeats what was computed before


def uncomputed(page: Page) -> Iterator[Fault]:
    """Names sections with measured numbers and no code."""
    if not page.is_lesson:
        return
    for section in _sections(page):
        if any(cell.kind == "code" for cell in section):
            continue
        for cell in section:
            numbers = [
                number
                for sentence in SENTENCE.findall(cell.prose)
                if not SOURCED.search(sentence)
                for number in MEASURED.findall(sentence)
            ]
            if numbers:
                text = f"这一节没有代码，{'、'.join(numbers[:3])} 是哪里算出来的？"
                yield page.fault(f"{text}加一格算出它，或写明出处", cell, hint=True)


def _sections(page: Page) -> Iterator[list[Cell]]:
    """The cells before the summary, a list for each heading."""
    section = []
    for cell in page.cells:
        if END in cell.source.splitlines():
            break
        if cell.kind == "markdown" and HEADING.match(cell.source):
            yield section
            section = []
        section.append(cell)
    yield section
