"""The overview of a practice: its policies, what waits for whom, and how many queries it takes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from policygen.core.amendments import Amendment, amendments_to_json
from policygen.core.analysis.change_kind import ChangeKind
from policygen.library.models import Release
from policygen.library.store import library_in_force
from policygen.policies.drafting.beginning import begin_draft, set_up_policy
from policygen.policies.drafting.drafts import amend_draft, save_answers, start_draft
from policygen.policies.holders import Holder
from policygen.policies.inside.dashboard import Board, board_of, due_on
from policygen.policies.models import Draft, Policy, PolicyVersion
from policygen.policies.published.versions import FIRST
from policygen.policies.reviewing.review import approve, send_back, submit
from policygen.practices.access import access_of
from policygen.practices.models import Location, Practice
from policygen.practices.roles import Role
from tests.policies.cast import Cast, account, cast, drafted, member, policy_of, published
from tests.practices.browsers import at, browser_of, text_of
from tests.wizard.visitors import answers

pytestmark = pytest.mark.usefixtures("long_in_force")

TODAY = date(2027, 5, 4)
OURS = json.dumps(
    amendments_to_json((Amendment("no-such-clause", 1, base_text="Theirs.", text="Ours."),))
)


@pytest.fixture
def people(long_in_force: None) -> Cast:
    return cast()


def board(people: Cast, who: User) -> Board:
    return board_of(access_of(who, people.practice.slug))


def kinds(people: Cast, who: User) -> list[str]:
    return [task.kind for task in board(people, who).tasks]


def page(people: Cast, who: User) -> str:
    return text_of(browser_of(who).get(at(people.practice)))


def row(policy: Policy, number: int, effective_on: date, release: str = "") -> PolicyVersion:
    """Put a version into the database that nobody published: only what the overview reads."""
    last = policy.versions.order_by("number").last()
    return PolicyVersion.objects.create(
        policy=policy,
        number=number,
        draft=uuid4(),
        effective_on=effective_on,
        published_at=timezone.now(),
        published_by=User.objects.get(
            memberships__practice=policy.practice, memberships__role="owner"
        ),
        kind=ChangeKind.MATERIAL,
        release=release or library_in_force().digest,
        release_number=1,
        answers="[]",
        amendments="[]",
        previous=last.digest if last else FIRST,
        digest=uuid4().hex * 2,
    )


def in_review(policy: Policy, by: User) -> Draft:
    draft = drafted(policy, by)
    return submit(Holder(user=by), draft.pk, revision=draft.revision)


# ------------------------------------------------------------------ empty states


def test_an_empty_practice_says_what_to_do(people):
    for who in (people.owner, people.editor):
        assert "Set up the first one" in page(people, who)
        client = browser_of(who)
        assert (
            at(people.practice, "policies/new/") in client.get(at(people.practice)).content.decode()
        )
    for who in (people.reviewer, people.viewer):
        text = page(people, who)
        assert "An owner or an editor of the practice sets up the first one" in text
        assert "Set up a policy" not in text


def test_ones_own_drafts_are_offered_to_be_kept_and_nobody_elses(people):
    mine = start_draft(Holder(user=people.editor), title="Elm draft")
    start_draft(Holder(user=people.owner), title="Foreign draft")
    client = browser_of(people.editor)
    shown = client.get(at(people.practice)).content.decode()
    assert "Elm draft" in shown
    assert "Foreign draft" not in shown
    assert f"/drafts/{mine.pk}/keep/" in shown
    sent = {"into": f"new:{people.practice.pk}", "title": "Privacy policy"}
    assert f'value="{sent["into"]}"' in shown
    client.post(f"/drafts/{mine.pk}/keep/", sent)
    mine.refresh_from_db()
    assert mine.policy is not None
    assert mine.policy.practice == people.practice
    start_draft(Holder(user=people.viewer), title="A viewer’s draft")
    assert "A viewer’s draft" not in page(people, people.viewer)


def test_nothing_that_waits_is_said_in_words(people):
    policy_of(people)
    assert "Nothing waits for you" in page(people, people.owner)


# ------------------------------------------------------------------ policies


def test_a_policy_shows_what_is_in_force_and_what_is_scheduled(people):
    with time_machine.travel(TODAY, tick=False):
        policy = policy_of(people, "Privacy of patients")
        assert "Not published" in page(people, people.viewer)
        row(policy, 1, TODAY - timedelta(days=30))
        row(policy, 2, TODAY + timedelta(days=10))
        row(policy, 3, TODAY + timedelta(days=5))
        text = page(people, people.viewer)
    assert "Version 1 since April 4, 2027." in text
    assert "Version 3 takes effect on May 9, 2027." in text
    assert "Version 2 takes effect" not in text  # version 3 comes before it


def test_a_published_policy_links_to_its_public_page(people):
    policy = policy_of(people)
    published(policy, people.owner)
    shown = browser_of(people.viewer).get(at(people.practice)).content.decode()
    assert f'href="{policy.public_path}"' in shown
    assert f'href="{policy.get_absolute_url()}"' in shown


def test_the_day_is_that_of_the_practice_and_times_are_shown_in_its_zone(people):
    Practice.objects.filter(pk=people.practice.pk).update(time_zone="Pacific/Auckland")
    with time_machine.travel("2027-05-04T13:00:00Z", tick=False):  # May 5 in Auckland
        policy = policy_of(people)
        row(policy, 1, date(2027, 5, 5))
        drafted(policy, people.editor)
        text = page(people, people.viewer)
    assert "In force Version 1 since May 5, 2027." in text
    assert "saved May 5, 2027, 01:00" in text


def test_drafts_show_whose_they_are_their_state_and_their_findings(people):
    policy = policy_of(people)
    begin_draft(policy, people.owner)
    in_review(policy, people.editor)
    text = page(people, people.viewer)
    assert f"by {people.owner.email}" in text
    assert "In review" in text
    lines = board(people, people.owner).lines[0].drafts
    assert [line.is_mine for line in lines] == [True, False]
    assert lines[0].counts.blocking > 0
    assert lines[1].counts.blocking == 0
    assert f"{lines[0].counts.blocking} things keep it from being published" in text


def test_a_title_that_tries_to_be_markup_is_text(people):
    Policy.objects.filter(pk=policy_of(people).pk).update(title="<script>x</script>")
    shown = browser_of(people.owner).get(at(people.practice)).content.decode()
    assert "<script>x" not in shown
    assert "&lt;script&gt;" in shown


# ------------------------------------------------------------------ what waits for whom


def test_a_draft_in_review_waits_for_who_may_approve_it_and_did_not_write_it(people):
    in_review(policy_of(people), people.editor)
    assert kinds(people, people.reviewer) == ["approve"]
    assert kinds(people, people.owner) == ["approve"]
    assert kinds(people, people.editor) == []
    assert kinds(people, people.viewer) == []


def test_an_owner_who_changed_the_draft_is_not_asked_to_approve_it(people):
    in_review(policy_of(people), people.owner)
    assert kinds(people, people.owner) == []
    assert kinds(people, people.reviewer) == ["approve"]


def test_a_draft_that_was_sent_back_waits_for_its_writer_until_it_is_submitted_again(people):
    draft = in_review(policy_of(people), people.editor)
    send_back(Holder(user=people.reviewer), draft.pk, revision=draft.revision, why="Shorter.")
    assert kinds(people, people.editor) == ["sent_back"]
    assert kinds(people, people.owner) == []
    assert "was sent back" in page(people, people.editor)
    save_answers(Holder(user=people.editor), draft.pk, answers({"practice_name": "Elm & Co"}))
    assert kinds(people, people.editor) == ["sent_back"]
    draft.refresh_from_db()
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    assert kinds(people, people.editor) == []


def test_a_draft_whose_wording_another_changed_waits_for_its_writer_to_ask_again(people):
    draft = in_review(policy_of(people), people.editor)
    save_answers(Holder(user=people.editor), draft.pk, answers({"practice_name": "Elm & Co"}))
    draft.refresh_from_db()
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    amend_draft(Holder(user=people.reviewer), draft.pk, amendments=OURS, revision=draft.revision)
    assert "void" in kinds(people, people.editor)
    assert "void" not in kinds(people, people.owner)
    said = page(people, people.editor)
    assert "was changed after you asked for a review" in said
    draft.refresh_from_db()
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    assert "void" not in kinds(people, people.editor)


def test_a_change_of_ones_own_after_asking_for_a_review_is_no_news(people):
    draft = in_review(policy_of(people), people.owner)
    amend_draft(Holder(user=people.owner), draft.pk, amendments=OURS, revision=draft.revision)
    assert "void" not in kinds(people, people.owner)


def test_an_approved_draft_waits_for_who_may_publish(people):
    draft = in_review(policy_of(people), people.editor)
    approve(Holder(user=people.reviewer), draft.pk, revision=draft.revision)
    assert kinds(people, people.editor) == ["publish"]
    assert kinds(people, people.owner) == ["publish"]
    assert kinds(people, people.reviewer) == []


def test_undecided_wording_waits_for_who_may_amend_it(people):
    draft = drafted(policy_of(people), people.editor)
    gone = Amendment(slug="no-such-clause", base_version=1, base_text="Theirs.", text="Ours.")
    amend_draft(
        Holder(user=people.reviewer),
        draft.pk,
        amendments=json.dumps(amendments_to_json((gone,))),
        revision=draft.revision,
    )
    assert kinds(people, people.reviewer) == ["wording"]
    assert kinds(people, people.editor) == []


def test_a_newer_release_is_told_to_who_may_edit_until_a_draft_uses_it(people):
    policy = policy_of(people)
    row(policy, 1, date(2026, 1, 1), release="f" * 64)
    assert kinds(people, people.editor) == ["news"]
    assert kinds(people, people.reviewer) == []
    begin_draft(policy, people.editor, release=library_in_force().digest)
    assert kinds(people, people.editor) == []


@pytest.mark.parametrize(
    ("days", "said"),
    [(-400, "overdue"), (-1, "overdue"), (0, "soon"), (30, "soon"), (31, ""), (None, "")],
)
def test_reviews_are_due_soon_or_overdue(days, said):
    due = None if days is None else TODAY + timedelta(days=days)
    assert due_on(due, TODAY) == said


def test_an_overdue_review_comes_first_and_viewers_are_not_bothered(people):
    policy = policy_of(people)
    in_review(policy, people.editor)
    Policy.objects.update(review_due=people.practice.today() - timedelta(days=3))
    assert kinds(people, people.reviewer) == ["overdue", "approve"]
    assert kinds(people, people.viewer) == []
    assert "Overdue" in page(people, people.reviewer)
    assert "Was due on" in page(people, people.viewer)


# ------------------------------------------------------------------ nothing of others


def test_nothing_of_another_practice_is_shown(people):
    theirs = set_up_policy(people.other, people.outsider, title="Oak policy")
    drafted(theirs, people.outsider)
    Policy.objects.update(review_due=date(2020, 1, 1))
    assert board(people, people.owner) == Board((), ())
    client = browser_of(people.owner)
    foreign = client.get(at(people.other))
    assert foreign.status_code == 404
    assert foreign.content == client.get("/practices/no-such-practice/").content


def test_a_site_without_a_release_still_shows_the_overview(people, monkeypatch):
    drafted(policy_of(people), people.editor)
    nothing = Release.objects.none()
    monkeypatch.setattr("policygen.policies.inside.dashboard.releases_in_force", lambda _: nothing)
    Draft.objects.update(release="0" * 64)
    assert "Cannot be read just now" in page(people, people.viewer)


# ------------------------------------------------------------------ queries


def crowd(people: Cast, count: int) -> None:
    """Add policies with versions, drafts and events of as many members."""
    for number in range(count):
        policy = set_up_policy(people.practice, people.owner, title=f"Policy {number}")
        Policy.objects.filter(pk=policy.pk).update(review_due=date(2020, 1, 1))
        for version in range(1, min(count, 4) + 1):
            row(policy, version, date(2026, 1, 1), release="f" * 64)
        writer = member(people.practice, Role.EDITOR)
        draft = begin_draft(policy, writer, release=library_in_force().digest)
        submit(Holder(user=writer), draft.pk, revision=draft.revision)
        Location.objects.create(practice=people.practice, name=f"Place {uuid4().hex[:8]}")
        start_draft(Holder(user=people.owner), title=f"Mine {number}")


def test_the_overview_asks_as_many_queries_for_one_policy_as_for_twenty(
    people, django_assert_max_num_queries
):
    crowd(people, 1)
    client = browser_of(people.owner)
    client.get(at(people.practice))
    with django_assert_max_num_queries(16) as few:
        client.get(at(people.practice))
    asked = len(few)
    crowd(people, 19)
    client.get(at(people.practice))
    with django_assert_max_num_queries(asked):
        response = client.get(at(people.practice))
    assert "Policy 18" in text_of(response)


# ------------------------------------------------------------------ setting up a policy


def set_up(people: Cast, by: User, **changed: Any) -> Any:
    sent = {"title": "Privacy policy", "start": "blank", **changed}
    return browser_of(by).post(at(people.practice, "policies/new/"), sent)


@pytest.mark.parametrize("who", ["owner", "editor"])
def test_setting_up_a_policy_begins_its_draft(people, who):
    by = getattr(people, who)
    response = set_up(people, by)
    draft = Draft.objects.get()
    assert response["Location"] == f"/drafts/{draft.pk}/"
    assert draft.policy is not None
    assert (draft.policy.practice, draft.user) == (people.practice, by)


@pytest.mark.parametrize("who", ["reviewer", "viewer"])
def test_who_may_not_edit_sets_up_nothing(people, who):
    by = getattr(people, who)
    assert set_up(people, by).status_code == 403
    assert browser_of(by).get(at(people.practice, "policies/new/")).status_code == 403
    assert not Policy.objects.exists()


def test_a_policy_can_be_for_a_location_of_the_practice_alone(people):
    own = Location.objects.create(practice=people.practice, name="Main Street")
    foreign = Location.objects.create(practice=people.other, name="Oak Street")
    client = browser_of(people.owner)
    shown = text_of(client.get(at(people.practice, "policies/new/")))
    assert "Main Street" in shown
    assert "Oak Street" not in shown
    for wrong in (foreign.pk, 999_999, "x", 10**30):
        response = set_up(people, people.owner, location=wrong)
        assert response.status_code == 400
        assert "no such location" in text_of(response)
    assert not Policy.objects.exists()
    set_up(people, people.owner, location=own.pk)
    assert Policy.objects.get().location == own


def test_a_policy_can_start_from_an_example(people):
    response = set_up(people, people.owner, start="example:elm")
    draft = Draft.objects.get()
    assert response["Location"] == f"/drafts/{draft.pk}/review/"
    assert "practice_name" in draft.answers


def test_a_policy_can_start_from_ones_own_draft_and_from_nobody_elses(people):
    mine = start_draft(Holder(user=people.editor), title="Elm draft")
    theirs = start_draft(Holder(user=people.owner), title="Foreign draft")
    visitors = start_draft(Holder(visitor="x" * 22), title="A visitor’s")
    shown = text_of(browser_of(people.editor).get(at(people.practice, "policies/new/")))
    assert "Elm draft" in shown
    assert "Foreign draft" not in shown
    for wrong in (theirs.pk, visitors.pk, uuid4(), "x"):
        assert set_up(people, people.editor, start=f"draft:{wrong}").status_code == 400
    assert not Policy.objects.exists()
    set_up(people, people.editor, start=f"draft:{mine.pk}")
    mine.refresh_from_db()
    assert mine.policy == Policy.objects.get()
    theirs.refresh_from_db()
    assert theirs.policy is None


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""},
        {"title": "a\nb"},
        {"title": "a\x00"},
        {"title": "\u202eevil"},
        {"title": "<b>"},
        {"title": "x" * 201},
        {"start": ""},
        {"start": "example:nothing"},
        {"start": "everything"},
    ],
)
def test_bad_input_is_named_and_nothing_is_set_up(people, changed):
    response = set_up(people, people.owner, **changed)
    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert not Policy.objects.exists()


def test_pressing_twice_sets_up_one_policy(people):
    set_up(people, people.owner)
    response = set_up(people, people.owner)
    assert response.status_code == 400
    assert "a policy of this title already" in text_of(response)
    place = Location.objects.create(practice=people.practice, name="Main Street")
    assert set_up(people, people.owner, location=place.pk).status_code == 302
    assert Policy.objects.count() == 2


def test_other_fields_of_a_policy_cannot_be_sent_along(people):
    set_up(people, people.owner, practice=people.other.pk, slug="chosen", review_due="2030-01-01")
    made = Policy.objects.get()
    assert (made.practice, made.slug, made.review_due) == (people.practice, "privacy-policy", None)


def test_a_policy_called_like_a_page_has_an_address_of_its_own(people):
    set_up(people, people.owner, title="New")
    assert Policy.objects.get().slug != "new"


def test_a_practice_with_as_many_policies_as_one_may_have_says_so(people, monkeypatch):
    monkeypatch.setattr("policygen.policies.drafting.beginning.POLICIES_LIMIT", 0)
    response = set_up(people, people.owner)
    assert response.status_code == 400
    assert "policies, which is as many as this site keeps" in text_of(response)
    assert not Draft.objects.exists()


def test_an_outsider_sets_up_nothing(people):
    assert set_up(people, people.outsider).status_code == 404
    assert set_up(people, account("somebody")).status_code == 404
    assert not Policy.objects.exists()
