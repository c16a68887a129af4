"""The pages that say which laws apply, where a policy answers them, and why a clause is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from policygen.core.answers import parse_answers
from policygen.library.answers_file import read_answers_path
from policygen.library.store import library_in_force
from policygen.policies.drafting.beginning import begin_draft
from policygen.policies.drafting.drafts import open_draft, save_answers
from policygen.policies.drafting.wording import reword
from policygen.policies.holders import Holder
from policygen.policies.published.publishing import publish_policy
from policygen.rendering import FORMATS
from tests.at_rest import put_at_rest
from tests.policies.cast import cast, order, policy_of
from tests.practices.browsers import browser_of
from tests.wizard.visitors import Visitor, text_of

EXAMPLES = Path(__file__).resolve().parents[2] / "clauses" / "examples"


def example(name: str) -> dict[str, Any]:
    file = read_answers_path(EXAMPLES / f"{name}.yaml", library_in_force().vocabulary)
    return file.answers.to_raw()


@pytest.fixture
def clauses(db: None) -> None:
    """Put the real library in force."""
    put_at_rest("clauses", lambda: call_command("load_library", verbosity=0))


@pytest.fixture
def clinic(clauses: None) -> Visitor:
    """Somebody whose draft has the answers of a dental practice that HIPAA covers."""
    return Visitor(example("two-location-dental"))


def page(visitor: Visitor, path: str) -> str:
    response = visitor.client.get(f"{visitor.base}{path}")
    assert response.status_code == 200, response.status_code
    return text_of(response)


def test_a_law_that_applies_is_shown_with_its_reason_and_its_sentences(clinic: Visitor) -> None:
    text = page(clinic, "ledger/")
    assert "HIPAA Notice of Privacy Practices" in text
    assert "It applies because you answered “A covered health care provider”" in text
    assert "THIS NOTICE DESCRIBES HOW MEDICAL INFORMATION ABOUT YOU" in text
    assert "Laws that do not apply" in text


def test_a_law_that_was_removed_is_shown_with_the_reason(clinic: Visitor) -> None:
    raw = {**example("two-location-dental"), "laws_removed": ["hipaa-npp"]}
    other = Visitor({**raw, "laws_reason": "Our lawyer says we send no electronic claims."})
    text = page(other, "ledger/")
    assert "You removed it: Our lawyer says we send no electronic claims." in text


def test_what_is_missing_leads_to_the_question_that_mends_it(clauses: None) -> None:
    raw = {**example("two-location-dental"), "rights": [], "notices": ["privacy-practices"]}
    visitor = Visitor(raw)
    response = visitor.client.get(f"{visitor.base}ledger/")
    assert "Missing" in text_of(response)
    assert f"{visitor.base}rights/?from=review#q-rights" in response.content.decode()


def test_own_wording_is_shown_apart_from_what_is_stated(clauses: None) -> None:
    people = cast()
    holder = Holder(user=people.owner)
    draft = begin_draft(policy_of(people), people.owner)
    vocabulary = library_in_force().vocabulary
    save_answers(holder, draft.pk, parse_answers(vocabulary, example("two-location-dental")))
    opened = open_draft(holder, draft.pk)
    reword(holder, opened, "sale-no", "Hello.", revision=opened.draft.revision)
    browser = browser_of(people.owner, second_factor=True)
    text = text_of(browser.get(reverse("laws", kwargs={"draft": draft.pk})))
    assert "In your own wording" in text
    assert "Until then it does not count as stated." in text
    assert "in your own wording" in text
    assert "Your own wording stands here. Have it checked that it still says this." in text


@pytest.mark.parametrize("name", ["html", "md", "txt", "json"])
def test_the_annex_is_handed_out_in_each_format(clinic: Visitor, name: str) -> None:
    response = clinic.client.get(f"{clinic.base}ledger/annex.{name}")
    assert response.status_code == 200
    assert b"where this policy answers them" in response.content
    plain = clinic.client.get(f"{clinic.base}policy.{name}")
    assert b"where this policy answers them" not in plain.content
    assert name in FORMATS


def test_there_is_no_annex_in_a_format_that_there_is_not(clinic: Visitor) -> None:
    assert clinic.client.get(f"{clinic.base}ledger/annex.docx").status_code == 404


def test_the_ledger_is_handed_out_as_json(clinic: Visitor) -> None:
    response = clinic.client.get(f"{clinic.base}ledger/ledger.json")
    assert response["Content-Type"] == "application/json"
    laws = {law["law"]: law for law in json.loads(response.content)["laws"]}
    assert laws["hipaa-npp"]["standing"] == "here"
    assert laws["gdpr"]["standing"] == "not applicable"


def test_each_clause_names_its_version_and_what_it_states(clinic: Visitor) -> None:
    text = page(clinic, "why/")
    assert "version 1" in text
    assert "45 CFR 164.520(b)(1)(i)" in text


def test_a_clause_that_is_left_out_shows_what_would_bring_it_in(clinic: Visitor) -> None:
    text = page(clinic, "why/sale-yes/")
    assert "This clause is not in your policy." in text
    assert "One changed answer is enough:" in text
    assert "Answer “Yes, for marketing and other purposes”" in text
    assert "We never sell your personal information." in text, "it would go"


def test_looking_changes_nothing(clinic: Visitor) -> None:
    before = clinic.draft.answers
    page(clinic, "why/sale-yes/")
    page(clinic, "ledger/")
    assert clinic.draft.answers == before


def test_a_clause_that_is_there_shows_its_text(clinic: Visitor) -> None:
    text = page(clinic, "why/sale-no/")
    assert "This clause is in your policy." in text
    assert "We never sell your personal information." in text


def test_a_clause_that_there_is_not_is_not_found(clinic: Visitor) -> None:
    assert clinic.client.get(f"{clinic.base}why/no-such-clause/").status_code == 404


def test_the_review_shows_findings_with_links(clauses: None) -> None:
    raw = {**example("two-location-dental"), "people_in": ["european-union"]}
    visitor = Visitor({**raw, "acceptance": ["use-consent"]})
    response = visitor.client.get(f"{visitor.base}review/")
    text = text_of(response)
    assert "To settle before it is published" in text
    assert "To look at" in text
    assert "?from=review#q-" in response.content.decode()


def test_a_published_version_keeps_its_ledger(clauses: None) -> None:
    people = cast()
    policy = policy_of(people)
    draft = begin_draft(policy, people.owner)
    holder = Holder(user=people.owner)
    vocabulary = library_in_force().vocabulary
    save_answers(holder, draft.pk, parse_answers(vocabulary, example("two-location-dental")))
    draft.refresh_from_db()
    version = publish_policy(holder, draft.pk, order(draft))
    names = {"practice": people.practice.slug, "policy": policy.slug, "number": version.number}
    browser = browser_of(people.viewer, second_factor=True)
    response = browser.get(reverse("version_laws", kwargs=names))
    text = text_of(response)
    assert "Version 1 and the laws" in text
    assert "HIPAA Notice of Privacy Practices" in text
    assert "?from=review" not in response.content.decode()


def test_saving_each_page_as_it_stands_leads_to_the_review(clinic: Visitor) -> None:
    seen, where = [], f"{clinic.base}practice/"
    while "review" not in where:
        step = where.removeprefix(clinic.base).split("/")[0]
        assert step not in seen, f"{step} comes again after {seen}"
        seen.append(step)
        response = clinic.send(step)
        assert response.status_code == 302, step
        where = response["Location"]
    assert "laws" in seen
    assert len(seen) > 20


def test_a_law_is_added_on_its_page(clinic: Visitor) -> None:
    reason = {"laws_reason": "We follow it.", "laws_reason__instead": None}
    sent = clinic.send("laws", laws_added=["caloppa"], laws_added__instead=None, **reason)
    assert sent.status_code == 302
    text = page(clinic, "ledger/")
    assert "You added it: We follow it." in text
