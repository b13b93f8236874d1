"""Imports of sheets, and how the columns of a sheet were taken."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import NEVER_AGAIN, BigId, Document, UTCDateTime, now


class ImportRun(db.Model):
    """One import, or a dry run of one."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    actor: Mapped[str] = mapped_column(String(255))
    # Which one that is, as others may have the name: "account:3", "token:7".
    owner_key: Mapped[str] = mapped_column(String(300))
    file_name: Mapped[str | None] = mapped_column(Text)
    dry_run: Mapped[bool] = mapped_column()
    # The answer: counts, the mapping, the first of what changed and failed.
    result: Mapped[dict] = mapped_column(Document)
    # The file of failed rows, in the format of the file that came; None: none failed.
    failed: Mapped[bytes | None] = mapped_column(LargeBinary)
    failed_type: Mapped[str | None] = mapped_column(String(128))

    __table_args__ = (Index("ix_import_run_at", "at"), NEVER_AGAIN)


class ImportMapping(db.Model):
    """Which column of a sheet is which field, under a name."""

    __tablename__ = "import_mapping"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(255), unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    # {heading: field, or None for a column that is left out}
    columns: Mapped[dict] = mapped_column(Document)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
