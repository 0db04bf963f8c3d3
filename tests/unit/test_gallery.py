"""The gallery: counted right, filled from the records, open to a reader's own net."""

import json
from pathlib import Path

import matplotlib
import pytest
import torch
from torch import nn

from d2lnotes import models
from d2lnotes.gallery import gallery, saved_bytes
from d2lnotes.history import History
from d2lnotes.models import layer_summary
from d2lnotes.recipes import RECIPES
from d2lnotes.results import results

matplotlib.use("Agg")
CHAPTER = Path(__file__).parents[2] / "chapters/networks/comparison.ipynb"


@pytest.fixture
def networks():
    return gallery()


def small_net():
    conv = nn.Conv2d(1, 4, 3, stride=2, padding=1)
    return nn.Sequential(
        conv, nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)
    )


def trained(accuracy=0.8, seconds=6.0):
    return History(1, 0.1, "cpu", 0, [0.5], [accuracy], [accuracy], [seconds], 60_000)


def test_the_books_networks(networks):
    assert [entry.name for entry in networks] == list(RECIPES)
    assert len(networks) == 8
    lenet = networks["lenet"]
    assert (lenet.parameters, lenet.macs, lenet.field) == (61_706, 416_520, 16)
    assert lenet.accuracies == tuple(results("lenet").accuracies)
    for text in (repr(networks), networks._repr_html_()):
        assert "61,706" in text and "416,520" in text and f"{lenet.accuracy:.4f}" in text


def test_what_is_not_recorded_is_told_with_the_command(tmp_path):
    networks = gallery("textbook", folder=tmp_path)
    assert all(not entry.accuracies for entry in networks)
    assert networks["vgg"].cells()[2] == "—"
    assert "record vgg --recipe textbook --seeds 5" in repr(networks)
    assert networks.front() == []
    with pytest.raises(ValueError, match="画不出"):
        networks.plot()


def test_activations_by_hand():
    by_hand = 28 * 28 + 6 * 28 * 28 + 6 * 14 * 14 + 16 * 10 * 10 + 400 + 120 + 84
    for n in (1, 3):
        assert saved_bytes(models.lenet(), torch.zeros(n, 1, 28, 28)) == n * by_hand * 4
    linear = nn.Linear(5, 3)
    assert saved_bytes(linear, torch.zeros(2, 5)) == 40  # the input; the weight is the net's


def test_the_chapter_teaches_the_same_measure():
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    names = {"torch": torch}
    exec("".join(next(c for c in cells if c["id"] == "saved-bytes")["source"]), names)
    for net, side in ((models.lenet(), 28), (models.densenet(width=0.25), 32), (small_net(), 28)):
        X = torch.zeros(4, 1, side, side)
        assert names["saved_bytes"](net, X) == saved_bytes(net, X)


def test_a_net_of_ones_own(networks):
    net = small_net().eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    random = torch.get_rng_state()
    assert networks.add("mine", net, trained(0.8)) is networks
    mine = networks["mine"]
    cost = layer_summary(net, (1, 28, 28))
    assert (mine.parameters, mine.macs, mine.field) == (cost.parameters, cost.macs, 3)
    assert mine.accuracies == (0.8,) and mine.images_per_second == 10_000
    assert "→ mine" in repr(networks) and "font-weight:bold" in networks._repr_html_()
    assert not net.training and torch.equal(random, torch.get_rng_state())
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
    networks.add("mine", net, [trained(0.7), trained(0.9), trained(0.8)])  # a cell run again
    assert len(networks) == 9 and networks["mine"].accuracy == 0.8
    axes = networks.plot()
    assert axes.get_xscale() == "log"
    assert "mine" in [text.get_text() for text in axes.texts]
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("history", [None, [], History(3, 0.1, "cpu")])
def test_a_net_that_is_only_counted(networks, history):
    networks.add("mine", small_net(), history)
    cells = networks["mine"].cells()
    assert cells[2] == cells[6] == "—" and "没有训练记录" in repr(networks)
    assert "mine" not in [text.get_text() for text in networks.plot().texts]
    matplotlib.pyplot.close("all")


def test_a_net_that_cannot_be_traced(networks):
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = small_net()

        def forward(self, X):
            return self.net(X) if X.sum() > -1 else self.net(-X)

    networks.add("mine", Branching())
    assert networks["mine"].cells()[-1] == "—"


@pytest.mark.parametrize(
    ("name", "net", "options", "message"),
    [
        ("我的", small_net(), {}, "拉丁字母"),
        ("", small_net(), {}, "拉丁字母"),
        ("vgg", small_net(), {}, "书里的网络"),
        ("mine", nn.Sequential(nn.Flatten(), nn.Linear(784, 5)), {}, "应是 .8, 10."),
        ("mine", nn.Conv2d(1, 10, 28), {}, "每张图像十个分数"),
        ("mine", nn.Sequential(nn.Flatten(), nn.Linear(100, 10)), {}, "input_size"),
        ("mine", small_net(), {"input_size": (28, 28)}, r"\(C, H, W\)"),
    ],
)
def test_refused(networks, name, net, options, message):
    with pytest.raises(ValueError, match=message):
        networks.add(name, net, **options)
    assert len(networks) == 8


def test_refused_types(networks):
    pair = small_net(), trained()
    with pytest.raises(TypeError, match="请拆开"):
        networks.add("mine", pair)
    with pytest.raises(TypeError, match="float"):
        networks.add("mine", small_net(), 0.9)
    with pytest.raises(TypeError, match="train_recipe"):
        networks.add("mine", small_net(), "history")


def test_front(networks):
    assert networks.front() == ["bn_lenet"]
    networks.add("cheap", small_net(), trained(0.5))
    assert networks.front() == ["bn_lenet", "cheap"]


class TestWhatTheChapterSays:
    """Prose on the recorded runs; a new record that breaks it must change the chapter."""

    def test_quick(self, networks):
        best = networks["bn_lenet"]
        for entry in networks:
            if entry is not best:
                assert min(best.accuracies) > max(entry.accuracies)
                assert best.macs < entry.macs
        pairs = [
            (a > b) for a in networks["alexnet"].accuracies for b in networks["vgg"].accuracies
        ]
        assert 8 <= sum(pairs) <= 17
        fewest = sorted(networks, key=lambda entry: entry.parameters)
        assert fewest[1].name == "densenet"
        most = sorted(networks, key=lambda entry: -entry.saved_bytes)
        assert most[1].name == "densenet"
        assert all(
            (entry.field > entry.input_size[1]) == (entry.name not in ("lenet", "bn_lenet"))
            for entry in networks
        )

    def test_settings_matter_more_than_networks(self, networks):
        medians = [entry.accuracy for entry in networks]
        change = results("lenet", "quick").median - results("lenet", "textbook").median
        assert change > 3 * (max(medians) - min(medians))

    def test_textbook(self):
        plain, normed = results("lenet", "textbook"), results("bn_lenet", "textbook")
        assert normed.min < 0.7 < plain.min and normed.max > 0.88
        assert sum(x > plain.max for x in normed.accuracies) == 4
