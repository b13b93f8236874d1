"""What searches and sheets ask of an asset's components as one value: sums, names, counts."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document


class AssetFacts(db.Model):
    """The observed facts of an asset (``services.facts``); made anew where they are missing."""

    __tablename__ = "asset_facts"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # {fact: value}, without those that were not observed.
    facts: Mapped[dict] = mapped_column(Document)
    # Of the vocabulary that they were read by.
    version: Mapped[int] = mapped_column()
