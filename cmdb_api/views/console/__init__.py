"""The console: pages for people, read through the same services as the API.

A module here that has a ``blp`` is a family of pages; to add one is to write one.
"""

import importlib
import pkgutil

from flask import Blueprint

from cmdb_api.extensions import compress, csrf
from cmdb_api.views.console import context, faults, gate, language, logins
from cmdb_api.views.errors import PAGES

# Of libraries: what a site has no reason to choose.
SETTINGS = {
    # A form lasts as long as its session.
    "WTF_CSRF_TIME_LIMIT": None,
    # Programs have tokens in a header, which no other site can make a browser send.
    "WTF_CSRF_CHECK_DEFAULT": False,
    "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "image/svg+xml"],
    "COMPRESS_STREAMS": False,
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "SESSION_COOKIE_NAME": "cmdb_session",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
}


def init_app(app):
    """Serve the console in this app."""
    app.config.update(SETTINGS)
    for extension in (compress, csrf):
        extension.init_app(app)
    language.init_app(app)
    logins.init_app(app)
    context.init_app(app)
    app.extensions[PAGES] = faults.answer
    console = Blueprint("console", __name__)
    console.before_request(gate.admit)
    for blueprint in families():
        console.register_blueprint(blueprint)
    app.register_blueprint(console)


def families():
    """Return the blueprint of each family of pages."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return [module.blp for module in modules if hasattr(module, "blp")]
