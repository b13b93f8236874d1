"""Saved searches of any list.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


def upgrade():
    of_list = sa.Column("list", sa.String(32), nullable=False, server_default="assets")
    op.add_column("saved_query", of_list)
    op.add_column("saved_query", sa.Column("filters", DOCUMENT))


def downgrade():
    # Searches of other lists would be taken for those of assets.
    op.execute("DELETE FROM saved_query WHERE list != 'assets'")
    with op.batch_alter_table("saved_query") as table:
        table.drop_column("filters")
        table.drop_column("list")
