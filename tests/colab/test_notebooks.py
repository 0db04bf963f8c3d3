"""Every notebook, top to bottom, in an environment like Colab's, where only d2lnotes is added."""

import subprocess
import time

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from conftest import COLAB, PYTHON, ROOT
from d2lnotes.stamp import SETUP_CELL_ID, notebooks, setup_source

NAMES = [path.relative_to(ROOT).as_posix() for path in notebooks(ROOT)]
VIEW = "application/vnd.jupyter.widget-view+json"
ALSO = {"chapters/appendix/d2l-bridge.ipynb": {"d2l==1.0.3"}}  # installed by a cell that says so
NOT_ON_COLAB = ("captum", "d2l", "d2lnotes", "jupyter_book", "jupyterquiz", "sphinx", "torchinfo")


@pytest.mark.parametrize("package", NOT_ON_COLAB)
def test_what_colab_lacks_is_lacking(colab, package):
    colab.start()
    command = [PYTHON, "-I", "-c", f"import {package}"]
    assert b"No module named" in subprocess.run(command, stderr=subprocess.PIPE).stderr


def test_an_unset_address_is_explained(colab):
    colab.start()
    cell = nbformat.v4.new_code_cell(setup_source("https://github.com/OWNER/REPO", "main"))
    with pytest.raises(CellExecutionError, match="Colab 不知道从哪里安装 d2lnotes"):
        colab.execute(nbformat.v4.new_notebook(cells=[cell]))


@pytest.mark.parametrize("name", NAMES)
def test_notebook(colab, name):
    before = colab.start()
    notebook = nbformat.read(colab.book / name, as_version=4)
    start = time.perf_counter()
    try:
        colab.execute(notebook)
    finally:
        kept = COLAB / "executed" / name  # to look at
        kept.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, kept)
    print(f"{time.perf_counter() - start:6.1f} s  {name}")
    assert errors(notebook) == []
    assert all("colab" in marks for marks in widgets(notebook))
    after = colab.packages()
    assert before <= after
    [ours] = after - before - ALSO.get(name, set())
    assert ours.startswith("d2lnotes @ git+file://") and ours.endswith(f"@{colab.commit}")


def outputs(notebook):
    """Every output with the id of its cell."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [(cell["id"], output) for cell in cells for output in cell["outputs"]]


def errors(notebook):
    """What cells wrote on stderr; pip may, in the set-up cell."""
    return [
        (name, output["text"])
        for name, output in outputs(notebook)
        if output.get("name") == "stderr" and name != SETUP_CELL_ID
    ]


def widgets(notebook):
    """What each displayed widget tells the page; without Colab's own mark it stays empty there."""
    shown = [output for _, output in outputs(notebook) if VIEW in output.get("data", {})]
    return [output["metadata"].get(VIEW, {}) for output in shown]
