"""What a worker delivers of a webhook: claimed, taken in order, and settled by the answer.

One worker at a time delivers for a webhook. What is told of an asset goes in its order: where one
event is not taken, the later ones of the asset wait for it, and those of others go on.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, delete, exists, or_, select, update

from cmdb_api.models import Delivery, Outbox, Subscription
from cmdb_api.models.event import PENDING, WEBHOOK
from cmdb_api.services import locking
from cmdb_api.services.dialects import among
from cmdb_api.services.events import events, outcomes, tries

# A worker that is gone holds a webhook so long, beyond the time of one delivery.
CLAIM = timedelta(seconds=120)
# Events that are taken at once: those not tried before, and of those that were.
FRESH, TRIED = 90, 10

DELIVERY, OUTBOX, SUBSCRIPTION = (t.__table__ for t in (Delivery, Outbox, Subscription))


class Claim(NamedTuple):
    """A webhook that a worker delivers for."""

    id: int
    name: str
    url: str
    # What is signed with.
    secrets: tuple
    # Failures in a row, and since when.
    failures: int
    failing_since: datetime | None
    worker: str


class Due(NamedTuple):
    """An event that is to be delivered."""

    outbox_id: int
    asset_id: int
    attempts: int
    event: dict


def ready(session, moment):
    """Return the ids of the webhooks that something is due for and nobody delivers for."""
    c, waiting = SUBSCRIPTION.c, DELIVERY.alias()
    own = waiting.c.subscription_id == c.id
    query = select(c.id).where(
        *_is_free(moment), exists().where(own, *_is_due(waiting, moment)).correlate(SUBSCRIPTION)
    )
    return list(session.scalars(query.order_by(c.id)))


def claim(session, number, worker, moment):
    """Claim a webhook, or go on with it; return a Claim, or None where that can't be."""
    c = SUBSCRIPTION.c
    own = and_(c.claimed_by == worker, c.enabled, or_(c.next_at.is_(None), c.next_at <= moment))
    change = update(SUBSCRIPTION).where(c.id == number, or_(own, and_(*_is_free(moment))))
    change = change.values(claimed_by=worker, claimed_until=moment + CLAIM)
    if not session.execute(change).rowcount:
        return None
    columns = c.id, c.name, c.url, c.secret, c.old_secret, c.old_secret_until
    row = session.execute(select(*columns, c.failures, c.failing_since).where(c.id == number)).one()
    is_old_good = row.old_secret_until is not None and row.old_secret_until > moment
    secrets = (row.secret, row.old_secret) if is_old_good else (row.secret,)
    return Claim(row.id, row.name, row.url, secrets, row.failures, row.failing_since, worker)


def release(session, claim_):
    """Let others deliver for a webhook."""
    same = SUBSCRIPTION.c.id == claim_.id, SUBSCRIPTION.c.claimed_by == claim_.worker
    nobody = {"claimed_by": None, "claimed_until": None}
    session.execute(update(SUBSCRIPTION).where(*same).values(nobody))


def due(session, claim_, moment):
    """
    Return the events that are to be delivered now, in order of each asset.

    Those that were tried come last: one that the receiver never takes holds up no other asset.
    """
    found = []
    for is_tried, limit in ((False, FRESH), (True, TRIED)):
        c = DELIVERY.c
        query = select(c.outbox_id, c.asset_id, c.attempts, OUTBOX.c.created_at, OUTBOX.c.event)
        query = query.join_from(DELIVERY, OUTBOX, OUTBOX.c.id == c.outbox_id)
        query = query.where(
            c.subscription_id == claim_.id,
            c.attempts > 0 if is_tried else c.attempts == 0,
            *_is_due(DELIVERY, moment),
        )
        found += session.execute(query.order_by(c.outbox_id).limit(limit)).all()
    return [
        Due(*row[:3], events.identified(row.outbox_id, row.created_at, row.event)) for row in found
    ]


def taken(session, claim_, made, moment):
    """
    Settle events that the receiver has; return whether the webhook is still ours.

    ``made`` are the tries, as ``tries.of`` tells of them.
    """
    if not made:
        return True
    log(session, claim_.id, made)
    own, ids = DELIVERY.c.subscription_id == claim_.id, [each["outbox_id"] for each in made]
    session.execute(delete(DELIVERY).where(own, among(session, DELIVERY.c.outbox_id, ids)))
    forget(session, ids)
    well = {"failures": 0, "failing_since": None, "next_at": None, "last_error": None}
    count = SUBSCRIPTION.c.delivered_count + len(ids)
    well |= {"delivered_at": moment, "delivered_count": count}
    return _write(session, claim_, well | {"claimed_until": moment + CLAIM})


def failed(session, claim_, one, outcome, answer, moment):
    """Note that an event was not taken; ``failures`` of the claim are those before it."""
    fault = f"{answer.fault}"[: tries.ERROR_LENGTH]
    failures = claim_.failures + 1
    told = {"failures": failures, "last_error": fault}
    wait = None
    if outcome == outcomes.REST:
        told["next_at"] = moment + outcomes.pause(failures, answer.retry_after)
        told["failing_since"] = claim_.failing_since or moment
    elif outcome == outcomes.GONE:
        told |= {"enabled": False, "failing_since": claim_.failing_since or moment}
        told["last_error"] = f"{fault}; so it is disabled"[: tries.ERROR_LENGTH]
    else:
        wait = moment + outcomes.pause(one.attempts + 1, answer.retry_after)
    log(session, claim_.id, [tries.of(one, answer, outcome, moment)])
    c = DELIVERY.c
    same = c.subscription_id == claim_.id, c.outbox_id == one.outbox_id
    values = {"attempts": one.attempts + 1, "error": fault, "next_at": wait}
    if not one.attempts:
        values["failed_at"] = moment
    session.execute(update(DELIVERY).where(*same).values(values))
    return _write(session, claim_, told)


def forget(session, ids):
    """Remove those of these events that wait for nobody any more."""
    waits = exists().where(DELIVERY.c.outbox_id == OUTBOX.c.id)
    session.execute(delete(OUTBOX).where(among(session, OUTBOX.c.id, ids), ~waits))


def log(session, number, made):
    """Keep what came of tries, unless the webhook is gone."""
    # Locked before its deliveries, as whoever edits or removes it does.
    locking.begin(session)
    own = select(SUBSCRIPTION.c.id).where(SUBSCRIPTION.c.id == number)
    if session.scalar(own.with_for_update(key_share=True)) is not None:
        tries.add(session, number, made)


def _write(session, claim_, values):
    same = SUBSCRIPTION.c.id == claim_.id, SUBSCRIPTION.c.claimed_by == claim_.worker
    return bool(session.execute(update(SUBSCRIPTION).where(*same).values(values)).rowcount)


def _is_free(moment):
    c = SUBSCRIPTION.c
    yield from (c.type == WEBHOOK, c.enabled)
    for until in (c.next_at, c.claimed_until):
        yield or_(until.is_(None), until <= moment)


def _is_due(table, moment):
    """Yield the conditions that a delivery can be made: no earlier one of its asset failed."""
    earlier = DELIVERY.alias()
    yield table.c.status == PENDING
    yield or_(table.c.next_at.is_(None), table.c.next_at <= moment)
    yield ~exists().where(
        earlier.c.subscription_id == table.c.subscription_id,
        earlier.c.asset_id == table.c.asset_id,
        earlier.c.outbox_id < table.c.outbox_id,
        earlier.c.status == PENDING,
        earlier.c.attempts > 0,
    ).correlate(table)
