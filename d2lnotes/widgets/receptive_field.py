"""The receptive field explorer: a stack of layers, and what one unit of it sees of the image."""

import re

import ipywidgets
import traitlets

from .. import shapes
from ._checks import Knob, checked_int, checked_option
from ._esm import bundle, stylesheet
from ._explorer import QUIZ, Explorer, ExplorerView, limited_int
from ._paired import LABELS

MOST_LAYERS = 20  # this and the next four as in js/core/layer_stack.js
KINDS = ("conv", "max", "avg")
_NAME = re.compile(r"[\w.+×() -]{0,24}")
_LAYER = re.compile(r"(?:([^@,:]*)@)?(conv|max|avg|pool):((?:[kspd]\d{1,3}){1,4})", re.ASCII)
_LETTERS = {"k": "kernel_size", "s": "stride", "p": "padding", "d": "dilation"}
_OF_LAYERS = tuple(_LETTERS.values())
_KNOBS = {
    "input_size": Knob(1, 224, 256),
    "kernel_size": Knob(1, 11, 16),
    "padding": Knob(0, 8, 16),
    "stride": Knob(1, 4, 8),
    "dilation": Knob(1, 8, 16),
}
_SELECTED = Knob(0, MOST_LAYERS - 1, MOST_LAYERS - 1)

# Name: (title, input size, layers as text). The networks are d2lnotes.models'; of ResNet-18 the
# path through all convolutions, which has the largest receptive field.
PRESETS = {
    "lenet": ("LeNet", 28, "conv:k5p2,avg:k2,conv:k5,avg:k2"),
    "alexnet": (
        "AlexNet",
        224,
        "conv:k11s4p1,max:k3s2,conv:k5p2,max:k3s2,conv:k3p1,conv:k3p1,conv:k3p1,max:k3s2",
    ),
    "vgg_pairs": (
        "VGG：成对的 3×3",
        32,
        "conv:k3p1,conv:k3p1,max:k2,conv:k3p1,conv:k3p1,max:k2",
    ),
    "vgg16": (
        "VGG-16",
        224,
        "conv:k3p1,conv:k3p1,max:k2,conv:k3p1,conv:k3p1,max:k2,"
        "conv:k3p1,conv:k3p1,conv:k3p1,max:k2,conv:k3p1,conv:k3p1,conv:k3p1,max:k2,"
        "conv:k3p1,conv:k3p1,conv:k3p1,max:k2",
    ),
    "resnet_stem": ("ResNet 的开头", 224, "conv:k7s2p3,max:k3s2p1"),
    "resnet18": (
        "ResNet-18",
        224,
        "conv:k7s2p3,max:k3s2p1,conv:k3p1,conv:k3p1,conv:k3p1,conv:k3p1,"
        "conv:k3s2p1,conv:k3p1,conv:k3p1,conv:k3p1,conv:k3s2p1,conv:k3p1,conv:k3p1,conv:k3p1,"
        "conv:k3s2p1,conv:k3p1,conv:k3p1,conv:k3p1",
    ),
    "dilated_222": ("空洞率 2, 2, 2", 21, "conv:k3p2d2,conv:k3p2d2,conv:k3p2d2"),
    "dilated_124": ("空洞率 1, 2, 4", 21, "conv:k3p1,conv:k3p2d2,conv:k3p4d4"),
}

_TEXT = {
    "settings": "输入 {size}×{size}，{count} 层",
    "text": "layers={text!r} 不对，应为 {presets} 之一，或像 'conv:k5p2,max:k2' 这样逐层写出。",
    "count": "layers 有 {count} 层，应为 1 到 {most} 层。",
    "list": "layers 应为预设的名字或各层的列表，却是 {kind}。",
    "layer": "layers 的第 {place} 项是 {value!r}，应为 d2lnotes.shapes.Layer、字典"
    "（如 {{'kernel_size': 5, 'padding': 2}}）或元组 (kernel_size, stride, padding, dilation)。",
    "keys": "layers 的第 {place} 项没有叫 {key!r} 的设置，可用的是 {keys}。",
    "missing": "layers 的第 {place} 项没有 kernel_size。",
    "square": "layers 的第 {place} 项 {knob}={value!r} 两个方向不同；这里只画正方形的窗口。",
    "name": "layers 的第 {place} 项名字 {name!r} 不对：最多 24 个字，"
    "可用文字、数字和 _ . + × ( ) -。",
}


