"""What becomes of the reports of a request: each is settled in a transaction, and gets a line."""

import logging
import time
from typing import NamedTuple

from flask import current_app
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cmdb_api.errors import Busy, CMDBError
from cmdb_api.extensions import db
from cmdb_api.schemas.report import Envelope
from cmdb_api.services import findings, refusals
from cmdb_api.services.batch import ingest_unchanged
from cmdb_api.services.ingest import WRITTEN, ingest

log = logging.getLogger(__name__)


class Broken(CMDBError):
    """A fault of ours; the log has it."""

    status, code = 500, "internal_error"


class Line(NamedTuple):
    """One report of a request: its envelope, or why it has none, and what names it."""

    number: int
    names: dict
    envelope: Envelope | None
    error: CMDBError | None


def together(lines, received_at, deadline):
    """Return {number: result line}: at once of what changes nothing, then of each other report."""
    results = {}
    sound = [line for line in lines if line.error is None]
    if len(sound) > 1 and time.monotonic() < deadline:
        results = _unchanged(sound, received_at)
    for line in lines:
        if line.number in results:
            continue
        if time.monotonic() > deadline:
            late = _busy("what came before it took too long")
            results[line.number] = _failed(line, "retry", late)[0]
        else:
            results[line.number] = alone(line, received_at)[0]
    return results


def _unchanged(lines, received_at):
    """Take the reports that change nothing, in one transaction; return their result lines."""
    try:
        envelopes = [line.envelope for line in lines]
        taken = ingest_unchanged(db.session, envelopes, received_at, current_app.config)
        db.session.commit()
    except Exception as error:
        # Each report is taken alone now, and what is wrong with one of them is told of it alone.
        why = getattr(error, "orig", error)
        log.warning("a batch of %d reports: %r; now one by one", len(lines), why)
        return {}
    finally:
        db.session.rollback()
    settled = [(line, result) for line, result in zip(lines, taken, strict=True) if result]
    return {line.number: _told(line, result) for line, result in settled}


def alone(line, received_at):
    """Record one report in a transaction of its own; return its result line and its error."""
    try:
        if line.error:
            raise line.error
        result = ingest(db.session, line.envelope, received_at, current_app.config)
        if result.result in WRITTEN:
            db.session.commit()
    except Busy as error:
        return _failed(line, "retry", error)
    except CMDBError as error:
        db.session.rollback()
        return _refused(line, error)
    except (DBAPIError, PoolTimeout) as error:
        return _failed(line, "retry", _database_error(line, error))
    except Exception:
        # What is wrong with one report shall not lose the others of its request.
        log.exception("report %r of %r failed", *line.names.values())
        return _failed(line, "retry", Broken("the report could not be recorded; the log has why"))
    finally:
        db.session.rollback()
    return _told(line, result), None


def _told(line, result):
    """Return a report's result line."""
    log.info("report %r of %r %s, %d changes", *line.names.values(), *result[:2])
    told = {name: value for name, value in result._asdict().items() if value not in (None, {})}
    return line.names | told


def _refused(line, error):
    """Note why a host that is known was refused: coverage tells it."""
    log.warning("report %r of %r refused: %a", *line.names.values(), error.message)
    try:
        if refusals.note(db.session, line.names["id"], error):
            db.session.commit()
        if error.finding and findings.note(db.session, error.finding):
            db.session.commit()
    except (DBAPIError, PoolTimeout) as failure:
        log.warning("the refusal could not be noted: %s", getattr(failure, "orig", failure))
    return _failed(line, "refused", error)


def _failed(line, result, error):
    return line.names | {"result": result} | error.as_dict(), error


def _database_error(line, error):
    passing = isinstance(error, (OperationalError, PoolTimeout)) or error.connection_invalidated
    log.log(
        logging.WARNING if passing else logging.ERROR,
        "report %r of %r: the database: %s",
        *line.names.values(),
        getattr(error, "orig", error),
        exc_info=not passing,
    )
    if passing:
        return _busy("the database does not answer")
    return Broken("the report could not be recorded; the log has why")


def _busy(why):
    return Busy(f"{why}; send it again", headers={"Retry-After": "10"})
