"""Accounts of people: listed, made, edited and removed. Somebody stays who may do everything."""

import re

from sqlalchemy import delete, or_, select, true
from sqlalchemy.exc import IntegrityError

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import Account, Token
from cmdb_api.models.access import ADMIN, ROLES, SESSION
from cmdb_api.models.types import now
from cmdb_api.services import etags, locking, nearest, patterns
from cmdb_api.services.access import passwords, tokens, units
from cmdb_api.services.search import owners, rows
from cmdb_api.services.search.columns import FLAG, MOMENT
from cmdb_api.services.search.rows import Field, Rows

# Together with "(cmdb asset)" it fits where changes keep who made them.
LONGEST_NAME = 100
PLAIN = ("full_name", "email", "role", "limited", "enabled", "oidc_subject")
ROWS = Rows(
    "users",
    {
        "name": Field(Account.name_key, named=True, always=True, description="of the account"),
        "full_name": Field(Account.full_name, named=True, unique=True, description="of the person"),
        "email": Field(
            Account.email, named=True, unique=True, description="where they are written to"
        ),
        "role": Field(Account.role, choices=ROLES, description="what they may"),
        "enabled": Field(Account.enabled, FLAG, description="whether they may log in"),
        "limited": Field(Account.limited, FLAG, description="see some business units only"),
        "oidc_subject": Field(
            Account.oidc_subject, unique=True, description="who they are to the provider"
        ),
        "last_login_at": Field(Account.last_login_at, MOMENT, description="when last"),
        "created_at": Field(Account.created_at, MOMENT, description="when they were added"),
    },
    order=("name",),
)


def name_fault(name):
    """Return what is wrong with a name of an account: it shall look like no other's; or None."""
    if (
        re.fullmatch(r"[^\s()\x00-\x1f\x7f\ud800-\udfff]+", name)
        and len(name.lower()) <= LONGEST_NAME
    ):
        return None
    return f"A name has 1 to {LONGEST_NAME} characters, no space and no parenthesis."


def page(session, *, name=None, role=None, enabled=None, limit, **asked):
    """Return one page of the accounts, by name; ``asked``: cursor, ``query``, ``sort``."""
    wanted = [patterns.like(Account.name_key, name)] if name else []
    wanted += [Account.role == role] if role else []
    wanted += [Account.enabled.is_(enabled)] if enabled is not None else []
    every = select(Account).where(*wanted)
    found, following = rows.page(session, ROWS, every, limit=limit, **asked)
    return {"items": told(session, [row[0] for row in found]), "next_cursor": following}


def one(session, number):
    """Return what is told of one account; raises NotFound."""
    return told(session, [_get(session, number)])[0]


def told(session, accounts):
    """Return what is told of accounts: no password, nor its hash."""
    known = units.names(session, accounts)
    shown = ("id", "name", *PLAIN, "created_at", "updated_at", "password_at", "last_login_at")
    return [
        {name: getattr(account, name) for name in shown}
        | {
            "has_password": account.password_hash is not None,
            "business_units": known[account.id],
            "etag": etags.of(account),
        }
        for account in accounts
    ]


def find(session, name):
    """Return the account of this name, in any case; raises NotFound with the nearest names."""
    account = by_name(session, name)
    if account is None:
        names = session.scalars(select(Account.name).order_by(Account.id).limit(nearest.COMPARED))
        raise NotFound(f"there is no account {name}{nearest.hint(name, names)}")
    return account


def by_name(session, name):
    """Return the account of this name, in any case, or None."""
    return session.scalar(select(Account).where(Account.name_key == name.lower()))


def add(session, given):
    """Add an account; return it. Raises Invalid, Conflict where the name is taken."""
    locking.begin(session)
    account = Account(version=1, enabled=True, limited=False, role=given["role"])
    account.created_at = account.updated_at = now()
    with session.no_autoflush:
        _write(session, account, given)
    session.add(account)
    _flush(session, account)
    units.keep(session, account, units.ids(session, given.get("business_units") or []))
    return account


def edit(session, number, given, *, if_match=None):
    """Change an account; what is not given stays. A new password ends its sessions."""
    locking.begin(session)
    _hold_admins(session)
    account = _get(session, number, lock=True)
    etags.check(if_match, account, lambda: _plain(session, account))
    before = _plain(session, account)
    _write(session, account, given)
    _flush(session, account)
    if account.name != before["name"]:
        owners.rename(session, tokens.account_owner(account.id), account.name)
    if "business_units" in given:
        units.keep(session, account, units.ids(session, given["business_units"] or []))
    if before != _plain(session, account) or "password" in given:
        account.version += 1
        account.updated_at = now()
    _check_admins(session, account, before)
    if "password" in given:
        end_sessions(session, account.id)
    return account


