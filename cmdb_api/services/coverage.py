"""Which assets did not report in time, and why."""

from sqlalchemy import func, or_, select

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.types import now
from cmdb_api.services import pages

NEVER_SEEN, SILENT = "never_seen", "silent"
REASONS = (NEVER_SEEN, SILENT)


def missing(session, *, window, limit, cursor=None):
    """Return one page, by name, of the assets without a report that is younger than ``window``."""
    overdue = or_(AssetStatus.reported_at.is_(None), AssetStatus.reported_at < now() - window)
    count = _joined(func.count()).where(overdue)
    query = _joined(
        Asset.hostname, Asset.hostname_key, Asset.registered_at, AssetStatus.reported_at
    ).where(overdue)
    if cursor:
        query = query.where(Asset.hostname_key > pages.read(cursor, str)[0])
    found = session.execute(query.order_by(Asset.hostname_key).limit(limit + 1)).all()
    rows, following = pages.cut(found, limit, lambda row: (row.hostname_key,))
    return {
        "items": [_told(row) for row in rows],
        "salt_target": _target(row.hostname for row in rows),
        "next_cursor": following,
        "total": session.scalar(count),
    }


def _joined(*columns):
    return select(*columns).select_from(Asset).join(AssetStatus, isouter=True)


def _told(row):
    return {
        "hostname": row.hostname,
        "reason": SILENT if row.reported_at else NEVER_SEEN,
        "reported_at": row.reported_at,
        "registered_at": row.registered_at,
    }


def _target(hostnames):
    """Return the value of ``salt -L``; a name with a comma would be read there as two others."""
    return ",".join(name for name in hostnames if "," not in name)
