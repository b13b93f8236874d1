"""Other names of an asset: given and taken by people, and by the setting MATCH_SHORT_NAMES."""

from sqlalchemy import delete, func, select

from cmdb_api.errors import Conflict, NotFound
from cmdb_api.models import Change
from cmdb_api.services import assets, generations, locking, names, naming
from cmdb_api.services.naming import ALIAS

# Whose doing it is that a short or full name is kept.
BY_SETTING = "the setting MATCH_SHORT_NAMES"


def add(session, hostname, alias, *, actor):
    """Give an asset another name; raises Conflict where one has it already, as its hostname."""
    with assets.edited(session, hostname, actor=actor) as asset:
        if names.key(alias) == asset.hostname_key:
            raise Conflict(f"{alias} is the hostname of {asset.hostname} itself")
        naming.keep(session, asset, alias, actor=actor)
    return asset


def remove(session, hostname, alias, *, actor):
    """Take another name from an asset; raises NotFound with those that it has."""
    with assets.edited(session, hostname, actor=actor) as asset:
        same = ALIAS.c.asset_id == asset.id, ALIAS.c.alias_key == names.key(alias)
        if not session.execute(delete(ALIAS).where(*same)).rowcount:
            known = names.aliases(session, [asset.id]).get(asset.id, [])
            hint = f"it has: {', '.join(known)}" if known else "it has none"
            raise NotFound(f"{alias} is no other name of {asset.hostname}; {hint}")
        generations.remember(session, [names.key(alias)], asset.key_generation)
    return asset


def told(session, asset_id):
    """Return the other names of an asset, since when each is one, and by whom."""
    c = ALIAS.c
    query = select(c.alias, c.created_at, c.actor).where(c.asset_id == asset_id)
    return session.execute(query.order_by(c.alias_key)).all()


def former(session, asset_id, hostname):
    """Return (name, first_at, last_at) of the names that changes of an asset tell, newest first."""
    first, last = func.min(Change.at), func.max(Change.at)
    query = select(Change.hostname, first.label("first_at"), last.label("last_at"))
    query = query.where(Change.asset_id == asset_id, Change.hostname != hostname)
    return session.execute(query.group_by(Change.hostname).order_by(last.desc())).all()


def keep_form(session, locked, name):
    """Keep the short or full form of its name that an asset reports under; return it locked."""
    if names.is_alias(session, name):
        return locked
    with assets.edited_many(session, [locked.asset_id], actor=BY_SETTING) as (asset,):
        naming.keep(session, asset, name, actor=BY_SETTING)
    session.flush()
    return locking.get(session, locked.asset_id)
