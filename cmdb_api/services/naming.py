"""Names given to an asset that is locked and edited: see ``assets.edited``."""

from sqlalchemy import delete, update

from cmdb_api.errors import Conflict
from cmdb_api.models import Asset, AssetAlias, Finding
from cmdb_api.models.types import now
from cmdb_api.services import dialects, generations, locking, names, strangers
from cmdb_api.services.access import visibility

ALIAS = AssetAlias.__table__


def rename(session, asset, new, actor):
    """
    Give an asset another hostname; the old one stays as an alias.

    Reports under the old name are this asset's as before. Raises Conflict where another asset has
    the new name.
    """
    old = asset.hostname
    if names.key(new) != asset.hostname_key:
        check_free(session, new, asset.id)
        session.execute(delete(ALIAS).where(ALIAS.c.alias_key == names.key(new)))
        asset.hostname_key = names.key(new)
        known = generations.of(session, asset.hostname_key)
        asset.key_generation = max(asset.key_generation, known)
        asset.short_key = asset.hostname_key.partition(".")[0]
    asset.hostname = new
    session.flush()
    if names.key(old) != asset.hostname_key:
        keep(session, asset, old, actor=actor)
    of_asset = Finding.asset_id == asset.id
    session.execute(update(Finding).where(of_asset).values(hostname=new))


def keep(session, asset, alias, *, actor):
    """Note a name as one of an asset's; raises Conflict where another has it."""
    check_free(session, alias, asset.id)
    row = {"alias_key": names.key(alias), "alias": alias, "asset_id": asset.id}
    row |= {"created_at": now(), "actor": actor}
    session.execute(dialects.insert(session, ALIAS).values(row).on_conflict_do_nothing())
    # What was revoked of the name stays so: all of an asset's names have keys of one generation.
    known = generations.of(session, names.key(alias))
    asset.key_generation = max(asset.key_generation, known)
    strangers.settle(session, asset, alias)


def check_free(session, name, asset_id):
    """Hold a name; raises Conflict where another asset has it, as hostname or as alias."""
    locking.hold_names(session, name)
    with visibility.unscoped(session):
        owner = names.given(session, [name]).get(names.key(name))
    if owner in (None, asset_id):
        return
    other = session.get(Asset, owner)
    if other is None:
        raise visibility.taken(f"the name {name}")
    if other.hostname_key == names.key(name):
        raise Conflict(f"{other.hostname} is another asset")
    raise Conflict(f"{name} is another name of {other.hostname}")
