"""A practice's own wording in a draft: what prints, what is logged, what a release makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import timezone

from policygen.core.amendments import Standing, amendments_from_json, rebased
from policygen.core.plain_text import text_of
from policygen.core.problems import Refused
from policygen.policies.drafting import wording
from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.drafting.drafts import (
    SIZE_LIMIT,
    DraftTooLarge,
    NotAllowed,
    Opened,
    Overtaken,
    amend_draft,
    move_draft,
    open_draft,
    start_draft,
)
from policygen.policies.drafting.findings import blocking
from policygen.policies.drafting.wording import (
    WORDING_LIMIT,
    history_of,
    last_changes,
    let_go,
    own_wording_of,
    own_wordings,
    printed,
    reword,
    tried,
    worded_library,
)
from policygen.policies.drafting.wording_log import (
    WordingChange,
    beginning_for,
    changes_between,
    from_details,
    to_details,
)
from policygen.policies.events import Action, problems_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Editor, Event
from policygen.policies.published.publishing import NotReady, publish_policy
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, order, policy_of
from tests.releases import release_changes
from tests.wizard.visitors import library

MOTTO = "The motto of our house is this: {{ motto }}"
OWN = "We live by this: {{ motto }}"
DATA = "We keep the following about you: {{ data | listing }}."
OWN_DATA = "These we keep: {{ data | listing }}."


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def draft(people: Cast) -> Draft:
    return drafted(policy_of(people), people.editor, motto="We care.")


@pytest.fixture
def reviewer(people: Cast) -> Holder:
    return Holder(user=people.reviewer)


def opened(holder: Holder, draft: Draft) -> Opened:
    return open_draft(holder, draft.pk)


def worded(holder: Holder, draft: Draft, slug: str, text: str) -> Opened:
    """Give a clause a wording, as somebody does who looks at the draft as it is."""
    found = opened(holder, draft)
    reword(holder, found, slug, text, revision=found.draft.revision)
    return opened(holder, draft)


def released(folder: Path, draft: Draft, by: Holder, *changes: tuple[str, str, str]) -> Opened:
    """Change files, release them, and move the draft there; return the draft."""
    for file, before, after in changes:
        change(folder, file, before, after)
    newer = release_changes(folder)
    return moved(draft, by, newer.digest)


def moved(draft: Draft, by: Holder, to: str) -> Opened:
    move_draft(by, draft.pk, to=to, revision=opened(by, draft).draft.revision)
    return opened(by, draft)


def says(found: Opened, slug: str) -> str:
    what = printed(found, worded_library(found), slug, on=timezone.localdate()).text
    return text_of(what) if what else ""


def log(draft: Draft) -> list[WordingChange]:
    lines = Event.objects.filter(draft=draft.pk, action=Action.AMENDED).order_by("number")
    return [from_details(line.details) for line in lines]


# ------------------------------------------------------------------ wording a clause


def test_a_wording_prints_in_place_of_the_librarys_and_is_an_edit(people, draft, reviewer):
    before = opened(reviewer, draft)
    after = worded(reviewer, draft, "motto", OWN)
    assert says(before, "motto").startswith("The motto of our house is this: ")
    assert says(after, "motto").startswith("We live by this: ")
    assert after.draft.revision == before.draft.revision + 1
    assert Editor.objects.filter(draft=draft, user=people.reviewer).exists()
    own = own_wording_of(after, "motto")
    assert (own.standing, own.is_printed, own.waits) == (Standing.CARRIED, True, False)
    assert own.title == "Motto"
    assert publish_policy(Holder(user=people.owner), draft.pk, order(after.draft)).number == 1


def test_a_wording_voids_an_approval(draft, reviewer):
    Draft.objects.filter(pk=draft.pk).update(state=DraftState.SUBMITTED)
    assert worded(reviewer, draft, "motto", OWN).draft.state == DraftState.OPEN


def test_the_librarys_own_text_leaves_nothing_apart_however_it_is_spaced(draft, reviewer):
    worded(reviewer, draft, "motto", OWN)
    after = worded(reviewer, draft, "motto", f"\r\n{MOTTO}  \r\n\r\n")
    assert own_wordings(after) == ()
    assert after.draft.amendments == "[]"


def test_saving_the_same_again_is_no_edit(draft, reviewer):
    first = worded(reviewer, draft, "motto", OWN)
    assert worded(reviewer, draft, "motto", OWN).draft.revision == first.draft.revision
    assert reword(reviewer, first, "motto", OWN, revision=0) == first.draft  # a second press


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "is empty", 0),
        (" \n ", "is empty", 0),
        ("One.\n\nWe keep {{ dta | listing }}.", "Did you mean “data”", 3),
        ("{{ motto.__class__ }}", "does more than a placeholder may|names no answer", 1),
        ("{{ motto | safe }}", "no filter “safe”", 1),
        ("{% if motto %}Yes{% endif %}", "has no place here", 1),
        ("Hello <script>alert(1)</script>", "would be printed just so|cannot hold", 1),
        ("See [us](javascript:alert(1)).", "would be printed just so|cannot be linked", 1),
        ("See [us](#nowhere).", "no section “nowhere”", 1),
        ("One.\n\nTwo \u202e three.", "text direction", 3),
        ("a\x00b", "control character", 1),
        ("# Big", "Only ###", 1),
        ("As said above.", "can point to something", 1),
        ("a" * (WORDING_LIMIT + 1), "Shorten it to 8,000", 0),
    ],
)
def test_a_wording_that_cannot_stand_is_refused_with_its_line_and_what_would_be_right(
    draft, reviewer, text, message, line
):
    found = opened(reviewer, draft)
    for attempt in (
        lambda: reword(reviewer, found, "motto", text, revision=found.draft.revision),
        lambda: tried(found, "motto", text, on=timezone.localdate()),
    ):
        with pytest.raises(Refused, match=f"(?s){message}") as refused:
            attempt()
        assert refused.value.problems[0].line == line
    assert opened(reviewer, draft).draft.amendments == "[]"


def test_all_wording_together_is_limited_and_nothing_is_cut_off(draft, reviewer, monkeypatch):
    monkeypatch.setattr("policygen.policies.drafting.drafts.SIZE_LIMIT", 600)
    first = worded(reviewer, draft, "motto", OWN)
    with pytest.raises(DraftTooLarge):
        reword(reviewer, first, "data", f"{OWN_DATA} {'And so on. ' * 40}", revision=2)
    assert opened(reviewer, draft).draft.amendments == first.draft.amendments
    assert SIZE_LIMIT == 65_536


def test_who_may_not_review_may_not_word(people, draft):
    for name in ("editor", "viewer"):
        holder = Holder(user=getattr(people, name))
        found = opened(holder, draft)
        with pytest.raises(NotAllowed):
            reword(holder, found, "motto", OWN, revision=found.draft.revision)
    with pytest.raises(Draft.DoesNotExist):
        outsider = Holder(user=people.outsider)
        amend_draft(outsider, draft.pk, amendments="[]", revision=draft.revision)


def test_two_tabs_do_not_overwrite_each_other(people, draft, reviewer):
    one, other = opened(reviewer, draft), opened(Holder(user=people.owner), draft)
    reword(reviewer, one, "motto", OWN, revision=draft.revision)
    for stale in (other, opened(Holder(user=people.owner), draft)):
        with pytest.raises(Overtaken):
            reword(Holder(user=people.owner), stale, "data", OWN_DATA, revision=draft.revision)
    with pytest.raises(Overtaken):  # a revision that nobody has seen yet
        reword(Holder(user=people.owner), other, "data", OWN_DATA, revision=draft.revision + 1)
    assert [own.slug for own in own_wordings(opened(reviewer, draft))] == ["motto"]


def test_a_draft_of_no_policy_has_no_own_wording(people, release):
    owner = Holder(user=people.owner)
    own = start_draft(owner)
    with pytest.raises(Overtaken):
        amend_draft(owner, own.pk, amendments="[ ]", revision=0)


# ------------------------------------------------------------------ what would print


def test_a_try_prints_the_sentence_and_writes_nothing(draft, reviewer):
    found = opened(reviewer, draft)
    on = timezone.localdate()
    tries = tried(found, "data", "These are **ours**: {{ data | listing }}.", on=on)
    assert text_of(tries.text).startswith("These are ours: your name")
    assert (tries.is_left_out, tries.is_silenced) == (False, False)
    assert opened(reviewer, draft).draft.revision == draft.revision


def test_a_try_says_that_a_clause_would_go_silent_for_lack_of_an_answer(people, reviewer):
    draft = drafted(policy_of(people), people.editor, short_name="none")
    found, on = opened(reviewer, draft), timezone.localdate()
    silent = tried(found, "data", "{{ short_name }} keeps {{ data | listing }}.", on=on)
    assert (silent.text, silent.is_left_out, silent.is_silenced) == (None, True, True)
    assert "short" in silent.reason


def test_a_try_says_that_the_clause_is_not_in_the_policy_anyway(people, reviewer):
    draft = drafted(policy_of(people), people.editor)
    found = opened(reviewer, draft)
    health = tried(found, "no-health", "No health records are kept.", on=timezone.localdate())
    assert text_of(health.text) == "No health records are kept."
    assert (health.is_left_out, health.is_silenced) == (True, False)
    with pytest.raises(LookupError):
        printed(found, found.library, "nowhere", on=timezone.localdate())


# ------------------------------------------------------------------ the log


def test_the_log_keeps_each_text_as_it_was_and_as_it_became(people, draft, reviewer):
    worded(reviewer, draft, "motto", OWN)
    worded(Holder(user=people.owner), draft, "motto", f"{OWN}!")
    found = opened(reviewer, draft)
    let_go(reviewer, found, "motto", revision=found.draft.revision)
    assert log(draft) == [
        WordingChange("motto", "", OWN),
        WordingChange("motto", OWN, f"{OWN}!"),
        WordingChange("motto", f"{OWN}!", ""),
    ]
    history = history_of(found.draft, "motto")
    assert [one.who for one in history] == [
        people.reviewer.username,
        people.owner.username,
        people.reviewer.username,
    ]
    assert history_of(found.draft, "data") == ()
    assert last_changes(found.draft)["motto"].change.after == ""
    assert not list(problems_of(draft.policy))


def test_the_history_reaches_back_through_versions_and_not_into_other_drafts(
    people, draft, reviewer
):
    after = worded(reviewer, draft, "motto", OWN)
    publish_policy(Holder(user=people.owner), draft.pk, order(after.draft))
    mine, theirs = begin_draft(draft.policy, people.owner), begin_draft(draft.policy, people.editor)
    worded(reviewer, mine, "motto", f"{OWN}!")
    worded(reviewer, theirs, "motto", "Ours: {{ motto }}")
    assert [one.change.after for one in history_of(mine, "motto")] == [f"{OWN}!", OWN]


def test_details_are_compact_json_and_anything_is_read_back():
    change_ = WordingChange("motto", 'a "b"\n', "ä\u2028")
    assert from_details(to_details(change_)) == change_
    assert to_details(change_).startswith(beginning_for("motto"))
    assert not to_details(change_).startswith(beginning_for("mot"))
    for damaged in ("", "motto", "[]", "{", '{"clause":1}', "[" * 100_000):
        assert from_details(damaged) == WordingChange(damaged, "", "")


def test_wording_that_cannot_be_read_is_kept_in_the_log_when_it_is_written_anew(draft, reviewer):
    Draft.objects.filter(pk=draft.pk).update(amendments='[{"slug": "motto"}]')
    found = opened(reviewer, draft)
    assert own_wordings(found) == ()
    assert [one.code for one in blocking(found)] == ["wording-unreadable"]
    worded(reviewer, draft, "data", OWN_DATA)
    assert log(draft) == [
        WordingChange("", '[{"slug": "motto"}]', ""),
        WordingChange("data", "", OWN_DATA),
    ]
    assert not blocking(opened(reviewer, draft))


def test_a_later_version_of_the_same_text_is_no_change():
    stored = [{"slug": "motto", "base_version": 1, "base_text": MOTTO, "text": OWN}]
    later = [{**stored[0], "base_version": 2, "base_text": f"{MOTTO}\n"}]
    assert list(changes_between(json.dumps(stored), json.dumps(later))) == []
    other = [{**stored[0], "base_text": "Else."}]
    kept = list(changes_between(json.dumps(stored), json.dumps(other)))
    assert kept == [WordingChange("motto", OWN, OWN)]
    assert kept[0].is_kept


# ------------------------------------------------------------------ another release


def editor_of(people: Cast) -> Holder:
    return Holder(user=people.owner)


def test_a_wording_is_carried_over_where_the_text_stayed_and_names_the_new_version(
    people, draft, reviewer, folder
):
    worded(reviewer, draft, "motto", OWN)
    after = released(
        folder, draft, editor_of(people), ("about/motto.md", "title: Motto", "title: Our motto")
    )
    own = own_wording_of(after, "motto")
    assert (own.standing, own.is_printed) == (Standing.CARRIED, True)
    assert own.amendment.base_version == own.clause.version == 2
    assert own.title == "Our motto"
    assert not blocking(after)
    assert log(draft) == [WordingChange("motto", "", OWN)]


def test_a_wording_that_the_library_took_over_is_told_and_nothing_prints_otherwise(
    people, draft, reviewer, folder
):
    worded(reviewer, draft, "motto", OWN)
    after = released(folder, draft, editor_of(people), ("about/motto.md", MOTTO, OWN))
    own = own_wording_of(after, "motto")
    assert (own.standing, own.waits) == (Standing.REACHED, False)
    assert says(after, "motto").startswith("We live by this")
    assert not blocking(after)
    let_go(reviewer, after, "motto", revision=after.draft.revision)
    assert own_wordings(opened(reviewer, draft)) == ()
    assert log(draft)[-1] == WordingChange("motto", OWN, "")


NEWER = "This is what our house is about: {{ motto }}"


@pytest.fixture
def undecided(people: Cast, draft: Draft, reviewer: Holder, folder: Path) -> Opened:
    """A draft whose wording of the motto waits for a decision."""
    worded(reviewer, draft, "motto", OWN)
    return released(folder, draft, editor_of(people), ("about/motto.md", MOTTO, NEWER))


def test_a_wording_whose_base_changed_waits_prints_on_and_blocks(
    people, draft, reviewer, undecided
):
    own = own_wording_of(undecided, "motto")
    assert (own.standing, own.waits, own.is_printed) == (Standing.DECIDE, True, True)
    assert own.amendment.base_text.strip() == MOTTO
    assert own.library_text.strip() == NEWER
    assert says(undecided, "motto").startswith("We live by this")
    assert [one.code for one in blocking(undecided)] == ["wording-undecided"]
    with pytest.raises(NotReady):
        publish_policy(Holder(user=people.owner), draft.pk, order(undecided.draft))


def test_it_is_decided_by_keeping_ones_own(draft, reviewer, undecided):
    after = worded(reviewer, draft, "motto", own_wording_of(undecided, "motto").amendment.text)
    own = own_wording_of(after, "motto")
    assert (own.standing, own.amendment.text) == (Standing.CARRIED, OWN)
    assert own.amendment.base_text.strip() == NEWER
    assert not blocking(after)
    assert log(draft)[-1].is_kept


def test_it_is_decided_by_taking_the_librarys(draft, reviewer, undecided):
    let_go(reviewer, undecided, "motto", revision=undecided.draft.revision)
    after = opened(reviewer, draft)
    assert own_wordings(after) == ()
    assert not blocking(after)
    assert says(after, "motto").startswith("This is what our house is about")
    assert log(draft)[-1] == WordingChange("motto", OWN, "")


def test_it_is_decided_by_writing_another(draft, reviewer, undecided):
    after = worded(reviewer, draft, "motto", "A third: {{ motto }}")
    assert own_wording_of(after, "motto").standing is Standing.CARRIED
    assert not blocking(after)
    assert log(draft)[-1] == WordingChange("motto", OWN, "A third: {{ motto }}")


def test_a_decision_about_one_clause_leaves_the_others_as_they_are(draft, reviewer, undecided):
    after = worded(reviewer, draft, "data", OWN_DATA)
    assert {own.slug: own.standing for own in own_wordings(after)} == {
        "motto": Standing.DECIDE,
        "data": Standing.CARRIED,
    }


def test_a_wording_that_names_what_is_gone_waits_and_the_librarys_text_prints(
    people, draft, reviewer, folder
):
    worded(reviewer, draft, "data", f"{OWN_DATA} Our motto: {{{{ motto }}}}")
    (folder / "about" / "motto.md").unlink()
    after = released(
        folder,
        draft,
        editor_of(people),
        ("vocabulary.yaml", QUESTION, ""),
        ("examples/elm.yaml", "  motto: none\n", ""),
    )
    own = own_wording_of(after, "data")
    assert (own.standing, own.is_printed) == (Standing.DECIDE, False)
    assert says(after, "data").startswith("We keep the following about you")
    with pytest.raises(Refused, match="“motto” names no answer"):
        reword(reviewer, after, "data", own.amendment.text, revision=after.draft.revision)


QUESTION = (
    '  - {id: motto, page: practice, kind: text, ask: "What is your motto?", '
    'help: "One sentence.", example: "We care."}\n'
)


def test_a_wording_of_a_clause_that_is_gone_is_shown_last_and_let_go_by_hand(
    people, draft, reviewer, folder
):
    worded(reviewer, draft, "no-health", "No health records.")
    worded(reviewer, draft, "data", OWN_DATA)
    (folder / "about" / "no-health.md").unlink()
    after = moved(draft, editor_of(people), release_changes(folder).digest)
    data, gone = own_wordings(after)
    assert (data.slug, gone.slug, gone.standing) == ("data", "no-health", Standing.GONE)
    assert (gone.clause, gone.title, gone.library_text) == (None, "No health", "")
    assert [one.code for one in blocking(after)] == ["wording-undecided"]
    let_go(reviewer, after, "no-health", revision=after.draft.revision)
    assert not blocking(opened(reviewer, draft))
    assert log(draft)[-1] == WordingChange("no-health", "No health records.", "")
    assert history_of(draft, "no-health")[0].change.before == "No health records."


def test_a_draft_begun_on_a_newer_release_carries_the_wording_of_the_version_over(
    people, draft, reviewer, folder
):
    after = worded(reviewer, draft, "motto", OWN)
    publish_policy(Holder(user=people.owner), draft.pk, order(after.draft))
    change(folder, "about/motto.md", "title: Motto", "title: Our motto")
    newer = release_changes(folder)
    begun = begin_draft(draft.policy, people.owner, release=newer.digest)
    own = own_wording_of(opened(reviewer, begun), "motto")
    assert (own.standing, own.amendment.base_version) == (Standing.CARRIED, 2)
    assert last_changes(begun)["motto"].who == people.reviewer.username


def test_only_what_is_carried_over_is_rebased(people, draft, reviewer, undecided):
    found = amendments_from_json(json.loads(undecided.draft.amendments))
    assert rebased(found, undecided.library) == found
    assert rebased(found, library())[0].base_text.strip() == MOTTO


def test_a_move_to_a_release_that_cannot_be_read_leaves_the_wording_alone(people, draft, reviewer):
    before = worded(reviewer, draft, "motto", OWN)
    after = moved(draft, editor_of(people), "d" * 64)
    assert after.draft.amendments == before.draft.amendments
    Draft.objects.filter(pk=draft.pk).update(amendments="{")
    move_draft(editor_of(people), draft.pk, to=before.release, revision=after.draft.revision)
    assert opened(reviewer, draft).draft.amendments == "{"


def test_lists_are_put_together_without_queries(draft, reviewer, django_assert_num_queries):
    found = worded(reviewer, draft, "motto", OWN)
    with django_assert_num_queries(0):
        own_wordings(found)
        tried(found, "data", OWN_DATA, on=timezone.localdate())
    assert wording.REMEMBERED == 200
