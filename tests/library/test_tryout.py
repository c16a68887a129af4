"""Trying out: exactly the documents that change, part by part, whatever happens meanwhile."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from policygen.core.answers import Raw, sift_answers
from policygen.core.assembly import assemble
from policygen.core.library import Library, canonical_json, parse_library
from policygen.core.problems import Refused
from policygen.core.selection import select
from policygen.library import publishing, tryout
from policygen.library.comparison import redline_from_json
from policygen.library.loading import load_library
from policygen.library.models import (
    Clause,
    ClauseVersion,
    Option,
    Outcome,
    Release,
    Section,
    TryOut,
)
from policygen.library.store import NoRelease, library_in_force, library_of
from policygen.rendering import FORMATS
from tests.core.small import SAMPLE, SMALL, clause, raw_answers, sometimes
from tests.library.folders import write_library
from tests.library.given import Given, only
from tests.library.steps import triggers_off
from tests.patience import PATIENCE
from tests.releases import person, put_in_force
from tests.threads import together

TODAY = date(2026, 11, 22)
NAMED = {"practice_name": "Maple Street Dental"}


@pytest.fixture
def sets(monkeypatch: pytest.MonkeyPatch) -> Given:
    return only(monkeypatch, Given())


@pytest.fixture
def sample(tmp_path: Path, db: None) -> None:
    """Put the sample library of the core's tests in force."""
    load_library(write_library(tmp_path / "sample", SAMPLE.to_json()), today=TODAY)


def tried(of: Any, **limits: Any) -> TryOut:
    """Return the finished try-out of something."""
    made = tryout.start(of, by=None)
    for _ in range(1000):
        tryout.compute(made, **limits)
        if made.finished_at:
            return made
    pytest.fail("It never comes to an end.")


def outcomes(made: TryOut) -> dict[str, str]:
    return dict(made.sets.order_by("position").values_list("key", "outcome"))


def problems_of(made: TryOut, key: str) -> list[str]:
    return [where for where, _ in made.sets.get(key=key).problems]


def draft_of(slug: str, **content: Any) -> ClauseVersion:
    draft = publishing.begin_draft(Clause.objects.get(pk=slug), by=person("drafter"))
    return publishing.save_draft(
        draft, {**draft.content(), **content}, by=person("drafter"), seen=draft.revision
    )


def changed_option(name: str, **content: Any) -> Option:
    option = Option.objects.get(pk=name)
    return publishing.save_draft(
        option, {**option.content(), **content}, by=person("drafter"), seen=option.revision, why="x"
    )


def approved(piece: Any) -> Any:
    piece.refresh_from_db()
    if not piece.reason:
        piece = publishing.save_draft(
            piece, piece.content(), by=person("drafter"), seen=piece.revision, why="Because."
        )
    piece = publishing.submit(piece, by=person("drafter"), seen=piece.revision)
    return publishing.approve(piece, by=person("approver"), seen=piece.revision)


def release_like(library: Library) -> Release:
    """Return a candidate that was never stored: ``start`` reads its text alone."""
    return Release(
        number=2,
        digest=library.digest,
        snapshot=canonical_json(library.to_json()),
        effective_from=TODAY,
    )


def without_peru() -> dict[str, Any]:
    plain = SAMPLE.to_json()
    for question in plain["questions"]:
        question["options"] = [one for one in question["options"] if one["id"] != "peru"]
    plain["clauses"] = [one for one in plain["clauses"] if one["slug"] != "from-peru"]
    return plain


def new_option(name: str = "data:palm", **more: Any) -> Option:
    content = {
        "group": "health",
        "label": "Palm vein scan",
        "help": "A picture of the veins.",
        "phrase": "a scan of your palm",
        "informative": False,
        "order": 45,
        "withdrawn": False,
    }
    publishing.new_frame_piece("option", name, {**content, **more}, by=person("drafter"), why="x")
    return Option.objects.get(pk=name)


