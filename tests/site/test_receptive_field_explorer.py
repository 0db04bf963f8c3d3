"""The receptive field explorer in a browser: picked units against torch, editing, links, quiz."""

import json
import re
from urllib.parse import quote

import pytest
import torch
from torch import nn

from d2lnotes import shapes
from d2lnotes.widgets import receptive_field_explorer

OUTPUT = '[role="gridcell"][data-grid="output"]'
IMAGE = '[role="gridcell"][data-grid="input"]:not([data-pad])'
KNOBS = ("kernel_size", "stride", "padding", "dilation")
HASH = "#receptive-field-explorer?"
LOOK = """() => {
  const root = shown[0].root;
  const cells = (where) => [...root.querySelectorAll(where)].map((cell) => ({ ...cell.dataset }));
  return {
    ...root.dataset,
    state: JSON.parse(root.dataset.state),
    output: cells('[data-grid="output"]'),
    image: cells('[data-grid="input"]:not([data-pad])'),
    padding: cells("[data-pad]"),
    table: [...root.querySelectorAll(".rf-table tbody tr")].map((line) =>
      [...line.children].map((cell) => cell.textContent)),
    words: root.querySelector(".dx-sum").textContent,
    status: root.querySelector(".dx-status").textContent,
    notice: root.querySelector(".dx-notice").textContent,
    code: root.querySelector("code.dx-code").textContent,
  };
}"""


def look(page):
    return page.evaluate(LOOK)


def put(page, **state):
    page.evaluate("state => { for (const k in state) shown[0].model.set(k, state[k]); }", state)


def traits(page, *names):
    return page.evaluate("names => names.map((name) => shown[0].model.get(name))", list(names))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def layer(kernel_size, stride=1, padding=0, dilation=1, kind="conv", name=""):
    knobs = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return {"name": name, "kind": kind, **knobs, "dilation": dilation}


def counts_by_torch(explorer, unit):
    """Paths from every column of the image to a unit of the selected layer."""
    layers = explorer.layers[: explorer.selected + 1]
    x = torch.ones(1, 1, 1, explorer.input_size, dtype=torch.double, requires_grad=True)
    y = x
    for one in layers:
        k, s, p, d = (one[name] for name in KNOBS)
        weight = torch.ones(1, 1, 1, k, dtype=torch.double)
        y = nn.functional.conv2d(y, weight, None, (1, s), (0, p), (1, d))
    return torch.autograd.grad(y[0, 0, 0, unit], x)[0].flatten().tolist()


STACKS = [
    ("lenet", 28, None),
    ("lenet", 28, 2),
    ("dilated_222", 21, None),
    ("conv:k2s3,conv:k3p1,max:k3s2p1", 40, None),
    ("conv:k7s2p3,max:k3s2p1,conv:k3p4d4", 48, None),
]


@pytest.mark.parametrize(("layers", "size", "selected"), STACKS)
def test_picked_units_read_what_torch_says(show, layers, size, selected):
    explorer = receptive_field_explorer(layers, size, selected=selected)
    page = show(explorer)
    seen = look(page)
    fields = explorer.receptive_field()
    assert seen["inputSize"] == f"{size}x{size}"
    x = torch.zeros(1, 1, size, size)
    for row, field, one in zip(seen["table"], fields, explorer.to_module(), strict=True):
        x = one(x)
        assert row[6:] == [str(v).replace("-", "−") for v in (x.shape[-1], *field[1:])]
    assert seen["outputSize"] == f"{x.shape[-1]}x{x.shape[-1]}"
    read_by_any = [0] * size
    reads = []
    for unit in range(len(seen["output"])):
        counts = counts_by_torch(explorer, unit)
        reads.append(sum(count > 0 for count in counts))
        read_by_any = [a or b > 0 for a, b in zip(read_by_any, counts, strict=True)]
    assert [int(cell["value"]) for cell in seen["output"]] == reads
    assert [cell["read"] == "1" for cell in seen["image"]] == read_by_any
    page.locator(f"{OUTPUT}[tabindex='0']").focus()
    page.keyboard.press("Home")
    last = len(seen["output"]) - 1
    for unit in (0, 1, last):
        if unit == last:
            page.keyboard.press("End")
        elif unit:
            page.keyboard.press("ArrowRight")
        seen = look(page)
        counts = counts_by_torch(explorer, unit)
        assert [int(cell.get("paths", 0)) for cell in seen["image"]] == counts
        start = fields[explorer.selected].start + unit * fields[explorer.selected].jump
        end = start + fields[explorer.selected].size - 1
        assert f"列 {start} 到 {end}".replace("-", "−") in seen["words"]
        lit = [int(cell["col"]) for cell in seen["padding"] if "shade" in cell]
        drawn = [int(cell["col"]) for cell in seen["padding"]]
        assert lit == [col for col in drawn if start <= col <= end]


