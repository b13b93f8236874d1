"""The OpenAPI document, and the blueprint class whose views it is made from."""

import flask_smorest
from webargs.flaskparser import FlaskParser, is_json_request

from cmdb_api.errors import Malformed, Unsupported
from cmdb_api.schemas.error import ErrorSchema
from cmdb_api.services import documents
from cmdb_api.version import VERSION

PREFIX = "/api/v1"
SCHEME = "token"

ABOUT = """\
What every server is made of, and what changed.

Reading needs a token of scope `read`, writing one of `write`, keys one of `admin`; masters have one
of `relay`. `cmdb token create` makes them, and they are sent as `Authorization: Bearer TOKEN`.
What hosts send themselves, reports and registrations, needs no token: their signatures prove it.
Times are UTC. All errors have one shape; `fields` names what is wrong."""


class Api(flask_smorest.Api):
    """flask-smorest, less its own error answers: ``views.errors`` gives ours."""

    ERROR_SCHEMA = ErrorSchema

    def _register_error_handlers(self):
        pass


class Parser(FlaskParser):
    """Reads arguments strictly: what is unknown, or not JSON at all, is an error."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": "raise"}

    def _raw_load_json(self, req):
        if not is_json_request(req):
            raise Unsupported("send JSON: Content-Type: application/json")
        value, repeated = documents.parse(req.get_data())
        if repeated:
            raise Malformed("; ".join(repeated))
        return value


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of the JSON API."""

    ARGUMENTS_PARSER = Parser()


def init_app(app, blueprints):
    """Register the blueprints and serve the document that describes them."""
    app.config.update(
        API_TITLE="CMDB",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=PREFIX,
        API_SPEC_OPTIONS={"info": {"description": ABOUT}},
    )
    api = Api(app)
    api.spec.components.security_scheme(
        SCHEME, {"type": "http", "scheme": "bearer", "description": "from: cmdb token create"}
    )
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
