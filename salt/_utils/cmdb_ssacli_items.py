"""Turns what ssacli says of one controller, volume or disk into an item."""

import re

import cmdb_raid_words as words
import cmdb_text as text

# What it says of geometries that can't hold the size.
_WHOLE_CYLINDERS = 65535


def controller(place, said):
    """Return the item of a controller."""
    address = re.fullmatch(
        r"([0-9a-f]{1,5}):([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])",
        (said.get("PCI Address (Domain:Bus:Device.Function)") or "").lower(),
    )
    battery = said.get("Battery/Capacitor Status")
    count = words.number(said.get("Battery/Capacitor Count"))
    state = words.state(battery, words.BATTERY_STATES) if battery else None
    mode = text.value(said.get("Controller Mode"))
    return {
        "place": place,
        "model": text.value(said["model"]),
        "serial": text.serial(said.get("Serial Number") or said["sn"]),
        "firmware": text.value(said.get("Firmware Version")),
        "driver": text.value(said.get("Driver Name")),
        "driver_version": text.value(said.get("Driver Version")),
        "pci_address": words.pci(*(int(each, 16) for each in address.groups()))
        if address
        else None,
        "sas_address": words.wwn(said.get("WWN Port")),
        "state": words.state(said.get("Controller Status"), words.VOLUME_STATES),
        "mode": mode.lower() if mode else None,
        "cache_size_bytes": words.size(_with_unit(said.get("Total Cache Size"))),
        "battery_model": text.value(said.get("Cache Backup Power Source")),
        "battery_state": "absent" if count == 0 else state,
        "temperature_celsius": words.celsius(said.get("Controller Temperature (C)")),
    }


def _with_unit(said):
    """Return a cache's size with its unit; newer versions leave the "GB" out."""
    return f"{said} GB" if said and re.fullmatch(r"[0-9.]+", said) else said


def volume(place, said):
    """Return the item of a volume."""
    rounded = words.size(said.get("Size"))
    geometry = [words.number(said.get(n)) for n in ("Heads", "Sectors Per Track", "Cylinders")]
    level = said.get("Fault Tolerance")
    size = rounded
    if rounded and all(geometry) and geometry[2] < _WHOLE_CYLINDERS:
        exact = geometry[0] * geometry[1] * geometry[2] * words.SECTOR_BYTES
        size = exact if abs(exact - rounded) <= rounded * 0.02 else rounded
    caching = (said.get("Caching") or "").lower()
    return {
        "place": place,
        "controller": said["controller"],
        "name": text.value(said.get("Logical Drive Label")),
        "level": words.level(level),
        "size_bytes": size,
        "state": words.state(said.get("Status"), words.VOLUME_STATES),
        "state_text": text.value(said.get("Status")),
        "strip_size_bytes": words.size(said.get("Strip Size") or said.get("Stripe Size")),
        "write_cache": {"enabled": "write back", "disabled": "write through"}.get(caching),
        "wwn": words.wwn(said.get("Unique Identifier")),
        "device": text.value(said.get("Disk Name")),
        "members": sorted(set(said["members"])) or None,
    }


def disk(place, said):
    """Return the item of a disk."""
    summary = [each.strip() for each in said.get("summary", "").split(",")]
    kind = said.get("Interface Type") or (summary[1] if len(summary) > 1 else None)
    size = said.get("Size") or (summary[2] if len(summary) > 2 else None)
    status = said.get("Status") or (summary[3] if len(summary) > 3 else None)
    vendor, model = _names(said.get("Model"))
    where = place.partition(":")[2].rpartition(":")
    rpm = words.number(said.get("Rotational Speed"))
    return {
        "place": place,
        "controller": said["controller"],
        "enclosure": where[0],
        "slot": words.number(said.get("Bay") or where[2]),
        "vendor": vendor,
        "model": model,
        "serial": text.serial(said.get("Serial Number")),
        "wwn": words.wwn(said.get("WWID")),
        "firmware": text.value(said.get("Firmware Revision")),
        "size_bytes": words.size(size, decimal=True),
        "media": words.media(kind) or ("hdd" if rpm or kind in ("SAS", "SATA") else None),
        "interface": words.interface(kind),
        "state": _disk_state(status, said, summary),
        "state_text": text.value(status),
        "smart_alert": "predictive" in (status or "").lower() if status else None,
        "temperature_celsius": words.celsius(said.get("Current Temperature (C)")),
        "power_on_hours": words.number(said.get("Power On Hours")),
    }


def _disk_state(status, said, summary):
    """Return the state; a disk that works is online only if it has a use."""
    predictive = "predictive" in (status or "").lower()
    state = "online" if predictive else words.state(status, words.DISK_STATES)
    if state != "online":
        return state
    use = " ".join([said.get("Drive Type", ""), said.get("group", ""), *summary[4:]]).lower()
    for word, name in (("spare", "spare"), ("unassigned", "unconfigured"), ("hba", "jbod")):
        if word in use:
            return name
    return "online"


def _names(model):
    """Return (vendor, model) of the field that holds both in fixed widths."""
    model = (model or "").strip()
    if not re.match(r"(?=\S+ +\S).{7} \S", model) or " " in model[:8].strip():
        return None, text.value(model)
    vendor, name = text.value(model[:8]), text.value(model[8:])
    return None if vendor in ("ATA", "NVMe") else vendor, name
