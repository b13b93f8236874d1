"""Imports of sheets, and how the columns of a sheet were taken."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
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


class ImportFailures(db.Model):
    """Cells for which rows of a run failed, some on each page."""

    __tablename__ = "import_failures"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True
    )
    page: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list] = mapped_column(Document)


class ImportUpload(db.Model):
    """A file that waits to be imported, and how far the work on it is."""

    __tablename__ = "import_upload"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # Whose it is, as of ImportRun: nobody else sees it.
    owner_key: Mapped[str] = mapped_column(String(300))
    file_name: Mapped[str] = mapped_column(Text)
    file_type: Mapped[str] = mapped_column(String(128))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    size_bytes: Mapped[int] = mapped_column()
    # How it is to be imported, as was last chosen; None: not yet.
    asked: Mapped[dict | None] = mapped_column(Document)
    # What became of it last.
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("import_run.id", ondelete="SET NULL"), index=True
    )
    # Since when it is worked on, when that was last heard of, and how many rows are done.
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rows_done: Mapped[int | None] = mapped_column()
    row_count: Mapped[int | None] = mapped_column()

    __table_args__ = (Index("ix_import_upload_owner_key", "owner_key"), NEVER_AGAIN)


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
