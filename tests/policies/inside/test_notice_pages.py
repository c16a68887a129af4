"""The page on which a practice finds the notice of a version, and the files of it."""

from __future__ import annotations

import html
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.document import Document
from policygen.core.problems import Problem, Refused
from policygen.policies.holders import Holder
from policygen.policies.inside import notice as pages
from policygen.policies.models import Policy, PolicyVersion
from policygen.policies.published import notices
from policygen.policies.published.notices import mail_text, notice_for, web_text
from policygen.policies.published.publishing import publish_policy
from policygen.rendering import PdfBusy, Rendered, RenderingFailed
from tests.policies.cast import Cast, cast, drafted, order, policy_of
from tests.practices.browsers import at, browser_of, text_of
from tests.wizard.visitors import Controls

pytestmark = pytest.mark.usefixtures("long_in_force", "no_pdfs")

FILES = ("txt", "html", "pdf")


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def publish(
    people: Cast,
    policy: Policy,
    *,
    days: int = 0,
    kind: ChangeKind = ChangeKind.MATERIAL,
    **changed: Any,
) -> PolicyVersion:
    """Publish the next version to take effect in some days."""
    draft = drafted(policy, people.owner, **changed)
    wanted = order(draft, effective_on=timezone.localdate() + timedelta(days=days), kind=kind)
    return publish_policy(Holder(user=people.owner), draft.pk, wanted)


def in_days(days: int) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=True)


def address(policy: Policy, number: int, name: str = "") -> str:
    here = at(policy.practice, f"policies/{policy.slug}/versions/{number}/notice/")
    return f"{here}notice.{name}" if name else here


def shown(people: Cast, policy: Policy, number: int) -> str:
    return text_of(browser_of(people.owner).get(address(policy, number)))


# ------------------------------------------------------------------ what it shows


def test_the_page_holds_the_subject_the_mail_and_the_html_ready_to_copy(
    people: Cast, policy: Policy
) -> None:
    publish(people, policy)
    version = publish(people, policy, days=20, data=["name"])
    page = browser_of(people.viewer).get(address(policy, 2)).content.decode()
    notice = notice_for(version)
    areas = [tag for name, tag in Controls(page).elements if name == "textarea"]
    assert [tag["id"] for tag in areas] == ["subject", "text", "source"]
    assert all("readonly" in tag for tag in areas)
    assert f">{html.escape(notice.subject)}</textarea>" in page
    # A browser drops the first line feed of a text area, and nothing else.
    assert f">\n{html.escape(mail_text(notice))}</textarea>" in page
    assert f">\n{html.escape(web_text(notice))}</textarea>" in page
    assert web_text(notice).strip() in page  # as it reads


def test_the_html_to_paste_stays_harmless_when_it_is_pasted(people: Cast, policy: Policy) -> None:
    hostile = "<script>alert(1)</script>"
    version = publish(people, policy, short_name=hostile)
    controls = Controls(browser_of(people.owner).get(address(policy, 1)).content.decode())
    pasted = controls.fields[-1][1].removeprefix("\n")
    assert pasted == web_text(notice_for(version))
    assert hostile not in pasted
    assert not [name for name, _ in Controls(pasted).elements if name == "script"]


def test_addresses_begin_with_the_site_and_not_with_what_a_browser_asked_for(
    people: Cast, policy: Policy, settings: Any
) -> None:
    settings.SITE_URL = "https://policies.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    publish(people, policy)
    browser = browser_of(people.owner)
    page = browser.get(address(policy, 1), headers={"host": "evil.example"}).content.decode()
    assert "https://policies.example.org/p/elm-dental/privacy-policy/v/1/" in page
    assert "evil.example" not in page


