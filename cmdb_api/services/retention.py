"""How long changes are kept: what is older than a horizon is removed, a bounded number at a time.

The horizon is set, and committed, before anything goes: no past state is rebuilt from a part of the
changes that it needs.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select, tuple_

from cmdb_api.errors import Invalid
from cmdb_api.models import Change, Retention
from cmdb_api.models.types import now
from cmdb_api.services import locking, times

CHANGE, RETENTION = Change.__table__, Retention.__table__
# Changes that one transaction removes.
BATCH = 5000
_ROW = 1


def kept(days):
    """Return how long changes are kept by a number of days; None for ever."""
    return timedelta(days=min(days, times.LONGEST.days)) if days else None


def horizon(session):
    """Return the time since which all changes are kept; None where none was ever pruned."""
    return session.scalar(select(RETENTION.c.pruned_before))


def check(session, when, field):
    """Raise Invalid where a time is from before the kept history."""
    before = horizon(session)
    if before is not None and when < before:
        kept = times.text(before)
        raise Invalid.of(
            field, f"history is kept since {kept}; what was before is not known any more"
        )


def count(session, before):
    """Return how many changes ``prune`` would remove."""
    return session.scalar(select(func.count()).select_from(CHANGE).where(CHANGE.c.at < before))


def move_horizon(session, before):
    """Let history begin at this time, where it does not begin later already."""
    locking.begin(session)
    row = {"pruned_before": before, "pruned_at": now()}
    known = horizon(session)
    if known is None:
        new = locking.insert(session, RETENTION).values(id=_ROW, **row)
        session.execute(new.on_conflict_do_nothing())
    later = RETENTION.c.pruned_before < before
    session.execute(RETENTION.update().where(later).values(row))


def prune(session, before):
    """Remove some changes from before a time; return how many: none is left where it is 0."""
    locking.begin(session)
    key = tuple_(CHANGE.c.asset_id, CHANGE.c.seq)
    old = select(CHANGE.c.asset_id, CHANGE.c.seq).where(CHANGE.c.at < before)
    return session.execute(
        delete(CHANGE).where(key.in_(old.order_by(CHANGE.c.at).limit(BATCH)))
    ).rowcount
