"""What is released or logged stays, whichever way somebody writes: no write path gets through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from policygen.library import publishing
from policygen.library.models import (
    Clause,
    ClauseVersion,
    Option,
    PolicyTitle,
    Question,
    Release,
    ReleaseClause,
    Section,
    State,
    Transition,
)
from policygen.library.verify import TRIGGERS
from tests.conftest import Unblocked
from tests.library.steps import CLAUSE, OPTION, approved, drafted, loaded, row_of, triggers_off
from tests.releases import person, put_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.every_case]

REFUSED = (IntegrityError, ProtectedError, RestrictedError)
"""How the database and Django refuse: nothing else counts."""


@pytest.fixture(scope="module", autouse=True)
def _two_releases(module_db: Unblocked, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Release 1 from files, release 2 made by people, and a line in the log of the admin."""
    with module_db():
        loaded(tmp_path_factory.mktemp("two") / "clauses")
        approved(drafted(*CLAUSE))
        put_in_force()
        LogEntry.objects.create(
            user=person("drafter"),
            content_type=ContentType.objects.get_for_model(Section),
            object_id="collect",
            object_repr="What we collect",
            action_flag=CHANGE,
            change_message="Changed.",
        )


def released_version() -> ClauseVersion:
    return ClauseVersion.objects.get(clause="more", number=2)


def release_since_last_week() -> Release:
    with triggers_off("library_release"):
        day = timezone.localdate() - timedelta(days=7)
        Release.objects.filter(number=1).update(effective_from=day)
    return Release.objects.get(number=1)


def entry() -> ReleaseClause:
    return ReleaseClause.objects.get(release__number=2, version__clause="more")


KEPT: dict[str, tuple[Callable[[], models.Model], str, Any]] = {
    "snapshot": (lambda: Release.objects.get(number=2), "snapshot", "{}"),
    "frame": (lambda: Release.objects.get(number=2), "frame", "[]"),
    "digest": (lambda: Release.objects.get(number=2), "digest", "f" * 64),
    "effective date": (
        lambda: Release.objects.get(number=2),
        "effective_from",
        timezone.localdate() + timedelta(days=9),
    ),
    "notes": (lambda: Release.objects.get(number=2), "notes", "We sell everything."),
    "release back to candidate": (lambda: Release.objects.get(number=2), "state", "candidate"),
    "release in force cancelled": (release_since_last_week, "state", "cancelled"),
    "text": (released_version, "body", "We sell everything."),
    "condition": (released_version, "when", {"any": ["data"]}),
    "claims": (released_version, "claims", ["sell(data)"]),
    "number": (released_version, "number", 7),
    "version back to draft": (released_version, "state", "draft"),
    "version retired": (released_version, "state", "retired"),
    "approver": (released_version, "approved_by_id", None),
    "author": (released_version, "edited_by_id", None),
    "entry": (entry, "version_id", lambda: ClauseVersion.objects.get(clause="more", number=1).pk),
    "line of the log": (lambda: Transition.objects.get(action="approved"), "why", "Because."),
    "line of the admin's log": (lambda: LogEntry.objects.get(), "object_repr", "Nothing"),
}
"""Rows that must stay, each with a field and another value for it."""


def save(row: models.Model, field: str, value: Any) -> None:
    setattr(row, field, value)
    row.save()


def save_one_field(row: models.Model, field: str, value: Any) -> None:
    setattr(row, field, value)
    row.save(update_fields=[field.removesuffix("_id")])


def save_past_the_class(row: models.Model, field: str, value: Any) -> None:
    setattr(row, field, value)
    models.Model.save_base(row, raw=True)


def update(row: models.Model, field: str, value: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**{field: value})


def bulk_update(row: models.Model, field: str, value: Any) -> None:
    setattr(row, field, value)
    type(row)._default_manager.bulk_update([row], [field.removesuffix("_id")])


def upsert(row: models.Model, field: str, value: Any) -> None:
    setattr(row, field, value)
    type(row)._default_manager.bulk_create(
        [row], update_conflicts=True, unique_fields=["pk"], update_fields=[field]
    )


def raw_update(row: models.Model, field: str, value: Any) -> None:
    column = row._meta.get_field(field)
    stored = column.get_db_prep_save(value, connection)
    if isinstance(value, dict | list):
        stored = json.dumps(value)
    with connection.cursor() as cursor:
        table = row._meta.db_table
        cursor.execute(f'UPDATE {table} SET "{column.column}" = %s WHERE id = %s', [stored, row.pk])


