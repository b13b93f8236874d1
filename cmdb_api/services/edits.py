"""Keeps what people changed of master data, and that an asset was removed."""

from sqlalchemy import select

from cmdb_api.models import MasterChange
from cmdb_api.services import pages, patterns

ADDED, CHANGED, REMOVED = "added", "changed", "removed"


def note(session, path, row_id, *, actor, before, after):
    """Keep an edit; ``before`` is None for an addition, ``after`` for a removal."""
    old, new = before or {}, after or {}
    action = CHANGED if before and after else ADDED if after else REMOVED
    session.add(
        MasterChange(
            actor=actor,
            resource=path,
            resource_id=row_id,
            name=new.get("name") or old["name"],
            action=action,
            fields=sorted(name for name in old | new if old.get(name) != new.get(name)),
            before=before,
            after=after,
        )
    )


def page(
    session,
    *,
    resource=None,
    number=None,
    name=None,
    actor=None,
    since=None,
    limit,
    cursor=None,
):
    """Return one page of the edits of master data (``number``: of this one), newest first."""
    wanted = []
    if number is not None:
        wanted.append(MasterChange.resource_id == number)
    if actor:
        wanted.append(patterns.like(patterns.lowered(MasterChange.actor, actor), actor))
    if resource:
        wanted.append(MasterChange.resource == resource)
    if name:
        wanted.append(patterns.like(patterns.lowered(MasterChange.name, name), name))
    if since:
        wanted.append(MasterChange.at >= since)
    if cursor:
        wanted.append(MasterChange.id < pages.read(cursor, int)[0])
    query = select(MasterChange).where(*wanted).order_by(MasterChange.id.desc())
    found = session.scalars(query.limit(limit + 1)).all()
    rows, following = pages.cut(found, limit, lambda row: (row.id,))
    return {"items": rows, "next_cursor": following}
