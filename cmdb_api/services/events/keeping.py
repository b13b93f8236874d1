"""
What becomes of events that could not be delivered: given up, and at last not kept any more.

And of the log of deliveries, of which the newest is kept.
"""

import logging
from datetime import timedelta

from sqlalchemy import delete, exists, func, select, update

from cmdb_api.models import Delivery, DeliveryTry, Outbox, Subscription
from cmdb_api.models.event import DEAD, PENDING, WEBHOOK
from cmdb_api.services import locking
from cmdb_api.services.dialects import among
from cmdb_api.services.events import outcomes

log = logging.getLogger(__name__)

DELIVERY, OUTBOX, SUBSCRIPTION = (t.__table__ for t in (Delivery, Outbox, Subscription))
TRY = DeliveryTry.__table__
# Rows that one transaction removes.
BATCH = 5000
# Tries that are kept of a webhook, of each outcome: what went well hides no failure.
TRIES = 1000


def give_up(session, moment, hours):
    """
    Take those that could not be delivered for so many hours as dead; return how many.

    One that was tried: since its first failure. One that was not: since it was recorded, and since
    its webhook fails.
    """
    since = moment - timedelta(hours=hours)
    c, s = DELIVERY.c, SUBSCRIPTION.c
    hooks = select(s.id).where(s.type == WEBHOOK, s.enabled)
    failing = select(s.id).where(s.type == WEBHOOK, s.enabled, s.failing_since <= since)
    old = exists().where(OUTBOX.c.id == c.outbox_id, OUTBOX.c.created_at <= since)
    tried = (c.subscription_id.in_(hooks), c.attempts > 0, c.failed_at <= since)
    untried = (c.subscription_id.in_(failing), c.attempts == 0, old)
    for wanted, values in ((tried, {}), (untried, {"error": "not tried: the webhook fails"})):
        pending = (c.status == PENDING, *wanted)
        if session.scalar(select(exists().where(*pending))):
            locking.begin(session)
            change = update(DELIVERY).where(*pending).values(status=DEAD, next_at=None, **values)
            count = session.execute(change).rowcount
            log.error("%d events could not be delivered for %d h and are given up", count, hours)
            return count
    return 0


def expire(session, moment, days):
    """Remove some of the deliveries that are older than they are kept; return how many."""
    since = moment - timedelta(days=days)
    c = DELIVERY.c
    old = select(OUTBOX.c.id).where(OUTBOX.c.created_at < since).order_by(OUTBOX.c.id).limit(BATCH)
    ids = list(session.scalars(old))
    if not ids:
        return 0
    locking.begin(session)
    upto = among(session, c.outbox_id, ids)
    counts = session.execute(
        select(c.subscription_id, func.count()).where(upto).group_by(c.subscription_id)
    ).all()
    for number, count in counts:
        same = SUBSCRIPTION.c.id == number
        total = SUBSCRIPTION.c.expired_count + count
        session.execute(update(SUBSCRIPTION).where(same).values(expired_count=total))
        log.error(
            "subscription %d: %d events were kept for %d days, and nobody took them: dropped",
            *(number, count, days),
        )
    session.execute(delete(DELIVERY).where(upto))
    return session.execute(delete(OUTBOX).where(among(session, OUTBOX.c.id, ids))).rowcount


def sweep(session):
    """Remove some of the events that were handed out and wait for nobody; return how many."""
    waits = exists().where(DELIVERY.c.outbox_id == OUTBOX.c.id)
    idle = select(OUTBOX.c.id).where(OUTBOX.c.handed_out, ~waits).limit(BATCH)
    if not (ids := list(session.scalars(idle))):
        return 0
    locking.begin(session)
    return session.execute(delete(OUTBOX).where(among(session, OUTBOX.c.id, ids), ~waits)).rowcount


def trim_log(session, moment, days):
    """Remove some of the tries that are older than they are kept, or too many; return how many."""
    if not (ids := _old_tries(session, moment - timedelta(days=days))):
        return 0
    locking.begin(session)
    return session.execute(delete(TRY).where(among(session, TRY.c.id, ids))).rowcount


def _old_tries(session, since):
    """Return the ids of tries that are not kept, at most BATCH."""
    ids = set(session.scalars(select(TRY.c.id).where(TRY.c.at < since).limit(BATCH)))
    for number, *newest in session.execute(_beyond()):
        for outcome, last in zip(outcomes.OUTCOMES, newest, strict=True):
            if last is None or len(ids) >= BATCH:
                continue
            same = TRY.c.subscription_id == number, TRY.c.outcome == outcome, TRY.c.id <= last
            ids.update(session.scalars(select(TRY.c.id).where(*same).limit(BATCH - len(ids))))
    return sorted(ids)


def _beyond():
    """Return the query of each webhook's newest try of each outcome that is one too many."""
    own = select(TRY.c.id).where(TRY.c.subscription_id == SUBSCRIPTION.c.id)
    newest = own.order_by(TRY.c.id.desc()).offset(TRIES).limit(1)
    each = [newest.where(TRY.c.outcome == outcome) for outcome in outcomes.OUTCOMES]
    return select(SUBSCRIPTION.c.id, *(one.scalar_subquery() for one in each))
