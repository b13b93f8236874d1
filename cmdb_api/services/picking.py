"""What people pick from where they describe an asset: the names of master data, sort by sort."""

from sqlalchemy import literal, select, union_all

from cmdb_api.models import Asset, DataCentre, Rack, Room
from cmdb_api.services import patterns
from cmdb_api.services.places import BETWEEN
from cmdb_api.services.resources import RACKS, RESOURCES, ROOMS

# Of each sort; with more than these one types.
MOST = 500


def names(session, most=MOST):
    """
    Return {field of an asset: names that it can have, in their order}; at most so many each.

    Rooms and racks are told with where they are, as ``services.places`` takes them.
    """
    found = {resource.field: [] for resource in RESOURCES}
    queries = [_query(resource, most) for resource in RESOURCES]
    for field, *path in session.execute(union_all(*queries)):
        found[field].append(path_of(*path))
    return {field: sorted(each, key=str.lower) for field, each in found.items()}


def path_of(*names):
    """Return the names that lead to a place as one: "FRA1 / room 2 / A12"."""
    return BETWEEN.join(name for name in names if name)


def _query(resource, most):
    """Return the query for (field, data centre, room, name) of one sort."""
    model, centre, room = resource.model, literal(None), literal(None)
    if resource in (ROOMS, RACKS):
        centre = _name(DataCentre, model.data_centre_id)
    if resource is RACKS:
        room = _name(Room, Rack.room_id)
    query = select(
        literal(resource.field).label("field"),
        centre.label("centre"),
        room.label("room"),
        model.name.label("name"),
    )
    # Only a query in brackets has an order of its own.
    return select(query.order_by(model.name_key).limit(most).subquery())


def _name(model, column):
    return select(model.name).where(model.id == column).scalar_subquery()


def hostnames(session, start, most):
    """Return the first hostnames that begin so, in any case."""
    begins = Asset.hostname_key.like(f"{patterns.escaped(start)}%", escape="!")
    query = select(Asset.hostname).where(begins).order_by(Asset.hostname_key).limit(most)
    return session.scalars(query).all()
