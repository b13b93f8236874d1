"""Whoever asks: their name, what they may, and what they see."""

from cmdb_api.models import Account, Token
from cmdb_api.services.access import units


def told(session, bearer):
    """Return what a bearer is told of themselves."""
    token = session.get(Token, bearer.id)
    account = session.get(Account, bearer.account_id) if bearer.account_id else None
    return {
        **{"name": bearer.name, "kind": bearer.kind, "token_id": bearer.id},
        **{"scope": bearer.scope, "expires_at": token.expires_at},
        **{name: account and getattr(account, name) for name in ("role", "full_name", "email")},
        "business_units": _units(session, bearer, token, account),
    }


def _units(session, bearer, token, account):
    """Return the names of the units whose assets a bearer sees; None for all."""
    if bearer.units is None:
        return None
    limits = [owner for owner in (token, account) if owner is not None and owner.limited]
    found = [set(units.names(session, [owner])[owner.id]) for owner in limits]
    return sorted(set.intersection(*found))
