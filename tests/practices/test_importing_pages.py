"""The pages on which locations come from a file, and the files that go out."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policygen.practices import import_views, locations
from policygen.practices.importing import writing
from policygen.practices.importing.reading import BYTES
from policygen.practices.importing.tables import EXAMPLE
from policygen.practices.models import Brand, Location, Membership
from policygen.practices.roles import Role
from tests.policies.cast import Cast
from tests.practices.browsers import at, browser_of, text_of
from tests.practices.sheets import book, lines

GOOD = lines(
    'Main Street,Bright Smiles,"1 Main Street\nSpringfield",217 555 0100,,desk@example.com',
    "High Street,Oak,2 High Street | Elmville,+1 217 555 0111,,",
)
MIXED = lines("Main Street,,,,,", "=1+1,,,,,")


def send(client: Client, people: Cast, content: bytes, name: str = "locations.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(at(people.practice, "locations/import/"), {"file": file})


def sealed_in(page: Any) -> str:
    found = re.search(r'name="table" value="([^"]+)"', page.content.decode())
    assert found, text_of(page)
    return found[1]


def confirm(client: Client, people: Cast, page: Any, rows: str = "all", **more: Any) -> Any:
    sent = {"table": sealed_in(page), "rows": rows}
    return client.post(at(people.practice, "locations/import/write/"), sent, **more)


def stored(people: Cast) -> list[tuple[str, str, str, str]]:
    found = Location.objects.filter(practice=people.practice).select_related("brand")
    return [
        (one.name, one.brand.name if one.brand else "", one.address, one.phone)
        for one in found.order_by("pk")
    ]


# ------------------------------------------------------------------ preview, then writing


def test_a_file_is_shown_before_anything_is_written_and_written_once_confirmed(people):
    client = browser_of(people.owner)
    page = send(client, people, GOOD)
    assert page.status_code == 200
    assert "Import 2 locations" in text_of(page)
    assert "2 new brands are added: “Bright Smiles”, “Oak”" in text_of(page)
    assert not Location.objects.exists()
    assert not Brand.objects.exists()
    done = confirm(client, people, page, follow=True)
    assert "2 locations added, 0 changed, 2 new brands, 0 unchanged." in text_of(done)
    assert stored(people) == [
        ("Main Street", "Bright Smiles", "1 Main Street\nSpringfield", "217 555 0100"),
        ("High Street", "Oak", "2 High Street\nElmville", "+1 217 555 0111"),
    ]
    assert "everything in the file is here already" in text_of(send(client, people, GOOD))


def test_what_changes_is_shown_with_what_was_there(people):
    Location.objects.create(practice=people.practice, name="Main Street", phone="1")
    client = browser_of(people.owner)
    page = send(client, people, lines("Main Street,2", head="Name,Phone"))
    assert re.search(r"Phone: from\s+1\s+→\s+to\s+2", text_of(page))
    confirm(client, people, page)
    assert Location.objects.get().phone == "2"


def test_bad_rows_are_listed_and_nothing_is_written_unless_the_good_ones_are_asked_for(people):
    client = browser_of(people.owner)
    page = send(client, people, MIXED)
    assert "Row 3" in text_of(page)
    assert "Name: A part of this begins with “=”" in text_of(page)
    assert "Import only the 1 good row" in text_of(page)
    refused = confirm(client, people, page, "all")
    assert refused.status_code == 409
    assert "Nothing was imported, because not every row can be." in text_of(refused)
    assert not Location.objects.exists()
    done = confirm(client, people, page, "good", follow=True)
    assert "1 location added, 0 changed, 0 unchanged. 1 row was left out." in text_of(done)
    assert [name for name, *_ in stored(people)] == ["Main Street"]


def test_what_somebody_did_since_the_preview_is_shown_before_anything_is_written(people):
    client = browser_of(people.owner)
    page = send(client, people, GOOD)
    Location.objects.create(practice=people.practice, name="main street", phone="1")
    again = confirm(client, people, page)
    assert again.status_code == 409
    assert "The locations changed since you saw this preview." in text_of(again)
    assert len(stored(people)) == 1
    assert confirm(client, people, again).status_code == 302
    assert len(stored(people)) == 2


def test_a_preview_that_is_confirmed_twice_writes_once(people):
    client = browser_of(people.owner)
    page = send(client, people, GOOD)
    assert [confirm(client, people, page).status_code for _ in range(2)] == [302, 409]
    assert Location.objects.count() == 2


def test_a_preview_is_good_for_whom_it_was_shown_to_and_where_and_as_it_was(people):
    client = browser_of(people.owner)
    sealed = sealed_in(send(client, people, GOOD))
    Membership.objects.create(practice=people.other, user=people.owner, role=Role.OWNER)
    Membership.objects.create(practice=people.practice, user=people.outsider, role=Role.OWNER)
    tries = [
        (client, people.other, sealed),
        (browser_of(people.outsider), people.practice, sealed),
        (client, people.practice, sealed[:20] + "x" + sealed[21:]),
        (client, people.practice, ""),
    ]
    for browser, practice, table in tries:
        sent = browser.post(at(practice, "locations/import/write/"), {"table": table})
        assert sent.status_code == 400
        assert "Choose the file again" in text_of(sent)
    assert not Location.objects.exists()


def test_a_preview_is_good_for_a_day(people, monkeypatch):
    client = browser_of(people.owner)
    page = send(client, people, GOOD)
    monkeypatch.setattr(writing, "SECONDS", -1)
    assert confirm(client, people, page).status_code == 400
    assert not Location.objects.exists()


@pytest.mark.parametrize("kind", ["locations", "brands"])
def test_more_than_there_may_be_are_not_imported(people, monkeypatch, kind):
    monkeypatch.setattr(getattr(writing, kind), "LIMIT", 1)
    client = browser_of(people.owner)
    page = send(client, people, GOOD)
    assert f"There would be 2 {kind}" in text_of(page)
    assert 'name="table"' not in page.content.decode()
    monkeypatch.undo()
    page = send(client, people, GOOD)
    monkeypatch.setattr(getattr(writing, kind), "LIMIT", 1)
    assert confirm(client, people, page).status_code == 409
    assert not Location.objects.exists()


@pytest.mark.parametrize("role", [None, Role.EDITOR])
def test_who_manages_no_longer_imports_nothing_though_the_preview_is_open(people, role):
    client = browser_of(people.owner)
    page = send(client, people, GOOD)
    mine = Membership.objects.filter(practice=people.practice, user=people.owner)
    mine.update(role=role) if role else mine.delete()
    assert confirm(client, people, page).status_code == (403 if role else 404)
    assert not Location.objects.exists()


def test_locations_and_brands_of_other_practices_are_neither_seen_nor_changed(people):
    theirs = Brand.objects.create(practice=people.other, name="Oak")
    Location.objects.create(practice=people.other, name="Main Street", brand=theirs)
    client = browser_of(people.owner)
    confirm(client, people, send(client, people, GOOD))
    assert len(stored(people)) == 2
    assert Location.objects.get(practice=people.other).address == ""
    assert not Location.objects.filter(practice=people.practice, brand=theirs).exists()


# ------------------------------------------------------------------ files that are not read


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines("A,B", head="Name,Colour"), "There is no column “Colour”"),
        (b"x" * (BYTES + 1), "larger than 1 MiB"),
        (b"x" * (5 * BYTES), "larger than 1 MiB"),
        (b"PK\x03\x04", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(people, content, said):
    page = send(browser_of(people.owner), people, content)
    assert page.status_code == 400
    assert said in text_of(page)


def test_who_sends_no_file_is_asked_for_one(people):
    page = browser_of(people.owner).post(at(people.practice, "locations/import/"))
    assert page.status_code == 400
    assert "Choose a file first." in text_of(page)


def test_a_table_that_does_not_fit_in_a_form_is_refused(people, monkeypatch):
    monkeypatch.setattr(writing, "SEALED_CHARACTERS", 100)
    page = send(browser_of(people.owner), people, GOOD)
    assert page.status_code == 400
    assert "too much text" in text_of(page)


def test_what_a_file_says_is_text_on_the_page(people):
    file = lines("<script>alert(1)</script>,,,,,", "A,,<img src=x onerror=alert(1)>,,,")
    shown = send(browser_of(people.owner), people, file).content.decode()
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


# ------------------------------------------------------------------ files that go out


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_goes_out_comes_in_again_and_is_the_same_file(people, ending):
    client = browser_of(people.owner)
    confirm(client, people, send(client, people, GOOD))
    out = client.get(at(people.practice, f"locations/export.{ending}"))
    name = f"{people.practice.slug}-locations.{ending}"
    assert out["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "nothing to import" in text_of(send(client, people, out.content))
    Membership.objects.create(practice=people.other, user=people.owner, role=Role.OWNER)
    file = SimpleUploadedFile(name, out.content)
    page = client.post(at(people.other, "locations/import/"), {"file": file})
    sent = {"table": sealed_in(page), "rows": "all"}
    assert client.post(at(people.other, "locations/import/write/"), sent).status_code == 302
    assert client.get(at(people.other, f"locations/export.{ending}")).content == out.content


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_template_is_read_and_its_example_is_left_out(people, ending):
    client = browser_of(people.owner)
    file = client.get(at(people.practice, f"locations/template.{ending}"))
    page = send(client, people, file.content)
    assert "The example of the template was left out." in text_of(page)
    assert "nothing to import" in text_of(page)


def test_no_location_has_the_name_of_the_example(people):
    sent = {"name": EXAMPLE["name"].upper()}
    page = browser_of(people.owner).post(at(people.practice, "locations/new/"), sent)
    assert page.status_code == 400
    assert "the name of the example" in text_of(page)


def test_there_are_files_of_two_kinds_alone(people):
    client = browser_of(people.owner)
    for path in ("locations/export.xls", "locations/template.pdf"):
        assert client.get(at(people.practice, path)).status_code == 404


def test_what_is_stored_never_runs_in_a_spreadsheet(people):
    Location.objects.create(practice=people.practice, name="=1+1", address="a\n@SUM(1)", phone="-1")
    out = browser_of(people.viewer).get(at(people.practice, "locations/export.csv"))
    assert out.content.decode("utf-8-sig").splitlines()[1:] == [
        '"\'=1+1","","a',
        '\'@SUM(1)","\'-1","","",""',
    ]
    assert "nothing to import" in text_of(send(browser_of(people.owner), people, out.content))


# ------------------------------------------------------------------ size


def test_a_large_file_takes_as_many_queries_as_a_small_one(people):
    client = browser_of(people.owner)
    asked = []
    for count in (1, 300):
        rows = [[f"Street {n}", f"Brand {n % 9}", "1 Street", 2175550100] for n in range(count)]
        with CaptureQueriesContext(connection) as seen:
            page = send(client, people, book(rows))
        assert page.status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_the_most_rows_that_a_file_may_have_fit_in_the_form_and_are_written(people):
    client = browser_of(people.owner)
    rows = [f"Street {n},Brand {n % 9},{n} Street | Springfield,{n},," for n in range(2000)]
    page = send(client, people, lines(*rows))
    assert "Import 2000 locations" in text_of(page)
    assert confirm(client, people, page).status_code == 302
    assert Location.objects.count() == locations.LIMIT == 2000
    changed = [f"Street {n},Brand {n % 7},{n} Street | Springfield,x{n},," for n in range(2000)]
    assert confirm(client, people, send(client, people, lines(*changed))).status_code == 302
    assert Location.objects.filter(phone="x1999").exists()


# ------------------------------------------------------------------ beneath the pages


def test_a_location_reads_as_its_page_shows_it(people):
    brand = Brand.objects.create(practice=people.practice, name="Oak")
    given = {"name": "A", "address": "1\n2", "phone": "3", "fax": "4", "email": "a@example.com"}
    location = Location.objects.create(practice=people.practice, brand=brand, **given)
    assert asdict(writing.place_of(location)) == {**given, "brand": "Oak", "closed": ""}
    location.closed_on = date(2026, 3, 1)
    assert writing.place_of(location).closed == "2026-03-01"


def test_the_outcome_says_how_many_were_left_out(people):
    table = import_views.reading.read_file(MIXED + b"-1,,,,,\r\n")
    done = writing.import_table(people.practice, people.owner, table, good_rows=True)
    assert "2 rows were left out." in import_views.outcome(done)


def test_a_name_that_somebody_took_by_another_way_is_a_change_since_the_preview(
    people, monkeypatch
):
    table = import_views.reading.read_file(GOOD)
    seen = writing.preview(people.practice, table)
    Location.objects.create(practice=people.practice, name="High Street")
    monkeypatch.setattr(writing, "preview", lambda practice, table: seen)
    with pytest.raises(writing.Overtaken):
        writing.import_table(people.practice, people.owner, table, good_rows=False)
    assert [name for name, *_ in stored(people)] == ["High Street"]
    assert not Brand.objects.exists()


def test_an_import_keeps_who_gave_locations_their_brands_and_refuses_long_addresses(people):
    Location.objects.create(practice=people.practice, name="A")
    read = import_views.reading.read_file
    long = " | ".join("12345678")
    table = read(lines("A,Oak,", "B,,1 B Street", f"C,Oak,{long}", head="Name,Brand,Address"))
    done = writing.import_table(people.practice, people.owner, table, good_rows=True)
    assert ["This address has 8 lines" in one.reason for one in done.bad[0].mistakes] == [True]
    branded, bare = Location.objects.order_by("name")
    assert branded.brand_by == people.owner
    assert branded.brand_at <= branded.updated
    assert (bare.brand_at, bare.brand_by) == (None, None)
    table = read(lines("A,", head="Name,Brand"))
    writing.import_table(people.practice, None, table, good_rows=True)
    before = branded.brand_at
    branded.refresh_from_db()
    assert branded.brand_by is None
    assert branded.brand_at > before
