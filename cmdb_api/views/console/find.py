"""The search box of every page: by name, address, serial number, or any search."""

from flask import Blueprint, redirect, request, url_for

from cmdb_api.extensions import db
from cmdb_api.services import names

blp = Blueprint("find", __name__)


@blp.get("/find")
def page():
    """Go to the asset of this name, else to what a search for it finds."""
    wanted = request.args.get("q", "").strip()[:1000]
    if wanted and names.find(db.session, wanted):
        return redirect(url_for("console.asset.page", hostname=wanted))
    return redirect(url_for("console.assets.page", query=wanted or None))
