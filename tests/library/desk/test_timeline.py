"""One timeline of a piece or a release from both logs, on pages and as CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from policygen.library.desk.lines import Entry
from policygen.library.desk.timeline import as_csv, timeline_of_piece
from policygen.library.models import Release, Transition
from policygen.library.publishing import comment, discard, discard_release, prepare_release
from tests.library.desk.people import at_desk, text_of
from tests.library.desk.test_review import queries
from tests.library.steps import (
    CLAUSE,
    OPTION,
    SECTION,
    approved,
    drafted,
    loaded,
    row_of,
    sent_back,
    submitted,
    written,
)
from tests.releases import person, put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")


def logged(row: Any, flag: int = CHANGE, message: Any = "") -> LogEntry:
    """Write a line into the admin's own log, as the admin does."""
    return LogEntry.objects.create(
        user=person("drafter"),
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=message if isinstance(message, str) else json.dumps(message),
    )


def downloaded(client: Client, address: str) -> list[list[str]]:
    response = client.get(f"/admin/{address}")
    assert response.status_code == 200
    text = response.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def actions(kind: str, name: str) -> list[tuple[str, str]]:
    return [(entry.source, entry.action) for entry in timeline_of_piece(kind, name).whole()]


def test_both_logs_are_one_timeline_the_newest_first():
    row = drafted(*CLAUSE)
    logged(row, CHANGE, [{"changed": {"fields": ["Text", "Title"]}}])
    submitted(row)
    assert actions(*CLAUSE) == [
        ("desk", "submitted"),
        ("admin", "changed"),
        ("desk", "saved"),
        ("desk", "began"),
    ]
    page = text_of(at_desk().get("/admin/pieces/clause/more/history/"))
    places = [
        page.index(words) for words in ("Sent in for review", "Text and Title", "Draft begun")
    ]
    assert places == sorted(places)


def test_a_timeline_knows_only_its_own_piece():
    drafted(*SECTION)
    logged(row_of(*SECTION), ADDITION)
    logged(row_of("clause", "data"))
    logged(row_of("question", "data"))
    logged(drafted("section", "about", title="Us"))
    LogEntry.objects.create(
        user=person("drafter"),
        content_type=ContentType.objects.get_for_model(Release),
        object_id="collect",
        object_repr="collect",
        action_flag=CHANGE,
    )
    assert actions(*SECTION) == [("admin", "added"), ("desk", "began")]


def test_what_the_admin_did_to_a_version_that_was_thrown_away_stays():
    row = drafted(*CLAUSE)
    logged(row, DELETION, "Thrown away by hand")
    logged(written("more-than-that"), CHANGE)
    discard(row, by=person("drafter"), seen=row.revision)
    assert ("admin", "deleted") in actions(*CLAUSE)
    assert ("admin", "changed") not in actions(*CLAUSE)


def test_the_timeline_of_a_piece_that_is_gone_can_be_read_and_downloaded():
    row = written("fresh")
    discard(row, by=person("drafter"), seen=row.revision)
    lines = downloaded(at_desk(), "pieces/clause/fresh/timeline.csv")
    assert [line[5] for line in lines] == ["action", "discarded", "began"]


def test_the_timeline_of_a_release_has_its_own_lines_and_those_of_what_it_released():
    approved(drafted(*CLAUSE))
    approved(drafted(*OPTION))
    approved(drafted("clause", "speaker", withdrawn=True))
    first = prepare_release(
        title="First try",
        notes="",
        effective_from=timezone.localdate(),
        by=person("release_manager"),
        today=timezone.localdate(),
    )
    discard_release(first, by=person("release_manager"), why="A word is missing.")
    release = put_in_force(title="Words")
    comment(release, by=person("approver"), why="Well done.")
    logged(release, CHANGE, "Seen by the board")
    approved(drafted(*SECTION))  # this is in no release yet
    client = at_desk()
    lines = downloaded(client, "releases/2/timeline.csv")
    assert {(line[2], line[3], line[5]) for line in lines[1:]} == {
        ("release", "2", "prepared"),
        ("release", "2", "discarded"),
        ("release", "2", "published"),
        ("release", "2", "commented"),
        ("release", "2", "changed"),
        ("clause", "more", "approved"),
        ("clause", "more", "released"),
        ("clause", "speaker", "approved"),
        ("clause", "speaker", "retired"),
        ("option", "data:name", "approved"),
        ("option", "data:name", "released"),
    }
    page = text_of(client.get("/admin/releases/2/timeline/"))
    assert "Well done." in page
    assert "Taken out: <a" in page
    assert "Seen by the board" in page
    assert "collect" not in page


