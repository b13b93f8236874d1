"""What changed, on one asset or on all."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas.change import ChangePageSchema, ChangeQuery, FleetChangeQuery
from cmdb_api.services import changes
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("changes", __name__, url_prefix=PREFIX, description="What changed, newest first")


@blp.route("/changes")
class Changes(MethodView):
    @needs("read")
    @blp.arguments(FleetChangeQuery, location="query")
    @blp.response(200, ChangePageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """List changes of all assets, newest first."""
        return changes.page(db.session, **query)


@blp.route("/assets/<hostname>/changes")
class AssetChanges(MethodView):
    @needs("read")
    @blp.arguments(ChangeQuery, location="query")
    @blp.response(200, ChangePageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query, hostname):
        """List changes of one asset, newest first."""
        return changes.page(db.session, asset=hostname, **query)
