"""``explain`` on layers and tensors of a reader, and the way back by ``to_module``."""

import copy
from collections import OrderedDict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from d2lnotes import shapes
from d2lnotes.models import lenet, vgg
from d2lnotes.widgets import conv_explorer, explain

PAIR = {
    "kernel": st.tuples(st.integers(1, 4), st.integers(1, 4)),
    "padding": st.tuples(st.integers(0, 3), st.integers(0, 3)),
    "step": st.tuples(st.integers(1, 3), st.integers(1, 3)),
}


@pytest.fixture
def images():
    return torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@st.composite
def layers(draw):
    """A Conv2d or ConvTranspose2d that explain can show."""
    groups = draw(st.integers(1, 3))
    channels = [groups * draw(st.integers(1, 2)) for _ in range(2)]
    options = {
        "kernel_size": draw(PAIR["kernel"]),
        "stride": draw(PAIR["step"]),
        "padding": draw(PAIR["padding"]),
        "dilation": draw(PAIR["step"]),
        "groups": groups,
        "bias": draw(st.booleans()),
    }
    if draw(st.booleans()):
        # torch refuses as much as stride and dilation
        most = min(max(pair) for pair in zip(options["stride"], options["dilation"], strict=True))
        return nn.ConvTranspose2d(
            *channels, **options, output_padding=draw(st.integers(0, most - 1))
        )
    options["padding_mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    if options["stride"] == (1, 1) and draw(st.booleans()):
        options["padding"] = "same"
    return nn.Conv2d(*channels, **options)


@settings(max_examples=150, deadline=None)
@given(layers(), st.booleans(), st.integers(16, 24))
def test_to_module_gives_the_layer_back(layer, with_x, n):
    x = torch.randn(2, layer.in_channels, n, n + 3)
    explorer = explain(layer, x, image=1) if with_x else explain(layer)
    back = explorer.to_module()
    assert type(back) is type(layer)
    with torch.no_grad():
        torch.testing.assert_close(back(x), layer(x), rtol=0, atol=0)
        expected = layer(explorer.input_tensor())
    torch.testing.assert_close(back(explorer.input_tensor()), expected, rtol=0, atol=0)
    if with_x:
        [code] = [part for part in explorer.note.split("，") if part.startswith("输入取自 ")]
        piece = eval(code.removeprefix("输入取自 "), {"x": x})
        torch.testing.assert_close(explorer.input_tensor()[0], piece, rtol=0, atol=0)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(2, 4))
def test_the_note_says_where_the_output_lies(data, k, s, d, dimensions):
    x = torch.randn(3, 2, 30, 25)
    x = {2: x[0, 0], 3: x[0], 4: x}[dimensions]
    layer = nn.Conv2d(1 if dimensions == 2 else 2, 3, k, s, dilation=d)
    at = data.draw(st.none() | st.tuples(st.integers(0, 8), st.integers(0, 8)))
    outs = data.draw(st.none() | st.just([0, 2]))
    image = data.draw(st.integers(0, 2)) if dimensions == 4 else 0
    explorer = explain(layer, x, at=at, size=14, image=image, out_channels=outs)
    piece = eval(explorer.note.split("输入取自 ")[1].split("，x 的")[0])
    torch.testing.assert_close(explorer.input_tensor()[0], piece.reshape(-1, *piece.shape[-2:]))
    _, said, code = explorer.note.partition("输出就是 ")
    assert bool(said) == (at is None or all(start % s == 0 for start in at))
    if said:
        with torch.no_grad():
            output = explorer.to_module()(explorer.input_tensor())[0]
            torch.testing.assert_close(output, eval(code.removesuffix("。")))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x.double(),
        lambda x: x.half(),
        lambda x: x.clone().requires_grad_(),
        lambda x: x.numpy(),
        lambda x: x.tolist(),
        lambda x: x.to(memory_format=torch.channels_last),
        lambda x: x.to_sparse(),
        lambda x: nn.Parameter(x),
        lambda x: (x * 255).to(torch.uint8),
        lambda x: x > 0.5,
    ],
)
def test_tensors_of_any_kind(make, images):
    x = make(images[:, :, :8, :8])
    shown = explain(nn.Conv2d(1, 1, 3), x, image=2).input_tensor()[0]
    x = torch.as_tensor(x).detach()
    expected = (x.to_dense() if x.is_sparse else x)[2].float()
    torch.testing.assert_close(shown, expected, rtol=0, atol=0)