def _fail(error, sentence, /, **facts):
    raise error(_TEXT[sentence].format(**facts))


def _from_text(text):
    """Layers from a preset's name or from text such as ``conv:k5p2,max:k2``."""
    given = PRESETS[text][2] if text in PRESETS else text
    found = [_LAYER.fullmatch(part) for part in given.split(",")]
    layers = []
    for match in found:
        pairs = re.findall(r"([kspd])(\d+)", match[3]) if match else []
        knobs = {_LETTERS[letter]: int(digits) for letter, digits in pairs}
        if "kernel_size" not in knobs or len(knobs) < len(pairs):
            _fail(ValueError, "text", text=text, presets="、".join(map(repr, PRESETS)))
        kind = "max" if match[2] == "pool" else match[2]
        layers.append({"name": match[1] or "", "kind": kind, **knobs})
    return layers


def _as_dict(layer, place):
    """The settings that were given for one layer."""
    if isinstance(layer, shapes.Layer):
        return layer._asdict()
    if isinstance(layer, dict):
        return layer
    if isinstance(layer, tuple) and layer and isinstance(layer[0], str):
        names = shapes.Layer._fields
    else:
        names = _OF_LAYERS
    if not isinstance(layer, (tuple, list)) or not 1 <= len(layer) <= len(names):
        _fail(TypeError, "layer", place=place, value=layer)
    return dict(zip(names, layer, strict=False))


def _checked_layer(layer, place):
    """One layer as the view keeps it: every setting, in one order."""
    given = _as_dict(layer, place)
    keys = ("name", "kind", *_OF_LAYERS)
    for key in given:
        if key not in keys:
            _fail(ValueError, "keys", place=place, key=key, keys="、".join(keys))
    name, kind = given.get("name", ""), given.get("kind", "conv")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        _fail(ValueError, "name", place=place, name=name)
    if given.get("kernel_size") is None:
        _fail(ValueError, "missing", place=place)
    checked_option(f"layers[{place - 1}].kind", kind, KINDS)
    stride = given.get("stride")
    usual = given["kernel_size"] if kind != "conv" else 1
    values = {"padding": 0, "dilation": 1, **given, "stride": usual if stride is None else stride}
    checked = {}
    for knob in _OF_LAYERS:
        value = values[knob]
        if isinstance(value, (tuple, list)) and len(value) == 2:
            if value[0] != value[1]:
                _fail(ValueError, "square", place=place, knob=knob, value=value)
            value = value[0]
        checked[knob] = checked_int(knob, value, _KNOBS[knob])
    return {"name": name, "kind": kind, **checked}


def checked_layers(layers):
    """Layers in any form that :func:`receptive_field_explorer` takes, as the view keeps them."""
    if isinstance(layers, str):
        layers = _from_text(layers)
    if not isinstance(layers, (list, tuple)) or isinstance(layers, shapes.Layer):
        _fail(TypeError, "list", kind=type(layers).__name__)
    if not 1 <= len(layers) <= MOST_LAYERS:
        _fail(ValueError, "count", count=len(layers), most=MOST_LAYERS)
    return [_checked_layer(layer, place) for place, layer in enumerate(layers, start=1)]


def _names(layers):
    """A layer without a name is called by its kind and its number among those: conv1, pool1, …"""
    count = {"conv": 0, "pool": 0}
    for layer in layers:
        word = "conv" if layer["kind"] == "conv" else "pool"
        count[word] += 1
        yield layer["name"] or f"{word}{count[word]}"


