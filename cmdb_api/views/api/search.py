"""Searches of assets, as tables."""

from flask import g
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import search as schemas
from cmdb_api.services.search import completion, saved, table
from cmdb_api.services.search.readers import Reader
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("search", __name__, url_prefix=f"{PREFIX}/search", description="Assets as a table")


@blp.route("")
class Search(MethodView):
    @needs("read")
    @blp.arguments(schemas.SearchQuery, location="query")
    @blp.response(200, schemas.SearchPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, wanted):
        """
        Find assets, and tell of each what is asked for.

        Retired ones are left out unless `state` says so, and those under review or ignored unless
        `standing` does.
        """
        return table.page(db.session, **saved.filled(db.session, Reader.of(g.bearer), wanted))


@blp.route("/fields")
class Fields(MethodView):
    @needs("read")
    @blp.arguments(schemas.FieldQuery, location="query")
    @blp.response(200, schemas.FieldsSchema)
    def get(self, wanted):
        """List the names that searches, columns and orders know; package.NAME is one for each."""
        limited = Reader.of(g.bearer).limited
        return {"items": completion.fields(db.session, wanted["prefix"], limited=limited)}


@blp.route("/complete")
class Complete(MethodView):
    @needs("read")
    @blp.arguments(schemas.CompletionQuery, location="query")
    @blp.response(200, schemas.CompletionSchema)
    def get(self, wanted):
        """Tell what may stand at a place in a search: names of fields, or values with counts."""
        if wanted.get("field"):
            return completion.values(db.session, wanted["field"], wanted["prefix"])
        place = wanted.get("query", ""), wanted.get("position")
        limited = Reader.of(g.bearer).limited
        return completion.complete(db.session, *place, limited=limited)
