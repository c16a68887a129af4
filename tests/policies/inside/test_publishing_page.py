"""The page from which a draft is published, and every way in which pressing the button ends."""

from __future__ import annotations

import errno
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.drafting.drafts import save_answers, start_draft
from policygen.policies.events import Action
from policygen.policies.holders import Holder
from policygen.policies.inside import publishing_page
from policygen.policies.models import Draft, Event, Policy, PolicyVersion
from policygen.policies.published import files
from policygen.policies.reviewing.review import approve, submit
from policygen.rendering import FORMATS, PdfBusy, PdfTooExpensive
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.releases import release_changes
from tests.signing_in import sign_in
from tests.wizard.visitors import answers, elm, text_of

pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def as_(user: Any) -> Client:
    return sign_in(Client(), user)


def address(draft: Draft) -> str:
    return f"/drafts/{draft.pk}/publish/"


def form(draft: Draft, **changed: str) -> dict[str, str]:
    today = timezone.localdate().isoformat()
    return {
        "revision": str(draft.revision),
        "effective_on": today,
        "kind": "material",
        "reason": "It was time.",
        **changed,
    }


def press(user: Any, draft: Draft, **changed: str) -> Any:
    return as_(user).post(address(draft), form(draft, **changed))


def button(response: Any) -> bool:
    return bool(re.search(r'<button class="button">Publish version', response.content.decode()))


# ------------------------------------------------------------------ looking


def test_the_first_version_is_offered_as_material(people, policy):
    draft = drafted(policy, people.owner)
    page = as_(people.owner).get(address(draft))
    text = text_of(page)
    assert "Publish version 1" in text
    assert "This is the first version" in text
    assert 'value="material" checked' in page.content.decode()
    assert f'value="{timezone.localdate().isoformat()}"' in page.content.decode()
    assert button(page)


def test_what_changes_is_shown_against_the_newest_version(people, policy):
    published(policy, people.owner)
    draft = drafted(policy, people.owner, retention_years="9")
    page = as_(people.owner).get(address(draft))
    assert "<ins>" in page.content.decode()
    assert "Against version 1" in text_of(page)
    assert "Proposed" in text_of(page)


def test_what_only_the_new_version_says_otherwise_is_proposed_as_the_facts_are(people, policy):
    published(policy, people.owner)
    same = begin_draft(policy, people.owner)
    page = as_(people.owner).get(address(same))
    assert "It reads the same as version 1, word for word." in text_of(page)
    assert 'value="technical" checked' in page.content.decode()


def test_looking_changes_nothing(people, policy):
    draft = drafted(policy, people.owner)
    client = as_(people.owner)
    before = (Event.objects.count(), PolicyVersion.objects.count())
    for _ in range(2):
        client.get(address(draft))
        client.head(address(draft))
        client.get(address(draft), form(draft))
    assert (Event.objects.count(), PolicyVersion.objects.count()) == before
    assert Draft.objects.get() == draft


def test_findings_lead_to_the_pages_that_mend_them(people, policy):
    draft = begin_draft(policy, people.owner)
    page = as_(people.owner).get(address(draft))
    markup = page.content.decode()
    assert "What keeps it from being published" in text_of(page)
    assert f"/drafts/{draft.pk}/practice/?from=review#q-practice_name" in markup
    assert not button(page)


def test_a_scheduled_version_that_would_never_apply_is_named(people, policy):
    day = timezone.localdate() + timedelta(days=30)
    published(policy, people.owner)
    published(policy, people.owner, effective_on=day, motto="We care.")
    draft = drafted(policy, people.owner, motto="We care more.")
    text = text_of(as_(people.owner).get(address(draft)))
    said = f"Version 2 never takes effect if this one does so on {day:%B} {day.day}, {day.year}"
    assert said in text


def test_where_an_approval_is_needed_the_page_says_how_to_ask_for_it(people, policy):
    people.practice.needs_review = True
    people.practice.save()
    draft = drafted(policy, people.editor)
    page = as_(people.editor).get(address(draft))
    assert "A second person has to approve this draft" in text_of(page)
    assert f"/drafts/{draft.pk}/reading/" in page.content.decode()
    assert not button(page)
    response = press(people.editor, draft)
    assert response.status_code == 409
    assert "publishes only what a second person approved" in text_of(response)
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    assert "A review was asked for." in text_of(as_(people.editor).get(address(draft)))
    approve(Holder(user=people.reviewer), draft.pk, revision=draft.revision)
    assert button(as_(people.editor).get(address(draft)))
    assert press(people.editor, draft).status_code == 302


