"""The rows of a CSV file, however its program wrote it: its characters and separator are found out.

UTF-8 and UTF-16 are known by their form. What is neither is Chinese (GB18030) where its characters
come in pairs, else Western European (Windows-1252); either is told, and can be said instead.
"""

import codecs
import csv
import io
import re

from cmdb_api.errors import Invalid, Malformed, TooLarge
from cmdb_api.services.exchange.tables import Row, letters, written

SEPARATORS = (",", ";", "\t", "|")
# How much is looked at to find the separator: characters, and rows.
LOOKED_AT, ROWS = 64 * 1024, 20
UTF8, UTF16, CHINESE, WESTERN = "utf-8", "utf-16", "gb18030", "cp1252"
# Encodings of short texts, which take their time with long ones.
SLOW = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "unicode_escape")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: UTF16, codecs.BOM_UTF16_BE: UTF16}
_PAIR = re.compile(rb"[\x81-\xfe]([\x40-\x7e\x80-\xfe])")


def rows(text, separator, limits):
    """Yield the rows that have a value; raises Malformed."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            cells = {place: written(text) for place, text in enumerate(row, 1) if text.strip()}
            if cells:
                if max(cells) > limits.columns:
                    place = f"{letters(max(cells))}{number}"
                    raise TooLarge(f"cell {place} has a value; at most {limits.columns} columns")
                yield Row(number, cells, len(row))
    except csv.Error as error:
        raise Malformed(f"row {number + 1} is no CSV: {error}") from error


def decoded(data, encoding=None):
    """Return the text of a file, and what is to be told of how it was read; raises Invalid."""
    if encoding:
        return _decoded(data, encoding), None
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return _decoded(data, name), None
    if b"\0" in data[:LOOKED_AT]:
        return _decoded(data, _without_mark(data)), "read as UTF-16"
    try:
        return data.decode(UTF8), None
    except UnicodeDecodeError:
        found = CHINESE if _is_chinese(data) else WESTERN
    shown = "GB18030 (Chinese)" if found == CHINESE else "Windows-1252 (Western European)"
    told = f"the file is not UTF-8; it is read as {shown}: if names look wrong, give its encoding"
    return _decoded(data, found), told


def separator(text):
    """Return what separates the cells: what parts the most rows into as many cells each."""
    if match := re.match(r'"?sep=(.)"?\r?\n', text):
        return match[1]
    lines = text[:LOOKED_AT].splitlines(keepends=True)
    if len(text) > LOOKED_AT and len(lines) > 1:
        lines.pop()
    return max(SEPARATORS, key=lambda mark: _fits(lines, mark))


def without_separator(text):
    """Return the text with an empty line where Excel's own line on the separator stood."""
    return re.sub(r'\A"?sep=.\"?(?=\r?\n)', "", text)


def _fits(lines, mark):
    counts = []
    try:
        for row in csv.reader(lines, delimiter=mark):
            if any(row):
                counts.append(len(row))
            if len(counts) == ROWS:
                break
    except csv.Error:
        pass
    alike = max((counts.count(count), count) for count in {*counts}) if counts else (0, 0)
    return alike[1] > 1, *alike


def _decoded(data, encoding):
    try:
        if codecs.lookup(encoding).name in SLOW:
            raise LookupError(encoding)
        text = data.decode(encoding)
    except LookupError:
        fault = f"{encoding} is no encoding that is known; give utf-8, gb18030, cp1252 …"
        raise Invalid.of("encoding", fault) from None
    except (UnicodeError, ValueError) as error:
        raise Malformed(f"the file is not {encoding}: {error}"[:500]) from error
    if "\0" in text:
        place = text[: text.index("\0")].count("\n") + 1
        raise Malformed(f"line {place} has a NUL character: it is no CSV file, or a damaged one")
    return text.removeprefix("\ufeff")


def _without_mark(data):
    """Return which UTF-16 it is by where its zeros are; UTF-8 where they are anywhere."""
    head = data[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) / 8 or min(even, odd) > len(head) / 64:
        return UTF8
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_chinese(data):
    """Tell whether characters beyond ASCII come in pairs; in European text they stand alone."""
    try:
        data.decode(CHINESE)
    except UnicodeDecodeError:
        return False
    pairs = _PAIR.findall(data[:LOOKED_AT])
    return sum(low >= b"\x80" for low in pairs) * 10 >= len(pairs) * 8
