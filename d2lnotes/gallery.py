"""The book's networks side by side, and a reader's own among them: one table, one plot.

Accuracies and speeds are those of the recorded runs; everything else is counted or measured here,
on the CPU, so that it is the same on every machine.
"""

import copy
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from statistics import median

import torch
from torch import nn

from . import models
from .data import LABELS
from .history import History
from .models import layer_summary
from .plot import use_svg_display
from .recipes import RECIPES, find_recipe
from .results import not_recorded, results
from .shapes import receptive_field
from .tables import html_table, text_table

HEADINGS = (
    "网络",
    "输入",
    "测试精度：中位数（最低–最高）",
    "参数",
    "乘加次数",
    "激活值（kB）",
    "图像/秒",
    "感受野",
)
NOTHING = "—"
BATCH = 8  # images on which activations are measured
LARGEST = 900  # area of the largest point, in square points


@dataclass(frozen=True)
class Entry:
    """One network of the gallery.

    Attributes:
        name: Its name; Latin, for the plot.
        input_size: Shape ``(C, H, W)`` of an image.
        parameters: Number of parameters.
        macs: Multiply-accumulate operations for one image.
        saved_bytes: Bytes of activations for one image that training keeps for the backward pass.
        field: Receptive field of the last feature map in input cells (int, pair), or None where
            it is not known.
        accuracies: Final test accuracy of every run.
        images_per_second: Training images per second, loading included, or None.
        machine: What the runs were made on, or None.
        remark: What the reader must know about the runs, or None.
        mine: Whether a reader added it.
    """

    name: str
    input_size: tuple
    parameters: int
    macs: int
    saved_bytes: float
    field: int | tuple | None
    accuracies: tuple = ()
    images_per_second: float | None = None
    machine: str | None = None
    remark: str | None = None
    mine: bool = False

    @property
    def accuracy(self):
        """Median of the accuracies, or None."""
        return median(self.accuracies) if self.accuracies else None

    def cells(self):
        """Its line of the table."""
        accuracy = speed = NOTHING
        if self.accuracies:
            accuracy = f"{self.accuracy:.4f}"
        if len(self.accuracies) > 1:
            accuracy += f"（{min(self.accuracies):.4f}–{max(self.accuracies):.4f}）"
        if self.images_per_second:
            speed = f"{self.images_per_second:,.0f}"
        return (
            ("→ " if self.mine else "") + self.name,
            "×".join(map(str, self.input_size)),
            accuracy,
            f"{self.parameters:,}",
            f"{self.macs:,}",
            f"{self.saved_bytes / 1000:,.1f}",
            speed,
            NOTHING if self.field is None else str(self.field),
        )


