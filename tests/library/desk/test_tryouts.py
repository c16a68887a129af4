"""Trying out at the desk: part by part, with and without htmx, and what the page then says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.library import publishing, tryout
from policygen.library.desk import tryouts
from policygen.library.models import TryOut
from tests.library.desk.people import at_desk, signed_in, text_of
from tests.library.given import Given, only
from tests.library.steps import CLAUSE, OPTION, approved, drafted, loaded, row_of, written
from tests.releases import person, put_in_force

pytestmark = pytest.mark.django_db

NAMED = {"practice_name": "Maple Street Dental"}


@pytest.fixture(autouse=True)
def sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Given:
    loaded(tmp_path / "clauses")
    given = only(monkeypatch, Given())
    given.raw = {"maple": NAMED, "oak": {**NAMED, "data": ["name"]}}
    return given


@pytest.fixture
def client() -> Client:
    return at_desk("drafter")


def start(client: Client, **fields: Any) -> Any:
    response = client.post("/admin/tryouts/start/", fields, follow=True)
    assert response.status_code == 200, response
    return response


def finished(client: Client, **fields: Any) -> tuple[str, str]:
    """Return the address and the page of a try-out that went through without JavaScript."""
    response = start(client, **fields)
    address = response.redirect_chain[-1][0]
    for _ in range(100):
        page = text_of(client.get(address))
        if "Go on" not in page:
            return address, page
        assert client.post(f"{address}part/").status_code == 302
    pytest.fail("It never comes to an end.")


def words(page: str) -> str:
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def queries(client: Client, address: str) -> int:
    """Return how often a page asks the database, once what is kept in memory is there."""
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


# ------------------------------------------------------------------ who and what


def test_who_may_not_read_the_library_may_not_try_out(client: Client) -> None:
    drafted(*CLAUSE)
    made = tryout.start(row_of(*CLAUSE), by=None)
    outsider = person()
    outsider.is_staff = True
    outsider.save()
    stranger = signed_in(outsider)
    fields = {"kind": CLAUSE[0], "name": CLAUSE[1]}
    for refused in (
        stranger.post("/admin/tryouts/start/", fields),
        stranger.get(f"/admin/tryouts/{made.pk}/"),
        stranger.post(f"/admin/tryouts/{made.pk}/part/"),
    ):
        assert refused.status_code == 403
    assert TryOut.objects.count() == 1
    made.refresh_from_db()
    assert made.done == 0


def test_who_only_reads_starts_no_try_out() -> None:
    drafted(*CLAUSE)
    client = at_desk()
    fields = {"kind": "clause", "name": "more"}
    assert client.post("/admin/tryouts/start/", fields).status_code == 403
    assert not TryOut.objects.exists()
    assert "Try it out" not in text_of(client.get("/admin/pieces/clause/more/review/"))
    for role in ("drafter", "approver", "release_manager"):
        assert "Try it out" in text_of(at_desk(role).get("/admin/pieces/clause/more/review/"))
        assert at_desk(role).post("/admin/tryouts/start/", fields).status_code == 302


def test_it_says_what_it_compares_with(client: Client) -> None:
    drafted(*CLAUSE)
    _, page = finished(client, kind="clause", name="more")
    assert "Release 1, which was in force" in words(page)
    assert "lies between" not in page


def test_it_says_that_a_scheduled_release_lies_between(client: Client) -> None:
    approved(drafted(*OPTION))
    put_in_force(effective_from=date(2099, 3, 1))
    drafted(*CLAUSE)
    said = "Release 2 (scheduled for March 1, 2099) lies between: its changes are in the list, too."
    started = start(client, kind="clause", name="more")
    assert said in words(text_of(client.get(started.redirect_chain[-1][0])))
    _, page = finished(client, kind="clause", name="more")
    assert said in words(page)


def test_who_has_not_signed_in_is_led_to_the_door() -> None:
    made = tryout.start(drafted(*CLAUSE), by=None)
    response = Client().post(f"/admin/tryouts/{made.pk}/part/")
    assert response.status_code == 302
    assert "/login/" in response["Location"]


def test_a_get_starts_and_computes_nothing(client: Client) -> None:
    made = tryout.start(drafted(*CLAUSE), by=None)
    assert client.get("/admin/tryouts/start/").status_code == 302
    assert client.get(f"/admin/tryouts/{made.pk}/part/").status_code == 302
    made.refresh_from_db()
    assert (made.done, TryOut.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "clause"},
        {"kind": "clause", "name": "nobody"},
        {"kind": "user", "name": "1"},
        {"kind": "clause", "name": "a\0b"},
    ],
)
def test_what_is_not_there_is_not_found(client: Client, fields: dict[str, str]) -> None:
    assert client.post("/admin/tryouts/start/", fields).status_code == 404
    assert not TryOut.objects.exists()


@pytest.mark.parametrize("number", ["1", "77", "9" * 30, "x", ""])
def test_a_release_that_is_no_candidate_leads_back_to_the_releases(
    client: Client, number: str
) -> None:
    response = start(client, release=number)
    assert response.redirect_chain[-1][0] == "/admin/library/release/"
    assert "is no candidate any more" in words(text_of(response))
    assert not TryOut.objects.exists()


def test_an_unknown_try_out_is_not_found(client: Client) -> None:
    assert client.get(f"/admin/tryouts/{uuid4()}/").status_code == 404
    assert client.post(f"/admin/tryouts/{uuid4()}/part/").status_code == 404


def test_a_draft_that_makes_no_library_leads_back_with_the_reason(client: Client) -> None:
    section = row_of("section", "collect")
    publishing.save_draft(
        section, {**section.content(), "withdrawn": True}, by=person("drafter"),
        seen=section.revision, why="x",
    )  # fmt: skip
    response = start(client, kind="section", name="collect")
    assert response.redirect_chain[-1][0] == "/admin/pieces/section/collect/review/"
    assert "section" in words(response.content.decode())
    assert not TryOut.objects.exists()


# ------------------------------------------------------------------ progress


def test_without_javascript_a_button_goes_on_part_by_part(
    client: Client, sets: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tryout.compute
    monkeypatch.setattr(tryout, "compute", lambda made: real(made, count=1))
    drafted(*CLAUSE)
    response = start(client, kind="clause", name="more")
    address = response.redirect_chain[-1][0]
    page = response.content.decode()
    assert "0 of 2 sets of answers" in page
    assert '<progress id="tryout-done" max="2" value="0">' in page
    client.post(f"{address}part/")
    page = text_of(client.get(address))
    assert "1 of 2 sets of answers" in page
    client.post(f"{address}part/")
    page = text_of(client.get(address))
    assert "Go on" not in page
    assert "2 of 2 documents change, and 0 print the same." in page


def test_with_htmx_each_part_answers_with_the_next_form_until_it_is_done(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tryout.compute
    monkeypatch.setattr(tryout, "compute", lambda made: real(made, count=1))
    made = tryout.start(drafted(*CLAUSE), by=None)
    address = f"/admin/tryouts/{made.pk}/"
    first = client.post(f"{address}part/", headers={"HX-Request": "true"})
    page = text_of(first)
    assert page.count("<form") == 1
    assert "<html" not in page
    assert "1 of 2 sets of answers" in page
    assert 'hx-trigger="load, submit"' in page
    last = client.post(f"{address}part/", headers={"HX-Request": "true"})
    assert last["HX-Redirect"] == address


def test_the_page_shows_how_far_somebody_else_came(client: Client) -> None:
    made = tryout.start(drafted(*CLAUSE), by=None)
    tryout.compute(TryOut.objects.get(pk=made.pk), count=1)
    assert "1 of 2 sets of answers" in text_of(client.get(f"/admin/tryouts/{made.pk}/"))


# ------------------------------------------------------------------ what was found


def test_changed_documents_are_shown_with_their_redlines(client: Client) -> None:
    drafted(*CLAUSE)
    _, page = finished(client, kind="clause", name="more")
    said = words(page)
    assert "2 of 2 documents change, and 0 print the same." in said
    assert "Set maple" in said
    assert "Sets of the test" in said
    assert '<span class="visually-hidden">removed: </span>' in page
    assert '<span class="visually-hidden">added: </span>' in page
    assert "very much" in said
    assert "The list is exact" in said


def test_clauses_that_come_and_go_have_links(client: Client) -> None:
    drafted(*CLAUSE, withdrawn=True)
    _, page = finished(client, kind="clause", name="more")
    row = row_of(*CLAUSE)
    assert re.search(rf'href="[^"]*/{row.pk}/change/"[^>]*>{row.title}<', page)
    said = words(page)
    assert "No longer in any document 1" in said
    assert "Clauses taken out 1" in said
    assert "in 2 documents before, in 0 after" in said


def test_a_new_clause_is_shown_as_said_for_the_first_time(client: Client) -> None:
    written("fresh", title="Something fresh")
    _, page = finished(client, kind="clause", name="fresh")
    said = words(page)
    assert "In a document for the first time 1 Something fresh" in said
    assert "New clauses 1 Something fresh" in said


def test_answers_that_no_longer_fit_are_listed(client: Client) -> None:
    drafted(*OPTION, withdrawn=True)
    _, page = finished(client, kind="option", name="data:name")
    said = words(page)
    assert "Answers that no longer fit 1" in said
    assert "Set oak" in said.split("Answers that no longer fit")[1]
    assert "names an option that is retired" in said


def test_a_guard_leads_to_the_clause_that_it_speaks_of(client: Client) -> None:
    written("palms", when={"all": ["data:name"], "none": ["data:records"]}, body="Names only.")
    drafted("clause", "data", when={"all": ["data:name"]}, body="We keep names.")
    _, page = finished(client, kind="clause", name="data")
    assert 'href="/admin/library/option/data_3Arecords/change/"' in page
    assert "No clause uses this option." in words(page)


def test_sets_of_which_nothing_can_be_read_are_counted_apart(client: Client, sets: Given) -> None:
    sets.raw["damaged"] = {"unreadable": "{"}
    drafted(*CLAUSE)
    _, page = finished(client, kind="clause", name="more")
    said = words(page)
    assert "2 of 3 documents change, and 0 print the same. Of 1 nothing can be read." in said
    assert "Cannot be read at all 1 Set damaged" in said


def test_without_any_set_it_says_so(client: Client, sets: Given) -> None:
    sets.raw = {}
    drafted(*CLAUSE)
    _, page = finished(client, kind="clause", name="more")
    assert "There are no sets of answers to compare." in page


def test_answers_come_out_as_text_and_never_as_markup(client: Client, sets: Given) -> None:
    sets.raw = {"<b>": {"practice_name": "<script>alert(1)</script>"}}
    drafted(*CLAUSE)
    _, page = finished(client, kind="clause", name="more")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_many_changed_documents_stand_on_pages(
    client: Client, sets: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tryouts, "PAGE", 2)
    sets.raw = {str(n): {"practice_name": f"Practice {n}"} for n in range(5)}
    drafted(*CLAUSE)
    address, first = finished(client, kind="clause", name="more")
    assert "Set 1" in first
    assert "Set 2" not in first
    assert "Page 1 of 3" in first
    last = text_of(client.get(f"{address}?changed=3"))
    assert "Set 4" in last
    assert "Set 3" not in last
    assert "Set 4" in text_of(client.get(f"{address}?changed=99"))
    assert "Set 0" in text_of(client.get(f"{address}?changed=x"))


def test_what_changed_since_is_said_and_can_be_computed_anew(client: Client, sets: Given) -> None:
    drafted(*CLAUSE)
    address, page = finished(client, kind="clause", name="more")
    assert "No set of answers has changed since then." in page
    sets.raw["maple"] = {"practice_name": "Maple"}
    sets.raw["elm"] = NAMED
    del sets.raw["oak"]
    said = words(text_of(client.get(address)))
    assert "1 set of answers changed, 1 was deleted, 1 was added." in said
    again, page = finished(client, kind="clause", name="more")
    assert again != address
    assert "No set of answers has changed since then." in page


def test_a_set_that_was_deleted_since_is_no_longer_shown(client: Client, sets: Given) -> None:
    drafted(*CLAUSE)
    address, page = finished(client, kind="clause", name="more")
    assert "Set oak" in page
    del sets.raw["oak"]
    page = text_of(client.get(address))
    assert "Set oak" not in page
    assert "Sets of the test: deleted since, and the comparison with it." in words(page)
    assert "2 of 2 documents change" in page


def test_a_draft_offers_no_way_to_publish(client: Client) -> None:
    drafted(*CLAUSE)
    _, page = finished(at_desk("release_manager"), kind="clause", name="more")
    assert "/publish/" not in page


def test_the_list_leads_to_each(client: Client) -> None:
    drafted(*CLAUSE)
    address, _ = finished(client, kind="clause", name="more")
    page = text_of(client.get("/admin/library/tryout/"))
    pk = address.rstrip("/").rpartition("/")[2]
    assert f'href="/admin/library/tryout/{pk}/change/"' in page
    assert "Finished, 2 sets of answers" in page
    assert client.get(f"/admin/library/tryout/{pk}/change/")["Location"] == address
    assert client.get("/admin/library/tryout/add/").status_code == 403
    assert client.post(f"/admin/library/tryout/{pk}/delete/").status_code == 403


def test_the_page_asks_the_database_as_often_however_much_there_is(
    client: Client, sets: Given, django_assert_num_queries: Any
) -> None:
    approved(written("first"))
    drafted(*CLAUSE)
    address, _ = finished(client, kind="clause", name="more")
    few = queries(client, address)
    sets.raw = {str(n): {**NAMED, "data": ["name"]} for n in range(60)}
    for number in range(6):
        approved(written(f"fresh-{number}"))
    address, _ = finished(client, kind="clause", name="more")
    client.get(address)
    with django_assert_num_queries(few):
        client.get(address)
