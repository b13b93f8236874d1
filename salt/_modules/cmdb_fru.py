"""Field replaceable units that the management controller knows: boards, supplies, backplanes …

Source: ``ipmitool fru print``; needs root and /dev/ipmi0 (the module ipmi_devintf). Places that
hold nothing, and those that tell nothing, are left out; of one that could not be read the place
alone is told. A unit can tell of itself, of the product that it is or belongs to, and of a
chassis; where it tells of the product alone, that is the unit itself. The controller's own record
of a CPU or memory module is one as well.

====================  ====  ==================================================================
slot                  str   name and number in the controller's list, "PS1 (ID 1)"; the identity
fru_id                int   the number alone; other controllers on the bus have none
manufacturer          str   of the unit
name                  str   of the unit: its model
part_number           str   of the unit
serial                str   of the unit
made_on               str   date the unit was made, "2020-05-18"
product_manufacturer  str   of the product that the unit belongs to
product_name          str   of that product
product_part_number   str   of that product
product_version       str   of the product
product_serial        str   of the product that the unit belongs to, on Dell the service tag
asset_tag             str   of the product
chassis_type          str   "Rack Mount Chassis" …
chassis_part_number   str   of the chassis
chassis_serial        str   of the chassis
====================  ====  ==================================================================
"""

import datetime
import re

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

ipmitool = later.library("cmdb_ipmitool")

__load__ = ["collect"]

KEY = ["slot"]
SERIAL = "serial"
SLOW = True
TOOLS = {"ipmitool": "package ipmitool, kernel module ipmi_devintf; root"}

# An area's (manufacturer, name, part number, serial).
BOARD = ("Board Mfg", "Board Product", "Board Part Number", "Board Serial")
PRODUCT = (
    *("Product Manufacturer", "Product Name", "Product Part Number"),
    "Product Serial",
)
MODULE = ("Manufacturer", "Memory Type", "Part Number", "Serial Number")
UNIT = ("manufacturer", "name", "part_number", "serial")
_DATE = re.compile(r"[A-Z][a-z]{2}\s+([A-Z][a-z]{2})\s+([0-9]{1,2})\s+[0-9:]+\s+([0-9]{4})\b")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Where nobody wrote a date it is the first minute that the format knows, in any time zone.
NO_DATE = "1996-01-01"
# The list of units itself could not be read to its end.
_BROKEN_OFF = re.compile(r"SDR|Unable|[Ff]ailed|[Ee]rror|timeout", re.IGNORECASE)


def collect():
    """
    Return this machine's field replaceable units.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_fru.collect
    """
    return parse(ipmitool.run("fru", "print", accept=whole))


def whole(error):
    """Tell whether all was printed: the exit code is 1 as well where the last place is empty."""
    lines = error.stderr.splitlines()
    # Of one unit; those behind it are there all the same.
    of_units = [line for line in lines if "FRU Read failed" in line]
    if error.code != 1 or "(ID " not in error.stdout:
        return False
    if any(_BROKEN_OFF.search(line) for line in lines if line not in of_units):
        return False
    for line in of_units:
        source.problem(f"ipmitool: {line.strip()}")
    return True


def parse(said):
    """Turn the output of ``ipmitool fru print`` into items."""
    units = ipmitool.parse_fru(said)
    numbered = [fields for _, number, fields in units if number is not None]
    # A controller's own record often is a second look at the unit that it sits on.
    items = [_item(*unit) for unit in units if unit[1] is not None or unit[2] not in numbered]
    return text.unique([item for item in items if item], "slot")


def _item(name, number, said):
    """Return the item of one unit; None where it tells nothing of itself."""
    slot = f"ID {number}" if not name else name if number is None else f"{name} (ID {number})"
    if not any(map(str.strip, said.values())):
        return {"slot": slot, "fru_id": number}
    board, product, module = (_area(said, labels) for labels in (BOARD, PRODUCT, MODULE))
    unit = next((area for area in (board, product, module) if any(area.values())), None)
    own = {
        "made_on": _date(said.get("Board Mfg Date")),
        "product_version": text.serial(said.get("Product Version")),
        "asset_tag": text.serial(said.get("Product Asset Tag")),
        "chassis_type": text.value(said.get("Chassis Type")),
        "chassis_part_number": text.serial(said.get("Chassis Part Number")),
        "chassis_serial": text.serial(said.get("Chassis Serial")),
    }
    if unit is None and not any(own.values()):
        return None
    if unit is board:
        own.update((f"product_{field}", product[field]) for field in UNIT)
    return {
        "slot": slot,
        "fru_id": number,
        **(unit or {}),
        **own,
    }


def _area(said, labels):
    manufacturer, name, part_number, serial = (said.get(label) for label in labels)
    return {
        "manufacturer": text.value(manufacturer),
        "name": text.value(name),
        "part_number": text.serial(part_number),
        "serial": text.serial(serial),
    }


def _date(said):
    match = _DATE.search(said or "")
    if not match or match.group(1) not in _MONTHS:
        return None
    month, day, year = _MONTHS.index(match.group(1)) + 1, int(match.group(2)), int(match.group(3))
    try:
        found = datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
    return found if found > NO_DATE else None
