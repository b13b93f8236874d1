"""How full places are, and what stands in many racks at once.

Units that an asset takes which is not to be seen are taken all the same; it is not counted.
"""

from collections import defaultdict
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import case, func, literal, select

from cmdb_api.models import Asset, BusinessUnit, DataCentre, Rack, Room
from cmdb_api.models.asset import RETIRED
from cmdb_api.services import locking, named, patterns
from cmdb_api.services.access import visibility
from cmdb_api.services.resources import DATA_CENTRES, RACKS, ROOMS


class Standing(NamedTuple):
    """An asset in a rack; without a hostname it is one that is not to be seen."""

    id: int
    rack_id: int
    position_u: int | None
    height_u: int | None
    hostname: str | None = None
    state: str | None = None
    business_unit: str | None = None


def tree(session, *, name=None, centre=None):
    """
    Return data centres with ``rooms`` and ``racks``, and what is used of each, by name.

    ``name`` leaves what has it (a part, or a pattern), what is in that, and what that is in;
    ``centre`` is the id of the only one that is wanted.
    """
    sums = _sums(session)
    racks = _racks(session, name, centre, sums)
    rooms = _nodes(session, ROOMS, Room.data_centre_id, centre, name, Room.data_centre_id)
    centres = _nodes(session, DATA_CENTRES, DataCentre.id, centre, name, DataCentre.address)
    in_room, in_centre = _by("room_id", racks), _by("data_centre_id", racks)
    of_room, of_centre = _by("room_id", sums), _by("data_centre_id", sums)
    rooms_of = _by("data_centre_id", rooms)
    for room in rooms:
        _fill(room, in_room[room["id"]], of_room[room["id"]])
    for each in centres:
        _fill(each, in_centre[each["id"]], of_centre[each["id"]])
        each["rooms"] = rooms_of[each["id"]]
        each["roomless"] = [rack for rack in each["racks"] if rack["room_id"] is None]
    return [_narrowed(each) for each in centres if _fits(each)] if name else centres


def standing(session, rack_ids):
    """Return {rack id: the assets in it, from the top, those without a position last}."""
    rows = _rows(session, rack_ids)
    if visibility.units(session) is not None:
        seen = {row.id: row for row in rows}
        with visibility.unscoped(session):
            every = _rows(session, rack_ids)
        rows = [seen.get(row.id) or Standing(*row[:4]) for row in every if row.id in seen or row[2]]
    found = {number: [] for number in rack_ids}
    for row in rows:
        found[row.rack_id].append(row)
    return found


def gaps(session):
    """Return {rack id: the most units that are free beside each other}, where something stands."""
    with visibility.unscoped(session):
        return dict(map(tuple, session.execute(_gaps())))


def _gaps():
    asset, behind = Asset.__table__.c, Asset.position_u + func.coalesce(Asset.height_u, 1)
    in_rack = {"partition_by": asset.rack_id, "order_by": asset.position_u}
    # The first unit above all that stands lower.
    free = func.coalesce(func.max(behind).over(**in_rack, rows=(None, -1)), 1)
    rows = select(asset.rack_id, (asset.position_u - free).label("below"), behind.label("behind"))
    rows = rows.where(asset.rack_id.is_not(None), asset.position_u.is_not(None)).subquery()
    below, above = func.max(rows.c.below), Rack.height_u + 1 - func.max(rows.c.behind)
    query = select(Rack.id, case((below > above, below), else_=above))
    return query.join_from(rows, Rack, Rack.id == rows.c.rack_id).group_by(Rack.id, Rack.height_u)


def rackless(session, *, data_centre_id, room_id=None, limit):
    """Return the first assets that are in a place and in no rack of it, by name."""
    wanted = [Asset.rack_id.is_(None), Asset.data_centre_id == data_centre_id]
    if room_id is not None:
        wanted.append(Asset.room_id == room_id)
    query = select(Asset.hostname, Asset.state).where(*wanted)
    return session.execute(query.order_by(Asset.hostname_key).limit(limit)).all()


