"""Arguments of explorers: whole numbers in a range and tables of numbers, or a clear refusal."""

import math
import numbers
import operator
from typing import NamedTuple

from ..shapes import TORCH_SAYS


class Knob(NamedTuple):
    """Range of one argument: the slider's usual one, and the utmost it is extended to."""

    least: int
    usual: int
    most: int


LARGEST = 9999  # of a cell, as in js/view/fields.js

_TEXT = {
    "not_an_int": "{name}={value!r} 不是整数，应为 {least} 到 {most} 的整数{pair}。",
    "or_pair": "，或一对这样的整数（高，宽）",
    "out_of_range": "{name}={value} 超出范围，应为 {least} 到 {most} 的整数。",
    "torch": "PyTorch 的说法：{message}。",
    "not_an_option": "{name}={value!r} 不对，应为 {options} 之一。",
    "not_a_flag": "{name}={value!r} 不对，应为 True 或 False。",
    "not_numbers": "{name} 应为数的列表、数组或张量，例如 [[0, 1], [2, 3]]，"
    "却在其中见到 {value!r}。",
    "dimensions": "{name} 应为 {wanted} 维，却是 {found} 维。{hint}",
    "ragged": "{name} 的各行长短不一：{lengths}。数表的每行应一样长。",
    "empty": "{name} 是空的，每一维至少要有 1 个数。",
    "not_finite": "{name} 的第 {place} 个数是 {value}，应为有限的数。",
    "too_big": "{name} 的第 {place} 个数是 {value}，太大而画不下，应在 −{most} 到 {most} 之间。",
}


def checked_int(name, value, knob, *, pair=False):
    """Return an argument as int, or say what would be valid."""
    facts = {"name": name, "value": value, "least": knob.least, "most": knob.most}
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        hint = _TEXT["or_pair"] if pair else ""
        raise TypeError(_TEXT["not_an_int"].format(**facts, pair=hint))
    if knob.least <= number <= knob.most:
        return number
    message = _TEXT["out_of_range"].format(**facts)
    if number < knob.least and name in TORCH_SAYS:
        message += _TEXT["torch"].format(message=TORCH_SAYS[name])
    raise ValueError(message)


def checked_pair(name, value, knob):
    """Return an int or a pair of them as (rows, columns)."""
    sides = value if isinstance(value, (tuple, list)) and len(value) == 2 else (value, value)
    rows, cols = (checked_int(name, side, knob, pair=True) for side in sides)
    return rows, cols


def checked_option(name, value, options):
    """Return a word that is one of the options."""
    if value in options:
        return value
    listed = "、".join(map(repr, options))
    raise ValueError(_TEXT["not_an_option"].format(name=name, value=value, options=listed))


def checked_flag(name, value):
    """Return a bool that is one."""
    if isinstance(value, bool):
        return value
    raise TypeError(_TEXT["not_a_flag"].format(name=name, value=value))


def plain(values):
    """Turn tensors, arrays and scalars, nested or not, into lists and numbers."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, (list, tuple, range)):
        return [plain(value) for value in values]
    return values


def shape_of(table):
    """The sizes of a nested list, outermost first."""
    if not isinstance(table, list):
        return ()
    return (len(table), *(shape_of(table[0]) if table else ()))


def checked_table(name, values, dimensions, hint=""):
    """Return a table of finite numbers as nested lists of floats, or say what is wrong.

    Args:
        name: The argument, for messages.
        values: Nested lists, array or tensor.
        dimensions: How many levels there must be.
        hint: What to do instead where the number of dimensions is another.
    """
    table = plain(values)
    leaves = list(_leaves(table))
    strange = next((value for _, value in leaves if not isinstance(value, numbers.Real)), None)
    if strange is not None or any(value is None for _, value in leaves):
        raise TypeError(_TEXT["not_numbers"].format(name=name, value=strange))
    depths = {len(place) for place, _ in leaves}
    if depths - {dimensions}:
        facts = {"wanted": dimensions, "found": max(depths), "hint": hint}
        raise ValueError(_TEXT["dimensions"].format(name=name, **facts))
    level = [table]
    for _ in range(dimensions):
        lengths = [len(part) for part in level]
        if 0 in lengths:
            raise ValueError(_TEXT["empty"].format(name=name))
        if len(set(lengths)) > 1:
            raise ValueError(_TEXT["ragged"].format(name=name, lengths=lengths))
        level = [value for part in level for value in part]
    for place, value in leaves:
        _check_number(name, float(value), place)
    return _floats(table)


def _leaves(value, place=()):
    """Every ((i, j, …), number) of a nested list; i, j, … count from 1."""
    if not isinstance(value, list):
        yield place, value
        return
    for i, part in enumerate(value, start=1):
        yield from _leaves(part, (*place, i))


def _check_number(name, number, place):
    facts = {"name": name, "place": place, "value": number, "most": LARGEST}
    if not math.isfinite(number):
        raise ValueError(_TEXT["not_finite"].format(**facts))
    if abs(number) > LARGEST:
        raise ValueError(_TEXT["too_big"].format(**facts))


def _floats(value):
    return [_floats(part) for part in value] if isinstance(value, list) else float(value)
