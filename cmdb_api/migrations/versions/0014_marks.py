"""Marks are found by time, beside changes that are ten times as many.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INDEX, TABLE = "ix_change_marked_at", "change"
MARKED = sa.text("likeness IS NULL")


def upgrade():
    op.create_index(INDEX, TABLE, ["at"], postgresql_where=MARKED, sqlite_where=MARKED)


def downgrade():
    op.drop_index(INDEX, TABLE)
