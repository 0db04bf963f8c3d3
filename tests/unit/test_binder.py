"""What Binder builds from. An image is built on Binder alone; this reads what it would read."""

import re
import subprocess
from pathlib import Path

import tomllib
import yaml

BOOK = Path(__file__).parents[2]
BINDER = BOOK / ".binder"
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def name(requirement):
    return re.match(r"[\w-]+", requirement)[0]


def test_the_environment_holds_what_the_package_needs_from_one_channel():
    environment = yaml.safe_load((BINDER / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge"]
    project = tomllib.loads((BOOK / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {CONDA_NAMES.get(name(r), name(r)) for r in project["dependencies"]}
    assert {name(r) for r in environment["dependencies"]} == {*needed, "python", "pip"}


def test_the_script_is_executable_and_parses():
    script = BINDER / "postBuild"
    assert script.stat().st_mode & 0o100
    subprocess.run(["bash", "-n", script], check=True)


def test_no_address_of_a_registry_is_written_down():
    for file in BINDER.iterdir():
        assert "://" not in file.read_text("utf-8")
