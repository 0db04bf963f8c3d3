"""Pictures: training curves that grow while a net trains, and rows of images.

Text in figures is Latin: Colab has no Chinese font, and a missing glyph fails the book's build.
"""

import sys

import numpy as np
import torch
from matplotlib import pyplot as plt

from .modes import modes_kept

__all__ = [
    "Animator",
    "TrainingCurve",
    "plot_feature_maps",
    "plot_history",
    "show_images",
    "use_svg_display",
]

LINE_STYLES = ("-", "m--", "g-.", "r:")


def use_svg_display():
    """Show figures as SVG in notebooks: sharp at every size, light to send."""
    if in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def in_notebook():
    """Whether output goes to a notebook rather than a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


def show_images(imgs, num_rows, num_cols, titles=None, scale=1.5):
    """Show images in rows, grey ones in grey.

    Args:
        imgs: Images ``(H, W)``, ``(1, H, W)``, ``(3, H, W)`` or ``(H, W, 3)``, tensors or arrays.
        num_rows: Rows of the figure.
        num_cols: Columns of the figure.
        titles: One text an image (Latin letters).
        scale: Inches per image.

    Returns:
        The axes, row by row, in one array.

    Raises:
        ValueError: If the images or titles do not fit the rows and columns.
    """
    if len(imgs) > num_rows * num_cols:
        raise ValueError(f"{len(imgs)} 张图放不进 {num_rows} 行 {num_cols} 列")
    if titles is not None and len(titles) != len(imgs):
        raise ValueError(f"图像 {len(imgs)} 张，标题 {len(titles)} 个：应相等")
    use_svg_display()
    size = (num_cols * scale, num_rows * scale)
    _, axes = plt.subplots(num_rows, num_cols, figsize=size, squeeze=False, layout="constrained")
    axes = axes.ravel()
    for axis in axes:
        axis.axis("off")
    for i, (axis, img) in enumerate(zip(axes, imgs, strict=False)):
        # In SVG "none" keeps the pixels as they are: sharper, and a quarter lighter.
        axis.imshow(_pixels(img), cmap="gray", interpolation="none")
        if titles is not None:
            axis.set_title(titles[i], fontsize=9)
    return axes


def _pixels(img):
    img = np.asarray(img.detach().cpu() if isinstance(img, torch.Tensor) else img)
    if img.ndim == 3 and img.shape[0] in (1, 3):
        img = np.moveaxis(img, 0, -1)
    return img[..., 0] if img.ndim == 3 and img.shape[-1] == 1 else img


def plot_feature_maps(net, image, layer, *, num_maps=8, num_cols=8, scale=1.1):
    """Show what the channels of a layer make of one image, in evaluation mode.

    Args:
        net: The network.
        image: One image ``(C, H, W)``.
        layer: A module of the network, or its name in ``net.named_modules()``.
        num_maps: Show so many channels, the first ones.
        num_cols: Pictures in a row.
        scale: Inches per picture.

    Returns:
        The axes, row by row, in one array. Every map has its own scale of grey: black is its
        least value, white its greatest.

    Raises:
        ValueError: If the layer is not one of the network's, is not reached by the image, or does
            not give feature maps.
    """
    maps = _output_of(net, image, layer)[:num_maps]
    rows = -(-len(maps) // num_cols)
    return show_images(maps, rows, min(num_cols, len(maps)), range(len(maps)), scale)


def _output_of(net, image, layer):
    """Output ``(C, H, W)`` of one layer for one image."""
    modules = dict(net.named_modules())
    module = modules.get(layer) if isinstance(layer, str) else layer
    if not any(module is known for known in modules.values()):
        names = "、".join(name for name in modules if name)
        raise ValueError(f"网络里没有层 {layer!r}：请给一个层，或者它的名字：{names}")
    if image.dim() != 3:
        raise ValueError(f"image 的形状是 {tuple(image.shape)}，应是 (C, H, W)：一张图")
    seen = []
    hook = module.register_forward_hook(lambda module, inputs, output: seen.append(output))
    device = next((p.device for p in net.parameters()), None)
    try:
        with modes_kept(net), torch.no_grad():
            net.eval()
            net(image[None].to(device))
    finally:
        hook.remove()
    if not seen:
        raise ValueError(f"算这张图时没有用到层 {layer!r}")
    if getattr(seen[-1], "ndim", None) != 4:
        shape = tuple(getattr(seen[-1], "shape", ()))
        raise ValueError(f"层 {layer!r} 的输出形状是 {shape}：要 (N, C, H, W) 才是特征图")
    return seen[-1][0]


def plot_history(history):
    """Draw loss and accuracies of a run by epoch; returns the axes."""
    use_svg_display()
    _, axes = plt.subplots(figsize=(5, 3), layout="constrained")
    _draw_history(axes, history)
    return axes


def _draw_history(axes, history):
    epochs = range(1, history.epochs + 1)
    curves = {
        "train loss": history.train_loss,
        "train acc": history.train_acc,
        "test acc": history.test_acc,
    }
    for style, (label, values) in zip(LINE_STYLES, curves.items(), strict=False):
        axes.plot(epochs, values, style, label=label)
    axes.set(xlabel="epoch", xlim=(1, max(2, history.num_epochs)), ylim=(0, None))
    axes.grid(alpha=0.4)
    axes.legend()


class TrainingCurve:
    """Shows a run as it grows: one picture in a notebook, one line an epoch in a terminal.

    Args:
        history: The :class:`~d2lnotes.train.History` to follow.
    """

    def __init__(self, history):
        self.history = history
        self.live = _LiveFigure(figsize=(5, 3)) if in_notebook() else None

    def update(self):
        """Show the history as it is now."""
        h = self.history
        if self.live is None:
            print(
                f"epoch {h.epochs}/{h.num_epochs}  loss {h.train_loss[-1]:.3f}  "
                f"train acc {h.train_acc[-1]:.3f}  test acc {h.test_acc[-1]:.3f}  "
                f"{h.images / h.seconds[-1]:,.0f} images/s",
                flush=True,
            )
            return
        self.live.axes.clear()
        _draw_history(self.live.axes, h)
        self.live.show()


class _LiveFigure:
    """A figure shown once and then updated in place: no flicker, no stray copies."""

    def __init__(self, **options):
        use_svg_display()
        self.figure, self.axes = plt.subplots(layout="constrained", **options)
        plt.close(self.figure)  # else the notebook shows it a second time after the cell
        self.handle = None

    def show(self):
        from IPython.display import display

        if self.handle is None:
            self.handle = display(self.figure, display_id=True)
        else:
            self.handle.update(self.figure)


class Animator:
    """Curves that grow point by point, as in d2l, shown in notebooks.

    Args:
        xlabel: Label of the x axis.
        ylabel: Label of the y axis.
        legend: Names of the curves.
        xlim: Range of x.
        ylim: Range of y.
        xscale: ``'linear'`` or ``'log'``.
        yscale: ``'linear'`` or ``'log'``.
        fmts: Line styles.
        figsize: Inches.
    """

    def __init__(
        self,
        xlabel=None,
        ylabel=None,
        legend=None,
        xlim=None,
        ylim=None,
        xscale="linear",
        yscale="linear",
        fmts=LINE_STYLES,
        nrows=1,
        ncols=1,
        figsize=(3.5, 2.5),
    ):
        if (nrows, ncols) != (1, 1):
            raise ValueError(f"nrows={nrows}, ncols={ncols} 无效：Animator 只画一幅图")
        self.live = _LiveFigure(figsize=figsize)
        self.legend = legend or []
        self.style = {"xlabel": xlabel, "ylabel": ylabel, "xscale": xscale, "yscale": yscale}
        self.style |= {k: v for k, v in (("xlim", xlim), ("ylim", ylim)) if v is not None}
        self.fmts = fmts
        self.curves = []

    def add(self, x, y):
        """Add one point to each curve; None leaves a curve as it is."""
        ys = y if hasattr(y, "__len__") else [y]
        xs = x if hasattr(x, "__len__") else [x] * len(ys)
        while len(self.curves) < len(ys):
            self.curves.append(([], []))
        for (curve_x, curve_y), a, b in zip(self.curves, xs, ys, strict=True):
            if a is not None and b is not None:
                curve_x.append(a)
                curve_y.append(b)
        self._draw()

    def _draw(self):
        axes = self.live.axes
        axes.clear()
        for i, (x, y) in enumerate(self.curves):
            axes.plot(x, y, self.fmts[i % len(self.fmts)])
        axes.set(**self.style)
        axes.grid()
        if self.legend:
            axes.legend(self.legend)
        if in_notebook():
            self.live.show()
