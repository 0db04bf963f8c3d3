"""Writes index.html, which leads to the first page: the book's root page is called otherwise."""

from pathlib import Path

from sphinx.application import Sphinx

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={root}.html">
<link rel="icon" href="data:,">
<title>{title}</title>
<p><a href="{root}.html">{title}</a></p>
</html>
"""


def write_index(app: Sphinx, error: Exception | None) -> None:
    """Writes the redirect, unless the root page is index itself."""
    config = app.config
    if error is None and app.builder.name == "html" and config.root_doc != "index":
        page = PAGE.format(
            language=(config.language or "en").replace("_", "-"),
            root=config.root_doc,
            title=config.html_title,
        )
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
