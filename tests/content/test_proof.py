"""What is proved about clauses/: this is what CI runs over every change of the text."""

from __future__ import annotations

import pytest

from policygen.core.analysis.contradictions import clashing_pairs
from policygen.core.analysis.proof import Fault, prove
from policygen.core.claims import Sign
from policygen.core.conditions import question_of
from policygen.core.library import parse_library
from policygen.instruments.solver import PysatSolver
from tests.content.library import library


def test_everything_that_must_hold_of_every_policy_is_proved() -> None:
    proof = prove(library(), PysatSolver)
    assert [(failure.name, failure.problem.message) for failure in proof.failures] == []
    assert proof.pairs == proof.clauses * (proof.clauses - 1) // 2
    assert proof.clashing > 80
    assert proof.sections >= 20


@pytest.mark.parametrize(
    ("slug", "taken"),
    [
        ("sale-not-orders", "except(sale-yes; data:orders)"),
        ("no-health-for-marketing", "except(shared-with-marketing-partners; data.health)"),
    ],
)
def test_an_exemption_less_and_the_proof_fails(slug: str, taken: str) -> None:
    raw = library().to_json()
    [clause] = [each for each in raw["clauses"] if each["slug"] == slug]
    clause["claims"].remove(taken)
    proof = prove(parse_library(raw), PysatSolver)
    assert {failure.fault for failure in proof.failures} == {Fault.CONTRADICTION}
    assert any(slug in failure.name for failure in proof.failures)


def test_without_its_blocking_conflicts_the_library_contradicts_itself() -> None:
    raw = library().to_json()
    raw["conflicts"] = [each for each in raw["conflicts"] if each["severity"] != "blocks"]
    faults = {failure.fault for failure in prove(parse_library(raw), PysatSolver).failures}
    assert Fault.CONTRADICTION in faults


def test_no_claim_that_asserts_mixes_objects_and_what_belongs_to_a_preposition() -> None:
    """A name without a preposition is an object; two of different questions are rarely meant."""
    mixed = [
        f"{clause.slug}: {claim}"
        for clause in library().clauses
        for claim in clause.statements
        if claim.sign is Sign.ASSERTS and claim.verb != "inform"
        if len({question_of(atom) for atom in claim.under("")}) > 1
        if len({question_of(atom) for atom in claim.under("")} - {"data", "technical"}) > 1
    ]
    assert mixed == []


def test_what_sells_or_shares_everything_clashes_with_every_denial_of_it() -> None:
    pairs = {(pair.says.slug, pair.denies.slug) for pair in clashing_pairs(library())}
    assert ("sale-yes", "sale-no") in pairs
    assert ("sale-yes", "shared-with-nobody") in pairs
    assert ("shared-with-marketing-partners", "sale-no-marketing") in pairs
