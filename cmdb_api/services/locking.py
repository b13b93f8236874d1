"""One writer of an asset at a time: its status row is locked before anything is compared.

Whoever writes to an asset's record calls ``begin`` first in the transaction, then ``find`` (and
``add``, where the asset may be new).
"""

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.types import now

ASSET, STATUS = Asset.__table__, AssetStatus.__table__

_FIND = (
    select(ASSET.c.hostname, ASSET.c.key_generation, STATUS)
    .join(STATUS, STATUS.c.asset_id == ASSET.c.id)
    .where(ASSET.c.hostname_key == bindparam("name"))
    .with_for_update(of=STATUS)
)


def insert(session, table):
    """Return an INSERT of this session's database, one that knows ON CONFLICT."""
    return {"postgresql": postgresql, "sqlite": sqlite}[dialect(session)].insert(table)


def dialect(session):
    """Return the name of the session's database."""
    return session.get_bind().dialect.name


def begin(session):
    """Begin to write. SQLite has one writer at a time: it waits its turn here, not half-way."""
    if dialect(session) == "sqlite":
        session.execute(text("BEGIN IMMEDIATE"))


def find(session, hostname):
    """Return an asset's row joined to its status, locked until the transaction ends, or None."""
    return session.execute(_FIND, {"name": hostname.lower()}).one_or_none()


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
