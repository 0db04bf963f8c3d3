"""The Python side of the explorers: arguments, traits, links, texts."""

import subprocess
import sys

import ipywidgets
import numpy as np
import pytest
import torch
from slider_links import links_of

from d2lnotes import widgets
from d2lnotes.widgets import _esm, conv_explorer
from d2lnotes.widgets.conv import ConvView

SLIDERS = {
    "input_size": "输入",
    "kernel_size": "卷积核",
    "padding": "填充",
    "stride": "步幅",
    "dilation": "空洞率",
}


def test_importing_the_package_is_light():
    code = "import sys, d2lnotes.widgets; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"ipywidgets", "anywidget", "traitlets", "torch", "numpy"}


def test_lazy_names():
    assert set(widgets.__all__) <= set(dir(widgets))
    assert {getattr(widgets, name).__name__ for name in widgets.__all__} == set(widgets.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = widgets.no_such_name


def test_real_sliders_linked_in_the_browser():
    explorer = conv_explorer(9, 5, 2, 3, 2)
    links = links_of(explorer)
    assert len(links) == 5
    for name, value in {
        "input_size": 9,
        "kernel_size": 5,
        "padding": 2,
        "stride": 3,
        "dilation": 2,
    }.items():
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


@pytest.mark.parametrize("name", SLIDERS)
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


@pytest.mark.parametrize("value", [3.0, "3", None, True, [3], (3, 3, 3), (3, 2.5)], ids=repr)
@pytest.mark.parametrize("name", SLIDERS)
def test_sizes_must_be_ints(name, value):
    if name == "padding" and value == "3":
        return  # padding takes one word, 'same'
    with pytest.raises(TypeError, match=f"{name}=.*不是整数"):
        conv_explorer(**{name: value})


def test_sizes_may_be_pairs():
    explorer = conv_explorer((5, 8), (1, 3), (0, 1), dilation=(2, 2))
    assert explorer.input_size == (5, 8)
    assert explorer.dilation == 2
    assert explorer.sliders["kernel_size"].value == explorer.view.kernel_size == 1
    assert explorer.view.columns == {"input_size": 8, "kernel_size": 3, "padding": 1}


def test_settings_can_be_read_and_set():
    explorer = conv_explorer()
    explorer.stride = 2
    assert (explorer.stride, explorer.view.stride, explorer.sliders["stride"].value) == (2, 2, 2)
    explorer.kernel_size = (2, 5)
    assert explorer.kernel_size == (2, 5)
    explorer.kernel_size = 4
    assert explorer.view.columns == {}
    explorer.padding = 9  # beyond the usual end of its slider
    assert explorer.sliders["padding"].max == 9
    assert explorer.view.limits["padding"] == [0, 9]
    with pytest.raises(ValueError, match="stride=0"):
        explorer.stride = 0
    assert explorer.stride == 2


def test_what_a_reader_does_is_read_back():
    """The browser's messages, as the kernel gets them."""
    explorer = conv_explorer()
    explorer.view.set_state({"stride": 3, "columns": {"stride": 1}, "kernel": [[[[1.0]]]]})
    assert explorer.stride == (3, 1)
    assert explorer.view.kernel == [[[[1.0]]]]


def test_same_padding():
    explorer = conv_explorer(padding="same", kernel_size=4)
    assert explorer.view.same_padding
    assert explorer.padding == "same"
    explorer.padding = 1
    assert (explorer.padding, explorer.view.same_padding) == (1, False)
    explorer.padding = "same"
    assert explorer.padding == "same"
    with pytest.raises(ValueError, match="padding='valid' 不对"):
        conv_explorer(padding="valid")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"padding_mode": "edge"}, "padding_mode='edge' 不对，应为 'zeros'"),
        ({"dialect": "tf"}, "dialect='tf' 不对"),
        ({"transposed": 1}, "transposed=1 不对，应为 True 或 False"),
        ({"groups": 0}, "groups=0 超出范围，应为 1 到 64"),
        ({"in_channels": 65}, "in_channels=65 超出范围"),
        ({"output_padding": -1}, "output_padding=-1 超出范围"),
        ({"quiz": 10**6}, "quiz=1000000 超出范围"),
        ({"bias": [1, 2]}, "bias 有 2 个数，应有 1 个"),
        ({"kernel": torch.zeros(2, 3, 1, 1), "in_channels": 4}, r"kernel 的形状 \(2, 3, 1, 1\)"),
        ({"input": torch.zeros(2, 3, 3), "in_channels": 3}, r"应为 \(3, 3, 3\)"),
        ({"input": torch.full((2, 2), 1e6)}, "太大而画不下"),
    ],
    ids=str,
)
def test_other_arguments_are_checked(arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        conv_explorer(**arguments)


def test_channels_follow_the_values():
    view = conv_explorer(kernel=torch.ones(6, 2, 3, 3), groups=2, bias=range(6)).view
    assert (view.in_channels, view.out_channels, view.groups) == (4, 6, 2)
    assert view.bias == [0, 1, 2, 3, 4, 5]
    view = conv_explorer(kernel=torch.ones(4, 3, 2, 2), groups=2, transposed=True).view
    assert (view.in_channels, view.out_channels) == (4, 6)


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
    assert view.input == [[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]
    assert view.kernel == [[[[0, 1], [2, 3]]]]
    assert all(type(value) is float for row in view.input[0] for value in row)
    assert (view.input_size, view.kernel_size) == (3, 2)
    assert explorer.sliders["kernel_size"].value == 2


def test_values_that_are_not_square():
    explorer = conv_explorer(input=[[0] * 8] * 6, kernel=[[1, -1]])
    assert (explorer.input_size, explorer.kernel_size) == ((6, 8), (1, 2))


@pytest.mark.parametrize("name", ["input", "kernel"])
@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (3, ValueError, "0 维"),
        ([1, 2], ValueError, "1 维"),
        (torch.zeros(1, 1, 1, 3, 3), ValueError, "5 维"),
        ([], ValueError, "是空的"),
        ([[], []], ValueError, "是空的"),
        ([[1, 2], [3]], ValueError, r"长短不一：\[2, 1\]"),
        ([[1, float("nan")]], ValueError, r"第 \(.*1, 2\) 个数是 nan"),
        ([[1], [float("inf")]], ValueError, r"第 \(.*2, 1\) 个数是 inf"),
        ([["1"]], TypeError, "'1'"),
        ([[None]], TypeError, "None"),
        ([[1j]], TypeError, "1j"),
        (["ab"], TypeError, "'ab'"),
        ("ab", TypeError, "'ab'"),
        ({1: 2}, TypeError, "{1: 2}"),
        (torch.zeros(40, 2), ValueError, "40×2"),
        ([[1, 2], 3], ValueError, "维"),
    ],
    ids=lambda value: None if isinstance(value, torch.Tensor) else repr(value),
)
def test_bad_values_are_refused(name, values, error, words):
    with pytest.raises(error, match=f"{name}.*{words}"):
        conv_explorer(**{name: values})


