"""The package's face: light to import, complete, installable without its optional parts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import d2lnotes


def test_import_loads_nothing_heavy():
    code = (
        "import sys, d2lnotes, d2lnotes.widgets\n"
        "heavy = {'torch', 'torchvision', 'ipywidgets', 'matplotlib', 'd2l'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_d2l_is_never_imported():
    code = (
        "import sys, d2lnotes\n"
        "[getattr(d2lnotes, name) for name in d2lnotes.__all__]\n"
        "sys.exit('d2l' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("words", [["-c", "import d2lnotes"], ["-m", "d2lnotes", "doctor"]])
def test_an_old_python_is_told_in_one_sentence(words, tmp_path):
    """Not run on a Python 3.9, but on one that says it is."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 18)\n")
    paths = os.pathsep.join([str(tmp_path), str(Path(d2lnotes.__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, *words]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert run.returncode != 0
    assert "需要 Python 3.10 或更新的版本" in run.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", d2lnotes.__all__)
def test_every_public_name_loads(name):
    assert getattr(d2lnotes, name) is not None


def test_unknown_name():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = d2lnotes.no_such_name
