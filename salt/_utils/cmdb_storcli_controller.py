"""Turns what storcli says of one controller into an item; reads dicts and lists of its JSON."""

import re

import cmdb_raid_words as words
import cmdb_text as text

BATTERIES = ("Cachevault_Info", "BBU_Info", "Energy Pack Info", "Energy_Pack_Info")


def item(place, answer):
    """Return the item of a controller; None where an answer does not name it."""
    about = flat({name: each for name, each in answer.items() if not _about_others(name)})
    model = words.shown(about, ("Model", "Product Name", "Adapter Type"))
    if model is None:
        return None
    battery = _battery(answer)
    packages = ("Firmware Package Build", "FW Package Build", "Package Version")
    return {
        "place": place,
        "model": model,
        "serial": text.serial(words.shown(about, ("Serial Number", "Board Tracer Number"))),
        "firmware": words.shown(about, ("Firmware Version", "FW Version")),
        "firmware_package": words.shown(about, packages),
        "bios": words.shown(about, ("Bios Version", "BIOS Version")),
        "driver": words.shown(about, ("Driver Name",)),
        "driver_version": words.shown(about, ("Driver Version",)),
        "pci_address": _pci(about),
        "sas_address": words.wwn(words.shown(about, ("SAS Address",))),
        "state": words.state(about.get("Controller Status"), words.VOLUME_STATES),
        "mode": _mode(about),
        "cache_size_bytes": _cache_size(about),
        "battery_model": words.shown(battery, ("Model", "SubType", "Type")),
        "battery_state": _battery_state(battery, about),
        "temperature_celsius": _temperature(about),
    }


def in_short(place, row):
    """Return the item of a controller from its row in the list of all."""
    return {
        "place": place,
        "model": said(row, "Model"),
        "pci_address": _pci(row),
        "state": words.state(_full(row.get("Hlth")), words.VOLUME_STATES),
        "battery_state": words.state(_full(row.get("BBU")), words.BATTERY_STATES),
    }


def rows(value):
    """Return the dicts of a list; nothing where it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def part(entry, name):
    """Return the dict below a name, an empty one where there is none."""
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, dict) else {}


def said(row, name):
    """Return a value as cleaned text, None where there is none."""
    value = row.get(name)
    return text.value(str(value)) if value is not None else None


def flat(answer):
    """Return the plain values of a dict and of the dicts in it."""
    found = {}
    for name, value in answer.items():
        if isinstance(value, dict):
            inner = {k: v for k, v in value.items() if not isinstance(v, (dict, list))}
            found = {**inner, **found}
        elif not isinstance(value, list):
            found[name] = value
    return found


def _about_others(name):
    return name.startswith(("Drive /", "VD", "PDs for", "/c")) or name.endswith("Operations")


def _full(word):
    return "optimal" if str(word).lower() == "opt" else word


def _pci(about):
    parts = str(about.get("PCI Address", "")).strip().split(":")
    if len(parts) != 4:
        return None
    return words.pci(*(text.integer(each, 16) for each in parts))


def _cache_size(about):
    mebibytes = words.number(about.get("DDR Memory Size(MiB)"))
    return words.size(
        f"{mebibytes} MiB" if mebibytes else str(about.get("On Board Memory Size", ""))
    )


def _mode(about):
    names = ("Current Personality", "Personality", "Controller Personality")
    mode = words.shown(about, names)
    return re.sub(r"[- ]?mode", "", mode.lower()).strip() or None if mode else None


def _temperature(about):
    for name, value in about.items():
        if re.match(r"(?:ROC|Chip|Ctrl) temperature", str(name), re.I):
            return words.celsius(value)
    return None


def _battery(answer):
    for name in BATTERIES:
        found = rows(answer.get(name))
        if found and "Property" in found[0]:
            return {str(each.get("Property")): each.get("Value") for each in found}
        if found:
            return found[0]
    return {}


def _battery_state(battery, about):
    if battery:
        return words.state(battery.get("State", battery.get("Status")), words.BATTERY_STATES)
    present = words.first(about, ("BBU", "Energy Pack"))
    return "absent" if (present or "").lower() in ("absent", "no") else None