def test_the_addresses_in_a_notice_lead_somewhere(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    notice = notice_for(publish(people, policy, days=20, data=["name"]))
    for found in (notice.policy_address, notice.version_address, notice.changes_address):
        path = found.removeprefix("http://localhost:8000")
        assert Client().get(path).status_code == 200, found


@pytest.mark.parametrize(
    ("kind", "coming", "begun"),
    [
        (
            ChangeKind.MATERIAL,
            "people must be told before it applies",
            "Tell people now. This version changes what your policy says, and it applies since",
        ),
        (ChangeKind.EDITORIAL, "A notice is usually not needed.", "an editorial change"),
        (ChangeKind.TECHNICAL, "A notice is usually not needed.", "a technical change"),
    ],
)
def test_how_urgent_it_is_depends_on_the_kind_of_change_and_on_the_day(
    people: Cast, policy: Policy, kind: ChangeKind, coming: str, begun: str
) -> None:
    publish(people, policy)
    changed = {} if kind is ChangeKind.TECHNICAL else {"data": ["name"]}
    version = publish(people, policy, days=20, kind=kind, **changed)
    before = f"before {notice_for(version).day}"
    page = shown(people, policy, 2)
    assert coming in page
    assert before in page
    with in_days(20):
        page = shown(people, policy, 2)
    assert begun in page
    assert before not in page


def test_what_was_called_a_small_change_and_is_not_is_pointed_out(
    people: Cast, policy: Policy
) -> None:
    publish(people, policy)
    kind = ChangeKind.EDITORIAL
    version = publish(people, policy, days=20, kind=kind, marketing=[])
    warning = f"If that changes what the policy says, tell people before {notice_for(version).day}."
    assert warning in shown(people, policy, 2)
    publish(people, policy, days=40, kind=kind)
    assert "If that changes" not in shown(people, policy, 3)


def test_a_first_version_is_not_announced_as_a_change(people: Cast, policy: Policy) -> None:
    publish(people, policy, days=20)
    page = shown(people, policy, 1)
    assert "This is the first version. There is no change to announce." in page
    assert "not earlier: the code leads to the policy from that day on" in page
    assert "must be told" not in page


def test_a_version_that_never_applies_warns_of_its_notice(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    publish(people, policy, days=20, data=["name"])
    publish(people, policy, days=20, motto="We care.")
    response = browser_of(people.owner).get(address(policy, 2))
    assert "Do not send this notice." in text_of(response)
    assert "Send it to" not in text_of(response)
    assert f'href="{address(policy, 3)}"' in response.content.decode()
    assert "Do not send" not in shown(people, policy, 3)


def test_a_superseded_version_leads_to_the_newest_notice(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    publish(people, policy, days=2, data=["name"])
    assert "no longer applies" not in shown(people, policy, 1)
    with in_days(2):
        response = browser_of(people.owner).get(address(policy, 1))
    assert "This version no longer applies." in text_of(response)
    assert f'href="{address(policy, 2)}"' in response.content.decode()


def test_a_practice_without_contacts_is_asked_to_add_one(people: Cast, policy: Policy) -> None:
    warning = "The policy names no way to reach you."
    publish(people, policy)
    assert warning not in shown(people, policy, 1)
    publish(people, policy, contact_points={}, contacts={})
    assert warning in shown(people, policy, 2)


def test_the_days_are_those_of_the_practice(people: Cast, policy: Policy) -> None:
    policy.practice.time_zone = "Pacific/Kiritimati"  # 14 hours ahead of UTC
    policy.practice.save()
    with time_machine.travel("2027-05-03T08:00:00Z", tick=True):
        policy.refresh_from_db()
        publish(people, policy)
        publish(people, policy, days=1, data=["name"])
        assert "Tell people before May 4, 2027." in shown(people, policy, 2)
    with time_machine.travel("2027-05-03T11:00:00Z", tick=True):  # May 4 there
        assert "Tell people now." in shown(people, policy, 2)


def test_the_page_takes_as_many_queries_whatever_the_number_of_versions(
    people: Cast, policy: Policy
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert browser.get(address(policy, 2)).status_code == 200
        return len(caught)

    publish(people, policy)
    publish(people, policy, data=["name"])
    browser = browser_of(people.owner)
    queries()  # the release is read once by a process
    few = queries()
    for motto in ("We care.", "We listen.", "We help."):
        publish(people, policy, motto=motto)
    assert queries() == few


# ------------------------------------------------------------------ files


@pytest.mark.parametrize("name", FILES)
def test_each_form_can_be_downloaded(people: Cast, policy: Policy, name: str) -> None:
    version = publish(people, policy)
    response = browser_of(people.viewer).get(address(policy, 1, name))
    assert response.status_code == 200
    assert response.content == notices.rendered(notice_for(version), name).content
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"] == (
        f'attachment; filename="elm-privacy-policy-notice.{name}"'
    )


def test_the_page_links_to_all_files(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    page = browser_of(people.owner).get(address(policy, 1)).content.decode()
    for name in FILES:
        assert f'href="{address(policy, 1, name)}"' in page


def test_names_cannot_break_out_of_the_header(people: Cast, policy: Policy) -> None:
    publish(people, policy, short_name='x"; filename="evil.exe')
    response = browser_of(people.owner).get(address(policy, 1, "txt"))
    header = Message()
    header["Content-Disposition"] = response["Content-Disposition"]
    assert header.get_filename() == "x-filename-evil-exe-privacy-policy-notice.txt"


@pytest.mark.parametrize("name", ["docx", "TXT", "..", "txt2"])
def test_there_are_no_other_files(people: Cast, policy: Policy, name: str) -> None:
    publish(people, policy)
    assert browser_of(people.owner).get(address(policy, 1, name)).status_code == 404


# ------------------------------------------------------------------ who gets in


def test_every_member_may_see_it_and_nobody_else_learns_of_it(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    for name in ("", "txt"):
        here = address(policy, 1, name)
        for member in (people.owner, people.editor, people.reviewer, people.viewer):
            assert browser_of(member).get(here).status_code == 200
        theirs = browser_of(people.outsider)
        foreign, missing = theirs.get(here), theirs.get(here.replace("elm-dental", "nowhere"))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content
        stranger = Client().get(here)
        assert stranger.status_code == 302
        assert stranger["Location"] == f"{reverse('account_login')}?next={here}"


def test_what_is_not_there_is_not_found(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    other = policy_of(people, "Another policy")
    foreign = Policy.objects.create(practice=people.other, slug="theirs", title="Theirs")
    browser = browser_of(people.owner)
    for found, number in ((policy, 2), (policy, 0), (policy, 10**30), (other, 1)):
        assert browser.get(address(found, number)).status_code == 404
    assert (
        browser.get(at(people.practice, f"policies/{foreign.slug}/versions/1/notice/")).status_code
        == 404
    )


def test_nothing_can_be_sent_to_it(people: Cast, policy: Policy) -> None:
    publish(people, policy)
    for name in ("", "txt"):
        assert browser_of(people.owner).post(address(policy, 1, name)).status_code == 405


# ------------------------------------------------------------------ faults


@pytest.mark.parametrize("name", ["", *FILES])
def test_a_version_that_cannot_be_read_is_a_calm_message(
    people: Cast, policy: Policy, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(people, policy)

    def damaged(version: PolicyVersion) -> Document:
        raise Refused([Problem("", "damaged")])

    monkeypatch.setattr(notices, "document_of", damaged)
    response = browser_of(people.owner).get(address(policy, 1, name))
    assert response.status_code == 503
    assert "This notice cannot be made" in text_of(response)


@pytest.mark.parametrize(
    ("error", "said", "retry"),
    [
        (PdfBusy("busy"), "Please try again in a moment", "20"),
        (RenderingFailed("impossible"), "This notice cannot be made", None),
        (ValueError("no address"), "This notice cannot be made", None),
    ],
)
def test_a_page_that_cannot_be_printed_is_a_calm_message(
    people: Cast,
    policy: Policy,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    said: str,
    retry: str | None,
) -> None:
    publish(people, policy)

    def fails(*_: object) -> Rendered:
        raise error

    monkeypatch.setattr(pages, "rendered", fails)
    response = browser_of(people.owner).get(address(policy, 1, "pdf"))
    assert response.status_code == 503
    assert said in text_of(response)
    assert response.get("Retry-After") == retry
