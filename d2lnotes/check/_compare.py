"""Whether two answers are the same, and if not, how to say so."""

from numbers import Number

import torch

TEXTS = {
    "type": "应返回{expected}，你返回的是 {got}。",
    "tensor": "张量（torch.Tensor）",
    "number": "一个数",
    "whole": "应是整数 {expected}，你的是小数 {got!r}：整除用 //，别的用 int(…) 变成整数。",
    "truth": "True 或 False",
    "sequence": " {count} 个值，例如 {example}",
    "list": "一个列表，例如 {example}",
    "count": "应有 {expected} 个值，你的有 {got} 个。",
    "place": "第 {place} 个值：{how}",
    "shape": "形状应是 {expected}，你的是 {got}。",
    "nan": "你的结果里有 NaN。",
    "values": "形状对，有 {wrong} 个数不对（共 {total} 个）。",
    "value": "数不对。",
    "word": "结果不对。",
}
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}  # of sums of float32 in another order


def difference(expected, got):
    """Say how an answer differs from the expected one.

    Args:
        expected: A tensor, a number, a truth value, a word that ``use`` has for what it saw, or
            a tuple of these.
        got: Anything that a student's function may return.

    Returns:
        A sentence, or None if the two are the same.
    """
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(expected, got)
    if isinstance(expected, (tuple, list)):
        return _sequence_difference(expected, got)
    if isinstance(expected, str):
        return None if got == expected else TEXTS["word"]
    return _number_difference(expected, got)


def _tensor_difference(expected, got):
    if not isinstance(got, torch.Tensor):
        return TEXTS["type"].format(expected=TEXTS["tensor"], got=type(got).__name__)
    if got.shape != expected.shape:
        return TEXTS["shape"].format(expected=tuple(expected.shape), got=tuple(got.shape))
    got, expected = got.detach().cpu().double(), expected.detach().cpu().double()
    if got.isnan().any() and not expected.isnan().any():
        return TEXTS["nan"]
    wrong = (~torch.isclose(got, expected, equal_nan=True, **TOLERANCE)).sum().item()
    return TEXTS["values"].format(wrong=wrong, total=got.numel()) if wrong else None


def _sequence_difference(expected, got):
    if isinstance(got, torch.Tensor) and got.dim() == 1:
        got = got.tolist()
    if not isinstance(got, (tuple, list)):
        kind = TEXTS["list" if isinstance(expected, list) else "sequence"]
        wanted = kind.format(count=len(expected), example=show(expected))
        return TEXTS["type"].format(expected=wanted, got=type(got).__name__)
    if len(got) != len(expected):
        return TEXTS["count"].format(expected=len(expected), got=len(got))
    for place, pair in enumerate(zip(expected, got, strict=True), 1):
        if how := difference(*pair):
            return TEXTS["place"].format(place=place, how=how)
    return None


def _number_difference(expected, got):
    if getattr(got, "ndim", None) == 0:
        got = got.item()
    wanted = bool if isinstance(expected, bool) else Number
    if not isinstance(got, wanted) or isinstance(got, bool) != isinstance(expected, bool):
        kind = TEXTS["truth" if wanted is bool else "number"]
        return TEXTS["type"].format(expected=kind, got=type(got).__name__)
    if isinstance(expected, int) and got == expected and not isinstance(got, int):
        return TEXTS["whole"].format(expected=expected, got=got)
    close = abs(got - expected) <= 1e-5 + 1e-4 * abs(expected) * (not isinstance(expected, int))
    return None if close else TEXTS["value"]


def show(value):
    """Write a value down shortly, for a failing example."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        if value.numel() > 40:
            return f"形状 {tuple(value.shape)} 的张量"
        rows = _rows(value.tolist())
        is_tall = value.dim() == 2 and value.shape[0] > 2 and value.shape[1] > 1
        return "\n" + rows.replace("], ", "],\n ") if is_tall else rows
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(show, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 200 else text[:200] + "…"


def _rows(values):
    if isinstance(values, list):
        return "[" + ", ".join(map(_rows, values)) + "]"
    return f"{values:.4g}" if isinstance(values, float) else str(values)
