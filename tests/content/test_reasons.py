"""What reasons and advice say, as far as the words of the library decide it."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.analysis.findings.registry import review
from policygen.core.analysis.laws import Standing, laws_of
from policygen.core.answers import parse_answers
from policygen.core.clauses import Clause
from policygen.core.conditions import question_of
from policygen.core.regimes import MetBy
from policygen.core.vocabulary import Kind
from policygen.policies.drafting.subjects import subject_of
from tests.content.library import example, library, policy
from tests.core.small import DAY

ACTS = ("Post ", "Put ")


@pytest.mark.parametrize(
    ("option", "law"), [("european-union", "gdpr"), ("united-kingdom", "uk-gdpr")]
)
def test_a_reason_says_what_brings_people_abroad_under_the_law_of_europe(
    option: str, law: str
) -> None:
    raw = example("two-location-dental").answers.to_raw()
    answers = parse_answers(library().vocabulary, {**raw, "people_in": ["other-state", option]})
    applied = next(one for one in laws_of(library(), answers) if one.regime.id == law)
    assert applied.standing is Standing.HERE
    assert "and we serve people there or follow them online" in applied.reason


@pytest.mark.parametrize("option", ["european-union", "united-kingdom"])
def test_a_stray_visitor_is_no_reason_to_tick_a_place(option: str) -> None:
    (found,) = [o for o in library().vocabulary.by_id["people_in"].options if o.id == option]
    assert "Do not tick it if only now and then somebody" in found.help


def test_what_no_text_can_do_is_said_as_what_to_do() -> None:
    outside = [
        element.states
        for regime in library().regimes
        for element in regime.elements
        if element.met_by is MetBy.OUTSIDE
    ]
    assert len(outside) > 3
    assert [states for states in outside if not states.startswith(ACTS)] == []


@pytest.mark.parametrize("clause", library().clauses, ids=lambda clause: clause.slug)
def test_no_condition_excludes_an_answer_that_it_could_leave_unnamed(clause: Clause) -> None:
    """With one answer to choose, naming those that count leaves nothing to exclude."""
    by_id = library().vocabulary.by_id
    wanted = {question_of(atom) for atom in (*clause.when.all, *clause.when.any)}
    excluded = {question_of(atom) for atom in clause.when.none}
    assert [name for name in wanted & excluded if by_id[name].kind is Kind.ONE] == []


def test_the_country_is_explained_by_itself() -> None:
    about = next(one for one in policy("small-practice").clauses() if one.slug == "country")
    assert about.decided_by == ("country:united-states",)


@pytest.mark.parametrize("slug", ["complain-uk", "complain-eu", "rights-records-law"])
def test_complaints_and_limits_of_rights_begin_paragraphs_of_their_own(slug: str) -> None:
    assert not next(one for one in library().clauses if one.slug == slug).run_in
    order = [one.slug for one in policy("clinic-europe").clauses()]
    assert order.index("rights-records-law") < order.index("complain-eu")
    after = order[order.index("complain-uk") + 1]
    assert not next(one for one in library().clauses if one.slug == after).run_in


@pytest.mark.parametrize("unknown", [{"hipaa": "dont-know"}, {"notices": ["dont-know"]}])
def test_what_waits_for_an_answer_on_health_law_is_named(unknown: dict[str, Any]) -> None:
    raw = example("two-location-dental").answers.to_raw()
    answers = parse_answers(library().vocabulary, {**raw, **unknown})
    (name,) = unknown
    found = [one for one in review(subject_of(library(), answers, on=DAY)) if name in one.questions]
    assert found
    says = " ".join(one.says for one in found)
    assert "HIPAA" in says
    assert "No text and no law waits" not in says
    assert "says nothing of it" not in says
