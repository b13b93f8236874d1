"""One writer of an asset at a time: its status row is locked before anything is compared.

Whoever writes to an asset's record calls ``begin`` first in the transaction, then ``find`` (and
``add``, where the asset may be new). Who holds several locks never waits for one: ``find_free``.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import JSON, any_, bindparam, func, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.types import now

ASSET, STATUS = Asset.__table__, AssetStatus.__table__


class Locked(NamedTuple):
    """What is known of an asset whose row is locked: what a report is compared with."""

    asset_id: int
    hostname: str
    key_generation: int
    reported_at: datetime | None
    ages: dict
    volatile: dict
    quarantine: dict | None
    recent: list
    seq: int | None
    change_count: int


_COLUMNS = [(STATUS.c if name in STATUS.c else ASSET.c)[name] for name in Locked._fields]
_ALL = select(*_COLUMNS).join_from(ASSET, STATUS, STATUS.c.asset_id == ASSET.c.id)
_FIND = _ALL.where(ASSET.c.hostname_key == bindparam("name")).with_for_update(of=STATUS)


def insert(session, table):
    """Return an INSERT of this session's database, one that knows ON CONFLICT."""
    return {"postgresql": postgresql, "sqlite": sqlite}[dialect(session)].insert(table)


def dialect(session):
    """Return the name of the session's database."""
    return session.get_bind().dialect.name


def among(session, column, values):
    """Return the condition that a column is one of many values, which travel as one parameter."""
    if dialect(session) == "postgresql":
        return column == any_(literal(values, postgresql.ARRAY(column.type)))
    each = func.json_each(literal(values, JSON())).table_valued("value")
    return column.in_(select(each.c.value))


def begin(session):
    """Begin to write. SQLite has one writer at a time: it waits its turn here, not half-way."""
    if dialect(session) == "sqlite":
        session.execute(text("BEGIN IMMEDIATE"))


def find(session, hostname):
    """Return an asset's row joined to its status, locked until the transaction ends, or None."""
    row = session.execute(_FIND, {"name": hostname.lower()}).one_or_none()
    return row and Locked._make(row)


def find_free(session, hostnames):
    """Lock all assets of these names that nobody else holds; return them by name in lower case."""
    key = ASSET.c.hostname_key
    wanted = among(session, key, sorted({name.lower() for name in hostnames}))
    query = _ALL.add_columns(key).where(wanted).with_for_update(of=STATUS, skip_locked=True)
    return {name: Locked._make(row) for *row, name in session.execute(query)}


def add(session, hostname):
    """Make an asset and its status where they are missing; return what ``find`` does."""
    moment = now()
    session.execute(
        insert(session, ASSET)
        .values(hostname=hostname, hostname_key=hostname.lower(), created_at=moment)
        .on_conflict_do_nothing()
    )
    asset_id = session.scalar(select(ASSET.c.id).where(ASSET.c.hostname_key == hostname.lower()))
    session.execute(insert(session, STATUS).values(asset_id=asset_id).on_conflict_do_nothing())
    return find(session, hostname)
