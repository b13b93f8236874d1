"""Assets out of a table, a row each: registered where they are new, else changed."""

from typing import NamedTuple

from cmdb_api.errors import CMDBError, NotFound
from cmdb_api.services import assets

REGISTERED, CHANGED, SAME, FAILED = "registered", "changed", "as they were", "failed"


class Outcome(NamedTuple):
    """What became of a row, and why it failed."""

    result: str
    why: str | None = None


def take(session, given, *, actor):
    """Register an asset, or change what is declared of it; return an Outcome. Commits nothing."""
    given = dict(given)
    hostname = given.pop("hostname")
    try:
        known = assets.find(session, hostname)
    except NotFound:
        known = None
    try:
        if known is None or known.registered_at is None:
            assets.register(session, hostname=hostname, actor=actor, **given)
            return Outcome(REGISTERED)
        before = known.version
        changed = assets.declare(session, hostname, actor=actor, **given)
        session.flush()
        return Outcome(SAME if changed.version == before else CHANGED)
    except CMDBError as error:
        return Outcome(FAILED, error.message)
