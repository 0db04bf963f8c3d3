"""The explorers' arithmetic in a bare page: JavaScript, torch and our Python say the same."""

import itertools
import json
import math
import random
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

import d2lnotes.widgets
from d2lnotes import ops, shapes

CORE = Path(d2lnotes.widgets.__file__).parent / "js" / "core"
ORIGIN = "https://core.test"
MODES = ["zeros", "reflect", "replicate", "circular"]
REFUSALS = (RuntimeError, ValueError, TypeError)
BATCH = 1000

pytestmark = pytest.mark.filterwarnings("ignore")  # torch warns of odd paddings and empty weights


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small tensors are quicker without a pool of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def ask(browser):
    """Call `ask(file, body, cases)`: the JavaScript `body` of a `setting` or case, one by one."""
    faults = []

    def answer(route):
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name == "":
            icon = '<meta charset="utf-8"><link rel="icon" href="data:,">'
            route.fulfill(content_type="text/html", body=f"<!doctype html>{icon}<body></body>")
        elif name == "all.js":
            files = ("conv.js", "transposed.js", "pool.js")
            every = "".join(f'export * from "./{file}";' for file in files)
            route.fulfill(content_type="text/javascript", body=every)
        elif (CORE / name).is_file():
            route.fulfill(content_type="text/javascript", body=(CORE / name).read_text("utf-8"))
        else:
            faults.append(f"request: {route.request.url}")
            route.abort()

    context = browser.new_context()
    context.route("**/*", answer)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{ORIGIN}/")

    def asked(file, body, cases):
        # As JSON, which is quicker than the page's own way; it knows no infinity, Python's does.
        script = f"""async (cases) => {{
          const core = await import("/{file}");
          const thrownBy = (call) => {{
            try {{ call(); }} catch ({{ code, message }}) {{ return {{ code, message }}; }}
          }};
          const results = JSON.parse(cases).map((setting) => {{ {body} }});
          const written = (_, value) => (value === -Infinity ? "-Infinity" : value);
          return JSON.stringify(results, written).replaceAll('"-Infinity"', "-Infinity");
        }}"""
        batches = (cases[i : i + BATCH] for i in range(0, len(cases), BATCH))
        answers = (json.loads(page.evaluate(script, json.dumps(batch))) for batch in batches)
        return list(itertools.chain.from_iterable(answers))

    yield asked
    context.close()
    assert not faults


def one_or_two(rng, least, most):
    """A number, or a pair of them."""
    if rng.random() < 0.4:
        return rng.randint(least, most)
    return [rng.randint(least, most), rng.randint(least, most)]


def as_pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def pairs(setting, *names):
    return [as_pair(setting[name]) for name in names]


def plain(value):
    """The value as our Python takes it: tuples for lists."""
    return tuple(value) if isinstance(value, list) else value


def integers(rng, *shape):
    """Small whole numbers, so that sums are exact and maxima tie."""
    values = [float(rng.randint(-9, 9)) for _ in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.double).reshape(shape)


def refusal_of(call):
    """What `call` says when it refuses, and None, or None and what it gives."""
    try:
        return None, call()
    except REFUSALS as error:
        return str(error), None


def ones(*shape):
    return torch.ones(*shape, dtype=torch.double)


def same_values(js, want, setting):
    got = torch.tensor(js, dtype=torch.double).reshape(want.shape)
    assert torch.allclose(got, want, rtol=0, atol=1e-6), setting


def evaluated(formula):
    """The number that a formula's text stands for."""
    for sign, python in {"·": "*", "−": "-", "⌊": "math.floor(", "⌈": "math.ceil("}.items():
        formula = formula.replace(sign, python)
    return eval(re.sub("[⌋⌉]", ")", formula))


# ---------------------------------------------------------------- convolution

CHANNELS = [(1, 1, 1)] * 8 + [(2, 3, 1), (3, 2, 1), (4, 4, 4), (2, 4, 2), (6, 4, 2), (3, 6, 3)]
WRONG_CHANNELS = [(1, 1, 2), (4, 3, 2), (3, 4, 4), (2, 2, 0), (4, 6, 3)]


def conv_setting(rng):
    padding = rng.choice(["number", "number", "number", "number", "same", "valid", "sides"])
    wrong = rng.random() < 0.03
    channels = rng.choice(WRONG_CHANNELS if wrong else CHANNELS)
    setting = {
        "inputSize": one_or_two(rng, 1, 9),
        "kernelSize": one_or_two(rng, 1, 5),
        "padding": padding,
        "stride": one_or_two(rng, 1, 5),
        "dilation": one_or_two(rng, 1, 3),
        "paddingMode": rng.choice(MODES),
        **dict(zip(("inChannels", "outChannels", "groups"), channels, strict=True)),
    }
    if padding == "number":
        setting["padding"] = one_or_two(rng, 0, 4)
    if padding == "sides":
        setting["padding"] = [[rng.randint(0, 4), rng.randint(0, 4)] for _ in range(2)]
    if padding == "same" and rng.random() < 0.8:
        setting["stride"] = 1
    return setting


def has_sides(setting):
    """Whether padding is given side by side, which torch does by a step of its own."""
    return isinstance(setting["padding"], list) and isinstance(setting["padding"][0], list)


def torch_conv(setting):
    """The layer of a setting, as a layer and what it is applied to."""
    kernel, stride, dilation = pairs(setting, "kernelSize", "stride", "dilation")
    mode = setting["paddingMode"]
    layer = nn.Conv2d(
        setting["inChannels"],
        setting["outChannels"],
        kernel,
        stride,
        padding=0 if has_sides(setting) else plain(setting["padding"]),
        dilation=dilation,
        groups=setting["groups"],
        padding_mode="zeros" if has_sides(setting) else mode,
        dtype=torch.double,
    )
    if not has_sides(setting):
        return layer, lambda x: x
    (top, bottom), (left, right) = setting["padding"]
    mode = "constant" if mode == "zeros" else mode
    return layer, lambda x: functional.pad(x, (left, right, top, bottom), mode=mode)


