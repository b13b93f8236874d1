"""Headers of every answer: what a browser may do with it."""

from flask import request

from cmdb_api.views.errors import PROGRAMS

# The browser itself sees to it that a page runs nothing but our own files, and asks nobody else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init_app(app):
    """Give every answer of this app these headers."""
    app.after_request(_add)


def _add(answer):
    answer.headers.update(ALWAYS)
    if not (request.path.startswith(PROGRAMS) or answer.cache_control.immutable):
        # What a page shows is not shown again by "back" to who sits there after a logout.
        answer.cache_control.no_store = True
    return answer
