"""What must be true of the house as a whole, and what is missing where."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import resolve, reverse

from policygen.core.library import Library
from policygen.core.vocabulary import Kind
from policygen.library.files import read_folder
from policygen.wizard.fields import FIELDS
from policygen.wizard.steps import STEPS

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PYTHON = sorted((ROOT / "policygen").rglob("*.py"))


@cache
def clauses() -> Library:
    return read_folder(ROOT / "clauses")


def test_every_page_of_the_vocabulary_has_a_step():
    pages = {question.page for question in clauses().vocabulary.questions}
    missing = pages - {step.name for step in STEPS}
    assert not missing, f"Add these pages to STEPS in policygen/wizard/steps.py: {missing}"


def test_every_step_has_questions():
    pages = {question.page for question in clauses().vocabulary.questions}
    idle = {step.name for step in STEPS} - pages
    assert not idle, f"No question of clauses/vocabulary.yaml has these pages: {idle}"


@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_the_address_of_a_step_is_its_own(step):
    found = resolve(reverse("page", args=[uuid4(), step]))
    assert found.url_name == "page", f"Another page stands at this address: {found.url_name}"


def test_steps_stand_in_the_order_of_the_vocabulary():
    pages = list(dict.fromkeys(question.page for question in clauses().vocabulary.questions))
    assert [step.name for step in STEPS] == pages


def test_every_kind_of_question_has_a_field():
    missing = set(Kind) - set(FIELDS)
    assert not missing, f"Add these kinds to FIELDS in policygen/wizard/fields.py: {missing}"


def test_every_question_has_help_and_an_example():
    for question in clauses().vocabulary.questions:
        assert question.help, question.id
        assert question.example, question.id


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_hold_no_script_no_style_and_no_finished_markup(template):
    text = template.read_text()
    if template.relative_to(ROOT).as_posix() != "templates/document/page.html":  # stands alone
        assert "<style" not in text
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"\|\s*safe\b|autoescape off|safeseq", text)
    assert not re.search(r"(?:src|href)=.?(?:https?:)?//", text)


def test_finished_markup_comes_into_the_site_at_three_places():
    users = [
        path.relative_to(ROOT).as_posix()
        for path in PYTHON
        if re.search(r"\bmark_safe\(|\bSafeString\(|format_html", path.read_text())
    ]
    assert users == [
        "policygen/policies/public/pages.py",
        "policygen/policies/reviewing/sheet.py",
        "policygen/wizard/views.py",
    ]


def test_no_sentence_of_a_clause_stands_in_a_template_or_in_python():
    flat = {path: " ".join(path.read_text().split()) for path in [*TEMPLATES, *PYTHON]}
    for clause in clauses().clauses:
        for sentence in re.split(r"(?<=[.!?:])\s+|\{\{[^}]*\}\}", " ".join(clause.source.split())):
            if len(sentence.split()) > 5:
                copies = [path.name for path, text in flat.items() if sentence in text]
                assert not copies, f"“{sentence}” of {clause.slug} stands in {copies}"


def test_only_the_adapter_knows_formtools():
    users = [
        path.relative_to(ROOT).as_posix()
        for path in PYTHON
        if "import formtools" in (text := path.read_text()) or "from formtools" in text
    ]
    assert users == ["policygen/wizard/adapter.py"]
