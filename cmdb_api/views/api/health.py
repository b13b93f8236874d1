"""Whether the API works; for load balancers and monitoring."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.health import HealthSchema
from cmdb_api.services import health
from cmdb_api.services.events import waiting
from cmdb_api.version import VERSION
from cmdb_api.views.openapi import Blueprint

blp = Blueprint("health", __name__, description="Whether the API works")


@blp.route("/healthz")
class Health(MethodView):
    @blp.response(200, HealthSchema)
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self):
        """Say whether the API and its database work; open to everyone."""
        health.check(db.engine)
        waits = waiting.not_handed_out_seconds(db.session, now())
        return {"status": "ok", "database": "ok", "version": VERSION, "events_wait_seconds": waits}
