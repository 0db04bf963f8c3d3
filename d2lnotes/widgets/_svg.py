"""A still picture of boards of numbers and lines of text, as SVG on a white card.

It must stand where no style sheet and no script reaches it, and beside others on one page: so
every colour is an attribute, and names of parts come from the content.
"""

from html import escape
from math import ceil
from typing import NamedTuple
from zlib import crc32

_ABOVE, _BELOW, _INK, _MUTED, _ALARM = "#e07b00", "#2b7bd6", "#1f2328", "#59636e", "#b3261e"
_TINTS = (0.05, 0.12, 0.22, 0.32, 0.44)  # by step of magnitude, as in explorer.css
_GAP, _MARGIN, _LINE, _FONT = 28, 16, 22, 14
_STOPS = "。，、；：）”"
_LEAST_WIDTH, _MOST_WIDTH = 560, 860


class Cell(NamedTuple):
    """One cell of a board; without a value it has no colour."""

    text: str
    value: float | None = None
    is_padding: bool = False
    is_unread: bool = False


class Board(NamedTuple):
    """A titled grid. ``frame`` is (row, column, rows, columns) of what is outlined."""

    title: str
    cells: list
    frame: tuple | None = None


class Line(NamedTuple):
    """A line of text below the boards; longer ones are broken."""

    text: str
    is_code: bool = False
    is_alarm: bool = False


def number_text(value):
    """At most three significant digits with a true minus sign, as in js/view/numbers.js."""
    if value in (float("inf"), -float("inf")):
        return "∞" if value > 0 else "−∞"
    short = float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))
    return (f"{short:.0f}" if short == int(short) else repr(short)).replace("-", "−")


def draw(title, rows, lines, description):
    """Return the SVG.

    Args:
        title: One line, also the accessible name.
        rows: Rows of boards or None, each as long; those of one column stand below each other.
        lines: Below them.
        description: What the picture shows, for those who do not see it.
    """
    cell = _cell_size(rows)
    columns = [[board for board in column if board] for column in zip(*rows, strict=True)]
    widths = [max(_board_width(board, cell) for board in column) for column in columns]
    inner = max(_LEAST_WIDTH, sum(widths) + _GAP * max(0, len(widths) - 1))
    parts, y = [_text(0, 16, title, size=16, weight="bold")], 40
    for row in rows:
        x = 0
        for board, width in zip(row, widths, strict=True):
            if board:
                parts.append(_board(board, x, y, cell))
            x += width + _GAP
        y += max(len(board.cells) for board in row if board) * cell + 34
    for line in lines:
        for text in _broken(line.text, inner):
            y += _LINE
            family = "monospace" if line.is_code else None
            fill = _ALARM if line.is_alarm else _INK
            parts.append(_text(0, y - 16, text, family=family, fill=fill))
    return _card("".join(parts), inner + 2 * _MARGIN, y + _MARGIN, title, description)


def _card(body, width, height, title, description):
    name = f"dx{crc32((title + description + body).encode()):08x}"
    body = body.replace("url(#hatch)", f"url(#{name}-hatch)")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="sans-serif" font-size="{_FONT}" '
        f'fill="{_INK}" style="max-width: 100%; height: auto">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
        f'<defs><pattern id="{name}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V5" stroke="{_MUTED}" '
        f'stroke-width="1.6" stroke-opacity=".6"/>'
        f"</pattern></defs>"
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="8" fill="#fff" '
        f'stroke="#d1d9e0"/><g transform="translate({_MARGIN} {_MARGIN})">{body}</g></svg>'
    )


def _board_width(board, size):
    return max(len(board.cells[0]) * size, _text_width(board.title))


def _longest(boards):
    return max((len(cell.text) for b in boards for row in b.cells for cell in row), default=1)


def _cell_size(rows):
    """As large as the longest number asks for and the width allows."""
    boards = [[board for board in row if board] for row in rows]
    columns = max((sum(len(board.cells[0]) for board in row) for row in boards), default=1)
    wanted = 18 + 4 * max(3, max(map(_longest, boards), default=1))
    room = _MOST_WIDTH - _GAP * max((len(row) - 1 for row in rows), default=0)
    return min(wanted, max(14, room // columns))


def _text(x, y, text, *, size=None, weight=None, family=None, fill=None):
    given = {"font-size": size, "font-weight": weight, "font-family": family, "fill": fill}
    attributes = "".join(f' {name}="{value}"' for name, value in given.items() if value)
    return f'<text x="{x:g}" y="{y:g}"{attributes}>{escape(text)}</text>'


def _board(board, x, y, size):
    title = f'<text x="0" y="0">{escape(board.title)}</text>'
    font = min(_FONT, size * 0.5, size * 1.65 / max(1, _longest([board])))
    frame = ""
    if board.frame:
        top, left, rows, cols = (n * size for n in board.frame)
        frame = (
            f'<rect x="{left}" y="{top}" width="{cols}" height="{rows}" rx="3" fill="none" '
            f'stroke="{_INK}" stroke-width="2"/>'
        )
    return (
        f'<g transform="translate({x:g} {y:g})">{title}<g transform="translate(0 12)" '
        f'text-anchor="middle" font-size="{font:.3g}">{_backgrounds(board.cells, size)}'
        f"{_numbers(board.cells, size, font)}{frame}</g></g>"
    )


def _backgrounds(cells, size):
    """One path for each look: a big board stays small as text."""
    largest = max((abs(c.value) for row in cells for c in row if _is_finite(c)), default=0)
    looks = {}
    for row, line in enumerate(cells):
        for col, cell in enumerate(line):
            square = f"M{col * size + 1} {row * size + 1}h{size - 2}v{size - 2}h-{size - 2}z"
            for look in _looks(cell, largest):
                looks.setdefault(look, []).append(square)
    return "".join(f'<path {look} d="{"".join(found)}"/>' for look, found in sorted(looks.items()))


def _is_finite(cell):
    return cell.value is not None and abs(cell.value) != float("inf")


def _looks(cell, largest):
    if cell.is_padding:
        yield f'fill="none" stroke="{_MUTED}" stroke-opacity=".6" stroke-dasharray="2 2"'
    elif cell.value is not None:
        step = ceil(abs(cell.value) / largest * 4) if largest and _is_finite(cell) else 0
        hue = _INK if step == 0 else _ABOVE if cell.value > 0 else _BELOW
        yield f'fill="{hue}" fill-opacity="{_TINTS[step]}"'
    if cell.is_unread:
        yield 'fill="url(#hatch)"'


def _numbers(cells, size, font):
    rows = []
    for row, line in enumerate(cells):
        shown = [
            f'<tspan x="{col * size + size / 2:g}">{cell.text}</tspan>'
            for col, cell in enumerate(line)
            if cell.text
        ]
        rows.append(f'<text y="{row * size + size / 2 + font * 0.36:.4g}">{"".join(shown)}</text>')
    return "".join(rows)


def _is_wide(char):
    return ord(char) > 0x2E7F


def _text_width(text, font=_FONT):
    return sum(font if _is_wide(char) else font * 0.6 for char in text)


def _broken(text, width):
    """Lines that fit: they break after spaces and between Chinese characters, not before stops."""
    lines, line, word = [], "", ""
    for char, following in zip(text, [*text[1:], " "], strict=True):
        word += char
        breaks = char == " " or _is_wide(char) or _is_wide(following)
        if not breaks or following in _STOPS or char in "（“":
            continue
        if line and _text_width((line + word).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line, word = line + word, ""
    if line and _text_width(line + word) > width:
        lines.append(line.rstrip())
        line = ""
    return [*lines, line + word]