def test_sentences_on_holes_padding_and_even_fields(show):
    page = show(receptive_field_explorer("conv:k3d2p2,conv:k3d2p2", 21))
    assert "框里 81 个像素只读到 25 个" in look(page)["words"]
    page.locator(f"{OUTPUT}[data-col='0']").click()
    assert "左边 4 列" in look(page)["words"]
    assert "框里 45 个像素只读到 15 个" in look(page)["words"], "9 rows, but 5 of the columns"
    put(page, layers=[layer(2), layer(2, stride=2)], input_size=8)
    seen = look(page)
    assert "个个读到" in seen["words"]
    assert "中心在第 1 列。" in seen["words"]
    assert "(3 − 1)·2 = 4，成为 7" in seen["status"]
    assert "最右 1 列" in seen["status"]
    put(page, layers=[layer(2)])
    assert re.search(r"落在两列之间：第 \d\.5 列", look(page)["words"])


def test_keys_walk_through_all_levels(show):
    page = show(receptive_field_explorer())
    page.locator(f"{OUTPUT}[tabindex='0']").focus()
    for selected in (2, 1, 0):
        page.keyboard.press("ArrowDown")
        assert traits(page, "selected") == [selected]
        focused = page.evaluate("({ ...document.activeElement.dataset })")
        assert (focused["grid"], focused["row"]) == ("output", str(selected + 1))
    page.keyboard.press("ArrowDown")
    seen = look(page)
    assert seen["state"]["picked"] == "input"
    assert traits(page, "selected") == [0], "the sliders stay with their layer"
    column = seen["state"]["pixel"]
    assert f"图像第 {column} 列" in seen["words"]
    explorer = receptive_field_explorer(selected=0)
    reached = [u for u in range(28) if counts_by_torch(explorer, u)[column]]
    assert [int(cell["col"]) for cell in seen["output"] if "paths" in cell] == reached
    page.keyboard.press("ArrowDown")
    assert look(page)["state"]["pixel"] == column
    page.keyboard.press("ArrowUp")
    assert look(page)["state"]["picked"] == "output"
    assert page.locator('[role="gridcell"][tabindex="0"]').count() == 1
    page.keyboard.press("Space")
    assert button(page, "暂停").count() == 1
    page.keyboard.press("Space")


def test_a_step_up_stays_over_the_same_place(show):
    page = show(receptive_field_explorer(selected=0))
    page.locator(f"{OUTPUT}[data-col='20']").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    state = look(page)["state"]
    assert (state["selected"], state["unit"]) == (3, 4)


def test_sliders_write_into_the_selected_layer_and_follow_it(show):
    page = show(receptive_field_explorer())
    put(page, dilation=2)
    seen = look(page)
    assert seen["state"]["layers"][3]["dilation"] == 2
    assert [one["dilation"] for one in seen["state"]["layers"]] == [1, 1, 1, 2]
    page.get_by_role("button", name="选 conv1，").click()
    assert traits(page, "selected", *KNOBS) == [0, 5, 1, 2, 1]
    put(page, kernel_size=3)
    assert [one["kernel_size"] for one in look(page)["state"]["layers"]] == [3, 2, 5, 2]
    put(page, selected=9)
    assert traits(page, "selected", "kernel_size", "dilation") == [3, 2, 2]
    put(page, layers=[layer(7, 2, 3)])
    assert traits(page, "selected", *KNOBS) == [0, 7, 2, 3, 1]


def test_what_python_sends_in_one_message_stands(show):
    """As Backbone does it: all values first, then the news of each."""
    page = show(receptive_field_explorer())
    page.evaluate(
        """layers => {
          const { model, listeners } = shown[0];
          const news = { layers, selected: 1, kernel_size: 3, padding: 0, stride: 1, dilation: 4 };
          const get = model.get;
          model.get = (name) => (name in news ? news[name] : get(name));
          for (const name in news) for (const hear of listeners[`change:${name}`]) hear();
          model.get = get;
          for (const name in news) model.set(name, news[name]);
        }""",
        [layer(5), layer(3, dilation=4)],
    )
    assert traits(page, "layers", "selected", "dilation") == [
        [layer(5), layer(3, dilation=4)],
        1,
        4,
    ]


