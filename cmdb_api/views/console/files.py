"""The files that pages load: ours, and those of libraries straight from their packages."""

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

import flask_bootstrap
import js_lib_htmx
from flask import Blueprint, abort, current_app, url_for

from cmdb_api.views.console.gate import public

BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static/bootstrap5"
OURS = Path(__file__).parents[2] / "static"
FILES = {
    "app.css": OURS / "app.css",
    "app.js": OURS / "app.js",
    "logo.svg": OURS / "logo.svg",
    "bootstrap.min.css": BOOTSTRAP / "css/bootstrap.min.css",
    "htmx.min.js": Path(js_lib_htmx.__file__).parent / "static/htmx/htmx.min.js",
}
# A changed file has another address.
KEPT = "public, max-age=31536000, immutable"

blp = Blueprint("files", __name__, url_prefix="/-")


@blp.get("/<name>")
@public
def one(name):
    """Serve one of the files."""
    if name not in FILES:
        abort(404)
    answer = current_app.response_class(_read(name), mimetype=mimetypes.guess_type(name)[0])
    answer.headers["Cache-Control"] = KEPT
    return answer


def address(name):
    """Return the address of one of the files."""
    return url_for("console.files.one", name=name, v=_print(name))


@lru_cache(maxsize=len(FILES))
def _read(name):
    # What maps a file's origin is not served.
    return FILES[name].read_bytes().replace(b"/*# sourceMappingURL=bootstrap.min.css.map */", b"")


@lru_cache(maxsize=len(FILES))
def _print(name):
    return hashlib.sha256(_read(name)).hexdigest()[:12]
