"""Files of lists: all rows, in the columns that are shown, as CSV, a workbook, or JSON Lines."""

import re
from datetime import datetime
from tempfile import TemporaryFile

from flask import request

from cmdb_api.services import facts, times
from cmdb_api.services.exchange import csv_writer, lines_writer, sheet_writer
from cmdb_api.services.search import columns as search_columns

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
# Rows that are asked for at once for a file, and most in one.
CHUNK, MOST = 500, 200_000
_COLUMN_TYPES = {"number": facts.NUMBER, "moment": search_columns.MOMENT, "day": search_columns.DAY}


def make(form, listing, fetch, fixed):
    """Return a file with all rows of a list, for the caller to close, and how many these are."""
    file = TemporaryFile()  # noqa: SIM115 - closed with the answer
    rows, headings = _rows(listing, fetch, fixed), [str(column.title) for column in listing.columns]
    if form == "csv":
        count = csv_writer.write(file, headings, rows)
    elif form == "jsonl":
        count = lines_writer.write(file, _records(listing, rows))
    else:
        count = _sheet(file, listing, headings, rows)
    file.seek(0)
    return file, count


def _records(listing, rows):
    """Yield rows as records, whose members are called as the columns are in addresses."""
    names = [column.name for column in listing.columns]
    for row in rows:
        yield dict(zip(names, map(_plain, row), strict=True))


def _plain(value):
    """Return what a cell of a file holds as JSON has it."""
    if isinstance(value, datetime):
        return times.text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _sheet(file, listing, headings, rows):
    chosen = [
        search_columns.Column(column.name, head, _COLUMN_TYPES.get(column.type, facts.TEXT))
        for column, head in zip(listing.columns, headings, strict=True)
    ]
    about = [(f"{name}", str(value)) for name, value in request.args.items(multi=True)]
    tell = lambda count, _cut: ("about", [("rows", count), *about])  # noqa: E731
    name = _sheet_name(listing.name)
    return sheet_writer.write(file, chosen, headings, rows, name=name, about=tell)


def _sheet_name(name):
    """Return a name that a sheet may have: at most 31 units of UTF-16, not all characters."""
    plain = _NOT_IN_SHEET_NAMES.sub("_", name).encode("utf-16-le")[:62]
    return plain.decode("utf-16-le", "ignore")


def _rows(listing, fetch, fixed):
    if (picked := listing.picked()) is not None:
        yield from ([_filed(column.of(row)) for column in listing.columns] for row in picked)
        return
    asked, count = listing.asked | {"limit": CHUNK, "cursor": None}, 0
    while count < MOST:
        found = fetch(**asked | fixed)
        for row in found["items"]:
            yield [_filed(column.of(row)) for column in listing.columns]
        count += len(found["items"])
        if not (following := found.get("next_cursor")):
            return
        asked["cursor"] = following


def _filed(value):
    """Return a value that a cell of a file holds."""
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, str)) else _other(value)


def _other(value):
    return value if hasattr(value, "isoformat") else str(value)
