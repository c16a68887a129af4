"""Where an option is used: in conditions, placeholders, claims, questions, now and in a release."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from policygen.library.loading import load_library
from tests.library.desk.people import at_desk, text_of
from tests.library.desk.test_review import EVIL, queries
from tests.library.folders import VOCABULARY, write
from tests.library.steps import approved, drafted, make_desk_folder, written
from tests.releases import put_in_force

pytestmark = pytest.mark.django_db

WHY_NAMES = """\
  - id: why_names
    kind: text
    page: purposes
    ask: Why do you need names?
    when: {any: [data.identity]}
"""

REASON = """\
---
title: Why names
order: 20
when: {any: [why_names]}
claims: []
---
We need names: {{ why_names }}.
"""


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> None:
    """The small library with a question that depends on a group of options."""
    folder = tmp_path / "clauses"
    make_desk_folder(folder)
    write(folder, "vocabulary.yaml", VOCABULARY + WHY_NAMES)
    write(folder, "collect/why-names.md", REASON)
    load_library(folder, today=timezone.localdate())


def lists(client: Client, name: str, query: str = "") -> dict[str, list[str]]:
    """Return what each list of the page says, without markup."""
    page = text_of(client.get(f"/admin/pieces/option/{name}/used/{query}"))
    found = {}
    for part in page.split('<section class="desk-panel wide"')[1:]:
        heading = re.search(r"<h2[^>]*>(.*?) <span", part)
        entries = re.findall(r"<li>(.*?)</li>", part, re.DOTALL)
        assert heading is not None
        found[heading[1]] = [" ".join(re.sub(r"<[^>]+>", "", entry).split()) for entry in entries]
    return found


def test_clauses_and_questions_that_name_an_option_its_group_or_its_question_are_listed():
    assert lists(at_desk(), "data:name") == {
        "Conditions": [
            "What we keep data, version 1, released and the newest names its question: data"
        ],
        "Placeholders": [
            "What we keep data, version 1, released and the newest names its question: data"
        ],
        "Claims": [
            "What we keep data, version 1, released and the newest names its question: data"
        ],
        "Questions asked because of it": [
            "Why do you need names? why_names, released names its group: data.identity"
        ],
        "Laws and conflicts": [],
    }


def test_a_question_that_depends_on_another_group_is_not_listed():
    assert lists(at_desk(), "data:records")["Questions asked because of it"] == []


def test_the_newest_version_and_the_one_in_a_release_are_told_apart():
    written(
        "fresh",
        "We write {{ data.identity | listing }}.",
        when={"any": ["data:name"]},
        claims=["keep(data.identity)"],
    )
    drafted("clause", "data", when={"any": ["data.health"]})
    found = lists(at_desk(), "data:name")
    assert found["Conditions"] == [
        "fresh fresh, version 1, draft names the option itself: data:name",
        "What we keep data, version 1, released names its question: data",
    ]
    assert found["Placeholders"][0].endswith("draft names its group: data.identity")
    assert found["Claims"][0].endswith("draft names its group: data.identity")


def test_a_question_that_is_being_changed_says_what_is_released():
    drafted("question", "why_names", when={"any": ["data:records"]})
    client = at_desk()
    (one,) = lists(client, "data:name")["Questions asked because of it"]
    assert one.endswith("released, but no longer in the draft names its group: data.identity")
    (other,) = lists(client, "data:records")["Questions asked because of it"]
    assert other.endswith("not released yet names the option itself: data:records")


@pytest.mark.parametrize("name", ["data:nothing", "nothing", "data:na%00me", "data"])
def test_an_option_that_is_not_there_is_not_found(name):
    assert at_desk().get(f"/admin/pieces/option/{name}/used/").status_code == 404


@pytest.mark.parametrize("page", ["0", "x", "-1", "999999999999999999999"])
def test_any_page_of_a_list_can_be_asked_for(page):
    assert len(lists(at_desk(), "data:name", f"?condition={page}")["Conditions"]) == 1


def test_hostile_texts_do_nothing():
    approved(drafted("option", "data:name", help="It's <b>bold</b>", label="Name & more"))
    written("fresh", "We write.", title="A <i>new</i> one", when={"any": ["data:name"]}, note=EVIL)
    page = text_of(at_desk().get("/admin/pieces/option/data:name/used/"))
    assert "Name &amp; more" in page
    assert "<i>" not in page
    assert "&lt;i&gt;new" in page


def test_the_page_asks_the_database_as_often_however_many_clauses_there_are(
    django_assert_num_queries,
):
    approved(written("fresh", when={"any": ["data:name"]}))
    put_in_force()
    client = at_desk()
    address = "/admin/pieces/option/data:name/used/"
    few = queries(client, address)
    for number in range(30):
        written(f"more-{number}", when={"any": ["data:name"]}, claims=["keep(data:name)"])
    with django_assert_num_queries(few):
        assert client.get(address).status_code == 200
