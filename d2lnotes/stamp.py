"""The set-up cell: the first code cell of every notebook, the same everywhere, written here."""

import json
from pathlib import Path

SETUP_CELL_ID = "setup"
PLACEHOLDER = "OWNER"

_INSTALL = """\
# 在 Colab 上安装本书的 d2lnotes（不改动 Colab 自带的任何包）；在别处什么也不做
import sys

if "google.colab" in sys.modules:
    %pip install -q --no-deps "git+{url}@{ref}"
"""
_UNSET = """\
# 在 Colab 上安装本书的 d2lnotes；在别处什么也不做
import sys

if "google.colab" in sys.modules:
    raise RuntimeError("请先在 _config.yml 里填写仓库地址，再运行 python -m d2lnotes stamp")
"""


def setup_source(url, ref):
    """Source of the set-up cell for a repository URL and a tag or branch."""
    source = _UNSET if PLACEHOLDER in url else _INSTALL.format(url=url, ref=ref)
    return source.rstrip("\n")


def stamp(book):
    """Write the set-up cell into every notebook of the book; returns the changed files.

    Args:
        book: Folder of ``_config.yml``, which holds the repository's URL and branch or tag.

    Raises:
        ValueError: If a notebook has no cell with the id ``setup``.
    """
    import yaml  # comes with jupyter-book; readers do not need it

    book = Path(book)
    repository = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))["repository"]
    source = setup_source(repository["url"], repository["branch"])
    return [
        path for path in sorted((book / "chapters").rglob("*.ipynb")) if _stamp_one(path, source)
    ]


def _stamp_one(path, source):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next((c for c in notebook["cells"] if c.get("id") == SETUP_CELL_ID), None)
    if cell is None:
        raise ValueError(f"{path} 里没有 id 为 {SETUP_CELL_ID!r} 的单元格，请照别的笔记本加上")
    lines = source.splitlines(keepends=True)
    if cell["source"] == lines:
        return False
    cell["source"] = lines
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return True
