"""Exercises as they stand in the chapters: open stubs, answers that pass.

What can be seen without running them is looked at by tools/lint/lessons.py.
"""

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
FENCE = re.compile(r"```python\n(.*?)```", re.S)


def cells_of(path):
    return {c["id"]: c for c in json.loads(path.read_text(encoding="utf-8"))["cells"]}


def source(cell):
    return "".join(cell["source"])


CALL = re.compile(r"check\.(\w+)\((\w+)\)\s*$")


def tries():
    """The exercises that a checker looks at; a teacher's own may compare in their own way."""
    for path in CHAPTERS:
        for id_, cell in cells_of(path).items():
            if id_.startswith("try-") and CALL.search(source(cell)):
                yield pytest.param(path, id_.removeprefix("try-"), id=f"{path.stem}-{id_}")


def run(code, names):
    exec(compile(code, "<chapter>", "exec"), names)


def names():
    """What the chapters import and define before their exercises."""
    return {"torch": torch, "nn": nn, "F": F, "check": check, "corr2d": corr2d}


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
