"""The receptive field explorer in Python: stacks in every form, traits, sliders, refusals."""

import ipywidgets
import pytest
import torch
from ipywidgets import Widget
from torch import nn

from d2lnotes import shapes
from d2lnotes.models import alexnet, lenet
from d2lnotes.widgets import receptive_field_explorer
from d2lnotes.widgets.receptive_field import MOST_LAYERS, PRESETS, ReceptiveFieldView

KNOBS = ("kernel_size", "stride", "padding", "dilation")


def knobs(explorer):
    return [tuple(layer[knob] for knob in KNOBS) for layer in explorer.layers]


def sliders_agree(explorer):
    shown = {name: getattr(explorer.view, name) for name in explorer.sliders}
    layer = explorer.layers[explorer.selected]
    assert {name: shown[name] for name in KNOBS} == {name: layer[name] for name in KNOBS}
    assert {name: slider.value for name, slider in explorer.sliders.items()} == shown
    for name, slider in explorer.sliders.items():
        assert explorer.view.limits[name] == [slider.min, slider.max]


@pytest.mark.parametrize(
    ("layers", "last"),
    [
        ("lenet", (16, 4, -2)),
        ("alexnet", (195, 32, -65)),
        ("vgg16", (212, 32, -90)),
        ("resnet18", (435, 32, -217)),
        ("dilated_124", (15, 1, -7)),
        ("dilated_222", (13, 1, -6)),
    ],
)
def test_presets_have_the_receptive_fields_of_the_literature(layers, last):
    assert receptive_field_explorer(layers).receptive_field()[-1][1:] == last


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_possible_and_within_the_sliders(name):
    explorer = receptive_field_explorer(name)
    out = explorer.to_module()(torch.zeros(1, 1, explorer.input_size, explorer.input_size))
    assert out.shape[-1] >= 1
    usual = receptive_field_explorer("conv:k1", 28).view.limits
    assert explorer.view.limits == usual, "another preset could not be chosen in the browser"
    sliders_agree(explorer)


@pytest.mark.parametrize(("preset", "build"), [("lenet", lenet), ("alexnet", alexnet)])
def test_presets_are_the_books_networks(preset, build):
    windows = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
    own = receptive_field_explorer(preset).to_module()
    books = [module for module in build().modules() if isinstance(module, windows)]
    for ours, theirs in zip(own, books, strict=True):
        assert type(ours) is type(theirs)
        for name in ("kernel_size", "stride", "padding"):
            pairs = [getattr(module, name) for module in (ours, theirs)]
            assert shapes.as_pair(pairs[0]) == shapes.as_pair(pairs[1])


def test_every_form_of_a_stack_is_the_same():
    forms = [
        "conv:k5p2d1,stem@max:k3s2",
        "conv:k5s1p2,stem@pool:k3s2p0d1",
        [
            {"kernel_size": 5, "padding": 2},
            {"kind": "max", "kernel_size": 3, "stride": 2, "name": "stem"},
        ],
        [(5, 1, 2), {"kind": "max", "kernel_size": (3, 3), "stride": [2, 2], "name": "stem"}],
        (
            shapes.Layer("", 5, padding=2),
            {"name": "stem", "kind": "max", "kernel_size": 3, "stride": 2},
        ),
    ]
    stacks = [receptive_field_explorer(form).layers for form in forms]
    assert all(stack == stacks[0] for stack in stacks)
    assert list(stacks[0][0]) == ["name", "kind", *KNOBS]


def test_layers_of_shapes_and_tuples_with_a_name():
    layers = [shapes.Layer("a", 7, 2, 3, 1), ("b", 3, 1, 4, 4), (1,)]
    explorer = receptive_field_explorer(layers, 32)
    assert [layer["name"] for layer in explorer.layers] == ["a", "b", ""]
    assert knobs(explorer) == [(7, 2, 3, 1), (3, 1, 4, 4), (1, 1, 0, 1)]
    assert [field.name for field in explorer.receptive_field()] == ["a", "b", "conv3"]
    named = [layers[0], shapes.Layer(*layers[1])]
    assert explorer.receptive_field()[:2] == shapes.receptive_field(named)


