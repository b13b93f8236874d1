"""The rows of a sheet, written one by one: each value as what it is, none as a formula."""

from datetime import date, datetime

from cmdb_api.services.exchange.cells import cut, to_cell
from cmdb_api.services.facts import BYTES

# Widths of columns, characters.
NARROWEST, WIDEST = 8, 60
# Cells that were cut and are named, at most.
MOST_NAMED = 100
DAYS, TIMES, SIZES = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "#,##0"
# Text that begins so is marked as text, for whoever edits it.
LIKE_FORMULAS = "=+-@'"


class Formats:
    """How the cells of a book look."""

    def __init__(self, book):
        style = {"bold": True, "bg_color": "#DDE6F0", "bottom": 1, "valign": "top"}
        self.heading = book.add_format(style)
        self.bold = book.add_format({"bold": True})
        self.day = book.add_format({"num_format": DAYS})
        self.time = book.add_format({"num_format": TIMES})
        self.size = book.add_format({"num_format": SIZES})
        self.text = book.add_format({"quote_prefix": True})


class Rows:
    """Writes rows below their headings."""

    def __init__(self, sheet, formats, columns, headings):
        self.sheet, self.formats, self.headings = sheet, formats, headings
        # Rows so far, and texts on cells that were cut.
        self.count, self.cut = 0, []
        # Beside a heading stands the button of the filter.
        self.widths = [_width(heading) + 3 for heading in headings]
        self.numbers = [formats.size if column.unit == BYTES else None for column in columns]
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading, formats.heading)

    def add(self, row):
        """Write a row of values."""
        self.count += 1
        for place, value in enumerate(row):
            cell = to_cell(value)
            if cell is not None:
                self.widths[place] = max(self.widths[place], _width(cell))
                if isinstance(cell, str):
                    cell = self._cut(place, cell)
                put(self.sheet, self.count, place, cell, self.formats, self.numbers[place])

    def _cut(self, place, text):
        text, length = cut(text)
        if length and len(self.cut) < MOST_NAMED:
            self.cut.append(f"{self.headings[place]}, row {self.count + 1}: {length}")
        return text

    def end(self):
        """Let the headings stay in sight and filter, and columns be as wide as what they hold."""
        self.sheet.freeze_panes(1, 1)
        self.sheet.autofilter(0, 0, self.count, len(self.headings) - 1)
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, max(NARROWEST, min(width + 1, WIDEST)))


def put(sheet, row, place, cell, formats, number=None):
    """Write what ``to_cell`` made; ``number`` is the format of a number."""
    if isinstance(cell, str):
        text = formats.text if cell.startswith(tuple(LIKE_FORMULAS)) else None
        sheet.write_string(row, place, cell, text)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif isinstance(cell, date):
        is_time = isinstance(cell, datetime)
        sheet.write_datetime(row, place, cell, formats.time if is_time else formats.day)
    elif cell is not None:
        sheet.write_number(row, place, cell, number)


def _width(cell):
    """Return how many characters wide a cell is; those of East Asia take two."""
    if isinstance(cell, str):
        line = cell.partition("\n")[0][:WIDEST]
        return sum(2 if "\u1100" <= each <= "\uffdc" else 1 for each in line)
    if isinstance(cell, date):
        return len(TIMES if isinstance(cell, datetime) else DAYS)
    return len(f"{cell:,}")
