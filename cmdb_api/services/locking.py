"""One writer of an asset at a time: its status row is locked before anything is compared.

Whoever writes to an asset's record calls ``begin`` first in the transaction, then ``find`` (and
``add``, where the asset may be new). Who holds several locks never waits for one: ``find_free``.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, text

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.types import now
from cmdb_api.services import generations, names
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import among, dialect, insert, listed

ASSET, STATUS = Asset.__table__, AssetStatus.__table__


# Names the lock that stands for all names, and what tells that this transaction has it.
_EVERY_NAME = 0x636D6463
_SETTING = "cmdb.names"
_HOLDS_ALL = func.coalesce(func.current_setting(_SETTING, True), "") == "all"


class Locked(NamedTuple):
    """What is known of an asset whose row is locked: what a report is compared with."""

    asset_id: int
    hostname: str
    state: str
    standing: str
    key_generation: int
    reported_at: datetime | None
    ages: dict
    volatile: dict
    quarantine: dict | None
    recent: list
    seq: int | None
    causes: dict
    change_count: int


_COLUMNS = [(STATUS.c if name in STATUS.c else ASSET.c)[name] for name in Locked._fields]
_ALL = select(*_COLUMNS).join_from(ASSET, STATUS, STATUS.c.asset_id == ASSET.c.id)
# PostgreSQL gives whoever waited the newest of the rows that it locks, and the others as they were
# before: a key that was revoked meanwhile would count. The status is locked first, as always.
_BOTH = {"of": (STATUS, ASSET), "key_share": True}
_FIND = _ALL.where(ASSET.c.hostname_key == bindparam("name")).with_for_update(**_BOTH)
_GET = _ALL.where(ASSET.c.id == bindparam("asset_id")).with_for_update(**_BOTH)


def begin(session):
    """
    Begin to write, unless that was done. SQLite has one writer at a time.

    It waits its turn here, not half-way.
    """
    if dialect(session) == "sqlite" and not session.connection().connection.in_transaction:
        session.execute(text("BEGIN IMMEDIATE"))


def hold(session, name):
    """Let nobody else hold this name, or another text, until the transaction ends."""
    if dialect(session) == "postgresql":
        number = func.hashtextextended(names.key(name), 0)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def hold_names(session, *given):
    """Let nobody else give these names to an asset until the transaction ends."""
    if dialect(session) != "postgresql" or session.scalar(select(_HOLDS_ALL)):
        return
    session.execute(select(func.pg_advisory_xact_lock_shared(_EVERY_NAME)))
    each = listed(session, sorted({*map(names.key, given)}))
    ordered = select(each.c.name).order_by(each.c.name).subquery()
    number = func.hashtextextended(ordered.c.name, 0)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def hold_all_names(session, *, kept=True):
    """
    Let nobody else give any name to an asset until the transaction ends.

    A lock for each of many would be more than PostgreSQL has room for. ``kept``: False where
    nothing is to stay of the transaction, so that nobody needs to wait for it.
    """
    if dialect(session) == "postgresql":
        if kept:
            session.execute(select(func.pg_advisory_xact_lock(_EVERY_NAME)))
        session.execute(select(func.set_config(_SETTING, "all", True)))


def find(session, name):
    """Return the row of the asset of this name joined to its status, locked, or None."""
    row = session.execute(_FIND, {"name": names.key(name)}).one_or_none()
    if row is None and (asset_id := names.find(session, name)):
        return get(session, asset_id)
    return row and Locked._make(row)


def get(session, asset_id):
    """Return what ``find`` does of the asset with this id."""
    row = session.execute(_GET, {"asset_id": asset_id}).one_or_none()
    return row and Locked._make(row)


def find_free(session, hostnames):
    """
    Lock all assets of these names that nobody else holds; return them by name in lower case.

    A name that is only the short or full form of an asset's is not looked for.
    """
    wanted = sorted({names.key(name) for name in hostnames})
    key = ASSET.c.hostname_key
    found = {row[-1]: row for row in _free(session, key, wanted)}
    if missing := set(wanted) - found.keys():
        # Of another's locks no more is known than that the row is not there.
        others = names.given(session, missing)
        rows = {row[0]: row for row in _free(session, ASSET.c.id, sorted(set(others.values())))}
        rows |= {row[0]: row for row in found.values()}
        found |= {name: rows[i] for name, i in others.items() if i in rows}
    return {name: Locked._make(row[:-1]) for name, row in found.items()}


def _free(session, column, values):
    query = _ALL.add_columns(ASSET.c.hostname_key).where(among(session, column, values))
    return session.execute(query.with_for_update(**_BOTH, skip_locked=True)) if values else ()


def add(session, hostname, **more):
    """
    Make an asset of these columns where the name is none's; return what ``find`` does.

    Raises Conflict where the name is an asset's that is not to be seen.
    """
    key = names.key(hostname)
    hold_names(session, hostname)
    _check_not_hidden(session, hostname)
    asset_id = names.given(session, [hostname]).get(key)
    if asset_id is None:
        values = {"hostname": hostname, "hostname_key": key, "created_at": now()} | more
        values["key_generation"] = generations.of(session, key)
        made = insert(session, ASSET).values(values).returning(ASSET.c.id)
        asset_id = session.scalar(made)
    session.execute(insert(session, STATUS).values(asset_id=asset_id).on_conflict_do_nothing())
    return get(session, asset_id)


def _check_not_hidden(session, hostname):
    if visibility.units(session) is None:
        return
    with visibility.unscoped(session):
        owner = names.find(session, hostname)
    if owner is not None and names.find(session, hostname) != owner:
        raise visibility.taken(f"the name {hostname}")
