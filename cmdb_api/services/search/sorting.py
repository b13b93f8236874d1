"""The order of lists of assets: ``rack,-memory.total_bytes``; ties by hostname.

Text is ordered in any case, by its first letters; what is missing comes last in both directions.
A cursor carries the values of the last row seen, and a mark of the order that they are of.
"""

import hashlib
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset, AssetFacts, AssetStatus, Section
from cmdb_api.services import facts, nearest, pages
from cmdb_api.services.resources import SINGLE
from cmdb_api.services.search import column_values, columns, fact_terms, json_values, summaries
from cmdb_api.services.search.columns import DAY, FLAG, LIST, MOMENT, NUMBER, TEXT

MOST = 5
HOSTNAME = "hostname"
# Letters of a text that count: a cursor is part of an address, which must not be long.
LETTERS = 64


class Key(NamedTuple):
    """One thing that assets are ordered by."""

    name: str
    type: str
    value: ColumnElement
    down: bool = False

    @property
    def ordered(self):
        """Return the part of ORDER BY."""
        one = self.value.desc() if self.down else self.value.asc()
        # The index on names serves both directions without more.
        return one if self.name == HOSTNAME else one.nulls_last()

    def after(self, last, rest):
        """Return the condition for what comes after a row that has this value."""
        if last is None:
            return and_(self.value.is_(None), rest)
        later = self.value < last if self.down else self.value > last
        if self.name != HOSTNAME:
            later = or_(later, self.value.is_(None))
        return or_(later, and_(self.value == last, rest))


class Order:
    """An order of assets; ``mark`` tells it from others, None where it is by hostname alone."""

    def __init__(self, session, text=None):
        parts = _parted(text or "")
        self.mark = hashlib.sha256(",".join(parts).encode()).hexdigest()[:8] if parts else None
        self.keys = _keys(session, parts)

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

    def after(self, cursor):
        """Return the condition for what comes after a cursor's row; raises Invalid."""
        kinds = [_or_none(_KINDS[key.type]) for key in self.keys]
        if self.mark is not None:
            kinds = [self._same, *kinds]
        values = pages.read(cursor, *kinds)[-len(self.keys) :]
        found = false()
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            found = key.after(value, found)
        return found

    def _same(self, mark):
        if mark != self.mark:
            raise ValueError(mark)
        return mark


def join(rows):
    """Join what values to order by are read from to a query of ``Asset``."""
    # What an older version read is not what is meant now: as if it were not there.
    kept = and_(AssetFacts.asset_id == Asset.id, AssetFacts.version == summaries.VERSION)
    rows = rows.join(AssetStatus, AssetStatus.asset_id == Asset.id, isouter=True)
    return rows.join(AssetFacts, kept, isouter=True)


def names():
    """Return the names of what assets can be ordered by, where it is known beforehand."""
    return [name for name in columns.names() if _single(name) and _is_read(name)]


def _parted(text):
    parts = [part.strip() for part in text.split(",")]
    return [part for part in parts if part.lstrip("-")]


def _keys(session, parts):
    if len(parts) > MOST:
        raise Invalid.of("sort", f"more than {MOST} names")
    found = {}
    for part in parts:
        key = _key(session, part.removeprefix("-"), part.startswith("-"))
        found.setdefault(key.name, key)
        if key.name == HOSTNAME:
            # No two have the same: what follows decides nothing.
            return list(found.values())
    return [*found.values(), _key(session, HOSTNAME, False)]


def _key(session, name, down):
    try:
        column = columns.find(session, name)
    except Invalid:
        hint = nearest.hint(name, names())
        raise Invalid.of("sort", f"there is nothing {name} to order by{hint}") from None
    if column.type == LIST:
        told = f"assets can't be ordered by {column.name}, of which they may have several"
        raise Invalid.of("sort", told)
    if not _is_read(column.name):
        told = f"assets can't be ordered by {column.name}; GET /api/v1/search/fields tells by what"
        raise Invalid.of("sort", told)
    value = _value(session, column)
    if column.type == TEXT and column.name != HOSTNAME:
        value = func.substr(func.lower(value), 1, LETTERS)
    return Key(column.name, column.type, value, down)


def _single(name):
    if name in columns.OWN:
        return columns.OWN[name] != LIST
    fact = facts.find(name.removeprefix(column_values.EXPECTED))
    return fact is not None and fact.type != LIST


def _is_read(name):
    """Tell whether there is an expression for a column."""
    fact = name.removeprefix(column_values.EXPECTED)
    counted = fact.endswith(".count")
    return (name in columns.OWN and name != "etag") or fact in facts.FACTS or counted


def _value(session, column):
    """Return the expression for a column's value."""
    name, fact = column.name, column_values.SAME.get(column.name, column.name)
    if name == HOSTNAME:
        return Asset.hostname_key
    if name in _NAMED:
        model = _NAMED[name].model
        same = model.id == _NAMED[name].of_asset
        return select(model.name).where(same).correlate(Asset).scalar_subquery()
    if name == "changed_at":
        return column_values.newest_change()
    if name in ("reported_at", "via"):
        return getattr(AssetStatus, name)
    if name.startswith(column_values.EXPECTED):
        fact = name.removeprefix(column_values.EXPECTED)
        return json_values.value(session, Asset.expected, fact, column.type)
    if fact in facts.FACTS:
        fact_terms.check(session)
        return json_values.value(session, AssetFacts.facts, fact, column.type)
    if name.endswith(".count"):
        return _count(name.removesuffix(".count"))
    return getattr(Asset, name)


def _count(kind):
    same = Section.asset_id == Asset.id, Section.kind == kind, Section.digest.is_not(None)
    return select(Section.item_count).where(*same).correlate(Asset).scalar_subquery()


_NAMED = {resource.field: resource for resource in SINGLE}


def _or_none(kind):
    return lambda value: None if value is None else kind(value)


def _moment(text):
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    # What has no such time in UTC is refused here.
    return found.astimezone(UTC)


_KINDS = {TEXT: str, NUMBER: int, FLAG: int, DAY: date.fromisoformat, MOMENT: _moment}
