"""export_library, as somebody types it."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from policygen.core.library import Library, canonical_json
from policygen.library.files import read_folder
from policygen.library.models import Release, ReleaseState
from tests.library.folders import change, write


def run(*arguments: str) -> str:
    """Return what the command prints, or its errors and how it failed."""
    out, err = StringIO(), StringIO()
    try:
        call_command("export_library", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return f"{err.getvalue()}{error}"
    return out.getvalue()


@pytest.fixture
def releases(folder: Path, db: None) -> list[Release]:
    """Two releases; the second has another version of a clause."""
    first = read_folder(folder)
    change(folder, "about/speaker.md", "claims:", "version: 2\nclaims:")
    change(folder, "about/speaker.md", "cares.", "cares a lot.")
    return [published(number, of) for number, of in ((1, first), (2, read_folder(folder)))]


def published(number: int, library: Library) -> Release:
    release = Release.objects.create(
        number=number,
        effective_from=date(2026, 1, 1),
        made_at=timezone.now(),
        digest=library.digest,
        snapshot=canonical_json(library.to_json()),
    )
    Release.objects.filter(pk=release.pk).update(
        state=ReleaseState.PUBLISHED, published_at=timezone.now()
    )
    return release


def test_the_release_in_force_is_exported(releases: list[Release], tmp_path: Path) -> None:
    assert run(str(tmp_path / "new")) == (
        f"4 files of the library {releases[1].digest[:12]} are in {tmp_path / 'new'}.\n"
    )
    assert read_folder(tmp_path / "new").digest == releases[1].digest
    assert b"\nversion: 2\n" in (tmp_path / "new/about/speaker.md").read_bytes()


def test_an_earlier_release_is_exported_by_its_number(
    releases: list[Release], tmp_path: Path
) -> None:
    run("--release", "1", str(tmp_path / "new"))
    assert read_folder(tmp_path / "new").digest == releases[0].digest


def test_a_release_that_there_is_not_is_told_with_those_there_are(
    releases: list[Release], tmp_path: Path
) -> None:
    assert run("--release", "7", str(tmp_path / "new")) == (
        "There is no release 7. Choose one of: 1, 2."
    )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("which", [[], ["--release", "1"]])
def test_without_any_release_there_is_nothing_to_export(
    db: None, tmp_path: Path, which: list[str]
) -> None:
    assert run(*which, str(tmp_path / "new")) == (
        "No clause library is loaded. Run: manage.py load_library"
    )


def test_the_command_replaces_when_asked(releases: list[Release], folder: Path) -> None:
    assert run("--release", "1", str(folder)).endswith("--replace.\nNothing was written.")
    run("--release", "1", "--replace", str(folder))
    assert read_folder(folder).digest == releases[0].digest


def test_a_disk_that_fails_is_told(releases: list[Release], tmp_path: Path) -> None:
    write(tmp_path, "mine", "Mine.")
    answer = run(str(tmp_path / "mine" / "new"))
    assert answer.startswith("The export failed: ")
    assert "Not a directory" in answer
