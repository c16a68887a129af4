"""A draft that replaces a version published after it was begun: whose wording it then has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policygen.core.amendments import Standing
from policygen.policies.drafting.beginning import rebase_draft
from policygen.policies.drafting.drafts import DraftTooLarge, Opened, open_draft, save_answers
from policygen.policies.drafting.findings import blocking
from policygen.policies.drafting.wording import let_go, own_wording_of, own_wordings, reword
from policygen.policies.drafting.wording_log import WordingChange, from_details
from policygen.policies.events import Action, problems_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Event, Policy, PolicyVersion
from policygen.policies.published.publishing import NotReady, publish_policy
from policygen.policies.stored import amendments_from_text, amendments_to_text
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published
from tests.practices.browsers import browser_of
from tests.wizard.visitors import answers, text_of

OWN, OTHER = "We live by this: {{ motto }}", "Our motto is: {{ motto }}"
THIRD = "Between us: {{ motto }}"


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy with a version that has a motto, in the library's words."""
    policy = policy_of(people)
    published(policy, people.owner, motto="We care.")
    return policy


def opened(draft: Draft, by: User) -> Opened:
    return open_draft(Holder(user=by), draft.pk)


def worded(draft: Draft, by: User, text: str, slug: str = "motto") -> None:
    found = opened(draft, by)
    reword(Holder(user=by), found, slug, text, revision=found.draft.revision)


def unworded(draft: Draft, by: User, slug: str = "motto") -> None:
    found = opened(draft, by)
    let_go(Holder(user=by), found, slug, revision=found.draft.revision)


def publish(draft: Draft, by: User) -> PolicyVersion:
    return publish_policy(Holder(user=by), draft.pk, order(Draft.objects.get(pk=draft.pk)))


def published_with(policy: Policy, by: User, text: str) -> PolicyVersion:
    """Publish a version with this wording of the motto; an empty one is the library's."""
    draft = drafted(policy, by)
    if text:
        worded(draft, by, text)
    else:
        unworded(draft, by)
    return publish(draft, by)


def replaces(draft: Draft, by: User) -> Opened:
    now = Draft.objects.get(pk=draft.pk)
    newest = PolicyVersion.objects.filter(policy=draft.policy_id).order_by("-number")[0]
    assert rebase_draft(now, by, revision=now.revision, base=newest.number)
    return opened(draft, by)


def logged(draft: Draft) -> list[tuple[str, str]]:
    lines = Event.objects.filter(draft=draft.pk).order_by("number")
    return [(line.action, line.details) for line in lines]


def rewordings(draft: Draft) -> list[WordingChange]:
    return [from_details(said) for action, said in logged(draft) if action == Action.AMENDED]


# ------------------------------------------------------------------ the wording


def test_wording_that_came_meanwhile_is_taken_over_and_not_dropped(
    people: Cast, policy: Policy
) -> None:
    mine = drafted(policy, people.editor, data=["name"])
    published_with(policy, people.owner, OWN)
    after = replaces(mine, people.editor)
    own = own_wording_of(after, "motto")
    assert own is not None
    assert (own.amendment.text, own.standing) == (OWN, Standing.CARRIED)
    assert not blocking(after)
    assert rewordings(mine) == [WordingChange("motto", "", OWN)]
    (kept,) = amendments_from_text(publish(mine, people.editor).amendments)
    assert kept.text == OWN
    assert list(problems_of(policy)) == []


def test_wording_that_was_let_go_meanwhile_is_let_go_here_too(people: Cast, policy: Policy) -> None:
    published_with(policy, people.owner, OWN)
    mine = drafted(policy, people.editor, data=["name"])
    published_with(policy, people.owner, "")
    after = replaces(mine, people.editor)
    assert own_wordings(after) == ()
    assert rewordings(mine) == [WordingChange("motto", OWN, "")]


def test_wording_of_the_draft_stays_where_no_version_touched_the_clause(
    people: Cast, policy: Policy
) -> None:
    mine = drafted(policy, people.owner)
    worded(mine, people.owner, OWN)
    published(policy, people.editor, data=["name"])
    before = Draft.objects.get(pk=mine.pk).amendments
    after = replaces(mine, people.owner)
    assert after.draft.amendments == before
    assert not blocking(after)


def test_two_wordings_wait_for_somebody_to_decide(people: Cast, policy: Policy) -> None:
    mine = drafted(policy, people.owner)
    worded(mine, people.owner, OWN)
    theirs = drafted(policy, people.editor)
    worded(theirs, people.reviewer, OTHER)
    publish(theirs, people.editor)
    after = replaces(mine, people.editor)
    own = own_wording_of(after, "motto")
    assert own is not None
    assert (own.waits, own.is_contested, own.is_printed) == (True, True, True)
    assert (own.amendment.text, own.amendment.rival) == (OWN, OTHER)
    (finding,) = blocking(after)
    assert (finding.code, finding.clause) == ("wording-undecided", "motto")
    assert "differs in this draft and in version 2" in finding.says
    with pytest.raises(NotReady):
        publish(mine, people.owner)
    assert len(rewordings(mine)) == 1  # only the draft's own: nothing changed by replacing


def test_a_wording_that_the_draft_let_go_and_a_version_changed_waits_too(
    people: Cast, policy: Policy
) -> None:
    published_with(policy, people.owner, OWN)
    mine = drafted(policy, people.editor)
    unworded(mine, people.reviewer)
    published_with(policy, people.owner, OTHER)
    after = replaces(mine, people.editor)
    own = own_wording_of(after, "motto")
    assert own is not None
    assert (own.amendment.text, own.amendment.rival, own.is_contested) == (OTHER, "", True)
    assert own.rival_text == own.library_text
    assert rewordings(mine)[-1] == WordingChange("motto", "", OTHER)


