"""The convolution explorer on a bare page: what it shows, by keyboard, against torch."""

import json
import random
import re

import pytest
import torch
from torch.nn import functional

from d2lnotes.widgets import conv_explorer
from keyboard import press_button

TOO_BIG = (
    "Calculated padded input size per channel: (3 x 3). Kernel size: (5 x 5). "
    "Kernel size can't be greater than actual input size"
)
TEXTBOOK = {"input": [[0, 1, 2], [3, 4, 5], [6, 7, 8]], "kernel": [[0, 1], [2, 3]]}
VALUES = """(grid) => {
  const rows = [...document.querySelectorAll(`.dx-${grid} .dx-row`)];
  const numbers = (row) => [...row.querySelectorAll("[data-value]")].map((c) => +c.dataset.value);
  const values = rows.map(numbers);
  return values.filter((row) => row.length);
}"""


def put(page, index=0, **state):
    for name, value in state.items():
        page.evaluate("([n, v, i]) => shown[i].model.set(n, v)", [name, value, index])


def root_of(page, index=0):
    return page.locator("[data-widget=conv-explorer]").nth(index)


def cell(page, grid, row, col, index=0):
    place = f'[role=gridcell][data-grid={grid}][data-row="{row}"][data-col="{col}"]'
    return root_of(page, index).locator(place)


def state_of(page, index=0):
    return json.loads(root_of(page, index).get_attribute("data-state"))


def picked(page, index=0):
    state = state_of(page, index)
    return state["picked"], state["row"], state["col"]


def button(page, name):
    return root_of(page).get_by_role("button", name=name, exact=True)


# ---------------------------------------------------------------- the picture


def test_contract_attributes(show):
    page = show(conv_explorer(padding=1, stride=2, kernel_size=4))  # 9 padded cells: 3, rest 1
    root = root_of(page)
    assert root.get_attribute("data-input-size") == "7x7"
    assert root.get_attribute("data-output-size") == "3x3"
    assert root.get_attribute("data-error") is None
    expected = {"input_size": 7, "kernel_size": 4, "padding": 1, "stride": 2, "dilation": 1}
    assert expected.items() <= state_of(page).items()
    assert root.locator("[data-grid=input]").count() == 81
    assert root.locator("[data-grid=output]").count() == 9
    assert root.locator("[data-grid=input][data-pad='1']").count() == 81 - 49
    assert cell(page, "input", 1, 1).get_attribute("data-pad") is None
    unread = root.locator("[data-grid=input][data-read='0']")
    assert unread.count() == 81 - 64
    places = unread.evaluate_all("cells => cells.map((c) => [c.dataset.row, c.dataset.col])")
    assert all("8" in place for place in places)


@pytest.mark.parametrize(
    "setting",
    [
        {"padding": 2, "stride": 2, "dilation": 2},
        {"padding": 2, "padding_mode": "reflect"},
        {"padding": (0, 2), "kernel_size": (1, 4), "padding_mode": "circular"},
        {"padding": "same", "kernel_size": 4, "padding_mode": "replicate"},
    ],
    ids=str,
)
def test_values_shown_are_torchs(show, setting):
    page = show(conv_explorer(**setting))
    shown = {
        grid: torch.tensor(page.evaluate(VALUES, grid))[None, None].double()
        for grid in ("input", "kernel", "output")
    }
    steps = {name: setting[name] for name in ("stride", "dilation") if name in setting}
    assert torch.equal(shown["output"], functional.conv2d(shown["input"], shown["kernel"], **steps))


def test_transposed_values_are_torchs(show):
    page = show(conv_explorer(4, 3, 1, 3, 1, transposed=True, output_padding=1))
    x, k, y = (
        torch.tensor(page.evaluate(VALUES, g)).double() for g in ("input", "kernel", "output")
    )
    options = {"stride": 3, "padding": 1, "output_padding": 1}
    assert torch.equal(
        y, functional.conv_transpose2d(x[None, None], k[None, None], **options)[0, 0]
    )