def test_a_newer_release_is_mentioned(people, policy, folder: Path):
    draft = drafted(policy, people.owner)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder)
    page = as_(people.owner).get(address(draft))
    assert f"/drafts/{draft.pk}/release/" in page.content.decode()
    assert button(page)


def test_the_page_takes_as_many_queries_for_many_versions(people, policy):
    published(policy, people.owner)
    drafts = [drafted(policy, people.owner, motto="One.")]
    client = as_(people.owner)
    client.get(address(drafts[0]))
    with CaptureQueriesContext(connection) as few:
        client.get(address(drafts[0]))
    for number in range(3):
        published(policy, people.editor, motto=f"We care {number}.")
    with CaptureQueriesContext(connection) as many:
        client.get(address(drafts[0]))
    assert len(many) == len(few)


# ------------------------------------------------------------------ pressing


def test_pressing_publishes_and_shows_the_version_with_what_to_do_next(people, policy):
    draft = drafted(policy, people.editor)
    client = as_(people.editor)
    response = client.post(address(draft), form(draft, kind="editorial", reason="New *phone*."))
    version = PolicyVersion.objects.get()
    assert response["Location"] == version.get_absolute_url()
    assert (version.kind, version.reason) == ("editorial", "New *phone*.")
    page = client.get(response["Location"])
    text = text_of(page)
    assert "Version 1 is published. It is in force." in text
    assert "What to do next" in text
    assert policy.public_path in page.content.decode()


def test_a_later_day_is_said_to_be_kept_by_itself(people, policy):
    day = timezone.localdate() + timedelta(days=9)
    draft = drafted(policy, people.owner)
    client = as_(people.owner)
    response = client.post(address(draft), form(draft, effective_on=day.isoformat()))
    assert f"It takes effect on {day:%B} {day.day}, {day.year} by itself." in text_of(
        client.get(response["Location"])
    )


def test_pressing_twice_leads_to_the_version(people, policy):
    draft = drafted(policy, people.owner)
    client = as_(people.owner)
    first = client.post(address(draft), form(draft))
    again = client.post(address(draft), form(draft))
    assert first["Location"] == again["Location"]
    assert "This draft was published as version 1." in text_of(client.get(again["Location"]))
    assert client.get(address(draft))["Location"] == first["Location"]
    assert as_(people.outsider).post(address(draft), form(draft)).status_code == 404
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("page", ["", "review/", "practice/", "reading/", "why/", "policy.txt"])
def test_every_address_of_a_published_draft_leads_to_the_version(people, policy, page):
    draft = drafted(policy, people.owner)
    press(people.owner, draft)
    for user in (people.owner, people.viewer):
        response = as_(user).get(f"/drafts/{draft.pk}/{page}")
        assert response["Location"] == PolicyVersion.objects.get().get_absolute_url()
    assert as_(people.outsider).get(f"/drafts/{draft.pk}/{page}").status_code == 404
    assert Client().get(f"/drafts/{draft.pk}/{page}").status_code == 404


def test_a_page_of_the_interview_that_was_open_meanwhile_says_that_it_was_not_saved(people, policy):
    draft = drafted(policy, people.owner)
    press(people.owner, draft)
    client = as_(people.editor)
    response = client.post(f"/drafts/{draft.pk}/practice/", {"practice-motto": "We care."})
    text = text_of(client.get(response["Location"]))
    assert "This draft was published as version 1. Nothing else was saved." in text


def test_a_draft_that_changed_is_shown_again_with_what_was_typed(people, policy):
    draft = drafted(policy, people.owner)
    save_answers(Holder(user=people.editor), draft.pk, answers({"motto": "We care."}))
    response = press(people.owner, draft, reason="Because of the motto.")
    assert response.status_code == 409
    text = text_of(response)
    assert "The draft changed since you opened this page." in text
    assert "Because of the motto." in text
    now = Draft.objects.get(pk=draft.pk)
    assert f'name="revision" value="{now.revision}"' in response.content.decode()
    assert press(people.owner, now).status_code == 302


