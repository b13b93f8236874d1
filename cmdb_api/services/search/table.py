"""What a search finds as a table: the columns that were chosen, of one page of assets."""

from datetime import date, datetime

from cmdb_api.models import Asset
from cmdb_api.services import listing, times
from cmdb_api.services.search import columns as search_columns


def page(session, *, columns=None, limit, cursor=None, sort=None, **filters):
    """Return one page; ``filters`` are those of ``listing.page``."""
    chosen = search_columns.choose(session, columns)
    wanted = list(listing.conditions(session, filters))
    order = {"limit": limit, "cursor": cursor, "sort": sort}
    rows, following = listing.found(session, [Asset.id, Asset.hostname], wanted, **order)
    values = search_columns.values(session, [row.id for row in rows], chosen) if rows else {}
    return {
        "columns": [column._asdict() for column in chosen],
        "items": [_item(row, chosen, values[row.id]) for row in rows if row.id in values],
        "total": listing.count(session, wanted) if cursor or following else len(rows),
        "next_cursor": following,
    }


def plain(value):
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return times.text(value)
    return value.isoformat() if isinstance(value, date) else value


def _item(row, chosen, values):
    told = {column.name: plain(value) for column, value in zip(chosen, values, strict=True)}
    return {"hostname": row.hostname} | told