def test_one_channel_of_many(show):
    weight, bias = torch.arange(4 * 2 * 4.0).reshape(4, 2, 2, 2) - 9, [1.0, -2, 3, 0.5]
    x = torch.arange(4 * 9.0).reshape(4, 3, 3)
    page = show(conv_explorer(input=x, kernel=weight, bias=bias, groups=2))
    want = functional.conv2d(x[None], weight, torch.tensor(bias), groups=2)[0]
    page.get_by_label("看哪个输出通道").fill("2")
    page.keyboard.press("Enter")
    assert torch.equal(torch.tensor(page.evaluate(VALUES, "output")), want[2])
    page.get_by_label("看哪个输入通道").fill("3")
    page.keyboard.press("Enter")
    assert page.evaluate(VALUES, "input") == x[3].tolist()
    assert page.evaluate(VALUES, "kernel") == weight[2, 1].tolist()
    text = root_of(page).locator(".dx-sum").inner_text()
    assert "通道 3" in text
    assert "K[2]" in text
    assert "X[2:4" in text
    page.get_by_label("看哪个输出通道").fill("70")
    page.keyboard.press("Enter")
    assert "应为 0 到 63 的整数" in root_of(page).locator(".dx-notice").inner_text()


def test_the_textbooks_example(show):
    page = show(conv_explorer(**TEXTBOOK))
    assert page.evaluate(VALUES, "output") == [[19, 25], [37, 43]]
    lines = root_of(page).locator(".dx-sum").inner_text()
    assert "= 0·0 + 1·1 + 3·2 + 4·3 = 19" in lines
    assert "[0 1 3 4] · [0 1 2 3] = 19" in lines
    assert "(X[0:2, 0:2] * K).sum()" in lines
    put(page, kernel_size=3)  # no longer the given kernel: the pattern stands in
    assert cell(page, "kernel", 0, 0).get_attribute("data-value") == "1"
    assert "给出的数值与现在的形状不合" in root_of(page).locator(".dx-status").inner_text()
    put(page, kernel_size=2)
    assert "不合" not in root_of(page).locator(".dx-status").inner_text()
    assert cell(page, "output", 0, 0).get_attribute("data-value") == "19"


@pytest.mark.parametrize(
    "setting",
    [
        {"stride": 2},
        {"padding": 2, "dilation": 2, "padding_mode": "reflect"},
        {"padding": (0, 1), "kernel_size": (2, 3), "stride": (2, 1)},
        {"transposed": True, "stride": 2, "padding": 1},
        {"in_channels": 4, "out_channels": 2, "groups": 2, "padding": 1},
        {"in_channels": 4, "out_channels": 4, "groups": 2, "transposed": True},
    ],
    ids=str,
)
def test_the_line_of_python_computes_the_picked_cell(show, setting):
    explorer = conv_explorer(5, **{"kernel_size": 3, **setting})
    page = show(explorer)
    draw = random.Random(0)
    rows, cols = map(int, root_of(page).get_attribute("data-output-size").split("x"))
    module = explorer.to_module()
    x, weight = explorer.input_tensor()[0], module.weight.detach()
    is_plane = len(x) == 1 and not setting.get("transposed")
    names = {
        "F": functional,
        "X": x[0] if is_plane else x,
        "K": weight[0, 0] if is_plane else weight,
    }
    for _ in range(4):
        row, col = draw.randrange(rows), draw.randrange(cols)
        cell(page, "output", row, col).focus()
        *prepare, line = [
            code.rstrip("; ") for code in root_of(page).locator(".dx-python").all_inner_texts()
        ]
        for statement in prepare:
            exec(statement, names)
        value = float(cell(page, "output", row, col).get_attribute("data-value"))
        assert eval(line, names).item() == pytest.approx(value), line


def test_the_equivalent_layer_gives_the_output(show):
    setting = {"kernel_size": (3, 2), "padding": (1, 0), "stride": 2, "padding_mode": "circular"}
    page = show(conv_explorer(**setting))
    code = root_of(page).locator("code.dx-code").inner_text()
    assert code == (
        "nn.Conv2d(1, 1, kernel_size=(3, 2), stride=2, padding=(1, 0), "
        'padding_mode="circular", bias=False)'
    )
    layer = eval(code, {"nn": torch.nn})
    size = "x".join(map(str, layer(torch.zeros(1, 1, 7, 7)).shape[2:]))
    assert root_of(page).get_attribute("data-output-size") == size