def new_clause(slug: str, **more: Any) -> ClauseVersion:
    content = {
        "section_id": "collect",
        "title": "Palms",
        "order": 90,
        "when": {"any": ["data:palm"]},
        "run_in": False,
        "body": "We scan palms.",
        "statements": [],
        "claims": [],
        "citations": [],
        "note": "",
        "withdrawn": False,
    }
    return publishing.new_clause(slug, {**content, **more}, by=person("drafter"), why="x")


# ------------------------------------------------------------------ exactness


def printed(library: Library, raw: dict[str, Raw]) -> bytes:
    answers, _ = sift_answers(library.vocabulary, raw)
    document = assemble(select(library, answers), answers, on=timezone.localdate())
    return FORMATS["md"].render(document).content


def selected(library: Library, raw: dict[str, Raw]) -> set[str]:
    answers, _ = sift_answers(library.vocabulary, raw)
    return {choice.clause.slug for choice in select(library, answers).included}


WORDS = st.sampled_from(["", "We care.", "Ask {{ practice }}.", "Mind **this**.", "- One\n- Two"])
ATOMS = ["data", "data.health", "data:name", "uses", "country:peru", "country", "website"]


@st.composite
def changes(draw: st.DrawFn, plain: dict[str, Any]) -> Library:
    """The sample library with some of it changed in every way that a release can change."""
    clauses = [dict(one) for one in plain["clauses"]]
    for one in draw(st.lists(st.sampled_from(clauses), max_size=3)):
        match draw(
            st.sampled_from(["body", "when", "order", "version", "run_in", "title", "gone"])
        ):
            case "body":
                one["body"] = f"{one['body']}\n\n{draw(WORDS)}".strip()
            case "when":
                kind = draw(st.sampled_from(["all", "any", "none"]))
                one["when"] = {kind: [draw(st.sampled_from(ATOMS))]}
            case "order":
                one["order"] = draw(st.integers(1, 40))
            case "version":
                one["version"] += 1
            case "run_in":
                one["run_in"] = not one["run_in"]
            case "title":
                one["title"] = "Another name for colleagues"
            case "gone":
                clauses = [other for other in clauses if other is not one]
    if draw(st.booleans()):
        clauses.append(clause("new", draw(WORDS) or "New.", section="collect", order=50))
    sections = [dict(section) for section in plain["sections"]]
    if draw(st.booleans()):
        sections[draw(st.integers(0, 2))]["title"] = "Another heading"
    questions = [
        {**one, "options": [draw(changed(option)) for option in one["options"]]}
        for one in plain["questions"]
    ]
    if draw(st.booleans()):
        sections.reverse()
    changed_plain = {**plain, "clauses": clauses, "sections": sections, "questions": questions}
    try:
        return parse_library(changed_plain)
    except Refused:
        assume(False)
        raise


def test_a_draft_that_keeps_an_earlier_release_is_compared_with_that(
    earlier: str, sets: Given
) -> None:
    said = {**NAMED, "motto": "Smile"}
    sets.raw = {"old": said, "new": said}
    sets.releases = {"old": earlier}
    made = tried(release_like(library_in_force()))
    assert outcomes(made) == {"old": "changed", "new": "same"}
    assert not tryout.since(made)
    sets.releases = {}
    assert tryout.since(made).changed == 1


def test_a_damaged_release_gives_way_to_the_one_in_force(earlier: str, sets: Given) -> None:
    library_of.cache_clear()
    with triggers_off("library_release"):
        Release.objects.filter(digest=earlier).update(snapshot="{}")
    sets.raw = {"old": NAMED}
    sets.releases = {"old": earlier}
    assert outcomes(tried(release_like(library_in_force()))) == {"old": "same"}