def test_large_images_are_cut_in_the_middle_and_said(images):
    explorer = explain(nn.Conv2d(1, 2, 3, stride=2), images)
    assert explorer.note.startswith("输入取自 x[0, :, 8:20, 8:20]，x 的形状是 (4, 1, 28, 28)。")
    assert explorer.children[0].value.count(explorer.note) == 1
    assert explain(nn.Conv2d(1, 2, 3), images[0], size=28).note == ""
    assert len(explain(nn.Conv2d(1, 2, 3), images[0], size=28).children) == 2
    note = explain(nn.Conv2d(1, 2, 3, padding=1), images, image=3, at=(20, 0), size=(5, 9)).note
    assert note.startswith("输入取自 x[3, :, 20:25, 0:9]，")
    assert note.endswith("填充补在这一块的四周，所以靠边的输出与整张图的不同。")


def test_at_the_far_end_the_piece_is_smaller(images):
    view = explain(nn.Conv2d(1, 1, 3), images, at=(20, 25)).view
    assert torch.tensor(view.input).shape == (1, 8, 3)


def test_a_large_kernel_gets_the_room_it_needs():
    assert explain(nn.Conv2d(1, 1, 15)).to_module()
    assert explain(nn.Conv2d(1, 1, 9, dilation=3)).input_size > 24
    assert explain(nn.Conv2d(1, 1, 9, dilation=3), torch.rand(1, 99, 99)).input_size > 24
    assert explain(nn.ConvTranspose2d(1, 1, 3, padding=3)).to_module()
    assert explain(nn.AvgPool2d(5)).to_module()


def test_an_x_too_small_is_shown_with_torchs_words():
    explorer = explain(nn.Conv2d(1, 1, 5), torch.rand(3, 3))
    with pytest.raises(RuntimeError, match="Kernel size can't be greater"):
        explorer.to_module()


@pytest.mark.parametrize("training", [True, False])
def test_the_module_is_left_as_it_was(training, images):
    layer = nn.Conv2d(1, 2, 3).double().train(training)
    layer(images.double()).sum().backward()
    before = copy.deepcopy(layer.state_dict())
    grad = layer.weight.grad.clone()
    x = images.clone().requires_grad_()
    state = torch.get_rng_state()
    back = explain(layer, x).to_module()
    assert torch.equal(state, torch.get_rng_state())
    back.weight.data.zero_()
    assert all(torch.equal(before[name], value) for name, value in layer.state_dict().items())
    assert torch.equal(layer.weight.grad, grad)
    assert x.grad is None
    assert layer.training is training
    assert layer.weight.dtype is torch.float64
    assert torch.equal(x, images)


def test_subclasses_and_parametrizations():
    class Mine(nn.Conv2d):
        def forward(self, x):
            return super().forward(x) + 1

    assert explain(Mine(1, 1, 3)).note == "Mine 改写了 forward，这里画的是 nn.Conv2d 的计算。"

    class Plain(nn.Conv2d):
        pass

    assert explain(Plain(1, 1, 3)).note == ""
    layer = nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 2, 3))
    explorer = explain(layer)
    assert explorer.note == ""
    torch.testing.assert_close(explorer.to_module().weight, layer.weight)
    lazy = nn.LazyConv2d(2, 3)
    lazy(torch.rand(1, 3, 5, 5))
    assert explain(lazy).view.in_channels == 3


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    ("groups", "outs", "note"),
    [
        (1, [1, 4], "只画输出通道 1、4。"),
        (1, 3, "只画输出通道 3。"),
        (1, range(3), "只画输出通道 0 到 2。"),
        (3, [4, 5], "只画输出通道 4、5，以及它们读的输入通道 4、5。"),
        (3, [1, 5], "只画输出通道 1、5，以及它们读的输入通道 0、1、4、5。"),
        (6, torch.tensor([2]), "只画输出通道 2，以及它们读的输入通道 2。"),
    ],
)
def test_some_output_channels(transposed, groups, outs, note):
    layer = (nn.ConvTranspose2d if transposed else nn.Conv2d)(6, 6, 3, groups=groups)
    x = torch.randn(6, 8, 8)
    explorer = explain(layer, x, size=8, out_channels=outs)
    assert explorer.note.startswith(note)
    with torch.no_grad():
        shown = explorer.to_module()(explorer.input_tensor())[0]
        picked = [outs] if isinstance(outs, int) else list(map(int, outs))
        torch.testing.assert_close(shown, layer(x)[picked])


