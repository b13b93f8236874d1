"""Administration: what is there, and what needs somebody; settings in effect; about this CMDB."""

import platform

from flask import Blueprint, current_app, render_template
from flask_babel import lazy_gettext as _l

from cmdb_api import settings_told
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services import overseeing
from cmdb_api.version import VERSION
from cmdb_api.views.console.gate import ADMIN, needs

blp = Blueprint("admin", __name__, url_prefix="/admin")

ORIGINS = {
    None: _l("default"),
    "CMDB_SETTINGS": _l("settings file"),
    "environment": _l("environment"),
    "create_app": _l("given at the start"),
}


@blp.get("")
@needs(ADMIN)
def page():
    """Show how much there is, and what needs somebody."""
    moment = now()
    counts = overseeing.counts(db.session, moment)
    state = overseeing.state(db.session, moment)
    return render_template(
        "console/admin.html", counts=counts, state=state, config=current_app.config, moment=moment
    )


@blp.get("/settings")
@needs(ADMIN)
def settings():
    """Show the settings in effect; no secret."""
    told = settings_told.every(current_app.config)
    return render_template("console/settings.html", settings=told, origins=ORIGINS)


@blp.get("/about")
@needs(ADMIN)
def about():
    """Show what runs here."""
    more = {"database": overseeing.database(db.session), "release": VERSION}
    more |= {"counts": overseeing.counts(db.session, now()), "python": platform.python_version()}
    return render_template("console/about.html", **more)
