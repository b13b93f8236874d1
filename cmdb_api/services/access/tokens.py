"""Bearer tokens: made, listed, revoked and verified. Only a token's hash is kept.

One that belongs to an account, a session or a program's, allows what its account's role does at
the time of use, and no more than its own scope.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from cmdb_api.errors import Forbidden, NotFound, Unauthorized
from cmdb_api.models import Account, Token
from cmdb_api.models.access import ADMIN, OPERATOR, PROGRAM, SESSION, VIEWER
from cmdb_api.models.types import now
from cmdb_api.services.access import units
from cmdb_api.services.search import owners

INCLUDES = {
    "relay": {"relay"},
    "read": {"read"},
    "write": {"write", "read"},
    "admin": {"admin", "write", "read"},
}
ALLOWS = {VIEWER: "read", OPERATOR: "write", ADMIN: "admin"}
# The use of a token is noted this often at most, so that reading does not write.
NOTED_EVERY = timedelta(minutes=1)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="cmdb"'}


class Bearer(NamedTuple):
    """Whoever showed a valid token."""

    id: int
    # What they do is recorded under it: the account's name, or that of a token that is nobody's.
    name: str
    scope: str
    last_used_at: datetime | None
    kind: str = PROGRAM
    account_id: int | None = None
    # The ids of the business units whose assets they see; None: of all, and those of none.
    units: frozenset | None = None
    # What they keep belongs to it: no other has the same, whatever their names are.
    owner: str = ""


def create(session, *, name, scope, lasts=None, business_units=None, **more):
    """
    Add a token that is valid for ``lasts`` (for ever, if None); return it and its text.

    ``business_units`` are the ids of those that it is limited to; None: it is not.
    """
    text = f"cmdb_{secrets.token_urlsafe(32)}"
    token = Token(name=name, scope=scope, hash=_hash(text), kind=more.pop("kind", PROGRAM), **more)
    token.created_at = now()
    token.expires_at = token.created_at + lasts if lasts else None
    token.limited = business_units is not None
    session.add(token)
    session.flush()
    units.keep(session, token, business_units or ())
    return token, text


def every(session, *, kind=None, account_id=None):
    """Return all tokens, or those of a kind, or of an account; oldest first."""
    wanted = [Token.kind == kind] if kind else []
    if account_id is not None:
        wanted.append(Token.account_id == account_id)
    return session.scalars(select(Token).where(*wanted).order_by(Token.id)).all()


def revoke(session, token_id, *, kind=None, account_id=None):
    """Remove a token, of this kind and account where they are given; return it. May NotFound."""
    token = session.get(Token, token_id) if token_id < 2**31 else None
    other = token is None or (kind and token.kind != kind)
    if other or (account_id is not None and token.account_id != account_id):
        raise NotFound(f"there is no {SESSION if kind == SESSION else 'token'} {token_id}")
    owners.forget(session, token_owner(token.id))
    session.delete(token)
    return token


def verify(session, text, *, idle=None):
    """Return who bears this token; a session not used for ``idle`` is over. May Unauthorized."""
    if not text:
        raise Unauthorized(
            "a token is needed: send Authorization: Bearer TOKEN (cmdb token create makes one, and "
            "so does POST /api/v1/sessions)",
            headers=_CHALLENGE,
        )
    return _bearer(session, _hash(text), idle)


def check(session, bearer, scopes):
    """Raise Forbidden where a bearer has none of these scopes."""
    if INCLUDES[bearer.scope].isdisjoint(scopes):
        raise Forbidden(_lacking(session, bearer, scopes))


def lesser(scope, other):
    """Return the scope that allows less; where neither includes the other, the first."""
    return other if other in INCLUDES[scope] else scope


def effective(token, account):
    """Return the scope that a token has now, with its account; None for one that is nobody's."""
    return lesser(token.scope, ALLOWS[account.role]) if account else token.scope


def note_use(session, bearer):
    """Write when a token was used, unless that was done a moment ago; return whether it was."""
    moment = now()
    if bearer.last_used_at and bearer.last_used_at > moment - NOTED_EVERY:
        return False
    session.execute(update(Token).where(Token.id == bearer.id).values(last_used_at=moment))
    return True


def _bearer(session, hashed, idle):
    query = select(Token, Account).outerjoin(Account, Account.id == Token.account_id)
    query = query.where(Token.hash == hashed).execution_options(populate_existing=True)
    token, account = session.execute(query).one_or_none() or (None, None)
    if token is None or not hmac.compare_digest(token.hash, hashed):
        raise refused("this token is not known")
    what = "session" if token.kind == SESSION else "token"
    if token.expires_at and token.expires_at <= now():
        raise refused(f"this {what} has expired")
    used_at = token.last_used_at or token.created_at
    if idle and token.kind == SESSION and used_at <= now() - idle:
        raise refused("this session was not used for long: log in again")
    if account and not account.enabled:
        raise refused(f"the account {account.name} is disabled; an admin can enable it")
    return Bearer(
        token.id,
        account.name if account else token.name,
        effective(token, account),
        token.last_used_at,
        token.kind,
        token.account_id,
        units.of_bearer(session, token, account),
        _owner(token),
    )


def _owner(token):
    # A token that sees less than its account is not to read what that one keeps.
    of_account = token.account_id is not None and not token.limited
    return account_owner(token.account_id) if of_account else token_owner(token.id)


def account_owner(number):
    """Return the owner of what an account keeps."""
    return f"account:{number}"


def token_owner(number):
    """Return the owner of what a token keeps that is nobody's."""
    return f"token:{number}"


def _lacking(session, bearer, scopes):
    """Return why a bearer may not: by the token's scope, or by the role of its account."""
    wanted = " or ".join(scopes)
    if bearer.account_id is None:
        return f"this needs a token of scope {wanted}; yours has {bearer.scope}"
    role = session.get(Account, bearer.account_id).role
    roles = " or ".join(
        role for role, scope in ALLOWS.items() if not INCLUDES[scope].isdisjoint(scopes)
    )
    if INCLUDES[ALLOWS[role]].isdisjoint(scopes):
        needed = f"the role {roles}" if roles else f"a token of scope {wanted}"
        return f"this needs {needed}; {bearer.name} is {role}"
    return f"this needs a token of scope {wanted}; this one of {bearer.name} has {bearer.scope}"


def refused(message):
    """Return the error for a token that is none, or not any more."""
    headers = {"WWW-Authenticate": f'{_CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
    return Unauthorized(message, headers=headers)


def _hash(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
