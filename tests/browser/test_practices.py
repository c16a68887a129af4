"""The pages of practices in a browser: axe, widths, and what works without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.drafting.drafts import start_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Policy
from policygen.policies.reviewing.review import submit
from policygen.practices.invitations import invite
from policygen.practices.models import Invitation, Location
from policygen.practices.roles import Role
from tests.browser.looks import FEW, assert_reads_well
from tests.policies.cast import Cast, account, cast, drafted, policy_of
from tests.practices.browsers import at, membership_of
from tests.signing_in import cookies_of, sign_in, with_address
from tests.wizard.conftest import release

__all__ = ["release"]

pytestmark = [pytest.mark.usefixtures("release"), pytest.mark.timeout(900)]

LONG = "W" * 120


@pytest.fixture
def people(live_server: Any, release: None) -> Cast:
    return cast("Elm Street Dental")


def enter(page: Page, address: str, user: Any) -> None:
    """Let a browser be that of somebody who signed in just now."""
    page.context.clear_cookies()
    client = sign_in(Client(), user, second_factor=False)
    page.context.add_cookies(cookies_of(client, address))


def furnish(people: Cast) -> tuple[Location, str, str]:
    """Fill a practice. Return a location that a policy is for, and two paths of invitations."""
    place = Location.objects.create(practice=people.practice, name=LONG, address=LONG)
    _, token = invite(people.practice, people.owner, email="lee@example.com", role=Role.EDITOR)
    old, expired = invite(
        people.practice, people.owner, email=f"{'a' * 60}@example.com", role=Role.VIEWER
    )
    Invitation.objects.filter(pk=old.pk).update(expires=timezone.now() - timedelta(days=1))
    policy = policy_of(people, f"Policy {LONG}")
    Policy.objects.update(location=place, review_due=timezone.localdate() - timedelta(days=1))
    draft = drafted(policy, people.editor)
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    begin_draft(policy, people.owner)
    start_draft(Holder(user=people.owner), title=LONG)
    return place, f"/invitations/{token}/", f"/invitations/{expired}/"


def states(page: Page, address: str, people: Cast) -> Iterator[str]:
    """Go through every page in every state, naming each."""
    place, invitation, expired = furnish(people)
    for path in (invitation, expired, "/invitations/nothing/"):
        page.goto(path)
        yield f"stranger at {path}"
    enter(page, address, people.outsider)
    for path in (invitation, "/practices/", "/practices/new/", at(people.other, "locations/")):
        page.goto(path)
        yield f"outsider at {path}"
    enter(page, address, people.viewer)
    for path in ("", "members/", "leave/", "locations/"):
        page.goto(at(people.practice, path))
        yield f"viewer at {path}"
    enter(page, address, with_address(account("lee"), "lee@example.com"))
    for path in (invitation, "/practices/"):
        page.goto(path)
        yield f"who is invited at {path}"
    enter(page, address, people.owner)
    member = f"members/{membership_of(people.practice, people.viewer).pk}"
    bound = f"locations/{place.pk}/delete/"  # a policy is for it, so there is no button to press
    for path in ("", f"{member}/remove/", f"locations/{place.pk}/", bound):
        page.goto(at(people.practice, path))
        yield f"owner at {path}"
    buttons = {
        "members/": "Send the invitation",
        f"members/{membership_of(people.practice, people.owner).pk}/role/": "Change the role",
        "locations/new/": "Add the location",
        "leave/": "Leave the practice",
        "policies/new/": "Set up the policy",
        "settings/": "Save the settings",
    }
    for path, button in buttons.items():
        page.goto(at(people.practice, path))
        yield f"owner at {path}"
        for field in page.get_by_role("textbox").all():
            field.fill("")
        for name in ("Viewer", "Everybody here signs in with a second factor"):
            for choice in page.get_by_label(name, exact=True).all():
                choice.check()
        page.get_by_role("button", name=button).click()
        expect(page.locator(".error-summary"), path).to_have_count(1)
        yield f"owner at {path}, refused"


def test_axe_finds_nothing_and_every_page_fits_in_every_state(page, live_server, people):
    seen = 0
    for state in states(page, live_server.url, people):
        assert_reads_well(page, state, FEW)
        seen += 1
    assert seen > 25


def test_an_invitation_is_sent_and_accepted_without_scripts_and_with_the_keyboard(
    page_without_javascript, live_server, people
):
    page = page_without_javascript
    enter(page, live_server.url, people.owner)
    page.goto(at(people.practice, "members/"))
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("lee@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("An invitation is on its way to lee@example.com").wait_for()
    found = re.search(r"/invitations/\S+/", str(mail.outbox[-1].body))
    assert found
    enter(page, live_server.url, people.outsider)
    page.goto(found[0])
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are invited to").wait_for()
    lee = with_address(account("lee"), "lee@example.com")
    lee.set_password("seven quiet herons")
    lee.save()
    page.locator("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill("lee@example.com")
    page.get_by_label("Password", exact=True).fill("seven quiet herons")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Accept the invitation").click()
    page.get_by_text("You are a reviewer of “Elm Street Dental” now").wait_for()
    assert membership_of(people.practice, lee).role == "reviewer"


def test_a_practice_is_founded_and_a_policy_set_up_without_scripts(
    page_without_javascript, live_server, release, browser: Browser
):
    page = page_without_javascript
    enter(page, live_server.url, account("founder"))
    page.goto("/practices/")
    page.get_by_label("Name of the practice").fill("Maple Dental")
    page.get_by_label("Time zone").select_option("America/Chicago")
    page.get_by_role("button", name="Found the practice").click()
    page.get_by_role("link", name="Set up a policy").click()
    page.get_by_label("Elm Dental").check()
    page.get_by_role("button", name="Set up the policy").click()
    page.get_by_text("“Privacy policy” is set up").wait_for()
