"""The cells of a row as fields of an asset: text that people wrote, as the API takes it.

A cell that is empty, or has a dash for that, leaves what is declared; ``(none)`` takes it away. No
database.
"""

import re
import unicodedata
from datetime import date, datetime

from cmdb_api.services import facts
from cmdb_api.services.exchange import cells, dates, states
from cmdb_api.services.exchange.headings import EXPECTED
from cmdb_api.services.exchange.surveying import DAYS
from cmdb_api.services.exchange.tables import Fault
from cmdb_api.services.facts import LIST, NUMBER, TEXT

LISTS = ("services", "contacts", "tags")
# What takes a value away, and what stands for an empty cell.
NONE = ("(none)", "(无)")
EMPTY = re.compile(r"[-\u2013\u2014/\\_]{1,4}|n/?a|无|暂无", re.I)
# Text that a dash says something of.
FREE = ("comment",)
# Beside spaces: characters that nobody sees.
BLANK = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
_PARTS = re.compile(r"[;\uff1b\u3001\uff0c|\n]")
_UNITS = re.compile(
    r"(?:ru|u)? ?(\d{1,3}) ?(?:ru|u)?(?: ?[-~\u2013\u2014至到] ?u? ?(\d{1,3}) ?u?)?", re.I
)
_HEIGHT = re.compile(r"(\d{1,3}) ?(?:ru|u)?", re.I)


def is_empty(name, value):
    """Tell whether a cell leaves what is declared."""
    if isinstance(value, str):
        text = value.strip(BLANK)
        return not text or (name not in FREE and bool(EMPTY.fullmatch(text)))
    return value is None or value == []


def read(name, value, orders=(), known=frozenset()):
    """
    Return {field: value} that a cell gives; None takes a field's value away.

    ``orders`` are those of its column's days, ``known`` names in lower case that a list may have.
    Raises ValueError with why it can't be.
    """
    if isinstance(value, Fault):
        raise ValueError(value.why)
    if isinstance(value, str):
        value = value.strip(BLANK)
        if unicodedata.normalize("NFKC", value).lower() in NONE:
            return {name: None}
    if name.startswith(EXPECTED):
        return {name: _expected(name.removeprefix(EXPECTED), value)}
    if name in DAYS:
        return {name: dates.read(value, orders)}
    if name == "position_u":
        return _position(_text(value))
    if name == "height_u":
        return {name: _height(_text(value))}
    if name == "state":
        return {name: states.read(_text(value))}
    if name in LISTS:
        return {name: value if isinstance(value, list) else parted(_text(value), known)}
    return {name: _text(value)}


def parted(text, known=frozenset()):
    """
    Return the names in a text: parted by commas as exports have them, or by ; 、 | and lines.

    A name that is known and has such a character itself is one.
    """
    try:
        names = cells.split(text)
    except ValueError:
        # Quotes that begin behind another mark than a comma.
        names = [name for part in _PARTS.split(text) for name in cells.split(part.strip(BLANK))]
    found = []
    for name in names:
        parts = [name] if name.strip().lower() in known else _PARTS.split(name)
        found += [part.strip(BLANK) for part in parts if part.strip(BLANK)]
    return found


def _text(value):
    if isinstance(value, list):
        return cells.joined(value)
    if isinstance(value, (date, datetime)):
        whole = isinstance(value, datetime) and value.time() != datetime.min.time()
        return value.isoformat(" ") if whole else value.strftime("%Y-%m-%d")
    return cells.as_text(value).replace("\u00a0", " ")


def wide(text):
    """Return text with wide characters as plain ones."""
    return unicodedata.normalize("NFKC", text)


def _position(text):
    match = _UNITS.fullmatch(wide(text))
    if not match:
        raise ValueError(f"{text} is no unit of a rack; write the lowest, like 17, or 17-18")
    low, high = int(match[1]), int(match[2] or match[1])
    low, high = min(low, high), max(low, high)
    return {"position_u": low} | ({"height_u": high - low + 1} if match[2] else {})


def _height(text):
    match = _HEIGHT.fullmatch(wide(text))
    if not match:
        raise ValueError(f"{text} is no number of units; write it like 2")
    return int(match[1])


def _expected(name, value):
    """Return what is expected of a fact, for ``fact_values`` to check."""
    fact = facts.stored(name)
    if fact is None or isinstance(value, (bool, list)):
        return value
    if fact.type == LIST:
        found = parted(_text(value))
        return [part for each in found for part in each.split()] if fact.form else found
    if fact.type == NUMBER and isinstance(value, int):
        return value
    return _text(value) if fact.type == TEXT else wide(_text(value))
