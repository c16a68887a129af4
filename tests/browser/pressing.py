"""Buttons, as people press them."""

from __future__ import annotations

from playwright.sync_api import Page


def press(page: Page, name: str) -> None:
    """Press a button, whatever comes of it."""
    page.get_by_role("button", name=name, exact=True).click()


def send(page: Page, name: str) -> None:
    """Press a button that sends a form, and wait for the page that comes."""
    with page.expect_navigation():
        press(page, name)
