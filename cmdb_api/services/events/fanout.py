"""Hands out what is in the outbox: a delivery to each subscription that wants it.

One worker at a time does so; what is told of an asset is handed out in the order it was recorded.
"""

import logging

from sqlalchemy import delete, exists, func, select, update

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset, Delivery, Outbox, Subscription
from cmdb_api.models.event import DEAD, PENDING
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.dialects import among, dialect
from cmdb_api.services.events import events
from cmdb_api.services.search import query

log = logging.getLogger(__name__)

DELIVERY, OUTBOX = Delivery.__table__, Outbox.__table__
# Events that one transaction hands out.
BATCH = 500
# Names the advisory lock of PostgreSQL.
_LOCK = 0x636D6462
_WAITING = OUTBOX.c.handed_out.is_(False)


def hand_out(session, *, asset_id=None, limit=BATCH):
    """
    Hand out the oldest events that were not; return how many.

    With ``asset_id`` all of this asset, after waiting until no other worker does so.
    """
    wanted = [_WAITING] if asset_id is None else [_WAITING, OUTBOX.c.asset_id == asset_id]
    if not session.scalar(select(exists().where(*wanted))):
        return 0
    if not _alone(session, wait=asset_id is not None):
        return 0
    query_ = select(OUTBOX.c.id, OUTBOX.c.asset_id, OUTBOX.c.created_at, OUTBOX.c.event)
    query_ = query_.where(*wanted).order_by(OUTBOX.c.id)
    rows = session.execute(query_ if asset_id else query_.limit(limit)).all()
    deliveries = [each for one in _subscriptions(session) for each in _to(session, one, rows)]
    if deliveries:
        session.execute(DELIVERY.insert(), deliveries)
    _mark(session, rows, {each["outbox_id"] for each in deliveries})
    return len(rows)


def _alone(session, *, wait):
    """Keep other workers from handing out until the transaction ends; tell whether that is so."""
    if dialect(session) == "postgresql":
        if not wait:
            return session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK)))
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    locking.begin(session)
    return True


def _subscriptions(session):
    """Return the enabled subscriptions; none is removed until the transaction ends."""
    chosen = select(Subscription).where(Subscription.enabled).order_by(Subscription.id)
    locked = chosen.with_for_update(read=True, key_share=True)
    return session.scalars(locked.execution_options(populate_existing=True)).all()


def _to(session, one, rows):
    """
    Return the deliveries of these events to a subscription: what came after it was made.

    Where its search can't be asked, all are dead, and are sent once somebody has mended it.
    """
    fitting = [
        row for row in rows if row.created_at >= one.created_at and events.fits(one, row.event)
    ]
    state = {"status": PENDING}
    try:
        finds = found(session, one, {row.asset_id for row in fitting})
    except Invalid as error:
        finds = {row.asset_id for row in fitting}
        one.last_error = f"its search can't be asked: {error.message}"
        log.error("subscription %s: %s", one.name, one.last_error)
        state = {"status": DEAD, "failed_at": now(), "error": one.last_error}
    return [
        {"failed_at": None, "error": None, "subscription_id": one.id, "outbox_id": row.id}
        | {"asset_id": row.asset_id}
        | state
        for row in fitting
        if row.asset_id in finds
    ]


def found(session, one, ids):
    """Return those of these assets that a subscription's search finds; raises Invalid."""
    if not ids or not one.query:
        return ids
    among_them = among(session, Asset.__table__.c.id, sorted(ids))
    # A search that takes too long is stopped, and shall not take the transaction with it.
    nested = session.begin_nested()
    try:
        wanted = query.condition(session, one.query)
        return {*session.scalars(select(Asset.id).where(among_them, wanted))}
    finally:
        # Nothing was written; what ends is the bound on the time of statements.
        nested.rollback()


def _mark(session, rows, wanted):
    """Mark events as handed out, and remove those that nobody wants."""
    for ids, change in (
        (sorted(wanted), update(OUTBOX).values(handed_out=True)),
        (sorted({row.id for row in rows} - wanted), delete(OUTBOX)),
    ):
        if ids:
            session.execute(change.where(among(session, OUTBOX.c.id, ids)))
