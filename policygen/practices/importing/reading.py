"""Reading a file that somebody sent: which kind it is says its content, and not its name."""

from __future__ import annotations

from policygen.practices.importing.csv_files import read_csv
from policygen.practices.importing.tables import FileRefused, Table, table_of
from policygen.practices.importing.xlsx_files import OLE, ZIP, read_xlsx

MIB = 1024 * 1024
BYTES = MIB
"""How large a file may be."""

TOO_LARGE = "This file is larger than 1 MiB. Split it into several, or delete what is not needed."


def read_file(content: bytes) -> Table:
    """Return the table of locations in a file. Raises ``FileRefused``."""
    if len(content) > BYTES:
        raise FileRefused(TOO_LARGE)
    if not content.strip():
        raise FileRefused("This file is empty. Take the template and fill it in.")
    if content.startswith(OLE):
        raise FileRefused(
            "This is an Excel file of the old kind (.xls), or one with a password. Save it as "
            "“Excel workbook (.xlsx)” without a password, or as CSV."
        )
    rows, notes = read_xlsx(content) if content.startswith(ZIP) else read_csv(content)
    return table_of(rows, notes)
