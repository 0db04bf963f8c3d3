"""The still picture and the text that stand in where widgets do not show."""

import math
import re
from xml.etree import ElementTree

import ipywidgets
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from torch import nn

from d2lnotes.widgets import (
    channel_explorer,
    conv_explorer,
    explain,
    pool_explorer,
    receptive_field_explorer,
)
from d2lnotes.widgets._svg import Board, Cell, Line, draw, number_text

SVG = "{http://www.w3.org/2000/svg}"
VIEW = "application/vnd.jupyter.widget-view+json"
MAKERS = [conv_explorer, pool_explorer, channel_explorer, receptive_field_explorer]


def parsed(explorer):
    return ElementTree.fromstring(explorer._repr_mimebundle_()["image/svg+xml"])


def words(picture):
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def all_words(picture):
    """In one piece: a long line is broken anywhere."""
    return re.sub(r"\s", "", "".join(words(picture)))


def boards(picture):
    """{title: rows of texts} of the boards."""
    found = {}
    for group in picture.iter(f"{SVG}g"):
        title = group.find(f"{SVG}text")
        cells = group.find(f"{SVG}g")
        if title is not None and cells is not None and cells.get("text-anchor") == "middle":
            rows = [[part.text for part in line] for line in cells.iter(f"{SVG}text")]
            found[title.text] = rows
    return found


def board(picture, word):
    [rows] = [rows for title, rows in boards(picture).items() if title.startswith(word)]
    return rows


def shown(values):
    return [[number_text(value) for value in line] for line in values.tolist()]


@pytest.mark.parametrize("make", MAKERS)
def test_the_bundle_holds_widget_picture_and_text(make):
    explorer = make()
    bundle = explorer._repr_mimebundle_(include=None, exclude=None)
    assert bundle[VIEW]["model_id"] == explorer.model_id
    assert bundle["text/plain"] == repr(explorer)
    assert re.fullmatch("[^：]{2,6}演示：.*网站打开。", repr(explorer))
    picture = ElementTree.fromstring(bundle["image/svg+xml"])
    assert picture.get("role") == "img"
    title, desc = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert picture.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == explorer.title
    assert desc.text.startswith(explorer.settings())
    card = picture.find(f"{SVG}rect")
    assert card.get("fill") == "#fff"
    assert not list(picture.iter(f"{SVG}style"))  # it would reach the page around
    assert not list(picture.iter(f"{SVG}script"))


@pytest.mark.parametrize(
    "explorer",
    [
        conv_explorer((32, 31), (15, 14), (12, 11), (16, 15), (8, 7)),
        pool_explorer((32, 31), (32, 31), (32, 31), (16, 15)),
        channel_explorer(16, 16, 16, 7),
        receptive_field_explorer("vgg16"),
        conv_explorer(padding="same"),
    ],
    ids=lambda explorer: explorer.title,
)
def test_the_text_is_short_enough_for_ipywidgets(explorer):
    assert len(repr(explorer)) <= 110
    assert len(words(parsed(explorer))) > 1


def test_how_it_is_displayed(monkeypatch):
    """As IPython does it, under ipywidgets 8 and, by another method, 7."""
    explorer = conv_explorer()
    shell = InteractiveShell.instance()
    try:
        with capture_output() as seen:
            data, _ = shell.display_formatter.format(explorer)
        if hasattr(ipywidgets.Widget, "_ipython_display_"):
            assert data == {}
            [output] = seen.outputs
            data = output.data
        assert set(data) == {"text/plain", "image/svg+xml", VIEW}
    finally:
        InteractiveShell.clear_instance()


