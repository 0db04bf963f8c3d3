"""Recorded training runs: ``results/MODEL-RECIPE.json``, read and summed up.

``python -m d2lnotes record`` writes them, see :mod:`d2lnotes.record`.
"""

import json
import os
import site
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from .history import History
from .recipes import find_recipe

FORMAT = 1
PACKAGE = Path(__file__).resolve().parent
RESULTS = PACKAGE.parent / "results"  # of the repository
# without a repository: where pip puts them, for everybody or (pip install --user) for one
INSTALLED = tuple(
    Path(base, "share/d2lnotes/results")
    for base in (sysconfig.get_path("data"), site.getuserbase())
)
OWN = Path("results")  # what a reader recorded there


class ResultsError(RuntimeError):
    """A file of recorded runs that cannot be read, or is of other settings."""


@dataclass(frozen=True)
class Run:
    """One recorded training.

    Attributes:
        history: Curves and seconds of every epoch; its seed.
        wall_seconds: The whole run with loading and evaluation, or None if it was interrupted.
        date: Day and time (UTC) of its end, ISO 8601.
        commit: Git commit of the package when it started, or None where there is no repository.
        dirty: Whether the package differed from that commit, or None.
    """

    history: History
    wall_seconds: float | None
    date: str
    commit: str | None
    dirty: bool | None

    @property
    def seed(self):
        """Seed of the run."""
        return self.history.seed

    @property
    def accuracy(self):
        """Test accuracy after the last epoch."""
        return self.history.test_acc[-1]


@dataclass(frozen=True)
class Recorded:
    """The runs of one recipe, one a seed, all with the same settings on the same machine.

    Attributes:
        model: Name of the network.
        recipe: Name of the recipe.
        settings: The recipe's fields, and ``limit``.
        machine: Device, threads, processes and versions.
        runs: One :class:`Run` a seed, in the order of the seeds.
    """

    model: str
    recipe: str
    settings: dict
    machine: dict
    runs: tuple[Run, ...] = ()

    @property
    def seeds(self):
        """Seeds of the runs."""
        return [run.seed for run in self.runs]

    @property
    def accuracies(self):
        """Final test accuracy of every run."""
        return [run.accuracy for run in self.runs]

    @property
    def median(self):
        """Median of the final test accuracies."""
        return median(self.accuracies)

    @property
    def min(self):
        """Lowest final test accuracy."""
        return min(self.accuracies)

    @property
    def max(self):
        """Highest final test accuracy."""
        return max(self.accuracies)

    @property
    def spread(self):
        """Highest less lowest final test accuracy."""
        return self.max - self.min

    @property
    def images_per_second(self):
        """Training images per second, loading included; median over the runs."""
        return median(run.history.images_per_second for run in self.runs)

    @property
    def changed(self):
        """``{name: (recorded, now)}`` of settings in which the recipe has changed since."""
        now = settings_of(self.model, self.recipe)
        names = self.settings | now
        pairs = {name: (self.settings.get(name), now.get(name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def with_run(self, run):
        """The same with one more run."""
        runs = sorted((*self.runs, run), key=lambda run: run.seed)
        return Recorded(self.model, self.recipe, self.settings, self.machine, tuple(runs))

    def to_json(self):
        """The content of its file."""
        return json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False, indent=1) + "\n"

    def write(self, path):
        """Write the file so that a kill at any moment leaves the old one or the new one."""
        path = Path(path)
        partial = path.with_name(f".{path.name}.part")
        with partial.open("w", encoding="utf-8") as file:
            file.write(self.to_json())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def __repr__(self):
        if not self.runs:
            return f"{self.model} 的 {self.recipe} 方案：还没有一个种子训练完"
        commits = {_commit(run) for run in self.runs}
        lines = [
            f"{self.model} 的 {self.recipe} 方案，{len(self.runs)} 个种子：测试精度中位数 "
            f"{self.median:.4f}（{self.min:.4f} 到 {self.max:.4f}，相差 {self.spread:.4f}），"
            f"{self.images_per_second:,.0f} 张图像/秒",
            f"{max(run.date for run in self.runs)[:10]} 记录：{self.machine['device']}，"
            f"{self.machine['threads']} 个线程，torch {self.machine['torch']}，"
            f"提交 {'、'.join(sorted(commits))}",
        ]
        lines += [
            f"注意：{name} 记录时是 {old}，现在的方案里是 {new}"
            for name, (old, new) in self.changed.items()
        ]
        return "\n".join(lines)


def _commit(run):
    if run.commit is None:
        return "未知"
    return run.commit[:10] + ("（有未提交的改动）" if run.dirty else "")


def results(model, recipe="quick", *, folder=None):
    """Recorded runs of a network.

    Args:
        model: Name of a network in :data:`~d2lnotes.recipes.RECIPES`.
        recipe: Name of one of its recipes.
        folder: Folder of the files. Unless given: ``results`` where the program runs, the
            repository's, and the one installed with the package.

    Returns:
        A :class:`Recorded`, or None if no run is recorded; see :func:`describe`.

    Raises:
        ValueError: If there is no such network or recipe.
        ResultsError: If the file is damaged.
    """
    find_recipe(model, recipe)
    for place in (OWN, RESULTS, *INSTALLED) if folder is None else (folder,):
        recorded = read(path_of(model, recipe, place))
        if recorded and recorded.runs:
            return recorded
    return None


def describe(model, recipe="quick", *, folder=None):
    """What is recorded in two lines, or a sentence with the command that records it."""
    recorded = results(model, recipe, folder=folder)
    return repr(recorded) if recorded else not_recorded(model, recipe)


def not_recorded(model, recipe):
    """The sentence for a recipe without recorded runs."""
    command = f"python -m d2lnotes record {model} --recipe {recipe} --seeds 5"
    return f"{model} 的 {recipe} 方案还没有记录；记录它的命令：{command}"


def path_of(model, recipe, folder):
    """File of a recipe's runs."""
    return Path(folder) / f"{model}-{recipe}.json"


def settings_of(model, recipe, limit=None):
    """A recipe's settings as JSON gives them back."""
    settings = asdict(find_recipe(model, recipe)) | {"limit": limit}
    return json.loads(json.dumps(settings))


def read(path):
    """Read a file of recorded runs; None if there is none.

    Raises:
        ResultsError: If it is damaged, or of another version.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ValueError("不认识的格式")
        runs = [Run(**run | {"history": History(**run["history"])}) for run in content["runs"]]
        return Recorded(**content | {"runs": tuple(runs)})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultsError(
            f"训练记录 {path} 读不出来（{type(error).__name__}: {error}）："
            "请从仓库取回这个文件，或用 record 命令加 --again 重新记录"
        ) from error
