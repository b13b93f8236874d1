"""The migrations make the tables that the models describe, and take them away again."""

import json
from datetime import UTC, datetime

import flask_migrate
import pytest
from sqlalchemy import inspect, select, text

from cmdb_api.extensions import db
from cmdb_api.models import (
    Asset,
    AssetStatus,
    AssetType,
    Change,
    Component,
    Refusal,
    Section,
    organisation,
)
from cmdb_api.models.types import now
from cmdb_api.services.access import tokens
from cmdb_api.services.search import filling
from tests.reports import make_report


@pytest.fixture
def empty(make_app, empty_database_url):
    """Return an app whose database has no tables, within its context."""
    app = make_app(empty_database_url)
    with app.app_context():
        yield app


def test_upgrading_an_empty_database_makes_what_the_models_describe(empty):
    flask_migrate.upgrade()
    flask_migrate.check()  # exits where the models have what the database has not


def test_constraints_and_indexes_are_those_of_the_models(empty, database_url, make_app):
    flask_migrate.upgrade()
    migrated = _described(db.engine)
    with make_app(database_url).app_context():
        assert migrated == _described(db.engine)


def test_downgrading_to_the_base_leaves_no_table_of_ours(empty):
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]


def test_downgraded_databases_upgrade_again(empty):
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM asset")).scalar() == 0


def test_what_was_recorded_outlives_a_way_down_and_up(empty):
    flask_migrate.upgrade()
    asset = Asset(hostname="web01", hostname_key="web01")
    db.session.add(asset)
    db.session.flush()
    db.session.add(AssetStatus(asset_id=asset.id, ages={"disk": [1, 2, 3, 4], "nic": [1, None]}))
    db.session.add(Refusal(asset_id=asset.id, at=now(), why="no"))
    db.session.commit()
    flask_migrate.downgrade(revision="0001")
    assert "refusal" not in inspect(db.engine).get_table_names()
    assert db.session.scalars(select(AssetStatus.ages)).all() == [
        {"disk": [1, 2], "nic": [1, None]}
    ]
    db.session.rollback()
    flask_migrate.upgrade()
    assert db.session.scalars(select(Asset.hostname)).all() == ["web01"]
    db.session.rollback()


PLACED = {
    "web01": ("FRA1", "A12", "U17"),
    "web02": ("fra1", "a12", "17"),
    "web03": ("FRA1", "A12", "top, behind the blind panel"),
    "web04": (None, "B1", None),
    "web05.example.com": (None, None, None),
    "web06": ("BER", None, "U3"),
}


def test_facts_of_what_was_reported_before_are_made_and_tokens_stay_good(empty):
    flask_migrate.upgrade()
    _, text_ = tokens.create(db.session, name="excel", scope="write")
    db.session.commit()
    client = empty.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text_}"
    report = make_report("web01", {"memory": [{"slot": "1", "size_bytes": 2**34}]})
    assert client.post("/api/v1/reports", json=report).status_code == 200
    assert client.post("/api/v1/assets", json={"hostname": "db01"}).status_code == 201
    db.session.rollback()
    flask_migrate.downgrade(revision="0006")
    flask_migrate.upgrade()
    asked = {"query": "memory.total_bytes:16G", "state": "any", "standing": "any"}
    for made in (0, 2):
        assert not made or filling.fill(db.session, 10) == made
        db.session.commit()
        found = client.get("/api/v1/assets", query_string=asked).json["items"]
        assert [item["hostname"] for item in found] == ["web01"]
    assert filling.missing(db.session, 1) == []
    (told,) = make_admin(empty).get("/api/v1/tokens").json["items"][:1]
    assert (told["name"], told["scope"], told["account"]) == ("excel", "write", None)
    assert told["business_units"] is None


def make_admin(app):
    _, text_ = tokens.create(db.session, name="root", scope="admin")
    db.session.commit()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text_}"
    return client


def test_places_that_were_typed_become_rows_and_nothing_is_lost(empty):
    flask_migrate.upgrade(revision="0003")
    _insert_assets_of_0003()
    flask_migrate.upgrade()
    rows = db.session.execute(
        text(
            "SELECT hostname, short_key, standing, state, data_centre.name AS centre, "
            "rack.name AS rack, position_u, comment, rack.height_u FROM asset "
            "LEFT JOIN data_centre ON data_centre.id = asset.data_centre_id "
            "LEFT JOIN rack ON rack.id = asset.rack_id"
        )
    )
    found = {row.hostname: tuple(row)[1:] for row in rows}
    db.session.rollback()
    assert found == {
        "web01": ("web01", "registered", "online", "FRA1", "A12", 17, None, 42),
        "web02": ("web02", "accepted", "online", "FRA1", "A12", None, "position: 17", 42),
        "web03": (
            *("web03", "accepted", "online", "FRA1", "A12", None),
            *("position: top, behind the blind panel", 42),
        ),
        "web04": ("web04", "accepted", "online", "Unknown", "B1", None, None, 42),
        "web05.example.com": ("web05", "accepted", "online", None, None, None, None, None),
        "web06": ("web06", "accepted", "online", "BER", None, None, "position: U3", None),
    }
    flask_migrate.downgrade(revision="0003")
    rows = db.session.execute(text('SELECT hostname, data_centre, rack, "position" FROM asset'))
    found = {row.hostname: tuple(row)[1:] for row in rows}
    db.session.rollback()
    assert found["web01"] == ("FRA1", "A12", "U17")
    assert found["web06"] == ("BER", None, None)


