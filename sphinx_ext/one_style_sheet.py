"""One style sheet for all pages, without the rules of the themes that no page has a use for.

The theme, Sphinx and its extensions bring eight sheets, 450 kB; each holds a page's first letter
back on a slow line. frontend/styles.mjs joins them and leaves out four fifths.
"""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

SCRIPT = Path(__file__).resolve().parent.parent / "frontend/styles.mjs"
NAME = "styles/pages.css"  # beside the theme's: addresses in it stay right
# what templates/static/webpack-macros.html leaves out
THEME = ("_static/basic.css", "_static/styles/pydata-sphinx-theme.css")
THEBE = "sphinx-thebe"  # offline_assets deletes it
LINK = re.compile(rf'(href="[^"]*_static/{NAME})(?:\?v=\w+)?"')


def sheets(app: Sphinx) -> list[str]:
    """The style sheets of every page, in order; what is for print alone stays by itself."""
    registered = sorted(app.builder._css_files, key=lambda sheet: sheet.priority)
    names = [str(sheet.filename) for sheet in registered if is_general(sheet)]
    return [name for name in dict.fromkeys([*THEME, *names]) if THEBE not in name]


def is_general(sheet: object) -> bool:
    """Whether a sheet is one of those to join."""
    about = getattr(sheet, "attributes", {})
    return str(sheet.filename) != f"_static/{NAME}" and "media" not in about


def configure(app: Sphinx, config: Config) -> None:
    """Lets every page link to the one sheet, before what is for print alone."""
    config.html_css_files.insert(0, NAME)


def refer(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Takes the links to its parts out of a page."""
    context["css_files"] = [sheet for sheet in context["css_files"] if not is_general(sheet)]


def join(app: Sphinx, error: Exception | None) -> None:
    """Writes the sheet, if what it depends on has changed, and its digest into the links."""
    if error is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    target = static / NAME
    parts = [out / name for name in sheets(app)]
    pages = [file for file in sorted(out.rglob("*.html")) if static not in file.parents]
    scripts = sorted(static.rglob("*.js"))
    words = {word for file in (*pages, *scripts) for word in words_of(file)}
    texts = [file.read_text(encoding="utf-8") for file in parts]
    digest = hashlib.sha256(repr((sorted(words), texts)).encode()).hexdigest()[:16]
    stamp = f"/* {digest} */"
    if not (target.is_file() and target.read_text(encoding="utf-8").endswith(stamp)):
        node = shutil.which("node")
        if node is None:
            raise ExtensionError("no node: it comes with requirements.txt, see README.md")
        subprocess.run([node, SCRIPT, out, target, *parts], check=True)
        with target.open("a", encoding="utf-8") as file:
            file.write(stamp)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        linked = LINK.sub(rf'\1?v={digest}"', text)
        if linked != text:
            page.write_text(linked, encoding="utf-8")


def words_of(file: Path) -> set[str]:
    """What may be the name of an element, class or attribute in a page or script."""
    return set(re.findall(r"[\w-]+", file.read_text(encoding="utf-8"), re.ASCII))


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("config-inited", configure, priority=110)  # before style sheets are normalised
    app.connect("html-page-context", refer, priority=920)
    app.connect("build-finished", join, priority=910)  # after offline_assets, which cuts the icons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
