"""People who write at the desk, a small library for them, and forms as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from policygen.library.desk.lookup import change_address
from policygen.library.models import ClauseVersion
from policygen.library.publishing import AnyPiece, begin_draft
from policygen.library.sources import SOURCES, AnswerSet
from tests.signing_in import sign_in

TODAY = date(2026, 3, 2)
NEW_CLAUSE = "/admin/library/clauseversion/add/"
CLAUSES = "/admin/library/clauseversion/"

DRAFTERS, APPROVERS, MANAGERS = "Clause drafters", "Clause approvers", "Release managers"


def member(*groups: str, name: str = "", staff: bool = True) -> User:
    """Return somebody in these groups; whoever is in the same groups is the same person."""
    username = name or "-".join(groups).lower().replace(" ", "-") or "nobody"
    user, _ = User.objects.get_or_create(username=username, defaults={"is_staff": staff})
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def client_of(user: User) -> Client:
    return sign_in(Client(), user)


def newest(slug: str) -> ClauseVersion:
    return ClauseVersion.objects.select_related("clause").get(newest_of=slug)


def draft(slug: str = "data", by: User | None = None) -> ClauseVersion:
    """Begin a draft of a clause."""
    return begin_draft(newest(slug).clause, by=by or member(DRAFTERS))


def address(piece: AnyPiece) -> str:
    return change_address(piece)


def clause_fields(version: ClauseVersion, **changed: Any) -> dict[str, Any]:
    """Return what a browser sends of a clause's form."""
    fields: dict[str, Any] = {
        "seen": version.revision,
        "title": version.title,
        "section_id": version.section_id,
        "order": version.order,
        "body": version.body.replace("\n", "\r\n"),
        "claims": "\r\n".join(version.claims),
        "statements": "\r\n".join(version.statements),
        "citations": "\r\n".join(version.citations),
        "note": version.note,
        "reason": version.reason or "Said better",
        "version": version.pk,
        "_save": "1",
        **{f"when-{key}": [*atoms, "", ""] for key, atoms in version.when.items()},
    }
    return {key: value for key, value in {**fields, **changed}.items() if value is not None}


def a_new_clause(**changed: Any) -> dict[str, Any]:
    """Return what a browser sends of the form for a new clause."""
    fields = {
        "name": "records",
        "title": "Records",
        "section_id": "collect",
        "order": "20",
        "when-any": ["data:records", ""],
        "body": "We keep {{ data.health | listing }}.",
        "claims": "collect(data.health)",
        "reason": "Nobody says it yet",
        "_save": "1",
    }
    return {key: value for key, value in {**fields, **changed}.items() if value is not None}


class Page(HTMLParser):
    """What a page holds: texts by the id of the element, errors, links, tags with attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._hidden = 0
        self.feed(markup)
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style"}

    def handle_data(self, text: str) -> None:
        if not self._hidden:
            self.text += text

    def values(self, name: str) -> list[str]:
        """Return the values of the inputs of a name."""
        return [
            a.get("value") or "" for tag, a in self.tags if tag == "input" and a.get("name") == name
        ]


def page(response: Any, status: int = 200) -> Page:
    assert response.status_code == status, response.status_code
    return Page(response.content.decode())


def errors_of(response: Any) -> dict[str, list[str]]:
    """Return the mistakes that a page shows, by field."""
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form
    return {name: list(map(str, messages)) for name, messages in form.errors.items()}


class Examples:
    """A source of answers that every release must fit."""

    name = "examples"
    label = "Examples"
    blocks = True

    def __init__(self, **sets: dict[str, Any]) -> None:
        self._sets = sets

    def keys(self) -> list[str]:
        return list(self._sets)

    def sets(self, keys: Any) -> Iterator[AnswerSet]:
        for key in keys:
            if key in self._sets:
                yield AnswerSet(key, key.replace("_", " ").title(), self._sets[key])


@contextmanager
def only_examples(**sets: dict[str, Any]) -> Iterator[None]:
    """Let these be the only sets of answers there are."""
    before = dict(SOURCES)
    SOURCES.clear()
    SOURCES["examples"] = Examples(**sets)
    try:
        yield
    finally:
        SOURCES.clear()
        SOURCES.update(before)