class Gallery:
    """Networks by name; a table in a notebook and in a terminal. Made by :func:`gallery`.

    Attributes:
        entries: One :class:`Entry` a network, by name.
    """

    def __init__(self, entries):
        self.entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name):
        return self.entries[name]

    def __iter__(self):
        return iter(self.entries.values())

    def __len__(self):
        return len(self.entries)

    def add(self, name, net, history=None, *, input_size=(1, 28, 28)):
        """Add a network of one's own, or replace the one added under this name.

        Args:
            name: Name for table and plot, in Latin letters.
            net: Module from images to scores ``(N, 10)``; it stays as it is.
            history: The :class:`~d2lnotes.train.History` of its training, or a list of them, one
                a seed. Without one it is only counted.
            input_size: Shape ``(C, H, W)`` of the images that it was trained on.

        Returns:
            This gallery.

        Raises:
            ValueError: If the name is taken or cannot be drawn, or the net does not give ten
                scores an image.
            TypeError: If ``net`` is no module or ``history`` no record.
        """
        self._check_name(name)
        if not isinstance(net, nn.Module):
            what = "train_recipe 返回 (网络, 记录) 一对，请拆开：" if isinstance(net, tuple) else ""
            raise TypeError(
                f"net 应是一个 nn.Module，现在是 {type(net).__name__}。{what}"
                "net, history = train_recipe(…)，再 add(名字, net, history)"
            )
        histories = _as_histories(history)
        speeds = [h.images_per_second for h in histories]
        self.entries[name] = Entry(
            name=name,
            **_measured(name, net, tuple(input_size)),
            accuracies=tuple(h.test_acc[-1] for h in histories),
            images_per_second=median(speeds) if speeds else None,
            machine=f"这台机器（{histories[0].device}）" if histories else None,
            remark=None if histories else f"{name} 没有训练记录：只数了参数和乘加",
            mine=True,
        )
        return self

    def front(self):
        """Names of the networks that no other beats: none is cheaper and at least as accurate.

        Cost is multiply-accumulates, accuracy the median; networks without accuracy stay out.
        """
        points = {e.name: (e.macs, -e.accuracy) for e in self if e.accuracies}
        return [
            name
            for name, mine in points.items()
            if not any(_beats(other, mine) for other in points.values())
        ]

    def plot(self):
        """Draw accuracy against multiply-accumulates; a larger point has more parameters.

        Bars go from the lowest to the highest run; networks without accuracy are left out.

        Returns:
            The axes.

        Raises:
            ValueError: If no network has an accuracy.
        """
        from matplotlib import pyplot as plt
        from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

        shown = [entry for entry in self if entry.accuracies]
        if not shown:
            raise ValueError("没有一个网络有测试精度，画不出图：先训练一个，或者记录一次")
        use_svg_display()
        _, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
        most = max(entry.parameters for entry in shown)
        for entry in shown:
            _draw(axes, entry, area=max(20, LARGEST * (entry.parameters / most) ** 0.5))
        axes.set(xscale="log", xlabel="multiply-adds per image", ylabel="test accuracy")
        axes.set_title("area ~ square root of parameters, bars: lowest to highest", fontsize=9)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.4)
        axes.margins(x=0.2, y=0.12)
        return axes

    def notes(self):
        """Lines below the table: machines, and what is missing."""
        machines = {}
        for entry in self:
            if entry.machine:
                machines.setdefault(entry.machine, []).append(entry.name)
        lines = [f"速度量自 {machine}：{'、'.join(names)}" for machine, names in machines.items()]
        return lines + [entry.remark for entry in self if entry.remark]

    def __repr__(self):
        table = text_table(HEADINGS, [entry.cells() for entry in self], left=3)
        return "\n".join([table, *self.notes()])

    def _repr_html_(self):
        bold = [i for i, entry in enumerate(self) if entry.mine]
        table = html_table(HEADINGS, [entry.cells() for entry in self], left=3, bold=bold)
        notes = "<br>".join(map(escape, self.notes()))
        return f"{table}<p>{notes}</p>"

    def _check_name(self, name):
        if not isinstance(name, str) or not name.strip() or not name.isascii():
            raise ValueError(
                f"名字 {name!r} 无效：它要写在图上，而 Colab 没有中文字体，请用拉丁字母"
            )
        if name in self.entries and not self.entries[name].mine:
            raise ValueError(f"名字 {name!r} 是书里的网络，请换一个")


def gallery(recipe="quick", *, folder=None):
    """The book's networks: what was recorded, and what they cost.

    Args:
        recipe: Name of a recipe: its network sizes, image sizes and recorded runs.
        folder: Folder of the recorded runs, see :func:`~d2lnotes.results.results`.

    Returns:
        A :class:`Gallery`; ``add`` puts a network of one's own in, ``plot`` draws it.

    Raises:
        ValueError: If there is no such recipe.
    """
    entries = []
    for model in RECIPES:
        recorded = results(model, recipe, folder=folder)
        runs = {"remark": not_recorded(model, recipe)}
        if recorded:
            machine = recorded.machine
            runs = {
                "accuracies": tuple(recorded.accuracies),
                "images_per_second": recorded.images_per_second,
                "machine": f"{machine['device']}，{machine['threads']} 个线程，"
                f"torch {machine['torch']}",
            }
            if recorded.changed:
                runs["remark"] = f"{model} 的方案在记录之后改过：{'、'.join(recorded.changed)}"
        entries.append(Entry(model, **_of_the_book(model, recipe), **runs))
    return Gallery(entries)


