"""Where assets stand: data centres, their rooms, and racks."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, MasterData


class DataCentre(MasterData, db.Model):
    """A data centre, or any site where servers stand."""

    __tablename__ = "data_centre"

    address: Mapped[str | None] = mapped_column(String(1024))


class Room(MasterData, db.Model):
    """A room of a data centre; its name is unique there."""

    __tablename__ = "room"

    data_centre_id: Mapped[int] = mapped_column(BigId, ForeignKey("data_centre.id"), index=True)


class Rack(MasterData, db.Model):
    """A rack; its name is unique in its room, or among its data centre's racks without a room."""

    __tablename__ = "rack"

    data_centre_id: Mapped[int] = mapped_column(BigId, ForeignKey("data_centre.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("room.id"), index=True)
    # How many units it has; unit 1 is the lowest.
    height_u: Mapped[int] = mapped_column(default=42)
