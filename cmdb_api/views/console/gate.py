"""Who may see a page: each needs a login and a scope, unless it says that it does not."""

from flask import current_app, g, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import UnsupportedMediaType

from cmdb_api.errors import Forbidden, Unauthorized
from cmdb_api.extensions import csrf, db
from cmdb_api.services.access import tokens
from cmdb_api.views import deeds, limits


class OldForm(Forbidden):
    """A form that was not made for this session."""


READ, WRITE, ADMIN = "read", "write", "admin"


def needs(scope):
    """Mark a view as one for this scope; without, pages need ``read`` and forms ``write``."""

    def mark(view):
        view.scope = scope
        return view

    return mark


def public(view):
    """Mark a view as open to whoever is not logged in."""
    view.public = True
    return view


def admit():
    """Let a request of the console through, or raise Unauthorized or Forbidden."""
    view = current_app.view_functions[request.endpoint]
    deeds.begin()
    if getattr(view, "public", False):
        _check_form()
        know()
        return
    if not know():
        raise Unauthorized(g.get("logged_out") or "log in first")
    _check_form()
    if tokens.note_use(db.session, g.bearer):
        db.session.commit()
    deeds.begin(g.bearer, 200)
    tokens.check(db.session, g.bearer, [scope_of(view, request.method)])
    limits.apply(g.bearer)


def know():
    """Find out who is logged in; return whether anybody is."""
    if current_user.is_authenticated:
        g.bearer = current_user.bearer
    return "bearer" in g


def _check_form():
    """Raise Forbidden where a form was not made for this browser by us."""
    try:
        csrf.protect()
    except CSRFError as error:
        raise OldForm(
            "this form was made before you logged in, or your browser keeps no cookies: go back, "
            "load the page again, and send it once more"
        ) from error
    if request.is_json and request.method not in deeds.READING:
        # It would be read as a form whose fields are anything.
        raise UnsupportedMediaType("pages take forms only; programs send JSON to /api/v1")


def scope_of(view, method):
    """Return the scope that a view asks for."""
    return getattr(view, "scope", READ if method in deeds.READING else WRITE)


def may(endpoint, method="GET"):
    """Tell whether whoever is logged in may use an endpoint: what they may not is not offered."""
    bearer, view = g.get("bearer"), current_app.view_functions.get(endpoint)
    if bearer is None or view is None:
        return False
    scope = scope_of(view, method)
    allowed = scope in tokens.INCLUDES[bearer.scope]
    return allowed and (bearer.units is None or limits.is_open(endpoint, method))
