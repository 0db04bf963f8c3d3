"""Pictures, drawn without a screen."""

import matplotlib as mpl
import numpy as np
import pytest
import torch

mpl.use("agg")

from d2lnotes.plot import Animator, plot_history, show_images
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
