"""Answers: read strictly, never lost, and "not asked", "no" and "I don't know" kept apart."""

from __future__ import annotations

import gc
import json
import weakref
from dataclasses import FrozenInstanceError
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import (
    Answers,
    Fact,
    Standing,
    Ticked,
    Unknown,
    contact_points,
    in_words,
    parse_answer,
    parse_answers,
    sift_answers,
)
from policygen.core.problems import Refused, quoted
from policygen.core.vocabulary import CHOICES, Kind, parse_vocabulary
from tests.core.small import (
    DESK,
    FAX,
    MAILBOX,
    OFFICE,
    PAGE,
    QUESTIONS,
    SMALL,
    answered,
    often,
    raw_answers,
    sometimes,
)
from tests.core.test_text import HOSTILE, LEGITIMATE

NAME = {"practice_name": "Maple Street Dental"}


def refusal(**raw: Any) -> str:
    with pytest.raises(Refused) as refused:
        parse_answers(SMALL, {**NAME, **raw})
    return str(refused.value)


# ------------------------------------------------------------------ three kinds of nothing


def test_not_asked_no_and_dont_know_are_three_things() -> None:
    assert answered().truth("website") is None
    assert answered(website="none").truth("website") is False
    assert answered(website="dont-know").truth("website") is None
    assert "website" not in answered().given
    assert answered(website="none").given["website"] == Fact(None)
    assert answered(website="dont-know").given["website"] == Unknown()


def test_for_ticked_options_too() -> None:
    assert answered().truth("data:name") is None
    assert answered(data=[]).truth("data:name") is False
    assert answered(data="none").given["data"] == Ticked(())
    assert answered(data="dont-know").truth("data:name") is None
    assert answered(data=["name"]).truth("data:records") is False


def test_unsure_of_more_leaves_open_only_what_is_not_ticked() -> None:
    unsure = answered(data=["name", "dont-know"])
    assert unsure.given["data"] == Ticked(("name",), unsure=True)
    assert unsure.truth("data:name") is True
    assert unsure.truth("data:records") is None
    assert unsure.truth("data.identity") is True
    assert unsure.truth("data.health") is None
    assert unsure.truth("data") is True


def test_a_contact_holds_by_its_purpose_and_a_contact_point_by_its_channel() -> None:
    answers = answered(contact_points={**OFFICE, **DESK}, contacts={"questions": "desk"})
    assert answers.truth("contact_points:phone") is True
    assert answers.truth("contact_points:email") is False
    assert answers.truth("contacts:questions") is True
    assert answers.truth("contacts:fax-opt-out") is False


def test_answers_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        answered().vocabulary = SMALL  # type: ignore[misc]


# ------------------------------------------------------------------ what is taken


@pytest.mark.parametrize(
    ("question", "raw", "kept"),
    [
        ("motto", " We\n care.\t ", "We care."),
        ("website", "example.com", "https://example.com"),
        ("since", "2024-02-29", date(2024, 2, 29)),
        ("since", "1900-01-01", date(1900, 1, 1)),
        ("since", "2199-12-31", date(2199, 12, 31)),
        ("years", "1", 1),
        ("years", "100", 100),
        ("years", "007", 7),
        ("countries", "Peru", ("Peru",)),
        ("countries", ["Peru", " Chile ", "Peru"], ("Peru", "Chile")),
        ("short_name", "x" * 200, "x" * 200),
        ("motto", "x" * 500, "x" * 500),
        ("countries", ["x" * 200] + [str(n) for n in range(29)], None),
    ],
)
def test_a_good_answer_is_kept(question: str, raw: object, kept: object) -> None:
    given = answered(**{question: raw}).given[question]
    assert isinstance(given, Fact)
    if kept is not None:
        assert given.value == kept


