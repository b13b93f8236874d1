"""All racks as a list: where each stands and how full it is, in any order."""

from cmdb_api.errors import Invalid
from cmdb_api.services import fullness, nearest, pages

# What racks are ordered by, and what of those that are alike comes first.
SORTS = (
    *("name", "data_centre", "room", "height_u", "used_u", "free_u", "used_percent"),
    "asset_count",
)


def page(session, *, name=None, sort=None, limit, cursor=None):
    """
    Return a page of racks with what is used of each, by data centre, room and name.

    ``name`` is a part of a place's name, or a pattern: what is in that is told. Raises Invalid.
    """
    found = [rack for centre in fullness.tree(session, name=name) for rack in _of(centre)]
    found = ordered(found, sort)
    start = max(pages.read(cursor, int)[0], 0) if cursor else 0
    end = start + limit
    following = pages.cursor(end) if end < len(found) else None
    return {"items": found[start:end], "next_cursor": following, "total": len(found)}


def ordered(rows, sort):
    """Return places in an order; what has no such value comes last. Raises Invalid."""
    if not sort:
        return rows
    name = sort.removeprefix("-")
    if name not in SORTS:
        hint = nearest.hint(name, SORTS) or f"; it can be {', '.join(SORTS)}"
        raise Invalid.of("sort", f"there is nothing {name} to order by{hint}")
    known = [row for row in rows if row[name] is not None]
    known.sort(key=lambda row: _comparable(row[name]), reverse=sort.startswith("-"))
    return known + [row for row in rows if row[name] is None]


def fullest_first(centres):
    """Return the tree of ``fullness`` with the fullest data centres, rooms and racks first."""
    for centre in centres:
        for place in (centre, *centre["rooms"]):
            place["racks"] = _fullest(place["racks"])
        centre["rooms"], centre["roomless"] = map(_fullest, (centre["rooms"], centre["roomless"]))
    return _fullest(centres)


def _fullest(places):
    return sorted(places, key=used_percent, reverse=True)


def used_percent(place):
    """Return how much of a place's units is used; 0 of what has none."""
    return 100 * place["used_u"] // place["height_u"] if place["height_u"] else 0


def _of(centre):
    """Yield the racks of a data centre, those of its rooms first, with the names of both."""
    for room in centre["rooms"]:
        yield from (_told(rack, centre, room["name"]) for rack in room["racks"])
    yield from (_told(rack, centre, None) for rack in centre["roomless"])


def _told(rack, centre, room):
    percent = used_percent(rack)
    return rack | {"data_centre": centre["name"], "room": room, "used_percent": percent}


def _comparable(value):
    return value.lower() if isinstance(value, str) else value
