"""Host keys: what a host signs its reports with, and how an old one is revoked."""

from sqlalchemy import or_, select

from cmdb_api.models import Asset, AssetAlias
from cmdb_api.models.asset import IGNORED, RETIRED
from cmdb_api.services import assets, canonical, names
from cmdb_api.services import generations as remembered


def generation(session, hostname):
    """Return the generation of a host's key, be it in the record or not."""
    asset_id = names.find(session, hostname)
    if asset_id is None:
        return remembered.of(session, names.key(hostname))
    return session.scalar(select(Asset.key_generation).where(Asset.id == asset_id)) or 1


def generations(session):
    """Return {name in lower case: generation} of the hosts whose key is not their first."""
    raised = Asset.key_generation > 1
    own = select(Asset.hostname_key.label("name"), Asset.key_generation).where(raised)
    # Each name of a host has keys of its own, all of the host's generation.
    other = select(AssetAlias.alias_key, Asset.key_generation).join_from(AssetAlias, Asset)
    found = dict(map(tuple, session.execute(remembered.every())))
    found |= dict(map(tuple, session.execute(own.union_all(other.where(raised)))))
    return dict(sorted(found.items()))


def retired(session):
    """Return the names, in lower case, of the hosts that are to have no key, in their order."""
    without = or_(Asset.state == RETIRED, Asset.standing == IGNORED)
    own = select(Asset.hostname_key.label("name")).where(without)
    other = select(AssetAlias.alias_key).join_from(AssetAlias, Asset).where(without)
    return list(session.scalars(own.union_all(other).order_by("name")))


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
