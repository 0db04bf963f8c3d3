"""A small book that the real command and configuration build, again and again.

What runs is counted by the notebooks themselves: each writes a line when it is executed.
"""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import nbformat

from conftest import ROOT

JUPYTER_BOOK = Path(sysconfig.get_path("scripts")) / "jupyter-book"
ONE, TWO = "chapters/one.ipynb", "chapters/two.ipynb"
TOC = "format: jb-book\nroot: intro\nchapters:\n  - file: chapters/one\n  - file: chapters/two\n"
PACKAGE = {
    "d2lnotes/__init__.py": "",
    "d2lnotes/first.py": "from pathlib import Path\nS = Path(__file__).with_name('first.js')\n",
    "d2lnotes/first.js": "export default 1;\n",
    "d2lnotes/second.py": "x = 2\n",
    "d2lnotes/unused.py": "x = 3\n",
}


class Book:
    """The small book and its builds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs = root / "runs.txt"
        shutil.copytree(
            ROOT / "sphinx_ext", root / "sphinx_ext", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(ROOT / "_config.yml", root)
        shutil.copy(ROOT / "LICENSE", root)
        self.write("assets/vendor/LICENSES.txt", "")
        (root / "frontend").symlink_to(ROOT / "frontend")  # its minifiers and MathJax
        for name in ("book.css", "favicon.svg", "keyboard.js", "print.css", "print.js"):
            self.write(f"assets/{name}", (ROOT / "assets" / name).read_text(encoding="utf-8"))
        self.write("assets/vendor/book-widgets.js", "")
        for name, text in PACKAGE.items():
            self.write(name, text)
        self.write("_toc.yml", TOC)
        self.write("intro.md", "# 书\n\n见[第一章](chapters/one.ipynb#第一节)。\n")
        self.notebook(ONE, "one", "from d2lnotes import first")
        self.notebook(TWO, "two", "from d2lnotes import second")

    def write(self, name: str, text: str) -> None:
        """Writes one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def notebook(self, name: str, mark: str, code: str, prose: str = "正文。") -> None:
        """Writes a notebook that notes its own execution, runs `code` and has a first section."""
        note = f"import os\nopen(os.environ['RUNS'], 'a').write('{mark} ')"
        cells = [
            nbformat.v4.new_markdown_cell(f"# {mark}\n\n{prose}\n\n## 第一节\n", id="title"),
            nbformat.v4.new_code_cell(note, id="note"),
            nbformat.v4.new_code_cell(code, id="code"),
        ]
        self.write(name, json.dumps(nbformat.v4.new_notebook(cells=cells)))

    def build(self, **variables: str) -> tuple[int, list[str], str]:
        """Builds; gives the exit status, which notebooks were executed, and the log.

        Args:
            **variables: Environment variables to set.
        """
        self.runs.write_text("")
        command = [JUPYTER_BOOK, "build", "-W", "-n", "--keep-going", "."]
        paths = os.pathsep.join([str(self.root), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command,
            cwd=self.root,
            env=os.environ
            | {"RUNS": str(self.runs), "PYTHONPATH": paths, "SOLUTIONS": "1"}
            | variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return done.returncode, sorted(self.runs.read_text().split()), done.stdout + done.stderr

    def assert_fails_twice(self, *words: str, **variables: str) -> None:
        """Builds twice; both must fail and say why."""
        for attempt in ("first", "second"):
            status, _, log = self.build(**variables)
            assert status != 0, f"{attempt} build passed:\n{log}"
            for word in words:
                assert word in log, f"{attempt} build does not say {word}:\n{log}"
