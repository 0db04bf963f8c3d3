"""Sets formulas while the book is built: pages hold pictures of them, and no MathJax.

MathJax itself draws them, in frontend/typeset.mjs. A formula stands where it is from the first
moment on, on paper and without scripts too; screen readers read the MathML beside the picture.
A formula that TeX does not understand is a warning, and so fails a build with -W.
"""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html import HTML5Translator

logger = logging.getLogger(__name__)

SCRIPT = Path(__file__).resolve().parent.parent / "frontend/typeset.mjs"
CLASSES = "math notranslate nohighlight"
GLYPH = re.compile(r'<path data-c="\w+" (d="[^"]*")([^>]*)></path>')


@cache
def typesetter() -> subprocess.Popen:
    """The process that sets formulas, begun at the first one."""
    node = shutil.which("node")
    if node is None or not (SCRIPT.parent / "node_modules/mathjax").is_dir():
        raise ExtensionError("no node or no MathJax: run `npm ci` in frontend/")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([node, SCRIPT], **pipes, encoding="utf-8")


@cache
def typeset(tex: str, display: bool) -> dict[str, str]:
    """Sets one formula.

    Args:
        tex: The formula without dollars.
        display: Whether it stands on a line of its own.

    Returns:
        Its HTML as `html`, or what is wrong with it as `error`.
    """
    process = typesetter()
    process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def html_of(translator: HTML5Translator, node: nodes.Node, tex: str, display: bool) -> str:
    """The formula's HTML; a warning and its source where TeX does not understand it."""
    answer = typeset(tex, display)
    if "error" in answer:
        logger.warning("formula %s: %s", tex, answer["error"], location=node)
    return answer.get("html", translator.encode(tex))


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """A formula in a line."""
    html = html_of(self, node, node.astext(), display=False)
    self.body.append(f"{self.starttag(node, 'span', '', CLASS=CLASSES)}{html}</span>")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on a line of its own, with its number."""
    self.body.append(self.starttag(node, "div", CLASS=CLASSES))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    tex = node.astext() if node["nowrap"] else aligned(node.astext())
    self.body.append(f"{html_of(self, node, tex, display=True)}</div>\n")
    raise nodes.SkipNode


def aligned(tex: str) -> str:
    """Aligns lines, and formulas with an empty line between them, as Sphinx does for MathJax."""
    parts = [part for part in tex.split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    if len(lines) == 1:
        return lines[0]
    return r"\begin{align}\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}\end{align}"


def share_glyphs(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Lets all formulas of a page draw a letter from one place: half the page's size."""
    numbers: dict[str, int] = {}

    def use(glyph: re.Match) -> str:
        path, transform = glyph.groups()
        return f'<use href="#glyph-{numbers.setdefault(path, len(numbers))}"{transform}></use>'

    body = GLYPH.sub(use, context.get("body", ""))
    if numbers:
        paths = "".join(f'<path id="glyph-{i}" {path}></path>' for path, i in numbers.items())
        context["body"] = f'<svg style="display: none" aria-hidden="true">{paths}</svg>{body}'


def stop(app: Sphinx, error: Exception | None) -> None:
    """Ends the process, if one was begun."""
    if typesetter.cache_info().currsize:
        typesetter().communicate()
        typesetter.cache_clear()


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    # Sphinx takes the one renderer that is not its own.
    app.add_html_math_renderer("svg", (visit_math, None), (visit_displaymath, None))
    app.connect("html-page-context", share_glyphs)
    app.connect("build-finished", stop)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