def test_formula_and_unread_sentence_are_announced(show):
    page = show(conv_explorer(8, stride=2))
    status = root_of(page).locator(".dx-status[role=status][aria-live=polite]")
    assert "⌊(8 + 2·0 − 1·(3 − 1) − 1)/2⌋ + 1" in status.inner_text()
    assert "5 ÷ 2 商 2，余 1" in status.inner_text()
    assert "最右 1 列、最下 1 行没有被任何窗口读到。" in status.inner_text()
    assert "输入边长 7 到 8 都给出同样大的输出" in status.inner_text()
    put(page, padding=1)
    assert "不过都是填充" in status.inner_text()
    put(page, padding=0, kernel_size=1, stride=3)
    assert "窗口之间有 4 列、4 行从未被读到" in status.inner_text()
    put(page, kernel_size=2, stride=2, dilation=2)
    assert "空洞里有" in status.inner_text()
    put(page, dilation=1)
    assert "没有被" not in status.inner_text()
    put(page, padding=1, dialect="total")
    assert "⌊(8 − 2 + 2 + 2)/2⌋" in status.inner_text()
    page.evaluate("window.before = document.querySelector('.dx-status').firstChild")
    cell(page, "output", 1, 1).focus()
    assert picked(page) == ("output", 1, 1)
    # Picking a cell must not make the formula read out again.
    assert page.evaluate("document.querySelector('.dx-status').firstChild === before")


def test_padding_shows_what_it_copies(show):
    page = show(conv_explorer(5, padding=2, padding_mode="reflect"))
    corner = cell(page, "input", 0, 1)
    assert corner.get_attribute("data-copied") == "2,1"
    assert corner.get_attribute("data-value") == cell(page, "input", 4, 3).get_attribute(
        "data-value"
    )
    assert corner.get_attribute("aria-label").startswith("填充，抄自第 3 行第 2 列")


# ---------------------------------------------------------------- picking and editing by keyboard


