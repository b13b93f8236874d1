"""Rows as CSV: UTF-8, CRLF; no text in it is a formula to a spreadsheet."""

import codecs
import csv
import io

from cmdb_api.services.exchange.cells import quoted, to_text

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


def write(file, headings, rows, *, bom=True, separator="comma"):
    """
    Write rows of values to a binary file; return how many.

    With ``bom`` spreadsheets know that it is UTF-8.
    """
    if bom:
        file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, delimiter=SEPARATORS[separator])
    writer.writerow(map(quoted, headings))
    count = 0
    for row in rows:
        writer.writerow(map(to_text, row))
        count += 1
    text.detach()
    return count
