"""What befalls simulated hosts: what fails of them, what people do to them.

Each incident takes a host and its sections and gives those that are another then; none where the
host has nothing that it could befall. The words are those that collectors make of what tools say.
"""

from tests.reports import section

# Ports 1 to 40 of a switch are those that hosts were first connected to.
FREE_PORT = 44


def of_restart(host, sections):
    """Return what came with this week's restart: firmware looks at power supplies then."""
    return supply_fails(host, sections) if host.number % 59 == 8 else {}


def of_night(host, sections):
    """Return the sections that are another since last night."""
    found = {}
    for every, numbers, befalls in NIGHT:
        if host.number % every in numbers:
            found |= befalls(host, sections | found)
    return found


def of_today(host, sections):
    """Return the sections that are another since this morning."""
    return module_fails(host, sections) if host.number % 53 == 9 else {}


def disk_fails(_host, sections):
    """A member of a RAID volume fails, and stays in its slot: none is missing."""
    volume = _item(sections, "raid_volume", 0)
    if not volume:
        return {}
    failed, told = {"state": "failed"}, {"state_text": "Failed", "media_error_count": 37}
    return {
        "raid_disk": _changed(sections["raid_disk"], volume["members"][-1], failed, told),
        "raid_volume": _degraded(sections, volume),
    }


def disk_is_pulled(_host, sections):
    """Somebody takes a member out of its slot: it is no component any more, but is missing."""
    volume = _item(sections, "raid_volume", 0)
    if not volume:
        return {}
    *members, pulled = volume["members"]
    return {
        "raid_disk": _changed(sections["raid_disk"], pulled, None),
        "raid_volume": _degraded(sections, volume, members=members, missing_count=1),
    }


def disk_is_replaced(host, sections):
    """A member is a new one, which is being rebuilt."""
    volume = _item(sections, "raid_volume", 0)
    if not volume:
        return {}
    new = {"state": "rebuilding", "serial": host.serial("raid_disk", "replaced")}
    member, told = volume["members"][0], {"state_text": "Rbld"}
    return {
        "raid_disk": _changed(sections["raid_disk"], member, new, told),
        "raid_volume": _degraded(sections, volume),
    }


def drive_foresees(_host, sections):
    """A drive, or the RAID controller of one, foresees that it will fail."""
    if drive := _item(sections, "smart", -1):
        counts = {"reallocated_count": 312, "pending_count": 24, "uncorrectable_count": 6}
        smart = _changed(sections["smart"], drive["slot"], {"passed": False}, counts)
        return {"smart": smart}
    if disk := _item(sections, "raid_disk", -1):
        alert, told = {"smart_alert": True}, {"predictive_failure_count": 3}
        return {"raid_disk": _changed(sections["raid_disk"], disk["place"], alert, told)}
    return {}


def supply_fails(_host, sections):
    """A power supply is not well."""
    supply = _item(sections, "psu", -1)
    critical = {"state": "Critical"}
    return {"psu": _changed(sections["psu"], supply["slot"], critical)} if supply else {}


def module_fails(_host, sections):
    """The last memory module is not seen any more."""
    memory = sections["memory"]
    return {"memory": _changed(memory, memory["items"][-1]["slot"], None)}


def cable_moves(host, sections, port=None):
    """A cable leads to another port of its switch."""
    port = port or FREE_PORT + host.number % 4
    return {"lldp": _changed(sections["lldp"], "eno1", {"port": f"Ethernet1/{port}"})}


def port_opens(_host, sections, port):
    """A program listens on one port more."""
    one = sections["socket"]
    more = {"protocol": "tcp", "address": "0.0.0.0", "port": port, "processes": ["exporter"]}
    return {"socket": section([*one["items"], more], one["key"], took_ms=one["took_ms"])}


# Of so many hosts those with these numbers; the cables are neighbours, as somebody moved a bundle.
NIGHT = (
    (61, (5,), disk_fails),
    (61, (7,), drive_foresees),
    (71, (4,), disk_is_replaced),
    (83, (10,), disk_is_pulled),
    (100, (1, 2, 3), cable_moves),
)


def _item(sections, kind, index):
    """Return an item of a kind; None where the host has none, or its collector failed."""
    items = sections[kind].get("items")
    return items[index] if items else None


def _degraded(sections, volume, **more):
    state = {"state": "degraded", **more}
    told = {"state_text": "Dgrd"}
    return _changed(sections["raid_volume"], volume["place"], state, told)


def _changed(one, place, fields, volatile=None):
    """Return a section with other fields, and volatile ones, of an item; None takes it out."""
    key, values = one["key"][0], dict(one.get("volatile", {}))
    items = [
        item if item[key] != place else item | (fields or {})
        for item in one["items"]
        if item[key] != place or fields is not None
    ]
    told = values.pop(place, {}) | (volatile or {})
    if told and fields is not None:
        values[place] = told
    kept = {name: one[name] for name in ("serial", "bulk", "took_ms") if name in one}
    return section(items, one["key"], **kept, **({"volatile": values} if values else {}))
