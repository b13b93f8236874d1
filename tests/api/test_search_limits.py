"""Searches that would take the database too long."""

import pytest
from sqlalchemy import insert, text

from cmdb_api.extensions import db
from cmdb_api.models import Asset, BulkItem, BulkList, Section
from cmdb_api.services.search import limits
from tests.api.searches import Finder

HOSTS, LENGTH = 400, 100_000
LISTS, ITEMS = 60, 60_000
# What PostgreSQL takes long for, and SQLite.
WORDS = [f"comment:*a*a*a*{letter}*b" for letter in "cdefghijklmnop"]
PACKAGES = [f"package:x{number}" for number in range(14)]


@pytest.fixture
def app(make_app, database_url):
    return make_app(database_url, SEARCH_SECONDS=1)


@pytest.fixture
def find(app, reader):
    """Return a Finder in a fleet of long comments; on SQLite of long lists of packages too."""
    names = [f"host{number}" for number in range(HOSTS)]
    rows = [
        {"hostname": name, "hostname_key": name, "short_key": name, "comment": "a" * LENGTH}
        for name in names
    ]
    with app.app_context():
        db.session.execute(insert(Asset), rows)
        if db.engine.dialect.name == "sqlite":
            _add_packages()
        db.session.commit()
    return Finder(reader)


def _add_packages():
    ids = list(range(1000, 1000 + ITEMS))
    lists = [{"id": n, "hash": f"{n:064x}", "ids": ids} for n in range(1, LISTS + 1)]
    items = [
        {"kind": "package", "hash": f"{n:064x}", "place": f"x{n}", "data": {"name": f"x{n}"}}
        for n in range(len(PACKAGES))
    ]
    db.session.execute(insert(BulkList), lists)
    db.session.execute(insert(BulkItem), items)
    owner = db.session.query(Asset.id).first()[0]
    section = {"asset_id": owner, "kind": "package", "status": "ok", "bulk_list_id": 1}
    db.session.execute(insert(Section), [section])


def test_a_search_that_takes_too_long_is_stopped_and_told_of(find, app):
    told = find.fault(" OR ".join(WORDS + PACKAGES))
    assert "took too long and was stopped; ask for less" in told["message"]
    # The next is none the worse for it, and what is no search is not bound.
    assert find.names("hostname:host7") == ["host7"]
    with app.app_context():
        connection = db.session.connection()
        assert limits._MARK not in connection.info
        if connection.dialect.name == "postgresql":
            assert db.session.scalar(text("SHOW statement_timeout")) == "0"
        else:
            many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000000)"
            assert db.session.scalar(text(f"{many} SELECT max(i) FROM n")) == 5_000_000


def test_stars_cost_no_more_than_what_they_look_through(find):
    assert find.names("comment:*a*a*a*a*b") == []
    assert find.names("host1*9*9") == ["host199"]
