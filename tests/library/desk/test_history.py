"""The history of pieces: editions, comparisons of any two, and the way back to an old one."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.dateformat import format as date_format

from policygen.library.desk.changes import Words, changed_only, compare
from policygen.library.models import ClauseVersion, State, Transition
from policygen.library.publishing import cancel_release, discard
from tests.library.desk.people import at_desk, text_of
from tests.library.desk.test_review import queries, said_on
from tests.library.steps import (
    CLAUSE,
    FRAME,
    OPTION,
    QUESTION,
    SECTION,
    approved,
    drafted,
    loaded,
    row_of,
    submitted,
    written,
)
from tests.releases import person, put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")


def released(piece: tuple[str, str], **content: Any) -> Any:
    """Put a change of a piece in force."""
    approved(drafted(*piece, **content))
    put_in_force()
    return row_of(*piece)


def table(page: str) -> list[list[str]]:
    """Return the rows of the first table of a page as plain texts."""
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in body.split("<tr>")[1:]
    ]


def plain(page: str) -> str:
    return re.sub(r"<[^>]+>", "|", page)


def history(client: Client, kind: str, name: str, query: str = "") -> str:
    return text_of(client.get(f"/admin/pieces/{kind}/{name}/history/{query}"))


def compared(client: Client, kind: str, name: str, query: str) -> str:
    return text_of(client.get(f"/admin/pieces/{kind}/{name}/compare/?{query}"))


def begin(client: Client, row: Any, **fields: Any) -> Any:
    fields = {"seen": row.revision, **fields}
    return client.post(f"/admin/pieces/{row.kind}/{row.name}/begin/", fields)


# ------------------------------------------------------------------ editions


def test_each_version_of_a_clause_says_who_wrote_and_approved_it_and_where_it_is():
    released(CLAUSE)
    drafted(*CLAUSE, body="We still care.", why="Shorter.")
    rows = table(history(at_desk(), *CLAUSE))
    assert [row[:6] for row in rows] == [
        ["3", "Draft", "Shorter.", "drafter", "–", "–"],
        ["2", "Released", "Clearer.", "drafter", "approver", "2"],
        ["1", "Released", "–", "files", "–", "1"],
    ]


@pytest.mark.parametrize("piece", FRAME)
def test_each_edition_of_any_other_piece_is_known_from_the_log_and_the_releases(piece):
    released(piece)
    drafted(*piece, why="Once more.", **{} if piece[0] != "section" else {"title": "Third"})
    rows = table(history(at_desk(), *piece))
    assert rows[-1][:6] == ["1", "Released", "–", "files", "–", "1"]
    assert rows[-2][:6] == ["2", "Released", "Clearer.", "drafter", "approver", "2"]


def test_what_a_cancelled_release_held_is_in_no_release():
    approved(drafted(*CLAUSE))
    approved(drafted(*SECTION))
    today = timezone.localdate()
    release = put_in_force(effective_from=today + timedelta(days=1))
    for piece in (CLAUSE, SECTION):
        assert table(history(at_desk(), *piece))[0][5] == "2"
    cancel_release(release, by=person("release_manager"), why="Not yet.", today=today)
    for piece in (CLAUSE, SECTION):
        row = table(history(at_desk(), *piece))[0]
        assert (row[:2], row[5]) == (["2", "Approved"], "–")


@pytest.mark.parametrize("piece", [CLAUSE, OPTION])
def test_who_wrote_an_edition_that_was_thrown_away_did_not_write_the_next_one(piece):
    row = drafted(*piece, by=person("drafter", "approver"))
    discard(row, by=person("drafter", "approver"), seen=row.revision, why="Wrong.")
    submitted(drafted(*piece))
    page = history(at_desk("drafter", "approver"), *piece)
    (written_by,) = [line[3] for line in table(page) if line[0] == "2"]
    assert written_by == "drafter"
    queue = plain(text_of(at_desk("drafter", "approver").get("/admin/pieces/review/")))
    assert "Waits for you 1" in " ".join(queue.replace("|", " ").split())


def test_a_text_of_the_log_bears_the_time_of_the_practice():
    drafted(*OPTION)
    line = Transition.objects.exclude(content="").first()
    with timezone.override("Asia/Kolkata"):
        page = compared(at_desk(), *OPTION, f"a=1&b=line-{line.pk}")
        assert date_format(timezone.localtime(line.at), "M j, Y, H:i") in page
    assert "UTC" not in page


def test_a_piece_that_was_thrown_away_still_has_its_history_and_its_text():
    row = written("fresh", "We write on paper.")
    discard(row, by=person("drafter"), seen=row.revision, why="Not needed.")
    client = at_desk()
    page = history(client, "clause", "fresh")
    assert "thrown away before it was ever released" in page
    assert "Not needed." in page
    line = Transition.objects.get(name="fresh", action="discarded").pk
    assert f"?a=line-{line}&amp;b=line-{line}" in page
    text = compared(client, "clause", "fresh", f"a=line-{line}&b=line-{line}")
    assert "We write on paper." in text


# ------------------------------------------------------------------ comparing


def test_any_two_versions_are_compared_word_by_word():
    released(CLAUSE)
    released(CLAUSE, body="{{ practice }} cares very little.", title="How we care")
    page = plain(compared(at_desk(), *CLAUSE, "a=1&b=3"))
    assert "removed: |a lot" in page
    assert "added: |very little" in page
    assert "From “Version 1 (released)” to “Version 3 (released)”." in page
    assert "What stays" in page


def test_what_stood_in_a_release_is_compared_with_a_draft():
    for piece in (CLAUSE, OPTION, SECTION):
        released(piece)
    drafted(*OPTION, label="Names")
    drafted(*CLAUSE, body="We care no more.")
    client = at_desk()
    page = plain(compared(client, *OPTION, "a=release-2&b=3"))
    assert "As in release 2 (version 1)" in page  # an option of release 2 was not in the change yet
    page = plain(compared(client, *CLAUSE, "a=release-1&b=3"))
    assert "removed: |" in page
    assert "As in release 1 (version 1)" in page


def test_without_a_choice_the_newest_is_compared_with_the_one_before():
    released(CLAUSE)
    page = text_of(at_desk().get("/admin/pieces/clause/more/compare/"))
    assert "From “Version 1 (released)” to “Version 2 (released)”." in page


def test_the_same_version_twice_shows_that_nothing_changed():
    page = compared(at_desk(), *CLAUSE, "a=1&b=1")
    assert "Nothing: both say the same." in page
    assert "cares a lot" in page


@pytest.mark.parametrize(
    "key",
    [
        "0",
        "2",
        "-1",
        "1.0",
        "x",
        "",
        "release-9",
        "release-",
        "line-0",
        "line-999999999999999999",
        "line-9999999999999999999999999",
        "line-x",
        "\0",
        "x" * 5000,
        "１",
        "<b>",
    ],
)
@pytest.mark.parametrize("side", ["a", "b"])
def test_a_version_that_is_not_there_is_named_and_not_found(side, key):
    other = {"a": "b", "b": "a"}[side]
    client = at_desk()
    response = client.get("/admin/pieces/clause/more/compare/", {side: key, other: "1"})
    assert response.status_code == 404
    page = response.content.decode()
    assert "There is no such version" in page
    assert "Choose two below" in page
    assert "<b>" not in page


def test_a_line_of_another_piece_is_not_shown_as_one_of_this():
    written("fresh")
    line = Transition.objects.filter(name="fresh").first()
    response = at_desk().get(f"/admin/pieces/clause/more/compare/?a=line-{line.pk}&b=1")
    assert response.status_code == 404


# ------------------------------------------------------------------ all attributes, as values

CONTENT: dict[str, Any] = {
    "section_id": "about",
    "title": "Old",
    "order": 10,
    "when": {"any": ["data:name", "data:records"]},
    "run_in": False,
    "body": "We keep it.\n\nFor ten years.",
    "statements": ["a-1", "a-2"],
    "claims": [],
    "citations": [],
    "note": "",
    "withdrawn": False,
}
WORDS = Words({"about": "About us", "collect": "What we keep"})


def changed(**content: Any) -> dict[str, str]:
    """Return the marked lines of what changed, by label: -removed- and +added+."""
    signs = {"same": "", "deleted": "-", "inserted": "+"}
    rows = changed_only(compare("clause", CONTENT, {**CONTENT, **content}, WORDS))
    return {
        row.label: " / ".join(
            "".join(f"{signs[c.mark]}{c.text}{signs[c.mark]}" for c in line) for line in row.lines
        )
        for row in rows
    }


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"title": "New"}, {"Title": "-Old-+New+"}),
        ({"order": 20}, {"Order": "-10-+20+"}),
        (
            {"section_id": "collect"},
            {"Section": "-About us (about-+What we keep (collect+)"},
        ),
        ({"run_in": True}, {"Runs in": "-no-+yes+"}),
        ({"withdrawn": True}, {"Take it out": "-no-+yes+"}),
        ({"statements": ["a-2", "a-3"]}, {"Model statements": "-a-1- / a-2 / +a-3+"}),
        ({"statements": ["a-2", "a-1"]}, {"Model statements": "+a-2+ / a-1 / -a-2-"}),
        ({"claims": ["keep(data)"]}, {"Claims": "+keep(data)+"}),
        ({"note": "Why?"}, {"Note for colleagues": "+Why?+"}),
        (
            {"when": {"any": ["data:name"], "none": ["data:records"]}},
            {
                "Condition: what it asks for": "one of: data:name / -one of: data:records- / "
                "+none of: data:records+"
            },
        ),
        (
            {"when": {}},
            {"Condition: what it asks for": "-one of: data:name- / -one of: data:records-"},
        ),
    ],
)
def test_every_attribute_is_compared_in_its_own_way(content, shown):
    assert changed(**content) == shown


def test_conditions_are_compared_as_sentences():
    words = Words({}, lambda when: f"Sentence of {len(when)}.")
    rows = changed_only(compare("clause", CONTENT, {**CONTENT, "when": {}}, words))
    assert [row.label for row in rows] == ["Condition", "Condition: what it asks for"]
    assert rows[0].after == ("Sentence of 0.",)


def test_a_new_piece_is_added_whole_and_one_that_is_gone_removed_whole():
    for before, after, mark in ((None, CONTENT, "inserted"), (CONTENT, None, "deleted")):
        rows = compare("clause", before, after, WORDS)
        marks = {change.mark for row in rows for line in row.lines for change in line}
        assert marks == {mark}


def test_the_condition_of_the_page_is_an_english_sentence():
    released(CLAUSE, when={"any": ["data:name"]})
    page = plain(compared(at_desk(), *CLAUSE, "a=1&b=2"))
    assert "“Name”" in page
    assert "one of: data:name" in page


def test_a_version_that_names_what_is_gone_can_still_be_compared():
    row = drafted(*CLAUSE)
    ClauseVersion.objects.filter(pk=row.pk).update(when={"any": ["nothing:here", 7, None]})
    assert "What changed" in compared(at_desk(), *CLAUSE, "a=1&b=2")


def test_groups_of_a_question_are_compared_as_entries():
    row = row_of(*QUESTION)
    groups = [["identity", "Who someone is"], ["health", "Your health"]]
    approved(drafted(*QUESTION, groups=groups if isinstance(row.groups, list) else dict(groups)))
    page = plain(compared(at_desk(), *QUESTION, "a=1&b=2"))
    assert "removed: |health: Health" in page
    assert "added: |health: Your health" in page


# ------------------------------------------------------------------ back to an old one


def test_an_old_version_of_a_clause_is_restored_as_a_new_draft():
    released(CLAUSE)
    first = ClauseVersion.objects.get(clause="more", number=1)
    client = at_desk("drafter")
    assert "Restore" in history(client, *CLAUSE)
    response = begin(client, row_of(*CLAUSE), like="1")
    row = row_of(*CLAUSE)
    assert (row.number, row.state, row.body) == (3, State.DRAFT, first.body)
    assert row.reason == "Back to version 1."
    assert response.url == f"/admin/library/clauseversion/{row.pk}/change/"


@pytest.mark.parametrize("piece", [OPTION, SECTION])
def test_an_old_edition_of_any_other_piece_is_restored_as_a_new_draft(piece):
    before = row_of(*piece).content()
    row = released(piece)
    begin(at_desk("drafter"), row, like="1")
    row = row_of(*piece)
    assert (row.number, row.state, row.content()) == (3, State.DRAFT, before)


def test_what_was_taken_out_comes_back_by_restoring_it():
    released(CLAUSE, withdrawn=True)
    begin(at_desk("drafter"), row_of(*CLAUSE), like="1")
    assert (row_of(*CLAUSE).state, row_of(*CLAUSE).withdrawn) == (State.DRAFT, False)


@pytest.mark.parametrize("like", ["0", "9", "-1", "x", "9" * 30, "2147483648", "\0", "1 "])
@pytest.mark.parametrize("piece", [CLAUSE, OPTION])
def test_a_version_that_is_not_there_is_not_restored(piece, like):
    row = released(piece)
    client = at_desk("drafter")
    page = said_on(client, begin(client, row, like=like))
    assert "There is no such version." in page
    assert row_of(*piece).revision == row.revision


@pytest.mark.parametrize("piece", [CLAUSE, OPTION])
def test_nothing_is_restored_over_work_that_goes_on(piece):
    released(piece)
    row = submitted(drafted(*piece, **{"title" if piece == CLAUSE else "label": "Third"}))
    client = at_desk("drafter")
    assert "Restore" not in history(client, *piece)
    begin(client, row, like="1")
    assert row_of(*piece).content() == row.content()


def test_an_old_form_restores_nothing():
    row = released(OPTION)
    drafted(*OPTION, label="Third")
    approved(row_of(*OPTION))
    put_in_force()
    page = said_on(client := at_desk("drafter"), begin(client, row, like="1"))
    assert "happened after you opened it" in page
    assert row_of(*OPTION).label == "Third"


def test_to_begin_a_draft_of_an_option_is_to_change_it():
    row = row_of(*OPTION)
    response = begin(at_desk("drafter"), row)
    assert response.url == "/admin/library/option/data_3Aname/change/"
    assert row_of(*OPTION).state == State.RELEASED


def test_only_drafters_restore():
    row = released(CLAUSE)
    client = at_desk("approver")
    assert "Restore" not in history(client, *CLAUSE)
    assert begin(client, row, like="1").status_code == 403
    assert row_of(*CLAUSE).number == 2


# ------------------------------------------------------------------ size


@pytest.mark.parametrize("page", ["history/", "compare/?a=1"])
@pytest.mark.parametrize("piece", [CLAUSE, SECTION])
def test_the_history_asks_the_database_as_often_however_long_it_is(
    page, piece, django_assert_num_queries
):
    released(piece)
    client = at_desk("drafter")
    address = f"/admin/pieces/{piece[0]}/{piece[1]}/{page}"
    with_two = queries(client, address)
    for number in range(4):
        released(piece, title=f"Title {number}")
    with django_assert_num_queries(with_two):
        assert client.get(address).status_code == 200
