"""The pages of the interview for the draft of a policy: whose it is, and who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from policygen.core.amendments import amendment_of, amendments_to_json
from policygen.library.store import library_of
from policygen.policies.drafting.drafts import amend_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Policy
from policygen.policies.reviewing.review import approve, submit
from tests.policies.cast import Cast, cast, drafted, policy_of
from tests.signing_in import sign_in
from tests.wizard.visitors import Controls, text_of

pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


@pytest.fixture
def draft(people: Cast, policy: Policy) -> Draft:
    return drafted(policy, people.editor)


def as_(user: Any, *, second_factor: bool = True) -> Client:
    return sign_in(Client(), user, second_factor=second_factor)


def at(draft: Draft, page: str = "") -> str:
    return f"/drafts/{draft.pk}/{page}"


def worded(draft: Draft, by: Any) -> None:
    """Give the draft a wording of its own."""
    library = library_of(draft.release)
    clause = next(one for one in library.clauses if "We keep the following" in one.source)
    text = clause.source.replace("We keep the following", "We guard the following")
    own = amendment_of(library, clause.slug, text)
    assert own is not None
    stored = json.dumps(amendments_to_json([own]))
    amend_draft(Holder(user=by), draft.pk, amendments=stored, revision=draft.revision)


# ------------------------------------------------------------------ where one is


@pytest.mark.parametrize("page", ["practice/", "review/", "why/", "delete/"])
def test_a_draft_of_a_policy_says_whose_it_is_and_leads_back(people, policy, draft, page):
    response = as_(people.editor).get(at(draft, page))
    assert policy.get_absolute_url() in response.content.decode()
    text = text_of(response)
    assert "Privacy policy" in text
    assert "Elm Dental" in text
    assert "30 days" not in text


def test_the_answers_lead_on_to_reading_and_publishing(people, draft):
    markup = as_(people.editor).get(at(draft, "review/")).content.decode()
    assert at(draft, "reading/") in markup
    assert at(draft, "publish/") in markup


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_whoever_may_only_read_is_led_from_the_questions_to_the_reading_page(people, draft, role):
    client = as_(getattr(people, role))
    for page in ("", "practice/", "data/"):
        assert client.get(at(draft, page))["Location"] == at(draft, "reading/")


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_whoever_may_only_read_changes_nothing(people, draft, role):
    client = as_(getattr(people, role))
    form = Controls(as_(people.editor).get(at(draft, "practice/")).content.decode()).as_post()
    refused = client.post(at(draft, "practice/"), {**form, "practice-motto": "Mine."})
    assert refused.status_code == 403
    assert "This is not open to you" in text_of(refused)
    for page in ("delete/", "release/", "publish/"):
        assert client.get(at(draft, page)).status_code == 403, page
        assert client.post(at(draft, page)).status_code == 403, page
    now = Draft.objects.get()
    assert (now.answers, now.revision) == (draft.answers, draft.revision)


def test_whoever_may_only_read_sees_the_answers_without_ways_to_change_them(people, draft):
    page = as_(people.viewer).get(at(draft, "review/"))
    assert "Elm Dental, PLLC" in text_of(page)
    markup = page.content.decode()
    for way in ("practice/", "delete/", "publish/", "release/"):
        assert f'href="{at(draft, way)}' not in markup
    assert ">Change <" not in markup
    for page in ("why/", "policy.txt", "answers.yaml"):
        assert as_(people.viewer).get(at(draft, page)).status_code == 200


def test_another_editor_goes_on_with_the_draft(people, draft):
    client = as_(people.owner)
    form = Controls(client.get(at(draft, "practice/")).content.decode()).as_post()
    response = client.post(at(draft, "practice/"), {**form, "practice-motto-text": "Ours."})
    assert response.status_code == 302


@pytest.mark.parametrize("page", ["", "practice/", "review/", "why/", "delete/", "policy.txt"])
def test_for_outsiders_and_strangers_there_is_no_draft(people, draft, page):
    for client in (as_(people.outsider), Client()):
        assert client.get(at(draft, page)).status_code == 404
        assert client.post(at(draft, page)).status_code in {404, 405}
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("page", ["", "practice/", "review/", "why/", "delete/", "publish/"])
def test_d07_a_practice_that_demands_a_second_factor_demands_it_for_drafts(people, draft, page):
    people.practice.needs_second_factor = True
    people.practice.save()
    client = as_(people.editor, second_factor=False)
    for response in (client.get(at(draft, page)), client.post(at(draft, page))):
        if response.status_code != 405:
            assert response["Location"].startswith("/account/second-factor/")
    assert Draft.objects.count() == 1
    assert as_(people.editor).get(at(draft, page)).status_code in {200, 302}


# ------------------------------------------------------------------ deleting


def test_a_deleted_draft_leads_back_to_its_policy(people, policy, draft):
    client = as_(people.editor)
    assert "What is published stays." in text_of(client.get(at(draft, "delete/")))
    response = client.post(at(draft, "delete/"))
    assert response["Location"] == policy.get_absolute_url()
    text = text_of(client.get(response["Location"]))
    assert "The draft of “Privacy policy” is deleted." in text
    assert "deleted a draft" in text
    assert not Draft.objects.exists()


def test_whoever_deletes_the_draft_of_another_is_told_whose_it_is(people, draft):
    text = text_of(as_(people.owner).get(at(draft, "delete/")))
    assert f"The draft of {people.editor.username}" in text


# ------------------------------------------------------------------ a release that is gone


@pytest.mark.parametrize("state", [DraftState.OPEN, DraftState.APPROVED])
def test_a_draft_whose_release_is_gone_goes_on_with_the_one_in_force(people, policy, draft, state):
    right = draft.release
    Draft.objects.filter(pk=draft.pk).update(release="0" * 64)
    if state == DraftState.APPROVED:
        submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
        approve(Holder(user=people.reviewer), draft.pk, revision=draft.revision)
    client = as_(people.editor)
    text = text_of(client.get(at(draft, "publish/")))
    assert "can no longer be read. Open a page of the answers and save it" in text
    form = Controls(client.get(at(draft, "practice/")).content.decode()).as_post()
    assert client.post(at(draft, "practice/"), form).status_code == 302
    now = Draft.objects.get()
    assert (now.release, now.state) == (right, DraftState.OPEN)
    assert now.revision > draft.revision
    assert "can no longer be read" not in text_of(client.get(at(draft, "publish/")))
    assert "moved the draft from an earlier release to release 1" in text_of(
        client.get(policy.get_absolute_url())
    )


# ------------------------------------------------------------------ own wording


@pytest.mark.parametrize("page", ["review/", "why/", "policy.txt", "policy.html", "policy.json"])
def test_everything_made_from_a_draft_has_the_practices_own_wording(people, draft, page):
    worded(draft, people.owner)
    response = as_(people.viewer).get(at(draft, page))
    assert "We guard the following" in response.content.decode()
    assert "We keep the following" not in response.content.decode()


def test_the_preview_beside_the_questions_has_the_practices_own_wording(people, draft):
    worded(draft, people.owner)
    client = as_(people.editor)
    form = Controls(client.get(at(draft, "data/")).content.decode()).as_post()
    said = client.post(at(draft, "data/preview/"), form)
    assert "We guard the following" in said.content.decode()


def test_wording_that_cannot_be_read_breaks_no_page(people, draft):
    Draft.objects.filter(pk=draft.pk).update(amendments='[{"slug": 1}]')
    client = as_(people.editor)
    for page in ("review/", "why/", "policy.txt", "practice/", "reading/", "publish/"):
        assert client.get(at(draft, page)).status_code == 200, page
    assert "own wording in this draft cannot be read" in text_of(client.get(at(draft, "publish/")))