def padding_sides(setting):
    """((top, bottom), (left, right))."""
    if setting["padding"] == "same":
        kernel, dilation = pairs(setting, "kernelSize", "dilation")
        return shapes.same_padding(kernel, dilation)
    if setting["padding"] == "valid":
        return (0, 0), (0, 0)
    if has_sides(setting):
        return setting["padding"]
    return [as_pair(p) for p in as_pair(setting["padding"])]


def conv_truth(setting, rng):
    """All that torch has to say of a setting, and the numbers it was asked with."""
    size = as_pair(setting["inputSize"])
    message, made = refusal_of(lambda: torch_conv(setting))
    if message:
        return {"error": message}, {}
    layer, prepared = made
    x = integers(rng, 1, setting["inChannels"], *size)
    layer.weight.data = integers(rng, *layer.weight.shape)
    layer.bias.data = integers(rng, *layer.bias.shape)
    asked = {"x": x[0].tolist(), "w": layer.weight.tolist(), "b": layer.bias.tolist()}
    message, y = refusal_of(lambda: layer(prepared(x)))
    if message:
        return {"error": message}, asked
    truth = {"layer": layer, "x": x, "output": y.detach()[0], "asked": asked}
    # Padded by hand and read by ones, the gradient is nonzero exactly where a window looks.
    (top, bottom), (left, right) = padding_sides(setting)
    options = {"stride": layer.stride, "dilation": layer.dilation}
    padded = functional.pad(ones(1, 1, *size), (left, right, top, bottom)).requires_grad_()
    counted = functional.conv2d(padded, ones(1, 1, *layer.kernel_size), **options)
    (reads,) = torch.autograd.grad(counted.sum(), padded, retain_graph=True)
    (last,) = torch.autograd.grad(counted[0, 0, -1, -1], padded)
    truth["read"] = reads[0, 0] > 0
    truth["last"] = torch.nonzero(last[0, 0]).tolist()
    # By the layer itself, with ones, copies in the padding count as well.
    image = ones(*x.shape).requires_grad_()
    total = functional.conv2d(
        mode_padded(setting, image), ones(*layer.weight.shape), groups=layer.groups, **options
    ).sum()
    truth["seen"] = torch.autograd.grad(total, image)[0][0, 0] > 0
    windows = functional.unfold(
        mode_padded(setting, x), layer.kernel_size, layer.dilation, 0, layer.stride
    )
    truth["column"] = windows[0, :, -1].reshape(layer.groups, -1)
    return truth, asked


def mode_padded(setting, x):
    (top, bottom), (left, right) = padding_sides(setting)
    mode = setting["paddingMode"]
    mode = "constant" if mode == "zeros" else mode
    return functional.pad(x, (left, right, top, bottom), mode=mode)


CONV_IN_JS = """
  const { x, w, b } = setting;
  const error = core.settingError(setting);
  if (error) return { error, thrown: thrownBy(() => core.convOutputSize(setting)) };
  const size = core.convOutputSize(setting);
  const last = [size[0] - 1, size[1] - 1];
  const full = core.normalize(setting);
  const groups = [...Array(full.groups).keys()];
  return {
    error,
    size,
    output: core.convolve(x, w, b, setting),
    unread: core.unreadLines(setting),
    taps: core.windowTaps(setting, ...last),
    columns: groups.map((group) => core.im2colRow(x, setting, ...last, group)),
    formula: core.outputFormula(setting),
    parameters: [core.parameterCount(setting), core.parameterCount(setting, false)],
    macs: core.macCount(setting),
    full,
    again: core.normalize(full),
    sizeAgain: core.convOutputSize(full),
  };
"""


def test_convolution(ask):
    rng = random.Random(2024)
    settings = [conv_setting(rng) for _ in range(5000)]
    truths, cases = [], []
    for setting in settings:
        truth, asked = conv_truth(setting, rng)
        truths.append(truth)
        cases.append({**setting, **asked})
    kinds, unread, lost = {}, 0, 0
    for setting, truth, js in zip(settings, truths, ask("conv.js", CONV_IN_JS, cases), strict=True):
        if "error" in truth:
            assert js["error"] == js["thrown"], setting
            assert js["error"]["message"] == truth["error"], setting
            kinds[js["error"]["code"]] = kinds.get(js["error"]["code"], 0) + 1
        else:
            compare_conv(setting, truth, js)
            unread += not truth["read"].all()
            lost += not truth["seen"].all()
        compare_python_conv(setting, truth, js)
    print(f"\n{len(settings)} convolutions: impossible {kinds}, {unread} with unread cells, "
          f"{lost} with lost ones")  # fmt: skip
    assert set(kinds) == {"groups", "same-stride", "reflect", "circular", "kernel-too-big"}
    assert min(kinds.values()) > 50
    assert min(unread, lost) > 500


def compare_conv(setting, truth, js):
    assert js["error"] is None, setting
    assert js["size"] == js["sizeAgain"] == list(truth["output"].shape[1:]), setting
    assert js["full"] == js["again"], setting
    same_values(js["output"], truth["output"], setting)
    same_values(js["columns"], truth["column"], setting)
    weights, biases = truth["layer"].weight.numel(), truth["layer"].bias.numel()
    assert js["parameters"] == [weights + biases, weights], setting
    assert js["macs"] == weights * math.prod(js["size"]), setting
    compare_taps(setting, truth, js["taps"])
    for axis, name in enumerate(("rows", "cols")):
        compare_lines(setting, truth, js, axis, js["unread"][name])
        compare_formula(setting, js["formula"][axis], js["size"][axis])
    for name, read in (("indices", truth["read"]), ("lost", truth["seen"])):
        lines = [js["unread"][along][name] for along in ("rows", "cols")]
        assert read.tolist() == crossed_out(read.shape, *lines), setting


def crossed_out(shape, rows, cols):
    return [[r not in rows and c not in cols for c in range(shape[1])] for r in range(shape[0])]


def compare_taps(setting, truth, taps):
    assert sorted([tap["row"], tap["col"]] for tap in taps) == truth["last"], setting
    size = as_pair(setting["inputSize"])
    (top, _), (left, _) = padding_sides(setting)
    for tap in taps:
        place = tap["row"] - top, tap["col"] - left
        inside = all(0 <= at < n for at, n in zip(place, size, strict=True))
        assert tap["inside"] == inside, setting
        if inside or setting["paddingMode"] == "zeros":
            want = place if inside else (None, None)
            assert (tap["inputRow"], tap["inputCol"]) == want, setting


