"""The pooling explorer on a bare page: what it shows, by keyboard, against torch."""

import json
import random

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lnotes.widgets import pool_explorer
from keyboard import press_button

LOCAL = ("row", "col", "picked", "quiz")
# [[value]] of a grid, padding and what lies outside left out.
VALUES = """(grid) => [...document.querySelectorAll(`.dx-${grid} .dx-row`)]
  .map((row) => [...row.querySelectorAll("[data-value]:not([data-pad])")])
  .map((cells) => cells.map((cell) => Number(cell.dataset.value)))
  .filter((cells) => cells.length)"""


def root_of(page, index=0):
    return page.locator("[data-widget=pool-explorer]").nth(index)


def put(page, index=0, **state):
    page.evaluate("([s, i]) => { for (const n in s) shown[i].model.set(n, s[n]); }", [state, index])


def state_of(page, index=0):
    return json.loads(root_of(page, index).get_attribute("data-state"))


def cell(page, grid, row, col, index=0):
    place = f'[role=gridcell][data-grid={grid}][data-row="{row}"][data-col="{col}"]'
    return root_of(page, index).locator(place)


def marked(page, grid, mark):
    """The places of the cells that carry a mark."""
    cells = root_of(page).locator(f"[data-grid={grid}][{mark}]")
    places = cells.evaluate_all("all => all.map((c) => [+c.dataset.row, +c.dataset.col])")
    return [tuple(place) for place in places]


def lines(page):
    return root_of(page).locator(".dx-sum").inner_text()


def status(page):
    return root_of(page).locator(".dx-status").inner_text()


def button(page, name):
    return root_of(page).get_by_role("button", name=name, exact=True)


# ---------------------------------------------------------------- the picture, against torch


def test_contract_attributes(show):
    page = show(pool_explorer(7, 3, 2, 1))
    root = root_of(page)
    assert root.get_attribute("data-input-size") == "7x7"
    assert root.get_attribute("data-output-size") == "4x4"
    assert root.get_attribute("data-error") is None
    expected = {"input_size": 7, "kernel_size": 3, "padding": 1, "stride": 2, "dilation": 1}
    assert expected.items() <= state_of(page).items()
    assert root.locator("[data-grid=input]").count() == 81
    assert root.locator("[data-grid=input][data-pad='1']").count() == 81 - 49
    assert root.locator("[data-grid=output]").count() == 16
    assert root.locator("[data-grid=input][data-read='0']").count() == 0
    put(page, stride=3, input_size=6)  # windows at 0 and 3 of 8 cells: 6 are read
    unread = marked(page, "input", "data-read='0'")
    assert len(unread) == 64 - 36
    assert all(max(place) >= 6 for place in unread)


