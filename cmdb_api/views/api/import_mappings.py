"""Mappings of columns to fields, kept under a name for imports."""

from flask import url_for
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import imports as schemas
from cmdb_api.services.exchange import mappings
from cmdb_api.views import etag
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of the mapping"}}

blp = Blueprint(
    "import_mappings",
    __name__,
    url_prefix=f"{PREFIX}/import-mappings",
    description="Which column of a sheet is which field",
)


@blp.route("")
class Mappings(MethodView):
    @needs("read")
    @blp.arguments(schemas.ImportMappingQuery, location="query")
    @blp.response(200, schemas.ImportMappingPageSchema)
    def get(self, query):
        """List mappings by name."""
        return mappings.page(db.session, **query)

    @needs("write")
    @blp.arguments(schemas.ImportMappingSchema)
    @blp.response(201, schemas.ImportMappingToldSchema, headers=LOCATION | etag.HEADER)
    @blp.alt_response(409, "CONFLICT")
    def post(self, given):
        """Keep a mapping."""
        number = mappings.add(db.session, given)
        db.session.commit()
        place = {"Location": url_for("import_mappings.Mapping", number=number)}
        return etag.answer(mappings.one(db.session, number), 201, place)


@blp.route("/<int:number>")
class Mapping(MethodView):
    @needs("read")
    @blp.response(200, schemas.ImportMappingToldSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show a mapping."""
        return etag.answer(mappings.one(db.session, number))

    @needs("write")
    @etag.guarded(blp)
    @blp.arguments(schemas.ImportMappingEditSchema)
    @blp.response(200, schemas.ImportMappingToldSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, given, number):
        """Change a mapping; what is not given stays."""
        mappings.edit(db.session, number, given, if_match=etag.if_match())
        db.session.commit()
        return etag.answer(mappings.one(db.session, number))

    @needs("write")
    @etag.guarded(blp)
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, number):
        """Remove a mapping."""
        mappings.remove(db.session, number, if_match=etag.if_match())
        db.session.commit()
