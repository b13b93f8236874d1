"""Reading that sees the database as it is at one moment, whatever is written meanwhile."""

from contextlib import contextmanager

from sqlalchemy import text

from cmdb_api.services.dialects import dialect

_READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@contextmanager
def taken(session):
    """Let all that the session reads be of one moment; what it has not committed is gone."""
    session.rollback()
    if dialect(session) == "postgresql":
        session.connection(execution_options=_READING)
    else:
        session.execute(text("BEGIN"))
    try:
        yield
    finally:
        session.rollback()
