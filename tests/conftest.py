"""What all tests share: an empty database of each sort that the API runs on."""

import contextlib
import itertools
import logging
import shutil
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from cmdb_api.extensions import db
from cmdb_api.models import AssetType, organisation
from tests import postgres

_numbers = itertools.count(1)


class PostgresDatabases:
    """Databases of a running PostgreSQL: each call gives the URL of one."""

    def __init__(self, folder):
        self.folder = folder
        # Emptied ones serve again: to drop one takes PostgreSQL longer than to make one.
        self.free = []
        self.admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        self._execute("CREATE DATABASE cmdb_template TEMPLATE template0")
        _make_tables(self._url("cmdb_template"))

    def __call__(self, *, tables=True):
        if tables and self.free:
            return self.free.pop()
        name = f"cmdb_{next(_numbers)}"
        template = "cmdb_template" if tables else "template0"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def give_back(self, url, *, tables):
        """Take a database back; one that can't be emptied as it should be is left alone."""
        if not tables:
            return
        engine = create_engine(url, poolclass=NullPool)
        names = ", ".join(db.metadata.tables)
        with contextlib.suppress(DBAPIError), engine.begin() as connection:
            connection.execute(text("SET lock_timeout = '5s'"))
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
            organisation.add_first_types(AssetType.__table__, connection)
            self.free.append(url)

    def _url(self, name):
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def _execute(self, statement):
        with self.admin.connect() as connection:
            connection.execute(text(statement))


class SqliteDatabases:
    """Databases in files: each call makes one and gives its URL."""

    def __init__(self, folder):
        self.folder = folder
        _make_tables(f"sqlite:///{folder}/template")

    def __call__(self, *, tables=True):
        path = self.folder / f"cmdb_{next(_numbers)}_"
        if tables:
            shutil.copyfile(self.folder / "template", path)
        return f"sqlite:///{path}"

    def give_back(self, url, *, tables):
        path = Path(make_url(url).database)
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()


@pytest.fixture(scope="session")
def make_postgres_database():
    """Return what makes databases in a real PostgreSQL, with our tables or without."""
    with postgres.server() as folder:
        databases = PostgresDatabases(folder)
        yield databases
        databases.admin.dispose()


@pytest.fixture(scope="session")
def make_sqlite_database(tmp_path_factory):
    """Return what makes SQLite databases, with our tables or without."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgres"])
def make_database(request):
    """Return a function that makes databases; the test runs once for each sort of them."""
    databases = request.getfixturevalue(f"make_{request.param}_database")
    made = []

    def make(*, tables=True):
        url = databases(tables=tables)
        made.append((url, tables))
        return url

    yield make
    for url, tables in made:
        databases.give_back(url, tables=tables)


@pytest.fixture
def database_url(make_database):
    """Return the URL of a new database with our tables and no rows."""
    return make_database()


@pytest.fixture
def empty_database_url(make_database):
    """Return the URL of a new database without tables."""
    return make_database(tables=False)


def _make_tables(url):
    engine = create_engine(url)
    db.metadata.create_all(engine)
    engine.dispose()


def pytest_unconfigure():
    """Salt keeps log records for a console it never opens, and prints them to a closed stream."""
    logging.raiseExceptions = False
