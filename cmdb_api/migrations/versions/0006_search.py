"""An index from what components have in common to their assets, for searches.

Revision: 0006, after 0005.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_component_shared_id", "component", ["shared_id", "asset_id"])


def downgrade():
    op.drop_index("ix_component_shared_id", "component")
