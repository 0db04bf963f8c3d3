"""Pages as the rules see them: a list of cells, whether a notebook or a file of Markdown."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

FENCED = re.compile(r"^([ >]*)(`{3,}|~{3,}).*?^[ >]*\2[`~]* *$", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"\$\$.*?\$\$|(?<![\\$])\$[^$\n]+\$", re.DOTALL)
INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


class Fault(NamedTuple):
    """What is wrong, where, and what to do; a hint is worth a look and fails nothing."""

    place: str
    text: str
    hint: bool = False

    def __str__(self) -> str:
        return f"{'提示 ' if self.hint else ''}{self.place}：{self.text}"


@dataclass(frozen=True)
class Cell:
    """One cell; a file of Markdown is one cell without a name."""

    kind: str  # "markdown" or "code"
    source: str
    name: str = ""
    raw: dict = field(default_factory=dict, repr=False)

    @cached_property
    def prose(self) -> str:
        """The Markdown without blocks of code, formulas and inline code; lines stay lines."""
        text = FENCED.sub(lambda found: "\n" * found[0].count("\n"), self.source)
        text = INLINE_CODE.sub("`", text)  # a mark that nothing else in prose is
        return MATH.sub("$", text)


@dataclass(frozen=True)
class Page:
    """One page of the book.

    Attributes:
        name: Its path below the book's folder, with forward slashes.
        cells: Its cells.
        notebook: The notebook's JSON; empty for a file of Markdown.
    """

    name: str
    cells: tuple[Cell, ...]
    notebook: dict = field(default_factory=dict, repr=False)

    @property
    def markdown(self) -> list[Cell]:
        """The cells of prose."""
        return [cell for cell in self.cells if cell.kind == "markdown"]

    @property
    def code(self) -> list[Cell]:
        """The cells of code."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def is_lesson(self) -> bool:
        """Whether it is a chapter with exercises: a notebook outside the appendix."""
        return bool(self.notebook) and "/appendix/" not in self.name

    def fault(self, text: str, cell: Cell | None = None, hint: bool = False) -> Fault:
        """A fault of this page, of one cell if given."""
        place = f"{self.name} 的单元格 {cell.name}" if cell and cell.name else self.name
        return Fault(place, text, hint)


def page_files(book: Path) -> list[Path]:
    """The files that can be pages: the introduction, and all below chapters/."""
    chapters = [
        file
        for file in sorted((book / "chapters").rglob("*"))
        if file.suffix in {".ipynb", ".md"} and ".ipynb_checkpoints" not in file.parts
    ]
    return [book / "intro.md", *chapters]


def read_page(file: Path, book: Path) -> Page:
    """Reads one page.

    Raises:
        ValueError: If a notebook is not JSON with a list of cells; says so in Chinese.
    """
    name, text = file.relative_to(book).as_posix(), file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return Page(name, (Cell("markdown", text),))
    try:
        notebook = json.loads(text)
        cells = tuple(_cell(raw, number) for number, raw in enumerate(notebook["cells"], 1))
    except json.JSONDecodeError as error:
        conflict = "，里面有 git 合并留下的 <<<<<<<" if "<<<<<<<" in text else ""
        raise ValueError(
            f"{name}：不是完整的笔记本{conflict}（JSON 在第 {error.lineno} 行断了）。"
            "用 git checkout 取回上一次提交的版本，再改"
        ) from error
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name}：是 JSON，却不是笔记本：缺 {error}") from error
    return Page(name, cells, notebook)


def _cell(raw: dict, number: int) -> Cell:
    name = raw.get("id", f"（第 {number} 格）")
    return Cell(raw["cell_type"], "".join(raw["source"]), name, raw)
