"""The order of lists of assets: ``rack,-memory.total_bytes``; ties by hostname.

Text is ordered in any case, by its first letters; what is missing comes last in both directions.
"""

from sqlalchemy import and_, select

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset, AssetFacts, AssetStatus, Section
from cmdb_api.services import facts, nearest
from cmdb_api.services.resources import SINGLE
from cmdb_api.services.search import (
    column_values,
    columns,
    fact_terms,
    json_values,
    ordering,
    summaries,
)
from cmdb_api.services.search.columns import LIST, TEXT
from cmdb_api.services.search.ordering import MOST, Key

HOSTNAME = "hostname"
# What an asset names one of, and the table that the name is read from.
_NAMED = {resource.field: resource for resource in SINGLE}
_TABLES = {name: r.model.__table__.alias(f"order_{name}") for name, r in _NAMED.items()}


class Order(ordering.Order):
    """An order of assets."""

    def __init__(self, session, text=None):
        parts = ordering.parted(text)
        super().__init__(_keys(session, parts), ordering.marked(parts))


def join(rows):
    """Join what values to order by are read from to a query of ``Asset``."""
    # What an older version read is not what is meant now: as if it were not there.
    kept = and_(AssetFacts.asset_id == Asset.id, AssetFacts.version == summaries.VERSION)
    rows = rows.join(AssetStatus, AssetStatus.asset_id == Asset.id, isouter=True)
    # Databases leave out those that nothing is read from.
    for name, table in _TABLES.items():
        rows = rows.join(table, table.c.id == _NAMED[name].of_asset, isouter=True)
    return rows.join(AssetFacts, kept, isouter=True)


def names():
    """Return the names of what assets can be ordered by, where it is known beforehand."""
    return [name for name in columns.names() if _single(name) and _is_read(name)]


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
        value = ordering.letters(value)
    return Key(column.name, column.type, value, down, always=column.name == HOSTNAME)


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
        return _TABLES[name].c.name
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
