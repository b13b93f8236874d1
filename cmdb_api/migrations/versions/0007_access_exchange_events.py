"""Accounts, sessions, the audit log, saved searches, facts, imports, subscriptions and the outbox.

Revision: 0007, after 0006. Tokens that were there are those of programs, and stay.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
TIME = sa.DateTime(timezone=True)
HAS_SERIAL = sa.text("serial IS NOT NULL")


def upgrade():
    _create_access()
    _create_exchange()
    _create_events()
    _index_lists("bulk_list_id", "asset_id")
    # Patterns are looked up by it in any locale.
    op.drop_index("ix_component_serial", "component")
    op.create_index(
        "ix_component_serial",
        "component",
        ["serial"],
        postgresql_ops={"serial": "text_pattern_ops"},
        postgresql_where=HAS_SERIAL,
        sqlite_where=HAS_SERIAL,
    )


def _index_lists(*columns):
    """Index the lists of sections by these columns."""
    listed = sa.text("bulk_list_id IS NOT NULL")
    op.drop_index("ix_section_bulk_list_id", "section")
    where = {"postgresql_where": listed, "sqlite_where": listed}
    op.create_index("ix_section_bulk_list_id", "section", list(columns), **where)


def downgrade():
    _index_lists("bulk_list_id")
    op.drop_index("ix_component_serial", "component")
    op.create_index("ix_component_serial", "component", ["serial"])
    for table in (
        *("delivery", "outbox", "subscription", "import_mapping", "import_run", "asset_facts"),
        *("saved_query", "audit", "token_business_unit", "account_business_unit"),
    ):
        op.drop_table(table)
    # Sessions can't be told from tokens of programs any more.
    op.execute("DELETE FROM token WHERE kind = 'session'")
    with op.batch_alter_table("token") as batch:
        batch.drop_constraint("fk_token_account_id", type_="foreignkey")
        batch.drop_index("ix_token_account_id")
        for name in ("created_by", "limited", "account_id", "kind"):
            batch.drop_column(name)
    op.drop_table("account")


def _create_access():
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *(_text("name", 255), _text("name_key", 255)),
        *(_text(name, 255, null=True) for name in ("full_name", "email", "password_hash")),
        _text("role", 16),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("limited", "enabled")),
        _text("oidc_subject", 512, null=True),
        *_versioned(),
        *(sa.Column(name, TIME) for name in ("password_at", "last_login_at")),
        *_keys("account", unique=("name_key", "oidc_subject")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("token") as batch:
        kind = sa.Column("kind", sa.String(16), nullable=False, server_default="program")
        limited = sa.Column("limited", sa.Boolean(), nullable=False, server_default=sa.false())
        batch.add_column(kind)
        batch.add_column(sa.Column("account_id", sa.Integer()))
        batch.add_column(limited)
        batch.add_column(sa.Column("created_by", sa.String(255)))
        batch.create_index("ix_token_account_id", ["account_id"])
        batch.create_foreign_key(
            "fk_token_account_id", "account", ["account_id"], ["id"], ondelete="CASCADE"
        )
    with op.batch_alter_table("token") as batch:
        for name in ("kind", "limited"):
            batch.alter_column(name, server_default=None)
    for owner in ("account", "token"):
        _create_units(owner)
    op.create_table(
        "saved_query",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        *(_text("name", 255), _text("name_key", 600)),
        *(_text("owner", 255), _text("owner_key", 300)),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("query", sa.Text(), nullable=False),
        _text("sort", 255, null=True),
        sa.Column("columns", sa.Text()),
        *_versioned(),
        *_keys("saved_query", unique=("name_key",)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_query_owner_key", "saved_query", ["owner_key"])
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        _text("actor", 255, null=True),
        *(sa.Column(name, sa.Integer()) for name in ("account_id", "token_id")),
        *(_text("address", 64, null=True), _text("action", 32)),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        _text("subject", 255, null=True),
        sa.Column("details", DOCUMENT),
        *_keys("audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_action_subject_at", "audit", ["action", "subject", "at"])
    op.create_index("ix_audit_action_address_at", "audit", ["action", "address", "at"])


def _create_units(owner):
    table = f"{owner}_business_unit"
    op.create_table(
        table,
        sa.Column(f"{owner}_id", sa.Integer(), nullable=False),
        sa.Column("business_unit_id", BIG_ID, nullable=False),
        _reference(table, owner),
        _reference(table, "business_unit", ondelete=None),
        *_keys(table, f"{owner}_id", "business_unit_id"),
    )


def _create_exchange():
    op.create_table(
        "asset_facts",
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _reference("asset_facts", "asset"),
        *_keys("asset_facts", "asset_id"),
    )
    op.create_index("ix_asset_facts_version", "asset_facts", ["version"])
    # What is of no known version is made anew by what runs beside the API.
    op.execute(
        "INSERT INTO asset_facts (asset_id, facts, version) "
        "SELECT asset_id, '{}', 0 FROM asset_status"
    )
    op.create_table(
        "import_run",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        *(_text("actor", 255), _text("owner_key", 300)),
        sa.Column("file_name", sa.Text()),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("result", DOCUMENT, nullable=False),
        sa.Column("failed", sa.LargeBinary()),
        _text("failed_type", 128, null=True),
        *_keys("import_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_run_at", "import_run", ["at"])
    op.create_table(
        "import_mapping",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        *(_text("name", 255), _text("name_key", 255)),
        sa.Column("description", sa.Text()),
        sa.Column("columns", DOCUMENT, nullable=False),
        *_versioned(),
        *_keys("import_mapping", unique=("name_key",)),
        sqlite_autoincrement=True,
    )


def _create_events():
    op.create_table(
        "subscription",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        *(_text("name", 255), _text("name_key", 255), _text("type", 16)),
        sa.Column("url", sa.Text()),
        _text("secret", 255, null=True),
        _text("old_secret", 255, null=True),
        sa.Column("old_secret_until", TIME),
        sa.Column("query", sa.Text()),
        *(sa.Column(name, DOCUMENT) for name in ("kinds", "actions")),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_versioned(),
        _text("created_by", 255, null=True),
        sa.Column("failing_since", TIME),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("last_error", sa.Text()),
        sa.Column("delivered_at", TIME),
        *(sa.Column(f"{what}_count", BIG_ID, nullable=False) for what in ("delivered", "expired")),
        _text("claimed_by", 64, null=True),
        sa.Column("claimed_until", TIME),
        *_keys("subscription", unique=("name_key",)),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("asset_id", BIG_ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("event", DOCUMENT, nullable=False),
        sa.Column("handed_out", sa.Boolean(), nullable=False),
        *_keys("outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_handed_out", "outbox", ["handed_out", "id"])
    op.create_table(
        "delivery",
        *(
            sa.Column(name, BIG_ID, autoincrement=False, nullable=False)
            for name in ("subscription_id", "outbox_id")
        ),
        sa.Column("asset_id", BIG_ID, nullable=False),
        _text("status", 16),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *(sa.Column(name, TIME) for name in ("next_at", "failed_at")),
        sa.Column("error", sa.Text()),
        _reference("delivery", "subscription"),
        _reference("delivery", "outbox"),
        *_keys("delivery", "subscription_id", "outbox_id"),
    )
    op.create_index("ix_delivery_outbox_id", "delivery", ["outbox_id"])
    for name, column in (("asset_id", "asset_id"), ("status", "status")):
        op.create_index(f"ix_delivery_{name}", "delivery", ["subscription_id", column, "outbox_id"])


def _text(name, longest, null=False):
    return sa.Column(name, sa.String(longest), nullable=null)


def _versioned():
    """Return the columns of what people edit."""
    yield sa.Column("version", sa.Integer(), nullable=False)
    for name in ("created_at", "updated_at"):
        yield sa.Column(name, TIME, nullable=False)


def _reference(table, other, *, ondelete="CASCADE"):
    name = f"fk_{table}_{other}_id"
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name, ondelete=ondelete)


def _keys(table, *columns, unique=()):
    yield sa.PrimaryKeyConstraint(*(columns or ("id",)), name=f"pk_{table}")
    for name in unique:
        yield sa.UniqueConstraint(name, name=f"uq_{table}_{name}")
