"""Logins by an OpenID Connect provider."""

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
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "oidc", __name__, url_prefix=f"{PREFIX}/oidc", description="Logins by OpenID Connect"
)
COOKIE = "cmdb_oidc"
# How long a login at the provider may take, seconds.
LASTS = 600


@blp.route("/login")
class Login(MethodView):
    @blp.response(302, description="to the provider")
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self):
        """Send the browser to the provider, which sends it back. 404 where OIDC is not set up."""
        oidc.check_on(current_app.config)
        url, kept = oidc.start(current_app.config, _back())
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
        try:
            session = _session(given)
        except CMDBError as error:
            db.session.rollback()
            more = {"status": error.status, "details": {"code": error.code}}
            audit.note_refused(db.session, action=audit.REFUSED, **more)
            db.session.commit()
            raise
        answer = make_response(schemas.NewSessionSchema().dump(session))
        answer.delete_cookie(COOKIE, path=url_for("oidc.Callback"))
        answer.headers.update(UNCACHED)
        return answer


def _session(given):
    """Return what is told of the session of who came back from the provider."""
    config = current_app.config
    claims = oidc.finish(config, _back(), _kept(), given)
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
