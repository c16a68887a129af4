"""Which laws apply: yes, no or open, because of which answers, and who says so."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.core.analysis.laws import Applies, By, Standing, laws_of
from policygen.core.answers import parse_answers
from policygen.core.library import Library, parse_library
from tests.core.analysis.lawful import LAWFUL, answers_to


def law(identifier: str, **raw: Any) -> Applies:
    return next(a for a in laws_of(LAWFUL, answers_to(**raw)) if a.regime.id == identifier)


def test_a_law_applies_because_of_the_answer_that_one_of_its_conditions_asks_for() -> None:
    found = law("peru", country="peru", data=["name"])
    assert found.applies is True
    assert found.standing is Standing.HERE
    assert found.derived.atoms == ("country:peru",)
    assert found.reason == "It applies because you answered “Peru” to “What about country?”."


def test_a_law_applies_because_of_one_condition_while_another_is_open() -> None:
    found = law("peru", country="dont-know", data=["records"])
    assert found.applies is True
    assert found.reason == "It applies because you chose “Records”."


def test_a_law_does_not_apply_because_of_all_that_was_not_answered_so() -> None:
    found = law("peru", country="canada", data=["name"])
    assert found.applies is False
    assert found.standing is Standing.NOT_APPLICABLE
    assert found.reason == (
        "It does not apply because you did not answer “Peru” to “What about country?” "
        "and you did not choose “Records”."
    )


@pytest.mark.parametrize("country", [{}, {"country": "dont-know"}])
def test_a_law_is_open_while_the_answer_that_decides_is_missing(country: dict[str, str]) -> None:
    found = law("peru", data=["name"], **country)
    assert found.applies is None
    assert found.standing is Standing.OPEN
    assert found.questions == ("country",)
    assert found.reason == "It waits for your answer to “What about country?”."


def test_a_law_for_everybody_applies_whatever_the_answers() -> None:
    found = law("anywhere")
    assert found.applies is True
    assert found.reason == "It applies to everybody."


def test_what_is_not_asked_of_somebody_is_not_so() -> None:
    """The uses are asked only of those who collect health data."""
    settled = law("notice", data=["name"])
    assert settled.applies is False
    assert settled.held.holds is False
    open_still = law("notice")
    assert open_still.held.holds is None
    assert open_still.held.questions == ("data",)


def test_a_law_that_wants_a_document_of_its_own_is_answered_elsewhere() -> None:
    found = law("notice", data=["records"], uses=["treat"])
    assert found.applies is True
    assert found.standing is Standing.ELSEWHERE
    assert law("notice", data=["records"], uses=["remind"]).standing is Standing.HERE
    unsure = law("notice", data=["records"], uses="dont-know")
    assert unsure.standing is Standing.OPEN
    assert unsure.questions == ("uses",)


def test_a_person_adds_a_law_and_the_reason_is_kept() -> None:
    found = law("peru", country="canada", data=[], laws_added=["peru"], laws_reason="We like it")
    assert (found.applies, found.by, found.given_reason) == (True, By.ADDED, "We like it")
    assert found.derived.holds is False
    assert found.reason.startswith("You added it: We like it. By your answers: it does not apply")


def test_a_person_removes_a_law_and_a_missing_reason_is_blank() -> None:
    found = law("peru", country="peru", laws_removed=["peru"], laws_reason="none")
    assert (found.applies, found.by, found.given_reason) == (False, By.REMOVED, "")
    assert found.reason.startswith("You removed it. By your answers: it applies because")


def test_a_law_that_is_both_added_and_removed_counts() -> None:
    assert law("peru", laws_added=["peru"], laws_removed=["peru"]).by is By.ADDED


@pytest.mark.parametrize(
    ("raw", "pointed_to"),
    [
        ({}, True),
        ({"uses": "dont-know"}, True),
        ({"uses": ["remind"]}, True),
        ({"uses": ["treat"]}, False),
    ],
)
def test_an_open_law_is_pointed_to_unless_this_text_is_not_its_document(
    raw: dict[str, Any], *, pointed_to: bool
) -> None:
    """The uses say whether it is; what is not known yet says no more than an answer would."""
    library = asked_of_all("uses")
    answers = parse_answers(
        library.vocabulary, {"practice_name": "Maple", "data": ["name", "dont-know"], **raw}
    )
    found = next(one for one in laws_of(library, answers) if one.regime.id == "notice")
    assert found.applies is None
    assert found.is_pointed_to is pointed_to


def test_a_law_that_applies_is_pointed_to_while_its_document_is_open() -> None:
    found = law("notice", data=["records"], uses="dont-know")
    assert (found.applies, found.standing) == (True, Standing.OPEN)
    assert found.is_pointed_to


def asked_of_all(name: str) -> Library:
    """Return the library with a question that is asked of everybody."""
    plain = LAWFUL.to_json()
    for question in plain["questions"]:
        if question["id"] == name:
            question.pop("when", None)
    return parse_library(plain)


WHO = {"any": ["country:peru", "laws_added:peru"]}


def asked_for_peru(when: dict[str, Any] = WHO) -> Library:
    """Return the library with a question that is asked only of those whom the law binds."""
    plain = LAWFUL.to_json()
    plain["questions"].append(
        {"id": "tax", "kind": "text", "page": "tax", "ask": "Which tax?", "when": when}
    )
    return parse_library(plain)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ({"country": "dont-know", "tax": "The salt tax"}, ("tax",)),
        ({"country": "dont-know", "tax": "none"}, ()),
        ({"country": "dont-know", "tax": "dont-know"}, ()),
        ({"country": "dont-know"}, ()),
    ],
)
def test_an_open_law_is_pointed_to_by_what_was_answered_for_it(
    raw: dict[str, str], kept: tuple[str, ...]
) -> None:
    library = asked_for_peru()
    told = {"practice_name": "Maple", "data": ["name"], "laws_added": [], **raw}
    answers = parse_answers(library.vocabulary, told)
    found = next(one for one in laws_of(library, answers) if one.regime.id == "peru")
    assert (found.standing, found.kept) == (Standing.OPEN, kept)
    assert found.is_pointed_to is bool(kept)


def test_what_is_asked_anyway_points_to_no_law() -> None:
    """Another law asks the same, and applies."""
    library = asked_for_peru({"any": ["country:peru", "data:name", "laws_added:peru"]})
    told = {"practice_name": "Maple", "country": "dont-know", "data": ["name"], "tax": "Salt tax"}
    found = laws_of(library, parse_answers(library.vocabulary, told))
    assert next(one for one in found if one.regime.id == "peru").kept == ()


def test_a_law_that_is_decided_is_not_pointed_to() -> None:
    library = asked_for_peru()
    for country in ("peru", "canada"):
        told = {"practice_name": "Maple", "country": country, "data": ["name"], "tax": "Salt tax"}
        found = laws_of(library, parse_answers(library.vocabulary, told))
        assert not next(one for one in found if one.regime.id == "peru").is_pointed_to


def test_a_reason_is_nobodys_for_a_law_that_only_the_answers_decide() -> None:
    assert law("anywhere", laws_added=["peru"], laws_reason="Peru is ours.").given_reason == ""
