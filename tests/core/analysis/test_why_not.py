"""Why a clause is left out, and the smallest change of the answers that brings it in."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.analysis.redline import Mark
from policygen.core.analysis.why_not import STAND_IN, WhyNot, why_not
from policygen.core.answers import Answers, parse_answers
from policygen.core.conditions import parse_condition
from policygen.core.library import Library, parse_library
from policygen.core.selection import select
from tests.core.small import (
    DAY,
    DESK,
    FAX,
    SAMPLE,
    SMALL,
    clause,
    library,
    option,
    plain_library,
    question,
    raw_answers,
    sometimes,
)


def asked(slug: str, lib: Library = SAMPLE, **raw: Any) -> WhyNot:
    given = parse_answers(lib.vocabulary, {"practice_name": "Maple Street Dental", **raw})
    return why_not(lib, given, slug, on=DAY)


def steps(found: WhyNot) -> list[str]:
    return [step.says for step in found.steps]


def included(lib: Library, answers: Answers) -> set[str]:
    return {one.clause.slug for one in select(lib, answers).included}


def test_a_clause_that_is_in_is_said_to_be_in() -> None:
    found = asked("from-peru", country="peru")
    assert (found.is_in, found.steps, found.answers) == (True, (), None)
    assert found.says == "Here because you answered “Peru” to “What about country?”."


def test_an_option_is_named_that_brings_the_clause_in_with_what_it_prints() -> None:
    found = asked("from-peru", country="canada")
    assert found.says == "Left out because you did not answer “Peru” to “What about country?”."
    assert steps(found) == ["Answer “Peru” to “What about country?”."]
    assert found.redline is not None
    (section,) = found.redline.sections
    (changed,) = section.clauses
    assert changed.slug == "from-peru"
    assert [(c.mark, c.text) for line in changed.lines for c in line] == [
        (Mark.INSERTED, "We are from Peru.")
    ]
    assert not found.invented


def test_an_open_question_is_answered() -> None:
    assert steps(asked("nothing")) == ["Say of “What about data?” that nothing applies."]


def test_a_fact_that_only_the_person_knows_is_made_up_and_marked() -> None:
    found = asked("motto", motto="none")
    assert steps(found) == ["Enter something for “What about motto?”."]
    assert found.invented
    assert found.redline is not None
    assert STAND_IN in str(found.redline)


def test_what_is_too_much_is_taken_away() -> None:
    found = asked("nothing", data=["name", "records"])
    assert steps(found) == ["Take “Name” and “Records” away from “What about data?”."]


def test_a_question_that_is_not_asked_is_brought_in_first() -> None:
    lib = library(clause("treating", "We {{ uses | choices }}.", when={"any": ["uses:treat"]}))
    found = asked("treating", lib, data=["name"])
    assert len(found.steps) == 2
    assert steps(found)[0] in {
        "Choose “Records” for “What about data?”.",
        "Choose “Allergies” for “What about data?”.",
    }
    assert steps(found)[1] == "Choose “Treat” for “What about uses?”."


def test_a_contact_needs_a_way_to_reach_it() -> None:
    found = asked("faxes", contact_points="none", contacts="none")
    assert len(found.steps) == 2
    assert steps(found)[1] == "Name a contact for “Fax opt out”."


def test_a_section_that_is_pointed_to_is_filled() -> None:
    found = asked("ask-us", contacts="none", locations="none", contact_points="none")
    assert found.says == ("Left out because it points to “How to contact us”, which has no text.")
    assert steps(found) == ["Enter something for “What about locations?”."]


def test_a_clause_that_nothing_brings_in_is_said_to_be_out_for_good() -> None:
    lib = library(
        clause("here", "We are {{ practice }}.", when={"none": ["practice_name"]}),
        clause("other", "Hello, reader of ours."),
    )
    found = asked("here", lib)
    assert (found.answers, found.searched_all) == (None, True)


def test_a_change_into_a_conflict_that_blocks_is_none() -> None:
    conflict = {
        "id": "name-and-records",
        "severity": "blocks",
        "when": {"all": ["data:name", "data:records"]},
        "says": "Both cannot be.",
        "mend": "Choose one.",
    }
    texts = (
        clause("named", "We know who you are.", when={"any": ["data:name"]}),
        clause("other", "Your file is safe.", when={"any": ["data:records"]}),
    )
    free, bound = library(*texts), library(*texts, conflicts=[conflict])
    assert len(asked("named", free, data=["records"]).steps) == 1
    found = asked("named", bound, data=["records"])
    assert steps(found) == [
        "Choose “Name” for “What about data?”.",
        "Take “Records” away from “What about data?”.",
    ]
    assert found.answers is not None


def test_a_conflict_that_is_there_already_is_not_held_against_a_change() -> None:
    conflict = {
        "id": "name-and-records",
        "severity": "blocks",
        "when": {"all": ["data:name", "data:records"]},
        "says": "Both cannot be.",
        "mend": "Choose one.",
    }
    lib = library(
        clause("named", "Your name and your file.", when={"all": ["data:name", "data:records"]}),
        clause("motto", "{{ motto | capital }}."),
        conflicts=[conflict],
    )
    assert len(asked("motto", lib, data=["name", "records"]).steps) == 1
    assert asked("named", lib, data=["name"]).answers is None


def test_a_clause_of_another_library_is_refused() -> None:
    with pytest.raises(LookupError):
        asked("no-such-clause")


@sometimes
@given(raw_answers(SMALL))
def test_the_change_that_is_shown_really_brings_the_clause_in(raw: dict[str, Any]) -> None:
    answers = parse_answers(SMALL, raw)
    for slug in {one.slug for one in SAMPLE.clauses} - included(SAMPLE, answers):
        found = why_not(SAMPLE, answers, slug, on=DAY)
        assert found.answers is not None, slug
        assert slug in included(SAMPLE, found.answers)
        assert found.steps
        parse_answers(SMALL, found.answers.to_raw())  # anybody could answer so
        assert found.redline is not None
        assert found.redline.changed


# ------------------------------------------------------------------ the smallest

TINY = parse_library(
    {
        **plain_library(
            clause("both", "Here are both of them.", when={"all": ["a:x", "b:p"]}),
            clause("none", "Here is none of them.", when={"none": ["a", "b:p"]}),
            clause("mixed", "Here is a mixture.", when={"all": ["a.g"], "none": ["a:x", "b:q"]}),
            clause("late", "Here comes a late one.", when={"any": ["c:m"], "none": ["a:y"]}),
            clause("more", "And here is some more.", when={"any": ["a:y", "b:q"]}),
        ),
        "questions": [
            question("practice_name", "name", required="true"),
            question(
                "a",
                "many",
                groups={"g": "G"},
                options=[option("x", "x", "g"), option("y", "y", "g")],
            ),
            question(
                "b",
                "one",
                groups={"h": "H"},
                options=[option("p", "p", "h"), option("q", "q", "h")],
            ),
            question(
                "c",
                "many",
                page="later",
                when={"any": ["b:q"], "none": ["a:x"]},
                groups={"i": "I"},
                options=[option("m", "m", "i")],
            ),
        ],
    }
)
GIVEN: dict[str, list[Any]] = {
    "a": [None, "dont-know", [], ["x"], ["y"], ["x", "y"], ["x", "dont-know"]],
    "b": [None, "dont-know", "p", "q"],
    "c": [None, [], ["m"]],
}


def tiny(*given: Any) -> Answers:
    raw = {name: value for name, value in zip(GIVEN, given, strict=True) if value is not None}
    return parse_answers(TINY.vocabulary, {"practice_name": "Maple", **raw})


EVERY = [tiny(*given) for given in product(*GIVEN.values())]


@pytest.mark.parametrize("slug", [one.slug for one in TINY.clauses])
def test_no_other_answers_with_fewer_questions_changed_bring_it_in(slug: str) -> None:
    """Checked against every set of answers of a tiny library."""
    wanted = [answers for answers in EVERY if slug in included(TINY, answers)]
    for answers in EVERY:
        found = why_not(TINY, answers, slug, on=DAY)
        fewest = min(
            sum(answers.given.get(q) != other.given.get(q) for q in GIVEN) for other in wanted
        )
        assert len({step.question for step in found.steps}) == fewest


# ------------------------------------------------------------- out of the way of conflicts


def one_of(name: str, *options: str, **more: Any) -> dict[str, Any]:
    offered = [option(each, each, "g") for each in options]
    return question(name, "one", groups={"g": "G"}, options=offered, **more)


def blocking(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    words = {"id": f"c{len(str(cases))}", "says": "Both cannot be.", "mend": "Choose one."}
    return {**words, "severity": "blocks", "when": list(cases), **more}


def bound(conflicts: list[dict[str, Any]], *clauses: dict[str, Any]) -> Library:
    """Return a library in which “b” is asked of those who say “c:m”, and “d” of “b:p”."""
    asked_in_turn = [
        question("practice_name", "name", required="true"),
        one_of("a", "x", "y"),
        one_of("c", "m", "n"),
        one_of("b", "p", "q", page="later", when={"all": ["c:m"]}),
        question(
            "d",
            "many",
            page="last",
            when={"any": ["b:p", "a:y"]},
            groups={"g": "G"},
            options=[option("o", "o", "g")],
        ),
        question("e", "text", page="last"),
    ]
    return library(*clauses, questions=asked_in_turn, conflicts=conflicts)


WANTED = clause("wanted", "Here it is at last.", when={"all": ["a:x"]})
ASIDE = clause("aside", "And there is something else.")
NOW = {"a": "y", "c": "m", "b": "p"}


def test_an_answer_is_made_unknown_if_only_that_mends_a_conflict() -> None:
    either = blocking({"all": ["a:x", "b"]}, {"all": ["a:x"], "any": ["c:n"]})
    found = asked("wanted", bound([either], WANTED, ASIDE), **NOW)
    assert steps(found) == [
        "Answer “X” to “What about a?”.",
        "Answer “I don’t know yet” to “What about c?”.",
    ]
    assert found.answers is not None


def test_a_question_stops_being_asked_if_only_that_mends_a_conflict() -> None:
    both = blocking({"all": ["a:x", "b:p"]}, {"all": ["a:x", "b:q"]}, {"all": ["a:x", "d"]})
    waits = blocking({"all": ["a:x"], "any": ["c:m"]}, unanswered=["b"])
    found = asked("wanted", bound([both, waits], WANTED, ASIDE), **NOW)
    assert steps(found) == ["Answer “X” to “What about a?”.", "Answer “N” to “What about c?”."]


def test_a_conflict_that_waits_for_an_answer_is_mended_by_any_answer() -> None:
    waits = blocking({"all": ["a:x"]}, unanswered=["d"])
    known = {**NOW, "d": "dont-know", "c": "m"}
    found = asked("wanted", bound([waits], WANTED, ASIDE), **known)
    assert len(found.steps) == 2
    assert found.answers is not None


ANSWERED_SO: dict[str, list[Any]] = {
    "a": [None, "dont-know", "x", "y"],
    "c": [None, "dont-know", "m", "n"],
    "b": [None, "dont-know", "p", "q"],
    "d": [None, "dont-know", "none", ["o"]],
    "e": [None, "dont-know", "none", "(your answer)"],
}
ATOMS = ["a", "a:x", "a:y", "c", "c:m", "c:n", "b", "b:p", "b:q", "d", "d:o", "e"]
conditions = st.fixed_dictionaries(
    {},
    optional={
        part: st.lists(st.sampled_from(ATOMS), min_size=1, max_size=2, unique=True)
        for part in ("all", "any", "none")
    },
).filter(lambda raw: bool(raw) and not parse_condition(raw).excludes(parse_condition(raw)))
conflicts = st.lists(
    st.builds(
        lambda cases, waiting: blocking(*cases, unanswered=waiting),
        st.lists(conditions, min_size=1, max_size=2),
        st.lists(st.sampled_from("acbde"), max_size=1),
    ),
    max_size=3,
).map(lambda found: [{**one, "id": f"c{place}"} for place, one in enumerate(found)])


@sometimes
@given(conditions, conflicts, st.data())
def test_with_conflicts_too_the_smallest_change_is_found_or_there_is_none(
    when: dict[str, Any], grave: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Checked against every set of answers."""
    lib = bound(grave, {**WANTED, "when": when}, ASIDE)
    raws = [
        {name: one for name, one in zip(ANSWERED_SO, given, strict=True) if one is not None}
        for given in product(*ANSWERED_SO.values())
    ]
    raw = data.draw(st.sampled_from(raws))
    answers = answered_in(lib, raw)
    there = {one.id for one in lib.conflicts if one.found_in(answers)}
    away = [
        sum(raw.get(name) != other.get(name) for name in ANSWERED_SO)
        for other in raws
        if _holds(lib, answered_in(lib, other), there)
    ]
    found = why_not(lib, answers, "wanted", on=DAY)
    if found.is_in:
        return
    assert found.searched_all is (not away)
    assert (found.answers is not None) is bool(away)
    if found.answers is not None:
        assert _holds(lib, found.answers, there)
        assert len(found.steps) == min(away)


