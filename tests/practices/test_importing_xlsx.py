"""XLSX files: what is read as people see it, and what is refused before anything opens it."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from policygen.practices.importing.reading import read_file
from policygen.practices.importing.tables import LABELS, ROWS
from policygen.practices.importing.xlsx_files import write_xlsx
from tests.practices.sheets import book, lines, mistakes, plan, refusal, repacked, texts

SHEET = "xl/worksheets/sheet1.xml"


def formatted(cell: str, number_format: str) -> Any:
    def change(made: Any) -> None:
        made.active[cell].number_format = number_format

    return change


# ------------------------------------------------------------------ cells as people see them


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        ("217 555 0100", "General", "217 555 0100"),
        ("0217", "@", "0217"),
        (2175550100, "General", "2175550100"),
        (2175550100.0, "0", "2175550100"),
        (2175550100, "(000) 000-0000", "(217) 555-0100"),
        (2175550100, "000\\-000\\-0000", "217-555-0100"),
        (12175550100, '"+"0 000 000 0000', "+1 217 555 0100"),
        (5550100, "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "555-0100"),
        (2175550100, "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "(217) 555-0100"),
        (12, "000", "012"),
        (True, "General", "TRUE"),
    ],
)
def test_a_cell_is_read_as_people_see_it(value, number_format, seen):
    file = book([["A", "", "", value]], formatted("D2", number_format))
    assert plan(file).new[0].place.phone == seen


@pytest.mark.parametrize(
    ("value", "number_format", "reason"),
    [
        ("=1+1", "General", "formula"),
        ("=HYPERLINK(1)", "General", "formula"),
        (ArrayFormula("D2", "=1+1"), "General", "formula"),
        ("#REF!", "General", "error"),
        (date(2026, 11, 22), "yyyy-mm-dd", "date or a time"),
        (time(9, 30), "hh:mm", "date or a time"),
        (1.5, "General", "the number 1.5"),
        (-5, "General", "the number -5"),
        (10**16, "General", "the number"),
        (2175550100, "0.00%", "the number 2175550100"),
    ],
)
def test_what_is_no_text_that_somebody_typed_is_refused_where_it_stands(
    value, number_format, reason
):
    file = book([["B"], ["A", "", "", value]], formatted("D3", number_format))
    ((number, column, said),) = mistakes(file)
    assert (number, column) == (3, "Phone")
    assert reason in said


def test_a_text_that_looks_like_a_formula_is_refused_though_it_is_text():
    def as_text(made: Any) -> None:
        made.active["A2"].data_type = "s"

    assert mistakes(book([["=1+1"]], as_text))[0][1] == "Name"


def test_rows_and_columns_that_lie_apart_are_read_where_they_stand():
    def far(made: Any) -> None:
        made.active["A1000000"] = ""
        made.active["A900"] = "B"

    file = book([["A"]], far)
    assert [row.number for row in plan(file).new] == [2, 900]


def test_lines_and_underscores_in_a_cell_come_back():
    rows = [list(LABELS.values()), ["A _x0041_", "", "1 Main Street\nSpringfield"]]
    assert texts(read_file(write_xlsx(rows)))[0][:3] == rows[1]


def test_only_the_first_sheet_is_read_and_that_is_said():
    def second(made: Any) -> None:
        made.create_sheet("Other").append(["=1+1"])
        made["Other"].merge_cells("A1:B2")

    table = read_file(book([["A"]], second))
    assert table.notes == ("Only the first sheet was read, “Sheet”.",)


# ------------------------------------------------------------------ files that are refused


def _hide(made: Any) -> None:
    made.create_sheet("Other")
    made.active.sheet_state = "hidden"


def _merge(made: Any) -> None:
    made.active.merge_cells("A3:B4")


def _widen(made: Any) -> None:
    made.active["CV3"] = "x"


@pytest.mark.parametrize(
    ("change", "said"),
    [(_hide, "hidden"), (_merge, "A3:B4 are merged"), (_widen, "in cell CV3")],
)
def test_a_sheet_that_does_not_look_as_it_is_stored_is_refused(change, said):
    assert said in refusal(book([["A"]], change))


def sheet_with(inside: str) -> bytes:
    """Return a file whose sheet holds this in place of its rows and what follows them."""
    name = SHEET.replace("/", "__")
    xmlns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return repacked(book([]), **{name: f"<worksheet {xmlns}>{inside}</worksheet>".encode()})


def test_a_range_of_all_cells_is_not_filled():
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
    merged = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    links = '<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>'
    far = '<row r="99999999999"><c t="inlineStr"><is><t>A</t></is></c></row>'
    assert "merged" in refusal(sheet_with(f"<sheetData>{head}</sheetData>{merged}"))
    table = read_file(sheet_with(f"<sheetData>{head}{far}</sheetData>{links}"))
    assert [row.number for row in table.rows] == [99999999999]


def entities(encoding: str) -> bytes:
    bomb = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    )
    return bomb.encode(encoding)


GOOD = book([["A"]])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (repacked(GOOD, **{"xl__vbaProject.bin": b"x"}), "macros"),
        (repacked(GOOD, **{"xl__macrosheets__sheet1.xml": b"<x/>"}), "macros"),
        (
            repacked(GOOD, **{"[Content_Types].xml": b"<x>sheet.macroEnabled.main+xml</x>"}),
            "macros",
        ),
        (repacked(GOOD, **{"content.xml": b"<x/>"}), "OpenDocument"),
        (repacked(GOOD, **{"xl__workbook.bin": b"x"}), "binary"),
        (repacked(GOOD, **{"xl__workbook.xml": None}), "no spreadsheet"),
        (repacked(GOOD, **{"xl__sharedStrings.xml": entities("utf-8")}), "entities"),
        (repacked(GOOD, **{"xl__worksheets__sheet1.xml": entities("utf-8")}), "entities"),
        (repacked(GOOD, **{"xl__worksheets__sheet1.xml": entities("utf-16")}), "entities"),
        (repacked(GOOD, **{"xl__worksheets__sheet1.xml": b"<worksheet"}), "damaged"),
        (repacked(GOOD, **{"xl__worksheets__sheet1.xml": None}), "damaged"),
        (repacked(GOOD, **{"xl__big.bin": b"0" * 9_000_000}), "far larger inside"),
        (repacked(GOOD, **{f"xl__{number}.xml": b"<x/>" for number in range(300)}), "far larger"),
        (repacked(GOOD, **{"xl__x.xml": b"<x>" + b"<a/>" * 500_000 + b"</x>"}), "far larger"),
        (repacked(GOOD, **{"xl__x.bin": b"<a/>" * 500_000}), "far larger"),
        (GOOD[: len(GOOD) // 2], "damaged"),
        (b"PK\x03\x04", "damaged"),
        (book([["A"]] * (ROWS + 1)), "more than 2,000 rows"),
    ],
)
def test_files_that_are_dangerous_or_of_another_kind_are_refused_with_the_reason(content, said):
    assert said in refusal(content)


def test_a_file_that_lies_about_its_size_is_refused():
    lying = bytearray(repacked(GOOD, **{"xl__big.bin": b"0" * 9_000_000}))
    for where in (lying.rfind(b"PK\x01\x02") + 24, lying.rfind(b"PK\x03\x04") + 22):
        lying[where : where + 4] = (10).to_bytes(4, "little")
    assert "damaged" in refusal(bytes(lying))


def test_a_file_with_a_password_for_its_parts_is_refused():
    locked = bytearray(GOOD)
    place = locked.find(b"PK\x01\x02")
    locked[place + 8] |= 1
    assert "password" in refusal(bytes(locked))


def test_a_cell_that_holds_a_day_is_one_in_the_column_for_days_alone():
    when, moment = datetime(2026, 3, 1), datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001
    made = openpyxl.Workbook()
    made.active.append(["Name", "Phone", "Closed"])
    for row in (["A", "", when], ["B", when, ""], ["C", "", moment], [when, "", ""]):
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    found = plan(file.getvalue())
    assert [row.place.closed for row in found.new] == ["2026-03-01"]
    assert [(row.number, row.mistakes[0].column) for row in found.bad] == [
        (3, "Phone"),
        (4, "Closed"),
        (5, "Name"),
    ]


# ------------------------------------------------------------------ files that are written


def test_a_written_file_holds_text_alone_and_no_time():
    rows = [list(LABELS.values()), ["=1+1", "", "", "+1-217-555-0100", "0012", "", "2026-03-01"]]
    content = write_xlsx(rows)
    assert content == write_xlsx(rows)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet[2]] == [
        "'=1+1",
        None,
        None,
        "+1-217-555-0100",
        "0012",
        None,
        "2026-03-01",
    ]
    assert {cell.data_type for cell in sheet[2] if cell.value} == {"s"}
    assert {cell.number_format for cell in sheet[2] if cell.value} == {"@"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not any(name.startswith("docProps") for name in archive.namelist())


def test_a_file_is_read_by_its_content_and_not_by_its_name():
    assert read_file(lines("A", head="Name")).columns == ("name",)
    assert read_file(GOOD).columns == tuple(LABELS)[:-1]
