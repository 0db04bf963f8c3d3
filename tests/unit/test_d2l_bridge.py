"""The bridge's tables of names: what they say of d2l 1.0.3 and of d2lnotes is so."""

import inspect
import json
import re
from functools import reduce
from pathlib import Path

import pytest

import d2lnotes

d2l = pytest.importorskip("d2l.torch", reason="pip install --no-deps d2l==1.0.3")

PAGE = Path(__file__).parents[2] / "chapters" / "appendix" / "d2l-bridge.ipynb"
CODE = re.compile(r"`([\w.]+)`")


def has(module, path):
    try:
        reduce(getattr, path.split("."), module)
    except AttributeError:
        return False
    return True


@pytest.fixture(scope="module")
def rows():
    """Names of d2l, where they are, names of ours: one tuple a row."""
    cells = json.loads(PAGE.read_text(encoding="utf-8"))["cells"]
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for cell in cells
        if cell["id"].startswith("names-")
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("| `")
    ]
    return [(CODE.findall(d2ls), where, ours_of(d2ls, ours)) for d2ls, where, ours, _ in table]


def ours_of(d2ls, ours):
    """Names of the column 本书, which says 同名 for short."""
    if not ours.startswith("同名"):
        return CODE.findall(ours)
    return [f"models.{name}" if "models" in ours else name for name in CODE.findall(d2ls)]


def test_places_are_those_that_the_page_explains(rows):
    places = {"两版的包", "1.0.3 的包", "0.17.6 的包", "两版的书", "1.0.3 的书"}
    assert {where for _, where, _ in rows} == places


def test_d2l_has_the_names_that_the_table_says_it_has(rows):
    names = [(name, where) for there, where, _ in rows for name in there]
    assert len(names) > 60
    packed = ("两版的包", "1.0.3 的包")
    assert [name for name, where in names if has(d2l, name) != (where in packed)] == []


def test_ours_are_where_the_table_says(rows):
    names = [name for *_, ours in rows for name in ours]
    assert len(names) > 30
    assert [name for name in names if not has(d2lnotes, name)] == []


def shared():
    return [name for name in dir(d2l) if name[0] != "_" and callable(getattr(d2lnotes, name, None))]


def test_no_shared_name_is_left_out(rows):
    told = {name for there, *_ in rows for name in there}
    assert len(shared()) > 12
    assert set(shared()) <= told


def test_all_but_residual_take_d2ls_arguments_in_d2ls_order():
    def parameters(module, name):
        return list(inspect.signature(getattr(module, name)).parameters)

    other = [
        name
        for name in shared()
        if parameters(d2lnotes, name)[: len(parameters(d2l, name))] != parameters(d2l, name)
    ]
    assert other == ["Residual"]
