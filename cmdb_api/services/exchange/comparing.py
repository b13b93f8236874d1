"""What of a row differs from what is declared already. No database."""

from cmdb_api.errors import CMDBError
from cmdb_api.services import fact_values
from cmdb_api.services.exchange.typed import BLANK, LISTS
from cmdb_api.services.places import BETWEEN

NAMES = ("asset_type", "data_centre", "room", "environment", "business_unit", "supplier")
TEXTS = ("inventory_number", "comment")


def differing(given, before):
    """Return the names of the fields that are given and are not so before."""
    return [name for name, value in given.items() if not _same(name, value, before)]


def told(before, after):
    """Return {field: [old, new]} of what an edit changed, as JSON has it; facts by themselves."""
    old, new = _flat(before), _flat(after)
    return {
        name: [old.get(name), new.get(name)]
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    }


def _same(name, value, before):
    was = before[name]
    if name == "expected":
        return _same_facts(value, was or {})
    if name in LISTS:
        return {each.lower() for each in value or ()} == {each.lower() for each in was}
    if name == "rack":
        return _low(value) in _racks(before)
    if name in NAMES:
        return _low(value) == _low(was)
    if name in TEXTS:
        return (value or "") == (was or "").strip(BLANK)
    return value == was


def _same_facts(given, was):
    try:
        checked = fact_values.check(given)
    except CMDBError:
        return False
    return all(was.get(name) == value for name, value in checked.items())


def _racks(before):
    """Return what the rack of an asset may be called."""
    if not before["rack"]:
        return ("",)
    centre, room, rack = (_low(before[name]) for name in ("data_centre", "room", "rack"))
    return rack, BETWEEN.join((centre, rack)), BETWEEN.join((centre, room, rack))


def _low(text):
    return (text or "").lower()


def _flat(declared):
    flat = {name: value for name, value in declared.items() if name != "expected"}
    flat |= {f"expected.{name}": value for name, value in (declared.get("expected") or {}).items()}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in flat.items()
        if value not in (None, [])
    }
