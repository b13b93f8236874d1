"""How long a search may take: a statement past it is stopped, and the answer says what to do.

It holds for all that follows in a transaction, statement by statement; seconds of the database, not
of whoever reads its rows slowly.
"""

import time

from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from cmdb_api.errors import Invalid
from cmdb_api.services.dialects import dialect

# The engine's option that holds the setting SEARCH_SECONDS.
OPTION = "search_seconds"
_MARK = "search_clock"
# What SQLite does between two looks at the clock, in its own steps, and what of it counts at most.
_STEPS, _LONGEST_STEP = 2000, 0.25
_CANCELED = "57014"


def start(session):
    """Bound the statements of this transaction from here on."""
    seconds = session.get_bind().get_execution_options().get(OPTION)
    if not seconds:
        return
    connection = session.connection()
    if dialect(session) == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = '{seconds:d}s'"))
        connection.info[_MARK] = seconds
    elif _MARK not in connection.info:
        clock = connection.info[_MARK] = _Clock(seconds)
        connection.connection.driver_connection.set_progress_handler(clock, _STEPS)


class _Clock:
    """Counts what a statement takes; what lies between two steps of it is the reader's time."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.restart()

    def restart(self):
        self.spent, self.last = 0, time.monotonic()

    def __call__(self):
        """Return whether the statement is to be stopped."""
        at = time.monotonic()
        self.spent, self.last = self.spent + min(at - self.last, _LONGEST_STEP), at
        return self.spent > self.seconds


@event.listens_for(Engine, "before_cursor_execute")
def _restart(connection, *_):
    clock = connection.info.get(_MARK)
    if isinstance(clock, _Clock):
        clock.restart()


@event.listens_for(Pool, "reset")
def _unbound(dbapi_connection, record, _state):
    """Take the bound away before a connection serves another."""
    clock = record.info.pop(_MARK, None) if record else None
    if isinstance(clock, _Clock) and dbapi_connection is not None:
        dbapi_connection.set_progress_handler(None, 0)


@event.listens_for(Engine, "handle_error")
def _told(context):
    """Tell of a search that took too long as what it is."""
    if context.connection is None or _MARK not in context.connection.info:
        return
    error = context.original_exception
    if getattr(error, "sqlstate", None) == _CANCELED or str(error) == "interrupted":
        raise Invalid.of("query", _LONG) from None


_LONG = (
    "the search took too long and was stopped; ask for less at once: fewer terms, a name before "
    "what is asked of components, words that do not begin with *"
)