def unplaced(session, *, limit):
    """Return names of assets that stand in no units of a rack and are not retired, the first."""
    wanted = (Asset.position_u.is_(None), Asset.state != RETIRED)
    query = select(Asset.hostname).where(*wanted).order_by(Asset.hostname_key).limit(limit)
    return session.scalars(query).all()


def _rows(session, rack_ids):
    asset = Asset.__table__.c
    columns = (asset.id, asset.rack_id, asset.position_u, asset.height_u, asset.hostname)
    query = select(*columns, asset.state, BusinessUnit.name)
    query = query.join_from(
        Asset.__table__, BusinessUnit, BusinessUnit.id == asset.business_unit_id, isouter=True
    )
    query = query.where(locking.among(session, asset.rack_id, sorted(rack_ids)))
    order = asset.position_u.is_(None), asset.position_u.desc(), asset.hostname_key
    return [Standing(*row) for row in session.execute(query.order_by(*order))]


def _sums(session):
    """Return how many assets each place has itself, and how many units they take."""
    rows = _summed(session)
    if visibility.units(session) is None:
        return rows
    place = itemgetter("data_centre_id", "room_id", "rack_id")
    counts = {place(row): row["count"] for row in rows}
    with visibility.unscoped(session):
        every = _summed(session)
    return [row | {"count": counts.get(place(row), 0)} for row in every]


def _summed(session):
    place = (Asset.data_centre_id, Asset.room_id, Asset.rack_id)
    units = case((Asset.position_u.is_(None), 0), else_=func.coalesce(Asset.height_u, 1))
    sums = func.count().label("count"), func.sum(units).label("used")
    query = select(*place, *sums).where(Asset.data_centre_id.is_not(None)).group_by(*place)
    return [dict(row._mapping) for row in session.execute(query)]


def _racks(session, name, centre, sums):
    more = (Rack.data_centre_id, Rack.room_id, Rack.height_u, Rack.description)
    racks = _nodes(session, RACKS, Rack.data_centre_id, centre, name, *more)
    of_rack = {row["rack_id"]: row for row in sums}
    for rack in racks:
        row = of_rack.get(rack["id"], {"used": 0, "count": 0})
        free = rack["height_u"] - row["used"]
        rack |= {"used_u": row["used"], "free_u": free, "asset_count": row["count"]}
    return racks


def _nodes(session, resource, column, centre, name, *more):
    """Return rows of a sort, by name, as dicts; ``fits`` tells whether they have the name."""
    model = resource.model
    fits = patterns.like(named.lowered(resource), name) if name else literal(True)
    query = select(model.id, model.name, fits.label("fits"), *more)
    if centre is not None:
        query = query.where(column == centre)
    found = session.execute(query.order_by(func.lower(model.name), model.id))
    return [dict(row._mapping) for row in found]


def _by(name, rows):
    """Return {value of a field: the rows that have it}."""
    found = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _fill(place, racks, sums):
    """Note in a place what its racks have, and the assets that are in none."""
    place["racks"] = racks
    place["height_u"] = sum(rack["height_u"] for rack in racks)
    place["used_u"] = sum(rack["used_u"] for rack in racks)
    place["free_u"] = place["height_u"] - place["used_u"]
    place["asset_count"] = sum(row["count"] for row in sums)
    place["rackless_count"] = sum(row["count"] for row in sums if row["rack_id"] is None)


def _fits(place):
    inside = [*place.get("rooms", ()), *place["racks"]]
    return place["fits"] or any(each["fits"] for each in inside)


def _narrowed(centre):
    """Leave in a data centre what has the name that was asked for, or is in what has it."""
    if centre["fits"]:
        return centre
    rooms = [room for room in centre["rooms"] if _fits(room)]
    for room in rooms:
        if not room["fits"]:
            room["racks"] = [rack for rack in room["racks"] if rack["fits"]]
    roomless = [rack for rack in centre["roomless"] if rack["fits"]]
    return centre | {"rooms": rooms, "roomless": roomless}