def test_two_views_of_one_model_agree(show):
    page = show(receptive_field_explorer())
    page.evaluate(
        """async () => {
          const { model } = shown[0];
          const el = document.createElement("div");
          document.body.append(el);
          const source = new Blob([model.get("_esm")], { type: "text/javascript" });
          const { default: widget } = await import(URL.createObjectURL(source));
          widget.render({ model, el });
        }"""
    )
    first, second = page.locator("[data-widget]").all()

    def same():
        states = [json.loads(view.get_attribute("data-state")) for view in (first, second)]
        for state in states:
            for name in ("unit", "row", "pixel", "picked"):  # of each view alone
                state.pop(name)
        assert states[0] == states[1]
        chosen = states[0]["layers"][states[0]["selected"]]
        assert all(chosen[name] == states[0][name] for name in KNOBS)
        return states[0]

    first.get_by_role("button", name="选 conv2，").click()
    assert same()["kernel_size"] == 5
    put(page, stride=2)
    assert [one["stride"] for one in same()["layers"]] == [1, 2, 2, 2]
    second.get_by_label("预设").select_option("vgg16")
    assert same()["input_size"] == 224
    first.get_by_role("button", name="删除").click()
    assert len(same()["layers"]) == 17
    first.get_by_role("button", name="猜一猜", exact=True).click()
    second.get_by_role("button", name="不猜了").click()
    assert same()["quiz"] == 0


