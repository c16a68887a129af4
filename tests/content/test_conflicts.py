"""Conflicts of answers: each is found where it is and nowhere else, and none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from policygen.core.analysis.findings.conflicts import CHECK
from policygen.core.analysis.findings.finding import Finding
from policygen.core.analysis.findings.registry import CODES, review
from policygen.core.analysis.proof import accepts
from policygen.core.answers import Answers, parse_answers
from policygen.core.conditions import Condition
from policygen.core.conflicts import Conflict, Severity
from policygen.library.strict_yaml import decode, read_yaml
from policygen.policies.drafting.subjects import subject_of
from tests.content.library import EXAMPLES, example, library, policy_of
from tests.content.statements import MODELS
from tests.core.flaws import flaws, text
from tests.core.small import DAY

HERE = Path(__file__).parent
CASES: dict[str, dict[str, Any]] = read_yaml(
    decode((HERE / "conflict_cases.yaml").read_bytes())
).value
INVENTORY: dict[str, dict[str, Any]] = read_yaml(
    decode((HERE / "inventory.yaml").read_bytes())
).value
CONFLICTS = {conflict.id: conflict for conflict in library().conflicts}
CLEAN = ("small-practice", "two-location-dental")


def changed(case: Mapping[str, Any], *changes: Mapping[str, Any]) -> Answers:
    """Return the answers of a case's example with changes, made one after the other."""
    raw = example(case.get("on", "small-practice")).answers.to_raw()
    for change in changes:
        raw |= change
    return parse_answers(library().vocabulary, raw)


def having(case: Mapping[str, Any]) -> Iterator[Answers]:
    for change in case["has"]:
        yield changed(case, case.get("with", {}), change)


def not_having(case: Mapping[str, Any]) -> Iterator[Answers]:
    for change in ({}, *case["not"]):
        yield changed(case, case.get("with", {}), change)


def found(answers: Answers) -> list[str]:
    return [conflict.id for conflict in CONFLICTS.values() if conflict.found_in(answers)]


def test_every_conflict_has_answers_with_it_and_without_it() -> None:
    assert sorted(CASES) == sorted(CONFLICTS)
    assert all(case["has"] and case["not"] for case in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_a_conflict_is_found_where_it_is(name: str) -> None:
    for answers in having(CASES[name]):
        assert CONFLICTS[name].found_in(answers), answers.to_raw()


@pytest.mark.parametrize("name", CASES)
def test_a_conflict_is_not_found_where_it_is_not(name: str) -> None:
    for answers in not_having(CASES[name]):
        assert not CONFLICTS[name].found_in(answers), answers.to_raw()


@pytest.mark.parametrize("name", CASES)
def test_each_case_of_a_conflict_is_tried(name: str) -> None:
    """A condition that nothing tries could be misspelt without anybody noticing."""
    tried = list(having(CASES[name]))
    conditions = CONFLICTS[name].when.conditions
    assert [c for c in conditions if not any(c.holds(a.in_force) for a in tried)] == []


@pytest.mark.parametrize("name", CASES)
def test_a_conflict_leads_to_pages_that_the_person_is_asked(name: str) -> None:
    for answers in having(CASES[name]):
        (finding,) = findings(answers, name)
        by_id = library().vocabulary.by_id
        assert finding.questions
        assert by_id[finding.questions[0]].when.holds(answers.in_force) is True, finding.questions


def findings(answers: Answers, rule: str = "") -> list[Finding]:
    subject = subject_of(library(), answers, on=DAY)
    return [one for one in CHECK.find(subject) if rule in ("", one.rule)]


def test_a_conflict_quotes_a_sentence_of_the_policy() -> None:
    case = CASES["two-periods"]
    (answers,) = having(case)
    (finding,) = findings(answers, "two-periods")
    assert finding.severity is Severity.BLOCKS
    assert finding.code == "answers-conflict"
    assert finding.sentence in text(policy_of(answers))
    assert "as long as we need it" in finding.sentence
    assert finding.clause == "kept-as-needed"
    assert finding.questions == ("retention",)


def test_severities_have_codes_of_their_own() -> None:
    codes = {
        one.severity: one.code
        for case in CASES.values()
        for a in having(case)
        for one in findings(a)
    }
    assert codes == {
        Severity.BLOCKS: "answers-conflict",
        Severity.WARNS: "answers-risk",
        Severity.NOTE: "answers-note",
    }
    assert set(codes.values()) == set(CHECK.codes)


@pytest.mark.parametrize("conflict", CONFLICTS.values(), ids=lambda conflict: conflict.id)
def test_a_conflict_reads_like_advice(conflict: Conflict) -> None:
    for said in (conflict.says, conflict.mend, conflict.why):
        assert said.endswith("."), said
        assert not {'"', "'"} & set(said), said
    assert len(conflict.says.split()) <= 36
    assert len(conflict.mend.split()) <= 36


QUESTIONS = library().vocabulary.questions
NAMES = (
    *(option.label for question in QUESTIONS for option in question.options),
    *(label for question in QUESTIONS for label in question.groups.values()),
    *(question.ask for question in QUESTIONS),
    *("None of these", "There is none"),
)
LABELS = {name.replace("'", "’") for name in NAMES}
"""What stands on the pages of the interview, as it is printed."""


@pytest.mark.parametrize("conflict", CONFLICTS.values(), ids=lambda conflict: conflict.id)
def test_what_a_conflict_tells_somebody_to_tick_is_there(conflict: Conflict) -> None:
    quoted = [part.partition("”")[0] for part in conflict.mend.split("“")[1:]]
    assert [label for label in quoted if label not in LABELS] == []


def test_every_conflict_of_the_inventory_is_found_by_something() -> None:
    assert len(INVENTORY) == 59
    for name, entry in INVENTORY.items():
        assert entry.get("conflict") or entry.get("finding"), name
        assert set(entry.get("finding", [])) <= set(CODES), name
        if entry["kind"] in {"contradiction", "legal-risk"}:
            assert entry.get("conflict"), name


def test_conflicts_name_the_entries_of_the_inventory_that_they_find() -> None:
    named = {(model, one.id) for one in CONFLICTS.values() for model in one.models}
    listed = {(name, one) for name, entry in INVENTORY.items() for one in entry.get("conflict", [])}
    assert named == listed


@pytest.mark.parametrize("model", MODELS)
def test_the_example_of_a_model_has_its_conflicts(model: str) -> None:
    there = set(found(example(MODELS[model]).answers))
    for name, entry in INVENTORY.items():
        if name.partition("-")[0] != model:
            continue
        expected = set(entry.get("conflict", []))
        assert (expected <= there) is ("mended" not in entry), (name, expected - there)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_example_has_a_conflict_that_blocks(name: str) -> None:
    blocking = [one for one in found(example(name).answers) if CONFLICTS[one].severity == "blocks"]
    assert blocking == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in MODELS.values()])
