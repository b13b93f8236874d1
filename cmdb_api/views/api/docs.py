"""The page that shows the OpenAPI document; all it needs is served from here."""

from flask import Blueprint, abort, render_template, send_from_directory
from swagger_ui_bundle import swagger_ui_path

from cmdb_api.views.openapi import PREFIX

ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
blp = Blueprint("docs", __name__, url_prefix=f"{PREFIX}/docs")


@blp.get("", strict_slashes=False)
def page():
    """Show the API and let one try it."""
    return render_template("docs.html")


@blp.get("/assets/<name>")
def asset(name):
    """Serve one file of Swagger UI."""
    if name not in ASSETS:
        abort(404)
    return send_from_directory(swagger_ui_path, name, max_age=86400)
