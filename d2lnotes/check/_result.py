"""What a checker answers."""

from dataclasses import dataclass
from html import escape

MARKS = {"right": "✓", "unattempted": "○", "wrong": "✗", "crashed": "!"}


@dataclass(frozen=True)
class Result:
    """The verdict on one submission; true only when it is right.

    Attributes:
        outcome: ``'right'``, ``'unattempted'``, ``'wrong'`` or ``'crashed'``.
        title: One sentence.
        details: Lines below it: the reason, the failing example, the way on.
        mistake: Name of the known mistake that the submission makes, if it is one.
    """

    outcome: str
    title: str
    details: tuple[str, ...] = ()
    mistake: str | None = None

    def __bool__(self):
        return self.outcome == "right"

    def __repr__(self):
        return "\n".join([f"{MARKS[self.outcome]} {self.title}", *self.details])

    def _repr_html_(self):
        return boxed(f"{MARKS[self.outcome]} {self.title}", self.details)


class Hint(str):
    """A text that a notebook shows without quotes."""

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        title, *rest = self.splitlines()
        return boxed(title, rest)


def boxed(title, lines):
    """Lay a title and lines out as HTML; currentColor serves light and dark pages alike."""
    body = escape("\n".join(lines), quote=False)
    below = (
        f'<pre style="margin:.4em 0 0;padding:0;border:0;background:none;color:inherit;'
        f'white-space:pre-wrap">{body}</pre>'
        if lines
        else ""
    )
    return (
        '<div style="border-left:4px solid currentColor;padding:.2em .8em">'
        f"<strong>{escape(title, quote=False)}</strong>{below}</div>"
    )
