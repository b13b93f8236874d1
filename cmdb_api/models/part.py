"""Where parts were; where they are stands in their components."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, UTCDateTime


class Placement(db.Model):
    """A part's stay at a place that is over."""

    __tablename__ = "placement"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    # The number of the change that ended it, and the place.
    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(String(1024), primary_key=True)
    # As it is looked up: see services.parts.
    serial: Mapped[str] = mapped_column(String(255))
    vendor: Mapped[str | None] = mapped_column(String(255))
    model: Mapped[str | None] = mapped_column(String(255))
    # None: from before stays were noted.
    since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    until: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_placement_serial", "serial"),)
