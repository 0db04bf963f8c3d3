"""Receptive fields of modules with branches, by following the graph that ``torch.fx`` traces."""

from torch import fx, nn

from .shapes import Layer, ReceptiveField, as_pair, grow, same_padding, shorten

WINDOWED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
NO_FIXED_FIELD = (nn.Linear, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
CELL_BY_CELL = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Softmax),
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout, nn.Dropout2d),
    *(nn.Identity, nn.Flatten),
)
CELL_BY_CELL_FUNCTIONS = {
    *("add", "iadd", "sub", "mul", "truediv", "cat", "concat", "flatten", "contiguous"),
    *("relu", "relu_", "leaky_relu", "gelu", "silu", "sigmoid", "tanh", "softmax", "dropout"),
}


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module, qualified_name):
        return is_cell_by_cell(module) or super().is_leaf_module(module, qualified_name)


def is_cell_by_cell(module):
    """Whether every output is computed from its own cell; a reader's module says so itself."""
    return isinstance(module, CELL_BY_CELL) or getattr(module, "cell_by_cell", False)


def trace(module):
    """Receptive field after every layer of a module.

    See :func:`d2lnotes.shapes.receptive_field`.
    """
    net = module if list(module.children()) else nn.Sequential(module)
    try:
        graph = _Tracer().trace(net)
    except fx.proxy.TraceError as error:
        raise ValueError(
            f"无法追踪 {type(module).__name__} 的计算图：forward 里的分支取决于输入的值或形状"
        ) from error
    modules = dict(net.named_modules())
    fields, known = [], {}
    for node in graph.nodes:
        if node.op == "placeholder":
            known[node] = ReceptiveField(node.name, 1, 1, 0)
        sources = [known[source] for source in node.all_input_nodes if source in known]
        if not sources or node.op == "output":
            continue
        field = _join_branches(sources, node.name)
        if node.op == "call_module":
            known[node] = _behind_module(field, node.target, modules[node.target])
        else:
            known[node] = _behind_function(field, node)
        fields.append(known[node])
    return fields


def _behind_module(field, name, module):
    if isinstance(module, NO_FIXED_FIELD):
        return ReceptiveField(name, None, None, None)
    if isinstance(module, WINDOWED):
        return grow(field, layer_of(name, module))
    if is_cell_by_cell(module):
        return field._replace(name=name)
    raise ValueError(
        f"不知道 {name}（{type(module).__name__}）的感受野怎样计算："
        "如果它逐个元素地计算，请加上类属性 cell_by_cell = True"
    )


def _behind_function(field, node):
    function = node.target if node.op == "call_method" else node.target.__name__
    if function not in CELL_BY_CELL_FUNCTIONS:
        raise ValueError(
            f"不知道函数 {function} 的感受野怎样计算：卷积和池化请用 nn.Conv2d 等模块来写"
        )
    axis = node.kwargs.get("dim", 1 if function in ("cat", "concat") else None)
    if function in ("cat", "concat") and len(node.args) > 1:
        axis = node.args[1]
    if axis not in (None, 1) and function != "flatten":
        raise ValueError(f"{node.name} 沿维度 {axis} 连接或计算，不是逐个像素的：感受野没有定义")
    return field._replace(name=node.name)


def layer_of(name, module):
    """One of ``WINDOWED`` as a :class:`Layer`."""
    padding, dilation = module.padding, getattr(module, "dilation", 1)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        padding = tuple(near for near, _ in same_padding(module.kernel_size, dilation))
    return Layer(name, module.kernel_size, module.stride, padding, dilation)


def _join_branches(fields, name):
    """The box that holds the boxes of all branches."""
    if any(field.size is None for field in fields):
        return ReceptiveField(name, None, None, None)
    if len({field.jump for field in fields}) > 1:
        raise ValueError(f"在 {name} 会合的分支步幅不同：{[field.jump for field in fields]}")
    sizes, starts = ([as_pair(field[i]) for field in fields] for i in (1, 3))
    start = tuple(map(min, zip(*starts, strict=True)))
    ends = [tuple(map(sum, zip(*box, strict=True))) for box in zip(starts, sizes, strict=True)]
    end = tuple(map(max, zip(*ends, strict=True)))
    size = tuple(e - s for e, s in zip(end, start, strict=True))
    return ReceptiveField(name, shorten(size), fields[0].jump, shorten(start))
