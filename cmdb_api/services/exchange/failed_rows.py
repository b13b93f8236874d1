"""The rows that failed, as a file of the format that came, to be put right and imported again.

It has the same columns, and one that tells why; that one is known again and left out.
"""

import csv
import io
import json
import tempfile
from datetime import date, datetime

from xlsxwriter import Workbook

from cmdb_api.errors import for_people
from cmdb_api.services.exchange import cells, headings
from cmdb_api.services.exchange.sheet_writer import OPTIONS, Plain
from cmdb_api.services.exchange.tables import CSV, JSONL, XLSX, Fault
from cmdb_api.services.quarantine import tidy

WRONG, PLAIN_WIDTH, WIDE = "#FFC7CE", 16, 60
DATES, TIMES = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
# What a comment in a sheet holds.
LONGEST_COMMENT = 2000


def write(survey, columns, failed):
    """Return the file of the rows that failed, {row number: [Reason]}, as bytes."""
    kept = [column for column in columns if not headings.is_reason(column.heading)]
    chinese = any("\u4e00" <= each <= "\u9fff" for column in kept for each in column.heading)
    title = headings.REASONS["zh" if chinese else "en"]
    rows = ((row, failed[row.number]) for row in survey.rows() if row.number in failed)
    return _WRITERS[survey.table.format](kept, title, rows)


def told(reasons, columns):
    """Return why a row failed, in one text."""
    names = {column.number: column.heading for column in columns}
    texts = dict.fromkeys(_text(reason, names) for reason in reasons)
    return "; ".join(texts)


def _text(reason, names):
    heading, said = names.get(reason.column), for_people(reason.text)
    near = f" ({', '.join(reason.nearest)}?)" if reason.nearest else ""
    near = "" if "did you mean" in reason.text else near
    return f"{heading}: {said}{near}" if heading else f"{said}{near}"


def _csv(columns, title, rows):
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([column.heading for column in columns] + [title])
    for row, reasons in rows:
        values = (_plain(row.cells.get(column.number)) for column in columns)
        writer.writerow(map(cells.to_text, [*values, told(reasons, columns)]))
    return file.getvalue().encode("utf-8-sig", "replace")


def _lines(columns, title, rows):
    lines = []
    for row, reasons in rows:
        values = ((c.heading, row.cells.get(c.number)) for c in columns)
        found = {name: _plain(value) for name, value in values if value is not None}
        lines.append(json.dumps(found | {title: told(reasons, columns)}, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _plain(value):
    """Return a value that can be written: no half characters, nor NUL."""
    value = value.shown if isinstance(value, Fault) else value
    return tidy(value) if isinstance(value, str) else value


def _xlsx(columns, title, rows):
    file = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="cmdb-import-") as folder:
        book = Workbook(file, OPTIONS | {"tmpdir": folder})
        sheet = _Sheet(book, [column.heading for column in columns] + [title])
        for place, (row, reasons) in enumerate(rows, 1):
            sheet.add(place, row, reasons, columns)
        book.close()
    return file.getvalue()


def _shown(texts):
    """Return texts as a comment takes them: no control characters."""
    text = "; ".join(texts)[:LONGEST_COMMENT]
    return "".join(each if each.isprintable() else " " for each in text)


class _Sheet:
    """A sheet of failed rows; the cells that are wrong are marked, and say why."""

    def __init__(self, book, titles):
        self.sheet = book.add_worksheet(worksheet_class=Plain)
        bold = book.add_format({"bold": True, "bottom": 1})
        wrong = {"bg_color": WRONG}
        self.formats = {
            (form, is_wrong): book.add_format({"num_format": form} | (wrong if is_wrong else {}))
            for form in ("General", DATES, TIMES)
            for is_wrong in (False, True)
        }
        for place, text in enumerate(titles):
            self.sheet.write_string(0, place, _plain(text), bold)
        self.sheet.set_column(0, len(titles) - 2, PLAIN_WIDTH)
        self.sheet.set_column(len(titles) - 1, len(titles) - 1, WIDE)
        self.sheet.freeze_panes(1, 0)

    def add(self, place, row, reasons, columns):
        """Write a row at its place."""
        wrong = {}
        for reason in reasons:
            wrong.setdefault(reason.column, []).append(reason.text)
        for at, column in enumerate(columns):
            texts = wrong.get(column.number)
            self._write(place, at, row.cells.get(column.number), bool(texts))
            if texts:
                self.sheet.write_comment(place, at, _shown(texts))
        self._write(place, len(columns), cells.cut(_plain(told(reasons, columns)))[0], False)

    def _write(self, place, at, value, wrong):
        sheet, form = self.sheet, self.formats["General", wrong]
        value = _plain(value)
        if isinstance(value, datetime):
            kind = TIMES if value.time() != datetime.min.time() else DATES
            sheet.write_datetime(place, at, value, self.formats[kind, wrong])
        elif isinstance(value, date):
            sheet.write_datetime(place, at, value, self.formats[DATES, wrong])
        elif isinstance(value, bool):
            sheet.write_boolean(place, at, value, form)
        elif isinstance(value, (int, float)):
            sheet.write_number(place, at, value, form)
        elif value:
            sheet.write_string(place, at, cells.to_cell(value), form)
        elif wrong:
            sheet.write_blank(place, at, None, form)


_WRITERS = {XLSX: _xlsx, CSV: _csv, JSONL: _lines}
