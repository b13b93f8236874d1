"""Edits of many assets as they are kept: each waits to be confirmed, is worked on, and has ended.

Only who made one can do it. What becomes of an asset is kept in the transaction that edits it, so
an edit that broke off goes on where it stopped.
"""

from datetime import timedelta

from sqlalchemy import and_, case, delete, literal, or_, select, update

from cmdb_api.errors import Conflict, NotFound
from cmdb_api.models import BulkEdit, BulkEditOutcome
from cmdb_api.models.bulk import CHANGED, OUTCOMES, REFUSED
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.quarantine import tidy
from cmdb_api.services.search import rows as search_rows
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

EDIT, OUTCOME = BulkEdit.__table__, BulkEditOutcome.__table__
# One that nobody confirmed is kept so long.
UNUSED = timedelta(hours=24)
# Who works on one and was not heard of for so long has ended.
SILENT = timedelta(minutes=2)
WAITING, WORKING, BROKEN, STOPPED, DONE = "waiting", "working", "broken_off", "stopped", "done"


def _status():
    """Return how an edit stands, as SQL."""
    c = EDIT.c
    return case(
        (c.ended_at.is_not(None), DONE),
        (c.heard_at >= now() - SILENT, WORKING),
        (c.is_stopped, STOPPED),
        (c.began_at.is_not(None), BROKEN),
        else_=WAITING,
    )


COUNTS = ("asset_count", "done_count", *(f"{name}_count" for name in OUTCOMES))
_NAMES = ("id", "at", "actor", "owner_key", "began_at", "ended_at", *COUNTS)
_TOLD = [EDIT.c[name] for name in _NAMES]
ROWS = Rows(
    "bulk-edits",
    {
        "id": Field(EDIT.c.id, NUMBER, always=True, description="the number of the edit"),
        "at": Field(EDIT.c.at, MOMENT, always=True, description="when it was made"),
        "actor": Field(EDIT.c.actor, named=True, counted=True, description="who made it"),
        "ended_at": Field(EDIT.c.ended_at, MOMENT, description="when all assets were done"),
        **{name: Field(EDIT.c[name], NUMBER, description="how many assets") for name in COUNTS},
    },
    order=("-id",),
)
OUTCOMES_ROWS = Rows(
    "bulk-edit-outcomes",
    {
        "hostname": Field(OUTCOME.c.hostname, named=True, unique=True, description="the asset"),
        "outcome": Field(OUTCOME.c.outcome, choices=OUTCOMES, description="what became of it"),
        "why": Field(OUTCOME.c.why, named=True, description="what stood against it"),
        "id": Field(OUTCOME.c.asset_id, NUMBER, always=True, description="the asset's number"),
    },
    order=("hostname", "id"),
    asset=OUTCOME.c.asset_id,
)


def add(session, ids, *, asked, actor, owner, keep_days):
    """Keep an edit that waits to be confirmed, and forget old ones; return its id."""
    locking.begin(session)
    prune(session, keep_days)
    row = BulkEdit(actor=actor, owner_key=owner, assets=list(ids), asset_count=len(ids))
    row.asked = {name: [tidy(text) for text in texts] for name, texts in asked.items()}
    session.add(row)
    session.flush()
    return row.id


def prune(session, keep_days):
    """Forget edits that are older than so many days, and those that nobody confirmed."""
    unused = and_(EDIT.c.began_at.is_(None), EDIT.c.at < now() - UNUSED)
    old = EDIT.c.at < now() - timedelta(days=keep_days)
    session.execute(delete(EDIT).where(or_(unused, old)))


def page(session, *, owner=None, **asked):
    """Return one page of the edits, newest first; ``owner``: the key of whose alone."""
    wanted = [EDIT.c.owner_key == owner] if owner else []
    query = select(*_TOLD, EDIT.c.asked, _status().label("status")).where(*wanted)
    found, following = search_rows.page(session, ROWS, query, **asked)
    return {"items": [row._asdict() for row in found], "next_cursor": following}


def one(session, number, *, owner=None, whole=True):
    """Return what is known of one; ``whole``: with what was asked, of which assets. NotFound."""
    wanted = [EDIT.c.id == number, *([EDIT.c.owner_key == owner] if owner else [])]
    columns = [*_TOLD, *([EDIT.c.asked, EDIT.c.assets] if whole else [])]
    query = select(*columns, _status().label("status")).where(*wanted)
    row = session.execute(query).one_or_none() if number < 2**63 else None
    if row is None:
        raise NotFound(f"there is no edit {number} of many assets")
    return row._asdict()


def outcomes(session, number, *, outcome=None, **asked):
    """Return one page of the assets that were changed or refused, by name."""
    query = select(OUTCOME.c.asset_id, OUTCOME.c.hostname, OUTCOME.c.outcome, OUTCOME.c.why)
    query = query.where(OUTCOME.c.edit_id == number)
    if outcome:
        query = query.where(OUTCOME.c.outcome == outcome)
    found, following = search_rows.page(session, OUTCOMES_ROWS, query, **asked)
    return {"items": [row._asdict() for row in found], "next_cursor": following}


def refused(session, number):
    """Return the ids of the assets that an edit was refused of, by name."""
    query = select(OUTCOME.c.asset_id).where(
        OUTCOME.c.edit_id == number, OUTCOME.c.outcome == REFUSED
    )
    return list(session.scalars(query.order_by(OUTCOME.c.hostname)))


def begin(session, number, *, owner):
    """Say that an edit is worked on; raises NotFound, and Conflict where it is already."""
    locking.begin(session)
    idle = EDIT.c.heard_at.is_(None) | (EDIT.c.heard_at < now() - SILENT)
    wanted = (EDIT.c.id == number, EDIT.c.owner_key == owner, EDIT.c.ended_at.is_(None), idle)
    told = {"began_at": now(), "heard_at": now(), "is_stopped": False}
    if session.execute(update(EDIT).where(*wanted).values(told)).rowcount:
        return
    known = one(session, number, owner=owner)
    if known["status"] == DONE:
        raise Conflict("this edit is done already")
    raise Conflict("this edit is being worked on already; wait until that has ended")


def keep(session, number, asset_id, hostname, outcome, why=None):
    """Keep what became of one asset; return whether the work is to go on."""
    if outcome in (CHANGED, REFUSED):
        row = {"edit_id": number, "asset_id": asset_id, "hostname": hostname}
        session.execute(OUTCOME.insert().values(row | {"outcome": outcome, "why": why}))
    counted = f"{outcome}_count"
    told = {
        "done_count": EDIT.c.done_count + 1,
        counted: EDIT.c[counted] + 1,
        "heard_at": now(),
    }
    kept = update(EDIT).where(EDIT.c.id == number).values(told).returning(EDIT.c.is_stopped)
    return session.scalar(kept) is False


def end(session, number):
    """Say that nobody works on an edit any more; it has ended where all assets are done."""
    locking.begin(session)
    done = EDIT.c.done_count >= EDIT.c.asset_count
    told = {"ended_at": case((done, literal(now(), EDIT.c.at.type))), "heard_at": None}
    session.execute(update(EDIT).where(EDIT.c.id == number).values(told))


def stop(session, number, *, owner):
    """Have the work on an edit stop before the next asset."""
    locking.begin(session)
    mine = (EDIT.c.id == number, EDIT.c.owner_key == owner, EDIT.c.heard_at.is_not(None))
    session.execute(update(EDIT).where(*mine).values(is_stopped=True))
