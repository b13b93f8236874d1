"""Turns what arcconf says of one controller, volume or disk into an item."""

import re

import cmdb_raid_words as words
import cmdb_text as text

_PLACES = (
    (re.compile(r"Enclosure:? ?(\d+), *Slot:? ?(\d+)", re.I), "{}:{}"),
    (re.compile(r"Enclosure Direct.Attached(), *Slot:? ?(\d+)", re.I), "direct{}:{}"),
    (re.compile(r"Backplane:? ?(\d+), *Slot:? ?(\d+)", re.I), "backplane{}:{}"),
    (re.compile(r"Connector:? ?(\d+)[^,]*, *Device:? ?(\d+)", re.I), "connector{}:{}"),
    (re.compile(r"(?:^|\()(\d+),(\d+)(?:\(|\)|\s|$)"), "channel{}:{}"),
)
_PCI_NAMES = (
    "pci address (domain:bus:device:function)",
    "pci address (domain:bus:device.function)",
)
_BATTERY_NAMES = (
    *("battery status", "battery overall backup unit status", "battery backup power status"),
    "battery battery status",
)


class Members:
    """Finds the disk that a volume's segment names by serial number or place."""

    def __init__(self, disks, said):
        self.by = {}
        for disk, details in zip(disks, said):
            self._learn(disk["serial"], disk)
            for name in ("reported location", "reported channel,device(t:l)"):
                self._learn(_location(details.get(name)), disk)
            self._learn(_location(details.get("reported channel,device")), disk)

    def _learn(self, name, disk):
        if name:
            # What names two disks names none.
            self.by[name] = None if name in self.by else disk["place"]

    def of(self, segment):
        """Return the place of the disk, None where none fits."""
        serial = text.serial(segment.rpartition(")")[2])
        return self.by.get(serial) or self.by.get(_location(segment))


def _location(said):
    for pattern, form in _PLACES:
        match = pattern.search(said or "")
        if match:
            return form.format(*match.groups())
    return None


def controller(place, said):
    """Return the item of a controller."""
    pci = re.split("[:.]", words.shown(said, _PCI_NAMES) or "")
    numbers = [text.integer(each, 16) for each in pci] if len(pci) == 4 else [None] * 4
    battery = words.first(said, _BATTERY_NAMES)
    return {
        "place": place,
        "model": words.shown(said, ("controller model",)),
        "serial": text.serial(said.get("controller serial number")),
        "firmware": words.shown(said, ("firmware",)),
        "bios": words.shown(said, ("bios",)),
        "driver": words.shown(said, ("driver name",)),
        "driver_version": words.shown(said, ("driver",)),
        "pci_address": words.pci(*numbers),
        "sas_address": words.wwn(said.get("controller world wide name")),
        "state": words.state(said.get("controller status"), words.VOLUME_STATES),
        "mode": (words.shown(said, ("controller mode",)) or "").lower() or None,
        "cache_size_bytes": words.size(
            words.shown(said, ("installed memory", "total cache size", "cache size"))
        ),
        "battery_model": words.shown(said, ("battery backup unit type",)),
        "battery_state": words.state(battery, words.BATTERY_STATES) if battery else None,
        "temperature_celsius": words.celsius(said.get("temperature")),
    }


def volume(place, number, said, members):
    """Return the item of a volume."""
    names = ("logical device name", "logical drive name")
    states = ("status of logical device", "status of logical drive")
    write = words.shown(said, ("write-cache status", "write-cache mode", "caching")) or ""
    read = words.shown(said, ("read-cache status", "read-cache mode")) or ""
    pairs = said.get("drive(s) (channel,device)", "").split()
    segments = said["segments"] or pairs
    found = sorted({each for each in map(members.of, segments) if each})
    missing = sum(each.lower().startswith("missing") for each in segments)
    return {
        "place": f"{place}:v{number}",
        "controller": place,
        "name": words.shown(said, names),
        "level": words.level(words.shown(said, ("raid level",))),
        "size_bytes": words.size(said.get("size")),
        "state": words.state(words.shown(said, states), words.VOLUME_STATES),
        "state_text": words.shown(said, states),
        "strip_size_bytes": words.size(said.get("stripe-unit size")),
        "write_cache": _on(write, "write back", "write through"),
        "read_cache": _on(read, "read ahead", "none"),
        "wwn": words.wwn(said.get("volume unique identifier")),
        "device": (words.shown(said, ("disk name",)) or "").partition(" ")[0] or None,
        "members": found or None,
        "missing_count": missing if segments else None,
    }


def _on(said, yes, no):
    """Return ``yes`` or ``no`` for a cache that is on or off, None where it can't be told."""
    said = said.lower()
    if re.match(r"disabled|off|.*write-through", said):
        return no
    return yes if re.match(r"enabled|on\b", said) else None


def disk(place, said):
    """Return the item of a disk."""
    channel = words.shown(said, ("reported channel,device(t:l)", "reported channel,device"))
    where = (
        _location(said.get("reported location")) or _location(channel) or f"device:{said['number']}"
    )
    enclosure, _, slot = where.partition(":")
    speed, vendor = said.get("transfer speed"), text.value(said.get("vendor"))
    # "Hard drive" is what it calls all of them.
    media = {True: "ssd", False: "hdd"}.get(words.yes(said.get("ssd")))
    state = words.shown(said, ("state",))
    alert = words.yes(words.first(said, ("s.m.a.r.t.", "pfa")))
    return {
        "place": f"{place}:{where}",
        "controller": place,
        "enclosure": enclosure,
        "slot": words.number(slot),
        "vendor": None if vendor in ("ATA", "NVMe", "*MISSING*") else vendor,
        "model": text.value(said.get("model")),
        "serial": text.serial(said.get("serial number")),
        "wwn": words.wwn(said.get("world-wide name")),
        "firmware": text.value(said.get("firmware")),
        "size_bytes": words.size(words.shown(said, ("total size", "size"))) or None,
        "media": media or ("hdd" if words.number(said.get("rotational speed")) else None),
        "interface": words.interface(speed),
        "state": words.state(state, words.DISK_STATES),
        "state_text": state,
        "smart_alert": alert,
        "temperature_celsius": words.celsius(
            words.shown(said, ("current temperature", "temperature"))
        ),
        "media_error_count": words.number(said.get("media failures")),
        "predictive_failure_count": words.number(
            words.shown(said, ("predictive failures", "s.m.a.r.t. warnings"))
        ),
        "power_on_hours": words.number(said.get("service hours")),
    }
