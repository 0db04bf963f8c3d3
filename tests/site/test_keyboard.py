"""All that a page offers, without a mouse: skip link, menus, search, theme, answers, sliders."""

from playwright.sync_api import Locator, Page, expect

from conftest import READY

CHAPTER = "chapters/convolution/padding-and-stride.html"
FOCUSED = "document.activeElement"


def tab_to(page: Page, target: Locator, limit: int = 60) -> None:
    """Presses Tab until the target has the focus."""
    element = target.element_handle()
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("(element) => element === document.activeElement", element):
            return
    raise AssertionError(f"{limit} times Tab do not reach {element}")


def test_the_first_stop_skips_to_the_text(visit) -> None:
    page = visit("http", CHAPTER).page
    page.keyboard.press("Tab")
    link = page.locator("#pst-skip-link a")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUSED}.closest('main') !== null")


def test_search_opens_asks_and_closes(visit) -> None:
    page = visit("http", CHAPTER).page
    box = page.locator("#pst-search-dialog input")
    button = page.locator(".search-button__button:visible").first
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("步幅")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")


def test_the_theme_changes(visit) -> None:
    page = visit("http", CHAPTER).page
    seen = set()
    tab_to(page, page.locator(".theme-switch-button:visible").first)
    for _ in range(3):
        page.keyboard.press("Enter")
        seen.add(page.locator("html").get_attribute("data-mode"))
    assert seen == {"auto", "light", "dark"}


def test_the_menu_of_a_phone_opens_and_closes(visit) -> None:
    page = visit("http", CHAPTER).page
    page.set_viewport_size({"width": 375, "height": 667})
    menu = page.locator("dialog#pst-primary-sidebar-modal")
    toggle = page.locator(".primary-toggle:visible")
    tab_to(page, toggle)
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    assert page.evaluate(f"{FOCUSED}.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(toggle).to_be_focused()


def test_every_stop_is_reached_and_answers_open(visit) -> None:
    """Once round the page: answers and folded code open and close, no slider is left out."""
    page = visit("http", CHAPTER).page
    page.wait_for_function(READY)
    sliders, summaries = set(), 0
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            f"(({{ localName, role, ariaLabel }}) => [localName, role, ariaLabel])({FOCUSED})"
        )
        if stop[0] == "body":
            break
        if stop[0] == "summary":
            summaries += 1
            for key, is_open in (("Enter", True), ("Space", False)):
                page.keyboard.press(key)
                assert page.evaluate(f"{FOCUSED}.parentElement.open") is is_open
        if stop[1] == "slider":
            sliders.add(stop[2])
    else:
        raise AssertionError("the focus never comes out of the page again")
    assert len(sliders) == page.locator("article [role=slider]:visible").count()
    assert summaries == page.locator("article summary:visible").count()
