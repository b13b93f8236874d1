"""Edits of many assets: how far each is, and what became of it.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
TIME = sa.DateTime(timezone=True)
COUNTS = ("asset", "done", "changed", "same", "refused", "gone")


def upgrade():
    op.create_table(
        "bulk_edit",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("owner_key", sa.String(300), nullable=False),
        sa.Column("asked", DOCUMENT, nullable=False),
        sa.Column("assets", DOCUMENT, nullable=False),
        *(sa.Column(f"{name}_count", sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(f"{name}_at", TIME) for name in ("began", "heard", "ended")),
        sa.Column("is_stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_edit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bulk_edit_at", "bulk_edit", ["at"])
    op.create_table(
        "bulk_edit_outcome",
        sa.Column("edit_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("hostname", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("why", sa.Text()),
        sa.ForeignKeyConstraint(
            ("edit_id",),
            ("bulk_edit.id",),
            name="fk_bulk_edit_outcome_edit_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("edit_id", "asset_id", name="pk_bulk_edit_outcome"),
    )


def downgrade():
    op.drop_table("bulk_edit_outcome")
    op.drop_table("bulk_edit")
