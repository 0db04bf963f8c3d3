"""Training state on disk: written whole or not at all, read without running any code."""

import os
import zipfile
from contextlib import suppress
from pathlib import Path

import torch

from . import __version__

FORMAT = 1


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written, read, or used for this run."""


def save_checkpoint(path, state):
    """Write a state so that a kill at any moment leaves the old file or the new one.

    Args:
        path: File to write; its folder is made.
        state: What ``torch.load(weights_only=True)`` can read: tensors, numbers, texts, lists and
            dicts.

    Raises:
        CheckpointError: If the file cannot be written; an older one stays as it was.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            torch.save({"format": FORMAT, "d2lnotes": __version__, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise CheckpointError(
            f"无法写检查点 {path}：{error}。之前的检查点没有动，请腾出空间或换一个可写的文件夹"
        ) from error


def load_checkpoint(path):
    """Read what :func:`save_checkpoint` wrote, on the CPU.

    Raises:
        CheckpointError: If the file is damaged, no checkpoint of ours, or of another version.
    """
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise CheckpointError(f"无法读检查点 {path}：{error}") from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of any kind: pickle makes no promise about what is not its own
        if zipfile.is_zipfile(path):  # whole, but with objects in it that are not read
            raise _foreign(path) from error
        raise CheckpointError(
            f"检查点 {path} 不完整或已损坏，或者不是检查点：请换一个文件名，或删除它从头训练"
            f"（{type(error).__name__}）"
        ) from error
    if not isinstance(state, dict) or "format" not in state:
        raise _foreign(path)
    if state["format"] != FORMAT:
        raise CheckpointError(
            f"检查点 {path} 是 d2lnotes {state.get('d2lnotes', '的另一个版本')} 写的，"
            f"格式是 {state['format']}，现在的 d2lnotes {__version__} 只认识格式 {FORMAT}："
            "请换一个文件名从头训练，或装回那个版本接着训练"
        )
    return state


def _foreign(path):
    return CheckpointError(
        f"{path} 不是 d2lnotes 的检查点（也许是你自己保存的权重），没有动它："
        "请给 checkpoint 换一个文件名"
    )


def check_same(path, kind, saved, current):
    """Refuse a checkpoint of another run, and name the first difference.

    Args:
        path: File, for the message.
        kind: What is compared, for the message.
        saved: Dict of the checkpoint.
        current: Dict of this run.
    """
    for key in saved | current:
        old, new = saved.get(key, "没有"), current.get(key, "没有")
        if old != new:
            raise CheckpointError(
                f"检查点 {path} 属于另一次训练：{kind} {key} 在检查点里是 {old}，现在是 {new}。"
                "请换一个文件名，或删除它从头训练"
            )