SETTINGS = [
    {},
    {"input_size": (5, 9), "kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0)},
    {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2, "input_size": 8},
    {"input_size": 7, "kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"input_size": 3, "kernel_size": 2, "padding": 1, "ceil_mode": True},
    {"input_size": 8, "kernel_size": 3, "ceil_mode": True, "mode": "avg"},
    {"input_size": 8, "kernel_size": 3, "stride": 2, "padding": 1, "mode": "avg"},
    {
        "input_size": (6, 7),
        "kernel_size": (3, 4),
        "stride": 2,
        "padding": (1, 2),
        "mode": "avg",
        "ceil_mode": True,
        "count_include_pad": False,
    },
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_values_lines_and_gradients_are_torchs(show, setting):
    draw = torch.Generator().manual_seed(0)
    size = setting.get("input_size", 6)
    rows, cols = size if isinstance(size, tuple) else (size, size)
    x = torch.randint(-9, 9, (rows, cols), generator=draw).double().requires_grad_()
    explorer = pool_explorer(**{**setting, "input": x})
    page = show(explorer)
    root = root_of(page)
    code = root.locator("code.dx-code").inner_text()
    layer = eval(code, {"nn": nn})
    y = layer(x[None, None])[0, 0]
    assert page.evaluate(VALUES, "input") == x.tolist()
    shown = torch.tensor(page.evaluate(VALUES, "output")).double()
    torch.testing.assert_close(shown, y.detach())
    assert root.get_attribute("data-output-size") == "x".join(map(str, y.shape))
    assert explorer.to_module().extra_repr() == layer.extra_repr()
    pick = random.Random(1)
    for row, col in [(0, 0), (len(y) - 1, len(y[0]) - 1), (pick.randrange(len(y)), 0)]:
        cell(page, "output", row, col).focus()
        *prepare, line = [c.rstrip("; ") for c in root.locator(".dx-python").all_inner_texts()]
        names = {"F": functional, "X": x.detach()}
        for statement in prepare:
            exec(statement, names)
        assert eval(line, names).item() == pytest.approx(y[row, col].item()), line
        [gradient] = torch.autograd.grad(y[row, col], x, retain_graph=True)
        p, q = explorer.to_module().padding, explorer.to_module().padding
        p, q = (p, p) if isinstance(p, int) else q
        fed = {(r + p, c + q) for r, c in gradient.nonzero().tolist()}
        lit = set(marked(page, "input", "data-lit"))
        assert fed <= lit
        if setting.get("mode") != "avg":
            assert set(marked(page, "input", "data-win")) == fed
    [gradient] = torch.autograd.grad(y.sum(), x)
    row, col = pick.randrange(rows), pick.randrange(cols)
    cell(page, "input", row + p, col + q).focus()
    told = lines(page)
    want = gradient[row, col].item()
    if f"X[{row}, {col}] 没有被任何窗口读到" in told:
        assert want == 0
    else:
        value = told.partition("的导数")[2].partition("是 ")[2].rstrip("。\n")
        assert float(value) == pytest.approx(want, abs=5e-3)


def test_the_sum_is_written_out(show):
    values = [[3.0, 1, 0], [4, 1, 0], [0, 0, 0]]
    page = show(pool_explorer(input=values))
    assert "= max(3, 1, 4, 1) = 4" in lines(page)
    assert "最大的是 X[1, 0]" in lines(page)
    assert "梯度全给它" in lines(page)
    assert marked(page, "input", "data-win") == [(1, 0)]
    put(page, mode="avg")
    assert "= (3 + 1 + 4 + 1)/4 = 2.25" in lines(page)
    assert "4 格输入" in lines(page)
    assert marked(page, "input", "data-win") == []
    assert len(marked(page, "input", "data-lit")) == 4


def test_of_equal_maxima_the_first_wins(show):
    page = show(pool_explorer(2, input=[[1, 5], [5, 5]]))
    assert marked(page, "input", "data-win") == [(0, 1)]
    assert "3 格并列最大，算第一个 X[0, 1]" in lines(page)
    cell(page, "input", 1, 1).focus()
    assert "它与 Y[0, 0] 的最大值并列，但不是第一个" in lines(page)
    assert "导数是 0。" in lines(page)


def test_padding_of_a_maximum_is_minus_infinity(show):
    page = show(pool_explorer(3, 3, 1, 1, input=[[-5.0] * 3] * 3))
    corner = cell(page, "input", 0, 0)
    assert corner.inner_text() == "−∞"
    assert corner.get_attribute("aria-label") == "填充 −∞"
    assert "max(−∞, −∞, −∞, −∞, −5, −5, −∞, −5, −5) = −5" in lines(page)
    put(page, mode="avg")
    assert corner.inner_text() == "0"


def test_a_window_of_padding_alone(show):
    page = show(pool_explorer(1, 2, 1, 1, dilation=2))
    x = functional.max_pool2d(torch.zeros(1, 1, 1, 1), 2, 1, 1, 2)
    assert x.item() == float("-inf")
    assert cell(page, "output", 0, 0).inner_text() == "−∞"
    assert cell(page, "output", 0, 0).get_attribute("data-value") == "-Infinity"
    assert "没有格子得到梯度" in lines(page)


def test_divisors_are_shown_where_they_differ(show):
    page = show(pool_explorer(7, 3, 2, 1, mode="avg", count_include_pad=False))
    ones = torch.ones(1, 1, 7, 7)
    counts = 9 * functional.avg_pool2d(functional.pad(ones, (1, 1, 1, 1)), 3, 2)[0, 0]
    cells = root_of(page).locator("[data-grid=output]")
    found = cells.evaluate_all("all => all.map((c) => c.dataset.divisor)")
    assert found == [str(round(count)) for count in counts.flatten().tolist()]
    assert cell(page, "output", 0, 0).get_attribute("aria-label").endswith("除数 4")
    assert "5 格填充不算（count_include_pad=False）" in lines(page)
    put(page, count_include_pad=True)  # every window counts 9
    assert root_of(page).locator("[data-divisor]").count() == 0
    assert "4 格输入 + 5 格填充 = 9" in lines(page)
    put(page, padding=0, stride=3, ceil_mode=True)
    cell(page, "output", 2, 2).focus()
    assert cell(page, "output", 2, 2).get_attribute("data-divisor") == "1"
    assert "1 格输入；伸出图外的 8 格不算" in lines(page)


def test_an_input_cell_shows_what_it_feeds_and_where_it_wins(show):
    page = show(pool_explorer(3, 2, 1, input=[[0, 1, 0], [0, 7, 9], [0, 0, 0]]))
    cell(page, "input", 1, 1).focus()
    assert marked(page, "output", "data-lit") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert marked(page, "output", "data-win") == [(0, 0), (1, 0)]
    assert "X[1, 1] 在 4 个窗口里：Y[0, 0]、Y[0, 1]、Y[1, 0]、Y[1, 1]" in lines(page)
    assert "它在 Y[0, 0]、Y[1, 0] 里最大" in lines(page)
    assert "导数是 2。" in lines(page)
    cell(page, "input", 0, 1).focus()
    assert "哪个窗口里都不是最大" in lines(page)
    put(page, mode="avg")
    assert marked(page, "output", "data-win") == []
    assert "Y[0, 0]（占 1/4）、Y[0, 1]（占 1/4）" in lines(page)
    assert "导数是 0.5。" in lines(page)
    put(page, mode="max", stride=2)
    cell(page, "input", 2, 2).focus()
    assert "没有被任何窗口读到" in lines(page)
    put(page, padding=1)
    cell(page, "input", 0, 0).focus()
    assert "填充 −∞" in lines(page)


def test_formula_ceil_and_unread_sentences_are_announced(show):
    page = show(pool_explorer(7, 2))
    live = root_of(page).locator(".dx-status[role=status][aria-live=polite]")
    assert "⌊(7 + 2·0 − 1·(2 − 1) − 1)/2⌋ + 1" in live.inner_text()
    assert "5 ÷ 2 商 2，余 1" in live.inner_text()
    assert "最右 1 列、最下 1 行没有被任何窗口读到" in live.inner_text()
    assert "ceil_mode=True 会多放一个窗口去读，输出变成 4×4" in live.inner_text()
    put(page, ceil_mode=True)
    assert "⌈5/2⌉ + 1 = 4" in live.inner_text()
    assert "从右边伸出 1 列、从下边伸出 1 行" in live.inner_text()
    assert "没有被任何窗口读到" not in live.inner_text()
    outside = root_of(page).locator("[data-grid=outside]")
    assert outside.count() == 64 - 49
    assert root_of(page).locator("[data-grid=input]").count() == 49
    put(page, input_size=3, padding=1)
    assert "⌈3/2⌉ + 1 − 1 = 2" in live.inner_text()
    assert "PyTorch 只放从输入或左、上填充里开始的窗口" in live.inner_text()
    put(page, input_size=6, padding=0)
    assert "正好除尽" in live.inner_text()
    put(page, ceil_mode=False, kernel_size=1, stride_follows=False, stride=3)
    assert "窗口之间有 2 列、2 行从未被读到" in live.inner_text()
    put(page, kernel_size=2, stride=4, dilation=2)
    assert "窗口之间和空洞里有 1 列、1 行" in live.inner_text()
    put(page, stride=3)
    assert live.inner_text().splitlines()[-1].startswith("空洞里有 2 列、2 行")


# ---------------------------------------------------------------- the stride that follows


def test_the_stride_follows_the_window_until_it_is_moved(show):
    page = show(pool_explorer(9))
    code = root_of(page).locator("code.dx-code")
    assert code.inner_text() == "nn.MaxPool2d(kernel_size=2)"
    put(page, kernel_size=4)
    assert state_of(page)["stride"] == 4
    assert root_of(page).get_attribute("data-output-size") == "2x2"
    put(page, stride=1)
    assert state_of(page)["stride_follows"] is False
    assert code.inner_text() == "nn.MaxPool2d(kernel_size=4, stride=1)"
    put(page, kernel_size=3)
    assert state_of(page)["stride"] == 1
    box = page.get_by_label("步幅随窗口")
    assert not box.is_checked()
    box.press("Space")
    assert state_of(page)["stride"] == 3
    assert code.inner_text() == "nn.MaxPool2d(kernel_size=3)"
    press_button(page, "更多")
    page.get_by_label("窗宽").fill("2")
    page.keyboard.press("Enter")
    assert state_of(page)["columns"] == {"kernel_size": 2, "stride": 2}
    assert code.inner_text() == "nn.MaxPool2d(kernel_size=(3, 2))"
    page.get_by_label("横向步幅").fill("1")
    page.keyboard.press("Enter")
    assert code.inner_text() == "nn.MaxPool2d(kernel_size=(3, 2), stride=(3, 1))"


def test_two_views_of_one_model_agree_on_the_stride(show):
    page = show(pool_explorer(9))
    page.evaluate(
        """async () => {
          const el = document.createElement("div");
          document.body.append(el);
          const { model } = shown[0];
          const source = new Blob([model.get("_esm")], { type: "text/javascript" });
          const { default: widget } = await import(URL.createObjectURL(source));
          widget.render({ model, el });
        }"""
    )
    button(page, "更多").click()
    for name in ("2×2 最大（VGG）", "重叠 3/2（AlexNet）", "全局平均", "3/2 加填充（ResNet）"):
        button(page, name).click()
        first, second = (state_of(page, i) for i in range(2))
        assert {**first, "row": 0, "col": 0} == {**second, "row": 0, "col": 0}
        assert first["stride"] == {"全": 7}.get(name[0], 2)
    put(page, kernel_size=4)
    assert state_of(page, 1)["stride"] == 2
    put(page, stride_follows=True)
    assert state_of(page, 0)["stride"] == state_of(page, 1)["stride"] == 4


# ---------------------------------------------------------------- by keyboard and finger


def test_mode_is_switched_by_keyboard(show):
    page = show(pool_explorer())
    press_button(page, "平均池化")
    assert state_of(page)["mode"] == "avg"
    assert button(page, "平均池化").get_attribute("aria-pressed") == "true"
    assert button(page, "最大池化").get_attribute("aria-pressed") == "false"
    assert root_of(page).locator("code.dx-code").inner_text() == "nn.AvgPool2d(kernel_size=2)"
    press_button(page, "更多")
    assert not page.get_by_label("空洞率 d").is_visible()
    page.get_by_label("count_include_pad").press("Space")
    assert state_of(page)["count_include_pad"] is False
    page.get_by_label("ceil_mode").press("Space")
    assert state_of(page)["ceil_mode"] is True
    button(page, "最大池化").press("Enter")
    assert page.get_by_label("空洞率 d").is_visible()
    assert not page.get_by_label("count_include_pad").is_visible()


def test_arrow_keys_walk_the_output_and_space_plays(show):
    page = show(pool_explorer(4))
    cell(page, "output", 0, 0).focus()
    for key, want in [("ArrowRight", (0, 1)), ("ArrowDown", (1, 1)), ("Control+Home", (0, 0))]:
        page.keyboard.press(key)
        state = state_of(page)
        assert (state["picked"], state["row"], state["col"]) == ("output", *want)
    assert marked(page, "input", "data-lit") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    page.keyboard.press("Space")
    page.wait_for_function("JSON.parse(shown[0].root.dataset.state).col === 1", timeout=5000)
    page.keyboard.press("Space")
    assert page.get_by_label("播放").count() == 1
    page.get_by_label("窗口的位置").press("End")
    assert marked(page, "input", "data-lit") == [(2, 2), (2, 3), (3, 2), (3, 3)]


def test_walking_beyond_the_image_says_so(show):
    page = show(pool_explorer(5, ceil_mode=True))
    cell(page, "input", 4, 4).focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.grid") == "outside"
    assert "这里在图外" in lines(page)
    page.keyboard.press("Enter")
    page.locator(".dx-edit").fill("3")
    page.keyboard.press("Enter")
    assert "只有输入的格子能改" in root_of(page).locator(".dx-notice").inner_text()
    put(page, ceil_mode=False)  # where it stood is no more
    assert state_of(page)["col"] == 4


def test_cells_are_edited_by_keyboard(show):
    page = show(pool_explorer(4))
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("12.5")
    page.keyboard.press("Enter")
    assert cell(page, "output", 0, 0).get_attribute("data-value") == "12.5"
    assert page.evaluate("shown[0].model.get('input')")[0][0] == 12.5
    assert page.evaluate("shown[0].model.saved") > 0
    page.keyboard.press("F2")
    page.keyboard.type("-1")
    page.keyboard.press("Escape")
    assert cell(page, "input", 0, 0).get_attribute("data-value") == "12.5"


def test_what_is_no_number_is_refused_with_a_sentence(show):
    page = show(pool_explorer(padding=1))
    before = page.evaluate(VALUES, "input")
    for text in ("", "abc", "1e9", "NaN", "Infinity", "−∞", "<img src=x>"):
        cell(page, "input", 1, 1).focus()
        page.keyboard.press("Enter")
        page.locator(".dx-edit").fill(text)
        page.keyboard.press("Enter")
        notice = root_of(page).locator(".dx-notice")
        assert "−9999 到 9999" in notice.inner_text(), text
        assert page.evaluate(VALUES, "input") == before
        put(page, kernel_size=2 + len(text) % 2)
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("Enter")
    page.locator(".dx-edit").fill("3")
    page.keyboard.press("Enter")
    assert "最大池化的填充总是 −∞" in notice.inner_text()


def test_a_finger_picks_and_nothing_scrolls_sideways_on_a_phone(show):
    page = show(pool_explorer(7, 3, 2, 1, mode="avg"), width=320, has_touch=True)
    cell(page, "output", 1, 2).tap()
    assert marked(page, "input", "data-lit")[0] == (2, 4)
    box = cell(page, "output", 1, 2).bounding_box()
    assert min(box["width"], box["height"]) >= 24
    for name in ("更多", "文字版", "链接"):
        button(page, name).click()
    put(page, count_include_pad=False)
    for setting in ({}, {"input_size": 16, "padding": 1}, {"kernel_size": 1}, {"quiz": 2}):
        put(page, **setting)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, setting
    sizes = (
        root_of(page)
        .locator("button:visible, input:visible")
        .evaluate_all(
            "all => all.map((e) => (e.closest('label') ?? e).getBoundingClientRect().height)"
        )
    )
    assert min(sizes) >= 24


# ---------------------------------------------------------------- impossible settings


@pytest.mark.parametrize(
    "setting",
    [
        {"padding": 2},
        {"padding": (1, 2), "kernel_size": 3, "stride": 1},
        {"kernel_size": 3, "padding": 2, "dilation": 2},
        {"input_size": 3, "kernel_size": 5},
        {"input_size": (7, 2), "kernel_size": 5, "padding": 1, "mode": "avg"},
        {"input_size": 3, "kernel_size": 2, "dilation": 4},
        {"mode": "avg", "dilation": 2},
    ],
    ids=str,
)
def test_torchs_message_and_every_mend_mends(show, setting):
    page = show(pool_explorer(**setting))
    root = root_of(page)
    said = root.get_attribute("data-error")
    with pytest.raises((RuntimeError, TypeError)) as torch_says:
        torch_pool(setting)
    assert said in str(torch_says.value)
    assert root.get_attribute("data-output-size") == ""
    assert "undefined" not in root.inner_text()
    assert root.locator(".dx-error").inner_text().count("。") >= 1
    mends = root.locator(".dx-error button")
    assert mends.count() > 0
    before = {k: v for k, v in state_of(page).items() if k not in LOCAL}
    for i in range(mends.count()):
        mends.nth(i).press("Enter")
        assert root.get_attribute("data-error") is None
        size = "x".join(map(str, torch_pool(arguments_of(state_of(page))).shape[2:]))
        assert root.get_attribute("data-output-size") == size
        put(page, **before)
        assert root.get_attribute("data-error") == said


def torch_pool(setting):
    arguments = {"kernel_size": 2, **setting}
    size = arguments.pop("input_size", 6)
    layer = nn.AvgPool2d if arguments.pop("mode", "max") == "avg" else nn.MaxPool2d
    rows, cols = size if isinstance(size, tuple) else (size, size)
    return layer(**arguments)(torch.zeros(1, 1, rows, cols))


def arguments_of(state):
    """What torch takes, from the state of an explorer."""
    names = ["input_size", "kernel_size", "padding", "stride", "dilation"]
    both = {name: (state[name], state["columns"].get(name, state[name])) for name in names}
    if state["stride_follows"]:
        del both["stride"]
    rest = {"ceil_mode": state["ceil_mode"], "mode": state["mode"]}
    if state["mode"] == "avg":
        rest["count_include_pad"] = state["count_include_pad"]
        if both["dilation"] == (1, 1):
            del both["dilation"]
    return {**both, **rest}


def test_the_padding_that_is_too_much_is_crossed_out(show):
    page = show(pool_explorer(4, padding=2))
    crossed = marked(page, "input", "data-missing")
    assert len(crossed) == 64 - 36  # the outer of two rings
    button(page, "最大池化").press("Enter")  # the tools stay alive
    button(page, "填充改为 1").press("Enter")
    assert marked(page, "input", "data-missing") == []
    assert cell(page, "output", 2, 2).count() == 1


def test_mends_keep_to_the_sliders(show):
    page = show(pool_explorer(2, 7, 1, padding=3))
    put(page, limits={"kernel_size": [1, 7], "padding": [0, 3]}, padding=4)
    texts = root_of(page).locator(".dx-error button").all_inner_texts()
    assert "填充改为 3" in texts
    assert "窗口改为 8" not in texts


def test_every_setting_of_the_sliders_answers(show):
    page = show(pool_explorer())
    draw = random.Random(0)
    settings = [
        {
            "stride_follows": draw.random() < 0.3,
            "input_size": draw.randint(1, 9),
            "kernel_size": draw.randint(1, 4),
            "padding": draw.randint(0, 2),
            "stride": draw.randint(1, 4),
            "mode": draw.choice(["max", "avg"]),
            "ceil_mode": draw.random() < 0.5,
            "dilation": draw.choice([1, 1, 2]),
        }
        for _ in range(300)
    ]
    answers = page.evaluate(
        """(settings) => settings.map((setting) => {
          for (const name in setting) shown[0].model.set(name, setting[name]);
          const { state, outputSize, error } = shown[0].root.dataset;
          return [JSON.parse(state), outputSize, error ?? null];
        })""",
        settings,
    )
    errors = 0
    for state, size, said in answers:
        try:
            want = "x".join(map(str, torch_pool(arguments_of(state)).shape[2:]))
        except (RuntimeError, TypeError) as error:
            errors += 1
            assert size == ""
            assert said in str(error), state
        else:
            assert (size, said) == (want, None), state
    assert 40 < errors < 260


# ---------------------------------------------------------------- 更多, tables


def test_presets(show):
    page = show(pool_explorer(9, 4, padding=2))
    button(page, "更多").click()
    names = root_of(page).get_by_role("group", name="预设").get_by_role("button").all_inner_texts()
    for name in names:
        button(page, name).click()
        assert root_of(page).get_attribute("data-error") is None, name
    button(page, "全局平均").click()
    assert root_of(page).get_attribute("data-output-size") == "1x1"
    assert state_of(page)["stride_follows"] is True
    button(page, "全是负数").click()
    assert max(map(max, page.evaluate(VALUES, "output"))) < 0
    button(page, "全 1 取平均").click()
    corner = float(cell(page, "output", 0, 0).get_attribute("data-value"))
    assert corner == pytest.approx(4 / 9)


def test_numbers_typed_in_the_panel_are_checked(show):
    page = show(pool_explorer())
    button(page, "更多").click()
    for text in ("", "1.5", "0", "99", "-2"):
        page.get_by_label("空洞率 d", exact=True).fill(text)
        page.keyboard.press("Enter")
        assert "应为 1 到 8 的整数" in root_of(page).locator(".dx-notice").inner_text()
        assert state_of(page)["dilation"] == 1


def test_text_tables_hold_the_numbers(show):
    page = show(pool_explorer(5, 3, 2, 1, mode="avg", count_include_pad=False))
    press_button(page, "文字版")
    tables = root_of(page).locator("table")
    assert tables.count() == 3
    assert tables.nth(0).locator("td").count() == 49
    assert tables.nth(2).locator("td").all_inner_texts()[:2] == ["4", "6"]
    put(page, mode="max")
    assert tables.count() == 2
    assert tables.nth(0).locator("td").first.inner_text() == "−∞"


# ---------------------------------------------------------------- 猜一猜


OPEN = """() => ({
  ...JSON.parse(shown[0].root.dataset.state),
  prompt: shown[0].root.querySelector(".dx-prompt").textContent,
  texts: [...shown[0].root.querySelectorAll(".dx-choices button")].map((b) => b.textContent),
})"""


def right_answer(question):
    """What torch answers to an open question."""
    arguments = arguments_of(question)
    rows, cols = arguments.pop("input_size")
    average = arguments.pop("mode") == "avg"
    arguments.pop("dilation", None)
    layer = (nn.AvgPool2d if average else nn.MaxPool2d)(**arguments)
    x = torch.tensor(question["input"]).double()
    if x.shape != (rows, cols):  # else the numbers play no part
        x = torch.zeros(rows, cols).double()
    x.requires_grad_()
    y = layer(x[None, None])[0, 0]
    place = question["row"], question["col"]
    if "几乘几" in question["prompt"]:
        return "size", "×".join(map(str, y.shape))
    if "除以几" in question["prompt"]:
        # A cell of the window reaches the output through the divisor alone.
        [gradient] = torch.autograd.grad(y[place], x)
        return "divisor", str(round(1 / gradient.max().item()))
    if "X.grad" in question["prompt"]:
        [gradient] = torch.autograd.grad(y.sum(), x)
        return "gradient", written(gradient[place].item())
    return "value", written(y[place].item())


def written(value):
    hundredths = int(abs(value) * 100 + 0.5 + 1e-9)
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return f"−{text}" if value < 0 and hundredths else text


def test_questions_have_one_right_answer(show):
    page = show(pool_explorer())
    ask = f"""(seeds) => seeds.map((seed) => {{
      shown[0].model.set("quiz", seed);
      return ({OPEN})();
    }})"""
    questions = page.evaluate(ask, list(range(1, 201)))
    kinds = {"size": 0, "value": 0, "divisor": 0, "gradient": 0}
    answers = []
    for question in questions:
        texts = question["texts"]
        kind, right = right_answer(question)
        kinds[kind] += 1
        assert len(set(texts)) == 4, question
        assert texts.count(right) == 1, (right, question)
        answers.append([question["quiz"], texts.index(right)])
    assert min(kinds.values()) >= 15, kinds
    verdicts = page.evaluate(
        """(answers) => answers.map(([seed, index]) => {
          shown[0].model.set("quiz", seed);
          const choices = [...shown[0].root.querySelectorAll(".dx-choices button")];
          choices[index].click();
          return choices.map((choice) => choice.dataset.verdict ?? null);
        })""",
        answers,
    )
    for (_, index), told in zip(answers, verdicts, strict=True):
        assert told == ["right" if i == index else None for i in range(4)]


def test_a_question_hides_its_answer_until_it_is_answered(show):
    kinds = set()
    page = show(pool_explorer())
    root = root_of(page)
    for seed in range(1, 16):
        put(page, quiz=seed)
        assert root.get_attribute("data-output-size") == ""
        for hidden in (
            "[data-grid=output][data-value]",
            "[data-lit]",
            "[data-win]",
            "[data-divisor]",
        ):
            assert root.locator(hidden).count() == 0
        assert lines(page) == ""
        assert status(page) == ""
        assert not root.locator("code.dx-code").is_visible()
        kind, right = right_answer(page.evaluate(OPEN))
        kinds.add(kind)
        if kind == "size":
            assert root.locator("[data-grid=output]").count() == 0
            assert root.locator("[data-read='0'], [data-grid=outside]").count() == 0
        else:
            assert root.locator("[data-asked]").count() == 1
            cell(page, "output", 0, 0).hover()  # looking around neither tells nor withdraws
            cell(page, "input", 1, 1).focus()
            page.keyboard.press("ArrowRight")
            assert lines(page) == ""
            assert root.locator(".dx-verdict").inner_text() == ""
        wrong = next(b for b in root.locator(".dx-choices button").all() if b.inner_text() != right)
        wrong.press("Enter")
        assert root.locator("[data-verdict=wrong]").count() == 1
        verdict = root.locator(".dx-verdict p")
        assert verdict.count() >= 2
        assert len(verdict.first.inner_text()) > 12  # why
        assert verdict.last.inner_text().endswith(f" {right.partition('×')[0]}")
        assert root.get_attribute("data-output-size") != ""
    assert kinds == {"size", "value", "divisor", "gradient"}


def test_a_question_is_withdrawn_when_its_setting_changes(show):
    page = show(pool_explorer())
    press_button(page, "猜一猜")
    assert state_of(page)["quiz"] > 0
    put(page, input_size=16)
    assert "这一题收回" in root_of(page).locator(".dx-verdict").inner_text()
    button(page, "不猜了").press("Enter")
    assert state_of(page)["quiz"] == 0
    assert status(page) != ""


# ---------------------------------------------------------------- links


def test_a_link_sets_the_state(show):
    link = "#pool-explorer?kernel_size=3&mode=avg&padding=1&count_include_pad=0&row=1&col=1"
    page = show(pool_explorer(), hash=link)
    page.wait_for_function("shown[0].model.get('padding') === 1")
    assert state_of(page)["stride"] == 3  # it follows
    assert state_of(page)["stride_follows"] is True
    code = root_of(page).locator("code.dx-code").inner_text()
    assert code == "nn.AvgPool2d(kernel_size=3, padding=1, count_include_pad=False)"
    page.evaluate("location.hash = '#pool-explorer?kernel_size=2&stride=1'")
    page.wait_for_function("shown[0].model.get('stride') === 1")
    assert state_of(page)["stride_follows"] is False


def test_the_shown_link_leads_back_to_the_state(show):
    page = show(pool_explorer())
    put(page, kernel_size=3, padding=1, mode="avg", input=[[1, 2.5, -3]], input_size=1)
    put(page, columns={"input_size": 3}, ceil_mode=True)
    cell(page, "input", 1, 2).focus()
    press_button(page, "链接")
    address = root_of(page).locator(".dx-copy input").input_value()
    other = show(pool_explorer(), hash="#" + address.partition("#")[2])
    other.wait_for_function("shown[0].model.get('padding') === 1")
    assert state_of(other) == state_of(page)


HOSTILE = [
    "stride=0", "stride=8", "stride=1e3", "stride=", "padding=-1", "kernel_size=99",
    "stride=%E0%A4%A", "__proto__=1", "constructor=1", "nothing=2", "limits={}", "_esm=alert(1)",
    "input=[[1,2],[3]]", "input=[[1e999]]", "input=<script>alert(1)</script>", "input=[[null]]",
    "input=[[[1]]]", 'columns={"__proto__":1}', 'columns={"stride":99}', "columns=null",
    "mode=min", "ceil_mode=yes", "count_include_pad=2", "quiz=-1", "row=x", "picked=%3Cb%3E",
    "input=" + "[" * 5000,
]  # fmt: skip


def test_a_broken_or_hostile_link_is_refused_with_a_sentence(show):
    page = show(pool_explorer())
    before = state_of(page)
    notice = root_of(page).locator(".dx-notice")
    for query in HOSTILE:
        page.evaluate("document.querySelector('.dx-notice').textContent = ''")
        page.evaluate("query => { location.hash = query; }", f"#pool-explorer?stride=2&{query}")
        page.wait_for_function("document.querySelector('.dx-notice').textContent !== ''")
        assert "链接没有生效" in notice.inner_text(), query
        assert state_of(page) == before, query  # all of it or nothing
        assert page.locator("img, b:text('>')").count() == 0


# ---------------------------------------------------------------- instances


def test_two_instances_are_independent(show):
    page = show(pool_explorer(), pool_explorer(4, mode="avg"))
    put(page, 0, kernel_size=3)
    cell(page, "output", 1, 1, index=1).hover()
    assert root_of(page, 0).get_attribute("data-output-size") == "2x2"
    assert state_of(page, 1)["stride"] == 2
    assert state_of(page, 0)["row"] == 0
    assert state_of(page, 1)["row"] == 1


def test_cleanup_leaves_nothing(show):
    page = show(pool_explorer())
    cell(page, "output", 0, 0).focus()
    page.keyboard.press("Space")  # playing
    page.evaluate("shown[0].cleanup()")
    assert page.evaluate("Object.values(shown[0].listeners).flat().length") == 0
    assert page.evaluate("shown[0].el.childNodes.length") == 0
    put(page, kernel_size=3)
    page.wait_for_timeout(800)  # longer than a step of the player
    assert page.evaluate("shown[0].model.get('stride')") == 2


def test_a_key_press_is_answered_at_once(show):
    page = show(pool_explorer(16, 3, 1, 1, mode="avg", count_include_pad=False))
    times = page.evaluate(
        """() => Array.from({ length: 40 }, (_, i) => {
          const start = performance.now();
          shown[0].model.set("padding", i % 2);
          document.body.getBoundingClientRect(); // lay out, as the next frame would
          return performance.now() - start;
        }).sort((a, b) => a - b)"""
    )
    assert times[len(times) // 2] < 100  # 16 ms on an idle machine; this one is shared
