"""Tokens that are made by the API: who may make which."""

from sqlalchemy import select

from cmdb_api.errors import Forbidden, Invalid
from cmdb_api.models import Account, Token
from cmdb_api.models.access import PROGRAM, SCOPES, SESSION
from cmdb_api.services import locking
from cmdb_api.services.access import accounts, tokens, units
from cmdb_api.services.search import rows
from cmdb_api.services.search.columns import FLAG, MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

_WHOSE = select(Account.name).where(Account.id == Token.account_id).correlate(Token)
ROWS = Rows(
    "tokens",
    {
        "id": Field(Token.id, NUMBER, always=True, description="the number of the token"),
        "name": Field(Token.name, named=True, unique=True, description="what it is for"),
        "scope": Field(Token.scope, choices=SCOPES, description="what it allows"),
        "account": Field(_WHOSE.scalar_subquery(), named=True, description="whose it is"),
        "limited": Field(Token.limited, FLAG, description="sees some business units only"),
        "last_used_at": Field(Token.last_used_at, MOMENT, description="when it was used last"),
        "expires_at": Field(Token.expires_at, MOMENT, description="until when it is valid"),
        "created_by": Field(Token.created_by, counted=True, description="who made it"),
        "created_at": Field(Token.created_at, MOMENT, description="when it was made"),
    },
    order=("id",),
)


def issue(session, bearer, *, name, scope, lasts=None, own=None, business_units=None):
    """
    Make a token for whoever asks; return it and its text. Raises Forbidden, Invalid.

    Admins make any. Others make their own, in a session, with no more than they may themselves.
    """
    admin = bearer.scope == "admin"
    own = (not admin) if own is None else own
    if not own and not admin:
        raise Invalid.of("own", "only admins make tokens that belong to no account")
    _check(bearer, name, scope, own, admin)
    locking.begin(session)
    if not own and accounts.by_name(session, name):
        raise Invalid.of(
            "name", f"{name} is an account: a token of that name would act under it; say own: true"
        )
    more = {"account_id": bearer.account_id} if own else {}
    more |= {"name": name, "scope": scope, "lasts": lasts, "created_by": bearer.name}
    return make(session, business_units=business_units, **more)


def make(session, *, scope, business_units=None, **more):
    """Make a token that sees assets of these business units only, by name; None: all."""
    locking.begin(session)
    if business_units is not None and scope in ("admin", "relay"):
        raise Invalid.of("business_units", f"a token of scope {scope} sees all assets")
    numbers = None if business_units is None else units.ids(session, business_units)
    return tokens.create(session, scope=scope, business_units=numbers, **more)


def every(session, bearer):
    """Return what is told of tokens of programs: all for admins, else one's own."""
    mine = None if bearer.scope == "admin" else bearer.account_id or 0
    found = tokens.every(session, kind=PROGRAM, account_id=mine)
    return told(session, found)


def page(session, **asked):
    """Return one page of what admins are told of all tokens of programs, the oldest first."""
    found, following = rows.page(session, ROWS, select(Token).where(Token.kind == PROGRAM), **asked)
    return {"items": told(session, [row[0] for row in found]), "next_cursor": following}


def told(session, found):
    """Return what is told of tokens."""
    known = units.names(session, found)
    wanted = {token.account_id for token in found if token.account_id}
    owners = session.scalars(select(Account).where(Account.id.in_(wanted))) if wanted else ()
    accounts_of = {account.id: account for account in owners}
    return [_told(token, accounts_of.get(token.account_id), known[token.id]) for token in found]


def revoke(session, bearer, number, *, kind=PROGRAM):
    """Revoke a token, or end a session: any for admins, else one's own; raises NotFound."""
    mine = None if bearer.scope == "admin" else bearer.account_id or 0
    return tokens.revoke(session, number, kind=kind, account_id=mine)


def _check(bearer, name, scope, own, admin):
    """Raise where whoever asks can have no such token."""
    if own and bearer.account_id is None:
        raise Forbidden("a token makes no others, but one of scope admin; log in to make your own")
    if own and not admin and bearer.kind != SESSION:
        raise Forbidden("log in to make a token: one that was made can make no others")
    if own and scope == "relay":
        raise Invalid.of("scope", "relay is for masters: an admin makes it with own: false")
    if own and tokens.lesser(bearer.scope, scope) != scope:
        raise Invalid.of("scope", f"{bearer.name} has {bearer.scope} at most")


def _told(token, account, names):
    shown = ("id", "name", "created_by", "created_at", "expires_at", "last_used_at")
    return {name: getattr(token, name) for name in shown} | {
        "scope": tokens.effective(token, account),
        "account": account and account.name,
        "business_units": names if token.limited else None,
    }


def told_session(token, account):
    """Return what is told of a session."""
    shown = ("id", "created_at", "expires_at", "last_used_at")
    return {name: getattr(token, name) for name in shown} | {
        **{"account": account.name, "scope": tokens.effective(token, account)}
    }
