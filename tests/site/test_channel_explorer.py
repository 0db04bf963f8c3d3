"""The channel explorer on a bare page: what it shows, by keyboard, against torch."""

import json
import math
import random
import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lnotes.widgets import channel_explorer
from keyboard import press_button

TOO_BIG = (
    "Calculated padded input size per channel: (4 x 4). Kernel size: (5 x 5). "
    "Kernel size can't be greater than actual input size"
)
TEXTBOOK = {
    "input": [[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]],
    "kernel": [[[[0, 1], [2, 3]], [[1, 2], [3, 4]]]],
    "bias": False,
}
# {"channel,reads,row,col": value} of the drawn cells of one board, without padding.
VALUES = """([grid, index]) => Object.fromEntries(
  [...shown[index].root.querySelectorAll(`[data-grid="${grid}"]:not([data-pad])`)].map((cell) => {
    const { channel, reads, row, col } = cell.dataset;
    const place = [channel, reads, row, col].filter((at) => at !== undefined).join();
    return [place, Number(cell.dataset.value)];
  }))"""


def put(page, **state):
    page.evaluate("state => { for (const n in state) shown[0].model.set(n, state[n]); }", state)


def root_of(page, index=0):
    return page.locator("[data-widget=channel-explorer]").nth(index)


def cell(page, grid, channel, row, col, reads=None):
    place = f'[data-channel="{channel}"][data-row="{row}"][data-col="{col}"]'
    slot = "" if reads is None else f'[data-reads="{reads}"]'
    return root_of(page).locator(f"[role=gridcell][data-grid={grid}]{place}{slot}")


def state_of(page):
    return json.loads(root_of(page).get_attribute("data-state"))


def text_of(page, part):
    return re.sub(r"\s+", " ", root_of(page).locator(part).inner_text())


def button(page, name):
    return root_of(page).get_by_role("button", name=name, exact=True)


def by_place(tensor):
    """{"i,j,…": value} of a tensor."""
    return {
        ",".join(map(str, place)): tensor[tuple(place)].item()
        for place in torch.cartesian_prod(*map(torch.arange, tensor.shape)).tolist()
    }


def lit(page, grid):
    """Indices of the small grids that stand out, in the order of the page."""
    return page.evaluate(
        """(grid) => [...shown[0].root.querySelectorAll(`.dx-${grid}-block`)]
             .flatMap(({ dataset }, index) => (dataset.lit === "1" ? [index] : []))""",
        grid,
    )


# ---------------------------------------------------------------- the picture


