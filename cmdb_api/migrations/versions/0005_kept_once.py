"""What many hosts say alike is kept once for the fleet: parts of models, fields, package lists.

Revision: 0005.
"""

import hashlib
import json
import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
ID_LIST = sa.JSON(none_as_null=True).with_variant(postgresql.ARRAY(sa.Integer()), "postgresql")
HASH = sa.String(64).with_variant(sa.LargeBinary(), "postgresql")
TOGETHER = 5000
# As services.kept does it at this revision.
OWN = re.compile(
    r"(.*_)?(serial|uuid|wwn|macs?|ipv[46]|address(es)?|tag|fingerprint|hostname|location|bay|at|on)"
    r"|(machine|instance|image|chassis|system)_id|disks|comment|free_bytes|port|switch"
    r"|port_description|enclosure_name"
)
LONG = 32
REMEMBERED = 4

ITEM = sa.table(
    "bulk_item",
    *(sa.column(name) for name in ("id", "kind", "place", "place_field", "serial_field")),
    sa.column("hash", HASH),
    sa.column("data", DOCUMENT),
)
LIST = sa.table("bulk_list", sa.column("id"), sa.column("hash", HASH), sa.column("ids", ID_LIST))
AS_BEFORE = ("asset_id", "kind", "place", "serial", "since")
OLD_COMPONENT = sa.table("old_component", *map(sa.column, AS_BEFORE), sa.column("data", DOCUMENT))
COMPONENT = sa.table(
    "component",
    *map(sa.column, (*AS_BEFORE, "shared_id")),
    *(sa.column(name, DOCUMENT) for name in ("own", "data")),
)
SECTION = sa.table(
    "section",
    *(sa.column(name) for name in ("asset_id", "kind", "fields_id", "bulk_list_id")),
    sa.column("fields", DOCUMENT),
    sa.column("bulk_ids", ID_LIST),
)
# As models.types.ReportId does it.
AS_BYTES = r"""CASE WHEN report_id ~ '^[0-9a-f]{32}$' THEN decode(report_id, 'hex')
    WHEN length(report_id) = 15 THEN '\x0000'::bytea || convert_to(report_id, 'UTF8')
    ELSE '\x00'::bytea || convert_to(report_id, 'UTF8') END"""
AS_TEXT = r"""CASE WHEN length(report_id) = 16 THEN encode(report_id, 'hex')
    ELSE convert_from(btrim(report_id, '\x00'::bytea), 'UTF8') END"""
STATUS = sa.table(
    "asset_status", sa.column("asset_id"), sa.column("seq"), sa.column("recent", DOCUMENT)
)
CHANGE = sa.table(
    "change",
    *(sa.column(name) for name in ("asset_id", "seq", "action", "fields_id")),
    sa.column("fields", DOCUMENT),
)


