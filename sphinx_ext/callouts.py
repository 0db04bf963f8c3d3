"""Marks quotes that begin with a bold 注意 or 提示, so that the style sheet can set them off.

Colab and GitHub know no admonitions; `> **注意** …` reads well everywhere.
"""

from docutils import nodes
from sphinx.application import Sphinx

CLASSES = {"注意": "callout-warning", "提示": "callout-tip"}


def mark_callouts(app: Sphinx, doctree: nodes.document) -> None:
    """Adds a class to each quote whose first word is one of ours in bold."""
    for quote in doctree.findall(nodes.block_quote):
        strong = next(quote.findall(nodes.strong), None)
        if strong is None or not quote.astext().startswith(strong.astext()):
            continue
        word = strong.astext().strip(":： ")
        if word in CLASSES:
            quote["classes"].append(CLASSES[word])


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("doctree-read", mark_callouts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