def test_a_site_and_a_converted_notebook_choose_as_they_should():
    render = pytest.importorskip("myst_nb.core.render")
    base = pytest.importorskip("nbconvert.utils.base")
    filters = pytest.importorskip("nbconvert.filters.widgetsdatatypefilter")
    data = conv_explorer()._repr_mimebundle_()
    order = render.get_mime_priority("html", [])
    assert next(mime for mime in order if mime in data) == VIEW
    html = ["text/html", "image/svg+xml", "text/plain"]
    choose = filters.WidgetsDataTypeFilter({}, display_data_priority=[VIEW, *html])
    assert choose(data) == ["image/svg+xml"]  # no state of the widget, no widget
    assert "image/svg+xml" in base.NbConvertBase().display_data_priority


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(0, 2) | st.just("same"),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(["zeros", "reflect", "replicate", "circular", "transposed"]),
    st.integers(1, 3),
)
def test_numbers_of_a_convolution_are_torchs(n, k, p, s, d, mode, channels):
    transposed = mode == "transposed"
    explorer = conv_explorer(
        n,
        k,
        0 if transposed and p == "same" else p,
        s,
        d,
        padding_mode="zeros" if transposed else mode,
        transposed=transposed,
        in_channels=channels,
        bias=[0.5],
    )
    picture = parsed(explorer)
    try:
        layer = explorer.to_module()
    except (RuntimeError, ValueError) as error:
        assert boards(picture) == {}
        assert str(error).replace(" ", "") in all_words(picture)
        return
    image = explorer.input_tensor()
    with torch.no_grad():
        output = layer(image)[0, 0]
    assert board(picture, "输出 Y") == shown(output)
    padded = image
    if not transposed:
        sides = layer._reversed_padding_repeated_twice
        way = "constant" if mode == "zeros" else mode
        padded = nn.functional.pad(image, sides, mode=way)
    assert board(picture, "输入 X" if channels == 1 else "输入 X[0]") == shown(padded[0, 0])
    kernel = board(picture, "卷积核 K" if channels == 1 else "卷积核 K[0, 0]")
    assert [row[:: layer.dilation[1]] for row in kernel[:: layer.dilation[0]]] == shown(
        layer.weight[0, 0].detach()
    )
    text = all_words(picture)
    sides = re.findall(r"输出(?:边长|高|宽)=.*?=(\d+)", text)
    assert {int(side) for side in sides} == set(output.shape)
    if not transposed:
        value = re.escape(number_text(output[0, 0].item()))
        assert re.search(rf"Y\[0,0\]=.*[=≈]{value}(画斜线|等价)", text)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 9),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2),
    st.sampled_from(["max", "avg"]),
    st.booleans(),
    st.booleans(),
)
def test_numbers_of_a_pooling_are_torchs(n, k, s, p, mode, ceil_mode, count_include_pad):
    explorer = pool_explorer(
        n, k, s, p, mode=mode, ceil_mode=ceil_mode, count_include_pad=count_include_pad
    )
    picture = parsed(explorer)
    try:
        layer = explorer.to_module()
    except RuntimeError:
        assert boards(picture) == {}
        return
    output = layer(explorer.input_tensor())[0, 0]
    assert board(picture, "输出 Y") == shown(output)
    text = all_words(picture)
    left, right = ("⌈", "⌉") if ceil_mode else ("⌊", "⌋")
    pattern = rf"输出边长={left}(.*){right}\+1(，再去掉全在填充里的最后一个窗口)?=(\d+)Y"
    inside, dropped, size = re.search(pattern, text).groups()
    steps = eval(inside.replace("·", "*").replace("−", "-"))
    rounded = (math.ceil if ceil_mode else math.floor)(steps) + 1 - bool(dropped)
    assert rounded == int(size) == len(output)
    terms = re.search(r"Y\[0,0\]=(max\(.*?\)|\(.*\)/\d+)[=≈]", text)[1]
    if "…" not in terms:
        names = {"max": max, "inf": float("inf")}
        value = eval(
            terms.replace("−", "-").replace("∞", "inf").replace("max(", "max(-inf,"), names
        )
        assert number_text(value) == number_text(output[0, 0].item())