@pytest.mark.parametrize(
    ("question", "raw", "message"),
    [
        # dates
        ("since", "2023-02-29", "is no date. Write it as 2026-01-31"),
        ("since", "0001-01-01", "Enter a date from 1900 to 2199."),
        ("since", "1899-12-31", "Enter a date from 1900 to 2199."),
        ("since", "2200-01-01", "Enter a date from 1900 to 2199."),
        ("since", "9999-12-31", "Enter a date from 1900 to 2199."),
        ("since", "2024-13-01", "is no date"),
        ("since", "2024-00-10", "is no date"),
        ("since", "20240101", "is no date"),
        ("since", "2024-W01-1", "is no date"),
        ("since", "01/02/2024", "is no date"),
        ("since", "2024-1-1", "is no date"),
        ("since", "٢٠٢٤-٠١-٠١", "is no date"),
        ("since", "2024-01-01\n", "is no date"),
        ("since", "2024-01-01T00:00", "is no date"),
        ("since", 20240101, "is no date"),
        ("since", ["2024-01-01"], "is no date"),
        # numbers
        ("years", "0", "Enter a whole number from 1 to 100."),
        ("years", "101", "Enter a whole number from 1 to 100."),
        ("years", "-1", "Enter a whole number from 1 to 100."),
        ("years", "1" + "0" * 30, "Enter a whole number from 1 to 100."),
        ("years", "9" * 10_000, "Enter a whole number from 1 to 100."),
        ("years", "1e3", "Enter a whole number"),
        ("years", "1.5", "Enter a whole number"),
        ("years", "NaN", "Enter a whole number"),
        ("years", "inf", "Enter a whole number"),
        ("years", "٧", "Enter a whole number"),
        ("years", "seven", "Enter a whole number"),
        ("years", 7, "Enter a whole number"),
        ("years", 10**30, "Enter a whole number"),
        ("years", float("nan"), "Enter a whole number"),
        ("years", True, "Enter a whole number"),
        ("years", "", "Enter a whole number"),
        # texts
        ("short_name", "", "This is empty. Enter it, or answer “none”."),
        ("short_name", " \t ", "This is empty"),
        ("short_name", "\u200d", "This is empty"),
        ("short_name", "x" * 201, "This has 201 characters. Shorten it to 200 or fewer."),
        ("short_name", "x" * 10_000, "This has 10,000 characters. Shorten it to 200 or fewer."),
        ("short_name", "a\nb", "This must be one line. Remove the line breaks."),
        ("short_name", ["a"], "Write a text here, not a list or a mapping."),
        ("short_name", {"a": "b"}, "Write a text here"),
        ("short_name", None, "Write a text here"),
        ("short_name", 7, "Write a text here"),
        ("motto", "x" * 501, "This has 501 characters. Shorten it to 500 or fewer."),
        ("website", "javascript:alert(1)", "begins with https:// or http://"),
        ("website", "//evil.example", "begins with https:// or http://"),
        ("website", "https://ok@evil.example", "Remove the part before the @ sign"),
        ("website", "https://раypal.com", "xn-- form"),
        ("website", ["https://example.com"], "Write a text here"),
        # lists of lines
        ("countries", [""], "This is empty"),
        ("countries", ["Peru", ""], "This is empty"),
        ("countries", [["Peru"]], "Write a text here"),
        ("countries", {"Peru": "Chile"}, "Write a list of lines."),
        ("countries", [str(n) for n in range(31)], "There are 31 lines. Keep to 30 or fewer."),
        # options
        ("data", ["nam"], "“nam” is no option of “What about data?”. Did you mean “name”?"),
        ("data", "name, birthday", "is no option of"),
        ("data", ["none"], "“none” is no option of"),
        ("data", ["name", "none"], "“none” is no option of"),
        ("data", "", "This is empty. Choose an option, or answer “none”."),
        ("data", {"name": "yes"}, "Write a list of options. Use one of: allergies, birthday"),
        ("data", [["name"]], "Write a list of options."),
        ("data", 7, "Write a list of options."),
        ("data", None, "Write a list of options."),
        ("country", ["canada", "peru"], "Choose exactly one. Use one of: canada, peru."),
        ("country", "none", "Choose exactly one."),
        ("country", [], "Choose exactly one."),
        ("country", ["canada", "dont-know"], "Choose exactly one."),
        # locations
        ("locations", "Main Street", "Write a list of locations"),
        ("locations", ["Main Street"], "Write a list of locations"),
        ("locations", [{"name": "North"}], "locations.1.address: This is empty."),
        ("locations", [{"address": ["x"]}], "locations.1.name: This is empty."),
        ("locations", [{"nam": "North"}], "“nam” has no meaning here. Did you mean “name”?"),
        (
            "locations",
            [{"name": "N", "address": ["x"] * 9}],
            "There are 9 lines. Keep to 8 or fewer.",
        ),
        ("locations", [{"name": "N", "address": ["x"]}] * 2001, "2001 locations. Keep to 2000"),
        # contact points
        ("contact_points", ["office"], "Write contact points as “id: {phone: number}”"),
        ("contact_points", {"Office": DESK["desk"]}, "small letters, digits and single hyphens"),
        ("contact_points", {"x" * 41: DESK["desk"]}, "small letters, digits and single hyphens"),
        (
            "contact_points",
            {"desk": "555"},
            "contact_points.desk: Give it one channel and its value.",
        ),
        ("contact_points", {"desk": {}}, "Give it one channel and its value."),
        ("contact_points", {"desk": {"phone": "555-0100", "fax": "5"}}, "Give it one channel"),
        ("contact_points", {"desk": {"phon": "5"}}, "“phon” is no channel. Did you mean “phone”"),
        ("contact_points", {"desk": {"phone": "call us"}}, "contact_points.desk: Enter a number"),
        ("contact_points", {"desk": {"email": "a@b"}}, "Enter an email address in the form"),
        ("contact_points", {"desk": {"form": "data:x"}}, "begins with https:// or http://"),
        ("contact_points", {"desk": {"post": ["x"] * 9}}, "There are 9 lines."),
        (
            "contact_points",
            {f"p{n}": FAX["machine"] for n in range(31)},
            "There are 31 contact points",
        ),
        # contacts
        ("contacts", ["questions"], "Write contacts as “purpose: {points: [ids]}”"),
        ("contacts", {"question": "desk"}, "There is no such purpose. Did you mean “questions”?"),
        ("contacts", {"questions": {}}, "contacts.questions: Name at least one contact point"),
        ("contacts", {"questions": []}, "Name at least one contact point"),
        ("contacts", {"questions": [["desk"]]}, "Name at least one contact point"),
        ("contacts", {"questions": {"points": "desk", "note": "x"}}, "“note” has no meaning here."),
        ("contacts", {"questions": "desc"}, "There is no contact point “desc”."),
        ("contacts", {"questions": ["p"] * 31}, "Keep to 30 contact points or fewer."),
    ],
)
def test_a_bad_answer_is_refused_and_its_question_named(
    question: str, raw: object, message: str
) -> None:
    found = refusal(**{question: raw})
    assert found.startswith((question, "“"))
    assert message in found


