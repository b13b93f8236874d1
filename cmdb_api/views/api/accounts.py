"""Accounts of people, and one's own."""

from flask import g, url_for
from flask.views import MethodView

from cmdb_api.errors import Forbidden
from cmdb_api.extensions import db
from cmdb_api.schemas import access as schemas
from cmdb_api.services.access import accounts, me, sessions
from cmdb_api.views import deeds, etag
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "accounts", __name__, url_prefix=f"{PREFIX}/accounts", description="People who may log in"
)
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of what was added"}}


@blp.route("")
class Accounts(MethodView):
    @needs("admin")
    @blp.arguments(schemas.AccountPageQuery, location="query")
    @blp.response(200, schemas.AccountPageSchema)
    def get(self, query):
        """List accounts by name."""
        return accounts.page(db.session, **query)

    @needs("admin")
    @blp.arguments(schemas.AccountSchema)
    @blp.response(201, schemas.AccountDetailSchema, headers=LOCATION | etag.HEADER)
    @blp.alt_response(409, "CONFLICT")
    def post(self, given):
        """Add an account."""
        number = accounts.add(db.session, given).id
        db.session.commit()
        place = {"Location": url_for("accounts.Account", number=number)}
        return etag.answer(accounts.one(db.session, number), 201, place)


@blp.route("/<int:number>")
class Account(MethodView):
    @needs("admin")
    @blp.response(200, schemas.AccountDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show one account."""
        return etag.answer(accounts.one(db.session, number))

    @needs("admin")
    @etag.guarded(blp)
    @blp.arguments(schemas.AccountEditSchema)
    @blp.response(200, schemas.AccountDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, given, number):
        """
        Change an account; what is not given stays. Another role counts at once.

        A new password ends its sessions. 409 for the last admin who could do this.
        """
        accounts.edit(db.session, number, given, if_match=etag.if_match())
        db.session.commit()
        return etag.answer(accounts.one(db.session, number))

    @needs("admin")
    @etag.guarded(blp)
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def delete(self, number):
        """
        Remove an account with its sessions, its tokens and the searches that it does not share.

        What it did stays in the history and in the audit log.
        """
        accounts.remove(db.session, number, if_match=etag.if_match())
        db.session.commit()


@blp.route("/me")
class Me(MethodView):
    @needs("read", "relay")
    @blp.response(200, schemas.MeSchema)
    def get(self):
        """Show who asks, and what they may."""
        return me.told(db.session, g.bearer)


@blp.route("/me/password")
class Password(MethodView):
    @needs("read")
    @blp.arguments(schemas.PasswordSchema)
    @blp.response(204)
    @blp.alt_response(429, "TOO_MANY_REQUESTS")
    def put(self, given):
        """Change one's own password. All other sessions of the account end."""
        if g.bearer.account_id is None:
            raise Forbidden(f"{g.bearer.name} is a token; only accounts have passwords")
        entry = sessions.begin(db.session, g.bearer.name, deeds.address())
        db.session.commit()
        old, new = given["old_password"], given["new_password"]
        sessions.change_password(db.session, entry, g.bearer, old, new)
        db.session.commit()
