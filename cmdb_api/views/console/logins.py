"""Who is logged in: a session's token lies in the browser's cookie, which we sign."""

from datetime import timedelta

from flask import current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import UserMixin

from cmdb_api.errors import Unauthorized
from cmdb_api.extensions import db, logins
from cmdb_api.services.access import tokens


class Person(UserMixin):
    """Whoever is logged in, as Flask-Login has it."""

    def __init__(self, token, bearer):
        self.token, self.bearer = token, bearer

    def get_id(self):
        """Return what the cookie holds of them."""
        return self.token


class Cookies(SecureCookieSessionInterface):
    """Cookies that go over TLS alone where the page came over it."""

    def get_cookie_secure(self, app):
        return request.is_secure


def init_app(app):
    """Know who is logged in, in this app."""
    app.session_interface = Cookies()
    logins.session_protection = None
    logins.init_app(app, add_context_processor=False)
    logins.user_loader(_load)


def _load(token):
    """Return who has the session of this token; None where it is over, and why in ``g``."""
    minutes = current_app.config["SESSION_IDLE_MINUTES"]
    idle = timedelta(minutes=minutes) if minutes else None
    try:
        return Person(token, tokens.verify(db.session, token, idle=idle))
    except Unauthorized as error:
        g.logged_out = error.message
        return None