def compare_lines(setting, truth, js, axis, lines):
    along = truth["read"].any(dim=1 - axis).tolist()
    near = padding_sides(setting)[axis][0]
    n = as_pair(setting["inputSize"])[axis]
    trailing = along[::-1].index(True)
    assert lines["trailing"] == trailing == js["formula"][axis]["remainder"], setting
    assert lines["between"] == along.count(False) - trailing, setting
    assert lines["real"] == along[near : near + n].count(False), setting


def compare_formula(setting, formula, size):
    total = formula["total"]
    assert formula["outputSize"] == total["outputSize"] == size, setting
    for parts in (formula, total):
        whole = parts["quotient"] * parts["divisor"] + parts["remainder"]
        assert whole == parts["numerator"], setting
        assert evaluated(parts["substituted"]) == evaluated(parts["reduced"]) == size, setting


def compare_python_conv(setting, truth, js):
    """Sizes and unread cells by d2lnotes.shapes, values by d2lnotes.ops, where they have it."""
    groups = setting["inChannels"], setting["outChannels"], setting["groups"]
    beyond = setting["paddingMode"] != "zeros" or has_sides(setting)
    if beyond or groups in WRONG_CHANNELS:
        return
    options = {name: plain(setting[name]) for name in ("padding", "stride", "dilation")}
    arguments = as_pair(setting["inputSize"]), as_pair(setting["kernelSize"])
    message, size = refusal_of(lambda: shapes.conv_output_size(*arguments, **options))
    if "error" in truth:
        assert truth["error"] in message, setting
        return
    assert list(size) == js["size"], setting
    for axis, name in enumerate(("rows", "cols")):
        padded = truth["read"].shape[axis]
        near = padding_sides(setting)[axis][0]
        after = padded - js["unread"][name]["trailing"]
        real = range(near, near + arguments[0][axis])
        dropped = [i for i in js["unread"][name]["indices"] if i >= after and i in real]
        assert shapes.unread_cells(*arguments, **options)[axis] == len(dropped), setting
    x, weight, bias = truth["x"], truth["layer"].weight, truth["layer"].bias
    by_hand = ops.conv2d(
        x, weight, bias, groups=setting["groups"], method="im2col", **options
    ).detach()
    same_values(js["output"], by_hand[0], setting)
    column = ops.im2col(x, arguments[1], **options)[0, :, -1]
    same_values(js["columns"], column.reshape(setting["groups"], -1), setting)


FAULTY = [-2, -1, 0, 0, 1, 1, 1, 1, 2, 3]


def faulty(rng, least=-2, most=9):
    values = [value for value in FAULTY if value >= least]
    return rng.choice([rng.choice(values), [rng.choice(values), rng.choice([*values, most])]])


def test_convolution_speaks_torchs_words_in_torchs_order(ask):
    """Several faults at once: torch names one of them, and we the same."""
    rng, settings, words = random.Random(5), [], []
    for _ in range(2000):
        setting = conv_setting(rng)
        setting |= {name: faulty(rng) for name in ("kernelSize", "stride", "dilation")}
        if rng.random() < 0.7:  # below 0, other modes crop: see conv.js
            setting |= {"paddingMode": "zeros", "padding": rng.choice([0, 0, "same", faulty(rng)])}
        elif setting["padding"] == "same":
            setting |= {"padding": 0}
        settings.append(setting)
        words.append(conv_truth(setting, rng)[0].get("error"))
    for setting, want, got in zip(
        settings, words, ask("conv.js", "return core.settingError(setting)?.message", settings),
        strict=True,
    ):  # fmt: skip
        assert got == want, setting
    said = {re.sub(r"-?\d+", "#", word or "") for word in words}
    print(f"\n{len(settings)} faulty convolutions: {words.count(None)} possible, {len(said)} words")
    assert len(said) >= 14
    assert words.count(None) > 20


def test_negative_padding_is_refused_in_every_mode(ask):
    settings = [{"inputSize": 7, "kernelSize": 3, "padding": -1, "paddingMode": m} for m in MODES]
    for error in ask("conv.js", "return core.settingError(setting)", settings):
        assert error == {"code": "padding", "message": "negative padding is not supported"}


INVERSE_IN_JS = """
  if (core.settingError(setting)) return null;
  const [rows, cols] = core.convOutputSize(setting);
  const full = core.normalize(setting);
  const padded = ([near, far], axis) => full.inputSize[axis] + near + far;
  const [height, width] = full.padding.map(padded);
  const read = new Set();
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) {
    for (const t of core.windowTaps(setting, r, c)) {
      read.add([t.row, t.col, r, c, t.kernelRow, t.kernelCol].join());
      const source = core.sourceOf(setting, t.row, t.col);
      if (String(source ?? [null, null]) !== String([t.inputRow, t.inputCol])) return "source";
    }
  }
  let fed = 0;
  for (let r = 0; r < height; r++) for (let c = 0; c < width; c++) {
    for (const f of core.feeds(setting, r, c)) {
      fed += 1;
      const link = [r, c, f.outputRow, f.outputCol, f.kernelRow, f.kernelCol].join();
      if (!read.has(link)) return "feeds";
    }
  }
  return fed === read.size;
"""


def test_feeds_are_the_taps_seen_from_the_input(ask):
    rng = random.Random(3)
    settings = [conv_setting(rng) for _ in range(500)]
    answers = ask("conv.js", INVERSE_IN_JS, settings)
    assert set(answers) == {True, None}
    assert answers.count(True) > 200