@pytest.mark.parametrize(
    ("layer", "setting"),
    [
        (nn.MaxPool2d(2), {"mode": "max", "kernel_size": 2, "stride": 2}),
        (nn.MaxPool2d((3, 2), 1, 1, 2), {"kernel_size": (3, 2), "stride": 1, "dilation": 2}),
        (nn.MaxPool2d(3, 2, 1, ceil_mode=True), {"padding": 1, "ceil_mode": True}),
        (nn.AvgPool2d(3, 2, 1, count_include_pad=False), {"count_include_pad": False}),
        (nn.AvgPool2d(2, ceil_mode=True), {"mode": "avg", "ceil_mode": True}),
    ],
    ids=str,
)
def test_pooling(layer, setting):
    x = torch.randn(2, 3, 9, 9)
    explorer = explain(layer, x, image=1, channel=2)
    assert {name: getattr(explorer, name) for name in setting} == setting
    assert explorer.note.startswith("输入取自 x[1, 2]，")
    output = explorer.to_module()(explorer.input_tensor())
    torch.testing.assert_close(output[0, 0], layer(x)[1, 2])
    assert explorer.note.endswith("输出就是 layer(x)[1, 2]。")
    assert explain(layer).note == ""


def test_a_piece_of_a_pooled_image():
    x, layer = torch.randn(3, 50, 50), nn.AvgPool2d(3)
    explorer = explain(layer, x, channel=1)
    code = explorer.note.partition("输出就是 ")[2].removesuffix("。")
    output = explorer.to_module()(explorer.input_tensor())[0, 0]
    torch.testing.assert_close(output, eval(code))


def test_a_sequential_by_its_layers():
    explorer = explain(lenet())
    ours = [field[1:] for field in explorer.receptive_field()]
    windowed = {"0", "2", "3", "5"}
    theirs = [field[1:] for field in shapes.receptive_field(lenet()) if field.name in windowed]
    assert ours == [tuple(field) for field in theirs]
    assert "2 个 Sigmoid" in explorer.note
    assert explorer.note.endswith("画到 6 Flatten 为止：展平以后没有行和列，每个单元都看整张图。")
    assert explain(vgg()[:2]).layers[1]["kind"] == "max"


def test_a_sequential_inside_another_and_what_it_leaves_out():
    features = nn.Sequential(nn.Conv2d(3, 8, 3, padding="same"), nn.MaxPool2d(2, ceil_mode=True))
    net = nn.Sequential(OrderedDict(features=features, head=nn.AdaptiveAvgPool2d(1)))
    explorer = explain(net, torch.rand(3, 40, 30))
    assert [layer["name"] for layer in explorer.layers] == ["features.0 Conv", "features.1 MaxPool"]
    assert [layer["padding"] for layer in explorer.layers] == [1, 0]
    assert explorer.input_size == 40
    assert "x 有 40×30 个像素，这里画它的高。" in explorer.note
    assert "features.1 MaxPool2d 的输出大小没有照画" in explorer.note
    assert "画到 head AdaptiveAvgPool2d 为止" in explorer.note
    large = explain(nn.Sequential(nn.Conv2d(1, 1, 3)), torch.rand(500, 500))
    assert large.input_size == 256
    assert "按最大的 256 画" in large.note


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 1, 3))


