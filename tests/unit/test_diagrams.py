"""Drawings of blocks and networks: well formed, complete, in the page's colours."""

import xml.etree.ElementTree as ET

import pytest
from torch import nn

from d2lnotes import models
from d2lnotes.diagrams import block_diagram, dense_diagram, network_diagram

SVG = "{http://www.w3.org/2000/svg}"


def labels(diagram):
    return [element.text for element in ET.fromstring(diagram.svg).iter(f"{SVG}text")]


def test_every_path_stands_in_the_drawing_and_in_its_name():
    diagram = block_diagram([["a<b", "c"], [], ["d"]], "+", input="X", output="Y")
    assert labels(diagram) == ["X", "a<b", "c", "d", "+", "Y"]
    name = ET.fromstring(diagram.svg).get("aria-label")
    assert name == repr(diagram) and "原样通过" in name and "相加" in name


def test_boxes_stay_inside_and_do_not_overlap():
    long = "一个很长很长的名字"
    root = ET.fromstring(block_diagram([[long] * 3, ["x"], [long]], "concat").svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = [
        tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
        for rect in root.iter(f"{SVG}rect")
    ]
    for x, y, w, h in boxes:
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
    for i, (x, y, w, h) in enumerate(boxes):
        for a, b, c, d in boxes[i + 1 :]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y


def test_colours_follow_the_page():
    svg = block_diagram([["a"]]).svg
    assert "currentColor" in svg and "#" not in svg


@pytest.mark.parametrize(("paths", "join"), [([], None), ([["a"], ["b"]], None)])
def test_what_cannot_be_drawn_is_refused(paths, join):
    with pytest.raises(ValueError):
        block_diagram(paths, join)


@pytest.mark.parametrize(
    ("net", "side"),
    [
        (models.lenet(), 28),
        (models.alexnet(width=0.1, hidden=8, input_size=65), 65),
        (models.vgg(width=0.1, hidden=8, input_size=32), 32),
        (models.nin(width=0.1), 67),
        (models.googlenet(width=0.125), 32),
        (models.bn_lenet(), 28),
        (models.resnet18(width=0.1), 28),
        (models.densenet(width=0.125), 32),
    ],
    ids=["lenet", "alexnet", "vgg", "nin", "googlenet", "bn_lenet", "resnet18", "densenet"],
)
def test_a_network_ends_in_its_classes(net, side):
    net.train()
    texts = labels(network_diagram(net, side))
    assert texts[:2] == ["输入", f"1×{side}×{side}"] and texts[-1] == "10"
    assert net.training


def test_a_drawn_network_may_be_any_chain():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Flatten())
    assert labels(network_diagram(net, (9, 7), in_channels=3)) == [
        "输入", "3×9×7", "3×3 卷积，步幅 2 · ReLU", "4×4×3", "拉平", "48",
    ]  # fmt: skip


def test_a_dense_block_joins_any_two():
    diagram = dense_diagram(["x", "1", "2", "3", "y"])
    assert labels(diagram) == ["x", "1", "2", "3", "y"]
    root = ET.fromstring(diagram.svg)
    arcs = [path.get("d") for path in root.iter(f"{SVG}path") if "C" in path.get("d")]
    assert len(arcs) == 3 + 2 + 1
    _, _, width, _ = map(float, root.get("viewBox").split())
    assert width < 200 and all(f in repr(diagram) for f in ("x", "3", "y"))
    with pytest.raises(ValueError, match="至少"):
        dense_diagram(["x"])
