"""Why the newest report in a known host's name was refused, for coverage to tell.

Anyone can send what is refused: so nothing is kept of a host that is not known, one row of one that
is, and the same refusal is written again only now and then.
"""

from datetime import timedelta

from sqlalchemy import select

from cmdb_api.models import Refusal
from cmdb_api.models.types import now
from cmdb_api.services import locking, names
from cmdb_api.services.quarantine import tidy

REFUSAL = Refusal.__table__
NOTED_EVERY = timedelta(minutes=1)
MAX_WHY = 1024


def note(session, hostname, error):
    """Keep why a report of this host was refused; return whether anything was written."""
    if not hostname:
        return False
    asset_id = names.find(session, hostname)
    if asset_id is None:
        return False
    noted = select(REFUSAL.c.at, REFUSAL.c.why).where(REFUSAL.c.asset_id == asset_id)
    known = session.execute(noted).one_or_none()
    row = {"at": now(), "why": tidy(error.message, MAX_WHY)}
    if known and known.why == row["why"] and known.at > row["at"] - NOTED_EVERY:
        return False
    session.rollback()
    locking.begin(session)
    statement = locking.insert(session, REFUSAL).values(asset_id=asset_id, **row)
    session.execute(statement.on_conflict_do_update(index_elements=["asset_id"], set_=row))
    return True
