"""Keeps what people changed of master data, and that an asset was removed."""

from sqlalchemy import select

from cmdb_api.models import MasterChange
from cmdb_api.services import patterns
from cmdb_api.services.search import rows
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
ROWS = Rows(
    "edits",
    {
        "id": Field(MasterChange.id, NUMBER, always=True, description="the number of the edit"),
        "at": Field(MasterChange.at, MOMENT, always=True, description="when it was done"),
        "actor": Field(MasterChange.actor, named=True, counted=True, description="who did it"),
        "action": Field(
            MasterChange.action, choices=(ADDED, CHANGED, REMOVED), description="what was done"
        ),
        "resource": Field(
            MasterChange.resource, counted=True, description="the sort, as in racks; assets"
        ),
        "name": Field(MasterChange.name, named=True, description="of what was edited"),
    },
    order=("-id",),
)


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
    **asked,
):
    """
    Return one page of the edits of master data (``number``: of this one), newest first.

    ``asked`` are the cursor, a ``query`` and a ``sort``.
    """
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
    edits = select(MasterChange).where(*wanted)
    found, following = rows.page(session, ROWS, edits, limit=limit, **asked)
    return {"items": [row[0] for row in found], "next_cursor": following}
