"""The Python side of the channel explorer: arguments, refusals, traits, links to sliders."""

import ipywidgets
import numpy as np
import pytest
import torch
import traitlets
from slider_links import links_of
from torch import nn

from d2lnotes import widgets
from d2lnotes.widgets import channel_explorer

SLIDERS = {
    "in_channels": "输入通道",
    "out_channels": "输出通道",
    "groups": "组数",
    "kernel_size": "卷积核",
}
WHOLE = [*SLIDERS, "input_size", "padding", "stride", "pointwise"]


def test_it_is_one_of_the_explorers():
    assert "channel_explorer" in widgets.__all__


def test_four_real_sliders_linked_in_the_browser():
    explorer = channel_explorer(4, 6, 2, 5)
    links = links_of(explorer)
    assert len(links) == 4
    for name, value in {"in_channels": 4, "out_channels": 6, "groups": 2, "kernel_size": 5}.items():
        slider = explorer.sliders[name]
        assert isinstance(slider, ipywidgets.IntSlider)
        assert slider.description.startswith(SLIDERS[name])
        assert slider.value == getattr(explorer.view, name) == value
        assert links[slider.model_id] == ("value", (explorer.view, name))


@pytest.mark.parametrize("name", ["in_channels", "out_channels", "groups", "kernel_size"])
def test_a_larger_value_lengthens_its_slider(name):
    most = {"kernel_size": 7}.get(name, 16)
    explorer = channel_explorer(**{name: most})
    assert explorer.sliders[name].max == explorer.sliders[name].value == most
    assert explorer.view.limits[name] == [1, most]


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [-1, 99])
def test_out_of_range_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name}={value} 超出范围，应为 \d+ 到 \d+"):
        channel_explorer(**{name: value})
    explorer = channel_explorer()
    before = getattr(explorer, name)
    with pytest.raises(ValueError, match=rf"{name}={value} 超出范围"):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [2.0, "2", None, True, (2, 2)], ids=repr)
def test_sizes_must_be_ints(name, value):
    with pytest.raises(TypeError, match=f"{name}=.*不是整数"):
        channel_explorer(**{name: value})


def test_settings_can_be_set_and_read():
    explorer = channel_explorer()
    for name in WHOLE:
        setattr(explorer, name, 4)
        assert getattr(explorer, name) == getattr(explorer.view, name) == 4
        if name in SLIDERS:
            assert explorer.sliders[name].value == 4
    explorer.in_channels = 12
    assert explorer.sliders["in_channels"].max == 12
    assert explorer.view.limits["in_channels"] == [1, 12]
    explorer.quiz = 5
    assert explorer.view.quiz == 5


def test_the_view_refuses_what_it_cannot_show():
    with pytest.raises(traitlets.TraitError):
        channel_explorer().view.groups = 0


def test_given_values_decide_the_sizes():
    layer = nn.Conv2d(4, 6, 5, groups=2)
    explorer = channel_explorer(
        groups=2, input=torch.ones(4, 7, 7), kernel=layer.weight, bias=layer.bias
    )
    shown = [getattr(explorer, name) for name in ("in_channels", "out_channels", "kernel_size")]
    assert shown == [4, 6, 5]
    assert explorer.input_size == 7
    again = explorer.to_module()
    assert torch.equal(again.weight, layer.weight)
    assert torch.equal(again.bias, layer.bias)
    assert again.weight.requires_grad
    assert torch.equal(explorer.input_tensor(), torch.ones(1, 4, 7, 7))


