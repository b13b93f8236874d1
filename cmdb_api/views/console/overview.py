"""The first page: how the fleet stands."""

from flask import Blueprint, render_template

blp = Blueprint("overview", __name__)


@blp.get("/")
def page():
    """Show how the fleet stands."""
    return render_template("console/overview.html")
