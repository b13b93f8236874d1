"""What reports said: a section a kind, its components as rows, bulk kinds as a list of ids."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document, IdList


def _asset_id():
    return mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class Section(db.Model):
    """The state of one kind on one asset. Written only when its digest or outcome differs."""

    __tablename__ = "section"

    asset_id: Mapped[int] = _asset_id()
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    # Outcome of the newest attempt: ok, unavailable, error, disabled.
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    traceback: Mapped[str | None] = mapped_column(Text)
    # Of the stored items, as they were reported; None until items were stored.
    digest: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[list | None] = mapped_column(Document)
    serial: Mapped[str | None] = mapped_column(String(64))
    # Every field ever seen in this kind on this asset, sorted.
    fields: Mapped[list | None] = mapped_column(Document)
    item_count: Mapped[int] = mapped_column(default=0)
    # Ids of BulkItem, sorted; None where the kind is stored as rows.
    bulk_ids: Mapped[list | None] = mapped_column(IdList)
    # The collector's own problem lines.
    problems: Mapped[list | None] = mapped_column(Document)
    # Values that were not taken: [{"place", "field", "raw", "why"}].
    quarantine: Mapped[list | None] = mapped_column(Document)

    __table_args__ = (
        Index("ix_section_kind_status", "kind", "status"),
        Index("ix_section_bulk_ids", "bulk_ids", postgresql_using="gin").ddl_if("postgresql"),
    )


class Component(db.Model):
    """One component of a hardware kind, at its place on its asset."""

    __tablename__ = "component"

    asset_id: Mapped[int] = _asset_id()
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[str] = mapped_column(String(1024), primary_key=True)
    serial: Mapped[str | None] = mapped_column(String(255))
    data: Mapped[dict] = mapped_column(Document)

    __table_args__ = (Index("ix_component_serial", "serial"),)


class ComponentAddress(db.Model):
    """A MAC or IP address of a component, for finding it."""

    __tablename__ = "component_address"

    asset_id: Mapped[int] = _asset_id()
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[str] = mapped_column(String(1024), primary_key=True)

    __table_args__ = (Index("ix_component_address_address", "address"),)


class BulkItem(db.Model):
    """One item of a bulk kind, kept once for the whole fleet (a package in one version)."""

    __tablename__ = "bulk_item"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(64))
    # sha256 of the place and the canonical item.
    hash: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(1024))
    data: Mapped[dict] = mapped_column(Document)

    __table_args__ = (
        Index("uq_bulk_item_kind_hash", "kind", "hash", unique=True),
        Index("ix_bulk_item_kind_place", "kind", "place"),
    )
