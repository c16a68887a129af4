"""Tables in XLSX files, as Excel, LibreOffice and others write them."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.worksheet._reader import WorkSheetParser

from policygen.core.cells import guarded
from policygen.core.problems import quoted
from policygen.practices.importing.tables import COLUMNS, ROWS, Cell, FileRefused, Row

ZIP = b"PK"
OLE = b"\xd0\xcf\x11\xe0"
UNPACKED_BYTES = 8 * 1024 * 1024
"""How large all parts of a file together may be: two thousand full rows need less than half."""
TAGS = 400_000
"""How many tags they may have, at some 10 µs each: two thousand full rows need a quarter."""
PARTS = 200
DAMAGED = "This XLSX file is damaged. Open it in a spreadsheet program and save it again."
TOO_LARGE_INSIDE = (
    "This file is far larger inside than it seems. Copy the rows into the template, and save that."
)
DIGITS = 15
"""Beyond so many digits a spreadsheet does not keep a number as it was typed."""

_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_COORDINATES = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UP_TO = re.compile(r"\[<=(\d+)\]")
_MASK = re.compile(r'(?:[0#]|\\.|"[^"]*"|[ ()./+-])+')


def read_xlsx(content: bytes) -> tuple[list[Row], list[str]]:
    """Return the rows of the first sheet, and notes on the others. Raises ``FileRefused``."""
    _refuse_dangerous(content)
    try:
        with warnings.catch_warnings():  # about styles and extensions, which mean nothing here
            warnings.simplefilter("ignore")
            return _read(content)
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 – whatever breaks in there, the file is what is wrong
        raise FileRefused(DAMAGED) from None


def _read(content: bytes) -> tuple[list[Row], list[str]]:
    # The values that formulas left behind are not asked for (data_only): what was computed from
    # nobody knows what is no text that somebody typed.
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        sheet = book.worksheets[0]
        if sheet.sheet_state != "visible":
            raise FileRefused("The first sheet is hidden. Show it or delete it; only it is read.")
        several = len(book.sheetnames) > 1
        notes = [f"Only the first sheet was read, {quoted(sheet.title)}."] if several else []
        return _rows(sheet), notes
    finally:
        book.close()


def _refuse_dangerous(content: bytes) -> None:
    """Look at the parts of a file before anything reads them as XML. Raises ``FileRefused``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _refuse_kind({part.filename for part in parts})
            if any(part.flag_bits & 1 for part in parts):
                raise FileRefused("This file has a password. Save it without one.")
            if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
                raise FileRefused(TOO_LARGE_INSIDE)
            if sum(_tags(archive, part) for part in parts) > TAGS:
                raise FileRefused(TOO_LARGE_INSIDE)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise FileRefused(DAMAGED) from None


def _refuse_kind(names: set[str]) -> None:
    lowered = {name.lower() for name in names}
    if any("vbaproject" in name or "macrosheets/" in name for name in lowered):
        raise FileRefused("This file holds macros. Save it as “Excel workbook (.xlsx)” or as CSV.")
    if "content.xml" in lowered:
        raise FileRefused("This is an OpenDocument file (.ods). Save it as XLSX or as CSV.")
    if "xl/workbook.bin" in lowered:
        raise FileRefused("This is a binary Excel file (.xlsb). Save it as XLSX or as CSV.")
    if "xl/workbook.xml" not in lowered:
        raise FileRefused("This is no spreadsheet. Save the table as XLSX or as CSV.")