@pytest.mark.parametrize("raw", ["none", "dont-know", [], ["dont-know"], {}])
def test_there_is_no_policy_without_a_required_fact(raw: object) -> None:
    with pytest.raises(Refused, match=r"practice_name: There is no policy without this\. Enter it"):
        parse_answers(SMALL, {"practice_name": raw})
    (missing,) = parse_answers(SMALL, {}).missing()
    assert missing.where == "practice_name"
    assert "What about practice name?" in missing.message


@pytest.mark.parametrize("raw", [None, "data", ["data"], 7, float("nan")])
def test_answers_that_are_no_mapping_are_refused(raw: object) -> None:
    answers, (problem,) = sift_answers(SMALL, raw)
    assert not answers.given
    assert problem.where == "answers"


def test_an_unknown_question_is_refused_with_the_likely_right_one() -> None:
    assert "“dat”: There is no such question. Did you mean “data”?" in refusal(dat="x")


@pytest.mark.parametrize("text", LEGITIMATE)
def test_a_legitimate_name_is_an_answer_to_every_question_in_words(text: str) -> None:
    answers = answered(
        practice_name=text,
        motto=text,
        countries=[text],
        locations=[{"name": text, "address": [text]}],
        contact_points={"office": {"post": [text]}},
        contacts={"questions": {"points": ["office"], "attention": text}},
    )
    assert parse_answers(SMALL, answers.to_raw()) == answers


