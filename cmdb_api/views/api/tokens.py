"""Tokens of programs."""

from flask import g
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import access as schemas
from cmdb_api.services.access import issuing
from cmdb_api.views.api.sessions import UNCACHED
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("tokens", __name__, url_prefix=f"{PREFIX}/tokens", description="Tokens of programs")


@blp.route("")
class Tokens(MethodView):
    @needs("read")
    @blp.response(200, schemas.TokensSchema)
    def get(self):
        """List tokens: one's own, or all for admins. Their text is not known any more."""
        return {"items": issuing.every(db.session, g.bearer)}

    @needs("read")
    @blp.arguments(schemas.NewTokenSchema)
    @blp.response(201, schemas.MadeTokenSchema)
    def post(self, given):
        """
        Make a token; its text is told only here.

        People make their own in a session, with no more than they may themselves: it ends with
        their account. Admins make any.
        """
        token, text = issuing.issue(db.session, g.bearer, **given)
        db.session.commit()
        return issuing.told(db.session, [token])[0] | {"token": text}, 201, UNCACHED


@blp.route("/<int:number>")
class Token(MethodView):
    @needs("read")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, number):
        """Revoke a token of one's own; admins revoke any. It is invalid at once."""
        issuing.revoke(db.session, g.bearer, number)
        db.session.commit()
