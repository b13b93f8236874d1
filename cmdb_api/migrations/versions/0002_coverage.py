"""What masters and rosters know of hosts, and why reports were refused.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "coverage_source",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("pushed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_coverage_source"),
    )
    op.create_table(
        "coverage_host",
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("hostname_key", sa.String(255), nullable=False),
        sa.Column("hostname", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("up", sa.Boolean()),
        sa.Column("reason", sa.String(32)),
        sa.Column("detail", sa.Text()),
        sa.Column("since", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["coverage_source.name"], name="fk_coverage_host_source", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source", "hostname_key", name="pk_coverage_host"),
    )
    op.create_index("ix_coverage_host_hostname_key", "coverage_host", ["hostname_key"])
    op.create_table(
        "refusal",
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name="fk_refusal_asset_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", name="pk_refusal"),
    )


def downgrade():
    for table in ("refusal", "coverage_host", "coverage_source"):
        op.drop_table(table)
    _forget_numbers()


def _forget_numbers():
    """Leave of each kind's age what 0001 knows: its first two members."""
    status = sa.table("asset_status", sa.column("asset_id", BIG_ID), sa.column("ages", DOCUMENT))
    connection = op.get_bind()
    rows = [
        {"of_asset": row.asset_id, "ages": {kind: age[:2] for kind, age in row.ages.items()}}
        for row in connection.execute(sa.select(status))
    ]
    if rows:
        same = status.c.asset_id == sa.bindparam("of_asset")
        connection.execute(sa.update(status).where(same).values(ages=sa.bindparam("ages")), rows)
