"""Administration: what is there, and what needs somebody; settings in effect; about this CMDB."""

import json
import platform

from flask import Blueprint, current_app, render_template
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, validate

from cmdb_api import settings_told
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.values import Text
from cmdb_api.services import overseeing
from cmdb_api.version import VERSION
from cmdb_api.views.console import tables
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.messages import exact
from cmdb_api.views.console.tables import Column

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


class SettingsQuery(Schema):
    """Which settings, in which order."""

    q, sort = Text(), Text(validate=validate.OneOf(("name", "-name", "origin", "-origin")))


COLUMNS = [
    Column("name", _l("Setting"), sort="name"),
    Column("value", _l("Value"), lambda row: _value(row, "value")),
    Column("default", _l("Default"), lambda row: _value(row, "default")),
    Column("origin", _l("Set by"), lambda row: str(origin(row)), sort="origin"),
    Column("about", _l("What it does"), lambda row: exact(row["about"]), wide=True),
]


@blp.get("/settings")
@needs(ADMIN)
def settings():
    """Show the settings in effect; no secret."""
    listing = tables.read("settings", COLUMNS, SettingsQuery(), _settings, saves=False)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _settings)
    return render_template("console/settings.html", listing=listing, origin=origin, about=exact)


def origin(setting):
    """Return where a setting's value comes from."""
    return ORIGINS.get(setting["origin"], setting["origin"])


def _settings(q=None, sort=None, **_page):
    """Return the settings that have a text in them; without an order as their file has them."""
    found, text = settings_told.every(current_app.config), (q or "").lower()
    found = [each for each in found if not text or text in _whole(each).lower()]
    name = (sort or "").removeprefix("-")
    if name:
        # What is the default comes last of what else they are set by.
        key = {"name": lambda row: row["name"], "origin": lambda row: row["origin"] or "~"}[name]
        found.sort(key=key, reverse=sort.startswith("-"))
    return {"items": found, "total": len(found)}


def _whole(setting):
    """Return all that a page says of a setting."""
    about = setting["about"]
    told = (setting["name"], about, exact(about), _value(setting, "value"), str(origin(setting)))
    return " ".join(filter(None, told))


def _value(setting, name):
    """Return a value as text; None where it is not set, or a secret."""
    value = setting[name]
    return value if value is None or isinstance(value, str) else json.dumps(value)


@blp.get("/about")
@needs(ADMIN)
def about():
    """Show what runs here."""
    more = {"database": overseeing.database(db.session), "release": VERSION}
    more |= {"counts": overseeing.counts(db.session, now()), "python": platform.python_version()}
    return render_template("console/about.html", **more)
