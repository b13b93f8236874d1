"""What moves along when a room or a rack moves: the racks in it, and the assets."""

from contextlib import contextmanager

from sqlalchemy import select

from cmdb_api.errors import Busy
from cmdb_api.models import Asset, DataCentre, Rack, Room
from cmdb_api.services import assets, edits
from cmdb_api.services.resources import RACKS, ROOMS


@contextmanager
def along(session, resource, number, given, *, actor):
    """
    Lock what stands in a room or rack that may move, before that itself; then move it along.

    Whoever puts an asset somewhere locks in this order too: assets, racks, rooms, data centres.
    """
    if resource not in (ROOMS, RACKS) or not given.keys() & {*resource.parents}:
        yield
        return
    standing = select(Asset.id).where(resource.of_asset == number)
    with assets.edited_many(session, session.scalars(standing).all(), actor=actor) as moved:
        racks = _racks(session, number) if resource is ROOMS else []
        yield
        session.flush()
        if {*session.scalars(standing)} - {asset.id for asset in moved}:
            raise Busy("something was put in it this moment; try again")
        if resource is ROOMS:
            room = session.get(Room, number)
            _move_racks(session, room, racks, actor)
            spot = room.data_centre_id, room.id
        else:
            rack = session.get(Rack, number)
            spot = rack.data_centre_id, rack.room_id
        for asset in moved:
            asset.data_centre_id, asset.room_id = spot


def _racks(session, room_id):
    query = select(Rack).where(Rack.room_id == room_id).order_by(Rack.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _move_racks(session, room, locked, actor):
    """Let the racks of a room be where it is."""
    query = select(Rack).where(Rack.room_id == room.id).order_by(Rack.id)
    racks = session.scalars(query).all()
    if len(racks) != len(locked):
        raise Busy("a rack was put in it this moment; try again")
    for rack in racks:
        if rack.data_centre_id == room.data_centre_id:
            continue
        names = [
            session.get(DataCentre, n).name for n in (rack.data_centre_id, room.data_centre_id)
        ]
        rack.data_centre_id, rack.version = room.data_centre_id, rack.version + 1
        rack.name_key = f"{room.data_centre_id}:{room.id}:{rack.name.lower()}"
        before, after = ({"name": rack.name, "data_centre": name} for name in names)
        edits.note(session, RACKS.path, rack.id, actor=actor, before=before, after=after)
