"""Parts: which vendor, model and serial number is where, and where it was.

Where parts are stands in components, where they were in placements; both are read for the serial
numbers of a page, and never more.
"""

from sqlalchemy import select, union

from cmdb_api.errors import Invalid, NotFound
from cmdb_api.models import Component, Placement
from cmdb_api.services import (
    assets,
    journeys,
    makers,
    pages,
    part_items,
    part_rows,
    part_stays,
    stays,
)

SHORTEST_PREFIX = 3
SUGGESTED = 3
_PATTERN = "*"
# A serial number that is in more hosts than this at once names no one thing.
COMMON_COUNT = 10


def page(session, *, serial=None, asset=None, kind=(), query=None, sort=None, **more):
    """
    Return a page of parts by serial number: of one, of all that begin alike, of a host, or found.

    ``serial`` may end with *; ``kind``, ``vendor`` and ``model`` narrow. What neither names a
    serial number nor a host, or is a ``query``, finds what is in hosts now. Raises Invalid,
    NotFound.
    """
    if serial == "":
        raise _refused("Blank: leave it out for all parts.")
    asset_id = assets.find(session, asset).id if asset else None
    if kind or query or sort or not (serial or asset):
        return _found(session, serial, asset_id, kind=kind, query=query, sort=sort, **more)
    return _named(session, serial, asset_id, **more)


def _found(session, serial, asset_id, *, vendor=None, model=None, **asked):
    """Return a page of the parts that are in hosts now."""
    named = {}
    if serial:
        named = {"prefix": _prefix(serial)} if _PATTERN in serial else {"exact": _exact(serial)}
    narrowed = {"asset_id": asset_id, "vendor": vendor, "model": model}
    numbers, following = part_rows.page(session, **named, **narrowed, **asked)
    shown = _of(session, numbers, asset_id)
    items = [_told(part) for part in shown if _fits(part, asset_id, vendor, model)]
    return {"items": items, "next_cursor": following}


def _named(session, serial, asset_id, *, vendor=None, model=None, limit, cursor=None):
    """Return a page of the parts of a serial number, of those that begin so, or of a host."""
    after = pages.read(cursor, str)[0] if cursor else None
    exact = serial is not None and _PATTERN not in serial
    if exact:
        wanted = [_exact(serial)] if after is None else []
    else:
        wanted = _serials(session, _prefix(serial), asset_id, after, limit + 1)
    shown, following = pages.cut(wanted, limit, lambda number: (number,))
    parts = [part for part in _of(session, shown, asset_id) if _fits(part, asset_id, vendor, model)]
    if exact and not parts and after is None:
        raise _unknown(session, serial, wanted[0], asset_id or vendor or model)
    return {"items": [_told(part) for part in parts], "next_cursor": following}


def of_serial(session, serial):
    """Return the parts of exactly this serial number; none where it is not known."""
    number = part_items.as_looked_up(serial)
    return [_told(part) for part in _of(session, [number])] if number else []


def beginning(session, text, most):
    """Return the first parts whose serial numbers begin so; none of what is too short for that."""
    prefix = text.strip().upper()
    if len(prefix) < SHORTEST_PREFIX or _PATTERN in prefix:
        return []
    numbers = _serials(session, prefix, None, None, most)
    return [_told(part) for part in _of(session, numbers)]


def _exact(serial):
    number = part_items.as_looked_up(serial)
    if number is None:
        raise NotFound(f"serial: {serial!r} is what firmware says instead of a serial number")
    return number


def _prefix(serial):
    """Return the beginning that a pattern names; None where there is no pattern."""
    if serial is None:
        return None
    text = serial.strip().upper()
    prefix = text.rstrip(_PATTERN)
    if _PATTERN in prefix or len(prefix) < SHORTEST_PREFIX:
        what = f"A pattern is {SHORTEST_PREFIX} or more characters and then *; there is no other."
        raise _refused(what)
    return prefix


def _refused(fault):
    return Invalid(f"serial: {fault}", fields={"serial": [fault]})


