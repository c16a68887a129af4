"""verify_library: silent where all is well, and a sentence for each thing that is not."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone

from policygen.core.library import canonical_json
from policygen.library import log, publishing
from policygen.library.loading import load_library
from policygen.library.models import (
    Clause,
    ClauseVersion,
    Option,
    PolicyTitle,
    Release,
    ReleaseClause,
    Section,
    State,
    Transition,
)
from policygen.library.verify import problems
from tests.conftest import Unblocked
from tests.library.folders import change
from tests.library.steps import (
    CLAUSE,
    OPTION,
    SECTION,
    approved,
    drafted,
    loaded,
    reach,
    row_of,
    sent_back,
    submitted,
    triggers_off,
    written,
)
from tests.releases import person, put_in_force

pytestmark = pytest.mark.django_db

ALL = (
    *("library_release", "library_releaseclause", "library_clauseversion", "library_transition"),
    *("library_section", "library_option", "library_clause", "library_policytitle"),
)


@pytest.fixture(scope="module", autouse=True)
def third_release(module_db: Unblocked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose library is on its third release, with work of every kind under way."""
    folder = tmp_path_factory.mktemp("third") / "clauses"
    with module_db():
        loaded(folder)
        reach(*CLAUSE, State.APPROVED)
        approved(drafted(*SECTION))
        put_in_force()
        approved(drafted(*CLAUSE, body="We care."))
        approved(written("gone"))
        put_in_force()
        drafted(*OPTION)
        submitted(drafted("clause", "data", title="What we have"))
        approved(drafted("clause", "gone", withdrawn=True))
    return folder


