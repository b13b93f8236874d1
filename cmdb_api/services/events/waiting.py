"""How much waits for subscriptions, and for how long."""

from sqlalchemy import func, literal, select, union_all

from cmdb_api.models import Delivery, Outbox
from cmdb_api.models.event import DEAD, PENDING

DELIVERY, OUTBOX = Delivery.__table__, Outbox.__table__


# Up to so many a page counts what waits; more is told as one more than these.
MOST = 10_000


def of(session, ids, moment, most=None):
    """
    Return {id of a subscription: how many wait, are dead, and since when the oldest waits}.

    Where there are more than ``most``, they are taken for one more.
    """
    each = [select(literal(number).label("id"), *_counts(number, most)) for number in ids]
    rows = {row.id: row for row in session.execute(union_all(*each))} if ids else {}
    oldest = [row.first for row in rows.values() if row.first]
    made = select(OUTBOX.c.id, OUTBOX.c.created_at).where(OUTBOX.c.id.in_(oldest))
    made_at = dict(map(tuple, session.execute(made))) if oldest else {}
    told = {}
    for number in ids:
        row = rows[number]
        since = made_at.get(row.first)
        told[number] = {
            "pending_count": row.pending,
            "dead_count": row.dead,
            "oldest_pending_at": since,
            "oldest_pending_seconds": since and max(int((moment - since).total_seconds()), 0),
        }
    return told


def _counts(number, most):
    """Yield how many wait of a subscription and are dead, and the first that waits."""
    for status in (PENDING, DEAD):
        own = select(DELIVERY.c.outbox_id).where(*_are(number, status))
        if most is None:
            count = own.with_only_columns(func.count())
        else:
            count = select(func.count()).select_from(own.limit(most + 1).subquery())
        yield count.scalar_subquery().label(status)
    first = select(DELIVERY.c.outbox_id).where(*_are(number, PENDING))
    yield first.order_by(DELIVERY.c.outbox_id).limit(1).scalar_subquery().label("first")


def _are(number, status):
    # By their values: how the database goes about it depends on how many there are of each.
    c = DELIVERY.c
    for column, value in ((c.subscription_id, number), (c.status, status)):
        yield column == literal(value, column.type, literal_execute=True)


def not_handed_out_seconds(session, moment):
    """Return how long the oldest event waits to be handed out; 0 where none does."""
    oldest = select(OUTBOX.c.created_at).where(OUTBOX.c.handed_out.is_(False))
    since = session.scalar(oldest.order_by(OUTBOX.c.id).limit(1))
    return max(int((moment - since).total_seconds()), 0) if since else 0
