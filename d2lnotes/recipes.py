"""Settings that train each network, in one table.

``textbook`` is d2l's setting of each network, for a GPU: full size, ten epochs, plain SGD.
"""

from dataclasses import dataclass, field

from . import models
from .data import load_data_fashion_mnist
from .train import train_ch6


@dataclass(frozen=True)
class Recipe:
    """How to train one network on Fashion-MNIST.

    Attributes:
        lr: Learning rate.
        batch_size: Images per step.
        resize: Side of the images in pixels; 28 if None.
        num_epochs: Passes over the training images.
        net: Arguments of the network's builder.
        channels_last: Memory layout, see :func:`~d2lnotes.train.train_ch6`.
    """

    lr: float
    batch_size: int
    resize: int | None = None
    num_epochs: int = 10
    net: dict = field(default_factory=dict)
    channels_last: bool = True


RECIPES = {
    "lenet": {"textbook": Recipe(lr=0.9, batch_size=256)},
    "alexnet": {"textbook": Recipe(lr=0.01, batch_size=128, resize=224)},
    "vgg": {"textbook": Recipe(lr=0.05, batch_size=128, resize=224, net={"width": 0.25})},
    "nin": {"textbook": Recipe(lr=0.1, batch_size=128, resize=224)},
    "googlenet": {"textbook": Recipe(lr=0.1, batch_size=128, resize=96)},
    "bn_lenet": {"textbook": Recipe(lr=1.0, batch_size=256)},
    "resnet18": {"textbook": Recipe(lr=0.05, batch_size=256, resize=96)},
    "densenet": {"textbook": Recipe(lr=0.1, batch_size=256, resize=96)},
}


def find_recipe(model, recipe):
    """Look a recipe up.

    Raises:
        ValueError: If there is none of that name.
    """
    if model not in RECIPES:
        raise ValueError(f"没有网络 {model!r}：请给 {'、'.join(RECIPES)} 之一")
    if recipe not in RECIPES[model]:
        raise ValueError(f"{model} 没有方案 {recipe!r}：请给 {'、'.join(RECIPES[model])} 之一")
    return RECIPES[model][recipe]


def train_recipe(model, recipe="textbook", *, device=None, root=None, limit=None, **options):
    """Build a network and train it as its recipe says.

    Args:
        model: Name of a network in :data:`RECIPES`.
        recipe: Name of one of its recipes.
        device: Device to train on; the best one of this machine unless given.
        root: Folder with the data.
        limit: Use only so many images of each set.
        options: Further arguments of :func:`~d2lnotes.train.train_ch6`; they win over the recipe.

    Returns:
        ``(net, history)``.
    """
    settings = find_recipe(model, recipe)
    loaders = load_data_fashion_mnist(
        settings.batch_size,
        settings.resize,
        device=device,
        root=root,
        limit=limit,
        seed=options.get("seed"),
    )
    net = getattr(models, model)(**settings.net)
    names = ("num_epochs", "lr", "channels_last")
    options = {name: getattr(settings, name) for name in names} | options
    return net, train_ch6(net, *loaders, device=device, **options)
