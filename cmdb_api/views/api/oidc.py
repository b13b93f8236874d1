"""Logins by an OpenID Connect provider: of programs, and of the console's pages.

A login that was begun with ``next``, as the console's page does, ends there; others end in JSON.
"""

from flask import current_app, make_response, redirect, request, url_for
from flask.views import MethodView
from itsdangerous import BadData, URLSafeTimedSerializer
from marshmallow import EXCLUDE

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.schemas import access as schemas
from cmdb_api.services.access import audit, oidc, oidc_accounts, sessions
from cmdb_api.views import deeds
from cmdb_api.views.api.sessions import UNCACHED, told
from cmdb_api.views.console import login
from cmdb_api.views.errors import PAGES
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "oidc", __name__, url_prefix=f"{PREFIX}/oidc", description="Logins by OpenID Connect"
)
COOKIE = "cmdb_oidc"
# How long a login at the provider may take, seconds.
LASTS = 600
# Where a login of the console goes on, in what is kept; and its most characters.
NEXT, MOST_NEXT = "next", 1500


@blp.route("/login")
class Login(MethodView):
    @blp.response(302, description="to the provider")
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self):
        """Send the browser to the provider, which sends it back. 404 where OIDC is not set up."""
        target = request.args.get("next")
        try:
            oidc.check_on(current_app.config)
            url, kept = oidc.start(current_app.config, _back())
        except CMDBError as error:
            return _failed(error, target)
        # What is longer fits no cookie.
        if target is not None:
            kept[NEXT] = target if len(target) <= MOST_NEXT else "/"
        answer = make_response(redirect(url))
        more = {"httponly": True, "samesite": "Lax", "secure": request.is_secure}
        path = url_for("oidc.Callback")
        answer.set_cookie(COOKIE, _signer().dumps(kept), max_age=LASTS, path=path, **more)
        answer.headers["Cache-Control"] = "no-store"
        return answer


@blp.route("/callback")
class Callback(MethodView):
    @blp.arguments(schemas.CallbackQuery, location="query", unknown=EXCLUDE)
    @blp.response(200, schemas.NewSessionSchema)
    @blp.alt_response(403, "FORBIDDEN")
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self, given):
        """
        Take back who logged in at the provider; the answer has the token of a session.

        403 where that proves nothing, or where they have no account here.
        """
        oidc.check_on(current_app.config)
        deeds.begin()
        kept = _kept()
        target = kept and kept.get(NEXT)
        try:
            session = _session(given, kept)
        except CMDBError as error:
            db.session.rollback()
            more = {"status": error.status, "details": {"code": error.code}}
            audit.note_refused(db.session, action=audit.REFUSED, **more)
            db.session.commit()
            return _failed(error, target)
        if target is None:
            answer = make_response(schemas.NewSessionSchema().dump(session))
        else:
            login.start(session["token"])
            answer = make_response(redirect(login.inside(target)))
        answer.delete_cookie(COOKIE, path=url_for("oidc.Callback"))
        answer.headers.update(UNCACHED)
        return answer


def _failed(error, target):
    """Tell of an error: by a page to who began in the console, else in JSON."""
    if target is None:
        raise error
    answer = make_response(current_app.extensions[PAGES](error, login_to=login.inside(target)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _session(given, kept):
    """Return what is told of the session of who came back from the provider."""
    config = current_app.config
    claims = oidc.finish(config, _back(), kept, given)
    account = oidc_accounts.of(db.session, claims, config)
    entry = audit.note(db.session, action=audit.LOGIN, subject=account.name)
    token, text = sessions.start(db.session, entry, account, hours=config["SESSION_HOURS"])
    entry.status, entry.details = 200, {"by": "oidc"}
    db.session.commit()
    return told(token, account, token.id) | {"token": text}


def _kept():
    """Return what was kept when the login was begun, in a cookie that we signed; or None."""
    try:
        return _signer().loads(request.cookies.get(COOKIE, ""), max_age=LASTS)
    except BadData:
        return None


def _signer():
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=COOKIE)


def _back():
    """Return the address to which the provider sends the browser back."""
    return current_app.config["OIDC_REDIRECT_URL"] or url_for("oidc.Callback", _external=True)
