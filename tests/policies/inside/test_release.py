"""A newer release of the library: what it would change in a policy, taken over or left."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.core.amendments import amendment_of, amendments_to_json
from policygen.library.models import Release
from policygen.library.store import library_of
from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.drafting.drafts import amend_draft, save_answers
from policygen.policies.events import Action, problems_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Editor, Event, Policy, PolicyVersion
from policygen.policies.published.publishing import publish_policy
from tests.library.folders import change, write
from tests.library.steps import drafted as edited_at_desk
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published
from tests.releases import release_changes
from tests.signing_in import sign_in
from tests.wizard.test_releases import PETS, PHOTOS, RECORDS, without_motto
from tests.wizard.visitors import answers, elm, text_of


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


@pytest.fixture
def version(people: Cast, policy: Policy) -> PolicyVersion:
    return published(policy, people.owner)


@pytest.fixture
def newer(version: PolicyVersion, folder: Path) -> Release:
    """Release 2: a new choice, and a sentence in other words."""
    change(folder, "vocabulary.yaml", RECORDS, PHOTOS + RECORDS)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    return release_changes(folder, title="Photos", notes="Photos can be ticked.")


def as_(user: Any) -> Client:
    return sign_in(Client(), user)


def page_of(policy: Policy) -> str:
    return f"{policy.get_absolute_url()}release/"


def take_over(client: Client, policy: Policy) -> Any:
    page = client.get(page_of(policy)).content.decode()
    fields = dict(re.findall(r'name="(revision|to)" value="([^"]*)"', page))
    return client.post(page_of(policy), fields)


# ------------------------------------------------------------------ looking


def test_without_a_newer_release_there_is_nothing_to_look_at(people, policy, version):
    client = as_(people.owner)
    assert client.get(page_of(policy))["Location"] == policy.get_absolute_url()
    text = text_of(client.get(policy.get_absolute_url()))
    assert "This policy uses the release that is in force." in text
    assert "There is a newer release" not in text


def test_without_any_version_or_draft_there_is_nothing_to_look_at(people, policy):
    assert as_(people.owner).get(page_of(policy))["Location"] == policy.get_absolute_url()


def test_the_policy_says_that_there_is_a_newer_release(people, policy, newer):
    text = text_of(as_(people.viewer).get(policy.get_absolute_url()))
    assert "There is a newer release of the clauses" in text
    assert "Version 1 is made from release 1" in text


def test_what_would_change_is_shown_with_why_and_what_is_new(people, policy, newer):
    for user in (people.owner, people.viewer):
        response = as_(user).get(page_of(policy))
        text = text_of(response)
        assert "Release 2: Photos" in text
        assert "Photos can be ticked." in text
        assert "Loaded from files" not in text
        assert "New choices What data do you keep? Photos" in text
        assert re.search(r"<del>.*keep</del>", response.content.decode())
        assert re.search(r"<ins>.*store</ins>", response.content.decode())
        assert ("Take it over into a draft" in text) == (user == people.owner)


def reworded(body: str, why: str) -> None:
    """Release another text of a clause, with what the desk says of it."""
    text = f"{body}: {{{{ data | listing }}}}."
    edited_at_desk("clause", "data", why=why, body=text)
    release_changes()


def test_the_reasons_of_the_desk_stand_below_the_redline(people, policy, version):
    edited_at_desk("clause", "no-health", why="Nobody asked for this.", body="We have no notes.")
    reworded("We store", "Patients did not know what “keep” means.")
    reworded("We hold", "It is <b>shorter</b>.")
    edited_at_desk("clause", "data", why="Not released yet.", body="We guard you.")
    draft = begin_draft(policy, people.owner, release=version.release)
    for address in (page_of(policy), f"/drafts/{draft.pk}/release/"):
        response = as_(people.owner).get(address)
        text = text_of(response)
        _, _, why = text.partition("Why these clauses change")
        assert "Patients did not know what “keep” means. It is <b>shorter</b>." in why
        assert "Not released yet." not in text
        assert "<b>shorter</b>" not in response.content.decode()


def test_the_reasons_of_all_clauses_take_one_query(people, policy, version):
    reworded("We store", "Clearer.")
    edited_at_desk("clause", "motto", why="Kinder.", body="Our motto: {{ motto }}.")
    release_changes()
    client = as_(people.viewer)
    client.get(page_of(policy))
    with CaptureQueriesContext(connection) as asked:
        client.get(page_of(policy))
    assert sum('FROM "library_clauseversion"' in one["sql"] for one in asked) == 1


def test_looking_changes_nothing(people, policy, newer):
    before = Event.objects.count()
    as_(people.owner).get(page_of(policy))
    assert Event.objects.count() == before
    assert not Draft.objects.exists()


def test_options_and_questions_that_vanish_are_listed(people, policy, version, folder):
    without_motto(folder)
    newest = published(policy, people.editor)  # made from release 1 still: nothing moves by itself
    assert newest.release_number == 1
    text = text_of(as_(people.owner).get(page_of(policy)))
    assert "Answers that no longer fit" in text
    assert "What is your motto?" in text
    assert "This is no longer asked." in text


# ------------------------------------------------------------------ taking over


def test_it_is_taken_over_into_a_draft_with_one_press(people, policy, version, newer):
    client = as_(people.editor)
    response = take_over(client, policy)
    draft = Draft.objects.get()
    assert response["Location"] == f"/drafts/{draft.pk}/review/"
    assert (draft.user, draft.base, draft.release) == (people.editor, 1, newer.digest)
    assert json.loads(draft.answers) == elm()
    assert PolicyVersion.objects.get() == version
    text = text_of(client.get(response["Location"]))
    assert "Your draft uses release 2." in text
    assert "New with the release of this draft" in text
    assert "New choices: Photos" in text
    assert "We store the following" in text


def test_a_new_choice_is_asked_for_until_something_of_it_is_taken(people, policy, newer):
    client = as_(people.editor)
    review = take_over(client, policy)["Location"]
    draft = Draft.objects.get()
    library = library_of(newer.digest)
    ticked = answers({"data": ["name"]}).to_raw()
    assert "New choices: Photos" in text_of(client.get(review))
    Draft.objects.filter(pk=draft.pk).update(
        answers=json.dumps({**elm(), **ticked, "data": ["name", "photos"]})
    )
    assert library.vocabulary.by_id["data"].by_id["photos"]
    assert "New choices" not in text_of(client.get(review))


def test_whoever_took_it_over_cannot_approve_it(people, policy, newer):
    take_over(as_(people.owner), policy)
    assert Editor.objects.get().user == people.owner


def test_an_open_draft_is_moved_and_what_was_answered_meanwhile_stays(
    people, policy, version, folder
):
    mine = drafted(policy, people.editor, motto="We care.")
    change(folder, "about/data.md", "We keep the following", "We store the following")
    newest = release_changes(folder)
    client = as_(people.editor)
    assert "You have a draft of this policy" in text_of(client.get(page_of(policy)))
    response = take_over(client, policy)
    now = Draft.objects.get()
    assert (now.pk, now.release, now.answers) == (mine.pk, newest.digest, mine.answers)
    assert response["Location"] == f"/drafts/{mine.pk}/review/"
    moved = Event.objects.get(action=Action.MOVED)
    assert moved.draft == mine.pk
    assert "moved the draft from release 1 to release 2" in text_of(
        client.get(policy.get_absolute_url())
    )
    assert list(problems_of(policy)) == []
    others = as_(people.owner).get(page_of(policy))  # who has no draft still sees the version
    assert "Version 1 is made from release 1." in text_of(others)


def test_pressing_twice_makes_one_draft(people, policy, newer):
    client = as_(people.owner)
    fields = {"revision": "1", "to": newer.digest}
    first = client.post(page_of(policy), fields)
    again = client.post(page_of(policy), fields)
    assert first["Location"] == f"/drafts/{Draft.objects.get().pk}/review/"
    assert again["Location"] == policy.get_absolute_url()
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"revision": "1"},
        {"revision": "1", "to": "x"},
        {"revision": "7"},
        {"revision": "x"},
        {"revision": "9" * 40},
    ],
)
def test_what_was_not_in_view_is_not_taken_over(people, policy, newer, fields):
    client = as_(people.owner)
    sent = {"to": newer.digest, **fields} if "revision" in fields else fields
    wanted = sent.get("revision") == "1" and sent.get("to") == newer.digest
    response = client.post(page_of(policy), sent)
    assert Draft.objects.exists() == wanted
    if not wanted:
        assert response["Location"] == page_of(policy)
        assert "Nothing was taken over" in text_of(client.get(page_of(policy)))


def test_a_draft_that_changed_since_it_was_compared_is_not_moved(people, policy, version, folder):
    mine = drafted(policy, people.editor, motto="We care.")
    change(folder, "about/data.md", "We keep the following", "We store the following")
    newest = release_changes(folder)
    fields = {"revision": str(mine.revision), "to": newest.digest}
    save_answers(Holder(user=people.owner), mine.pk, answers({"motto": "Other."}))
    client = as_(people.editor)
    assert client.post(page_of(policy), fields)["Location"] == page_of(policy)
    assert Draft.objects.get().release == mine.release


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_whoever_may_only_look_takes_nothing_over(people, policy, newer, role):
    client = as_(getattr(people, role))
    assert client.post(page_of(policy), {"revision": "1", "to": newer.digest}).status_code == 403
    assert as_(people.outsider).get(page_of(policy)).status_code == 404
    assert not Draft.objects.exists()


# ------------------------------------------------------------------ own wording


def worded(draft: Draft, by: Any, before: str, after: str) -> None:
    library = library_of(draft.release)
    clause = next(one for one in library.clauses if before in one.source)
    text = clause.source.replace(before, after)
    own = amendment_of(library, clause.slug, text)
    assert own is not None
    stored = json.dumps(amendments_to_json([own]))
    amend_draft(Holder(user=by), draft.pk, amendments=stored, revision=draft.revision)


KEEP = ("We keep the following", "We guard the following")
SAYING = ("The motto of our house is this", "We guard this motto")


def with_own_wording(
    people: Cast, policy: Policy, wording: tuple[str, str] = KEEP
) -> PolicyVersion:
    draft = drafted(policy, people.owner, motto="We care.")
    worded(draft, people.owner, *wording)
    now = Draft.objects.get(pk=draft.pk)
    return publish_policy(Holder(user=people.owner), draft.pk, order(now))


def test_own_wording_is_carried_over_where_the_clause_stayed(people, policy, folder):
    with_own_wording(people, policy)
    change(folder, "vocabulary.yaml", RECORDS, PHOTOS + RECORDS)
    release_changes(folder)
    client = as_(people.owner)
    text = text_of(client.get(page_of(policy)))
    assert "Your own wording to decide about" not in text
    assert "It stays as it is, word for word." in text
    review = take_over(client, policy)["Location"]
    assert "We guard the following" in text_of(client.get(review))


def test_own_wording_is_put_up_for_decision_where_the_clause_changed(people, policy, folder):
    with_own_wording(people, policy)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder)
    client = as_(people.owner)
    text = text_of(client.get(page_of(policy)))
    assert "Your own wording to decide about" in text
    assert "the library’s text changed" in text
    review = take_over(client, policy)["Location"]
    draft = Draft.objects.get()
    assert "We guard the following" in draft.amendments
    assert "We guard the following" in text_of(client.get(review))
    page = client.get(f"/drafts/{draft.pk}/publish/")
    assert "Decide which wording holds." in text_of(page)
    assert "Publish version 2</button>" not in page.content.decode()


def test_own_wording_of_a_clause_that_is_gone_is_kept_and_put_up_for_decision(
    people, policy, folder
):
    with_own_wording(people, policy, SAYING)
    without_motto(folder)
    client = as_(people.owner)
    assert "the library no longer has this clause" in text_of(client.get(page_of(policy)))
    take_over(client, policy)
    draft = Draft.objects.get()
    assert "We guard this motto" in draft.amendments
    for page in ("review", "why", "reading", "publish"):
        assert client.get(f"/drafts/{draft.pk}/{page}/").status_code == 200, page
    published_page = text_of(client.get(f"/drafts/{draft.pk}/publish/"))
    assert "no longer in the library" in published_page


# ------------------------------------------------------------------ drafts under a new release


def test_x14_the_draft_of_a_policy_keeps_its_release_until_it_is_moved(people, policy, folder):
    draft = drafted(policy, people.editor)
    worded(draft, people.owner, *KEEP)
    change(folder, "vocabulary.yaml", "  - id: marketing\n", PETS + "  - id: marketing\n")
    elm_file = "examples/elm.yaml"
    change(folder, elm_file, "  marketing: [mail]\n", "  marketing: [mail]\n  pets: none\n")
    pets = "---\ntitle: Pets\norder: 90\nclaims: []\n---\nPets: {{ pets }}\n"
    write(folder, "about/pets.md", pets)
    newest = release_changes(folder)
    client = as_(people.editor)
    page = f"/drafts/{draft.pk}/release/"
    text = text_of(client.get(page))
    assert "New questions for you Any pets?" in text
    assert "Privacy policy" in text
    now = Draft.objects.get()
    assert now.release == draft.release
    sent = {"revision": str(now.revision), "to": newest.digest}
    assert client.post(page, sent)["Location"] == f"/drafts/{draft.pk}/review/"
    moved = Draft.objects.get()
    assert (moved.release, moved.answers) == (newest.digest, draft.answers)
    assert "We guard the following" in moved.amendments
    text = text_of(client.get(f"/drafts/{draft.pk}/review/"))
    assert "Any pets? Not answered yet." in text
    assert "We guard the following" in text


def test_an_answer_that_is_no_longer_asked_for_is_kept_and_listed(people, policy, version, folder):
    without_motto(folder)
    client = as_(people.editor)
    review = take_over(client, policy)["Location"]
    text = text_of(client.get(review))
    assert "What is your motto?" in text
    assert "This is no longer asked." in text
    assert json.loads(Draft.objects.get().answers)["motto"] == "none"


def test_the_page_takes_as_many_queries_for_many_releases(people, policy, version, folder):
    client = as_(people.viewer)
    words = ["keep", "store", "hold", "guard"]
    counts = []
    for before, after in pairwise(words):
        change(folder, "about/data.md", f"We {before} the following", f"We {after} the following")
        release_changes(folder)
        client.get(page_of(policy))
        with CaptureQueriesContext(connection) as asked:
            client.get(page_of(policy))
        counts.append(len(asked))
    assert len(set(counts)) == 1


def test_begin_draft_takes_the_release_that_was_asked_for(people, policy, version, newer):
    assert begin_draft(policy, people.owner).release == version.release
    assert begin_draft(policy, people.editor, release=newer.digest).release == newer.digest