def _serials(session, prefix, asset_id, after, count):
    """Return serial numbers in their order: those that begin so, or those of a host."""
    tables = [Component] if asset_id else [Component, Placement]
    queries = []
    for column in (table.serial for table in tables):
        query = select(column).where(column.is_not(None))
        if asset_id:
            query = query.where(Component.asset_id == asset_id)
        if prefix:
            query = query.where(column >= prefix, column.startswith(prefix, autoescape=True))
        if after is not None:
            query = query.where(column > after)
        queries.append(query.distinct().order_by(column).limit(count).subquery().select())
    every = union(*queries).subquery()
    return session.scalars(select(every.c.serial).order_by(every.c.serial).limit(count)).all()


def _unknown(session, serial, number, narrowed):
    """Return the error for a serial number that is not known, with the nearest in the order."""
    if narrowed and _of(session, [number]):
        return NotFound(f"there is a part {serial}, but none that asset, vendor and model fit")
    near, begin = [], number[:SHORTEST_PREFIX]
    for column in (Component.serial, Placement.serial):
        # Only what begins so is near, and an index finds that.
        query = select(column).where(column.startswith(begin, autoescape=True)).limit(SUGGESTED)
        near += session.scalars(query.where(column > number).order_by(column))
        near += session.scalars(query.where(column < number).order_by(column.desc()))
    near = sorted(set(near), key=lambda text: (-_alike(text, number), text))[:SUGGESTED]
    near = [text for text in near if _alike(text, number) >= SHORTEST_PREFIX]
    hint = f"; there is {', '.join(near)}" if near else ""
    return NotFound(f"there is no part with the serial number {serial}{hint}")


def _alike(text, other):
    """Return how many characters two texts have in common at their beginning."""
    same = 0
    for one, two in zip(text, other, strict=False):
        if one != two:
            break
        same += 1
    return same


class Part:
    """All that is known of a vendor's serial number."""

    def __init__(self, serial, found):
        self.serial, self.stays = serial, found
        newest = sorted(found, key=lambda stay: stay.seen_at, reverse=True)
        named = [stay.vendor for stay in newest if makers.maker(stay.vendor)]
        self.makers = {part_stays.maker(stay) for stay in found} - {None}
        self.vendor = next(iter([*named, *sorted(self.makers)]), None)
        self.model = next((stay.model for stay in newest if stay.model), None)
        self.positions = stays.positions(found)
        self.is_cable = _is_cable(found)

    def flags(self):
        """Return what is odd about it."""
        is_common = sum(position.is_now for position in self.positions) > COMMON_COUNT
        found = journeys.flags(self.positions, is_cable=self.is_cable)
        return [*found, *[journeys.COMMON] * is_common]


def _is_cable(found):
    """Tell whether it is a cable; of a module that is gone it is not known, and no oddity then."""
    present = [s for s in found if s.gone_at is None]
    return all(s.kind == "sfp" for s in found) and all(s.is_cable for s in present)


def _of(session, serials, asset_id=None):
    """Return the parts of these serial numbers, by number and vendor."""
    found = part_stays.read(session, serials, asset_id) if serials else {}
    return [
        Part(number, group)
        for number in serials
        for group in part_stays.by_part(found.get(number, ()))
    ]


def _fits(part, asset_id, vendor, model):
    if asset_id and not any(p.host.id == asset_id for p in part.positions):
        return False
    named = [(stay.vendor, stay.model) for stay in part.stays]
    return part_rows.is_of(vendor, named) and part_rows.is_called(model, [n for _, n in named])


def _told(part):
    now = [position for position in part.positions if position.is_now]
    before = [position for position in part.positions if not position.is_now]
    return {
        "vendor": part.vendor,
        "model": part.model,
        "serial": part.serial,
        "kinds": sorted({stay.kind for stay in part.stays}),
        "now": [_position(position) for position in reversed(now)],
        "before": [_ended(position) for position in reversed(before)],
        "journey": journeys.journey(part.positions, is_cable=part.is_cable),
        "flags": part.flags(),
    }


def _position(position):
    return {
        "hostname": position.host.hostname,
        "kind": position.kind,
        "place": position.place,
        "also": [{"kind": kind, "place": place} for kind, place in position.also],
        "since": position.since,
        "seen_at": position.seen_at,
    }


def _ended(position):
    told = _position(position)
    return told | {"until": told.pop("seen_at"), "gone_at": position.gone_at}
