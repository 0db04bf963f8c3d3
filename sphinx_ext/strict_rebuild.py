"""Makes a build that failed fail again, until what it complained of is mended.

Sphinx reads only pages that changed. A page read with a warning counts as read, so `-W` fails once
and the next build passes in silence. Three remedies:

* A mark beside the doctrees says that the last build did not end clean; the next build then reads
  every page anew (results of notebooks still come from the cache, but failures are never cached).
* When a heading, label or page has vanished, every page is written anew, so that whoever refers to
  it is told; Sphinx would leave the dead link in pages that did not change themselves.
* HTML of pages that left the table of contents is deleted.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PAGES_WITHOUT_SOURCE = {"genindex", "search"}


def _mark(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "not-clean"


def read_all_after_failure(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Marks the build as not clean until it ends; names every page if the last one was not."""
    mark = _mark(app)
    failed_before = mark.exists()
    mark.touch()
    return env.found_docs if failed_before else ()


def _targets(env: BuildEnvironment) -> set[tuple]:
    """Everything a link can point at: pages, labels, headings."""
    standard = env.get_domain("std")
    targets = {(doc,) for doc in env.found_docs}
    targets |= {(doc, name) for name, (doc, *_) in standard.anonlabels.items()}
    for doc, metadata in env.metadata.items():
        targets |= {(doc, "#", slug) for slug in metadata.get("myst_slugs", ())}
    return targets


def write_all_after_loss(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Names every page if something that a link could point at is gone since the last build."""
    now = _targets(env)
    lost = getattr(env, "link_targets", now) - now
    env.link_targets = now
    return env.found_docs if lost else ()


def finish(app: Sphinx, error: Exception | None) -> None:
    """Deletes pages without a source; takes the mark away if there was no word of complaint."""
    if error is not None:
        return
    if app.builder.name == "html":
        pages = app.env.found_docs | PAGES_WITHOUT_SOURCE
        out = Path(app.outdir)
        for page in out.rglob("*.html"):
            name = page.relative_to(out).with_suffix("").as_posix()
            if name not in pages and not name.startswith(("_static/", "index")):
                page.unlink()
    if app._warncount == 0 and app.statuscode == 0:
        _mark(app).unlink(missing_ok=True)


def _own_digest() -> str:
    """Changes with any extension in this folder, so that an old environment is not reused."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("env-get-outdated", read_all_after_failure)
    app.connect("env-updated", write_all_after_loss)
    app.connect("build-finished", finish, priority=1000)  # after checks that may still warn
    return {
        "env_version": _own_digest(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
