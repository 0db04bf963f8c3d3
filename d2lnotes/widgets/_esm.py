"""Join the ES modules of an explorer into the one text that anywidget carries."""

import re
from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
_COMMENT = re.compile(r"^\s*(?://[^\n]*|/\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)


def _shrink(text: str) -> str:
    """Drop whole-line comments, indentation and empty lines: the text is stored once per widget."""
    lines = _INDENT.sub("", _COMMENT.sub("", text)).splitlines()
    return "\n".join(line for line in lines if line) + "\n"


def bundle(*names: str) -> str:
    """Join modules of this folder, each after those it imports; the last keeps its exports.

    The files themselves stay plain ES modules, which a test or another page can import. They may
    import only each other, by ``import { name } from "./file.js"``, and must not use one top-level
    name twice.

    Args:
        names: File names, in order.

    Returns:
        One ES module without imports.

    Raises:
        ValueError: A module imports a file that does not come before it.
    """
    parts = []
    for position, name in enumerate(names):
        text = (_HERE / name).read_text(encoding="utf-8")
        late = set(_IMPORT.findall(text)) - set(names[:position])
        if late or len(re.findall(r"^import\b", text, re.MULTILINE)) != len(_IMPORT.findall(text)):
            raise ValueError(f"{name}: an import is not of an earlier file of {names}: {late}")
        text = _IMPORT.sub("", text)
        parts.append(text if position == len(names) - 1 else _EXPORT.sub("", text))
    return _shrink("".join(parts))


def stylesheet(name: str) -> str:
    """Return a style sheet of this folder, without comments and indentation."""
    return _shrink((_HERE / name).read_text(encoding="utf-8"))
