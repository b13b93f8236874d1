"""Edits of many assets: what is to change, how far the work is, and what became of each."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import NEVER_AGAIN, BigId, Document, UTCDateTime, now

CHANGED, SAME, REFUSED, GONE = "changed", "same", "refused", "gone"
OUTCOMES = (CHANGED, SAME, REFUSED, GONE)


class BulkEdit(db.Model):
    """One edit of many assets: it waits to be confirmed, is worked on, or has ended."""

    __tablename__ = "bulk_edit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    actor: Mapped[str] = mapped_column(String(255))
    # Which one that is, as others may have the name: nobody else can do it.
    owner_key: Mapped[str] = mapped_column(String(300))
    # The form as it was filled in: {field: [texts]}.
    asked: Mapped[dict] = mapped_column(Document)
    # The ids of the assets that are meant, by name.
    assets: Mapped[list] = mapped_column(Document)
    asset_count: Mapped[int] = mapped_column()
    # How many of them are done, and what became of these.
    done_count: Mapped[int] = mapped_column(default=0)
    changed_count: Mapped[int] = mapped_column(default=0)
    same_count: Mapped[int] = mapped_column(default=0)
    refused_count: Mapped[int] = mapped_column(default=0)
    gone_count: Mapped[int] = mapped_column(default=0)
    # Since when it is worked on, when that was last heard of, and when all was done.
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Whether somebody wants the work to stop.
    is_stopped: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_bulk_edit_at", "at"), NEVER_AGAIN)


class BulkEditOutcome(db.Model):
    """What became of one asset: it was changed, or refused and why."""

    __tablename__ = "bulk_edit_outcome"

    edit_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("bulk_edit.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    # No reference: the asset may be removed later.
    asset_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hostname: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(16))
    why: Mapped[str | None] = mapped_column(Text)
