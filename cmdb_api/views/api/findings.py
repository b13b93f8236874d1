"""Findings, and what people decide about them."""

import logging

from flask import current_app, g
from flask.views import MethodView
from sqlalchemy.exc import DBAPIError

from cmdb_api.errors import Busy, CMDBError
from cmdb_api.extensions import db
from cmdb_api.schemas import finding as schemas
from cmdb_api.services import assets, carriers, decisions, worklist
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

log = logging.getLogger(__name__)

blp = Blueprint("findings", __name__, url_prefix=PREFIX, description="What a person should decide")

IGNORE = {"decision": "ignore", "comment": "a test machine"}


@blp.route("/findings")
class Findings(MethodView):
    @needs("read")
    @blp.arguments(schemas.FindingQuery, location="query")
    @blp.response(200, schemas.FindingPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """List findings, those opened last first; only open ones where `status` is not given."""
        return worklist.page(db.session, **query)


@blp.route("/findings/summary")
class Summary(MethodView):
    @needs("read")
    @blp.response(200, schemas.SummarySchema)
    def get(self):
        """Count findings by kind and status."""
        return worklist.summary(db.session)


@blp.route("/findings/decisions")
class Decisions(MethodView):
    @needs("write")
    @blp.arguments(schemas.DecisionsSchema, example=IGNORE | {"ids": [17, 18]})
    @blp.response(200, schemas.DecidedListSchema)
    def post(self, given):
        """Decide the same about several findings; each is decided by itself, and gets a result."""
        ids, given["actor"] = dict.fromkeys(given.pop("ids")), g.bearer.name
        db.session.rollback()
        return {"items": [_decided(number, given) for number in ids]}


@blp.route("/findings/<int:number>")
class Finding(MethodView):
    @needs("read")
    @blp.response(200, schemas.FindingDetailSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show a finding: what shows it, what can be decided, and what was."""
        return worklist.of(db.session, _bounded(number))


@blp.route("/findings/<int:number>/decision")
class Decision(MethodView):
    @needs("write")
    @blp.arguments(schemas.DecisionSchema, example=IGNORE)
    @blp.response(200, schemas.FindingDetailSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, given, number):
        """
        Decide about a finding.

        Its `possible` names the decisions, and what each does. 409 names them where this one is not
        possible, or says who has decided already. What a decision changes of an asset stands in
        that asset's history, under the name of who decided.
        """
        actor = g.bearer.name
        decisions.decide(db.session, _bounded(number), actor=actor, **given)
        db.session.commit()
        return worklist.of(db.session, number)


@blp.route("/assets/<hostname>/identity")
class Identity(MethodView):
    @needs("read")
    @blp.response(200, schemas.IdentitySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, hostname):
        """Show by which identifiers an asset is known, since when, and who else carries them."""
        asset = assets.find(db.session, hostname)
        common = current_app.config["IDENTITY_COMMON_COUNT"]
        found = carriers.told(db.session, asset.id, common=common)
        return {"hostname": asset.hostname, "identity_evidence": found}


def _bounded(number):
    """Return a number that can be a finding's: others are none's."""
    return number if 0 < number < 2**63 else 0


def _decided(number, given):
    """Decide in a transaction of its own; return the result."""
    try:
        finding = decisions.decide(db.session, _bounded(number), **given)
        told = {"id": number, "result": "decided", "status": finding.status}
        db.session.commit()
        return told
    except CMDBError as error:
        return {"id": number, "result": "refused"} | error.as_dict()
    except DBAPIError as error:
        log.warning("decision about finding %d: %s", number, error.orig)
        busy = Busy("the database does not answer; send it again")
        return {"id": number, "result": "refused"} | busy.as_dict()
    finally:
        db.session.rollback()
