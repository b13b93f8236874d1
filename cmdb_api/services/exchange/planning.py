"""What a row of a table makes of an asset, as columns and links; where that is plain.

Where it is not (a name that may be two, units that are taken, a step of life) there is no plan, and
the row is declared by itself: what is possible, and how it is told, is decided there alone.
"""

from dataclasses import dataclass

from cmdb_api.errors import CMDBError
from cmdb_api.models.asset import ONLINE, RETIRED
from cmdb_api.services import declared, fact_values, places
from cmdb_api.services.places import Spot
from cmdb_api.services.resources import MANY


class Unclear(Exception):
    """A row has no plan."""


@dataclass
class Plan:
    """The columns of an asset that a row sets, and the ids that it links."""

    columns: dict
    links: dict


def plan(known, asset, asset_id, given):
    """Return the Plan of what is given of an asset, None for a new one; raises Unclear."""
    columns = _plain(asset, given)
    for resource in declared.REFERENCES:
        if resource.field in given:
            number = _number(known, resource.field, given[resource.field])
            columns[f"{resource.field}_id"] = number
    links = {
        resource.field: [
            _number(known, resource.field, name) for name in given[resource.field] or ()
        ]
        for resource in MANY
        if resource.field in given
    }
    if known.is_limited and not columns.get("business_unit_id", asset is not None):
        raise Unclear("business_unit")
    columns |= _state(asset, given) | _expected(asset, given)
    if given.keys() & {*places.FIELDS}:
        columns |= _place(known, asset, asset_id, given)
    return Plan(columns, links)


def _plain(asset, given):
    try:
        declared.check_days(asset, given)
    except CMDBError as error:
        raise Unclear("warranty_until") from error
    return {name: given[name] for name in declared.PLAIN if name in given}


def _number(known, field, name):
    if not name:
        return None
    number = known.names[field].get(name.lower())
    if number is None:
        raise Unclear(field)
    return number


def _state(asset, given):
    if asset is None:
        state = given.get("state", ONLINE)
        if state == RETIRED:
            raise Unclear("state")
        return {"state": state}
    if given.get("state", asset.state) != asset.state:
        raise Unclear("state")
    return {}


def _expected(asset, given):
    if not given.get("expected"):
        return {}
    try:
        checked = fact_values.check(given["expected"])
    except CMDBError as error:
        raise Unclear("expected") from error
    merged = ((asset and asset.expected) or {}) | checked
    return {"expected": {name: each for name, each in merged.items() if each is not None} or None}


def _place(known, asset, asset_id, given):
    was = Spot()
    if asset is not None:
        was = Spot(asset.data_centre_id, asset.room_id, asset.rack_id)
    spot = _spot(known, was, given)
    unit, height = _units(asset, given, moved=spot.rack_id != was.rack_id)
    if unit is not None:
        _check_units(known, asset_id, spot, range(unit, unit + height))
    names = ("data_centre_id", "room_id", "rack_id")
    return dict(zip(names, spot, strict=True)) | {"position_u": unit, "height_u": height}


def _spot(known, was, given):
    """Return the spot that is meant, as ``places.spot_of`` does where one only is possible."""
    for field, parents in (("rack", ("data_centre", "room")), ("room", ("data_centre",))):
        if given.get(field):
            spot = _only(known, field, parents, given)
            break
    else:
        centre = was.data_centre_id
        if "data_centre" in given:
            name = given["data_centre"]
            centre = _one(known.find("data_centre", name)).spot.data_centre_id if name else None
        stays = centre == was.data_centre_id and "room" not in given
        spot = Spot(centre, was.room_id if stays else None)
    if spot.rack_id is None and "rack" not in given and spot[:2] == was[:2]:
        return was
    return spot


def _only(known, field, parents, given):
    found = known.find(field, given[field])
    for parent in parents:
        if parent in given:
            if not given[parent]:
                raise Unclear(parent)
            number = f"{parent}_id"
            within = {getattr(each.spot, number) for each in known.find(parent, given[parent])}
            found = [each for each in found if getattr(each.spot, number) in within]
    return _one(found).spot


def _one(found):
    if len(found) != 1:
        raise Unclear("place")
    return found[0]


def _units(asset, given, *, moved):
    unit = given.get("position_u", None if moved or asset is None else asset.position_u)
    if unit is None:
        if given.get("height_u") is not None:
            raise Unclear("height_u")
        return None, None
    return unit, given.get("height_u", asset and asset.height_u) or 1


def _check_units(known, asset_id, spot, wanted):
    taken = known.units.get(spot.rack_id)
    if taken is None or wanted.stop - 1 > known.racks[spot.rack_id].height_u:
        raise Unclear("position_u")
    if any(taken.get(unit, asset_id) != asset_id for unit in wanted):
        raise Unclear("position_u")
