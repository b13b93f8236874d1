"""Other names of assets."""

from http import HTTPStatus

from flask import g
from flask.views import MethodView
from marshmallow import ValidationError

from cmdb_api.errors import Invalid
from cmdb_api.extensions import db
from cmdb_api.schemas.registration import AliasesSchema
from cmdb_api.schemas.values import Hostname
from cmdb_api.services import aliases, names
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("aliases", __name__, url_prefix=f"{PREFIX}/assets", description="Other names")


@blp.route("/<hostname>/aliases/<alias>")
class Alias(MethodView):
    @needs("write")
    @blp.response(200, AliasesSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    @blp.alt_response(422, HTTPStatus(422).name)
    def put(self, hostname, alias):
        """
        Give an asset another name.

        It is found by it, and reports under it are its own. A name that an asset has already, as
        hostname or as alias, is a conflict.
        """
        asset = aliases.add(db.session, hostname, _checked(alias), actor=g.bearer.name)
        db.session.commit()
        return _told(asset)

    @needs("write")
    @blp.response(200, AliasesSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, hostname, alias):
        """Take another name from an asset; a report under it is one of an unknown host then."""
        asset = aliases.remove(db.session, hostname, alias, actor=g.bearer.name)
        db.session.commit()
        return _told(asset)


def _checked(alias):
    """Return a name that an asset can have; raises Invalid."""
    try:
        return Hostname().deserialize(alias)
    except ValidationError as error:
        raise Invalid.of("alias", " ".join(error.messages)) from error


def _told(asset):
    known = names.aliases(db.session, [asset.id]).get(asset.id, [])
    return {"hostname": asset.hostname, "aliases": known}
