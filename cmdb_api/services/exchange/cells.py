"""Values in the cells of sheets and CSV files: what is written, and how it is read again.

A value is None, bool, int, str, a date, an aware time, or a list of str. What is written of it and
read again with its column's type is the same value; a time is kept to the millisecond, and empty
text and an empty list are None. No database: plain data in, plain data out.
"""

import re
from datetime import UTC, date, datetime, timedelta

from cmdb_api.services import times
from cmdb_api.services.facts import FLAG, LIST, NUMBER, TEXT

# Types of columns, as in ``search.columns``, beside those of facts.
DAY, MOMENT = "day", "moment"
# What a spreadsheet holds in a cell, in units of UTF-16, and the digits of its numbers.
LONGEST = 32_767
MOST_DIGITS = 15
# Its calendar has a 29 February 1900: days before it are text.
FIRST_DAY = date(1900, 3, 1)
# The end of text that a cell did not hold: what was before it is not the whole.
CUT = "… [cut: {} characters]"
_WAS_CUT = re.compile(r"… \[cut: [0-9]+ characters\]\Z")
# Text that a spreadsheet takes for a formula, however many ' stand before it.
_FORMULA = re.compile(r"'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
_BARE = re.compile(r'[^\s",](?:[^",\n\r]*[^\s",])?')
_LISTED = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",]*?))\s*(?:,|\Z)')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_FLAGS = {"true": True, "false": False}


def to_text(value):
    """Return a value as a cell of CSV; text that would be a formula gets a ' in front."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return quoted(joined(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return times.text(value)
    return "" if value is None else str(value)


def to_cell(value):
    """
    Return a value as a spreadsheet has it: bool, int, text, date, time without zone, or None.

    Text is text there, formula or not; only what begins as ``quoted`` writes it gets its ' too.
    """
    if isinstance(value, list):
        value = joined(value)
    if isinstance(value, str):
        return (quoted(value) if value.startswith("'") else value) or None
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
        value -= timedelta(microseconds=value.microsecond % 1000)
        return times.text(value.replace(tzinfo=UTC)) if value.date() < FIRST_DAY else value
    if isinstance(value, date):
        return value.isoformat() if value < FIRST_DAY else value
    too_long = isinstance(value, int) and abs(value) >= 10**MOST_DIGITS
    return str(value) if too_long else value


def from_cell(cell, type):
    """
    Return the value of a cell, as ``to_text`` or ``to_cell`` made it of a value of this type.

    Raises ValueError for what is written otherwise.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        cell = unquoted(cell)
        if _WAS_CUT.search(cell):
            raise ValueError("it was too long for a cell and is not whole; leave it empty")
    return _READ[type](cell)


def quoted(text):
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unquoted(text):
    """Take the ' away again that ``quoted`` put in front."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def joined(texts):
    """Return a list as one text: with commas; what has any itself stands in quotes, as in CSV."""
    return ", ".join(
        text if _BARE.fullmatch(text) else '"{}"'.format(text.replace('"', '""')) for text in texts
    )


def split(text):
    """Return the list that ``joined`` made a text of; raises ValueError."""
    found, place = [], 0
    while place < len(text) or text[place - 1 : place] == ",":
        match = _LISTED.match(text, place)
        if match is None:
            raise ValueError(f'what stands in quotes has "" for a quote: {text[place:][:40]}')
        inner, bare = match.groups()
        found.append(bare if inner is None else inner.replace('""', '"'))
        place = match.end()
        if match[0][-1:] != ",":
            break
    return found


def cut(text):
    """Return text that a cell holds, and how many characters it had where that is not all."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * LONGEST:
        return text, None
    mark = CUT.format(len(text))
    return units[: 2 * (LONGEST - len(mark))].decode("utf-16-le", "ignore") + mark, len(text)


def unescaped(text):
    """Return text of a sheet's XML, which has control characters as _x001B_."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _number(cell):
    if isinstance(cell, bool) or (isinstance(cell, float) and not cell.is_integer()):
        raise ValueError(f"{cell} is no whole number")
    return int(cell)


def _flag(cell):
    found = cell if isinstance(cell, bool) else _FLAGS.get(str(cell).lower())
    if found is None:
        raise ValueError(f"{cell} is neither true nor false")
    return found


def as_text(cell):
    """Return a cell as text."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def _day(cell):
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    return date.fromisoformat(as_text(cell))


def _moment(cell):
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=UTC)
    return datetime.fromisoformat(as_text(cell).replace("Z", "+00:00"))


_READ = {
    NUMBER: _number,
    FLAG: _flag,
    TEXT: as_text,
    LIST: lambda cell: split(as_text(cell)),
    DAY: _day,
    MOMENT: _moment,
}
