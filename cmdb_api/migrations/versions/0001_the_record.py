"""Assets, what they reported, what changed, and tokens.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID_LIST = sa.JSON().with_variant(postgresql.ARRAY(sa.Integer()), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "asset",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        _text("hostname", 255),
        _text("hostname_key", 255),
        sa.Column("key_generation", sa.Integer(), nullable=False),
        sa.Column("data_centre", sa.String(255)),
        sa.Column("rack", sa.String(255)),
        sa.Column("position", sa.String(255)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("registered_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_asset"),
        sa.UniqueConstraint("hostname_key", name="uq_asset_hostname_key"),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("name", 255),
        _text("hash", 64),
        _text("scope", 16),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("last_used_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("hash", name="uq_token_hash"),
    )
    _create_reported()
    _create_components()
    op.create_table(
        "change",
        *_of_asset("change", sa.Column("seq", BIG_ID, autoincrement=False, nullable=False)),
        sa.Column("at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        _text("hostname", 255),
        sa.Column("report_id", sa.String(64)),
        sa.Column("actor", sa.String(255)),
        _text("kind", 64),
        _text("place", 1024),
        _text("action", 16),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("before", DOCUMENT),
        sa.Column("after", DOCUMENT),
        sa.Column("item_count", sa.Integer()),
    )
    op.create_index("ix_change_at", "change", ["at"])
    op.create_index("ix_change_kind_at", "change", ["kind", "at"])


def _create_reported():
    op.create_table(
        "asset_status",
        *_of_asset("asset_status"),
        sa.Column("reported_at", TIME),
        sa.Column("received_at", TIME),
        sa.Column("report_id", sa.String(64)),
        sa.Column("via", sa.String(32)),
        sa.Column("version", sa.String(64)),
        sa.Column("clock_skew_ms", BIG_ID),
        sa.Column("identity", DOCUMENT),
        sa.Column("ages", DOCUMENT, nullable=False),
        sa.Column("items_at", TIME),
        sa.Column("volatile", DOCUMENT, nullable=False),
        sa.Column("quarantine", DOCUMENT),
        sa.Column("problems", DOCUMENT),
        sa.Column("recent", DOCUMENT, nullable=False),
        sa.Column("seq", BIG_ID),
        sa.Column("change_count", BIG_ID, nullable=False),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "section",
        *_of_asset("section", _text("kind", 64)),
        _text("status", 16),
        sa.Column("reason", sa.Text()),
        sa.Column("traceback", sa.Text()),
        sa.Column("digest", sa.String(64)),
        sa.Column("key", DOCUMENT),
        sa.Column("serial", sa.String(64)),
        sa.Column("fields", DOCUMENT),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("bulk_ids", ID_LIST),
        sa.Column("problems", DOCUMENT),
        sa.Column("quarantine", DOCUMENT),
    )
    op.create_index("ix_section_kind_status", "section", ["kind", "status"])
    if op.get_context().dialect.name == "postgresql":
        op.create_index("ix_section_bulk_ids", "section", ["bulk_ids"], postgresql_using="gin")


def _create_components():
    op.create_table(
        "component",
        *_of_asset("component", _text("kind", 64), _text("place", 1024)),
        sa.Column("serial", sa.String(255)),
        sa.Column("data", DOCUMENT, nullable=False),
    )
    op.create_index("ix_component_serial", "component", ["serial"])
    op.create_table(
        "component_address",
        *_of_asset(
            "component_address", _text("address", 64), _text("kind", 64), _text("place", 1024)
        ),
    )
    op.create_index("ix_component_address_address", "component_address", ["address"])
    op.create_table(
        "bulk_item",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        _text("kind", 64),
        _text("hash", 64),
        _text("place", 1024),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_item"),
    )
    op.create_index("uq_bulk_item_kind_hash", "bulk_item", ["kind", "hash"], unique=True)
    op.create_index("ix_bulk_item_kind_place", "bulk_item", ["kind", "place"])


def _text(name, length):
    return sa.Column(name, sa.String(length), nullable=False)


def _of_asset(table, *key):
    """Return the first columns and the keys of a table whose rows belong to an asset."""
    foreign = f"fk_{table}_asset_id"
    return (
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        *key,
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=foreign, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", *(column.name for column in key), name=f"pk_{table}"),
    )


def downgrade():
    for table in (
        *("change", "bulk_item", "component_address", "component"),
        *("section", "asset_status", "token", "asset"),
    ):
        op.drop_table(table)
