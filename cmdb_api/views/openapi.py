"""The OpenAPI document, and the blueprint class whose views it is made from."""

from http import HTTPStatus
from threading import RLock

import flask_smorest
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.routing import IntegerConverter

from cmdb_api.errors import Malformed, Unsupported
from cmdb_api.schemas.error import ErrorSchema
from cmdb_api.services import documents
from cmdb_api.version import VERSION
from cmdb_api.views.openapi_errors import ERRORS
from cmdb_api.views.openapi_fields import Fields
from cmdb_api.views.openapi_operations import Operations

PREFIX = "/api/v1"
SCHEME = "token"

ABOUT = """\
What every server is made of, and what changed.

Reading needs a token of scope `read`, writing one of `write`, keys and accounts one of `admin`;
masters have one of `relay`. `cmdb token create` makes them, and people get one by POST /sessions;
they are sent as `Authorization: Bearer TOKEN`. 429 says that logins failed too often.
What hosts send themselves, reports and registrations, needs no token: their signatures prove it.
Times are UTC. All errors have one shape; `fields` names what is wrong."""


class Api(flask_smorest.Api):
    """
    flask-smorest, less its own error answers: ``views.errors`` gives ours.

    The document is made when it is first asked for: it takes longer than all else of the app, and
    most processes are never asked.
    """

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, *args, **kwargs):
        self._undescribed, self._describing = [], RLock()
        super().__init__(*args, **kwargs)

    @property
    def spec(self):
        """The document."""
        with self._describing:
            while self._undescribed:
                blueprint = self._undescribed.pop(0)
                own = {"name": blueprint.name, "parameters": None}
                blueprint.register_views_in_doc(self, self._app, self._spec, **own)
                self._spec.tag({"name": blueprint.name, "description": blueprint.description})
        return self._spec

    @spec.setter
    def spec(self, spec):
        self._spec = spec

    def register_blueprint(self, blp):
        """Register a blueprint of this API."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    def _register_error_handlers(self):
        pass

    def _register_pagination_header(self):
        pass

    def _register_responses(self):
        super()._register_responses()
        for status, told in ERRORS.items():
            self.spec.components.response(HTTPStatus(status).name, told, lazy=True)


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


class Number(IntegerConverter):
    """A number in an address: nothing has one that no database can hold."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, min=1, max=2**63 - 1, **kwargs)


class Count(IntegerConverter):
    """A number in an address of which the view says what it can be."""


def init_app(app, blueprints):
    """Register the blueprints and serve the document that describes them."""
    app.config.update(
        API_TITLE="CMDB",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=PREFIX,
        API_SPEC_OPTIONS={"info": {"description": ABOUT}},
    )
    plugins = {"marshmallow_plugin": Fields(app.config), "extra_plugins": [Operations(PREFIX)]}
    api = Api(app, spec_kwargs=plugins)
    app.url_map.converters |= {"int": Number, "count": Count}
    api.register_converter(Count, lambda _: {"type": "integer", "minimum": 1})
    api.spec.components.security_scheme(
        SCHEME, {"type": "http", "scheme": "bearer", "description": "of a program or a login"}
    )
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
