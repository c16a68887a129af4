"""The real library under thousands of answers: what is said rests on answers, and only on them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.core.analysis.impact import printed, printed_block
from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.reachability import Space
from policygen.core.answers import Answers, parse_answers
from policygen.core.clauses import Clause
from policygen.core.conditions import question_of
from policygen.core.document import ClauseText, Document
from policygen.core.vocabulary import LISTED, Kind, Option, Question
from policygen.instruments.solver import PysatSolver
from policygen.rendering import FORMATS
from tests.content.library import library, policy_of
from tests.content.seeded import points_in, seeded, seeded_answer
from tests.content.test_reading import random_answers
from tests.core.small import sometimes
from tests.rendering.text_of import assert_same_text

VOCABULARY = library().vocabulary
CLAUSES = {clause.slug: clause for clause in library().clauses}
WRITTEN = [name for name in FORMATS if name != "pdf"]
thousands = settings(sometimes, max_examples=2000)
seeds = st.integers(0, 2**64)


@pytest.mark.timeout(1800)
@thousands
@given(seeds)
def test_every_sentence_rests_on_a_true_condition_and_every_format_carries_it(seed: int) -> None:
    """Every tenth policy is written in all formats: they depend on the text, not on conditions."""
    answers = parse_answers(VOCABULARY, seeded(seed, VOCABULARY))
    document = policy_of(answers)
    for text in document.clauses():
        assert_grounded(text, answers.in_force)
    for name in WRITTEN if seed % 10 == 0 else ():
        assert_same_text(name, document, FORMATS[name].render(document).content)


def assert_grounded(text: ClauseText, answers: Answers) -> None:
    clause = CLAUSES[text.slug]
    assert clause.when.holds(answers) is True
    assert all(map(answers.truth, (*clause.needs, *text.filled_by)))
    for atom in text.decided_by:
        assert answers.truth(atom) is (atom not in clause.when.none), atom
    assert len(text.blocks) == len(clause.body.blocks)


# ------------------------------------------------------------------ one answer changed


@cache
def behind(question: str) -> frozenset[str]:
    """Return a question with all that decide whether it is asked."""
    asked = VOCABULARY.by_id[question].when.atoms()
    earlier = (behind(question_of(atom)) for atom in asked)
    return frozenset({question}).union(*earlier)


@cache
def deciding(slug: str) -> frozenset[str]:
    """Return the questions that can bring a clause in or out: its own, or of where it points."""
    clauses = _reached(CLAUSES[slug], {slug})
    atoms = (atom for one in clauses for atom in (*one.when.atoms(), *one.needs))
    return frozenset().union(*(behind(question_of(atom)) for atom in atoms))


def _reached(clause: Clause, seen: set[str]) -> Iterator[Clause]:
    yield clause
    for other in library().clauses:
        if other.section in clause.body.references and other.slug not in seen:
            seen.add(other.slug)
            yield from _reached(other, seen)


def filling(text: ClauseText) -> frozenset[str]:
    """Return the questions whose answers a clause prints; a contact prints its contact points."""
    named = {question_of(atom) for atom in text.filled_by}
    points = {q.id for q in VOCABULARY.questions if q.kind is Kind.CONTACT_POINTS}
    contacts = {q.id for q in VOCABULARY.questions if q.kind is Kind.CONTACTS}
    named |= points if named & contacts else set()
    return frozenset().union(*map(behind, named))


def one_changed(seed: int, name: str) -> tuple[Answers, Answers]:
    """Return answers, and the same with another answer to a question, or with none.

    Contacts name contact points: where these change, there are no contacts.
    """
    raw, question = seeded(seed, VOCABULARY), VOCABULARY.by_id[name]
    if question.kind is Kind.CONTACT_POINTS:
        raw.pop("contacts", None)
    others = {key: value for key, value in raw.items() if key != name}
    changed = others | seeded_answer(Random(~seed), question, points_in(raw))
    return parse_answers(VOCABULARY, raw), parse_answers(VOCABULARY, changed)


@pytest.mark.timeout(1800)
@settings(thousands, max_examples=600)
@given(seeds, st.sampled_from([question.id for question in VOCABULARY.questions]))
def test_changing_one_answer_changes_only_blocks_that_depend_on_it(seed: int, name: str) -> None:
    """Two sets of answers each time."""
    both = one_changed(seed, name)
    before, after = (by_slug(policy_of(answers)) for answers in both)
    for slug in before.keys() | after.keys():
        old, new = before.get(slug), after.get(slug)
        if old is None or new is None:
            assert name in deciding(slug), f"{slug} comes and goes with {name}"
        elif blocks(old) != blocks(new):
            assert name in filling(old) | filling(new), f"{slug} reads otherwise with {name}"


def by_slug(document: Document) -> dict[str, ClauseText]:
    return {text.slug: text for text in document.clauses()}


def blocks(text: ClauseText) -> list[object]:
    return [printed_block(block) for block in text.blocks]


# ------------------------------------------------------------------ every option


def ruling() -> frozenset[str]:
    """Return the atoms that decide which laws apply or which answers conflict.

    Such an option leaves its trace there, and need not leave one in the text.
    """
    regimes, conflicts = library().regimes, library().conflicts
    cases = [one.when for one in (*regimes, *conflicts)]
    cases += [one.held_when for one in regimes]
    cases += [element.when for regime in regimes for element in regime.elements]
    return frozenset(atom for each in cases for atom in each.atoms())


def declared() -> list[tuple[Question, Option]]:
    return [
        (question, option)
        for question in VOCABULARY.questions
        if question.kind in LISTED
        for option in question.offered
        if not option.informative
        and f"{question.id}:{option.id}" not in ruling()
        and f"{question.id}.{option.group}" not in ruling()
    ]


def toggled(raw: dict[str, Any], question: Question, option: str) -> Iterator[dict[str, Any]]:
    """Give answers that differ in whether an option is chosen, and in nothing else."""
    given = raw.get(question.id)
    match question.kind:
        case Kind.ONE if given == [option]:
            yield from ({**raw, question.id: [o.id]} for o in question.offered if o.id != option)
        case Kind.ONE:
            yield {**raw, question.id: [option]}
        case Kind.MANY:
            options = [one for one in given or [] if one != option]
            yield {**raw, question.id: options if option in (given or []) else [*options, option]}
        case Kind.CONTACTS:
            contacts = dict(given) if isinstance(given, dict) else {}
            if contacts.pop(option, None) is None and points_in(raw):
                contacts[option] = {"points": points_in(raw)[:1]}
            yield {**raw, question.id: contacts or "none"}


def leaves_a_trace(raw: dict[str, Any], question: Question, option: str) -> bool:
    before = printed(policy_of(parse_answers(VOCABULARY, raw)))
    others = (parse_answers(VOCABULARY, one) for one in toggled(raw, question, option))
    return any(printed(policy_of(answers)) != before for answers in others)


def answers_for(question: Question, option: str) -> Iterator[dict[str, Any]]:
    """Give answers that the solver finds: the option is chosen, and a clause asks for that."""
    where = Space(VOCABULARY, PysatSolver, library().conflicts)
    inclusion = Inclusion(library(), where.propositions)
    chosen = where.propositions.true(f"{question.id}:{option}")
    for clause in library().clauses:
        if question.id in map(question_of, (*clause.when.atoms(), *clause.needs)):
            found = where.answers(chosen, inclusion.included[clause.slug])
            if found is not None:
                yield found.to_raw()


@pytest.mark.timeout(1800)
def test_every_declared_option_leaves_a_trace_in_some_text() -> None:
    """Most do so under random answers; for the few that need rare ones the solver finds them."""
    random = Random(5)
    untraced = [
        (question, option.id)
        for question, option in declared()
        if question.kind is not Kind.CONTACT_POINTS  # the channels are the program's
    ]
    for _ in range(8):
        raw = random_answers(random).to_raw()
        untraced = [one for one in untraced if not leaves_a_trace(raw, *one)]
    for question, option in untraced:
        found = answers_for(question, option)
        assert any(leaves_a_trace(raw, question, option) for raw in found), (question.id, option)
