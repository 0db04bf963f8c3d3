"""Settings that train each network, in one table.

- ``quick`` runs in a chapter on two CPU cores: narrow networks, small images, few epochs.
- ``textbook`` is d2l's setting of each network, for a GPU: full size, ten epochs, plain SGD.
- ``tuned`` is the textbook's size with a schedule, momentum, weight decay and shifted and
  mirrored images, for a GPU.
"""

from dataclasses import dataclass, field, fields, replace

import torch
from torch import nn

from . import models
from .augment import random_crop_and_flip
from .data import load_data_fashion_mnist
from .devices import as_device
from .train import initialize, train_ch6


@dataclass(frozen=True, repr=False)
class Recipe:
    """How to train one network on Fashion-MNIST.

    Attributes:
        lr: Learning rate; the highest one if there is a schedule.
        batch_size: Images per step.
        resize: Side of the images in pixels; 28 if None.
        num_epochs: Passes over the training images.
        net: Arguments of the network's builder.
        init: Initial weights: a name that :func:`~d2lnotes.train.train_ch6` knows, or ``'nin'``
            for :func:`initialize_nin`.
        optimizer: Name of a class in ``torch.optim``.
        optimizer_options: Its arguments beside the learning rate.
        one_cycle: Let the rate rise over the first 30 % of all steps, then fall to nearly zero
            (``OneCycleLR``; Smith and Topin, "Super-convergence", 2018).
        augment: Shift and mirror training images, see :mod:`d2lnotes.augment`.
        channels_last: Memory layout, see :func:`~d2lnotes.train.train_ch6`.
    """

    lr: float
    batch_size: int
    resize: int | None = None
    num_epochs: int = 10
    net: dict = field(default_factory=dict)
    init: str = "xavier"
    optimizer: str = "SGD"
    optimizer_options: dict = field(default_factory=dict)
    one_cycle: bool = False
    augment: bool = False
    channels_last: bool = True

    def __repr__(self):
        """The settings that say something: rate, batch, epochs, and all that is not default."""
        plain = Recipe(lr=None, batch_size=None, num_epochs=None)
        pairs = ((f.name, getattr(self, f.name)) for f in fields(self))
        said = (f"{name}={value!r}" for name, value in pairs if value != getattr(plain, name))
        return f"Recipe({', '.join(said)})"

    def make_optimizer(self, parameters, lr):
        """The optimizer for a net's parameters."""
        return getattr(torch.optim, self.optimizer)(parameters, lr=lr, **self.optimizer_options)


def initialize_nin(net):
    """Kaiming's weights, and a last block in which the ReLU of every class starts open.

    That block has one channel a class. Its inputs are all positive and alike, so that with random
    weights a channel has the same sign for every image: about half of the classes start at zero
    for all, and some stay there. Here its 1x1 convolutions start as the identity and its
    3x3 convolution with bias 1.
    """
    initialize(net, "kaiming")
    conv, *pointwise = (layer for layer in net[-3] if isinstance(layer, nn.Conv2d))
    nn.init.ones_(conv.bias)
    for layer in pointwise:
        nn.init.dirac_(layer.weight)
        nn.init.zeros_(layer.bias)


MOMENTUM = {"momentum": 0.9, "weight_decay": 5e-4}
DECAY = {"weight_decay": 0.05}
# LeNet with and without batch norm, so that nothing else differs between the two
SIGMOID = {
    "lr": 0.03,
    "batch_size": 128,
    "init": "xavier_sigmoid",
    "optimizer": "Adam",
    "one_cycle": True,
}

