"""Pages that tell what went wrong, and what to do; never a traceback of ours."""

from urllib.parse import urlsplit

from flask import g, redirect, render_template, request, url_for

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services import assets
from cmdb_api.views.console import forms, gate, login

# What of a form is never kept: it is asked for again.
_FORGOTTEN = ("csrf_token", "password")
MOST_KEPT = 100_000


def answer(error, *, login_to=None):
    """Return the page that tells of a CMDBError; of a login, that was to lead to ``login_to``."""
    if error.status == 401:
        return _log_in(error)
    gate.know()
    if isinstance(error, gate.OldForm) and (page := _once_more()):
        return page, error.status
    searched = (request.view_args or {}).get("hostname")
    known = {"error": error, "searched": searched, "near": _near(error, searched), "now": now()}
    known["login_to"] = login_to
    if error.status == 404 and request.method == "POST" and _own_form():
        # What was edited is gone; what was typed need not go with it.
        known["typed"] = [
            (name, value)
            for name, value in kept_fields()
            if value.strip() and name not in forms.NOT_VALUES
        ]
    page = render_template("console/fault.html", **known)
    return page, error.status, _headers(error)


def _near(error, searched):
    """Return the assets that may be meant by a name that none has."""
    if error.status != 404 or not searched or "bearer" not in g:
        return []
    db.session.rollback()
    return assets.nearest(db.session, searched)


def _headers(error):
    kept = ("Retry-After", "Allow")
    return {name: value for name, value in error.headers.items() if name in kept}


def _log_in(error):
    """Ask for a login; what was typed into a form of ours meanwhile is kept on the page."""
    if request.method in ("GET", "HEAD"):
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        ended = 1 if "logged_out" in g else None
        return redirect(url_for("console.login.page", next=back, ended=ended))
    # Files are not kept: they are not even read.
    files = request.mimetype == "multipart/form-data"
    kept = kept_fields() if _own_form() and not files else []
    back = request.path if kept else _page_before()
    return login.ask_again(kept, back, files=files), 401


def _once_more():
    """Return the page that shows what an old form of ours held, to be sent again; else None."""
    files = request.mimetype == "multipart/form-data"
    kept = kept_fields() if "bearer" in g and _own_form() and not files else []
    target = request.full_path.rstrip("?")
    return (
        render_template("console/again.html", target=target, kept=kept, old=True) if kept else None
    )


def _page_before():
    """Return the address of our page that the form was sent from; None where that is not told."""
    before = urlsplit(request.referrer or "")
    return before.path if before.netloc == request.host else None


def kept_fields():
    """Return (name, value) of the form that was sent, but for secrets."""
    found = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(name.endswith(each) for each in _FORGOTTEN)
    ]
    return found if sum(len(n) + len(v) for n, v in found) <= MOST_KEPT else []


def _own_form():
    """Tell whether a form was sent from a page of ours, not from another site's."""
    origin = request.headers.get("Origin", "")
    return urlsplit(origin).netloc == request.host
