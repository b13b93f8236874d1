"""The list of assets: what is told of each, and the filters that choose them."""

from sqlalchemy import func, select

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.asset import ACCEPTED, REGISTERED, RETIRED
from cmdb_api.services import declared, etags, named, pages, patterns, places
from cmdb_api.services.resources import MANY, RACKS, RESOURCES, ROOMS
from cmdb_api.services.search import query

ANY = "any"
COLUMNS = ("id", "version", "hostname", "hostname_key", "state_at", "standing", "registered_at")


def page(session, *, limit, cursor=None, **filters):
    """Return one page of assets by name; the filters are those of ``AssetPageQuery``."""
    columns = [getattr(Asset, name) for name in COLUMNS]
    rows = select(*columns, AssetStatus.reported_at, AssetStatus.via)
    rows = rows.join_from(Asset, AssetStatus, isouter=True)
    wanted = list(_conditions(session, filters))
    count = select(func.count()).select_from(Asset).where(*wanted)
    if cursor:
        wanted.append(Asset.hostname_key > pages.read(cursor, str)[0])
    rows = rows.where(*wanted).order_by(Asset.hostname_key).limit(limit + 1)
    found, after = pages.cut(session.execute(rows).all(), limit, lambda row: (row.hostname_key,))
    known = declared.read_many(session, [row.id for row in found])
    items = [row._asdict() | known[row.id] | {"etag": etags.of(row)} for row in found]
    return {"items": items, "next_cursor": after, "total": session.scalar(count)}


def _conditions(session, filters):
    """Yield the conditions for what is asked for; raises Invalid for a name that is not known."""
    states, standings = filters.get("state"), filters.get("standing")
    if not states:
        yield Asset.state != RETIRED
    elif ANY not in states:
        yield Asset.state.in_(states)
    if not standings:
        yield Asset.standing.in_((REGISTERED, ACCEPTED))
    elif ANY not in standings:
        yield Asset.standing.in_(standings)
    if filters.get("name"):
        yield patterns.like(Asset.hostname_key, filters["name"])
    if filters.get("query"):
        yield query.condition(session, filters["query"])
    if filters.get("warranty_before"):
        yield Asset.warranty_until < filters["warranty_before"]
    for resource in RESOURCES:
        given = filters.get(resource.name)
        for name in given if isinstance(given, list) else [given] if given else ():
            yield _named(session, resource, name)


def _named(session, resource, name):
    """Return the condition that an asset names this; racks and rooms may be several."""
    field = resource.name
    if resource in (RACKS, ROOMS):
        found = places.candidates(session, resource, name)
        if not found:
            raise named.unknown(session, resource, name, field=field)
        column = f"{resource.field}_id"
        return resource.of_asset.in_([getattr(place.spot, column) for place in found])
    number = named.find(session, resource, name, field=field)
    if resource in MANY:
        link = resource.link.c
        return Asset.id.in_(select(link.asset_id).where(resource.of_asset == number))
    return resource.of_asset == number
