"""The order of a list: the keys that its rows are ordered by, and what comes after a cursor.

What is missing comes last in both directions. A cursor carries the values of the last row seen, and
a mark of the order that they are of.
"""

import hashlib
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_

from cmdb_api.services import pages
from cmdb_api.services.search import bytewise
from cmdb_api.services.search.columns import DAY, FLAG, MOMENT, NUMBER, TEXT

MOST = 5
# Letters of a text that count: a cursor is part of an address, which must not be long.
LETTERS = 64


class Key(NamedTuple):
    """One thing that rows are ordered by."""

    name: str
    type: str
    value: ColumnElement
    down: bool = False
    # Whether no row is without it: an index then serves both directions.
    always: bool = False
    # Whether it is ordered by its bytes; no row is without it then.
    bytewise: bool = False

    @property
    def ordered(self):
        """Return the part of ORDER BY."""
        if self.bytewise:
            return bytewise.Down(self.value) if self.down else bytewise.Up(self.value)
        one = self.value.desc() if self.down else self.value.asc()
        return one if self.always else one.nulls_last()

    def after(self, last, rest):
        """Return the condition for what comes after a row that has this value."""
        if last is None:
            return and_(self.value.is_(None), rest)
        later = self._later(last)
        if not self.always:
            later = or_(later, self.value.is_(None))
        return or_(later, and_(self.value == last, rest))

    def edge(self, last):
        """Return the condition for a row of this value and what comes after it."""
        if self.bytewise:
            return (bytewise.UpTo if self.down else bytewise.From)(self.value, last)
        return self.value <= last if self.down else self.value >= last

    def _later(self, last):
        if self.bytewise:
            return (bytewise.Before if self.down else bytewise.Behind)(self.value, last)
        return self.value < last if self.down else self.value > last


class Order:
    """An order of rows; ``mark`` tells it from others, None where it is the list's own."""

    def __init__(self, keys, mark=None):
        self.keys, self.mark = keys, mark

    @property
    def clauses(self):
        """Return the parts of ORDER BY."""
        return [key.ordered for key in self.keys]

    @property
    def columns(self):
        """Return what a query must give for ``cursor``."""
        return [key.value.label(f"sort_{number}") for number, key in enumerate(self.keys)]

    def cursor(self, row):
        """Return the values of a row that its cursor carries."""
        values = [getattr(row, f"sort_{number}") for number in range(len(self.keys))]
        plain = [value.isoformat() if isinstance(value, date) else value for value in values]
        return plain if self.mark is None else [self.mark, *plain]

    def read(self, cursor, *before):
        """Return the values in a cursor, those of other kinds ``before`` first; raises Invalid."""
        kinds = [_or_none(_KINDS[key.type]) for key in self.keys]
        if self.mark is not None:
            kinds = [self._same, *kinds]
        return pages.read(cursor, *before, *kinds)

    def after(self, cursor):
        """Return the condition for what comes after a cursor's row; raises Invalid."""
        return self.beyond(self.read(cursor))

    def beyond(self, values):
        """Return the condition for what comes after a row; the keys' values are the last ones."""
        values = values[-len(self.keys) :]
        found = false()
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            found = key.after(value, found)
        first, value = self.keys[0], values[0]
        if value is not None and first.always:
            # By itself, so that an index is used.
            found = and_(first.edge(value), found)
        return found

    def _same(self, mark):
        if mark != self.mark:
            raise ValueError(mark)
        return mark


def parted(text):
    """Return the names in an order, each with the - before it that turns it."""
    parts = [part.strip() for part in (text or "").split(",")]
    return [part for part in parts if part.lstrip("-")]


def marked(parts):
    """Return the mark of an order; None where it is a list's own."""
    return hashlib.sha256(",".join(parts).encode()).hexdigest()[:8] if parts else None


def letters(value):
    """Return what of a text counts: its first letters, in any case."""
    return func.substr(func.lower(value), 1, LETTERS)


def _or_none(kind):
    return lambda value: None if value is None else kind(value)


def _moment(text):
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    # What has no such time in UTC is refused here.
    return found.astimezone(UTC)


_KINDS = {TEXT: str, NUMBER: int, FLAG: int, DAY: date.fromisoformat, MOMENT: _moment}
