"""Host keys: what a host signs its reports with."""

from sqlalchemy import select

from cmdb_api.models import Asset
from cmdb_api.services import canonical


def generation(session, hostname):
    """Return the generation of a host's key; 1 for a host that is not in the record."""
    found = session.scalar(
        select(Asset.key_generation).where(Asset.hostname_key == hostname.lower())
    )
    return found or 1


def of(secret, hostname, number):
    """Return a host's key of this generation."""
    return canonical.host_key(secret, hostname, number)