def test_what_the_padding_shows(ask):
    settings = [
        {"inputSize": [3, 4], "kernelSize": 1, "padding": [[2, 1], [0, 2]], "paddingMode": mode}
        for mode in MODES
    ]
    body = """return [...Array(6).keys()].map((row) =>
      [...Array(6).keys()].map((col) => core.sourceOf(setting, row, col)))"""
    grid = torch.arange(12.0).reshape(1, 1, 3, 4)
    for setting, cells in zip(settings, ask("conv.js", body, settings), strict=True):
        values = [[-1.0 if at is None else 4.0 * at[0] + at[1] for at in row] for row in cells]
        mode = setting["paddingMode"]
        options = {"mode": "constant", "value": -1} if mode == "zeros" else {"mode": mode}
        assert values == functional.pad(grid, (0, 2, 2, 1), **options)[0, 0].tolist()


def test_inputs_with_the_same_output(ask):
    body = """
      if (core.settingError(setting)) return null;
      const size = core.convOutputSize(setting);
      const { inputSize } = core.normalize(setting);
      const sizesWith = (axis) => [...Array(40).keys()].map((i) => i + 1).filter((n) => {
        const other = { ...setting, inputSize: inputSize.map((own, a) => (a === axis ? n : own)) };
        return !core.settingError(other) && core.convOutputSize(other)[axis] === size[axis];
      });
      return { got: core.sameOutputInputs(setting), want: [0, 1].map(sizesWith) };
    """
    rng = random.Random(4)
    settings = [conv_setting(rng) for _ in range(500)]
    answers = ask("conv.js", body, settings)
    for setting, answer in zip(settings, answers, strict=True):
        for (least, greatest), want in zip(*answer.values(), strict=True) if answer else ():
            assert list(range(least, greatest + 1)) == want, setting
    assert sum(map(bool, answers)) > 200


def test_a_padding_that_follows_the_kernel(ask):
    body = """
      const full = core.normalize(setting);
      return [{}, { kernelSize: [3, 3] }, { padding: 5 }, { padding: [0, 1] }]
        .map((change) => core.normalize({ ...full, ...change }).padding);
    """
    [paddings] = ask("conv.js", body, [{"inputSize": 7, "kernelSize": 4, "padding": "same"}])
    assert paddings == [[[1, 2]] * 2, [[1, 1]] * 2, [[5, 5]] * 2, [[0, 0], [1, 1]]]


# ---------------------------------------------------------------- transposed convolution


def transposed_setting(rng):
    channels = rng.choice(WRONG_CHANNELS if rng.random() < 0.03 else CHANNELS)
    return {
        "inputSize": one_or_two(rng, 1, 6),
        "kernelSize": one_or_two(rng, 1, 5),
        "padding": one_or_two(rng, 0, 3),
        "stride": one_or_two(rng, 1, 4),
        "outputPadding": one_or_two(rng, 0, rng.choice([0, 1, 3])),
        "dilation": rng.choice([1, one_or_two(rng, 1, 3)]),
        **dict(zip(("inChannels", "outChannels", "groups"), channels, strict=True)),
    }


