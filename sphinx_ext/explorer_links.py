"""Links that set an explorer: `[试一试](#conv-explorer?stride=2)`.

The explorer's own script follows them (d2lnotes/widgets/js/view/link.js). Here they are only kept
from being taken for links to a heading, which there is none of.
"""

import re

from docutils import nodes
from docutils.transforms import Transform
from myst_parser.mdit_to_docutils.transforms import ResolveAnchorIds
from sphinx.application import Sphinx

EXPLORER = re.compile(r"#[a-z-]+-explorer(-\d+)?\?")


class KeepExplorerLinks(Transform):
    """Lets a link to an explorer stand as it is written."""

    default_priority = ResolveAnchorIds.default_priority - 1

    def apply(self, **kwargs: object) -> None:
        """Takes the mark off that MyST resolves."""
        for link in self.document.findall(nodes.reference):
            if link.get("id_link") and EXPLORER.match(link["refuri"]):
                del link["id_link"]
                link["classes"].append("explorer-link")


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.add_transform(KeepExplorerLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
