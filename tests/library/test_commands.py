"""check_library, load_library and library, as somebody types them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from policygen.library.models import Clause, Release, Transition
from policygen.library.store import library_in_force
from tests.library.folders import change, write
from tests.library.steps import MORE, drafted, row_of
from tests.releases import person

ROOT = Path(__file__).resolve().parents[2]


def run(command: str, folder: Path, **options: str) -> tuple[str, str, str]:
    """Return what a command prints, its errors, and how it failed."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command(command, str(folder), stdout=out, stderr=err, **options)
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


def test_a_mistake_in_an_example_is_found(folder: Path) -> None:
    (folder / "examples").mkdir(exist_ok=True)
    (folder / "examples" / "maple.yaml").write_text("answers:\n  practise_name: Maple\n")
    _out, err, failure = run("check_library", folder)
    assert err.startswith("examples/maple.yaml:2: “practise_name”: There is no such question.")
    assert "practice_name" in err
    assert failure.startswith("1 problem")


# ------------------------------------------------------------------ load_library


@pytest.mark.django_db
def test_loading_says_what_is_in_force(folder: Path) -> None:
    out, err, failure = run("load_library", folder)
    digest = library_in_force().digest[:12]
    assert (out, err, failure) == (f"Release 1 ({digest}) is now in force.\n", "", "")
    stays = f"Release 1 ({digest}) stays as it is."
    again = f"{stays} The files are as they were; nothing changed.\n"
    assert run("load_library", folder) == (again, "", "")
    change(folder, "collect/data.md", "We keep", "We hold")
    written = (
        "Drafts written, to be reviewed and released at the desk (/admin/): clause data.\n"
        f"{stays}\n"
    )
    assert run("load_library", folder) == (written, "", "")
    change(folder, "collect/data.md", "We hold", "We keep")
    dropped = (
        f"Drafts of earlier loads thrown away, as the files say it no more: clause data.\n{stays}\n"
    )
    assert run("load_library", folder) == (dropped, "", "")


@pytest.mark.django_db
def test_loading_names_what_it_left_alone_and_why(folder: Path) -> None:
    run("load_library", folder)
    drafted("clause", "data", note="Ours.")
    change(folder, "collect/data.md", "We keep", "We hold")
    out, err, failure = run("load_library", folder)
    assert out.splitlines()[0] == (
        "Left alone, because somebody works on these or they do not go with what is there: "
        "clause data."
    )
    assert (err, failure) == ("", "")


@pytest.mark.django_db
def test_many_pieces_are_counted_after_the_first_dozen(folder: Path) -> None:
    run("load_library", folder)
    for n in range(15):
        write(folder, f"about/c{n:02}.md", MORE.replace("a lot", f"{n} times"))
    out, _, _ = run("load_library", folder)
    assert "clause c00, clause c01, " in out
    assert "clause c11 and 3 more.\n" in out


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


