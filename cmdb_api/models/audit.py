"""Who did what by the API: writes, exports, logins, and what was refused of these."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document, UTCDateTime, now


class AuditEntry(db.Model):
    """One deed. Names are kept as text, so it outlives what it tells of."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # The name of the account or token; None: nobody who is known.
    actor: Mapped[str | None] = mapped_column(String(255))
    account_id: Mapped[int | None] = mapped_column()
    token_id: Mapped[int | None] = mapped_column()
    # Where the request came from; None: the command line.
    address: Mapped[str | None] = mapped_column(String(64))
    # write, export, login, login_failed, logout, refused
    action: Mapped[str] = mapped_column(String(32))
    # The method and the path, or the command: "PATCH /api/v1/assets/web01".
    what: Mapped[str] = mapped_column(Text)
    # The HTTP status of the answer.
    status: Mapped[int | None] = mapped_column()
    # Of a login the name that was given, in lower case; of an export what was exported.
    subject: Mapped[str | None] = mapped_column(String(255))
    # What more is to be told: {"fields": [...]}, {"rows": 5000}; never a password or a token.
    details: Mapped[dict | None] = mapped_column(Document)

    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_action_subject_at", "action", "subject", "at"),
        Index("ix_audit_action_address_at", "action", "address", "at"),
    )