def test_layers_are_added_moved_renamed_and_removed_by_keyboard(show):
    page = show(receptive_field_explorer("conv:k5,max:k2", 28))

    def press(name):
        button(page, name).focus()
        page.keyboard.press("Enter")

    press("在它后面加一层卷积")
    press("在它后面加一层池化")
    assert [row[0] for row in look(page)["table"]] == ["conv1", "pool1", "conv2", "pool2"]
    assert traits(page, "selected", "kernel_size", "stride") == [3, 2, 2]
    press("前移：离图像近一层")
    assert [one["kind"] for one in look(page)["state"]["layers"]] == ["conv", "max", "max", "conv"]
    assert traits(page, "selected") == [2]
    press("后移：离图像远一层")
    assert button(page, "后移：离图像远一层").is_disabled()
    page.get_by_label("名字").fill("瓶颈 1×1")
    page.keyboard.press("Enter")
    assert look(page)["table"][3][0] == "瓶颈 1×1"
    page.get_by_label("名字").fill("<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    seen = look(page)
    assert seen["table"][3][0] == "瓶颈 1×1"
    assert "不能作名字" in seen["notice"]
    assert page.get_by_label("名字").input_value() == "瓶颈 1×1"
    page.get_by_label("种类").select_option("avg")
    assert "nn.AvgPool2d(kernel_size=2, stride=2))" in look(page)["code"]
    for _ in range(3):
        press("删除")
    assert button(page, "删除").is_disabled()
    assert len(look(page)["state"]["layers"]) == 1
    put(page, layers=[layer(1)] * 20)
    assert button(page, "在它后面加一层卷积").is_disabled()


def test_code_makes_the_same_module(show):
    explorer = receptive_field_explorer("conv:k5s2p2d3,max:k3s1p1d2,avg:k2p1,conv:k1", 40)
    made = eval(look(show(explorer))["code"], {"nn": nn})
    assert str(made) == str(explorer.to_module())


@pytest.mark.parametrize(
    ("layers", "size", "place", "mends"),
    [
        ("conv:k5,max:k2,conv:k5,conv:k3", 8, 2, ["填充改为 2", "窗口改为 2", "输入改为 18"]),
        ("conv:k3d4", 8, 0, ["填充改为 1", "窗口改为 2", "空洞率改为 3", "输入改为 9"]),
        ("conv:k3,max:k2p2", 8, 1, ["填充改为 1", "窗口改为 4"]),
        ("conv:k3,avg:k2d2", 8, 1, ["空洞率改为 1", "改成最大池化"]),
        ("max:k3", 2, 0, ["填充改为 1", "输入改为 3"]),
    ],
)
def test_an_impossible_stack_is_explained_and_mended(show, layers, size, place, mends):
    explorer = receptive_field_explorer(layers, size)
    with pytest.raises((RuntimeError, ValueError, TypeError)) as said:
        if "avg" in layers:
            nn.AvgPool2d(2, dilation=2)
        explorer.to_module()(torch.zeros(1, 1, size, size))
    page = show(explorer)
    seen = look(page)
    assert seen["error"] == str(said.value)
    assert seen["outputSize"] == ""
    assert f"第 {place + 1} 层" in seen["status"]
    fields = explorer.receptive_field()
    assert [row[7] for row in seen["table"][:place]] == [str(f.size) for f in fields[:place]]
    assert seen["table"][place][6:] == ["做不了", "—", "—", "—"]
    assert page.locator(".rf-failed").inner_text().startswith(fields[place].name)
    names = page.locator(".dx-error button").all_inner_texts()
    assert all(mend in names for mend in mends), names
    for name in names:
        button(page, name).click()
        after = look(page)
        wrong = after.get("error")
        if name.startswith("删掉"):
            assert len(after["table"]) == len(seen["table"]) - 1
        else:
            assert not wrong or f"第 {place + 1} 层" not in after["status"], name
        if name.startswith("输入"):
            assert not wrong
        put(page, layers=explorer.layers, input_size=size, selected=explorer.selected)
        assert look(page)["error"] == seen["error"]


def test_the_layers_of_an_impossible_stack_can_still_be_chosen(show):
    page = show(receptive_field_explorer("conv:k3,conv:k9", 5))
    page.get_by_role("button", name="选 conv1，").click()
    assert traits(page, "selected", "kernel_size") == [0, 3]
    page.get_by_label("预设").select_option("dilated_124")
    assert "error" not in look(page)


def test_presets_are_those_of_python(show):
    page = show(receptive_field_explorer("conv:k3"))
    select = page.get_by_label("预设")
    assert select.input_value() == ""
    for name in ("alexnet", "vgg16", "resnet18", "lenet"):
        select.select_option(name)
        wanted = receptive_field_explorer(name)
        assert traits(page, "layers", "input_size") == [wanted.layers, wanted.input_size]
        assert look(page)["table"][-1][7] == str(wanted.receptive_field()[-1].size)
        assert select.input_value() == name


def test_the_map_is_pointed_at_and_the_row_typed(show):
    page = show(receptive_field_explorer())
    box = page.locator(".rf-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
    state = look(page)["state"]
    assert (state["row"], state["unit"]) == (0, 4)
    assert "行 −2 到 13" in look(page)["words"]
    label = page.locator(".rf-map canvas").get_attribute("aria-label")
    assert "列 14 到 29" in label and "行 −2 到 13" in label
    row = page.get_by_label("单元所在的行")
    row.fill("3")
    row.press("Enter")
    assert look(page)["state"]["row"] == 3
    for wrong in ("", "5", "-1", "1.5", "1e9"):
        row.fill(wrong)
        row.press("Enter")
        seen = look(page)
        assert (seen["state"]["row"], row.input_value()) == (3, "3")
        assert "0 到 4" in seen["notice"]


GRIDS = """() => {
  const canvas = shown[0].root.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return { span: canvas.width, alpha: [...data].filter((_, i) => i % 4 === 3) };
}"""


def test_the_map_is_the_product_of_both_axes(show):
    explorer = receptive_field_explorer("dilated_222")
    page = show(explorer)
    drawn = page.evaluate(GRIDS)
    counts = counts_by_torch(explorer, 10)
    margin = (drawn["span"] - 21) // 2
    shaded = {divmod(i, drawn["span"]) for i, alpha in enumerate(drawn["alpha"]) if alpha}
    assert shaded == {
        (row + margin, col + margin)
        for row in range(21)
        for col in range(21)
        if counts[row] and counts[col]
    }
    assert len(shaded) == 49


def test_links(show):
    page = show(
        receptive_field_explorer(),
        hash=HASH
        + "kernel_size=7&selected=1&layers=conv:k3,stem@conv:k5s2p1,pool:k2&input_size=30",
    )
    page.wait_for_function("shown[0].model.get('input_size') === 30")
    state = look(page)["state"]
    assert state["layers"] == [layer(3), layer(7, 2, 1, name="stem"), layer(2, 2, kind="max")]
    assert (state["selected"], state["kernel_size"], state["stride"]) == (1, 7, 2)
    button(page, "链接").click()
    link = page.get_by_label("打开这个链接就是现在的样子：", exact=True).input_value()
    query = link.partition("?")[2]
    assert query == "input_size=30&layers=conv:k3,stem@conv:k7s2p1,max:k2&selected=1".replace(
        "@", "%40"
    )
    again = show(receptive_field_explorer("conv:k3"), hash=HASH + query)
    again.wait_for_function("shown[0].model.get('input_size') === 30")
    assert look(again)["state"]["layers"] == state["layers"]
    preset = show(receptive_field_explorer(), hash=HASH + "layers=dilated_222&input_size=21")
    preset.wait_for_function("shown[0].model.get('input_size') === 21")
    assert look(preset)["state"]["layers"] == receptive_field_explorer("dilated_222").layers


HOSTILE = [
    "layers=<img src=x onerror=alert(1)>",
    "layers=__proto__",
    "layers=constructor",
    "__proto__=1",
    "presets=1",
    "layers=",
    "layers=conv:k3,",
    "layers=conv:k17",
    "layers=conv:k12",  # torch takes it, the slider does not
    "layers=conv:k3s99999999999999999999",
    "layers=" + ",".join(["conv:k1"] * 21),
    "layers=" + "a" * 20000,
    "layers=<b>@conv:k3",
    "layers=conv:k3&selected=99",
    "selected=-1",
    "kernel_size=0",
    "padding=1e9",
    "input_size=999999999",
    "unit=NaN",
    "unit=-2",
    "picked=neither",
    "pixel=%E0%A4%A",
    'layers=[{"kind":"conv"}]',
]


FOLLOW = """async ([hashes, empty]) => {
  const { root } = shown[0];
  const follow = (hash) => new Promise((done) => {
    addEventListener("hashchange", () => setTimeout(done), { once: true });
    location.hash = hash;
  });
  const notice = () => root.querySelector(".dx-notice").textContent;
  const seen = [];
  for (const hash of hashes) {
    await follow(empty);
    const cleared = notice();
    await follow(hash);
    seen.push({ cleared, notice: notice(), state: root.dataset.state });
  }
  return seen;
}"""


def test_broken_and_hostile_links_change_nothing(show):
    page = show(receptive_field_explorer())
    before = look(page)["state"]
    hashes = [HASH + quote(query, safe="=&%:,@") for query in HOSTILE]
    for query, seen in zip(HOSTILE, page.evaluate(FOLLOW, [hashes, HASH]), strict=True):
        assert seen["cleared"] == "", query
        assert "没有生效" in seen["notice"], query
        assert json.loads(seen["state"]) == before, query
    assert page.locator("img").count() == 0
    assert page.evaluate("({}).conv") is None


def test_a_link_to_units_that_are_not_there(show):
    page = show(receptive_field_explorer(), hash=HASH + "unit=9999&row=9999&pixel=9999")
    page.wait_for_function("JSON.parse(shown[0].root.dataset.state).unit === 4")
    assert look(page)["state"]["row"] == 4
    assert look(page)["state"]["pixel"] == 27


def test_extremes_of_the_sliders_raise_no_error(show):
    page = show(receptive_field_explorer([layer(1)] * 20, 1))
    for state in (
        {"input_size": 256, "layers": [layer(1, 1, 16)] * 3},
        {"layers": [layer(16, 8, 16, 1)] * 20},
        {"layers": [layer(1, 8, 16, 16)] * 20},
        {"layers": [layer(16, 1, 16, 2)] * 20, "input_size": 1},
        {"input_size": 40, "selected": 0, "kernel_size": 1, "stride": 8, "padding": 0},
    ):
        put(page, **state)
        assert look(page)["state"]["layers"]
    page.locator(f"{OUTPUT}[tabindex='0']").focus()
    for key in ("End", "ArrowUp", "Home", "ArrowDown", "PageDown", "PageUp"):
        page.keyboard.press(key)


def open_quiz(page, seed):
    put(page, quiz=seed)
    return page.locator(".dx-quiz")


def test_a_question_hides_what_it_asks_and_the_answer_shows_it(show):
    page = show(receptive_field_explorer())
    quiz = open_quiz(page, 5)
    seen = look(page)
    assert seen["outputSize"] == ""
    assert seen["status"] == ""
    assert all(row[6:] == ["?"] * 4 for row in seen["table"])
    assert not page.locator(".rf-strips, .rf-map").first.is_visible()
    assert not page.locator("code.dx-code").is_visible()
    button(page, "文字版").click()
    assert page.locator(".dx-tables table").count() == 0
    quiz.locator(".dx-choices button").first.click()
    seen = look(page)
    assert re.fullmatch(r"\d+x\d+", seen["outputSize"])
    assert page.locator(".rf-strips").is_visible()
    assert page.locator(".dx-tables table").count() == 2
    assert quiz.locator('[data-verdict="right"]').count() == 1
    before = quiz.locator(".dx-prompt").inner_text()
    button(page, "下一题").click()
    assert quiz.locator(".dx-prompt").inner_text() != before
    put(page, kernel_size=1 + traits(page, "kernel_size")[0])
    assert "收回" in quiz.locator(".dx-verdict").inner_text()
    button(page, "不猜了").click()
    assert not quiz.is_visible()


QUESTIONS = """() => {
  const { model, root } = shown[0];
  return [...Array(200)].map((_, i) => {
    model.set("quiz", i + 1);
    const choices = [...root.querySelectorAll(".dx-choices button")];
    const texts = choices.map((choice) => choice.textContent);
    choices[i % 4].click();
    const right = choices.findIndex((choice) => choice.dataset.verdict === "right");
    return {
      prompt: root.querySelector(".dx-prompt").textContent,
      verdict: [...root.querySelectorAll(".dx-verdict p")].map((line) => line.textContent),
      layers: model.get("layers"),
      texts,
      right,
      picked: i % 4,
    };
  });
}"""


def test_200_questions_have_one_right_answer_by_torch(show):
    page = show(receptive_field_explorer())
    kinds = {"size": 0, "jump": 0, "growth": 0}
    for asked in page.evaluate(QUESTIONS):
        texts, verdict = asked["texts"], asked["verdict"]
        assert len(set(texts)) == 4
        net = nn.Sequential(
            *(
                nn.Conv2d(1, 1, one["kernel_size"], one["stride"], one["padding"], one["dilation"])
                for one in asked["layers"]
            )
        )
        field = shapes.receptive_field(net)[-1]
        if "再接一层" in asked["prompt"]:
            kind = "growth"
            kernel = int(re.search(r"一层 k=(\d)", asked["prompt"])[1])
            longer = nn.Sequential(*net, nn.Conv2d(1, 1, kernel))
            wanted = shapes.receptive_field(longer)[-1].size - field.size
        elif "相隔" in asked["prompt"]:
            kind, wanted = "jump", field.jump
        else:
            kind, wanted = "size", field.size
        kinds[kind] += 1
        assert texts[asked["right"]] == str(wanted), asked
        for one in asked["layers"]:
            assert f"k={one['kernel_size']}，s={one['stride']}" in asked["prompt"]
        if asked["picked"] == asked["right"]:
            assert verdict[0].startswith("答对了。")
        else:
            assert verdict[0].startswith(f"不是 {texts[asked['picked']]}。")
        assert verdict[1].endswith(f"= {wanted}"), verdict
    assert min(kinds.values()) >= 30, kinds


def test_narrow_pages_do_not_scroll_sideways(show):
    page = show(receptive_field_explorer("vgg16"), width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    strips = page.locator(".rf-strips")
    assert strips.evaluate("node => node.scrollWidth > node.clientWidth")
    page.locator(f"{OUTPUT}[tabindex='0']").focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.rf-strips').scrollLeft > 100")
    put(page, quiz=3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        """() => [...shown[0].root.querySelectorAll("button, select, input")]
          .filter((control) => control.offsetParent && control.offsetHeight < 24)
          .map((control) => control.outerHTML)"""
    )
    assert small == []


def test_everything_has_a_name_and_a_place_for_the_keyboard(show):
    page = show(receptive_field_explorer())
    nameless = page.evaluate(
        """() => [...shown[0].root.querySelectorAll("button, select, input, [role=gridcell]")]
          .filter((node) => !node.ariaLabel && !node.textContent.trim() && !node.labels?.length)
          .length"""
    )
    assert nameless == 0
    assert "路径" in page.locator(f"{IMAGE}[data-paths]").first.get_attribute("aria-label")
    described = page.locator("[aria-selected=true]").get_attribute("aria-describedby")
    assert "pool2[2, 2]" in page.locator(f"#{described}").inner_text()
    button(page, "文字版").click()
    assert page.locator(".dx-tables td", has_text="6–21").count() == 1


def test_it_goes_without_a_trace(show):
    page = show(receptive_field_explorer(), receptive_field_explorer("alexnet"))
    left = page.evaluate(
        """() => {
          const [{ cleanup, listeners, el }] = shown;
          cleanup();
          return [el.childNodes.length, Object.values(listeners).flat().length];
        }"""
    )
    assert left == [0, 0]
    assert page.locator("[data-widget]").count() == 1
