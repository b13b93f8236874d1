"""All racks as a list: where each stands and how full it is, in any order."""

from cmdb_api.services import fullness
from cmdb_api.services.search import at_hand

_NUMBERS = ("height_u", "used_u", "free_u", "largest_gap", "used_percent", "asset_count")
ROWS = at_hand.rows(
    "rack-space",
    dict.fromkeys(("name", "data_centre", "room", "description"), "str")
    | dict.fromkeys(_NUMBERS, "int"),
    order="data_centre",
)


def page(session, *, name=None, **asked):
    """
    Return a page of racks with what is used of each, by data centre, room and name.

    ``name`` is a part of a place's name, or a pattern: what is in that is told. Raises Invalid.
    """
    found = [rack for centre in fullness.tree(session, name=name) for rack in _of(centre)]
    gaps = fullness.gaps(session)
    for rack in found:
        rack["largest_gap"] = gaps.get(rack["id"], rack["height_u"])
    return at_hand.page(found, ROWS, **asked)


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
