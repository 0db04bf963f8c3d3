"""Keeps the scripts and styles of explorers once a site, not once an explorer.

anywidget writes its whole script and style sheet into the state of every model, and so into every
page. Here each such text moves, minified by the packages of frontend/, into one file under
_static/widget-code, named by its digest, which the browser keeps for the next page. A script that
several explorers begin with is a file of its own: a line `/*# seam */` divides a text. The files
are classic scripts, so that they load from file:// too; frontend/book-widgets.js puts the texts
back before it draws.
"""

import hashlib
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

TOOLS = Path(__file__).resolve().parent.parent / "frontend/node_modules/.bin"
# For scripts terser, whose result is a tenth smaller than esbuild's.
QUOTES = "quote_style=1"  # single: those need no backslash in JSON
MINIFY = {
    "js": [
        "terser",
        "--compress",
        "passes=3,ecma=2020,keep_fargs=false",
        "--mangle",
        "--format",
        QUOTES,
    ],
    "css": ["esbuild", "--minify", "--charset=utf8", "--loader=css"],
}
FOLDER = "widget-code"
FIELDS = {"_esm": "js", "_css": "css"}
EXPORT = re.compile(r"^export\b", re.MULTILINE)
SEAM = "/*# seam */\n"
LEAST = 500  # characters; a shorter text is not worth a request
STATE = "application/vnd.jupyter.widget-state+json"


def digest_of(text: str) -> str:
    """The name of a text's file."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def minified(text: str, language: str) -> str:
    """The text, shorter; the top-level names of a part without exports stay: others use them."""
    tool, *options = MINIFY[language]
    found = shutil.which(tool, path=TOOLS)  # on Windows its name has an ending
    if found is None:
        raise ExtensionError(f"no {tool}: run `npm ci` in frontend/")
    if EXPORT.search(text):
        options.append("--module")
    done = subprocess.run([found, *options], input=text, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise ExtensionError(f"{tool} cannot read an explorer's {language}:\n{done.stderr}")
    return done.stdout


def share(saved: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """Takes the long texts out of a page's widget state.

    Args:
        saved: The JSON of a page's widget state.

    Returns:
        The JSON with `{"shared": [digest, …]}` in place of each long text, fit to stand in a
        <script>, and by digest the parts, each as (text, "js" or "css").
    """
    page, texts = json.loads(saved), {}
    for model in page["state"].values():
        for field, language in FIELDS.items():
            text = model["state"].get(field)
            if isinstance(text, str) and len(text) >= LEAST:
                parts = {digest_of(part): (part, language) for part in text.split(SEAM)}
                texts |= parts
                model["state"][field] = {"shared": list(parts)}
    return json.dumps(page).replace("<", r"\u003c"), texts


def _texts(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """The parts of all pages, of those too that this build does not write, by digest."""
    texts = {}
    for doc in env.found_docs:
        for _, attributes in NbMetadataCollector.get_js_files(env, doc).values():
            if attributes.get("type") == STATE:
                texts |= share(attributes["body"])[1]
    return texts


def _files(app: Sphinx) -> dict[Path, str]:
    """What the folder should hold."""
    folder = Path(app.outdir, "_static", FOLDER)
    files = {}
    for digest, part in _texts(app.env).items():
        text = json.dumps(minified(*part), ensure_ascii=False)
        files[folder / f"{digest}.js"] = f'(window.widgetCode ??= {{}})["{digest}"] = {text};\n'
    return files


def write_files(app: Sphinx, env: BuildEnvironment) -> None:
    """Writes the files that are new: before the pages, whose links carry a checksum."""
    if app.builder.format == "html":
        for file, script in _files(app).items():
            if not file.is_file() or file.read_text(encoding="utf-8") != script:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(script, encoding="utf-8")


def refer(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Lets a page load the files in place of the texts."""
    for file in list(context["script_files"]):
        attributes = getattr(file, "attributes", {})
        if attributes.get("type") == STATE:
            attributes["body"], texts = share(attributes["body"])
            for digest in texts:  # deferred as book-widgets.js is, and before it
                app.add_js_file(f"{FOLDER}/{digest}.js", priority=400, defer="defer")


def delete_stale(app: Sphinx, error: Exception | None) -> None:
    """Deletes the files that no page names any more."""
    if error is None:
        for file in set(Path(app.outdir, "_static", FOLDER).glob("*.js")) - set(_files(app)):
            file.unlink()


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("env-updated", write_files)
    app.connect("html-page-context", refer, priority=800)  # after MyST-NB, which adds the state
    app.connect("build-finished", delete_stale)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
