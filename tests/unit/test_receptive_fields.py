"""Receptive fields against what autograd says is read."""

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from d2lnotes import models
from d2lnotes.shapes import Layer, ReceptiveField, receptive_field

SETTING = st.tuples(
    st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3), st.booleans()
)


def stack(settings):
    """Layers of one setting each, whose weights cannot cancel."""
    layers = []
    for k, s, p, d, pooled in settings:
        if pooled:
            layers.append(nn.AvgPool2d(k, s, min(p, k // 2)))
        else:
            layers.append(nn.Conv2d(1, 1, k, s, p, d, bias=False))
            nn.init.ones_(layers[-1].weight)
    return nn.Sequential(*layers)


def read_by(net, size, unit):
    """First and last row and column that one output unit depends on."""
    X = torch.rand(1, 1, size, size, dtype=torch.float64, requires_grad=True)
    net.double()(X)[0, :, unit, unit].sum().backward()
    rows = X.grad[0, 0].any(1).nonzero().flatten()
    return (rows.min().item(), rows.max().item()) if len(rows) else None


@settings(max_examples=500, deadline=None)
@given(st.lists(SETTING, min_size=1, max_size=4), st.integers(0, 5))
def test_stacks(settings, unit):
    net, size = stack(settings), 60
    try:
        out = net(torch.zeros(1, 1, size, size)).shape[-1]
    except RuntimeError:  # the stack is deeper than the image
        return
    field = receptive_field(net)[-1]
    unit = min(unit, out - 1)
    first = field.start + unit * field.jump
    last = first + field.size - 1
    read = read_by(net, size, unit)
    if read is None:  # the unit sees padding only
        return
    assert max(first, 0) <= read[0] and read[1] <= min(last, size - 1)
    if first >= 0 and last < size and all(p == 0 for _, _, p, _, _ in settings):
        assert read == (first, last)


def test_lists_give_what_modules_give():
    settings = [(3, 2, 1, 1, False), (3, 1, 0, 2, False), (2, 2, 0, 1, True)]
    layers = [Layer(str(i), k, s, p, d) for i, (k, s, p, d, _) in enumerate(settings)]
    assert receptive_field(layers) == receptive_field(stack(settings))


def test_pairs():
    layers = [Layer("a", (3, 1), padding=(1, 0)), Layer("b", (1, 5), stride=(1, 2))]
    assert receptive_field(layers)[-1] == ReceptiveField("b", (3, 5), (1, 2), (-1, 0))


@pytest.mark.parametrize(
    ("build", "size", "jump", "start"),
    [
        (torchvision.models.alexnet, 195, 32, -66),
        (torchvision.models.vgg16, 212, 32, -90),
        (torchvision.models.resnet18, 435, 32, -217),
        (torchvision.models.resnet34, 899, 32, -449),
        (torchvision.models.resnet50, 427, 32, -213),
        (models.lenet, 16, 4, -2),
    ],
)
def test_published_networks(build, size, jump, start):
    last = [field for field in receptive_field(build()) if field.size is not None][-1]
    assert last[1:] == (size, jump, start)


def test_dilated_stack_grows_exponentially():
    layers = [Layer(str(d), 3, dilation=d) for d in (1, 2, 4, 8)]
    assert [field.size for field in receptive_field(layers)] == [3, 7, 15, 31]


class Branches(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def test_branches_are_joined_by_their_box():
    narrow, wide = nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 5, padding=2)
    even = nn.Sequential(nn.Conv2d(1, 1, 2), nn.ConstantPad2d(0, 0))
    assert receptive_field(Branches(narrow, wide))[-1][1:] == (5, 1, -2)
    assert receptive_field(Branches(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 2)))[-1][1:] == (3, 1, 0)
    with pytest.raises(ValueError, match="ConstantPad2d"):
        receptive_field(even)


def test_what_cannot_be_told_is_said():
    with pytest.raises(ValueError, match="步幅不同"):
        receptive_field(Branches(nn.Conv2d(1, 1, 2, stride=2), nn.Conv2d(1, 1, 1)))
    with pytest.raises(ValueError, match="ConvTranspose2d"):
        receptive_field(nn.Sequential(nn.ConvTranspose2d(1, 1, 3)))

    class Decides(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(ValueError, match="Decides"):
        receptive_field(Decides())


def test_what_mixes_rows_is_not_cell_by_cell():
    class Stacks(nn.Module):
        def forward(self, x):
            return torch.cat([x, x], dim=2)

    with pytest.raises(ValueError, match="沿维度 2"):
        receptive_field(Stacks())


def test_a_bare_layer_is_a_net_of_one():
    assert receptive_field(nn.Conv2d(1, 1, 3, padding=1)) == [ReceptiveField("0", 3, 1, -1)]


def test_dense_layers_see_the_whole_image():
    fields = receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten(), nn.Linear(9, 2)))
    assert [field.size for field in fields] == [3, 3, None]
