"""Assets: found by name, registered, described and removed by people."""

import difflib
from contextlib import contextmanager
from datetime import date

from sqlalchemy import delete, select

from cmdb_api.errors import Conflict, NotFound
from cmdb_api.models import Asset, AssetStatus, Change
from cmdb_api.models.asset import ACCEPTED, ONLINE, REGISTERED, RETIRED
from cmdb_api.models.change import ADDED, CHANGED
from cmdb_api.models.types import now
from cmdb_api.services import (
    concerns,
    declared,
    drift,
    edits,
    etags,
    findings,
    generations,
    lifecycle,
    likeness,
    locking,
    named,
    names,
    naming,
    patterns,
    strangers,
)
from cmdb_api.services.access import limits, visibility
from cmdb_api.services.events import leaving, outbox
from cmdb_api.services.resources import BUSINESS_UNITS

# The kind of the changes that people make to an asset itself.
KIND = outbox.ASSET
PATH = "assets"


def find(session, hostname):
    """Return the asset of this name, in any case; raises NotFound with the nearest names."""
    key = names.key(hostname)
    asset = session.scalar(select(Asset).where(Asset.hostname_key == key))
    if asset is None and (known := names.find(session, hostname)):
        asset = session.get(Asset, known)
    if asset is None:
        near = nearest(session, hostname)
        hint = f"; there is {', '.join(near)}" if near else ""
        raise NotFound(f"there is no asset {hostname}{hint}")
    return asset


def nearest(session, hostname):
    """Return the hostnames that may be meant by a name that no asset has."""
    return names.candidates(session, hostname) or _near(session, names.key(hostname))


def register(session, *, hostname, actor, **given):
    """Add an asset, or make one known that has only reported so far; raises Conflict."""
    locking.begin(session)
    given = limits.of_new(session, hostname, given)
    known = locking.find(session, hostname)
    locked = known or locking.add(session, hostname, **_unit(session, given))
    if names.is_alias(session, hostname):
        raise Conflict(f"{hostname} is another name of {locked.hostname}")
    asset = session.get(Asset, locked.asset_id, populate_existing=True)
    if asset.registered_at:
        raise Conflict(f"{asset.hostname} is registered already")
    asset.registered_at, asset.standing = now(), REGISTERED
    if known:
        asset.version += 1
    else:
        lifecycle.start(asset, given.pop("state", ONLINE))
    declared.write(session, asset, given, actor=actor)
    _record(session, [asset], actor, before={}, after=items(session, [asset]))
    strangers.settle(session, asset, hostname)
    if known and asset.expected:
        drift.settle(session, asset.id)
    return asset


def _unit(session, given):
    """Return the business unit of a new asset, without which who sees some only does not see it."""
    if visibility.units(session) is None:
        return {}
    name = given[BUSINESS_UNITS.field]
    return {"business_unit_id": named.find(session, BUSINESS_UNITS, name, keep=True)}


@contextmanager
def registered_many(session, new, *, actor):
    """Add these assets, whose names are held and are none's, and give them, to be linked."""
    session.add_all(new)
    session.flush()
    rows = [{"asset_id": asset.id} for asset in new]
    session.execute(AssetStatus.__table__.insert(), rows)
    yield new
    _record(session, new, actor, before={}, after=items(session, new))


def declare(session, name, *, actor, if_match=None, why=None, **given):
    """
    Change what is declared of an asset; what is not given stays. ``hostname`` is a new name.

    ``why`` is a comment on the change. Raises PreconditionFailed where the asset is of another
    version than ``if_match`` names.
    """
    with edited(session, name, actor=actor, if_match=if_match, why=why) as asset:
        if new := given.pop("hostname", None):
            naming.rename(session, asset, new, actor)
        declared.write(session, asset, given, actor=actor)
    return asset


@contextmanager
def edited(session, hostname, *, actor, if_match=None, why=None):
    """Lock an asset and give it, to be changed; what changed is recorded under a person's name."""
    locking.begin(session)
    known = find(session, hostname).id
    with edited_many(session, [known], actor=actor, why=why) as found:
        if not found:
            raise NotFound(f"{hostname} was removed this moment")
        (asset,) = found
        etags.check(if_match, asset, lambda: items(session, [asset])[asset.id])
        yield asset


