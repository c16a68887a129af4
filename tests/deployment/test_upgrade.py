"""The data of the former release is taken along, and what was published stays as it was."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from policygen.core.text import sorted_as
from tests.deployment.composed import ROOT
from tests.deployment.former import put_rows
from tests.faults.site import Site, copied_site, empty_site

pytestmark = [pytest.mark.database]
FORMER = Path(__file__).parent / "former.json"
THEN: dict[str, Any] = json.loads(FORMER.read_text())
FILES = {name: base64.b64decode(content) for name, content in THEN["files"].items()}
KEPT = ("policies_policyversion", "policies_versionfile", "policies_event", "library_release")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site of then, after the steps that docs/operating.md gives for an update.

    Its tests leave it as it is, whatever their order: the one that publishes works on a copy.
    """
    with empty_site("former", tmp_path_factory.mktemp("former")) as site:
        ran(site, "tests.deployment.former", "restore", str(FORMER))
        site.manage("migrate", "--verbosity", "0")
        site.manage("createcachetable")
        site.manage("load_library")
        yield site


def ran(site: Site, module: str, *words: str) -> str:
    """Run a program of these tests on a site."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=site.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def now(site: Site, table: str, *columns: str) -> list[dict[str, Any]]:
    """Return the rows of a table with these columns, or those of then, in the words of SQLite."""
    names = ", ".join(f'"{name}"' for name in columns or THEN["tables"][table][0])
    asked = f'SELECT {names} FROM "{table}" ORDER BY id'
    if "postgres" in site.database:
        with psycopg.connect(site.database) as outside:
            found = outside.execute(asked)
            keys = [column.name for column in found.description or ()]
            return [dict(zip(keys, map(as_in_sqlite, row), strict=True)) for row in found]
    with closing(sqlite3.connect(site.data / "policygen.sqlite3")) as file:
        file.row_factory = sqlite3.Row
        return [dict(row) for row in file.execute(asked)]


def now_migrated(site: Site) -> list[str]:
    """Return the migrations of policies that the site has had."""
    said = site.manage("showmigrations", "policies")
    assert "[ ]" not in said
    return re.findall(r"\[X\] (\S+)", said)


def as_in_sqlite(value: Any) -> Any:
    """Return a value of PostgreSQL as SQLite keeps it."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    return int(value) if isinstance(value, bool) else value


def test_what_was_published_is_the_same_after_the_update_to_the_byte(upgraded: Site) -> None:
    for table in KEPT:
        then = sorted(THEN["tables"][table], key=lambda row: int(row["id"]))
        assert now(upgraded, table) == then, table
    root = upgraded.data / "files"
    lying = {p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file()}
    assert {name: path.read_bytes() for name, path in lying.items()} == FILES
    for name, content in FILES.items():
        assert hashlib.sha256(content).hexdigest() == Path(name).name
    assert THEN["migrations"]["policies"] < max(now_migrated(upgraded)), (
        "the data is of an older form"
    )
    assert "3 versions, 15 files and 25 lines of logs: no problem found" in upgraded.manage(
        "verify"
    )


def test_what_has_a_name_is_sorted_as_if_it_were_new(upgraded: Site) -> None:
    named = {"practices_practice": "name", "practices_location": "name", "policies_policy": "title"}
    for table, name in named.items():
        rows = now(upgraded, table, name, "sorted_as")
        assert len(rows) == len(THEN["tables"][table])
        assert [row["sorted_as"] for row in rows] == [sorted_as(row[name]) for row in rows]


def test_readers_get_the_same_bytes_at_the_same_addresses(upgraded: Site) -> None:
    said = json.loads(ran(upgraded, "tests.deployment.former", "read").splitlines()[-1])
    files = THEN["tables"]["policies_versionfile"]
    assert len(said["files"]) == len(files) == 15
    assert sorted(said["files"].values()) == sorted(f["sha256"] for f in files)
    assert set(said["pages"].values()) == {200}
    assert len(said["pages"]) == 2 + 3, "each published policy, and each version"


@pytest.fixture
def copied(upgraded: Site, tmp_path: Path) -> Iterator[Site]:
    with copied_site(upgraded, "gone_on", tmp_path / "copy") as site:
        yield site


def test_work_that_was_under_way_goes_on_and_the_next_version_is_published(copied: Site) -> None:
    ran(copied, "tests.deployment.former", "publish")
    versions = now(copied, "policies_policyversion")
    assert versions[:3] == THEN["tables"]["policies_policyversion"], (
        "made in the order of their ids"
    )
    assert [version["number"] for version in versions] == [1, 2, 1, 3, 4]
    assert versions[3]["previous"] == versions[1]["digest"]
    assert "5 versions, 25 files" in copied.manage("verify")


@pytest.mark.django_db
@pytest.mark.every_case
@pytest.mark.parametrize("table", sorted(THEN["tables"]))
def test_the_former_release_can_write_into_the_tables_of_now(table: str) -> None:
    """It names the columns of then alone: what is new must do without a value, or have one."""
    row = THEN["tables"][table][0]
    put_rows({table: [row]})
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        assert cursor.fetchone()[0] >= 1
    transaction.set_rollback(True)
