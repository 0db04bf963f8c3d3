"""Writes _static/LICENSES.txt: whose files the site carries, and under which licences.

A static file belongs to the extension or theme that has a file of that name; assets/vendor comes
with a list of its own, which frontend/ writes; licences/*.txt holds what neither of them names.
Files of unknown origin are named at the end, and `make audit` fails on them.
"""

import re
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "assets"
BOOK = HERE.parent / "LICENSE"
TEXTS = HERE / "licences"
VENDORED = "vendor/LICENSES.txt"
NAME = "LICENSES.txt"
RULE = f"\n\n{'-' * 72}\n\n"
HEADING = re.compile(r"^(?P<name>\S.*) (?P<version>\S+) \((?P<licence>[^()]+)\)$")
UNKNOWN = "of unknown origin:"

TEMPLATE = re.compile(r"(_t|\.jinja)$")  # of Sphinx, which fills it in
# written at build time, from this repository; pages.css from the other style sheets of the site
OURS = (NAME, "widget-code/*", "search-index.js", "styles/pages.css")
GENERATED = {"mystnb.*.css": "myst-nb", "pygments.css": "Pygments", "translations.js": "Sphinx"}


def owners(static: Path, packages: list[metadata.Distribution]) -> dict[str, str | None]:
    """The package that each static file comes from: "" for our own, None if unknown."""
    files = {}
    for package in packages:
        for file in package.files or ():
            name = TEMPLATE.sub("", file.as_posix())
            files.setdefault(name.rpartition("/")[2], []).append((name, package.name))

    def owner(path: str) -> str | None:
        if (ASSETS / path).is_file() or any(fnmatch(path, pattern) for pattern in OURS):
            return ""
        for pattern, package in GENERATED.items():
            if fnmatch(path, pattern):
                return package
        same_name = files.get(path.rpartition("/")[2], ())
        return next((package for name, package in same_name if name.endswith(f"/{path}")), None)

    paths = (file.relative_to(static).as_posix() for file in static.rglob("*") if file.is_file())
    return {path: owner(path) for path in sorted(paths)}


def licence_of(package: metadata.Distribution) -> str:
    """The licence as the package names it: an SPDX expression, one line, or its classifiers."""
    about = package.metadata
    if expression := about.get("License-Expression"):
        return expression
    line = (about.get("License") or "").strip()
    if line and "\n" not in line and len(line) < 60 and line != "UNKNOWN":
        return line
    classifiers = (c.split(" :: ")[-1] for c in about.get_all("Classifier", ()) if "License" in c)
    return " AND ".join(classifiers) or "unknown"


def text_of(package: metadata.Distribution) -> str:
    """The licence files of a package."""
    inside = re.compile(r"\.dist-info/.*(licen[cs]e|copying)[^/]*$", re.IGNORECASE)
    found = (file for file in package.files or () if inside.search(file.as_posix()))
    return "\n\n".join(file.read_text(encoding="utf-8").strip() for file in found)


def loaded_packages(app: Sphinx) -> list[metadata.Distribution]:
    """Sphinx, Pygments and the packages whose extensions or themes the book loads."""
    modules = {name.partition(".")[0] for name in app.extensions} | {"sphinx", "pygments"}
    found = []
    for module in sorted(modules):
        try:
            found.append(metadata.distribution(module.replace("_", "-")))
        except metadata.PackageNotFoundError:  # a local extension, or a part of Sphinx
            continue
    return found


def write(app: Sphinx, error: Exception | None) -> None:
    """Writes the list, once every other extension has written its files."""
    if error is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    packages = loaded_packages(app)
    owner_of = owners(static, packages)
    entries = [f"The book itself\n\n{BOOK.read_text(encoding='utf-8').strip()}"]
    entries += [
        f"{package.name} {package.version} ({licence_of(package)})\n\n{text_of(package)}".strip()
        for package in packages
        if package.name in owner_of.values()
    ]
    entries += [file.read_text(encoding="utf-8").strip() for file in sorted(TEXTS.iterdir())]
    entries.append((static / VENDORED).read_text(encoding="utf-8").strip())
    unknown = [path for path, owner in owner_of.items() if owner is None]
    if unknown:
        entries.append("\n".join([UNKNOWN, *unknown]))
    (static / NAME).write_text(RULE.join(entries) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Connects the extension to Sphinx."""
    app.connect("build-finished", write, priority=950)  # after offline_assets
    return {"parallel_read_safe": True, "parallel_write_safe": True}
