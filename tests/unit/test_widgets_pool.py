"""The Python side of the pooling explorer: arguments, refusals, traits, links, the layer."""

import ipywidgets
import numpy as np
import pytest
import torch
from slider_links import links_of
from torch import nn

from d2lnotes.widgets import pool_explorer
from d2lnotes.widgets.pool import PoolView

SLIDERS = {"input_size": "输入", "kernel_size": "窗口", "padding": "填充", "stride": "步幅"}


def test_four_real_sliders_linked_in_the_browser():
    values = {"input_size": 9, "kernel_size": 4, "stride": 3, "padding": 2}
    explorer = pool_explorer(*values.values())
    links = links_of(explorer)
    assert len(links) == 4
    for name, word in SLIDERS.items():
        slider = explorer.sliders[name]
        assert isinstance(slider, ipywidgets.IntSlider)
        assert slider.description.startswith(word)
        assert slider.value == getattr(explorer.view, name) == values[name]
        assert links[slider.model_id] == ("value", (explorer.view, name))
    assert explorer.children[1] is explorer.view


def test_the_stride_follows_unless_it_is_given():
    explorer = pool_explorer(9, 3)
    assert explorer.view.stride_follows
    assert explorer.stride == explorer.sliders["stride"].value == 3
    explorer.kernel_size = (4, 5)
    assert explorer.stride == (4, 5)
    assert explorer.sliders["stride"].value == explorer.view.stride == 4
    explorer.stride = 2
    assert not explorer.view.stride_follows
    explorer.kernel_size = 3
    assert explorer.stride == 2
    explorer.stride = None
    assert explorer.stride == explorer.sliders["stride"].value == 3
    assert not pool_explorer(9, 3, 3).view.stride_follows


@pytest.mark.parametrize(
    ("name", "value"), [("input_size", 30), ("kernel_size", 9), ("padding", 5), ("stride", 12)]
)
def test_a_larger_value_lengthens_its_slider(name, value):
    explorer = pool_explorer(**{name: value})
    assert explorer.sliders[name].value == getattr(explorer.view, name) == value
    assert explorer.sliders[name].max == value
    assert explorer.view.limits[name] == [explorer.sliders[name].min, value]


def test_the_stride_can_follow_as_far_as_the_window_goes():
    explorer = pool_explorer(12, 10, 2)
    assert explorer.sliders["stride"].max == 10
    explorer.kernel_size = 11
    assert explorer.sliders["stride"].max == explorer.view.limits["stride"][1] == 11


@pytest.mark.parametrize("name", [*SLIDERS, "dilation"])
@pytest.mark.parametrize("value", [-1, 99, (2, 99)])
def test_out_of_range_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name}=-?\d+ 超出范围，应为 \d+ 到 \d+"):
        pool_explorer(**{name: value})
    with pytest.raises(ValueError, match=f"{name}="):
        setattr(pool_explorer(), name, value)


@pytest.mark.parametrize("value", [3.0, "3", True, [3], (3, 3, 3)], ids=repr)
@pytest.mark.parametrize("name", [*SLIDERS, "dilation"])
def test_sizes_must_be_ints(name, value):
    with pytest.raises(TypeError, match=f"{name}=.*不是整数"):
        pool_explorer(**{name: value})


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"mode": "min"}, "mode='min' 不对，应为 'max'、'avg' 之一"),
        ({"mode": None}, "mode=None"),
        ({"ceil_mode": 1}, "ceil_mode=1 不对，应为 True 或 False"),
        ({"count_include_pad": "no"}, "count_include_pad='no'"),
        ({"quiz": -1}, "quiz=-1"),
    ],
)
def test_other_arguments_are_checked(setting, words):
    with pytest.raises((ValueError, TypeError), match=words):
        pool_explorer(**setting)
    explorer = pool_explorer()
    [(name, value)] = setting.items()
    before = getattr(explorer, name)
    with pytest.raises((ValueError, TypeError), match=words):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


def test_settings_can_be_read_and_set():
    explorer = pool_explorer((5, 7), 3, 2, (0, 1), mode="avg", ceil_mode=True)
    assert (explorer.input_size, explorer.kernel_size) == ((5, 7), 3)
    assert (explorer.stride, explorer.padding, explorer.dilation) == (2, (0, 1), 1)
    assert explorer.view.columns == {"input_size": 7, "padding": 1}
    explorer.padding, explorer.mode, explorer.dilation = 1, "max", (1, 2)
    explorer.ceil_mode, explorer.count_include_pad, explorer.quiz = False, False, 7
    view = explorer.view
    assert view.columns == {"input_size": 7, "dilation": 2}
    assert (view.padding, view.mode, view.dilation, view.quiz) == (1, "max", 1, 7)
    assert (view.ceil_mode, view.count_include_pad) == (False, False)
    assert explorer.sliders["padding"].value == 1
    view.stride = 5  # what a reader does in a live kernel
    assert explorer.stride == 5