def raw_delete(row: models.Model, _field: str, _value: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


def delete(row: models.Model, _field: str, _value: Any) -> None:
    row.delete()


def delete_past_the_collector(row: models.Model, _field: str, _value: Any) -> None:
    rows = type(row)._default_manager.filter(pk=row.pk)
    rows._raw_delete(rows.db)


def queryset_delete(row: models.Model, _field: str, _value: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).delete()


def delete_all(row: models.Model, _field: str, _value: Any) -> None:
    type(row)._default_manager.all().delete()


def load_fixture(row: models.Model, field: str, value: Any) -> None:
    setattr(row, field, value)
    fixture = Path(FIXTURES["folder"]) / "changed.json"
    fixture.write_text(serializers.serialize("json", [row]), encoding="utf-8")
    call_command("loaddata", str(fixture), verbosity=0)


FIXTURES: dict[str, Path] = {}
PATHS = (
    *(save, save_one_field, save_past_the_class, update, bulk_update, upsert, raw_update),
    *(raw_delete, delete, delete_past_the_collector, queryset_delete, delete_all, load_fixture),
)
TABLES = (
    *("library_release", "library_clauseversion", "library_releaseclause"),
    *("library_transition", "django_admin_log", "library_clause", "library_section"),
)


def stored() -> dict[str, list[Any]]:
    """Return every row of the tables that are kept."""
    rows = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
            rows[table] = cursor.fetchall()
    return rows


def get_through(write: Callable[[], object]) -> bool:
    """Say whether a write was accepted, and see that a refused one left no trace."""
    before = stored()
    try:
        with transaction.atomic():
            write()
            connection.check_constraints()
    except REFUSED:
        assert stored() == before
        return False
    return True


@pytest.mark.parametrize("kept", KEPT)
def test_no_write_path_gets_through(kept: str, tmp_path: Path) -> None:
    FIXTURES["folder"] = tmp_path
    find, field, value = KEPT[kept]
    value = value() if callable(value) else value
    assert getattr(find(), field) != value
    through = []
    for path in PATHS:
        row = find()
        if get_through(lambda path=path, row=row: path(row, field, value)):
            through.append(path.__name__)
            break
    assert through == []


def test_without_triggers_every_write_path_gets_through(tmp_path: Path) -> None:
    """So it is the triggers that refuse, and not a mistake in a path."""
    FIXTURES["folder"] = tmp_path
    find, field, value = KEPT["line of the admin's log"]
    with triggers_off("django_admin_log"):
        for path in PATHS:
            with transaction.atomic():
                before, row = stored(), find()
                assert get_through(lambda path=path, row=row: path(row, field, value)), path
                assert stored() != before, path
                transaction.set_rollback(True)


@pytest.mark.postgresql
def test_no_table_is_emptied_at_once() -> None:
    def truncate(tables: str) -> None:
        connection.check_constraints()  # what is pending would refuse it, too
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} CASCADE")

    for tables in (*TABLES, ", ".join(TABLES)):
        assert not get_through(lambda tables=tables: truncate(tables)), tables


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.sqlite
def test_sqlite_replaces_nothing(kept: str) -> None:
    """It would delete the row first, and ask no trigger about it."""
    row = KEPT[kept][0]()
    table = row._meta.db_table
    names = [field.column for field in row._meta.concrete_fields]
    state = "'candidate'" if table == "library_release" else "'draft'"
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(state if name == "state" else f'"{name}"' for name in names)

    def replace() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"REPLACE INTO {table} ({columns}) SELECT {values} FROM {table} WHERE id = %s",
                [row.pk],
            )

    assert not get_through(replace)


@pytest.mark.parametrize("column", ["id", "number"])
@pytest.mark.sqlite
def test_sqlite_moves_no_candidate_over_a_release(column: str) -> None:
    approved(drafted(*OPTION))
    publishing.prepare_release(
        title="",
        notes="",
        effective_from=timezone.localdate(),
        by=person("release_manager"),
        today=timezone.localdate(),
    )
    released = Release.objects.values_list(column, flat=True).get(number=2)

    def move() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE OR REPLACE library_release SET {column} = %s WHERE state = 'candidate'",
                [released],
            )

    assert not get_through(move)


# ------------------------------------------------------------------ names


def test_slugs_and_ids_never_change() -> None:
    renamed = [
        lambda: Clause.objects.filter(pk="more").update(slug="other"),
        *(
            lambda model=model: model._default_manager.filter(
                pk=model._default_manager.values("pk")[:1]
            ).update(name="other")
            for model in (PolicyTitle, Section, Question, Option)
        ),
        lambda: ClauseVersion.objects.filter(clause="more", number=2).update(clause="data"),
    ]
    for rename in renamed:
        assert not get_through(rename)


def test_released_pieces_of_the_frame_do_not_go() -> None:
    for model in (PolicyTitle, Section, Question, Option):
        row = model._default_manager.first()
        assert row is not None
        for path in (raw_delete_by_name, delete, delete_past_the_collector, queryset_delete):
            assert not get_through(lambda path=path, row=row: path(row, "", None))


