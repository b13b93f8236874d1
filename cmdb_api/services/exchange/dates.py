"""Days as people write them in a column of a table; what may be two days is refused.

"31/01/2026" can be read in one way only; "02/01/2026" where another cell of its column shows which
of the two is the day. No database.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta

DAY_FIRST, MONTH_FIRST = "day first", "month first"
WANTED = "a day is wanted, like 2026-01-31"
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?"
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_TIME}"
)
_DOTTED = re.compile(rf"(\d{{1,2}})\.\s*(\d{{1,2}})\.\s*(\d{{4}}){_TIME}")
_SLASHED = re.compile(rf"(\d{{1,2}})([/-])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WORDED = re.compile(r"(\d{1,2})[. -]*([A-Za-z]{3,9})[., -]*(\d{4})")
_MONTH_WORD = re.compile(r"([A-Za-z]{3,9})[. -]*(\d{1,2})(?:st|nd|rd|th)?[, -]+(\d{4})")
_TWO_DIGITS = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
# Numbers that a spreadsheet shows as a day of 1990 to 2100.
_SERIALS = range(32_874, 73_415)


def order(value):
    """Return which comes first in a text, day or month, where only one is possible; else None."""
    match = _SLASHED.fullmatch(_plain(value)) if isinstance(value, str) else None
    if not match:
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12 >= second:
        return DAY_FIRST
    return MONTH_FIRST if second > 12 >= first else None


def read(value, orders=()):
    """
    Return the day that a cell's value is; ``orders`` are those that its column's cells show.

    Raises ValueError with why it is none.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _plain(value)
    for pattern, year, month, day in (
        (_YEAR_FIRST, 1, 2, 3),
        (_DOTTED, 3, 2, 1),
        (_TOGETHER, 1, 2, 3),
    ):
        if match := pattern.fullmatch(text):
            return _day(text, match[year], match[month], match[day])
    if match := _SLASHED.fullmatch(text):
        return _slashed(text, match, orders)
    if match := _WORDED.fullmatch(text):
        return _day(text, match[3], _month(text, match[2]), match[1])
    if match := _MONTH_WORD.fullmatch(text):
        return _day(text, match[3], _month(text, match[1]), match[2])
    raise ValueError(_why(text))


def _plain(value):
    return " ".join(unicodedata.normalize("NFKC", str(value)).split())


def _slashed(text, match, orders):
    first, second, year = match[1], match[3], match[4]
    own = order(text)
    if own is None and int(first) <= 12 and first.zfill(2) != second.zfill(2):
        if len(orders) != 1:
            shown = f"{year}-{int(second):02}-{int(first):02}"
            other = f"{year}-{int(first):02}-{int(second):02}"
            raise ValueError(f"{text} may be {shown} or {other}: write it as one of these")
        (own,) = orders
    day, month = (second, first) if own == MONTH_FIRST else (first, second)
    return _day(text, year, month, day)


def _month(text, word):
    if word[:3].lower() not in MONTHS:
        raise ValueError(_why(text))
    return MONTHS.index(word[:3].lower()) + 1


def _day(text, year, month, day):
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"there is no day {text}; {WANTED}") from None


def _why(text):
    if _TWO_DIGITS.fullmatch(text):
        return f"{text} has a year of two digits; {WANTED}"
    if text.isdecimal() and len(text) < 7 and int(text) in _SERIALS:
        shown = date(1899, 12, 30) + timedelta(days=int(text))
        return f"{text} is a number; if {shown} is meant, format the cell as a date, or write that"
    return f"{text} is no day; {WANTED}" if len(text) < 80 else f"it is no day; {WANTED}"
