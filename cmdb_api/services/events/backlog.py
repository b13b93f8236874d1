"""What waits for a subscription: listed, sent again, or dropped by people."""

from sqlalchemy import delete, select, update

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import Asset, Delivery, Outbox
from cmdb_api.models.event import DEAD, PENDING
from cmdb_api.services import locking, pages
from cmdb_api.services.dialects import among
from cmdb_api.services.events import deliveries, events, fanout, subscriptions

DELIVERY, OUTBOX = Delivery.__table__, Outbox.__table__


def page(session, number, *, status=None, limit, cursor=None):
    """Return one page of what waits for a subscription, the oldest first; raises NotFound."""
    subscriptions.get(session, number)
    c = DELIVERY.c
    query = select(*c, OUTBOX.c.created_at, OUTBOX.c.event).join_from(DELIVERY, OUTBOX)
    query = query.where(c.subscription_id == number)
    if status:
        query = query.where(c.status == status)
    if cursor:
        query = query.where(c.outbox_id > pages.read(cursor, int)[0])
    found = session.execute(query.order_by(c.outbox_id).limit(limit + 1)).all()
    rows, following = pages.cut(found, limit, lambda row: (row.outbox_id,))
    return {"items": [_told(row) for row in rows], "next_cursor": following}


def _told(row):
    event = events.identified(row.outbox_id, row.created_at, row.event)
    names = ("status", "attempts", "next_at", "failed_at", "error", "created_at")
    return {"id": row.outbox_id, "event": event} | {name: getattr(row, name) for name in names}


def resend(session, number, outbox_id=None):
    """
    Let what was given up be delivered again, one or all; return how many.

    Raises NotFound, or Conflict where the subscription's search still can't be asked.
    """
    subscriptions.try_anew(session, number)
    _choose(session, subscriptions.get(session, number))
    c = DELIVERY.c
    wanted = [c.subscription_id == number]
    if outbox_id is None:
        wanted.append(c.status == DEAD)
    else:
        _check(session, number, outbox_id)
        wanted.append(c.outbox_id == outbox_id)
    again = {"status": PENDING, "attempts": 0, "next_at": None, "failed_at": None}
    return session.execute(update(DELIVERY).where(*wanted).values(again)).rowcount


def _choose(session, row):
    """Drop what was kept while a subscription's search could not be asked, and it does not find."""
    c = DELIVERY.c
    # What was never tried and failed all the same.
    untold = c.status == DEAD, c.attempts == 0, c.failed_at.is_not(None)
    untold = c.subscription_id == row.id, *untold
    query = select(c.asset_id).join(Asset, Asset.id == c.asset_id).where(*untold)
    ids = {*session.scalars(query)}
    try:
        others = ids - fanout.found(session, row, ids)
    except Invalid as error:
        raise Conflict(f"its search can't be asked; edit it first: {error.message}") from None
    gone = delete(DELIVERY).where(*untold, among(session, c.asset_id, sorted(others)))
    if others:
        deliveries.forget(session, session.scalars(gone.returning(c.outbox_id)).all())


def drop(session, number, outbox_id):
    """Deliver one of them to this subscription no more; raises NotFound."""
    locking.begin(session)
    _check(session, number, outbox_id)
    c = DELIVERY.c
    session.execute(delete(DELIVERY).where(c.subscription_id == number, c.outbox_id == outbox_id))
    deliveries.forget(session, [outbox_id])


def _check(session, number, outbox_id):
    key = (number, outbox_id)
    if max(key) >= 2**63 or session.get(Delivery, key) is None:
        raise NotFound(f"nothing with id {outbox_id} waits for subscription {number}")
