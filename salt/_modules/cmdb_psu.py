"""Power supplies: one item for each bay that holds one.

Source: SMBIOS type 39 (/sys/firmware/dmi/tables/DMI, else ``dmidecode``; needs root). The firmware
writes it when the machine starts: a supply that was replaced since then shows at the next start.
Empty bays and a desktop board's form without a word in it are left out.

===============  ====  =======================================================================
slot             str   the bay as firmware names it, "PSU1", "Power Supply 2"; the identity.
                       Where it names none, the bay's number in the firmware's list, "PSU 1"
name             str   as the supply calls itself, often its model
manufacturer     str   name
part_number      str   model part number
revision         str   of the model
serial           str   of the supply
asset_tag        str   of the supply
max_watts        int   highest power, watts
type             str   "Switching", "Battery", "UPS", "Converter" …
state            str   "OK", "Non-critical" or "Critical" at the machine's start
plugged          bool  plugged in
hot_replaceable  bool  can be replaced in the running machine
===============  ====  =======================================================================
"""

import re

import cmdb_smbios as smbios
import cmdb_text as text

__load__ = ["collect"]

KEY = ["slot"]
SERIAL = "serial"

COPIED = (
    *("name", "manufacturer", "part_number", "revision", "serial", "asset_tag", "max_watts"),
    *("state", "plugged", "hot_replaceable"),
)
# A record that has none of these is a form that nobody filled in.
TELLING = ("name", "manufacturer", "part_number", "serial", "max_watts")
# A name that tells the bay, not the model: "Power Supply 1".
_BAY = re.compile(r"(?:power supply|psu|ps)[ _#-]*[0-9]{1,2}", re.IGNORECASE)
_BARE = re.compile(r"(?:00|0x00)h?", re.IGNORECASE)


def collect():
    """
    Return this machine's power supplies.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_psu.collect
    """
    return parse(smbios.structures(39))


def parse(structures):
    """Turn SMBIOS power supplies into items; empty bays are left out."""
    supplies = [supply for supply in structures if supply["type"] == 39]
    items = [_item(number, supply) for number, supply in enumerate(supplies, 1)]
    # Before the empty bays go: filling one must not rename its neighbour.
    there = zip(supplies, text.unique(items, "slot"))
    return [
        item
        for supply, item in there
        if supply["present"] is not False and any(item[field] for field in TELLING)
    ]


def _item(number, supply):
    name = supply["name"]
    bay = name if name and _BAY.fullmatch(name) else None
    item = {field: supply[field] for field in COPIED}
    for field in ("revision", "asset_tag", "serial"):
        if item[field] and _BARE.fullmatch(item[field]):
            item[field] = None
    return {
        "slot": supply["location"] or bay or f"PSU {number}",
        **item,
        "type": supply["psu_type"],
    }
