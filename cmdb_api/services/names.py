"""The one way from a name to an asset, in any case: its hostname, then its other names.

With the setting MATCH_SHORT_NAMES a name is also that of the one asset whose hostname is the same
in short or in full: web01 and web01.example.com. Two different full names are never the same.
"""

from sqlalchemy import select

from cmdb_api.models import Asset, AssetAlias
from cmdb_api.services.dialects import among
from cmdb_api.services.quarantine import tidy

ASSET, ALIAS = Asset.__table__, AssetAlias.__table__
# The option of the engine that carries the setting.
OPTION = "match_short_names"
SHOWN = 5


def key(name):
    """Return the form of a name in which names are compared."""
    return tidy(name).lower()


def find(session, name):
    """Return the id of the asset that a name is one of; None where there is none."""
    return resolve(session, [name]).get(key(name))


def resolve(session, names):
    """Return {name in lower case: id of its asset} of those that are an asset's."""
    found = given(session, names)
    missing = {key(name) for name in names} - found.keys()
    if missing and matches_short(session):
        found |= _in_other_form(session, missing)
    return found


def given(session, names):
    """Return what ``resolve`` does by the names that assets have themselves, in this form."""
    keys = sorted({key(name) for name in names})
    hostname = select(ASSET.c.hostname_key, ASSET.c.id)
    alias = select(ALIAS.c.alias_key, ALIAS.c.asset_id)
    both = hostname.where(among(session, ASSET.c.hostname_key, keys)).union_all(
        alias.where(among(session, ALIAS.c.alias_key, keys))
    )
    return dict(map(tuple, session.execute(both)))


def candidates(session, name):
    """Return hostnames of the assets that a short name may mean, where it is none's."""
    if not matches_short(session) or _short(key(name)) != key(name):
        return []
    same = ASSET.c.short_key == key(name)
    query = select(ASSET.c.hostname).where(same).order_by(ASSET.c.hostname_key)
    return list(session.scalars(query.limit(SHOWN)))


def common(session, name):
    """Return what both forms of a name have in common; None where the setting does not match."""
    return _short(key(name)) if matches_short(session) else None


def is_alias(session, name):
    """Tell whether this is another name that an asset has."""
    same = ALIAS.c.alias_key == key(name)
    return session.scalar(select(ALIAS.c.asset_id).where(same)) is not None


def aliases(session, asset_ids):
    """Return {id of an asset: its other names, in their order}."""
    query = select(ALIAS.c.asset_id, ALIAS.c.alias).order_by(ALIAS.c.alias_key)
    found = {}
    for asset_id, alias in session.execute(
        query.where(among(session, ALIAS.c.asset_id, sorted(asset_ids)))
    ):
        found.setdefault(asset_id, []).append(alias)
    return found


def matches_short(session):
    """Tell whether names match in short and in full."""
    return session.get_bind().get_execution_options().get(OPTION, False)


def _in_other_form(session, keys):
    """Match short names with full ones and full ones with short ones, where only one fits."""
    shorts = {name: short for name in keys if (short := _short(name))}
    bare = sorted(name for name, short in shorts.items() if name == short)
    full = sorted(set(shorts) - set(bare))
    found = {}
    if bare:
        query = select(ASSET.c.short_key, ASSET.c.id).where(among(session, ASSET.c.short_key, bare))
        fitting = {}
        for short, asset_id in session.execute(query):
            fitting.setdefault(short, []).append(asset_id)
        found |= {short: ids[0] for short, ids in fitting.items() if len(ids) == 1}
    if full:
        known = given(session, {shorts[name] for name in full})
        taken = _with_full_name(session, set(known.values()))
        found |= {
            name: known[shorts[name]]
            for name in full
            if shorts[name] in known and (known[shorts[name]], shorts[name]) not in taken
        }
    return found


def _with_full_name(session, ids):
    """Return (id, short name) of these assets' full names: they are one machine's already."""
    own = select(ASSET.c.id, ASSET.c.hostname_key).where(among(session, ASSET.c.id, sorted(ids)))
    more = select(ALIAS.c.asset_id, ALIAS.c.alias_key)
    more = more.where(among(session, ALIAS.c.asset_id, sorted(ids)))
    rows = session.execute(own.union_all(more))
    return {(asset_id, _short(name)) for asset_id, name in rows if "." in name}


def _short(name):
    """Return a name up to its first dot; None where that is no name, as of an address."""
    short = name.partition(".")[0]
    return None if not short or short.isdecimal() else short
