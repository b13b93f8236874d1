"""Who did not report."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas.coverage import MissingPageSchema, MissingQuery
from cmdb_api.services import coverage
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "coverage", __name__, url_prefix=f"{PREFIX}/coverage", description="Who did not report"
)


@blp.route("/missing")
class Missing(MethodView):
    @needs("read")
    @blp.arguments(MissingQuery, location="query")
    @blp.response(200, MissingPageSchema)
    def get(self, query):
        """List assets of which nothing was collected in the window, those never seen among them."""
        return coverage.missing(db.session, **query)