@pytest.mark.parametrize(
    "make", [lambda rows: rows, np.array, torch.tensor, lambda rows: [np.array(r) for r in rows]]
)
def test_values_of_any_kind(make):
    rows = [[[0.0, 1], [2, 3]], [[1, 2], [3, 4]]]
    explorer = channel_explorer(input=make(rows), kernel_size=1)
    assert explorer.view.input == rows
    assert explorer.in_channels == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"input": [[1, 2], [3, 4]]}, "input 应为 3 维，却是 2 维"),
        ({"kernel": [[1]]}, "kernel 应为 4 维，却是 2 维.*nn.Conv2d 的 weight"),
        ({"input": [[[1, 2]]]}, r"input 的形状是 \(1, 1, 2\).*conv_explorer"),
        ({"kernel": [[[[1, 2]]]]}, r"kernel 的形状是 \(1, 1, 1, 2\).*conv_explorer"),
        ({"input": [[[1, 2], [3]]]}, "长短不一"),
        ({"kernel": [[[[float("nan")]]]]}, "应为有限的数"),
        ({"input": [[[1e9]]]}, "太大"),
        ({"kernel": torch.ones(17, 1, 1, 1)}, "out_channels 最多 16"),
        ({"input": torch.ones(1, 13, 13)}, "input_size 最多 12"),
        ({"in_channels": 4, "input": torch.ones(2, 4, 4)}, "in_channels=4 与给出的 input 不一致"),
        (
            {"input": torch.ones(4, 4, 4), "kernel": torch.ones(2, 3, 3, 3)},
            r"kernel 的形状是 \(2, 3, 3, 3\)，应为 \(2, 4, 3, 3\)",
        ),
        ({"bias": [1, 2, 3]}, "bias 有 3 个数，应有 2 个"),
        ({"bias": [[1, 2]]}, "bias 应为 1 维"),
        ({"quiz": 10**6}, "quiz=1000000 超出范围"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(ValueError, match=words):
        channel_explorer(**arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bias": "yes"}, "bias='yes' 不对，应为 True 或 False"),
        ({"bias": 1}, "bias=1 不对"),
        ({"input": "abc"}, "input 应为数的列表"),
        ({"kernel": [[[["1"]]]]}, "却在其中见到 '1'"),
    ],
)
def test_wrong_types(arguments, words):
    with pytest.raises(TypeError, match=words):
        channel_explorer(**arguments)


def test_bias():
    explorer = channel_explorer(out_channels=3)
    assert explorer.bias == [1, -1, 2]
    explorer.bias = [0.5, 1, 2]
    assert explorer.to_module().bias.tolist() == [0.5, 1, 2]
    explorer.bias = False
    assert explorer.bias is None
    assert explorer.to_module().bias is None
    with pytest.raises(ValueError, match="应有 3 个"):
        explorer.bias = [1]
    assert explorer.bias is None


def test_given_weights_count_while_their_shape_does():
    kernel = torch.full((2, 3, 3, 3), 0.25)
    explorer = channel_explorer(kernel=kernel)
    explorer.kernel_size = 1
    assert 0.25 not in explorer.to_module().weight
    explorer.kernel_size = 3
    assert torch.equal(explorer.to_module().weight, kernel)


@pytest.mark.parametrize("setting", [(3, 2), (4, 4, 2), (3, 6, 3), (3, 2, 1, 1)], ids=str)
def test_to_module_gives_an_ordinary_layer(setting):
    state = torch.get_rng_state()
    module = channel_explorer(*setting, padding=1, stride=2).to_module()
    assert torch.equal(torch.get_rng_state(), state)
    assert type(module) is nn.Conv2d
    assert (module.padding, module.stride) == ((1, 1), (2, 2))
    assert module.weight.dtype == torch.float32
    assert len(module.weight.unique()) > 1


@pytest.mark.parametrize("setting", [(3, 2, 2), (2, 3, 2), (1, 1, 1, 5)], ids=str)
def test_an_impossible_setting_is_shown_and_only_to_module_refuses(setting):
    explorer = channel_explorer(*setting)
    assert explorer.groups == setting[2]
    with pytest.raises((ValueError, RuntimeError), match=r"divisible|greater than actual input"):
        explorer.to_module()


def test_slices_differ():
    """Up to 3×3 slices no two are the same, so that a mixed-up channel shows."""
    weight = channel_explorer(3, 3).to_module().weight.detach()
    assert len({str(piece.tolist()) for piece in weight.flatten(0, 1)}) == 9
