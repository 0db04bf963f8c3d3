"""The Python side of the explorers: arguments, traits, links, texts."""

import subprocess
import sys

import ipywidgets
import numpy as np
import pytest
import torch
from ipywidgets import Widget

from d2lnotes import widgets
from d2lnotes.widgets import _esm, conv_explorer
from d2lnotes.widgets.conv import _ESM, ConvView

SLIDERS = {
    "kernel_size": "卷积核",
    "padding": "填充",
    "stride": "步幅",
    "dilation": "空洞率",
}


def links_of(explorer):
    """{(slider, trait of the slider): (view, trait of the view)} by the models in the registry."""
    registry = getattr(ipywidgets.widgets.widget, "_instances", None) or Widget.widgets
    links = [w for w in registry.values() if w.trait_values().get("_model_name") == "LinkModel"]
    return {
        link.source[0].model_id: (link.source[1], link.target)
        for link in links
        if link.target[0] is explorer.view
    }


def test_importing_the_package_is_light():
    code = "import sys, d2lnotes.widgets; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"ipywidgets", "anywidget", "traitlets", "torch", "numpy"}


def test_lazy_names():
    assert "conv_explorer" in dir(widgets)
    assert widgets.__all__ == ["conv_explorer"]
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = widgets.no_such_name


def test_four_real_sliders_linked_in_the_browser():
    explorer = conv_explorer(9, 5, 2, 3, 2)
    assert explorer.view.input_size == 9
    links = links_of(explorer)
    assert len(links) == 4
    for name, value in {"kernel_size": 5, "padding": 2, "stride": 3, "dilation": 2}.items():
        slider = explorer.sliders[name]
        assert isinstance(slider, ipywidgets.IntSlider)
        assert slider.description.startswith(SLIDERS[name])
        assert slider.value == getattr(explorer.view, name) == value
        assert links[slider.model_id] == ("value", (explorer.view, name))


def test_python_does_not_answer_the_links():
    """Only the browser does: a Python link would send every step of a drag back and forth."""
    explorer = conv_explorer()
    explorer.sliders["stride"].value = 2
    assert explorer.view.stride == 1


def test_explorers_share_nothing():
    first, second = conv_explorer(), conv_explorer(kernel=[[1]])
    first.sliders["stride"].value = 3
    assert second.sliders["stride"].value == 1
    assert first.view.kernel == []


@pytest.mark.parametrize(
    ("name", "value"), [("kernel_size", 11), ("padding", 6), ("stride", 9), ("dilation", 5)]
)
def test_a_larger_value_lengthens_its_slider(name, value):
    explorer = conv_explorer(32, **{name: value})
    assert explorer.sliders[name].value == getattr(explorer.view, name) == value
    assert explorer.sliders[name].max == value


@pytest.mark.parametrize("name", ["input_size", *SLIDERS])
@pytest.mark.parametrize("value", [-1, 99])
def test_out_of_range_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name}={value} 超出范围，应为 \d+ 到 \d+"):
        conv_explorer(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("padding", -1), ("stride", 0), ("dilation", -1), ("kernel_size", 0)]
)
def test_out_of_range_carries_torchs_words(name, value):
    arguments = {"padding": 0, "stride": 1, "dilation": 1, "kernel_size": 3, name: value}
    k = arguments.pop("kernel_size")
    with pytest.raises(RuntimeError) as said:
        torch.nn.functional.conv2d(torch.zeros(1, 1, 7, 7), torch.zeros(1, 1, k, k), **arguments)
    with pytest.raises(ValueError) as ours:
        conv_explorer(**{name: value})
    words = str(ours.value).partition("PyTorch 的说法：")[2].rstrip("。")
    assert words
    assert str(said.value).startswith(words)


@pytest.mark.parametrize("value", [3.0, "3", None, True, [3], (3, 3)], ids=repr)
@pytest.mark.parametrize("name", ["input_size", *SLIDERS])
def test_sizes_must_be_ints(name, value):
    with pytest.raises(TypeError, match=f"{name}=.*不是整数"):
        conv_explorer(**{name: value})


def test_numpy_and_torch_ints_are_ints():
    explorer = conv_explorer(np.int64(9), torch.tensor(5))
    assert (explorer.view.input_size, explorer.view.kernel_size) == (9, 5)


