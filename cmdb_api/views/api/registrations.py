"""Hosts that register themselves."""

from flask import current_app
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas import registration as schemas
from cmdb_api.services import registration
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "registrations",
    __name__,
    url_prefix=f"{PREFIX}/registrations",
    description="Hosts that register themselves",
)


@blp.route("")
class Registrations(MethodView):
    @blp.arguments(schemas.RegistrationSchema)
    @blp.response(200, schemas.RegisteredSchema)
    @blp.alt_response(401, "UNAUTHORIZED")
    @blp.alt_response(403, "FORBIDDEN")
    @blp.alt_response(409, "CONFLICT")
    def post(self, given):
        """
        Register the host that asks, and declare what it says of itself; its signature proves it.

        No token is needed. 403 where the signature is wrong, the host is retired or ignored, or
        HOSTS_MAY_REGISTER is off; 409 where a number comes again.
        """
        told = registration.of_host(db.session, given, now(), current_app.config)
        if given.dry_run:
            db.session.rollback()
        else:
            db.session.commit()
        return told
