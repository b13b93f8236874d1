"""The audit log, read."""

from sqlalchemy import select

from cmdb_api.models import AuditEntry
from cmdb_api.services import patterns
from cmdb_api.services.access import audit
from cmdb_api.services.search import rows
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

_LIKE = ("actor", "what")
_SAME = ("action", "address")
ROWS = Rows(
    "audit",
    {
        "id": Field(AuditEntry.id, NUMBER, always=True, description="the number of the entry"),
        "at": Field(AuditEntry.at, MOMENT, always=True, description="when it was done"),
        "actor": Field(AuditEntry.actor, named=True, counted=True, description="who did it"),
        "action": Field(AuditEntry.action, choices=tuple(audit.ACTIONS), description="what sort"),
        "what": Field(AuditEntry.what, named=True, description="the method and the path"),
        "subject": Field(AuditEntry.subject, named=True, description="whom or what it is about"),
        "status": Field(AuditEntry.status, NUMBER, description="of the answer"),
        "address": Field(AuditEntry.address, named=True, description="where it came from"),
        "token_id": Field(AuditEntry.token_id, NUMBER, description="the number of the token"),
    },
    order=("-id",),
)


def page(session, *, since=None, until=None, subject=None, limit, cursor=None, **given):
    """Return one page of the entries, newest first where no ``sort`` is given."""
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
    asked = {"query": given.get("query"), "sort": given.get("sort")}
    entries = select(AuditEntry).where(*wanted)
    found, following = rows.page(session, ROWS, entries, limit=limit, cursor=cursor, **asked)
    return {"items": [row[0] for row in found], "next_cursor": following}
