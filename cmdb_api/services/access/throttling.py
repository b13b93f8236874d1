"""How often a login may fail: counted in the audit log, so for all workers of all hosts together.

Each try is written down as failed, and committed, before the password is looked at: who tries many
at once is counted too.
"""

import ipaddress
import math
from datetime import timedelta

from sqlalchemy import func, select, true

from cmdb_api.errors import TooMany
from cmdb_api.models import AuditEntry
from cmdb_api.models.types import now
from cmdb_api.services import dialects, locking
from cmdb_api.services.access import audit

WINDOW = timedelta(minutes=15)
# Tries that failed within it, at most: of one name from one address, of one name, of one address.
MOST_OF_BOTH, MOST_OF_NAME, MOST_OF_ADDRESS = 5, 50, 20
# Whoever has one address of IPv6 has these all.
IPV6_PREFIX = 64
# Tries from addresses of IPv6 that are looked through.
_READ = 5000


def begin(session, name, address):
    """Write down that a login is tried; return the entry. Raises TooMany, before it is."""
    key = audit.plain(name.lower())[: audit.LONGEST_SUBJECT]
    # Without waiting for others: who tries too often shall not hold up those who write.
    _check(session, key, address)
    _wait_turn(session, key, address)
    _check(session, key, address)
    return audit.note(session, action=audit.LOGIN_FAILED, subject=key, status=401)


def _check(session, key, address):
    """Raise TooMany where a name, or an address, was tried too often."""
    of_name = AuditEntry.subject == key
    for wanted, place, most in (
        (of_name, address, MOST_OF_BOTH),
        (of_name, None, MOST_OF_NAME),
        (true(), address, MOST_OF_ADDRESS),
    ):
        if wait := _wait(_failed(session, wanted, place, most), most):
            raise TooMany(
                f"too many logins failed: try again in {math.ceil(wait / 60)} minutes",
                headers={"Retry-After": str(wait)},
            )


def _failed(session, wanted, address, most):
    """Return when the last tries failed, newest first; of an address, where one is given."""
    recent = (AuditEntry.action == audit.LOGIN_FAILED) & (AuditEntry.at > now() - WINDOW) & wanted
    query = select(AuditEntry.at, AuditEntry.address).where(recent).order_by(AuditEntry.at.desc())
    if address is None or ":" not in address:
        wanted = AuditEntry.address == address if address else true()
        return session.scalars(query.where(wanted).limit(most)).all()
    network = ipaddress.ip_network(f"{address}/{IPV6_PREFIX}", strict=False)
    rows = session.execute(query.where(AuditEntry.address.contains(":")).limit(_READ))
    return [at for at, other in rows if ipaddress.ip_address(other) in network]


def _wait(times, most):
    """Return the seconds until one more try is possible; 0 where it is now."""
    if len(times) < most:
        return 0
    return max(1, math.ceil((times[most - 1] + WINDOW - now()).total_seconds()))


def _wait_turn(session, key, address):
    """Let tries of one name, and of one address, be counted one after the other."""
    locking.begin(session)
    if dialects.dialect(session) == "postgresql":
        for each in sorted({f"login of {key}", f"login from {address}"}):
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(each, 0))))
