"""Writes the size of each picture into the page, so that the text stays put as they load."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.images import get_image_size

IMAGE = re.compile(r'<img (?![^>]*\bwidth=)(?=[^>]*\bsrc="[^"]*_images/([^"/]+)")')


def add_sizes(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Adds width and height to the images of a page that name none."""
    files = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}

    def sized(image: re.Match) -> str:
        size = get_image_size(files[image[1]])
        return image[0] + ('width="{}" height="{}" '.format(*size) if size else "")

    context["body"] = IMAGE.sub(sized, context.get("body", ""))


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("html-page-context", add_sizes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
