"""Networks: sizes, parameters, and parity with d2l where it has the same net."""

import pytest
import torch
import torchvision
from torch import nn

from d2lnotes.models import (
    BatchNorm,
    DenseBlock,
    Inception,
    Residual,
    alexnet,
    batch_norm,
    bn_lenet,
    densenet,
    googlenet,
    layer_summary,
    lenet,
    nin,
    resnet18,
    resnet34,
    resnet50,
    transition_block,
    vgg,
)


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("build", "options", "parameters"),
    [
        (lenet, {}, 61_706),
        (alexnet, {}, 46_764_746),
        (vgg, {}, 128_806_154),
        (vgg, {"width": 0.25}, 43_093_322),
        (nin, {}, 1_992_166),
        (googlenet, {}, 5_977_530),
        (bn_lenet, {}, 44_878),
        (bn_lenet, {"by_hand": True}, 44_878),
        (resnet18, {}, 11_178_378),
        (resnet18, {"stem": "3x3"}, 11_175_818),
        (densenet, {}, 758_226),
    ],
)
def test_textbook_parameters(build, options, parameters):
    with torch.device("meta"):
        assert count(build(**options)) == parameters


SIZES = {lenet: 28, bn_lenet: 28, alexnet: 224, vgg: 224, nin: 224}
BUILDERS = [lenet, alexnet, vgg, nin, googlenet, bn_lenet, resnet18, resnet34, resnet50, densenet]


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_every_builder_takes_the_same_options(build):
    side = SIZES.get(build, 96)
    net = build(num_classes=7, in_channels=3, width=0.125)
    assert net(torch.rand(2, 3, side, side)).shape == (2, 7)
    with pytest.raises(ValueError, match=r"width=0\.001"):
        build(width=0.001)


def copy_in_order(net, source):
    ours, theirs = net.state_dict(), source.state_dict()
    net.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))


@pytest.mark.parametrize(
    ("build", "options", "source"),
    [
        (resnet18, {"style": "torchvision"}, torchvision.models.resnet18),
        (resnet34, {"style": "torchvision"}, torchvision.models.resnet34),
        (resnet50, {"style": "torchvision"}, torchvision.models.resnet50),
        (vgg, {}, torchvision.models.vgg11),
    ],
)
def test_torchvisions_weights_give_torchvisions_output(build, options, source):
    theirs = source().eval()
    ours = build(1000, 3, **options).eval()
    copy_in_order(ours, theirs)
    X = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(X), theirs(X))


def test_d2ls_weights_give_d2ls_output():
    from d2l import torch as d2l

    theirs, ours = d2l.resnet18(10, 1), resnet18(stem="3x3")
    X = torch.rand(2, 1, 28, 28)
    theirs(X)  # d2l's layers take their sizes from the first input
    # d2l numbers a block's layers in another order, and calls the shortcut conv3
    blocks = [block for stage in list(theirs)[3:7] for block in stage]
    ours_blocks = [block for stage in list(ours)[1:5] for block in stage]
    assert len(blocks) == 8
    for a, b in zip(ours_blocks, blocks, strict=True):
        for name in ("conv1", "bn1", "conv2", "bn2"):
            getattr(a, name).load_state_dict(getattr(b, name).state_dict())
        if b.conv3 is not None:
            a.shortcut.load_state_dict(b.conv3.state_dict())
    ours[0][0].load_state_dict(theirs[0].state_dict())
    ours[0][1].load_state_dict(theirs[1].state_dict())
    ours[-1].load_state_dict(theirs[-1][-1].state_dict())
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(X), theirs(X))


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


@pytest.mark.parametrize(
    ("shape", "twin"), [((8, 5), nn.BatchNorm1d), ((4, 5, 6, 7), nn.BatchNorm2d)]
)
def test_batch_norm_is_torchs(shape, twin):
    ours, theirs = BatchNorm(5, len(shape)).double(), twin(5).double()
    with torch.no_grad():
        for a, b in ((ours.gamma, theirs.weight), (ours.beta, theirs.bias)):
            b.copy_(a.normal_())
    for training in (True, True, False):
        ours.train(training), theirs.train(training)
        X = (torch.randn(shape, dtype=torch.float64) * 3 + 2).requires_grad_()
        weights = torch.randn(shape, dtype=torch.float64)
        results = []
        for norm in (ours, theirs):
            Y = norm(X)
            gradients = torch.autograd.grad((Y * weights).sum(), [X, *norm.parameters()])
            results.append([Y, *gradients])
        for a, b in zip(*results, strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-10)
        torch.testing.assert_close(ours.moving_mean, theirs.running_mean)
        torch.testing.assert_close(ours.moving_var, theirs.running_var)


