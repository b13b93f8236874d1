"""One asset."""

from flask import Blueprint, render_template

from cmdb_api.extensions import db
from cmdb_api.services import inventory

blp = Blueprint("asset", __name__, url_prefix="/assets")


@blp.get("/<hostname>")
def page(hostname):
    """Show all that is known of one asset."""
    asset = inventory.of(db.session, hostname, kinds=(), clock_skew_seconds=300)
    return render_template("console/asset.html", asset=asset)
