"""What people changed of master data; names are kept as text, so it outlives what it tells of."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document, UTCDateTime, now


class MasterChange(db.Model):
    """One edit of a data centre, a rack, a contact …, or the removal of an asset."""

    __tablename__ = "master_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    actor: Mapped[str] = mapped_column(String(255))
    # As in the address: data-centres, racks, …
    resource: Mapped[str] = mapped_column(String(32))
    resource_id: Mapped[int] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(255))
    # added, changed, removed
    action: Mapped[str] = mapped_column(String(16))
    fields: Mapped[list] = mapped_column(Document)
    before: Mapped[dict | None] = mapped_column(Document)
    after: Mapped[dict | None] = mapped_column(Document)

    __table_args__ = (Index("ix_master_change_at", "at"),)
