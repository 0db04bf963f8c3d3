"""Join the ES modules of an explorer into the one text that anywidget carries."""

import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "(\.[\w./]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const) (\w+))", re.MULTILINE)
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


def _in_order(file: Path) -> list[Path]:
    """A module and all that it imports, each after those it imports itself."""
    found: list[Path] = []

    def visit(module: Path, importers: tuple[Path, ...]) -> None:
        if module in importers:
            raise ValueError(f"{module.name}: imports itself by way of {importers[-1].name}")
        if module in found:
            return
        for imported in _imports(module):
            visit(imported, (*importers, module))
        found.append(module)

    visit(file, ())
    return found


@cache
def bundle(name: str) -> str:
    """Join a module of this folder and those it imports; it keeps its exports.

    The files themselves stay plain ES modules, which a test or another page can import. They may
    import only each other, by ``import { name } from "./file.js"``, and export only functions and
    constants where they are defined. In the joined text each is a function with its own scope.

    Args:
        name: File name of the module, relative to this folder.

    Returns:
        One ES module without imports.

    Raises:
        ValueError: An import has another form or goes round in a circle.
    """
    files = _in_order((_HERE / name).resolve())
    places = {file: f"_{number}" for number, file in enumerate(files)}
    parts = []
    for file in files:

        def scope(match: re.Match, folder: Path = file.parent) -> str:
            names = match[1].replace(" as ", ": ")
            return f"const {names} = {places[(folder / match[2]).resolve()]};\n"

        text = _IMPORT.sub(scope, file.read_text(encoding="utf-8"))
        if file is not files[-1]:
            exported = ", ".join(found for _, found in _EXPORT.findall(text))
            body = _EXPORT.sub(r"\1", text)
            text = f"const {places[file]} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"
        parts.append(text)
    return _shrink("".join(parts))


def stylesheet(*names: str) -> str:
    """Return style sheets of this folder as one, without comments and indentation."""
    return "".join(_shrink((_HERE / name).read_text(encoding="utf-8")) for name in names)
