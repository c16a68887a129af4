"""Conditions: three-valued, and true only if they stay true whatever is still unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

import pytest

from policygen.core.conditions import ATOM, Condition, both, either, parse_condition, question_of
from policygen.core.problems import Refused

ATOMS = ("p", "q", "r")
VALUES = (True, False, None)
SUBSETS = [chosen for size in range(4) for chosen in combinations(ATOMS, size)]
CONDITIONS = [Condition(*parts) for parts in product(SUBSETS, repeat=3)]


class Fixed:
    def __init__(self, truths: Mapping[str, bool | None]) -> None:
        self.truths = truths

    def truth(self, atom: str) -> bool | None:
        return self.truths[atom]


ALL_ANSWERS = [Fixed(dict(zip(ATOMS, values, strict=True))) for values in product(VALUES, repeat=3)]


def resolutions(answers: Fixed, keep: tuple[str, ...] = ATOMS) -> Iterator[Fixed]:
    """Give every way in which the unknown answers can turn out; of others than ``keep``, any."""
    choices = [
        (answers.truths[a],) if a in keep and answers.truths[a] is not None else (True, False)
        for a in ATOMS
    ]
    for values in product(*choices):
        yield Fixed(dict(zip(ATOMS, values, strict=True)))


def classical(condition: Condition, answers: Fixed) -> bool:
    truth = answers.truths
    return (
        all(truth[a] for a in condition.all)
        and (not condition.any or any(truth[a] for a in condition.any))
        and not any(truth[a] for a in condition.none)
    )


def test_with_every_answer_known_a_condition_is_ordinary_logic() -> None:
    for condition, answers in product(CONDITIONS, ALL_ANSWERS):
        if None not in answers.truths.values():
            assert condition.holds(answers) is classical(condition, answers)


def test_what_is_settled_stays_so_whatever_the_unknown_answers_turn_out_to_be() -> None:
    for condition, answers in product(CONDITIONS, ALL_ANSWERS):
        outcome = condition.holds(answers)
        if outcome is not None:
            assert {classical(condition, known) for known in resolutions(answers)} == {outcome}


def test_a_condition_is_unknown_only_if_an_atom_of_it_is() -> None:
    for condition, answers in product(CONDITIONS, ALL_ANSWERS):
        if condition.holds(answers) is None:
            assert any(answers.truths[atom] is None for atom in condition.atoms())


def test_the_deciding_atoms_are_in_the_condition_and_settle_it_alone() -> None:
    for condition, answers in product(CONDITIONS, ALL_ANSWERS):
        outcome = condition.holds(answers)
        deciding = condition.deciding(outcome, answers)
        assert set(deciding) <= set(condition.atoms())
        if outcome is None:
            assert deciding
            assert all(answers.truths[atom] is None for atom in deciding)
        else:
            others = {classical(condition, known) for known in resolutions(answers, keep=deciding)}
            assert others == {outcome}


def test_conditions_that_exclude_each_other_never_both_hold() -> None:
    known = [answers for answers in ALL_ANSWERS if None not in answers.truths.values()]
    holding = {c: {n for n, a in enumerate(known) if classical(c, a)} for c in CONDITIONS}
    pairs = [(c, d) for c, d in product(CONDITIONS[::5], CONDITIONS) if c.excludes(d)]
    assert len(pairs) > 1000
    for one, other in pairs:
        assert not holding[one] & holding[other]
        assert other.excludes(one)


@pytest.mark.parametrize(
    ("truths", "conjunction", "disjunction"),
    [
        ([], True, False),
        ([True, None], None, True),
        ([False, None], False, None),
        ([None], None, None),
        ([True, False], False, True),
    ],
)
def test_kleenes_tables(
    truths: list[bool | None], conjunction: bool | None, disjunction: bool | None
) -> None:
    assert both(truths) is conjunction
    assert either(truths) is disjunction


@pytest.mark.parametrize(
    ("atom", "question"),
    [("marketing", "marketing"), ("data.health", "data"), ("data:dental-records", "data")],
)
def test_an_atom_names_a_question_a_group_or_an_option(atom: str, question: str) -> None:
    assert ATOM.fullmatch(atom)
    assert question_of(atom) == question


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Data",
        "data.",
        "data:",
        "data.health:x",
        "data:a_b",
        "data.a-b",
        "a b",
        "data:a\n",
        "1a",
    ],
)
def test_nothing_else_is_an_atom(text: str) -> None:
    assert not ATOM.fullmatch(text)


def test_a_condition_reads_back_from_its_plain_form() -> None:
    for condition in CONDITIONS:
        assert parse_condition(condition.to_json()) == condition


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("data", "Write a condition as {all: […], any: […], none: […]}."),
        (["data"], "Write a condition as"),
        ({"al": ["data"]}, "“al” is no part of a condition. Did you mean “all”?"),
        ({"any": "data"}, "After “any:” write a list"),
        ({"any": []}, "After “any:” write a list"),
        ({"none": ["Data"]}, "“Data” is no condition. Write question, question.group or"),
        ({"none": [["data"]]}, "is no condition."),
        ({"all": [{"data": "x"}]}, "is no condition."),
    ],
)
def test_a_wrong_condition_is_refused_with_what_would_be_right(raw: object, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_condition(raw)
    assert message in str(refused.value)
