"""Local wording of a clause: what it changes, and how it meets a newer library."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.amendments import (
    Amendment,
    Standing,
    amended,
    amendment_of,
    replacing,
    standing,
)
from policygen.core.analysis.impact import differs
from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.body import BODY_LIMIT
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.plain_text import text_of
from policygen.core.problems import Refused
from policygen.core.selection import select
from tests.core.hostile import MARKUP, STATEMENTS, TEMPLATES
from tests.core.small import (
    DAY,
    QUESTIONS,
    SAMPLE,
    clause,
    document,
    library,
    often,
    raw_answers,
    sometimes,
)

FIRST = clause("first", "We are {{ practice }}.", version="2", when={"any": ["practice_name"]})
SECOND = clause("second", "We keep {{ data | listing }}. See [us](#contact).", order=20)
LAST = clause("last", "Ask us.", section="contact")
PLAIN = library(FIRST, SECOND, LAST)
OWN = Amendment("first", 2, "We are {{ practice }}.", "This is {{ practice }}, and we care.")


def texts(policy: Document) -> dict[str, str]:
    return {found.slug: text_of(found) for found in policy.clauses()}


def policy(lib: Library) -> Document:
    return document(lib, data=["name"])


def refused(lib: Library, *amendments: Amendment) -> list[str]:
    with pytest.raises(Refused) as caught:
        amended(lib, amendments)
    return [str(problem) for problem in caught.value.problems]


def newer(**changed: Any) -> Library:
    """Return the library with the first clause changed."""
    return library({**FIRST, **changed}, SECOND, LAST)


# ---------------------------------------------------------------- applying


def test_an_amended_clause_says_what_the_practice_wrote_and_says_that_it_does() -> None:
    made = policy(amended(PLAIN, [OWN]))
    assert texts(made)["first"] == "This is Maple Street Dental, and we care."
    assert {found.slug: found.amended for found in made.clauses()} == {
        "first": True,
        "second": False,
        "last": False,
    }
    assert not any(found.amended for found in policy(PLAIN).clauses())


def test_all_else_stays_the_digest_of_the_release_too() -> None:
    made = amended(PLAIN, [OWN])
    own, theirs = made.clauses[0], PLAIN.clauses[0]
    restored = replace(own, source=theirs.source, body=theirs.body, amended=False, replaced="")
    assert restored == theirs
    assert made.clauses[1:] == PLAIN.clauses[1:]
    assert replace(made, clauses=PLAIN.clauses) == PLAIN
    assert made.digest == PLAIN.digest
    assert policy(made).release == policy(PLAIN).release


def test_a_stored_release_keeps_the_digest_that_it_was_stored_under() -> None:
    stored = replace(PLAIN, release="d" * 64)
    assert amended(stored, [OWN]).digest == "d" * 64
    assert policy(amended(stored, [OWN])).release == "d" * 64


def test_the_answers_in_an_own_wording_are_named_and_needed() -> None:
    other = replace(OWN, text="We are {{ practice }} and keep {{ data.health | listing }}.")
    made = amended(PLAIN, [other])
    assert made.clauses[0].needs == ("practice_name", "data.health")
    assert "first" not in texts(policy(made))
    [first, *_] = document(made, data=["records"]).clauses()
    assert first.filled_by == ("practice_name", "data:records")


def test_no_amendment_leaves_the_library_as_it_is() -> None:
    assert amended(PLAIN, []) is PLAIN


def test_an_amendment_that_says_what_the_library_says_marks_nothing() -> None:
    same = replace(OWN, text="We are {{ practice }}.  \r\n")
    assert amended(PLAIN, [same]).clauses == PLAIN.clauses


def test_a_wording_typed_in_a_browser_may_have_other_line_ends() -> None:
    typed = replace(OWN, text="We keep:  \r\n\r\n- names\r\n- bills\r\n")
    assert texts(policy(amended(PLAIN, [typed])))["first"] == "We keep: names; bills"


def test_the_same_is_made_once() -> None:
    assert amended(PLAIN, [OWN]) is amended(library(FIRST, SECOND, LAST), (OWN,))
    assert amended(PLAIN, [OWN]) is not amended(PLAIN, [replace(OWN, text="Hello.")])


def test_amending_twice_keeps_both_wordings() -> None:
    other = Amendment("last", 1, "Ask us.", "Call us.")
    assert texts(policy(amended(PLAIN, [other])))["first"] == "We are Maple Street Dental."
    both = amended(amended(PLAIN, [OWN]), [other])
    assert both == amended(PLAIN, [OWN, other])
    assert texts(policy(both))["first"] == "This is Maple Street Dental, and we care."


@often
@given(raw_answers(SAMPLE.vocabulary), st.sampled_from(SAMPLE.clauses))
def test_a_sentence_more_changes_that_clause_alone_under_any_answers(
    raw: dict[str, Any], chosen: Any
) -> None:
    amendment = amendment_of(SAMPLE, chosen.slug, chosen.source + "\n\nAsk us.")
    assert amendment is not None
    answers = parse_answers(SAMPLE.vocabulary, raw)
    own = amended(SAMPLE, [amendment])
    before, after = (assemble(select(lib, answers), answers, on=DAY) for lib in (SAMPLE, own))
    changed = {
        old.slug
        for old, new in zip(before.clauses(), after.clauses(), strict=True)
        if replace(new, amended=False) != old or new.amended
    }
    assert changed == ({chosen.slug} & texts(before).keys())
    assert differs(before, after) == bool(changed)
    assert after.release == before.release


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello.\n\nWe are {{ practise }}.", "clauses.first.body:3: “practise” names no answer."),
        ("{{ data }}", "clauses.first.body:1: {{ data }} needs a filter."),
        ("See [us](#kontact).", "There is no section “kontact”. Did you mean “contact”?"),
        ("# Big\n\nText.", "Only ### sub-headings may stand in a clause"),
        ("<b>us</b>", "clauses.first.body:1: "),
        ("See below.", "“below” can point to something that is not there."),
        ("{% if a %}", "has no place here"),
        ("[us](javascript:alert)", "clauses.first.body:1: "),
        ("a\u202eb", "hidden text direction character"),
        ("", "To leave a clause out, change the answer that brings it in"),
        (" \n\t\n", "To leave a clause out, change the answer that brings it in"),
        ("x" * (BODY_LIMIT + 1), "The text has more than 65,536 characters."),
    ],
)
def test_a_wording_that_could_not_stand_in_the_library_is_refused_with_clause_and_line(
    text: str, message: str
) -> None:
    [problem] = refused(PLAIN, replace(OWN, text=text))
    assert problem.startswith("clauses.first.body")
    assert message in problem
    with pytest.raises(Refused):
        amendment_of(PLAIN, "first", text)


def test_all_that_is_wrong_with_all_of_them_is_named_at_once() -> None:
    wrong = refused(
        PLAIN,
        replace(OWN, text="{{ a }} {{ b }}"),
        replace(OWN, text="Fine."),
        Amendment("last", 1, "Ask us.", ""),
        Amendment("lost", 1, "Ask us.", "Ask me."),
    )
    assert [problem.split(":")[0] for problem in wrong] == [
        "clauses.first.body",
        "clauses.first.body",
        "clauses.first",
        "clauses.last.body",
        "clauses.lost",
    ]
    assert wrong[2] == "clauses.first: “first” is amended twice. Keep one of the wordings."
    assert wrong[4].endswith("The library has no clause “lost”. Remove your wording of it.")


def test_a_clause_that_runs_in_must_still_begin_with_a_paragraph() -> None:
    lib = library(FIRST, clause("more", "More.", order=11, run_in="true"), LAST)
    [problem] = refused(lib, Amendment("more", 1, "More.", "- one\n- two"))
    assert "Only a text that begins with a paragraph can run in." in problem


def test_a_placeholder_of_a_retired_option_is_refused() -> None:
    [problem] = refused(_retired(), replace(OWN, text="{{ contacts.questions | reach }}"))
    assert "“contacts:questions” is retired. Take it out of the text." in problem


@pytest.mark.parametrize("text", [*STATEMENTS, *MARKUP, *(f"{{{{ {t} }}}}" for t in TEMPLATES)])
def test_hostile_wording_is_refused_or_printed_as_text(text: str) -> None:
    amendment = replace(OWN, text=text)
    place = standing(amendment, PLAIN)
    try:
        made = policy(amended(PLAIN, [amendment]))
    except Refused as caught:
        assert_all(caught, place)
    else:
        assert place in {Standing.CARRIED, Standing.REACHED}
        assert "<script" not in texts(made).get("first", "")


def assert_all(caught: Refused, place: Standing) -> None:
    assert place is Standing.DECIDE
    assert all(problem.where.startswith("clauses.first") for problem in caught.problems)


# ---------------------------------------------------------------- another library


@pytest.mark.parametrize(
    ("lib", "expected"),
    [
        (PLAIN, Standing.CARRIED),
        (newer(version="3"), Standing.CARRIED),
        (newer(section="contact", title="Hello", when={}), Standing.CARRIED),
        (newer(body="We are {{ practice }}, a practice."), Standing.DECIDE),
        (newer(body=OWN.text), Standing.REACHED),
        (newer(body=OWN.text, version="9"), Standing.REACHED),
        (library(SECOND, LAST), Standing.GONE),
    ],
)
def test_an_amendment_is_carried_over_reached_put_up_for_decision_or_gone(
    lib: Library, expected: Standing
) -> None:
    assert standing(OWN, lib) is expected


def test_a_wording_that_names_what_the_new_vocabulary_lacks_is_put_up_for_decision() -> None:
    own = replace(OWN, text="We are {{ practice }}: {{ motto }}. {{ years }} years.")
    assert standing(own, PLAIN) is Standing.CARRIED
    without = [question for question in QUESTIONS if question["id"] != "motto"]
    lib = library(FIRST, SECOND, LAST, questions=without)
    assert standing(own, lib) is Standing.DECIDE
    own = replace(OWN, text="{{ contacts.questions | reach }}")
    assert standing(own, _retired()) is Standing.DECIDE


def test_a_wording_that_leads_to_a_section_that_went_is_put_up_for_decision() -> None:
    own = replace(OWN, text="We are {{ practice }}. [Ask us](#contact).")
    lib = library(FIRST, sections=[{"id": "about", "title": "About"}])
    assert standing(own, lib) is Standing.DECIDE


def test_what_was_decided_rests_on_the_newer_library() -> None:
    lib = newer(body="We are {{ practice }}, a practice.", version="3")
    made = amendment_of(lib, "first", "We are {{ practice }}, and we care.\r\n")
    assert made == Amendment(
        "first", 3, "We are {{ practice }}, a practice.", "We are {{ practice }}, and we care."
    )
    assert standing(made, lib) is Standing.CARRIED
    kept = amendment_of(lib, "first", OWN.text)
    assert kept is not None
    assert standing(kept, lib) is Standing.CARRIED


def test_deciding_for_the_words_of_the_library_leaves_no_amendment() -> None:
    lib = newer(body="We are {{ practice }}, a practice.")
    assert amendment_of(lib, "first", "We are {{ practice }}, a practice.\r\n\r\n") is None
    assert amendment_of(PLAIN, "first", OWN.base_text) is None


def test_nothing_can_be_decided_for_a_clause_that_is_gone() -> None:
    with pytest.raises(Refused) as caught:
        amendment_of(library(SECOND, LAST), "first", "Anything.")
    assert "The library has no clause “first”. Remove your wording of it." in str(caught.value)


@sometimes
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_text_makes_the_standing_fail(base: str, own: str, now: str) -> None:
    try:
        lib = newer(body=now)
    except Refused:
        lib = PLAIN
    assert standing(Amendment("first", 1, base, own), lib) in Standing


# ---------------------------------------------------------------- the plain form


def test_an_amendment_reads_back_from_its_json() -> None:
    assert Amendment.from_json(json.loads(json.dumps(OWN.to_json()))) == OWN


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (None, "Write a local wording as"),
        ([], "Write a local wording as"),
        ({}, "Write the slug of a clause."),
        ({**OWN.to_json(), "slug": "../x"}, "slug: Write the slug of a clause."),
        ({**OWN.to_json(), "slug": 7}, "slug: Write a text here"),
        ({**OWN.to_json(), "base_version": -1}, "base_version: Write a whole number"),
        ({**OWN.to_json(), "base_version": True}, "base_version: Write a whole number"),
        ({**OWN.to_json(), "base_version": None}, "base_version: Write a whole number"),
        ({**OWN.to_json(), "text": ["x"]}, "text: Write a text here"),
        ({**OWN.to_json(), "text": " \n"}, "text: This wording is empty. To leave a clause out"),
        ({**OWN.to_json(), "text": "a\ud800"}, "text: This holds a code that is no character"),
        ({**OWN.to_json(), "base_text": "a\0"}, "base_text: This holds a control character"),
        ({**OWN.to_json(), "text": "x" * 70_000}, "text: The text has more than 65,536 char"),
        ({**OWN.to_json(), "who": "me"}, "who: “who” is no part of a local wording."),
    ],
)
def test_what_is_no_amendment_is_refused(raw: object, message: str) -> None:
    with pytest.raises(Refused) as caught:
        Amendment.from_json(raw)
    assert message in str(caught.value)


def _retired() -> Library:
    questions = deepcopy(QUESTIONS)
    contacts = next(question for question in questions if question["id"] == "contacts")
    contacts["options"][0]["retired"] = "true"
    return library(FIRST, SECOND, LAST, questions=questions)


# ------------------------------------------------------------------ another version


def own(text: str, rival: str | None = None) -> Amendment:
    return replace(OWN, text=text, rival=rival)


A, B, C = own("A"), own("B"), own("C")


@pytest.mark.parametrize(
    ("mine", "base", "newest", "made"),
    [
        (None, None, None, None),
        (None, None, A, A),
        (A, None, None, A),
        (A, A, None, None),
        (A, A, B, B),
        (B, A, A, B),
        (B, A, B, B),
        (None, A, None, None),
        (None, A, A, None),
        (B, A, C, own("B", "C")),
        (B, None, C, own("B", "C")),
        (B, A, None, own("B", "")),
        (None, A, B, own("B", "")),
        (own("A \n"), A, B, B),
        (own("B", "A"), A, C, own("B", "C")),
        (own("B", "A"), A, A, own("B", "A")),
        (own("B", "A"), A, B, B),
        (own("A", ""), A, B, own("A", "B")),
    ],
)
def test_a_draft_that_replaces_a_version_drops_no_wording_unseen(
    mine: Amendment | None,
    base: Amendment | None,
    newest: Amendment | None,
    made: Amendment | None,
) -> None:
    sets = [[one] if one else [] for one in (mine, base, newest)]
    assert replacing(*sets) == ((made,) if made else ())


@pytest.mark.parametrize("rival", ["", "We are it."])
def test_a_wording_beside_another_waits_and_is_kept_so(rival: str) -> None:
    waits = replace(OWN, rival=rival)
    assert Amendment.from_json(json.loads(json.dumps(waits.to_json()))) == waits
    assert standing(waits, PLAIN) is Standing.DECIDE
    assert standing(replace(waits, text="We are {{ practice }}."), PLAIN) is Standing.DECIDE


def test_a_wording_without_another_is_written_as_ever() -> None:
    assert set(OWN.to_json()) == {"slug", "base_version", "base_text", "text"}


@pytest.mark.parametrize("rival", [None, 7, "x" * (BODY_LIMIT + 1)])
def test_another_wording_that_is_none_is_refused(rival: object) -> None:
    with pytest.raises(Refused) as refused:
        Amendment.from_json({**OWN.to_json(), "rival": rival})
    assert [problem.where for problem in refused.value.problems] == ["rival"]
