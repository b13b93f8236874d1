"""The machine itself: system, BIOS, base board, chassis and, for a blade, its enclosure. One item.

Source: SMBIOS types 0-4, 6, 16, 17 and 204 (/sys/firmware/dmi/tables/DMI, else ``dmidecode``; needs
root). Without the right to read these: /sys/class/dmi/id, where serial numbers are root's and
noted as problems. Without SMBIOS: the device tree (/proc/device-tree), as on ARM and POWER.

======================  ====  ==================================================================
place                   str   always "system"; the identity
manufacturer            str   of the system
product                 str   product name or model
version                 str   of the product
serial                  str   system serial number or service tag
uuid                    str   system UUID, lower case
sku                     str   maker's order number
family                  str   product family
bios_vendor             str   maker of the firmware
bios_version            str   of the firmware
bios_date               str   release date of the firmware, YYYY-MM-DD
baseboard_manufacturer  str   of the base board
baseboard_product       str   model of the base board
baseboard_version       str   of the base board
baseboard_serial        str   of the base board
baseboard_asset_tag     str   of the base board
baseboard_location      str   where the board sits in its chassis, "Slot 05" for a blade
chassis_manufacturer    str   of the chassis
chassis_type            str   "Rack Mount Chassis", "Blade", "Notebook" …
chassis_version         str   of the chassis
chassis_serial          str   of the chassis
asset_tag               str   the chassis' asset tag, as its owner set it
height_units            int   height of the chassis in rack units
enclosure_name          str   the blade enclosure's name (HP, HPE)
enclosure_model         str   the blade enclosure's model (HP, HPE)
enclosure_serial        str   the blade enclosure's serial number (HP, HPE)
enclosure_bay           str   the blade's bay in its enclosure (HP, HPE)
cpu_socket_count        int   processor sockets, the empty ones too
memory_slot_count       int   memory sockets, the empty ones too
memory_max_bytes        int   memory that the board can hold, bytes
======================  ====  ==================================================================
"""

import re

import cmdb_smbios as smbios
import cmdb_smbios_decode as decode
import cmdb_smbios_fields as fields
import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["place"]
SERIAL = "serial"

DMI_ID = "/sys/class/dmi/id/"
# What the kernel shows of SMBIOS to everyone, or to root only.
ID_FILES = {
    "manufacturer": "sys_vendor",
    "product": "product_name",
    "version": "product_version",
    "serial": "product_serial",
    "uuid": "product_uuid",
    "sku": "product_sku",
    "family": "product_family",
    "bios_vendor": "bios_vendor",
    "bios_version": "bios_version",
    "bios_date": "bios_date",
    "baseboard_manufacturer": "board_vendor",
    "baseboard_product": "board_name",
    "baseboard_version": "board_version",
    "baseboard_serial": "board_serial",
    "baseboard_asset_tag": "board_asset_tag",
    "chassis_manufacturer": "chassis_vendor",
    "chassis_type": "chassis_type",
    "chassis_version": "chassis_version",
    "chassis_serial": "chassis_serial",
    "asset_tag": "chassis_asset_tag",
}
# Fields where a row of digits may stand for nothing.
TAGS = {name for name in ID_FILES if name.endswith(("serial", "tag", "sku", "version"))}
TAGS -= {"bios_version"}
DEVICE_TREE = "/proc/device-tree/"
PROPERTIES = ("model", "compatible", "serial-number", "system-id", "vendor")
SYSTEM_MEMORY = (None, "System Memory")
_US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})")


def collect():
    """
    Return this machine's board as one item.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_board.collect
    """
    try:
        items = parse(smbios.structures(0, 1, 2, 3, 4, 6, 16, 17, 204))
        if not any(value for field, value in items[0].items() if field != "place"):
            raise source.Unavailable("SMBIOS tells nothing of the system here")
        return items
    except source.Unavailable:
        if source.glob(DMI_ID + "sys_vendor"):
            return parse_id({field: source.read(DMI_ID + file) for field, file in ID_FILES.items()})
        if source.glob(DEVICE_TREE + "model"):
            return parse_device_tree({name: source.read(DEVICE_TREE + name) for name in PROPERTIES})
        raise


