"""The review: every answer, what waits, what is skipped, and the policy as it stands."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from policygen.policies.models import Draft
from policygen.rendering import FORMATS, RenderTooLarge
from policygen.wizard import review as review_module
from tests.wizard.visitors import Controls, Visitor, elm, library, text_of


def put(visitor: Visitor, **changes: Any) -> None:
    raw = {name: value for name, value in {**elm(), **changes}.items() if value is not None}
    Draft.objects.filter(pk=visitor.draft_id).update(answers=json.dumps(raw))


def section(response: Any, heading: str) -> str:
    """The text from a heading to the next one of its level."""
    markup = response.content.decode()
    part = re.split(rf'<h2 id="{heading}">', markup)[1]
    part = re.split(r"<h2", part)[0]
    response.content = part.encode()
    return text_of(response)


def test_every_answer_is_read_back_with_a_link_to_change_it(drafter):
    response = drafter.get("review")
    text = text_of(response)
    links = re.findall(r'href="([^"]+)#q-([a-z_]+)"', response.content.decode())
    changeable = {name: address for address, name in links}
    for question in library().vocabulary.questions:
        assert question.ask in text
        assert changeable[question.id] == f"{drafter.base}{question.page}/?from=review"
    for line in (
        "Elm Dental, PLLC",
        "A dental practice",
        "North office, 1 Elm Street, Springfield, IL 62701",
        "Name Records",
        "February 15, 2026",
        "Phone: 217-555-0148",
        "Mail: Elm Dental, 1 Elm Street, Springfield, IL 62701",
    ):
        assert line in text


def test_the_links_of_the_review_lead_to_the_question(drafter):
    for address, name in set(
        re.findall(r'href="([^"]+)#(q-[a-z_]+)"', drafter.get("review").content.decode())
    ):
        page = drafter.client.get(address)
        assert name in Controls(page.content.decode()).ids


def test_what_is_not_known_is_listed_with_the_clauses_that_wait_and_never_said(drafter):
    put(drafter, data="dont-know", retention_years=None)
    waiting = section(drafter.get("review"), "waiting")
    assert "What data do you keep? You don’t know yet." in waiting
    assert "It decides: What we keep; No health data." in waiting
    assert "How many years do you keep it? Not answered yet. It decides: Years." in waiting
    assert "Do people agree first? You don’t know yet." in waiting
    text = text_of(drafter.get("review"))
    assert "3 questions still wait for an answer." in text
    for unsaid in ("We keep the following", "No records about your health", "years at most"):
        assert unsaid not in text


def test_ticked_options_with_dont_know_are_said_but_nothing_is_denied(drafter):
    put(drafter, data=["name", "dont-know"])
    text = text_of(drafter.get("review"))
    assert "We keep the following about you: your name." in text
    assert "No records about your health" not in text
    assert "Name I don’t know yet whether there is more" in text


def test_nothing_waits_when_everything_is_answered(drafter):
    put(drafter, marketing_basis="yes")
    response = drafter.get("review")
    assert "Every question is answered." in text_of(response)
    assert "Waiting for your answer" not in text_of(response)


@pytest.mark.parametrize(
    ("marketing", "reason"),
    [
        ("none", "Skipped because you chose nothing"),
        ("dont-know", "Waits for your answer to “How do you advertise?”."),
        (None, "Waits for your answer to “How do you advertise?”."),
    ],
)
def test_pages_that_do_not_apply_say_why(drafter, marketing, reason):
    put(drafter, marketing=marketing)
    assert section(drafter.get("review"), "skipped").startswith(
        f"Pages that do not apply Marketing choices {reason}"
    )


def test_clauses_without_the_fact_that_they_print_are_listed(drafter):
    put(drafter, motto="none", countries="none")
    listed = section(drafter.get("review"), "no-fact")
    assert "Motto Left out because you answered “none” to “What is your motto?”." in listed
    assert "Countries" in listed


def test_without_a_name_there_is_no_policy_and_a_link_to_enter_it(drafter):
    put(drafter, practice_name=None)
    response = drafter.get("review")
    markup = response.content.decode()
    assert "One thing is needed before there is a policy." in text_of(response)
    assert f'href="{drafter.base}practice/?from=review#q-practice_name"' in markup
    assert "/policy." not in markup
    assert "There is no policy yet." in text_of(response)


def test_there_is_a_button_for_every_format(drafter):
    markup = drafter.get("review").content.decode()
    for name, made in FORMATS.items():
        assert f'href="{drafter.base}policy.{name}"' in markup
        assert made.label in markup


def test_the_review_shows_the_document_as_it_is_downloaded(drafter):
    review = text_of(drafter.get("review"))
    document = text_of(drafter.client.get(f"{drafter.base}policy.html"))
    body = document.split("Contents")[1]
    assert body.strip() in review


def test_the_site_says_that_it_gives_no_legal_advice_and_the_document_does_not(drafter):
    assert text_of(drafter.get("review")).count("gives no legal advice") == 2
    assert "legal advice" not in drafter.client.get(f"{drafter.base}policy.txt").content.decode()


def test_a_policy_that_is_too_long_to_show_says_so(drafter, monkeypatch):
    def refuse(document: object) -> str:
        raise RenderTooLarge("This policy is too long.")

    monkeypatch.setattr(review_module, "body", refuse)
    response = drafter.get("review")
    assert response.status_code == 200
    assert "This policy is too long." in text_of(response)


def test_each_clause_has_its_reason(drafter):
    text = text_of(drafter.get("why"))
    assert "What we keep version 1 Here because you chose “Name” and “Records”." in text
    assert (
        "What it says: What we keep We keep the following about you: your name and your records."
        in text
    )
    assert "Consent to advertising Waits for your answer to “Do people agree first?”." in text
    assert "Motto Left out because you answered “none” to “What is your motto?”." in text
    total = re.search(r"(\d+) clauses of the library are in your policy, (\d+) are not", text)
    assert total
    assert int(total[1]) + int(total[2]) == len(library().clauses)
    ids = [
        name
        for name in Controls(drafter.get("why").content.decode()).ids
        if name.startswith("clause-")
    ]
    assert sorted(ids) == sorted(f"clause-{clause.slug}" for clause in library().clauses)


def test_a_blank_draft_can_be_reviewed(visitor):
    for page in ("review", "why"):
        assert visitor.get(page).status_code == 200
