"""What every template knows: who looks, their language and looks, the navigation, the filters."""

from flask import g, request
from flask_babel import get_timezone

from cmdb_api.version import VERSION
from cmdb_api.views.console import (
    addresses,
    files,
    formats,
    gate,
    icons,
    labels,
    messages,
    navigation,
)
from cmdb_api.views.console.language import LANGUAGES, TAGS, language

THEMES = ("auto", "light", "dark")
DENSITIES = ("normal", "compact")
THEME_COOKIE, DENSITY_COOKIE = "cmdb_theme", "cmdb_density"


def init_app(app):
    """Give the templates of this app what they know."""
    app.jinja_env.filters.update(formats.FILTERS | labels.FILTERS | messages.FILTERS)
    known = {"icon": icons.icon, "file_url": files.address, "page_url": addresses.of}
    app.jinja_env.globals.update(known, may=gate.may)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_known)


def chosen(cookie, choices):
    """Return which of these the viewer chose; the first is the usual one."""
    value = request.cookies.get(cookie)
    return value if value in choices else choices[0]


def _known():
    return {
        "bearer": g.get("bearer"),
        "navigation": navigation.entries,
        "language": language(),
        "language_tag": TAGS[language()],
        "languages": LANGUAGES,
        "theme": chosen(THEME_COOKIE, THEMES),
        "density": chosen(DENSITY_COOKIE, DENSITIES),
        "zone": str(get_timezone()),
        "version": VERSION,
    }
