"""Searches that people keep under a name."""

from flask import g, url_for
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import search as schemas
from cmdb_api.services.search import saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.views import etag
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    *("saved_queries", __name__),
    url_prefix=f"{PREFIX}/saved-queries",
    description="Searches that people keep: their own, and those that are shared",
)
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of what was added"}}


@blp.route("")
class SavedQueries(MethodView):
    @needs("read")
    @blp.arguments(schemas.SavedQueryPageQuery, location="query")
    @blp.response(200, schemas.SavedQueryPageSchema)
    def get(self, wanted):
        """List saved searches by name: one's own, and those that others share."""
        return saved.page(db.session, Reader.of(g.bearer), **wanted)

    @needs("read")
    @blp.arguments(schemas.SavedQuerySchema)
    @blp.response(201, schemas.SavedQueryDetailSchema, headers=LOCATION | etag.HEADER)
    @blp.alt_response(409, "CONFLICT")
    def post(self, given):
        """Save a search under a name."""
        reader = Reader.of(g.bearer)
        number = saved.add(db.session, reader, given)
        db.session.commit()
        place = {"Location": url_for("saved_queries.SavedQuery", number=number)}
        return etag.answer(saved.one(db.session, reader, number), 201, place)


@blp.route("/<int:number>")
class SavedQuery(MethodView):
    @needs("read")
    @blp.response(200, schemas.SavedQueryDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show one saved search, and what of it is not known any more."""
        return etag.answer(saved.one(db.session, Reader.of(g.bearer), number))

    @needs("read")
    @etag.guarded(blp)
    @blp.arguments(schemas.SavedQueryEditSchema)
    @blp.response(200, schemas.SavedQueryDetailSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, given, number):
        """Change a saved search; what is not given stays. Its owner and admins may."""
        reader = Reader.of(g.bearer)
        saved.edit(db.session, reader, number, given, if_match=etag.if_match())
        db.session.commit()
        return etag.answer(saved.one(db.session, reader, number))

    @needs("read")
    @etag.guarded(blp)
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, number):
        """Remove a saved search. Its owner and admins may."""
        saved.remove(db.session, Reader.of(g.bearer), number, if_match=etag.if_match())
        db.session.commit()