class ReceptiveFieldView(ExplorerView):
    """The picture of a stack.

    ``kernel_size``, ``padding``, ``stride`` and ``dilation`` are those of the layer ``selected``:
    the browser keeps them in step, whichever of them changes.
    """

    _esm = bundle("js/view/receptive_field_explorer.js")
    _css = stylesheet("explorer.css", "receptive_field.css")

    input_size = limited_int(_KNOBS["input_size"])
    layers = traitlets.List(checked_layers("lenet")).tag(sync=True)
    selected = limited_int(_SELECTED)
    kernel_size = limited_int(_KNOBS["kernel_size"])
    padding = limited_int(_KNOBS["padding"])
    stride = limited_int(_KNOBS["stride"])
    dilation = limited_int(_KNOBS["dilation"])
    presets = traitlets.Dict(
        {name: [title, size, text] for name, (title, size, text) in PRESETS.items()}
    ).tag(sync=True)

    @traitlets.validate("layers")
    def _valid_layers(self, proposal):
        return checked_layers(proposal["value"])


def _of_selected(name):
    def get(explorer):
        return explorer.layers[explorer.selected][name]

    def put(explorer, value):
        layers = explorer.layers
        layers[explorer.selected][name] = checked_int(name, value, _KNOBS[name])
        explorer.layers = layers

    return property(get, put, doc=f"``{name}`` of the selected layer.")


class ReceptiveFieldExplorer(Explorer):
    """Five sliders above a ``ReceptiveFieldView``; four of them are those of the selected layer.

    Attributes:
        view: The ``ReceptiveFieldView``.
        sliders: The ``IntSlider`` of each of input_size, kernel_size, padding, stride, dilation.
        kernel_size, padding, stride, dilation: Of the selected layer, an int each.
    """

    title = "感受野演示"
    knobs = _KNOBS
    labels = LABELS

    def _show_all(self, **state):
        """Set traits of the view and their sliders.

        The view goes first and in one message: a slider alone would have the browser write its
        value into the layers that were there before.
        """
        for name, slider in self.sliders.items():
            values = [layer[name] for layer in self.view.layers if name in layer]
            values += [layer[name] for layer in state.get("layers", ()) if name in layer]
            slider.max = max(slider.max, state.get(name, 0), *values)
        self._tell_limits()
        with self.view.hold_sync():
            for name, value in state.items():
                setattr(self.view, name, value)
        for name, slider in self.sliders.items():
            slider.value = getattr(self.view, name)

    def _slider(self, name):
        slider = super()._slider(name)
        slider.max = max([slider.max, *(layer.get(name, 0) for layer in self.view.layers)])
        return slider

    @property
    def layers(self):
        """The layers from the image up, a copy as dicts; set in any form the function takes."""
        return [dict(layer) for layer in self.view.layers]

    @layers.setter
    def layers(self, layers):
        layers = checked_layers(layers)
        selected = min(self.view.selected, len(layers) - 1)
        knobs = {name: layers[selected][name] for name in _OF_LAYERS}
        self._show_all(layers=layers, selected=selected, **knobs)

    @property
    def selected(self):
        """Index of the layer whose unit is shown and whose settings the sliders change."""
        return min(self.view.selected, len(self.view.layers) - 1)

    @selected.setter
    def selected(self, index):
        last = len(self.view.layers) - 1
        index = checked_int("selected", index, Knob(0, last, last))
        knobs = {name: self.view.layers[index][name] for name in _OF_LAYERS}
        self._show_all(selected=index, **knobs)

    @property
    def input_size(self):
        """Height and width of the image in pixels."""
        return self.view.input_size

    @input_size.setter
    def input_size(self, size):
        self._show_all(input_size=checked_int("input_size", size, _KNOBS["input_size"]))

    kernel_size = _of_selected("kernel_size")
    padding = _of_selected("padding")
    stride = _of_selected("stride")
    dilation = _of_selected("dilation")

    def settings(self):
        """The image and the stack in words."""
        return _TEXT["settings"].format(size=self.input_size, count=len(self.view.layers))

    def receptive_field(self):
        """Size, jump and start after every layer, by :func:`d2lnotes.shapes.receptive_field`.

        Returns:
            A list of :class:`d2lnotes.shapes.ReceptiveField`, in pixels of the image.
        """
        layers = self.view.layers
        return shapes.receptive_field(
            [
                shapes.Layer(name, *(layer[knob] for knob in _OF_LAYERS))
                for name, layer in zip(_names(layers), layers, strict=True)
            ]
        )

    def to_module(self):
        """The stack in PyTorch, one channel a layer.

        Returns:
            An ``nn.Sequential`` of ``nn.Conv2d``, ``nn.MaxPool2d`` and ``nn.AvgPool2d``.

        Raises:
            ValueError: An average pooling has a dilation, which PyTorch does not offer.
        """
        from torch import nn

        return nn.Sequential(*(_module(nn, layer) for layer in self.view.layers))