def test_a_draft_that_replaces_two_versions_in_turn_still_waits(
    people: Cast, policy: Policy
) -> None:
    mine = drafted(policy, people.owner)
    worded(mine, people.owner, OWN)
    for text in (OTHER, THIRD):
        theirs = drafted(policy, people.editor)
        worded(theirs, people.reviewer, text)
        publish(theirs, people.editor)
        own = own_wording_of(replaces(mine, people.owner), "motto")
        assert own is not None
        assert (own.amendment.text, own.amendment.rival) == (OWN, text)


def test_an_approval_falls_when_wording_comes_in(people: Cast, policy: Policy) -> None:
    mine = drafted(policy, people.editor, data=["name"])
    published_with(policy, people.owner, OWN)
    after = replaces(mine, people.editor)
    assert after.draft.state == DraftState.OPEN
    assert list(after.draft.editors.values_list("user", flat=True)) == [people.editor.pk]


def test_a_draft_that_replacing_has_filled_can_be_made_less_and_not_more(
    people: Cast, policy: Policy
) -> None:
    mine = drafted(policy, people.owner)
    worded(mine, people.owner, OWN)
    worded(mine, people.owner, "These: {{ data | listing }}.", "data")
    two = amendments_from_text(Draft.objects.get(pk=mine.pk).amendments)
    many = [replace(two[0], slug=f"gone-{number}", text="x" * 8000) for number in range(9)]
    Draft.objects.filter(pk=mine.pk).update(amendments=amendments_to_text([*two, *many]))
    with pytest.raises(DraftTooLarge):
        worded(mine, people.owner, f"{OWN} And more.")
    unworded(mine, people.owner)
    left = amendments_from_text(Draft.objects.get(pk=mine.pk).amendments)
    assert len(left) == 10


# ------------------------------------------------------------------ the log


def test_the_log_says_of_each_replacement_that_it_was_one(people: Cast, policy: Policy) -> None:
    mine = drafted(policy, people.owner)
    published(policy, people.editor, data=["name"])
    holder = Holder(user=people.owner)
    save_answers(holder, mine.pk, answers({"motto": "One."}))
    replaces(mine, people.owner)
    save_answers(holder, mine.pk, answers({"motto": "Two."}))
    save_answers(holder, mine.pk, answers({"motto": "Three."}))
    assert logged(mine)[1:] == [
        ("edited", ""),
        ("replaces", "version 2"),
        ("edited", ""),
    ]


# ------------------------------------------------------------------ the pages


@pytest.fixture
def contested(people: Cast, policy: Policy) -> Draft:
    mine = drafted(policy, people.owner)
    worded(mine, people.owner, OWN)
    theirs = drafted(policy, people.editor)
    worded(theirs, people.reviewer, OTHER)
    publish(theirs, people.editor)
    return replaces(mine, people.owner).draft


def press(client: Client, draft: Draft, go: str) -> Any:
    sent = {"revision": str(draft.revision), "line": "1", "go": go}
    return client.post(f"/drafts/{draft.pk}/wording/motto/", sent)


def test_the_reading_page_shows_what_waits_and_the_way_there(
    people: Cast, contested: Draft
) -> None:
    page = browser_of(people.reviewer).get(f"/drafts/{contested.pk}/reading/")
    text = text_of(page)
    assert "Version 2, which this draft replaces, words this clause another way." in text
    assert "Decide which wording holds" in text
    assert f"/drafts/{contested.pk}/wording/motto/" in page.content.decode()


def test_the_page_shows_both_wordings_and_the_librarys(people: Cast, contested: Draft) -> None:
    text = text_of(browser_of(people.reviewer).get(f"/drafts/{contested.pk}/wording/motto/"))
    for words in ("The wording of version 2", "The wording of this draft", "The library’s text"):
        assert words in text
    assert OTHER in text


@pytest.mark.parametrize(("go", "text"), [("keep", OWN), ("other", OTHER), ("library", None)])
def test_each_button_decides(people: Cast, contested: Draft, go: str, text: str | None) -> None:
    client = browser_of(people.reviewer)
    assert press(client, contested, go).status_code == 302
    after = opened(contested, people.reviewer)
    own = own_wording_of(after, "motto")
    assert (own.amendment.text if own else None) == text
    assert own is None or own.amendment.rival is None
    assert not blocking(after)
    assert from_details(logged(contested)[-1][1]) == WordingChange("motto", OWN, text or "")
    again = press(client, after.draft, "other")
    assert again.status_code == 409


def test_one_wording_beside_the_librarys_is_decided_with_two_buttons(
    people: Cast, policy: Policy
) -> None:
    published_with(policy, people.owner, OWN)
    mine = drafted(policy, people.editor)
    unworded(mine, people.reviewer)
    published_with(policy, people.owner, OTHER)
    draft = replaces(mine, people.editor).draft
    client = browser_of(people.reviewer)
    page = client.get(f"/drafts/{draft.pk}/wording/motto/").content.decode()
    assert "The two texts" in page
    assert 'value="other"' not in page
    assert press(client, draft, "other").status_code == 409
    assert press(client, draft, "library").status_code == 302
    assert own_wordings(opened(draft, people.reviewer)) == ()


def test_an_editor_replaces_and_does_not_decide(people: Cast, contested: Draft) -> None:
    assert press(browser_of(people.editor), contested, "keep").status_code == 403
