"""Reports come in here: one as JSON, or one a line as NDJSON."""

import json
import logging
from typing import NamedTuple

from flask import current_app, request
from flask.views import MethodView
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.wsgi import get_input_stream

from cmdb_api.errors import Busy, CMDBError, Malformed, TooLarge, Unsupported
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas import report as schema
from cmdb_api.schemas.examples import REPORT
from cmdb_api.services import bodies, documents
from cmdb_api.services.ingest import WRITTEN, ingest
from cmdb_api.views.openapi import Blueprint

log = logging.getLogger(__name__)

JSON, NDJSON = "application/json", "application/x-ndjson"
SHOWN = 255

blp = Blueprint("reports", __name__, url_prefix="/api/v1/reports", description="What hosts report")


class Broken(CMDBError):
    """A fault of ours; the log has it."""

    status, code = 500, "internal_error"


class Line(NamedTuple):
    """One report of a request: its envelope, or why it has none, and what names it."""

    number: int
    names: dict
    envelope: schema.Envelope | None
    error: CMDBError | None


@blp.route("")
class Reports(MethodView):
    """The way of reports into the record."""

    @blp.response(200, schema.ResultSchema, description="Settled; NDJSON gets a line for each")
    @blp.doc(
        requestBody={
            "required": True,
            "content": {
                JSON: {"schema": {"type": "object"}, "example": REPORT},
                NDJSON: {"schema": {"type": "string"}, "example": f"{json.dumps(REPORT)}\n"},
            },
        }
    )
    def post(self):
        """
        Record reports. They are proven by their signatures; no token is needed.

        One report as application/json gets its result with a status that tells it too: 409 where
        the items of some kinds are wanted, 503 where it is to be sent again, another 4xx where it
        is refused. Reports as application/x-ndjson, one a line, get 200 and a result line each, in
        their order. The body may be gzipped. docs/report.schema.json describes a report.
        """
        body = _body()
        if request.mimetype != NDJSON:
            return _one(body)
        rows = [row for row in body.split(b"\n") if row.strip()]
        return _many(rows)


def _body():
    stream = get_input_stream(request.environ)
    if request.mimetype not in (JSON, NDJSON, ""):
        bodies.drain(stream)
        raise Unsupported(f"Content-Type must be {JSON} or {NDJSON}, not {request.mimetype}")
    body = bodies.read(
        stream,
        declared=request.content_length,
        encoding=request.headers.get("Content-Encoding", ""),
        limit=current_app.config["MAX_CONTENT_LENGTH"],
        inflated_limit=current_app.config["MAX_INFLATED_LENGTH"],
    )
    if not body.strip():
        raise Malformed("the body is empty; a report is wanted")
    return body


def _one(body):
    line = _read(1, body)
    result, error = _take(line, now())
    if error:
        return current_app.json.response(result), error.status, error.headers
    return current_app.json.response(result), 409 if result["result"] == "incomplete" else 200


def _many(rows):
    most = current_app.config["MAX_REPORTS"]
    if len(rows) > most:
        raise TooLarge(f"{len(rows)} reports in one request; at most {most} are taken")
    lines = [_read(number, row) for number, row in enumerate(rows, 1)]
    received_at = now()
    results = {line.number: _take(line, received_at)[0] for line in sorted(lines, key=_order)}
    text = "".join(json.dumps(results[line.number]) + "\n" for line in lines)
    return current_app.response_class(text, mimetype=NDJSON)


def _order(line):
    """Sort by host, and within a host by the time of collection."""
    if line.envelope is None:
        return "", 0, line.number
    return line.envelope.id.lower(), -line.envelope.age_ms, line.number


def _read(number, row):
    names, most = {"report_id": None, "id": None}, current_app.config["MAX_REPORT_LENGTH"]
    try:
        if len(row) > most:
            raise TooLarge(f"the report is larger than {most} bytes")
        document, repeated = documents.parse(row)
        if isinstance(document, dict):
            names = {name: _shown(document.get(name)) for name in names}
        return Line(number, names, schema.load(document, repeated), None)
    except CMDBError as error:
        return Line(number, names, None, error)


def _shown(value):
    return value[:SHOWN] if isinstance(value, str) else None


def _take(line, received_at):
    """Record one report in a transaction of its own; return its result line and its error."""
    try:
        if line.error:
            raise line.error
        result = ingest(db.session, line.envelope, received_at, current_app.config)
        if result.result in WRITTEN:
            db.session.commit()
    except CMDBError as error:
        log.warning("report %r of %r refused: %a", *line.names.values(), error.message)
        return _failed(line, "refused", error)
    except (DBAPIError, PoolTimeout) as error:
        return _failed(line, "retry", _database_error(line, error))
    except Exception:
        # What is wrong with one report shall not lose the others of its request.
        log.exception("report %r of %r failed", *line.names.values())
        return _failed(line, "retry", Broken("the report could not be recorded; the log has why"))
    finally:
        db.session.rollback()
    log.info("report %r of %r %s, %d changes", *line.names.values(), *result[:2])
    told = {name: value for name, value in result._asdict().items() if value not in (None, {})}
    return line.names | told, None


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
        return Busy("the database does not answer; send it again", headers={"Retry-After": "10"})
    return Broken("the report could not be recorded; the log has why")
