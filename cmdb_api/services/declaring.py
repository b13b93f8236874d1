"""Assets out of a table, a row each: registered where they are new, else changed."""

from cmdb_api.errors import NotFound
from cmdb_api.services import assets

CREATED, CHANGED, SAME = "created", "changed", "unchanged"


def put(session, given, *, actor):
    """Register an asset, or change what is declared of it; return which. Raises a CMDBError."""
    given = dict(given)
    hostname = given.pop("hostname")
    try:
        known = assets.find(session, hostname)
    except NotFound:
        known = None
    if known is None or known.registered_at is None:
        assets.register(session, hostname=hostname, actor=actor, **given)
        return CREATED
    before = known.version
    changed = assets.declare(session, hostname, actor=actor, **given)
    session.flush()
    return SAME if changed.version == before else CHANGED
