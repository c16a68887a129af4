"""Every file of clauses/, one after the other."""

from __future__ import annotations

import re

import pytest

from policygen.core.document import ListBlock
from policygen.core.vocabulary import CHOICES, Kind
from tests.content.library import CLAUSES, FOLDER, clause_file, library
from tests.content.statements import STATEMENTS

QUESTIONS = [question.id for question in library().vocabulary.questions]
PHRASES = [
    f"{question.id}:{option.id}"
    for question in library().vocabulary.questions
    for option in question.options
    if not option.informative
]
PROPER = {
    *("Canada", "European", "Firefox", "HIV", "IT", "Pakistan", "SSL", "Terms", "United"),
}
"""Words with which a phrase may begin though they have a capital letter."""


def test_there_are_clauses() -> None:
    assert len(CLAUSES) > 150
    assert len(CLAUSES) == len(library().clauses)


def test_the_folder_holds_texts_and_no_program() -> None:
    kinds = {path.suffix for path in FOLDER.rglob("*") if path.is_file()}
    assert kinds == {".md", ".yaml"}


@pytest.mark.parametrize("name", CLAUSES)
def test_a_clause_file_has_a_title_an_order_and_claims(name: str) -> None:
    front = clause_file(name).front.value
    assert {"title", "order", "claims"} <= front.keys()
    assert front["title"][0].isupper() or not front["title"][0].isalpha()
    assert front.get("note", "x").strip()
    assert all(text.strip() for text in front.get("citations", []))


@pytest.mark.parametrize("name", CLAUSES)
def test_a_clause_models_statements_that_there_are_each_once(name: str) -> None:
    models = clause_file(name).front.value.get("models", [])
    assert set(models) <= set(STATEMENTS)
    assert len(models) == len(set(models))


@pytest.mark.parametrize("name", CLAUSES)
def test_a_clause_has_single_blanks_and_the_quotation_marks_of_a_book(name: str) -> None:
    body = re.sub(r"\{\{.*?\}\}", "x", clause_file(name).body)
    assert not re.search(r"\S  |\t| $|\n\n\n", body, re.MULTILINE)
    assert "’" not in body  # the library has straight apostrophes throughout
    assert '"' not in body
    assert " - " not in body
    assert "--" not in body


def test_every_section_has_clauses() -> None:
    assert {one.section for one in library().clauses} == {part.id for part in library().sections}


def test_no_clause_stands_in_every_policy_but_for_what_every_policy_needs() -> None:
    always = {one.slug for one in library().clauses if not one.when.atoms() and not one.needs}
    assert always <= {"what-this-policy-explains", "rights-none"}


@pytest.mark.parametrize("atom", PHRASES)
def test_a_phrase_fits_into_a_sentence(atom: str) -> None:
    option = library().vocabulary.option(atom)
    assert option is not None
    assert not option.phrase.endswith((".", ",", ":", ";", "!", "?"))
    first = option.phrase.split()[0]
    assert first[0].islower() or first in PROPER
    assert option.label[0].isupper()
    assert option.help.endswith((".", "?", "!"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_a_question_and_its_options_differ(name: str) -> None:
    question = library().vocabulary.by_id[name]
    assert question.ask.endswith("?")
    assert question.help.endswith((".", "?", "!"))
    assert question.example.strip() or question.kind is Kind.CONTACT_POINTS
    for texts in ([o.label for o in question.options], [o.phrase for o in question.options]):
        assert len(texts) == len(set(texts))


def test_a_phrase_with_a_comma_in_it_is_never_listed_in_running_text() -> None:
    """It would read as two phrases: “a, such as b, c and d”."""
    wrong = []
    for clause in library().clauses:
        for placeholder in clause.body.placeholders:
            name, _, group = placeholder.path.partition(".")
            question = library().vocabulary.by_id.get(name)
            if question is None or question.kind not in CHOICES:
                continue
            if {"listing", "choices"}.isdisjoint(placeholder.filters):
                continue
            wrong += [
                f"{clause.slug}: {option.phrase}"
                for option in question.options
                if "," in option.phrase and group in ("", option.group)
            ]
    assert wrong == []


def test_a_colon_leads_to_a_list_or_an_address() -> None:
    """The reader of clauses checks it; here it is checked of the library as printed."""
    assert ListBlock(()).items == ()
    for clause in library().clauses:
        assert not clause.source.rstrip().endswith(":")


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q != "locations"])
def test_a_question_belongs_to_one_page_and_pages_are_not_mixed(question: str) -> None:
    pages = [asked.page for asked in library().vocabulary.questions]
    page = library().vocabulary.by_id[question].page
    first, count = pages.index(page), pages.count(page)
    assert pages[first : first + count] == [page] * count
