"""Parts: where each is, and where it was."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas.part import PartPageSchema, PartQuery
from cmdb_api.services import parts
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "parts", __name__, url_prefix=f"{PREFIX}/parts", description="Parts, by serial number"
)


@blp.route("")
class Parts(MethodView):
    @needs("read")
    @blp.arguments(PartQuery, location="query")
    @blp.response(200, PartPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """Find a part by its serial number, or list those of a host: where each is and was."""
        return parts.page(db.session, **query)
