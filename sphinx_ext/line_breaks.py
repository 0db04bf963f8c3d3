"""Keeps a formula and the punctuation beside it on one line.

To a browser a formula is a picture, after which a line may end even where a comma follows.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

OPENING = re.compile(r"[（“‘《〈【]+$")
CLOSING = re.compile(r"[，。、；：？！）”’》〉】,.;:?!)]+")


def keep_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Puts each formula and its punctuation into a span that the style sheet does not break."""
    for formula in list(doctree.findall(nodes.math)):
        parent, at = formula.parent, formula.parent.index(formula)
        before = parent[at - 1] if at else None
        after = parent[at + 1] if at + 1 < len(parent) else None
        opening = OPENING.search(before) if isinstance(before, nodes.Text) else None
        closing = CLOSING.match(after) if isinstance(after, nodes.Text) else None
        if not opening and not closing:
            continue
        span = nodes.inline("", "", classes=["no-break"])
        parent[at] = span
        span += formula
        if closing:
            span += nodes.Text(closing[0])
            parent[at + 1] = nodes.Text(after[closing.end() :])
        if opening:
            span.insert(0, nodes.Text(opening[0]))
            parent[at - 1] = nodes.Text(before[: opening.start()])


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("doctree-resolved", keep_together)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