@pytest.mark.parametrize("character", HOSTILE)
@pytest.mark.parametrize(
    ("question", "place", "raw"),
    [
        ("short_name", "short_name", "a{}b"),
        ("motto", "motto", "a{}b"),
        ("website", "website", "https://example.com/{}"),
        ("countries", "countries", ["Peru", "a{}b"]),
        ("locations", "locations.1.name", [{"name": "a{}b", "address": ["x"]}]),
        ("locations", "locations.1.address", [{"name": "x", "address": ["a{}b"]}]),
        ("contact_points", "contact_points.desk", {"desk": {"post": ["a{}b"]}}),
        ("contact_points", "contact_points.desk", {"desk": {"email": "a{}b@example.com"}}),
        (
            "contacts",
            "contacts.questions.attention",
            {"questions": {"attention": "a{}", "points": "x"}},
        ),
    ],
)
def test_hostile_characters_are_refused_in_every_field(
    character: str, question: str, place: str, raw: object
) -> None:
    hostile = json.loads(json.dumps(raw).replace("{}", json.dumps(character)[1:-1]))
    found = refusal(**{question: hostile})
    assert f"{place}: " in found
    assert HOSTILE[character] in found


# ------------------------------------------------------------------ nothing gets lost


@often
@given(raw_answers(SMALL))
def test_answers_read_back_from_their_raw_form(raw: dict[str, Any]) -> None:
    answers = parse_answers(SMALL, raw)
    once = answers.to_raw()
    assert parse_answers(SMALL, once) == answers
    assert parse_answers(SMALL, json.loads(json.dumps(once))).to_raw() == once
    assert list(once) == [q.id for q in SMALL.questions if q.id in raw]


@pytest.mark.parametrize("word", ["none", " none ", "dont-know", "\tdont-know\n"])
@pytest.mark.parametrize("question", ["short_name", "motto", "countries"])
def test_a_reserved_word_is_the_answer_itself_even_with_blanks_around_it(
    question: str, word: str
) -> None:
    raw = word if question != "countries" else [word.strip()]
    given = parse_answers(SMALL, {**NAME, question: raw})
    assert given.given[question] == (Fact(None) if "none" in word else Unknown())
    assert parse_answers(SMALL, given.to_raw()) == given


@pytest.mark.parametrize("word", ["none", "dont-know"])
def test_a_reserved_word_among_lines_is_never_printed(word: str) -> None:
    with pytest.raises(Refused, match="must stand alone"):
        parse_answers(SMALL, {**NAME, "countries": ["Peru", word]})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["none", "dont-know", "name", "canada", "office", "2024-02-29", "7"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["questions", "office", "post", "phone", "points", "name", "address", "x"])
        | st.text(max_size=4),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@often
@given(st.dictionaries(st.sampled_from([*SMALL.by_id, "x", ""]), JUNK, max_size=6) | JUNK)
def test_any_stored_junk_costs_at_most_the_answers_it_stands_for(junk: object) -> None:
    answers, problems = sift_answers(SMALL, junk)
    assert parse_answers(SMALL, answers.to_raw()) == answers
    assert all(str(problem) and problem.message.endswith((".", "?", "…")) for problem in problems)
    if isinstance(junk, dict):
        named = {problem.where for problem in problems}
        named |= {where.partition(".")[0] for where in named}
        assert all(n in answers.given or n in named or quoted(n) in named for n in junk)


