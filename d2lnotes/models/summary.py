"""What every layer of a network puts out, costs and sees, as a table."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from ..modes import modes_kept
from ..shapes import receptive_field
from ..tables import html_table, text_table

HEADINGS = ("层", "输出形状", "参数", "乘加次数", "感受野")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: Path of the module in the net.
        kind: Its class.
        shape: Output shape without the batch.
        parameters: Number of parameters.
        macs: Multiply-accumulate operations for one image, in convolutions (not transposed
            ones) and dense layers.
        field: Receptive field in input cells, or None where a unit sees the whole image.
    """

    name: str
    kind: str
    shape: tuple
    parameters: int
    macs: int
    field: int | tuple | None


class Summary:
    """Table of a network's layers; reads well in a notebook and in a terminal.

    Attributes:
        rows: One :class:`Row` a layer.
        parameters: Parameters of the whole network.
        macs: Multiply-accumulate operations of the whole network for one image.
    """

    def __init__(self, rows, parameters):
        self.rows = rows
        self.parameters = parameters
        self.macs = sum(row.macs for row in rows)

    def _cells(self):
        for row in self.rows:
            field = "全图" if row.field is None else f"{row.field}"
            shape = "×".join(map(str, row.shape))
            cost = (f"{n:,}" if n else "" for n in (row.parameters, row.macs))
            yield (f"{row.name} {row.kind}", shape, *cost, field)
        yield ("合计", "", f"{self.parameters:,}", f"{self.macs:,}", "")

    def __repr__(self):
        return text_table(HEADINGS, self._cells())

    def _repr_html_(self):
        return html_table(HEADINGS, self._cells())


def layer_summary(net, input_size):
    """Run a zero image through a network and tabulate its top-level modules.

    The net, its mode and its statistics stay as they are; nothing is kept for gradients.

    Args:
        net: Module whose children are applied one after the other, or any module.
        input_size: Shape of one image ``(C, H, W)``, or of a batch ``(N, C, H, W)``.

    Returns:
        A :class:`Summary`.

    Raises:
        ValueError: If ``input_size`` has neither 3 nor 4 sizes.
    """
    if len(input_size) not in (3, 4):
        raise ValueError(f"input_size={input_size!r} 无效：请给 (C, H, W) 或 (N, C, H, W)")
    image = (1, *input_size[-3:])
    if not list(net.children()):
        net = nn.Sequential(net)
    children = list(net.named_children())
    shapes, macs = _measure(net, children, image)
    fields = _fields(net)
    rows = [
        Row(
            name=name,
            kind=type(child).__name__,
            shape=shapes[child],
            parameters=_count(child),
            macs=macs[child],
            field=fields(name),
        )
        for name, child in children
        if child in shapes
    ]
    return Summary(rows, _count(net))


def _measure(net, children, image):
    """Output shape and multiplications of every child, from one forward pass."""
    shapes, macs = {}, {child: 0 for _, child in children}
    owner = {module: child for _, child in children for module in child.modules()}

    def note_shape(module, _, output):
        shapes[module] = tuple(output.shape[1:])

    def count(module, _, output):
        macs[owner[module]] += output.numel() * math.prod(module.weight.shape[1:])

    hooks = [child.register_forward_hook(note_shape) for _, child in children]
    hooks += [
        m.register_forward_hook(count) for m in owner if isinstance(m, (nn.Conv2d, nn.Linear))
    ]
    parameter = next(net.parameters(), torch.empty(0))
    try:
        with modes_kept(net), torch.no_grad():
            net.eval()(torch.zeros(image, device=parameter.device, dtype=parameter.dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return shapes, macs


def _fields(net):
    """Function from a child's name to the receptive field behind its last layer."""
    try:
        fields = receptive_field(net)
    except ValueError:
        return lambda name: "—"
    order = [(field.name, field.size) for field in fields]

    def behind(name):
        inside = [i for i, (n, _) in enumerate(order) if n == name or n.startswith(f"{name}.")]
        return order[inside[-1]][1] if inside else "—"

    return behind


def _count(module):
    return sum(p.numel() for p in module.parameters())
