"""Everything a page needs lies beside it: no request to another host, and no weight unused.

* ipywidgets and anywidget come from assets/vendor, which frontend/ builds.
* fontawesome.js (1.5 MB on every page) is left out by templates/static/webpack-macros.html; the
  icon fonts, which do the same work, are cut to the icons that the site names.
* Scripts wait for the text; a page loads none that it has no use for.
* A page that would ask another host for anything is a warning, and so fails a build with -W.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable
from logging import getLogger
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "assets"
BUNDLE = "vendor/book-widgets.js"
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
STYLES = "styles/pydata-sphinx-theme.css"

# Icons that scripts make at run time, so that no page names them: those of widgets.Play.
RUNTIME_ICONS = {"fa-play", "fa-pause", "fa-stop", "fa-retweet", "fa-repeat"}

# Scripts and style sheets that every page names, and what a page that needs them holds.
USES = {
    r"thebe": "",  # live code: it names an outside host
    r"DOCUMENTATION_OPTIONS\.pagename": "",  # for a menu of versions, and too early if scripts wait
    r"[tT]oggle(button|Hint|OpenOnPrint)": r'class="[^"]*\b(toggle|dropdown)\b',
    r"sphinx-design|design-tabs": r'class="[^"]*\bsd-',
    r"copybutton|clipboard": r'class="highlight',
}

# Files of the themes that no page asks for: source maps, templates, catalogues of translations.
UNUSED = (
    "**/*.map",
    "*.html",
    "language_data.js",
    "locales/**/*.?o",
    "scripts/fontawesome.js*",
    "searchtools.js",
    "sphinx-thebe.*",
    "vendor/fontawesome/**/*.ttf",
)

REQUESTS = (
    re.compile(
        r"<(?:script|img|iframe|source|video|audio|embed|object|link(?![^>]*rel=\"canonical\"))\b"
        r"[^>]*?\b(?:src|href|srcset|data)=\"(?:https?:)?//[^\"]+\"[^>]*>"
    ),
    re.compile(r"\b(?:from|import)\s*\(?\s*\\?[\"']https?://[^\"']+"),  # scripts of widgets
    re.compile(r"(?:@import\s+|url\(\s*)\\?[\"']?(?:https?:)?//[^\"')]+"),  # style sheets
)


def configure(app: Sphinx, config: Config) -> None:
    """Points Sphinx, MyST-NB and the theme at local files."""
    if not (ASSETS / BUNDLE).is_file():
        raise ExtensionError(f"no assets/{BUNDLE}: run `npm ci && npm run build` in frontend/")
    # Added here and not in _config.yml: Jupyter Book puts every script below the paths that it
    # knows of into every page.
    config.html_static_path.append(str(ASSETS))
    config.templates_path.insert(0, str(HERE / "templates"))  # before the theme's components
    config.nb_ipywidgets_js = {BUNDLE: {"defer": "defer"}}


def drop_unused(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Takes out scripts and styles that a page has no use for."""
    body = context.get("body", "")
    unused = [words for words, use in USES.items() if not (use and re.search(use, body))]
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context[kind]
            if not any(re.search(words, _description(file)) for words in unused)
        ]


def defer_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Lets scripts wait until the page is parsed; on the search page others build on them."""
    for file in context["script_files"]:  # the same objects on every page
        if templatename == "search.html":
            getattr(file, "attributes", {}).pop("defer", None)
        elif getattr(file, "filename", None):
            file.attributes.setdefault("defer", "defer")


def _description(file: object) -> str:
    """The address of a script or style sheet, or the script itself if it stands in the page."""
    address = getattr(file, "filename", file)
    return str(address or getattr(file, "attributes", {}).get("body", ""))


def finish(app: Sphinx, error: Exception | None) -> None:
    """Copies the assets, cuts the icon fonts and looks for outside requests."""
    if error is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    # Sphinx copies static files only when some page is out of date.
    shutil.copytree(ASSETS, static, dirs_exist_ok=True)
    for unused in UNUSED:
        for file in static.glob(unused):
            file.unlink()
    pages = _texts(out, (file for file in out.rglob("*.html") if static not in file.parents))
    explorers = _texts(out, static.glob("widget-code/*.js"))
    scripts = _texts(out, static.glob("scripts/*.js"))
    cut_icons(static, "\n".join({**pages, **explorers, **scripts}.values()))
    styles = _texts(out, static.rglob("*.css"))
    for name, text in {**pages, **explorers, **styles}.items():
        for pattern in REQUESTS:
            for match in pattern.findall(text):
                logger.warning("%s asks another host: %s", name, match[:200])


def _texts(folder: Path, files: Iterable[Path]) -> dict[Path, str]:
    """The contents of files by their path below a folder."""
    return {file.relative_to(folder): file.read_text(encoding="utf-8") for file in sorted(files)}


def cut_icons(static: Path, text: str) -> None:
    """Keeps the rules and glyphs of Font Awesome that some page or script names.

    Args:
        static: The site's folder of static files.
        text: All pages and scripts.
    """
    names = RUNTIME_ICONS | set(re.findall(r"fa-[a-z0-9-]+", text))
    names |= {f"fa-{name}" for name in re.findall(r'"icon": "([a-z0-9-]+)"', text)}  # of buttons
    # Begin from the theme's own files, so that a second build gives the same result.
    css = (THEME / STYLES).read_text(encoding="utf-8")
    stamp = f"/* icons: {hashlib.sha256(repr((sorted(names), css)).encode()).hexdigest()} */"
    target = static / STYLES
    if target.read_text(encoding="utf-8").endswith(stamp):
        return
    glyphs = set()

    def keep_used(rule: re.Match) -> str:
        selectors, code = rule.groups()
        if not names & set(re.findall(r"\.(fa-[\w-]+):before", selectors)):
            return ""
        glyphs.add(int(code, 16))
        return rule[0]

    css = re.sub(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]{2,5})"\}', keep_used, css)
    if not glyphs:
        raise ExtensionError("the theme's style sheet has no icon rules any more: see cut_icons")
    others = [f.read_text(encoding="utf-8") for f in static.glob("styles/*.css") if f != target]
    for sheet in (css, *others):  # rules of the themes' own, such as the mark of an outside link
        glyphs |= {int(code, 16) for code in re.findall(r'content:"\\([ef][0-9a-f]{3})"', sheet)}
    getLogger("fontTools").setLevel("WARNING")  # else it lists every glyph
    options = subset.Options(flavor="woff2", ignore_missing_unicodes=True)
    for file in THEME.glob("vendor/fontawesome/**/*.woff2"):
        font = subset.load_font(str(file), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=glyphs)
        subsetter.subset(font)
        subset.save_font(font, str(static / file.relative_to(THEME)), options)
    target.write_text(css + stamp, encoding="utf-8")  # last: the stamp says that all is done


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    # Style sheets and scripts are normalised at priority 800; be there before.
    app.connect("config-inited", configure, priority=100)
    app.connect("html-page-context", drop_unused, priority=900)
    app.connect("html-page-context", defer_scripts, priority=910)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
