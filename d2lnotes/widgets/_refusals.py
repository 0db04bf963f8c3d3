"""What no explorer can show, said plainly and with a way out."""

import inspect

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.modules.pooling import _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd

from ..receptive_fields import CELL_BY_CELL

SHOWN = (nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d, nn.Sequential)
_ONE_OR_THREE_D = (
    *(nn.Conv1d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose3d),
    *(nn.MaxPool1d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool3d),
)
_DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)

# Everything a reader sees. Another language is another table.
_TEXT = {
    "not_a_module": "explain 要一个层，例如 explain(nn.Conv2d(1, 1, 3))，却得到 {found}。",
    "class": "{kind} 是类，还不是层。请先造一个，例如 explain(nn.{kind}(…))。",
    "lazy": "{where}是还没有初始化的 {kind}：通道数要等第一批数据。请先让它算一次，例如 layer(x)，"
    "再 explain(layer)。PyTorch 的说法：{message}",
    "reason": "{kind} 画不了：{reason}",
    "list": "里面的层没有先后。若是依次相连，请写 explain(nn.Sequential(*layers))；"
    "也可以一层一层看，例如 explain(layers[0])。",
    "dimensions": "它不是二维的层。一维的可以写成高为 1 的二维层，"
    "例如 nn.Conv2d(…, kernel_size=(1, 3))。",
    "norm": "它逐个元素地减去均值、除以标准差，训练时的均值还取决于整批图。请看它前后的卷积层。",
    "dropout": "它只在训练时随机把元素置零，评估时什么也不做。请看它前后的卷积层。",
    "adaptive": "它的窗口随输入而变，没有固定的大小和步幅。输入边长是输出边长的整数倍时，"
    "它就是窗口等于这个倍数的 nn.AvgPool2d（或 nn.MaxPool2d），请看那一个。",
    "elementwise": "它逐个元素地计算，输出与输入一样大。请看它前后的卷积层或池化层。",
    "linear": "每个输出都读全部输入。它等于核与输入一样大的卷积，可以看那个 nn.Conv2d。",
    "unknown": "不知道 {kind} 怎样计算：能画的是 {shown}。{way_out}",
    "parts": "可以看它的一部分，例如 {parts}。",
    "weights": "若它做的是互相关，请用 conv_explorer(input=x, kernel=它的权重)。",
}


def refuse(module):
    """Raise the TypeError that says why this is not shown."""
    if isinstance(module, type) and issubclass(module, nn.Module):
        raise TypeError(_TEXT["class"].format(kind=module.__name__))
    if not isinstance(module, nn.Module):
        raise TypeError(_TEXT["not_a_module"].format(found=_described(module)))
    kind = type(module).__name__
    reason = next((_TEXT[word] for kinds, word in _REASONS if isinstance(module, kinds)), None)
    if reason:
        raise TypeError(_TEXT["reason"].format(kind=kind, reason=reason))
    shown = "、".join(f"nn.{layer.__name__}" for layer in SHOWN)
    raise TypeError(_TEXT["unknown"].format(kind=kind, shown=shown, way_out=_way_out(module)))


_REASONS = (
    ((nn.ModuleList, nn.ModuleDict), "list"),
    (_ONE_OR_THREE_D, "dimensions"),
    ((_NormBase, nn.LayerNorm, nn.GroupNorm), "norm"),
    (_DROPOUT, "dropout"),
    ((_AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd), "adaptive"),
    ((nn.Linear, nn.Bilinear), "linear"),
    (CELL_BY_CELL, "elementwise"),
)


def refuse_uninitialized(module):
    """Raise where a lazy module has not seen its first batch yet."""
    for name, part in module.named_modules():
        if isinstance(part, LazyModuleMixin) and part.has_uninitialized_params():
            where = f"layer{_path(name)} " if name else "这"
            facts = {"where": where, "kind": type(part).__name__, "message": _said_by(part)}
            raise TypeError(_TEXT["lazy"].format(**facts))


def _said_by(lazy):
    """torch's words when somebody asks such a module for its numbers."""
    for tensor in (*lazy.parameters(), *lazy.buffers()):
        try:
            _ = tensor.shape
        except RuntimeError as error:
            return str(error)
    return ""


def _described(value):
    if inspect.isroutine(value):
        return f"函数 {value.__name__}"
    return f"{type(value).__name__}：{str(value)[:40]!r}"


def _path(name):
    """How ``features.0.conv`` is written in Python behind the module's own name."""
    parts = name.split(".")
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts)


def _way_out(module):
    parts = [name for name, part in module.named_modules() if name and isinstance(part, SHOWN)]
    if not parts:
        return _TEXT["weights"] if list(module.parameters()) else ""
    listed = "、".join(f"explain(net{_path(name)})" for name in parts[:3])
    return _TEXT["parts"].format(parts=listed)
