"""What searches and sheets ask of an asset's components as one value: sums, names, counts."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document

_FAULTY = text("fault_count > 0")


class AssetFacts(db.Model):
    """
    The observed facts of an asset (``services.facts``).

    Every asset that has components has a row; one of an older vocabulary is to be made anew.
    """

    __tablename__ = "asset_facts"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # {fact: value}, without those that were not observed.
    facts: Mapped[dict] = mapped_column(Document)
    # Of the vocabulary that they were read by; 0: they are yet to be read.
    version: Mapped[int] = mapped_column(index=True)
    # How much of the hardware fails: what the facts of ``services.facts.FAULTS`` list.
    fault_count: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        Index(
            *("ix_asset_facts_faulty", "asset_id"),
            postgresql_where=_FAULTY,
            sqlite_where=_FAULTY,
        ),
    )
