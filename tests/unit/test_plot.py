"""Pictures, drawn without a screen."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from torch import nn

mpl.use("agg")

from d2lnotes.models import lenet
from d2lnotes.plot import Animator, plot_feature_maps, plot_history, show_images
from d2lnotes.train import History


def test_images_of_every_layout():
    images = [torch.rand(4, 5), torch.rand(1, 4, 5), torch.rand(3, 4, 5), np.zeros((4, 5, 3))]
    axes = show_images(images, 2, 3, titles=list("abcd"))
    drawn = [axis.images[0].get_array().shape for axis in axes[:4]]
    assert drawn == [(4, 5), (4, 5), (4, 5, 3), (4, 5, 3)]
    assert [axis.get_title() for axis in axes[:4]] == list("abcd")
    assert not axes[4].images


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="3 张图放不进 1 行 2 列"):
        show_images(torch.rand(3, 2, 2), 1, 2)
    with pytest.raises(ValueError, match="标题 1 个"):
        show_images(torch.rand(2, 2, 2), 1, 2, titles=["a"])


def test_history_curves():
    history = History(num_epochs=3, lr=0.1, device="cpu")
    for epoch in range(3):
        history.add(2.0 - epoch, 0.5, 0.6, 1.0, 10)
    lines = plot_history(history).lines
    assert [line.get_label() for line in lines] == ["train loss", "train acc", "test acc"]
    assert lines[0].get_ydata().tolist() == [2.0, 1.0, 0.0]


def test_animator_takes_d2ls_calls():
    animator = Animator(xlabel="epoch", xlim=[1, 3], legend=["loss", "acc"])
    animator.add(1, (0.9, None))
    animator.add(2, (0.8, 0.5))
    curves = [
        (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in animator.live.axes.lines
    ]
    assert curves == [([1, 2], [0.9, 0.8]), ([2], [0.5])]


def test_feature_maps_are_the_layers_output():
    net, image = lenet().train(), torch.rand(1, 28, 28)
    axes = plot_feature_maps(net, image, net[0])
    with torch.no_grad():
        expected = net[0](image[None])[0]
    assert len(expected) == len(axes) == 6
    for axis, feature_map in zip(axes, expected, strict=True):
        assert np.allclose(axis.images[0].get_array(), feature_map)
    assert net.training and not net[0]._forward_hooks


def test_feature_maps_by_name_and_count():
    axes = plot_feature_maps(lenet(), torch.rand(1, 28, 28), "3", num_maps=5, num_cols=2)
    assert [axis.get_title() for axis in axes] == ["0", "1", "2", "3", "4", ""]
    assert axes[0].images[0].get_array().shape == (10, 10)


def test_layers_without_feature_maps_are_refused():
    net, image = lenet(), torch.rand(1, 28, 28)
    with pytest.raises(ValueError, match=r"没有层 '99'.*0、1、2"):
        plot_feature_maps(net, image, "99")
    with pytest.raises(ValueError, match="没有层"):
        plot_feature_maps(net, image, nn.Conv2d(1, 1, 1))
    with pytest.raises(ValueError, match=r"应是 \(C, H, W\)"):
        plot_feature_maps(net, image[0], "0")
    with pytest.raises(ValueError, match=r"\(1, 10\)"):
        plot_feature_maps(net, image, net[-1])
    unused = nn.Sequential(net)
    unused.add_module("spare", nn.Conv2d(1, 1, 1))
    unused.forward = lambda X: net(X)
    with pytest.raises(ValueError, match="没有用到"):
        plot_feature_maps(unused, image, "spare")
