"""Which assets did not report in time, or reported nothing, and why."""

from sqlalchemy import func, or_, select

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.types import now
from cmdb_api.services import pages

NEVER_SEEN, SILENT, NOTHING = "never_seen", "silent", "nothing_collected"
REASONS = (NEVER_SEEN, SILENT, NOTHING)


def missing(session, *, window, limit, cursor=None):
    """Return one page, by name, of the assets that brought no items within ``window``."""
    start = now() - window
    # None until a report came, and until one brought items.
    overdue = or_(
        *(
            column.is_(None) | (column < start)
            for column in (AssetStatus.reported_at, AssetStatus.items_at)
        )
    )
    count = _joined(func.count()).where(overdue)
    query = _joined(
        Asset.hostname, Asset.hostname_key, Asset.registered_at, AssetStatus.reported_at
    ).where(overdue)
    if cursor:
        query = query.where(Asset.hostname_key > pages.read(cursor, str)[0])
    found = session.execute(query.order_by(Asset.hostname_key).limit(limit + 1)).all()
    rows, following = pages.cut(found, limit, lambda row: (row.hostname_key,))
    return {
        "items": [_told(row, start) for row in rows],
        "salt_target": _target(row.hostname for row in rows),
        "next_cursor": following,
        "total": session.scalar(count),
    }


def _joined(*columns):
    return select(*columns).select_from(Asset).join(AssetStatus, isouter=True)


def _told(row, start):
    return {
        "hostname": row.hostname,
        "reason": _reason(row.reported_at, start),
        "reported_at": row.reported_at,
        "registered_at": row.registered_at,
    }


def _reason(reported_at, start):
    if reported_at is None:
        return NEVER_SEEN
    return SILENT if reported_at < start else NOTHING


def _target(hostnames):
    """Return the value of ``salt -L``; a name with a comma would be read there as two others."""
    return ",".join(name for name in hostnames if "," not in name)
