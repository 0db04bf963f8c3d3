"""Networks: sizes, parameters, and parity with d2l where it has the same net."""

import pytest
import torch
from torch import nn

from d2lnotes.models import lenet


def count(net):
    return sum(p.numel() for p in net.parameters())


def test_lenet_has_the_textbooks_parameters():
    assert count(lenet()) == 61_706


def test_lenet_equals_the_textbooks_sequence():
    theirs = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, 2)),
        *(nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10)),
    )
    ours = lenet()
    ours.load_state_dict(theirs.state_dict())
    X = torch.rand(3, 1, 28, 28)
    assert torch.equal(ours(X), theirs(X))


def test_lenet_options():
    net = lenet(num_classes=7, in_channels=3, width=0.5)
    assert net(torch.rand(2, 3, 28, 28)).shape == (2, 7)
    assert count(net) < count(lenet(num_classes=7, in_channels=3))
    with pytest.raises(ValueError, match=r"width=0.01"):
        lenet(width=0.01)


def test_a_builder_is_a_function_even_after_its_module_was_imported():
    import d2lnotes.models.lenet  # noqa: F401
    from d2lnotes.models import lenet as again

    assert again is lenet