def changed(option: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    others = [{**option, "phrase": "something else"}, {**option, "retired": True}]
    return st.sampled_from([option] * 6 + others)


NOWHERE = "0" * 64
"""The digest of no release."""


@pytest.fixture
def earlier(sample: None) -> str:
    """Put another release in force, and return the digest of the one before it."""
    before = library_in_force().digest
    approved(draft_of("motto", body="Once we said: {{ motto }}."))
    approved(draft_of("website", title="The site", order=1))
    put_in_force()
    return before


@given(data=st.data())
@sometimes
@pytest.mark.usefixtures("earlier")
def test_the_list_is_what_assembling_each_set_both_ways_gives(data: st.DataObject) -> None:
    earlier = Release.objects.get(number=1).digest
    releases = {"": library_in_force(), earlier: library_of(earlier), NOWHERE: library_in_force()}
    after = data.draw(changes(SAMPLE.to_json()))
    raws = data.draw(st.lists(raw_answers(SMALL), min_size=1, max_size=6))
    given_sets = Given()
    given_sets.raw = {str(number): raw for number, raw in enumerate(raws)}
    given_sets.releases = {key: data.draw(st.sampled_from([*releases])) for key in given_sets.raw}
    before = {key: releases[digest] for key, digest in given_sets.releases.items()}
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        only(patch, given_sets)
        made = tried(release_like(after), count=data.draw(st.integers(1, 4)))
        expected = {
            key: "changed" if printed(before[key], raw) != printed(after, raw) else "same"
            for key, raw in given_sets.raw.items()
        }
        assert outcomes(made) == expected
        for row in made.sets.all():
            assert bool(row.redline) == (row.outcome == Outcome.CHANGED)
        everywhere = [
            (selected(before[key], raw), selected(after, raw))
            for key, raw in given_sets.raw.items()
        ]
        said_before = set().union(*(one for one, _ in everywhere))
        said_after = set().union(*(one for _, one in everywhere))
        found = tryout.clause_changes(made)
        assert set(found.lost) == said_before - said_after
        assert set(found.gained) == said_after - said_before
        transaction.set_rollback(True)


@pytest.mark.usefixtures("sample")
def test_a_changed_text_is_shown_where_it_changed(sets: Given) -> None:
    sets.raw = {
        "peru": {**NAMED, "country": "peru"},
        "canada": {**NAMED, "country": "canada"},
    }
    made = tried(draft_of("from-peru", body="We come from {{ country }}."))
    assert outcomes(made) == {"peru": "changed", "canada": "same"}
    row = made.sets.get(key="peru")
    assert row.title == "Set peru"
    [section] = redline_from_json(row.redline).sections
    [one] = section.clauses
    assert one.slug == "from-peru"
    assert [(str(change.mark), change.text) for change in one.lines[0]] == [
        ("same", "We "),
        ("deleted", "are"),
        ("inserted", "come"),
        ("same", " from Peru."),
    ]


@pytest.mark.usefixtures("sample")
def test_clauses_that_come_and_go_are_named(sets: Given) -> None:
    sets.raw = {"a": {**NAMED, "country": "peru"}, "b": NAMED}
    draft_of("from-peru", when={"any": ["country:canada"]})
    new_clause("nobody", when={"all": ["data:allergies"]}, body="Allergies.")
    new_clause("everybody", when={}, body="Everybody.")
    draft_of("speaker", withdrawn=True)
    for version in ClauseVersion.objects.filter(state="draft"):
        approved(version)
    candidate = publishing.prepare_release(
        title="", notes="", effective_from=TODAY, by=None, today=TODAY
    )
    found = tryout.clause_changes(tried(candidate))
    assert found.lost == ("from-peru",)
    assert found.gained == ("everybody",)
    assert found.added == ("everybody", "nobody")
    assert found.removed == ("speaker",)


@pytest.mark.usefixtures("sample")
def test_a_clause_taken_out_is_lost_and_removed(sets: Given) -> None:
    sets.raw = {"a": {**NAMED, "motto": "we care"}}
    found = tryout.clause_changes(tried(draft_of("motto", withdrawn=True)))
    assert found.lost == found.removed == ("motto",)


# ------------------------------------------------------------------ what is tried out


@pytest.mark.usefixtures("sample")
def test_a_draft_is_tried_out_with_all_that_is_approved_and_no_other_draft(sets: Given) -> None:
    sets.raw = {"a": {**NAMED, "country": "peru"}}
    approved(draft_of("motto", body="Motto: {{ motto }}."))
    draft_of("website", body="Look at {{ website | link }}.")
    library = tryout.library_with(draft_of("from-peru", body="Peru."))
    said = {one.slug: one.source for one in library.clauses}
    assert said["motto"] == "Motto: {{ motto }}."
    assert said["from-peru"] == "Peru."
    assert said["website"].startswith("See ")


@pytest.mark.usefixtures("sample")
def test_a_clause_for_a_new_option_brings_the_option_along(sets: Given) -> None:
    sets.raw = {"a": {**NAMED, "data": ["palm"]}, "b": {**NAMED, "data": ["name"]}}
    new_option()
    new_option("data:iris", label="Iris scan")
    made = tried(new_clause("palms"))
    assert outcomes(made) == {"a": "changed", "b": "same"}
    [question] = [q for q in tryout.library_tried(made.after_digest).vocabulary.questions
                  if q.id == "data"]  # fmt: skip
    assert "palm" in question.by_id
    assert "iris" not in question.by_id
    assert tryout.clause_changes(made).gained == ("palms",)


@pytest.mark.usefixtures("sample")
def test_a_clause_for_a_new_section_brings_the_section_along(sets: Given) -> None:
    publishing.new_frame_piece(
        "section",
        "palms",
        {"title": "Your palms", "order": 15, "withdrawn": False},
        by=person("drafter"),
        why="x",
    )
    sets.raw = {"a": NAMED}
    made = tried(new_clause("palms", section_id="palms", when={}))
    assert outcomes(made) == {"a": "changed"}
    titles = [section.title for section in tryout.library_tried(made.after_digest).sections]
    assert titles[1] == "Your palms"


@pytest.mark.usefixtures("sample")
def test_an_option_can_be_tried_out_before_any_clause_names_it(sets: Given) -> None:
    sets.raw = {"a": {**NAMED, "data": ["palm", "name"]}}
    assert outcomes(tried(new_option())) == {"a": "changed"}


@pytest.mark.usefixtures("sample")
def test_a_section_with_clauses_cannot_be_tried_out_without(sets: Given) -> None:
    section = Section.objects.get(pk="collect")
    section.withdrawn = True
    with pytest.raises(Refused, match="section"):
        tryout.start(section, by=None)
    assert not TryOut.objects.exists()


@pytest.mark.django_db
def test_without_a_release_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(NoRelease):
        tryout.start(Section(name="about", title="About", order=1), by=None)


# ------------------------------------------------------------------ answers


@pytest.mark.usefixtures("sample")
def test_an_answer_with_a_retired_option_is_named(sets: Given) -> None:
    sets.raw = {
        "ticked": {**NAMED, "data": ["name", "records"]},
        "not ticked": {**NAMED, "data": ["name"]},
        "unreadable before": {**NAMED, "data": ["recods"]},
    }
    made = tried(changed_option("data:records", withdrawn=True))
    assert outcomes(made)["ticked"] == "changed"
    assert outcomes(made)["not ticked"] == "same"
    assert problems_of(made, "ticked") == ["data"]
    assert problems_of(made, "not ticked") == []
    assert problems_of(made, "unreadable before") == []


@pytest.mark.usefixtures("sample")
def test_answers_that_fit_before_and_do_not_any_more_are_named(sets: Given) -> None:
    sets.raw = {"peru": {**NAMED, "country": "peru"}, "chile": {**NAMED, "country": "chile"}}
    made = tried(release_like(parse_library(without_peru())))
    assert problems_of(made, "peru") == ["country"]
    assert problems_of(made, "chile") == []


@pytest.mark.usefixtures("sample")
def test_a_set_of_which_nothing_can_be_read_says_so_and_counts_nowhere(sets: Given) -> None:
    sets.raw = {"damaged": {"unreadable": "{{{"}, "empty": {}, "whole": NAMED}
    made = tried(draft_of("speaker", body="We are {{ practice }}."))
    assert outcomes(made) == {"damaged": "unreadable", "empty": "same", "whole": "changed"}
    assert made.counts["speaker"] == [0, 1]


@pytest.mark.usefixtures("sample")
def test_hostile_answers_do_not_stop_it(sets: Given) -> None:
    sets.raw = {
        "surrogate": {"practice_name": "\ud800"},
        "not a number": {**NAMED, "years": float("nan")},
        "deep": {**NAMED, "data": [[[["name"]]]]},
        "markup": {"practice_name": "<script>{{ 7*7 }}</script>"},
    }
    made = tried(draft_of("from-peru", when={}, body="{{ practice }} is here."))
    assert outcomes(made)["markup"] == "changed"
    assert made.done == 4
    assert not tryout.since(made)


# ------------------------------------------------------------------ parts


@pytest.mark.usefixtures("sample")
def test_parts_give_the_same_as_all_at_once(sets: Given) -> None:
    sets.raw = {str(n): {**NAMED, "years": str(n)} for n in range(1, 9)}
    draft = draft_of("kept", body="We keep it {{ years }} years.")
    at_once, in_parts = tried(draft, seconds=60), tried(draft, count=3)
    assert outcomes(at_once) == outcomes(in_parts)
    assert at_once.counts == in_parts.counts
    assert at_once.counts["kept"] == [8, 8]
    assert in_parts.done == in_parts.total == 8
    assert [row.position for row in in_parts.sets.order_by("position")] == list(range(8))


@pytest.mark.usefixtures("sample")
def test_a_part_takes_one_step_at_least_and_then_looks_at_the_clock(sets: Given) -> None:
    sets.raw = {str(n): NAMED for n in range(3)}
    made = tryout.start(draft_of("motto", body="Motto: {{ motto }}."), by=None)
    tryout.compute(made, seconds=0)
    assert (made.done, made.finished_at) == (1, None)
    assert list(outcomes(made).values()) == ["same", "waiting", "waiting"]


@pytest.mark.usefixtures("sample")
def test_without_any_set_it_is_finished_with_the_first_part(sets: Given) -> None:
    made = tried(draft_of("motto", body="Motto: {{ motto }}."))
    assert (made.total, made.done) == (0, 0)
    assert made.finished_at is not None


@pytest.mark.usefixtures("sample")
def test_a_finished_one_is_left_alone(sets: Given) -> None:
    sets.raw = {"a": NAMED}
    made = tried(draft_of("motto", body="Motto: {{ motto }}."))
    finished = made.finished_at
    sets.raw = {"a": {**NAMED, "motto": "go"}}
    tryout.compute(made)
    assert (made.finished_at, outcomes(made)) == (finished, {"a": "same"})


@pytest.mark.usefixtures("sample")
def test_sets_deleted_meanwhile_are_gone_and_new_ones_are_counted(sets: Given) -> None:
    sets.raw = {"a": NAMED, "b": NAMED, "c": NAMED}
    made = tryout.start(draft_of("motto", body="Motto: {{ motto }}."), by=None)
    tryout.compute(made, count=1)
    del sets.raw["b"]
    sets.raw["d"] = NAMED
    tryout.compute(made, seconds=PATIENCE)
    assert outcomes(made) == {"a": "same", "b": "gone", "c": "same"}
    assert tryout.since(made) == tryout.Since(changed=0, deleted=0, added=1)
    del sets.raw["a"]
    sets.raw["c"] = {**NAMED, "motto": "go"}
    assert tryout.since(made) == tryout.Since(changed=1, deleted=1, added=1)


@pytest.mark.usefixtures("sample")
def test_what_was_deleted_since_leaves_no_text_behind(sets: Given) -> None:
    sets.raw = {"a": NAMED, "b": {"practice_name": "Oak Dental"}}
    made = tried(draft_of("motto", body="We care."))
    del sets.raw["b"]
    assert tryout.forget_gone() == 1
    assert outcomes(made) == {"a": "changed", "b": "changed"}
    texts = dict(made.sets.values_list("key", "redline"))
    assert texts["a"]
    assert texts["b"] == ""
    assert made.sets.get(key="b").title == ""
    assert tryout.forget_gone() == 0


@pytest.mark.usefixtures("sample")
def test_what_is_deleted_while_it_is_compared_leaves_no_text_behind(
    sets: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.raw = {"a": {**NAMED, "years": "7"}, "b": {**NAMED, "years": "8"}}
    made = tryout.start(draft_of("kept", body="Kept {{ years }}."), by=None)
    real = tryout._next

    def overtaken(*args: Any, **limits: Any) -> Any:
        part = list(real(*args, **limits))
        del sets.raw["a"]
        tryout.forget("given", ["a"])
        return part

    monkeypatch.setattr(tryout, "_next", overtaken)
    tryout.compute(made, seconds=PATIENCE)
    gone, kept = made.sets.order_by("position")
    assert (gone.title, gone.redline, gone.problems) == ("", "", [])
    assert (kept.title, bool(kept.redline)) == ("Set b", True)


@pytest.mark.usefixtures("sample")
def test_the_order_of_contact_points_counts_as_a_change(sets: Given) -> None:
    points = {"office": {"phone": "555-0100"}, "desk": {"email": "a@example.com"}}
    sets.raw = {"a": {**NAMED, "contact_points": points}}
    made = tried(draft_of("motto", body="Motto: {{ motto }}."))
    sets.raw["a"] = {**NAMED, "contact_points": dict(reversed(points.items()))}
    assert tryout.since(made).changed == 1


@pytest.mark.usefixtures("sample")
def test_a_source_that_is_no_longer_registered_leaves_its_sets_as_gone(
    sets: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.raw = {"a": NAMED}
    made = tryout.start(draft_of("motto", body="Motto: {{ motto }}."), by=None)
    monkeypatch.delitem(tryout.sources.SOURCES, "given")
    tryout.compute(made)
    assert outcomes(made) == {"a": "gone"}


@pytest.mark.usefixtures("sample")
def test_two_who_compute_the_same_part_store_it_once(
    sets: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.raw = {str(n): {**NAMED, "years": "7"} for n in range(5)}
    made = tryout.start(draft_of("kept", body="Kept {{ years }}."), by=None)
    other = TryOut.objects.get(pk=made.pk)
    real = tryout._next

    def overtaken(*args: Any, **limits: Any) -> Any:
        part = list(real(*args, **limits))
        monkeypatch.setattr(tryout, "_next", real)
        # It looks when the first has not stored anything yet.
        tryout.compute(other, seconds=PATIENCE, count=3)
        return part

    monkeypatch.setattr(tryout, "_next", overtaken)
    tryout.compute(made, seconds=PATIENCE, count=2)
    assert made.done == other.done == 3
    tryout.compute(made, seconds=PATIENCE)
    assert made.counts["kept"] == [5, 5]
    assert set(outcomes(made).values()) == {"changed"}


@pytest.mark.django_db(transaction=True)
def test_many_at_once_come_to_the_same_end(sets: Given, tmp_path: Path) -> None:
    load_library(write_library(tmp_path / "sample", SAMPLE.to_json()), today=TODAY)
    sets.raw = {str(n): {**NAMED, "years": "7"} for n in range(30)}
    made = tryout.start(draft_of("kept", body="Kept {{ years }}."), by=None)

    def run() -> None:
        mine = TryOut.objects.get(pk=made.pk)
        while mine.finished_at is None:
            tryout.compute(mine, seconds=PATIENCE, count=4)

    together(*[run] * 4)
    made.refresh_from_db()
    assert made.done == 30
    assert made.counts["kept"] == [30, 30]
    assert made.sets.filter(outcome=Outcome.CHANGED).count() == made.sets.count() == 30


@pytest.mark.usefixtures("sample")
def test_the_number_of_queries_does_not_grow_with_the_sets(
    sets: Given, django_assert_max_num_queries: Any
) -> None:
    draft = draft_of("motto", body="Motto: {{ motto }}.")
    for many in (1, 40):
        sets.raw = {str(n): NAMED for n in range(many)}
        made = tryout.start(draft, by=None)
        sets.asked = 0
        with django_assert_max_num_queries(14):
            tryout.compute(made, seconds=60)
        assert sets.asked == 2  # once more to see what is still there


@pytest.mark.usefixtures("sample")
def test_one_thrown_away_meanwhile_is_missed(sets: Given) -> None:
    made = tryout.start(draft_of("motto", body="Motto: {{ motto }}."), by=None)
    TryOut.objects.all().delete()
    with pytest.raises(TryOut.DoesNotExist):
        tryout.compute(made)


@pytest.mark.usefixtures("sample")
def test_only_the_newest_are_kept(sets: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    sets.raw = {"a": NAMED}
    monkeypatch.setattr(tryout, "KEPT", 3)
    draft = draft_of("motto", body="Motto: {{ motto }}.")
    made = [tryout.start(draft, by=None) for _ in range(5)]
    assert set(TryOut.objects.values_list("pk", flat=True)) == {one.pk for one in made[2:]}


@pytest.mark.usefixtures("sample")
def test_the_one_by_which_a_candidate_can_be_published_is_kept(
    sets: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.raw = {"a": NAMED}
    monkeypatch.setattr(tryout, "KEPT", 2)
    draft = draft_of("website", body="See {{ website | link }}.")
    approved(draft_of("motto", body="Motto {{ motto }}."))
    candidate = prepared()
    finished = tried(candidate)
    others = [tryout.start(of, by=None) for of in (candidate, draft, draft, draft)]
    assert tryout.finished_for(candidate) == finished
    kept = {finished.pk, *(one.pk for one in others[-2:])}
    assert set(TryOut.objects.values_list("pk", flat=True)) == kept


# ------------------------------------------------------------------ guards


@pytest.mark.usefixtures("sample")
def test_the_last_part_asks_the_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = only(monkeypatch, Given(blocks=True))
    sets.raw = {"first": {**NAMED, "country": "peru"}, "second": NAMED}
    plain = without_peru()
    plain["clauses"] = [one for one in plain["clauses"] if one["slug"] != "website"]
    made = tryout.start(release_like(parse_library(plain)), by=None)
    tryout.compute(made, count=1)
    assert made.guards == []
    tryout.compute(made, seconds=PATIENCE)
    where = [place for place, _ in made.guards]
    assert "questions.website" in where
    assert "given.first.country" in where
    assert "given.second" not in where


@pytest.mark.usefixtures("sample")
def test_a_finished_try_out_counts_for_the_very_candidate_only(sets: Given) -> None:
    sets.raw = {"a": NAMED}
    approved(draft_of("motto", body="Motto {{ motto }}."))
    candidate = prepared()
    made = tryout.start(candidate, by=None)
    assert tryout.finished_for(candidate) is None
    tryout.compute(made)
    assert tryout.finished_for(candidate) == made
    approved(draft_of("website", body="See {{ website | link }}."))
    assert tryout.finished_for(prepared()) is None


def prepared() -> Release:
    return publishing.prepare_release(
        title="Changes", notes="", effective_from=TODAY, by=None, today=TODAY
    )


@pytest.mark.usefixtures("sample")
def test_a_try_out_does_not_count_once_another_release_is_in_force(sets: Given) -> None:
    approved(draft_of("motto", body="Motto {{ motto }}."))
    candidate = prepared()
    tried(candidate)
    publishing.publish_release(candidate, by=None, seen=candidate.mark, today=timezone.localdate())
    assert tryout.finished_for(candidate) is None
