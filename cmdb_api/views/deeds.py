"""What requests do, for the audit log: see ``services.access.audit``."""

import ipaddress
import json
import logging

from flask import g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from cmdb_api.extensions import db
from cmdb_api.services.access import audit
from cmdb_api.services.access.audit import Deed

READING = ("GET", "HEAD", "OPTIONS")
# What tells of itself so often that it would bury all else: masters with a token of scope relay.
SILENT = ("relay",)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# A larger body is data, not fields.
LARGEST = 256 * 1024

log = logging.getLogger(__name__)


def init_app(app):
    """Keep what requests do, what was refused of it, and from where: behind our proxies too."""
    if number := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number)
    app.before_request(_forget)
    app.after_request(_keep)
    app.teardown_request(_forget)


def begin(bearer=None, status=None):
    """Say who does what this request asks for; nobody who is known, where None is given."""
    deed = Deed(f"{request.method} {request.path}", address=address(), status=status)
    if bearer:
        deed.actor, deed.account_id, deed.token_id = bearer.name, bearer.account_id, bearer.id
        deed.writes = request.method not in READING and bearer.scope not in SILENT
        deed.tell = lambda: audit.fields(_fields())
    audit.by(deed)


def address():
    """Return the address that the request came from; None where it came by a socket file."""
    try:
        found = ipaddress.ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _fields():
    """Return the names of the fields that a request gave."""
    if request.mimetype in FORMS:
        return [name for name in request.form if name != "csrf_token"]
    if request.mimetype != "application/json" or (request.content_length or 0) > LARGEST:
        return ()
    try:
        given = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return ()
    return given.keys() if isinstance(given, dict) else ()


def _keep(answer):
    """Keep a deed that was refused, or that wrote without a commit of its own."""
    deed, refused = audit.current(), answer.status_code >= 400
    if deed is not None and _wanted(deed, answer, refused):
        db.session.rollback()
        try:
            _note(deed, answer, refused)
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.error("not kept in the audit log: %s by %s: %s", deed.what, deed.actor, error)
    return answer


def _wanted(deed, answer, refused):
    if deed.token_id is None:
        unknown = answer.status_code == 401 and not deed.noted
        return unknown and "Authorization" in request.headers
    if refused:
        return deed.writes or answer.status_code == 403
    return deed.writes and not deed.noted and not answer.is_streamed


def _note(deed, answer, refused):
    if not refused:
        more = {"status": answer.status_code, "details": deed.tell()}
        audit.note(db.session, action=audit.WRITE, **more)
        return
    error = (answer.get_json(silent=True) or {}).get("error", {})
    # A page has no code; its form says which fields were wrong.
    code = {"code": error["code"]} if "code" in error else {}
    wrong = error.get("fields") or g.get("wrong_fields", ())
    details = code | (audit.fields(wrong) or {}) or None
    action = audit.REFUSED if deed.token_id else audit.TOKEN_FAILED
    audit.note_refused(db.session, action=action, status=answer.status_code, details=details)


def _forget(_error=None):
    audit.by(None)
