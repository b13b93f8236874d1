"""Memory modules: one item for each populated socket. Empty ones are counted by ``board``.

Source: SMBIOS type 17, else type 6 of old firmware (/sys/firmware/dmi/tables/DMI, else
``dmidecode``; needs root). On a machine without SMBIOS there is one item, "total", with the
memory that the kernel has from /proc/meminfo. Chips of other use (video, flash) are left out.

====================  ====  ==================================================================
slot                  str   bank and label on the board, "P0 D11"; the identity. Where firmware
                            gives several sockets one label, the second is "DIMM 0 #2"
size_bytes            int   capacity, bytes
type                  str   "DDR4", "DDR5" …
form_factor           str   "DIMM", "SODIMM" …
speed_mts             int   the module's highest speed, MT/s
configured_speed_mts  int   the speed it runs at, MT/s
voltage_mv            int   configured voltage, millivolts
rank_count            int   ranks
ecc                   str   error correction of its array: "None", "Multi-bit ECC" …
manufacturer          str   name; a JEDEC number where the list has no name for it
part_number           str   of the module
serial                str   of the module
asset_tag             str   of the module
====================  ====  ==================================================================
"""

import re

import cmdb_smbios as smbios
import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["slot"]
SERIAL = "serial"

SYSTEM_MEMORY = (None, "System Memory")
COPIED = (
    *("size_bytes", "form_factor", "speed_mts", "configured_speed_mts", "voltage_mv"),
    *("rank_count", "manufacturer", "part_number", "serial", "asset_tag"),
)


def collect():
    """
    Return this machine's memory modules.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_memory.collect
    """
    why = "SMBIOS tells of no memory module here"
    try:
        items = parse(smbios.structures(6, 16, 17))
    except source.Unavailable as error:
        # Where there is SMBIOS that may not be read, a total would look like removed modules.
        if source.glob("/sys/class/dmi/id"):
            raise
        items, why = [], str(error)
    try:
        # Some hypervisors have an SMBIOS table that does not tell of memory.
        return items or parse_meminfo(source.need("/proc/meminfo"))
    except source.Unavailable as error:
        raise source.Unavailable(f"{why}; {error}") from None


def parse(structures):
    """Turn SMBIOS memory devices into items; empty sockets are left out."""
    arrays = [array for array in structures if array["type"] == 16]
    devices = [device for device in structures if device["type"] == 17]
    if not any(map(_tells, devices)):
        # So does dmidecode 1, which has no fields for them.
        devices = [device for device in structures if device["type"] == 6]
    of = [(device, _array(device, arrays)) for device in devices]
    items = [_item(device, array) for device, array in of if array.get("use") in SYSTEM_MEMORY]
    # Before the empty ones go: filling a socket must not rename its neighbour.
    return [item for item in text.unique(items, "slot") if item["size_bytes"]]


def parse_meminfo(meminfo):
    """Turn /proc/meminfo into the one item of a machine that does not tell of its modules."""
    match = re.search(r"^MemTotal:\s*([0-9]{1,15}) kB", meminfo, re.MULTILINE)
    if not match:
        raise source.ParseError("/proc/meminfo has no line MemTotal")
    return [{"slot": "total", "size_bytes": int(match.group(1)) * 1024}]


def _tells(device):
    return any(device[field] for field in ("size_bytes", "locator", "form_factor", "array_handle"))


def _array(device, arrays):
    """Return the array that a device is part of; where its handle names none, one like all."""
    handle = device.get("array_handle")
    for array in arrays:
        if handle is not None and array["handle"] == handle:
            return array
    alike = {(array["use"], array["ecc"]) for array in arrays}
    return arrays[0] if len(alike) == 1 and arrays[0]["use"] in SYSTEM_MEMORY else {}


def _item(device, array):
    # The locator alone repeats within a host on some boards.
    names = [device.get("bank_locator"), device.get("locator")]
    return {
        "slot": " ".join(filter(None, names)) or "unnamed",
        **{field: device.get(field) for field in COPIED},
        "type": device["memory_type"],
        "ecc": array.get("ecc"),
    }
