"""Assets: found by name, listed, registered and described by people."""

import difflib
from contextlib import contextmanager

from sqlalchemy import func, select

from cmdb_api.errors import Conflict, NotFound
from cmdb_api.models import Asset, AssetStatus, Change
from cmdb_api.models.change import ADDED, CHANGED
from cmdb_api.models.types import now
from cmdb_api.services import locking, pages

DECLARED = ("data_centre", "rack", "position")
# The kind of the changes that people make to an asset itself.
KIND = "asset"
_ESCAPE = "!"


def find(session, hostname):
    """Return the asset of this name, in any case; raises NotFound with the nearest names."""
    # PostgreSQL can't be asked for NUL; no name has a slash, so it is not found either.
    key = hostname.lower().replace("\0", "/")
    asset = session.scalar(select(Asset).where(Asset.hostname_key == key))
    if asset is None:
        near = _near(session, key)
        hint = f"; there is {', '.join(near)}" if near else ""
        raise NotFound(f"there is no asset {hostname}{hint}")
    return asset


def page(session, *, name=None, limit, cursor=None):
    """Return one page of all assets by name; ``name`` is a part of it or a pattern with * and ?."""
    rows = select(
        *(getattr(Asset, field) for field in ("hostname", "hostname_key", *DECLARED)),
        Asset.registered_at,
        AssetStatus.reported_at,
        AssetStatus.via,
    ).join_from(Asset, AssetStatus, isouter=True)
    count = select(func.count()).select_from(Asset)
    if name:
        rows, count = (query.where(_like(name)) for query in (rows, count))
    if cursor:
        rows = rows.where(Asset.hostname_key > pages.read(cursor, str)[0])
    found = session.execute(rows.order_by(Asset.hostname_key).limit(limit + 1)).all()
    items, after = pages.cut(found, limit, lambda row: (row.hostname_key,))
    return {"items": items, "next_cursor": after, "total": session.scalar(count)}


def register(session, *, hostname, actor, **declared):
    """Add an asset, or make one known that has only reported so far; raises Conflict."""
    locking.begin(session)
    locked = locking.find(session, hostname) or locking.add(session, hostname)
    asset = session.get(Asset, locked.asset_id, populate_existing=True)
    if asset.registered_at:
        raise Conflict(f"{asset.hostname} is registered already")
    asset.registered_at = now()
    _declare(asset, declared)
    _record(session, asset, locked.change_count, actor, before=None)
    return asset


def declare(session, hostname, *, actor, **declared):
    """Change what is declared of an asset; what is not given stays."""
    with edited(session, hostname, actor=actor) as asset:
        _declare(asset, declared)
    return asset


@contextmanager
def edited(session, hostname, *, actor):
    """Lock an asset and give it, to be changed; what changed is recorded under a person's name."""
    locking.begin(session)
    asset = find(session, hostname)
    locked = locking.find(session, hostname) or locking.add(session, hostname)
    session.refresh(asset)
    before = _item(asset)
    yield asset
    if _item(asset) != before:
        _record(session, asset, locked.change_count, actor, before=before)


def _near(session, key):
    """Return names that may have been meant: spelled alike, or the same in short or in full."""
    rows = session.scalars(
        select(Asset.hostname).where(_like(f"{key[:3]}*")).order_by(Asset.hostname_key).limit(200)
    )
    names = {name.lower(): name for name in rows}
    same = [n for n in names if n.split(".")[0] == key.split(".")[0]]
    alike = difflib.get_close_matches(key, names, n=3)
    return [names[name] for name in dict.fromkeys(same[:3] + alike)][:3]


def _like(name):
    """Return the condition that a hostname holds this text, or is like this pattern."""
    text = "".join(_ESCAPE + c if c in f"%_{_ESCAPE}" else c for c in name.lower())
    wild = text.replace("*", "%").replace("?", "_")
    return Asset.hostname_key.like(wild if wild != text else f"%{text}%", escape=_ESCAPE)


def _declare(asset, declared):
    for name, value in declared.items():
        setattr(asset, name, value)


def _item(asset):
    declared = {name: getattr(asset, name) for name in ("hostname", *DECLARED)}
    if asset.key_generation > 1:
        declared["key_generation"] = asset.key_generation
    return {name: value for name, value in declared.items() if value is not None}


def _record(session, asset, count, actor, *, before):
    """Keep who changed what, after ``count`` changes; the asset's lock is held."""
    after, old = _item(asset), before or {}
    change = Change(
        asset_id=asset.id,
        seq=count + 1,
        at=now(),
        hostname=asset.hostname,
        actor=actor,
        kind=KIND,
        place="",
        action=ADDED if before is None else CHANGED,
        fields=sorted(name for name in old | after if old.get(name) != after.get(name)),
        before=before,
        after=after,
    )
    session.add(change)
    status = session.get(AssetStatus, asset.id, populate_existing=True)
    status.change_count = change.seq
