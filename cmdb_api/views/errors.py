"""Every error leaves in the one JSON shape of ``cmdb_api.errors``, or as a page of the console."""

import difflib
import json
import logging
import re
from collections.abc import Mapping

from flask import current_app, request
from marshmallow import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from cmdb_api.errors import Busy, CMDBError, Invalid, Malformed
from cmdb_api.services import bodies

# Characters of a wrong value that are told.
SHOWN = 80

# Fields whose value is told to nobody.
_SECRET = re.compile("password|secret|token")

log = logging.getLogger(__name__)

_CODES = {kind.status: kind.code for kind in (CMDBError, *CMDBError.__subclasses__())}
_CODES |= {400: "bad_request", 500: "internal_error"}


# What answers at these addresses speaks JSON, whoever asks.
PROGRAMS = ("/api/", "/healthz")
# The extension that makes a page of an error.
PAGES = "cmdb_error_pages"


def init_app(app):
    """Answer every failure of this app: programs in JSON, people by a page."""
    app.register_error_handler(CMDBError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(
        ValidationError, lambda error: answer(invalid(error.messages, error))
    )
    for failure in bodies.BROKEN:
        app.register_error_handler(failure, _broken)
    for failure in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(failure, _database)


def answer(error):
    """Return the answer that tells of a CMDBError."""
    page = current_app.extensions.get(PAGES)
    if page and not request.path.startswith(PROGRAMS):
        return page(error)
    return error.as_dict(), error.status, error.headers


def invalid(messages, error=None, schema=None, place="json"):
    """
    Return the error for marshmallow's messages; its ``fields`` names each wrong field.

    With marshmallow's error, the value is told too; with the schema, what was meant by a field that
    it does not have. What came as ``query`` has no lists: a field is given several times.
    """
    given = getattr(error, "data", None)
    fields = _told(_flat(messages), given, schema)
    if place == "query":
        fields = {name.partition(".")[0]: texts for name, texts in fields.items()}
    told = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in sorted(fields.items()))
    return Invalid(told, fields=fields)


def _flat(messages, path=()):
    """Turn nested messages into {"a.b": [texts]}; what concerns the whole is named "body"."""
    if isinstance(messages, dict):
        flat = {}
        for name, inner in messages.items():
            step = () if name == "_schema" else (str(name),)
            flat |= _flat(inner, path + step)
        return flat
    texts = messages if isinstance(messages, list) else [messages]
    return {".".join(path) or "body": [str(text) for text in texts]}


def _told(fields, given, schema):
    """Return the texts on each field with the value that was given, or the name that was meant."""
    known = [field.data_key or name for name, field in schema.fields.items()] if schema else []
    told = {}
    for name, texts in fields.items():
        if texts == ["Unknown field."]:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}."
            told[name] = [f"Unknown field; {hint}"] if known else texts
        else:
            value = None if _SECRET.search(name) else _shown(_at(given, name))
            told[name] = [*texts[:-1], f"{texts[-1]} Given: {value}"] if value else texts
    return told


def _at(given, name):
    """Return the value at a path like "a.0.b" of what was given; None where there is none."""
    for step in name.split("."):
        if isinstance(given, list):
            given = given[int(step)] if step.isdecimal() and int(step) < len(given) else None
        elif isinstance(given, Mapping):
            given = given.get(step)
        else:
            return None
    return given


def _shown(value):
    """Return a value as JSON has it, cut where it is long; None for what has no value."""
    if value is None or isinstance(value, (dict, list)):
        return None
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = text if text.isprintable() else json.dumps(value, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _http(error):
    """Tell of an error that Flask, Werkzeug or the argument parser raised."""
    if error.response is not None or error.code < 400:
        return error
    data = getattr(error, "data", None) or {}
    if error.code == 422 and "messages" in data:
        # {"json": {...}} or {"query": {...}}: where it stood is plain from the request.
        ((place, messages),) = data["messages"].items()
        return answer(invalid(messages, error.exc, data.get("schema"), place))
    told = CMDBError(_message(error))
    told.status = error.code
    told.code = _CODES.get(error.code) or error.name.lower().replace(" ", "_")
    told.headers = {
        name: value for name, value in error.get_headers() if name.lower() != "content-type"
    }
    return answer(told)


def _message(error):
    if error.code == 404:
        return f"there is nothing at {request.path}"
    if error.code == 405:
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return f"{request.method} is not possible at {request.path}; possible: {allowed}"
    if error.code == 413:
        return f"the body is larger than {request.max_content_length} bytes"
    if error.code == 500:
        return "an error in the API; its log says more"
    return error.description or error.name


def _broken(error):
    """Tell of a body whose chunks can't be read."""
    log.warning("a body can't be read: %a", error)
    return answer(
        Malformed("the chunks of the body are not as Transfer-Encoding: chunked has them")
    )


def _database(error):
    log.error("database: %s", error, exc_info=error)
    return answer(Busy("the database does not answer; try again", headers={"Retry-After": "10"}))
