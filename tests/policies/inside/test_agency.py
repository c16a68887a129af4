"""One person in many practices: the list of them, and batches in which nobody learns of others."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from policygen.policies.bulk.starting import list_pieces, start_release_batch
from policygen.policies.drafting.groups import set_up_group
from policygen.policies.holders import Holder
from policygen.policies.models import Batch, Level, Piece, Policy
from policygen.policies.reviewing.review import submit
from policygen.practices.founding import found_practice
from policygen.practices.models import Location, Practice
from policygen.practices.roles import Role
from tests.library.folders import change
from tests.policies.bulk.steps import worked
from tests.policies.cast import Cast, account, cast, drafted, member, policy_of, published
from tests.practices.browsers import browser_of, text_of
from tests.releases import release_changes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


@pytest.fixture
def clients(folder: Any) -> tuple[Cast, Cast]:
    """Two clients with published policies; the first one's owner is an owner of the other, too."""
    people, other = cast("Elm Dental"), cast("Ash Dental")
    other.practice.memberships.create(user=people.owner, role=Role.OWNER)
    for one in (people, other):
        published(policy_of(one, f"Policy of {one.practice}"), one.owner)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Words")
    return people, other


def prepared(people: Cast) -> Batch:
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    return worked(batch)


@pytest.mark.usefixtures("in_no_hurry")
def test_all_practices_are_brought_to_the_newest_release_from_one_page(
    clients, django_capture_on_commit_callbacks
):
    people, _ = clients
    owner = browser_of(people.owner)
    assert "2 published policies use an earlier release" in text_of(owner.get("/batches/"))
    with django_capture_on_commit_callbacks(execute=True):
        response = owner.post("/batches/new/")
    page = text_of(owner.get(response["Location"]))
    assert "2 policies are prepared" in page
    assert "Ash Dental, Elm Dental" in page
    assert "2 policies with the same change" in page


def test_a_client_sees_its_own_policies_and_learns_of_no_other(clients):
    people, other = clients
    batch = prepared(people)
    here = reverse("batch", args=[batch.pk])
    fold = Piece.objects.values_list("fold", flat=True).distinct().get()
    viewer = browser_of(other.viewer)
    for path in (
        here,
        f"{here}changes/{fold}/",
        f"{here}policies/open/",
        "/batches/",
        f"/practices/{other.practice.slug}/batches/",
    ):
        text = text_of(viewer.get(path))
        assert "Elm Dental" not in text, path
        assert "2 polic" not in text, path
    assert "1 policy" in text_of(viewer.get(here))
    number = Piece.objects.get(policy__practice=people.practice).number
    shown = viewer.get(f"{here}changes/{fold}/?sample={number}")
    assert "Elm Dental" not in text_of(shown)
    assert browser_of(people.outsider).get(here).status_code == 404


def test_who_left_a_practice_no_longer_sees_its_policies(clients):
    people, other = clients
    batch = prepared(people)
    other.practice.memberships.filter(user=people.owner).delete()
    page = text_of(browser_of(people.owner).get(reverse("batch", args=[batch.pk])))
    assert "Ash Dental" not in page
    assert "1 policy is prepared" in page


def test_one_practice_that_demands_a_second_factor_is_enough(clients):
    people, other = clients
    batch = prepared(people)
    Practice.objects.filter(pk=other.practice.pk).update(needs_second_factor=True)
    here = reverse("batch", args=[batch.pk])
    assert browser_of(people.owner).get(here).status_code == 302
    assert browser_of(people.viewer).get(here).status_code == 200


# ------------------------------------------------------------------ the list of practices


def test_the_list_says_what_waits_in_each_practice(clients):
    people, other = clients
    draft = drafted(policy_of(people, "Second"), people.editor)
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    text = text_of(browser_of(people.owner).get("/practices/"))
    assert "1 to approve" in text
    assert text.count("1 on an earlier release") == 2
    reviewer = member(other.practice, Role.REVIEWER)
    other.practice.memberships.filter(user=people.owner).delete()
    people.practice.memberships.create(user=reviewer, role=Role.VIEWER)
    text = text_of(browser_of(reviewer).get("/practices/"))
    assert "to approve" not in text
    assert "earlier release" not in text


def test_policies_of_groups_are_not_said_to_wait_for_a_release(clients):
    people, _ = clients
    group = set_up_group(people.practice, people.owner, title="Offices")
    level = Level.objects.get(group=group)
    level.policy = people.practice.policies.get()
    level.save()
    assert text_of(browser_of(people.owner).get("/practices/")).count("on an earlier release") == 1


def test_three_hundred_practices_are_searched_and_read_page_by_page(settings):
    settings.PRACTICES_LIMIT = 300
    agent = account("agent")
    Practice.objects.bulk_create(
        [Practice(name=f"Client {number:03}", slug=f"client-{number}") for number in range(299)]
    )
    agent.memberships.bulk_create(
        [
            agent.memberships.model(practice=one, user=agent, role="owner")
            for one in Practice.objects.all()
        ]
    )
    found_practice(agent, name="The last one", time_zone="UTC")
    browser = browser_of(agent)
    assert "Page 1 of 6" in text_of(browser.get("/practices/"))
    found = text_of(browser.get("/practices/?q=client+123"))
    assert "1 of 300 practices" in found
    assert "Client 123" in found
    with CaptureQueriesContext(connection) as many:
        browser.get("/practices/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/practices/?q=client+12")
    assert len(many) == len(few) < 25
    refused = browser.post("/practices/new/", {"name": "One more", "time_zone": "UTC"})
    assert "You own 300 practices" in text_of(refused)


def test_who_left_a_practice_reads_nothing_of_it_in_a_batch_of_theirs(clients):
    people, other = clients
    batch = prepared(people)
    theirs = Policy.objects.get(practice=other.practice)
    secret = Location.objects.create(
        practice=other.practice, name="Secret", closed_on=timezone.localdate()
    )
    Policy.objects.filter(pk=theirs.pk).update(location=secret)
    Piece.objects.filter(policy=theirs).update(days="last_updated=2020-01-01")
    browser = browser_of(people.owner)
    assert "Secret" in text_of(browser.get(batch.get_absolute_url()))
    other.practice.memberships.filter(user=people.owner).delete()
    page = browser.get(batch.get_absolute_url())
    assert "Secret" not in text_of(page)
    assert "2020" not in text_of(page)
    assert page.context["options"].publish == 1
