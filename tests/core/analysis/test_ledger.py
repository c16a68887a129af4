"""The ledger: what each law wants, and the sentences of the document that say it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policygen.core.analysis.ledger import READS_WELL, Line, Status, worded
from policygen.core.document import ClauseText, Document
from policygen.core.library import Library
from tests.core.analysis.lawful import (
    LAWFUL,
    PERU,
    answers_to,
    clause,
    lawful,
    ledger_of,
    policy,
    regime,
)
from tests.core.analysis.lawful import element as an_element

PERUVIAN = {"country": "peru", "data": ["records"], "uses": ["treat"]}


def line(identifier: str, library: Library = LAWFUL, **raw: Any) -> Line:
    found = ledger_of(answers_to(library, **raw), library)
    return next(one for one in found.lines() if one.element.id == identifier)


def test_what_the_document_says_is_satisfied_by_the_very_sentences() -> None:
    found = line("who", **PERUVIAN)
    assert found.status is Status.SATISFIED
    (stated,) = found.stated
    assert (stated.slug, stated.version, stated.title) == ("speaker", 1, "Speaker")
    assert stated.lines == ("We are Maple Street Dental.", "That is our name.")
    assert found.gaps == ()


def test_what_is_not_wanted_under_these_answers_is_not_applicable_and_says_why() -> None:
    found = line("health", country="peru", data=["name"])
    assert found.status is Status.NOT_APPLICABLE
    assert found.reason == (
        "It does not apply because you chose nothing for “What about data?” under “Your health”."
    )


def test_what_is_missing_names_the_clause_and_the_answer_that_would_bring_it_in() -> None:
    found = line("contact", country="canada", data=[], website="none")
    assert found.status is Status.MISSING
    assert [(gap.slug, gap.waits, gap.questions) for gap in found.gaps] == [
        ("since", True, ("since",)),
        ("site", False, ("website",)),
    ]
    assert found.gaps[0].reason == "Waits for your answer to “What about since?”."
    assert found.waits_for == ("since",)


def test_one_of_several_clauses_is_enough() -> None:
    found = line("contact", website="https://maple.example", since="none")
    assert found.status is Status.SATISFIED
    assert [stated.slug for stated in found.stated] == ["site"]


def test_an_element_that_no_clause_states_is_missing_for_good() -> None:
    found = line("nobody", **PERUVIAN)
    assert (found.status, found.gaps) == (Status.MISSING, ())
    assert found.reason == "The library has no clause that states this."


def test_an_undecided_condition_is_open_and_never_satisfied() -> None:
    found = line("treating", country="peru", data=["records"], uses="dont-know")
    assert found.status is Status.OPEN
    assert found.questions == ("uses",)


def test_every_element_of_an_open_law_is_open_and_asks_what_decides_the_law() -> None:
    found = ledger_of(answers_to(data=["name"]))
    peru = next(account for account in found.accounts if account.regime.id == "peru")
    assert {one.status for one in peru.lines} == {Status.OPEN}
    assert {one.questions for one in peru.lines} == {("country",)}


def test_nothing_is_wanted_by_a_law_that_is_answered_elsewhere() -> None:
    found = line("notice-who", data=["records"], uses=["treat"])
    assert found.status is Status.NOT_APPLICABLE
    assert found.reason == "The law wants a document of its own for this."


def test_nothing_is_wanted_by_a_law_that_a_person_removed() -> None:
    found = line("who", **PERUVIAN, laws_removed=["peru"])
    assert found.status is Status.NOT_APPLICABLE
    assert "You removed it." in found.reason


def test_what_no_text_can_do_is_a_reminder() -> None:
    assert line("shown", **PERUVIAN).status is Status.REMINDER


@pytest.mark.parametrize(
    ("grade", "status"),
    [
        (READS_WELL, Status.SATISFIED),
        (READS_WELL + 0.1, Status.MISSING),
        (None, Status.OPEN),
    ],
)
def test_plain_language_is_met_by_the_grade_of_the_text(
    grade: float | None, status: Status
) -> None:
    answers = answers_to(**PERUVIAN)
    assert ledger_of(answers, reading=grade).statuses()["plain"] is status


def test_prescribed_wording_must_be_printed() -> None:
    assert line("heading", **PERUVIAN).status is Status.SATISFIED
    other = clause("heading", "This notice is from {{ practice }}. Read it.", satisfies=["heading"])
    library = lawful(other, regimes=[PERU])
    found = line("heading", library, **PERUVIAN)
    assert found.status is Status.MISSING
    assert "prescribes the wording" in found.reason
    assert [stated.slug for stated in found.stated] == ["heading"]


@pytest.mark.parametrize(
    ("wording", "said", "fits"),
    [
        ((), "", True),
        (("A B",), "x A\n  B y", True),
        (("A B",), "A x B", False),
        (("A [thing] B",), "A very big B", True),
        (("A [thing] B",), "B A", False),
        (("[Name] tells you",), "Maple tells you", True),
        (("A", "B"), "A and B", True),
        (("A", "B"), "B and A", False),
        (("A", "A"), "A", False),
        (("the patient's “file”",), 'the patient’s "file"', True),
        (("A.*",), "ABC", False),
    ],
)
def test_wording_is_found_in_order_whatever_fills_its_brackets(
    wording: tuple[str, ...], said: str, *, fits: bool
) -> None:
    assert worded(wording, [said]) is fits


def without_blocks(document: Document, slug: str, keep: int) -> Document:
    """Return a document of which one clause has only its first blocks."""

    def cut(text: ClauseText) -> ClauseText:
        return replace(text, blocks=text.blocks[:keep]) if text.slug == slug else text

    sections = tuple(
        replace(section, clauses=tuple(c for c in map(cut, section.clauses) if c.blocks))
        for section in document.sections
    )
    return replace(document, sections=tuple(s for s in sections if s.clauses))


@pytest.mark.parametrize("keep", [0, 1])
def test_a_clause_that_is_not_whole_satisfies_nothing(keep: int) -> None:
    answers = answers_to(**PERUVIAN)
    found = ledger_of(answers, document=without_blocks(policy(answers), "speaker", keep))
    who = next(one for one in found.lines() if one.element.id == "who")
    assert who.status is Status.MISSING
    assert [gap.slug for gap in who.gaps] == ["speaker"]
    assert who.waits_for == ()


def test_all_clauses_that_the_answers_select_must_be_there() -> None:
    """Each states a part: one of two is not enough."""
    answers = answers_to(website="https://maple.example", since="2001-02-03")
    assert ledger_of(answers).statuses()["contact"] is Status.SATISFIED
    found = ledger_of(answers, document=without_blocks(policy(answers), "since", 0))
    assert found.statuses()["contact"] is Status.MISSING


def in_own_words(library: Library, *slugs: str) -> Library:
    """Return a library in which a practice has reworded clauses."""
    own = (replace(one, amended=one.slug in slugs) for one in library.clauses)
    return replace(library, clauses=tuple(own))


def test_a_practices_own_wording_is_shown_and_never_counts_as_stated() -> None:
    found = ledger_of(
        answers_to(in_own_words(LAWFUL, "speaker"), **PERUVIAN), in_own_words(LAWFUL, "speaker")
    )
    who = next(one for one in found.lines() if one.element.id == "who")
    assert who.status is Status.REWORDED
    assert [(one.slug, one.amended) for one in who.stated] == [("speaker", True)]
    assert who.reason == "Your own wording stands here. Have it checked that it still says this."
    assert found.statuses()["what"] is Status.SATISFIED


def test_own_wording_of_one_of_several_clauses_is_enough() -> None:
    """Each states a part: nobody knows which one it was."""
    both = {"website": "https://maple.example", "since": "2001-02-03"}
    found = line("contact", in_own_words(LAWFUL, "since"), **both)
    assert found.status is Status.REWORDED


def test_own_wording_must_print_what_the_law_prescribes() -> None:
    """And who prints it may still have taken it back in the next sentence."""
    assert line("heading", in_own_words(LAWFUL, "heading"), **PERUVIAN).status is Status.REWORDED
    other = clause("heading", "This notice is from {{ practice }}.", satisfies=["heading"])
    library = in_own_words(lawful(other, regimes=[PERU]), "heading")
    assert line("heading", library, **PERUVIAN).status is Status.MISSING


def test_a_list_that_may_go_on_is_open_and_asks_for_the_rest() -> None:
    found = line("what", country="peru", data=["name", "dont-know"])
    assert (found.status, found.questions) == (Status.OPEN, ("data",))
    assert found.reason == (
        "You may have more to say here. It waits for your whole answer to “What about data?”."
    )
    assert [one.slug for one in found.stated] == ["data"]
    assert found.waits_for == ("data",)


def test_own_wording_of_a_list_that_may_go_on_is_open_all_the_same() -> None:
    found = line("what", in_own_words(LAWFUL, "data"), country="peru", data=["name", "dont-know"])
    assert found.status is Status.OPEN


def test_what_speaks_of_an_answer_as_a_whole_waits_for_all_of_it() -> None:
    """What is said because one option is ticked stays true whatever else is."""
    library = lawful(
        clause("any", "We collect data.", when={"any": ["data"]}, satisfies=["whole"]),
        clause("some", "We collect records.", when={"all": ["data:records"]}, satisfies=["one"]),
        regimes=[regime("anywhere", an_element("whole"), an_element("one"))],
    )
    unsure = {"data": ["records", "dont-know"]}
    assert line("whole", library, **unsure).status is Status.OPEN
    assert line("one", library, **unsure).status is Status.SATISFIED
    assert line("whole", library, data=["records"]).status is Status.SATISFIED


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (["name"], Status.SATISFIED),
        (["name", "dont-know"], Status.OPEN),
        ("dont-know", Status.MISSING),
    ],
)
def test_a_clause_that_waits_for_what_is_not_known_keeps_its_element_open(
    data: Any, status: Status
) -> None:
    library = lawful(
        clause("name", "We know names.", when={"all": ["data:name"]}, satisfies=["said"]),
        clause("records", "We keep records.", when={"all": ["data:records"]}, satisfies=["said"]),
        regimes=[regime("anywhere", an_element("said"))],
    )
    assert line("said", library, data=data).status is status


def test_more_that_is_not_known_never_makes_an_element_satisfied() -> None:
    """Neither in part nor altogether: one of the two clauses waits."""
    both = {"website": "https://maple.example", "since": "dont-know"}
    found = line("contact", **both)
    assert (found.status, found.waits_for) == (Status.OPEN, ("since",))


@pytest.mark.parametrize("grade", [None, 0.0, 7.0])
def test_a_document_without_text_is_not_in_plain_language(grade: float | None) -> None:
    answers = answers_to(**PERUVIAN)
    empty = replace(policy(answers), sections=())
    found = ledger_of(answers, document=empty, reading=grade)
    assert found.statuses()["plain"] is Status.MISSING
    assert Status.SATISFIED not in found.statuses().values()


def test_a_clause_that_waits_for_its_section_names_no_question() -> None:
    library = lawful(
        clause("pointer", "See [How to contact us](#contact).", satisfies=["one"]),
        regimes=[regime("anywhere", an_element("one"))],
    )
    found = line("one", library)
    assert [(gap.slug, gap.questions) for gap in found.gaps] == [("pointer", ())]


def test_the_ledger_of_some_laws_holds_only_these() -> None:
    found = ledger_of(answers_to(**PERUVIAN)).only(["anywhere"])
    assert [account.regime.id for account in found.accounts] == ["anywhere"]
    assert found.accounts[0].count(Status.MISSING) == 1
