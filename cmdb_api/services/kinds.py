"""Which kinds there are: those of our own collectors, and all that any host ever reported."""

from sqlalchemy import exists, select

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
        known = {*KINDS, *also, *session.scalars(select(Section.kind).distinct())}
        near = nearest.of(kind, sorted(known))
        fault = f"no host ever reported {kind}" + (f"; did you mean {near[0]}?" if near else "")
        raise NotFound(fault, fields={"kind": [fault]})


def strange(session):
    """Return the kinds that hosts reported and that are none of our own collectors."""
    return set(session.scalars(select(Section.kind).distinct())) - KINDS.keys()
