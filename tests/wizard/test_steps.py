"""Which pages there are, which apply, and which are finished."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policygen.wizard.interview import Interview, interview_of
from policygen.wizard.steps import STEPS
from tests.releases import release_changes
from tests.wizard.visitors import FOLDER, elm, library


@pytest.fixture
def interview(db: None) -> Any:
    release_changes(FOLDER)

    def of(raw: dict[str, Any]) -> Interview:
        return interview_of(library().digest, json.dumps(raw))

    return of


def names(steps: Any) -> list[str]:
    return [step.name for step in steps]


def test_pages_stand_in_the_order_of_the_vocabulary():
    pages = list(dict.fromkeys(question.page for question in library().vocabulary.questions))
    assert [step.name for step in STEPS if step.name in pages] == pages


def test_a_page_is_shown_if_one_of_its_questions_applies(interview):
    assert "marketing_details" not in names(interview({}).shown)
    assert "marketing_details" not in names(interview({"marketing": "none"}).shown)
    assert "marketing_details" not in names(interview({"marketing": "dont-know"}).shown)
    assert "marketing_details" in names(interview({"marketing": ["mail", "dont-know"]}).shown)


def test_a_page_is_finished_when_nothing_on_it_is_open(interview):
    raw = elm()
    assert interview(raw).finished == frozenset(names(interview(raw).shown))
    assert interview({**raw, "data": "dont-know"}).next_unfinished is None
    del raw["motto"]
    assert interview(raw).next_unfinished.name == "practice"
    assert interview({}).finished == frozenset()


def test_an_unreadable_answer_leaves_its_page_unfinished(interview):
    found = interview({**elm(), "data": ["gone"]})
    assert found.next_unfinished.name == "data"
    assert list(found.unreadable) == ["data"]


def test_what_was_seen_of_a_page_changes_with_its_answers_only(interview):
    before, after = interview(elm()), interview({**elm(), "data": ["name"]})
    assert before.seen("data") != after.seen("data")
    assert before.seen("practice") == after.seen("practice")
    assert before.seen("data") == interview(dict(reversed(elm().items()))).seen("data")


def test_steps_have_titles_and_leads_of_their_own():
    for part in ("name", "title", "lead"):
        texts = [getattr(step, part) for step in STEPS]
        assert all(texts)
        assert len(set(texts)) == len(texts)
