"""Whether the API says truly that it works."""

import flask_migrate
import pytest
from sqlalchemy import text

from cmdb_api.extensions import db


@pytest.fixture
def upgraded(make_app, empty_database_url):
    """Return an app whose database was made by the migrations."""
    app = make_app(empty_database_url)
    with app.app_context():
        flask_migrate.upgrade()
    return app


def message(answer):
    assert answer.status_code == 503
    return answer.json["error"]["message"]


def test_it_works_without_a_token(upgraded):
    answer = upgraded.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json["status"] == answer.json["database"] == "ok"
    assert answer.json["version"]


def test_a_database_without_tables_is_told(make_app, empty_database_url):
    answer = make_app(empty_database_url).test_client().get("/healthz")
    assert message(answer) == "the database has no tables yet; run: cmdb db upgrade"


def test_a_database_of_another_release_is_told(upgraded):
    with upgraded.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    told = message(upgraded.test_client().get("/healthz"))
    assert told == "the database is not at the revision of this release; run: cmdb db upgrade"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/cmdb.sqlite3",
        "postgresql+psycopg://cmdb:a-password@127.0.0.1:1/cmdb",
    ],
)
def test_a_database_that_is_not_there_is_told_without_its_address(make_app, url):
    answer = make_app(url).test_client().get("/healthz")
    assert message(answer) == "the database does not answer; try again"
    assert "nowhere" not in answer.text
    assert "127.0.0.1" not in answer.text
