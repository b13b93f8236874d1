"""Evidence of which machine an asset is; hardware identifiers lie, so it is only evidence."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, UTCDateTime

MACHINE_ID, SYSTEM_UUID, BOARD_SERIAL, MAC = "machine_id", "system_uuid", "board_serial", "mac"
TYPES = (MACHINE_ID, SYSTEM_UUID, BOARD_SERIAL, MAC)


class IdentityEvidence(db.Model):
    """An identifier that an asset's reports carried, made comparable."""

    __tablename__ = "identity_evidence"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    type: Mapped[str] = mapped_column(String(16), primary_key=True)
    # In lower case; of a UUID the lesser of its two byte orders.
    value: Mapped[str] = mapped_column(String(128), primary_key=True)
    # When the asset's reports began to carry it, and when they ceased to; None: they still do.
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_identity_evidence_value", "value", postgresql_using="hash"),)
