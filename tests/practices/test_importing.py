"""What a file of locations would change, row by row, and what is refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.core.cells import refuse_formula
from policygen.core.text import TextRefused
from policygen.practices.forms import LocationForm
from policygen.practices.importing.csv_files import write_csv
from policygen.practices.importing.planning import Limits, Place, Present, plan_of
from policygen.practices.importing.reading import BYTES, read_file
from policygen.practices.importing.tables import EXAMPLE, LABELS, ROWS, Table
from policygen.practices.importing.xlsx_files import write_xlsx
from tests.practices.sheets import TODAY, lines, mistakes, plan, refusal, texts

MAIN = Place("Main Street", "Bright Smiles", "1 Main Street\nSpringfield", "217 555 0100")
WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


def file_of(places: list[Place], ending: str) -> bytes:
    rows = [[getattr(place, name) for name in LABELS] for place in places]
    return WRITERS[ending]([list(LABELS.values()), *rows])


# ------------------------------------------------------------------ new, changed, unchanged


def test_a_new_name_adds_a_location_and_a_known_one_changes_it():
    file = lines(
        "Main Street,Bright Smiles,1 Main Street | Springfield,217 555 0111,,",
        "High Street,Bright Smiles,2 High Street,,,desk@example.com",
    )
    found = plan(file, MAIN, brands=("Bright Smiles",))
    assert [row.place.name for row in found.new] == ["High Street"]
    assert found.new[0].number == 3
    (changed,) = found.changed
    assert changed.differences == [("Phone", "217 555 0100", "217 555 0111")]
    assert (found.unchanged, found.bad, found.brands) == (0, (), ())


def test_a_column_that_is_missing_changes_nothing_and_an_empty_cell_empties():
    kept = plan(lines("Main Street,5550100", head="Name,Fax"), MAIN)
    assert kept.changed[0].place == replace(MAIN, fax="5550100")
    emptied = plan(lines("Main Street,", head="Name,Brand"), MAIN)
    assert emptied.changed[0].place == replace(MAIN, brand="")


def test_a_location_closes_and_opens_and_an_older_file_leaves_it_as_it_is():
    closed = replace(MAIN, closed="2026-03-01")
    file = lines("Main Street,2026-3-1", head="Name,Closed")
    (closes,) = plan(file, MAIN).changed
    assert closes.place == closed
    assert closes.differences == [("Closed", "", "2026-03-01")]
    assert plan(file, closed).unchanged == 1
    assert plan(lines("Main Street,", head="Name,Closed"), closed).changed[0].place == MAIN
    assert plan(lines("Main Street,1", head="Name,Fax"), closed).changed[0].place == replace(
        closed, fax="1"
    )
    assert plan(lines("Oak Street,2026-11-22", head="Name,Closed")).new[0].place.closed == str(
        TODAY
    )


def test_a_day_that_stands_there_may_stay_though_another_calendar_has_not_come_to_it():
    tomorrow = replace(MAIN, closed="2026-11-23")
    file = lines("Main Street,2026-11-23,1", head="Name,Closed,Fax")
    (found,) = plan(file, tomorrow).changed
    assert found.differences == [("Fax", "", "1")]


def test_names_are_told_apart_by_more_than_capitals_and_are_spelt_as_the_file_does():
    found = plan(lines("MAIN street", head="Name"), MAIN)
    assert found.changed[0].differences == [("Name", "Main Street", "MAIN street")]
    assert not found.new


def test_a_brand_is_known_whatever_its_capitals_and_a_new_one_is_named():
    file = lines("A,bright smiles", "B,Oak", "C,OAK", "D,", head="Name,Brand")
    found = plan(file, brands=("Bright Smiles",))
    assert [row.place.brand for row in found.new] == ["Bright Smiles", "Oak", "Oak", ""]
    assert found.brands == ("Oak",)


def test_a_brand_of_a_bad_row_alone_is_not_added():
    assert plan(lines(",Oak", head="Name,Brand")).brands == ()


@pytest.mark.parametrize("ending", WRITERS)
def test_the_example_of_the_template_is_left_out(ending):
    found = plan(file_of([Place(**EXAMPLE), Place("High Street")], ending))
    assert [row.place.name for row in found.new] == ["High Street"]
    assert (found.examples, found.bad) == (1, ())


def test_the_plan_says_that_there_would_be_too_many():
    table = read_file(lines("A,X", "B,Y", head="Name,Brand"))
    nothing = Present({}, (), TODAY)
    assert not plan_of(table, nothing, Limits(2, 2)).too_many
    assert "2 locations" in plan_of(table, nothing, Limits(1, 2)).too_many
    assert "2 brands" in plan_of(table, nothing, Limits(2, 1)).too_many
    present = Present({1: Place("A", "X"), 2: Place("B", "Y")}, ("X", "Y"), TODAY)
    assert not plan_of(table, present, Limits(1, 1)).too_many


def test_the_digest_tells_plans_apart():
    table = read_file(lines("Main Street,1", head="Name,Phone"))
    plans = [
        plan_of(table, Present(places, (), TODAY), Limits(9, 9))
        for places in ({}, {1: Place("Main Street")}, {1: Place("Main Street", phone="2")})
    ]
    assert len({one.digest for one in plans}) == 3


# ------------------------------------------------------------------ bad rows


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("Name", "", "Type a name"),
        ("Name", "<b>Main</b>", "printed just so"),
        ("Name", "x" * 201, "201 characters"),
        ("Name", "a\nb", "one line"),
        ("Name", "a\u202eb", "text direction"),
        ("Name", "a\u200bb", "invisible"),
        ("Name", "a\x07b", "control character"),
        ("Name", "=1+1", "formula"),
        ("Brand", "@SUM(A1)", "formula"),
        ("Brand", "x" * 201, "201 characters"),
        ("Brand", "[BRAND]", "printed just so"),
        ("Address", "-1", "formula"),
        ("Address", "1 Main Street\n=1+1", "formula"),
        ("Address", "1 Main Street | =1+1", "formula"),
        ("Address", "x" * 1001, "1,001 characters"),
        ("Phone", "1" * 41, "41 characters"),
        ("Phone", "2.17556E+09", "shortened this number"),
        ("Phone", "########", "shortened this number"),
        ("Phone", "+1+A1", "formula"),
        ("Fax", "＝1+1", "formula"),
        ("Fax", " =1+1", "formula"),
        ("Fax", "\t5550100", "tab"),
        ("Fax", "1\r2", "one line"),
        ("E-mail", "front desk", "no e-mail address"),
        ("E-mail", "ä@example.com", "plain letters"),
        ("E-mail", "=1@example.com", "formula"),
        ("Closed", "=TODAY()", "formula"),
        ("Closed", "11/20/2026", "year, month and day"),
        ("Closed", "20261120", "year, month and day"),
        ("Closed", "yes", "year, month and day"),
        ("Closed", "2026-02-30", "no such day"),
        ("Closed", "2026-11-23", "still to come"),
        ("Closed", "0026-11-20", "too long ago"),
    ],
)
def test_a_bad_cell_is_named_by_its_row_its_column_and_the_reason(column, text, reason):
    blank = {"E-mail": "", "Closed": ""}
    cells = {**dict.fromkeys(LABELS.values(), "5"), "Name": "Main Street", **blank}
    cells[column] = text
    quoted = ",".join(f'"{cell}"' for cell in cells.values())
    found = mistakes(lines("High Street,,,,,,", quoted, head=",".join(cells)))
    assert [one[:2] for one in found] == [(3, column)]
    assert reason in found[0][2]


def test_what_stands_in_a_bad_cell_is_shown_in_one_short_line():
    head = "Name,Address,Phone,E-mail"
    file = lines(f'A,"{"x" * 90}\n{"y" * 3000}",=1,a\x01 b@,', f"{'z' * 900},,,", head=head)
    address, phone, email = plan(file).bad[0].mistakes
    assert (address.cell, phone.cell, email.cell) == (f"{'x' * 59}…", "=1", "a\ufffd b@")
    (name,) = plan(file).bad[1].mistakes
    assert (name.column, name.cell) == ("Name", ""), "it stands above the row"


def test_every_mistake_of_a_row_is_named():
    found = mistakes(lines(",=1,,,,x", "B,,,,=1,"))
    assert [one[:2] for one in found] == [(2, "Name"), (2, "Brand"), (2, "E-mail"), (3, "Fax")]


def test_none_of_two_rows_with_one_name_is_taken():
    found = mistakes(lines("Main Street", "High Street", "MAIN  street", head="Name"))
    assert [one[:2] for one in found] == [(2, "Name"), (4, "Name")]
    assert "rows 2 and 4" in found[0][2]


def test_of_two_locations_that_differ_by_capitals_the_exact_one_is_meant():
    present = (Place("Main Street"), Place("MAIN STREET"))
    exact = plan(lines("MAIN STREET,1", head="Name,Phone"), *present)
    assert [row.pk for row in exact.changed] == [2]
    vague = mistakes(lines("main street,1", head="Name,Phone"), *present)
    assert "exactly as one of them" in vague[0][2]


@pytest.mark.parametrize("row", ["Main Street", "Main Street,,,", "A,,,,,,1", "1,2,3,4,5,6,7,8"])
def test_a_row_with_too_many_or_too_few_cells_is_bad(row):
    ((number, column, reason),) = mistakes(lines("B,,,,,", row))
    assert (number, column) == (3, "")
    assert "the first row has 6" in reason


def test_rows_are_counted_as_spreadsheets_count_them():
    file = lines("", '"A","","1\n2\n3","","",""', ",,,,,", ",,,,,x")
    assert [number for number, *_ in mistakes(file)] == [5, 5]


# ------------------------------------------------------------------ headings


@pytest.mark.parametrize(
    "head",
    [
        "name,brand,address,phone,fax,email,closed",
        " NAME ,Brand,ADDRESS,Telephone,FAX,e mail,Closed on",
        "Name;Brand;Address;Phone;Fax;E-Mail;CLOSED",
        "Name\tBrand\tAddress\tPhone\tFax\te_mail\tclosed-on",
    ],
)
def test_headings_are_known_however_they_are_written(head):
    assert read_file(lines(head=head)).columns == tuple(LABELS)


def test_columns_may_stand_in_any_order_and_empty_ones_are_left_out():
    table = read_file(lines("1,,A,", head="Phone,,Name,"))
    assert table.columns == ("phone", "name")
    assert texts(table) == [["1", "A"]]


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("Name,Adress", "A,B", "There is no column “Adress”. Perhaps it should be “Address”."),
        ("Name,Paint", "A,B", "There is no column “Paint”. The columns are “Name”, “Brand”,"),
        ("Name,Phone,Telephone", "A,1,2", "Two columns mean “Phone”"),
        ("Phone,Fax", "1,2", "There is no column “Name”"),
        ("Name,", "A,B", "Column 2 has no name, and something stands in it in row 2"),
        ("Main Street,217 555 0100", "A,B", "does not name the columns"),
    ],
)
def test_headings_that_mean_nothing_are_refused_with_the_right_ones(head, row, said):
    assert said in refusal(lines(row, head=head))


# ------------------------------------------------------------------ letters, separators, sizes


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_are_read_however_spreadsheets_write_them(encoding, note, separator):
    text = separator.join(["Name", "Phone"]) + "\r\n" + separator.join(["Zähne “Süd”", "1"])
    table = read_file(text.encode(encoding))
    assert texts(table) == [["Zähne “Süd”", "1"]]
    assert any(note in one for one in table.notes) if note else len(table.notes) <= 1


def test_a_line_that_names_the_separator_is_understood():
    assert texts(read_file(b"sep=;\r\nName;Phone\r\nA;1")) == [["A", "1"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xef\xbb\xbf,,\r\n", "nothing in this file"),
        (b"Name\r\nA\0B", "NUL"),
        (b"Name\r\n\x81\x8d", "neither in UTF-8 nor in Windows-1252"),
        (b"\xff\xfeN\x00\x00", "damaged"),
        (b'Name,Phone\r\n"A,1\r\nB,2', "quotation marks are wrong"),
        (b'Name,Phone\r\n"A"x,1', "quotation marks are wrong"),
        (b'Name\r\n"' + b"x" * 200_000 + b'"', "far too long"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"<html><table>", "does not name the columns"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "(.xls)"),
        (b"Name\r\n" + b"A\r\n" * (ROWS + 1), "more than 2,000 rows"),
        (b"Name\r\n" + b"," * 60, "nothing"),
        (b"Name\r\n" + b"a," * 60, "61 cells"),
        (b"x" * (BYTES + 1), "larger than 1 MiB"),
    ],
)
def test_files_that_are_no_tables_are_refused_with_the_reason(content, said):
    if said == "nothing":
        assert not refusal(content)
    else:
        assert said in refusal(content)


def test_as_many_rows_as_there_may_be_are_read():
    file = lines(*(f"Location {number}" for number in range(ROWS)), head="Name")
    assert len(plan(file).new) == ROWS


# ------------------------------------------------------------------ there and back


def kept(name: str) -> st.SearchStrategy[str]:
    """Return texts as a field of the page of a location keeps them."""
    field = LocationForm.base_fields[name] if name != "brand" else LocationForm.base_fields["name"]
    pieces = st.sampled_from([*"aé=+-@'\";,|_\t\n&<", " | ", "+1 217 555 0100", "_x0041_", "１"])

    def cleaned(raw: str) -> str:
        try:
            return str(field.clean(raw))
        except Exception:  # noqa: BLE001 – what is refused is not kept
            return ""

    return st.lists(pieces, max_size=6).map(lambda some: cleaned("".join(some)))


EMAILS = st.sampled_from(["", "a@example.com", "front-desk@example.com"])
PLACES = st.builds(
    Place,
    name=kept("name").filter(bool),
    brand=kept("brand"),
    address=kept("address"),
    phone=kept("phone"),
    fax=kept("fax"),
    email=EMAILS,
    closed=st.just("") | st.dates(date(1900, 1, 1), TODAY).map(date.isoformat),
)
SEVERAL = st.lists(PLACES, max_size=6, unique_by=lambda place: place.name.casefold()).map(
    lambda places: one_spelling_each(places)
)


def one_spelling_each(places: list[Place]) -> list[Place]:
    spelt: dict[str, str] = {}
    return [
        replace(place, brand=spelt.setdefault(place.brand.casefold(), place.brand))
        for place in places
    ]


def brands_of(places: list[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.brand for place in places if place.brand))


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=150)
@given(places=SEVERAL)
def test_what_was_exported_changes_nothing_and_comes_back_byte_for_byte(ending, places):
    file = file_of(places, ending)
    found = plan(file, *places, brands=brands_of(places))
    assert (found.new, found.changed, found.bad, found.brands) == ((), (), (), ())
    assert found.unchanged == len(places)
    fresh = plan(file)
    assert not fresh.bad
    assert file_of([row.place for row in fresh.new], ending) == file


ODD = [
    Place("=1+1", brand="@SUM(A1)", address="-1\n=1", phone="+1", fax="-5", email="=a@example.com"),
    Place("A;=1+1", address="1 | 2", phone="2.17E+09"),
    Place("[NAME]", brand="'=1"),
]


@pytest.mark.parametrize("ending", WRITERS)
def test_what_would_be_refused_today_may_stay_and_is_written_so_that_nothing_runs(ending):
    file = file_of(ODD, ending)
    found = plan(file, *ODD, brands=brands_of(ODD))
    assert (found.new, found.changed, found.bad) == ((), (), ())
    for row in read_file(file).rows:
        for cell in row.cells:
            assert cell.text[:1] not in ("=", "+", "-", "@")
            with_sign = cell.text.startswith("'") or ";'" in cell.text
            assert with_sign == _is_refused(cell.text)
    assert len(plan(file).bad) == 3


def _is_refused(text: str) -> bool:
    try:
        refuse_formula(text)
    except TextRefused:
        return True
    return False


def test_a_telephone_number_with_an_apostrophe_loses_it():
    found = plan(lines("A,'+1-217-555-0100", head="Name,Phone"))
    assert found.new[0].place.phone == "+1-217-555-0100"


def test_a_table_comes_back_from_json_as_it_was():
    table = read_file(lines("A,B,C,=1,,", "x"))
    assert Table.from_json(table.as_json()) == table


@pytest.mark.parametrize("column", ["Name", "Brand", "Address"])
def test_a_cell_that_is_far_too_long_is_not_read(column):
    cells = {"Name": "Main Street", "Brand": "", "Address": ""}
    cells[column] = "a" + "\t" * 100_000 + "b"
    quoted = ",".join(f'"{cell}"' for cell in cells.values())
    ((number, named, reason),) = mistakes(lines(quoted, head="Name,Brand,Address"))
    assert (number, named) == (2, column)
    assert reason == "This has 100,002 characters, and no more than 2,000 are read. Shorten it."


def test_a_bad_row_does_not_say_how_a_new_brand_is_spelt():
    file = lines("<b>A</b>,OAK", "B,Oak", "C,oak", head="Name,Brand")
    found = plan(file)
    assert [row.place.brand for row in found.new] == ["Oak", "Oak"]
    assert found.brands == ("Oak",)


def test_of_brands_that_differ_in_capitals_alone_each_stays_as_it_is():
    found = plan(lines("A,oak", "B,Oak", "C,OAK", head="Name,Brand"), brands=("Oak", "oak"))
    assert [row.place.brand for row in found.new] == ["oak", "Oak", "Oak"]
    assert found.brands == ()
