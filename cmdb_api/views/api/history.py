"""What was, and what differs: an asset between two moments, or two assets."""

from flask import current_app
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import history as schemas
from cmdb_api.schemas.asset import AssetDetailSchema
from cmdb_api.services import assets, compare, past
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("history", __name__, url_prefix=PREFIX, description="What was, and what differs")

_EITHER = {"oneOf": [AssetDetailSchema, schemas.PastAssetSchema]}
# How an asset's answer is described: with a time it is another.
OR_AS_IT_WAS = {200: {"content": {"application/json": {"schema": _EITHER}}}}


def as_it_was(hostname, at, kind):
    """Return the answer that shows an asset at a past moment; no ETag, as it can't be edited."""
    found = past.of(db.session, assets.find(db.session, hostname), at, kind)
    return current_app.json.response(schemas.PastAssetSchema().dump(found))


@blp.route("/assets/<hostname>/diff")
class Between(MethodView):
    @needs("read")
    @blp.arguments(schemas.BetweenQuery, location="query")
    @blp.response(200, schemas.BetweenSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query, hostname):
        """Show the net differences of an asset between two moments: what came back is none."""
        return compare.between(db.session, assets.find(db.session, hostname), **query)


@blp.route("/diff")
class Two(MethodView):
    @needs("read")
    @blp.arguments(schemas.TwoQuery, location="query")
    @blp.response(200, schemas.TwoSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """
        Compare two assets, now or at a past moment.

        Components are paired by their place, packages by their name.
        """
        return compare.two(db.session, **query)
