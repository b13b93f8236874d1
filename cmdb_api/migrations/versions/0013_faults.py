"""How much of its hardware fails is kept with each asset's facts.

Revision: 0013, after 0012. The worker counts it as it makes the facts anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE, COLUMN, INDEX = "asset_facts", "fault_count", "ix_asset_facts_faulty"
FAULTY = sa.text("fault_count > 0")


def upgrade():
    op.add_column(TABLE, sa.Column(COLUMN, sa.Integer(), nullable=False, server_default="0"))
    op.create_index(INDEX, TABLE, ["asset_id"], postgresql_where=FAULTY, sqlite_where=FAULTY)


def downgrade():
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, COLUMN)
