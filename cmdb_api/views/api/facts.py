"""What can be expected of an asset."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import fact as schemas
from cmdb_api.services import facts, kinds
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("facts", __name__, url_prefix=f"{PREFIX}/facts", description="Expected values")


@blp.route("")
class Facts(MethodView):
    @needs("read")
    @blp.response(200, schemas.FactsSchema)
    def get(self):
        """
        List the facts that can be expected of an asset, by name.

        `<kind>.count` is one for every kind that there is.
        """
        return {"items": facts.every(kinds.strange(db.session))}
