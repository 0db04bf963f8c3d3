"""What a lesson consists of: aims, summary, exercises with their answers."""

import ast
import re
from collections.abc import Iterator
from itertools import dropwhile

from solutions import without_solutions

from .notebooks import parsed
from .pages import FENCED, Cell, Fault, Page

AIMS, SUMMARY, EXERCISES = "**学习目标**", "## 小结", "## 练习"
LABEL = re.compile(r"^\*\*(\d+)\. ?(.*?)[：:]", re.MULTILINE)
WRITE = "写代码"
KINDS = (WRITE, "猜一猜", "解释", "实验")
USUAL = 5  # exercises a chapter


def parts(page: Page) -> Iterator[Fault]:
    """Title and aims at the beginning; summary and exercises at the end."""
    if not page.cells or not page.cells[0].source.startswith("# "):
        yield page.fault("第一行应是标题：# 这一章的名字")
    if not page.notebook:
        return
    text = "\n".join(cell.source for cell in page.markdown)
    lines = [line.strip() for line in text.splitlines()]
    wanted = [AIMS, SUMMARY, EXERCISES] if page.is_lesson else [AIMS, SUMMARY]
    for heading in wanted:
        if heading not in lines:
            yield page.fault(f"缺少单独的一行 {heading}")
    places = [lines.index(heading) for heading in wanted if heading in lines]
    if places != sorted(places):
        yield page.fault("次序应是：学习目标，正文，小结，练习")


def blocks(page: Page) -> Iterator[Fault]:
    """Blocks that fold are whole: else the answers could not be taken out."""
    for cell in page.markdown:
        try:
            without_solutions(cell.source)
        except ValueError as error:
            yield page.fault(f"折叠的块写错了，{error}", cell)


def exercises(page: Page) -> Iterator[Fault]:
    """Exercises are numbered; each has an answer, and one that asks for code has a cell for it."""
    if not page.is_lesson:
        return
    names = {cell.name for cell in page.cells}
    labels = [
        (cell, int(number), kind)
        for cell in _from_heading(page)
        for number, kind in LABEL.findall(FENCED.sub("", cell.source))
    ]
    numbers = [number for _, number, _ in labels]
    if numbers != list(range(1, len(numbers) + 1)):
        yield page.fault(f"练习应从 1 起连续编号，现在是 {numbers}")
    for cell, number, kind in labels:
        wanted = [f"exercise-{number}", f"answer-{number}"]
        if kind not in KINDS:
            yield page.fault(f"练习 {number} 的种类是 {kind!r}，应是{'、'.join(KINDS)}之一", cell)
        if kind == WRITE:
            wanted.append(f"try-{number}")
        elif f"try-{number}" in names:
            yield page.fault(f"有 try-{number}，题目却不是“{WRITE}”：改题目，或删去那一格", cell)
        for name in wanted:
            if name not in names:
                yield page.fault(f"练习 {number}（{kind}）缺少 id 为 {name} 的单元格", cell)
    for cell in page.cells:
        found = re.fullmatch(r"(?:exercise|try|answer)-(\d+)", cell.name)
        if found and int(found[1]) not in numbers:
            label = f"**{found[1]}. 猜一猜：……。**"
            yield page.fault(f"没有练习 {found[1]}：题目的第一行应是 {label}", cell)
    missing = [kind for kind in KINDS[:3] if kind not in [kind for _, _, kind in labels]]
    if labels and (missing or len(labels) < USUAL):
        lacking = f"，没有{'、'.join(missing)}" if missing else ""
        usual = f"本书每章至少 {USUAL} 道，{'、'.join(KINDS[:3])}都有"
        yield page.fault(f"有 {len(labels)} 道练习{lacking}。{usual}", hint=True)


def _from_heading(page: Page) -> Iterator[Cell]:
    """The cells of prose from the heading of the exercises on."""
    return dropwhile(lambda cell: EXERCISES not in cell.source.splitlines(), page.markdown)


def tries(page: Page) -> Iterator[Fault]:
    """The cell of an exercise leaves a gap, and the answer defines what it asks for."""
    cells = {cell.name: cell for cell in page.cells}
    for name, cell in cells.items():
        if not re.fullmatch(r"try-\d+", name):
            continue
        if "..." not in cell.source:
            yield page.fault("没有留空：函数体写成 ...  # 写在这里", cell)
        answer = cells.get(name.replace("try", "answer"))
        code = "\n".join(re.findall(r"```python\n(.*?)```", answer.source if answer else "", re.S))
        asked = {definition for definition in _definitions(cell) if definition.startswith("my_")}
        for definition in sorted(asked):
            if answer and not re.search(rf"\b{definition}\b", code):
                yield page.fault(f"没有定义 {definition}，而 {name} 要的是它", answer)


def _definitions(cell: Cell) -> set[str]:
    try:
        body = parsed(cell).body
    except SyntaxError:  # another rule says so
        return set()
    return {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
