"""The audit log."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import access as schemas
from cmdb_api.services.access import audit_log
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "audit", __name__, url_prefix=f"{PREFIX}/audit", description="Who did what, and when"
)


@blp.route("")
class Audit(MethodView):
    @needs("admin")
    @blp.arguments(schemas.AuditQuery, location="query")
    @blp.response(200, schemas.AuditPageSchema)
    def get(self, query):
        """
        List writes, exports, logins and what was refused, newest first.

        It tells which fields were given, not what they hold: the history has that.
        """
        return audit_log.page(db.session, **query)
