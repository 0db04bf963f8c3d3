"""Runs that are killed and resumed, and files that must be refused."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from d2lnotes import __version__
from d2lnotes import checkpoint as checkpoint_module
from d2lnotes.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from d2lnotes.data import load_data_fashion_mnist
from d2lnotes.train import train_ch6

RUN = """
import sys, torch
from torch import nn
from d2lnotes.data import load_data_fashion_mnist
from d2lnotes.train import train_ch6

torch.set_num_threads(1)  # two runs side by side would fight for the cores
loaders = load_data_fashion_mnist(50, device="cpu", limit=5000, seed=5)
net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                    nn.Dropout(0.3), nn.Linear(4 * 24 * 24, 10))
history = train_ch6(
    net, *loaders, 30, 0.01, "cpu", seed=0, checkpoint=sys.argv[1], plot=True,
    optimizer=torch.optim.Adam,
    scheduler=lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=30 * len(loaders[0])),
)
curves = [history.train_loss, history.test_acc]
torch.save({"net": net.state_dict(), "history": curves}, sys.argv[2])
"""


def start(folder, name):
    command = [sys.executable, "-c", RUN, str(folder / f"{name}.pt"), str(folder / f"{name}.out")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_at_any_moment_and_resumed_it_ends_bit_identical(tmp_path):
    whole = start(tmp_path, "whole")
    for _ in range(5):
        run = start(tmp_path, "killed")
        run.stdout.readline()  # one epoch of this run is done
        time.sleep(random.uniform(0, 0.3))
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed.out").exists()
    assert start(tmp_path, "killed").wait() == 0
    assert whole.wait() == 0
    expected, result = (
        torch.load(tmp_path / f"{name}.out", weights_only=True) for name in ("whole", "killed")
    )
    assert result["history"] == expected["history"]
    for name, value in expected["net"].items():
        assert torch.equal(result["net"][name], value), name


@pytest.fixture(scope="module")
def loaders():
    return load_data_fashion_mnist(100, device="cpu", limit=1000)


def dense(units=8):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, units), nn.ReLU(), nn.Linear(units, 10))


def train(path, loaders, net=None, num_epochs=1, lr=0.1, **options):
    return train_ch6(
        net or dense(), *loaders, num_epochs, lr, "cpu", checkpoint=path, plot=False, **options
    )


def test_a_finished_run_is_not_trained_again_and_a_longer_one_goes_on(tmp_path, loaders):
    path = tmp_path / "new folder" / "run.pt"
    first = train(path, loaders, seed=1)
    again = train(path, loaders, seed=1)
    assert again.train_loss == first.train_loss and again.seconds == first.seconds
    longer = train(path, loaders, seed=1, num_epochs=2)
    assert longer.train_loss[0] == first.train_loss[0] and longer.epochs == 2


def test_another_net_or_other_settings_are_refused(tmp_path, loaders):
    path = tmp_path / "run.pt"
    train(path, loaders)
    with pytest.raises(CheckpointError, match=r"层 1\.weight .*\[8, 784\].*\[9, 784\]"):
        train(path, loaders, net=dense(9))
    with pytest.raises(CheckpointError, match=r"设置 lr 在检查点里是 0\.1，现在是 0\.2"):
        train(path, loaders, lr=0.2)
    with pytest.raises(CheckpointError, match="设置 optimizer"):
        train(path, loaders, optimizer=torch.optim.Adam)


def test_numbers_of_numpy_can_be_kept(tmp_path, loaders):
    path = tmp_path / "run.pt"
    options = {"lr": np.float64(0.1), "seed": np.int64(1), "num_epochs": np.int64(1)}
    first = train(path, loaders, **options)
    assert train(path, loaders, **options).train_loss == first.train_loss
    assert '"lr": 0.1' in first.to_json()


def test_changed_arguments_are_refused(tmp_path, loaders):
    path = tmp_path / "run.pt"
    momentum = partial(torch.optim.SGD, momentum=0.9)
    train(path, loaders, optimizer=momentum, num_epochs=2)
    with pytest.raises(
        CheckpointError, match=r"optimizer\.momentum 在检查点里是 0\.9，现在是 0\.5"
    ):
        train(path, loaders, optimizer=partial(torch.optim.SGD, momentum=0.5), num_epochs=2)
    with pytest.raises(CheckpointError, match="已训练 2 个迭代周期，多于现在要的 1 个"):
        train(path, loaders, optimizer=momentum, num_epochs=1)
    seeded = load_data_fashion_mnist(100, device="cpu", limit=1000, seed=0)
    with pytest.raises(CheckpointError, match="own generator"):
        train(path, seeded, optimizer=momentum, num_epochs=2)
    smaller = load_data_fashion_mnist(50, device="cpu", limit=1000)
    with pytest.raises(CheckpointError, match="batch_size"):
        train(path, smaller, optimizer=momentum, num_epochs=2)


def test_a_folder_is_no_damaged_file(tmp_path):
    with pytest.raises(CheckpointError, match="无法读检查点"):
        load_checkpoint(tmp_path)


def test_another_versions_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "FORMAT", 99)
    save_checkpoint(tmp_path / "run.pt", {})
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match=rf"d2lnotes {__version__} 写的.*格式是 99"):
        load_checkpoint(tmp_path / "run.pt")
    torch.save({"format": 0}, tmp_path / "older.pt")
    with pytest.raises(CheckpointError, match=r"另一个版本 写的.*换一个文件名"):
        load_checkpoint(tmp_path / "older.pt")


@pytest.mark.parametrize("own", [[1, 2], {"weight": torch.zeros(2)}, dense()])
def test_a_readers_own_file_is_not_called_damaged(tmp_path, own):
    """Nobody is told to delete weights that they saved themselves."""
    path = tmp_path / "mine.pt"
    torch.save(own, path)
    with pytest.raises(CheckpointError, match=r"mine\.pt 不是 d2lnotes 的检查点.*换一个文件名"):
        load_checkpoint(path)


@pytest.mark.parametrize("part", ["shapes", "settings", "history", "random", "net", "optimizer"])
def test_a_file_with_other_contents_is_refused(tmp_path, loaders, part):
    path = tmp_path / "run.pt"
    train(path, loaders)
    state = torch.load(path, weights_only=True)
    for other in ({k: v for k, v in state.items() if k != part}, state | {part: {"new": 1}}):
        torch.save(other, path)
        with pytest.raises(CheckpointError, match="换一个文件名，或删除它从头训练"):
            train(path, loaders)


def test_a_text_is_refused(tmp_path):
    (tmp_path / "run.pt").write_text("hello, this is a text\n" * 10)
    with pytest.raises(CheckpointError, match="或者不是检查点"):
        load_checkpoint(tmp_path / "run.pt")


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_half_a_file_is_refused(tmp_path, keep):
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"weights": torch.rand(1000)})
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(CheckpointError, match="不完整或已损坏"):
        load_checkpoint(path)


def test_code_in_a_file_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.system, ("touch " + str(tmp_path / "pwned"),)

    torch.save({"format": 1, "x": Evil()}, tmp_path / "run.pt")
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "run.pt")
    assert not (tmp_path / "pwned").exists()


def test_a_full_disk_leaves_the_last_good_file(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"epoch": 1})

    def full(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save_checkpoint(path, {"epoch": 2})
    monkeypatch.undo()
    assert load_checkpoint(path)["epoch"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]


def test_a_really_full_disk(tmp_path):
    """/dev/full refuses every write, as a full disk does; it is where a file would be."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(CheckpointError, match="无法写检查点"):
        save_checkpoint("/dev/full/run.pt", {})
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CheckpointError, match="无法写检查点"):
        save_checkpoint(tmp_path / "file" / "run.pt", {})
