"""What can ever hold: answers that show it, and brute force that agrees."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.proof import Fault, prove
from policygen.core.analysis.propositions import CHANNEL_EXAMPLES
from policygen.core.analysis.reachability import (
    Space,
    reached,
    unreachable,
    witness,
)
from policygen.core.analysis.traces import without_trace
from policygen.core.answers import Answers, parse_answers
from policygen.core.conditions import Condition
from policygen.core.conflicts import UNSETTLED
from policygen.core.library import Library
from policygen.core.problems import Problem, Refused
from policygen.core.selection import select
from policygen.core.vocabulary import CHANNELS, Vocabulary, parse_vocabulary
from policygen.instruments.solver import PysatSolver
from tests.content.library import CLAUSES
from tests.content.library import library as real_library
from tests.core.small import (
    SMALL,
    clause,
    library,
    often,
    option,
    question,
    sometimes,
)

NAME = question("practice_name", "name", required="true")
AREA = question(
    "area",
    "one",
    groups={"near": "Near", "far": "Far"},
    options=[
        option("town", "town", "near"),
        option("county", "county", "near"),
        option("abroad", "abroad", "far"),
    ],
)
KIND = question(
    "kind",
    "one",
    required="true",
    groups={"size": "Size"},
    options=[option("big", "big", "size"), option("small", "small", "size")],
)
GOODS = question(
    "goods",
    "many",
    page="goods",
    groups={"new": "New", "old": "Old"},
    options=[
        option("pens", "pens", "new"),
        option("ink", "ink", "new"),
        option("quills", "quills", "old", retired="true"),
    ],
)
WAYS = question(
    "ways",
    "many",
    page="ways",
    when={"any": ["goods:pens", "area.far"], "none": ["goods:ink"]},
    groups={"ways": "Ways"},
    options=[option("road", "road", "ways"), option("sea", "sea", "ways")],
)
FLEET = question("fleet", "number", page="fleet", when={"all": ["ways:sea"]}, min="1", max="9")
POINTS = question("points", "contact_points", page="points", options=[option("phone", "by phone")])
CONTACTS = question(
    "contacts",
    "contacts",
    page="contacts",
    options=[
        option("sales", "buy"),
        option("fax-stop", "stop faxes"),
        option("gone", "go", retired="true"),
    ],
)
KINDS = question(
    "kinds",
    "many",
    required="true",
    groups={"kinds": "Kinds"},
    options=[option("shop", "shop", "kinds"), option("stall", "stall", "kinds")],
)
LATE = question(
    "late",
    "one",
    page="late",
    required="true",
    when={"all": ["kinds:shop"], "none": ["kinds:stall"]},
    groups={"late": "Late"},
    options=[
        option("yes", "yes", "late"),
        option("no", "no", "late"),
        option("perhaps", "perhaps", "late", retired="true"),
    ],
)

ASKED = {
    "trade": [NAME, AREA, GOODS, WAYS, FLEET],
    "people": [NAME, KINDS, LATE, POINTS, CONTACTS],
}
VOCABULARIES = {name: parse_vocabulary(questions) for name, questions in ASKED.items()}


def subsets(*options: str) -> list[list[str]]:
    return [
        [o for o, there in zip(options, row, strict=True) if there]
        for row in product([True, False], repeat=len(options))
    ]


PHONE = {"desk": {"phone": "555-0100"}}
ANSWERS: dict[str, list[Any]] = {
    "practice_name": ["Maple Street Dental"],
    "area": [None, "town", "county", "abroad"],
    "goods": [None, ["ink", "dont-know"], *subsets("pens", "ink", "quills")],
    "ways": [None, *subsets("road", "sea")],
    "fleet": [None, "none", "3"],
    "points": [None, "none", PHONE],
    "contacts": [
        None,
        "none",
        *(dict.fromkeys(some, "desk") for some in subsets("sales", "fax-stop", "gone") if some),
    ],
    "kinds": [None, *(some for some in subsets("shop", "stall") if some)],
    "late": [None, "yes", "no", "perhaps"],
}
"""Every answer to every question; nobody answers “none” to what is required."""


@cache
def everybody(name: str) -> tuple[Answers, ...]:
    """Return all answers that say something different."""
    vocabulary = VOCABULARIES[name]
    different: dict[tuple[bool | None, ...], Answers] = {}
    ids = [asked.id for asked in vocabulary.questions]
    for row in product(*(ANSWERS[identifier] for identifier in ids)):
        raw = {i: answer for i, answer in zip(ids, row, strict=True) if answer is not None}
        try:
            answers = parse_answers(vocabulary, raw).in_force
        except Refused:  # a contact without its contact point
            continue
        said = tuple(answers.truth(atom) for atom in sorted(vocabulary.atoms))
        different.setdefault(said, answers)
    return tuple(different.values())


def conditions(vocabulary: Vocabulary) -> st.SearchStrategy[Condition]:
    atoms = st.lists(st.sampled_from(sorted(vocabulary.atoms)), max_size=3).map(tuple)
    return st.builds(Condition, atoms, atoms, atoms)


named_conditions = st.sampled_from(sorted(VOCABULARIES)).flatmap(
    lambda name: st.tuples(st.just(name), conditions(VOCABULARIES[name]))
)


def can_hold(condition: Condition, vocabulary: Vocabulary) -> bool:
    space = Space(vocabulary, PysatSolver)
    return space.find(space.propositions.holds(condition)) is not None


def reach(lib: Library, slug: str) -> Answers | None:
    """Return the fewest answers under which a clause stands, or ``None``."""
    space = Space(lib.vocabulary, PysatSolver, lib.conflicts)
    return space.answers(Inclusion(lib, space.propositions).included[slug])


def test_there_are_many_answers_to_compare_with() -> None:
    assert all(len(everybody(name)) > 50 for name in VOCABULARIES)


@settings(often, max_examples=200)
@given(named_conditions)
def test_what_can_hold_and_what_always_does_is_what_it_does_for_somebody_and_for_all(
    named: tuple[str, Condition],
) -> None:
    name, condition = named
    outcomes = {condition.holds(answers) for answers in everybody(name)}
    assert can_hold(condition, VOCABULARIES[name]) is (True in outcomes)
    asked = VOCABULARIES[name].questions
    final = {
        condition.holds(answers)
        for answers in everybody(name)
        if not any(one.required and answers.standing(one) in UNSETTLED for one in asked)
    }
    always = Space(VOCABULARIES[name], PysatSolver).always(condition)
    assert always is (final == {True} and condition != Condition())


@settings(often, max_examples=200)
@given(named_conditions, st.data())
def test_a_witness_makes_all_its_conditions_hold(
    named: tuple[str, Condition], data: st.DataObject
) -> None:
    name, condition = named
    other = data.draw(conditions(VOCABULARIES[name]))
    found = witness(condition, other, vocabulary=VOCABULARIES[name], new_solver=PysatSolver)
    if found is None:
        assert not any(condition.holds(a) and other.holds(a) for a in everybody(name))
    else:
        assert condition.holds(found.in_force)
        assert other.holds(found.in_force)


BODIES = {
    "trade": [
        "Text.",
        "We sell {{ goods | listing }}.",
        "Old are {{ goods.old | listing }}.",
        "It goes by {{ ways | listing }}.",
        "{{ practice }} has {{ fleet }} ships.",
    ],
    "people": [
        "Text.",
        "We are a {{ kinds | choices }}.",
        "We say {{ late }}.",
        "Call {{ contacts.sales | ways }}.",
        "Go {{ contacts.gone | ways }}.",
    ],
}
SECTIONS = ["about", "collect", "contact"]
LINKS = ["", *(f" See [there](#{section})." for section in SECTIONS)]


@st.composite
def libraries(draw: st.DrawFn) -> tuple[str, Library]:
    name = draw(st.sampled_from(sorted(VOCABULARIES)))
    clauses = []
    for number in range(draw(st.integers(1, 5))):
        body = draw(st.sampled_from(BODIES[name])) + draw(st.sampled_from(LINKS))
        body += draw(st.sampled_from(LINKS))
        when = draw(conditions(VOCABULARIES[name])).to_json()
        if not Condition(**{k: tuple(v) for k, v in when.items()}).excludes(
            Condition(**{k: tuple(v) for k, v in when.items()})
        ):
            clauses.append(clause(f"c{number}", body, draw(st.sampled_from(SECTIONS)), when=when))
    return name, library(*clauses, questions=ASKED[name])


@settings(sometimes, max_examples=80)
@given(libraries())
def test_a_clause_is_reached_exactly_if_somebody_gets_it(named: tuple[str, Library]) -> None:
    name, lib = named
    said = {slug for answers in everybody(name) for slug in _said(lib, answers)}
    found = {each.slug: reach(lib, each.slug) for each in lib.clauses}
    assert {slug for slug, answers in found.items() if answers is not None} == said
    for slug, answers in found.items():
        assert answers is None or slug in _said(lib, answers)
    never = {p.where for p in out_of_reach(lib) if "never be said" in p.message}
    assert never == {f"clauses.{slug}.when" for slug in found.keys() - said}


def out_of_reach(lib: Library) -> list[Problem]:
    space = Space(lib.vocabulary, PysatSolver, lib.conflicts)
    return list(unreachable(space, Inclusion(lib, space.propositions)))


def _said(lib: Library, answers: Answers) -> set[str]:
    return {choice.clause.slug for choice in select(lib, answers).included}


# ------------------------------------------------------------ the real library


@pytest.mark.parametrize("name", CLAUSES)
def test_every_clause_of_the_library_can_be_said(name: str) -> None:
    lib = real_library()
    slug = name.rpartition("/")[2].removesuffix(".md")
    answers = reach(lib, slug)
    assert answers is not None
    assert slug in _said(lib, answers)
    assert not list(answers.missing())
    assert len(answers.given) < 12


def test_no_clause_and_no_question_of_the_library_is_out_of_reach() -> None:
    assert [p for p in out_of_reach(real_library()) if "never" in p.message] == []


# --------------------------------------------------------------- example by example


@pytest.mark.parametrize("atom", sorted(SMALL.atoms))
def test_every_atom_of_every_kind_of_question_can_hold(atom: str) -> None:
    condition = Condition(all=(atom,))
    answers = witness(condition, vocabulary=SMALL, new_solver=PysatSolver)
    assert answers is not None
    assert condition.holds(answers.in_force)
    assert parse_answers(SMALL, answers.to_raw()) == answers


def test_there_is_an_example_of_every_channel() -> None:
    assert set(CHANNEL_EXAMPLES) == set(CHANNELS)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition(), True),
        (Condition(all=("practice_name",)), True),
        (Condition(none=("practice_name",)), False),
        (Condition(any=("country:canada", "country:peru")), True),
        (Condition(all=("country:canada", "country:peru")), False),
        (Condition(none=("country",)), False),
        (Condition(any=("data:name",)), True),
        (Condition(all=("uses",), none=("data.health",)), False),
        (Condition(all=("uses:treat",), any=("data:records", "data:name")), True),
        (Condition(all=("contacts:questions",), none=("contact_points",)), False),
        (Condition(all=("contacts",), none=("contact_points:post",)), True),
        (Condition(none=("contacts",)), True),
        (Condition(all=("years",), none=("years",)), False),
    ],
)
def test_a_condition_can_hold_or_never_does(condition: Condition, holds: bool) -> None:
    assert can_hold(condition, SMALL) is holds


def test_a_witness_ticks_no_more_than_it_must() -> None:
    condition = Condition(all=("data", "data.health", "data:records", "uses"), any=("data:name",))
    answers = witness(condition, vocabulary=SMALL, new_solver=PysatSolver)
    assert answers is not None
    assert answers.to_raw() == {
        "practice_name": "Example Practice",
        "data": ["name", "records"],
        "uses": ["treat"],
    }


def test_conditions_that_exclude_each_other_have_no_witness() -> None:
    canada, peru = Condition(all=("country:canada",)), Condition(all=("country:peru",))
    assert witness(canada, peru, vocabulary=SMALL, new_solver=PysatSolver) is None
    assert witness(canada, vocabulary=SMALL, new_solver=PysatSolver) is not None


def test_clauses_that_point_to_each_other_reach_each_other() -> None:
    lib = library(
        clause("one", "See [there](#collect).", when={"all": ["data:name"]}),
        clause("two", "See [here](#about).", section="collect", when={"none": ["data.health"]}),
    )
    found = [reach(lib, each.slug) for each in lib.clauses]
    assert all(answers and _said(lib, answers) == {"one", "two"} for answers in found)


def test_a_clause_that_points_to_what_never_stands_with_it_is_out_of_reach() -> None:
    lib = library(
        clause("one", "See [there](#collect).", when={"all": ["data:name"]}),
        clause("two", "Text.", section="collect", when={"none": ["data:name"]}),
        clause("three", "See [far](#contact).", section="collect"),
    )
    assert _messages(lib) == {
        "clauses.one.when": "This clause can never be said: it points to “What we collect”, "
        "and no clause there can stand in the same policy.",
        "clauses.three.when": "This clause can never be said: it points to "
        "“How to contact us”, and no clause there can stand in the same policy.",
    }


def test_the_smallest_reason_why_a_clause_is_out_of_reach_is_named() -> None:
    when = {"all": ["uses:treat", "data:name"], "any": ["country"], "none": ["data.health"]}
    lib = library(
        clause("a", "We treat you.", when=when),
        clause("b", "From {{ country }}.", when={"none": ["country.places"], "any": ["data"]}),
    )
    assert _messages(lib) == {
        "clauses.a.when": "This clause can never be said: no answers make it so that "
        "“uses:treat” holds, and that “data.health” does not hold.",
        "clauses.b.when": "This clause can never be said: no answers make it so that "
        "“country.places” does not hold.",
    }


def test_what_a_clause_prints_can_keep_it_out_of_reach() -> None:
    lib = library(clause("a", "We keep {{ data.health | listing }}.", when={"none": ["data"]}))
    assert _messages(lib) == {
        "clauses.a.when": "This clause can never be said: no answers make it so that "
        "“data” does not hold, and that “data.health” is there to be printed."
    }


def test_a_question_that_is_never_asked_and_one_that_always_is_are_named() -> None:
    never = {**question("never", "text", page="late"), "when": {"none": ["practice_name"]}}
    always = {**question("always", "text", page="late"), "when": {"all": ["practice_name"]}}
    lib = library(clause("a", "Text."), questions=[NAME, never, always])
    assert _messages(lib) == {
        "questions.never.when": "This question is never asked: no answers make it so that "
        "“practice_name” does not hold.",
        "questions.always.when": "This condition always holds. Take it out.",
    }


def test_a_condition_that_always_holds_is_named_and_one_that_waits_is_not() -> None:
    anywhere = {"any": ["area:town", "area:county", "area:abroad"]}
    either_way = {"any": ["late:yes", "late:no"]}
    lib = library(
        clause("always", "Text.", when={"any": ["kind:big", "kind:small"]}),
        clause("open", "A text for who says where.", when=anywhere),
        clause("waits", "Another text.", when=either_way),
        questions=[NAME, AREA, KINDS, LATE, KIND],
    )
    assert _messages(lib) == {"clauses.always.when": "This condition always holds. Take it out."}


def test_a_conflict_that_leaves_no_answers_is_named_once() -> None:
    words = {"severity": "blocks", "says": "It is so.", "mend": "Choose."}
    always = {"id": "always", "when": {"all": ["practice_name"]}, **words}
    fine = {"id": "fine", "when": {"all": ["area:town"]}, **words}
    texts, asked = [clause("a", "Text."), clause("b", "More.")], [NAME, AREA]
    shut_out = library(*texts, questions=asked, conflicts=[fine, always])
    [failure] = prove(shut_out, PysatSolver).failures
    assert failure.fault is Fault.NO_ANSWERS
    assert failure.problem.where == "conflicts.always.when"
    assert "This conflict is always found." in failure.problem.message
    open_one = library(*texts, questions=asked, conflicts=[fine])
    assert Fault.NO_ANSWERS not in {one.fault for one in prove(open_one, PysatSolver).failures}


def test_conflicts_that_leave_no_answers_only_together_are_named_together() -> None:
    words = {"severity": "blocks", "says": "It is so.", "mend": "Choose."}
    conflicts = [
        {"id": f"not-{one}", "when": {"all": [f"kind:{one}"]}, **words} for one in ("big", "small")
    ]
    lib = library(clause("a", "Text."), questions=[NAME, KIND], conflicts=conflicts)
    [failure] = prove(lib, PysatSolver).failures
    assert "One of the conflicts “not-big” and “not-small” is always" in failure.problem.message
    space = Space(lib.vocabulary, PysatSolver, lib.conflicts)
    assert space.why_never(Condition(), ()) == "no answers are accepted at all."


def _messages(lib: Library) -> dict[str, str]:
    return {problem.where: problem.message for problem in out_of_reach(lib)}


def test_an_option_that_no_clause_says_when_it_is_chosen_is_named() -> None:
    prints = clause("one", "We are in {{ country }}.", when={"all": ["country:canada"]})
    found = _idle(library(prints))
    assert "country:peru" in found
    assert "country:canada" not in found
    free = clause("two", "We come from {{ country }}.")
    assert not any("country" in atom for atom in _idle(library(prints, free)))


def _idle(lib: Library) -> set[str]:
    space = Space(lib.vocabulary, PysatSolver, lib.conflicts)
    inclusion = Inclusion(lib, space.propositions)
    found = without_trace(space, inclusion, reached(space, inclusion))
    return {option.atom for option in found}


def test_every_option_of_the_library_is_said_by_some_clause() -> None:
    assert _idle(real_library()) == set()
