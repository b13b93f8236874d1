"""One recorded difference. Names are kept as text, so history outlives what it tells of."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, func, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.component import BulkItem, kept
from cmdb_api.models.types import BigId, Document, ReportId, UTCDateTime, now

BASELINE, REKEYED, RESET = "baseline", "rekeyed", "reset"
ADDED, REMOVED, CHANGED, REPLACED = "added", "removed", "changed", "replaced"
# Marks stand for a whole kind, and are no change of a component.
MARKS = (BASELINE, REKEYED, RESET)
ACTIONS = (*MARKS, ADDED, REMOVED, CHANGED, REPLACED)


_EDITED = text("actor IS NOT NULL")
# Marks alone have no likeness.
_MARKED = text("likeness IS NULL")


class Change(db.Model):
    """
    A component's change, or a mark.

    A baseline mark tells of a kind's first state, or of fields never seen before in it. A rekeyed
    mark tells that a kind's items are named by other fields now: ``before`` and ``after`` hold the
    key, ``after["places"]`` the new place of each item whose place is another: {old: new}. A reset
    mark tells that another machine bears the name from here on: ``before["items"]`` holds what the
    machine before it had, {place: item}.
    """

    __tablename__ = "change"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # Counts up within the asset.
    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    # When it was collected, as the API reckons it; for a person's edit when it was made.
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    hostname: Mapped[str] = mapped_column(String(255))
    # One of the two: the report it came with, or who made it.
    report_id: Mapped[str | None] = mapped_column(ReportId)
    actor: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(64))
    # "" for a mark, which stands for the whole kind.
    place: Mapped[str] = mapped_column(String(1024), default="")
    action: Mapped[str] = mapped_column(String(16))
    # ``fields``, unless they are those of a BulkItem.
    own_fields: Mapped[list] = mapped_column("fields", Document)
    fields_id: Mapped[int | None] = mapped_column()
    # The whole item before and after, not the differing fields only.
    before: Mapped[dict | None] = mapped_column(Document)
    after: Mapped[dict | None] = mapped_column(Document)
    # Equal for the same change of the same place on any asset: services.likeness. Of a mark None,
    # but for a baseline of fields that came later than their kind.
    likeness: Mapped[int | None] = mapped_column(BigInteger)
    # Of a mark: how many items the kind had.
    item_count: Mapped[int | None] = mapped_column()

    __table_args__ = (
        Index("ix_change_at", "at"),
        Index("ix_change_kind_at", "kind", "at"),
        Index("ix_change_edited_at", "at", postgresql_where=_EDITED, sqlite_where=_EDITED),
        Index("ix_change_marked_at", "at", postgresql_where=_MARKED, sqlite_where=_MARKED),
    )

    @hybrid_property
    def fields(self):
        """The fields that differ; for a baseline mark those first seen with it."""
        return self.own_fields if self.fields_id is None else self.listed

    @fields.inplace.setter
    def _set_fields(self, value):
        self.own_fields = value

    @fields.inplace.expression
    @classmethod
    def _fields(cls):
        return func.coalesce(cls.listed, cls.own_fields, type_=Document)


Change.listed = kept(BulkItem, BulkItem.data, Change.fields_id)
