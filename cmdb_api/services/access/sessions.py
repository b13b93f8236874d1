"""Sessions of people: a name and a password are given for a token that ends by itself."""

from datetime import timedelta

from sqlalchemy import delete, select

from cmdb_api.errors import Forbidden, Invalid, Unauthorized
from cmdb_api.models import Account, Token
from cmdb_api.models.access import SESSION
from cmdb_api.models.types import now
from cmdb_api.services.access import accounts, audit, passwords, throttling, tokens

# Of any role: what the account's role is at each use is what counts.
SCOPE = "admin"


def begin(session, name, address):
    """
    Write down that somebody tries a password; raises TooMany. Return the entry of the audit log.

    It is to be committed before ``log_in``, or ``change_password``, looks at the password.
    """
    passwords.prepare()
    return throttling.begin(session, name, address)


def log_in(session, entry, name, password, *, hours):
    """Return the account of this name and password, the token of a new session, and its text."""
    account = accounts.by_name(session, name)
    if not passwords.right(password, account and account.password_hash):
        raise Unauthorized("the name or the password is wrong")
    if passwords.outdated(account.password_hash):
        account.password_hash = passwords.hashed(password)
    return account, *start(session, entry, account, hours=hours)


def start(session, entry, account, *, hours):
    """Start a session of an account whose owner is proven; return its token, and the text."""
    if not account.enabled:
        entry.details = {"account": "disabled"}
        raise Forbidden(f"the account {account.name} is disabled; an admin can enable it")
    account.last_login_at = now()
    session.execute(delete(Token).where(_over()))
    lasts, who = timedelta(hours=hours), {"account_id": account.id, "created_by": account.name}
    more = {"kind": SESSION, "lasts": lasts} | who
    token, text = tokens.create(session, name=account.name, scope=SCOPE, **more)
    entry.action, entry.status, entry.details = audit.LOGIN, 201, None
    entry.actor, entry.account_id, entry.token_id = account.name, account.id, token.id
    return token, text


def change_password(session, entry, bearer, old, new):
    """Give whoever asks another password; their other sessions end."""
    account = session.get(Account, bearer.account_id)
    if not passwords.right(old, account.password_hash):
        raise Invalid.of("old_password", "this is not the password")
    entry.action, entry.status, entry.subject = audit.WRITE, 204, None
    entry.details = audit.fields(["password"])
    accounts.change_password(session, account.id, new, but=bearer.id)


def every(session, *, account_id=None):
    """Return the sessions that are not over, oldest first: [(token, account)]."""
    wanted = [Token.account_id == account_id] if account_id is not None else []
    query = select(Token, Account).join(Account, Account.id == Token.account_id)
    query = query.where(Token.kind == SESSION, Token.expires_at > now(), *wanted)
    return session.execute(query.order_by(Token.id)).all()


def prune(session):
    """Remove sessions that are over; return how many."""
    return session.execute(delete(Token).where(_over())).rowcount


def _over():
    return (Token.kind == SESSION) & (Token.expires_at <= now())