def test_what_was_reported_outlives_the_way_to_master_data_and_back(empty):
    flask_migrate.upgrade(revision="0003")
    _insert_assets_of_0003()
    at = "2026-01-02 03:04:05.000000"
    for statement in (
        "INSERT INTO asset_status (asset_id, ages, volatile, recent, change_count) "
        "VALUES (1, '{}', '{}', '[]', 1)",
        "INSERT INTO section (asset_id, kind, status, digest, item_count) "
        f"VALUES (1, 'disk', 'ok', '{'d' * 64}', 1), (1, 'psu', 'error', NULL, 0)",
        "INSERT INTO component (asset_id, kind, place, serial, data) "
        "VALUES (1, 'disk', '1', ' example-1 ', '{}')",
        "INSERT INTO change (asset_id, seq, at, recorded_at, hostname, kind, place, action, fields)"
        f" VALUES (1, 1, '{at}', '{at}', 'web01', 'disk', '', 'baseline', '[]')",
    ):
        db.session.execute(text(statement))
    db.session.commit()
    flask_migrate.upgrade()
    first = db.session.execute(select(Section.kind, Section.first_at).order_by(Section.kind)).all()
    assert [tuple(row) for row in first] == [
        ("disk", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("psu", None),
    ]
    assert db.session.scalars(select(Component.serial)).all() == ["EXAMPLE-1"]
    assert db.session.scalars(select(AssetStatus.causes)).all() == [{}]
    types = db.session.scalars(select(AssetType.name).order_by(AssetType.id)).all()
    assert types == list(organisation.FIRST_TYPES)
    db.session.rollback()
    flask_migrate.downgrade(revision="0003")
    assert db.session.execute(text("SELECT count(*) FROM change")).scalar() == 1
    assert db.session.execute(text("SELECT count(*) FROM component")).scalar() == 1
    db.session.rollback()


def _insert_assets_of_0003():
    for number, (name, (centre, rack, position)) in enumerate(PLACED.items(), 1):
        db.session.execute(
            text(
                "INSERT INTO asset (id, hostname, hostname_key, key_generation, created_at, "
                'registered_at, data_centre, rack, "position") VALUES (:id, :name, :name, 1, '
                ":at, :registered, :centre, :rack, :position)"
            ),
            {
                "id": number,
                "name": name,
                "at": "2026-01-01 00:00:00.000000",
                "registered": "2026-01-01 00:00:00.000000" if number == 1 else None,
                "centre": centre,
                "rack": rack,
                "position": position,
            },
        )
    db.session.commit()


REPORTS = ["0f" * 16, "15-characters.."]
MODULE = {"slot": "A1", "size_bytes": 2**34, "serial": "EX-1", "list": ["a", "b"], "note": "ä"}


def test_what_is_kept_once_comes_from_the_rows_and_goes_back_to_them(empty):
    flask_migrate.upgrade(revision="0004")
    _insert_reported_of_0004()
    flask_migrate.upgrade()
    items = db.session.execute(select(Component.place, Component.own, Component.data)).all()
    assert sorted(map(tuple, items)) == [
        ("A1", None, MODULE),
        ("B1", {"serial": "ex-2"}, MODULE | {"slot": "B1", "serial": "ex-2"}),
    ]
    sections = db.session.execute(select(Section.kind, Section.fields, Section.bulk_ids)).all()
    assert sorted(map(tuple, sections)) == [
        ("disk", None, None),
        ("memory", ["serial", "slot"], None),
        ("package", ["name"], [1]),
    ]
    fields = db.session.execute(select(Change.action, Change.fields).order_by(Change.seq)).all()
    assert list(map(tuple, fields)) == [("baseline", ["serial", "slot"]), ("added", ["slot"])]
    assert db.session.scalars(select(AssetStatus.recent)).all() == [["#b"]]
    assert db.session.scalars(select(Change.report_id).order_by(Change.seq)).all() == REPORTS
    db.session.rollback()
    flask_migrate.downgrade(revision="0004")
    reports = db.session.scalars(text("SELECT report_id FROM change ORDER BY seq")).all()
    assert reports == REPORTS
    rows = _reported_of_0004()
    assert rows == {
        "component": [MODULE, MODULE | {"slot": "B1", "serial": "ex-2"}],
        "section": [None, ["serial", "slot"], ["name"]],
        "change": [["serial", "slot"], ["slot"]],
    }
    assert db.session.execute(text("SELECT count(*) FROM bulk_item")).scalar() == 1
    db.session.rollback()


def _insert_reported_of_0004():
    at, module = "2026-01-02 03:04:05.000000", json.dumps(MODULE)
    other = json.dumps(MODULE | {"slot": "B1", "serial": "ex-2"})
    ids = "'[1]'" if db.engine.dialect.name == "sqlite" else "'{1}'"
    for statement, values in (
        (
            "INSERT INTO asset (id, hostname, hostname_key, short_key, key_generation, version, "
            "state, standing, created_at) VALUES (1, 'web01', 'web01', 'web01', 1, 1, 'online', "
            f"'accepted', '{at}')",
            {},
        ),
        (
            "INSERT INTO asset_status (asset_id, ages, volatile, recent, seq, causes, "
            "change_count) VALUES (1, '{}', '{}', '[\"b\"]', 5, '{}', 2)",
            {},
        ),
        (
            "INSERT INTO bulk_item (kind, hash, place, data) VALUES "
            f"('package', '{'a' * 64}', 'bash', :item)",
            {"item": '{"name": "bash"}'},
        ),
        (
            "INSERT INTO section (asset_id, kind, status, digest, fields, item_count, bulk_ids) "
            f"VALUES (1, 'memory', 'ok', '{'d' * 64}', '[\"serial\", \"slot\"]', 2, NULL), "
            f"(1, 'package', 'ok', '{'e' * 64}', '[\"name\"]', 1, {ids}), "
            "(1, 'disk', 'error', NULL, NULL, 0, NULL)",
            {},
        ),
        (
            "INSERT INTO component (asset_id, kind, place, serial, data) VALUES "
            "(1, 'memory', 'A1', 'EX-1', :one), (1, 'memory', 'B1', 'EX-2', :other)",
            {"one": module, "other": other},
        ),
        (
            "INSERT INTO change (asset_id, seq, at, recorded_at, hostname, report_id, kind, place, "
            f"action, fields) VALUES (1, 1, '{at}', '{at}', 'web01', '{REPORTS[0]}', 'memory', '', "
            f"'baseline', '[\"serial\", \"slot\"]'), (1, 2, '{at}', '{at}', 'web01', "
            f"'{REPORTS[1]}', 'memory', 'B1', 'added', '[\"slot\"]')",
            {},
        ),
    ):
        db.session.execute(text(statement), values)
    db.session.commit()


def _reported_of_0004():
    found = {}
    for table, column, order in (
        ("component", "data", "place"),
        ("section", "fields", "kind"),
        ("change", "fields", "seq"),
    ):
        rows = db.session.scalars(text(f"SELECT {column} FROM {table} ORDER BY {order}")).all()
        found[table] = [json.loads(row) if isinstance(row, str) else row for row in rows]
    return found


def _described(engine):
    found = inspect(engine)
    return {
        table: (
            found.get_pk_constraint(table),
            sorted(map(repr, found.get_foreign_keys(table))),
            sorted(map(repr, found.get_unique_constraints(table))),
            sorted(map(_index, found.get_indexes(table))),
            sorted(
                (column["name"], repr(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            ),
        )
        for table in sorted(set(found.get_table_names()) - {"alembic_version"})
    }


def _index(found):
    """Return an index as text: the condition of one of some rows has no text of its own."""
    options = found.get("dialect_options", {})
    return repr(found | {"dialect_options": {name: str(text) for name, text in options.items()}})


def test_addresses_of_controllers_that_were_reported_before_are_found(empty):
    flask_migrate.upgrade(revision="0011")
    shared = "INSERT INTO bulk_item (id, kind, hash, place, data) VALUES (1, 'bmc', :h, '', '{}')"
    if db.engine.dialect.name == "postgresql":
        shared = shared.replace(":h", "decode(:h, 'hex')")
    component = (
        "INSERT INTO component (asset_id, kind, place, shared_id, own) VALUES (1, :kind, '1', 1, "
        ":own)"
    )
    with db.engine.begin() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("asset")}
        assert "hostname_key" in columns
        connection.execute(
            text(
                "INSERT INTO asset (id, hostname, hostname_key, short_key, key_generation, "
                "version, state, standing, created_at) VALUES (1, 'web01', 'web01', 'web01', 1, "
                "1, 'online', 'accepted', '2026-01-02 03:04:05.000000')"
            )
        )
        connection.execute(text(shared), {"h": "00" * 32})
        for kind, own in (("bmc", {"ip_address": "192.0.2.7 "}), ("nic", {"ip_address": "x"})):
            connection.execute(text(component), {"kind": kind, "own": json.dumps(own)})
    flask_migrate.upgrade()
    query = text("SELECT asset_id, kind, place, address FROM component_address")
    with db.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(query)] == [(1, "bmc", "1", "192.0.2.7")]
    flask_migrate.downgrade(revision="0011")
    with db.engine.connect() as connection:
        assert connection.execute(query).all() == []
