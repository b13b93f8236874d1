"""The list of assets: a search, in columns of one's choice."""

from flask import Blueprint, render_template

from cmdb_api.extensions import db
from cmdb_api.schemas.search import SearchQuery
from cmdb_api.services.search import columns, table
from cmdb_api.views.console import labels, tables
from cmdb_api.views.console.tables import Column

blp = Blueprint("assets", __name__, url_prefix="/assets")
TYPES = {"number": "number", "moment": "moment", "day": "day", "list": "list"}


@blp.get("")
def page():
    """List assets."""
    every = [Column(name, labels.column(name), sort=name) for name in columns.DEFAULT]
    listing = tables.read("assets", every, SearchQuery(exclude=["columns"]), _fetch)
    if tables.wanted_file():
        return tables.as_file(listing, _fetch)
    return render_template("console/assets.html", listing=listing)


def _fetch(**asked):
    asked.pop("saved", None)
    return table.page(db.session, **asked)
