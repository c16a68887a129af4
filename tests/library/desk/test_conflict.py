"""Two people who write to the same draft: the second sees both texts and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from policygen.library.desk import editing
from policygen.library.loading import load_library
from policygen.library.models import ClauseVersion, Section, Transition
from policygen.library.publishing import DeskBusy, discard
from tests.library.desk.writers import (
    DRAFTERS,
    NEW_CLAUSE,
    TODAY,
    a_new_clause,
    address,
    clause_fields,
    client_of,
    draft,
    errors_of,
    member,
    newest,
    page,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(folder: Path) -> None:
    load_library(folder, today=TODAY)


@pytest.fixture
def version(release: None) -> ClauseVersion:
    return draft("data", by=member(DRAFTERS, name="first"))


@pytest.fixture
def first(version: ClauseVersion) -> Client:
    return client_of(member(DRAFTERS, name="first"))


@pytest.fixture
def second(version: ClauseVersion) -> Client:
    return client_of(member(DRAFTERS, name="second"))


THEIRS = {"body": "We keep {{ data | listing }} with care.", "title": "Kept with care"}
YOURS = {"body": "We store {{ data | listing }}.", "note": "Stored, not kept"}


def test_the_second_to_save_sees_both_texts_and_decides(
    version: ClauseVersion, first: Client, second: Client
) -> None:
    assert first.post(address(version), clause_fields(version, **THEIRS)).status_code == 302

    response = second.post(address(version), clause_fields(version, **YOURS))
    both = page(response)
    assert "first changed this after you opened it. Nothing was overwritten." in both.text
    assert "Text: theirs" in both.text
    assert THEIRS["body"] in both.text
    assert "Kept with care" in both.text
    for wording in ("removed: keep", "added: store", "Title: yours", "Note for colleagues: yours"):
        assert wording in both.text, wording
    assert "Order: theirs" not in both.text
    form = response.context["adminform"].form
    assert form["body"].value() == YOURS["body"]
    assert both.values("title") == ["What we keep"]
    assert set(both.values("seen")) == {str(newest("data").revision)}
    assert newest("data").body == THEIRS["body"]

    fields = clause_fields(version, **YOURS, seen=both.values("seen")[0])
    assert second.post(address(version), fields).status_code == 302
    saved = newest("data")
    assert (saved.body, saved.title) == (YOURS["body"], "What we keep")
    assert saved.edited_by == member(DRAFTERS, name="second")
    assert THEIRS["body"] in Transition.objects.all()[1].content


def test_a_third_save_in_between_is_seen_too(
    version: ClauseVersion, first: Client, second: Client
) -> None:
    first.post(address(version), clause_fields(version, **THEIRS))
    seen = page(second.post(address(version), clause_fields(version, **YOURS))).values("seen")[0]
    first.post(address(version), clause_fields(newest("data"), title="Third"))
    response = second.post(address(version), clause_fields(version, **YOURS, seen=seen))
    assert "Third" in page(response).text
    assert newest("data").title == "Third"


def test_mistakes_of_the_second_are_said_beside_the_conflict(
    version: ClauseVersion, first: Client, second: Client
) -> None:
    first.post(address(version), clause_fields(version, **THEIRS))
    response = second.post(address(version), clause_fields(version, body="{{ dat }}"))
    assert set(errors_of(response)) == {"__all__", "body"}
    assert "{{ dat }}" in page(response).text


def test_the_same_save_sent_twice_is_no_conflict(version: ClauseVersion, first: Client) -> None:
    fields = clause_fields(version, **THEIRS)
    assert first.post(address(version), fields).status_code == 302
    assert first.post(address(version), fields).status_code == 302
    assert newest("data").revision == version.revision + 1


@pytest.mark.parametrize("seen", ["", "x", "-1", "99", "9" * 40])
def test_a_revision_that_was_never_seen_decides_nothing(
    version: ClauseVersion, first: Client, seen: str
) -> None:
    response = first.post(address(version), clause_fields(version, title="Mine", seen=seen))
    assert errors_of(response)
    assert newest("data").title == "What we keep"


def test_sections_meet_in_the_same_way(first: Client, second: Client) -> None:
    section = Section.objects.get(pk="collect")
    fields = {"title": "What we gather", "order": 20, "reason": "Plainer", "seen": 0, "_save": "1"}
    assert first.post(address(section), fields).status_code == 302
    response = second.post(address(section), {**fields, "title": "What we hold"})
    both = page(response)
    assert "Heading: theirs" in both.text
    assert "What we gather" in both.text
    assert both.values("title") == ["What we hold"]
    fields |= {"title": "What we hold", "seen": both.values("seen")[0]}
    assert second.post(address(section), fields).status_code == 302
    assert Section.objects.get(pk="collect").title == "What we hold"


def test_while_the_desk_is_busy_what_was_typed_comes_back_to_be_sent_again(
    version: ClauseVersion, first: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def busy() -> Iterator[None]:
        raise DeskBusy
        yield

    with monkeypatch.context() as patch:
        patch.setattr(editing, "at_the_desk", busy)
        response = first.post(address(version), clause_fields(version, **YOURS))
    kept = page(response, status=409)
    assert "Somebody else is saving just now." in kept.text
    assert YOURS["body"] in kept.text
    names = [attributes["name"] for _, attributes in kept.tags if "name" in attributes]
    again: dict[str, Any] = {str(name): kept.values(str(name)) for name in names}
    assert first.post(address(version), again).status_code == 302
    assert newest("data").body == YOURS["body"]


def test_two_new_clauses_of_one_slug_do_not_meet(first: Client, second: Client) -> None:
    assert first.post(NEW_CLAUSE, a_new_clause()).status_code == 302
    response = second.post(NEW_CLAUSE, a_new_clause(title="Mine"))
    assert "This name is taken" in errors_of(response)["name"][0]
    assert page(response).values("title") == ["Mine"]


def test_what_was_thrown_away_meanwhile_is_kept_to_be_copied_and_not_sent_again(
    first: Client, second: Client
) -> None:
    assert first.post(NEW_CLAUSE, a_new_clause()).status_code == 302
    version = newest("records")
    discard(version, by=member(DRAFTERS, name="first"), seen=version.revision, why="")
    kept = page(second.post(address(version), clause_fields(version, **YOURS)), status=409)
    assert YOURS["body"] in kept.text
    assert "Copy what you want to keep of it, and begin a new draft." in kept.text
    assert "Try again" not in kept.text
    assert "Go to the list of clauses" in kept.text
