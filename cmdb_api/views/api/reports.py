"""Reports come in here: one as JSON, or one a line as NDJSON."""

import json
import time
from itertools import islice

from flask import current_app, request
from flask.views import MethodView
from werkzeug.wsgi import get_input_stream

from cmdb_api.errors import CMDBError, Forbidden, Malformed, TooLarge, Unsupported
from cmdb_api.models.types import now
from cmdb_api.schemas import report as schema
from cmdb_api.schemas.examples import REPORT
from cmdb_api.services import bodies, documents
from cmdb_api.views import settling
from cmdb_api.views.openapi import Blueprint

JSON, NDJSON = "application/json", "application/x-ndjson"
SHOWN = 255
# Reports that share a transaction where they change nothing.
TOGETHER = 50
# What is left of a request after so long is to be sent again: no client waits for ever, seconds.
LONGEST = 60

_SETTLED = {"report_id": REPORT["report_id"], "id": REPORT["id"], "result": "recorded"}
_REFUSED = _SETTLED | {"result": "refused"} | Forbidden("the signature is wrong").as_dict()
_TOLD = {"content": {JSON: {"schema": schema.ResultSchema, "example": _REFUSED}}}
_WANTED = _SETTLED | {"result": "incomplete", "wanted": ["disk"]}
_WHY = {
    400: "The report, or the body, can't be read",
    401: "It has no signature",
    403: "The signature is wrong, or the host's reports are not taken",
    413: "It is larger than the settings allow",
    415: "The content type, or the encoding, is none of those that are taken",
    422: "Its envelope is wrong",
    503: "It is to be sent again",
}
ANSWERS = {status: {"description": why} | _TOLD for status, why in _WHY.items()}
ANSWERS[200] = {
    "content": {
        JSON: {"example": _SETTLED},
        NDJSON: {"schema": {"type": "string"}, "example": f"{json.dumps(_SETTLED)}\n"},
    }
}
ANSWERS[409] = {
    "description": "The items of some kinds are wanted",
    "content": {JSON: {"schema": schema.ResultSchema, "example": _WANTED}},
}

blp = Blueprint("reports", __name__, url_prefix="/api/v1/reports", description="What hosts report")


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
        },
        responses=ANSWERS,
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
    result, error = settling.alone(line, now())
    if error:
        return current_app.json.response(result), error.status, error.headers
    return current_app.json.response(result), 409 if result["result"] == "incomplete" else 200


def _many(rows):
    most = current_app.config["MAX_REPORTS"]
    if len(rows) > most:
        raise TooLarge(f"{len(rows)} reports in one request; at most {most} are taken")
    lines = [_read(number, row) for number, row in enumerate(rows, 1)]
    received_at, deadline = now(), time.monotonic() + LONGEST
    results, ordered = {}, iter(sorted(lines, key=_order))
    while some := list(islice(ordered, TOGETHER)):
        results |= settling.together(some, received_at, deadline)
    text = "".join(json.dumps(results[line.number]) + "\n" for line in lines)
    return current_app.response_class(text, mimetype=NDJSON)


def _order(line):
    """Sort by host, and within a host by the time of collection."""
    if line.envelope is None:
        return "", 0, 0, line.number
    envelope = line.envelope
    return envelope.id.lower(), -envelope.age_ms, envelope.seq or 0, line.number


def _read(number, row):
    names, most = {"report_id": None, "id": None}, current_app.config["MAX_REPORT_LENGTH"]
    try:
        if len(row) > most:
            raise TooLarge(f"the report is larger than {most} bytes")
        document, repeated = documents.parse(row)
        if isinstance(document, dict):
            names = {name: _shown(document.get(name)) for name in names}
        return settling.Line(number, names, schema.load(document, repeated), None)
    except CMDBError as error:
        return settling.Line(number, names, None, error)


def _shown(value):
    return value[:SHOWN] if isinstance(value, str) else None