def test_batch_norms_statistics_are_saved_and_moved():
    norm = BatchNorm(3, 2)
    assert {"moving_mean", "moving_var"} < set(norm.state_dict())
    assert norm.to(torch.float64).moving_var.dtype == torch.float64
    norm.eval()
    with torch.enable_grad():  # d2l takes gradients being on for training
        norm(torch.randn(4, 3).double() + 5)
    assert torch.equal(norm.moving_mean, torch.zeros(3, dtype=torch.float64))


def test_batch_norm_works_in_half_precision():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = bn_lenet(by_hand=True)(torch.rand(4, 1, 28, 28))
    assert scores.shape == (4, 10)


def test_batch_norm_by_hand_says_what_is_wrong():
    ones, zeros = torch.ones(3), torch.zeros(3)
    with pytest.raises(ValueError, match="2 个或 4 个维度"):
        batch_norm(torch.ones(3), ones, zeros, zeros, ones, 1e-5, 0.1)
    with pytest.raises(ValueError, match="至少要有 2 个值"):
        batch_norm(torch.ones(1, 3), ones, zeros, zeros, ones, 1e-5, 0.1)
    with pytest.raises(ValueError, match="4 个维度"):
        BatchNorm(3, 4)(torch.ones(2, 3))


def test_blocks():
    X = torch.rand(2, 6, 8, 8)
    assert Residual(6, 6)(X).shape == (2, 6, 8, 8)
    assert Residual(6, 12, strides=2)(X).shape == (2, 12, 4, 4)
    assert Residual(6, 6, True)(X).shape == (2, 6, 8, 8)
    with pytest.raises(ValueError, match="步幅 2"):
        Residual(6, 6, use_1x1conv=False, strides=2)
    assert Inception(6, 2, (3, 4), (5, 6), 7)(X).shape == (2, 2 + 4 + 6 + 7, 8, 8)
    assert DenseBlock(2, 6, 10)(X).shape == (2, 26, 8, 8)
    assert torch.equal(DenseBlock(2, 6, 10)(X)[:, :6], X)
    assert transition_block(6, 3)(X).shape == (2, 3, 4, 4)


def test_bad_options_are_named():
    with pytest.raises(ValueError, match="arch='vgg12'"):
        vgg(arch="vgg12")
    with pytest.raises(ValueError, match="input_size=16"):
        vgg(input_size=16)
    with pytest.raises(ValueError, match="style='timm'"):
        resnet18(style="timm")


def test_layer_summary_of_lenet():
    summary = layer_summary(lenet(), (1, 28, 28))
    assert [row.shape for row in summary.rows[:3]] == [(6, 28, 28), (6, 28, 28), (6, 14, 14)]
    assert summary.parameters == 61_706
    assert summary.macs == 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 48_000 + 120 * 84 + 840
    assert [row.field for row in summary.rows if row.field][-1] == 16
    lines = repr(summary).splitlines()
    assert len(lines) == 14 and "61,706" in lines[-1] and "全图" in lines[-2]
    assert summary._repr_html_().count("<tr>") == 14


@pytest.mark.parametrize("build", [googlenet, resnet18, densenet], ids=lambda b: b.__name__)
def test_layer_summary_counts_what_torch_counts(build):
    from torch.utils.flop_counter import FlopCounterMode

    net = build(width=0.25)
    state = {k: v.clone() for k, v in net.state_dict().items()}
    summary = layer_summary(net, (1, 64, 64))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(torch.zeros(1, 1, 64, 64))
    assert summary.macs == counter.get_total_flops() // 2
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())


def test_layer_summary_leaves_modes_alone_and_checks_its_input():
    net = bn_lenet()
    net[1].eval()
    layer_summary(net, (8, 1, 28, 28))
    assert net.training and not net[1].training
    with pytest.raises(ValueError, match="input_size"):
        layer_summary(net, (28, 28))


def test_a_builder_is_a_function_even_after_its_module_was_imported():
    import d2lnotes.models.lenet  # noqa: F401
    from d2lnotes.models import lenet as again

    assert again is lenet
