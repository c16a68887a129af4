"""The page of a policy: what is in force, who drafts, what happened, and the ways on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.events import Action, at_policy, problems_of, write
from policygen.policies.models import Draft, Event, Policy
from policygen.practices.models import Location
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.signing_in import sign_in
from tests.wizard.visitors import text_of

pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def as_(user: Any) -> Client:
    return sign_in(Client(), user)


# ------------------------------------------------------------------ the page


def test_a_policy_without_versions_says_so_and_offers_a_draft(people, policy):
    text = text_of(as_(people.owner).get(policy.get_absolute_url()))
    assert "No version yet. Nobody outside sees this policy." in text
    assert "Begin a draft" in text
    assert "Nothing is published yet." in text
    assert f"http://localhost:8000/p/elm-dental/{policy.slug}/" in text


def test_the_page_names_what_is_in_force_and_what_is_scheduled(people, policy):
    today = timezone.localdate()
    published(policy, people.owner)
    published(policy, people.editor, effective_on=today + timedelta(days=30), motto="We care.")
    text = text_of(as_(people.viewer).get(policy.get_absolute_url()))
    assert "In force Version 1 since" in text
    assert "Scheduled Version 2 takes effect on" in text
    assert "It was time." in text
    assert people.editor.username in text


def test_a_version_that_never_takes_effect_is_called_so(people, policy):
    later = timezone.localdate() + timedelta(days=30)
    published(policy, people.owner)
    published(policy, people.owner, effective_on=later, motto="We care.")
    published(policy, people.owner, motto="We care a lot.")
    text = text_of(as_(people.viewer).get(policy.get_absolute_url()))
    assert "Version 2 Never in force" in text
    assert "In force Version 3 since" in text


def test_drafts_of_others_are_shown_to_everybody_with_their_state(people, policy):
    draft = drafted(policy, people.editor)
    page = as_(people.viewer).get(policy.get_absolute_url())
    text = text_of(page)
    assert f"Draft of {people.editor.username} being written" in text
    assert f"/drafts/{draft.pk}/reading/" in page.content.decode()
    assert f"/drafts/{draft.pk}/publish/" not in page.content.decode()
    assert "Begin a draft" not in text
    mine = as_(people.editor).get(policy.get_absolute_url())
    assert "Your draft being written" in text_of(mine)
    assert f"/drafts/{draft.pk}/publish/" in mine.content.decode()
    assert "Begin a draft" not in text_of(mine)


def test_times_are_those_of_the_practice(people, policy):
    people.practice.time_zone = "Pacific/Kiritimati"  # fourteen hours ahead
    people.practice.save()
    draft = drafted(policy, people.owner)
    there = draft.updated.astimezone(people.practice.zone)
    text = text_of(as_(people.owner).get(policy.get_absolute_url()))
    assert there.strftime("%H:%M") in text
    assert f"{there:%B} {there.day}, {there.year}" in text


def test_the_page_takes_as_many_queries_for_many_versions_drafts_and_events(people, policy):
    published(policy, people.owner)
    drafted(policy, people.editor)
    client = as_(people.viewer)
    client.get(policy.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        client.get(policy.get_absolute_url())
    for number in range(3):
        published(policy, people.owner, motto=f"We care {number}.")
    begin_draft(policy, people.owner)
    with at_policy(policy.pk) as held:
        for number in range(120):
            write(held, people.owner, Action.DUE, details=f"2030-01-{number % 28 + 1:02d}")
    with CaptureQueriesContext(connection) as many:
        page = client.get(policy.get_absolute_url())
    assert len(many) == len(few)
    assert page.content.decode().count("<time ") == 50
    older = client.get(f"{policy.get_absolute_url()}?log=3")
    assert "set up the policy" in text_of(older)


@pytest.mark.parametrize("query", ["log=0", "log=-1", "log=x", "versions=99999999999", "log=%00"])
def test_a_page_of_the_log_that_is_not_there_gives_the_nearest(people, policy, query):
    assert as_(people.viewer).get(f"{policy.get_absolute_url()}?{query}").status_code == 200


def test_the_log_says_in_words_what_happened(people, policy):
    published(policy, people.owner)
    draft = drafted(policy, people.editor, motto="We care.")
    client = as_(people.editor)
    client.post(f"/drafts/{draft.pk}/delete/")
    text = text_of(client.get(policy.get_absolute_url()))
    for did in (
        "set up the policy",
        "began a draft from version 1",
        "changed answers",
        "published version 1",
        "deleted a draft",
    ):
        assert did in text, did


# ------------------------------------------------------------------ who may


def test_an_outsider_gets_what_a_policy_that_is_not_there_gives(people, policy):
    client = as_(people.outsider)
    theirs = client.get(policy.get_absolute_url())
    nowhere = client.get("/practices/nowhere/policies/nothing/")
    assert theirs.status_code == nowhere.status_code == 404
    assert theirs.content.replace(policy.get_absolute_url().encode(), b"") == (
        nowhere.content.replace(b"/practices/nowhere/policies/nothing/", b"")
    )
    own = f"/practices/{people.other.slug}/policies/{policy.slug}/"
    assert client.get(own).status_code == 404


@pytest.mark.parametrize("name", ["start/", "review-date/", "settings/"])
def test_whoever_may_only_look_changes_nothing(people, policy, name):
    for user in (people.viewer, people.reviewer):
        response = as_(user).post(f"{policy.get_absolute_url()}{name}", {"title": "Mine"})
        assert response.status_code == 403
    policy.refresh_from_db()
    assert policy.title == "Privacy policy"
    assert not Draft.objects.exists()
    assert Event.objects.count() == 1


@pytest.mark.parametrize("name", ["", "start/", "review-date/", "settings/", "release/"])
def test_a_stranger_is_asked_to_sign_in(client, policy, name):
    response = client.post(f"{policy.get_absolute_url()}{name}")
    assert response.status_code == (405 if name == "" else 302)


@pytest.mark.parametrize("name", ["start/", "review-date/"])
def test_what_changes_something_is_never_done_by_looking(people, policy, name):
    assert as_(people.owner).get(f"{policy.get_absolute_url()}{name}").status_code == 405


# ------------------------------------------------------------------ beginning a draft


def test_a_draft_begins_with_the_answers_of_the_newest_version(people, policy):
    published(policy, people.owner, motto="We care.")
    response = as_(people.editor).post(f"{policy.get_absolute_url()}start/")
    draft = Draft.objects.get()
    assert response["Location"] == f"/drafts/{draft.pk}/review/"
    assert (draft.policy, draft.user, draft.base) == (policy, people.editor, 1)
    assert '"motto":"We care."' in draft.answers
    page = as_(people.editor).get(response["Location"])
    assert "Back to “Privacy policy”" in text_of(page)
    assert "Elm Dental" in text_of(page)


def test_beginning_twice_gives_the_draft_that_there_is(people, policy):
    client = as_(people.editor)
    first = client.post(f"{policy.get_absolute_url()}start/")["Location"]
    again = client.post(f"{policy.get_absolute_url()}start/")["Location"]
    assert first == again == f"/drafts/{Draft.objects.get().pk}/"
    assert as_(people.owner).post(f"{policy.get_absolute_url()}start/").status_code == 302
    assert Draft.objects.count() == 2


# ------------------------------------------------------------------ review date


def test_the_date_of_the_next_review_is_set_and_logged(people, policy):
    client = as_(people.editor)
    day = timezone.localdate() + timedelta(days=365)
    response = client.post(
        f"{policy.get_absolute_url()}review-date/", {"review_due": day.isoformat()}
    )
    assert response.status_code == 302
    policy.refresh_from_db()
    assert policy.review_due == day
    text = text_of(client.get(policy.get_absolute_url()))
    assert f"set the next review for {day:%B} {day.day}, {day.year}" in text
    client.post(f"{policy.get_absolute_url()}review-date/", {"review_due": ""})
    policy.refresh_from_db()
    assert policy.review_due is None
    assert "took away the date" in text_of(client.get(policy.get_absolute_url()))
    assert list(problems_of(policy)) == []


def test_the_same_date_again_is_no_line_of_the_log(people, policy):
    client = as_(people.editor)
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    for _ in range(2):
        client.post(f"{policy.get_absolute_url()}review-date/", {"review_due": day})
    assert Event.objects.filter(action=Action.DUE).count() == 1


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2020-01-01", "January 1, 2020 has passed"),
        ("9999-12-31", "too far ahead"),
        ("2031-02-29", "There is no such day as 2031-02-29"),
        ("tomorrow", "Write the day as year, month and day"),
        ("2031-01-01\x00", "Write the day as year, month and day"),
        ("٢٠٣١-٠١-٠١", "Write the day as year, month and day"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_the_reason(people, policy, day, said):
    response = as_(people.owner).post(
        f"{policy.get_absolute_url()}review-date/", {"review_due": day}
    )
    assert response.status_code == 400
    assert said in text_of(response)
    policy.refresh_from_db()
    assert policy.review_due is None


# ------------------------------------------------------------------ title and location


def test_the_title_changes_and_the_address_stays(people, policy):
    location = Location.objects.create(practice=people.practice, name="Main Street")
    before = policy.public_path
    response = as_(people.editor).post(
        f"{policy.get_absolute_url()}settings/", {"title": "For patients", "location": location.pk}
    )
    assert response.status_code == 302
    policy.refresh_from_db()
    assert (policy.title, policy.location, policy.public_path) == ("For patients", location, before)
    text = text_of(as_(people.editor).get(policy.get_absolute_url()))
    assert "changed the title or the location: “For patients (Main Street)”" in text


def test_a_location_of_another_practice_is_not_among_those_to_choose(people, policy):
    theirs = Location.objects.create(practice=people.other, name="Oak Street")
    response = as_(people.owner).post(
        f"{policy.get_absolute_url()}settings/", {"title": "X", "location": theirs.pk}
    )
    assert response.status_code == 400
    assert "There is no such location." in text_of(response)
    assert "Oak Street" not in text_of(response)


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\x00b", "\u202eevil", "<b>bold</b>"])
def test_a_title_that_cannot_be_is_refused(people, policy, title):
    response = as_(people.owner).post(f"{policy.get_absolute_url()}settings/", {"title": title})
    assert response.status_code == 400
    policy.refresh_from_db()
    assert policy.title == "Privacy policy"
