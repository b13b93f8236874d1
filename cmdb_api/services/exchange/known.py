"""What the record has of the names in a table, read once for many rows."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.models import Asset, DataCentre, Rack, Room
from cmdb_api.services import racks
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import among
from cmdb_api.services.places import BETWEEN, Spot
from cmdb_api.services.resources import RESOURCES, TAGS

PLACES = ("data_centre", "room", "rack")


class Where(NamedTuple):
    """A data centre, room or rack: which it is, where, and what it is called in lower case."""

    spot: Spot
    names: tuple
    height_u: int | None = None


class Known:
    """Names of master data with their ids, places, and which units of racks are taken."""

    def __init__(self, session):
        self.session = session
        # Whether assets without a business unit are not seen.
        self.is_limited = visibility.units(session) is not None
        # {rack id: {unit: asset}} of the racks that are held.
        self.units = {}
        self.read()

    def read(self):
        """Read all names."""
        self.names, self.spelled = {}, {}
        for resource in RESOURCES:
            if resource.field not in PLACES:
                self._read(resource)
        self._read_places()

    def _read(self, resource):
        model = resource.model
        rows = self.session.execute(select(model.name_key, model.id, model.name)).all()
        self.names[resource.field] = {key: number for key, number, _ in rows}
        self.spelled[resource.field] = [name for *_, name in rows]

    def _read_places(self):
        run = self.session.execute
        centres = {row.id: row.name for row in run(select(DataCentre.id, DataCentre.name))}
        rooms = {row.id: row for row in run(select(Room.id, Room.data_centre_id, Room.name))}
        wanted = (Rack.id, Rack.data_centre_id, Rack.room_id, Rack.name, Rack.height_u)
        self.places = {field: defaultdict(list) for field in PLACES}
        self.racks = {}
        for number, name in centres.items():
            self._add("data_centre", Where(Spot(number), (name,)))
        for number, row in rooms.items():
            spot = Spot(row.data_centre_id, number)
            self._add("room", Where(spot, (centres[row.data_centre_id], row.name)))
        for number, centre, room, name, height in run(select(*wanted)):
            path = (centres[centre], *([rooms[room].name] if room else ()), name)
            where = Where(Spot(centre, room, number), path, height)
            self.racks[number] = where
            self._add("rack", where)

    def _add(self, field, where):
        self.spelled.setdefault(field, []).append(where.names[-1])
        low = where._replace(names=tuple(name.lower() for name in where.names))
        self.places[field][low.names[-1]].append(low)

    def find(self, field, text):
        """Return the places that a name, or a path to one, may stand for."""
        *parents, name = text.lower().split(BETWEEN)
        exact = self.places[field].get(text.lower())
        if exact or not parents:
            return exact or []
        return [each for each in self.places[field].get(name, ()) if each.names[:-1] == (*parents,)]

    def has(self, field, text):
        """Tell whether something has this name."""
        if field in PLACES:
            return bool(self.find(field, text)) or BETWEEN in text
        return text.lower() in self.names[field]

    def missing(self, field, value):
        """Return which of the names that a value is, or lists, nothing has."""
        names = value if isinstance(value, list) else [value] if value else []
        return [name for name in names if not self.has(field, name)]

    def hold(self, racks, texts):
        """Lock these racks and those that names may mean, in one order; read what is there."""
        found = {each.spot.rack_id for text in texts for each in self.find("rack", text)}
        wanted = sorted({*racks, *found} - {None})
        query = select(Rack.id).where(among(self.session, Rack.__table__.c.id, wanted))
        query = query.order_by(Rack.id).with_for_update(key_share=True)
        self.units = {number: {} for number in self.session.scalars(query)}
        self._read_units()

    def again(self):
        """Read anew what an edit may have changed: tags, and units that are taken."""
        self._read(TAGS)
        self._read_units()

    def _read_units(self):
        self.session.flush()
        asset = Asset.__table__.c
        query = select(asset.id, asset.rack_id, asset.position_u, asset.height_u)
        query = query.where(among(self.session, asset.rack_id, sorted(self.units)))
        self.units = {number: {} for number in self.units}
        with visibility.unscoped(self.session):
            rows = self.session.execute(query.where(asset.position_u.is_not(None))).all()
        for row in rows:
            self.units[row.rack_id] |= dict.fromkeys(racks.units(row), row.id)
