"""A notebook as a file: no results in it, the set-up cell as `stamp` writes it, short cells."""

import ast
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from d2lnotes.repository import repository
from d2lnotes.stamp import SETUP_CELL_ID, setup_source

from .pages import Cell, Fault, Page

LONGEST = 15  # lines of a code cell
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
STRIP = "make lint FIX=1 会清掉"


def results(page: Page) -> Iterator[Fault]:
    """What a run leaves in a notebook: outputs, numbers of execution, states of widgets."""
    if "widgets" in page.notebook.get("metadata", {}):
        yield page.fault(f"带着滑块的状态（metadata.widgets）。{STRIP}")
    for cell in page.code:
        if cell.raw.get("outputs"):
            yield page.fault(f"带着输出：输出由 make book 生成，不进仓库。{STRIP}", cell)
        elif cell.raw.get("execution_count") is not None:
            yield page.fault(f"带着运行的序号（execution_count）。{STRIP}", cell)


def kernel(page: Page) -> Iterator[Fault]:
    """A kernel of one machine's own does not start on another."""
    name = page.notebook.get("metadata", {}).get("kernelspec", KERNEL).get("name")
    if name != KERNEL["name"]:
        yield page.fault(f"内核是 {name!r}，别的机器上没有；本书用 python3。make lint FIX=1 会改回")


def accelerator(page: Page) -> Iterator[Fault]:
    """A chapter that trains by recipes asks Colab for a GPU, and no other does."""
    trains = any("from d2lnotes.recipes import" in cell.source for cell in page.code)
    asked = page.notebook.get("metadata", {}).get("accelerator")
    wanted = '笔记本的元数据里的 "accelerator": "GPU"'
    if trains and asked != "GPU":
        yield page.fault(f"用 d2lnotes.recipes 训练网络，Colab 上要有 GPU：加上{wanted}")
    elif asked and not trains:
        yield page.fault(f"不用 d2lnotes.recipes 训练网络，不要占用 Colab 的 GPU：删去{wanted}")


def names_of_cells(page: Page) -> Iterator[Fault]:
    """Every cell has an id, and no two have the same: tests and links find cells by it."""
    for cell in page.cells:
        if page.notebook and "id" not in cell.raw:
            yield page.fault("没有 id（Colab 存的笔记本常这样）。make lint FIX=1 会补上", cell)
    for name, count in Counter(cell.name for cell in page.cells).items():
        if count > 1:
            text = f"有 {count} 个单元格的 id 都是 {name!r}（复制单元格时会这样），请改名"
            yield page.fault(text)


def set_up(page: Page, expected: str) -> Iterator[Fault]:
    """The second cell is the set-up cell, word for word.

    Args:
        page: A page.
        expected: Source of the set-up cell.
    """
    if not page.notebook:
        return
    how = "运行 python -m d2lnotes stamp 来写它，不要手改"
    places = [i for i, cell in enumerate(page.cells) if cell.name == SETUP_CELL_ID]
    if not places:
        yield page.fault(
            f"没有准备单元格：在标题之后加一个空的代码单元格，id 是 {SETUP_CELL_ID}，再{how}"
        )
    elif places[0] != 1:
        yield page.fault("准备单元格应是第二格，紧跟着标题", page.cells[places[0]])
    elif page.cells[1].source != expected:
        yield page.fault(f"准备单元格与 _config.yml 里的仓库地址不符：{how}", page.cells[1])


def setup_of(book: Path) -> str:
    """The set-up cell of this book.

    Raises:
        ValueError: If the address in `_config.yml` is malformed; says so in Chinese.
    """
    return setup_source(*repository(book))


def long_cells(page: Page) -> Iterator[Fault]:
    """A reader takes in a cell at a glance."""
    for cell in page.code:
        lines = len(cell.source.splitlines())
        if lines > LONGEST:
            yield page.fault(
                f"有 {lines} 行，最多 {LONGEST} 行：拆成几格，或者把辅助的代码放进 d2lnotes", cell
            )


def syntax(page: Page) -> Iterator[Fault]:
    """A cell that Python cannot read stops the build after minutes; here it takes no time."""
    for cell in page.code:
        try:
            parsed(cell)
        except SyntaxError as error:
            line = (error.text or "").strip()
            text = f"第 {error.lineno} 行不是合法的 Python（{error.msg}）：{line}"
            yield page.fault(text, cell)


def parsed(cell: Cell) -> ast.Module:
    """The syntax tree of a code cell, IPython's own lines made calls."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def strip(file: Path) -> bool:
    """Takes out of a notebook what a run, another machine or Colab left in it.

    Returns:
        Whether the file changed.
    """
    notebook = json.loads(file.read_text(encoding="utf-8"))
    before = json.dumps(notebook)
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"] |= {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        cell.setdefault("id", cell["metadata"].get("id", f"cell-{number}"))
        for key in ("execution", "outputId", "colab", "id"):
            cell["metadata"].pop(key, None)
    if json.dumps(notebook) == before:
        return False
    notebook["nbformat_minor"] = max(5, notebook.get("nbformat_minor", 5))  # the first with ids
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    file.write_text(text + "\n", encoding="utf-8")
    return True
