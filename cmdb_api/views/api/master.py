"""Master data: a list and a piece of each sort, made from the one description of them all."""

from flask import g, url_for
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import master as schemas
from cmdb_api.services import edits, master
from cmdb_api.services.resources import RESOURCES
from cmdb_api.views import etag
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of what was added"}}


def make_blueprint(resource):
    """Return the blueprint of one sort of master data."""
    of, name = schemas.OF[resource.path], resource.path.replace("-", "_")
    about = " ".join(resource.model.__doc__.split())
    blp = Blueprint(name, __name__, url_prefix=f"{PREFIX}/{resource.path}", description=about)
    _add_list(blp, resource, of)
    _add_one(blp, resource, of)
    return blp


def _add_list(blp, resource, of):
    class Many(MethodView):
        @needs("read")
        @blp.arguments(of.query, location="query")
        @blp.response(200, of.page)
        @blp.doc(summary=f"List {resource.path.replace('-', ' ')} by name")
        def get(self, query):
            return master.page(db.session, resource, **query)

        @needs("write")
        @blp.arguments(of.given)
        @blp.response(201, of.told, headers=LOCATION | etag.HEADER)
        @blp.alt_response(409, "CONFLICT")
        @blp.doc(summary=f"Add a piece of {resource.path.replace('-', ' ')}")
        def post(self, given):
            number = master.add(db.session, resource, given, actor=g.bearer.name)
            db.session.commit()
            told = master.one(db.session, resource, number)
            place = {"Location": url_for(f"{blp.name}.One", number=number)}
            return etag.answer(told, 201, place)

    blp.route("")(Many)


def _add_one(blp, resource, of):
    class One(MethodView):
        @needs("read")
        @blp.response(200, of.told, headers=etag.HEADER)
        @blp.alt_response(404, "NOT_FOUND")
        @blp.doc(summary=f"Show one {resource.noun}")
        def get(self, number):
            return etag.answer(master.one(db.session, resource, number))

        @needs("write")
        @etag.guarded(blp)
        @blp.arguments(of.edit)
        @blp.response(200, of.told, headers=etag.HEADER)
        @blp.alt_response(404, "NOT_FOUND")
        @blp.alt_response(409, "CONFLICT")
        @blp.doc(summary=f"Change a {resource.noun}; what is not given stays")
        def patch(self, given, number):
            match, actor = etag.if_match(), g.bearer.name
            master.edit(db.session, resource, number, given, actor=actor, if_match=match)
            db.session.commit()
            return etag.answer(master.one(db.session, resource, number))

        @needs("write")
        @etag.guarded(blp)
        @blp.response(204)
        @blp.alt_response(404, "NOT_FOUND")
        @blp.alt_response(409, "CONFLICT")
        @blp.doc(summary=f"Remove a {resource.noun} that nothing uses; 409 lists what does")
        def delete(self, number):
            match, actor = etag.if_match(), g.bearer.name
            master.remove(db.session, resource, number, actor=actor, if_match=match)
            db.session.commit()

    blp.route("/<int:number>")(One)


BLUEPRINTS = {resource.path: make_blueprint(resource) for resource in RESOURCES}

racks = BLUEPRINTS["racks"]


@racks.route("/<int:number>/elevation")
class Elevation(MethodView):
    @needs("read")
    @racks.response(200, schemas.ElevationSchema)
    @racks.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show a rack's units from the top with what stands in each."""
        return master.elevation(db.session, number)


history = Blueprint(
    "master_changes",
    __name__,
    url_prefix=f"{PREFIX}/master-changes",
    description="What people changed of master data, and assets that were removed",
)


@history.route("")
class MasterChanges(MethodView):
    @needs("read")
    @history.arguments(schemas.MasterChangeQuery, location="query")
    @history.response(200, schemas.MasterChangePageSchema)
    def get(self, query):
        """List edits of master data, newest first."""
        return edits.page(db.session, **query)
