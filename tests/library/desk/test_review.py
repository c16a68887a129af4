"""Review at the desk: who may take which step when, what is refused, and what the pages show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.library.models import KINDS, ClauseVersion, State, Transition
from policygen.library.publishing import begin_draft, discard, save_draft, send_back, submit
from tests.library.desk.people import at_desk, reader, signed_in, text_of
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
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

STEPS = ("submit", "approve", "send-back", "discard", "comment", "begin")
ROLES = {
    "reader": (),
    "drafter": ("drafter",),
    "writer": ("drafter", "release_manager"),
    "approver": ("approver",),
    "writing approver": ("drafter", "approver"),
    "release manager": ("release_manager",),
    "superuser": (),
    "writing superuser": (),
}
WRITERS = ("writer", "writing approver", "writing superuser")
MAY_DRAFT = {"drafter", "writer", "writing approver", "superuser", "writing superuser"}
MAY_APPROVE = {"approver", "superuser"}
"""Not those who wrote some of it, whatever else they may."""
REVIEWERS = {*MAY_APPROVE, "writing approver", "writing superuser"}
EVERYBODY = set(ROLES) - {"reader"}

ALLOWED: dict[tuple[str, State], set[str]] = {
    ("submit", State.DRAFT): MAY_DRAFT,
    ("approve", State.REVIEW): MAY_APPROVE,
    ("send-back", State.REVIEW): {*REVIEWERS, "writer"},
    ("send-back", State.APPROVED): {*REVIEWERS, "writer"},
    ("discard", State.DRAFT): MAY_DRAFT,
    ("begin", State.RELEASED): MAY_DRAFT,
    ("begin", State.RETIRED): MAY_DRAFT,
    **{("comment", state): EVERYBODY for state in State},
}
"""Who may take which step with a clause in which state; all else is refused."""


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")


def someone(role: str) -> User:
    user = reader(*ROLES[role])
    if "superuser" in role:
        name = role.replace(" ", "_")
        user, _ = User.objects.get_or_create(username=name)
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    return User.objects.get(pk=user.pk)


def brought(state: State, writer: User) -> Any:
    """Bring the clause into a state; this person wrote the last of it, and a drafter the first."""
    if state == State.RELEASED:
        return row_of(*CLAUSE)
    row = drafted(*CLAUSE)
    changes = {"withdrawn": True} if state == State.RETIRED else {"title": "As it was left"}
    row = save_draft(row, changes, by=writer, seen=row.revision)
    if state == State.DRAFT:
        return row
    row = submitted(row)
    if state == State.REVIEW:
        return row
    row = approve_as("approver", row)
    if state == State.APPROVED:
        return row
    put_in_force()
    return row_of(*CLAUSE)


def approve_as(role: str, row: Any) -> Any:
    step(at_desk(role), row, "approve")
    return type(row).objects.get(pk=row.pk)


def step(client: Client, row: Any, name: str, **fields: Any) -> Any:
    fields = {"seen": row.revision, "why": "As it should be.", **fields}
    return client.post(f"/admin/pieces/{row.kind}/{row.name}/{name}/", fields)


def everything() -> Any:
    """Return all that a step could change."""
    rows = [list(model.objects.order_by("pk").values()) for model in KINDS.values()]
    return rows, list(Transition.objects.values_list("digest", flat=True))


def said_on(client: Client, response: Any) -> str:
    """Return the page to which a refusal leads."""
    if response.status_code == 403:
        return str(response.content.decode())
    return text_of(client.get(response.url))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("role", ROLES)
def test_a_step_is_taken_by_whoever_may_and_changes_nothing_for_others(role, state):
    user = someone(role)
    row = brought(state, user if role in WRITERS else person("drafter", "release_manager"))
    client = signed_in(user)
    for name in STEPS:
        before = everything()
        mark = transaction.savepoint()
        response = step(client, row, name)
        taken = everything() != before
        transaction.savepoint_rollback(mark)
        assert taken == (role in ALLOWED.get((name, state), set())), (name, response)
        assert response.status_code in {302, 403}, (name, response)
        client = signed_in(user)  # the session was rolled back, too


@pytest.mark.parametrize("state", State)
def test_looking_changes_nothing(state):
    row = brought(state, person("drafter"))
    client = at_desk("drafter", "approver", "release_manager")
    before = everything()
    for name in (*STEPS, "review", "history", "compare"):
        assert client.get(f"/admin/pieces/clause/{row.name}/{name}/").status_code in {200, 302}
    client.get("/admin/pieces/review/")
    assert everything() == before


@pytest.mark.parametrize("piece", [CLAUSE, OPTION, SECTION])
def test_a_step_without_the_token_of_its_form_is_refused(piece):
    row = drafted(*piece)
    client = Client(enforce_csrf_checks=True)
    sign_in(client, reader("drafter"))
    before = everything()
    assert step(client, row, "submit").status_code == 403
    assert everything() == before


@pytest.mark.parametrize("piece", [CLAUSE, OPTION])
@pytest.mark.parametrize("boss", [False, True])
def test_nobody_approves_what_they_wrote_a_superuser_neither(piece, boss):
    user = someone("superuser" if boss else "writing approver")
    row = submit(drafted(*piece, by=user), by=user, seen=row_of(*piece).revision)
    client = signed_in(user)
    page = text_of(client.get(f"/admin/pieces/{row.kind}/{row.name}/review/"))
    assert "You wrote part of this; somebody else approves it." in page
    assert "/approve/" not in page
    response = step(client, row, "approve")
    assert response.status_code == 403
    assert "You wrote part of this. Somebody else must approve it." in response.content.decode()
    assert row_of(*piece).state == State.REVIEW


def test_who_wrote_an_earlier_save_of_it_does_not_approve_it_either():
    first = person("drafter", "approver")
    row = drafted(*CLAUSE, by=first)
    row = save_draft(row, {"title": "Anew"}, by=person("drafter"), seen=row.revision)
    row = submitted(row)
    assert step(signed_in(reader("drafter", "approver")), row, "approve").status_code == 403
    assert row_of(*CLAUSE).state == State.REVIEW


def test_outsiders_and_visitors_see_nothing():
    row = submitted(drafted(*CLAUSE))
    for address in ("review/", "clause/more/review/", "clause/more/history/"):
        assert "login" in Client().get(f"/admin/pieces/{address}").url
        refused = signed_in(person()).get(f"/admin/pieces/{address}", follow=True)
        assert refused.status_code == 403
        without = person("approver", "release_manager")  # nobody gave them the right to read
        assert signed_in(without).get(f"/admin/pieces/{address}").status_code == 403
    assert step(signed_in(without), row, "approve").status_code == 403


# ------------------------------------------------------------------ old forms


@pytest.mark.parametrize("name", ["submit", "discard"])
def test_an_old_form_decides_nothing_and_leads_to_what_changed(name):
    row = drafted(*CLAUSE)
    log = Transition.objects.first().pk
    save_draft(row, {"body": "We care about elephants."}, by=person("drafter"), seen=row.revision)
    before = everything()
    client = at_desk("drafter", "release_manager")
    response = step(client, row, name, log=log)
    assert everything() == before
    page = text_of(client.get(response.url))
    assert "Since you opened it" in page
    assert "elephants" in page.split("Since you opened it")[1].split("</section>")[0]
    assert "Something happened after you opened it: drafter, “Text changed”." in page


@pytest.mark.parametrize("name", ["approve", "send-back"])
def test_nobody_decides_on_what_was_changed_after_they_opened_it(name):
    row = submitted(drafted(*CLAUSE))
    again = send_back(row, by=person("drafter"), seen=row.revision, why="A word is missing")
    again = save_draft(again, {"title": "Changed"}, by=person("drafter"), seen=again.revision)
    submitted(again)
    before = everything()
    assert step(at_desk("approver"), row, name).status_code == 302
    assert everything() == before


def test_the_form_of_a_draft_that_was_thrown_away_does_not_fit_the_next_one():
    row = submitted(drafted(*CLAUSE))
    back = send_back(row, by=person("drafter"), seen=row.revision, why="Anew.")
    discard(back, by=person("drafter"), seen=back.revision)
    other = submitted(drafted(*CLAUSE, body="Something else."))
    assert other.number == row.number
    step(at_desk("approver"), row, "approve")
    assert row_of(*CLAUSE).state == State.REVIEW


def test_the_form_of_a_new_option_that_was_thrown_away_does_not_fit_the_next_one():
    first = written("fresh")
    discard(first, by=person("drafter"), seen=first.revision)
    second = written("fresh", "We write something else.")
    step(at_desk("drafter"), first, "submit")
    assert row_of("clause", "fresh").state == State.DRAFT
    step(at_desk("drafter"), second, "submit")
    assert row_of("clause", "fresh").state == State.REVIEW


def test_a_button_pressed_twice_approves_once_and_says_so():
    row = submitted(drafted(*CLAUSE))
    client = at_desk("approver")
    for _ in range(2):
        response = step(client, row, "approve")
        assert "It is approved, and waits for the next release." in said_on(client, response)
    lines = Transition.objects.filter(kind="clause", name="more", action="approved")
    assert lines.count() == 1


def test_the_second_of_two_approvers_reads_that_it_was_done():
    row = submitted(drafted(*CLAUSE))
    step(at_desk("approver"), row, "approve")
    other = at_desk("approver", "release_manager")
    page = said_on(other, step(other, row, "approve"))
    assert "Something happened after you opened it: approver, “Approved”." in page
    assert row_of(*CLAUSE).approved_by == person("approver")


@pytest.mark.parametrize("seen", ["", "x", "-1", "1.0", "9" * 400, "٣", "\0"])
def test_a_form_without_a_proper_revision_is_refused_with_a_message(seen):
    row = drafted(*CLAUSE)
    before = everything()
    client = at_desk("drafter")
    page = said_on(client, step(client, row, "submit", seen=seen))
    assert "Something of the page was missing" in page or "happened after you opened it" in page
    assert everything() == before


# ------------------------------------------------------------------ what is refused says why


def test_sending_back_needs_a_comment():
    row = submitted(drafted(*CLAUSE))
    client = at_desk("approver")
    page = said_on(client, step(client, row, "send-back", why="  "))
    assert "Say what is to be changed." in page
    assert row_of(*CLAUSE).state == State.REVIEW


def test_an_empty_comment_is_refused():
    client = at_desk("drafter")
    page = said_on(client, step(client, row_of(*CLAUSE), "comment", why="\n"))
    assert "Write the comment first." in page


@pytest.mark.parametrize("name", ["comment", "send-back", "discard"])
@pytest.mark.parametrize("why", ["a\0b", "a\u202eb", "x" * 5001, "x" * 50_000])
def test_comments_that_no_page_or_database_could_take_are_refused(name, why):
    row = drafted(*CLAUSE) if name == "discard" else submitted(drafted(*CLAUSE))
    before = everything()
    client = at_desk("drafter", "approver", "release_manager")
    page = said_on(client, step(client, row, name, why=why))
    assert "character" in page
    assert everything() == before


def test_a_draft_without_a_reason_is_not_submitted_and_the_page_of_the_draft_says_so():
    row = drafted(*CLAUSE, why="")
    client = at_desk("drafter")
    response = step(client, row, "submit")
    assert response.url == f"/admin/library/clauseversion/{row.pk}/change/"
    assert "Reason for the change: Say why this changes." in said_on(client, response)
    assert row_of(*CLAUSE).state == State.DRAFT


def test_the_page_of_a_piece_lists_what_speaks_against_it():
    option = drafted(*OPTION, withdrawn=True)
    assert option.state == State.DRAFT
    row = drafted(*CLAUSE)
    ClauseVersion.objects.filter(pk=row.pk).update(when={"all": ["data:nothing"]})
    page = text_of(at_desk("approver").get("/admin/pieces/clause/more/review/"))
    assert "This speaks against it" in page
    assert "Condition: “data:nothing” names no answer." in page


@pytest.mark.parametrize(
    "address",
    [
        "clause/nothing/",
        "nothing/more/",
        "release/1/",
        "clause/mo%00re/",
        "option/data:nothing/",
        "clause/%F0%9F%98%80/",
        f"clause/{'x' * 3000}/",
    ],
)
@pytest.mark.parametrize("page", ["review", "history", "compare", "submit", "timeline.csv"])
def test_what_is_not_there_is_not_found(address, page):
    path = f"/admin/pieces/{address}{page}{'' if '.' in page else '/'}"
    client = at_desk("drafter")
    assert client.get(path).status_code == 404
    if page == "submit":
        assert client.post(path, {"seen": 0}).status_code == 404


# ------------------------------------------------------------------ what the pages show


def test_the_page_of_a_piece_shows_its_reason_and_what_changes_word_by_word():
    row = submitted(drafted(*CLAUSE, why="Say it stronger."))
    page = text_of(at_desk("approver").get("/admin/pieces/clause/more/review/"))
    assert "Say it stronger." in page
    assert "What changes against Release 1" in page
    text = re.sub(r"<[^>]+>", "|", page)
    assert "removed: |a lot" in text
    assert "added: |very much" in text
    assert f'name="seen" value="{row.revision}"' in page


def test_a_new_piece_is_shown_as_added_whole():
    written("fresh", "We write to you on paper.")
    page = text_of(at_desk("approver").get("/admin/pieces/clause/fresh/review/"))
    assert "New: in no release yet" in page
    assert "added: </span>We write to you on paper." in page


def test_comments_stand_on_the_page():
    row = submitted(drafted(*OPTION))
    client = at_desk("approver")
    response = step(client, row, "comment", why="Is this the word that patients use?\nAsk.")
    page = said_on(client, response)
    assert "Is this the word that patients use?<br>Ask." in page
    assert row_of(*OPTION).state == State.REVIEW


def test_a_draft_is_thrown_away_only_after_a_page_that_asks():
    row = drafted(*CLAUSE)
    client = at_desk("drafter")
    page = text_of(client.get("/admin/pieces/clause/more/discard/"))
    assert "Throw the draft away?" in page
    assert "very much" in page
    assert row_of(*CLAUSE).state == State.DRAFT
    response = step(client, row, "discard")
    assert row_of(*CLAUSE).number == 1
    assert "The draft is thrown away." in said_on(client, response)


def test_the_form_of_what_is_gone_leads_to_its_history():
    row = written("fresh")
    client = at_desk("drafter")
    step(client, row, "discard")
    page = said_on(client, step(client, row, "submit"))
    assert "This was thrown away meanwhile." in page
    assert "Thrown away" in page


def test_what_cannot_be_thrown_away_is_not_asked_about():
    row = submitted(drafted(*CLAUSE))
    response = at_desk("drafter").get(f"/admin/pieces/clause/{row.name}/discard/")
    assert response.url == "/admin/pieces/clause/more/review/"


def lists_of(client: Client) -> dict[str, list[str]]:
    """Return the headings of the queue with the names of pieces below each."""
    page = text_of(client.get("/admin/pieces/review/"))
    found = {}
    for part in page.split('<section class="desk-panel wide"')[1:]:
        heading = re.search(r"-heading\">(.*?) <span", part)
        names = re.findall(r'href="/admin/pieces/[a-z]+/([^"/]+)/review/"', part)
        assert heading is not None
        found[heading[1]] = names
    return found


def test_the_queue_says_what_waits_for_whom():
    drafter = person("drafter", "release_manager")
    submitted(drafted(*CLAUSE))
    drafted(*SECTION)
    sent_back(submitted(drafted(*OPTION)))
    approved(written("fresh"))
    drafted("title", "title", by=drafter)
    assert lists_of(at_desk("approver")) == {
        "Waits for you": ["more"],
        "Waiting for others": [],
        "Approved, waits for a release": ["fresh"],
    }
    assert lists_of(at_desk("drafter")) == {
        "Sent back to you": ["data:name"],
        "Your drafts": ["collect"],
        "Drafts from files": [],
        "Waiting for others": ["more"],
        "Approved, waits for a release": ["fresh"],
    }
    assert lists_of(at_desk("drafter", "release_manager"))["Your drafts"] == ["title"]
    assert lists_of(at_desk())["Waiting for others"] == ["more"]


def test_what_an_approver_wrote_waits_for_others():
    both = person("drafter", "approver")
    row = drafted(*CLAUSE, by=both)
    submit(row, by=both, seen=row.revision)
    lists = lists_of(at_desk("drafter", "approver"))
    assert (lists["Waits for you"], lists["Waiting for others"]) == ([], ["more"])


def test_a_comment_does_not_hide_that_something_was_sent_back():
    row = sent_back(submitted(drafted(*CLAUSE)), why="Say it shorter.")
    step(at_desk("approver"), row, "comment", why="Much shorter.")
    client = at_desk("drafter")
    assert lists_of(client)["Sent back to you"] == ["more"]
    assert "Say it shorter." in text_of(client.get("/admin/pieces/review/"))


def test_drafts_from_files_wait_for_any_drafter():
    drafted(*CLAUSE)
    row = row_of(*CLAUSE)
    discard(row, by=person("drafter"), seen=row.revision)
    begin_draft(row.clause, by=None, why="Loaded from files")
    assert lists_of(at_desk("drafter"))["Drafts from files"] == ["more"]


@pytest.mark.parametrize("page", ["", "0", "-3", "99999999999999999999", "x", "%00"])
def test_any_page_of_a_list_can_be_asked_for(page):
    submitted(drafted(*CLAUSE))
    assert "more" in text_of(at_desk("approver").get(f"/admin/pieces/review/?waiting={page}"))


def test_a_long_list_comes_in_pages():
    for number in range(51):
        submitted(written(f"fresh-{number:02}"))
    client = at_desk("approver")
    first, second = (lists_of_page(client, number) for number in (1, 2))
    assert len(first) == 50
    assert [*first, *second] == [f"fresh-{number:02}" for number in range(51)]


def lists_of_page(client: Client, number: int) -> list[str]:
    page = text_of(client.get(f"/admin/pieces/review/?waiting={number}"))
    return re.findall(r'href="/admin/pieces/clause/([^"/]+)/review/"', page)


def test_the_first_page_shows_the_first_five_that_wait_and_how_many_there_are():
    for number in range(6):
        submitted(written(f"fresh-{number}"))
    page = text_of(at_desk("approver").get("/admin/"))
    assert '>Waiting for you</a> <span class="count">6</span>' in page
    assert "fresh-4" in page
    assert "fresh-5" not in page
    assert "All 6" in page


def test_nothing_waits_for_somebody_without_a_role():
    submitted(drafted(*CLAUSE))
    page = text_of(at_desk().get("/admin/"))
    assert '>Waiting for you</a> <span class="count">0</span>' in page
    assert "/admin/pieces/clause/more/" not in page
    assert "Waiting for you" not in text_of(signed_in(person("approver")).get("/admin/"))


# ------------------------------------------------------------------ hostile texts

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7777 }}"


@pytest.fixture
def evil() -> Any:
    """A clause whose reason, comments and people try to break out of a page."""
    writer = User.objects.create(username="<b>evil</b>", is_staff=True)
    writer.user_permissions.set(person("drafter").user_permissions.all())
    writer = User.objects.get(pk=writer.pk)
    row = drafted(*CLAUSE, by=writer, why=EVIL, body="Changed.", title="A <b>bold</b> title")
    row = submit(row, by=writer, seen=row.revision)
    row = send_back(row, by=person("approver"), seen=row.revision, why=EVIL)
    return submit(row, by=writer, seen=row.revision)


@pytest.mark.parametrize(
    "address",
    [
        "pieces/review/",
        "pieces/clause/more/review/",
        "pieces/clause/more/review/?since=0",
        "pieces/clause/more/history/",
        "pieces/clause/more/compare/?a=1&b=2",
        "pieces/clause/more/compare/?a=%3Cscript%3Ealert(1)%3C/script%3E&b=2",
        "",
    ],
)
def test_hostile_texts_do_nothing_on_any_page(evil, address):
    page = at_desk("approver").get(f"/admin/{address}").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>" not in page
    assert "54439" not in page


# ------------------------------------------------------------------ size


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


@pytest.mark.parametrize("address", ["pieces/review/", "pieces/clause/more/review/", ""])
def test_the_pages_ask_the_database_as_often_however_much_there_is(
    address, django_assert_num_queries
):
    def more(number: int) -> None:
        submitted(written(f"fresh-{number}"))
        approved(written(f"ready-{number}"))
        sent_back(submitted(written(f"back-{number}")))
        written(f"draft-{number}")

    submitted(drafted(*CLAUSE))
    more(0)
    client = at_desk("drafter", "approver")
    with_one = queries(client, f"/admin/{address}")
    for number in range(1, 8):
        more(number)
    with django_assert_num_queries(with_one):
        assert client.get(f"/admin/{address}").status_code == 200
