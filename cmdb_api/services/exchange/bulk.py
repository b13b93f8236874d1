"""Planned rows written together: new assets added, others changed, each with its own history."""

from collections import defaultdict

from sqlalchemy import delete, select

from cmdb_api.models import Asset, KeyGeneration
from cmdb_api.models.asset import REGISTERED
from cmdb_api.models.finding import UNKNOWN_HOST
from cmdb_api.models.types import now
from cmdb_api.services import assets, findings, locking, names
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import among
from cmdb_api.services.resources import MANY


def hold(session, hostnames):
    """
    Return those of names that are no asset's which need a look, in lower case.

    Nobody else can give these names to assets until the transaction ends.
    """
    keys = sorted({names.key(name) for name in hostnames})
    if not keys:
        return set()
    locking.hold_names(session, *keys)
    with visibility.unscoped(session):
        return _special(session, hostnames, keys)


def _special(session, hostnames, keys):
    generation = KeyGeneration.__table__.c.name_key
    found = {*session.scalars(select(generation).where(among(session, generation, keys)))}
    prints = {findings.fingerprint(name, UNKNOWN_HOST): names.key(name) for name in hostnames}
    known = findings.FINDING.c.fingerprint
    told = session.scalars(select(known).where(among(session, known, sorted(prints))))
    return found | {prints[each] for each in told} | names.resolve(session, keys).keys()


def write(session, known, planned, *, actor):
    """
    Write [(asset id or None, hostname, Plan)]; return the ids of the assets, in their order.

    The names of new ones are held, the others' status rows are locked.
    """
    moment = now()
    new = {
        place: Asset(
            hostname=hostname,
            hostname_key=names.key(hostname),
            created_at=moment,
            registered_at=moment,
            standing=REGISTERED,
            state_at=moment,
            **plan.columns,
        )
        for place, (number, hostname, plan) in enumerate(planned)
        if number is None
    }
    old = {number: plan for number, _, plan in planned if number is not None}
    if new:
        with assets.registered_many(session, list(new.values()), actor=actor):
            _link(session, {asset.id: planned[place][2] for place, asset in new.items()})
    if old:
        with assets.edited_many(session, old, actor=actor) as found:
            for asset in found:
                for name, value in old[asset.id].columns.items():
                    setattr(asset, name, value)
            _unlink(session, {asset.id: old[asset.id] for asset in found})
    session.flush()
    return [new[place].id if place in new else planned[place][0] for place in range(len(planned))]


def take_units(known, owner, plan, *, new):
    """Note which units an asset, by its id or its name where it is new, takes by a plan."""
    if "rack_id" not in plan.columns:
        return
    for taken in () if new else known.units.values():
        for unit in [unit for unit, other in taken.items() if other == owner]:
            del taken[unit]
    first, height = plan.columns["position_u"], plan.columns["height_u"]
    if first is not None:
        known.units[plan.columns["rack_id"]] |= dict.fromkeys(range(first, first + height), owner)


def _link(session, plans):
    for resource in MANY:
        rows = [
            {"asset_id": asset_id, resource.of_asset.name: number}
            for asset_id, plan in plans.items()
            for number in {*plan.links.get(resource.field, ())}
        ]
        if rows:
            session.execute(resource.link.insert(), rows)


def _unlink(session, plans):
    """Let assets name those that their plans name, and no others."""
    for resource in MANY:
        wanted = {
            asset_id: {*plan.links[resource.field]}
            for asset_id, plan in plans.items()
            if resource.field in plan.links
        }
        link, other = resource.link.c, resource.of_asset
        query = select(link.asset_id, other).where(among(session, link.asset_id, sorted(wanted)))
        before = defaultdict(set)
        for asset_id, number in session.execute(query) if wanted else ():
            before[asset_id].add(number)
        for asset_id, ids in wanted.items():
            if gone := sorted(before[asset_id] - ids):
                those = link.asset_id == asset_id, among(session, other, gone)
                session.execute(delete(resource.link).where(*those))
        name = other.name
        rows = [{"asset_id": i, name: n} for i, ids in wanted.items() for n in ids - before[i]]
        if rows:
            session.execute(resource.link.insert(), rows)
