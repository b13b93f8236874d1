"""An asset, and the one narrow row that every report of it touches."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document, UTCDateTime, now


class Asset(db.Model):
    """One server, named by its hostname. What people declare about it stands here."""

    __tablename__ = "asset"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    hostname: Mapped[str] = mapped_column(String(255))
    # The hostname in lower case: matching is without regard to case.
    hostname_key: Mapped[str] = mapped_column(String(255), unique=True)
    # Raised to revoke the host's key.
    key_generation: Mapped[int] = mapped_column(default=1)
    data_centre: Mapped[str | None] = mapped_column(String(255))
    rack: Mapped[str | None] = mapped_column(String(255))
    position: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # None: it reported without having been registered.
    registered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AssetStatus(db.Model):
    """The latest report of an asset: all that changes when nothing changed. Locked by ingest."""

    __tablename__ = "asset_status"
    # Room on each page and no index but the key, so that PostgreSQL updates the row in place.
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # When the newest report was collected, as the API reckons it.
    reported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    report_id: Mapped[str | None] = mapped_column(String(64))
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
    # The newest reports, each by a part of the hash of its id: one that comes twice is known.
    recent: Mapped[list] = mapped_column(Document, default=list)
    # The highest number that a report of this host had.
    seq: Mapped[int | None] = mapped_column(BigId)
    # Changes recorded so far; the next one's number.
    change_count: Mapped[int] = mapped_column(BigId, default=0)