X = torch.rand(4, 1, 28, 28)
NAN = torch.full((9, 9), torch.nan)
WEIGHTED = nn.Conv2d(1, 1, 1)
WEIGHTED.weight.data.fill_(12345)


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "words"),
    [
        # not layers, or layers without windows
        (("conv",), {}, TypeError, "却得到 str：'conv'"),
        ((torch.relu,), {}, TypeError, "却得到 函数 relu"),
        ((None,), {}, TypeError, "NoneType"),
        ((nn.Conv2d,), {}, TypeError, r"explain\(nn.Conv2d\(…\)\)"),
        ((Net(),), {}, TypeError, r"例如 explain\(net.features\)、explain\(net.features\[0\]\)"),
        ((nn.ModuleList([nn.Conv2d(1, 1, 3)]),), {}, TypeError, r"nn.Sequential\(\*layers\)"),
        ((nn.Conv1d(1, 1, 3),), {}, TypeError, "不是二维"),
        ((nn.Conv3d(1, 1, 3),), {}, TypeError, "不是二维"),
        ((nn.BatchNorm2d(1),), {}, TypeError, "训练时的均值"),
        ((nn.Dropout(),), {}, TypeError, "只在训练时"),
        ((nn.AdaptiveAvgPool2d(1),), {}, TypeError, "窗口随输入而变"),
        ((nn.Linear(1, 1),), {}, TypeError, "全部输入"),
        ((nn.ReLU(),), {}, TypeError, "逐个元素"),
        ((nn.LazyConv2d(1, 3),), {}, TypeError, "Call `forward` to initialize"),
        ((nn.Sequential(nn.LazyConv2d(1, 3)),), {}, TypeError, r"layer\[0\].*Call `forward`"),
        # settings beyond the explorers
        ((nn.MaxPool2d(2, return_indices=True),), {}, ValueError, "return_indices"),
        ((nn.AvgPool2d(2, divisor_override=3),), {}, ValueError, "divisor_override=3"),
        ((nn.Conv2d(1, 1, 31),), {}, ValueError, "每边最多 15 格"),
        ((nn.Conv2d(1, 1, 3, stride=17),), {}, ValueError, "stride=17 超出范围"),
        ((nn.MaxPool2d(40),), {}, ValueError, "kernel_size=40 超出范围"),
        ((nn.Conv2d(3, 96, 3),), {}, ValueError, r"最多画 64 个.*out_channels=range\(8\)"),
        ((nn.Conv2d(99, 2, 3),), {}, ValueError, r"conv_explorer\(kernel=layer.weight"),
        ((nn.Conv2d(64, 64, 3),), {}, ValueError, "权重共 36864 个.*最多 20000"),
        ((nn.Conv2d(1, 1, 3, dtype=torch.complex64),), {}, TypeError, "复数"),
        ((nn.Conv2d(1, 1, 3, device="meta"),), {}, ValueError, "meta"),
        ((WEIGHTED,), {}, ValueError, r"weight\[0, 0, 0, 0\] 是 12345"),
        ((nn.ConvTranspose2d(1, 1, 3, padding="same"),), {}, TypeError, "must be tuple of ints"),
        (
            (nn.ConvTranspose2d(1, 1, 3, 2, output_padding=(0, 1)),),
            {},
            ValueError,
            r"output_padding=\(0, 1\)",
        ),
        ((nn.Sequential(),), {}, ValueError, "没有卷积层或池化层"),
        ((nn.Sequential(nn.Conv2d(1, 1, (1, 3))),), {}, ValueError, "两个方向不同"),
        ((nn.Sequential(nn.Conv2d(1, 1, 3), Net()),), {}, TypeError, r"explain\(net\[:1\]\)"),
        ((nn.Sequential(*[nn.Conv2d(1, 1, 3)] * 21),), {}, ValueError, r"explain\(net\[:20\]\)"),
        # tensors
        ((nn.Conv2d(3, 8, 3), X), {}, ValueError, "to have 3 channels, but got 1 channels"),
        ((nn.Conv2d(3, 8, 3), torch.rand(9, 9, 3)), {}, ValueError, r"x.permute\(2, 0, 1\)"),
        ((nn.Conv2d(1, 8, 3), X[:, 0]), {}, ValueError, r"x\[:, None\]"),
        ((nn.Sequential(nn.Conv2d(3, 8, 3)), X), {}, ValueError, "to have 3 channels"),
        ((nn.Conv2d(1, 1, 3), X[0, 0, 0]), {}, ValueError, "却是 1 维"),
        ((nn.Conv2d(1, 1, 3), X[:0]), {}, ValueError, "里面没有数"),
        ((nn.Conv2d(1, 1, 3), "x"), {}, TypeError, "却是 str"),
        ((nn.Conv2d(1, 1, 3), X.to(torch.complex64)), {}, TypeError, "复数"),
        ((nn.Conv2d(1, 1, 3), X.to("meta")), {}, ValueError, "meta"),
        ((nn.Conv2d(1, 1, 3), NAN), {}, ValueError, r"x\[0, 0\] 是 nan"),
        ((nn.MaxPool2d(2), X * 1e6), {}, ValueError, r"x\[0, 0, 8, 8\] 是 .* 之间的数"),
        # keywords
        ((nn.Conv2d(1, 1, 3), X), {"image": 4}, ValueError, "image=4 超出范围，应为 0 到 3"),
        ((nn.Conv2d(1, 1, 3), X), {"at": (28, 0)}, ValueError, "at=28 超出范围"),
        ((nn.Conv2d(1, 1, 3), X), {"at": 1.5}, TypeError, "at=1.5 不是整数"),
        ((nn.Conv2d(1, 1, 3), X), {"size": 33}, ValueError, "size=33 超出范围"),
        ((nn.Conv2d(64, 1, 3), torch.rand(64, 32, 32)), {"size": 32}, ValueError, "取 size=17"),
        ((nn.Conv2d(1, 3, 3),), {"out_channels": [1, 0]}, ValueError, "从小到大"),
        ((nn.Conv2d(1, 3, 3),), {"out_channels": [3]}, ValueError, "0 到 2 之间"),
        ((nn.Conv2d(1, 3, 3),), {"out_channels": "ab"}, ValueError, "out_channels='ab'"),
        ((nn.Conv2d(4, 4, 3, groups=2),), {"out_channels": [0, 1, 2]}, ValueError, "{0: 2, 1: 1}"),
        ((nn.MaxPool2d(2), X), {"channel": 1}, ValueError, "channel=1 超出范围，应为 0 到 0"),
        ((nn.Conv2d(1, 1, 3), X), {"channel": 1}, ValueError, "Conv2d 用不上 channel"),
        ((nn.MaxPool2d(2), X), {"out_channels": [0]}, ValueError, "MaxPool2d 用不上 out_channels"),
        ((lenet(), X), {"at": (0, 0)}, ValueError, "Sequential 用不上 at"),
        ((nn.Conv2d(1, 1, 3),), {"image": 1}, ValueError, "没有给 x，用不上 image"),
    ],
)
def test_what_cannot_be_shown_says_so(arguments, keywords, error, words):
    with pytest.raises(error, match=words) as said:
        explain(*arguments, **keywords)
    assert type(said.value) is error