def remove(session, number, *, if_match=None):
    """Remove an account with its sessions, its tokens and the searches that it does not share."""
    locking.begin(session)
    _hold_admins(session)
    account = _get(session, number, lock=True)
    etags.check(if_match, account, lambda: _plain(session, account))
    before = _plain(session, account)
    account.enabled = False
    _check_admins(session, account, before)
    owners.forget(session, tokens.account_owner(account.id))
    session.execute(delete(Token).where(Token.account_id == account.id))
    session.delete(account)


def change_password(session, account_id, password, *, but=None):
    """Give an account the password that its owner chose; all its sessions but one end."""
    account = _get(session, account_id, lock=True)
    _set_password(account, password, field="new_password")
    account.version += 1
    account.updated_at = now()
    end_sessions(session, account_id, but=but)


def end_sessions(session, account_id, *, but=None):
    """End the sessions of an account, all or all but the one with this id; return how many."""
    others = Token.id != but if but else true()
    ended = (Token.account_id == account_id) & (Token.kind == SESSION) & others
    return session.execute(delete(Token).where(ended)).rowcount


def check_limits(role, limited, business_units):
    """Raise Invalid where what somebody may see is told in two ways that contradict each other."""
    if role == ADMIN and limited:
        raise Invalid.of("limited", "an admin sees all assets; another role can be limited")
    if business_units and not limited:
        raise Invalid.of(
            "business_units", "these limit who is limited only: give limited: true with them"
        )


def _write(session, account, given):
    """Set the fields of an account that are given."""
    if "name" in given:
        account.name, account.name_key = given["name"], given["name"].lower()
    for name in PLAIN:
        if name in given:
            setattr(account, name, given[name])
    named = given.get("business_units")
    if named is None and account.id:
        named = units.names(session, [account])[account.id]
    check_limits(account.role, account.limited, named)
    if "password" in given:
        _set_password(account, given["password"])


def _set_password(account, password, field="password"):
    passwords.check(password, account.name, account.full_name, account.email, field=field)
    account.password_hash, account.password_at = passwords.hashed(password), now()


def _plain(session, account):
    """Return what people decide of an account, but for its password."""
    return (
        {"name": account.name}
        | {name: getattr(account, name) for name in PLAIN}
        | {"business_units": units.names(session, [account])[account.id]}
    )


def _flush(session, account):
    """Write an account; raises Conflict where another has its name, or is the provider's same."""
    same = select(Account).where(Account.id != (account.id or 0))
    with session.no_autoflush:
        taken = session.scalar(same.where(Account.name_key == account.name_key))
        if taken:
            raise Conflict.of("name", f"an account is named {taken.name} already")
        linked = account.oidc_subject and session.scalar(
            same.where(Account.oidc_subject == account.oidc_subject)
        )
        if linked:
            raise Conflict.of("oidc_subject", f"this is the account {linked.name} already")
    try:
        session.flush()
    except IntegrityError as error:
        # Another one came with it this moment.
        raise Conflict.of("name", f"an account is named {account.name} already") from error


def _get(session, number, *, lock=False):
    query = select(Account).where(Account.id == number)
    query = query.with_for_update() if lock else query
    account = None
    if number < 2**31:
        account = session.scalar(query.execution_options(populate_existing=True))
    if account is None:
        raise NotFound(f"there is no account with id {number}")
    return account


def _hold_admins(session):
    """Let two admins not take each other's role at the same moment."""
    admins = select(Account.id).where(Account.role == ADMIN).order_by(Account.id)
    session.execute(admins.with_for_update()).all()


def _can_admin(account):
    return account["role"] == ADMIN and account["enabled"]


def _check_admins(session, account, before):
    """Raise Conflict where nobody is left who may do everything."""
    if not _can_admin(before) or _can_admin(_plain(session, account)):
        return
    others = select(Account.id).where(
        Account.id != account.id, Account.role == ADMIN, Account.enabled.is_(True)
    )
    can_log_in = or_(Account.password_hash.is_not(None), Account.oidc_subject.is_not(None))
    if session.scalar(others.where(can_log_in).limit(1)) is None:
        raise Conflict(
            f"{before['name']} is the last admin who can log in: make another account one first"
        )
