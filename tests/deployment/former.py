"""The data of a site as a release left it, kept as text, and put back into a database.

    python -m tests.deployment.former make FILE       write the site that the environment names
    python -m tests.deployment.former restore FILE    make that site again, with the tables of then
    python -m tests.deployment.former read            say what readers get, as JSON
    python -m tests.deployment.former publish         publish the next versions

``former.json`` was made by ``make`` with the code of the release before groups and batches. What a
later release needs beside it is made in the same way, by the code of its own day.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import django

django.setup()

import time_machine  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from policygen.policies.holders import Holder  # noqa: E402
from policygen.policies.models import Draft, Policy, PolicyVersion  # noqa: E402
from policygen.policies.published.publishing import publish_policy  # noqa: E402
from policygen.policies.reviewing import review  # noqa: E402
from policygen.practices.models import Location  # noqa: E402
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published  # noqa: E402
from tests.releases import release_changes  # noqa: E402
from tests.wizard.visitors import FOLDER  # noqa: E402

MADE = "2025-06-03T10:00:00+00:00"
BY_MIGRATING = {
    *("django_migrations", "django_content_type", "auth_permission", "auth_group_permissions"),
    *("auth_group", "sqlite_sequence", "policygen_cache", "django_session"),
}
"""Tables whose rows are made by ``migrate``, or are nobody's."""


# ------------------------------------------------------------------ made then


def make(file: str) -> None:
    """Let people work on an empty site, and write down all that it then holds."""
    with time_machine.travel(MADE, tick=True):
        live()
    Path(file).write_text(json.dumps(told(), indent=0, sort_keys=True) + "\n")


def live() -> None:
    """Publish two versions, the second after a review, and leave work that is not done."""
    release_changes(FOLDER)
    people = cast()
    place = {"practice": people.practice, "address": "1 Main Street\nSpringfield, IL 62701"}
    Location.objects.create(name="North", **place)
    policy = policy_of(people)
    published(policy, people.owner)
    draft = reviewed(policy, people, practice_name="Elm Dental Care")
    publish_policy(Holder(user=people.editor), draft.pk, order(draft))
    reviewed(policy, people, practice_name="Elm “Dentists” ✓")
    published(policy_of(people, "Other policy"), people.owner)
    drafted(policy_of(people, "Not published yet"), people.editor)


def reviewed(policy: Policy, people: Cast, **changed: Any) -> Draft:
    """Have a draft approved by somebody else."""
    draft = drafted(policy, people.editor, **changed)
    review.submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    reviewer = Holder(user=people.reviewer)
    review.comment(reviewer, draft.pk, clause="data", text="Line\nbreaks, “quotes” and ✓.")
    return review.approve(reviewer, draft.pk, revision=draft.revision)


def told() -> dict[str, Any]:
    """Return everything that the site holds: which migrations, which rows, which files.

    The site is on SQLite, and its values stand here as they stand there.
    """
    tables = {}
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as file:
        file.row_factory = sqlite3.Row
        last = "SELECT app, MAX(name) FROM django_migrations GROUP BY app ORDER BY app"
        migrations = dict(tuple(row) for row in file.execute(last))
        for (name,) in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            rows = [dict(row) for row in file.execute(f'SELECT * FROM "{name}" ORDER BY 1')]
            if rows and name not in BY_MIGRATING:
                tables[name] = rows
    root = Path(settings.FILES_DIR)
    files = {
        path.relative_to(root).as_posix(): base64.b64encode(path.read_bytes()).decode()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    return {"files": files, "migrations": migrations, "tables": tables}


# ------------------------------------------------------------------ put back


def restore(file: str) -> None:
    """Make the tables of then in an empty database, and put rows and files back as they were."""
    found = json.loads(Path(file).read_text())
    executor = MigrationExecutor(connection)
    executor.migrate([(app, name) for app, name in found["migrations"].items()])
    put_rows(found["tables"])
    if connection.vendor == "postgresql":
        count_on(executor, found["migrations"])
    for name, content in found["files"].items():
        path = Path(settings.FILES_DIR) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))


def put_rows(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Insert rows as they are. No trigger watches: those say how a row begins, not how it ends."""
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        triggers: list[tuple[str, str]] = []
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        for table, rows in tables.items():
            booleans = boolean_columns(cursor, table)
            for row in rows:
                values = [bool(v) if n in booleans else v for n, v in row.items()]
                columns = ", ".join(map(connection.ops.quote_name, row))
                marks = ", ".join(["%s"] * len(row))
                cursor.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)
        for _, sql in triggers:
            cursor.execute(sql)


def boolean_columns(cursor: Any, table: str) -> set[str]:
    """Return the columns in which PostgreSQL takes no numbers."""
    if connection.vendor != "postgresql":
        return set()
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND data_type = 'boolean'",
        [table],
    )
    return {name for (name,) in cursor.fetchall()}


def count_on(executor: MigrationExecutor, migrations: dict[str, str]) -> None:
    """Let PostgreSQL number new rows after those that were put back."""
    state = executor.loader.project_state(list(migrations.items()))
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), state.apps.get_models()):
            cursor.execute(sql)


# ------------------------------------------------------------------ and gone on with


def publish() -> None:
    """Publish what was approved then, with the code of now, and one more version after it."""
    approved = Draft.objects.get(state="approved")
    policy = Policy.objects.get(pk=approved.policy_id)
    editor = User.objects.get(email__startswith="editor")
    publish_policy(Holder(user=editor), approved.pk, order(approved))
    practice = policy.practice
    practice.needs_review = False
    practice.save()
    published(policy, editor, practice_name=f"Elm in {timezone.localdate().year}")


def read() -> None:
    """Say which bytes readers get for each file, and that each page answers."""
    reader, files, pages = Client(headers={"host": "localhost"}), {}, {}
    for version in PolicyVersion.objects.select_related("policy__practice"):
        where = [version.policy.practice.slug, version.policy.slug]
        for format_ in version.files.values_list("format", flat=True):
            address = reverse("public_version_file", args=[*where, version.number, format_])
            answer = reader.get(address)
            files[address] = hashlib.sha256(b"".join(answer)).hexdigest()
        for address in (
            reverse("public_version", args=[*where, version.number]),
            reverse("public", args=where),
        ):
            pages[address] = reader.get(address).status_code
    sys.stdout.write(json.dumps({"files": files, "pages": pages}) + "\n")


if __name__ == "__main__":
    {"make": make, "restore": restore, "publish": publish, "read": read}[sys.argv[1]](*sys.argv[2:])
