"""The page of a change notice in a real browser: each state at each width, and how it is copied."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.models import Policy
from policygen.policies.published.notices import mail_text, notice_for, web_text
from policygen.rendering import FORMATS, Format, Rendered
from tests.browser.looks import FEW, assert_reads_well, look
from tests.policies.cast import Cast, cast, policy_of
from tests.policies.inside.test_notice_pages import address, publish
from tests.releases import release_changes
from tests.signing_in import cookies_of, sign_in
from tests.wizard.visitors import FOLDER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

LONG = "Zahnheilkunde" * 12


@pytest.fixture
def policy(settings: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """A policy with a version for each state of the page; the seventh is scheduled."""
    none = Rendered("x.pdf", "application/pdf", b"%PDF")
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", lambda _: none))
    settings.CLAUSES_DIR = FOLDER
    release_changes(FOLDER)
    people = cast("Elm Dental")
    made = policy_of(people)
    _publish_all(people, made)
    return made


def _publish_all(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    publish(people, policy, data=["name"], kind=ChangeKind.EDITORIAL, days=1)
    publish(people, policy, contact_points={}, contacts={}, days=2)
    publish(people, policy, days=10, kind=ChangeKind.TECHNICAL)
    publish(people, policy, days=30, motto="We care.")
    publish(people, policy, days=30, motto="<b>We care</b>", short_name="מרפאת שיניים")
    publish(people, policy, days=40, motto=LONG, short_name=LONG)


@pytest.fixture
def viewer(page: Page, live_server: Any, policy: Policy) -> Page:
    user = User.objects.get(memberships__practice=policy.practice, memberships__role="viewer")
    page.context.add_cookies(cookies_of(sign_in(Client(), user), live_server.url))
    return page


def test_the_page_is_accessible_and_fits_in_every_state(viewer: Page, policy: Policy) -> None:
    for version in policy.versions.all():
        viewer.goto(address(policy, version.number))
        assert_reads_well(viewer, f"{version}", FEW)


@pytest.mark.parametrize("name", FEW)
def test_all_of_a_text_is_selected_with_two_keys_and_nothing_else(
    viewer: Page, policy: Policy, name: str
) -> None:
    look(viewer, name)
    viewer.goto(address(policy, 6))
    notice = notice_for(policy.versions.get(number=6))
    texts = {"Subject": notice.subject, "Text": mail_text(notice)}
    for label, text in {**texts, "HTML to paste into your page": web_text(notice)}.items():
        area = viewer.get_by_label(label, exact=True)
        area.click()
        viewer.keyboard.press("Control+a")
        assert area.evaluate("a => a.value.slice(a.selectionStart, a.selectionEnd)") == text
        viewer.keyboard.type("x")
        assert area.input_value() == text
