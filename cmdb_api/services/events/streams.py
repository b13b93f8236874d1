"""Streams: their reader takes events, the oldest first, and says which it has."""

from sqlalchemy import delete, select, update

from cmdb_api.errors import Invalid
from cmdb_api.models import Delivery, Outbox, Subscription
from cmdb_api.models.event import PENDING
from cmdb_api.services import locking
from cmdb_api.services.dialects import among
from cmdb_api.services.events import deliveries, events, subscriptions, waiting

DELIVERY, OUTBOX, SUBSCRIPTION = (t.__table__ for t in (Delivery, Outbox, Subscription))


def take(session, name, moment, *, limit):
    """Return the oldest events of a stream; they stay until their reader says that it has them."""
    row = subscriptions.stream(session, name)
    c = OUTBOX.c
    query = select(c.id, c.created_at, c.event).join_from(DELIVERY, OUTBOX)
    waits = DELIVERY.c.status == PENDING
    query = query.where(DELIVERY.c.subscription_id == row.id, waits).order_by(DELIVERY.c.outbox_id)
    found = [events.identified(*each) for each in session.execute(query.limit(limit))]
    count = waiting.of(session, [row.id], moment)[row.id]["pending_count"]
    return {"items": found, "pending_count": count}


def ack(session, name, ids, moment):
    """Remove events that the reader has; return how many. Those that are gone already are none."""
    locking.begin(session)
    row = subscriptions.stream(session, name)
    numbers = [_number(each) for each in ids]
    if not numbers:
        return 0
    own = DELIVERY.c.subscription_id == row.id
    wanted = among(session, DELIVERY.c.outbox_id, numbers)
    count = session.execute(delete(DELIVERY).where(own, wanted)).rowcount
    deliveries.forget(session, numbers)
    total = SUBSCRIPTION.c.delivered_count + count
    told = {"delivered_at": moment, "delivered_count": total}
    session.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == row.id).values(told))
    return count


def _number(event_id):
    try:
        return events.number_of(event_id)
    except ValueError:
        raise Invalid.of("ids", f"{event_id!r} is no id of an event") from None
