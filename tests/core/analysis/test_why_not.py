"""Why a clause is left out, and the smallest change of the answers that brings it in."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given

from policygen.core.analysis.redline import Mark
from policygen.core.analysis.why_not import STAND_IN, WhyNot, why_not
from policygen.core.answers import Answers, parse_answers
from policygen.core.library import Library, parse_library
from policygen.core.selection import select
from tests.core.small import (
    DAY,
    SAMPLE,
    SMALL,
    answered,
    clause,
    library,
    option,
    plain_library,
    question,
    raw_answers,
    sometimes,
)


def asked(slug: str, lib: Library = SAMPLE, **raw: Any) -> WhyNot:
    return why_not(lib, answered(**raw), slug, on=DAY)


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
