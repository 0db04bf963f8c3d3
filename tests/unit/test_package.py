"""The package's face: light to import, complete, installable without its optional parts."""

import subprocess
import sys

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


@pytest.mark.parametrize("name", d2lnotes.__all__)
def test_every_public_name_loads(name):
    assert getattr(d2lnotes, name) is not None


def test_unknown_name():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = d2lnotes.no_such_name
