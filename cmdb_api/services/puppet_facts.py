"""Puppet's facts as sections of a report.

A kind is told where its items can have the keys that the collectors give them: another key would
make two components of one. What facts do not tell for certain is unavailable, with the reason.
"""

from cmdb_api.services import canonical, placeholders
from cmdb_api.services.puppet_kinds import TOLD, NotTold, at, text

# What facts lack of kinds that they tell something of; of other kinds there is no fact at all.
LACKING = {
    "disk": "where a disk is attached",
    "nic": "the place of a network card",
    "package": "the architecture of a package",
}
_REASON = "Puppet's facts do not tell"


def sections(facts, kinds):
    """Return {kind: section} of these kinds."""
    return {kind: _section(kind, facts) for kind in sorted(kinds)}


def is_left(stored, told):
    """
    Tell whether a kind is to be left out because a collector told of it.

    ``stored`` is its stored section or None; ``told`` are the digests that facts brought before.
    """
    if stored is None:
        return False
    if stored.digest is None:
        return not (stored.reason or "").startswith(_REASON)
    return stored.digest not in told


def identity(facts):
    """Return the evidence of which machine it is."""
    mac = text(at(facts, "networking.mac"))
    return {
        "hostname": text(at(facts, "networking.hostname")),
        "fqdn": text(at(facts, "networking.fqdn")),
        "system_uuid": placeholders.uuid(at(facts, "dmi.product.uuid")),
        "board_serial": placeholders.serial(at(facts, "dmi.board.serial_number")),
        "macs": [mac.lower()] if mac else [],
    }


def _section(kind, facts):
    told = TOLD.get(kind)
    if told is None:
        return _unavailable(LACKING.get(kind, "this kind"))
    try:
        items = [
            {name: value for name, value in item.items() if value is not None}
            for item in told.tell(facts)
        ]
    except NotTold as why:
        return _unavailable(why)
    volatile = {
        canonical.place(item, told.key): {f: item.pop(f) for f in told.volatile if f in item}
        for item in items
    }
    section = {
        "status": "ok",
        "digest": canonical.digest(items, told.key),
        "key": list(told.key),
        "items": items,
    }
    if told.serial:
        section["serial"] = told.serial
    if volatile := {place: values for place, values in volatile.items() if values}:
        section["volatile"] = volatile
    return section


def _unavailable(what):
    return {"status": "unavailable", "reason": f"{_REASON} {what}"}
