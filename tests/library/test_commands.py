"""check_library and load_library, as somebody types them."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policygen.library.models import Release
from policygen.library.store import library_in_force
from tests.library.folders import change, write

ROOT = Path(__file__).resolve().parents[2]


def run(command: str, folder: Path) -> tuple[str, str, str]:
    """Return what a command prints, its errors, and how it failed."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command(command, str(folder), stdout=out, stderr=err)
    except CommandError as error:
        failure = str(error) if error.returncode == 1 else f"status {error.returncode}"
    return out.getvalue(), err.getvalue(), failure


def test_a_good_folder_is_counted(folder: Path) -> None:
    assert run("check_library", folder) == (
        "2 clauses, 2 sections and 2 questions: no problem found.\n",
        "",
        "",
    )


def test_every_problem_is_listed_in_the_order_of_files_and_lines(folder: Path) -> None:
    change(folder, "collect/data.md", "order: 10", "order: ten")
    change(folder, "collect/data.md", "We keep", "We <b>keep")
    change(folder, "about/speaker.md", "{{ practice }}", "{{ practise }}")
    out, err, failure = run("check_library", folder)
    assert out == ""
    places = [line.partition(": ")[0] for line in err.splitlines()]
    assert places == ["about/speaker.md:7", "collect/data.md:3", "collect/data.md:7"]
    assert failure == "3 problems in clauses/."


def test_one_problem_is_one(folder: Path) -> None:
    write(folder, "about/broken.md", "rubbish")
    assert run("check_library", folder)[2] == "1 problem in clauses/."


@pytest.mark.parametrize("broken", [False, True])
def test_the_exit_status_says_whether_there_is_a_problem(folder: Path, broken: bool) -> None:
    """In a process of its own, and without any database."""
    if broken:
        change(folder, "collect/data.md", "{{ data", "{{ dta")
    made = subprocess.run(
        [sys.executable, "manage.py", "check_library", str(folder)],
        cwd=ROOT,
        env={"DATABASE_URL": "sqlite:////nowhere/at-all.sqlite3", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert made.returncode == int(broken), made.stderr
    assert "Traceback" not in made.stderr
    if broken:
        assert "collect/data.md:7: “dta” names no answer. Did you mean “data”?" in made.stderr


@pytest.mark.django_db
def test_loading_says_what_is_in_force(folder: Path) -> None:
    out, err, failure = run("load_library", folder)
    digest = library_in_force().digest[:12]
    assert (out, err, failure) == (f"Release 1 ({digest}) is now in force.\n", "", "")
    again = f"Release 1 ({digest}) is in force already; nothing changed.\n"
    assert run("load_library", folder) == (again, "", "")


@pytest.mark.django_db
def test_a_broken_folder_is_not_loaded(folder: Path) -> None:
    run("load_library", folder)
    before = library_in_force().digest
    change(folder, "collect/data.md", "{{ data", "{{ dta")
    out, err, failure = run("load_library", folder)
    assert out == ""
    assert "collect/data.md:7: “dta” names no answer." in err
    assert failure == "The library was not loaded. What was in force stays in force."
    assert library_in_force().digest == before
    assert Release.objects.count() == 1


def test_a_mistake_in_an_example_is_found(folder: Path) -> None:
    (folder / "examples").mkdir(exist_ok=True)
    (folder / "examples" / "maple.yaml").write_text("answers:\n  practise_name: Maple\n")
    _out, err, failure = run("check_library", folder)
    assert err.startswith("examples/maple.yaml:2: “practise_name”: There is no such question.")
    assert "practice_name" in err
    assert failure.startswith("1 problem")
