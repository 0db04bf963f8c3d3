"""Re-executes a notebook when a file of the package that it reaches has changed.

jupyter-cache knows a notebook by its code cells and kernel alone, so after a change in d2lnotes the
book would go on showing old results (and old scripts of explorers, which lie in the results). Here
a digest of everything that the code reaches joins the kernel's metadata, which is part of the key;
and a page whose digest changed counts as out of date.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from import_closure import Closure

PACKAGES = ("d2lnotes",)
SETUP_CELL_ID = "setup"
SETUP_HERE = "import sys"  # all that it does outside Colab, whatever address it holds
DEFAULT_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def python_source(notebook: dict) -> str:
    """The code cells of a notebook as one Python source, IPython's own lines made calls."""
    transform = TransformerManager().transform_cell
    cells = [
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and cell.get("id") != SETUP_CELL_ID
    ]
    return "\n".join(transform("".join(cell["source"])) for cell in cells)


def digest(closure: Closure, notebook: dict, folder: Path) -> str:
    """A digest of the files, and of the versions of the packages, that a notebook reaches."""
    try:
        files, outside = closure.files(python_source(notebook), folder)
    except SyntaxError:  # the cell will fail when it is executed, and say so better
        files, outside = closure.everything(), set()
    state = hashlib.sha256(sys.version.encode())
    for name in sorted(outside):
        state.update(f"{name} {_version(name)}\n".encode())
    for file in sorted(files):
        state.update(str(file.relative_to(closure.root).as_posix()).encode() + b"\0")
        state.update(hashlib.sha256(file.read_bytes()).digest())
    return state.hexdigest()


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # of the standard library, or named otherwise on PyPI
        return ""


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Names the notebooks that reach another state of the package than in the last build."""
    closure = Closure(Path(app.srcdir), PACKAGES)
    now = {}
    for doc in env.found_docs:
        file = Path(env.doc2path(doc))
        if file.suffix == ".ipynb":
            notebook = json.loads(file.read_text(encoding="utf-8"))
            now[doc] = digest(closure, notebook, file.parent)
    before = getattr(env, "notebook_digests", {})
    env.notebook_digests = now
    return [doc for doc, value in now.items() if before.get(doc) != value]


def join_key(app: Sphinx, docname: str, content: list[str]) -> None:
    """Writes the digest into the notebook that is about to be read (never into its file)."""
    value = app.env.notebook_digests.get(docname)
    if value is not None:
        notebook = json.loads(content[0])
        kernel = notebook["metadata"].setdefault("kernelspec", dict(DEFAULT_KERNEL))
        kernel["reached"] = value
        for cell in notebook["cells"]:
            if cell.get("id") == SETUP_CELL_ID:
                cell["source"] = SETUP_HERE
        content[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", join_key)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
