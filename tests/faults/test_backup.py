"""X21, X22: a copy that was made while people published is whole once it is restored."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from policygen.policies.models import Policy, PolicyVersion, VersionFile
from policygen.policies.published import files
from setup.postgres_cluster import server_folder
from tests.faults.engine import until
from tests.faults.site import ROOT, Site, empty_site, problems
from tests.policies.cast import Cast, published


def commands(after: str, until: str) -> list[str]:
    """Return the lines of commands in docs/operating.md between two sentences."""
    text = (ROOT / "docs/operating.md").read_text().partition("## Backup and restore")[2]
    part = text.partition(after)[2].partition(until)[0]
    return re.findall(r"^    (.+)$", part, re.MULTILINE)


BACKUP = {
    "sqlite": commands("With SQLite:", "With PostgreSQL:"),
    "postgresql": commands("With PostgreSQL:", "`copy_files` copies"),
}
RESTORE = {
    "sqlite": commands("With SQLite:\n\n    cp", "With PostgreSQL, and"),
    "postgresql": commands("that `DATABASE_URL` names:", "`sweep_files --unnamed` deletes"),
}
RESTORE["sqlite"].insert(0, "cp backup/policygen.sqlite3 var/policygen.sqlite3")


def host(folder: Path) -> Path:
    """Make a folder in which the documented commands can be run as they are."""
    (folder / ".venv/bin").mkdir(parents=True)
    python = folder / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (folder / "manage.py").symlink_to(ROOT / "manage.py")
    (folder / "var").mkdir()
    return folder


def run(lines: list[str], where: Path, site: Site) -> str:
    """Run commands one after the other; all must succeed."""
    path = f"{server_folder()}:{os.environ['PATH']}" if "postgres" in site.database else ""
    environment = {**site.environment, **({"PATH": path} if path else {})}
    done = subprocess.run(
        ["sh", "-ec", "\n".join(lines)],
        cwd=where,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def people_publish(site: Site, policy: Policy, by: int) -> Iterator[list[str]]:
    """Let versions be published meanwhile; give the digests that were acknowledged."""
    said: list[str] = []
    stop = Flag()
    with site.victim("write", str(policy.pk), str(by)) as victim:

        def listen() -> None:
            while not stop.is_set() and (line := victim.heard()):
                said.append(line)

        said.append(victim.heard())
        listener = Thread(target=listen)
        listener.start()
        try:
            yield said
        finally:
            stop.set()
            victim.process.kill()
            listener.join()


def test_a_backup_made_while_people_publish_is_whole_once_it_is_restored(
    policy: Policy, people: Cast, site: Site, tmp_path: Path
) -> None:
    published(policy, people.owner)
    where = host(tmp_path / "live")
    (where / "backup").mkdir()
    shutil.rmtree(where / "var")
    (where / "var").symlink_to(site.data)
    if connection.vendor == "sqlite":
        (site.data / "policygen.sqlite3").symlink_to(connection.settings_dict["NAME"])
    with people_publish(site, policy, people.owner.pk) as said:
        until(lambda: len(said) > 20)
        before = len(said)
        run(BACKUP[connection.vendor], where, site)
        until(lambda: len(said) > before)  # they are at it, and were all the while
    assert problems(policy) == []
    there = host(tmp_path / "restored")
    with empty_site("restored", there / "var") as restored:
        shutil.copytree(where / "backup", there / "backup")
        out = run(RESTORE[connection.vendor], there, restored)
        assert "no problem found" in out
        assert set(said[:before]) <= digests(restored)


def digests(site: Site) -> set[str]:
    """Return the digests of all lines of the logs of a site."""
    asked = "SELECT digest FROM policies_event"
    if "postgres" in site.database:
        with psycopg.connect(site.database) as outside:
            return {digest for (digest,) in outside.execute(asked).fetchall()}
    file = connection.Database.connect(site.database.removeprefix("sqlite:///"))
    try:
        return {digest for (digest,) in file.execute(asked).fetchall()}
    finally:
        file.close()


# ------------------------------------------------------------------ mixed


def copied(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to))


@pytest.fixture
def apart(policy: Policy, people: Cast, settings: Any, tmp_path: Path) -> tuple[Path, Path]:
    """The files after the first version, and after the second: the second is in the database."""
    published(policy, people.owner)
    early = copied(settings.FILES_DIR, tmp_path / "early")
    published(policy, people.owner, practice_name="Elm Dental Care")
    return early, copied(settings.FILES_DIR, tmp_path / "late")


def test_files_older_than_the_database_are_listed_and_made_again(
    apart: tuple[Path, Path], policy: Policy, settings: Any
) -> None:
    settings.FILES_DIR = apart[0]
    second = PolicyVersion.objects.get(policy=policy, number=2)
    missing = {file.format: file.sha256 for file in second.files.all()}
    said = problems(quick=False)
    assert len(said) == 5
    for name, digest in missing.items():
        line = f"elm-dental/privacy-policy, version 2, {name}: Its file {digest} is missing."
        assert any(one.startswith(line) for one in said)
    out = repaired()
    assert all(digest in out for digest in missing.values())
    assert problems(quick=False) == []
    assert all((apart[0] / name[:2] / name).read_bytes() for name in missing.values())


def repaired() -> str:
    out = StringIO()
    call_command("verify", repair=True, stdout=out)
    return out.getvalue()


def test_files_newer_than_the_database_are_listed_exactly(
    apart: tuple[Path, Path], policy: Policy, settings: Any
) -> None:
    settings.FILES_DIR = apart[1]
    named = set(VersionFile.objects.values_list("sha256", flat=True))
    extra = {files.restore(f"version 3, {n}".encode()) for n in range(3)}
    assert set(problems()) == {
        f"files/{name[:2]}/{name}: No version names this file. If that is meant, run "
        "sweep_files --unnamed."
        for name in extra
    }
    assert set(files.names()) == named | extra
