"""An asset, and the one narrow row that every report of it touches."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import NEVER_AGAIN, BigId, Document, ReportId, UTCDateTime, now

PLANNED, RACKED, ONLINE = "planned", "racked", "online"
OFFLINE, RETIRED = "offline", "retired"
STATES = (PLANNED, RACKED, ONLINE, OFFLINE, RETIRED)
REGISTERED, ACCEPTED, REVIEW, IGNORED = "registered", "accepted", "review", "ignored"
STANDINGS = (REGISTERED, ACCEPTED, REVIEW, IGNORED)


def _short(context):
    """Return the short name of a row that is made without one."""
    return context.get_current_parameters()["hostname_key"].partition(".")[0]


def _of(table):
    return mapped_column(BigId, ForeignKey(f"{table}.id"), index=True)


class Asset(db.Model):
    """One server, named by its hostname. What people declare about it stands here."""

    __tablename__ = "asset"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    hostname: Mapped[str] = mapped_column(String(255))
    # The hostname in lower case: matching is without regard to case.
    hostname_key: Mapped[str] = mapped_column(String(255), unique=True)
    # The same up to the first dot.
    short_key: Mapped[str] = mapped_column(String(255), default=_short, index=True)
    # Raised to revoke the host's key.
    key_generation: Mapped[int] = mapped_column(default=1)
    # Counts the edits of what is declared: the ETag.
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(16), default=ONLINE, index=True)
    # When it came into that state; None: it was made with it.
    state_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Whether it counts: REGISTERED by a person, ACCEPTED as it reported, in REVIEW, or IGNORED.
    standing: Mapped[str] = mapped_column(String(16), default=ACCEPTED)
    asset_type_id: Mapped[int | None] = _of("asset_type")
    # The rack's own room and data centre, where it stands in one.
    data_centre_id: Mapped[int | None] = _of("data_centre")
    room_id: Mapped[int | None] = _of("room")
    rack_id: Mapped[int | None] = _of("rack")
    # The lowest unit that it takes, from 1, and how many.
    position_u: Mapped[int | None] = mapped_column()
    height_u: Mapped[int | None] = mapped_column()
    environment_id: Mapped[int | None] = _of("environment")
    business_unit_id: Mapped[int | None] = _of("business_unit")
    supplier_id: Mapped[int | None] = _of("supplier")
    purchased_on: Mapped[date | None] = mapped_column()
    warranty_until: Mapped[date | None] = mapped_column()
    # The number on the sticker.
    inventory_number: Mapped[str | None] = mapped_column(String(255), index=True)
    comment: Mapped[str | None] = mapped_column(Text)
    # What people expect to be observed: {"memory.total_bytes": 68719476736}; None: nothing.
    expected: Mapped[dict | None] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # None: it reported without having been registered.
    registered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The highest number of a registration that the host itself signed.
    registration_seq: Mapped[int | None] = mapped_column(BigId)


class AssetAlias(db.Model):
    """Another name of an asset; no asset is named so."""

    __tablename__ = "asset_alias"

    # In lower case.
    alias_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    alias: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    actor: Mapped[str] = mapped_column(String(255))


class AssetStatus(db.Model):
    """The latest report of an asset: all that changes when nothing changed. Locked by ingest."""

    __tablename__ = "asset_status"
    # Room on each page and no index but the key, so that PostgreSQL updates the row in place; and
    # what could not be is tidied up soon.
    __table_args__ = {"postgresql_with": {"fillfactor": 65, "autovacuum_vacuum_scale_factor": 0.02}}

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # When the newest report was collected, as the API reckons it.
    reported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    report_id: Mapped[str | None] = mapped_column(ReportId)
    via: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[str | None] = mapped_column(String(64))
    # The host's clock less ours, milliseconds.
    clock_skew_ms: Mapped[int | None] = mapped_column(BigId)
    identity: Mapped[dict | None] = mapped_column(Document)
    # {kind: [newest outcome, newest items, number of each]}: milliseconds since 1970 as the API
    # reckons them, and the highest number of a report that brought it.
    ages: Mapped[dict] = mapped_column(Document, default=dict)
    # The newest time at which a kind came with its items.
    items_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # {kind: {place: {field: value}}}
    volatile: Mapped[dict] = mapped_column(Document, default=dict)
    # Volatile values that were not taken: {kind: [{"place", "field", "raw", "why"}]}.
    quarantine: Mapped[dict | None] = mapped_column(Document)
    # What was odd about the newest report's envelope, a line each.
    problems: Mapped[list | None] = mapped_column(Document)
    # The newest reports, each by a part of the hash of its id: one that comes twice is known. Few
    # of those that have a number, which are marked so.
    recent: Mapped[list] = mapped_column(Document, default=list)
    # The highest number that a report of this host had.
    seq: Mapped[int | None] = mapped_column(BigId)
    # {what finding: the form of its cause} of those that this asset's reports are a cause for.
    causes: Mapped[dict] = mapped_column(Document, default=dict)
    # Changes recorded so far; the next one's number.
    change_count: Mapped[int] = mapped_column(BigId, default=0)
