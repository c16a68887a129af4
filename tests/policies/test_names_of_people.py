"""One person has one name: the address that is theirs now, or was when something was written."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User

from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.events import problems_of
from policygen.policies.holders import Holder
from policygen.policies.models import Comment, Draft, Event, Policy, PolicyVersion
from policygen.policies.proof.archive import write_archive
from policygen.policies.published.publishing import publish_policy
from policygen.policies.reviewing.review import approve, comment, submit
from tests.policies.cast import Cast, cast, drafted, order, policy_of
from tests.practices.browsers import at, browser_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]

OLD = "signed-up-as"
"""What everybody's user name begins with: the address of their sign-up, which they changed."""


@pytest.fixture
def people() -> Cast:
    """The cast, each with an address that is no longer their user name, and with a full name."""
    found = cast()
    for user in (found.owner, found.editor, found.reviewer, found.viewer):
        user.username, user.first_name, user.last_name = f"{OLD}-{user.pk}", OLD, "Somebody"
        user.save()
    return found


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy with an approved version and a draft of everybody who may write."""
    found = policy_of(people)
    approved_version(people, found)
    for by in (people.owner, people.editor):
        draft = begin_draft(found, by)
    comment(Holder(user=people.reviewer), draft.pk, clause="", text="Look again.")
    return found


def approved_version(people: Cast, policy: Policy) -> PolicyVersion:
    draft, reviewer = drafted(policy, people.editor), Holder(user=people.reviewer)
    comment(reviewer, draft.pk, clause="", text="Well said.")
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    approve(reviewer, draft.pk, revision=draft.revision)
    return publish_policy(Holder(user=people.owner), draft.pk, order(draft))


def test_every_page_calls_people_by_their_address_and_none_by_their_old_name(
    people: Cast, policy: Policy
) -> None:
    draft = Draft.objects.get(policy=policy, user=people.editor)
    pages = {
        at(people.practice): people.editor,
        at(people.practice, f"policies/{policy.slug}/"): people.editor,
        at(people.practice, f"policies/{policy.slug}/versions/1/"): people.reviewer,
        at(people.practice, "members/"): people.viewer,
        f"/drafts/{draft.pk}/reading/": people.reviewer,
        f"/drafts/{draft.pk}/delete/": people.editor,
    }
    client = browser_of(people.owner)
    for path, named in pages.items():
        text = text_of(client.get(path))
        assert OLD not in text, path
        assert named.email in text, path


def test_the_log_and_the_version_keep_what_people_were_called_when_it_was_written(
    people: Cast, policy: Policy
) -> None:
    before = list(Event.objects.filter(policy=policy).values_list("by", "who"))
    assert {who for _, who in before} == {
        people.owner.email,
        people.editor.email,
        people.reviewer.email,
    }
    User.objects.update(email="later@example.com")
    assert list(Event.objects.filter(policy=policy).values_list("by", "who")) == before
    assert list(problems_of(policy)) == []
    version = PolicyVersion.objects.get(policy=policy)
    assert version.publisher == people.owner.email


def test_a_version_names_its_people_by_what_they_are_called_and_by_their_ids(
    people: Cast, policy: Policy
) -> None:
    said = json.loads(PolicyVersion.objects.get(policy=policy).review)
    assert (said["editors"], said["editor_ids"]) == ([people.editor.email], [people.editor.pk])
    assert said["approved_by"] == people.reviewer.email
    assert said["approver_id"] == people.reviewer.pk
    assert [one["by"] for one in said["comments"]] == [people.reviewer.email]


def test_the_archive_calls_everybody_by_the_same_name(people: Cast, policy: Policy) -> None:
    assert Comment.objects.exists()
    written = BytesIO()
    write_archive(people.practice, written)
    with ZipFile(written) as archive:
        texts = [archive.read(name).decode(errors="replace") for name in archive.namelist()]
    assert not [text for text in texts if OLD in text]
    assert any(f'"begun_by": "{people.editor.email}"' in text for text in texts)
