"""Open the right explorer on a reader's own layer, with its weights and a piece of their tensor."""

from html import escape

import ipywidgets
from torch import nn

from ._explain_conv import explain_conv
from ._explain_pool import explain_pool
from ._explain_stack import explain_stack
from ._refusals import refuse, refuse_uninitialized

# Everything a reader sees. Another language is another table.
_TEXT = {
    "without_x": "没有给 x，用不上 {names}。请写 explain(layer, x, …)。",
    "not_for": "{kind} 用不上 {names}，请省去。",
}


def explain(module, x=None, *, image=0, at=None, size=None, channel=0, out_channels=None):
    """Open the right explorer on a layer, with its real settings and weights.

    The module is only read: its weights, gradients, mode and device stay as they are.

    Args:
        module: An ``nn.Conv2d`` or ``nn.ConvTranspose2d`` (``conv_explorer``), an ``nn.MaxPool2d``
            or ``nn.AvgPool2d`` (``pool_explorer``), or an ``nn.Sequential`` of such layers and
            elementwise ones (``receptive_field_explorer``).
        x: What the layer reads: ``(H, W)``, ``(C, H, W)`` or ``(N, C, H, W)``, of any type and on
            any device. Of a large one a piece is shown, and a note above the explorer says which.
            By default the explorer's own digits. Of an ``nn.Sequential`` only its size counts.
        image: Which image of ``(N, C, H, W)``.
        at: Row and column where the piece begins; by default it lies in the middle.
        size: Rows and columns of the piece, at most 32; by default 12, or what the kernel needs.
        channel: Which channel a pooling layer shows.
        out_channels: Which output channels of a convolution are shown; by default all.

    Returns:
        The explorer. Its ``note`` is the text above it.

    Raises:
        TypeError: There is no explorer for such a module; the message says what to do instead.
        ValueError: The layer or ``x`` cannot be shown, or they do not fit each other.
    """
    if isinstance(module, nn.Module):
        refuse_uninitialized(module)
    piece = {"image": image, "at": at, "size": size}
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        _refuse_unused(module, x, piece, channel=channel)
        return _with_note(*explain_conv(module, x, piece, out_channels))
    if isinstance(module, (nn.MaxPool2d, nn.AvgPool2d)):
        _refuse_unused(module, x, {**piece, "channel": channel}, out_channels=out_channels)
        return _with_note(*explain_pool(module, x, piece, channel))
    if isinstance(module, nn.Sequential):
        _refuse_unused(module, x, {}, **piece, channel=channel, out_channels=out_channels)
        return _with_note(*explain_stack(module, x))
    return refuse(module)


def _refuse_unused(module, x, of_x, **others):
    """Say of what was asked for in vain, rather than leave it out."""
    unused = [name for name, value in others.items() if not _is_usual(value)]
    if unused:
        names, kind = "、".join(unused), type(module).__name__
        raise ValueError(_TEXT["not_for"].format(kind=kind, names=names))
    unused = [name for name, value in of_x.items() if not _is_usual(value)]
    if unused and x is None:
        raise ValueError(_TEXT["without_x"].format(names="、".join(unused)))


def _is_usual(value):
    return value is None or (isinstance(value, int) and value == 0)


def _with_note(explorer, sentences):
    explorer.note = "".join(sentences)
    if explorer.note:
        text = f'<div style="line-height: 1.5">{escape(explorer.note)}</div>'
        explorer.children = (ipywidgets.HTML(text), *explorer.children)
    return explorer
