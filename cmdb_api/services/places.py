"""Where an asset stands: a data centre, a room of it, a rack there, and units of the rack.

A rack tells its room and data centre, a room its data centre. A name that several have is decided
by what is given with it, then by where the asset stands; "FRA1 / room 2 / A12" always tells.
"""

from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.errors import Busy, Invalid
from cmdb_api.models import DataCentre, Rack, Room
from cmdb_api.services import named, patterns, racks
from cmdb_api.services.resources import DATA_CENTRES, RACKS, ROOMS

FIELDS = ("data_centre", "room", "rack", "position_u", "height_u")
BETWEEN = " / "
SHOWN = 20


class Spot(NamedTuple):
    """Ids of where something stands; a rack has the room and data centre that it is in."""

    data_centre_id: int | None = None
    room_id: int | None = None
    rack_id: int | None = None


class Place(NamedTuple):
    """One data centre, room or rack, and the names that lead to it."""

    spot: Spot
    names: tuple

    @property
    def path(self):
        """Return its names as they are told: "FRA1 / room 2 / A12"."""
        return BETWEEN.join(name for name in self.names if name)


def write(session, asset, given):
    """Put an asset where it is declared to stand; raises Invalid, or Conflict for taken units."""
    was = Spot(asset.data_centre_id, asset.room_id, asset.rack_id)
    spot, rack = keep(session, spot_of(session, was, given))
    unit, height = _units(asset, given, moved=spot.rack_id != was.rack_id)
    if unit is not None:
        if rack is None:
            raise Invalid.of("position_u", f"{unit} is a unit of no rack: give rack too")
        racks.check(session, rack, asset.id, unit, height)
    asset.data_centre_id, asset.room_id, asset.rack_id = spot
    asset.position_u, asset.height_u = unit, height


def spot_of(session, was, given):
    """Return the spot that is meant by what is given, of something that stands at another one."""
    for resource in (RACKS, ROOMS):
        if given.get(resource.field):
            spot = _chosen(session, resource, was, given).spot
            break
    else:
        centre = was.data_centre_id
        if "data_centre" in given:
            name = given["data_centre"]
            centre = named.find(session, DATA_CENTRES, name) if name else None
        stays = centre == was.data_centre_id and "room" not in given
        spot = Spot(centre, was.room_id if stays else None)
    if spot.rack_id is None and "rack" not in given and spot[:2] == was[:2]:
        return was
    return spot


def candidates(session, resource, text):
    """Return the places that a name, or a path like "FRA1 / A12", may stand for."""
    found = [p for p in _named(session, resource, text) if p.names[-1].lower() == text.lower()]
    *parents, name = text.lower().split(BETWEEN)
    if found or not parents:
        return found
    places = _named(session, resource, name)
    exact = [p for p in places if p.path.lower() == text.lower()]
    return exact or [p for p in places if [p.names[0].lower()] == parents]


def listed(texts):
    """Return texts in one line: those that can be read, and how many more there are."""
    more = len(texts) - SHOWN
    return ", ".join(texts[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _named(session, resource, name):
    """Return the data centres, rooms or racks whose name ends so."""
    model = resource.model
    key = patterns.ends(model.name_key, name.replace("\0", "/"))
    if resource is DATA_CENTRES:
        rows = session.execute(select(model.id, model.name).where(key)).all()
        return [Place(Spot(row.id), (row.name,)) for row in rows]
    centre = DataCentre.id == model.data_centre_id
    if resource is ROOMS:
        query = select(DataCentre.id, Room.id, DataCentre.name, Room.name)
        query = query.join_from(Room, DataCentre, centre)
    else:
        query = select(DataCentre.id, Room.id, Rack.id, DataCentre.name, Room.name, Rack.name)
        query = query.join_from(Rack, DataCentre, centre)
        query = query.join(Room, Room.id == Rack.room_id, isouter=True)
    rows = map(tuple, session.execute(query.where(key).order_by(DataCentre.name_key, model.id)))
    half = len(resource.within) + 1
    places = [Place(Spot(*row[:half]), row[half:]) for row in rows]
    return [place for place in places if place.names[-1].lower() == name.lower()]


def _chosen(session, resource, was, given):
    """Return the one place that is meant; raises Invalid where none or several may be."""
    field, text = resource.field, given[resource.field]
    places = candidates(session, resource, text)
    if not places:
        raise named.unknown(session, resource, text)
    for parent in (DATA_CENTRES, ROOMS)[: len(resource.within)]:
        if parent.field in given:
            places = _within(session, resource, places, parent, given[parent.field])
    for column in ("room_id", "data_centre_id"):
        here = [p for p in places if getattr(p.spot, column) == getattr(was, column)]
        if len(places) > 1 and here and getattr(was, column):
            places = here
    if len(places) > 1:
        paths, parents = [place.path for place in places], " and ".join(resource.within)
        text = f"{text} may be {listed(paths)}: give one of these, or {parents} too"
        raise Invalid.of(field, text, details={"candidates": paths[:SHOWN]})
    return places[0]


def _within(session, resource, places, parent, text):
    """Return those of the places that are in a parent; raises Invalid where none is."""
    column = f"{parent.field}_id"
    ids = {None}
    if text:
        parents = candidates(session, parent, text)
        if not parents:
            raise named.unknown(session, parent, text)
        ids = {getattr(place.spot, column) for place in parents}
    inside = [place for place in places if getattr(place.spot, column) in ids]
    if not inside:
        where = listed([place.path for place in places])
        hint = f"not in {text}" if text else f"which can't be taken away: leave {parent.field} out"
        raise Invalid.of(parent.field, f"the {resource.noun} given is {where}, {hint}")
    return inside


def keep(session, spot):
    """Lock what something is to stand in; return the spot as it is now, and the rack's row."""
    rack = None
    # Always in this order, so that two never wait for each other.
    if spot.rack_id is not None:
        rack = _locked(session, Rack, spot.rack_id, key_share=True)
        spot = Spot(rack.data_centre_id, rack.room_id, rack.id)
    if spot.room_id is not None:
        room = _locked(session, Room, spot.room_id, read=True, key_share=True)
        spot = spot._replace(data_centre_id=room.data_centre_id)
    if spot.data_centre_id is not None:
        _locked(session, DataCentre, spot.data_centre_id, read=True, key_share=True)
    return spot, rack


def _locked(session, model, row_id, **how):
    query = select(model).where(model.id == row_id).with_for_update(**how)
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise Busy("what it is to stand in was removed this moment; look, and try again")
    return row


def _units(asset, given, *, moved):
    """Return the position and height that are meant; in another rack the old ones mean nothing."""
    unit = given.get("position_u", None if moved else asset.position_u)
    if unit is None:
        if given.get("height_u") is not None:
            raise Invalid.of("height_u", "goes with a position: give position_u too")
        return None, None
    return unit, given.get("height_u", asset.height_u) or 1
