"""Says last, in Chinese, why a build failed: which page, which cell, what to do.

Sphinx and Jupyter Book end with a long traceback of their own, or with a remark to look above. What
is said here comes when Python exits, after all that.
"""

import atexit
import json
import logging
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.util.logging import WarningLogRecordTranslator

LINES_A_CELL = 10_000  # myst-nb counts line 3 of cell 2 as 20003
MOST = 10  # warnings that are repeated
RUN = "在 JupyterLab 里打开它，从头运行到这一格，改好再生成（make lint FIX=1 清掉输出）"


class Warnings(logging.Handler):
    """Keeps the warnings of a build with their places, as Sphinx writes those."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(WarningLogRecordTranslator(app))
        self.records: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one warning."""
        message = logging.LogRecord.getMessage(record)  # the translator's puts the place before it
        self.records.append((getattr(record, "location", None) or "", message))


def reasons(app: Sphinx, error: Exception | None, warnings: Warnings) -> Iterator[str]:
    """What went wrong, a sentence each."""
    cause = error
    while cause and (deeper := cause.__cause__ or cause.__context__):
        page, cause = Path(str(cause)), deeper  # myst-nb's error names the page
        if isinstance(cause, CellExecutionError):
            what = f"{cause.ename}: {cause.evalue}"
            yield f"{_name(app, page)}{_failing_cell(page, cause)} 运行时出错，{what}。{RUN}"
            return
    if cause:
        yield f"{type(cause).__name__}: {cause}"
    for location, message in warnings.records[:MOST]:
        page, number = _page_and_cell(location)
        if "stderr was found" in message:
            message = f"打印了警告，{_stderr(app, page, number)}"
        yield f"{_name(app, page)}{_cell_name(page, number)}：{message}" if location else message
    if len(warnings.records) > MOST:
        yield f"还有 {len(warnings.records) - MOST} 条，见上面的 WARNING"


def _page_and_cell(location: str) -> tuple[Path, int]:
    """What `chapters/a.ipynb:20003` means: a page, and the number of a cell or 0."""
    name, _, line = location.rpartition(":")
    return (Path(name), int(line) // LINES_A_CELL) if line.isdigit() else (Path(location), 0)


def _name(app: Sphinx, page: Path) -> str:
    return page.relative_to(app.srcdir).as_posix() if page.is_relative_to(app.srcdir) else str(page)


def _cell_name(page: Path, number: int) -> str:
    cells = _cells(page)
    return f" 的单元格 {cells[number - 1].get('id', number)}" if 0 < number <= len(cells) else ""


def _cells(page: Path) -> list[dict]:
    if page.suffix != ".ipynb" or not page.is_file():
        return []
    return json.loads(page.read_text(encoding="utf-8"))["cells"]


def _failing_cell(page: Path, error: CellExecutionError) -> str:
    """Which cell it was: the error quotes its source."""
    for number, cell in enumerate(_cells(page), 1):
        source = "".join(cell["source"]).strip()
        if cell["cell_type"] == "code" and source and source in error.traceback:
            return _cell_name(page, number)
    return ""


def _stderr(app: Sphinx, page: Path, number: int) -> str:
    """What a cell wrote to stderr, and what it mostly means."""
    cells = [
        cell
        for cell in app.env.get_doctree(app.env.path2doc(str(page))).findall(nodes.container)
        if cell.get("cell_index") == number - 1
    ]
    blocks = [block for cell in cells for block in cell.findall(nodes.literal_block)]
    text = "\n".join(block.astext() for block in blocks if "stderr" in block["classes"])
    lines = text.strip().splitlines()
    line = next((line for line in lines if "Warning" in line), lines[0] if lines else "")
    font = "。图里只用拉丁字母：matplotlib 没有中文字体" if "missing from" in text else ""
    return line.strip()[-200:] + font


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    warnings = Warnings(app)
    logging.getLogger("sphinx").addHandler(warnings)

    def tell(app: Sphinx, error: Exception | None) -> None:
        said = list(dict.fromkeys(reasons(app, error, warnings)))
        if said:
            atexit.register(print, "没有生成好：", *said, sep="\n- ")

    app.connect("build-finished", tell, priority=2000)  # after checks that may still warn
    return {"parallel_read_safe": True, "parallel_write_safe": True}
