"""Which assets a session sees: all, or those of some business units.

``limit`` holds for the session until it ends, over commits; it is no matter of its pooled
connection, nor of another session.
"""

from contextlib import contextmanager

from sqlalchemy import Table, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.sql import visitors

from cmdb_api.errors import Conflict
from cmdb_api.services.access import seen

_UNITS = "business_units"
_OPTION = "seen_business_units"


def limit(session, units):
    """Let the session see assets of these business units only (ids); None: all."""
    session = session() if callable(session) else session
    session.info[_UNITS] = units = None if units is None else frozenset(units)
    if units is not None and not event.contains(session, "after_begin", _begun):
        event.listen(session, "after_begin", _begun)
        event.listen(session, "do_orm_execute", _locked)
        # What was read before may be hidden.
        session.expire_all()
    if session.in_transaction():
        session.connection().execution_options(**{_OPTION: units})


def units(session):
    """Return the ids of the business units whose assets the session sees; None: all."""
    return session.info.get(_UNITS)


@contextmanager
def unscoped(session):
    """
    Let a check see all assets. What it finds of others' must not be told.

    It reads columns, not objects: what the session has loaded once it would give again.
    """
    mine = units(session)
    if mine is None:
        yield
        return
    limit(session, None)
    try:
        yield
    finally:
        limit(session, mine)


def taken(what):
    """Return the error that something is another's, of whom no more is told."""
    return Conflict(f"{what} is taken")


def _begun(session, _transaction, connection):
    connection.execution_options(**{_OPTION: units(session)})


def _locked(state):
    """Lock visible rows only: what is locked is read from the table itself, not from a WITH."""
    mine, statement = units(state.session), state.statement
    if mine is None or getattr(statement, "_for_update_arg", None) is None:
        return
    schema = _schema(state.session.get_bind().dialect)
    parts = [part for clause in statement.get_final_froms() for part in visitors.iterate(clause)]
    rules = (seen.lockable(part, mine, schema) for part in parts if isinstance(part, Table))
    state.statement = statement.where(*(text(rule) for rule in rules if rule))


@event.listens_for(Engine, "before_cursor_execute", retval=True)
def _read(connection, _cursor, statement, parameters, context, _many):
    mine = connection.get_execution_options().get(_OPTION)
    if mine is None or (context and (context.isinsert or context.isupdate or context.isdelete)):
        return statement, parameters
    return seen.rewrite(statement, mine, _schema(connection.dialect)), parameters


def _schema(dialect):
    return "main" if dialect.name == "sqlite" else f'"{dialect.default_schema_name}"'
