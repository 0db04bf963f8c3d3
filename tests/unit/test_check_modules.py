"""Nets of the same layers compute the same after `fill`, in whatever order they are defined."""

import torch
from torch import nn

from d2lnotes.check._modules import fill, output_of
from d2lnotes.models.googlenet import Inception
from d2lnotes.models.resnet import Residual


class OtherOrder(nn.Module):
    """Residual with other names, defined from the end."""

    def __init__(self, c):
        super().__init__()
        self.last = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c))
        self.first = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU())

    def forward(self, x):
        return torch.relu(x + self.last(self.first(x)))


def test_order_and_names_do_not_matter():
    X = torch.randn(2, 4, 5, 5)
    for training in (False, True):
        ours = output_of(Residual(4, 4), X, training=training)
        torch.testing.assert_close(output_of(OtherOrder(4), X, training=training), ours)


def test_what_is_computed_does():
    class Late(OtherOrder):
        def forward(self, x):
            return x + torch.relu(self.last(self.first(x)))

    X = torch.randn(2, 4, 5, 5)
    assert not torch.allclose(output_of(Late(4), X), output_of(Residual(4, 4), X))


def test_every_number_is_filled_and_finite():
    block = Inception(3, 2, (2, 3), (1, 2), 2)
    before = [p.clone() for p in block.parameters()]
    fill(block)
    assert not any(torch.equal(a, b) for a, b in zip(before, block.parameters(), strict=True))
    norm = fill(nn.BatchNorm2d(5))
    assert (norm.running_var > 0).all() and norm.num_batches_tracked == 0
    assert torch.isfinite(output_of(block, torch.randn(2, 3, 6, 6))).all()


def test_a_function_may_be_compared_too():
    assert output_of(torch.relu, torch.tensor([-1.0, 2.0])).tolist() == [0, 2]
