"""Tables that read well in a terminal and in a notebook."""

from html import escape


def text_table(headings, rows, *, left=2):
    """A table as lines of text.

    Args:
        headings: One text a column.
        rows: One tuple of texts a line.
        left: So many columns stand at the left, the rest, numbers, at the right.
    """
    table = [headings, *rows]
    widths = [max(map(text_width, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            _padded(cell, width, is_left=i < left)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def html_table(headings, rows, *, left=2, bold=()):
    """A table as HTML that scrolls sideways where it is too wide.

    Args:
        headings: One text a column.
        rows: One tuple of texts a line.
        left: So many columns stand at the left, the rest at the right.
        bold: Numbers of the rows to be set in bold, from 0.
    """
    head = _html_line("th", headings, left)
    body = "".join(
        _html_line("td", row, left, ";font-weight:bold" if i in bold else "")
        for i, row in enumerate(rows)
    )
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    return f'<div style="overflow-x:auto">{table}</div>'


def text_width(text):
    """Width in a terminal: a Chinese character takes two columns."""
    return sum(2 if ord(char) > 0x2E80 else 1 for char in text)


def _padded(cell, width, *, is_left):
    gap = " " * (width - text_width(cell))
    return cell + gap if is_left else gap + cell


def _html_line(tag, cells, left, style=""):
    sides = ("left" if i < left else "right" for i in range(len(cells)))
    inner = "".join(
        f'<{tag} style="text-align:{side}{style}">{escape(cell)}</{tag}>'
        for side, cell in zip(sides, cells, strict=True)
    )
    return f"<tr>{inner}</tr>"