def parse(structures):
    """Turn SMBIOS structures into the item."""
    of = {}
    for structure in structures:
        of.setdefault(structure["type"], []).append(structure)
    bios, system, chassis, enclosure = (of.get(kind, [{}])[0] for kind in (0, 1, 3, 204))
    board = _main_board(of.get(2, []))
    if not (system.get("manufacturer") or "").upper().startswith(("HP", "HEWLETT")):
        # To other makers this type, which the specification leaves to them, means something else.
        enclosure = {}
    return [
        {
            "place": "system",
            **{f: system.get(f) for f in ("manufacturer", "product", "version", "serial")},
            **{f: system.get(f) for f in ("uuid", "sku", "family")},
            **{f"bios_{f}": bios.get(f) for f in ("vendor", "version")},
            "bios_date": _date(bios.get("date")),
            **_named("baseboard", board, "manufacturer", "product", "version", "serial"),
            **_named("baseboard", board, "asset_tag", "location"),
            **_named("chassis", chassis, "manufacturer", "version", "serial"),
            **{f: chassis.get(f) for f in ("chassis_type", "asset_tag", "height_units")},
            **_named("enclosure", enclosure, "name", "model", "serial", "bay"),
            "cpu_socket_count": sum(map(_is_central, of.get(4, []))) or None,
            **_memory_room(of.get(16, []), of.get(17, []), of.get(6, [])),
        }
    ]


def parse_id(said):
    """Turn what /sys/class/dmi/id shows, by field, into the item."""
    item = {"place": "system"}
    for field, line in said.items():
        item[field] = (text.serial if field in TAGS else text.value)(line)
    item["uuid"] = text.uuid(item.get("uuid"))
    item["bios_date"] = _date(item.get("bios_date"))
    number = text.integer(item.get("chassis_type"))
    names = fields.CHASSIS_TYPES
    known = number is not None and 0 <= number < len(names)
    item["chassis_type"] = names[number] or None if known else None
    return [item]


def parse_device_tree(said):
    """Turn the device tree's properties, by name, into the item."""
    model, compatible = text.value(said.get("model")), (said.get("compatible") or "").split("\0")
    maker = compatible[0].split(",")[0] if "," in compatible[0] else None
    vendor = text.value(said.get("vendor")) or text.value(maker)
    return [
        {
            "place": "system",
            "manufacturer": vendor,
            "product": model,
            "serial": text.serial(said.get("serial-number")) or text.serial(said.get("system-id")),
        }
    ]


def _named(prefix, structure, *names):
    return {f"{prefix}_{name}": structure.get(name) for name in names}


def _main_board(boards):
    """Return the board that carries the system, where several are told."""
    mains = [board for board in boards if board["board_type"] in ("Motherboard", "Server Blade")]
    return (mains or boards or [{}])[0]


def _is_central(processor):
    return processor["processor_type"] in (None, "Central Processor")


def _memory_room(arrays, devices, modules):
    """Return how much memory the arrays of system memory can take, in sockets and bytes."""
    arrays = [array for array in arrays if array["use"] in SYSTEM_MEMORY]
    handles = {array["handle"] for array in arrays} - {None}
    slots = [device for device in devices if not handles or device["array_handle"] in handles]
    sizes = [array["max_bytes"] for array in arrays if array["max_bytes"]]
    return {
        "memory_slot_count": len(slots)
        or sum(array["slot_count"] or 0 for array in arrays)
        or len(modules)
        or None,
        "memory_max_bytes": decode.plausible(sum(sizes)),
    }


def _date(said):
    """Return a date as YYYY-MM-DD where it is written as SMBIOS wants it, else as it is."""
    match = _US_DATE.fullmatch(said or "")
    if not match:
        return said
    month, day, year = match.groups()
    century = "" if len(year) == 4 else "19" if year >= "80" else "20"
    return f"{century}{year}-{month:0>2}-{day:0>2}"
