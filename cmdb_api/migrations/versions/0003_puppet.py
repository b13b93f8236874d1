"""What was taken from PuppetDB.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade():
    op.create_table(
        "puppet_node",
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("certname", sa.String(255), nullable=False),
        sa.Column("producer_at", sa.DateTime(timezone=True)),
        sa.Column("digests", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name="fk_puppet_node_asset_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", "source", "certname", name="pk_puppet_node"),
    )
    op.create_index("ix_puppet_node_source_certname", "puppet_node", ["source", "certname"])


def downgrade():
    op.drop_table("puppet_node")
