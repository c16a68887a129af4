"""The commands that import and export locations."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policygen.practices.models import Location
from tests.practices.sheets import lines


def run(name: str, *args: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *map(str, args), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    file = tmp_path / "locations.csv"
    file.write_bytes(lines("Main Street,Oak,,,,", "=1,,,,,x"))
    return file


def test_a_dry_run_says_what_would_change_and_writes_nothing(people, mixed):
    out, err = run("import_locations", people.practice.slug, mixed, "--dry-run")
    assert "Would be added: 1, changed: 0, unchanged: 0, left out: 1." in out
    assert "New brand: Oak" in out
    assert "Row 3, Name: A part of this begins with “=”" in err
    assert "Row 3, E-mail: " in err
    assert not Location.objects.exists()


def test_all_or_nothing_is_the_rule_and_good_rows_are_taken_where_asked_for(people, mixed):
    with pytest.raises(CommandError, match="Nothing was written"):
        run("import_locations", people.practice.slug, mixed)
    assert not Location.objects.exists()
    out, _ = run("import_locations", people.practice.slug, mixed, "--good-rows")
    assert "Were added: 1" in out
    assert Location.objects.get().name == "Main Street"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_exported_changes_nothing(people, tmp_path, ending):
    Location.objects.create(practice=people.practice, name="Main Street", phone="+1-217-555-0100")
    file = tmp_path / f"out.{ending}"
    assert "Wrote 1 locations" in run("export_locations", people.practice.slug, file)[0]
    assert "changed: 0, unchanged: 1" in run("import_locations", people.practice.slug, file)[0]


def test_what_cannot_be_done_is_said(people, tmp_path, mixed):
    slug = people.practice.slug
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x00")
    for name, args, said in (
        ("import_locations", ("nowhere", mixed), "no practice “nowhere”"),
        ("import_locations", (slug, tmp_path / "none.csv"), "cannot be read"),
        ("import_locations", (slug, bad), "NUL"),
        ("export_locations", (slug, tmp_path / "out.pdf"), "end in .csv or .xlsx"),
        ("export_locations", (slug, tmp_path / "none" / "out.csv"), "cannot be written"),
    ):
        with pytest.raises(CommandError, match=said):
            run(name, *args)