def test_a_pools_stride_is_its_window_unless_given():
    assert knobs(receptive_field_explorer("avg:k3,max:k3s1")) == [(3, 3, 0, 1), (3, 1, 0, 1)]


def test_the_module_does_what_the_table_says():
    explorer = receptive_field_explorer("conv:k3p1,max:k3s2p1d1,avg:k2s1,conv:k2d3", 24)
    net = explorer.to_module()
    assert shapes.receptive_field(net)[-1][1:] == explorer.receptive_field()[-1][1:]
    with torch.no_grad():
        for conv in (net[0], net[3]):
            conv.weight.fill_(1.0)
    x = torch.rand(1, 1, 24, 24, requires_grad=True)
    y = nn.Sequential(net[0], nn.AvgPool2d(3, 2, 1), net[2], net[3])(x)  # all cells count
    y[0, 0, 2, 2].backward()
    cols = x.grad[0, 0].any(dim=0).nonzero().flatten()
    _, size, jump, start = explorer.receptive_field()[-1]
    assert (cols.min().item(), cols.max().item()) == (start + 2 * jump, start + 2 * jump + size - 1)


def test_average_pooling_has_no_dilation_and_the_explorer_shows_it():
    explorer = receptive_field_explorer("avg:k2d2")
    with pytest.raises(ValueError, match="unexpected keyword argument 'dilation'"):
        explorer.to_module()


def test_five_real_sliders_linked_in_the_browser():
    explorer = receptive_field_explorer("alexnet", selected=0)
    registry = getattr(ipywidgets.widgets.widget, "_instances", None) or Widget.widgets
    links = [w for w in registry.values() if w.trait_values().get("_model_name") == "LinkModel"]
    ours = {w.target[1]: w.source for w in links if w.target[0] is explorer.view}
    assert list(explorer.sliders) == ["input_size", "kernel_size", "padding", "stride", "dilation"]
    for name, slider in explorer.sliders.items():
        assert isinstance(slider, ipywidgets.IntSlider)
        assert ours[name] == (slider, "value")
    labels = [slider.description for slider in explorer.sliders.values()]
    starts = ("输入", "卷积核", "填充", "步幅", "空洞率")
    assert all(label.startswith(start) for label, start in zip(labels, starts, strict=True))
    sliders_agree(explorer)
    assert explorer.sliders["kernel_size"].value == 11


def test_setting_from_python_keeps_layers_and_sliders_in_step():
    explorer = receptive_field_explorer("lenet", 28)
    explorer.kernel_size = 3
    explorer.dilation = 2
    assert knobs(explorer)[3] == (3, 2, 0, 2)
    sliders_agree(explorer)
    explorer.selected = 0
    assert explorer.kernel_size == 5
    sliders_agree(explorer)
    explorer.selected = 3
    explorer.layers = "conv:k16s8p16d16,conv:k1"
    assert explorer.selected == 1
    sliders_agree(explorer)
    assert explorer.sliders["kernel_size"].max == 16
    explorer.input_size = 256
    assert explorer.sliders["input_size"].value == explorer.view.input_size == 256
    explorer.quiz = 7
    assert explorer.view.quiz == 7


def test_layers_are_a_copy():
    explorer = receptive_field_explorer()
    explorer.layers[0]["stride"] = 4
    assert explorer.layers[0]["stride"] == 1


def test_python_does_not_answer_the_links():
    """Only the browser does: a Python answer would overtake a drag."""
    explorer = receptive_field_explorer()
    explorer.view.kernel_size = 3
    assert explorer.layers[3]["kernel_size"] == 2
    explorer.sliders["stride"].value = 4
    assert explorer.view.stride == 2


