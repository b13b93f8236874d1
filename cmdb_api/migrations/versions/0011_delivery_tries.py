"""The log of deliveries: each post to a webhook of late.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "delivery_try",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("subscription_id", BIG_ID, nullable=False),
        sa.Column("outbox_id", BIG_ID),
        sa.Column("asset_id", BIG_ID),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("hostname", sa.String(255)),
        sa.Column("kind", sa.String(64)),
        sa.Column("place", sa.String(1024)),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("status_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ("subscription_id",),
            ("subscription.id",),
            name="fk_delivery_try_subscription_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_try"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_try_outcome", "delivery_try", ["subscription_id", "outcome", "id"])
    op.create_index("ix_delivery_try_at", "delivery_try", ["at"])


def downgrade():
    op.drop_table("delivery_try")
