"""Train a recipe with several seeds and write down what came out, and how.

The file is written after every seed and the state of a seed after every epoch, so that a recording
that was interrupted goes on where it stopped.
"""

import platform
import subprocess
import time
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import torch

from . import __version__
from .devices import as_device
from .distributed import rank_and_size, wait_for_all
from .recipes import train_recipe
from .results import OWN, PACKAGE, RESULTS, Recorded, ResultsError, Run, path_of, read, settings_of


def record(model, recipe, *, seeds=5, device=None, root=None, limit=None, folder=None, again=False):
    """Train a recipe with the seeds 0, 1, … that its file does not have yet.

    Args:
        model: Name of a network in :data:`~d2lnotes.recipes.RECIPES`.
        recipe: Name of one of its recipes.
        seeds: How many seeds the file shall have.
        device: Device to train on; the best one of this machine unless given.
        root: Folder with the data.
        limit: Use only so many images of each set, for a trial.
        folder: Where to write; the repository's ``results`` if there is one, else ``results``.
        again: Drop what is recorded and start anew.

    Returns:
        The :class:`~d2lnotes.results.Recorded`; after an interrupt (Ctrl-C) fewer seeds.

    Raises:
        ValueError: If there is no such recipe, or an argument is out of range.
        ResultsError: If the file is damaged, or of other settings or another machine.
    """
    if seeds < 1:
        raise ValueError(f"seeds={seeds} 无效：至少记录 1 个种子")
    commit = git_state()  # of the code as it is when it starts
    device = as_device(device)
    folder = Path(folder or (RESULTS if RESULTS.is_dir() else OWN))
    path = path_of(model, recipe, folder)
    new = Recorded(model, recipe, settings_of(model, recipe, limit), machine(device))
    recorded = (None if again else read(path)) or new
    _check_same(path, "设置", recorded.settings, new.settings)
    _check_same(path, "机器", recorded.machine, new.machine)
    writes = rank_and_size()[0] == 0
    wait_for_all()  # every process has read the file before one of them writes it
    if writes:
        _begin(path, recorded, again or not path.exists())
    wait_for_all()
    for seed in range(seeds):
        if seed in recorded.seeds:
            continue
        if writes:
            print(f"{model} 的 {recipe} 方案，种子 {seed}", flush=True)
        checkpoint = _checkpoint(path, seed)
        start = None if checkpoint.exists() else time.perf_counter()
        _, history = train_recipe(
            model, recipe, device=device, root=root, limit=limit, seed=seed, checkpoint=checkpoint
        )
        if history.interrupted:
            break
        seconds = None if start is None else time.perf_counter() - start
        date = datetime.now(timezone.utc).isoformat(timespec="seconds")
        recorded = recorded.with_run(Run(history, seconds, date, *commit))
        if writes:
            recorded.write(path)
            checkpoint.unlink()
    return recorded


def _begin(path, recorded, anew):
    """Write the settings first: a checkpoint beside a file of these settings is of them too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stale = path.parent.glob(_checkpoint(path, "*").name) if anew else ()
    finished = [_checkpoint(path, seed) for seed in recorded.seeds]
    for checkpoint in (*stale, *finished):
        checkpoint.unlink(missing_ok=True)
    recorded.write(path)


def machine(device):
    """What the figures of a run depend on beside the settings."""
    return {
        "device": _device_name(device),
        "threads": torch.get_num_threads(),
        "processes": rank_and_size()[1],
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": metadata.version("torchvision"),
        "d2lnotes": __version__,
    }


def git_state():
    """``(commit, dirty)`` of this package, ``(None, None)`` if it is in no repository.

    Dirty means that the package's own files differ from the commit.
    """
    try:
        if not _git("ls-files", "__init__.py"):
            return None, None
        return _git("rev-parse", "HEAD"), bool(_git("status", "--porcelain", "--", "."))
    except (OSError, subprocess.CalledProcessError):
        return None, None


def _git(*words):
    command = ["git", "-C", str(PACKAGE), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _device_name(device):
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}：{_processor()}"


def _processor():
    """Name of the processor; Linux does not tell it to ``platform``."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _checkpoint(path, seed):
    return path.with_name(f".{path.stem}-{seed}.pt")


def _check_same(path, kind, recorded, now):
    for name in recorded | now:
        old, new = recorded.get(name, "没有"), now.get(name, "没有")
        if old != new:
            raise ResultsError(
                f"{path} 是用别的{kind}记录的：{name} 在文件里是 {old}，现在是 {new}。"
                "请加 --again 全部重新记录，或用 --results 写到别的文件夹"
            )
