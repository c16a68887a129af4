"""Why each clause is in a policy or not, at the desk: over an example, in each library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.library.desk.lookup import change_address
from policygen.library.loading import load_library
from policygen.library.models import ClauseVersion, Question, Regime
from tests.library.desk.people import at_desk, signed_in, text_of
from tests.library.desk.writers import TODAY, Page, page
from tests.library.folders import change, write
from tests.library.given import Given, only
from tests.library.laws import with_laws
from tests.library.steps import approved, drafted, make_desk_folder, row_of, written
from tests.releases import person

pytestmark = pytest.mark.django_db

WHY = "/admin/why/"
DATA = "/admin/pieces/clause/data/why/"
NAMED = {"practice_name": "Maple Street Dental"}
BARE = "?library=working&answers=given:bare"


@pytest.fixture(autouse=True)
def sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Given:
    folder = with_laws(make_desk_folder(tmp_path / "clauses"))
    write(folder, "about/plain.md", "---\ntitle: Plain\norder: 30\nclaims: []\n---\nWe care.\n")
    change(folder, "about/speaker.md", "order: 10", "order: 10\nwhen: {any: [data]}")
    load_library(folder, today=TODAY)
    given = only(monkeypatch, Given(blocks=True))
    given.raw = {"oak": {**NAMED, "data": ["name", "records"]}, "bare": {**NAMED, "data": []}}
    return given


@pytest.fixture
def client() -> Client:
    return at_desk()


def entries(markup: str) -> dict[str, str]:
    """Return what the page says of each clause, without markup, by slug."""
    parts = re.split(r'<li id="clause-([a-z-]+)">', markup)[1:]
    return {
        slug: " ".join(re.sub(r"<[^>]+>", " ", part.split("<h")[0]).split())
        for slug, part in zip(parts[::2], parts[1::2], strict=True)
    }


def lists(markup: str) -> tuple[set[str], set[str]]:
    """Return the slugs of what is in and of what is left out."""
    included, left_out = markup.split('<h2 id="out"')
    return set(entries(included)), set(entries(left_out))


def links(shown: Page) -> set[str]:
    return {str(found.get("href")) for tag, found in shown.tags if tag == "a"}


# ------------------------------------------------------------------ who may see it


@pytest.mark.parametrize("address", [WHY, DATA])
def test_who_may_read_the_library_may_look_and_nobody_else(address: str) -> None:
    client, outsider = at_desk("approver"), person()
    outsider.is_staff = True
    outsider.save()
    assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
    assert signed_in(outsider).get(address).status_code == 403
    assert "/login/" in Client().get(address)["Location"]


@pytest.mark.parametrize("slug", ["nobody", "a%00b"])
def test_a_clause_that_never_was_is_not_found(slug: str, client: Client) -> None:
    assert client.get(f"/admin/pieces/clause/{slug}/why/").status_code == 404


# ------------------------------------------------------------------ all clauses


def test_each_sentence_has_its_clause_version_answers_and_elements(client: Client) -> None:
    response = client.get(WHY)
    said = entries(text_of(response))["data"]
    assert said.startswith("What we keep data, version 1 We keep your name and your records.")
    assert "Here because you chose “Name” and “Records”." in said
    assert "What is kept The Law of Testland, Testland Act, section 1" in said
    found = links(page(response))
    assert change_address(ClauseVersion.objects.get(clause="data")) in found
    assert change_address(Regime.objects.get()) + "#element-testland-1" in found


def test_every_clause_is_in_or_left_out_with_the_answer_that_decides_it(client: Client) -> None:
    everything = {"speaker", "more", "plain", "data"}
    assert lists(text_of(client.get(WHY))) == (everything, set())
    response = client.get(WHY + BARE)
    assert lists(text_of(response)) == ({"more", "plain"}, {"speaker", "data"})
    said = entries(text_of(response))["data"]
    assert "Left out because you chose nothing for “What do you keep?”." in said
    assert "We keep" not in said
    assert DATA + BARE.replace(":", "%3A") in links(page(response))


def test_a_draft_counts_only_where_drafts_do(client: Client) -> None:
    draft = drafted("clause", "plain", body="We care a great deal.")

    def said(library: str) -> str:
        return entries(text_of(client.get(f"{WHY}?library={library}")))["plain"]

    assert "version 2 We care a great deal." in said("working")
    assert "version 1 We care." in said("next")
    assert "version 1 We care." in said("in-force")
    approved(draft)
    assert "version 2 We care a great deal." in said("next")
    assert "version 1 We care." in said("in-force")


def test_each_version_leads_to_its_own_page(client: Client) -> None:
    drafted("clause", "plain", body="We care a great deal.")
    first, second = ClauseVersion.objects.filter(clause="plain").order_by("number")
    now, then = (page(client.get(f"{WHY}?library={key}")) for key in ("working", "in-force"))
    assert (change_address(second) in links(now), change_address(first) in links(now)) == (1, 0)
    assert (change_address(second) in links(then), change_address(first) in links(then)) == (0, 1)


def test_what_nobody_has_is_the_first_there_is(client: Client) -> None:
    odd = f"{WHY}?library=x&answers=nobody:x"
    assert entries(text_of(client.get(odd))) == entries(text_of(client.get(WHY)))


def test_answers_that_nobody_gives_out_are_not_offered(sets: Given, client: Client) -> None:
    sets.blocks = False  # as drafts of practices and their policies are
    shown = text_of(client.get(WHY + BARE))
    assert "Set bare" not in shown
    assert "There are no sets of answers to look at." in shown
    assert "clause-" not in shown


def test_answers_that_the_library_cannot_read_are_named(sets: Given, client: Client) -> None:
    sets.raw["oak"]["data"] = ["name", "shoes"]
    shown = page(client.get(WHY))
    assert "This library cannot read 1 of the answers." in shown.text
    assert "shoes" in shown.text


def test_a_library_that_cannot_be_read_says_what_to_mend(client: Client) -> None:
    row = drafted("section", "collect", withdrawn=True, **{
        name: value for name, value in row_of("section", "collect").content().items()
        if name != "withdrawn"
    })  # fmt: skip
    assert row.withdrawn
    for address in (WHY, DATA):
        shown = page(client.get(address))
        assert "There is nothing to show" in shown.text
        assert change_address(row_of("clause", "data")) in links(shown)
    assert "What we keep" in text_of(client.get(f"{WHY}?library=in-force"))


def test_answers_come_out_as_text_and_never_as_markup(sets: Given, client: Client) -> None:
    sets.raw["oak"]["practice_name"] = "<script>alert(1)</script>"
    for address in (WHY, "/admin/pieces/clause/more/why/"):
        shown = text_of(client.get(address))
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)" in shown


# ------------------------------------------------------------------ one clause


def test_a_clause_that_is_in_says_why(client: Client) -> None:
    response = client.get(DATA)
    shown = page(response)
    assert "Why “What we keep” is in or out" in shown.text
    assert "In this policy. Here because you chose “Name” and “Records”." in shown.text
    assert "We keep your name and your records." in shown.text
    assert "What it states for the laws" in shown.text
    assert "What would bring it in" not in shown.text
    assert change_address(Question.objects.get(pk="data")) in links(shown)


def test_a_clause_left_out_has_the_smallest_change_and_its_redline(client: Client) -> None:
    response = client.get(DATA + BARE)
    shown = page(response)
    assert "Not in this policy. Left out because you chose nothing for" in shown.text
    assert "One changed answer is enough:" in shown.text
    assert "for “What do you keep?”." in shown.text
    assert "What it would state for the laws" in shown.text
    redline = text_of(response).split('id="redline"')[1]
    added = " ".join(re.findall(r"<ins>.*?</ins>", redline, re.DOTALL))
    assert "We keep your" in added
    assert "<del>" not in redline
    assert change_address(Question.objects.get(pk="data")) in links(shown)


def test_looking_changes_nothing(sets: Given, client: Client) -> None:
    before = {name: dict(raw) for name, raw in sets.raw.items()}
    client.get(WHY + BARE)
    first = text_of(client.get(DATA + BARE))
    assert sets.raw == before
    assert text_of(client.get(DATA + BARE)).split("<main")[1] == first.split("<main")[1]


def test_a_clause_that_points_nowhere_leads_to_the_section(client: Client) -> None:
    written("pointer", "See [What we collect](#collect).")
    shown = page(client.get("/admin/pieces/clause/pointer/why/" + BARE))
    assert "Left out because it points to “What we collect”, which has no text." in shown.text
    assert change_address(row_of("section", "collect")) in links(shown)


def test_a_clause_that_a_state_of_the_library_does_not_have_says_so(client: Client) -> None:
    written("fresh", "We are new.")
    address = "/admin/pieces/clause/fresh/why/"
    assert "We are new." in text_of(client.get(address))
    shown = page(client.get(f"{address}?library=in-force"))
    assert "The library in this state does not have the clause." in shown.text
    assert change_address(row_of("clause", "fresh")) in links(shown)


def test_the_page_of_a_clause_and_the_first_page_lead_here(client: Client) -> None:
    for reader in (client, at_desk("drafter")):
        for row in (row_of("clause", "data"), written_once()):
            shown = page(reader.get(change_address(row)))
            assert f"/admin/pieces/clause/{row.name}/why/" in links(shown)
    new = page(at_desk("drafter").get("/admin/library/clauseversion/add/"))
    assert "Why is it in or out?" not in new.text
    assert WHY in links(page(client.get("/admin/")))


def written_once() -> ClauseVersion:
    found = ClauseVersion.objects.filter(clause="fresh").first()
    return found or written("fresh", "We are new.")


def test_the_pages_ask_the_database_as_often_however_much_there_is(client: Client) -> None:
    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    few = [queries(address) for address in (WHY + BARE, DATA + BARE)]
    for number in range(6):
        written(f"fresh-{number}", when={"any": ["data:name"]})
    assert [queries(address) for address in (WHY + BARE, DATA + BARE)] == few
