"""Bearer tokens: made, listed, revoked and verified. Only a token's hash is kept."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from cmdb_api.errors import Forbidden, NotFound, Unauthorized
from cmdb_api.models import Token
from cmdb_api.models.types import now

INCLUDES = {
    "relay": {"relay"},
    "read": {"read"},
    "write": {"write", "read"},
    "admin": {"admin", "write", "read"},
}
# The use of a token is noted this often at most, so that reading does not write.
NOTED_EVERY = timedelta(minutes=1)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="cmdb"'}


class Bearer(NamedTuple):
    """Whoever showed a valid token."""

    id: int
    name: str
    scope: str
    last_used_at: datetime | None


def create(session, *, name, scope, lasts=None):
    """Add a token that is valid for ``lasts`` (for ever, if None); return it and its text."""
    text = f"cmdb_{secrets.token_urlsafe(32)}"
    token = Token(name=name, scope=scope, hash=_hash(text))
    token.created_at = now()
    token.expires_at = token.created_at + lasts if lasts else None
    session.add(token)
    session.flush()
    return token, text


def every(session):
    """Return all tokens, oldest first."""
    return session.scalars(select(Token).order_by(Token.id)).all()


def revoke(session, token_id):
    """Remove a token and return its name; raises NotFound."""
    token = session.get(Token, token_id)
    if token is None:
        raise NotFound(f"there is no token {token_id}")
    name = token.name
    session.delete(token)
    return name


def verify(session, text, *scopes):
    """Return who bears this token; raises Unauthorized, or Forbidden where it lacks all scopes."""
    if not text:
        raise Unauthorized(
            "a token is needed: send Authorization: Bearer TOKEN (cmdb token create makes one)",
            headers=_CHALLENGE,
        )
    hashed = _hash(text)
    token = session.scalar(select(Token).where(Token.hash == hashed))
    if token is None or not hmac.compare_digest(token.hash, hashed):
        raise _refused("this token is not known")
    if token.expires_at and token.expires_at <= now():
        raise _refused("this token has expired")
    if INCLUDES[token.scope].isdisjoint(scopes):
        raise Forbidden(
            f"this needs a token of scope {' or '.join(scopes)}; yours has {token.scope}"
        )
    return Bearer(token.id, token.name, token.scope, token.last_used_at)


def note_use(session, bearer):
    """Write when a token was used, unless that was done a moment ago; return whether it was."""
    moment = now()
    if bearer.last_used_at and bearer.last_used_at > moment - NOTED_EVERY:
        return False
    session.execute(update(Token).where(Token.id == bearer.id).values(last_used_at=moment))
    return True


def _refused(message):
    headers = {"WWW-Authenticate": f'{_CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
    return Unauthorized(message, headers=headers)


def _hash(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
