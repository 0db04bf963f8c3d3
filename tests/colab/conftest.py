"""An environment like Colab's, a repository to install the book from, and kernels that use both."""

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from d2lnotes.stamp import stamp

ROOT = Path(__file__).resolve().parents[2]
COLAB = ROOT / "_build/colab"  # `make colab` builds venv/ in it
PYTHON = COLAB / "venv/bin/python"
PIP = (PYTHON, "-I", "-m", "pip")  # -I: the folder we stand in is not part of the environment
TAG = "v1"


class Colab:
    """One virtual machine after the other, each without d2lnotes at first."""

    def __init__(self, book: Path, folder: Path, commit: str) -> None:
        self.book = book
        self.folder = folder
        self.commit = commit

    def packages(self) -> set[str]:
        """What is installed, as pip writes it down."""
        return set(_output(*PIP, "freeze", "--all").splitlines())

    def start(self) -> set[str]:
        """Begins a machine: what a notebook installed is gone. Gives what is installed."""
        _output(*PIP, "uninstall", "-qq", "-y", "d2lnotes", "d2l")
        return self.packages()

    def execute(self, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
        """Runs a notebook top to bottom, from outside, in an empty working folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        resources = {"metadata": {"path": str(self.folder)}}
        return NotebookClient(
            notebook, kernel_name="colab", timeout=900, resources=resources
        ).execute()


def _output(*words: object, cwd: Path | None = None) -> str:
    command = [str(word) for word in words]
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def _repository(folder: Path) -> tuple[Path, str]:
    """The book as it stands here, stamped, committed and tagged; and a bare clone to install from.

    Returns:
        The book's folder and the tagged commit.
    """
    book, origin = folder / "book", folder / "school" / "cnn"
    for name in _output("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines():
        if (ROOT / name).is_file():
            (book / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, book / name)
    config = (book / "_config.yml").read_text(encoding="utf-8").splitlines()
    config = [f"  url: file://{origin}" if line.startswith("  url: ") else line for line in config]
    config = [f"  branch: {TAG}" if line.startswith("  branch: ") else line for line in config]
    (book / "_config.yml").write_text("\n".join(config), encoding="utf-8")
    stamp(book)
    author = ("-c", "user.name=a teacher", "-c", "user.email=teacher@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "stamped"), ("tag", TAG)):
        _output("git", *author, *words, cwd=book)
    _output("git", "clone", "-q", "--bare", book, origin)
    return book, _output("git", "rev-parse", "HEAD", cwd=book).strip()


@pytest.fixture(scope="session")
def colab(tmp_path_factory):
    """The environment; kernels started while it is up know nothing of the book's own."""
    assert PYTHON.exists(), "run: make colab"
    folder = tmp_path_factory.mktemp("colab")
    kernel = folder / "jupyter/kernels/colab/kernel.json"
    kernel.parent.mkdir(parents=True)
    launch = [PYTHON, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    # in a module of its own, so that none of its names is there for a notebook to lean on
    first = "--IPKernelApp.exec_lines=__import__('stand_in')"
    spec = {
        "argv": [*map(str, launch), first],
        "display_name": "Colab",
        "language": "python",
        "env": {"PYTHONPATH": str(ROOT / "tests/colab")},
    }
    kernel.write_text(json.dumps(spec))
    book, commit = _repository(folder)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTHONPATH", raising=False)
        environment.setenv("JUPYTER_PATH", str(folder / "jupyter"))
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        environment.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else ipykernel warns at length
        yield Colab(book, folder / "content", commit)