@sometimes
@given(raw_answers(SMALL), st.sampled_from([*SMALL.by_id]), JUNK)
def test_one_damaged_answer_leaves_the_others_as_they_are(
    raw: dict[str, Any], damaged: str, junk: object
) -> None:
    answers, _problems = sift_answers(SMALL, {**raw, damaged: junk})
    others = sift_answers(SMALL, {k: v for k, v in raw.items() if k != damaged})[0].given
    for name in set(others) - {damaged, "contacts"}:
        assert answers.given[name] == others[name]


def test_a_contact_without_its_contact_point_is_no_answer_and_is_named() -> None:
    raw = {**NAME, "contact_points": DESK, "contacts": {"questions": ["desk", "office"]}}
    answers, (problem,) = sift_answers(SMALL, raw)
    assert "contacts" not in answers.given
    assert "contact_points" in answers.given
    assert str(problem).startswith("contacts.questions: There is no contact point “office”.")


@pytest.mark.parametrize("empty", [[], {}, ()])
@pytest.mark.parametrize("question", [q.id for q in SMALL.questions if q.kind not in CHOICES])
def test_an_empty_list_says_that_there_is_none(question: str, empty: object) -> None:
    if question == "practice_name":
        return
    assert answered(**{question: empty}).given[question] == Fact(None)


def test_an_option_that_has_vanished_costs_one_answer_and_is_named() -> None:
    data = {**QUESTIONS[9], "options": QUESTIONS[9]["options"][:2]}
    shrunk = parse_vocabulary([*QUESTIONS[:9], {**data, "groups": {"identity": "Who"}}])
    stored = answered(data=["name", "records"], years="7", uses="none").to_raw()
    answers, problems = sift_answers(shrunk, stored)
    assert set(answers.given) == {"practice_name", "years"}
    assert [str(problem).partition(": ")[0] for problem in problems] == ["“uses”", "data"]
    assert "“records” is no option of “What about data?”." in problems[1].message


@pytest.mark.parametrize(
    ("question", "raw"),
    [
        ("countries", [str(number) for number in range(30)]),
        ("locations", [{"name": str(n), "address": ["x" * 200] * 8} for n in range(20)]),
        ("contact_points", {f"p{n}": {"post": [str(k) for k in range(8)]} for n in range(30)}),
        ("contact_points", {"x" * 40: {"phone": "5" * 40}}),
    ],
)
def test_the_most_that_may_be_given_is_taken(question: str, raw: object) -> None:
    given_answer = answered(**{question: raw}).given[question]
    assert isinstance(given_answer, Fact)


def test_thousands_of_unknown_names_are_answered_quickly_and_briefly() -> None:
    _, problems = sift_answers(SMALL, {f"data{n}": "x" for n in range(20_000)})
    assert len(problems) == 21
    assert str(problems[-1]) == "There are 19,980 more unknown questions."
    found = refusal(data=[f"name{n}" for n in range(20_000)])
    assert found.count("\n") == 20
    assert "There are 19,980 more unknown options." in found


# ------------------------------------------------------------------ which answers count


def test_an_answer_to_a_question_that_does_not_apply_does_not_count_but_is_kept() -> None:
    answers = answered(data=["name"], uses=["treat"])
    assert "uses" not in answers.in_force.given
    assert answers.given["uses"] == Ticked(("treat",))
    again = answered(data=["records"], uses=["treat"])
    assert again.in_force.given["uses"] == Ticked(("treat",))


