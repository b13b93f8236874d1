"""Something that a person should decide, and what was decided."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import NEVER_AGAIN, BigId, Document, UTCDateTime

UNKNOWN_HOST, IDENTITY, QUARANTINE = "unknown_host", "identity", "quarantine"
DRIFT, COLLECTOR, CLOCK = "drift", "collector", "clock"
RETIRED, STATE = "retired", "state"
KINDS = (UNKNOWN_HOST, IDENTITY, QUARANTINE, DRIFT, COLLECTOR, CLOCK, RETIRED, STATE)
OPEN, DECIDED, MUTED, CLOSED = "open", "decided", "muted", "closed"
STATUSES = (OPEN, DECIDED, MUTED, CLOSED)


class Finding(db.Model):
    """
    One cause of concern. Its fingerprint names the cause: when that comes back, so does the row.

    Closed: the cause is gone. Decided: a person has settled it; it opens again where the cause
    takes another form. Muted: it stays out of sight until a time, or for ever.
    """

    __tablename__ = "finding"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    # "kind:subject", like "collector:17:raid_disk"; the subject begins with the asset's id.
    fingerprint: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    # None: of a host that is no asset.
    asset_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), index=True
    )
    # The other one, where it is about two.
    other_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="SET NULL"), index=True
    )
    hostname: Mapped[str] = mapped_column(String(255))
    # The kind of component, the field of a drift, the hypothesis of an identity.
    subject: Mapped[str | None] = mapped_column(String(128))
    # One line that says what is thought to have happened.
    message: Mapped[str] = mapped_column(Text)
    # What shows it; its shape is that of the kind.
    evidence: Mapped[dict] = mapped_column(Document, default=dict)
    # Of what makes the cause what it is: when this differs, a decided finding opens again.
    cause: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=OPEN)
    # When it was opened last, and first.
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # When its message or evidence was written last.
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # None while muted: for ever.
    muted_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index("ix_finding_status_opened_at", "status", "opened_at"),
        Index("ix_finding_kind_status", "kind", "status"),
        NEVER_AGAIN,
    )


class Decision(db.Model):
    """What a person decided about a finding, and what came of it."""

    __tablename__ = "decision"

    finding_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # Counts up within the finding.
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(255))
    decision: Mapped[str] = mapped_column(String(32))
    comment: Mapped[str | None] = mapped_column(Text)
    # The message as it stood then, and what was done: {"message": ..., "renamed": ...}
    details: Mapped[dict] = mapped_column(Document, default=dict)
