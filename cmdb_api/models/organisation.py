"""Whom assets belong to, what they are for, and where they came from."""

from sqlalchemy import Column, ForeignKey, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, MasterData


class Environment(MasterData, db.Model):
    """Production, staging and the like."""

    __tablename__ = "environment"


class BusinessUnit(MasterData, db.Model):
    """A department that owns assets."""

    __tablename__ = "business_unit"


class Service(MasterData, db.Model):
    """What assets are for: one service runs on many, and one asset serves several."""

    __tablename__ = "service"

    business_unit_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("business_unit.id"), index=True
    )


class Contact(MasterData, db.Model):
    """A person or a group to turn to."""

    __tablename__ = "contact"

    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(64))


class Supplier(MasterData, db.Model):
    """Whom assets were bought from."""

    __tablename__ = "supplier"

    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(64))


class AssetType(MasterData, db.Model):
    """What an asset is; the first four are there from the start."""

    __tablename__ = "asset_type"


class Tag(MasterData, db.Model):
    """A word that assets are marked with."""

    __tablename__ = "tag"


FIRST_TYPES = ("Server", "VM", "Network device", "Other")


@event.listens_for(AssetType.__table__, "after_create")
def add_first_types(table, connection, **_):
    """Fill a table that was made without a migration."""
    rows = [{"name": name, "name_key": name.lower()} for name in FIRST_TYPES]
    connection.execute(table.insert(), rows)


def _link(name):
    """Return the table that links assets with many of another."""
    return Table(
        f"asset_{name}",
        db.metadata,
        Column("asset_id", BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True),
        Column(f"{name}_id", BigId, ForeignKey(f"{name}.id"), primary_key=True, index=True),
    )


asset_service, asset_contact, asset_tag = map(_link, ("service", "contact", "tag"))