def test_an_impossible_setting_is_shown_not_refused():
    explorer = pool_explorer(3, 5)
    assert explorer.view.kernel_size == 5
    with pytest.raises(RuntimeError, match="Output size is too small"):
        explorer.to_module()
    with pytest.raises(RuntimeError, match="pad should be at most half"):
        pool_explorer(padding=2).to_module()
    with pytest.raises(ValueError, match=r"dilation=2.*unexpected keyword argument 'dilation'"):
        pool_explorer(mode="avg", dilation=2).to_module()


@pytest.mark.parametrize("make", [list, np.array, torch.tensor], ids=["list", "array", "tensor"])
def test_values_decide_the_size(make):
    explorer = pool_explorer(input=make([[0, 1, 2.5], [3, 4, -5]]))
    assert explorer.view.input == [[0, 1, 2.5], [3, 4, -5]]
    assert all(type(value) is float for row in explorer.view.input for value in row)
    assert explorer.input_size == (2, 3)
    assert explorer.input_tensor().tolist() == [[[[0, 1, 2.5], [3, 4, -5]]]]
    explorer.input_size = 4  # no longer theirs: the pattern stands in
    assert explorer.input_tensor().shape == (1, 1, 4, 4)
    assert explorer.input_tensor()[0, 0, 0, :3].tolist() == [1, 7, 6]


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (torch.zeros(2, 3, 3), ValueError, "池化逐通道进行"),
        ([1, 2], ValueError, "应为 2 维"),
        ([], ValueError, "应为 2 维|是空的"),
        ([[1, 2], [3]], ValueError, "长短不一"),
        ([[float("nan")]], ValueError, "有限的数"),
        ([[1e9]], ValueError, "太大"),
        ([["1"]], TypeError, "'1'"),
        (torch.zeros(33, 2), ValueError, "33×2"),
    ],
    ids=["channels", "one dimension", "empty", "ragged", "nan", "too big", "text", "too large"],
)
def test_bad_values_are_refused(values, error, words):
    with pytest.raises(error, match=words):
        pool_explorer(input=values)


def test_a_size_must_not_contradict_the_values():
    with pytest.raises(ValueError, match="input_size=9 与给出的 input 不一致：它的形状是 4×3"):
        pool_explorer(9, input=torch.zeros(4, 3))
    assert pool_explorer((4, 3), input=torch.zeros(4, 3)).input_size == (4, 3)


@pytest.mark.parametrize(
    "layer",
    [
        nn.MaxPool2d(2),
        nn.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 0), dilation=(1, 2)),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.AvgPool2d(3),
        nn.AvgPool2d((2, 3), (2, 1), padding=(1, 0), ceil_mode=True, count_include_pad=False),
    ],
    ids=str,
)
def test_the_layer_comes_back(layer):
    average = isinstance(layer, nn.AvgPool2d)
    names = ["kernel_size", "stride", "padding", "ceil_mode"]
    names.append("count_include_pad" if average else "dilation")
    options = {name: getattr(layer, name) for name in names}
    module = pool_explorer(8, mode="avg" if average else "max", **options).to_module()
    assert type(module) is type(layer)
    x = torch.randn(2, 3, 9, 8)
    assert torch.equal(module(x), layer(x))
    assert {name: getattr(module, name) for name in names} == options


def test_state_that_a_static_page_needs():
    state = pool_explorer().view.get_state()
    assert "pool-explorer" in state["_esm"]
    assert "[data-win]" in state["_css"]
    assert ".dx-cell" in state["_css"]
    names = {"input_size", "kernel_size", "padding", "stride", "stride_follows", "columns", "mode"}
    assert names | {"ceil_mode", "count_include_pad", "dilation", "input", "quiz"} <= set(state)


@pytest.mark.parametrize(("name", "value"), [("stride", 0), ("mode", "min"), ("padding", 17)])
def test_the_view_refuses_what_no_control_can_set(name, value):
    view = PoolView()
    with pytest.raises(Exception, match=name):
        setattr(view, name, value)
