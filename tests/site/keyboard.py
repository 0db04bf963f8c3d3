"""What a reader without a mouse does on a bare page."""

import pytest
from playwright.sync_api import Page


def press_button(page: Page, name: str) -> None:
    """Reaches a button by Tab and presses it."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == name:
            page.keyboard.press("Enter")
            return
    pytest.fail(f"no button {name} in the tab order")
