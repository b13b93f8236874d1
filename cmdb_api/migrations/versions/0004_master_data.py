"""Master data, life cycle, other names, findings, evidence of identity, stays of parts.

Revision: 0004, after 0003. What was typed as data centre and rack becomes rows; a position that
names no unit, or one that is taken, is kept in the asset's comment.
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
# SQLite shall not give an id again once its row is gone.
NEVER_AGAIN = {"table_kwargs": {"sqlite_autoincrement": True}}

FIRST_TYPES = ("Server", "VM", "Network device", "Other")
REFERENCES = (
    *("asset_type", "data_centre", "room", "rack"),
    *("environment", "business_unit", "supplier"),
)
LINKS = ("service", "contact", "tag")
# Where a rack stood that was typed without a data centre.
NOWHERE = "Unknown"
HEIGHT_U = 42


def upgrade():
    _create_master_data()
    _create_of_assets()
    _create_findings()
    _add_columns()
    _fill()
    with op.batch_alter_table("asset", **NEVER_AGAIN) as batch:
        for name in ("data_centre", "rack", "position"):
            batch.drop_column(name)


def downgrade():
    asset = _asset("short_key", *_OLD)
    with op.batch_alter_table("asset") as batch:
        for name in _OLD:
            batch.add_column(sa.Column(name, sa.String(255)))
    _write_places_back(asset)
    with op.batch_alter_table("asset") as batch:
        for name in REFERENCES:
            batch.drop_constraint(f"fk_asset_{name}_id", type_="foreignkey")
        for name in _INDEXED:
            batch.drop_index(f"ix_asset_{name}")
        for column in _new_columns():
            batch.drop_column(column.name)
        for name in REFERENCES:
            batch.drop_column(f"{name}_id")
    op.drop_index("ix_change_edited_at", "change")
    for table, name in (
        *(("asset_status", "causes"), ("change", "likeness")),
        *(("component", "since"), ("section", "first_at")),
    ):
        op.drop_column(table, name)
    for table in (
        *("decision", "finding", "placement", "identity_evidence", "asset_alias", "retention"),
        "key_generation",
        *(f"asset_{name}" for name in LINKS),
        *("master_change", "rack", "room", "service", "data_centre", "environment"),
        *("business_unit", "contact", "supplier", "asset_type", "tag"),
    ):
        op.drop_table(table)


_OLD = ("data_centre", "rack", "position")
_INDEXED = ("short_key", "state", "inventory_number", *(f"{name}_id" for name in REFERENCES))


def _create_master_data():
    text, phone = sa.String(255), sa.String(64)
    _create_named("data_centre", sa.Column("address", sa.String(1024)))
    _create_named("room", *_reference("room", "data_centre", nullable=False))
    _create_named(
        "rack",
        *_reference("rack", "data_centre", nullable=False),
        *_reference("rack", "room"),
        sa.Column("height_u", sa.Integer(), nullable=False),
    )
    _create_named("environment")
    _create_named("business_unit")
    _create_named("service", *_reference("service", "business_unit"))
    for name in ("contact", "supplier"):
        _create_named(name, sa.Column("email", text), sa.Column("phone", phone))
    _create_named("asset_type")
    _create_named("tag")
    for table, name in (
        *(("room", "data_centre"), ("rack", "data_centre"), ("rack", "room")),
        ("service", "business_unit"),
    ):
        op.create_index(f"ix_{table}_{name}_id", table, [f"{name}_id"])
    op.create_table(
        "master_change",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        _text("actor", 255),
        _text("resource", 32),
        sa.Column("resource_id", BIG_ID, nullable=False),
        _text("name", 255),
        _text("action", 16),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("before", DOCUMENT),
        sa.Column("after", DOCUMENT),
        sa.PrimaryKeyConstraint("id", name="pk_master_change"),
    )
    op.create_index("ix_master_change_at", "master_change", ["at"])


def _create_named(table, *columns):
    op.create_table(
        table,
        *columns,
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        _text("name", 255),
        _text("name_key", 320),
        sa.Column("description", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("name_key", name=f"uq_{table}_name_key"),
        sqlite_autoincrement=True,
    )


def _reference(table, other, *, nullable=True):
    """Return a column that refers to another table, and its constraint."""
    column = sa.Column(f"{other}_id", BIG_ID, nullable=nullable)
    name = f"fk_{table}_{other}_id"
    return column, sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name)


def _create_of_assets():
    op.create_table(
        "asset_alias",
        _text("alias_key", 255),
        sa.Column("asset_id", BIG_ID, nullable=False),
        _text("alias", 255),
        sa.Column("created_at", TIME, nullable=False),
        _text("actor", 255),
        _of_asset("asset_alias"),
        sa.PrimaryKeyConstraint("alias_key", name="pk_asset_alias"),
    )
    op.create_index("ix_asset_alias_asset_id", "asset_alias", ["asset_id"])
    for name in LINKS:
        table = f"asset_{name}"
        op.create_table(
            table,
            sa.Column("asset_id", BIG_ID, nullable=False),
            *_reference(table, name, nullable=False),
            _of_asset(table),
            sa.PrimaryKeyConstraint("asset_id", f"{name}_id", name=f"pk_{table}"),
        )
        op.create_index(f"ix_{table}_{name}_id", table, [f"{name}_id"])
    op.create_table(
        "identity_evidence",
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        _text("type", 16),
        _text("value", 128),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME),
        _of_asset("identity_evidence"),
        sa.PrimaryKeyConstraint("asset_id", "type", "value", name="pk_identity_evidence"),
    )
    op.create_index(
        "ix_identity_evidence_value", "identity_evidence", ["value"], postgresql_using="hash"
    )
    op.create_table(
        "placement",
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        _text("kind", 64),
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        _text("place", 1024),
        _text("serial", 255),
        sa.Column("vendor", sa.String(255)),
        sa.Column("model", sa.String(255)),
        sa.Column("since", TIME),
        sa.Column("until", TIME, nullable=False),
        _of_asset("placement"),
        sa.PrimaryKeyConstraint("asset_id", "kind", "seq", "place", name="pk_placement"),
    )
    op.create_index("ix_placement_serial", "placement", ["serial"])
    op.create_table(
        "retention",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, TIME, nullable=False) for name in ("pruned_before", "pruned_at")),
        sa.PrimaryKeyConstraint("id", name="pk_retention"),
    )
    op.create_table(
        "key_generation",
        _text("name_key", 255),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name_key", name="pk_key_generation"),
    )


def _create_findings():
    op.create_table(
        "finding",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        _text("fingerprint", 160),
        _text("kind", 32),
        sa.Column("asset_id", BIG_ID),
        sa.Column("other_id", BIG_ID),
        _text("hostname", 255),
        sa.Column("subject", sa.String(128)),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("evidence", DOCUMENT, nullable=False),
        _text("cause", 64),
        _text("status", 16),
        *(sa.Column(name, TIME, nullable=False) for name in ("opened_at", "first_at", "seen_at")),
        *(sa.Column(name, TIME) for name in ("closed_at", "muted_until")),
        _of_asset("finding"),
        sa.ForeignKeyConstraint(
            ["other_id"], ["asset.id"], name="fk_finding_other_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
        sa.UniqueConstraint("fingerprint", name="uq_finding_fingerprint"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_finding_asset_id", "finding", ["asset_id"])
    op.create_index("ix_finding_other_id", "finding", ["other_id"])
    op.create_index("ix_finding_status_opened_at", "finding", ["status", "opened_at"])
    op.create_index("ix_finding_kind_status", "finding", ["kind", "status"])
    op.create_table(
        "decision",
        sa.Column("finding_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        _text("actor", 255),
        _text("decision", 32),
        sa.Column("comment", sa.Text()),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name="fk_decision_finding_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("finding_id", "seq", name="pk_decision"),
    )


def _add_columns():
    with op.batch_alter_table("asset", **NEVER_AGAIN) as batch:
        for column in _new_columns():
            batch.add_column(column)
        for name in REFERENCES:
            batch.add_column(sa.Column(f"{name}_id", BIG_ID))
    with op.batch_alter_table("asset", **NEVER_AGAIN) as batch:
        for name in REFERENCES:
            batch.create_foreign_key(f"fk_asset_{name}_id", name, [f"{name}_id"], ["id"])
        for name in _INDEXED:
            batch.create_index(f"ix_asset_{name}", [name])
        for name in ("short_key", "version", "state", "standing"):
            batch.alter_column(name, server_default=None)
    op.add_column(
        "asset_status", sa.Column("causes", DOCUMENT, nullable=False, server_default="{}")
    )
    op.add_column("change", sa.Column("likeness", sa.BigInteger()))
    edited = sa.text("actor IS NOT NULL")
    op.create_index(
        "ix_change_edited_at", "change", ["at"], postgresql_where=edited, sqlite_where=edited
    )
    op.add_column("component", sa.Column("since", TIME))
    op.add_column("section", sa.Column("first_at", TIME))


def _new_columns():
    return (
        sa.Column("short_key", sa.String(255), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("state", sa.String(16), nullable=False, server_default="online"),
        sa.Column("state_at", TIME),
        sa.Column("standing", sa.String(16), nullable=False, server_default="accepted"),
        sa.Column("position_u", sa.Integer()),
        sa.Column("height_u", sa.Integer()),
        sa.Column("purchased_on", sa.Date()),
        sa.Column("warranty_until", sa.Date()),
        sa.Column("inventory_number", sa.String(255)),
        sa.Column("comment", sa.Text()),
        sa.Column("expected", DOCUMENT),
        sa.Column("registration_seq", BIG_ID),
    )


def _fill():
    connection = op.get_bind()
    for name in FIRST_TYPES:
        _insert(connection, "asset_type", name, name.lower())
    asset = _asset("short_key", "standing", "registered_at", *_OLD)
    places = _Places(connection)
    rows = []
    for row in connection.execute(sa.select(asset).order_by(asset.c.hostname_key)).all():
        standing = "accepted" if row.registered_at is None else "registered"
        values = {"short_key": row.hostname_key.partition(".")[0], "standing": standing}
        rows.append(values | places.of(row) | {"of_asset": row.id})
    if rows:
        names = [name for name in rows[0] if name != "of_asset"]
        values = {name: sa.bindparam(name) for name in names}
        same = asset.c.id == sa.bindparam("of_asset")
        connection.execute(sa.update(asset).where(same).values(values), rows)
    _fill_reported(connection)


def _fill_reported(connection):
    """Note when each kind came first, and write serial numbers as they are looked up."""
    connection.execute(
        sa.text(
            "UPDATE section SET first_at = (SELECT min(change.at) FROM change WHERE "
            "change.asset_id = section.asset_id AND change.kind = section.kind AND "
            "change.action = 'baseline') WHERE digest IS NOT NULL"
        )
    )
    connection.execute(
        sa.text("UPDATE component SET serial = upper(trim(serial)) WHERE serial IS NOT NULL")
    )


class _Places:
    """The rows that what was typed as places becomes."""

    def __init__(self, connection):
        self.connection = connection
        self.centres, self.racks, self.taken = {}, {}, set()

    def of(self, row):
        """Return the new columns of an asset."""
        rack_id = unit = None
        rest = row.position
        centre = row.data_centre or (NOWHERE if row.rack else None)
        centre_id = centre and self._centre(centre)
        if row.rack:
            rack_id = self._rack(centre_id, row.rack)
            unit = self._unit(rack_id, row.position)
            rest = None if unit else row.position
        names = ("data_centre_id", "rack_id", "position_u", "height_u", "comment")
        comment = f"position: {rest}" if rest else None
        return dict(zip(names, (centre_id, rack_id, unit, unit and 1, comment), strict=True))

    def _centre(self, name):
        key = name.lower()
        if key not in self.centres:
            self.centres[key] = _insert(self.connection, "data_centre", name, key)
        return self.centres[key]

    def _rack(self, centre_id, name):
        key = f"{centre_id}::{name.lower()}"
        if key not in self.racks:
            more = {"data_centre_id": centre_id, "height_u": HEIGHT_U}
            self.racks[key] = _insert(self.connection, "rack", name, key, **more)
        return self.racks[key]

    def _unit(self, rack_id, position):
        """Return the unit that a text names, where it is in the rack and free."""
        match = re.fullmatch(r"\s*[Uu]?\s*0*([1-9][0-9]{0,2})\s*[Uu]?\s*", position or "")
        unit = int(match[1]) if match else None
        if unit is None or unit > HEIGHT_U or (rack_id, unit) in self.taken:
            return None
        self.taken.add((rack_id, unit))
        return unit


def _insert(connection, table, name, key, **more):
    columns = ("id", "name", "name_key", "version", "created_at", "updated_at", *more)
    rows = sa.table(table, *map(sa.column, columns))
    moment = sa.func.current_timestamp()
    values = {"name": name, "name_key": key, "version": 1} | more
    values |= {"created_at": moment, "updated_at": moment}
    connection.execute(sa.insert(rows).values(values))
    return connection.scalar(sa.select(rows.c.id).where(rows.c.name_key == key))


def _asset(*names):
    columns = ("data_centre_id", "rack_id", "position_u", "height_u", "comment")
    return sa.table(
        "asset", *map(sa.column, dict.fromkeys(("id", "hostname_key", *columns, *names)))
    )


def _write_places_back(asset):
    connection = op.get_bind()
    for name in ("data_centre", "rack"):
        other = sa.table(name, sa.column("id"), sa.column("name"))
        found = sa.select(other.c.name).where(other.c.id == asset.c[f"{name}_id"])
        connection.execute(sa.update(asset).values({name: found.scalar_subquery()}))
    placed = asset.c.position_u.is_not(None)
    text = sa.literal("U") + sa.cast(asset.c.position_u, sa.String)
    connection.execute(sa.update(asset).where(placed).values(position=text))


def _text(name, length):
    return sa.Column(name, sa.String(length), nullable=False)


def _of_asset(table):
    foreign = f"fk_{table}_asset_id"
    return sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=foreign, ondelete="CASCADE")
