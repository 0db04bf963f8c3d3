"""Under which ipywidgets the widget tests run: the book's, and once more Colab's (see Makefile)."""

import os
import re
from pathlib import Path

import ipywidgets

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


def test_ipywidgets_is_the_one_that_was_asked_for():
    [locked] = re.findall(r"^ipywidgets==(\S+)$", REQUIREMENTS.read_text("utf-8"), re.MULTILINE)
    assert ipywidgets.__version__ == os.environ.get("IPYWIDGETS", locked)
