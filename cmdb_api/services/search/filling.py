"""Makes the facts of assets whose row is of an older vocabulary.

So it is after an upgrade. ``cmdb worker`` does it, which ``cmdb serve`` starts.
"""

from sqlalchemy import or_, select

from cmdb_api.services import locking
from cmdb_api.services.locking import STATUS
from cmdb_api.services.search import stored_items, summaries
from cmdb_api.services.search.summaries import FACTS, VERSION


def fill(session, limit):
    """Make the facts of at most so many assets; return of how many."""
    if not missing(session, 1):
        return 0
    locking.begin(session)
    status = select(STATUS.c.asset_id).where(STATUS.c.asset_id.in_(_missing().limit(limit)))
    ids = session.scalars(status.with_for_update(skip_locked=True)).all()
    renew(session, ids)
    return len(ids)


def renew(session, ids):
    """Make the facts of these assets, which are locked, from their components."""
    if ids:
        summaries.write(session, observed(session, ids))


def observed(session, ids):
    """Return {asset id: facts} as the stored components tell them."""
    found = stored_items.of(session, ids, summaries.KINDS)
    return {number: summaries.of(items) for number, items in found.items()}


def missing(session, limit):
    """Return the ids of assets whose facts are yet to be made, so many at most."""
    return session.scalars(_missing().limit(limit)).all()


def _missing():
    # Both sides of the number, so that its index tells at once that there are none.
    others = or_(FACTS.c.version < VERSION, FACTS.c.version > VERSION)
    return select(FACTS.c.asset_id).where(others)