@contextmanager
def edited_many(session, ids, *, actor, why=None):
    """Lock those of these assets that are there, and give them, to be changed as by ``edited``."""
    # In one order, so that two who do this never wait for each other.
    status = AssetStatus.__table__
    wanted = locking.among(session, status.c.asset_id, sorted(ids))
    lock = select(status.c.asset_id).where(wanted).order_by(status.c.asset_id).with_for_update()
    locked = {*session.scalars(lock)}
    query = select(Asset).where(locking.among(session, Asset.__table__.c.id, sorted(ids)))
    query = query.order_by(Asset.id).execution_options(populate_existing=True)
    assets = session.scalars(query).all()
    for asset in assets:
        if asset.id not in locked:
            row = locking.insert(session, status).values(asset_id=asset.id)
            session.execute(row.on_conflict_do_nothing())
    before = items(session, assets)
    yield assets
    after = items(session, assets)
    changed = [asset for asset in assets if before[asset.id] != after[asset.id]]
    for asset in changed:
        asset.version += 1
    _record(session, changed, actor, before, after, why=why)
    for asset in changed:
        old, new = before[asset.id], after[asset.id]
        if old.get("expected") != new.get("expected"):
            drift.settle(session, asset.id)
        if old.get("state") != new.get("state"):
            concerns.of_edit(session, asset)
    for asset in strangers.concerned(session, changed):
        strangers.settle(session, asset)


def remove(session, hostname, *, actor, if_match=None):
    """Remove an asset with its whole history; only one that never reported, or is retired."""
    with edited(session, hostname, actor=actor, if_match=if_match) as asset:
        status = session.get(AssetStatus, asset.id, populate_existing=True)
        if asset.state != RETIRED and status.reported_at:
            raise Conflict(
                f"{asset.hostname} has reported and is {asset.state}: retire it first; only what "
                "never reported, or is retired, can be removed"
            )
        before = {"name": asset.hostname} | items(session, [asset])[asset.id]
        edits.note(session, PATH, asset.id, actor=actor, before=before, after=None)
        findings.forget(session, asset.id)
        lost = [asset.hostname, *names.aliases(session, [asset.id]).get(asset.id, [])]
        generations.remember(session, map(names.key, lost), asset.key_generation)
    session.flush()
    leaving.removed(session, asset, before, actor=actor)
    session.expunge(asset)
    session.execute(delete(Asset).where(Asset.id == asset.id))


def items(session, assets):
    """Return {asset id: what people decide of it}, as changes keep it: names and dates as text."""
    session.flush()
    ids = [asset.id for asset in assets]
    known = declared.read_many(session, ids, aliases=True)
    return {asset.id: _item(asset, known[asset.id]) for asset in assets}


def _item(asset, known):
    item = {"hostname": asset.hostname} | known
    if asset.key_generation > 1:
        item["key_generation"] = asset.key_generation
    if asset.standing not in (REGISTERED, ACCEPTED):
        item["standing"] = asset.standing
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in item.items()
        if value not in (None, [], {})
    }


def _near(session, key):
    """Return names that may have been meant: spelled alike, or the same in short or in full."""
    start = patterns.like(Asset.hostname_key, f"{key[:3]}*")
    rows = session.scalars(
        select(Asset.hostname).where(start).order_by(Asset.hostname_key).limit(200)
    )
    found = {name.lower(): name for name in rows}
    same = [n for n in found if n.split(".")[0] == key.split(".")[0]]
    alike = difflib.get_close_matches(key, found, n=3)
    return [found[name] for name in dict.fromkeys(same[:3] + alike)][:3]


def _record(session, assets, actor, before, after, *, why=None):
    """Keep who changed what of these assets, whose locks are held; each is told by its id."""
    ids, changes = sorted(asset.id for asset in assets), []
    wanted = locking.among(session, AssetStatus.__table__.c.asset_id, ids)
    fresh = select(AssetStatus).where(wanted).execution_options(populate_existing=True)
    statuses = {status.asset_id: status for status in session.scalars(fresh)} if ids else {}
    for asset in assets:
        status, more = statuses[asset.id], {"why": why} if why else {}
        status.change_count += 1
        told = before.get(asset.id), after[asset.id] | more
        changes.append(_change(asset, status.change_count, actor, *told))
    if changes:
        rows = [change | {"likeness": _likeness(change)} for change in changes]
        session.execute(Change.__table__.insert(), rows)
        outbox.note(session, changes)


def _change(asset, seq, actor, before, after):
    """Return the row that tells who changed what of an asset."""
    old, action = before or {}, ADDED if before is None else CHANGED
    fields = sorted(name for name in old | after if old.get(name) != after.get(name))
    return {
        **{"asset_id": asset.id, "seq": seq, "at": now(), "actor": actor},
        **{"hostname": asset.hostname, "kind": KIND, "place": "", "action": action},
        **{"fields": fields, "before": before, "after": after},
    }


def _likeness(change):
    what = {name: change[name] for name in ("place", "fields", "before", "after")}
    return likeness.of(KIND, change["action"], **what)