def raw_delete_by_name(row: models.Model, _field: str, _value: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE name = %s", [row.pk])


def test_a_released_text_of_the_frame_changes_only_by_becoming_a_draft() -> None:
    for row in (row_of("section", "collect"), row_of(*OPTION)):
        rows = type(row)._default_manager.filter(pk=row.pk)
        field = "title" if row.kind == "section" else "phrase"
        for state in (State.RELEASED, State.APPROVED, State.REVIEW, State.RETIRED):
            assert not get_through(
                lambda rows=rows, f=field, s=state: rows.update(state=s, **{f: "x"})
            )


@pytest.mark.parametrize("before", State)
def test_the_database_lets_no_step_be_left_out(before: State) -> None:
    version = drafted(*CLAUSE, body="We care.")
    rows = ClauseVersion.objects.filter(pk=version.pk)
    with triggers_off("library_clauseversion"):
        rows.update(state=before)
    refused = [after for after in State if f"{before}>{after}" not in TRIGGERS.ALLOWED]
    for after in refused:
        if after != before:
            change = {"state": after, "approved_by": person("approver")}
            assert not get_through(lambda change=change: rows.update(**change)), after


def test_a_clause_has_one_open_version_and_a_number_once() -> None:
    draft = drafted(*CLAUSE)
    again = ClauseVersion.objects.get(pk=draft.pk)
    again.pk, again.number = None, 4
    assert not get_through(lambda: again.save(force_insert=True))
    again.number, again.state, again.edited_by = 1, State.RELEASED, None
    assert not get_through(lambda: again.save(force_insert=True))


def test_there_is_one_candidate_and_no_release_begins_published() -> None:
    release = Release.objects.get(number=2)
    for number, state in ((3, "published"), (3, "cancelled")):
        release.pk, release.number, release.state = None, number, state
        assert not get_through(lambda: release.save(force_insert=True))
    release.pk, release.number, release.state = None, 3, "candidate"
    release.save(force_insert=True)
    release.pk, release.number = None, 4
    assert not get_through(lambda: release.save(force_insert=True))


@pytest.mark.parametrize("state", ["draft", "review"])
def test_a_release_holds_what_is_approved_once_and_only_while_it_is_made(state: str) -> None:
    published, entry = Release.objects.get(number=2), ReleaseClause.objects.first()
    assert entry is not None
    candidate = Release.objects.get(number=1)
    candidate.pk, candidate.number, candidate.state = None, 3, "candidate"
    candidate.save(force_insert=True)
    draft = drafted(*OPTION) and drafted("clause", "data", body="We hold {{ data | listing }}.")
    if state == "review":
        draft = publishing.submit(draft, by=person("drafter"), seen=draft.revision)
    released = released_version()
    assert not get_through(lambda: ReleaseClause(release=candidate, version=draft).save())
    assert not get_through(lambda: ReleaseClause(release=published, version=released).save())
    ReleaseClause(release=candidate, version=released).save()
    for other in ClauseVersion.objects.filter(clause="more"):
        assert not get_through(
            lambda other=other: ReleaseClause(release=candidate, version=other).save()
        )


# ------------------------------------------------------------------ what others refer to


def referred_to() -> Iterator[models.Model]:
    """Give something of each kind that a release, a version or the log refers to."""
    yield from User.objects.filter(username__in=["drafter", "approver", "release_manager"])
    yield Section.objects.get(pk="about")
    yield Question.objects.get(pk="data")
    yield Clause.objects.get(pk="more")
    yield from ClauseVersion.objects.filter(clause="more")
    yield from Release.objects.all()


def test_nothing_is_deleted_while_something_refers_to_it() -> None:
    found = list(referred_to())
    assert len(found) == 10
    for row in found:
        for path in (delete, queryset_delete, delete_past_the_collector):
            assert not get_through(lambda path=path, row=row: path(row, "", None)), f"{row}"


def test_whoever_did_nothing_can_be_deleted() -> None:
    newcomer = person()
    newcomer.delete()
    assert not User.objects.filter(username="outsider").exists()


def test_no_deletion_reaches_versions_releases_or_the_log() -> None:
    kept = {ClauseVersion, Release, ReleaseClause, Transition, Clause, Section, Question, Option}
    found = {
        f"{model.__name__}.{field.name}": field.remote_field.on_delete
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and model in kept | {PolicyTitle}
    }
    assert {"ClauseVersion.clause", "ReleaseClause.version", "Transition.by"} <= set(found)
    assert {name for name, on_delete in found.items() if on_delete is not models.PROTECT} == set()


def test_every_rule_stands_after_all_migrations() -> None:
    """Django makes a table of SQLite anew to change it, and drops its triggers by that."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {name for (name,) in cursor.fetchall()}
    assert {f"keep_{rule.name}" for rule in TRIGGERS.RULES} <= there
    if connection.vendor == "sqlite":
        assert {f"keep_{table}_replacing" for table in TRIGGERS.TABLES} <= there
    else:
        assert "keep_all" in there
