"""What is done to every explorer, wherever it lives: sliders by keyboard, each state against torch.

The same steps run on the built site, over http and as files, and in JupyterLab with a kernel.
"""

import json
import random
import re
from collections.abc import Callable
from functools import partial

import torch
from playwright.sync_api import Locator, Page, expect
from torch import nn

KEYS = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"]
PRESSES = 60


def state_of(root: Locator) -> dict:
    """What the explorer says that it shows."""
    return json.loads(root.get_attribute("data-state"))


def handles(host: Locator) -> dict[str, Locator]:
    """The slider handles by their labels."""
    sliders = host.locator(".widget-slider")
    labels = sliders.locator(".widget-label").all_text_contents()  # scrolled away or not
    return {
        label: sliders.filter(has_text=re.compile(f"^{re.escape(label)}")).get_by_role("slider")
        for label in labels
    }


def hosts(page: Page, widget: str, around: str = ".widget-subarea") -> Locator:
    """The elements that hold sliders and picture of an explorer of this kind each."""
    return page.locator(f'{around}:has([data-widget="{widget}"])')


def values(root: Locator, grid: str) -> torch.Tensor:
    """The numbers of all cells of a grid, one after the other."""
    cells = root.locator(f'[data-grid="{grid}"][data-value]:not([data-pad])')
    return torch.tensor(cells.evaluate_all("cells => cells.map((c) => Number(c.dataset.value))"))


def conv_layer(state: dict) -> nn.Module:
    """The layer of a convolution explorer."""
    names = ("kernel_size", "padding", "stride", "dilation")
    return nn.Conv2d(1, 1, **{name: state[name] for name in names}, bias=False)


def pool_layer(state: dict) -> nn.Module:
    """The layer of a pooling explorer."""
    options = {name: state[name] for name in ("kernel_size", "stride", "padding", "ceil_mode")}
    if state["mode"] == "max":
        return nn.MaxPool2d(**options, dilation=state["dilation"])
    return nn.AvgPool2d(**options, count_include_pad=state["count_include_pad"])


def channel_layer(state: dict) -> nn.Module:
    """The layer of a channel explorer."""
    names = ("in_channels", "out_channels", "groups", "kernel_size", "padding", "stride")
    return nn.Conv2d(**{name: state[name] for name in names}, bias=state["has_bias"])


def stack_layer(layer: dict) -> nn.Module:
    """One layer of a receptive field explorer."""
    options = {name: layer[name] for name in ("kernel_size", "stride", "padding", "dilation")}
    if layer["kind"] == "avg" and layer["dilation"] == 1:
        del options["dilation"]  # torch refuses any
    kinds = {"conv": partial(nn.Conv2d, 1, 1), "max": nn.MaxPool2d, "avg": nn.AvgPool2d}
    return kinds[layer["kind"]](**options)


class Stack:
    """The layers of a receptive field explorer: the first that is impossible says so."""

    def __init__(self, state: dict) -> None:
        self.layers = state["layers"]

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Sends an image through."""
        for layer in self.layers:
            image = stack_layer(layer)(image)
        return image


def input_shape(root: Locator) -> list[int]:
    """(channels, height, width) of the input."""
    shape = [int(size) for size in root.get_attribute("data-input-size").split("x")]
    return [1] * (3 - len(shape)) + shape


def check_conv(root: Locator, layer: nn.Module, image: torch.Tensor) -> None:
    """Every output is torch's for the numbers shown."""
    layer.weight.data = values(root, "kernel").reshape(layer.weight.shape).float()
    assert torch.equal(layer(image).flatten(), values(root, "output").float())


def check_pool(root: Locator, layer: nn.Module, image: torch.Tensor) -> None:
    """Every output is torch's for the numbers shown."""
    shown = root.locator("[data-grid=output]").evaluate_all(
        "cells => cells.map((c) => c.dataset.value)"
    )
    wanted = layer(image).flatten().tolist()
    assert len(shown) == len(wanted)
    for text, value in zip(shown, wanted, strict=True):
        assert abs(float(text.replace("Infinity", "inf")) - value) < 1e-5


def check_channels(root: Locator, layer: nn.Module, image: torch.Tensor) -> None:
    """The output is torch's for the numbers shown, where the slices show them."""
    weight, bias = values(root, "kernel"), values(root, "bias")
    if weight.numel() == layer.weight.numel():
        layer.weight.data = weight.reshape(layer.weight.shape).float()
        if layer.bias is not None:
            layer.bias.data = bias.float()
        assert torch.equal(layer(image).flatten(), values(root, "output").float())


def check_stack(root: Locator, stack: Stack, image: torch.Tensor) -> None:
    """Every unit of the selected layer reads as many pixels of a line as the gradient says."""
    level = state_of(root)["selected"] + 1
    line = torch.zeros(image.shape[-1], requires_grad=True)
    ones = line.expand(1, line.numel(), line.numel())
    for layer in stack.layers[:level]:  # as convolutions: what a window reads, not what wins
        part = stack_layer({**layer, "kind": "conv"})
        nn.init.ones_(part.weight)
        nn.init.zeros_(part.bias)
        ones = part(ones)
    read = [torch.autograd.grad(unit, line, retain_graph=True)[0] for unit in ones[0].sum(0)]
    shown = root.locator("[data-grid=output]").evaluate_all(
        "units => units.map((u) => Number(u.dataset.value))"
    )
    assert shown == [int((gradient > 0).sum()) for gradient in read]


EXPLORERS: dict[str, tuple[Callable, Callable]] = {  # the layer shown, and what is checked of it
    "conv-explorer": (conv_layer, check_conv),
    "pool-explorer": (pool_layer, check_pool),
    "channel-explorer": (channel_layer, check_channels),
    "receptive-field-explorer": (Stack, check_stack),
}


def drive(page: Page, host: Locator, widget: str) -> None:
    """Moves the sliders by keyboard; whatever they stand at, the picture says what torch says."""
    root = host.locator(f'[data-widget="{widget}"]').first
    make, check = EXPLORERS[widget]
    expect(host.locator(".widget-slider [role=slider]").nth(3)).to_be_attached()
    sliders = list(handles(host).values())
    draw, sizes, refused = random.Random(0), set(), 0
    for _ in range(PRESSES):
        draw.choice(sliders).press(draw.choice(KEYS))
        state = state_of(root)
        shape = input_shape(root)
        image = values(root, "input")
        if widget == "receptive-field-explorer":
            image = torch.zeros(shape)
        try:
            layer = make(state)
            wanted = layer(torch.zeros(shape)).shape
        except (RuntimeError, ValueError, TypeError) as error:
            assert root.get_attribute("data-output-size") == "", state
            said = root.get_attribute("data-error")
            assert said and (said in str(error) or str(error) in said), (said, error)
            refused += 1
            mends = root.locator(".dx-error button")
            if refused % 2 and mends.count():
                draw.choice(mends.all()).press("Enter")
                assert root.get_attribute("data-error") is None, state
            continue
        size = root.get_attribute("data-output-size")
        assert size.split("x")[-2:] == [str(n) for n in wanted[-2:]], state
        assert root.get_attribute("data-error") is None, state
        check(root, layer, image.reshape(shape).float())
        sizes.add(size)
    assert len(sizes) > 4
    assert 0 < refused < PRESSES - 10
    print(f"{widget}: {len(sizes)} sizes, {refused} refused of {PRESSES}")
