"""Tables in files of plain text: comma, semicolon or tab between the cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence

from policygen.core.cells import guarded
from policygen.practices.importing.tables import COLUMNS, ROWS, Cell, FileRefused, Row, column_of

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
ENCODED_IN_TWOS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
AS_UTF8 = "In Excel, save it as “CSV UTF-8”."
_SEPARATOR_LINE = re.compile(r"^sep=(.)(?:\r\n|\r|\n)")
_OTHERS = {b"%PDF": "a PDF", b"{\\rt": "a text document", b"\x89PNG": "a picture", b"\xff\xd8": ""}


def read_csv(content: bytes) -> tuple[list[Row], list[str]]:
    """Return the rows of a file, and notes on how it was read. Raises ``FileRefused``."""
    text, notes = _decoded(content)
    if said := _SEPARATOR_LINE.match(text):  # Excel's own way of saying it
        text = text[said.end() :]
    separator = said[1] if said and said[1] in SEPARATORS else _separator(text)
    if separator != ",":
        notes.append(f"The cells are parted by {SEPARATORS[separator]}.")
    return _rows(text, separator), notes


def _decoded(content: bytes) -> tuple[str, list[str]]:
    """Return the text of a file: UTF-8, UTF-16 where it says so, or else Windows-1252."""
    for mark, encoding in ENCODED_IN_TWOS.items():
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding), []
            except UnicodeDecodeError:
                raise FileRefused(f"The letters of this file are damaged. {AS_UTF8}") from None
    for mark, kind in _OTHERS.items():
        if content.startswith(mark):
            raise FileRefused(f"This is {kind or 'a picture'}. Save the table as CSV or XLSX.")
    if b"\0" in content:
        raise FileRefused(f"This file holds bytes that no text has (NUL). {AS_UTF8}")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return _western(content)


def _western(content: bytes) -> tuple[str, list[str]]:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise FileRefused(
            f"The letters of this file are neither in UTF-8 nor in Windows-1252. {AS_UTF8}"
        ) from None
    note = (
        "The file is not in UTF-8, so its letters were read as Windows-1252. Look at letters with "
        f"accents below. If they are wrong: {AS_UTF8}"
    )
    return text, [note]


def _separator(text: str) -> str:
    """Return the separator with which most headings mean a column; the comma, if none does."""

    def known(separator: str) -> int:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        return sum(1 for heading in first[:COLUMNS] if column_of(heading))

    try:
        return max(SEPARATORS, key=known)
    except csv.Error:
        return ","


def _rows(text: str, separator: str) -> list[Row]:
    found: list[Row] = []
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    filled = 0
    try:
        for number, texts in enumerate(reader, start=1):
            if not any(text.strip() for text in texts):
                continue
            filled += 1
            if filled > ROWS + 1:
                raise FileRefused(f"This file has more than {ROWS:,} rows. Split it into several.")
            if len(texts) > COLUMNS:
                raise FileRefused(f"Row {number} has {len(texts):,} cells. Take the template.")
            width = width or len(texts)
            found.append(_row(number, texts, width))
    except csv.Error as error:
        raise FileRefused(_broken(str(error), reader.line_num)) from None
    return found


def _row(number: int, texts: Sequence[str], width: int) -> Row:
    cells = tuple(map(Cell, texts))
    if len(texts) == width or (len(texts) > width and not any(t.strip() for t in texts[width:])):
        return Row(number, cells)
    counted = "1 cell" if len(texts) == 1 else f"{len(texts)} cells"
    return Row(
        number,
        cells,
        f"This row has {counted}, and the first row has {width}. Perhaps a text that holds the "
        "separator lacks its quotation marks.",
    )


def _broken(error: str, line: int) -> str:
    if "field larger" in error:
        return f"A cell is far too long in line {line}. Perhaps a quotation mark is not closed."
    return (
        f"The quotation marks are wrong in line {line}. A text in quotation marks ends with one, "
        "and has two where it holds one."
    )


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a file of these rows: UTF-8 with its mark, which Excel asks for, commas, CR LF.

    All cells stand in quotation marks, and in none stands what a spreadsheet would run.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()