@pytest.mark.django_db
def test_loading_for_somebody_needs_their_name_and_role(folder: Path) -> None:
    run("load_library", folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    person("approver")
    unknown = run("load_library", folder, by="nobody")[2]
    assert unknown == ("--by: there is no active user “nobody”. Use the name that you log in with.")
    assert run("load_library", folder, by="approver")[2].startswith("You may not write drafts")
    assert row_of("clause", "data").number == 1
    person("drafter")
    assert run("load_library", folder, by="drafter", why="Better.")[2] == ""
    row = row_of("clause", "data")
    assert (row.edited_by, row.reason) == (person("drafter"), "Better.")


@pytest.mark.django_db
def test_loading_where_work_has_begun_without_a_release_says_so(folder: Path) -> None:
    Clause.objects.create(slug="begun")
    assert run("load_library", folder)[2] == (
        "There is work at the desk already, though nothing is released. Go on there."
    )


# ------------------------------------------------------------------ library


def library(*words: str) -> tuple[str, str]:
    """Return what ``manage.py library`` says, and how it failed (with what it says of that)."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command("library", *words, stdout=out, stderr=err)
    except CommandError as error:
        failure = f"{err.getvalue()}{error}"
    return out.getvalue(), failure


@pytest.fixture
def _desk(folder: Path) -> None:
    """A small library in force, people of every role, and two drafts."""
    run("load_library", folder)
    for role in ("drafter", "approver", "release_manager"):
        person(role)
    drafted("clause", "data", title="What we have")
    drafted("option", "data:name", label="A name")


def said(words: str) -> str:
    """Return what a command says, which must succeed."""
    out, failure = library(*shlex.split(words))
    assert failure == ""
    return out


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
def test_all_steps_can_be_taken_in_a_terminal() -> None:
    today = timezone.localdate()
    assert said("status") == (
        "Draft: option:data:name\nDraft: clause:data\n"
        f"Release 1: published, effective from {today}\n"
    )
    assert said("submit clause:data option:data:name --by drafter") == (
        "clause:data is in review.\noption:data:name is in review.\n"
    )
    assert said("send-back clause:data --by approver --why 'Too short.'") == (
        "clause:data is a draft again.\n"
    )
    assert said("submit all --by drafter") == "clause:data is in review.\n"
    assert said("approve all --by approver --why Fine.") == (
        "option:data:name is approved.\nclause:data is approved.\n"
    )
    assert said("prepare --title Names --notes 'We say more.' --by release_manager").startswith(
        "Release 2 ("
    )
    seen = Release.objects.get(number=2).digest[:12]
    assert f"To publish Release 2: --seen {seen}\n" in said("try-out --by release_manager")
    _, failure = library(*shlex.split("publish --seen 0123456789ab --by release_manager"))
    assert f"the candidate is {seen} now" in failure
    assert said(f"publish --seen {seen} --by release_manager") == (
        f"Release 2 is published, effective from {today}.\n"
    )
    release = Release.objects.get(number=2)
    assert (release.title, release.notes, release.published_by) == (
        "Names",
        "We say more.",
        person("release_manager"),
    )
    assert library_in_force().digest == release.digest
    whys = Transition.objects.filter(name="data").values_list("action", "why")
    assert {("sent back", "Too short."), ("approved", "Fine.")} <= set(whys)


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
def test_a_release_can_be_scheduled_and_cancelled_in_a_terminal() -> None:
    day = timezone.localdate() + timedelta(days=3)
    said("discard option:data:name --by drafter")
    assert row_of("option", "data:name").state == "released"
    said("submit all --by drafter")
    said("approve all --by approver")
    said(f"prepare --title Names --on {day} --by release_manager")
    said("try-out --by release_manager")
    seen = Release.objects.get(number=2).digest[:12]
    published = said(f"publish --seen {seen} --by release_manager")
    assert published == f"Release 2 is published, effective from {day}.\n"
    assert said("cancel 2 --by release_manager --why 'Not yet.'") == "Release 2 is cancelled.\n"
    assert "Approved: clause:data\nRelease 2: cancelled" in said("status")


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("submit clauze:data --by drafter", "“clauze:data” names no piece. Did you mean “clause”?"),
        ("submit data --by drafter", "“data” names no piece."),
        (
            "submit clause:dta --by drafter",
            "There is no clause “dta”. See: manage.py library status",
        ),
        ("submit option:data:nme --by drafter", "There is no option “data:nme”."),
        ("submit clause:data --by nobody", "--by: there is no active user “nobody”."),
        ("submit clause:data --by approver", "You may not write drafts of the library."),
        ("approve clause:data --by approver", "This is a draft, so you cannot approve it."),
        ("send-back clause:data --by approver --why x", "Only what is in review can be sent back."),
        ("prepare --title x --by release_manager", "Nothing new is approved"),
        ("prepare --title x --by drafter", "You may not publish releases."),
        ("prepare --title x --on 31.1.2027 --by release_manager", "--on: “31.1.2027” is no date."),
        ("prepare --title x --on 2020-01-01 --by release_manager", "This day has passed."),
        ("try-out --by release_manager", "There is no candidate. Run: manage.py library prepare"),
        (
            "publish --seen 0123456789ab --by release_manager",
            "There is no candidate. Run: manage.py library prepare",
        ),
        ("cancel 7 --by release_manager --why x", "There is no release 7."),
        ("cancel 1 --by release_manager --why x", "effective date has not come can be cancelled"),
        ("cancel 1 --by release_manager", "Say why the release is cancelled."),
        ("discard clause:speaker --by drafter", "This is released, so you cannot throw it away."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(words: str, answer: str) -> None:
    lines = Transition.objects.count()
    out, failure = library(*shlex.split(words))
    assert out == ""
    assert answer in failure
    assert Transition.objects.count() == lines


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
def test_nobody_approves_their_own_in_a_terminal_either() -> None:
    person("drafter").user_permissions.add(Permission.objects.get(codename="approve_library"))
    said("submit clause:data --by drafter")
    _, failure = library("approve", "clause:data", "--by", "drafter")
    assert failure == "clause:data: You wrote part of this. Somebody else must approve it."


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
def test_of_several_pieces_all_go_or_none() -> None:
    said("submit option:data:name --by drafter")
    out, failure = library("submit", "clause:data", "option:data:name", "--by", "drafter")
    assert out == ""
    assert failure == "option:data:name: This is in review, so you cannot submit it."
    assert row_of("clause", "data").state == "draft"


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
def test_a_problem_names_the_piece_and_what_is_missing() -> None:
    drafted("clause", "speaker", title="Us", why="")
    _, failure = library("submit", "clause:speaker", "--by", "drafter")
    assert failure.startswith("clause:speaker.reason: Say why this changes.")
    assert failure.endswith("Nothing was changed.")
    assert said("approve all --by approver") == "There is nothing to do.\n"


@pytest.mark.django_db
@pytest.mark.usefixtures("_desk")
def test_a_step_needs_somebody_who_takes_it() -> None:
    with pytest.raises(CommandError, match="--by"):
        call_command("library", "submit", "clause:data")
