"""How people look at a page, and what every page must bear however it is looked at.

A page is opened once and looked at in several ways, since a window that gets narrower and a system
that gets darker change no more than a fresh visit would. axe-core runs in each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

OPTIONS = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
    # axe would copy the admin's @import into an inline style, and that is forbidden.
    "preload": False,
}


@dataclass(frozen=True)
class Look:
    """A window of some size, in CSS pixels, and the colours that somebody's system asks for."""

    width: int
    height: int
    colors: Literal["light", "dark"] = "light"
    forced: Literal["none", "active"] = "none"


LOOKS = {
    "desk": Look(1280, 900),
    "desk in the dark": Look(1280, 900, "dark"),
    "phone": Look(360, 740),
    "phone in the dark": Look(360, 740, "dark"),
    "forced colours": Look(768, 900, forced="active"),
}
"""All of them: for each kind of page once."""
FEW = ("desk", "phone in the dark")
"""Each width and each scheme once: for another page made of the same pieces."""


def assert_reads_well(page: Page, what: str = "", looks: Iterable[str] = LOOKS) -> None:
    """See that a page fits and that axe-core finds nothing, in these looks.

    The window has the first look afterwards.
    """
    looks = [*looks]
    for name in looks:
        look(page, name)
        assert_fits(page, f"{what} ({name})")
        assert_accessible(page, f"{what} ({name})")
    look(page, looks[0])


def look(page: Page, name: str) -> None:
    """Give the window this look, and wait until all of the page has it."""
    there = LOOKS[name]
    page.set_viewport_size({"width": there.width, "height": there.height})
    # Without motion, so that no colour is measured on its way to another one.
    page.emulate_media(
        color_scheme=there.colors, forced_colors=there.forced, reduced_motion="reduce"
    )
    page.wait_for_load_state("load")
    page.evaluate(
        """async (width) => {
            while (innerWidth !== width) await new Promise((next) => setTimeout(next, 10));
        }""",
        there.width,
    )


def assert_accessible(page: Page, what: str = "") -> None:
    """See that axe-core finds nothing on a page as it stands."""
    # A click returns as soon as the next page begins; axe must look at it with its stylesheet.
    page.wait_for_load_state("load")
    page.emulate_media(reduced_motion="reduce")
    if page.locator(".said").count():
        page.wait_for_selector(".said h2")
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate("(options) => axe.run(document, options)", OPTIONS))
    assert not found.response["violations"], f"{page.url} {what}\n{found.generate_report()}"


def assert_fits(page: Page, what: str = "") -> None:
    """See that nothing has to be scrolled sideways."""
    page.wait_for_load_state("load")
    wide, room = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= room, f"{page.url} {what} is {wide} wide in a window of {room}"
