"""X23: everything moves from SQLite to PostgreSQL, and back, and is the same on both."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as live
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from policygen.library.models import Option, Release
from policygen.library.publishing import cancel_release, save_draft
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.groups import draft_of_level, level_for, set_up_group
from policygen.policies.holders import Holder
from policygen.policies.models import Comment, Draft, Policy, PolicyVersion
from policygen.policies.proof import transfer
from policygen.policies.proof.transfer import NotMoved, Summary, move, summary_of
from policygen.policies.published.publishing import publish_policy
from policygen.policies.reviewing import review
from policygen.policies.stored import to_text
from policygen.practices.models import Brand, Location
from tests.faults.site import Site, postgresql_database, problems
from tests.policies.bulk.steps import worked
from tests.policies.cast import Cast, drafted, order, published
from tests.releases import approve_changes, person, put_in_force
from tests.signing_in import sign_in
from tests.wizard.visitors import Visitor, answers, elm

pytestmark = [pytest.mark.usefixtures("quick_pdfs")]


@pytest.fixture
def lived(policy: Policy, people: Cast) -> Policy:
    """A site where much has happened: releases cancelled and scheduled, approvals, sessions."""
    visitor = Visitor(elm())
    sign_in(visitor.client, people.owner)
    published(policy, people.owner)
    people.practice.needs_review = True
    people.practice.save()
    for name in ("Elm Dental Care", "Elm “Dentists” \U0001f9b7"):
        approved(policy, people, name)
        if name == "Elm Dental Care":
            draft = Draft.objects.get(policy=policy)
            publish_policy(Holder(user=people.editor), draft.pk, order(draft))
    published_at_the_desk()
    grouped(people)
    return policy


def grouped(people: Cast) -> None:
    """Set up a group in which a location differs, and begin to make its policies."""
    brand = Brand.objects.create(practice=people.practice, name="Smile")
    place = {"practice": people.practice, "brand": brand, "address": "1 Main Street"}
    location = Location.objects.create(name="West", **place)
    group = set_up_group(people.practice, people.owner, title="All", answers=to_text(elm()))
    draft = draft_of_level(level_for(group, location=location), people.owner)
    save_answers(Holder(user=people.owner), draft.pk, answers({"motto": "We smile."}))
    batch = start_group_batch(group, people.owner)
    list_pieces(batch)
    worked(batch)


def approved(policy: Policy, people: Cast, name: str) -> Draft:
    draft = drafted(policy, people.editor, practice_name=name)
    reviewer = Holder(user=people.reviewer)
    review.submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    review.comment(reviewer, draft.pk, clause="data", text="Line\nbreaks, “quotes” and ✓.")
    return review.approve(reviewer, draft.pk, revision=draft.revision)


def published_at_the_desk() -> None:
    """Cancel a release that waited for its day, and publish another one."""
    today = timezone.localdate()
    for n, title in enumerate(("Soon gone", "Second")):
        row = Option.objects.order_by("pk")[n]
        save_draft(row, {"help": f"{title}."}, by=person("drafter"), seen=row.revision, why="So.")
        approve_changes()
        release = put_in_force(title=title, effective_from=today + timedelta(days=1))
        if title == "Soon gone":
            by = person("release_manager")
            cancel_release(release, by=by, why="Not yet.", today=today)


@contextmanager
def empty(url: str) -> Iterator[str]:
    """Give an alias for a migrated, empty database."""
    alias = transfer.open_target(live.DATABASE_AT(url))
    connections[alias].connect()  # Django's tests would refuse to do so later on
    try:
        yield alias
    finally:
        transfer.close_target()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that was migrated and holds nothing."""
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "site.sqlite3"
    Site(f"sqlite:///{file}", folder).manage("migrate", "--verbosity", "0")
    return file


