"""What waits for a subscription: listed, sent again, or dropped by people."""

from sqlalchemy import delete, false, select, true, update

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import Asset, Delivery, Outbox
from cmdb_api.models.event import DEAD, PENDING
from cmdb_api.services import locking
from cmdb_api.services.dialects import among
from cmdb_api.services.events import deliveries, events, fanout, subscriptions, tries
from cmdb_api.services.search import rows, values
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

DELIVERY, OUTBOX = Delivery.__table__, Outbox.__table__


def _has_event(_session, wanted):
    """Return the condition that the event has an id, as receivers are told of it."""
    values.check_text("event", wanted)
    if wanted.is_any:
        return true()
    try:
        return OUTBOX.c.id == events.number_of(wanted.text)
    except ValueError:
        return false()


def _told_of(name, **more):
    return Field(OUTBOX.c.event[name].as_string(), sorts=False, **more)


ROWS = Rows(
    "deliveries",
    {
        "id": Field(DELIVERY.c.outbox_id, NUMBER, always=True, description="the number of it"),
        "event": Field(
            OUTBOX.c.id,
            sorts=False,
            unique=True,
            has=_has_event,
            description="its id, as the receiver has it",
        ),
        "created_at": Field(
            OUTBOX.c.created_at, MOMENT, sorts=False, always=True, description="when it happened"
        ),
        "hostname": _told_of("host", named=True, description="the host that it tells of"),
        "kind": _told_of(
            "kind",
            offered=tries.KIND_NAMES,
            description="the kind of component; asset: what people declare",
        ),
        "place": _told_of("place", unique=True, description="which of the kind"),
        "action": _told_of("action", choices=events.ACTIONS, description="what happened"),
        "status": Field(
            DELIVERY.c.status,
            choices=(PENDING, DEAD),
            sorts=False,
            description="pending, or dead: given up",
        ),
        "attempts": Field(
            DELIVERY.c.attempts, NUMBER, always=True, description="how often it was tried in vain"
        ),
        "next_at": Field(DELIVERY.c.next_at, MOMENT, description="not tried before"),
        "failed_at": Field(DELIVERY.c.failed_at, MOMENT, description="when it failed first"),
        "error": Field(
            DELIVERY.c.error, named=True, sorts=False, description="what was wrong at the last try"
        ),
    },
    order=("id",),
    asset=DELIVERY.c.asset_id,
)


def page(session, number, *, status=None, **asked):
    """Return one page of what waits for a subscription, the oldest first; raises NotFound."""
    subscriptions.get(session, number)
    c = DELIVERY.c
    query = select(*c, OUTBOX.c.created_at, OUTBOX.c.event).join_from(DELIVERY, OUTBOX)
    query = query.where(c.subscription_id == number)
    if status:
        query = query.where(c.status == status)
    found, following = rows.page(session, ROWS, query, **asked)
    return {"items": [_told(row) for row in found], "next_cursor": following}


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
