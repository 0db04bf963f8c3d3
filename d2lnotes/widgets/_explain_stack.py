"""The receptive field explorer on a reader's own ``nn.Sequential``."""

import re
from collections import Counter

from torch import nn

from ..receptive_fields import NO_FIXED_FIELD, WINDOWED, is_cell_by_cell, layer_of
from ..shapes import conv_output_size, pool_output_size
from ._crop import as_images
from ._explain_conv import check_channels
from .receptive_field import MOST_LAYERS, receptive_field_explorer

_USUAL_SIZES = (28, 64, 112, 224)
_MOST_PIXELS = 256

_TEXT = {
    "empty": "里面没有卷积层或池化层，没有感受野可画。",
    "strange": "第 {name} 层 {kind} 画不进感受野：这里只有 nn.Conv2d、nn.MaxPool2d、nn.AvgPool2d "
    "和逐个元素的层。{way_out}带分支的网络的感受野可用 d2lnotes.receptive_field(net) 算。",
    "before": "可以只看它前面的：explain(net[:{stop}])。",
    "too_many": "这里有 {count} 个卷积层和池化层，最多画 {most} 个。{way_out}",
    "beyond": "感受野画不出来：{error}数字可以用 d2lnotes.receptive_field(net) 算。",
    "skipped": "没有画的是逐个元素的层，它们不改变感受野：{kinds}。",
    "kinds": "{count} 个 {kind}",
    "flat": "画到 {name} 为止：展平以后没有行和列，每个单元都看整张图。",
    "adaptive": "画到 {name} 为止：它的窗口随输入的大小而变。",
    "sizes": "{names} 的输出大小没有照画（ceil_mode，或偶数核的 'same'），感受野不受影响。",
    "not_square": "x 有 {rows}×{cols} 个像素，这里画它的高。",
    "large": "x 的高是 {rows}，这里按最大的 {most} 画：感受野与输入大小无关。",
}


def explain_stack(net, x):
    """Return the explorer and the sentences that stand above it."""
    found, skipped, end = _read(net)
    if not found:
        raise ValueError(_TEXT["empty"])
    if len(found) > MOST_LAYERS:
        way_out = _before(net, found[MOST_LAYERS][0])
        facts = {"count": len(found), "most": MOST_LAYERS, "way_out": way_out}
        raise ValueError(_TEXT["too_many"].format(**facts))
    size, sentences = _needed_size(found), []
    if x is not None:
        size, sentences = _size_of(as_images(x), found)
    try:
        layers = [_layer(name, module) for name, module in found]
        explorer = receptive_field_explorer(layers, size)
    except ValueError as error:
        raise ValueError(_TEXT["beyond"].format(error=error)) from None
    if skipped:
        counts = Counter(type(module).__name__ for _, module in skipped).items()
        kinds = "、".join(_TEXT["kinds"].format(kind=kind, count=n) for kind, n in counts)
        sentences.append(_TEXT["skipped"].format(kinds=kinds))
    inexact = [(name, module) for name, module in found if _has_other_size(module)]
    if inexact:
        sentences.append(_TEXT["sizes"].format(names=_listed(inexact)))
    if end:
        word = "flat" if isinstance(end[1], (nn.Flatten, nn.Linear)) else "adaptive"
        sentences.append(_TEXT[word].format(name=_listed([end])))
    return explorer, sentences


def _read(net):
    """The (name, module) that are drawn, those that change nothing, and the one that ends it."""
    found, skipped = [], []
    for name, module in _flattened(net):
        if isinstance(module, WINDOWED):
            found.append((name, module))
        elif isinstance(module, (*NO_FIXED_FIELD, nn.Flatten)):
            return found, skipped, (name, module)
        elif is_cell_by_cell(module):
            skipped.append((name, module))
        else:
            facts = {"name": name, "kind": type(module).__name__, "way_out": _before(net, name)}
            raise TypeError(_TEXT["strange"].format(**facts))
    return found, skipped, None


def _flattened(net, prefix=""):
    for name, module in net._modules.items():  # with those that stand twice
        if isinstance(module, nn.Sequential):
            yield from _flattened(module, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", module


def _before(net, name):
    """How to look at what stands before a layer; empty where nothing does."""
    stop = list(net._modules).index(name.partition(".")[0])
    return _TEXT["before"].format(stop=stop) if stop else ""


def _listed(modules):
    return "、".join(f"{name} {type(module).__name__}" for name, module in modules)


def _layer(name, module):
    """One layer in the words of ``receptive_field_explorer``."""
    label = f"{name} {type(module).__name__.removesuffix('2d')}"
    if not re.fullmatch(r"[\w.+×() -]{1,24}", label):
        label = ""  # then it is called by its number
    kind = "max" if isinstance(module, nn.MaxPool2d) else "avg"
    kind = "conv" if isinstance(module, nn.Conv2d) else kind
    return {**layer_of(label, module)._asdict(), "kind": kind}


def _has_other_size(module):
    if isinstance(module, nn.Conv2d):
        return module.padding == "same" and any(k % 2 == 0 for k in module.kernel_size)
    return module.ceil_mode


def _needed_size(found):
    """The least of some usual sizes that every layer leaves something of."""
    for size in _USUAL_SIZES:
        try:
            _last_size(size, found)
        except ValueError:
            continue
        return size
    return _MOST_PIXELS  # the explorer shows what is wrong


def _last_size(size, found):
    for _, module in found:
        function = conv_output_size if isinstance(module, nn.Conv2d) else pool_output_size
        layer = layer_of("", module)
        options = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
        size = function(size, layer.kernel_size, **options)
    return size


def _size_of(x, found):
    rows, cols = x.shape[-2:]
    first = found[0][1]
    if isinstance(first, nn.Conv2d):
        check_channels(first, x)
    sentences = []
    if rows != cols:
        sentences.append(_TEXT["not_square"].format(rows=rows, cols=cols))
    if rows > _MOST_PIXELS:
        sentences.append(_TEXT["large"].format(rows=rows, most=_MOST_PIXELS))
    return min(rows, _MOST_PIXELS), sentences