def _tags(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Return how many tags a part has, if it is XML, whatever it is called.

    Refuses XML that declares entities, in whichever way it is encoded, and false sizes.
    """
    with archive.open(part) as file:
        inside = file.read(part.file_size + 1)
    if len(inside) > part.file_size:
        raise zipfile.BadZipFile
    if not part.filename.lower().endswith((".xml", ".rels")):
        return inside.count(b"<")  # defusedxml refuses entities in what passes for something else
    if b"macroEnabled" in inside and part.filename == "[Content_Types].xml":
        raise FileRefused("This file may hold macros. Save it as “Excel workbook (.xlsx)”.")
    if b"\0" in inside or _DECLARATION.search(inside):
        raise FileRefused(
            "This file declares its own XML entities, which no spreadsheet program writes. Copy "
            "the rows into the template, and save that."
        )
    return inside.count(b"<")


def _rows(sheet: Any) -> list[Row]:
    """Return the rows that have something in them. Raises ``FileRefused`` for too many of them.

    Openpyxl’s own ways of walking over a sheet fill the gaps between cells, of which a small file
    can declare thousands of millions, and make a cell of each place of a merged range. Its parser
    gives the cells that are written.
    """
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            epoch=sheet.parent.epoch,
            date_formats=sheet.parent._date_formats,
            timedelta_formats=sheet.parent._timedelta_formats,
        )
        found: list[Row] = []
        for number, written in parser.parse():
            if row := _row_of(number, [ReadOnlyCell(sheet, **one) for one in written]):
                found.append(row)
            if len(found) > ROWS + 1:
                raise FileRefused(f"This file has more than {ROWS:,} rows. Split it into several.")
    if parser.merged_cells is not None and parser.merged_cells.mergeCell:
        raise FileRefused(
            f"The cells {parser.merged_cells.mergeCell[0].ref} are merged into one. Split them: "
            "each row is one location, and each cell stands for itself."
        )
    return found


def _row_of(number: int, written: Sequence[Any]) -> Row | None:
    """Return a row up to its last cell in which something stands. Raises ``FileRefused``."""
    cells: dict[int, Cell] = {}
    for one in written:
        read = _cell(one)
        if not read.text.strip() and not read.mistake:
            continue
        if one.column > COLUMNS:
            raise FileRefused(f"Something stands in cell {one.coordinate}. Take the template.")
        cells[one.column] = read
    if not cells:
        return None
    return Row(number, tuple(cells.get(place, Cell("")) for place in range(1, max(cells) + 1)))


def _cell(cell: Any) -> Cell:
    """Return a cell as people see it, or why it cannot be taken."""
    value = cell.value
    if value is None:
        return Cell("")
    if cell.data_type == "f" or not isinstance(
        value, str | bool | int | float | date | time | timedelta
    ):
        return Cell("", "This cell holds a formula. Write its value instead.")
    if cell.data_type == "e":
        return Cell("", f"This cell shows an error ({value}). Write what should stand in it.")
    if isinstance(value, str):
        return Cell(_COORDINATES.sub(lambda found: chr(int(found[1], 16)), value))
    if isinstance(value, bool):
        return Cell(str(value).upper())
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or "General"))
    reason = "This cell holds a date or a time. Format it as text, and type it again."
    return Cell("", reason, _day(value))


def _day(value: date | time | timedelta) -> str:
    """Return the day that a cell holds, or nothing where it is no whole day."""
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return ""


def _number(value: float, number_format: str) -> Cell:
    """Return a number as its cell shows it, where it is one that somebody typed as digits."""
    if value != int(value) or abs(value) >= 10**DIGITS or value < 0:
        reason = f"This cell holds the number {value}. Format it as text, and type it again."
        return Cell("", reason)
    digits = str(int(value))
    first = _mask_for(digits, number_format)
    if number_format in ("General", "@", "0"):
        return Cell(digits)
    if _MASK.fullmatch(first) and "." not in re.sub(r'\\.|"[^"]*"', "", first):
        return Cell(_masked(digits, first))
    return Cell("", f"This cell holds the number {digits}. Format it as text, and type it again.")


def _mask_for(digits: str, number_format: str) -> str:
    """Return the part of a format that is for a number: telephone formats have one by length."""
    said = _UP_TO.match(number_format)
    if said and int(digits) > int(said[1]):
        return number_format.partition(";")[2]
    return number_format[said.end() if said else 0 :].partition(";")[0]


def _masked(digits: str, mask: str) -> str:
    """Fill digits into a format such as ``(000) 000-0000``, from its end to its beginning."""
    signs = re.findall(r'[0#]|\\.|"[^"]*"|.', mask)
    left = list(digits)
    shown: list[str] = []
    places = sum(sign in "0#" for sign in signs)
    for sign in reversed(signs):
        if sign not in ("0", "#"):
            shown.append(sign.strip('"') if sign[0] == '"' else sign[-1])
            continue
        places -= 1
        if places == 0:
            shown.append("".join(left) or ("0" if sign == "0" else ""))
            left = []
        elif left or sign == "0":
            shown.append(left.pop() if left else "0")
    return "".join(reversed(shown))


# ------------------------------------------------------------------ writing

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FRAME = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_SHEETS}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Locations" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    # Cells of style 1 are text, whatever is typed in them; those of style 2 are headings.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_SHEETS}"><fonts count="2">'
        '<font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="3">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
        'applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
        '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
        'applyFont="1"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
_WIDTHS = (32, 24, 40, 20, 20, 32, 14)
"""How wide the columns are, in letters."""
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a file of these rows, the headings first: the same rows, the same bytes.

    It is written by hand, since nothing in it may tell when or with what it was made. All cells
    are text, so that a telephone number keeps its plus and its zeros.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in {**_FRAME, "xl/worksheets/sheet1.xml": _sheet(rows)}.items():
            part = zipfile.ZipInfo(name, _NO_TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 3  # as on every system
            archive.writestr(part, (_HEAD + inside).encode())
    return target.getvalue()


def _sheet(rows: Iterable[Sequence[str]]) -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" style="1" customWidth="1"/>'
        for place, width in enumerate(_WIDTHS, start=1)
    )
    body = "".join(_row(number, row) for number, row in enumerate(rows, start=1))
    return (
        f'<worksheet xmlns="{_SHEETS}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{columns}</cols>"
        f"<sheetData>{body}</sheetData></worksheet>"
    )


def _row(number: int, row: Sequence[str]) -> str:
    style = 2 if number == 1 else 1
    cells = "".join(
        f'<c r="{"ABCDEFGHIJ"[place]}{number}" s="{style}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{_text(text)}</t></is></c>'
        for place, text in enumerate(row)
        if text
    )
    return f'<row r="{number}">{cells}</row>'


def _text(text: str) -> str:
    """Return a text as XML that spreadsheets read as the same text."""
    shown = guarded(text, typed=True)
    return escape(_COORDINATES.sub(r"_x005F_x\1_", shown))
