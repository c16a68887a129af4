"""X17: stored JSON that is damaged: no page fails, drafts open, published pages stay the same."""

from __future__ import annotations

from random import Random

import pytest
from django.test import Client, override_settings

from policygen.policies.models import Draft, Policy, PolicyVersion
from tests.faults.trials import damaged_drafts, damaged_versions, pages_of_draft, status_of
from tests.library.steps import triggers_off
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdfs")]

DRAFTS = 320
VERSIONS = 180


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    policy = policy_of(people)
    published(policy, people.owner)
    published(policy, people.owner, practice_name="Elm Dental Care")
    return policy


@override_settings(DEBUG=False)
def test_drafts_open_whatever_is_stored_in_them(policy: Policy, people: Cast) -> None:
    draft = drafted(policy, people.owner, practice_name="Elm")
    client = sign_in(Client(raise_request_exception=False), people.owner)
    assert all(status_of(client, page) < 404 for page in pages_of_draft(draft))
    assert damaged_drafts(client, draft, DRAFTS, Random(17)) == []
    assert all(status_of(client, page) < 404 for page in pages_of_draft(draft))


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ("{", "Damaged answers"),
        ('{"practice_name": 7}', "Write a text"),
        ('{"no_such_question": "yes"}', "no_such_question"),
    ],
)
def test_a_damaged_draft_says_what_is_wrong_with_it(
    policy: Policy, people: Cast, answers: str, sentence: str
) -> None:
    draft = drafted(policy, people.owner, practice_name="Elm")
    Draft.objects.filter(pk=draft.pk).update(answers=answers)
    page = sign_in(Client(), people.owner).get(f"/drafts/{draft.pk}/review/")
    assert page.status_code == 200
    assert sentence in page.content.decode()


@override_settings(DEBUG=False)
def test_published_pages_stay_the_same_and_others_say_what_is_wrong(
    policy: Policy, people: Cast
) -> None:
    version = PolicyVersion.objects.get(policy=policy, number=1)
    client = sign_in(Client(raise_request_exception=False), people.owner)
    with triggers_off("policies_policyversion"):
        assert damaged_versions(client, version, VERSIONS, Random(18)) == []


@override_settings(DEBUG=False)
@pytest.mark.parametrize("text", ["", "{", "null", "[{}]", '[{"question": 7}]', '{"a": 1}'])
def test_a_draft_can_be_begun_after_a_damaged_version(
    policy: Policy, people: Cast, text: str
) -> None:
    """Nobody is locked out of a policy because its newest version cannot be read."""
    client = sign_in(Client(raise_request_exception=False), people.editor)
    with triggers_off("policies_policyversion"):
        everything = {"answers": text, "amendments": text, "document": text}
        PolicyVersion.objects.filter(number=2).update(**everything)
    response = client.post("/practices/elm-dental/policies/privacy-policy/start/", follow=True)
    assert response.status_code == 200
    for draft in Draft.objects.filter(policy=policy, user=people.editor):
        assert all(status_of(client, page) < 500 for page in pages_of_draft(draft))
