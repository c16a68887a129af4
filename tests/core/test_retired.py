"""An option that is retired stays readable in old answers, and says nothing any more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from policygen.core.answers import Answers, Standing, contact_points, in_words, parse_answers
from policygen.core.assembly import assemble
from policygen.core.library import Library, library_problems, question_to_json
from policygen.core.plain_text import text_of
from policygen.core.problems import Refused
from policygen.core.selection import Why, select
from policygen.core.vocabulary import Vocabulary, parse_vocabulary
from tests.core.small import (
    DAY,
    DESK,
    QUESTIONS,
    SAMPLE,
    SMALL,
    clause,
    library,
    option,
    question,
    raw_answers,
    sometimes,
)

OLD = {
    "data": {"birthday", "allergies"},
    "country": {"peru"},
    "contacts": {"fax-opt-out"},
}
"""The options that are retired in these tests."""


def retire(asked: dict[str, Any]) -> dict[str, Any]:
    gone = OLD.get(asked["id"], set())
    options = [{**o, "retired": "true"} if o["id"] in gone else o for o in asked.get("options", [])]
    return {**asked, "options": options} if gone else asked


RETIRED = [retire(asked) for asked in QUESTIONS]
VOCABULARY: Vocabulary = parse_vocabulary(RETIRED)


def answered(**raw: Any) -> Answers:
    return parse_answers(VOCABULARY, {"practice_name": "Maple Street Dental", **raw})


def truths(answers: Answers, *atoms: str) -> list[bool | None]:
    return [answers.truth(atom) for atom in atoms]


def test_a_retired_option_is_not_offered_and_keeps_its_place() -> None:
    data = VOCABULARY.by_id["data"]
    assert [o.id for o in data.offered] == ["name", "records"]
    assert [o.id for o in data.options] == ["name", "birthday", "records", "allergies"]
    assert data.retired == {"birthday", "allergies"}


def test_old_answers_that_name_it_can_be_read_and_written_back() -> None:
    raw = {"data": ["name", "birthday"], "country": ["peru"]}
    answers = answered(**raw)
    assert answers.to_raw() == {"practice_name": "Maple Street Dental", **raw}


def test_it_is_not_proposed_to_whoever_writes_another_one() -> None:
    with pytest.raises(Refused, match=r"Use one of: name, records\.$"):
        answered(data=["zzz"])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # of the option itself, of another one, of both groups, of the question
        (["birthday"], [None, None, None, None, None]),
        (["birthday", "name"], [None, True, True, None, True]),
        (["birthday", "records"], [None, None, None, True, True]),
        (["name"], [None, True, True, False, True]),
        ([], [None, False, False, False, False]),
        (["name", "dont-know"], [None, True, True, None, True]),
    ],
)
def test_what_it_said_is_not_known_and_never_no(
    data: list[str], expected: list[bool | None]
) -> None:
    atoms = ("data:birthday", "data:name", "data.identity", "data.health", "data")
    assert truths(answered(data=data), *atoms) == expected


def test_whoever_chose_it_as_the_only_answer_has_not_answered_yet() -> None:
    answers = answered(country="peru")
    atoms = ("country", "country:peru", "country:canada", "country.places")
    assert truths(answers, *atoms) == [None] * 4
    assert truths(answered(country="canada"), *atoms) == [True, None, True, True]


def test_a_contact_for_it_is_not_known() -> None:
    atoms = ("contacts", "contacts:questions", "contacts:fax-opt-out")
    both = answered(contact_points=DESK, contacts={"questions": "desk", "fax-opt-out": "desk"})
    alone = answered(contact_points=DESK, contacts={"fax-opt-out": "desk"})
    assert truths(both, *atoms) == [True, True, None]
    assert truths(alone, *atoms) == [None, None, None]
    assert truths(answered(contacts="none"), *atoms) == [False, False, None]


@pytest.mark.parametrize(
    ("name", "raw", "standing"),
    [
        ("data", ["birthday", "name"], Standing.UNKNOWN),
        ("data", ["name"], Standing.ANSWERED),
        ("country", "peru", Standing.UNKNOWN),
        ("country", "canada", Standing.ANSWERED),
        ("contacts", {"fax-opt-out": "desk", "questions": "desk"}, Standing.UNKNOWN),
        ("contacts", {"questions": "desk"}, Standing.ANSWERED),
    ],
)
def test_its_question_is_asked_again(name: str, raw: Any, standing: Standing) -> None:
    answers = answered(contact_points=DESK, **{name: raw})
    assert answers.standing(VOCABULARY.by_id[name]) is standing


def test_it_is_read_back_as_what_is_no_longer_an_option() -> None:
    answers = answered(data=["name", "birthday"])
    words = in_words(VOCABULARY.by_id["data"], answers.given["data"], contact_points({}))
    assert words == ("Name", "Birthday (no longer an option)")


def test_it_is_neither_printed_nor_given_as_a_reason() -> None:
    lib = library(clause("a", "We keep {{ data | listing }}."), questions=RETIRED)
    answers = answered(data=["name", "birthday"])
    [choice] = select(lib, answers).included
    assert choice.reason.atoms == ("data:name",)
    assert answers.ticked_under("data") == ("data:name",)
    [text] = assemble(select(lib, answers), answers, on=DAY).clauses()
    assert text_of(text) == "We keep your name."
    assert text.filled_by == ("data:name",)


def test_a_clause_that_printed_only_it_waits() -> None:
    lib = library(clause("a", "From {{ country }}."), questions=RETIRED)
    [choice] = select(lib, answered(country="peru")).left_out
    assert choice.reason.why is Why.WAITS


RETIRED_SAMPLE: Library = library(*(c.to_json() for c in SAMPLE.clauses), questions=RETIRED)


@sometimes
@given(raw_answers(SMALL))
def test_retiring_options_never_adds_a_clause(raw: dict[str, Any]) -> None:
    before = _said(SAMPLE, parse_answers(SMALL, raw))
    after = _said(RETIRED_SAMPLE, parse_answers(VOCABULARY, raw))
    assert after <= before


def _said(lib: Library, answers: Answers) -> set[str]:
    return {choice.clause.slug for choice in select(lib, answers).included}


# ------------------------------------------------------------- the library


def test_its_plain_form_says_so_and_that_of_others_says_nothing() -> None:
    plain = question_to_json(VOCABULARY.by_id["data"])
    assert [o.get("retired") for o in plain["options"]] == [None, True, None, True]
    assert all("retired" not in o for o in question_to_json(SMALL.by_id["data"])["options"])
    assert parse_vocabulary([plain]).by_id["data"].retired == {"birthday", "allergies"}


def test_it_changes_the_digest() -> None:
    assert (
        library(clause("a", "Text.")).digest
        != library(clause("a", "Text."), questions=RETIRED).digest
    )


def test_a_channel_cannot_be_retired() -> None:
    fax = option("fax", "by fax", retired="true")
    with pytest.raises(Refused, match="A channel cannot be retired"):
        parse_vocabulary([question("points", "contact_points", options=[fax])])


def problems(lib: Library, where: str = "") -> list[str]:
    return [str(p) for p in library_problems(lib) if p.where.startswith(where)]


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        (
            {"when": {"none": ["data:birthday"]}},
            "clauses.a.when: “data:birthday” is retired. Take it out of this condition.",
        ),
        (
            {"claims": ["collect(data:birthday; data:name)"]},
            "clauses.a.claims: “data:birthday” is retired. Take it out of this claim.",
        ),
        (
            {"body": "Stop faxes {{ contacts.fax_opt_out | reach }}."},
            "clauses.a.body: “contacts:fax-opt-out” is retired. Take it out of the text.",
        ),
    ],
)
def test_a_clause_that_rests_on_it_is_a_problem(front: dict[str, Any], problem: str) -> None:
    lib = library({**clause("a", "Text."), **front}, questions=RETIRED)
    assert problems(lib, "clauses.") == [problem]


def test_a_question_that_rests_on_it_is_a_problem() -> None:
    late = question("late", "text", page="late", when={"any": ["data:birthday", "data:name"]})
    lib = library(clause("a", "Text."), questions=[*RETIRED, late])
    assert problems(lib, "questions.late.when") == [
        "questions.late.when: “data:birthday” is retired. Take it out of this condition."
    ]


def test_it_need_not_be_used() -> None:
    unused = [p.where for p in library_problems(library(clause("a", "Text."), questions=RETIRED))]
    assert "questions.data.options.name" in unused
    assert "questions.data.options.birthday" not in unused


def test_a_question_without_an_option_left_is_a_problem() -> None:
    gone = question(
        "gone", "one", groups={"g": "G"}, options=[option("x", "x", "g", retired="true")]
    )
    lib = library(clause("a", "Text."), questions=[*QUESTIONS, gone])
    assert problems(lib, "questions.gone") == [
        "questions.gone.options: Every option is retired. Keep one, or remove the question."
    ]
