"""One asset at a glance: what is wrong with it, what differs, and who stands beside it."""

from datetime import timedelta

from flask_babel import ngettext
from markupsafe import Markup

from cmdb_api.models.asset import ACCEPTED, ONLINE, REGISTERED
from cmdb_api.models.types import now
from cmdb_api.services import drift, facts, racks
from cmdb_api.views.console import components, formats
from cmdb_api.views.console.asset_lines import items_of

# What the lines, and whatever may be expected of an asset, are read from.
KINDS = (
    *("board", "host", "cpu", "memory", "disk", "raid_controller", "raid_volume", "raid_disk"),
    *("nic", "lldp", "bmc", "gpu", "psu", "filesystem", "cloud", "bond", "smart"),
)
# Units of the rack that are shown above and below.
AROUND = 2


def switch_ports(kinds):
    """Return the neighbours of its cables, by interface."""
    return items_of(kinds, "lldp")


def warnings(kinds):
    """Return [(kind, place, what is wrong)] of components that are not well, in their own words."""
    return [
        (kind, item.place, Markup(" ").join(told))
        for kind in KINDS
        for item in items_of(kinds, kind)
        if (told := [*_bad(kind, item)])
    ]


def differing(kinds, expected):
    """Return what is declared beside what is observed: [{name, declared, observed, differs}]."""
    stored = {
        name: {item.place: item.fields for item in kind.items}
        if kind.items or not kind.item_count
        else range(kind.item_count)
        for name, kind in kinds.items()
        if kind.known
    }
    return [
        one | {name: _shown(one["name"], one[name]) for name in ("declared", "observed")}
        for one in drift.compare(expected, stored)
    ]


def around(asset, rows):
    """Return [(unit, who holds it, is it this one)] of the rack near an asset, from the top."""
    if not asset["position_u"]:
        return []
    low, high = asset["position_u"], asset["position_u"] + (asset["height_u"] or 1) - 1
    holders = {unit: row for row in rows if row.position_u for unit in racks.units(row)}
    top = min(asset["rack_height_u"], high + AROUND)
    units = range(top, max(0, low - AROUND - 1), -1)
    return [(unit, holders.get(unit), low <= unit <= high) for unit in units]


def late(asset, window):
    """Tell whether an asset that should report has not done so in time."""
    counts = asset["standing"] in (REGISTERED, ACCEPTED) and asset["state"] == ONLINE
    at = asset["reported_at"]
    return counts and (at is None or at < now() - timedelta(seconds=window))


def warranty(until):
    """Return (look, words) of a warranty; None where none is declared."""
    if until is None:
        return None
    days = (until - now().date()).days
    if days < 0:
        return components.BAD, ngettext("over for %(num)d day", "over for %(num)d days", -days)
    look = components.WARN if days <= 90 else components.GOOD
    return look, ngettext("%(num)d day left", "%(num)d days left", days)


def dial(phone):
    """Return a telephone number as a link dials it."""
    return "".join(c for c in phone if c in "+0123456789")


def _bad(kind, item):
    for name in (*components.STATES, "smart_alert", "passed", "plugged"):
        value = item.get(name)
        if isinstance(value, bool):
            look = components.FLAGS[name][0 if value else 1][0]
        else:
            look = components.look_of(value) if value else None
        if look == components.BAD:
            yield components.cell(item, name, kind)
    if kind == "filesystem" and components.fullness(item):
        yield components.fullness(item)


def _shown(name, value):
    fact = facts.stored(name)
    if fact.unit == facts.BYTES:
        return formats.size(value, binary=fact.binary)
    return formats.text(value)
