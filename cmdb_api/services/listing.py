"""The list of assets: what is told of each, and the filters that choose them."""

from sqlalchemy import func, select

from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.asset import ACCEPTED, REGISTERED, RETIRED
from cmdb_api.services import declared, etags, named, pages, patterns, places
from cmdb_api.services.resources import MANY, RACKS, RESOURCES, ROOMS
from cmdb_api.services.search import query, sorting

ANY = "any"
COLUMNS = ("id", "version", "hostname", "hostname_key", "state_at", "standing", "registered_at")


def page(session, *, limit, cursor=None, sort=None, **filters):
    """Return one page of assets in order; the filters are those of ``AssetPageQuery``."""
    wanted = list(conditions(session, filters))
    columns = [getattr(Asset, name) for name in COLUMNS]
    columns += [AssetStatus.reported_at, AssetStatus.via]
    rows, following = found(session, columns, wanted, limit=limit, cursor=cursor, sort=sort)
    known = declared.read_many(session, [row.id for row in rows])
    items = [row._asdict() | known[row.id] | {"etag": etags.of(row)} for row in rows]
    # Where all is on one page, nothing is left to be counted.
    total = count(session, wanted) if cursor or following else len(rows)
    return {"items": items, "next_cursor": following, "total": total}


def found(session, columns, wanted, *, limit, cursor=None, sort=None):
    """Return the rows of one page of what is as wanted, and the cursor of the next."""
    order = sorting.Order(session, sort)
    rows = sorting.join(select(*columns, *order.columns).select_from(Asset))
    rows = rows.where(*wanted).order_by(*order.clauses)
    if cursor:
        rows = rows.where(order.after(cursor))
    return pages.cut(session.execute(rows.limit(limit + 1)).all(), limit, order.cursor)


def count(session, wanted):
    """Return how many assets are as wanted."""
    return session.scalar(select(func.count()).select_from(Asset).where(*wanted))


def conditions(session, filters):
    """Yield the conditions for what is asked for; raises Invalid for a name that is not known."""
    states, standings = filters.get("state"), filters.get("standing")
    # A search that asks for a state, or a standing, chooses itself.
    asked = query.mentions(filters["query"]) if filters.get("query") else ()
    if not states and "state" not in asked:
        yield Asset.state != RETIRED
    elif states and ANY not in states:
        yield Asset.state.in_(states)
    if not standings and "standing" not in asked:
        yield Asset.standing.in_((REGISTERED, ACCEPTED))
    elif standings and ANY not in standings:
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