def test_arrow_keys_walk_the_output(show):
    page = show(conv_explorer())  # 5 x 5
    cell(page, "output", 0, 0).focus()
    for key, want in [
        ("ArrowRight", (0, 1)), ("ArrowDown", (1, 1)), ("End", (1, 4)), ("ArrowRight", (1, 4)),
        ("Home", (1, 0)), ("ArrowLeft", (1, 0)), ("Control+End", (4, 4)), ("ArrowDown", (4, 4)),
        ("ArrowUp", (3, 4)), ("Control+Home", (0, 0)),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert picked(page) == ("output", *want), key
        focused = page.evaluate(
            "[document.activeElement.dataset.row, document.activeElement.dataset.col]"
        )
        assert tuple(map(int, focused)) == want, key
        for grid in ("input", "kernel", "output"):  # one cell of each is in the tab order
            assert root_of(page).locator(f"[data-grid={grid}][tabindex='0']").count() == 1, key
        assert root_of(page).locator("[aria-selected=true]").count() == 1, key
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("输出第 1 行第 1 列")


def test_window_lights_up_the_cells_it_reads(show):
    page = show(conv_explorer(padding=1, stride=2, dilation=2))
    cell(page, "output", 1, 2).hover()
    lit = root_of(page).locator("[data-grid=input][data-weight]")
    places = set(lit.evaluate_all("cells => cells.map((c) => c.dataset.row + ',' + c.dataset.col)"))
    assert places == {f"{2 + r},{4 + c}" for r in (0, 2, 4) for c in (0, 2, 4)}


def test_an_input_cell_shows_every_output_it_feeds(show):
    page = show(conv_explorer(padding=1, stride=2))
    cell(page, "input", 3, 4).focus()
    assert picked(page) == ("input", 3, 4)
    lit = root_of(page).locator("[data-grid=output][data-weight]")
    places = lit.evaluate_all("cells => cells.map((c) => c.dataset.row + ',' + c.dataset.col)")
    # Row 3 is read by the window that starts at 2; column 4 by those at 2 and 4.
    assert places == ["1,1", "1,2"]
    assert "X[2, 3] 参与 2 个输出" in root_of(page).locator(".dx-sum").inner_text()
    x = torch.zeros(1, 1, 7, 7, requires_grad=True)
    y = functional.conv2d(x, torch.ones(1, 1, 3, 3), padding=1, stride=2)
    feeding = [
        (r, c) for r in range(4) for c in range(4)
        if torch.autograd.grad(y[0, 0, r, c], x, retain_graph=True)[0][0, 0, 2, 3]
    ]  # fmt: skip
    assert [f"{r},{c}" for r, c in feeding] == places


def test_space_plays_and_stops(show):
    page = show(conv_explorer(3, 2))
    cell(page, "output", 0, 0).focus()
    page.keyboard.press("Space")
    page.wait_for_function("JSON.parse(shown[0].root.dataset.state).row === 1", timeout=5000)
    page.wait_for_function(
        "document.querySelector('.dx-player [aria-label=播放]') !== null", timeout=5000
    )
    assert picked(page) == ("output", 1, 1)  # it stops at the end
    button(page, "上一步").press("Enter")
    assert picked(page) == ("output", 1, 0)
    page.get_by_label("窗口的位置").press("Home")
    assert picked(page) == ("output", 0, 0)


def test_a_tap_picks_a_cell_and_a_second_edits_it(show):
    page = show(conv_explorer(), width=320, has_touch=True, is_mobile=True)
    cell(page, "output", 2, 3).tap()
    assert picked(page) == ("output", 2, 3)
    box = cell(page, "output", 2, 3).bounding_box()
    assert min(box["width"], box["height"]) >= 24
    cell(page, "input", 1, 1).tap()
    assert page.locator(".dx-edit").count() == 0
    cell(page, "input", 1, 1).tap()
    page.locator(".dx-edit").fill("-2.5")
    page.keyboard.press("Enter")
    assert cell(page, "input", 1, 1).inner_text() == "−2.5"


def test_cells_are_edited_by_keyboard(show):
    page = show(conv_explorer(**TEXTBOOK, dilation=1))
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.grid") == "input"
    cell(page, "kernel", 0, 0).focus()
    page.keyboard.press("F2")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    assert cell(page, "output", 0, 0).get_attribute("data-value") == "24"  # 19 + 10 · 0.5
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    assert cell(page, "kernel", 0, 0).get_attribute("data-value") == "0.5"
    assert page.evaluate("shown[0].model.get('kernel')") == [[[[0.5, 1], [2, 3]]]]
    assert page.evaluate("shown[0].model.saved") > 0


@pytest.mark.parametrize("text", ["", "abc", "1e9", "NaN", "Infinity", "<img src=x>", "0x10x"])
def test_what_is_no_number_is_refused_with_a_sentence(show, text):
    page = show(conv_explorer())
    before = page.evaluate(VALUES, "input")
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("Enter")
    page.locator(".dx-edit").fill(text)
    page.keyboard.press("Enter")
    assert "−9999 到 9999" in root_of(page).locator(".dx-notice").inner_text()
    assert page.evaluate(VALUES, "input") == before
    assert page.locator(".dx-edit").count() == 0


def test_padding_and_holes_cannot_be_edited(show):
    page = show(conv_explorer(padding=1, dilation=2))
    for grid, row, word in (("input", 0, "填充"), ("kernel", 1, "空洞")):
        cell(page, grid, row, 0).focus()
        page.keyboard.press("Enter")
        page.locator(".dx-edit").fill("3")
        page.keyboard.press("Enter")
        assert word in root_of(page).locator(".dx-notice").inner_text()


# ---------------------------------------------------------------- impossible settings


def test_a_window_that_does_not_fit_is_drawn_and_mended(show):
    page = show(conv_explorer(3))
    put(page, kernel_size=5)
    root = root_of(page)
    assert root.get_attribute("data-error") == TOO_BIG
    assert root.get_attribute("data-output-size") == ""
    assert root.locator("[data-grid=input][data-missing='1']").count() == 25 - 9
    assert TOO_BIG in root.locator(".dx-status").inner_text()
    assert root.locator("[data-grid=output]").count() == 0
    cell(page, "input", 0, 0).evaluate("e => e.focus()")
    assert page.evaluate("document.activeElement.closest('.dx-stage')") is None
    button(page, "填充改为 1").press("Enter")
    assert root.get_attribute("data-error") is None
    assert root.get_attribute("data-output-size") == "1x1"
    assert state_of(page)["padding"] == 1
    assert root.locator("[data-missing]").count() == 0


@pytest.mark.parametrize(
    "setting",
    [
        {"groups": 2, "in_channels": 3, "out_channels": 4},
        {"padding": "same", "stride": 2},
        {"padding": 5, "input_size": 5, "padding_mode": "reflect"},
        {"padding": (1, 6), "input_size": 5, "padding_mode": "circular"},
        {"input_size": (3, 9), "kernel_size": (5, 2)},
        {"transposed": True, "output_padding": 2},
        {"transposed": True, "input_size": 1, "kernel_size": 2, "padding": 3},
        {"transposed": True, "padding_mode": "reflect", "padding": 1},
    ],
    ids=str,
)
def test_every_mend_mends(show, setting):
    page = show(conv_explorer(**setting))
    root = root_of(page)
    said = root.get_attribute("data-error")
    with pytest.raises((RuntimeError, ValueError)) as torch_says:
        torch_layer(setting)
    assert str(torch_says.value).startswith(said) or said in str(torch_says.value)
    assert "undefined" not in root.inner_text()
    mends = root.locator(".dx-error button")
    assert mends.count() > 0
    before = state_of(page)
    for i in range(mends.count()):
        mends.nth(i).click()
        assert root.get_attribute("data-error") is None
        put(page, **{k: v for k, v in before.items() if k != "quiz" and k not in LOCAL})
        assert root.get_attribute("data-error") == said


LOCAL = ("row", "col", "picked", "shown_in", "shown_out")


def torch_layer(setting):
    arguments = {"in_channels": 1, "out_channels": 1, "kernel_size": 3, **setting}
    size = arguments.pop("input_size", 7)
    transposed = arguments.pop("transposed", False)
    layer = (torch.nn.ConvTranspose2d if transposed else torch.nn.Conv2d)(**arguments)
    rows, cols = size if isinstance(size, tuple) else (size, size)
    return layer(torch.zeros(1, arguments["in_channels"], rows, cols))


def test_impossible_from_the_start(show):
    page = show(conv_explorer(3, 5))
    assert root_of(page).get_attribute("data-error") == TOO_BIG
    put(page, kernel_size=2)
    assert root_of(page).get_attribute("data-output-size") == "2x2"
    assert picked(page) == ("output", 0, 0)


# ---------------------------------------------------------------- 更多, presets, tables


def test_more_settings_by_keyboard(show):
    page = show(conv_explorer())
    press_button(page, "更多")
    page.get_by_label("核宽").fill("1")
    page.keyboard.press("Enter")
    assert root_of(page).get_attribute("data-output-size") == "5x7"
    page.get_by_label("填充方式").select_option(label="镜像")
    assert state_of(page)["padding_mode"] == "reflect"
    page.get_by_label("转置卷积").press("Space")
    assert root_of(page).get_attribute("data-error").startswith('Only "zeros" padding mode')
    button(page, "填充方式改为 补零").press("Enter")
    assert root_of(page).get_attribute("data-output-size") == "9x7"
    for text in ("", "1.5", "0", "99"):
        page.get_by_label("组数").fill(text)
        page.keyboard.press("Enter")
        assert "应为 1 到 64 的整数" in root_of(page).locator(".dx-notice").inner_text()
        assert state_of(page)["groups"] == 1


def test_presets(show):
    page = show(conv_explorer(9, 5))
    button(page, "更多").click()
    names = root_of(page).get_by_role("group", name="预设的核").get_by_role("button")
    for name in names.all_inner_texts():
        button(page, name).click()
        assert root_of(page).get_attribute("data-error") is None
    button(page, "恒等").click()
    inner = [row[1:-1] for row in page.evaluate(VALUES, "input")[1:-1]]
    assert page.evaluate(VALUES, "output") == inner
    button(page, "模糊").click()
    assert sum(map(sum, page.evaluate(VALUES, "kernel"))) == 1
    button(page, "教材例子").click()
    assert page.evaluate(VALUES, "output") == [[19, 25], [37, 43]]


def test_text_tables_hold_the_numbers(show):
    page = show(conv_explorer(**TEXTBOOK, padding=1))
    press_button(page, "文字版")
    tables = root_of(page).locator("table")
    assert tables.count() == 3
    rows = tables.nth(2).locator("tr").all_inner_texts()
    assert [[int(v.replace("−", "-")) for v in row.split()] for row in rows] == page.evaluate(
        VALUES, "output"
    )
    put(page, stride=2)
    assert tables.nth(2).locator("tr").count() == 2


# ---------------------------------------------------------------- 猜一猜


def test_a_question_hides_its_answer_until_it_is_answered(show):
    seen = set()
    for seed in range(1, 9):
        page = show(conv_explorer(quiz=seed))
        root = root_of(page)
        choices = root.locator(".dx-choices button")
        assert choices.count() == 4
        assert root.get_attribute("data-output-size") == ""
        assert root.locator("[data-grid=output][data-value]").count() == 0
        assert root.locator(".dx-status").inner_text() == ""
        assert root.locator(".dx-sum").inner_text() == ""
        assert "输出第" not in root.locator("[aria-label]").evaluate_all(
            "nodes => nodes.map((n) => n.ariaLabel).filter((l) => !l.includes('还没揭晓')).join()"
        )
        choices.nth(seed % 4).press("Enter")
        right = root.locator("[data-verdict=right]")
        assert right.count() == 1
        size = root.get_attribute("data-output-size")
        row, col = picked(page)[1:]
        value = cell(page, "output", row, col).inner_text()
        assert right.inner_text() in (size.replace("x", "×"), value)
        seen.add("×" in right.inner_text())
        assert root.locator(".dx-verdict p").count() >= 2
    assert seen == {True, False}


def test_the_next_question_and_the_end(show):
    page = show(conv_explorer(9, 5, stride=3, padding_mode="circular", padding=1))
    before = state_of(page)
    press_button(page, "猜一猜")
    first = state_of(page)["quiz"]
    assert first > 0
    root_of(page).locator(".dx-choices button").first.press("Enter")
    page.keyboard.press("Enter")  # 下一题 has the focus
    assert state_of(page)["quiz"] == first + 1
    put(page, stride=4)
    assert "这一题收回" in root_of(page).locator(".dx-verdict").inner_text()
    button(page, "不猜了").press("Enter")
    assert state_of(page) == before  # the reader's own setting is back
    assert root_of(page).get_attribute("data-output-size") == "3x3"


def test_questions_have_one_right_answer(show):
    page = show(conv_explorer())
    for seed in range(1, 120):
        put(page, quiz=seed)
        texts = root_of(page).locator(".dx-choices button").all_inner_texts()
        assert len(set(texts)) == 4, (seed, texts)
        s = state_of(page)
        prompt = root_of(page).locator(".dx-prompt").inner_text()
        options = {"padding": s["padding"], "stride": s["stride"], "dilation": s["dilation"]}
        x = torch.tensor(
            page.evaluate("shown[0].model.get('input')")
            or [[[0.0] * s["input_size"]] * s["input_size"]]
        )
        k = torch.ones(1, 1, s["kernel_size"], s["kernel_size"])
        if "是多少" in prompt:
            k = torch.tensor(s["kernel"])
            y = functional.conv2d(x[None].double(), k.double(), **options)[0, 0]
            right = str(int(y[s["row"], s["col"]])).replace("-", "−")
        else:
            size = torch.zeros(1, 1, s["input_size"], s["input_size"])
            right = "×".join(map(str, functional.conv2d(size, k, **options).shape[2:]))
        assert texts.count(right) == 1, (seed, right, texts)
        root_of(page).locator(".dx-choices button").nth(texts.index(right)).click()
        assert root_of(page).locator("[data-verdict=right]").count() == 1
        assert root_of(page).locator("[data-verdict=wrong]").count() == 0


# ---------------------------------------------------------------- links


def test_a_link_sets_the_state(show):
    link = "#conv-explorer?stride=2&padding=1&padding_mode=circular&row=1&col=2"
    page = show(conv_explorer(), hash=link)
    page.wait_for_function("shown[0].model.get('stride') === 2")
    assert root_of(page).get_attribute("data-output-size") == "4x4"
    assert picked(page) == ("output", 1, 2)


def test_the_shown_link_leads_back_to_the_state(show):
    page = show(conv_explorer())
    put(page, dilation=2, padding=2, kernel=[[[[1, 0, 2], [0, 1, 0], [0, 0, -1.5]]]])
    cell(page, "output", 1, 3).focus()
    press_button(page, "链接")
    address = root_of(page).locator(".dx-copy input").input_value()
    assert address.startswith("https://explorer.test/#conv-explorer?")
    other = show(conv_explorer(), hash="#" + address.partition("#")[2])
    other.wait_for_function("shown[0].model.get('dilation') === 2")
    assert state_of(other) == state_of(page)


def test_links_in_the_prose_set_the_nth_explorer(show):
    page = show(conv_explorer(), conv_explorer())
    page.evaluate(
        """() => document.body.insertAdjacentHTML("afterbegin",
          '<a id="a" href="#conv-explorer-2?stride=3">试一试</a>')"""
    )
    for _ in range(2):  # the second time the address does not change
        page.locator("#a").press("Enter")
        assert state_of(page, 1)["stride"] == 3
        put(page, 1, stride=1)
    assert state_of(page, 0)["stride"] == 1
    assert re.search(r"/$", page.url)


@pytest.mark.parametrize(
    "query",
    [
        "stride=0", "stride=5", "stride=1e3", "stride=", "stride", "padding=-1", "kernel_size=99",
        "stride=%E0%A4%A", "__proto__=1", "constructor=1", "nothing=2", "limits={}",
        "_esm=alert(1)",
        "kernel=[[1,2],[3]]", "kernel=[[[[1e999]]]]", "kernel=<script>alert(1)</script>",
        "input=[[[1,null]]]", 'columns={"__proto__":1}', "columns=[1]", "columns=null",
        "padding_mode=evil", "transposed=yes", "quiz=-1", "row=x", "picked=%3Cb%3E",
        "input=" + "[" * 5000,
    ],
)  # fmt: skip
def test_a_broken_or_hostile_link_is_refused_with_a_sentence(show, query):
    page = show(conv_explorer(), hash=f"#conv-explorer?stride=2&{query}")
    page.wait_for_function("document.querySelector('.dx-notice').textContent !== ''")
    assert "链接没有生效" in root_of(page).locator(".dx-notice").inner_text()
    assert state_of(page)["stride"] == 1  # all of it or nothing
    assert page.locator("script[src], img, b:text('>')").count() == 0


# ---------------------------------------------------------------- instances, hosts, phones


def test_two_instances_are_independent(show):
    page = show(conv_explorer(), conv_explorer(**TEXTBOOK))
    put(page, 0, stride=2)
    cell(page, "output", 1, 1, index=1).hover()
    assert root_of(page, 0).get_attribute("data-output-size") == "3x3"
    assert root_of(page, 1).get_attribute("data-output-size") == "2x2"
    assert picked(page, 0) == ("output", 0, 0)
    assert picked(page, 1) == ("output", 1, 1)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_cleanup_leaves_nothing(show):
    page = show(conv_explorer())
    cell(page, "output", 0, 0).focus()
    page.keyboard.press("Space")  # playing
    page.evaluate("shown[0].cleanup()")
    assert page.evaluate("Object.values(shown[0].listeners).flat().length") == 0
    assert page.evaluate("shown[0].el.childNodes.length") == 0
    put(page, stride=2)
    page.evaluate("location.hash = '#conv-explorer?stride=3'")
    page.wait_for_timeout(800)  # longer than a step of the player
    assert page.evaluate("shown[0].model.get('stride')") == 2


def test_cleanup_where_the_model_has_no_off(show):
    page = show(conv_explorer())
    page.evaluate("() => { shown[0].model.off = () => { throw new Error(); }; }")
    page.evaluate("shown[0].cleanup()")
    assert page.locator("[data-widget]").count() == 0


def test_in_a_shadow_root(show):
    page = show()
    state = conv_explorer().view.get_state()
    state = {k: v for k, v in state.items() if k not in ("layout", "tooltip")}
    page.evaluate(
        """(state) => {
          const outer = document.createElement("div");
          document.body.append(outer);
          return show(state, outer.attachShadow({ mode: "open" }));
        }""",
        state,
    )
    row = root_of(page).locator(".dx-row").first
    assert row.evaluate("e => getComputedStyle(e).display") == "flex"
    cell(page, "output", 0, 0).focus()
    page.keyboard.press("ArrowRight")
    assert picked(page) == ("output", 0, 1)


@pytest.mark.parametrize(
    "setting", [{}, {"padding": 3}, {"input_size": 16, "padding": 3}, {"quiz": 2}], ids=str
)
def test_no_sideways_scrolling_on_a_phone(show, setting):
    page = show(conv_explorer(**setting), width=320)
    for name in ("更多", "文字版", "链接"):
        button(page, name).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    scroller = root_of(page).locator(".dx-input .dx-scroll")
    wider = scroller.evaluate("e => e.scrollWidth > e.clientWidth")
    assert wider == ("input_size" in setting)
    if wider:  # scrolls in itself and keeps the window in view
        cell(page, "output", 0, 0).focus()
        page.keyboard.press("End")
        page.wait_for_function("document.querySelector('.dx-input .dx-scroll').scrollLeft > 0")
        page.wait_for_timeout(300)  # the frame glides
        box = cell(page, "input", 0, 21).bounding_box()
        assert box["x"] + box["width"] <= 320