def transposed_truth(setting, rng):
    """What torch says of a setting, and the numbers it was asked with."""
    size, kernel, stride, extra, dilation = pairs(
        setting, "inputSize", "kernelSize", "stride", "outputPadding", "dilation"
    )
    asked = {}

    def torch_output():
        layer = nn.ConvTranspose2d(
            setting["inChannels"],
            setting["outChannels"],
            kernel,
            stride,
            as_pair(setting["padding"]),
            extra,
            setting["groups"],
            dilation=dilation,
            padding_mode=setting.get("paddingMode", "zeros"),
            dtype=torch.double,
        )
        x = integers(rng, 1, setting["inChannels"], *size)
        layer.weight.data = integers(rng, *layer.weight.shape)
        layer.bias.data = integers(rng, *layer.bias.shape)
        asked.update(x=x[0].tolist(), w=layer.weight.tolist(), b=layer.bias.tolist())
        return layer(x), layer

    message, made = refusal_of(torch_output)
    if message:
        return {"error": message}, asked
    y, layer = made
    # Which input cells reach the middle of the output, by gradient.
    middle = [n // 2 for n in y.shape[2:]]
    image = ones(1, 1, *size).requires_grad_()
    counted = functional.conv_transpose2d(
        image, ones(1, 1, *kernel), None, stride, layer.padding, extra, 1, dilation
    )
    (reads,) = torch.autograd.grad(counted[(0, 0, *middle)], image)
    sources = torch.nonzero(reads[0, 0]).tolist()
    return {"output": y.detach()[0], "middle": middle, "sources": sources}, asked


TRANSPOSED_IN_JS = """
  const { x, w, b } = setting;
  const error = core.transposedError(setting);
  if (error) return { error, thrown: thrownBy(() => core.transposedOutputSize(setting)) };
  const size = core.transposedOutputSize(setting);
  const stamped = new Set();
  for (let r = 0; r < x[0].length; r++) for (let c = 0; c < x[0][0].length; c++) {
    for (const s of core.stampOf(setting, r, c)) {
      stamped.add([s.outputRow, s.outputCol, r, c, s.kernelRow, s.kernelCol].join());
    }
  }
  let reached = 0;
  for (let r = 0; r < size[0]; r++) for (let c = 0; c < size[1]; c++) {
    for (const t of core.transposedTaps(setting, r, c)) {
      const link = [r, c, t.inputRow, t.inputCol, t.kernelRow, t.kernelCol].join();
      reached += stamped.has(link) ? 1 : NaN;
    }
  }
  return {
    error,
    size,
    output: core.convTranspose(x, w, b, setting),
    taps: core.transposedTaps(setting, ...size.map((n) => Math.floor(n / 2))),
    inverse: reached === stamped.size,
    formula: core.transposedFormula(setting),
    full: core.normalizeTransposed(setting),
    again: core.normalizeTransposed(core.normalizeTransposed(setting)),
  };
"""


def test_transposed_convolution(ask):
    rng = random.Random(7)
    settings = [transposed_setting(rng) for _ in range(2000)]
    truths, cases = [], []
    for setting in settings:
        truth, asked = transposed_truth(setting, rng)
        truths.append(truth)
        cases.append({**setting, **asked})
    kinds = {}
    answers = ask("transposed.js", TRANSPOSED_IN_JS, cases)
    for setting, truth, js in zip(settings, truths, answers, strict=True):
        if "error" in truth:
            assert js["error"] == js["thrown"], setting
            assert js["error"]["message"] == truth["error"], setting
            kinds[js["error"]["code"]] = kinds.get(js["error"]["code"], 0) + 1
        else:
            compare_transposed(setting, truth, js)
        compare_python_transposed(setting, truth)
    print(f"\n{len(settings)} transposed convolutions: impossible {kinds}")
    assert set(kinds) == {"groups", "output-padding-too-big", "output-too-small"}
    assert min(kinds.values()) > 30


def compare_transposed(setting, truth, js):
    assert js["error"] is None, setting
    assert js["size"] == list(truth["output"].shape[1:]), setting
    assert js["inverse"], setting
    assert js["full"] == js["again"], setting
    same_values(js["output"], truth["output"], setting)
    assert sorted([tap["inputRow"], tap["inputCol"]] for tap in js["taps"]) == truth["sources"]
    names = ("kernelSize", "padding", "stride", "dilation", "inputSize")
    axes = zip(*pairs(setting, *names), js["size"], js["formula"], strict=True)
    for kernel, padding, stride, dilation, n, size, formula in axes:
        assert formula["outputSize"] == evaluated(formula["substituted"]) == size, setting
        # The sizes that the convolution makes equal are those it gives the input's size for.
        options = {"padding": padding, "stride": stride, "dilation": dilation}
        least, greatest = formula["sizes"]
        for candidate in range(max(1, least - 1), greatest + 2):
            message, back = refusal_of(
                lambda c=candidate: shapes.conv_output_size(c, kernel, **options)  # noqa: B023
            )
            equal = message is None and back == n
            assert equal == (least <= candidate <= greatest), setting


def compare_python_transposed(setting, truth):
    if (setting["inChannels"], setting["outChannels"], setting["groups"]) in WRONG_CHANNELS:
        return
    size, kernel, stride, padding, extra, dilation = pairs(
        setting, "inputSize", "kernelSize", "stride", "padding", "outputPadding", "dilation"
    )
    options = {"stride": stride, "padding": padding, "output_padding": extra}
    message, out = refusal_of(
        lambda: shapes.conv_transpose_output_size(size, kernel, dilation=dilation, **options)
    )
    if "error" in truth:
        last_words = re.split(r", but got|\. ", truth["error"])
        assert last_words[0] in message or last_words[-1] in message, setting
        return
    assert list(out) == list(truth["output"].shape[1:]), setting
    if dilation == (1, 1) and all(e < s for e, s in zip(extra, stride, strict=True)):
        x, weight = ones(*size), torch.arange(1.0, math.prod(kernel) + 1).reshape(kernel).double()
        by_torch = functional.conv_transpose2d(x[None, None], weight[None, None], **options)
        by_hand = ops.conv_transpose2d_by_matrix(x, weight, **options)
        assert torch.allclose(by_hand, by_torch[0, 0], rtol=0, atol=1e-6), setting


def test_transposed_convolution_speaks_torchs_words_in_torchs_order(ask):
    rng, settings, words = random.Random(6), [], []
    names = ("kernelSize", "stride", "dilation", "padding", "outputPadding")
    for _ in range(2000):
        setting = transposed_setting(rng)
        setting |= {name: faulty(rng) for name in names if rng.random() < 0.7}
        if rng.random() < 0.02:
            setting |= rng.choice([{"paddingMode": "reflect"}, {"padding": "same"}])
        settings.append(setting)
        words.append(transposed_truth(setting, rng)[0].get("error"))
    body = "return core.transposedError(setting)?.message"
    for setting, want, got in zip(
        settings, words, ask("transposed.js", body, settings), strict=True
    ):
        assert got == want, setting
    said = {re.sub(r"-?\d+", "#", word or "") for word in words}
    print(f"\n{len(settings)} faulty transposed: {words.count(None)} possible, {len(said)} words")
    assert len(said) >= 14
    assert words.count(None) > 20


# ---------------------------------------------------------------- pooling


def pool_setting(rng):
    kernel = one_or_two(rng, 1, 5)
    mode = rng.choice(["max", "max", "avg"])
    dilated = rng.random() < (0.4 if mode == "max" else 0.05)
    setting = {
        "inputSize": one_or_two(rng, 1, 9),
        "kernelSize": kernel,
        "stride": rng.choice([None, one_or_two(rng, 1, 6)]),
        "padding": rng.choice([0, one_or_two(rng, 0, 2), min(as_pair(kernel)) // 2]),
        "dilation": one_or_two(rng, 2, 3) if dilated else 1,
        "mode": mode,
        "ceilMode": rng.random() < 0.5,
        "countIncludePad": rng.random() < 0.5,
        "divisorOverride": rng.choice([None, None, None, 3, -2]) if mode == "avg" else None,
    }
    if rng.random() < 0.1:  # what d2lnotes.ops can do
        setting |= {"stride": 1, "padding": 0, "dilation": 1, "divisorOverride": None}
    return setting


def torch_pool(setting):
    kernel = plain(setting["kernelSize"])
    stride, padding, dilation = (plain(setting[n]) for n in ("stride", "padding", "dilation"))
    if setting["mode"] == "max":
        indices = {"return_indices": True, "ceil_mode": setting["ceilMode"]}
        return nn.MaxPool2d(kernel, stride, padding, dilation, **indices)
    rest = {} if as_pair(dilation) == (1, 1) else {"dilation": dilation}
    include, divisor = setting["countIncludePad"], setting["divisorOverride"]
    layer = nn.AvgPool2d(kernel, stride, padding, setting["ceilMode"], include, divisor, **rest)
    return lambda x: (layer(x), None)


def pool_truth(setting, rng):
    """What torch says of a setting, and the numbers it was asked with."""
    height, width = as_pair(setting["inputSize"])
    x = integers(rng, 1, 1, height, width)
    asked = {"x": x[0, 0].tolist()}
    message, made = refusal_of(lambda: torch_pool(setting)(x))
    if message:
        return {"error": message}, asked
    y, indices = made
    # One image a cell, where it alone stands out: it is read if it shows in the output.
    spots = torch.eye(height * width).double().reshape(-1, 1, height, width)
    shown = torch_pool({**setting, "divisorOverride": None})(spots)[0].amax(dim=(1, 2, 3)) > 0
    truth = {"x": x, "output": y[0, 0], "read": shown.reshape(height, width)}
    if indices is not None:
        rows = [[[i // width, i % width] for i in row] for row in indices[0, 0].tolist()]
        truth["argmax"] = [
            [at if value > -math.inf else None for at, value in zip(*line, strict=True)]
            for line in zip(rows, y[0, 0].tolist(), strict=True)
        ]
    return truth, asked


POOL_IN_JS = """
  const { x } = setting;
  const error = core.poolError(setting);
  if (error) return { error, thrown: thrownBy(() => core.poolOutputSize(setting)) };
  const size = core.poolOutputSize(setting);
  const [rows, cols] = size.map((n) => [...Array(n).keys()]);
  const everywhere = (of) => rows.map((r) => cols.map((c) => of(r, c)));
  return {
    error,
    size,
    output: core.pool(x, setting),
    values: everywhere((r, c) => core.poolValue(x, setting, r, c)),
    argmax: everywhere((r, c) => core.argmax(x, setting, r, c)),
    divisors: everywhere((r, c) => core.poolDivisor(setting, r, c)),
    last: core.poolTaps(setting, size[0] - 1, size[1] - 1),
    unread: core.poolUnread(setting),
    formula: core.poolFormula(setting),
    full: core.normalizePool(setting),
    again: core.normalizePool(core.normalizePool(setting)),
  };
"""


def test_pooling(ask):
    rng = random.Random(11)
    settings = [pool_setting(rng) for _ in range(3000)]
    truths, cases = [], []
    for setting in settings:
        truth, asked = pool_truth(setting, rng)
        truths.append(truth)
        cases.append({**setting, **asked})
    kinds, unread, added, taken, empty = {}, 0, 0, 0, 0
    for setting, truth, js in zip(settings, truths, ask("pool.js", POOL_IN_JS, cases), strict=True):
        if "error" in truth:
            assert js["error"] == js["thrown"], setting
            assert js["error"]["message"] == truth["error"], setting
            kinds[js["error"]["code"]] = kinds.get(js["error"]["code"], 0) + 1
        else:
            compare_pool(setting, truth, js)
            unread += not truth["read"].all()
            empty += bool(truth["output"].isinf().any())
            added += any(a["ceilAdds"] and not a["startsOutside"] for a in js["formula"])
            taken += any(a["startsOutside"] for a in js["formula"])
        compare_python_pool(setting, truth)
    print(f"\n{len(settings)} poolings: impossible {kinds}, {unread} with unread cells, "
          f"ceil adds in {added}, is taken back in {taken}, {empty} see padding only")  # fmt: skip
    assert set(kinds) == {"avg-dilation", "output-too-small", "padding-too-big"}
    assert min(kinds.values()) > 20
    assert min(unread, added, taken) > 100
    assert empty > 3


def compare_pool(setting, truth, js):
    assert js["error"] is None, setting
    assert js["size"] == list(truth["output"].shape), setting
    assert js["full"] == js["again"], setting
    same_values(js["output"], truth["output"], setting)
    assert js["output"] == js["values"], setting
    if "argmax" in truth:
        assert js["argmax"] == truth["argmax"], setting
    rows, cols = js["unread"]["rows"], js["unread"]["cols"]
    size, kernel, padding, dilation = pairs(
        setting, "inputSize", "kernelSize", "padding", "dilation"
    )
    inner = [
        [i - p for i in lines["indices"] if p <= i < p + n]
        for lines, p, n in zip((rows, cols), padding, size, strict=True)
    ]
    assert truth["read"].tolist() == crossed_out(size, *inner), setting
    assert [rows["real"], cols["real"]] == [len(inner[0]), len(inner[1])], setting
    stride = kernel if setting["stride"] is None else as_pair(setting["stride"])
    axes = zip(size, kernel, stride, padding, dilation, js["size"], (rows, cols), js["formula"],
               strict=True)  # fmt: skip
    for n, k, s, p, d, out, lines, formula in axes:
        end = (out - 1) * s + d * (k - 1) + 1
        assert lines["trailing"] - lines["overhang"] == n + 2 * p - end, setting
        assert min(lines["trailing"], lines["overhang"]) == 0, setting
        assert lines["between"] + lines["trailing"] == len(lines["indices"]), setting
        assert formula["outputSize"] == out == evaluated(formula["substituted"]), setting
        assert evaluated(formula["reduced"]) == out, setting
        assert formula["quotient"] * s + formula["remainder"] == formula["numerator"], setting
    for tap in js["last"]:
        place = tap["row"] - padding[0], tap["col"] - padding[1]
        inside = all(0 <= at < n for at, n in zip(place, size, strict=True))
        assert tap["inside"] == inside, setting
        assert (tap["inputRow"], tap["inputCol"]) == (place if inside else (None, None)), setting
    if setting["mode"] == "avg":  # how torch divides shows in a picture of ones
        total = torch_pool({**setting, "divisorOverride": 1})(ones(1, 1, *size))[0][0, 0]
        mean = torch_pool(setting)(ones(1, 1, *size))[0][0, 0]
        same_values(js["divisors"], total / mean, setting)


def compare_python_pool(setting, truth):
    size, kernel = pairs(setting, "inputSize", "kernelSize")
    if setting["mode"] == "avg" and setting["dilation"] != 1:
        return
    message, out = refusal_of(
        lambda: shapes.pool_output_size(
            size,
            kernel,
            stride=plain(setting["stride"]),
            padding=plain(setting["padding"]),
            dilation=plain(setting["dilation"]),
            ceil_mode=setting["ceilMode"],
        )
    )
    assert (message is not None) == ("error" in truth), setting
    if message:
        return
    assert list(out) == list(truth["output"].shape), setting
    whole = setting["divisorOverride"] is None and not setting["ceilMode"]
    if whole and (setting["stride"], setting["padding"], setting["dilation"]) == (1, 0, 1):
        by_hand = ops.pool2d(truth["x"][0, 0], kernel, setting["mode"])
        assert torch.allclose(by_hand, truth["output"], rtol=0, atol=1e-6), setting


def test_pooling_speaks_torchs_words_in_torchs_order(ask):
    rng, settings, words = random.Random(12), [], []
    for _ in range(2000):
        setting = pool_setting(rng)
        names = ("kernelSize", "stride", "padding")
        setting |= {name: faulty(rng) for name in names if rng.random() < 0.6}
        if setting["mode"] == "max":
            setting |= {"dilation": rng.choice([1, faulty(rng)])}
        elif rng.random() < 0.1:
            setting |= {"divisorOverride": 0}
        settings.append(setting)
        words.append(pool_truth(setting, rng)[0].get("error"))
    body = "return core.poolError(setting)?.message"
    for setting, want, got in zip(settings, words, ask("pool.js", body, settings), strict=True):
        assert got == want, setting
    said = {re.sub(r"-?\d+", "#", word or "") for word in words}
    print(f"\n{len(settings)} faulty poolings: {words.count(None)} possible, {len(said)} words")
    assert len(said) >= 11
    assert words.count(None) > 20


# ---------------------------------------------------------------- repairs

REPAIRS = {
    "conv": (conv_setting, "core.settingError", "core.repairs", "core.normalize"),
    "transposed": (
        transposed_setting,
        "core.transposedError",
        "core.transposedRepairs",
        "core.normalizeTransposed",
    ),
    "pool": (pool_setting, "core.poolError", "core.poolRepairs", "core.normalizePool"),
}


@pytest.mark.parametrize(
    ("kind", "code", "knobs"),
    [
        ("conv", "kernel-too-big", {"padding": 1, "kernelSize": -1, "dilation": -1}),
        ("conv", "reflect", {"padding": -1, "kernelSize": -1, "dilation": -1}),
        ("conv", "circular", {"padding": -1, "kernelSize": -1, "dilation": -1}),
        ("transposed", "output-padding-too-big", {"outputPadding": -1, "stride": 1, "dilation": 1}),
        (
            "transposed",
            "output-too-small",
            {"padding": -1, "kernelSize": 1, "stride": 1, "dilation": 1},
        ),
        ("pool", "output-too-small", {"padding": 1, "kernelSize": -1, "dilation": -1}),
        ("pool", "padding-too-big", {"padding": -1, "kernelSize": 1}),
        ("pool", "avg-dilation", {"dilation": -1}),
    ],
    ids=str,
)
def test_repairs_mend_by_the_smallest_step(ask, kind, code, knobs):
    draw, error_of, repairs_of, normalize = REPAIRS[kind]
    rng = random.Random(f"{kind} {code}")
    settings = [draw(rng) for _ in range(2500)]
    body = f"""
      const ways = {repairs_of}(setting);
      return {{ code: {error_of}(setting)?.code, ways, full: {normalize}(setting) }};"""
    answers = [a for a in ask("all.js", body, settings) if a.get("code") == code]
    changed, wanted, offered = [], [], set()
    for answer in answers:
        full, ways = answer["full"], {way["name"]: way["value"] for way in answer["ways"]}
        offered |= set(ways)
        for name, value in ways.items():
            changed.append({**full, name: value})
            wanted.append(True)
        for name, step in knobs.items():
            smaller = smaller_steps(full[name], ways.get(name), step)
            changed += [{**full, name: value} for value in smaller]
            wanted += [False] * len(smaller)
    possible = ask("all.js", f"return {error_of}(setting) === null", changed)
    wrong = [c for c, want, got in zip(changed, wanted, possible, strict=True) if want != got]
    print(f"\n{kind} {code}: {len(answers)} settings, {len(changed)} changes tried")
    assert wrong == []
    assert len(answers) > 20
    assert offered >= set(knobs)


def smaller_steps(before, value, step):
    """One step less than a mend; if there is none, many steps, for a knob that turns both axes."""
    if before is None:
        return []
    flat = [[own] if isinstance(own, int) else own for own in before]
    start = [min(own) if step > 0 else max(own) for own in flat]
    if value is None:
        values = range(min(start) + 1, 40) if step > 0 else range(max(start) - 1, -1, -1)
        return list(values) if before[0] == before[1] else []
    if isinstance(value, int):
        return [value - step] if value != start[0] + step or len(flat[0]) == 1 else []
    return [
        [now - step if i == axis else now for i, now in enumerate(value)]
        for axis in range(2)
        if isinstance(value[axis], int) and value[axis] != before[axis]
    ]


def test_repairs_of_groups_are_the_nearest_that_divide(ask):
    settings = [
        {"inputSize": 5, "kernelSize": 3, "inChannels": i, "outChannels": o, "groups": g}
        for i, o, g in itertools.product(range(1, 13), range(1, 13), range(-1, 14))
    ]
    for name, file in (("repairs", "conv.js"), ("transposedRepairs", "transposed.js")):
        answers = ask(file, f"return core.{name}(setting)", settings)
        for setting, ways in zip(settings, answers, strict=True):
            i, o, g = (setting[key] for key in ("inChannels", "outChannels", "groups"))
            fits = [fit for fit in range(1, 13) if i % fit == 0 and o % fit == 0]
            below, above = [f for f in fits if f < g][-1:], [f for f in fits if f > g][:1]
            want = [] if g in fits else below + above
            assert ways == [{"name": "groups", "value": value} for value in want], setting


SAME = {"padding": "same", "stride": 2}


@pytest.mark.parametrize(
    ("setting", "ways"),
    [
        (SAME, [("stride", 1), ("padding", 1)]),
        ({**SAME, "kernelSize": [3, 4]}, [("stride", 1), ("padding", 1)]),
        ({**SAME, "kernelSize": [3, 5]}, [("stride", 1), ("padding", [1, 2])]),
        ({**SAME, "inputSize": 1, "kernelSize": 2}, [("stride", 1), ("padding", 1)]),
        ({"padding": 3, "paddingMode": "reflect"}, [("padding", 2), ("paddingMode", "replicate")]),
        ({"padding": 4, "paddingMode": "circular"}, [("padding", 3), ("paddingMode", "replicate")]),
        ({"padding": 4, "paddingMode": "circular", "stride": 0}, []),
        ({"stride": 0}, [("stride", 1)]),
        ({"stride": [0, 3]}, [("stride", [1, 3])]),
        ({"padding": -2}, [("padding", 0)]),
        ({"kernelSize": 0}, [("kernelSize", 1)]),
        ({"dilation": 0}, [("dilation", 1)]),
        ({"kernelSize": 5, "stride": 0}, []),
        ({}, []),
    ],
    ids=str,
)
def test_other_repairs(ask, setting, ways):
    """Those that are no search for the nearest value, and corners of that."""
    full = {"inputSize": 3, "kernelSize": 3, **setting}
    [got] = ask("conv.js", "return core.repairs(setting)", [full])
    assert [(way["name"], way["value"]) for way in got] == ways


# ---------------------------------------------------------------- receptive fields


def stack(rng):
    names = ("kernelSize", "stride", "padding", "dilation")
    layers = []
    for i in range(rng.randint(1, 4)):
        numbers = rng.randint(1, 4), rng.randint(1, 3), rng.randint(0, 2), rng.randint(1, 3)
        layers.append({"name": f"layer {i}", **dict(zip(names, numbers, strict=True))})
    return {"layers": layers, "inputSize": rng.randint(4, 24)}


def torch_stack(layers):
    """The layers as convolutions of ones, whose gradients count paths."""
    names = ("kernelSize", "stride", "padding", "dilation")
    convs = [nn.Conv2d(1, 1, *(layer[n] for n in names), bias=False).double() for layer in layers]
    for conv in convs:
        nn.init.ones_(conv.weight)
    return convs


RECEPTIVE_IN_JS = """
  const { layers, inputSize, unit } = setting;
  const fields = core.receptiveFields(layers);
  const sizes = core.layerSizes(inputSize, layers);
  if (!Array.isArray(sizes)) return { fields, sizes };
  const layer = layers.length - 1;
  const traced = core.traceUnit(layers, inputSize, layer, unit);
  return { fields, sizes, ...traced };
"""


def test_receptive_fields(ask):
    rng = random.Random(13)
    cases = [stack(rng) for _ in range(600)]
    truths = []
    for case in cases:
        image = ones(1, 1, case["inputSize"], case["inputSize"]).requires_grad_()
        levels, refusal = [image], None
        for i, conv in enumerate(torch_stack(case["layers"])):
            message, level = refusal_of(lambda c=conv: c(levels[-1]))  # noqa: B023
            if message:
                refusal = {"index": i, "message": message}
                break
            levels.append(level)
        case["unit"] = rng.randrange(levels[-1].shape[-1])
        truths.append((refusal, levels))
    impossible = holes = beyond = 0
    for case, (refusal, levels), js in zip(
        cases, truths, ask("receptive_field.js", RECEPTIVE_IN_JS, cases), strict=True
    ):
        compare_fields(case, js)
        if refusal:
            assert js["sizes"] == refusal, case
            impossible += 1
        else:
            compare_trace(case, levels, js)
            first, last = js["box"]
            holes += 0 in js["counts"][0][max(first, 0) : max(last + 1, 0)]
            beyond += js["box"][0] < 0 or js["box"][1] >= case["inputSize"]
    print(f"\n{len(cases)} stacks: {impossible} impossible, {holes} with holes, "
          f"{beyond} that see padding")  # fmt: skip
    assert len(cases) - impossible >= 400
    assert min(impossible, holes, beyond) > 50


def compare_fields(case, js):
    names = ("name", "kernelSize", "stride", "padding", "dilation")
    layers = [shapes.Layer(*(layer[name] for name in names)) for layer in case["layers"]]
    want = [field._asdict() for field in shapes.receptive_field(layers)]
    assert js["fields"] == want, case
    traced = shapes.receptive_field(nn.Sequential(*torch_stack(case["layers"])))
    assert [list(field[1:]) for field in traced] == [
        [field[name] for name in ("size", "jump", "start")] for field in js["fields"]
    ]


def compare_trace(case, levels, js):
    assert js["sizes"] == [level.shape[-1] for level in levels], case
    unit, n = case["unit"], case["inputSize"]
    grads = torch.autograd.grad(levels[-1][0, 0, unit, unit], levels)
    for grad, counts in zip(grads, js["counts"], strict=True):
        along = torch.tensor(counts, dtype=torch.double)
        assert torch.equal(grad[0, 0], along[:, None] * along), case
    first, last = js["box"]
    read = grads[0][0, 0].any(dim=1).nonzero().flatten().tolist()
    real = range(max(first, 0), min(last, n - 1) + 1)
    assert set(read) <= set(real), case
    if read and first >= 0 and last < n and not any(x["padding"] for x in case["layers"]):
        assert [read[0], read[-1]] == js["box"], case


# ---------------------------------------------------------------- random


def mulberry32(seed):
    """The published generator, in Python's unbounded integers."""
    word = 2**32 - 1
    while True:
        seed = (seed + 0x6D2B79F5) & word
        mixed = (seed ^ (seed >> 15)) * (seed | 1) & word
        mixed ^= (mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61) & word)) & word
        yield (mixed ^ (mixed >> 14)) / 2**32


def test_random_is_the_same_for_the_same_seed(ask):
    body = """
      const random = core.randomFrom(setting);
      const next = [...Array(50)].map(() => random.next());
      const ints = [...Array(200)].map(() => random.int(-2, 3));
      const list = [1, 2, 3, 4, 5];
      const picks = [...Array(100)].map(() => random.pick(list));
      return { next, ints, picks, shuffled: [...Array(20)].map(() => random.shuffle(list)), list };
    """
    seeds = [0, 1, 2024, 2**32 - 1]
    first, second = ask("random.js", body, seeds), ask("random.js", body, seeds)
    assert first == second
    for seed, got in zip(seeds, first, strict=True):
        assert got["next"] == list(itertools.islice(mulberry32(seed), 50))
        assert set(got["ints"]) == set(range(-2, 4))
        assert set(got["picks"]) == set(got["list"]) == {1, 2, 3, 4, 5}
        assert got["list"] == [1, 2, 3, 4, 5]
        assert all(sorted(mixed) == got["list"] for mixed in got["shuffled"])
        assert len(set(map(tuple, got["shuffled"]))) > 10
