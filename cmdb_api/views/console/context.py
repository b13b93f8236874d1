"""What every template knows: who looks, their language and looks, the navigation, the filters."""

from functools import wraps

from flask import g, request
from flask_babel import get_timezone
from jinja2 import pass_context

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
    filters = formats.FILTERS | labels.FILTERS | messages.FILTERS
    app.jinja_env.filters.update({name: _on_the_page(work) for name, work in filters.items()})
    known = {"icon": icons.icon, "file_url": files.address, "page_url": addresses.of}
    known |= {"asset_link": addresses.asset_link}
    app.jinja_env.globals.update(known, may=gate.may)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_known)


def _on_the_page(work):
    """
    Return a filter that is applied as a page is made, of constants too.

    Jinja would apply it to those as it compiles, and all pages would speak the language of the one
    that was asked for first.
    """

    @pass_context
    @wraps(work)
    def applied(_context, *given, **more):
        return work(*given, **more)

    return applied


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