def test_a_value_beyond_the_usual_lengthens_the_slider_whatever_is_selected():
    explorer = receptive_field_explorer([(16, 8, 16, 16), (3,)], 200)
    assert {name: explorer.sliders[name].max for name in KNOBS} == {
        "kernel_size": 16,
        "stride": 8,
        "padding": 16,
        "dilation": 16,
    }


def test_an_impossible_stack_is_shown_not_refused():
    assert receptive_field_explorer("conv:k9", 3).view.layers[0]["kernel_size"] == 9


@pytest.mark.parametrize(
    ("layers", "error", "words"),
    [
        ("lenet5", ValueError, "'lenet'"),
        ("", ValueError, "conv:k5p2"),
        ("conv:k3k5", ValueError, "layers="),
        ("conv:p2", ValueError, "layers="),
        ("conv:k٣", ValueError, "layers="),
        ("a@b@conv:k3", ValueError, "layers="),
        ("conv:k0", ValueError, "kernel_size=0 超出范围，应为 1 到 16"),
        ("conv:k3s0", ValueError, "non-positive stride is not supported"),
        ("conv:k99", ValueError, "kernel_size=99"),
        ("<b>@conv:k3", ValueError, "名字"),
        ([], ValueError, "0 层"),
        ([(3,)] * (MOST_LAYERS + 1), ValueError, "21 层"),
        (3, TypeError, "int"),
        (shapes.Layer("a", 3), TypeError, "Layer"),
        ([3], TypeError, "第 1 项是 3"),
        ([None], TypeError, "第 1 项"),
        ([(3, 1, 0, 1, 1)], TypeError, "第 1 项"),
        ([()], TypeError, "第 1 项"),
        ([{"padding": 1}], ValueError, "没有 kernel_size"),
        ([{"kernel_size": 3, "pad": 1}], ValueError, "'pad'"),
        ([{"kernel_size": 3, "kind": "pool"}], ValueError, "'max'"),
        ([{"kernel_size": 3, "name": 1}], ValueError, "名字 1"),
        ([{"kernel_size": 3, "name": "x" * 25}], ValueError, "24"),
        ([(3,), ((3, 5),)], ValueError, "第 2 项 kernel_size=(3, 5)"),
        ([(3.0,)], TypeError, "kernel_size=3.0"),
        ([(True,)], TypeError, "kernel_size=True"),
        ([{"kernel_size": 3, "padding": "same"}], TypeError, "padding='same'"),
        ([{"kernel_size": 3, "padding": -1}], ValueError, "negative padding is not supported"),
    ],
)
def test_what_is_no_stack_is_refused_with_words(layers, error, words):
    with pytest.raises(error) as said:
        receptive_field_explorer(layers)
    assert words in str(said.value)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"input_size": 0}, ValueError),
        ({"input_size": 257}, ValueError),
        ({"input_size": 2.5}, TypeError),
        ({"input_size": (28, 28)}, TypeError),
        ({"selected": 4}, ValueError),
        ({"selected": -1}, ValueError),
        ({"quiz": 10**6}, ValueError),
    ],
)
def test_other_arguments_are_refused(arguments, error):
    name, value = next(iter(arguments.items()))
    with pytest.raises(error, match=name) as said:
        receptive_field_explorer(**arguments)
    assert str(value) in str(said.value)


def test_setting_what_is_wrong_changes_nothing():
    explorer = receptive_field_explorer()
    before = explorer.layers
    for name, value in [("kernel_size", 0), ("layers", "no"), ("selected", 9), ("input_size", 999)]:
        with pytest.raises(ValueError):
            setattr(explorer, name, value)
    with pytest.raises(ValueError):
        explorer.view.layers = []
    assert explorer.layers == before
    sliders_agree(explorer)


def test_the_view_alone_shows_lenet():
    assert ReceptiveFieldView().layers == receptive_field_explorer().layers


def test_preset_or_28_decides_the_input():
    assert receptive_field_explorer("vgg16").input_size == 224
    assert receptive_field_explorer("vgg16", 64).input_size == 64
    assert receptive_field_explorer([(3,)]).input_size == 28
