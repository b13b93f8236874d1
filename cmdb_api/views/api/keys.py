"""What a master needs to derive its minions' keys."""

from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas.asset import GenerationsSchema
from cmdb_api.services import keys
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint("keys", __name__, url_prefix=f"{PREFIX}/keys", description="Hosts' keys")


@blp.route("/generations")
class Generations(MethodView):
    @needs("relay", "admin")
    @blp.response(200, GenerationsSchema)
    def get(self):
        """
        Tell which hosts' keys were revoked how often: all that are not of generation 1.

        Hosts that are retired, or ignored, are to be given no key at all.
        """
        generations, retired = keys.generations(db.session), keys.retired(db.session)
        return {"generations": generations, "retired": retired}