def upgrade():
    _hashes("bytea USING decode({}, 'hex')")
    _report_ids(f"bytea USING {AS_BYTES}")
    with op.batch_alter_table("bulk_item") as batch:
        batch.add_column(sa.Column("place_field", sa.String(128)))
        batch.add_column(sa.Column("serial_field", sa.String(128)))
        batch.drop_index("uq_bulk_item_kind_hash")
        batch.create_index("uq_bulk_item_hash_kind", ["hash", "kind"], unique=True)
    op.create_table(
        "bulk_list",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("ids", ID_LIST, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_list"),
        sa.UniqueConstraint("hash", name="uq_bulk_list_hash"),
    )
    op.add_column("section", sa.Column("fields_id", sa.Integer()))
    op.add_column("section", sa.Column("bulk_list_id", sa.Integer()))
    op.add_column("change", sa.Column("fields_id", sa.Integer()))
    _make_component_anew()
    _keep_once(op.get_bind())
    _forget(op.get_bind())
    if _is_postgresql():
        op.create_index(
            "ix_bulk_list_ids",
            "bulk_list",
            ["ids"],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
        op.execute(
            "ALTER TABLE asset_status SET (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.02)"
        )
        op.drop_index("ix_section_bulk_ids", "section")
    with op.batch_alter_table("section") as batch:
        batch.drop_column("fields")
        batch.drop_column("bulk_ids")
        name = "fk_section_bulk_list_id"
        batch.create_foreign_key(name, "bulk_list", ["bulk_list_id"], ["id"])
    some = sa.text("bulk_list_id IS NOT NULL")
    op.create_index(
        "ix_section_bulk_list_id",
        "section",
        ["bulk_list_id"],
        postgresql_where=some,
        sqlite_where=some,
    )
    op.drop_table("old_component")
    op.create_index("ix_component_serial", "component", ["serial"])
    if _is_postgresql():
        op.drop_index("ix_component_address_address", "component_address")
        op.create_index(
            "ix_component_address_address",
            "component_address",
            ["address"],
            postgresql_using="hash",
        )


def downgrade():
    if _is_postgresql():
        op.drop_index("ix_component_address_address", "component_address")
        op.create_index("ix_component_address_address", "component_address", ["address"])
    op.add_column("component", sa.Column("data", DOCUMENT))
    op.add_column("section", sa.Column("fields", DOCUMENT))
    op.add_column("section", sa.Column("bulk_ids", ID_LIST))
    _spread(op.get_bind())
    with op.batch_alter_table("component") as batch:
        batch.alter_column("data", existing_type=DOCUMENT, nullable=False)
        batch.drop_column("shared_id")
        batch.drop_column("own")
    op.drop_column("change", "fields_id")
    op.drop_index("ix_section_bulk_list_id", "section")
    with op.batch_alter_table("section") as batch:
        batch.drop_constraint("fk_section_bulk_list_id", type_="foreignkey")
        batch.drop_column("fields_id")
        batch.drop_column("bulk_list_id")
    if _is_postgresql():
        op.create_index("ix_section_bulk_ids", "section", ["bulk_ids"], postgresql_using="gin")
        op.execute(
            "ALTER TABLE asset_status SET (fillfactor = 50), RESET (autovacuum_vacuum_scale_factor)"
        )
    op.drop_table("bulk_list")
    with op.batch_alter_table("bulk_item") as batch:
        batch.drop_index("uq_bulk_item_hash_kind")
        batch.create_index("uq_bulk_item_kind_hash", ["kind", "hash"], unique=True)
        batch.drop_column("place_field")
        batch.drop_column("serial_field")
    _remember(op.get_bind())
    _report_ids(f"varchar(64) USING {AS_TEXT}")
    _hashes("varchar(64) USING encode({}, 'hex')")


def _is_postgresql():
    return op.get_context().dialect.name == "postgresql"


def _hashes(change):
    """Change how hashes are kept, where a database keeps them as bytes."""
    if _is_postgresql():
        for table, column in (("bulk_item", "hash"), ("section", "digest")):
            op.execute(f"ALTER TABLE {table} ALTER {column} TYPE {change.format(column)}")


def _report_ids(change):
    if _is_postgresql():
        for table in ("change", "asset_status"):
            op.execute(f"ALTER TABLE {table} ALTER report_id TYPE {change}")


def _make_component_anew():
    """Rows are written anew in any case; columns of a fixed length first take less room."""
    op.drop_index("ix_component_serial", "component")
    op.rename_table("component", "old_component")
    if _is_postgresql():
        op.execute("ALTER INDEX pk_component RENAME TO pk_old_component")
    foreign = "fk_component_asset_id"
    op.create_table(
        "component",
        sa.Column("asset_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("shared_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("place", sa.String(1024), nullable=False),
        sa.Column("serial", sa.String(255)),
        sa.Column("own", DOCUMENT),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=foreign, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "kind", "place", name="pk_component"),
    )


def _keep_once(connection):
    kept = _Kept(connection)
    c = SECTION.c
    for row in connection.execute(sa.select(SECTION)).all():
        values = {}
        if row.fields is not None:
            values["fields_id"] = kept.item("", None, None, row.fields, [row.fields])
        if row.bulk_ids is not None:
            values["bulk_list_id"] = kept.list(row.bulk_ids)
        if values:
            same = (c.asset_id == row.asset_id) & (c.kind == row.kind)
            connection.execute(sa.update(SECTION).where(same).values(values))
    c = CHANGE.c
    _each(
        connection,
        sa.select(c.asset_id, c.seq, c.fields).where(c.action == "baseline"),
        CHANGE,
        ("asset_id", "seq"),
        lambda row: {
            "fields_id": kept.item("", None, None, row.fields, [row.fields]),
            "fields": [],
        },
    )
    rows = connection.execute(sa.select(OLD_COMPONENT)).all()
    for start in range(0, len(rows), TOGETHER):
        new = [kept.component(row) for row in rows[start : start + TOGETHER]]
        connection.execute(sa.insert(COMPONENT), new)


def _forget(connection):
    """Of reports with a number remember the newest few only, marked as such."""
    c = STATUS.c
    query = sa.select(c.asset_id, c.recent).where(c.seq.is_not(None))
    _each(
        connection,
        query,
        STATUS,
        ("asset_id",),
        lambda row: {"recent": [f"#{mark}" for mark in row.recent[-REMEMBERED:]]},
    )


def _remember(connection):
    c = STATUS.c
    _each(
        connection,
        sa.select(c.asset_id, c.recent),
        STATUS,
        ("asset_id",),
        lambda row: {"recent": [mark.lstrip("#") for mark in row.recent]},
    )


def _each(connection, query, table, key, values_of):
    """Write the values that a function gives for each row that a query finds."""
    rows = connection.execute(query).all()
    for start in range(0, len(rows), TOGETHER):
        values = [
            {f"of_{name}": getattr(row, name) for name in key} | values_of(row)
            for row in rows[start : start + TOGETHER]
        ]
        names = [name for name in values[0] if not name.startswith("of_")]
        same = [table.c[name] == sa.bindparam(f"of_{name}") for name in key]
        new = {name: sa.bindparam(name, type_=table.c[name].type) for name in names}
        connection.execute(sa.update(table).where(*same).values(new), values)


class _Kept:
    """The rows that are kept once, made where they are missing."""

    def __init__(self, connection):
        self.connection, self.ids = connection, {}

    def item(self, kind, place_field, serial_field, data, hashed):
        named = (kind, _hash(hashed[0] if len(hashed) == 1 else hashed))
        row = {"kind": kind, "place": "", "data": data}
        row |= {"place_field": place_field, "serial_field": serial_field}
        return self._id(ITEM, named, row, ITEM.c.kind == kind)

    def list(self, ids):
        return self._id(LIST, (None, _hash(ids)), {"ids": ids}, sa.true())

    def component(self, row):
        left, place_field = dict(row.data), _field_of(row.data, row.place)
        left.pop(place_field, None)
        serial_field = _field_of(left, row.serial)
        left.pop(serial_field, None)
        own = {name: value for name, value in left.items() if _is_own(name, value)}
        shared = {name: value for name, value in left.items() if name not in own}
        hashed = [place_field, serial_field, shared]
        number = self.item(row.kind, place_field, serial_field, shared, hashed)
        same = {name: getattr(row, name) for name in AS_BEFORE}
        return same | {"shared_id": number, "own": own or None}

    def _id(self, table, named, row, condition):
        if (table.name, named) not in self.ids:
            text = bytes.fromhex(named[1]) if _is_postgresql() else named[1]
            self.connection.execute(sa.insert(table).values(row | {"hash": text}))
            found = sa.select(table.c.id).where(table.c.hash == text, condition)
            self.ids[table.name, named] = self.connection.scalar(found)
        return self.ids[table.name, named]


def _hash(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _field_of(item, text):
    return min((name for name, value in item.items() if text and value == text), default=None)


def _is_own(name, value):
    word = isinstance(value, str) and len(value) >= LONG and " " not in value
    return word or (value not in ("", []) and OWN.fullmatch(name) is not None)


def _spread(connection):
    """Write what is kept once back to all who refer to it."""
    kept = {row.id: row for row in connection.execute(sa.select(ITEM))}
    lists = {row.id: row.ids for row in connection.execute(sa.select(LIST))}
    c = SECTION.c
    _each(
        connection,
        sa.select(c.asset_id, c.kind, c.fields_id, c.bulk_list_id),
        SECTION,
        ("asset_id", "kind"),
        lambda row: {
            "fields": row.fields_id and kept[row.fields_id].data,
            "bulk_ids": lists.get(row.bulk_list_id),
        },
    )
    c = CHANGE.c
    _each(
        connection,
        sa.select(c.asset_id, c.seq, c.fields_id).where(c.fields_id.is_not(None)),
        CHANGE,
        ("asset_id", "seq"),
        lambda row: {"fields": kept[row.fields_id].data},
    )
    c = COMPONENT.c
    query = sa.select(c.asset_id, c.kind, c.place, c.serial, c.shared_id, c.own)
    key = ("asset_id", "kind", "place")
    _each(connection, query, COMPONENT, key, lambda row: {"data": _whole(row, kept[row.shared_id])})
    shared = sa.select(c.shared_id)
    connection.execute(sa.delete(ITEM).where((ITEM.c.kind == "") | ITEM.c.id.in_(shared)))


def _whole(row, shared):
    fields = {shared.place_field: row.place, shared.serial_field: row.serial}
    named = {name: value for name, value in fields.items() if name}
    return shared.data | named | (row.own or {})
