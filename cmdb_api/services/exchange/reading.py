"""A file that comes in, as a table: by what its content is, whatever it is called."""

from cmdb_api.errors import Invalid, Malformed, Unsupported
from cmdb_api.services import nearest
from cmdb_api.services.exchange import csv_reader, lines_reader, xlsx_reader
from cmdb_api.services.exchange.tables import CSV, JSONL, TYPES, XLSX, Table, bounded
from cmdb_api.services.exchange.xlsx_package import OLE, Package

# What programs call the formats, in names and in content types.
ENDINGS = {".xlsx": XLSX, ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".jsonl": JSONL, ".ndjson": JSONL}
OTHER = (".xls", ".xlsm", ".xlsb", ".xltx", ".ods", ".et", ".numbers", ".json", ".pdf")
ALSO = {
    **{"application/csv": CSV, "text/plain": CSV, "text/tab-separated-values": CSV},
    **{"application/vnd.ms-excel": CSV, "application/jsonl": JSONL, "application/ndjson": JSONL},
    **{"application/jsonlines": JSONL, "application/x-jsonlines": JSONL},
}
ZIP = b"PK\x03\x04"
WANTED = "an Excel workbook (.xlsx), CSV or JSON lines"


def tables(data, limits, *, name=None, type=None, sheet=None, encoding=None):
    """
    Return the tables that a file holds: each of its sheets, or the one of this name.

    ``name`` is the file's, ``type`` its content type. Raises a CMDBError that says what to do.
    """
    if not data.strip():
        raise Malformed(f"the file is empty; {WANTED} is wanted")
    format = _format(data, name, type)
    if sheet and format != XLSX:
        raise Invalid.of("sheet", "only workbooks have sheets; leave it out")
    if format == XLSX:
        return _sheets(Package(data, limits), limits, sheet)
    return [_csv(data, limits, encoding) if format == CSV else _lines(data, limits)]


def _format(data, name, type):
    """Return the format that a content has; what was said of it decides between texts only."""
    if data.startswith((ZIP, OLE)):
        return XLSX
    ending = "." + (name or "").lower().rpartition(".")[2] if "." in (name or "") else ""
    said = {known: format for format, known in TYPES.items()} | ALSO
    format = ENDINGS.get(ending) or said.get(type or "")
    if format == XLSX or data.startswith(b"%PDF"):
        raise Malformed(
            f"{name or 'the file'} is no .xlsx workbook, though it says so; {WANTED} is wanted"
        )
    if format:
        return format
    if ending in OTHER or type not in (None, "", "application/octet-stream"):
        told = type if not ending else f"{ending} files"
        raise Unsupported(f"{told} can't be read; send {WANTED}")
    return JSONL if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") else CSV


def _sheets(package, limits, wanted):
    known = [sheet for sheet in package.sheets if wanted or sheet.visible]
    if wanted:
        named = [sheet.name for sheet in known]
        known = [sheet for sheet in known if sheet.name.strip().lower() == wanted.strip().lower()]
        if not known:
            hint = nearest.hint(wanted, named) or f"; there are {', '.join(named[:20])}"
            raise Invalid.of("sheet", f"there is no sheet {wanted}{hint}")
    if not known:
        raise Malformed("the workbook has no sheet of cells that people see")
    return [_sheet(package, sheet, limits) for sheet in known]


def _sheet(package, sheet, limits):
    table = Table(XLSX, lambda: bounded(read(), limits), sheet=sheet.name)

    def read():
        return xlsx_reader.rows(package, sheet, limits, table.notes)

    return table


def _csv(data, limits, encoding):
    text, told = csv_reader.decoded(data, encoding)
    mark = csv_reader.separator(text)
    text = csv_reader.without_separator(text)
    notes = [told] if told else []
    return Table(CSV, lambda: bounded(csv_reader.rows(text, mark, limits), limits), notes)


def _lines(data, limits):
    headings, rows = lines_reader.read(data, limits)
    return Table(JSONL, lambda: bounded(rows(), limits), headings=headings)