def _module(nn, layer):
    k, s, p, d = (layer[knob] for knob in _OF_LAYERS)
    if layer["kind"] == "conv":
        return nn.Conv2d(1, 1, k, stride=s, padding=p, dilation=d)
    if layer["kind"] == "max":
        return nn.MaxPool2d(k, stride=s, padding=p, dilation=d)
    if d != 1:
        raise ValueError(
            f"平均池化没有空洞率，这里 dilation={d}"
            "（PyTorch: AvgPool2d.__init__() got an unexpected keyword argument 'dilation'）"
        )
    return nn.AvgPool2d(k, stride=s, padding=p)


def receptive_field_explorer(layers="lenet", input_size=None, *, selected=None, quiz=0):
    """Show what a unit of any layer of a stack sees of the image; the stack can be edited.

    The picture is that of one axis, which for square windows holds for the other too, with the box
    in the square image beside it. A stack that is impossible is shown with PyTorch's message and
    what would mend it.

    Args:
        layers: From the image up: the name of a preset (``'lenet'``, ``'alexnet'``,
            ``'vgg_pairs'``, ``'vgg16'``, ``'resnet_stem'``, ``'resnet18'``, ``'dilated_222'``,
            ``'dilated_124'``), text such as ``'conv:k5p2,max:k2s2'``, or a list of at most 20.
            Of a list each is a :class:`d2lnotes.shapes.Layer`, a tuple ``(kernel_size, stride,
            padding, dilation)`` that may end early, or a dict with the keys of a ``Layer`` and
            ``kind``: ``'conv'``, ``'max'`` or ``'avg'``. Windows are square.
        input_size: Height and width of the image in pixels, 1 to 256; by default the preset's,
            else 28.
        selected: Index of the layer whose unit is shown first and that the sliders change; by
            default the last.
        quiz: Seed of the first question, 1 to 999999; 0 asks none.

    Returns:
        A ``ReceptiveFieldExplorer`` (an ``ipywidgets.VBox``) with ``.view``, ``.sliders``,
        ``.layers``, ``.receptive_field()`` and ``.to_module()``.

    Raises:
        ValueError: A number is out of range, a preset or a key is unknown, a window not square.
        TypeError: An argument has the wrong type.
    """
    if input_size is None:
        is_preset = isinstance(layers, str) and layers in PRESETS
        input_size = PRESETS[layers][1] if is_preset else 28
    layers = checked_layers(layers)
    last = len(layers) - 1
    selected = last if selected is None else checked_int("selected", selected, Knob(0, last, last))
    return ReceptiveFieldExplorer(
        ReceptiveFieldView(
            input_size=checked_int("input_size", input_size, _KNOBS["input_size"]),
            layers=layers,
            selected=selected,
            **{name: layers[selected][name] for name in _OF_LAYERS},
            quiz=checked_int("quiz", quiz, QUIZ),
            layout=ipywidgets.Layout(width="100%"),
        )
    )
