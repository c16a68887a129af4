"""What a page says in the policy, shown while it is being answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.wizard.visitors import Visitor, elm, text_of


def preview(visitor: Visitor, step: str, **inputs: Any) -> Any:
    data = visitor.form(step)
    for name, value in inputs.items():
        data[visitor.name(step, name)] = value if isinstance(value, list) else [value]
    return visitor.client.post(f"{visitor.base}{step}/preview/", data)


def test_it_shows_what_would_be_said_and_saves_nothing(drafter):
    before = drafter.draft
    text = text_of(preview(drafter, "data", data=["birth-date"]))
    assert "We keep the following about you: your date of birth." in text
    assert "No records about your health are with us." in text
    assert "advertising" not in text
    after = drafter.draft
    assert (after.answers, after.revision, after.updated) == (
        before.answers,
        before.revision,
        before.updated,
    )


def test_what_is_not_known_is_not_said(drafter):
    assert "Nothing yet." in text_of(preview(drafter, "data", data="dont-know"))


def test_a_mistake_hides_its_own_answer_only(drafter):
    text = text_of(preview(drafter, "practice", short_name="Oak", website="javascript:1"))
    assert "People call us Oak for short." in text
    assert "https://elm.example" in text
    assert "javascript" not in text


def test_text_is_shown_literally(drafter):
    response = preview(
        drafter, "practice", motto="<script>{{ 3*7777 }}</script>", motto__instead=[]
    )
    assert "<script>" not in response.content.decode()
    assert "this: <script>{{ 3*7777 }}</script>" in text_of(response)


def test_it_is_for_pages_that_apply_and_for_the_owner(drafter):
    form = drafter.form("data")
    assert drafter.client.post(f"{drafter.base}nope/preview/", form).status_code == 404
    assert Visitor().client.post(f"{drafter.base}data/preview/", form).status_code == 404
    assert drafter.client.get(f"{drafter.base}data/preview/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = drafter.client.cookies
    del form["csrfmiddlewaretoken"]
    assert strict.post(f"{drafter.base}data/preview/", form).status_code == 403


@pytest.mark.parametrize("damage", ["{", '{"data": 7, "practice_name": []}'])
def test_a_damaged_draft_can_be_previewed(drafter, damage):
    type(drafter.draft).objects.filter(pk=drafter.draft_id).update(answers=damage)
    assert preview(drafter, "practice").status_code == 200


def test_many_clauses_are_counted(drafter, monkeypatch):
    from policygen.wizard import preview as module  # noqa: PLC0415

    monkeypatch.setattr(module, "SHOWN", 1)
    text = text_of(preview(drafter, "practice"))
    assert "… and 3 more clauses, all on the review." in text
    assert json.loads(drafter.draft.answers) == elm()
