"""Which kinds there are: those of our own collectors, and all that any host ever reported."""

from sqlalchemy import exists, func, select

from cmdb_api.errors import NotFound
from cmdb_api.models import Section
from cmdb_api.services import nearest
from cmdb_api.services.quarantine import KINDS


def check(session, *wanted, also=()):
    """Raise NotFound, with the nearest, for a kind that nobody knows; ``also`` are known too."""
    for kind in wanted:
        if kind in KINDS or kind in also:
            continue
        if session.scalar(select(exists().where(Section.kind == kind))):
            continue
        known = {*KINDS, *also, *reported(session)}
        near = nearest.of(kind, sorted(known))
        fault = f"no host ever reported {kind}" + (f"; did you mean {near[0]}?" if near else "")
        raise NotFound(fault, fields={"kind": [fault]})


def strange(session):
    """Return the kinds that hosts reported and that are none of our own collectors."""
    return reported(session) - KINDS.keys()


def reported(session):
    """Return all kinds that hosts reported: from one to the next in an index, not row by row."""
    first = select(func.min(Section.kind).label("kind")).cte("found", recursive=True)
    following = select(func.min(Section.kind)).where(Section.kind > first.c.kind)
    found = first.union_all(
        select(following.correlate(first).scalar_subquery()).where(first.c.kind.is_not(None))
    )
    return {*session.scalars(select(found.c.kind).where(found.c.kind.is_not(None)))}
