"""The sliders of the convolution explorer, driven by keyboard, against torch."""

import json
import random
import re

import pytest
import torch
from playwright.sync_api import Locator, Page, Route
from torch.nn import functional

from conftest import SCHEMES

PAGE = "chapters/convolution/padding-and-stride.html"
SLIDERS = {"卷积核": "kernel_size", "填充": "padding", "步幅": "stride", "空洞率": "dilation"}
KEYS = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"]


def torch_output_size(n: int, kernel_size: int, **setting: int) -> str:
    """The shape that torch computes, as "5x5"; empty where torch raises."""
    try:
        kernel = torch.zeros(1, 1, kernel_size, kernel_size)
        output = functional.conv2d(torch.zeros(1, 1, n, n), kernel, **setting)
    except RuntimeError:
        return ""
    return "x".join(map(str, output.shape[2:]))


def handles(host: Locator) -> dict[str, Locator]:
    """The four slider handles by the argument that they set."""
    return {
        name: host.locator(".widget-slider", has_text=re.compile(f"^{label}")).get_by_role("slider")
        for label, name in SLIDERS.items()
    }


def hosts(page: Page, around: str = ".widget-subarea") -> Locator:
    """The elements that hold sliders and picture of a convolution explorer each."""
    return page.locator(f'{around}:has([data-widget="conv-explorer"])')


def drive(page: Page, host: Locator) -> None:
    """Moves the sliders by keyboard; whatever they stand at, the picture says what torch says."""
    explorer = host.locator('[data-widget="conv-explorer"]')
    sliders = handles(host)
    draw = random.Random(0)
    # First to a setting that cannot be, then at random.
    presses = [("padding", "Home"), ("kernel_size", "End"), ("dilation", "End")]
    presses += [(draw.choice(list(sliders)), draw.choice(KEYS)) for _ in range(80)]
    shown = set()
    for name, key in presses:
        sliders[name].focus()
        page.keyboard.press(key)
        setting = {k: int(float(s.get_attribute("aria-valuenow"))) for k, s in sliders.items()}
        n = int(explorer.get_attribute("data-input-size").partition("x")[0])
        expected = torch_output_size(n, **setting)
        assert explorer.get_attribute("data-output-size") == expected, setting
        assert bool(explorer.get_attribute("data-error")) == (expected == ""), setting
        state = json.loads(explorer.get_attribute("data-state"))
        assert {name: state[name] for name in setting} == setting
        cells = explorer.locator('[role="gridcell"][data-grid="output"]').count()
        if expected:
            assert cells == int(expected.partition("x")[0]) ** 2, setting
        shown.add(expected)
    assert "" in shown
    assert len(shown) > 4


@pytest.mark.parametrize("scheme", SCHEMES)
def test_output_size_is_what_torch_says(visit, scheme: str) -> None:
    seen = visit(scheme, PAGE)
    drive(seen.page, hosts(seen.page).first)
    assert seen.complaints == []


def test_sliders_say_what_they_set(visit) -> None:
    sliders = handles(hosts(visit("http", PAGE).page).first)
    for label, name in SLIDERS.items():
        assert sliders[name].get_attribute("aria-label").startswith(label)


def test_two_views_of_one_explorer_both_answer(visit) -> None:
    def show_twice(route: Route) -> None:
        html = route.fetch().text()
        [view, *_] = re.findall(r"<script [^>]*widget-view\+json[^>]*>.*?</script>", html, re.S)
        route.fulfill(body=html.replace(view, view * 2), content_type="text/html")

    seen = visit("http", PAGE, change=show_twice)
    both = hosts(seen.page)
    first, second = (both.nth(i).locator('[data-widget="conv-explorer"]') for i in range(2))
    before = first.get_attribute("data-state")
    assert second.get_attribute("data-state") == before
    handles(both.nth(0))["padding"].press("ArrowRight")
    assert first.get_attribute("data-state") != before
    assert first.get_attribute("data-state") == second.get_attribute("data-state")
    assert seen.complaints == []


def test_every_key_press_is_answered_before_the_next_frame(visit) -> None:
    times = key_presses(visit("http", PAGE).page)
    assert len(times) == 100


def key_presses(page) -> list[float]:
    """Milliseconds from a key event to the changed and laid-out document, where it changed."""
    return page.evaluate(
        """() => {
          const host = [...document.querySelectorAll('.widget-subarea')]
            .find((e) => e.querySelector('[data-widget="conv-explorer"]'));
          const root = host.querySelector('[data-widget="conv-explorer"]');
          const handle = host.querySelector('[role="slider"][aria-label^="填充"]');
          const times = [];
          for (let i = 0; i < 100; i++) {
            const before = root.dataset.state;
            const key = i % 2 ? 'ArrowLeft' : 'ArrowRight';
            const start = performance.now();
            handle.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
            document.body.getBoundingClientRect(); // lay out, as the next frame would
            if (root.dataset.state !== before) times.push(performance.now() - start);
          }
          return times;
        }"""
    )
