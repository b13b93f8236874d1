"""What uses a piece of master data: it can't be removed while anything does."""

from sqlalchemy import func, select

from cmdb_api.errors import Conflict, InUse
from cmdb_api.models import Asset
from cmdb_api.services import locking, places, racks
from cmdb_api.services.access import units
from cmdb_api.services.resources import BUSINESS_UNITS, RACKS, RESOURCES

ASSETS = "assets"


def check(session, resource, row):
    """Raise InUse where anything refers to a row; its lock is held."""
    others, count = [], 0
    for other in RESOURCES:
        if resource.name in other.parents:
            found, number = _others(session, resource, other, row)
            others, count = others + found, count + number
    if resource is BUSINESS_UNITS:
        found = units.users(session, row.id)
        others, count = others + found, count + len(found)
    found, number = _assets(session, resource, row)
    others, count = (others + found)[: places.SHOWN], count + number
    if count:
        shown = ", ".join(_spoken(other) for other in others)
        more = f" and {count - len(others)} more" if count > len(others) else ""
        text = f"the {resource.noun} {row.name} is used by {shown}{more}"
        details = {"used_by": others, "count": count}
        raise InUse(f"{text}: let these name another first", details=details)


def counts(session, resource, numbers):
    """Return {id: [(what uses it, how many do)]} of those of these that anything uses."""
    asked = [(ASSETS, resource.of_asset)]
    for other in RESOURCES:
        if resource.name in other.parents:
            asked.append((other.path, getattr(other.model, f"{resource.name}_id")))
    if resource is BUSINESS_UNITS:
        asked += units.LIMITED
    found = {}
    for what, column in asked:
        wanted = locking.among(session, column, numbers)
        rows = session.execute(select(column, func.count()).where(wanted).group_by(column))
        for number, count in rows:
            found.setdefault(number, []).append((what, count))
    return found


def check_height(session, rack):
    """Raise Conflict where a rack is to be lower than what stands in it; its lock is held."""
    above = [
        row
        for row in racks.standing(session, rack.id)
        if row.position_u and racks.units(row).stop - 1 > rack.height_u
    ]
    if above:
        shown = [f"{row.hostname} ({racks.spoken(row)})" for row in above]
        text = f"{rack.height_u} units are too few, above them stand {places.listed(shown)}"
        details = {"used_by": [racks.told(row) for row in above[: places.SHOWN]]}
        raise Conflict.of("height_u", text, details=details | {"count": len(above)})


def _others(session, resource, other, row):
    """Return what of another sort belongs to a row, the first of it, and how much there is."""
    model = other.model
    used = getattr(model, f"{resource.name}_id") == row.id
    query = select(model.id, model.name).where(used).order_by(model.name).limit(places.SHOWN)
    rows = session.execute(query).all()
    count = session.scalar(select(func.count()).select_from(model).where(used))
    told = [{"resource": other.path, "id": number, "name": name} for number, name in rows]
    return told, count


def _assets(session, resource, row):
    """Return the first assets that name a row, with their units in a rack, and how many do."""
    if resource is RACKS:
        rows = racks.standing(session, row.id)
        return [{"resource": ASSETS} | racks.told(each) for each in rows], len(rows)
    query = select(Asset.hostname).where(resource.of_asset == row.id)
    count = select(func.count()).where(resource.of_asset == row.id)
    if resource.link is not None:
        query = query.join(resource.link, resource.link.c.asset_id == Asset.id)
    names = session.scalars(query.order_by(Asset.hostname_key).limit(places.SHOWN)).all()
    return [{"resource": ASSETS, "hostname": name} for name in names], session.scalar(count)


def _spoken(other):
    if "hostname" not in other:
        nouns = {r.path: r.noun for r in RESOURCES} | {"accounts": "account", "tokens": "token"}
        noun = nouns[other["resource"]]
        return f"{noun} {other['name']}"
    if other.get("position_u") is None:
        return other["hostname"]
    first, last = other["position_u"], other["position_u"] + (other["height_u"] or 1) - 1
    return (
        f"{other['hostname']} (unit {first})"
        if first == last
        else (f"{other['hostname']} (units {first}-{last})")
    )