def test_what_no_window_reads_is_hatched():
    picture = parsed(conv_explorer(8, 3, stride=3))
    hatched = [path for path in picture.iter(f"{SVG}path") if "hatch" in path.get("fill", "")]
    assert len(hatched) == 1
    assert hatched[0].get("d").count("M") == 8 * 8 - 6 * 6
    assert "画斜线的格子没有被任何窗口读到。" in all_words(picture)
    name = picture.find(f".//{SVG}pattern").get("id")
    assert hatched[0].get("fill") == f"url(#{name})"
    assert "斜线" not in all_words(parsed(conv_explorer()))


def test_padding_is_dashed_and_the_window_outlined():
    picture = parsed(conv_explorer(5, 3, 1))
    [dashed] = [path for path in picture.iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert dashed.get("d").count("M") == 7 * 7 - 5 * 5
    frames = [rect for rect in picture.iter(f"{SVG}rect") if rect.get("fill") == "none"]
    assert [float(f.get("width")) / float(frames[1].get("width")) for f in frames] == [3, 1]


def test_several_channels_and_their_sum():
    explorer = channel_explorer()
    picture = parsed(explorer)
    names = [title.split()[1] for title in boards(picture)]
    assert names.count("X[2]") == names.count("Y[1]") == 1
    terms = re.search(r"Y\[0,0,0\]=各通道之和(.*?)=", all_words(picture))[1].replace("−", "-")
    value = explorer.to_module()(explorer.input_tensor())[0, 0, 0, 0].item()
    assert eval(terms) == value


def test_the_code_is_python():
    x = torch.rand(1, 2, 9, 9)
    for explorer in (
        conv_explorer(in_channels=2, padding="same", padding_mode="reflect"),
        conv_explorer(kernel_size=(1, 3), stride=2, padding=1, in_channels=2, bias=[1]),
        conv_explorer(in_channels=2, transposed=True, stride=2, output_padding=1),
        pool_explorer(kernel_size=2, ceil_mode=True),
    ):
        code = "".join(words(parsed(explorer))).partition("PyTorch：")[2]
        layer = eval(code)
        assert layer(x).shape == explorer.to_module()(x).shape
        assert repr(layer) == repr(explorer.to_module())


def test_a_stack_is_told_layer_by_layer():
    explorer = receptive_field_explorer("resnet_stem")
    text = all_words(parsed(explorer))
    for field in explorer.receptive_field():
        start = number_text(field.start)
        told = f"边长{field.size}，相邻单元相距{field.jump}，第0个单元从{start}开始"
        assert f"{field.name}：{told}" in text


def test_the_note_of_explain_is_there():
    explorer = explain(nn.Conv2d(1, 1, 3), torch.rand(1, 40, 40))
    assert explorer.note.replace(" ", "") in all_words(parsed(explorer))


def test_it_stays_small():
    largest = explain(nn.Conv2d(1, 1, 15), torch.rand(32, 32), size=32)
    assert len(largest._repr_mimebundle_()["image/svg+xml"]) < 150_000
    assert len(conv_explorer()._repr_mimebundle_()["image/svg+xml"]) < 8_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-3.0, "−3"),
        (0.123456, "0.123"),
        (2.0000001, "2"),
        (-12.345, "−12.3"),
        (1234.5, "1234"),
        (-float("inf"), "−∞"),
    ],
)
def test_numbers_as_in_the_browser(value, text):
    assert number_text(value) == text


def test_nothing_of_a_text_is_read_as_markup():
    picture = draw("<b>", [[Board("a & b", [[Cell("1", 1.0)]])]], [Line('"<x>"')], "<&>")
    assert words(ElementTree.fromstring(picture)) == ["<b>", "a & b", "1", '"<x>"']


def test_long_lines_break_and_lose_nothing():
    text = (
        "填充补在这一块的四周，所以靠边的输出与整张图的不同。" * 3
        + "nn.Conv2d(1, 1, kernel_size=3)"
    )
    lines = words(ElementTree.fromstring(draw("x", [], [Line(text)], "")))[1:]
    assert len(lines) > 2
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(("，", "。")) for line in lines)