@pytest.mark.parametrize(
    "setting",
    [
        {"input_size": 3, "kernel_size": 5},
        {"in_channels": 2, "out_channels": 3, "groups": 2},
        {"padding": "same", "stride": 2},
        {"input_size": 3, "padding": 3, "padding_mode": "reflect"},
        {"input_size": 2, "padding": 3, "padding_mode": "circular"},
        {"transposed": True, "output_padding": 1},
        {"transposed": True, "input_size": 1, "padding": 2},
    ],
    ids=str,
)
def test_to_module_of_an_impossible_setting_says_what_torch_says(setting):
    n, k = setting.get("input_size", 7), setting.get("kernel_size", 3)
    names = ("in_channels", "out_channels")
    options = {key: v for key, v in setting.items() if key not in (*names, "input_size")}
    options.pop("kernel_size", None)
    layer = nn.ConvTranspose2d if options.pop("transposed", False) else nn.Conv2d
    channels = [setting.get(name, 1) for name in names]
    with pytest.raises((ValueError, RuntimeError)) as theirs:
        layer(*channels, k, **options)(torch.zeros(1, channels[0], n, n))
    with pytest.raises(type(theirs.value)) as ours:
        conv_explorer(**setting).to_module()
    assert str(ours.value) == str(theirs.value)


def test_to_module_follows_what_is_set():
    explorer = conv_explorer(kernel=[[1, 2], [3, 4]], bias=[5])
    assert explorer.to_module().weight.flatten().tolist() == [1, 2, 3, 4]
    assert explorer.to_module().bias.tolist() == [5]
    explorer.kernel_size, explorer.stride, explorer.padding = (2, 3), 2, "same"
    explorer.stride = 1
    module = explorer.to_module()
    assert (module.kernel_size, module.stride, module.padding) == ((2, 3), (1, 1), "same")
    assert module.weight.flatten().tolist() == [1, 0, -1, -1, 1, 0]
    explorer.view.transposed = True
    assert explorer.to_module().padding == (0, 0)


def test_a_warning_of_torch_does_not_reach_the_page(recwarn):
    explorer = conv_explorer(kernel_size=2, padding="same")
    torch.set_warn_always(True)  # else it comes but once, perhaps in another test
    try:
        assert explorer.to_module()
        assert explorer._repr_mimebundle_()
        assert not [said for said in recwarn.list if "zero-padded copy" in str(said.message)]
        nn.Conv2d(1, 1, 2, padding="same")(torch.zeros(1, 1, 5, 5))
        assert [said for said in recwarn.list if "zero-padded copy" in str(said.message)]
    finally:
        torch.set_warn_always(False)
