"""Join the ES modules of an explorer into the one text that anywidget carries."""

import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
# What explorers have in common comes first, and a seam after it lets the book's site keep it once.
_COMMON = (
    "js/view/frame.js",
    "js/view/grid.js",
    "js/core/conv.js",
    "js/core/pool.js",
    "js/core/questions.js",
    "js/view/numbers.js",
    "js/view/sizes.js",
    "js/core/patterns.js",
)
_SEAM = "/*# seam */\n"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "(\.[\w./]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_COMMENT = re.compile(r"^\s*(?://[^\n]*|/\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)


def _shrink(text: str) -> str:
    """Drop whole-line comments, indentation and empty lines: the text travels with the widget."""
    lines = _INDENT.sub("", _COMMENT.sub("", text)).splitlines()
    return "\n".join(line for line in lines if line) + "\n"


def _imports(file: Path) -> list[Path]:
    """What a module imports, in order."""
    text = file.read_text(encoding="utf-8")
    names = [name for _, name in _IMPORT.findall(text)]
    if len(re.findall(r"^import\b", text, re.MULTILINE)) != len(names):
        raise ValueError(f'{file.name}: an import is not import {{ name }} from "./file.js";')
    return [(file.parent / name).resolve() for name in names]


def _in_order(*files: Path) -> list[Path]:
    """Modules and all that they import, each after those it imports itself."""
    found: list[Path] = []

    def visit(module: Path, importers: tuple[Path, ...]) -> None:
        if module in importers:
            raise ValueError(f"{module.name}: imports itself by way of {importers[-1].name}")
        if module in found:
            return
        for imported in _imports(module):
            visit(imported, (*importers, module))
        found.append(module)

    for file in files:
        visit(file, ())
    return found


@cache
def bundle(name: str) -> str:
    """Join a module of this folder and those it imports; it keeps its exports.

    The files themselves stay plain ES modules, which a test or another page can import. They may
    import only each other, by ``import { name } from "./file.js"``, and export functions and
    constants where they are defined, or one value by default. In the joined text each is a function
    with its own scope.

    Args:
        name: File name of the module, relative to this folder.

    Returns:
        One ES module without imports.

    Raises:
        ValueError: An import has another form, names what is not exported or goes in a circle.
    """
    entry = (_HERE / name).resolve()
    common = [(_HERE / name).resolve() for name in _COMMON]
    first = _in_order(*common) if common[0] in _in_order(entry) else []
    own = [file for file in _in_order(entry) if file not in first]
    places = {file: f"_{number}" for number, file in enumerate([*first, *own])}
    parts = ["".join(_scope(file, places) for file in part) for part in (first, own) if part]
    return _SEAM.join(map(_shrink, [*parts[:-1], f"{parts[-1]}export default {places[entry]};\n"]))


def _exports(file: Path) -> list[str]:
    return [name for _, name in _EXPORT.findall(file.read_text(encoding="utf-8"))]


def _scope(file: Path, places: dict[Path, str]) -> str:
    """The module as one constant: what it exports by default, or else a list of its exports.

    Lists and not objects: a minifier shortens the names of variables, not those of properties.
    """

    def place(match: re.Match) -> str:
        imported = (file.parent / match[2]).resolve()
        pairs = (entry.split(" as ") for entry in match[1].strip("{} \n,").split(","))
        wanted = {pair[0].strip(): pair[-1].strip() for pair in pairs}
        names = ", ".join(wanted.pop(name, "") for name in _exports(imported))
        if wanted:
            raise ValueError(f"{file.name}: {imported.name} does not export {', '.join(wanted)}")
        return f"const [{names}] = {places[imported]};\n"

    text = _IMPORT.sub(place, file.read_text(encoding="utf-8"))
    body = _DEFAULT.sub("return ", _EXPORT.sub(r"\1", text))
    given = "" if _DEFAULT.search(text) else f"return [{', '.join(_exports(file))}];\n"
    return f"const {places[file]} = (() => {{\n{body}{given}}})();\n"


def stylesheet(*names: str) -> str:
    """Return style sheets of this folder as one, without comments and indentation."""
    return _SEAM.join(_shrink((_HERE / name).read_text(encoding="utf-8")) for name in names)
