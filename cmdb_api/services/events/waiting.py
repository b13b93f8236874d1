"""How much waits for subscriptions, and for how long."""

from sqlalchemy import func, select

from cmdb_api.models import Delivery, Outbox
from cmdb_api.models.event import DEAD, PENDING

DELIVERY, OUTBOX = Delivery.__table__, Outbox.__table__


def of(session, ids, moment):
    """Return {id of a subscription: how many wait, are dead, and since when the oldest waits}."""
    c = DELIVERY.c
    count = select(c.subscription_id, c.status, func.count(), func.min(c.outbox_id))
    count = count.where(c.subscription_id.in_(ids)).group_by(c.subscription_id, c.status)
    found = {(n, status): (many, first) for n, status, many, first in session.execute(count)}
    oldest = [first for (_, status), (_, first) in found.items() if status == PENDING]
    made = select(OUTBOX.c.id, OUTBOX.c.created_at).where(OUTBOX.c.id.in_(oldest))
    made_at = dict(map(tuple, session.execute(made)))
    told = {}
    for number in ids:
        pending, first = found.get((number, PENDING), (0, None))
        since = made_at.get(first)
        told[number] = {
            "pending_count": pending,
            "dead_count": found.get((number, DEAD), (0, None))[0],
            "oldest_pending_at": since,
            "oldest_pending_seconds": since and max(int((moment - since).total_seconds()), 0),
        }
    return told


def not_handed_out_seconds(session, moment):
    """Return how long the oldest event waits to be handed out; 0 where none does."""
    oldest = select(OUTBOX.c.created_at).where(OUTBOX.c.handed_out.is_(False))
    since = session.scalar(oldest.order_by(OUTBOX.c.id).limit(1))
    return max(int((moment - since).total_seconds()), 0) if since else 0
