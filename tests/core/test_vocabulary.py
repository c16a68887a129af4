"""Reading the vocabulary: every mistake is named, with its place and what would be right."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from policygen.core.answers import CHANNEL_CHECKS
from policygen.core.library import question_to_json
from policygen.core.problems import Refused
from policygen.core.vocabulary import CHANNELS, Kind, atom_parts, parse_vocabulary
from tests.core.small import QUESTIONS, SMALL, option, question


def refusal(*questions: object) -> list[str]:
    with pytest.raises(Refused) as refused:
        parse_vocabulary(questions)
    return [str(problem) for problem in refused.value.problems]


def many(**changes: Any) -> dict[str, Any]:
    base = question(
        "data", "many", groups={"who": "Who"}, options=[option("name", "your name", "who")]
    )
    return {**base, **changes}


def test_the_vocabulary_reads_back_from_its_plain_form() -> None:
    plain = [question_to_json(asked) for asked in SMALL.questions]
    assert parse_vocabulary(plain) == SMALL


def test_every_kind_of_question_is_in_the_small_vocabulary() -> None:
    assert {asked.kind for asked in SMALL.questions} == set(Kind)


def test_atoms_name_questions_groups_and_options() -> None:
    assert {"data", "data.health", "data:records", "contacts:fax-opt-out"} <= SMALL.atoms
    assert {"data.places", "data:peru", "contacts.questions", "nothing"}.isdisjoint(SMALL.atoms)
    for atom in SMALL.atoms:
        name, group, opt = atom_parts(atom)
        assert name in SMALL.by_id
        assert not (group and opt)
    with pytest.raises(ValueError, match="no atom"):
        atom_parts("data:a_b")


def test_an_option_is_found_by_its_atom() -> None:
    found = SMALL.option("data:records")
    assert found is not None
    assert found.phrase == "your dental records"
    assert SMALL.option("data:nothing") is None
    assert SMALL.option("nothing:at-all") is None


@pytest.mark.parametrize(
    ("atom", "right"),
    [
        ("dat:name", "Did you mean “data:name”"),
        ("coutry:canada", "Did you mean “country:canada”"),
        ("data:nam", "Did you mean “data:name”"),
        ("data.helth", "Did you mean “data.health”"),
        ("data:zzzzzz", "Use one of: data"),
    ],
)
def test_an_unknown_atom_is_answered_with_the_likely_right_one(atom: str, right: str) -> None:
    (message,) = SMALL.check_atoms([atom])
    assert message.startswith(f"“{atom}” names no answer.")
    assert right in message


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"kind": "mny"}, "kind", "“mny” is no kind of question. Did you mean “many”?"),
        ({"kind": ["many"]}, "kind", "Write a text here, not a list or a mapping."),
        ({"id": "Data"}, "id", "small letters, digits and single underscores"),
        ({"id": "a__b"}, "id", "small letters, digits and single underscores"),
        ({"id": ""}, "id", "small letters"),
        ({"id": "practice"}, "id", "“practice” is kept for something else."),
        ({"id": "document_date"}, "id", "is kept for something else."),
        ({"id": "none"}, "id", "is kept for something else."),
        ({"page": "Two words"}, "page", "small letters"),
        ({"ask": ""}, "ask", "The ask is missing."),
        ({"ask": "What?\nReally?"}, "ask", "This must be one line."),
        ({"ask": "What\u202e?"}, "ask", "hidden text direction character"),
        ({"ask": ["What?"]}, "ask", "Write a text here"),
        ({"help": "a\x1bb"}, "help", "control character"),
        ({"hlep": "x"}, "hlep", "“hlep” is no part of a question. Did you mean “help”?"),
        ({"required": "maybe"}, "required", "Write true or false."),
        ({"min": "x"}, "min", "Write a whole number"),
        ({"min": "5", "max": "4"}, "max", "This must not be smaller than 5."),
        ({"max": "9" * 10}, "max", "Write a whole number"),
        ({"groups": ["who"]}, "groups", "Write the groups as {id: label, id: label}."),
        ({"groups": "who"}, "groups", "Write the groups as"),
        ({"groups": {"who": ["x"]}}, "groups", "Write the groups as"),
        ({"groups": {"who": ""}}, "groups", "Write the groups as"),
        ({"groups": {"Who": "x"}}, "groups.Who", "small letters"),
        ({"when": "data"}, "when", "Write a condition as"),
        ({"when": {"al": ["x"]}}, "when", "“al” is no part of a condition."),
        ({"when": {"all": ["data"]}}, "when", "“data” depends on itself."),
        ({"options": []}, "options", "This kind of question needs options."),
        ({"options": "name"}, "options", "Write a list."),
        ({"options": {"name": "x"}}, "options", "Write a list."),
        ({"options": ["name"]}, "options.1", "Write an option as “key: value”"),
        ({"kind": "name"}, "options", "A question of the kind name has no options."),
    ],
)
def test_a_wrong_question_is_refused(changes: dict[str, Any], place: str, message: str) -> None:
    wrong = many(**changes)
    where = f"questions.{wrong['id'] or 1}.{place}: "
    assert any(line.startswith(where) and message in line for line in refusal(wrong)), refusal(
        wrong
    )


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"id": "Name"}, "id", "small letters, digits and single hyphens"),
        ({"id": "a_b"}, "id", "small letters, digits and single hyphens"),
        ({"id": "dont-know"}, "id", "“dont-know” is kept for the answer itself."),
        ({"id": "none"}, "id", "“none” is kept for the answer itself."),
        ({"label": ""}, "label", "The label is missing."),
        ({"help": ""}, "help", "The help is missing."),
        ({"phrase": " "}, "phrase", "The phrase is missing."),
        ({"phrase": ["x"]}, "phrase", "Write a text here"),
        ({"phrase": "your {{ data }}"}, "phrase", "The “{” would be printed just so."),
        ({"phrase": "your **name**"}, "phrase", "The “*” would be printed just so."),
        ({"phrase": "<b>"}, "phrase", "The “<” would be printed just so."),
        ({"phrase": "a\nb"}, "phrase", "This must be one line."),
        ({"phrase": "a\u200bb"}, "phrase", "invisible character"),
        ({"group": "whom"}, "group", "“whom” is no group. Did you mean “who”?"),
        ({"frase": "x"}, "frase", "“frase” is no part of an option. Did you mean “phrase”?"),
        ({"informative": "no"}, "informative", "Write true or false."),
    ],
)
def test_a_wrong_option_is_refused(changes: dict[str, Any], place: str, message: str) -> None:
    wrong = {**option("name", "your name", "who"), **changes}
    where = f"questions.data.options.{wrong['id'] or 1}.{place}: "
    found = refusal(many(options=[wrong]))
    assert any(line.startswith(where) and message in line for line in found), found


@pytest.mark.parametrize("entry", ["data", ["data"], None, 7])
def test_a_question_that_is_no_mapping_is_refused(entry: object) -> None:
    assert refusal(entry) == ["questions.1: Write a question as “key: value”, one a line."]


def test_an_id_stands_for_one_question_and_one_option() -> None:
    assert "questions.data: This id stands twice." in refusal(many(), many())[0]
    twice = [option("name", "your name", "who")] * 2
    assert "questions.data.options.name: This id stands twice." in refusal(many(options=twice))[0]


def test_a_question_depends_only_on_questions_of_earlier_pages() -> None:
    later = question("later", "name", page="late", when={"any": ["data"]})
    assert parse_vocabulary([many(), later])
    [message] = refusal(later, many())
    assert "“data” is asked later. Only earlier questions can decide." in message
    beside = {**later, "page": many()["page"]}
    assert "“data” is asked on the same page." in refusal(many(), beside)[0]


@pytest.mark.parametrize("kind", ["contacts", "contact_points"])
def test_contacts_are_always_asked_for(kind: str) -> None:
    asked = question("ways", kind, "late", options=[option("a", "a")], when={"any": ["data"]})
    assert "Contacts are always asked for." in refusal(many(), asked)[0]


@pytest.mark.parametrize(
    ("channel", "help_"), [("fix", "Did you mean “fax”?"), ("pigeon", "Use one of: email, fax,")]
)
def test_a_channel_is_one_that_the_program_knows(channel: str, help_: str) -> None:
    asked = question("ways", "contact_points", "late", options=[option(channel, "by it")])
    [message] = refusal(asked)
    assert message.startswith(f"questions.ways.options.{channel}.id: “{channel}” is no channel.")
    assert help_ in message


def test_every_channel_is_known_and_checked() -> None:
    asked = question("ways", "contact_points", options=[option(c, f"by {c}") for c in CHANNELS])
    assert parse_vocabulary([asked])
    assert {*CHANNEL_CHECKS, "post"} == set(CHANNELS)


def test_all_mistakes_are_told_at_once() -> None:
    questions = deepcopy(QUESTIONS)
    questions[0]["ask"] = ""
    questions[9]["options"][0]["phrase"] = ""
    questions[9]["options"][1]["label"] = ""
    assert len(refusal(*questions)) == 3
