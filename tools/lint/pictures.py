"""Every figure has words: alternative text for who does not see it, in the cell's metadata."""

import ast
from collections.abc import Iterator

from .notebooks import parsed
from .pages import Cell, Fault, Page

DRAWS = {"show_images", "plot_feature_maps", "plot_history", "Animator"}  # of d2lnotes
TRAINS = {"train_ch6", "train_recipe"}  # draw unless told plot=False
QUIET = {"Rectangle", "close", "setp"}  # of pyplot: make no figure
HOW = '在这一格的元数据里写 "mystnb": {"image": {"alt": "这张图说明什么"}}'


def alternative_text(page: Page) -> Iterator[Fault]:
    """A cell that draws has an alternative text; the build makes it the picture's `alt`."""
    drawing = set(DRAWS)
    for cell in page.code:
        calls = _calls(cell, drawing)
        words = cell.raw.get("metadata", {}).get("mystnb", {}).get("image", {}).get("alt", "")
        if calls and not words.strip():
            yield page.fault(f"用 {calls[0]} 画了图，没有替代文字：{HOW}", cell)


def _calls(cell: Cell, drawing: set[str]) -> list[str]:
    """What a cell calls that draws; functions that it defines and that draw join `drawing`."""
    try:
        tree = parsed(cell)
    except SyntaxError:  # another rule says so
        return []
    found = []
    for statement in tree.body:
        calls = [
            name
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and (name := _drawing_name(node, drawing))
        ]
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            drawing |= {statement.name} if calls else set()
        else:
            found += calls
    return found


def _drawing_name(call: ast.Call, drawing: set[str]) -> str:
    name = ast.unparse(call.func)
    owner, _, last = name.rpartition(".")
    if owner == "plt":
        return "" if last in QUIET or last.startswith("rc") else name
    if last in TRAINS:
        told = [word for word in call.keywords if word.arg in ("plot", None)]  # None: **options
        return "" if told else name
    return name if last in drawing else ""
