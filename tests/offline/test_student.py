"""A student without internet: unpack the zip, install, run LeNet, lose power, go on.

Not part of `make test`: it takes minutes. Run by `make offline`, on Linux: each step runs in a
namespace of its own, where there is no network but the computer itself, and which dies at once with
all that runs in it.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
import torch

from offline_zip import HTML, TOP, make_zip

ALONE = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
WITH_LOOPBACK = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"]  # kernels listen there
NOTEBOOK = "notebooks/chapters/networks/lenet.ipynb"
CHECKPOINT = "notebooks/chapters/networks/lenet-quick.pt"
EPOCHS = 5
RUN = """
import sys, nbformat
from nbclient import NotebookClient
from pathlib import Path

path = Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
place = {"metadata": {"path": path.parent}}
NotebookClient(notebook, kernel_name="python3", resources=place).execute()
nbformat.write(notebook, path)
"""


class Student:
    """A computer with Python and the packages that the README names, but neither book nor data."""

    def __init__(self, zipped: Path, home: Path) -> None:
        self.home = home
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(home)
        self.top = home / TOP
        subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
        self.python = home / "venv/bin/python"
        [site] = (home / "venv/lib").glob("python3*/site-packages")
        # its folder, not what its own .pth files name: d2lnotes is in no folder of it
        (site / "pinned.pth").write_text(sysconfig.get_path("purelib"))

    def start(self, *words: str | Path) -> subprocess.Popen:
        """Starts Python in the unpacked folder, with no network."""
        keep = ("PATH", "LANG", "OMP_NUM_THREADS", "GOMP_SPINCOUNT")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        return subprocess.Popen(
            [*ALONE, *WITH_LOOPBACK, self.python, *words],
            cwd=self.top,
            env=environment | {"HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def run(self, *words: str | Path) -> tuple[int, str]:
        """Runs Python there to its end; gives the exit status and what it printed."""
        process = self.start(*words)
        said, _ = process.communicate()
        return process.returncode, said

    def run_notebook(self, name: str) -> dict[str, str]:
        """Runs a notebook from top to bottom; gives what each cell printed, by its id."""
        status, said = self.run("-c", RUN, name)
        assert status == 0, said
        cells = nbformat.read(self.top / name, as_version=4).cells
        return {
            cell.id: "".join(output.get("text", "") for output in cell.outputs)
            for cell in cells
            if cell.cell_type == "code"
        }

    def checkpoint(self) -> dict:
        """What LeNet's training has kept on disk so far."""
        return torch.load(self.top / CHECKPOINT, weights_only=True)


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of the built site; made twice, it is the same."""
    if shutil.which("unshare") is None or subprocess.run([*ALONE, "true"]).returncode:
        pytest.fail("这台机器不许断网运行：需要 Linux 的 unshare 和用户命名空间", pytrace=False)
    first, second = (make_zip(HTML, tmp_path_factory.mktemp("zip")) for _ in range(2))
    assert first.read_bytes() == second.read_bytes()
    return first


@pytest.fixture
def student(zipped: Path, tmp_path: Path) -> Student:
    """One who has just unpacked."""
    return Student(zipped, tmp_path)


def test_nothing_is_there_before(student: Student) -> None:
    status, said = student.run("-c", "import torch, d2lnotes")
    assert status and "No module named 'd2lnotes'" in said
    status, said = student.run(
        "-c", "import urllib.request as r; r.urlopen('http://1.1.1.1', timeout=5)"
    )
    assert status and "Network is unreachable" in said


def test_install_in_a_notebook(student: Student) -> None:
    said = student.run_notebook("notebooks/install.ipynb")["install"]
    assert "一切就绪" in said


def test_a_missing_package_is_named(student: Student) -> None:
    [pinned] = student.home.glob("venv/lib/*/site-packages/pinned.pth")
    pinned.unlink()
    status, said = student.run("install.py")
    assert "没有 torch：请运行 pip install torch" in said, (status, said)


def test_lenet_killed_and_resumed_ends_as_if_undisturbed(zipped: Path, tmp_path: Path) -> None:
    whole, killed = (Student(zipped, tmp_path / name) for name in ("whole", "killed"))
    for student in (whole, killed):
        status, said = student.run("install.py")
        assert status == 0 and "一切就绪" in said, said
    expected = whole.run_notebook(NOTEBOOK)

    process = killed.start("-c", RUN, NOTEBOOK)
    deadline = time.monotonic() + 900
    while not (killed.top / CHECKPOINT).exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)  # into the next epoch
    process.kill()  # and with it, at once, the kernel
    process.wait()
    before = killed.checkpoint()["history"]
    done = len(before["train_loss"])
    assert 0 < done < EPOCHS

    said = killed.run_notebook(NOTEBOOK)
    after, undisturbed = killed.checkpoint(), whole.checkpoint()
    assert after["history"]["seconds"][:done] == before["seconds"]  # these were not trained again
    assert after["history"]["test_acc"] == undisturbed["history"]["test_acc"]
    assert after["history"]["train_loss"] == undisturbed["history"]["train_loss"]
    for name, weight in undisturbed["net"].items():
        assert torch.equal(after["net"][name], weight), name
    assert said["shift-table"] == expected["shift-table"]
    print(f"killed after {done} of {EPOCHS} epochs; both end at {after['history']['test_acc'][-1]}")
