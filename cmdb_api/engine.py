"""The database: which URLs are taken, and the options of each driver."""

import contextlib
import os

from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError

from cmdb_api.errors import SettingsError
from cmdb_api.extensions import db
from cmdb_api.services import names
from cmdb_api.services.search import limits

NAME = "SQLALCHEMY_DATABASE_URI"


def bind(app):
    """Bind the database that the settings name; raises SettingsError where that can't be."""
    try:
        url = make_url(app.config[NAME])
        own = app.config.get("SQLALCHEMY_ENGINE_OPTIONS") or {}
        # So every session of this database can tell how names are matched.
        match = {names.OPTION: app.config["MATCH_SHORT_NAMES"]}
        match |= {limits.OPTION: app.config["SEARCH_SECONDS"]}
        more = {"execution_options": match | own.get("execution_options", {})}
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _options(url, app.config) | own | more
        db.init_app(app)
    except (ArgumentError, ImportError) as error:
        raise SettingsError(f"{NAME}: {error}") from error


def _options(url, config):
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database and url.database != ":memory:" and not os.path.isabs(url.database):
            raise SettingsError(f"{NAME}: give the whole path, sqlite:////folder/cmdb.sqlite3")
        return {"connect_args": {"timeout": config["DATABASE_LOCK_SECONDS"]}}
    if backend == "postgresql":
        own = url.query.get("options", "")
        # To compile a query takes longer than any of ours does.
        options = f"-c lock_timeout={config['DATABASE_LOCK_SECONDS']}s -c jit=off {own}".strip()
        return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10, "options": options}}
    raise SettingsError(
        f"{NAME}: {backend} is not a database this runs on; use sqlite:////folder/file or "
        "postgresql+psycopg://user:password@host/database"
    )


@event.listens_for(Engine, "do_connect")
def _create_sqlite_for_its_owner(dialect, _record, given, _options):
    """Make the file before SQLite does, which lets everybody read the record; its log follows."""
    if dialect.name == "sqlite" and given and os.path.isabs(given[0]):
        # Why it can't be made, or can't be used though it is there, SQLite says better.
        with contextlib.suppress(OSError):
            os.close(os.open(given[0], os.O_CREAT | os.O_EXCL, 0o600))


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection, _record):
    """Readers don't block the writer (WAL); foreign keys are enforced."""
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
