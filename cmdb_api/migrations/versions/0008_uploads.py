"""Files that wait to be imported, and all cells for which rows of an import failed.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
TIME = sa.DateTime(timezone=True)
RUN = ("import_run.id",)


def upgrade():
    op.create_table(
        "import_failures",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cells", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ("run_id",), RUN, name="fk_import_failures_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "page", name="pk_import_failures"),
    )
    op.create_table(
        "import_upload",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("owner_key", sa.String(300), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_type", sa.String(128), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("asked", DOCUMENT),
        sa.Column("run_id", BIG_ID),
        *(sa.Column("began_at", TIME), sa.Column("heard_at", TIME)),
        *(sa.Column("rows_done", sa.Integer()), sa.Column("row_count", sa.Integer())),
        sa.ForeignKeyConstraint(
            ("run_id",), RUN, name="fk_import_upload_run_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_upload"),
        sqlite_autoincrement=True,
    )
    for column in ("owner_key", "run_id"):
        op.create_index(f"ix_import_upload_{column}", "import_upload", [column])


def downgrade():
    op.drop_table("import_upload")
    op.drop_table("import_failures")
