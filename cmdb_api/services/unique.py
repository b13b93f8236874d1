"""Rows of which no two may have the same name, in any case."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError


def flush(session, row, taken):
    """Write a row; raises ``taken`` where another one has its ``name_key``."""
    model = type(row)
    same = select(model.id).where(model.name_key == row.name_key, model.id != (row.id or 0))
    with session.no_autoflush:
        if session.scalar(same) is not None:
            raise taken
    try:
        session.flush()
    except IntegrityError as error:
        # Another one came with it this moment.
        raise taken from error
