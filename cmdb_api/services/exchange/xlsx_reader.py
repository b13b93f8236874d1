"""The cells of a sheet of an .xlsx file, row by row: memory does not grow with the rows.

A merged area gives its value to each of its rows, in its first column. Of formulas the results
count that are kept in the file. Rows without a value of their own are left out.
"""

import re
from datetime import datetime, timedelta
from math import isfinite

from cmdb_api.errors import Malformed, TooLarge
from cmdb_api.services.exchange import xlsx_merged, xml_events
from cmdb_api.services.exchange.cells import LONGEST, unescaped
from cmdb_api.services.exchange.tables import Fault, Row, letters, number, written
from cmdb_api.services.exchange.xlsx_package import BROKEN

# Empty rows in a row, after which nothing more is looked for.
MOST_EMPTY = 10_000
# What a sheet has at most.
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
# Days of the calendar from 1900-03-01 to 9999.
_DAYS = range(61, 2_958_466)
_1904 = 1462


def rows(package, sheet, limits, notes):
    """Yield the rows of a sheet that have a value; what is odd is added to the notes."""
    merged = xlsx_merged.areas(package, sheet)
    last = 0
    for row in _rows(package, sheet, limits, notes):
        if row.number - last > MOST_EMPTY:
            note = f"after row {last} come more than {MOST_EMPTY} empty rows; nothing below is read"
            if note not in notes:
                notes.append(note)
            return
        last = row.number
        yield merged.fill(row)


def _rows(package, sheet, limits, notes):
    reader, what = _Cells(package, limits), f"sheet {sheet.name}"
    try:
        with package.open(sheet.part) as stream:
            for _ in xml_events.read(stream, reader, what):
                yield from reader.taken()
                if reader.empty > MOST_EMPTY:
                    yield Row(reader.number + MOST_EMPTY, {})
                    return
    except BROKEN as error:
        raise Malformed(f"{what} is damaged: {error}") from error
    if reader.formulas and not any("formulas" in note for note in notes):
        notes.append("cells with formulas: the results that the file holds are taken")


class _Cells:
    """Reads the elements of a sheet."""

    def __init__(self, package, limits):
        self.texts, self.styles = package.texts, package.styles
        self.shift = _1904 if package.from_1904 else 0
        self.limits, self.found = limits, []
        self.number = self.column = self.formulas = self.empty = 0
        self.cells, self.given = {}, None
        self.pieces, self.size, self.inside, self.formula = [], 0, False, False
        self.spoken = False

    def taken(self):
        """Return the rows that were read since."""
        found, self.found = self.found, []
        return found

    def start(self, name, given):
        if name == "c":
            self.given, self.pieces, self.size, self.formula = given, [], 0, False
            place = _PLACE.fullmatch(given.get("r", ""))
            self.column = number(place[1]) if place else self.column + 1
        elif name in ("v", "t"):
            self.inside = self.given is not None and not self.spoken
        elif name == "f":
            self.formula = self.given is not None
        elif name == "row":
            self._begin(given.get("r", ""))
        elif name == "rPh":
            self.spoken = True

    def _begin(self, text):
        following = int(text) if text.isdecimal() and len(text) < 8 else self.number + 1
        if not self.number < following <= LAST_ROW:
            raise Malformed(f"row {following} of the sheet comes after row {self.number}")
        self.empty += following - self.number
        self.number, self.column, self.cells = following, 0, {}

    def text(self, data):
        if self.inside and self.size <= LONGEST:
            self.size += len(data)
            self.pieces.append(data)

    def end(self, name):
        if name in ("v", "t"):
            self.inside = False
        elif name == "rPh":
            self.spoken = False
        elif name == "c" and self.given is not None:
            value = self._value("".join(self.pieces))
            if value is not None and value != "":
                self._put(value)
        elif name == "row" and self.cells:
            self.found.append(Row(self.number, self.cells))
            self.empty = 0

    def _put(self, value):
        if self.column > self.limits.columns:
            place = f"{letters(min(self.column, LAST_COLUMN))}{self.number}"
            most = f"at most {self.limits.columns} columns are taken"
            raise TooLarge(f"cell {place} has a value; {most}: delete what is beyond the data")
        self.cells[self.column] = value

    def _value(self, text):
        """Return the value of the cell that ends here."""
        sort = self.given.get("t", "n")
        self.formulas += self.formula
        if self.formula and text == "" and sort != "str":
            why = "a formula whose result is not in the file; open it in a spreadsheet and save it"
            return Fault("", f"{why}, or put the value there")
        if sort == "s":
            known = text.isdecimal() and int(text[:9]) < len(self.texts)
            return _text(self.texts[int(text)]) if known else Fault(text, "the file lacks its text")
        if sort in ("inlineStr", "str"):
            return _text(unescaped(text))
        if sort == "e":
            return Fault(text, f"{text} is an error of a formula; put the value there")
        if sort == "b":
            return text in ("1", "true")
        if sort == "d":
            return _moment(text)
        return self._figure(text) if text else None

    def _figure(self, text):
        style = self.styles.get(self.given.get("s", "0"))
        try:
            value = int(text) if _WHOLE.fullmatch(text) else float(text)
            if not isfinite(value):
                raise ValueError(text)
        except ValueError:
            return Fault(text[:40], "not a number, as the file says it is")
        if style == "date":
            return _date(value, self.shift)
        if isinstance(value, float) and value.is_integer():
            if abs(value) >= 10**15:
                why = "a number of which a spreadsheet keeps 15 digits only: make the cell text"
                return Fault(text, f"{why}, and type it again")
            value = int(value)
        return str(value).zfill(style) if style and isinstance(value, int) else value


def _text(text):
    if len(text) > LONGEST:
        return Fault(f"{text[:40]}…", f"longer than the {LONGEST} characters of a cell")
    return written(text)


def _date(value, shift):
    """Return the time of a number of days; what is in no calendar stays a number."""
    if int(value) + shift not in _DAYS:
        return value
    found = datetime(1899, 12, 30) + timedelta(days=value + shift)
    milliseconds = round(found.microsecond / 1000)
    return found.replace(microsecond=0) + timedelta(milliseconds=milliseconds)


def _moment(text):
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
    except ValueError:
        return text