def test_an_impossible_setting_is_shown_not_refused():
    assert conv_explorer(3, 5).view.kernel_size == 5


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: rows,
        lambda rows: tuple(map(tuple, rows)),
        np.array,
        torch.tensor,
        lambda rows: torch.tensor(rows, dtype=torch.float16, requires_grad=True),
        lambda rows: [torch.tensor(row) for row in rows],
    ],
    ids=["list", "tuple", "array", "tensor", "parameter", "list of tensors"],
)
def test_values_of_any_kind(make):
    explorer = conv_explorer(
        input=make([[0.0, 1, 2], [3, 4, 5], [6, 7, 8]]), kernel=make([[0.0, 1], [2, 3]])
    )
    view = explorer.view
    assert view.input == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert view.kernel == [[0, 1], [2, 3]]
    assert all(type(value) is float for row in view.input + view.kernel for value in row)
    assert (view.input_size, view.kernel_size) == (3, 2)
    assert explorer.sliders["kernel_size"].value == 2


def test_values_that_are_not_square():
    view = conv_explorer(input=[[0] * 8] * 6, kernel=[[1, -1]]).view
    assert (view.input_size, view.kernel_size) == (8, 2)


@pytest.mark.parametrize("name", ["input", "kernel"])
@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (3, ValueError, "一个数"),
        ([1, 2], ValueError, "一维"),
        (torch.zeros(1, 1, 3, 3), ValueError, r"weight\[0, 0\]"),
        ([], ValueError, "是空的"),
        ([[], []], ValueError, "是空的"),
        ([[1, 2], [3]], ValueError, r"长短不一：\[2, 1\]"),
        ([[1, float("nan")]], ValueError, "第 1 行第 2 列是 nan"),
        ([[1], [float("inf")]], ValueError, "第 2 行第 1 列是 inf"),
        ([["1"]], TypeError, "'1'"),
        ([[None]], TypeError, "None"),
        ([[1j]], TypeError, "1j"),
        (["ab"], TypeError, "'ab'"),
        ("ab", TypeError, "'ab'"),
        ({1: 2}, TypeError, "{1: 2}"),
        (torch.zeros(40, 2), ValueError, "40×2，太大"),
    ],
    ids=lambda value: None if isinstance(value, torch.Tensor) else repr(value),
)
def test_bad_values_are_refused(name, values, error, words):
    with pytest.raises(error, match=f"{name}.*{words}"):
        conv_explorer(**{name: values})


def test_a_size_must_not_contradict_the_values():
    with pytest.raises(ValueError, match=r"kernel_size=5 与给出的 kernel 不一致：它的形状是 2×2"):
        conv_explorer(kernel_size=5, kernel=[[0, 1], [2, 3]])
    with pytest.raises(ValueError, match=r"input_size=9 .*写 input_size=4"):
        conv_explorer(9, input=torch.zeros(4, 3))
    assert conv_explorer(4, input=torch.zeros(4, 3)).view.input_size == 4


def test_text_where_widgets_do_not_show():
    explorer = conv_explorer(kernel=[[0, 1], [2, 3]], padding=1)
    text = repr(explorer)
    assert "输入 7×7" in text
    assert "卷积核 2，填充 1" in text
    assert "网站" in text
    assert len(text) <= 110  # ipywidgets cuts text/plain there
    if hasattr(explorer, "_repr_mimebundle_"):  # ipywidgets 8
        bundle = explorer._repr_mimebundle_()
        assert bundle["text/plain"] == text
        assert "application/vnd.jupyter.widget-view+json" in bundle


def test_state_that_a_static_page_needs():
    explorer = conv_explorer()
    state = explorer.view.get_state()
    assert state["_esm"] == _ESM
    assert "[role=" not in state["_css"]
    assert {"input_size", "kernel_size", "padding", "stride", "dilation", "input", "kernel"} <= set(
        state
    )


def test_the_view_refuses_what_no_slider_can_set():
    view = ConvView()
    with pytest.raises(Exception, match="stride"):
        view.stride = 0


def test_modules_are_joined_into_one():
    assert "import" not in {line.partition(" ")[0] for line in _ESM.splitlines()}
    exports = [line for line in _ESM.splitlines() if line.startswith("export ")]
    assert exports == ["export default { render };"]
    assert "https:" not in _ESM


def test_joining_in_the_wrong_order_is_refused():
    with pytest.raises(ValueError, match=r"core\.js"):
        _esm.bundle("conv_explorer.js", "core.js", "grid.js")


def test_shrinking_keeps_all_but_comments():
    text = "/** one\n * two */\nconst a = 1; // stays\n\n  // goes\n  b('//x');\n"
    assert _esm._shrink(text) == "const a = 1; // stays\nb('//x');\n"
