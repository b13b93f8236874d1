"""Who did not report, and what others know of the fleet."""

from flask import current_app
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas import coverage as schemas
from cmdb_api.services import asset_coverage, coverage, sources
from cmdb_api.views.api import assets
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "coverage", __name__, url_prefix=f"{PREFIX}/coverage", description="Who did not report"
)


KEYS = {"kind": "salt", "accepted": ["web01", "web02"], "pending": ["web03"], "up": ["web01"]}


@blp.route("")
class Coverage(MethodView):
    @needs("read", "relay")
    @blp.arguments(schemas.CoverageQuery, location="query")
    @blp.response(200, schemas.CoverageSchema)
    def get(self, query):
        """Count who did not report by reason, how each kind stands, and how old each source is."""
        return coverage.summary(db.session, **_windowed(query))


@blp.route("/missing")
class Missing(MethodView):
    @needs("read", "relay")
    @blp.arguments(schemas.MissingQuery, location="query")
    @blp.response(200, schemas.MissingPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """List hosts of which nothing was collected in the window, those never seen among them."""
        skew = current_app.config["CLOCK_SKEW_SECONDS"]
        return coverage.missing(db.session, clock_skew_seconds=skew, **_windowed(query))


@blp.route("/target")
class Target(MethodView):
    @needs("read", "relay")
    @blp.arguments(schemas.TargetQuery, location="query")
    @blp.response(200, schemas.TargetSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """
        Give the commands that mend what is missing, by reason: `salt -L` with all its hosts.

        Hosts that only a roster names are collected by `salt-ssh`. Keys, minions that are down and
        collectors that are turned off are no matter of such a command: `left_out` counts them.
        """
        return coverage.targets(db.session, **_windowed(query))


@assets.blp.route("/<hostname>/coverage")
class AssetCoverage(MethodView):
    @needs("read", "relay")
    @assets.blp.arguments(schemas.CoverageQuery, location="query")
    @assets.blp.response(200, schemas.AssetCoverageSchema)
    @assets.blp.alt_response(404, "NOT_FOUND")
    def get(self, query, hostname):
        """Show how each kind of an asset stands: how old it is, why, and what mends it."""
        skew = current_app.config["CLOCK_SKEW_SECONDS"]
        asked = _windowed(query)
        return asset_coverage.of(db.session, hostname, clock_skew_seconds=skew, **asked)


def _windowed(query):
    """Return what is asked for with the windows that then count."""
    asked = query.pop("window")
    return query | {"windows": coverage.Windows.of(current_app.config, asked)}


@blp.route("/sources/<name>")
class Source(MethodView):
    @needs("relay", "admin")
    @blp.arguments(schemas.PutSourceSchema, example=KEYS)
    @blp.response(200, schemas.SourceSchema)
    def put(self, given, name):
        """
        Say what a master or a roster knows; it replaces what the same source said before.

        Hosts that it knows are expected to report, though they are no asset yet.
        """
        source = sources.put(db.session, name, **given)
        db.session.commit()
        return source

    @needs("relay", "admin")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, name):
        """Forget a source, and all that it said."""
        sources.forget(db.session, name)
        db.session.commit()