def answered_in(lib: Library, raw: dict[str, Any]) -> Answers:
    return parse_answers(lib.vocabulary, {"practice_name": "Maple", **raw})


def _holds(lib: Library, answers: Answers, there: set[str]) -> bool:
    new = (one for one in lib.conflicts if one.id not in there)
    [wanted] = (one for one in lib.clauses if one.slug == "wanted")
    return wanted.when.holds(answers.in_force) is True and not any(
        one.found_in(answers) for one in new
    )


def test_sections_that_are_pointed_to_in_turn_are_filled() -> None:
    lib = bound(
        [],
        clause("wanted", "See [there](#collect)."),
        clause("between", "See [where](#contact) to ask.", "collect"),
        clause("last", "Ask.", "contact", when={"all": ["a:x"]}),
    )
    assert steps(asked("wanted", lib, **NOW)) == ["Answer “X” to “What about a?”."]


def test_an_option_that_is_retired_does_not_stand_in_the_way() -> None:
    kinds = question(
        "kinds",
        "many",
        groups={"g": "G"},
        options=[option("new", "new", "g"), option("old", "old", "g", retired="true")],
    )
    lib = library(
        clause("wanted", "None of them.", when={"none": ["kinds"]}),
        ASIDE,
        questions=[question("practice_name", "name", required="true"), kinds],
    )
    found = asked("wanted", lib, kinds=["old"])
    assert steps(found) == ["Say of “What about kinds?” that nothing applies."]


def test_a_way_to_be_reached_that_a_contact_names_can_be_taken_away() -> None:
    lib = plain_library(
        clause("unreachable", "There is no fax.", when={"none": ["contact_points:fax"]}), ASIDE
    )
    found = asked(
        "unreachable",
        parse_library(lib),
        contact_points=FAX | DESK,
        contacts={"questions": {"points": list(FAX)}},
    )
    assert len(found.steps) == 2
    assert found.answers is not None
    again = parse_answers(found.answers.vocabulary, found.answers.to_raw())
    assert again.truth("contacts:questions") is True
    assert again.truth("contact_points:fax") is False
