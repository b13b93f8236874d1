"""Which hosts have a package, and in which version."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas.packages import (
    PackageNamesQuery,
    PackageNamesSchema,
    PackagePageSchema,
    PackageQuery,
)
from cmdb_api.services import package_names, packages
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "packages", __name__, url_prefix=f"{PREFIX}/packages", description="Packages of all hosts"
)


@blp.route("")
class Packages(MethodView):
    @needs("read")
    @blp.arguments(PackageQuery, location="query")
    @blp.response(200, PackagePageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query):
        """
        Show a package's versions, on how many hosts each is, and the hosts by name.

        Retired hosts count as well, as they were reported last.
        """
        return packages.page(db.session, **query)


@blp.route("/names")
class Names(MethodView):
    @needs("read")
    @blp.arguments(PackageNamesQuery, location="query")
    @blp.response(200, PackageNamesSchema)
    def get(self, query):
        """List the packages that hosts have, by name: on how many, in how many versions."""
        return package_names.page(db.session, **query)
