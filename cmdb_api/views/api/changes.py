"""What changed, on one asset or on all, one by one or like ones together."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import change as schemas
from cmdb_api.services import changes, grouping
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("changes", __name__, url_prefix=PREFIX, description="What changed, newest first")


@blp.route("/changes")
class Changes(MethodView):
    @needs("read")
    @blp.arguments(schemas.FleetChangeQuery, location="query")
    @blp.response(200, schemas.ChangePageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """List changes of all assets, newest first."""
        return changes.page(db.session, **query)


@blp.route("/changes/groups")
class Groups(MethodView):
    @needs("read")
    @blp.arguments(schemas.GroupQuery, location="query")
    @blp.response(200, schemas.GroupPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """
        Show what changed with like changes together: the same one on 40 hosts is one line.

        The changes of the last 24 hours, or of another window of at most 31 days. What changes to
        and fro is one line too.
        """
        return grouping.page(db.session, **query)


@blp.route("/changes/<hostname>/<count:seq>")
class OneChange(MethodView):
    @needs("read")
    @blp.response(200, schemas.ChangeDetailSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, hostname, seq):
        """Show one change, and the others that came with the same report."""
        return changes.one(db.session, hostname, seq)


@blp.route("/assets/<hostname>/changes")
class AssetChanges(MethodView):
    @needs("read")
    @blp.arguments(schemas.ChangeQuery, location="query")
    @blp.response(200, schemas.ChangePageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query, hostname):
        """List changes of one asset, newest first."""
        return changes.page(db.session, asset=hostname, **query)
