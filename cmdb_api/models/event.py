"""What others are told of: subscriptions, the outbox, and what waits to be delivered."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import NEVER_AGAIN, BigId, Document, UTCDateTime, now

WEBHOOK, STREAM = "webhook", "stream"
TYPES = (WEBHOOK, STREAM)
PENDING, DEAD = "pending", "dead"


class Subscription(db.Model):
    """Who is told of changes: a webhook, or a stream that its reader takes from."""

    __tablename__ = "subscription"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(16))
    # Of a webhook: where it is posted to, and what signs it.
    url: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(String(255))
    # The one before it, which signs as well until then.
    old_secret: Mapped[str | None] = mapped_column(String(255))
    old_secret_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Of whose changes: a search of assets, kinds, actions; None: all.
    query: Mapped[str | None] = mapped_column(Text)
    kinds: Mapped[list | None] = mapped_column(Document)
    actions: Mapped[list | None] = mapped_column(Document)
    enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    created_by: Mapped[str | None] = mapped_column(String(255))
    # How the receiver fares: since when it fails, how often in a row, and when it is tried again.
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivered_count: Mapped[int] = mapped_column(BigId, default=0)
    # Events that waited longer than they are kept.
    expired_count: Mapped[int] = mapped_column(BigId, default=0)
    # Which worker delivers now, and until when nobody else does.
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Outbox(db.Model):
    """A change that subscribers may have to be told of, written in the change's transaction."""

    __tablename__ = "outbox"

    # In order within an asset: its row is locked. Between assets commits come out of order.
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    # No reference: what is told of may be removed meanwhile.
    asset_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # The whole of what is told.
    event: Mapped[dict] = mapped_column(Document)
    # Whether it was handed out to the subscriptions; then it stays while one of them waits.
    handed_out: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_outbox_handed_out", "handed_out", "id"), NEVER_AGAIN)


class Delivery(db.Model):
    """One event on its way to one subscription; gone when it was delivered."""

    __tablename__ = "delivery"

    subscription_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("subscription.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    outbox_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    asset_id: Mapped[int] = mapped_column(BigId)
    # PENDING, or DEAD: given up, until somebody sends it again.
    status: Mapped[str] = mapped_column(String(16), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    # Not before; None: at once.
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When it failed first.
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_delivery_outbox_id", "outbox_id"),
        Index("ix_delivery_asset_id", "subscription_id", "asset_id", "outbox_id"),
        Index("ix_delivery_status", "subscription_id", "status", "outbox_id"),
    )


class DeliveryTry(db.Model):
    """One post of an event to a webhook, and what came of it; kept for a while."""

    __tablename__ = "delivery_try"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    subscription_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subscription.id", ondelete="CASCADE")
    )
    # No references: the event is gone once it was delivered, and the asset may be. None: a test.
    outbox_id: Mapped[int | None] = mapped_column(BigId)
    asset_id: Mapped[int | None] = mapped_column(BigId)
    # The event as the receiver was told of it.
    event_id: Mapped[str] = mapped_column(String(64))
    hostname: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[str | None] = mapped_column(String(64))
    place: Mapped[str | None] = mapped_column(String(1024))
    action: Mapped[str] = mapped_column(String(16))
    # When it ended, and how long it took.
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    duration_ms: Mapped[int] = mapped_column()
    # Counts the tries of an event from 1, anew where people send it again.
    attempt: Mapped[int] = mapped_column()
    # One of services.events.outcomes.
    outcome: Mapped[str] = mapped_column(String(16))
    # Of the answer; None: there was none.
    status_code: Mapped[int | None] = mapped_column()
    # What was wrong; None where it was delivered.
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_delivery_try_outcome", "subscription_id", "outcome", "id"),
        Index("ix_delivery_try_at", "at"),
        NEVER_AGAIN,
    )