def test_an_invented_example_has_nothing_that_warns(name: str) -> None:
    there = found(example(name).answers)
    assert [one for one in there if CONFLICTS[one].severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_example_has_no_conflict(name: str) -> None:
    assert found(example(name).answers) == []


def test_orders_are_left_out_of_a_sale_or_part_of_it_and_never_both() -> None:
    ticked = {"sale": "yes", "sharing_limits": ["order-use-only", "order-not-shared"]}
    promises = ("Details of your orders", "only for that order", "share order details only")
    said = {}
    for answer in ("left-out", "sold-too", "dont-know"):
        answers = changed({"on": "practicepanther"}, ticked, {"sale_of_orders": answer})
        document = policy_of(answers)
        assert flaws(document, answers.in_force) == []
        said[answer] = {one.slug for one in document.clauses()}
        assert "sale-yes" in said[answer]
        limited = any(promise in text(document) for promise in promises)
        assert limited is (answer == "left-out")
    about = {"sale-not-orders", "sale-orders-too", "orders-not-shared", "orders-for-order-only"}
    assert said["left-out"] & about == about - {"sale-orders-too"}
    assert said["sold-too"] & about == {"sale-orders-too"}
    assert said["dont-know"] & about == set()


@pytest.mark.parametrize("answer", [None, "dont-know"])
def test_who_sells_and_limits_orders_must_choose_and_is_told_once(answer: str | None) -> None:
    raw = example("practicepanther").answers.to_raw()
    assert raw["sale"] == ["yes"]
    del raw["sale_of_orders"]
    answers = parse_answers(
        library().vocabulary, raw | ({"sale_of_orders": answer} if answer else {})
    )
    about = [
        one
        for one in review(subject_of(library(), answers, on=DAY))
        if "sale_of_orders" in one.questions or "order" in one.says.split()
    ]
    assert [(one.rule, one.code, one.severity) for one in about] == [
        ("orders-sold-or-not", "answers-conflict", Severity.BLOCKS)
    ]
    assert about[0].questions[0] == "sale_of_orders"
    assert not accepts(library(), answers)


def test_without_a_sale_the_limits_for_orders_are_said_and_nothing_more_is_asked() -> None:
    answers = changed({"on": "practicepanther"}, {"sale": "no"})
    slugs = {one.slug for one in policy_of(answers).clauses()}
    assert {"orders-not-shared", "orders-for-order-only"} <= slugs
    assert "sale_of_orders" not in answers.in_force.given


def test_a_sale_that_is_not_known_yet_leaves_orders_open() -> None:
    answers = changed({"on": "practicepanther"}, {"sale": "dont-know"})
    slugs = {one.slug for one in policy_of(answers).clauses()}
    assert slugs.isdisjoint({"orders-not-shared", "orders-for-order-only", "sale-not-orders"})


def test_no_condition_of_a_conflict_is_part_of_another_of_the_same_conflict() -> None:
    for conflict in CONFLICTS.values():
        conditions = conflict.when.conditions
        assert len(set(conditions)) == len(conditions), conflict.id
        assert Condition() not in conditions, conflict.id
