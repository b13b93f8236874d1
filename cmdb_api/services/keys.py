"""Host keys: what a host signs its reports with, and how an old one is revoked."""

from sqlalchemy import select

from cmdb_api.models import Asset
from cmdb_api.services import assets, canonical


def generation(session, hostname):
    """Return the generation of a host's key; 1 for a host that is not in the record."""
    found = session.scalar(
        select(Asset.key_generation).where(Asset.hostname_key == hostname.lower())
    )
    return found or 1


def generations(session):
    """Return {hostname in lower case: generation} of the hosts whose key is not their first."""
    query = select(Asset.hostname_key, Asset.key_generation).where(Asset.key_generation > 1)
    return dict(map(tuple, session.execute(query.order_by(Asset.hostname_key))))


def rotate(session, hostname, *, actor):
    """
    Revoke a host's key by raising its generation; return the asset.

    What was signed with the old key is refused from the commit on. Raises NotFound.
    """
    with assets.edited(session, hostname, actor=actor) as asset:
        asset.key_generation += 1
    return asset


def of(secret, hostname, number):
    """Return a host's key of this generation."""
    return canonical.host_key(secret, hostname, number)
