"""Runs the migrations on the database of the current app: for ``cmdb db`` and for tests."""

from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import DateTime

from cmdb_api.models.types import UTCDateTime


def _render(kind, item, _autogen):
    """Write our types as what they are in the database: migrations import nothing of ours."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return f"sa.{DateTime(timezone=True)!r}"
    return False


def _include(item, _name, kind, _reflected, _compared_to):
    """Leave out an index of a sort that only PostgreSQL has, on other databases."""
    special = kind == "index" and item.dialect_options["postgresql"]["using"]
    return not special or context.get_context().dialect.name == "postgresql"


def _without_empty(_context, _revision, directives):
    """Write no migration where nothing differs."""
    if (
        getattr(context.config.cmd_opts, "autogenerate", False)
        and directives[0].upgrade_ops.is_empty()
    ):
        directives[:] = []


def _options():
    database = current_app.extensions["migrate"].db
    return {
        "target_metadata": database.metadata,
        "render_item": _render,
        "include_object": _include,
        "process_revision_directives": _without_empty,
        # SQLite changes a table by making it anew.
        "render_as_batch": True,
    }


def _run():
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def _tables_made_anew(connection):
    """On SQLite, a table is dropped to be made anew: rows that refer to its rows shall stay."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if broken := raw.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"rows that refer to none: {broken[:10]}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    engine = current_app.extensions["migrate"].db.engine
    context.configure(dialect_name=engine.dialect.name, literal_binds=True, **_options())
    _run()
else:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection, _tables_made_anew(connection):
        context.configure(connection=connection, **_options())
        _run()
