"""Checkpoints on a machine of one's own, on Colab with and without Google Drive, and on Binder."""

import sys
from pathlib import Path

import pytest

from d2lnotes import storage
from d2lnotes.data import load_data_fashion_mnist
from d2lnotes.models import lenet
from d2lnotes.storage import checkpoint_path
from d2lnotes.train import train_ch6


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    """A working folder, and no place named yet."""
    monkeypatch.setattr(storage, "_said", set())
    monkeypatch.setattr(storage, "DRIVE", tmp_path / "drive/MyDrive")
    monkeypatch.delenv("BINDER_SERVICE_HOST", raising=False)
    folder = tmp_path / "content"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", sys)


def test_here_it_is_the_working_folder_and_is_said_once(capsys):
    assert checkpoint_path("a.pt") == Path("a.pt") and checkpoint_path("b.pt") == Path("b.pt")
    assert capsys.readouterr().out.count("当前文件夹") == 1


def test_colab_without_drive_says_how_to_keep_it(colab, capsys):
    assert checkpoint_path("a.pt") == Path("a.pt")
    assert 'drive.mount("/content/drive")' in capsys.readouterr().out


def test_colab_with_drive(colab, capsys):
    storage.DRIVE.mkdir(parents=True)
    path = checkpoint_path("a.pt")
    assert path == storage.DRIVE / "d2lnotes/a.pt"
    assert str(path.parent) in capsys.readouterr().out


def test_binder(monkeypatch, capsys):
    monkeypatch.setenv("BINDER_SERVICE_HOST", "10.0.0.1")
    assert checkpoint_path("a.pt") == Path("a.pt")
    assert "下载" in capsys.readouterr().out


def train(num_epochs):
    loaders = load_data_fashion_mnist(100, device="cpu", limit=500)
    path = checkpoint_path("a.pt")
    return path, train_ch6(
        lenet(), *loaders, num_epochs, 0.1, "cpu", seed=0, checkpoint=path, plot=False
    )


def test_what_was_trained_before_drive_was_mounted_goes_on_there(colab, capsys):
    _, first = train(1)
    storage.DRIVE.mkdir(parents=True)
    path, second = train(2)
    assert path.is_file() and second.train_loss[0] == first.train_loss[0]
    out = capsys.readouterr().out
    assert "虚拟机一收回" in out and "Google Drive 的" in out


def test_what_lies_on_drive_is_not_overwritten_by_the_working_folder(colab):
    Path("a.pt").write_bytes(b"old")
    kept = storage.DRIVE / "d2lnotes/a.pt"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"newer")
    assert checkpoint_path("a.pt").read_bytes() == b"newer"
