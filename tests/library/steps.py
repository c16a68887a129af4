"""Steps at the desk in few words, on a small library with room to change things."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from policygen.library.loading import load_library
from policygen.library.models import KINDS, Clause, ClauseVersion, FramePiece, Release, State
from policygen.library.publishing import (
    approve,
    begin_draft,
    new_clause,
    save_draft,
    send_back,
    submit,
)
from tests.at_rest import put_at_rest
from tests.library.folders import SPEAKER, make, write
from tests.releases import person, put_in_force

Row = FramePiece | ClauseVersion

MORE = SPEAKER.replace("cares", "cares a lot").split("\n\nSee")[0] + "\n"
"""A clause that nothing depends on."""
CLAUSE = ("clause", "more")
OPTION = ("option", "data:name")
SECTION = ("section", "collect")
TITLE = ("title", "title")
QUESTION = ("question", "data")
FRAME = (TITLE, SECTION, QUESTION, OPTION)


def make_desk_folder(folder: Path) -> Path:
    """Write the small library with one clause more."""
    write(make(folder), "about/more.md", MORE)
    return folder


def loaded(folder: Path) -> Release:
    """Return release 1, made from a folder that is written for it."""
    make_desk_folder(folder)
    put_at_rest("desk", lambda: load_library(folder, today=timezone.localdate()))
    return Release.objects.get()


def row_of(kind: str, name: str) -> Any:
    """Return the working row of a piece; for a clause it is the newest version."""
    if kind == "clause":
        return Clause.objects.get(pk=name).newest
    return KINDS[kind]._default_manager.get(pk=name)


CHANGES = {
    "clause": {"body": "{{ practice }} cares very much."},
    "section": {"title": "What we hold"},
    "option": {"label": "The name"},
    "question": {"ask": "What do you hold?"},
    "title": {"title": "Our privacy policy"},
}
"""A change of each kind of piece that the small library bears."""


def drafted(
    kind: str, name: str, by: User | None = None, why: str = "Clearer.", **content: Any
) -> Any:
    """Return a draft of a released piece, changed as ``CHANGES`` says unless told otherwise."""
    by = by or person("drafter")
    row = row_of(kind, name)
    if isinstance(row, ClauseVersion) and not row.is_open:
        row = begin_draft(row.clause, by=by, why=why)
    return save_draft(row, content or CHANGES[kind], by=by, seen=row.revision, why=why)


def submitted(row: Any) -> Any:
    return submit(row, by=person("drafter"), seen=row.revision)


def approved(row: Any) -> Any:
    """Return a draft approved."""
    row = submitted(row)
    return approve(row, by=person("approver"), seen=row.revision)


def sent_back(row: Any, why: str = "Say it shorter.") -> Any:
    return send_back(row, by=person("approver"), seen=row.revision, why=why)


def written(slug: str, body: str = "We write.", **content: Any) -> ClauseVersion:
    """Return the first draft of a clause."""
    plain: dict[str, Any] = {"statements": [], "claims": [], "citations": []}
    plain |= {"section_id": "about", "title": slug, "order": 50, "when": {}, "run_in": False}
    plain |= {"note": "", "withdrawn": False}
    return new_clause(
        slug, {**plain, "body": body, **content}, by=person("drafter"), why="It was missing."
    )


def reach(kind: str, name: str, state: State) -> Any:
    """Bring a released piece into a state, by the steps that lead there."""
    if state == State.RELEASED:
        return row_of(kind, name)
    changes = {"withdrawn": True} if state == State.RETIRED else {}
    row = drafted(kind, name, **changes)
    if state == State.DRAFT:
        return row
    row = submitted(row)
    if state == State.REVIEW:
        return row
    row = approve(row, by=person("approver"), seen=row.revision)
    if state == State.APPROVED:
        return row
    put_in_force()
    return row_of(kind, name)


@contextmanager
def triggers_off(*tables: str) -> Iterator[None]:
    """Let a test damage what the database guards: all triggers of these tables are away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            return
        names = ", ".join("%s" for _ in tables)
        cursor.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({names})",
            tables,
        )
        kept = cursor.fetchall()
        for name, _ in kept:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in kept:
            cursor.execute(sql)
