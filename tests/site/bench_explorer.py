"""How fast the explorers answer; run by `make bench`, never by `make test`: machines are noisy."""

import statistics

import pytest
from playwright.sync_api import Page

from d2lnotes.widgets import (
    channel_explorer,
    conv_explorer,
    pool_explorer,
    receptive_field_explorer,
)
from test_explorer import PAGE, PAGES, key_presses

# 16 by 16 cells with numbers, padding included; eight channels each way; ResNet's stem at 224.
LARGE = {
    "conv": lambda: conv_explorer(14, padding=1),
    "pool": lambda: pool_explorer(14, 3, 1, 1, mode="avg"),
    "channel": lambda: channel_explorer(8, 8),
    "receptive field": lambda: receptive_field_explorer("resnet_stem"),
}
REDRAW = """() => {
  const { model, root } = shown[0];
  const times = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    model.set("kernel_size", 2 + (i % 2));
    document.body.getBoundingClientRect(); // lay out, as the next frame would
    times.push(performance.now() - start);
  }
  return times.slice(50); // the first for the compiler
}"""


def report(name: str, times: list[float]) -> None:
    """Prints the middle and the slow end."""
    p95 = statistics.quantiles(times, n=20)[-1]
    middle, worst = statistics.median(times), max(times)
    print(f"\n{name}: median {middle:.1f} ms, p95 {p95:.1f} ms, worst {worst:.1f} ms")


@pytest.mark.parametrize("widget", PAGES)
def test_key_presses(visit, widget: str) -> None:
    """From the key event to the changed and laid-out page; five visits."""
    times = [t for _ in range(5) for t in key_presses(visit("http", PAGES[widget]).page, widget)]
    report(f"{widget}, key press on its page", times)


@pytest.mark.parametrize("name", LARGE)
def test_redraw(show, name: str) -> None:
    """From a changed setting to the laid-out picture, at the sizes that are promised."""
    page: Page = show(LARGE[name]())
    report(f"{name}, large", page.evaluate(REDRAW))


def test_ready(browser, addresses) -> None:
    """From navigation to the drawn explorer; nine first visits."""
    times = []
    for _ in range(9):
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(
            """new MutationObserver((_, self) => {
                 if (!document.querySelector('[data-widget="conv-explorer"]')) return;
                 window.drawnAt = performance.now();
                 self.disconnect();
               }).observe(document, { childList: true, subtree: true });"""
        )
        page.goto(addresses["http"] + PAGE)
        times.append(page.wait_for_function("window.drawnAt").json_value())
        context.close()
    print(f"\nexplorer drawn: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
