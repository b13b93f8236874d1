"""What was taken from which PuppetDB: nodes whose facts have not moved are not asked again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, Document, UTCDateTime


class PuppetNode(db.Model):
    """A node's newest facts that were settled, and which asset they told of."""

    __tablename__ = "puppet_node"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # PuppetDB's address.
    source: Mapped[str] = mapped_column(String(255), primary_key=True)
    certname: Mapped[str] = mapped_column(String(255), primary_key=True)
    # When the facts were made, by the clock of the master that stored them; None: the node counts
    # no more in PuppetDB.
    producer_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # {kind: digest} of the sections that facts told: what is stored under another is a collector's.
    digests: Mapped[dict] = mapped_column(Document, default=dict)

    __table_args__ = (Index("ix_puppet_node_source_certname", "source", "certname"),)
