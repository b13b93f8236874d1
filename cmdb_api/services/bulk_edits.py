"""One edit of many assets: what it would change of each, and each changed by itself.

What is added to an asset's tags, services and contacts, and taken from them, is settled once its
lock is held: what others did meanwhile stays.
"""

from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import Asset
from cmdb_api.services import (
    assets,
    declared,
    lifecycle,
    listing,
    locking,
    names,
    picking,
    places,
)
from cmdb_api.services.resources import RACKS, ROOMS

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
        told = {n: value for n, value in self.put.items() if not _same(n, known, value)}
        if told.keys() & set(places.FIELDS):
            # A room or a rack is meant where the others say.
            told |= {name: self.put[name] for name in places.FIELDS if name in self.put}
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
    """
    What an edit would change: [(hostname, before, after)], and how many stay; of the first.

    ``refused`` is [(hostname, why)] of those whose state stands against it.
    """

    changes: list
    refused: list
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
    changes, refused, same = [], [], 0
    around = _around(session, edit.put)
    for hostname, known, new in _edited(session, ids, edit):
        if why := _refused(hostname, known, new):
            refused.append((hostname, why))
        elif new:
            told = _told(known, new | around if new.keys() & {"room", "rack"} else new)
            changes.append((hostname, {field: known.get(field) for field in told}, told))
        else:
            same += 1
    return Plan(changes, refused, same, len(ids[PLANNED:]))


def check(session, ids, edit, *, actor):
    """
    Try the edit on the first asset that it would change; raises what stands against it.

    Whoever calls this rolls back.
    """
    for hostname, _known, new in _edited(session, ids, edit):
        if new:
            try:
                assets.declare(session, hostname, actor=actor, **new)
            except Invalid as error:
                if not _is_of_one(edit, error):
                    raise
            return


def _is_of_one(edit, error):
    """Tell whether an error stands against one asset alone: its other day goes not with this."""
    days = {*declared.DAYS}
    return error.fields.keys() <= days and not days <= edit.put.keys()


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


def _edited(session, ids, edit):
    """Yield (hostname, what is declared, what is to be) of the first of these assets."""
    shown = hostnames(session, ids[:PLANNED])
    known = declared.read_many(session, list(shown)) if shown else {}
    for number, hostname in shown.items():
        yield hostname, known[number], edit.of(known[number])


def _around(session, put):
    """Return {field: name} of where a rack or a room is that is put, if only one may be meant."""
    for resource in (RACKS, ROOMS):
        if text := put.get(resource.field):
            found = places.candidates(session, resource, text)
            names_ = found[0].names if len(found) == 1 else ()
            return dict(zip(resource.within, names_, strict=False))
    return {}


def _refused(hostname, known, new):
    """Return why an asset can't come into the state that is wanted; None where it can."""
    try:
        lifecycle.check(hostname, known["state"], new.get("state", known["state"]))
    except Conflict as error:
        return error.message
    return None


def _told(known, new):
    """Return what changes: what is new, and what goes because it was within another place."""
    told = {name: value for name, value in new.items() if not _same(name, known, value)}
    moved = [places.FIELDS.index(name) for name in told if name in places.FIELDS]
    inner = places.FIELDS[max(moved) + 1 :] if moved else ()
    return told | {n: None for n in inner if n not in new and known.get(n) is not None}


def _same(field, known, new):
    """Tell whether a value is declared already; names are the same in any case."""
    old = known.get(field)
    if old in (None, "") and new in (None, ""):
        return True
    is_name = isinstance(old, str) and isinstance(new, str) and field != "comment"
    if is_name and field in ("room", "rack"):
        inside = places.FIELDS[: places.FIELDS.index(field) + 1]
        path = picking.path_of(*(known.get(name) for name in inside))
        return new.lower() in (old.lower(), path.lower())
    return old.lower() == new.lower() if is_name else old == new
