"""`python -m tools.lint [--fix]`: says what a page of the book breaks, and what to do."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import contents, lessons, notebooks, numbers, pictures, portable, terms
from .pages import Fault, page_files, read_page

BOOK = Path(__file__).parents[2]
PAGE_RULES = [
    notebooks.results,
    notebooks.kernel,
    notebooks.accelerator,
    notebooks.names_of_cells,
    notebooks.long_cells,
    notebooks.syntax,
    portable.markdown,
    lessons.parts,
    lessons.blocks,
    lessons.exercises,
    lessons.tries,
    pictures.alternative_text,
    numbers.uncomputed,
]
TERM_RULES = [terms.other_translations, terms.bare_english, terms.unknown_terms]
STYLE = {
    ("check",): "上面是 ruff 对 Python 代码的意见；多数可以用 ruff check --fix . 改好",
    ("format", "--check"): "上面的文件排版不合惯例：运行 ruff format .",
}


def faults(book: Path) -> Iterator[Fault]:
    """All faults of a book, page by page."""
    setup, listed, glossary = (
        notebooks.setup_of(book),
        contents.listed_pages(book),
        terms.read_glossary(book),
    )
    pages = []
    for file in page_files(book):
        try:
            page = read_page(file, book)
        except ValueError as error:
            yield Fault(*str(error).split("：", 1))
            continue
        pages.append(page)
        for rule in PAGE_RULES:
            yield from rule(page)
        yield from notebooks.set_up(page, setup)
        yield from contents.links(page, listed)
        if page.name != terms.GLOSSARY:
            for rule in TERM_RULES:
                yield from rule(page, glossary)
    yield from contents.table_of_contents(book, pages)


def main() -> int:
    """Prints the faults; 1 if there are any that are not mere hints."""
    parser = argparse.ArgumentParser(prog="python -m tools.lint", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="先清掉笔记本里的输出和运行的序号")
    if parser.parse_args().fix:
        for file in page_files(BOOK):
            if file.suffix == ".ipynb" and notebooks.strip(file):
                print(f"已清理 {file.relative_to(BOOK).as_posix()}")
    try:
        found = list(faults(BOOK))
    except ValueError as error:  # of `_config.yml`
        print(error)
        return 1
    for fault in found:
        print(fault)
    wrong = sum(not fault.hint for fault in found)
    print(f"{wrong} 处要改，{len(found) - wrong} 处提示" if found else "各章都合乎约定")
    return int(_style() or wrong > 0)


def _style() -> bool:
    """Whether ruff finds something in the Python code."""
    failed = False
    for arguments, advice in STYLE.items():
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "."]
        if subprocess.run(command, cwd=BOOK).returncode:
            print(advice)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