def test_a_draft_begun_before_another_version_shows_what_differs_and_replaces_it(people, policy):
    published(policy, people.owner)
    mine = drafted(policy, people.owner)
    published(policy, people.editor, motto="We care.")
    client = as_(people.owner)
    page = client.get(address(mine))
    text = text_of(page)
    assert "Version 2 was published after this draft was begun" in text
    assert "begun from version 1" in text
    assert "removed: " in text
    assert not button(page)
    assert press(people.owner, mine).status_code == 409
    sent = {"revision": str(mine.revision), "base": "2"}
    response = client.post(f"/drafts/{mine.pk}/replace/", sent)
    assert response["Location"] == address(mine)
    now = Draft.objects.get(pk=mine.pk)
    assert now.base == 2
    assert press(people.owner, now).status_code == 302
    assert PolicyVersion.objects.count() == 3
    assert "said that the draft replaces version 2" in text_of(
        client.get(policy.get_absolute_url())
    )


@pytest.mark.parametrize(
    "sent",
    [{}, {"revision": "x", "base": "2"}, {"revision": "0", "base": "٢"}, {"base": "9" * 30}],
)
def test_replacing_what_was_not_in_view_is_refused(people, policy, sent):
    published(policy, people.owner)
    mine = drafted(policy, people.owner)
    published(policy, people.editor, motto="We care.")
    response = as_(people.owner).post(f"/drafts/{mine.pk}/replace/", sent)
    assert response.status_code == 409
    assert "Below stands what would be published now" in text_of(response)
    assert Draft.objects.get(pk=mine.pk).base == 1


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("effective_on", "", "Choose the day on which it takes effect."),
        ("effective_on", "2020-02-29", "February 29, 2020 has passed."),
        ("effective_on", "2027-02-29", "There is no such day as 2027-02-29 in the calendar."),
        ("effective_on", "9999-12-31", "That is too far ahead. Choose a day until"),
        ("effective_on", "10000-01-01", "Write the day as year, month and day"),
        ("effective_on", "0000-01-01", "There is no such day"),
        ("effective_on", "31.12.2026", "Write the day as year, month and day"),
        ("effective_on", "2026-12-31\x00", "Write the day as year, month and day"),
        ("kind", "", "Choose how much this version changes."),
        ("kind", "huge", "Choose how much this version changes."),
        ("reason", "", "Say in a sentence why there is a new version."),
        ("reason", " \n\t ", "Say in a sentence why there is a new version."),
        ("reason", "x" * 1001, "Shorten it to 1,000 or fewer."),
        ("reason", "a\x00b", "This holds a control character (U+0000)."),
        ("reason", "a\u202eb", "This holds a hidden text direction character"),
        ("revision", "", "This form was not complete."),
        ("revision", "-1", "This form was not complete."),
        ("revision", "9" * 40, "This form was not complete."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_published(people, policy, name, value, said):
    draft = drafted(policy, people.owner)
    response = press(people.owner, draft, **{name: value})
    assert response.status_code == 400
    assert said in text_of(response)
    assert button(response)
    assert not PolicyVersion.objects.exists()


def test_a_change_that_can_be_read_is_refused_as_technical_beside_the_choice(people, policy):
    published(policy, people.owner)
    draft = drafted(policy, people.owner, retention_years="9")
    later = (timezone.localdate() + timedelta(days=9)).isoformat()
    response = press(people.owner, draft, kind="technical", reason="Nothing.", effective_on=later)
    assert response.status_code == 400
    assert response.context["form"].errors == {
        "kind": [
            "The text reads differently from version 1, so this change is not technical. "
            "Choose material or editorial."
        ]
    }
    assert "so this change is not technical. Choose material or editorial." in text_of(response)
    page = response.content.decode()
    assert "Nothing." in page
    assert f'value="{later}"' in page
    assert 'value="technical" checked' in page
    assert PolicyVersion.objects.count() == 1
    assert Draft.objects.get() == draft
    assert press(people.owner, draft, kind="editorial").status_code == 302


def test_a_form_without_anything_is_refused(people, policy):
    draft = drafted(policy, people.owner)
    assert as_(people.owner).post(address(draft), {}).status_code == 400
    assert not PolicyVersion.objects.exists()


def test_hostile_text_in_a_reason_is_shown_as_text(people, policy):
    draft = drafted(policy, people.owner)
    client = as_(people.owner)
    response = client.post(address(draft), form(draft, reason="<script>alert(1)</script>"))
    for page in (response["Location"], policy.get_absolute_url()):
        markup = client.get(page).content.decode()
        assert "<script>alert" not in markup
        assert "&lt;script&gt;alert" in markup


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_whoever_may_not_publish_is_refused(people, policy, role):
    draft = drafted(policy, people.owner)
    client = as_(getattr(people, role))
    assert client.get(address(draft)).status_code == 403
    assert client.post(address(draft), form(draft)).status_code == 403
    assert client.post(f"/drafts/{draft.pk}/replace/", {"base": "0"}).status_code == 403
    assert not PolicyVersion.objects.exists()


def test_for_outsiders_and_strangers_there_is_no_such_page(people, policy):
    draft = drafted(policy, people.owner)
    for client in (as_(people.outsider), Client()):
        assert client.get(address(draft)).status_code == 404
        assert client.post(address(draft), form(draft)).status_code == 404
    assert not PolicyVersion.objects.exists()


def test_an_interview_outside_of_any_practice_is_kept_in_one_first(people):
    own = start_draft(Holder(user=people.owner), answers=answers(elm()))
    client = as_(people.owner)
    assert client.get(address(own)).status_code == 302
    assert client.post(address(own), form(own)).status_code == 302
    assert not PolicyVersion.objects.exists()


def test_a_member_who_was_removed_publishes_nothing_any_more(people, policy):
    draft = drafted(policy, people.editor)
    client = as_(people.editor)
    people.practice.memberships.filter(user=people.editor).delete()
    assert client.post(address(draft), form(draft)).status_code == 404
    assert not PolicyVersion.objects.exists()


def test_d08_after_a_quarter_of_an_hour_publishing_asks_who_it_is_and_then_goes_on(people, policy):
    draft = drafted(policy, people.owner)
    client = as_(people.owner)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.get(address(draft)).status_code == 200
        response = client.post(address(draft), form(draft, reason="Typed with care."))
        assert response.status_code == 302
        assert response["Location"].startswith("/account/")
        assert not PolicyVersion.objects.exists()
        done = client.post(response["Location"], {"password": "a long pass phrase"})
    version = PolicyVersion.objects.get()
    assert version.reason == "Typed with care."
    assert done["Location"] == version.get_absolute_url()


# ------------------------------------------------------------------ faults


def refused(response: Any, draft: Draft) -> str:
    assert response.status_code == 503
    assert response["Retry-After"]
    assert not PolicyVersion.objects.exists()
    assert Draft.objects.get() == draft
    assert not Event.objects.filter(action=Action.PUBLISHED).exists()
    text = text_of(response)
    assert "Nothing was published" in text
    assert "Nothing is lost" in text
    return text


def test_x05_a_full_disk_is_said_and_what_was_typed_can_be_sent_again(people, policy, monkeypatch):
    draft = drafted(policy, people.owner)

    def full(content: bytes) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "stage", full)
        response = press(people.owner, draft, reason="Typed “with” <care>.")
    refused(response, draft)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', response.content.decode()))
    assert fields["reason"] == "Typed “with” &lt;care&gt;."
    assert fields["effective_on"] == timezone.localdate().isoformat()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PdfBusy("Too many PDFs."), "The site is busy making other documents."),
        (PdfTooExpensive("The PDF takes too long."), "The PDF takes too long."),
    ],
)
def test_a_file_that_cannot_be_made_is_said(people, policy, monkeypatch, error, said):
    draft = drafted(policy, people.owner)

    def fail(document: object) -> Any:
        raise error

    monkeypatch.setitem(FORMATS, "pdf", replace(FORMATS["pdf"], render=fail))
    assert said in refused(press(people.owner, draft), draft)


def test_a_database_that_lets_nobody_in_for_the_moment_is_said(people, policy, monkeypatch):
    draft = drafted(policy, people.owner)

    def fail(*_: object) -> Any:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(publishing_page, "publish_policy", fail)
    refused(press(people.owner, draft), draft)
