"""Power supplies from SMBIOS type 39."""

import cmdb_dmidecode as dmidecode
import cmdb_psu as psu
import cmdb_smbios as smbios
import cmdb_smbios_power as power
import pytest

from tests.minion.collectors import make

PRESENT, OK, SWITCHING, HOT = 0x02, 3 << 7, 4 << 10, 0x01

TEXT = """\
Handle 0x2700, DMI type 39, 22 bytes
System Power Supply
	Power Unit Group: 1
	Location: Not Specified
	Name: PWR SPLY,750W,EXAMPLE
	Manufacturer: EXAMPLE
	Serial Number: MADEUP0000001
	Asset Tag: Not Specified
	Model Part Number: 0XMPL1A00
	Revision: 00h
	Max Power Capacity: 750 W
	Status: Present, Unknown
	Type: Unknown
	Input Voltage Range Switching: Unknown
	Plugged: Yes
	Hot Replaceable: Yes

Handle 0x2701, DMI type 39, 22 bytes
System Power Supply
	Location: Not Specified
	Name: PWR SPLY,750W,EXAMPLE
	Manufacturer: EXAMPLE
	Serial Number: MADEUP0000002
	Model Part Number: 0XMPL1A00
	Max Power Capacity: 0.750 W
	Status: Present, Critical
	Type: Switching
	Plugged: No
	Hot Replaceable: No
"""


def supply(handle, characteristics, *strings, watts=800):
    """Return an SMBIOS power supply; the strings are its name, maker, serial, part, location."""
    body = bytearray(0x16 - 4)
    make.put(body, 0x04, "<BBBBBBBB", 1, 5, 1, 2, 3, 0, 4, 0)
    make.put(body, 0x0C, "<HH", watts, characteristics)
    return make.structure(39, handle, bytes(body), *strings)


def items_of(*structures):
    end = make.structure(127, 0xFFFF, b"")
    return psu.parse(smbios.parse(b"".join([*structures, end])))


def test_a_supply_of_the_table():
    flags = PRESENT | OK | SWITCHING | HOT
    strings = ("PWS-EX-1R", "EXAMPLE", "MADEUP01", "PWS-EX", "PSU1")
    assert items_of(supply(1, flags, *strings)) == [
        {
            "slot": "PSU1",
            "name": "PWS-EX-1R",
            "manufacturer": "EXAMPLE",
            "part_number": "PWS-EX",
            "revision": None,
            "serial": "MADEUP01",
            "asset_tag": None,
            "max_watts": 800,
            "state": "OK",
            "plugged": True,
            "hot_replaceable": True,
            "type": "Switching",
        }
    ]


def test_supplies_of_one_name_and_no_location_are_told_apart_by_their_bay():
    first, second = psu.parse(dmidecode.parse(TEXT))
    assert (first["slot"], second["slot"]) == ("PSU 1", "PSU 2")
    assert (first["max_watts"], second["max_watts"]) == (750, 750)
    assert (first["state"], second["state"]) == (None, "Critical")
    assert (first["plugged"], second["plugged"]) == (True, False)
    assert first["revision"] is None


def test_filling_an_empty_bay_renames_no_neighbour():
    strings = ("PWS-EX-1R", "EXAMPLE", "MADEUP01", "PWS-EX")
    empty, full = supply(1, 0), supply(2, PRESENT, *strings)
    assert [item["slot"] for item in items_of(empty, full)] == ["PSU 2"]
    filled = supply(1, PRESENT, "PWS-EX-1R", "EXAMPLE", "MADEUP02", "PWS-EX")
    assert [item["slot"] for item in items_of(filled, full)] == ["PSU 1", "PSU 2"]


def test_a_name_that_tells_the_bay_is_the_slot():
    strings = ("Power Supply 2", "EXAMPLE", "MADEUP01", "511777-001")
    assert items_of(supply(1, PRESENT, *strings))[0]["slot"] == "Power Supply 2"


def test_a_form_that_nobody_filled_in_is_no_supply():
    strings = ("To Be Filled By O.E.M.", "OEM Define 2", "OEM Define 3", "TBD by ODM", "Default")
    assert items_of(supply(1, PRESENT | OK, *strings, watts=0x8000)) == []


def test_a_short_structure_of_an_old_table_is_read_as_far_as_it_goes():
    body = bytes([1, 0, 1, 2])
    (item,) = items_of(make.structure(39, 1, body, "PSU A", "EXAMPLE"))
    assert (item["name"], item["max_watts"], item["plugged"]) == ("PSU A", None, None)


@pytest.mark.parametrize(
    ("said", "watts"),
    [
        ("750 W", 750),
        ("0.460 W", 460),
        ("1.100 W", 1100),
        ("750000 mW", 750),
        ("Unknown", None),
        ("0 W", None),
    ],
)
def test_watts_as_versions_print_them(said, watts):
    assert power.said_watts(said) == watts
