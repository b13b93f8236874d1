"""People log in and out."""

from flask import current_app, g
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.models.access import SESSION
from cmdb_api.schemas import access as schemas
from cmdb_api.services.access import audit, issuing, sessions
from cmdb_api.views import deeds
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("sessions", __name__, url_prefix=f"{PREFIX}/sessions", description="Logins")
# A token is in the answer.
UNCACHED = {"Cache-Control": "no-store"}


@blp.route("")
class Sessions(MethodView):
    @blp.arguments(schemas.LoginSchema)
    @blp.response(201, schemas.NewSessionSchema)
    @blp.alt_response(401, "UNAUTHORIZED")
    @blp.alt_response(403, "FORBIDDEN")
    @blp.alt_response(429, "TOO_MANY_REQUESTS")
    def post(self, given):
        """
        Log in; the answer has the token of a session, which is told only here.

        401 where the name or the password is wrong, 403 where the account is disabled, 429 where
        that failed too often: Retry-After tells when it is taken again.
        """
        deeds.begin()
        entry = sessions.begin(db.session, given["name"], deeds.address())
        db.session.commit()
        hours = current_app.config["SESSION_HOURS"]
        account, token, text = sessions.log_in(db.session, entry, **given, hours=hours)
        db.session.commit()
        return told(token, account, token.id) | {"token": text}, 201, UNCACHED

    @needs("read")
    @blp.arguments(schemas.SessionQuery, location="query")
    @blp.response(200, schemas.SessionsSchema)
    def get(self, query):
        """List one's own sessions that are not over; for admins with `all` those of everybody."""
        everybodys = query["all"] and g.bearer.scope == "admin"
        mine = None if everybodys else g.bearer.account_id or 0
        found = sessions.every(db.session, account_id=mine)
        return {"items": [told(token, account, g.bearer.id) for token, account in found]}


@blp.route("/current")
class Current(MethodView):
    @needs("read")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self):
        """Log out."""
        _end(g.bearer.id)


@blp.route("/<int:number>")
class Session(MethodView):
    @needs("read")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, number):
        """End a session of one's own; admins end any."""
        _end(number)


def _end(number):
    token = issuing.revoke(db.session, g.bearer, number, kind=SESSION)
    audit.note(db.session, action=audit.LOGOUT, subject=token.name)
    db.session.commit()


def told(token, account, current):
    """Return what is told of a session."""
    return issuing.told_session(token, account) | {"current": token.id == current}