RECIPES = {
    "lenet": {
        "quick": Recipe(num_epochs=5, **SIGMOID),
        "textbook": Recipe(lr=0.9, batch_size=256),
        "tuned": Recipe(**SIGMOID),
    },
    "alexnet": {
        "quick": Recipe(
            lr=0.003,
            batch_size=128,
            resize=65,
            num_epochs=3,
            net={"width": 0.25, "hidden": 256, "input_size": 65},
            init="kaiming",
            optimizer="Adam",
            one_cycle=True,
        ),
        "textbook": Recipe(lr=0.01, batch_size=128, resize=224),
        "tuned": Recipe(
            lr=0.01,
            batch_size=128,
            resize=224,
            init="kaiming",
            optimizer_options=MOMENTUM,
            one_cycle=True,
            augment=True,
        ),
    },
    "vgg": {
        "quick": Recipe(
            lr=0.003,
            batch_size=128,
            resize=32,
            num_epochs=3,
            net={"width": 0.125, "hidden": 256, "input_size": 32},
            init="kaiming",
            optimizer="Adam",
            one_cycle=True,
        ),
        "textbook": Recipe(lr=0.05, batch_size=128, resize=224, net={"width": 0.25}),
        "tuned": Recipe(
            lr=0.01,
            batch_size=128,
            resize=224,
            net={"width": 0.25},
            init="kaiming",
            optimizer_options=MOMENTUM,
            one_cycle=True,
            augment=True,
        ),
    },
    "nin": {
        "quick": Recipe(
            lr=0.004,
            batch_size=128,
            resize=67,
            num_epochs=3,
            net={"width": 0.25},
            init="nin",
            optimizer="Adam",
            one_cycle=True,
        ),
        "textbook": Recipe(lr=0.1, batch_size=128, resize=224),
        "tuned": Recipe(
            lr=0.001,
            batch_size=128,
            resize=224,
            init="nin",
            optimizer="AdamW",
            optimizer_options=DECAY,
            one_cycle=True,
            augment=True,
        ),
    },
    "googlenet": {
        "quick": Recipe(
            lr=0.003,
            batch_size=128,
            resize=32,
            num_epochs=4,
            net={"width": 0.25},
            init="kaiming",
            optimizer="Adam",
            one_cycle=True,
        ),
        "textbook": Recipe(lr=0.1, batch_size=128, resize=96),
        "tuned": Recipe(
            lr=0.001,
            batch_size=128,
            resize=96,
            init="kaiming",
            optimizer="AdamW",
            optimizer_options=DECAY,
            one_cycle=True,
            augment=True,
        ),
    },
    "bn_lenet": {
        "quick": Recipe(num_epochs=5, **SIGMOID),
        "textbook": Recipe(lr=1.0, batch_size=256),
        "tuned": Recipe(**SIGMOID),
    },
    "resnet18": {
        "quick": Recipe(
            lr=0.1,
            batch_size=128,
            num_epochs=2,
            net={"width": 0.25},
            init="kaiming",
            optimizer_options=MOMENTUM,
            one_cycle=True,
        ),
        "textbook": Recipe(lr=0.05, batch_size=256, resize=96),
        "tuned": Recipe(
            lr=0.1,
            batch_size=128,
            resize=96,
            init="kaiming",
            optimizer_options=MOMENTUM,
            one_cycle=True,
            augment=True,
        ),
    },
    "densenet": {
        "quick": Recipe(
            lr=0.01,
            batch_size=128,
            resize=32,
            num_epochs=3,
            net={"width": 0.25},
            init="kaiming",
            optimizer="Adam",
            one_cycle=True,
        ),
        "textbook": Recipe(lr=0.1, batch_size=256, resize=96),
        "tuned": Recipe(
            lr=0.1,
            batch_size=128,
            resize=96,
            init="kaiming",
            optimizer_options=MOMENTUM,
            one_cycle=True,
            augment=True,
        ),
    },
}

# initial weights of a whole network, beside those that train_ch6 knows by name
WHOLE_NET = {"nin": initialize_nin}


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


def recipe_here(device=None):
    """The recipe for a device: ``'quick'`` on a CPU, ``'textbook'`` on anything faster.

    Args:
        device: A device; the best one of this machine unless given.
    """
    return "quick" if as_device(device).type == "cpu" else "textbook"


def train_recipe(
    model, recipe="textbook", *, net=None, device=None, root=None, limit=None, **options
):
    """Build a network and train it as its recipe says.

    Args:
        model: Name of a network in :data:`RECIPES`.
        recipe: Name of one of its recipes.
        net: Train this network in place of the recipe's, with all its other settings.
        device: Device to train on; the best one of this machine unless given.
        root: Folder with the data.
        limit: Use only so many images of each set.
        options: Further arguments of :func:`~d2lnotes.train.train_ch6`; they win over the recipe.

    Returns:
        ``(net, history)``.
    """
    settings = find_recipe(model, recipe)
    changed = {name: options.pop(name) for name in ("num_epochs", "lr") if name in options}
    settings = replace(settings, **changed)
    train_iter, test_iter = load_data_fashion_mnist(
        settings.batch_size,
        settings.resize,
        device=device,
        root=root,
        limit=limit,
        seed=options.get("seed"),
        augment=random_crop_and_flip if settings.augment else None,
    )
    if net is None:
        net = getattr(models, model)(**settings.net)

    def one_cycle(optimizer):
        steps = settings.num_epochs * len(train_iter)
        return torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps)

    def initial(module):
        if module is net:
            WHOLE_NET[settings.init](net)

    options = {
        "init": initial if settings.init in WHOLE_NET else settings.init,
        "optimizer": settings.make_optimizer,
        "scheduler": one_cycle if settings.one_cycle else None,
        "channels_last": settings.channels_last,
    } | options
    history = train_ch6(
        net, train_iter, test_iter, settings.num_epochs, settings.lr, device, **options
    )
    return net, history
