"""An exception is a printed sentence: no clause takes anything out of another in silence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policygen.core.analysis.sentences import sentences_of
from policygen.core.answers import parse_answers
from policygen.core.clauses import Clause
from tests.content.library import example, library, policy_of
from tests.content.test_regimes import space

EXCEPTIONS = [
    pytest.param(clause, exemption.slug, id=f"{clause.slug} from {exemption.slug}")
    for clause in library().clauses
    for exemption in clause.exemptions
]
SAYS_NO = re.compile(r"\b(no|not|none|nor|neither|never|only)\b")

SALE = "We may share personal information with third parties that do not work for us"
PARTNERS = "We share your information with our marketing partners."


@pytest.mark.parametrize(("clause", "target"), EXCEPTIONS)
def test_an_exception_stands_only_beside_what_it_takes_something_out_of(
    clause: Clause, target: str
) -> None:
    """A clause that can stand without the other cannot be the sentence that limits the other."""
    where, inclusion = space()
    assert where.find(inclusion.included[clause.slug], -inclusion.included[target]) is None


@pytest.mark.parametrize(("clause", "target"), EXCEPTIONS)
def test_an_exception_is_a_sentence_that_runs_on_from_it(clause: Clause, target: str) -> None:
    by_slug = {one.slug: one for one in library().clauses}
    where, inclusion = space()
    answers = where.answers(inclusion.included[clause.slug])
    assert answers is not None
    said = [one.text for one in sentences_of(policy_of(answers)) if one.clause.slug == clause.slug]
    assert len(said) == 1
    assert SAYS_NO.search(said[0])
    other = by_slug[target]
    assert (clause.section, clause.run_in) == (other.section, True)
    assert other.order < clause.order < other.order + 5


def _printed(**changes: Any) -> str:
    raw = example("two-location-dental").answers.to_raw()
    document = policy_of(parse_answers(library().vocabulary, {**raw, **changes}))
    return " ".join(sentence.text for sentence in sentences_of(document))


def test_beside_the_notice_of_hipaa_a_sale_says_that_it_leaves_health_information_out() -> None:
    text = _printed(notices=["privacy-practices"], sale="yes")
    assert SALE in text
    assert "We neither share nor sell your health information in this way." in text
    assert "neither share nor sell" not in _printed(notices=[], sale="yes")
    assert "neither share nor sell" not in _printed(notices=["privacy-practices"], sale="no")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notices": ["privacy-practices"], "sharing_limits": []}, True),
        ({"notices": [], "sharing_limits": ["no-health-marketing"]}, True),
        ({"notices": [], "sharing_limits": []}, False),
    ],
)
def test_marketing_partners_get_no_health_information_beside_the_notice_of_hipaa(
    changes: dict[str, Any], said: bool
) -> None:
    text = _printed(recipients=["marketing-partners"], **changes)
    assert PARTNERS in text
    assert ("They get no health information from us." in text) is said


def test_marketing_partners_get_no_orders_where_orders_are_not_shared() -> None:
    wanted = "Marketing partners get no details of your orders from us."
    limited = {"sharing_limits": ["order-not-shared"], "sale": "no"}
    assert wanted in _printed(recipients=["marketing-partners"], **limited)
    assert wanted not in _printed(recipients=["marketing-partners"], sharing_limits=[])
    assert wanted not in _printed(recipients=["it-providers"], **limited)