@pytest.fixture
def folder(third_release: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    return Path(shutil.copytree(third_release, tmp_path / "clauses"))


def found() -> list[str]:
    return [str(problem) for problem in problems(timezone.localdate())]


def verified(**options: Any) -> tuple[str, str, str]:
    """Return what the command prints, its errors, and how it failed."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command("verify_library", stdout=out, stderr=err, **options)
    except CommandError as error:
        failure = f"{error.returncode}: {error}"
    return out.getvalue(), err.getvalue(), failure


def test_what_people_and_files_did_is_in_order(folder: Path) -> None:
    assert found() == []
    put_in_force()
    change(folder, "about/speaker.md", "cares", "cared")
    load_library(folder, today=timezone.localdate())
    assert found() == []
    draft = row_of("clause", "speaker")
    publishing.discard(draft, by=person("drafter"), seen=draft.revision)
    sent_back(row_of("clause", "data"))
    row = row_of(*OPTION)
    publishing.discard(row, by=person("drafter"), seen=row.revision)
    assert found() == []


def test_scheduled_and_cancelled_releases_are_in_order(folder: Path) -> None:
    today = timezone.localdate()
    release = put_in_force(effective_from=today + timedelta(days=1))
    assert found() == []
    manager = person("release_manager", "drafter")
    drafted("clause", "gone", by=manager, body="We write again.", withdrawn=False)
    publishing.cancel_release(release, by=manager, why="Not yet.", today=today)
    assert found() == []
    approved(drafted(*OPTION, help="All of it."))
    publishing.prepare_release(title="", notes="", effective_from=today, by=manager, today=today)
    assert found() == []


def test_the_command_counts_and_names_the_end_of_the_log(folder: Path) -> None:
    out, err, failure = verified()
    lines = Transition.objects.count()
    assert out == (
        f"3 releases, 8 versions of clauses and {lines} lines of the log: no problem found.\n"
        f"The log ends with {log.end()}.\n"
    )
    assert (err, failure) == ("", "")


def test_the_command_lists_problems_and_exits_with_status_1(folder: Path) -> None:
    with triggers_off(*ALL):
        ClauseVersion.objects.filter(clause="more", number=3).update(body="We sell.")
    out, err, failure = verified()
    assert (out, failure[:14]) == ("", "1: 2 problems.")
    assert err.splitlines() == [
        "release 3: The version of “more” that it refers to says something else than its text.",
        "clause more: Edition 3 says something else than the log kept.",
    ]


def test_lines_cut_off_at_the_end_are_found_by_a_digest_kept_elsewhere(folder: Path) -> None:
    row = row_of("clause", "data")
    publishing.comment(row, by=person("approver"), why="Never.")
    kept = log.end()
    assert verified(holds=kept)[2] == ""
    with triggers_off("library_transition"):
        Transition.objects.filter(digest=kept).delete()
    assert found() == []
    _, err, failure = verified(holds=kept)
    assert err == "log: It has no line of this digest: lines were cut off at its end.\n"
    assert failure.startswith("1: 1 problem.")


# ------------------------------------------------------------------ damage


def rows(model: type[models.Model], **found: Any) -> Any:
    return model._default_manager.filter(**found)


def with_another_text(release: Release) -> None:
    """Change a text and its digest, so that the digest alone tells nothing."""
    plain = json.loads(release.snapshot)
    plain["clauses"][0]["body"] = "We sell."
    text = canonical_json(plain)
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows(Release, pk=release.pk).update(snapshot=text, digest=digest)


def with_another_frame(release: Release) -> None:
    frame = release.frame.replace("your name", "your secrets")
    assert frame != release.frame
    rows(Release, pk=release.pk).update(frame=frame)


def third() -> Release:
    return Release.objects.get(number=3)


def forge_approval() -> None:
    """Let the author approve their own, with a log that fits."""
    line = Transition.objects.filter(name="more", number=3, action="approved").get()
    drafter = person("drafter")
    rows(Transition, pk=line.pk).update(by=drafter, who=drafter.username)
    previous = log.FIRST
    for row in Transition.objects.order_by("id"):
        row.previous = previous
        row.digest = previous = log.digest_of(row)
        rows(Transition, pk=row.pk).update(previous=f"x{row.pk}", digest=f"y{row.pk}")
        rows(Transition, pk=row.pk).update(previous=row.previous, digest=row.digest)


DAMAGE: dict[str, tuple[Callable[[], Any], str]] = {
    "a text": (
        lambda: rows(Release, number=3).update(snapshot=third().snapshot.replace("care", "sell")),
        "release 3: Its text does not have its digest",
    ),
    "a digest": (
        lambda: rows(Release, number=1).update(digest="f" * 64),
        "release 1: Its text does not have its digest",
    ),
    "text and digest": (
        lambda: with_another_text(third()),
        "release 3: The version of “more” that it refers to says something else than its text.",
    ),
    "a frame": (
        lambda: with_another_frame(third()),
        "release 3: Its title, sections, questions and options are not those of its text.",
    ),
    "an entry removed": (
        lambda: rows(ReleaseClause, release__number=3, version__clause="more").delete(),
        "release 3: Its text has the clause “more”, but there is no version of it",
    ),
    "an entry added": (
        lambda: ReleaseClause.objects.create(
            release=Release.objects.get(number=1),
            version=ClauseVersion.objects.get(clause="gone", number=1),
        ),
        "release 1: The clause “gone” is in the release, but not in its text.",
    ),
    "a condition": (
        lambda: rows(ClauseVersion, clause="data", number=1).update(when={}),
        "release 1: The version of “data” that it refers to says something else than its text.",
    ),
    "a version's number": (
        lambda: rows(ClauseVersion, clause="more", number=3).update(number=5),
        "clause more: Version 3 is missing.",
    ),
    "the newest version": (
        lambda: rows(Clause, pk="more").update(
            newest=ClauseVersion.objects.get(clause="more", number=1)
        ),
        "clause more: Its newest version is not the one with the highest number.",
    ),
    "an open old version": (
        lambda: rows(ClauseVersion, clause="more", number=1).update(state="draft"),
        "clause more: Version 1 is open, and not the newest.",
    ),
    "a release removed": (
        lambda: (
            rows(ReleaseClause, release__number=2).delete(),
            rows(Release, number=2).delete(),
        ),
        "release 3: The one after Release 1 is missing.",
    ),
    "the last release removed": (
        lambda: (
            rows(ReleaseClause, release__number=3).delete(),
            rows(Release, number=3).delete(),
        ),
        "release 3: The log says that it was published, but it is gone.",
    ),
    "days": (
        lambda: rows(Release, number=1).update(effective_from=timezone.localdate() + timedelta(9)),
        "release 2: It takes effect before Release 1, which came first.",
    ),
    "every day": (
        lambda: rows(Release).update(effective_from=timezone.localdate() + timedelta(9)),
        "releases: None is in force on",
    ),
    "a release published without a trace": (
        lambda: rows(Transition, kind="release", name="3", action="published").update(action=""),
        "release 3: The log does not say that it was published.",
    ),
    "a released section": (
        lambda: rows(Section, pk="collect").update(title="What we sell"),
        "section collect: It says something else than in the newest release.",
    ),
    "an option called released": (
        lambda: rows(Option, pk="data:name").update(state="released"),
        "option data:name: It says something else than in the newest release.",
    ),
    "an option's row that a release has": (
        lambda: rows(Option, pk="data:name").delete(),
        "option data:name: It is in the newest release, and its row is gone.",
    ),
    "a title's row that a release has": (
        lambda: rows(PolicyTitle).delete(),
        "title title: It is in the newest release, and its row is gone.",
    ),
    "a clause called released": (
        lambda: rows(ClauseVersion, clause="data", number=2).update(state="released"),
        "clause data: Version 2 is not what the newest release has of it.",
    ),
    "a draft that nobody logged": (
        lambda: rows(Option, pk="data:name").update(phrase="your secrets"),
        "option data:name: Edition 2 says something else than the log kept.",
    ),
    "a draft called approved": (
        lambda: rows(Option, pk="data:name").update(
            state="approved", approved_by=person("approver")
        ),
        "option data:name: The log does not say of edition 2: approved, submitted.",
    ),
    "an approval by nobody": (
        lambda: rows(ClauseVersion, clause="more", number=3).update(approved_by=None),
        "clause more: Edition 3 bears no name of whoever approved it.",
    ),
    "an approval of one's own": (
        lambda: rows(ClauseVersion, clause="more", number=3).update(approved_by=person("drafter")),
        "clause more: Edition 3 was approved by whoever edited it.",
    ),
    "an approval of one's own, with the log": (
        forge_approval,
        ": It was approved by nobody, or by somebody who wrote part of it.",
    ),
    "a line of the log": (
        lambda: rows(Transition, action="submitted", name="more", number=2).update(why="x"),
        ": This line was changed after it was written.",
    ),
}  # fmt: skip


@pytest.mark.every_case
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_said(folder: Path, damage: str) -> None:
    do, sentence = DAMAGE[damage]
    with triggers_off(*ALL):
        do()
    said = found()
    assert any(sentence in line for line in said), said


def test_entries_of_a_candidate_are_found(folder: Path) -> None:
    today = timezone.localdate()
    candidate = publishing.prepare_release(
        title="", notes="", effective_from=today, by=person("release_manager"), today=today
    )
    ReleaseClause.objects.create(
        release=candidate, version=ClauseVersion.objects.get(clause="data", number=1)
    )
    assert found() == ["release 4: It is not published, and has entries all the same."]


def test_triggers_that_are_away_are_found_and_named(folder: Path) -> None:
    with triggers_off("library_section", "django_admin_log"):
        said = found()
    assert [line.partition(": ")[0] for line in said] == ["django_admin_log", "library_section"]
    assert "These triggers are missing or switched off: keep_" in said[0]
    assert "keep_log_kept, keep_log_stays" in said[0]
    assert "keep_section_text" in said[1]
    assert found() == []


@pytest.mark.sqlite
def test_a_trigger_that_is_gone_is_found_on_sqlite() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER keep_release_frozen")
        cursor.execute("DROP TRIGGER keep_library_option_replacing")
    assert found() == [
        f"{table}: These triggers are missing or switched off: {name}."
        for table, name in (
            ("library_option", "keep_library_option_replacing"),
            ("library_release", "keep_release_frozen"),
        )
    ]


@pytest.mark.postgresql
def test_a_trigger_that_is_gone_or_off_is_found_on_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION keep_release_frozen CASCADE")
        cursor.execute("DROP TRIGGER keep_all ON library_release")
        cursor.execute("ALTER TABLE library_option ENABLE REPLICA TRIGGER keep_option_moves")
    assert found() == [
        f"{table}: These triggers are missing or switched off: {names}."
        for table, names in (
            ("library_option", "keep_option_moves"),
            ("library_release", "keep_all, keep_release_frozen"),
        )
    ]
