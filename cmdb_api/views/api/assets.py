"""Assets: list, register, look at, describe."""

from flask import current_app, g, url_for
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import asset as schemas
from cmdb_api.services import assets, inventory, keys
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "assets", __name__, url_prefix=f"{PREFIX}/assets", description="Servers, by hostname"
)


LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of the asset"}}


@blp.route("")
class Assets(MethodView):
    @needs("read")
    @blp.arguments(schemas.AssetPageQuery, location="query")
    @blp.response(200, schemas.AssetPageSchema)
    def get(self, query):
        """List assets by name."""
        return assets.page(db.session, **query)

    @needs("write")
    @blp.arguments(schemas.NewAssetSchema)
    @blp.response(
        201, schemas.AssetDetailSchema, headers={"Location": {"schema": {"type": "string"}}}
    )
    @blp.alt_response(409, "CONFLICT")
    def post(self, fields):
        """
        Register an asset.

        One that has only reported so far becomes registered and keeps its record.
        """
        asset = assets.register(db.session, actor=g.bearer.name, **fields)
        db.session.commit()
        place = url_for("assets.Asset", hostname=asset.hostname)
        return _detail(asset.hostname), 201, {"Location": place}


@blp.route("/<hostname>")
class Asset(MethodView):
    @needs("read")
    @blp.arguments(schemas.AssetQuery, location="query")
    @blp.response(200, schemas.AssetDetailSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query, hostname):
        """Show all that is known of one asset; its name is taken in any case."""
        return _detail(hostname, query["kind"])

    @needs("write")
    @blp.arguments(schemas.DeclaredSchema)
    @blp.response(200, schemas.AssetDetailSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, fields, hostname):
        """Change what is declared of an asset; what is not given stays."""
        assets.declare(db.session, hostname, actor=g.bearer.name, **fields)
        db.session.commit()
        return _detail(hostname)


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
