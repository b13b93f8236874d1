"""Why the newest report in a known host's name was refused, for coverage to tell.

Anyone can send what is refused: so nothing is kept of a host that is not known, one row of one that
is, and the same refusal is written again only now and then.
"""

from datetime import timedelta

from sqlalchemy import select

from cmdb_api.models import Asset, Refusal
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.quarantine import tidy

REFUSAL = Refusal.__table__
NOTED_EVERY = timedelta(minutes=1)
MAX_WHY = 1024


def note(session, hostname, error):
    """Keep why a report of this host was refused; return whether anything was written."""
    if not hostname:
        return False
    query = (
        select(Asset.id, REFUSAL.c.at, REFUSAL.c.why)
        .join(REFUSAL, REFUSAL.c.asset_id == Asset.id, isouter=True)
        .where(Asset.hostname_key == tidy(hostname.lower()))
    )
    known = session.execute(query).one_or_none()
    row = {"at": now(), "why": tidy(error.message, MAX_WHY)}
    if known is None or (known.why == row["why"] and known.at > row["at"] - NOTED_EVERY):
        return False
    session.rollback()
    locking.begin(session)
    statement = locking.insert(session, REFUSAL).values(asset_id=known.id, **row)
    session.execute(statement.on_conflict_do_update(index_elements=["asset_id"], set_=row))
    return True