def saved_bytes(net, X):
    """Bytes of activations that a forward pass keeps for the backward pass.

    Counts every storage once, however many layers keep it, and leaves out the net's own
    parameters and buffers.

    Args:
        net: Module in the mode that is to be measured; batch norm updates its statistics.
        X: A batch of images ``(N, C, H, W)``.
    """
    known = {t.untyped_storage().data_ptr() for t in net.state_dict().values()}
    total = 0

    def pack(tensor):
        nonlocal total
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            known.add(storage.data_ptr())
            total += storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        net(X)
    return total


@lru_cache
def _of_the_book(model, recipe):
    settings = find_recipe(model, recipe)
    net = getattr(models, model)(**settings.net)
    side = settings.resize or 28
    return _measured(model, net, (1, side, side))


def _measured(name, net, input_size):
    """What is counted and measured without training."""
    if len(input_size) != 3:
        raise ValueError(f"input_size={input_size!r} 无效：请给一张图的形状 (C, H, W)")
    # a copy: training mode changes batch norm's statistics
    net = copy.deepcopy(net).cpu().float().train()
    X = torch.zeros(BATCH, *input_size)
    outputs = []
    hook = net.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            kept = saved_bytes(net, X)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ValueError(
            f"网络 {name!r} 处理不了形状 {tuple(X.shape)} 的一批图：{error}。"
            "图的大小不同时，请给 input_size=(C, H, W)"
        ) from error
    finally:
        hook.remove()
    shape = tuple(getattr(outputs[-1], "shape", ()))
    if shape != (BATCH, len(LABELS)):
        raise ValueError(
            f"网络 {name!r} 对 {BATCH} 张图的输出形状是 {shape}，应是 {(BATCH, len(LABELS))}："
            "每张图像十个分数"
        )
    cost = layer_summary(net, input_size)
    return {
        "input_size": input_size,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "saved_bytes": kept / BATCH,
        "field": _last_field(net),
    }


def _last_field(net):
    """Receptive field of the last layer that does not see the whole image, or None."""
    try:
        sizes = [field.size for field in receptive_field(net) if field.size is not None]
    except ValueError:
        return None
    return sizes[-1] if sizes else None


def _as_histories(history):
    histories = list(history) if isinstance(history, (list, tuple)) else [history]
    if history is None:
        return []
    for one in histories:
        if not isinstance(one, History):
            raise TypeError(
                f"history 应是 train_recipe 或 train_ch6 返回的记录，现在是 {type(one).__name__}"
            )
    return [one for one in histories if one.epochs]


def _beats(other, mine):
    """Whether a (cost, error) pair is at least as good in both and better in one."""
    return other != mine and all(a <= b for a, b in zip(other, mine, strict=True))


def _draw(axes, entry, area):
    accuracy = entry.accuracy
    color, marker = ("tab:orange", "D") if entry.mine else ("tab:blue", "o")
    bars = [[accuracy - min(entry.accuracies)], [max(entry.accuracies) - accuracy]]
    axes.errorbar(entry.macs, accuracy, bars, color="0.35", capsize=3, lw=1, zorder=3)
    axes.scatter(
        entry.macs, accuracy, area, color=color, marker=marker, alpha=0.6, edgecolors="0.2"
    )
    away = area**0.5 / 2 + 3
    weight = "bold" if entry.mine else "normal"
    axes.annotate(
        entry.name,
        (entry.macs, accuracy),
        (away, away / 2),
        textcoords="offset points",
        fontsize=9,
        weight=weight,
    )
