"""Selection: total, deterministic, and with a reason in words for every clause."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import Answers, Standing, Ticked, Unknown, parse_answers
from policygen.core.conditions import question_of
from policygen.core.in_words import reason_in_words
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.core.selection import Selection, Why, select
from policygen.core.vocabulary import Kind, parse_vocabulary
from tests.core.small import (
    DESK,
    QUESTIONS,
    SAMPLE,
    SECTIONS,
    SMALL,
    answered,
    clause,
    library,
    often,
    option,
    question,
    raw_answers,
    sometimes,
)


def chosen(lib: Library, **raw: Any) -> set[str]:
    return slugs(select(lib, answered(**raw)))


def slugs(selection: Selection) -> set[str]:
    return {choice.clause.slug for choice in selection.included}


def reason(lib: Library, slug: str, **raw: Any) -> tuple[Why, str]:
    answers = answered(**raw)
    selection = select(lib, answers)
    for choice in (*selection.included, *selection.left_out):
        if choice.clause.slug == slug:
            return choice.reason.why, reason_in_words(choice.reason, lib, answers.in_force)
    raise AssertionError(f"{slug} is neither in nor out")


def assert_total(lib: Library, answers: Answers) -> Selection:
    """Check what must hold of every selection, and return it."""
    selection = select(lib, answers)
    assert select(lib, answers) == selection
    order = [one.slug for one in lib.clauses]
    ins = [choice.clause.slug for choice in selection.included]
    outs = [choice.clause.slug for choice in selection.left_out]
    assert sorted(ins + outs) == sorted(order)
    assert ins == [slug for slug in order if slug in ins]
    assert outs == [slug for slug in order if slug in outs]
    assert {choice.reason.why for choice in selection.included} <= {Why.ALWAYS, Why.HOLDS}
    assert not {choice.reason.why for choice in selection.left_out} & {Why.ALWAYS, Why.HOLDS}
    for choice in selection.waiting():
        waited_for = {question_of(atom) for atom in choice.reason.atoms}
        standing = {answers.standing(lib.vocabulary.by_id[asked]) for asked in waited_for}
        assert standing <= {Standing.OPEN, Standing.UNKNOWN}
    for choice in (*selection.included, *selection.left_out):
        sentence = reason_in_words(choice.reason, lib, answers.in_force)
        assert_english(sentence, lib)
    return selection


def assert_english(sentence: str, lib: Library) -> None:
    """A sentence: a capital, a full stop, blanks between words, and no id of anything."""
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "  " not in sentence
    outside = re.sub(r"“[^”]*”", "", sentence)
    assert not re.search(
        r"[a-z]_[a-z]|[a-z]:[a-z]|[a-z]\.[a-z]|\bNone\b|\bTrue\b|[{}<>\[\]]", outside
    )
    shown = {text for q in lib.vocabulary.questions for text in (q.ask, *q.groups.values())}
    shown |= {option.label for q in lib.vocabulary.questions for option in q.options}
    shown |= {section.title for section in lib.sections}
    assert set(re.findall(r"“([^”]*)”", sentence)) <= shown | {"none"}


# ------------------------------------------------------------------ in and out, and why


def test_a_clause_without_a_condition_stands_in_every_policy() -> None:
    lib = library(clause("always", "We care."))
    assert reason(lib, "always") == (Why.ALWAYS, "This stands in every policy.")


WHEN = library(
    clause("base", "{{ practice }} cares."),
    clause("health", "Health.", when={"any": ["data.health"]}),
    clause("no-name", "No name.", when={"all": ["data"], "none": ["data:name"]}),
    clause("uses", "We {{ uses | choices }}."),
    clause("since", "Since {{ since | date }}."),
    clause("faxes", "Stop {{ contacts.fax_opt_out | ways }}."),
    clause("peru", "Peru.", when={"all": ["country:peru"]}),
)


@pytest.mark.parametrize(
    ("slug", "raw", "why", "sentence"),
    [
        ("health", {"data": ["records"]}, Why.HOLDS, "Here because you chose “Records”."),
        (
            "health",
            {"data": ["records", "allergies"]},
            Why.HOLDS,
            "Here because you chose “Records” and “Allergies”.",
        ),
        (
            "health",
            {"data": ["name"]},
            Why.FAILS,
            "Left out because you chose nothing for “What about data?” under “Your health”.",
        ),
        ("health", {}, Why.WAITS, "Waits for your answer to “What about data?”."),
        (
            "health",
            {"data": "dont-know"},
            Why.WAITS,
            "Waits for your answer to “What about data?”.",
        ),
        (
            "health",
            {"data": ["name", "dont-know"]},
            Why.WAITS,
            "Waits for your answer to “What about data?”.",
        ),
        (
            "no-name",
            {"data": ["records"]},
            Why.HOLDS,
            "Here because you chose “Records” and you did not choose “Name”.",
        ),
        ("no-name", {"data": ["name"]}, Why.FAILS, "Left out because you chose “Name”."),
        (
            "peru",
            {"country": "canada"},
            Why.FAILS,
            "Left out because you did not answer “Peru” to “What about country?”.",
        ),
        (
            "since",
            {"since": "none"},
            Why.NOTHING_TO_PRINT,
            "Left out because you answered “none” to “What about since?”.",
        ),
        ("since", {}, Why.WAITS, "Waits for your answer to “What about since?”."),
        (
            "faxes",
            {"contact_points": DESK, "contacts": {"questions": "desk"}},
            Why.NOTHING_TO_PRINT,
            "Left out because you gave no contact for “Fax opt out”.",
        ),
        (
            "uses",
            {"data": ["name"]},
            Why.NOT_ASKED,
            "Left out because this does not apply: “What about uses?”.",
        ),
        ("uses", {"data": "dont-know"}, Why.WAITS, "Waits for your answer to “What about data?”."),
        ("uses", {"data": ["records"]}, Why.WAITS, "Waits for your answer to “What about uses?”."),
    ],
)
def test_the_reason_in_words(slug: str, raw: dict[str, Any], why: Why, sentence: str) -> None:
    assert reason(WHEN, slug, **raw) == (why, sentence)


def test_a_long_reason_counts_what_it_does_not_name() -> None:
    many = clause(
        "many", "Many.", when={"any": [f"data:{o.id}" for o in SMALL.by_id["data"].options]}
    )
    one_more = [*many["when"]["any"], "country:peru", "uses:treat"]
    lib = library({**many, "when": {"any": one_more}})
    raw = {"data": ["name", "birthday", "records", "allergies"], "country": "peru", "uses": "treat"}
    assert reason(lib, "many", **raw)[1] == (
        "Here because you chose “Name”, “Birthday”, “Records” and 2 more "
        "and you answered “Peru” to “What about country?”."
    )


# ------------------------------------------------------------------ references


def test_a_clause_that_points_to_a_section_without_text_is_left_out() -> None:
    lib = library(
        clause("ask", "See [How to contact us](#contact)."),
        clause("desk", "Call {{ contacts.questions | ways }}.", section="contact"),
    )
    assert chosen(lib, contact_points=DESK, contacts={"questions": "desk"}) == {"ask", "desk"}
    assert reason(lib, "ask", contacts="none") == (
        Why.POINTS_NOWHERE,
        "Left out because it points to “How to contact us”, which has no text.",
    )


def test_references_fall_one_after_the_other() -> None:
    lib = library(
        clause("one", "See [it](#collect)."),
        clause("two", "See [it](#contact).", section="collect"),
        clause("three", "Call {{ contacts.questions | ways }}.", section="contact"),
        clause("four", "We are here."),
    )
    assert chosen(lib) == {"four"}


def test_a_clause_may_point_to_its_own_section() -> None:
    lib = library(clause("one", "See [About](#about)."))
    assert chosen(lib) == {"one"}


# ------------------------------------------------------------------ whatever is answered

ATOMS = sorted(SMALL.atoms)
BODIES = [
    "We care.",
    "{{ practice }} cares.",
    "{{ motto }}.",
    "See {{ website | link }}.",
    "{{ data | listing | capital }}.",
    "We {{ uses | choices }}.",
    "See [it](#contact).",
    "See [it](#collect).",
    "Write {{ contacts.questions | reach }}.",
    "Here:\n\n{{ locations | places_block }}",
]


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    atoms = st.lists(st.sampled_from(ATOMS), max_size=3, unique=True)
    clauses = []
    for number in range(draw(st.integers(1, 6))):
        when = {key: draw(atoms) for key in ("all", "any", "none")}
        clauses.append(
            clause(
                f"c{number}",
                draw(st.sampled_from(BODIES)),
                section=draw(st.sampled_from([section["id"] for section in SECTIONS])),
                order=draw(st.integers(1, 3)),
                **({"when": {k: v for k, v in when.items() if v}} if any(when.values()) else {}),
            )
        )
    try:
        return library(*clauses)
    except Refused:  # a condition that can never hold
        return library(clauses[0] | {"when": {}})


@st.composite
def libraries_with_answers(draw: st.DrawFn) -> tuple[Library, Any]:
    """Give a library with a vocabulary of its own, whose questions depend on each other."""
    questions = [QUESTIONS[0]]
    for number in range(draw(st.integers(1, 4))):
        groups = [f"g{n}" for n in range(draw(st.integers(1, 2)))]
        asked = question(
            f"q{number}",
            draw(st.sampled_from(["one", "many"])),
            page=f"page{number}",
            groups={group: f"Group {group}" for group in groups},
            options=[
                option(f"o{n}", f"thing {n}", draw(st.sampled_from(groups)))
                for n in range(draw(st.integers(1, 3)))
            ],
        )
        earlier = sorted(parse_vocabulary(questions).atoms)
        atoms = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True))
        if atoms:
            asked["when"] = {draw(st.sampled_from(["all", "any", "none"])): atoms}
        questions.append(asked)
    vocabulary = parse_vocabulary(questions)
    atoms = sorted(vocabulary.atoms)
    clauses = [
        clause(
            f"c{number}",
            f"{{{{ {draw(st.sampled_from(questions[1:]))['id']} | listing }}}}."
            if draw(st.booleans()) and all(q["kind"] == "many" for q in questions[1:])
            else "We care.",
            when={draw(st.sampled_from(["all", "any", "none"])): [draw(st.sampled_from(atoms))]},
        )
        for number in range(4)
    ]
    return library(*clauses, questions=questions), draw(raw_answers(vocabulary))


@often
@given(libraries_with_answers())
def test_any_vocabulary_gives_a_selection_that_doubt_never_adds_to(
    made: tuple[Library, dict[str, Any]],
) -> None:
    lib, raw = made
    answers = parse_answers(lib.vocabulary, raw)
    before = slugs(assert_total(lib, answers))
    for asked in lib.vocabulary.questions:
        for doubt in doubts(answers, asked.id):
            assert slugs(select(lib, doubt)) <= before


@often
@given(libraries(), raw_answers(SMALL))
def test_any_answers_and_any_library_give_a_selection(lib: Library, raw: dict[str, Any]) -> None:
    assert_total(lib, parse_answers(SMALL, raw))


@sometimes
@given(libraries())
def test_even_no_answer_at_all_gives_a_selection(lib: Library) -> None:
    assert_total(lib, Answers(SMALL, {}))


@often
@given(libraries() | st.just(SAMPLE), raw_answers(SMALL), st.sampled_from([*SMALL.by_id]))
def test_not_knowing_never_adds_a_clause(lib: Library, raw: dict[str, Any], name: str) -> None:
    answers = parse_answers(SMALL, raw)
    before = slugs(select(lib, answers))
    for doubt in doubts(answers, name):
        assert slugs(select(lib, doubt)) <= before


def doubts(answers: Answers, name: str) -> list[Answers]:
    """Return the answers with one of them open, unknown, or no longer sure to be all."""
    given_answer = answers.given.get(name)
    others = {key: value for key, value in answers.given.items() if key != name}
    if name == "contact_points":
        others.pop("contacts", None)
    found = [Answers(answers.vocabulary, others)]
    if given_answer is not None:
        found.append(Answers(answers.vocabulary, {**others, name: Unknown()}))
    if isinstance(given_answer, Ticked) and answers.vocabulary.by_id[name].kind is Kind.MANY:
        unsure = Ticked(given_answer.options, unsure=True)
        found.append(Answers(answers.vocabulary, {**others, name: unsure}))
    return found


@often
@given(libraries() | st.just(SAMPLE), raw_answers(SMALL), raw_answers(SMALL, complete=True))
def test_what_is_said_stays_said_whatever_the_open_answers_turn_out_to_be(
    lib: Library, raw: dict[str, Any], later: dict[str, Any]
) -> None:
    answers = parse_answers(SMALL, raw)
    known = {name: value for name, value in raw.items() if name in answers.given}
    settled = {
        name: value
        for name, value in known.items()
        if value != "dont-know" and SMALL.by_id[name].kind not in {Kind.CONTACTS}
    }
    if "contact_points" in settled and "contacts" in known and known["contacts"] != "dont-know":
        settled["contacts"] = known["contacts"]
    if "contact_points" in settled:
        later = {name: value for name, value in later.items() if name != "contacts"}
    resolved = parse_answers(SMALL, {**later, **settled})
    assert slugs(select(lib, answers)) <= slugs(select(lib, resolved))


def test_what_waits_is_told_apart_from_what_is_out() -> None:
    selection = select(WHEN, answered(data="dont-know", since="none"))
    waiting = {choice.clause.slug for choice in selection.waiting()}
    assert {"health", "no-name", "peru", "faxes"} <= waiting
    assert "since" not in waiting
