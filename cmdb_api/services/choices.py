"""Names that can be chosen from, for forms."""

from sqlalchemy import func, select

from cmdb_api.models import DataCentre, Rack, Room
from cmdb_api.services.picking import MOST
from cmdb_api.services.places import BETWEEN
from cmdb_api.services.resources import BY_NAME


def names(session, name):
    """Return the names of a sort of master data: ``data_centre``, ``business_unit`` …"""
    model = BY_NAME[name].model
    return session.scalars(select(model.name).order_by(func.lower(model.name), model.id)).all()


def spots(session):
    """Return where racks may be: each data centre, and its rooms behind it, "FRA1 / Hall 2"."""
    query = select(DataCentre.name, Room.name)
    query = query.join_from(DataCentre, Room, Room.data_centre_id == DataCentre.id, isouter=True)
    order = (func.lower(DataCentre.name), func.lower(Room.name))
    found = []
    for centre, room in session.execute(query.order_by(*order)):
        if centre not in found[-1:] and not (found and found[-1].startswith(f"{centre}{BETWEEN}")):
            found.append(centre)
        if room is not None:
            found.append(f"{centre}{BETWEEN}{room}")
    return found


def racks(session, most=MOST):
    """Return the paths of racks, "FRA1 / Hall 2 / A12": the first ones, with more one types."""
    query = select(DataCentre.name, Room.name, Rack.name).select_from(Rack)
    query = query.join(DataCentre, DataCentre.id == Rack.data_centre_id)
    query = query.join(Room, Room.id == Rack.room_id, isouter=True)
    order = (func.lower(DataCentre.name), func.lower(Room.name), func.lower(Rack.name))
    rows = session.execute(query.order_by(*order).limit(most))
    return [BETWEEN.join(name for name in row if name) for row in rows]
