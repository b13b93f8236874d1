"""Who may see a view: the bearer of a token of the right scope."""

from datetime import timedelta
from functools import wraps

from flask import current_app, g, request
from flask_smorest import Blueprint

from cmdb_api.extensions import db
from cmdb_api.services.access import tokens
from cmdb_api.views import deeds, limits
from cmdb_api.views.openapi import SCHEME


def needs(*scopes):
    """Serve a view to tokens of one of these scopes; ``g.bearer`` is whoever asks. Goes on top."""

    def decorate(view):
        codes = getattr(view, "_apidoc", {}).get("success_status_codes", ())

        @wraps(view)
        def guarded(*args, **kwargs):
            deeds.begin()
            g.bearer = tokens.verify(db.session, _token(), idle=_idle())
            if tokens.note_use(db.session, g.bearer):
                db.session.commit()
            deeds.begin(g.bearer, codes[0] if codes else None)
            tokens.check(db.session, g.bearer, scopes)
            limits.apply(g.bearer)
            return view(*args, **kwargs)

        described = Blueprint.doc(
            security=[{SCHEME: []}],
            responses={"401": "UNAUTHORIZED", "403": "FORBIDDEN"},
            **{"x-scope": " or ".join(scopes)},
        )
        return described(guarded)

    return decorate


def _idle():
    minutes = current_app.config["SESSION_IDLE_MINUTES"]
    return timedelta(minutes=minutes) if minutes else None


def _token():
    """Return the token of the request; None where there is none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None