@often
@given(raw_answers(SMALL))
def test_answers_in_force_are_a_part_of_the_answers_and_settled(raw: dict[str, Any]) -> None:
    answers = parse_answers(SMALL, raw)
    kept = answers.in_force
    assert kept.given.items() <= answers.given.items()
    assert kept.in_force is kept
    assert Answers(SMALL, kept.given).in_force.given == kept.given
    for question in SMALL.questions:
        applies = question.when.holds(kept) is True
        assert (question.id in kept.given) == (applies and question.id in answers.given)
        assert (answers.standing(question) is Standing.SKIPPED) == (not applies)


def test_answers_go_with_their_last_reader_and_do_not_wait_for_the_garbage_collection() -> None:
    answers = answered(data=["name"], uses=["treat"])
    assert answers.in_force.in_force.truth("data") is True
    kept, in_force = weakref.ref(answers), weakref.ref(answers.in_force)
    gc.disable()
    try:
        del answers
        assert (kept(), in_force()) == (None, None)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("raw", "standing"),
    [
        ({}, Standing.SKIPPED),
        ({"data": "none"}, Standing.SKIPPED),
        ({"data": "dont-know"}, Standing.SKIPPED),
        ({"data": ["records"]}, Standing.OPEN),
        ({"data": ["records"], "uses": "dont-know"}, Standing.UNKNOWN),
        ({"data": ["records"], "uses": ["treat", "dont-know"]}, Standing.UNKNOWN),
        ({"data": ["records"], "uses": "none"}, Standing.ANSWERED),
        ({"data": ["records"], "uses": ["treat"]}, Standing.ANSWERED),
    ],
)
def test_where_a_question_stands(raw: dict[str, Any], standing: Standing) -> None:
    assert answered(**raw).standing(SMALL.by_id["uses"]) is standing


# ------------------------------------------------------------------ read back in words


@pytest.mark.parametrize(
    ("question", "raw", "words"),
    [
        ("data", ["records", "name"], ("Name", "Records")),
        ("data", ["name", "dont-know"], ("Name", "I don’t know yet whether there is more")),
        ("data", "none", ("None of these",)),
        ("data", "dont-know", ("I don’t know yet",)),
        ("country", "peru", ("Peru",)),
        ("website", "none", ("None",)),
        ("since", "2012-05-17", ("May 17, 2012",)),
        ("years", "7", ("7",)),
        ("countries", ["Peru", "Chile"], ("Peru", "Chile")),
        ("locations", [{"name": "North", "address": ["1 Elm", "Ulm"]}], ("North, 1 Elm, Ulm",)),
        ("contact_points", {**DESK, **OFFICE}, None),
        ("contacts", {"questions": {"points": ["desk", "office"], "attention": "Ann"}}, None),
    ],
)
def test_an_answer_reads_back_as_a_person_would_say_it(
    question: str, raw: object, words: tuple[str, ...] | None
) -> None:
    points = {**DESK, **OFFICE, **MAILBOX, **PAGE}
    answers = answered(contact_points=points) if question == "contacts" else answered()
    given = parse_answer(SMALL.by_id[question], raw)
    found = in_words(SMALL.by_id[question], given, contact_points(answers.given))
    expected = {
        "contact_points": (
            "Phone: +1 555 010 0199",
            "Post: 12 Main Street, Springfield, IL 62701",
        ),
        "contacts": (
            "Questions: +1 555 010 0199; 12 Main Street, Springfield, IL 62701 (Attn: Ann)",
        ),
    }
    assert found == (words or expected[question])


@sometimes
@given(raw_answers(SMALL))
def test_every_answer_has_words(raw: dict[str, Any]) -> None:
    answers = parse_answers(SMALL, raw)
    for name, given_answer in answers.given.items():
        words = in_words(SMALL.by_id[name], given_answer, contact_points(answers.given))
        assert words
        assert all(line.strip() for line in words)


def test_every_kind_of_question_is_read_somewhere_here() -> None:
    assert {q.kind for q in SMALL.questions} == set(Kind)
