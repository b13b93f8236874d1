"""Who may see a view: the bearer of a token of the right scope."""

from functools import wraps

from flask import g, request
from flask_smorest import Blueprint

from cmdb_api.extensions import db
from cmdb_api.services.access import tokens
from cmdb_api.views.openapi import SCHEME


def needs(*scopes):
    """Serve a view to tokens of one of these scopes; ``g.bearer`` is whoever asks. Goes on top."""

    def decorate(view):
        @wraps(view)
        def guarded(*args, **kwargs):
            g.bearer = tokens.verify(db.session, _token(), *scopes)
            if tokens.note_use(db.session, g.bearer):
                db.session.commit()
            return view(*args, **kwargs)

        described = Blueprint.doc(
            security=[{SCHEME: []}],
            responses={"401": "UNAUTHORIZED", "403": "FORBIDDEN"},
            **{"x-scope": " or ".join(scopes)},
        )
        return described(guarded)

    return decorate


def _token():
    """Return the token of the request; None where there is none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None
