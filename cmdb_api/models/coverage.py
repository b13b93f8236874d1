"""What others know of the fleet: Salt's keys, rosters, and why a host was refused."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import BigId, UTCDateTime

SALT, ROSTER = "salt", "roster"
KINDS = (SALT, ROSTER)
ACCEPTED, PENDING, DENIED, REJECTED = "accepted", "pending", "denied", "rejected"
# The states of a key: where a name has several, the first of them counts.
STATES = (ACCEPTED, PENDING, DENIED, REJECTED)
# That of an entry of a roster.
LISTED = "listed"


class CoverageSource(db.Model):
    """One that knows hosts (a master, a roster) and what it said last."""

    __tablename__ = "coverage_source"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    pushed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CoverageHost(db.Model):
    """What a source knows of one host; it need not be an asset."""

    __tablename__ = "coverage_host"

    source: Mapped[str] = mapped_column(
        String(255), ForeignKey("coverage_source.name", ondelete="CASCADE"), primary_key=True
    )
    # In lower case, as of an asset.
    hostname_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    # As the source spells it: Salt's names differ by case.
    hostname: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    # Whether its minion answered; None where the source did not say who did.
    up: Mapped[bool | None] = mapped_column()
    # Why it could not be collected, where the source met that.
    reason: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str | None] = mapped_column(Text)
    # When the source said so first.
    since: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_coverage_host_hostname_key", "hostname_key"),)


class Refusal(db.Model):
    """The newest refusal of a report in an asset's name: a row for each asset at most."""

    __tablename__ = "refusal"

    asset_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    why: Mapped[str] = mapped_column(Text)
