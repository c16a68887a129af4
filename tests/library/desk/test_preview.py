"""A clause as a reader would see it, while it is being written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.library.loading import load_library
from policygen.library.models import Clause, ClauseVersion, Release, Transition
from tests.library.desk.writers import (
    DRAFTERS,
    NEW_CLAUSE,
    TODAY,
    Page,
    a_new_clause,
    address,
    clause_fields,
    client_of,
    draft,
    member,
    newest,
    only_examples,
    page,
)
from tests.library.folders import change, write
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

PREVIEW = "/admin/pieces/clause/preview/"

ELM = {"practice_name": "Elm, LLC", "data": ["name", "records"]}


@pytest.fixture
def release(folder: Path) -> None:
    write(
        folder,
        "collect/before.md",
        "---\ntitle: Before\norder: 5\nclaims: []\n---\nWe respect you.\n",
    )
    write(
        folder,
        "collect/after.md",
        "---\ntitle: After\norder: 15\nwhen: {any: [data:records]}\nclaims: []\n---\n"
        "- One thing\n- Another thing\n",
    )
    write(
        folder,
        "collect/not-here.md",
        "---\ntitle: Not here\norder: 12\nwhen: {none: [data]}\nclaims: []\n---\n"
        "We keep nothing.\n",
    )
    rights = "  - {id: rights, title: Your rights}\n"
    change(folder, "sections.yaml", "  - {id: collect", f"{rights}  - {{id: collect")
    write(
        folder,
        "rights/asking.md",
        "---\ntitle: Rights\norder: 10\nwhen: {any: [data:records]}\nclaims: []\n---\nAsk us.\n",
    )
    load_library(folder, today=TODAY)


@pytest.fixture
def drafter(release: None) -> Client:
    return client_of(member(DRAFTERS))


def shown(client: Client, fields: dict[str, Any], example: str = "examples:elm") -> Page:
    with only_examples(elm=ELM, none={"practice_name": "Elm, LLC", "data": []}):
        return page(client.post(PREVIEW, {**fields, "example": example}))


def parts(preview: Page, which: str) -> int:
    return sum(attributes.get("class") == which for _, attributes in preview.tags)


def test_the_text_as_typed_is_shown_between_its_neighbours(drafter: Client) -> None:
    version = draft("data")
    fields = clause_fields(version, body="We hold {{ data | listing }}.", run_in="on")
    preview = shown(drafter, fields)
    assert "We respect you. We hold your name and your records." in preview.text
    assert "One thing" in preview.text
    assert "We keep nothing" not in preview.text
    assert "What we collect" in preview.text
    paragraphs = [tag for tag, _ in preview.tags if tag == "p"]
    assert len(paragraphs) == 3, "the reason, one paragraph of two clauses, the legend"
    assert (parts(preview, "own"), parts(preview, "neighbour")) == (1, 2)
    assert "Here because you chose “Name” and “Records”." in preview.text


def test_what_is_left_out_says_why(drafter: Client) -> None:
    preview = shown(drafter, clause_fields(draft("data")), example="examples:none")
    assert (
        "Not in this policy. Left out because you chose nothing for “What do you keep?”."
        in preview.text
    )
    assert parts(preview, "own") == 0
    assert "We keep nothing." in preview.text


def test_a_cross_reference_counts_as_in_a_policy(drafter: Client) -> None:
    body = "See [Your rights](#rights)."
    fields = clause_fields(draft("data"), body=body, **{"when-any": []})
    assert "See Your rights." in shown(drafter, fields).text
    text = shown(drafter, fields, example="examples:none").text
    assert "Left out because it points to “Your rights”, which has no text." in text
    assert "See Your rights." in shown(drafter, fields, example="least").text


def test_just_enough_answers_bring_the_clause_in(drafter: Client) -> None:
    fields = a_new_clause(**{"when-any": ["data:records"]})
    preview = shown(drafter, fields, example="least")
    assert "We keep your records." in preview.text
    unknown = shown(drafter, fields, example="drafts:1")
    assert "We keep your records." in unknown.text


def test_a_clause_that_no_answers_bring_in_says_so(drafter: Client) -> None:
    fields = a_new_clause(**{"when-any": ["data:name"], "when-none": ["data.health"]})
    assert (
        "No answers bring this clause into a policy" in shown(drafter, fields, example="least").text
    )


def test_what_cannot_be_read_yet_says_what_is_wrong(drafter: Client) -> None:
    preview = shown(drafter, a_new_clause(body="One.\r\n\r\n{{ dat }}"))
    assert "It cannot be read yet" in preview.text
    assert "Line 3: “dat” names no answer." in preview.text
    long = shown(drafter, clause_fields(draft("data"), body="We care. " * 20_000))
    assert "Shorten it to 65,536 or fewer" in long.text
    assert "We keep" not in long.text


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "", "order": "", "name": ""},
        {"name": "Not A Slug"},
        {"order": "x", "claims": "nonsense", "seen": "x", "version": "x"},
        {"version": "99999999999999999999999"},
        {"example": "\u0000"},
    ],
)
def test_what_is_not_printed_may_still_be_missing(drafter: Client, changed: dict[str, Any]) -> None:
    fields = a_new_clause(**changed)
    if "claims" in changed:
        assert "no claim" in shown(drafter, fields).text
    else:
        assert "We keep your records." in shown(drafter, fields).text


def test_an_empty_form_is_told_what_to_do(drafter: Client) -> None:
    assert "Choose a section and write the text" in page(drafter.get(NEW_CLAUSE)).text


def test_the_condition_comes_along_as_a_sentence(drafter: Client) -> None:
    fields = clause_fields(draft("data"), **{"when-any": ["data:name"]})
    text = shown(drafter, fields).text
    assert "people chose “Name”" in text
    wrong = shown(drafter, {**fields, "when-any": ["data:nam"]}).text
    assert "One of these names is no answer." in wrong


def test_a_preview_stores_nothing(drafter: Client) -> None:
    version = draft("data")
    models = (Clause, ClauseVersion, Release, Transition)
    before = [list(model.objects.values()) for model in models]
    shown(drafter, clause_fields(version, body="Something else."))
    shown(drafter, a_new_clause())
    assert [list(model.objects.values()) for model in models] == before


def test_the_button_shows_the_page_again_without_saving(drafter: Client) -> None:
    version = draft("data")
    fields = clause_fields(version, body="We hold {{ data | listing }}.", _preview="1", _save=None)
    with only_examples(elm=ELM):
        response = drafter.post(address(version), {**fields, "example": "examples:elm"})
    again = page(response)
    assert "We hold your name and your records." in again.text
    assert newest("data").body == version.body
    assert not [1 for _, attributes in again.tags if attributes.get("role") == "alert"]


def test_the_button_also_says_what_is_wrong(drafter: Client) -> None:
    response = drafter.post(NEW_CLAUSE, a_new_clause(body="{{ dat }}", _preview="1"))
    assert "Did you mean “data”?" in page(response).text
    assert not Clause.objects.filter(pk="records").exists()


def test_readers_choose_an_example_too(release: None) -> None:
    reader = client_of(member("Clause approvers"))
    version = newest("data")
    with only_examples(elm=ELM):
        text = page(reader.get(address(version), {"example": "examples:elm"})).text
    assert "We keep your name and your records." in text


def test_who_has_no_place_at_the_desk_gets_no_preview(release: None) -> None:
    outsider = client_of(member(name="outsider"))
    assert outsider.post(PREVIEW, a_new_clause()).status_code == 403
    assert client_of(member(name="practice", staff=False)).post(PREVIEW, {}).status_code == 302


def test_a_preview_is_asked_for_with_its_token(release: None) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, member(DRAFTERS))
    assert client.post(PREVIEW, a_new_clause()).status_code == 403
    assert client_of(member(DRAFTERS)).get(PREVIEW).status_code == 405


def test_a_preview_needs_the_same_queries_for_many_clauses(drafter: Client) -> None:
    fields = clause_fields(draft("speaker"))
    counts = []
    for start in (0, 60):
        for n in range(start, start + 60):
            slug = f"many-{n}"
            content = newest("before").content()
            clause = Clause.objects.create(slug=slug)
            clause.newest = ClauseVersion.objects.create(
                clause=clause, edited_at=newest("before").edited_at, **content
            )
            clause.save()
        with CaptureQueriesContext(connection) as queries:
            shown(drafter, fields)
        counts.append(len(queries))
    assert counts[0] == counts[1]
