"""What assets are made of, all of it as it is stored now: three queries, for however many."""

from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.models import Component, Section
from cmdb_api.services import storage
from cmdb_api.services.dialects import among

SECTION, COMPONENT = Section.__table__, Component.__table__
_OF_SECTION = ("kind", "status", "reason", "digest", "key", "serial", "item_count", "first_at")


class Content(NamedTuple):
    """The sections by kind, and the items by kind and place of those that brought any."""

    sections: dict
    items: dict


def of(session, asset_ids, kinds=()):
    """Return {asset: Content}; of these kinds, or of all."""
    found = {asset_id: Content({}, {}) for asset_id in asset_ids}
    for row in _sections(session, asset_ids, kinds):
        found[row.asset_id].sections[row.kind] = row
        if row.digest:
            found[row.asset_id].items[row.kind] = {}
    for asset_id, kind, place, data in _components(session, asset_ids, kinds):
        section = found[asset_id].sections.get(kind)
        if section and section.digest and section.bulk_ids is None:
            found[asset_id].items[kind][place] = data
    _fill_bulk(session, found.values())
    return found


def _sections(session, asset_ids, kinds):
    columns = [SECTION.c[name] for name in _OF_SECTION]
    query = select(SECTION.c.asset_id, *columns, Section.bulk_ids.label("bulk_ids"))
    return session.execute(_only(session, query, SECTION, asset_ids, kinds))


def _components(session, asset_ids, kinds):
    query = select(COMPONENT.c.asset_id, COMPONENT.c.kind, COMPONENT.c.place, Component.data)
    return session.execute(_only(session, query, COMPONENT, asset_ids, kinds))


def _only(session, query, table, asset_ids, kinds):
    query = query.where(among(session, table.c.asset_id, sorted(asset_ids)))
    return query.where(table.c.kind.in_(kinds)) if kinds else query


def _fill_bulk(session, contents):
    """Put the items of bulk kinds in; what several assets have is read once."""
    lists = [
        (content.items[kind], row.bulk_ids)
        for content in contents
        for kind, row in content.sections.items()
        if row.digest and row.bulk_ids
    ]
    if not lists:
        return
    wanted = sorted({number for _, numbers in lists for number in numbers})
    rows = storage.bulk_items(session, wanted)
    known = {number: (place, data) for number, place, data in rows}
    for items, numbers in lists:
        items |= (known[number] for number in numbers if number in known)
