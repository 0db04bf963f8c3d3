"""Which files a notebook reaches: on small trees, and on the repository itself."""

from pathlib import Path

import nbformat
import pytest

from cache_keys import digest, python_source
from conftest import ROOT
from import_closure import Closure

TREE = {
    "book/__init__.py": (
        "from importlib import import_module\n"
        "_LAZY = {'models': 'models', 'train': 'train', 'fit': 'train', 'plot': 'plot'}\n"
        "def __getattr__(name):\n    return import_module(f'{__name__}.{_LAZY[name]}')\n"
    ),
    "book/models/__init__.py": (
        "_LAZY = {'lenet': 'lenet', 'vgg': 'vgg', 'vgg_block': 'vgg'}\n"
        "def __getattr__(name): ...\n"
        "def layer_summary(net): ...\n"
    ),
    "book/models/lenet.py": "def lenet(): ...\n",
    "book/models/vgg.py": "from ..shapes import size\ndef vgg(): ...\n",
    "book/shapes.py": "import math\n",
    "book/train.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from book.models import vgg\n"
        "def fit():\n    from .plot import draw\n"
    ),
    "book/plot.py": "RESULTS = 'results'\n",
    "book/widgets/__init__.py": (
        "_LAZY = {'conv': '.conv', 'pool': '.pool'}\ndef __getattr__(name): ...\n"
    ),
    "book/widgets/conv.py": "SCRIPT = load('conv.js', style='explorer')\n",
    "book/widgets/pool.py": "SCRIPT = load('pool.js')\n",
    "book/widgets/conv.js": 'import { pair } from "./core.js";\n',
    "book/widgets/core.js": "export const pair = 2;\n",
    "book/widgets/pool.js": "// alone\n",
    "book/widgets/explorer.css": ".cell {}\n",
    "results/lenet.json": "{}",
    "results/vgg.json": "{}",
}
BASE = {"book/__init__.py"}
MODELS = {*BASE, "book/models/__init__.py"}
LENET = {*MODELS, "book/models/lenet.py"}
VGG = {*MODELS, "book/models/vgg.py", "book/shapes.py"}
PLOT = {"book/plot.py", "results/lenet.json", "results/vgg.json"}
TRAIN = {*BASE, "book/train.py", *PLOT}
CONV = {"book/widgets/conv.py", "book/widgets/conv.js", "book/widgets/core.js"}
CONV |= {*BASE, "book/widgets/__init__.py", "book/widgets/explorer.css"}

CASES = {
    "import book": BASE,
    "import torch": set(),
    "from book.models import lenet": LENET,
    "from book.models import lenet\nlenet().eval()": LENET,
    "from book.models.lenet import lenet": LENET,
    "from book.models import vgg_block": VGG,
    "from book.models import layer_summary": MODELS,
    "from book import models\nmodels.lenet()": LENET,
    "import book\nbook.models.lenet()": LENET,
    "import book.models as m\nm.vgg()": VGG,
    "from book import models\nuse(models)": LENET | VGG,
    "from book.models import *": LENET | VGG,
    "from book import fit": TRAIN,
    "def f():\n    from book import train": TRAIN,
    "from book.widgets import conv": CONV,
    "from importlib import import_module\nimport_module('book.shapes')": {*BASE, "book/shapes.py"},
    "show('results/lenet.json')": {"results/lenet.json"},
    "show('lenet')": {"results/lenet.json"},
    "show('results/*.json')": {"results/lenet.json", "results/vgg.json"},
    "show('.', '..', '*', '/', '')": set(),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small package with lazy names, scripts and data."""
    root = tmp_path_factory.mktemp("tree")
    for name, text in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("source", CASES)
def test_closure(tree: Path, source: str) -> None:
    files, _ = Closure(tree, ["book"]).files(source)
    assert {file.relative_to(tree.resolve()).as_posix() for file in files} == CASES[source]


def test_outside_packages_are_named(tree: Path) -> None:
    _, outside = Closure(tree, ["book"]).files("import torch.nn\nfrom book.models import vgg")
    assert {"torch", "math"} <= outside


def notebook(*cells: str) -> dict:
    """A notebook with these code cells and some prose."""
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 题"), *code])


def test_digest_follows_what_is_reached_and_nothing_else(tree: Path) -> None:
    lenet = notebook("from book.models import lenet")

    def value() -> str:
        return digest(Closure(tree, ["book"]), lenet, tree)

    first = value()
    (tree / "book/models/vgg.py").write_text("# other\n", encoding="utf-8")
    assert value() == first
    (tree / "book/models/lenet.py").write_text("# other\n", encoding="utf-8")
    assert value() != first
    for name in ("book/models/vgg.py", "book/models/lenet.py"):
        (tree / name).write_text(TREE[name], encoding="utf-8")
    assert value() == first


def test_a_cell_that_is_not_python_reaches_everything(tree: Path) -> None:
    broken = notebook("from book.models import lenet", "def f(:")
    before = digest(Closure(tree, ["book"]), broken, tree)
    (tree / "book/shapes.py").write_text("# other\n", encoding="utf-8")
    after = digest(Closure(tree, ["book"]), broken, tree)
    (tree / "book/shapes.py").write_text(TREE["book/shapes.py"], encoding="utf-8")
    assert before != after


def test_magics_do_not_hide_imports() -> None:
    source = python_source(
        notebook("%matplotlib inline\n!ls\nimport book", "if a:\n    %pip install b")
    )
    _, outside = Closure(ROOT, []).files(source)
    assert "book" in outside


def reached(source: str) -> set[str]:
    """What a source reaches in this repository."""
    files, _ = Closure(ROOT, ["d2lnotes"]).files(source)
    return {file.relative_to(ROOT).as_posix() for file in files}


@pytest.mark.parametrize("name", ["lenet"])
def test_a_network_reaches_no_other_network(name: str) -> None:
    files = reached(f"from d2lnotes.models import {name}\n{name}()")
    own = {"d2lnotes/__init__.py", "d2lnotes/models/__init__.py", f"d2lnotes/models/{name}.py"}
    assert own <= files
    networks = {file for file in files - own if file.startswith("d2lnotes/models/")}
    assert not [file for file in networks if not Path(file).name.startswith("_")]
    assert not [file for file in files if "widgets" in file or file.endswith("train.py")]


def test_an_explorer_reaches_its_scripts_and_styles() -> None:
    files = reached("from d2lnotes.widgets import conv_explorer\nconv_explorer()")
    assert "d2lnotes/widgets/conv.py" in files
    scripts = {file.removeprefix("d2lnotes/widgets/js/") for file in files if file.endswith(".js")}
    assert {"view/conv_explorer.js", "view/frame.js", "core/conv.js", "core/arrays.js"} <= scripts
    assert "view/pool_explorer.js" not in scripts
    assert [file for file in files if file.endswith(".css")]
    assert "d2lnotes/train.py" not in files


def test_training_reaches_the_data_but_no_network() -> None:
    files = reached("from d2lnotes.train import train_ch6")
    assert "d2lnotes/train.py" in files
    assert not [file for file in files if file.startswith("d2lnotes/models/") and "__" not in file]
