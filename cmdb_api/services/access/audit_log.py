"""The audit log, read."""

from sqlalchemy import select

from cmdb_api.models import AuditEntry
from cmdb_api.services import pages, patterns

_LIKE = ("actor", "what")
_SAME = ("action", "address")


def page(session, *, since=None, until=None, subject=None, limit, cursor=None, **given):
    """Return one page of the entries, newest first."""
    wanted = [getattr(AuditEntry, name) == given[name] for name in _SAME if given.get(name)]
    for name in _LIKE:
        if text := given.get(name):
            column = patterns.lowered(getattr(AuditEntry, name), text)
            wanted.append(patterns.like(column, text))
    if subject:
        wanted.append(AuditEntry.subject == subject.lower())
    if since:
        wanted.append(AuditEntry.at >= since)
    if until:
        wanted.append(AuditEntry.at < until)
    if cursor:
        wanted.append(AuditEntry.id < pages.read(cursor, int)[0])
    query = select(AuditEntry).where(*wanted).order_by(AuditEntry.id.desc()).limit(limit + 1)
    rows, following = pages.cut(session.scalars(query).all(), limit, lambda row: (row.id,))
    return {"items": rows, "next_cursor": following}
