"""The recorded changes, newest first."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from cmdb_api.models import Change
from cmdb_api.models.change import CHANGED, REPLACED
from cmdb_api.services import assets, pages


def page(session, *, asset=None, kind=(), action=(), since=None, until=None, limit, cursor=None):
    """Return one page; ``asset`` is a hostname, ``since`` is part of the time and ``until`` not."""
    query = select(Change)
    if asset:
        query = query.where(Change.asset_id == assets.find(session, asset).id)
    if kind:
        query = query.where(Change.kind.in_(kind))
    if action:
        query = query.where(Change.action.in_(action))
    if since:
        query = query.where(Change.at >= since)
    if until:
        query = query.where(Change.at < until)
    if cursor:
        query = query.where(_after(*pages.read(cursor, _moment, int, int)))
    query = query.order_by(Change.at.desc(), Change.asset_id, Change.seq.desc())
    found = session.scalars(query.limit(limit + 1)).all()
    rows, following = pages.cut(
        found, limit, lambda row: (row.at.isoformat(), row.asset_id, row.seq)
    )
    return {"items": [_told(row) for row in rows], "next_cursor": following}


def _moment(text):
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _after(at, asset_id, seq):
    """Return the condition for rows that come after this one."""
    older_of_asset = and_(Change.asset_id == asset_id, Change.seq < seq)
    # The first part alone lets the index on the time be used.
    return and_(
        Change.at <= at,
        or_(Change.at < at, Change.asset_id > asset_id, older_of_asset),
    )


def _told(change):
    """Return a change with its differing fields side by side."""
    told = {column.key: getattr(change, column.key) for column in Change.__table__.columns}
    old, new = change.before or {}, change.after or {}
    told["changes"] = [
        {"field": name, "old": old.get(name), "new": new.get(name)}
        for name in (change.fields if change.action in (CHANGED, REPLACED) else ())
    ]
    return told
