"""Gives each page a <meta name="description">, which search engines and chat previews show."""

import html

from docutils import nodes
from sphinx.application import Sphinx

LENGTH = 120  # characters; engines cut Chinese at about that


def add_description(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Takes the page's own `description` field, or else the beginning of its text."""
    if doctree is None:
        return
    text = (context.get("meta") or {}).get("description") or beginning(doctree)
    if len(text) > LENGTH:
        text = text[: LENGTH - 1] + "…"
    if text:
        tag = f'<meta name="description" content="{html.escape(text)}" />'
        context["metatags"] = context.get("metatags", "") + tag


def beginning(doctree: nodes.document) -> str:
    """The first sentences of a page, without bold lines that serve as headings."""
    text = ""
    for paragraph in doctree.findall(nodes.paragraph):
        words = " ".join(paragraph.astext().split())
        heading = len(paragraph) == 1 and isinstance(paragraph[0], nodes.strong)
        if not heading and not any(paragraph.findall(nodes.math)):
            text += words
        if len(text) >= LENGTH:
            break
    return text


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("html-page-context", add_description)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
