"""The annex and the ledger as plain values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from policygen.core.analysis.annex import ANNEX, annex, ledger_to_json, with_annex
from policygen.core.analysis.ledger import Status
from policygen.core.document import Document, Section
from policygen.core.document_json import document_from_json, document_to_json
from policygen.core.library import Library
from policygen.core.plain_text import lines_of
from tests.core.analysis.lawful import LAWFUL, answers_to, clause, lawful, ledger_of, policy, regime
from tests.core.analysis.lawful import element as an_element

PERUVIAN = {"country": "peru", "data": ["records"], "uses": ["treat"], "website": "none"}


def annexed(**raw: Any) -> Document:
    answers = answers_to(**raw)
    document = policy(answers)
    return with_annex(document, ledger_of(answers, document=document))


def said(section: Section) -> list[str]:
    return [line for one in section.clauses for block in one.blocks for line in lines_of(block)]


def test_the_annex_is_a_section_of_the_document_and_changes_nothing_else() -> None:
    answers = answers_to(**PERUVIAN)
    document, found = policy(answers), annexed(**PERUVIAN)
    assert found.sections[:-1] == document.sections
    assert found.sections[-1].title == "Annex: the laws and where this policy answers them"
    assert found.sections[-1].id == ANNEX


def test_the_annex_gives_citation_section_and_sentence_of_what_is_satisfied() -> None:
    lines = said(annexed(**PERUVIAN).sections[-1])
    assert "Law of Peru" in lines
    assert (
        "Act 1. As read on January 31, 2026. It applies because you answered “Peru” to "
        "“What about country?” and you chose “Records”."
    ) in lines
    assert (
        "• Who (Art. 3). In About this policy: “We are Maple Street Dental. That is our name”."
    ) in lines


def test_the_annex_says_what_is_not_stated_and_what_is_to_be_done() -> None:
    lines = said(annexed(**PERUVIAN).sections[-1])
    assert ("• Nobody (Art. 6). Not stated. The library has no clause that states this.") in lines
    assert (
        "• Shown (Art. 5). To be done outside this text. No text can do this. See that it is done."
    ) in lines
    assert "• Plain (Art. 5). The text reads at grade 7.0." in lines


def reworded(slug: str) -> Library:
    own = (replace(one, amended=one.slug == slug) for one in LAWFUL.clauses)
    return replace(LAWFUL, clauses=tuple(own))


def test_the_annex_gives_own_wording_and_does_not_call_it_stated() -> None:
    library = reworded("speaker")
    answers = answers_to(library, **PERUVIAN)
    document = policy(answers, library)
    (section,) = annex(ledger_of(answers, library, document), document)
    assert (
        "• Who (Art. 3). In the practice’s own wording, which is to be checked: in About this "
        "policy: “We are Maple Street Dental. That is our name”."
    ) in said(section)


def test_own_wording_is_counted_apart_in_json() -> None:
    library = reworded("speaker")
    found = ledger_to_json(ledger_of(answers_to(library, **PERUVIAN), library))
    peru = next(law for law in found["laws"] if law["law"] == "peru")
    who = next(one for one in peru["elements"] if one["element"] == "who")
    assert who["status"] == "own wording"
    assert [one["own_wording"] for one in who["stated"]] == [True]
    plain = ledger_to_json(ledger_of(answers_to(**PERUVIAN)))
    as_it_was = next(law for law in plain["laws"] if law["law"] == "peru")
    assert peru["counts"]["own wording"] == 1
    assert peru["counts"]["satisfied"] == as_it_was["counts"]["satisfied"] - 1


def test_a_place_in_the_annex_is_a_link_to_the_section_that_says_it() -> None:
    (section,) = annexed(**PERUVIAN).sections[-1:]
    targets = {one.id for one in annexed(**PERUVIAN).sections}
    links = {
        run.href
        for one in section.clauses
        for block in one.blocks
        for item in getattr(block, "items", ())
        for run in item
        if run.href
    }
    assert "#section-about" in links
    assert links <= {f"#section-{name}" for name in targets}


def test_the_annex_lists_the_other_laws_with_the_reason() -> None:
    lines = said(annexed(**PERUVIAN).sections[-1])
    assert (
        "• Law of Notice. It wants a document of its own, which this policy is not. "
        "It applies because you chose “Records”."
    ) in lines


def test_an_annex_without_any_law_says_so() -> None:
    library = lawful(clause("hello", "Hello, dear reader."), regimes=[])
    answers = answers_to(library)
    (section,) = annex(ledger_of(answers, library), policy(answers, library))
    assert said(section) == ["No law that the library knows applies here."]


def test_the_annex_takes_no_id_that_a_section_of_the_document_has() -> None:
    document = annexed(**PERUVIAN)
    (section,) = annex(ledger_of(answers_to(**PERUVIAN)), document)
    assert section.id not in {one.id for one in document.sections}


def test_a_document_with_its_annex_is_a_document_like_any_other() -> None:
    found = annexed(**PERUVIAN)
    assert document_from_json(document_to_json(found)) == found


def test_the_annex_counts_what_does_not_apply() -> None:
    lines = said(annexed(**{**PERUVIAN, "data": ["name"]}).sections[-1])
    assert "2 elements do not apply here." in lines
    library = lawful(
        clause("hello", "Hello, dear reader."),
        regimes=[regime("anywhere", an_element("one", when={"any": ["motto"]}))],
    )
    answers = answers_to(library, motto="none")
    (section,) = annex(ledger_of(answers, library), policy(answers, library))
    assert "One element does not apply here." in said(section)


def test_the_ledger_is_plain_values_for_json() -> None:
    found = ledger_to_json(ledger_of(answers_to(**PERUVIAN)))
    assert json.loads(json.dumps(found)) == found
    peru = next(law for law in found["laws"] if law["law"] == "peru")
    assert peru["standing"] == "here"
    assert peru["counts"][str(Status.MISSING)] == 1
    who = next(one for one in peru["elements"] if one["element"] == "who")
    assert who["status"] == "satisfied"
    assert who["stated"] == [
        {
            "clause": "speaker",
            "version": 1,
            "title": "Speaker",
            "own_wording": False,
            "lines": ["We are Maple Street Dental.", "That is our name."],
        }
    ]
    contact = next(law for law in found["laws"] if law["law"] == "anywhere")["elements"][0]
    assert [gap["clause"] for gap in contact["gaps"]] == ["since", "site"]
    assert contact["questions"] == ["since"]
    assert LAWFUL.regimes[0].id == found["laws"][0]["law"]
