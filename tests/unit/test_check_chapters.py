"""Exercises as they stand in the chapters: three kinds, open stubs, answers that pass."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.ops import corr2d

FOLDERS = ("convolution", "networks")
CHAPTERS = [
    path
    for folder in FOLDERS
    for path in sorted((Path(__file__).parents[2] / "chapters" / folder).glob("*.ipynb"))
]
LABEL = re.compile(r"^\*\*(\d+)\. (写代码|猜一猜|解释|实验)：", re.M)
FENCE = re.compile(r"```python\n(.*?)```", re.S)


def cells_of(path):
    return {c["id"]: c for c in json.loads(path.read_text(encoding="utf-8"))["cells"]}


def source(cell):
    return "".join(cell["source"])


def tries():
    for path in CHAPTERS:
        for id_ in cells_of(path):
            if id_.startswith("try-"):
                yield pytest.param(path, id_.removeprefix("try-"), id=f"{path.stem}-{id_}")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_every_chapter_asks_three_kinds_of_questions(path):
    cells = cells_of(path)
    labels = [label for cell in cells.values() for label in LABEL.findall(source(cell))]
    assert [int(number) for number, _ in labels] == list(range(1, len(labels) + 1))
    kinds = [kind for _, kind in labels]
    assert len(kinds) >= 5 and {"写代码", "猜一猜", "解释"} <= set(kinds)
    for number, kind in labels:
        assert f"exercise-{number}" in cells and f"answer-{number}" in cells
        assert (f"try-{number}" in cells) == (kind == "写代码")


def run(code, names):
    exec(compile(code, "<chapter>", "exec"), names)


def names():
    """What the chapters import and define before their exercises."""
    return {"torch": torch, "nn": nn, "F": F, "check": check, "corr2d": corr2d}


CALL = re.compile(r"check\.(\w+)\((\w+)\)\s*$")


@pytest.mark.parametrize(("path", "number"), list(tries()))
def test_a_stub_is_open_and_its_answer_passes(path, number):
    cells = cells_of(path)
    stub = source(cells[f"try-{number}"])
    exercise, submission = CALL.search(stub).groups()
    code = stub[: CALL.search(stub).start()]
    space = names()
    run(code, space)
    assert getattr(check, exercise)(space[submission]).outcome == "unattempted"
    answer = FENCE.search(source(cells[f"answer-{number}"])).group(1)
    run(answer, space)
    result = getattr(check, exercise)(space[submission])
    assert result, result


def test_every_checker_is_asked_for_once():
    asked = [
        match.group(1)
        for path in CHAPTERS
        for cell in cells_of(path).values()
        if cell["id"].startswith("try-") and (match := CALL.search(source(cell)))
    ]
    assert sorted(asked) == sorted(check.__all__)
    assert len(asked) >= 25