@pytest.fixture
def other(migrated: Path, tmp_path: Path) -> str:
    """The address of another database, which is empty: a SQLite file."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'other.sqlite3')}"


def digest_in(said: str) -> str:
    found = re.search(r"digest ([0-9a-f]{64})", said)
    assert found, said
    return found[1]


def test_everything_moves_and_is_the_same(lived: Policy, other: str, site: Site) -> None:
    here = summary_of("default")
    assert here.rows > 100
    said = site.manage("move_database", other)
    assert f"{here.rows:,} rows in {here.tables} tables, digest {here.digest}" in said
    moved = Site(other, site.data)
    assert digest_in(moved.manage("move_database")) == here.digest
    assert "no problem found" in moved.manage("verify", "--quick")
    with empty(other) as alias, connections[alias].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM policies_draft WHERE state = 'approved'")
        assert cursor.fetchone() == (1,)


@pytest.mark.postgresql
def test_from_postgresql_to_sqlite_and_back(lived: Policy, other: str, site: Site) -> None:
    before = summary_of("default").digest
    with empty(other) as alias:
        assert move(alias).digest == before
    with postgresql_database("moved_back") as url:
        back = Site(url, site.data)
        back.manage("migrate", "--verbosity", "0")
        assert digest_in(Site(other, site.data).manage("move_database", url)) == before
        assert "no problem found" in back.manage("verify", "--quick")
        with psycopg.connect(url, autocommit=True) as outside:
            newest = outside.execute("SELECT max(id) FROM policies_event").fetchone()
            sequence = "SELECT nextval(pg_get_serial_sequence('policies_event', 'id'))"
            number = outside.execute(sequence).fetchone()
            assert newest is not None
            assert number == (newest[0] + 1,)


def test_the_rules_of_the_database_hold_afterwards(lived: Policy, other: str) -> None:
    with empty(other) as alias:
        move(alias)
        with pytest.raises(DatabaseError, match="never change"), transaction.atomic(alias):
            PolicyVersion.objects.using(alias).update(reason="x")
        release = Release.objects.using(alias).order_by("-number")[0]
        assert release.state == "published"
        release.pk, release.number = None, 99
        with (
            pytest.raises(DatabaseError, match="begins as a candidate"),
            transaction.atomic(alias),
        ):
            release.save(using=alias, force_insert=True)


def test_a_target_that_holds_data_is_refused(lived: Policy, other: str, site: Site) -> None:
    with empty(other) as alias:
        User.objects.using(alias).create(username="there already")
        with pytest.raises(NotMoved, match="The other database holds data already, in auth_user"):
            move(alias)
    said = site.manage("move_database", site.database, fails=True)
    assert "holds data already, in " in said
    assert "Nothing was copied." in said


def test_a_target_that_was_not_migrated_is_refused(lived: Policy, tmp_path: Path) -> None:
    with (
        empty(f"sqlite:///{tmp_path}/blank.sqlite3") as alias,
        pytest.raises(NotMoved, match="with DATABASE_URL naming it first"),
    ):
        move(alias)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me:secret@a.example/b", "DATABASE_URL is 'mysql://***@a.example/b', but must be"),
        ("nonsense", "DATABASE_URL is 'nonsense', but must be like postgresql://"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(CommandError) as error:
        call_command("move_database", url)
    assert sentence in str(error.value)
    assert "secret" not in str(error.value)


def test_a_server_that_does_not_answer_is_said(site: Site) -> None:
    said = site.manage("move_database", "postgresql://me:secret@127.0.0.1:1/b", fails=True)
    assert said.startswith("CommandError: The other database refused: ")
    assert "secret" not in said


def test_what_the_target_does_not_take_stops_everything(
    lived: Policy, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As text with a NUL character, which PostgreSQL does not take."""
    with empty(other) as alias:
        before = summary_of(alias)
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON policies_comment"
                " BEGIN SELECT RAISE(ABORT, 'no comment'); END"
            )
        comment = Comment.objects.order_by("pk")[0]
        with pytest.raises(NotMoved, match=f"policies_comment, row {comment.pk}: no comment"):
            move(alias)
        assert summary_of(alias) == before
        with connections[alias].cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse")
        assert move(alias) == summary_of("default")


def test_a_row_that_gets_lost_on_the_way_is_noticed(
    lived: Policy, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = transfer._insert

    def lose(row: Any, target: str) -> None:
        if not isinstance(row, Comment):
            insert(row, target)

    monkeypatch.setattr(transfer, "_insert", lose)
    with empty(other) as alias:
        before = summary_of(alias)
        with pytest.raises(NotMoved, match="What was copied is not the same"):
            move(alias)
        assert summary_of(alias) == before


def test_the_digest_changes_with_any_value_and_not_with_the_order(lived: Policy) -> None:
    before = summary_of("default")
    assert summary_of("default") == before
    comment = Comment.objects.all()[0]
    comment.text += " "
    comment.save()
    assert summary_of("default").digest != before.digest
    assert isinstance(before, Summary)
    assert problems() == []
