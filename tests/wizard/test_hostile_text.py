"""What people type, or paste, into any text input of any page: taken literally or refused kindly.

The inputs are found on the pages themselves, so a new kind of question is tried as well.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from policygen.rendering import FORMATS
from tests.wizard.visitors import Controls, Visitor, elm, library, text_of

FREE = {
    "practice-practice_name",
    "practice-short_name",
    "practice-motto",
    "scope-locations-0-name",
    "scope-locations-0-address",
    "borders-countries",
    "contact_points-contact_points-1-value",
    "contacts-contacts-questions-attention",
}
"""Inputs that take any text; all others are numbers, dates, addresses and numbers to call."""

SHAPED = {
    "practice-website",
    "retention-retention_years",
    "changes-effective_date-month",
    "changes-effective_date-day",
    "changes-effective_date-year",
    "contact_points-contact_points-0-value",
    "contacts-contacts-fax-opt-out-attention",  # without a contact ticked it needs one
}

REFUSED = {
    "NUL": "a\x00b",
    "escape": "a\x1b[31mb",
    "bell": "\x07",
    "C1 control": "a\x9bb",
    "right-to-left override": "a\u202egpj.exe",
    "isolate": "a\u2066b",
    "zero width space": "a\u200bb",
    "soft hyphen": "a\u00adb",
    "byte order mark": "a\ufeffb",
    "no character": "a\ufffeb",
    "private use": "a\ue000b",
    "ten thousand characters": "x" * 10_000,
    "piled marks": "e" + "\u0301" * 40,
}

LITERAL = {
    "markup": '"><svg/onload=alert(1)>',
    "attribute": "' onfocus=alert(1) autofocus x='",
    "script": "</textarea></title><script>alert(1)</script>",
    "entity": "&lt;b&gt; &amp; &#x27;",
    "Jinja": "{{ 3*7777 }}{% for x in y %}",
    "Django template": "{% load static %}{{ request }}",
    "format": "{0.__class__} %(x)s $x",
    "Markdown": "[x](javascript:alert(1)) **b** `c` # h",
    "list": "- a * b + c 1. d",
    "spreadsheet": "=cmd|' /C calc'!A1",
    "SQL": "' or 1=1--",
    "Arabic": "عيادة الأسنان",
    "Hebrew": "מרפאת שיניים",
    "emoji": "Zähne 🦷👩‍⚕️🏳️‍🌈",
    "joiners": "می‌خواهم क्‍ष",
    "Hangul": "치과",
    "long": "Wort " * 39,
    "ids": "toString constructor __proto__ none-such",
}


@cache
def known() -> frozenset[str]:
    return frozenset(FREE | SHAPED)


def inputs_of(drafter: Visitor) -> list[tuple[str, str]]:
    pages = dict.fromkeys(question.page for question in library().vocabulary.questions)
    return [
        (page, name)
        for page in pages
        for name in Controls(drafter.get(page).content.decode()).texts
    ]


def fill(drafter: Visitor, page: str, name: str, text: str) -> Any:
    data = {**drafter.form(page), name: [text]}
    if name == "contacts-contacts-fax-opt-out-attention":
        data["contacts-contacts-fax-opt-out"] = ["desk"]
    for box in [key for key in data if key.endswith("-instead") and name.startswith(key[:-8])]:
        del data[box]
    return drafter.client.post(f"{drafter.base}{page}/", data)


def test_every_text_input_is_known_to_these_tests(drafter):
    assert {name for _, name in inputs_of(drafter)} == known()


@pytest.mark.parametrize("kind", REFUSED)
def test_i01_i02_i05_what_no_format_can_print_is_refused_at_its_input(drafter, kind):
    before = json.loads(drafter.draft.answers)
    for page, name in inputs_of(drafter):
        response = fill(drafter, page, name, REFUSED[kind])
        assert response.status_code == 200, (name, kind)
        shown = Controls(response.content.decode())
        summary = response.content.decode().split("error-summary")[1].split("</ul>")[0]
        target = summary.split('href="#')[1].split('"')[0]
        assert target in shown.ids, (name, kind)
        assert json.loads(drafter.draft.answers) == before, (name, kind)
        assert REFUSED[kind] in dict(shown.fields).get(name, "")


@pytest.mark.every_case
@pytest.mark.parametrize("kind", LITERAL)
def test_b01_b02_i04_text_is_printed_as_it_was_typed(drafter, kind):
    text = LITERAL[kind].strip()
    for page, name in inputs_of(drafter):
        if name not in FREE:
            continue
        response = fill(drafter, page, name, text)
        assert response.status_code == 302, (name, text_of(response))
        shown = Controls(drafter.get(page).content.decode())
        assert dict(shown.fields)[name] == text
    for address in (
        "practice/",
        "scope/",
        "contact_points/",
        "contacts/",
        "review/",
        "why/",
        "delete/",
    ):
        assert_inert(drafter.client.get(drafter.base + address), text)
    assert_inert(drafter.client.get("/"), text)
    review = text_of(drafter.get("review"))
    assert review.count(text) >= 2 * 6  # every answer, and the policy beside it
    printed = drafter.client.get(drafter.base + "policy.txt").content.decode()
    assert text in " ".join(printed.split())
    assert drafter.client.get(drafter.base + "answers.yaml").status_code == 200
    for name in set(FORMATS) - {"pdf"}:
        assert drafter.client.get(f"{drafter.base}policy.{name}").status_code == 200


def assert_inert(response: Any, text: str) -> None:
    page = Controls(response.content.decode())
    for tag, attributes in page.elements:
        assert tag not in {"svg", "style", "iframe", "img"}
        assert tag != "script" or str(attributes["src"]).startswith("/static/django_htmx/")
        assert not [name for name in attributes if name.startswith("on")]
        assert "style" not in attributes
        assert not str(attributes.get("href", "")).startswith(("javascript:", "data:"))
    assert text in text_of(response)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "https://ok@evil.example",
        "https://раypal.com",
        "https://",
        "https://localhost",
        "http://[::1]/",
        "ftp://elm.example",
        "https://elm.example/ x",
        "https://elm.example/\x01",
        "none of your business",
    ],
)
def test_b04_b05_addresses_that_mislead_are_refused(drafter, address):
    response = fill(drafter, "practice", "practice-website", address)
    assert response.status_code == 200
    assert json.loads(drafter.draft.answers)["website"] == "https://elm.example"


def test_i03_text_is_stored_composed(drafter):
    fill(drafter, "practice", "practice-practice_name", "Mu\u0308ller\u00a0 &  Co")
    assert json.loads(drafter.draft.answers)["practice_name"] == "M\u00fcller & Co"


@pytest.mark.parametrize(
    ("name", "limit"), [("practice-practice_name", 200), ("practice-motto", 500)]
)
def test_i05_the_longest_text_is_taken_and_one_character_more_is_not(drafter, name, limit):
    assert fill(drafter, "practice", name, "x" * limit).status_code == 302
    response = fill(drafter, "practice", name, "x" * (limit + 1))
    assert response.status_code == 200
    assert f"Shorten it to {limit} or fewer" in text_of(response)


def test_a_text_that_is_the_word_none_or_the_code_for_unknown_is_safe(drafter):
    for text in ("none", "dont-know", "None", "[]", "{}", "null"):
        assert fill(drafter, "practice", "practice-short_name", text).status_code == 302
        assert drafter.get("review").status_code == 200
    response = fill(drafter, "practice", "practice-practice_name", "dont-know")
    assert "There is no policy without this" in text_of(response)


def test_bytes_that_are_no_text_do_no_harm(drafter):
    body = b"practice-practice_name=%ff%fe&" + f"{drafter.draft_id}-current_step=practice".encode()
    response = drafter.client.post(
        f"{drafter.base}practice/", body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200
    response = drafter.client.post(
        f"{drafter.base}practice/", b'{"a": [', content_type="application/json"
    )
    assert response.status_code == 302
    assert json.loads(drafter.draft.answers) == {**elm(), "practice_name": "\ufffd\ufffd"}