def test_a_size_must_not_contradict_the_values():
    with pytest.raises(ValueError, match=r"kernel_size=5 与给出的 kernel 不一致：它的形状是 2×2"):
        conv_explorer(kernel_size=5, kernel=[[0, 1], [2, 3]])
    with pytest.raises(ValueError, match=r"input_size=9 .*写 input_size=\(4, 3\)"):
        conv_explorer(9, input=torch.zeros(4, 3))
    assert conv_explorer((4, 3), input=torch.zeros(4, 3)).input_size == (4, 3)


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
    assert state["_esm"] == _esm.bundle("js/view/conv_explorer.js")
    assert {"input_size", "kernel_size", "padding", "stride", "dilation", "input", "kernel"} <= set(
        state
    )


def test_the_view_refuses_what_no_slider_can_set():
    view = ConvView()
    with pytest.raises(Exception, match="stride"):
        view.stride = 0


def test_modules_are_joined_into_one():
    text = _esm.bundle("js/view/conv_explorer.js")
    first = {line.partition(" ")[0] for line in text.splitlines()}
    assert "import" not in first
    [export] = [line for line in text.splitlines() if line.startswith("export")]
    assert export.startswith("export default _")
    assert "https:" not in text


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.js": 'import b from "./b.js";\n'}, "a.js: an import is not"),
        ({"a.js": 'import { b } from "./a.js";\n'}, "a.js: imports itself"),
        (
            {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'},
            "a.js: imports itself by way of b.js",
        ),
        (
            {"a.js": 'import { b } from "./b.js";\n', "b.js": "export const a = 1;\n"},
            "a.js: b.js does not export b",
        ),
    ],
    ids=["form", "itself", "circle", "name"],
)
def test_what_cannot_be_joined_is_refused(tmp_path, files, words):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=words):
        _esm.bundle(str(tmp_path / "a.js"))


def test_shrinking_keeps_all_but_comments():
    text = "/** one\n * two */\nconst a = 1; // stays\n\n  // goes\n  b('//x');\n"
    assert _esm._shrink(text) == "const a = 1; // stays\nb('//x');\n"
