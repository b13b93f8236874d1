"""The units of a rack: which are taken, by what, and where there is room. Unit 1 is the lowest."""

from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.errors import Conflict, Invalid
from cmdb_api.models import Asset
from cmdb_api.services.access import visibility


class Another(NamedTuple):
    """An asset that is not to be seen; its units are taken all the same."""

    position_u: int
    height_u: int | None
    id: int
    hostname: str | None = None
    state: str | None = None


def standing(session, rack_id):
    """Return the assets in a rack, from the top; those without a position last."""
    rows, own = _rows(session, rack_id), visibility.units(session)
    if own is None:
        return rows
    with visibility.unscoped(session):
        every = _rows(session, rack_id)
    seen = {row.id: row for row in rows}
    return [
        seen.get(row.id) or Another(row.position_u, row.height_u, row.id)
        for row in every
        if row.id in seen or row.position_u
    ]


def _rows(session, rack_id):
    asset = Asset.__table__.c
    columns = (asset.id, asset.hostname, asset.state, asset.position_u, asset.height_u)
    query = select(*columns).where(asset.rack_id == rack_id)
    order = asset.position_u.is_(None), asset.position_u.desc(), asset.hostname_key
    return session.execute(query.order_by(*order)).all()


def check(session, rack, asset_id, unit, height):
    """Raise where an asset can't take these units of a rack; the rack's lock is held."""
    top = unit + height - 1
    if top > rack.height_u:
        ends = f"unit {unit} with a height of {height} ends at unit {top}" if height > 1 else unit
        word = "" if height > 1 else "there is no unit "
        raise Invalid.of("position_u", f"{word}{ends}; rack {rack.name} has {rack.height_u} units")
    others = [row for row in standing(session, rack.id) if row.position_u and row.id != asset_id]
    wanted = range(unit, unit + height)
    taken = [row for row in others if units(row).start < wanted.stop and unit < units(row).stop]
    if taken:
        raise _taken(rack, others, taken, unit, height)


def units(row):
    """Return the units that an asset takes."""
    return range(row.position_u, row.position_u + (row.height_u or 1))


def spoken(row):
    """Return the units that an asset takes as people say them: "17-18"."""
    taken = units(row)
    return f"{taken.start}-{taken.stop - 1}" if len(taken) > 1 else f"{taken.start}"


def told(row):
    """Return where an asset stands, for a program."""
    return {"hostname": row.hostname, "position_u": row.position_u, "height_u": row.height_u}


def nearest_gap(rows, rack_height, unit, height):
    """Return the unit nearest to one from which so many are free; None where there is no room."""
    taken = {number for row in rows for number in units(row)}
    free = [
        start
        for start in range(1, rack_height - height + 2)
        if taken.isdisjoint(range(start, start + height))
    ]
    return min(free, key=lambda start: abs(start - unit), default=None)


def elevation(session, rack):
    """Return what stands in each unit of a rack, from the top, and what stands in none."""
    rows = standing(session, rack["id"])
    holders = {number: row for row in rows if row.position_u for number in units(row)}
    return {
        "rack": rack,
        "units": [
            {"unit": number, "asset": _holder(holders.get(number))}
            for number in range(rack["height_u"], 0, -1)
        ],
        "used_units": len(holders),
        "free_units": rack["height_u"] - len(holders),
        "without_position": [_holder(row) for row in rows if not row.position_u],
    }


def _holder(row):
    return row and told(row) | {"state": row.state}


def _taken(rack, others, taken, unit, height):
    names = " and ".join(f"{row.hostname or 'another asset'} ({spoken(row)})" for row in taken)
    wanted = f"units {unit}-{unit + height - 1} are" if height > 1 else f"unit {unit} is"
    free = nearest_gap(others, rack.height_u, unit, height)
    size = f"{height} units" if height > 1 else "one unit"
    hint = f"the nearest free place for {size} is {free}" if free else f"no {size} are free"
    if not free and height == 1:
        hint = "no unit is free"
    text = f"{wanted} not free in rack {rack.name}: taken by {names}; {hint}"
    details = {"taken_by": [told(row) for row in taken], "free": free}
    return Conflict.of("position_u", text, details=details)