@pytest.mark.parametrize("number", ["0", "7", "99999999999999999999"])
@pytest.mark.parametrize("page", ["timeline/", "timeline.csv"])
def test_a_release_that_is_not_there_is_not_found(number, page):
    assert at_desk().get(f"/admin/releases/{number}/{page}").status_code == 404


# ------------------------------------------------------------------ CSV


def test_the_file_says_when_who_what_and_why_with_a_plain_name():
    row = sent_back(submitted(drafted(*OPTION, why="Clearer.")), why="Shorter,\nplease “so”.")
    client = at_desk()
    response = client.get("/admin/pieces/option/data:name/timeline.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="timeline-option-data-name.csv"'
    lines = downloaded(client, "pieces/option/data:name/timeline.csv")
    assert lines[0] == ["at", "who", "kind", "name", "number", "action", "why", "source"]
    at, *rest = lines[1]
    assert rest == [
        *("approver", "option", "data:name", str(row.number)),
        *("sent back", "Shorter,\nplease “so”.", "desk"),
    ]
    assert at.endswith("+00:00")
    assert at == Transition.objects.first().at.isoformat(timespec="seconds")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1",
            "＋1",
            "＠x",
        ),
        '=HYPERLINK("http://evil.example","click")',
    ],
)
def test_no_cell_is_a_formula(text):
    now = timezone.now()
    entry = Entry(now, text, "clause", text, 1, text, text, "desk")
    (_, line) = csv.reader(io.StringIO(as_csv([entry]).removeprefix("\ufeff"), newline=""))
    assert line[1] == line[3] == line[5] == line[6] == f"'{text}"


def test_a_hostile_comment_is_harmless_in_the_file_and_on_the_page():
    comment(row_of(*CLAUSE), by=person("approver"), why="=1+1<script>alert(1)</script>")
    client = at_desk()
    lines = downloaded(client, "pieces/clause/more/timeline.csv")
    assert lines[1][6] == "'=1+1<script>alert(1)</script>"
    assert "<script>alert" not in text_of(client.get("/admin/pieces/clause/more/history/"))
    response = client.get("/admin/pieces/clause/more/timeline.csv")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")


# ------------------------------------------------------------------ size


def test_a_long_timeline_comes_in_pages():
    row = row_of(*CLAUSE)
    for number in range(60):
        comment(row, by=person("approver"), why=f"Comment {number:03}.")
        logged(row, CHANGE, f"Entry {number:03}.")
    client = at_desk()
    first = text_of(client.get("/admin/pieces/clause/more/history/"))
    second = text_of(client.get("/admin/pieces/clause/more/history/?page=2"))
    seen = [page.count("Comment 0") + page.count("Entry 0") for page in (first, second)]
    assert seen == [100, 20]
    assert "Entry 059." in first
    assert "Comment 000." in second
    assert len(downloaded(client, "pieces/clause/more/timeline.csv")) == 121


@pytest.mark.parametrize(
    "address",
    [
        "pieces/clause/more/history/",
        "pieces/clause/more/timeline.csv",
        "releases/2/timeline/",
        "releases/2/timeline.csv",
    ],
)
def test_a_timeline_asks_the_database_as_often_however_long_it_is(
    address, django_assert_num_queries
):
    approved(drafted(*CLAUSE))
    release = put_in_force()
    logged(row_of(*CLAUSE))
    logged(release)
    client = at_desk()
    short = queries(client, f"/admin/{address}")
    for number in range(20):
        for subject in (row_of(*CLAUSE), release):
            comment(subject, by=person("approver"), why=f"Comment {number}")
            logged(subject)
    with django_assert_num_queries(short):
        assert client.get(f"/admin/{address}").status_code == 200
