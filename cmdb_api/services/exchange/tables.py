"""Tables as they come in, whatever file they are in: rows of cells, each at its column from 1.

A cell's value is None, bool, int, float, str, a date, a time without zone, a list, or a Fault. No
database: plain data in, plain data out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from cmdb_api.errors import TooLarge
from cmdb_api.services.exchange import cells

XLSX, CSV, JSONL = "xlsx", "csv", "jsonl"
TYPES = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv",
    JSONL: "application/x-ndjson",
}


class Limits(NamedTuple):
    """How much of a file is taken."""

    rows: int = 100_000
    columns: int = 256
    # Bytes of a spreadsheet once unpacked.
    unpacked: int = 256 * 1024 * 1024


class Fault(NamedTuple):
    """A cell whose value can't be had, and why."""

    shown: str
    why: str


def written(text):
    """Return the text that was written into a cell of a sheet or of CSV; a Fault if it was cut."""
    try:
        return cells.from_cell(text, cells.TEXT) or ""
    except ValueError as error:
        return Fault(text, str(error))


class Row(NamedTuple):
    """One row, by its number in the file; ``cells`` is {column: value} of those that have any."""

    number: int
    cells: dict
    # How many cells it has, where each row is to have the same number of them.
    width: int | None = None


@dataclass
class Table:
    """A table in a file. ``rows()`` reads it anew each time it is called, row by row."""

    format: str
    rows: Callable
    # What was noticed on the way that whoever sent it should know.
    notes: list = field(default_factory=list)
    sheet: str | None = None
    # {column: heading} where the file itself has the headings apart from the rows.
    headings: dict | None = None


def bounded(rows, limits):
    """Yield rows; raises TooLarge where there are too many."""
    for count, row in enumerate(rows):
        if count > limits.rows:
            raise TooLarge(f"more than {limits.rows} rows; send the table in pieces")
        yield row


def letters(column):
    """Return what spreadsheets call a column: 1 is A, 28 is AB."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def number(text):
    """Return the number of a column from its letters."""
    found = 0
    for letter in text:
        found = found * 26 + ord(letter) - ord("A") + 1
    return found
