"""Rows as a spreadsheet: a sheet of them, and one that tells what they are.

A row at a time, so that memory does not grow with them: what is being made lies in the folder for
temporary files.
"""

import tempfile
from contextlib import contextmanager

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from cmdb_api.errors import Invalid
from cmdb_api.services.exchange.cells import cut, to_cell
from cmdb_api.services.exchange.sheet_rows import Formats, Rows, put

# With the row of headings as many as a sheet has.
MOST_ROWS = 1_048_575
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Widths of the columns of the second sheet, characters.
WIDTHS = (36, 36, 12, 12)


def write(file, columns, headings, rows, *, name, about, most=MOST_ROWS):
    """
    Write rows of values to a binary file; return how many.

    ``name`` is that of the sheet; ``about(count, cut)`` gives the name and the rows of the second
    one, ``cut`` being texts on what did not fit into a cell. Raises Invalid beyond ``most`` rows.
    """
    with _book(file) as book:
        formats = Formats(book)
        table = Rows(book.add_worksheet(name, Plain), formats, columns, headings)
        for row in rows:
            if table.count == most:
                raise Invalid.of(
                    "query", f"more than {most} assets, which no sheet holds; take csv or jsonl"
                )
            table.add(row)
        table.end()
        name, told = about(table.count, table.cut)
        _tell(book.add_worksheet(name, Plain), formats, told)
        book.close()
    return table.count


class Plain(Worksheet):
    """A sheet in which <r>…</r> is text as any other: the library writes it as it stands."""

    def _xml_rich_inline_string(self, string, attributes=()):
        self._xml_inline_string(string, True, attributes)

    def drop(self):
        """Close the file in which its rows lie."""
        if self.row_data_fh:
            self.row_data_fh.close()


@contextmanager
def _book(file):
    with tempfile.TemporaryDirectory(prefix="cmdb-export-") as folder:
        book = Workbook(file, OPTIONS | {"tmpdir": folder})
        try:
            yield book
        finally:
            for sheet in book.worksheets():
                sheet.drop()


def _tell(sheet, formats, rows):
    """Write the sheet that tells of the other; a row of one cell is a heading."""
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            cell = to_cell(value)
            if len(row) == 1:
                sheet.write_string(number, place, cell, formats.bold)
            else:
                put(sheet, number, place, cut(cell)[0] if isinstance(cell, str) else cell, formats)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
