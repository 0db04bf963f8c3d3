"""Where a checkpoint goes so that its reader can keep it: rented machines forget their disks."""

import os
import shutil
import sys
from pathlib import Path

DRIVE = Path("/content/drive/MyDrive")  # where Colab mounts the reader's Google Drive
FOLDER = "d2lnotes"

_ON_DRIVE = "存档放在 Google Drive 的 {folder}：虚拟机收回了，它还在"
_ON_COLAB = """\
存档放在这台 Colab 虚拟机上，虚拟机一收回（例如闲置久了）就没有了。要留住它，先运行
    from google.colab import drive
    drive.mount("/content/drive")
再运行这一格：已有的存档会复制过去，接着训练"""
_ON_BINDER = "存档放在当前文件夹，会话一结束就没有了：要留住它，在左边的文件栏里下载"
_HERE = "存档放在当前文件夹（笔记本所在的地方）"

_said = set()


def checkpoint_path(name):
    """Where to keep a checkpoint; prints once which place that is and how to keep it.

    On Colab that is the reader's Google Drive if it is mounted; a checkpoint that was begun
    before it was mounted is copied there. Elsewhere it is the working folder.

    Args:
        name: File name, for example ``'lenet-quick.pt'``.

    Returns:
        A path for the ``checkpoint`` of :func:`~d2lnotes.train.train_ch6`.
    """
    path, words = Path(name), _HERE
    if "google.colab" in sys.modules:
        words = _ON_COLAB
        if DRIVE.is_dir():
            path = DRIVE / FOLDER / name
            words = _ON_DRIVE.format(folder=path.parent)
            _bring(Path(name), path)
    elif "BINDER_SERVICE_HOST" in os.environ:
        words = _ON_BINDER
    if words not in _said:
        _said.add(words)
        print(words)
    return path


def _bring(old, new):
    """Copy a checkpoint to where there is none yet, whole or not at all."""
    if old.is_file() and not new.exists():
        new.parent.mkdir(parents=True, exist_ok=True)
        partial = new.with_name(f".{new.name}.part")
        shutil.copyfile(old, partial)
        partial.replace(new)
