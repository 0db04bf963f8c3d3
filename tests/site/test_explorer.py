"""The sliders of every explorer on the built site, driven by keyboard, against torch."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from conftest import SCHEMES
from drives import drive, handles, hosts, state_of

PAGE = "chapters/convolution/padding-and-stride.html"
PAGES = {
    "conv-explorer": PAGE,
    "pool-explorer": "chapters/convolution/pooling.html",
    "channel-explorer": "chapters/convolution/channels.html",
    "receptive-field-explorer": "chapters/convolution/receptive-field.html",
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("widget", PAGES)
def test_explorers_say_what_torch_says(visit, widget: str, scheme: str) -> None:
    seen = visit(scheme, PAGES[widget])
    drive(seen.page, hosts(seen.page, widget).first, widget)
    assert seen.complaints == []


def test_sliders_say_what_they_set(visit) -> None:
    sliders = handles(hosts(visit("http", PAGE).page, "conv-explorer").first)
    assert [label[:2] for label in sliders] == ["输入", "卷积", "填充", "步幅", "空洞"]
    for label, slider in sliders.items():
        assert slider.get_attribute("aria-label") == label


def test_the_link_to_share_leads_back(visit) -> None:
    seen = visit("http", PAGE)
    host = hosts(seen.page, "conv-explorer").first
    root = host.locator("[data-widget]")
    list(handles(host).values())[4].press("End")
    root.get_by_role("button", name="链接", exact=True).press("Enter")
    address = root.get_by_role("textbox", name="打开这个链接").input_value()
    assert address.startswith(seen.base + PAGE + "#conv-explorer?")
    state = state_of(root)
    seen.page.goto("about:blank")
    seen.page.goto(address)
    seen.settle()
    expect(root).to_have_attribute("data-state", re.compile(r'"dilation":3\b'))
    assert state_of(root) == state
    assert seen.complaints == []


def test_two_views_of_one_explorer_both_answer(visit) -> None:
    def show_twice(route: Route) -> None:
        html = route.fetch().text()
        [view, *_] = re.findall(r"<script [^>]*widget-view\+json[^>]*>.*?</script>", html, re.S)
        route.fulfill(body=html.replace(view, view * 2), content_type="text/html")

    seen = visit("http", PAGE, change=show_twice)
    both = hosts(seen.page, "conv-explorer")
    first, second = (both.nth(i).locator('[data-widget="conv-explorer"]') for i in range(2))
    before = first.get_attribute("data-state")
    assert second.get_attribute("data-state") == before
    list(handles(both.nth(0)).values())[2].press("ArrowRight")
    assert first.get_attribute("data-state") != before
    assert first.get_attribute("data-state") == second.get_attribute("data-state")
    assert seen.complaints == []


@pytest.mark.parametrize("widget", PAGES)
def test_every_key_press_is_answered_at_once(visit, widget: str) -> None:
    times = key_presses(visit("http", PAGES[widget]).page, widget)
    assert len(times) > 60  # of 100: some presses meet the end of a slider


def key_presses(page: Page, widget: str) -> list[float]:
    """Milliseconds from a key event to the changed and laid-out document, where it changed."""
    return page.evaluate(
        """(widget) => {
          const isHost = (e) => e.querySelector(`[data-widget="${widget}"]`);
          const host = [...document.querySelectorAll(".widget-subarea")].find(isHost);
          const root = isHost(host);
          const handles = host.querySelectorAll(".widget-slider [role=slider]");
          const times = [];
          for (let i = 0; i < 100; i++) {
            const before = root.dataset.state;
            const key = i % 2 ? "ArrowLeft" : "ArrowRight";
            const handle = handles[(i >> 1) % handles.length];
            const start = performance.now();
            handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            document.body.getBoundingClientRect(); // lay out, as the next frame would
            if (root.dataset.state !== before) times.push(performance.now() - start);
          }
          return times;
        }""",
        widget,
    )
