"""A draft of one's own becomes the draft of a practice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from policygen.policies.drafting.beginning import POLICIES_LIMIT, begin_draft
from policygen.policies.drafting.drafts import start_draft
from policygen.policies.events import problems_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy
from policygen.practices.founding import found_practice
from policygen.practices.models import Membership
from policygen.practices.roles import Role
from tests.policies.cast import Cast, account, cast, policy_of, published
from tests.signing_in import sign_in, with_address
from tests.wizard.visitors import Visitor, answers, elm, text_of

pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def as_(user: Any, *, second_factor: bool = True) -> Client:
    return sign_in(Client(), user, second_factor=second_factor)


def own(user: Any) -> Draft:
    return start_draft(Holder(user=user), title="Elm Dental, PLLC", answers=answers(elm()))


def places(response: Any) -> list[str]:
    return re.findall(r'name="into" id="[^"]*" value="([^"]*)"', response.content.decode())


def test_a_stranger_signs_up_first_and_comes_back(drafter: Visitor):
    response = drafter.get("keep")
    assert response["Location"].startswith("/account/signup/?next=")
    assert drafter.draft_id in response["Location"]


def test_an_interview_becomes_a_policy_of_the_practice(people):
    draft = own(people.editor)
    client = as_(people.editor)
    page = client.get(f"/drafts/{draft.pk}/keep/")
    assert places(page) == [f"new:{people.practice.pk}"]
    sent = {"into": f"new:{people.practice.pk}", "title": "For our patients"}
    response = client.post(f"/drafts/{draft.pk}/keep/", sent)
    assert response["Location"] == f"/drafts/{draft.pk}/review/"
    policy = Policy.objects.get()
    kept = Draft.objects.get()
    assert (policy.practice, policy.title) == (people.practice, "For our patients")
    assert (kept.pk, kept.policy, kept.user, kept.visitor) == (draft.pk, policy, people.editor, "")
    assert kept.answers == draft.answers
    assert list(problems_of(policy)) == []
    assert "began a draft from an interview" in text_of(client.get(policy.get_absolute_url()))
    assert as_(people.viewer).get(f"/drafts/{draft.pk}/review/").status_code == 200


def test_an_interview_becomes_the_next_version_of_a_policy(people, policy):
    published(policy, people.owner)
    draft = own(people.editor)
    client = as_(people.editor)
    page = client.get(f"/drafts/{draft.pk}/keep/")
    assert places(page) == [f"policy:{policy.pk}", f"new:{people.practice.pk}"]
    sent = {"into": f"policy:{policy.pk}", "title": ""}
    assert client.post(f"/drafts/{draft.pk}/keep/", sent).status_code == 302
    kept = Draft.objects.get()
    assert (kept.policy, kept.base) == (policy, 1)


def test_a_policy_of_which_one_has_a_draft_is_not_offered(people, policy):
    begin_draft(policy, people.editor)
    draft = own(people.editor)
    client = as_(people.editor)
    assert places(client.get(f"/drafts/{draft.pk}/keep/")) == [f"new:{people.practice.pk}"]
    response = client.post(f"/drafts/{draft.pk}/keep/", {"into": f"policy:{policy.pk}"})
    assert response.status_code == 400
    assert Draft.objects.get(pk=draft.pk).policy is None


def test_the_practice_that_was_asked_from_is_offered_first(people):
    other = found_practice(people.editor, name="Birch Dental", time_zone="UTC")
    draft = own(people.editor)
    response = as_(people.editor).post(f"/drafts/{draft.pk}/keep/", {"practice": other.slug})
    assert response.status_code == 200
    assert f'value="new:{other.pk}" checked' in response.content.decode()
    assert Draft.objects.get().policy is None


def test_practices_in_which_one_may_only_look_are_not_offered(people, policy):
    draft = own(people.viewer)
    client = as_(people.viewer)
    page = client.get(f"/drafts/{draft.pk}/keep/")
    assert "You need a practice first" in text_of(page)
    response = client.post(
        f"/drafts/{draft.pk}/keep/", {"into": f"policy:{policy.pk}", "title": "X"}
    )
    assert response.status_code == 400
    assert Draft.objects.get().policy is None


@pytest.mark.parametrize("into", ["", "policy:", "new:0", "x", "policy:1\x00", "new:" + "9" * 40])
def test_a_place_that_there_is_not_is_refused(people, policy, into):
    draft = own(people.editor)
    response = as_(people.editor).post(f"/drafts/{draft.pk}/keep/", {"into": into, "title": "X"})
    assert response.status_code == 400
    assert Draft.objects.get().policy is None
    assert Policy.objects.count() == 1


def test_the_practice_of_somebody_else_is_refused_without_a_trace(people, policy):
    draft = own(people.outsider)
    client = as_(people.outsider)
    for into in (f"policy:{policy.pk}", f"new:{people.practice.pk}"):
        response = client.post(f"/drafts/{draft.pk}/keep/", {"into": into, "title": "X"})
        assert response.status_code == 400
        assert places(response) == [f"new:{people.other.pk}"]
    assert Draft.objects.get().policy is None


def test_the_draft_of_somebody_else_is_not_there(people, policy):
    draft = own(people.outsider)
    client = as_(people.owner)
    assert client.get(f"/drafts/{draft.pk}/keep/").status_code == 404
    sent = {"into": f"policy:{policy.pk}", "title": "X"}
    assert client.post(f"/drafts/{draft.pk}/keep/", sent).status_code == 404


def test_a_draft_of_a_policy_stays_where_it_is(people, policy):
    draft = begin_draft(policy, people.owner)
    sent = {"into": f"new:{people.practice.pk}", "title": "X"}
    response = as_(people.owner).post(f"/drafts/{draft.pk}/keep/", sent)
    assert response["Location"] == f"/drafts/{draft.pk}/review/"
    assert Draft.objects.get().policy == policy


@pytest.mark.parametrize("title", ["", "x" * 201, "<b>x</b>", "a\x00b"])
def test_a_title_that_cannot_be_is_refused_and_no_policy_is_left_behind(people, title):
    draft = own(people.owner)
    sent = {"into": f"new:{people.practice.pk}", "title": title}
    assert as_(people.owner).post(f"/drafts/{draft.pk}/keep/", sent).status_code == 400
    assert not Policy.objects.exists()


def test_a_practice_that_is_full_says_so(people):
    Policy.objects.bulk_create(
        Policy(practice=people.practice, slug=f"p-{n}", title="P") for n in range(POLICIES_LIMIT)
    )
    draft = own(people.owner)
    sent = {"into": f"new:{people.practice.pk}", "title": "One more"}
    response = as_(people.owner).post(f"/drafts/{draft.pk}/keep/", sent)
    assert response.status_code == 400
    assert "as many as this site keeps" in text_of(response)
    assert Draft.objects.get().policy is None


def test_a_practice_that_demands_a_second_factor_gets_nothing_without_one(people):
    people.practice.needs_second_factor = True
    people.practice.save()
    draft = own(people.owner)
    client = as_(people.owner, second_factor=False)
    sent = {"into": f"new:{people.practice.pk}", "title": "X"}
    response = client.post(f"/drafts/{draft.pk}/keep/", sent)
    assert response["Location"].startswith("/account/second-factor/")
    assert not Policy.objects.exists()


def test_an_anonymous_draft_goes_along_through_the_sign_in(people, drafter: Visitor):
    user = with_address(account("somebody"))
    Membership.objects.create(practice=people.practice, user=user, role=Role.EDITOR)
    response = drafter.client.post(
        "/account/login/",
        {
            "login": user.email,
            "password": "a long pass phrase",
            "next": f"/drafts/{drafter.draft_id}/keep/",
        },
    )
    page = drafter.client.get(response["Location"])
    assert places(page) == [f"new:{people.practice.pk}"]
