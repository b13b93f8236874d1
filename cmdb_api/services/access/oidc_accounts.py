"""Whose account a login by OIDC is: by issuer and subject, never by a name that is the same."""

from sqlalchemy import select

from cmdb_api.errors import Forbidden
from cmdb_api.models import Account
from cmdb_api.models.access import ADMIN, ROLES, VIEWER
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.access import accounts


def of(session, claims, config):
    """Return the account of who these claims tell of, made where it may be; raises Forbidden."""
    subject, role = f"{claims['iss']} {claims['sub']}", _role(claims, config)
    locking.begin(session)
    account = session.scalar(select(Account).where(Account.oidc_subject == subject))
    if account is None:
        return _new(session, subject, role, claims, config)
    if role and role != account.role:
        if role == ADMIN and account.limited:
            raise Forbidden(
                f"{account.name} is limited to business units, and an admin to the provider: an "
                "admin can settle that"
            )
        account.role, account.updated_at = role, now()
        account.version += 1
    return account


def _new(session, subject, role, claims, config):
    if not config["OIDC_CREATE_ACCOUNTS"]:
        raise Forbidden(
            f"no account is linked to this login; an admin can set oidc_subject to: {subject}"
        )
    claim = config["OIDC_NAME_CLAIM"]
    name = claims.get(claim)
    if not isinstance(name, str):
        raise Forbidden(f"the provider tells no {claim}: see OIDC_NAME_CLAIM")
    if fault := accounts.name_fault(name):
        raise Forbidden(f"the provider's {claim} is no name here, see OIDC_NAME_CLAIM: {fault}")
    if accounts.by_name(session, name):
        raise Forbidden(
            f"there is an account {name} already; where it is the same person, an admin can set "
            f"its oidc_subject to: {subject}"
        )
    given = {"name": name, "role": role or VIEWER, "oidc_subject": subject}
    given |= {"full_name": _text(claims, "name"), "email": _text(claims, "email")}
    return accounts.add(session, given)


def _role(claims, config):
    """Return the most that the provider's groups give; None where the settings map none."""
    if not (claim := config["OIDC_ROLE_CLAIM"]):
        return None
    told = claims.get(claim) or []
    told = told if isinstance(told, list) else [told]
    found = {config["OIDC_ROLES"].get(each) for each in told if isinstance(each, str)}
    if roles := [role for role in ROLES if role in found]:
        return roles[-1]
    raise Forbidden(f"the provider's {claim} give no role here: see OIDC_ROLES")


def _text(claims, name):
    value = claims.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 255 else None
