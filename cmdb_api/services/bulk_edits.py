"""One edit of many assets: what it would change of each, and each changed by itself.

What is added to an asset's tags, services and contacts, and taken from them, is settled once its
lock is held: what others did meanwhile stays.
"""

from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.errors import NotFound
from cmdb_api.models import Asset
from cmdb_api.services import assets, declared, listing, locking, names

# Assets that are edited at once, at most, and of how many it is said beforehand what changes.
MOST, PLANNED = 100_000, 1000
LISTS = ("tags", "services", "contacts")


class Edit(NamedTuple):
    """Fields and their new values; names that are added to lists, and that are taken from them."""

    put: dict
    add: dict
    take: dict

    def of(self, known):
        """Return {field: value} of what is to be declared, where so much is declared already."""
        told = {n: value for n, value in self.put.items() if not _same(n, known.get(n), value)}
        for field in LISTS:
            has = known.get(field) or []
            gone = {name.lower() for name in self.take.get(field, ())}
            there = {name.lower() for name in has}
            more = [name for name in self.add.get(field, ()) if name.lower() not in there]
            wanted = [name for name in has if name.lower() not in gone] + more
            if wanted != has:
                told[field] = wanted
        return told

    def __bool__(self):
        return any((self.put, self.add, self.take))


class Plan(NamedTuple):
    """What an edit would change: [(hostname, before, after)], and how many stay; of the first."""

    changes: list
    same: int
    # How many assets were not looked at.
    others: int


def found(session, *, limit=MOST, **filters):
    """Return (ids of the first assets that a search finds, how many it finds), by name."""
    wanted = list(listing.conditions(session, filters))
    rows, following = listing.found(session, [Asset.id, Asset.hostname], wanted, limit=limit)
    return [row.id for row in rows], listing.count(session, wanted) if following else len(rows)


def named(session, hostnames):
    """Return the ids of the assets of these names, each once."""
    known = names.resolve(session, hostnames)
    keys = [names.key(name) for name in hostnames]
    return list(dict.fromkeys(known[key] for key in keys if key in known))


def hostnames(session, ids):
    """Return {id: hostname} of those of these assets that are there, by name."""
    wanted = locking.among(session, Asset.__table__.c.id, sorted(ids))
    query = select(Asset.id, Asset.hostname).where(wanted).order_by(Asset.hostname_key)
    return dict(map(tuple, session.execute(query)))


def plan(session, ids, edit):
    """Return what an edit would change of the first of these assets; nothing is written."""
    shown = hostnames(session, ids[:PLANNED])
    known = declared.read_many(session, list(shown)) if shown else {}
    changes = []
    for number, hostname in shown.items():
        if new := edit.of(known[number]):
            old = {field: known[number].get(field) for field in new}
            changes.append((hostname, old, new))
    return Plan(changes, len(shown) - len(changes), len(ids[PLANNED:]))


def check(session, ids, edit, *, actor):
    """
    Try the edit on the first asset that it would change; raises what stands against it.

    Whoever calls this rolls back.
    """
    for hostname, _old, new in plan(session, ids, edit).changes[:1]:
        assets.declare(session, hostname, actor=actor, **new)


def apply(session, number, edit, *, actor, why=None):
    """Make the edit of one asset; tell whether it changed anything."""
    locking.begin(session)
    with assets.edited_many(session, [number], actor=actor, why=why) as found_:
        if not found_:
            raise NotFound("it was removed meanwhile")
        (asset,) = found_
        version = asset.version
        if new := edit.of(declared.read(session, asset)):
            declared.write(session, asset, new, actor=actor)
    return asset.version != version


def _same(field, old, new):
    """Tell whether a value is declared already; names are the same in any case."""
    if old in (None, "") and new in (None, ""):
        return True
    is_name = isinstance(old, str) and isinstance(new, str) and field != "comment"
    return old.lower() == new.lower() if is_name else old == new
