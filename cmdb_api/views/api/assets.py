"""Assets: list, register, look at, describe."""

from flask import current_app, g, url_for
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import asset as schemas
from cmdb_api.services import assets, inventory, keys, listing
from cmdb_api.views import etag
from cmdb_api.views.api import history
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "assets", __name__, url_prefix=f"{PREFIX}/assets", description="Servers, by hostname"
)


_TEXT = {"schema": {"type": "string"}}
LOCATION = {"Location": _TEXT | {"description": "of the asset"}}


@blp.route("")
class Assets(MethodView):
    @needs("read")
    @blp.arguments(schemas.AssetPageQuery, location="query")
    @blp.response(200, schemas.AssetPageSchema)
    def get(self, query):
        """
        List assets by name.

        Retired ones are left out unless `state` says so, and those under review or ignored unless
        `standing` does.
        """
        return listing.page(db.session, **query)

    @needs("write")
    @blp.arguments(schemas.NewAssetSchema)
    @blp.response(201, schemas.AssetDetailSchema, headers=LOCATION | etag.HEADER)
    @blp.alt_response(409, "CONFLICT")
    def post(self, fields):
        """
        Register an asset.

        One that has only reported so far becomes registered and keeps its record.
        """
        asset = assets.register(db.session, actor=g.bearer.name, **fields)
        db.session.commit()
        place = url_for("assets.Asset", hostname=asset.hostname)
        return etag.answer(_detail(asset.hostname), 201, {"Location": place})


@blp.route("/<hostname>")
class Asset(MethodView):
    @needs("read")
    @blp.arguments(schemas.AssetQuery, location="query")
    @blp.response(200, schemas.AssetDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.doc(responses=history.OR_AS_IT_WAS)
    def get(self, query, hostname):
        """
        Show all that is known of one asset; its name is taken in any case.

        With `at` it is shown as it was at that moment.
        """
        if query.get("at"):
            return history.as_it_was(hostname, query["at"], query["kind"])
        return etag.answer(_detail(hostname, query["kind"]))

    @needs("write")
    @etag.guarded(blp)
    @blp.arguments(schemas.EditSchema)
    @blp.response(200, schemas.AssetDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, fields, hostname):
        """Change what is declared of an asset; what is not given stays."""
        match, actor = etag.if_match(), g.bearer.name
        asset = assets.declare(db.session, hostname, actor=actor, if_match=match, **fields)
        db.session.commit()
        return etag.answer(_detail(asset.hostname))

    @needs("admin")
    @etag.guarded(blp)
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def delete(self, hostname):
        """
        Remove an asset with its whole history: one that never reported, or is retired.

        What it was last is kept in /master-changes.
        """
        assets.remove(db.session, hostname, actor=g.bearer.name, if_match=etag.if_match())
        db.session.commit()


@blp.route("/<hostname>/state")
class AssetState(MethodView):
    @needs("write")
    @etag.guarded(blp)
    @blp.arguments(schemas.StateSchema)
    @blp.response(200, schemas.AssetDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, given, hostname):
        """
        Bring an asset into another state of its life; 409 names those that are possible.

        Retiring revokes its key. What each state means is in docs/assets.md.
        """
        more = {"if_match": etag.if_match(), "why": given.get("comment")}
        assets.declare(db.session, hostname, actor=g.bearer.name, state=given["state"], **more)
        db.session.commit()
        return etag.answer(_detail(hostname))


@blp.route("/<hostname>/key")
class AssetKey(MethodView):
    @needs("admin")
    @blp.response(200, schemas.KeySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, hostname):
        """
        Revoke a host's key by raising its generation. The new key is not shown.

        Masters derive the new one themselves; `cmdb key` prints it on the API's host.
        """
        asset = keys.rotate(db.session, hostname, actor=g.bearer.name)
        db.session.commit()
        return asset


def _detail(hostname, kinds=()):
    skew = current_app.config["CLOCK_SKEW_SECONDS"]
    return inventory.of(db.session, hostname, kinds=kinds, clock_skew_seconds=skew)
