"""The migrations make the tables that the models describe, and take them away again."""

import flask_migrate
import pytest
from sqlalchemy import inspect, select, text

from cmdb_api.extensions import db
from cmdb_api.models import Asset, AssetStatus, Refusal
from cmdb_api.models.types import now


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


def _described(engine):
    found = inspect(engine)
    return {
        table: (
            found.get_pk_constraint(table),
            sorted(map(repr, found.get_foreign_keys(table))),
            sorted(map(repr, found.get_unique_constraints(table))),
            sorted(map(repr, found.get_indexes(table))),
            [(column["name"], repr(column["type"])) for column in found.get_columns(table)],
        )
        for table in sorted(set(found.get_table_names()) - {"alembic_version"})
    }
