"""What reports said: a section a kind, its components as rows, bulk kinds as a list of ids.

What many hosts say alike is kept once for the fleet, in ``BulkItem`` and ``BulkList``: packages,
what parts of one model have in common, the fields of a kind. ``Component.data``, ``Section.fields``
and ``Section.bulk_ids`` put it together again, in any query; services.storage writes it.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, case, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.composed import composed
from cmdb_api.models.types import BigId, Document, Hex, IdList, UTCDateTime

_LISTED = text("bulk_list_id IS NOT NULL")
_HAS_SERIAL = text("serial IS NOT NULL")


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
    digest: Mapped[str | None] = mapped_column(Hex)
    key: Mapped[list | None] = mapped_column(Document)
    serial: Mapped[str | None] = mapped_column(String(64))
    # A BulkItem: every field ever seen in this kind on this asset, sorted.
    fields_id: Mapped[int | None] = mapped_column()
    item_count: Mapped[int] = mapped_column(default=0)
    # When items came first; None until they did.
    first_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # None where the kind is stored as rows.
    bulk_list_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_list.id"))
    # The collector's own problem lines.
    problems: Mapped[list | None] = mapped_column(Document)
    # Values that were not taken: [{"place", "field", "raw", "why"}].
    quarantine: Mapped[list | None] = mapped_column(Document)

    __table_args__ = (
        Index("ix_section_kind_status", "kind", "status"),
        Index(
            "ix_section_bulk_list_id",
            # With the asset, so that it tells who has a list.
            *("bulk_list_id", "asset_id"),
            postgresql_where=_LISTED,
            sqlite_where=_LISTED,
        ),
    )


class Component(db.Model):
    """One component of a hardware kind, at its place on its asset."""

    __tablename__ = "component"

    asset_id: Mapped[int] = _asset_id()
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[str] = mapped_column(String(1024), primary_key=True)
    # As it is looked up: see services.parts.
    serial: Mapped[str | None] = mapped_column(String(255))
    # When this serial number came to this place; None: before that was noted, or it has none.
    since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # A BulkItem: what it has in common with others of its model.
    shared_id: Mapped[int] = mapped_column()
    # The rest of its fields, those that ``place`` and ``serial`` hold not among; None: no more.
    own: Mapped[dict | None] = mapped_column(Document)

    __table_args__ = (
        Index(
            "ix_component_serial",
            "serial",
            # So that it serves patterns in any locale.
            postgresql_ops={"serial": "text_pattern_ops"},
            postgresql_where=_HAS_SERIAL,
            sqlite_where=_HAS_SERIAL,
        ),
        # From what parts of one model have in common to the assets that have such parts.
        Index("ix_component_shared_id", "shared_id", "asset_id"),
    )


class ComponentAddress(db.Model):
    """A MAC or IP address of a component, for finding it."""

    __tablename__ = "component_address"

    asset_id: Mapped[int] = _asset_id()
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[str] = mapped_column(String(1024), primary_key=True)

    __table_args__ = (Index("ix_component_address_address", "address", postgresql_using="hash"),)


class BulkItem(db.Model):
    """
    Something that is kept once for the whole fleet.

    An item of a bulk kind (a package in one version); or, with the place "", what components have
    in common; or, of the kind "", a list of fields.
    """

    __tablename__ = "bulk_item"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(64))
    # sha256 of what stands for it in canonical JSON.
    hash: Mapped[str] = mapped_column(Hex)
    place: Mapped[str] = mapped_column(String(1024))
    # The fields whose values are a component's own ``place`` and ``serial``.
    place_field: Mapped[str | None] = mapped_column(String(128))
    serial_field: Mapped[str | None] = mapped_column(String(128))
    data: Mapped[dict | list] = mapped_column(Document)

    __table_args__ = (
        Index("uq_bulk_item_hash_kind", "hash", "kind", unique=True),
        Index("ix_bulk_item_kind_place", "kind", "place"),
    )


class BulkList(db.Model):
    """All items of a bulk kind on a host, kept once for all hosts that have the very same."""

    __tablename__ = "bulk_list"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    # sha256 of the ids in canonical JSON.
    hash: Mapped[str] = mapped_column(Hex, unique=True)
    # Ids of BulkItem, sorted.
    ids: Mapped[list] = mapped_column(IdList)

    __table_args__ = (
        # Without a list of what is to be added later, which takes more room than it saves time.
        Index(
            "ix_bulk_list_ids",
            "ids",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ).ddl_if("postgresql"),
    )


def kept(table, what, id_):
    """Return what a table keeps once under this id, as a column of whoever refers to it."""
    found = select(what).where(table.id == id_).correlate_except(table).scalar_subquery()
    # Named here too, so that a query of this column alone is one of its table.
    return column_property(case((id_.is_not(None), found)))


_WHOLE = composed(
    BulkItem.data,
    *(BulkItem.place_field, Component.place, BulkItem.serial_field, Component.serial),
    Component.own,
)
Section.fields = kept(BulkItem, BulkItem.data, Section.fields_id)
Section.bulk_ids = kept(BulkList, BulkList.ids, Section.bulk_list_id)
Component.data = kept(BulkItem, _WHOLE, Component.shared_id)