def test_contract_attributes(show):
    page = show(channel_explorer(4, 2, 2, 3, padding=1, stride=2, input_size=5))
    root = root_of(page)
    assert root.get_attribute("data-input-size") == "4x5x5"
    assert root.get_attribute("data-output-size") == "2x3x3"
    assert root.get_attribute("data-error") is None
    assert {"in_channels": 4, "groups": 2, "padding": 1}.items() <= state_of(page).items()
    assert root.locator("[role=gridcell][data-grid=input]").count() == 4 * 49
    assert root.locator("[data-grid=input][data-pad='1']").count() == 4 * 24
    assert root.locator("[role=gridcell][data-grid=output]").count() == 2 * 9
    put(page, stride=3, padding=0)  # 5 cells, windows of 3 at 0: the last two lines are not read
    assert root.locator("[data-grid=input][data-read='0']").count() == 4 * (25 - 9)


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"in_channels": 4, "out_channels": 6, "groups": 2, "padding": 1},
        {"in_channels": 3, "out_channels": 6, "groups": 3, "stride": 2, "input_size": 6},
        {"in_channels": 8, "out_channels": 8, "kernel_size": 1, "bias": False},
        {"in_channels": 10, "out_channels": 10, "kernel_size": 2, "bias": [0.5] * 10},
    ],
    ids=str,
)
def test_values_are_torchs_and_pythons(show, setting):
    """Input, weight and output as drawn are those of Python's to_module and input_tensor."""
    explorer = channel_explorer(**setting)
    module, image = explorer.to_module(), explorer.input_tensor()
    page = show(explorer)
    padding = module.padding[0]
    ours = {
        ",".join(str(int(at) - (padding if i else 0)) for i, at in enumerate(place.split(","))): v
        for place, v in page.evaluate(VALUES, ["input", 0]).items()
    }
    assert ours == by_place(image[0])
    inner = module.in_channels // module.groups
    per_out = module.out_channels // module.groups
    weight = {}
    for place, value in by_place(module.weight.detach()).items():
        out, i, *rest = map(int, place.split(","))
        weight[",".join(map(str, [out, out // per_out * inner + i, *rest]))] = value
    assert page.evaluate(VALUES, ["weight", 0]) == weight
    with torch.no_grad():
        output = by_place(module(image)[0])
    assert page.evaluate(VALUES, ["output", 0]) == pytest.approx(output, abs=1e-5)


def test_the_textbooks_example_adds_up_channel_by_channel(show):
    page = show(channel_explorer(**TEXTBOOK))
    assert list(page.evaluate(VALUES, ["output", 0]).values()) == [56, 72, 104, 120]
    lines = text_of(page, ".dx-sum")
    assert "X[0]∗W[0, 0] = 0·0 + 1·1 + 3·2 + 4·3 = 19" in lines
    assert "X[1]∗W[0, 1] = 1·1 + 2·2 + 4·3 + 5·4 = 37" in lines
    assert "Y[0, 0, 0] = 19 + 37 = 56" in lines
    parts = root_of(page).locator(".dx-part").all_inner_texts()
    assert [part for part in parts if part] == ["19", "+ 37", "= 56"]


def test_presets_by_keyboard(show):
    page = show(channel_explorer())
    press_button(page, "教材例子（多输出）")
    want = [56, 72, 104, 120, 76, 100, 148, 172, 96, 128, 192, 224]  # d2l, 6.4.2
    assert list(page.evaluate(VALUES, ["output", 0]).values()) == want
    press_button(page, "逐通道")
    assert "nn.Conv2d(3, 3, kernel_size=3, groups=3)" in text_of(page, ".dx-copy code")
    assert root_of(page).locator("[data-absent]").count() == 6
    press_button(page, "1×1")
    assert "逐像素的全连接" in text_of(page, ".dx-status")
    press_button(page, "普通")
    assert "2·3·3·3 + 2 = 56" in text_of(page, ".dx-status")
    for name in ("教材例子", "分组", "深度可分离"):
        button(page, name).click()
        assert root_of(page).get_attribute("data-output-size")


@pytest.mark.parametrize(("out", "group"), [(0, [0, 1]), (1, [0, 1]), (2, [2, 3]), (3, [2, 3])])
def test_an_output_reads_its_group_alone(show, out, group):
    page = show(channel_explorer(4, 4, 2))
    cell(page, "output", out, 1, 0).focus()
    assert lit(page, "input") == group
    assert lit(page, "weight") == [4 * out + channel for channel in group]
    assert lit(page, "output") == lit(page, "bias") == [out]
    frames = page.locator(".dx-input-block .dx-frame:visible")
    assert frames.count() == 2
    assert f"X[{group[0]}:{group[-1] + 1}, 1:4, 0:3] * W[{out}]" in text_of(page, ".dx-sum")


def test_the_python_line_computes_the_cell(show):
    explorer = channel_explorer(4, 2, 2, padding=1, stride=2, input_size=5)
    module, X = explorer.to_module(), explorer.input_tensor()[0]
    page = show(explorer)
    cell(page, "output", 1, 2, 1).focus()
    lines = page.locator(".dx-sum .dx-python").all_inner_texts()
    names = {"X": X, "W": module.weight.detach(), "b": module.bias.detach(), "F": functional}
    exec("".join(lines[:-1]).strip(), names)
    value = float(cell(page, "output", 1, 2, 1).get_attribute("data-value"))
    assert eval(lines[-1], names).item() == pytest.approx(value)


def test_an_input_cell_shows_which_outputs_it_reaches(show):
    explorer = channel_explorer(4, 4, 2, padding=1)
    module, image = explorer.to_module(), explorer.input_tensor().requires_grad_()
    page = show(explorer)
    cell(page, "input", 2, 1, 1).focus()  # with padding: X[2, 0, 0]
    met = page.locator("[data-grid=output][data-met]").evaluate_all(
        "cells => cells.map(({ dataset: d }) => [d.channel, d.row, d.col].map(Number))"
    )
    output, reached = module(image)[0], []
    for place in torch.cartesian_prod(*map(torch.arange, output.shape)).tolist():
        (gradient,) = torch.autograd.grad(output[tuple(place)], image, retain_graph=True)
        # A weight of 0 reaches a cell, too: look at who reads, not at how much.
        out, row, col = place
        if out >= 2 and row <= 1 and col <= 1:
            reached.append(place)
        else:
            assert gradient[0, 2, 0, 0] == 0
    assert sorted(met) == reached
    assert lit(page, "weight") == [10, 14]
    assert "X[2, 0, 0] 参与 2 个输出通道、每个 4 格，共 8 个输出" in text_of(page, ".dx-sum")


def test_a_weight_is_used_in_every_window(show):
    page = show(channel_explorer(3, 2, input_size=6, stride=2))
    cell(page, "weight", 1, 0, 2, reads=2).focus()
    met = page.locator("[data-grid=input][data-met]").evaluate_all(
        "cells => cells.map(({ dataset: d }) => [d.channel, d.row, d.col].map(Number))"
    )
    assert met == [[2, r, c] for r in (0, 2) for c in (2, 4)]
    assert page.locator("[data-grid=output][data-met]").count() == 4
    assert "同一个数用了 4 次" in text_of(page, ".dx-sum")
    bias = page.locator('[data-grid=bias][data-channel="1"]')
    bias.focus()
    assert lit(page, "output") == [1]
    assert "b[1] 加到 Y[1] 的每一格，共 4 次" in text_of(page, ".dx-sum")


@pytest.mark.parametrize(
    ("setting", "bias"),
    [((3, 2, 1, 3), True), ((3, 2, 1, 3), False), ((4, 6, 2, 1), True), ((6, 6, 6, 3), False)],
)
def test_costs_are_torchs(show, setting, bias):
    page = show(channel_explorer(*setting, bias=bias, input_size=7))
    inner, outer, g, k = setting
    layer = nn.Conv2d(inner, outer, k, groups=g, bias=bias)
    places = layer(torch.zeros(1, inner, 7, 7))[0, 0].numel()
    status = text_of(page, ".dx-status")
    assert f"({', '.join(map(str, layer.weight.shape))})" in status
    read = f"({inner}/{g})" if g > 1 else inner
    written = f"{outer}·{read}·{k}·{k}"
    count = sum(p.numel() for p in layer.parameters())
    assert f"= {written}{f' + {outer}' if bias else ''} = {count} " in status
    side = math.isqrt(places)
    assert f"{written} × {side}·{side} = {layer.weight.numel() * places} " in status
    assert (f"都是普通卷积的 1/{g}" in status) == (g > 1)


def test_depthwise_separable_costs_and_second_step(show):
    page = show(channel_explorer(3, 3, 3, 3, pointwise=8))
    layers = [nn.Conv2d(3, 3, 3, groups=3), nn.Conv2d(3, 8, 1), nn.Conv2d(3, 8, 3)]
    parameters = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    macs = [layer.weight.numel() * 4 for layer in layers]
    rows = page.locator(".dx-costs tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.querySelectorAll('td')].map((td) => +td.textContent))"
    )
    both = [sum(parameters[:2]), sum(macs[:2])]
    steps = [list(step) for step in zip(parameters, macs, strict=True)]
    assert rows == [*steps[:2], both, steps[2]]
    ratio = 100 * both[1] / macs[2]
    assert f"≈ {ratio:.1f}%，也就是 1/8 + 1/9" in text_of(page, ".dx-compared")
    assert "nn.Sequential(" in text_of(page, ".dx-copy code")
    first = list(page.evaluate(VALUES, ["output", 0]).values())
    press_button(page, "看第二步：1×1")
    assert list(page.evaluate(VALUES, ["input", 0]).values()) == first
    assert root_of(page).get_attribute("data-output-size") == "8x2x2"
    assert state_of(page)["groups"] == 1
    assert page.evaluate("document.activeElement.textContent") == "回到第一步"
    page.keyboard.press("Enter")
    assert list(page.evaluate(VALUES, ["output", 0]).values()) == first
    assert state_of(page)["pointwise"] == 8


def test_no_second_step_that_a_slider_would_clamp(show):
    page = show(channel_explorer(3, 3, 3, pointwise=9))
    assert "1/9 + 1/9" in text_of(page, ".dx-compared")
    assert not button(page, "看第二步：1×1").is_visible()
    put(page, pointwise=8)
    assert button(page, "看第二步：1×1").is_visible()
    put(page, input_size=12, padding=6)
    assert not button(page, "看第二步：1×1").is_visible()


# ---------------------------------------------------------------- by keyboard


def test_arrows_walk_over_to_the_next_channel(show):
    page = show(channel_explorer(4, 4, 2))
    root = root_of(page)
    for grid in ("input", "weight", "bias", "output"):
        assert root.locator(f"[data-grid={grid}][tabindex='0']").count() == 1
    cell(page, "output", 0, 0, 0).focus()
    for key, want in [
        ("ArrowRight", (0, 0, 1)),
        ("ArrowRight", (0, 0, 1)),
        ("ArrowDown", (0, 1, 1)),
        ("ArrowDown", (1, 0, 1)),
        ("PageDown", (2, 0, 1)),
        ("Home", (2, 0, 0)),
        ("Control+End", (3, 1, 1)),
        ("ArrowUp", (3, 0, 1)),
        ("PageUp", (2, 0, 1)),
        ("Control+Home", (0, 0, 0)),
        ("PageUp", (0, 0, 0)),
    ]:
        page.keyboard.press(key)
        state = state_of(page)
        assert (state["channel"], state["row"], state["col"]) == want, key
        assert cell(page, "output", *want).get_attribute("aria-selected") == "true"
    assert root.locator("[aria-selected=true]").count() == 1
    cell(page, "weight", 1, 0, 0, reads=1).focus()
    page.keyboard.press("Control+End")
    state = state_of(page)
    assert (state["picked"], state["channel"], state["reads"]) == ("weight", 3, 3)
    cell(page, "weight", 1, 2, 0, reads=0).focus()
    page.keyboard.press("ArrowDown")  # no slices of X[0] below: nowhere to go
    assert state_of(page)["channel"] == 1
    cell(page, "input", 0, 2, 3).focus()
    page.keyboard.press("ArrowRight")
    assert (state_of(page)["channel"], state_of(page)["col"]) == (1, 0)


def test_play_goes_through_all_outputs(show):
    page = show(channel_explorer(2, 2, kernel_size=3))
    cell(page, "output", 0, 0, 0).focus()
    seen = []
    for _ in range(8):
        state = state_of(page)
        seen.append((state["channel"], state["row"], state["col"]))
        root_of(page).get_by_role("button", name="下一步").click()
    assert seen == [(o, r, c) for o in range(2) for r in range(2) for c in range(2)]
    cell(page, "output", 0, 0, 0).focus()
    page.keyboard.press("Space")
    assert root_of(page).get_by_role("button", name="暂停").count() == 1


def test_editing_by_keyboard(show):
    page = show(channel_explorer(2, 2, 2, kernel_size=2, input_size=3))

    def type_into(target, text):
        target.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.type(text)
        page.keyboard.press("Enter")

    type_into(cell(page, "input", 1, 0, 0), "50")
    type_into(cell(page, "weight", 1, 0, 0, reads=1), "−3")
    type_into(page.locator('[data-grid=bias][data-channel="1"]'), "0.5")
    state = state_of(page)
    want = functional.conv2d(
        torch.tensor([state["input"]]).float(),
        torch.tensor(state["kernel"]).float(),
        torch.tensor(state["bias"]).float(),
        groups=2,
    )[0]
    assert (state["input"][1][0][0], state["kernel"][1][0][0][0]) == (50, -3)
    assert state["bias"][1] == 0.5
    assert page.evaluate(VALUES, ["output", 0]) == pytest.approx(by_place(want))
    before = state_of(page)
    for text in ("", "abc", "1e9", "NaN", "<img src=x onerror=alert(1)>"):
        type_into(cell(page, "weight", 1, 0, 1, reads=1), text)
        assert "原来的数没有变" in text_of(page, ".dx-notice")
    assert state_of(page)["kernel"] == before["kernel"]
    cell(page, "input", 0, 1, 1).focus()
    page.keyboard.press("F2")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    assert state_of(page)["input"] == before["input"]
    put(page, padding=1)
    type_into(cell(page, "input", 0, 0, 0), "4")
    assert "不能改" in text_of(page, ".dx-notice")


def test_given_values_come_back(show):
    page = show(channel_explorer(**TEXTBOOK))
    put(page, kernel_size=1)
    assert "(1, 2, 2, 2)" in text_of(page, ".dx-status")
    put(page, kernel_size=2)
    assert "示例数字" not in text_of(page, ".dx-status")
    assert list(page.evaluate(VALUES, ["output", 0]).values()) == [56, 72, 104, 120]


# ---------------------------------------------------------------- impossible settings


@pytest.mark.parametrize(
    ("setting", "words", "mends"),
    [
        ((6, 4, 4), "in_channels must be", ["组数改为 2", "输入通道改为 4", "输入通道改为 8"]),
        ((4, 6, 4), "out_channels must be", ["组数改为 2", "输出通道改为 4", "输出通道改为 8"]),
        ((3, 5, 2), "in_channels must be", ["组数改为 1"]),
        ((4, 6, 3), "in_channels must be", ["组数改为 2", "输入通道改为 3", "输入通道改为 6"]),
        ((1, 1, 1, 5), TOO_BIG, ["填充改为 1", "卷积核改为 4", "输入边长改为 5"]),
    ],
    ids=str,
)
def test_impossible_settings_say_torchs_words_and_can_be_mended(show, setting, words, mends):
    explorer = channel_explorer(*setting)
    with pytest.raises((ValueError, RuntimeError)) as said:
        explorer.to_module()
    page = show(explorer)
    root = root_of(page)
    assert root.get_attribute("data-output-size") == ""
    assert root.get_attribute("data-error").startswith(words)
    assert str(said.value).rstrip(".").endswith(root.get_attribute("data-error").rstrip("."))
    buttons = root.locator(".dx-error button")
    assert sorted(buttons.all_inner_texts()) == sorted(mends)
    assert root.locator("[data-missing], [data-absent='✕']").count()
    start = {n: v for n, v in state_of(page).items() if n in explorer.knobs}
    for name in mends:
        button(page, name).click()
        assert root.get_attribute("data-error") is None, name
        assert root.locator("[data-missing]").count() == 0
        put(page, **start)
        assert root.get_attribute("data-error").startswith(words)


def test_random_states_never_throw(show):
    """Every setting gives torch's output size or its refusal; an error would fail the fixture."""
    page = show(channel_explorer())
    rng = random.Random(0)
    for _ in range(30):
        state = {
            "in_channels": rng.randint(1, 8),
            "out_channels": rng.randint(1, 8),
            "groups": rng.choice([1, 1, 2, 3, 4]),
            "kernel_size": rng.randint(1, 5),
            "input_size": rng.randint(1, 6),
            "padding": rng.randint(0, 2),
            "stride": rng.randint(1, 3),
            "has_bias": rng.random() < 0.5,
            "pointwise": rng.choice([0, 0, 5]),
        }
        put(page, **state)
        names = ["in_channels", "out_channels", "kernel_size", "stride", "padding", "groups"]
        try:
            layer = nn.Conv2d(*[state[n] for n in names[:5]], groups=state["groups"])
            size = layer(torch.zeros(1, state["in_channels"], *[state["input_size"]] * 2)).shape
            want = "x".join(map(str, size[1:]))
        except (ValueError, RuntimeError):
            want = ""
        assert root_of(page).get_attribute("data-output-size") == want, state


# ---------------------------------------------------------------- links


def test_a_link_sets_a_state(show):
    page = show(
        channel_explorer(), hash="#channel-explorer?in_channels=4&out_channels=4&groups=2&channel=3"
    )
    page.wait_for_function("shown[0].root.dataset.outputSize === '4x2x2'")
    assert state_of(page)["channel"] == 3
    button(page, "链接").click()
    link = root_of(page).locator(".dx-copy input").input_value()
    assert link.endswith("#channel-explorer?in_channels=4&out_channels=4&groups=2&channel=3")


@pytest.mark.parametrize(
    "query",
    [
        "in_channels=99",
        "groups=0",
        "kernel_size=1e3",
        "kernel_size=7",  # beyond the end of its slider
        "in_channels=<script>alert(1)</script>",
        "__proto__=1",
        "constructor=2",
        "kernel=[[[[1e999]]]]",
        "kernel=[[[[1],[2,3]]]]",
        "input=%5B%5B",
        "picked=nothing",
        "has_bias=yes",
        "padding=%E0%A4%A",
        "limits=1",
        "bias=[null]",
    ],
)
def test_broken_and_hostile_links_change_nothing(show, query):
    page = show(channel_explorer(), hash=f"#channel-explorer?{query}")
    page.wait_for_function("shown[0].root.querySelector('.dx-notice').textContent")
    assert text_of(page, ".dx-notice").startswith("这条链接没有生效")
    assert root_of(page).locator("script, img").count() == 0
    assert root_of(page).get_attribute("data-output-size") == "2x2x2"


def test_a_picked_place_beyond_the_board_is_moved(show):
    page = show(
        channel_explorer(), hash="#channel-explorer?picked=weight&channel=15&reads=15&row=99"
    )
    page.wait_for_function("JSON.parse(shown[0].root.dataset.state).picked === 'weight'")
    state = state_of(page)
    assert (state["channel"], state["reads"], state["row"]) == (1, 0, 2)


# ---------------------------------------------------------------- 猜一猜


def test_a_question_hides_what_it_asks_and_then_shows_it(show):
    page = show(channel_explorer())
    kinds = set()
    for seed in range(1, 40):
        put(page, quiz=seed)
        prompt = text_of(page, ".dx-prompt")
        root = root_of(page)
        assert root.get_attribute("data-output-size") == ""
        assert text_of(page, ".dx-status") == ""
        assert not root.locator("code:visible").count()
        isValue = prompt.startswith("Y[")
        kinds.add(isValue)
        if isValue:
            assert root.locator("[data-grid=output][data-value]").count() == 0
            assert root.locator("[data-grid=weight]").count() > 0
        else:
            assert root.locator("[data-grid=weight], [data-grid=output]").count() == 0
            assert root.locator(".dx-group").count() == 0
            assert "组" not in text_of(page, ".dx-stage")
        assert not "".join(root.locator(".dx-part").all_inner_texts())
        if kinds == {True, False} and seed > 6:
            break
    root.locator(".dx-choices button").first.click()
    assert root.get_attribute("data-output-size")
    assert root.locator("[data-grid=weight]").count() > 0
    assert root.locator(".dx-verdict p").count() >= 2


def test_pointing_at_a_cell_does_not_withdraw_a_question(show):
    page = show(channel_explorer())
    seed = next(s for s in range(1, 99) if put(page, quiz=s) or "Y[" in text_of(page, ".dx-prompt"))
    assert seed
    page.locator("[data-grid=input]").last.hover()
    page.locator("[data-grid=output]").last.focus()
    page.keyboard.press("ArrowUp")
    assert text_of(page, ".dx-verdict") == ""
    put(page, in_channels=5)
    assert "收回" in text_of(page, ".dx-verdict")


def right_answer(prompt, state):
    """The answer, worked out by torch from the words of the question."""
    if prompt.startswith("Y["):
        out, row, col = map(int, re.findall(r"\d+", prompt)[:3])
        x, w, b = (torch.tensor(state[n], dtype=torch.float64) for n in ("input", "kernel", "bias"))
        return f"{functional.conv2d(x[None], w, b)[0, out, row, col].item():g}".replace("-", "−")
    inner, outer = map(int, re.search(r"输入 (\d+) 通道，输出 (\d+) 通道", prompt).groups())
    k = int(re.search(r"卷积核 (\d+)×", prompt)[1])
    g = int((re.search(r"分 (\d+) 组", prompt) or [0, 1])[1])
    layer = nn.Conv2d(
        inner, outer, k, groups=g, bias="有偏置" in prompt and "没有偏置" not in prompt
    )
    if "多少个参数" in prompt:
        return str(sum(p.numel() for p in layer.parameters()))
    if "weight.shape" in prompt:
        return str(tuple(layer.weight.shape))
    if "读哪些" in prompt:
        out = int(re.search(r"输出通道 (\d+) 读", prompt)[1])
        x = torch.zeros(1, inner, k, k, requires_grad=True)
        layer.weight.data.fill_(1)
        layer(x)[0, out].sum().backward()
        return "、".join(str(c) for c in range(inner) if x.grad[0, c].any())
    n = int(re.search(r"每个通道 (\d+)×", prompt)[1])
    p = int((re.search(r"每侧填充 (\d+)", prompt) or [0, 0])[1])
    layer.padding = (p, p)
    shape = layer(torch.zeros(1, inner, n, n)).shape[1:]
    if "多少次乘加" in prompt:
        return str(layer.weight.numel() * shape[1] * shape[2])
    return "×".join(map(str, shape))


def test_questions_have_one_right_answer_among_four(show):
    page = show(channel_explorer())
    asked = page.evaluate(
        """() => {
          const { model, root } = shown[0];
          return Array.from({ length: 200 }, (_, i) => {
            model.set("quiz", i + 1);
            const buttons = [...root.querySelectorAll(".dx-choices button")];
            const texts = buttons.map((b) => b.textContent);
            const prompt = root.querySelector(".dx-prompt").textContent;
            const state = JSON.parse(root.dataset.state);
            return { prompt, texts, state };
          });
        }"""
    )
    kinds = ("参数", "乘加", "weight.shape", "输出的形状", "读哪些", "Y[")
    for kind in kinds:
        assert sum(kind in one["prompt"] for one in asked) > 10, kind
    for one in asked:
        assert len(set(one["texts"])) == 4, one
        assert right_answer(one["prompt"], one["state"]) in one["texts"], one
    for one in random.Random(1).sample(range(200), 12):
        put(page, quiz=one + 1)
        right = right_answer(asked[one]["prompt"], asked[one]["state"])
        wrong = next(text for text in asked[one]["texts"] if text != right)
        button(page, wrong).click()
        assert f"不是 {wrong}。" in text_of(page, ".dx-verdict")
        marked = root_of(page).locator(".dx-choices [data-verdict=right]")
        assert marked.all_inner_texts() == [right]
        assert len(text_of(page, ".dx-verdict")) > len(wrong) + 10


def test_the_same_seed_asks_the_same(show):
    page = show(channel_explorer(quiz=7), channel_explorer(5, 5, quiz=7))
    prompts = page.locator(".dx-prompt").all_inner_texts()
    assert prompts[0] == prompts[1]
    assert prompts[0]


# ---------------------------------------------------------------- around it


def test_text_tables(show):
    page = show(channel_explorer(**TEXTBOOK))
    button(page, "文字版").click()
    assert "0 1；2 3" in text_of(page, ".dx-tables")
    assert "104 120" in text_of(page, ".dx-tables")


def test_more_controls(show):
    page = show(channel_explorer())
    button(page, "更多").click()
    page.get_by_label("输入边长").fill("6")
    page.keyboard.press("Enter")
    page.get_by_label("步幅").fill("2")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="偏置").uncheck()
    assert root_of(page).get_attribute("data-output-size") == "2x2x2"
    assert root_of(page).locator("[data-grid=bias]").count() == 0
    assert "stride=2, bias=False" in text_of(page, ".dx-copy code")
    page.get_by_label("填充", exact=True).fill("9")
    page.keyboard.press("Enter")
    assert "应为 0 到 6 的整数" in text_of(page, ".dx-notice")


@pytest.mark.parametrize("setting", [(3, 2), (8, 8), (16, 16), (5, 4, 2)], ids=str)
def test_a_phone_shows_all_without_scrolling_the_page(show, setting):
    page = show(channel_explorer(*setting), width=320, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    sizes = page.locator("[data-grid=output]").evaluate_all(
        "cells => cells.map((c) => c.offsetWidth)"
    )
    assert min(sizes, default=24) >= 24
    if sizes:
        page.locator("[data-grid=output]").last.tap()
        assert state_of(page)["channel"] == setting[1] - 1


def test_every_control_has_a_name(show):
    page = show(channel_explorer(4, 4, 2))
    button(page, "更多").click()
    bare = page.evaluate(
        """() => [...shown[0].root.querySelectorAll("button, input, [role=grid], [role=gridcell]")]
             .filter((n) => !(n.ariaLabel || n.textContent.trim() || n.labels?.length))
             .map((n) => n.outerHTML)"""
    )
    assert bare == []
    assert (
        cell(page, "weight", 3, 0, 1, reads=2)
        .get_attribute("aria-label")
        .startswith("输出通道 3 对输入通道 2 的权重 第 1 行第 2 列")
    )


def test_cleanup(show):
    page = show(channel_explorer())
    page.evaluate("shown[0].cleanup()")
    assert page.locator("[data-widget]").count() == 0
    left = page.evaluate("Object.values(shown[0].listeners).flat().length")
    assert left == 0
    page.evaluate("shown[0].model.set('groups', 2); location.hash = '#channel-explorer?groups=3'")
