"""The text of dmidecode, old, very old and new, quiet, clean and with chatter."""

import cmdb_board as board
import cmdb_cpu as cpu
import cmdb_dmidecode as dmidecode
import cmdb_memory as memory
import cmdb_source as source
import pytest

NEW = """# dmidecode 3.3
Getting SMBIOS data from sysfs.

Handle 0x0011, DMI type 17, 84 bytes
Memory Device
\tArray Handle: 0x0010
\tSize: 16 GB
\tForm Factor: DIMM
\tLocator: A1
\tBank Locator: Not Specified
\tType: DDR4
\tType Detail: Synchronous
\t\tSize: 1 GB
\tSpeed: 3200 MT/s
\tManufacturer: 00AD00B300AD
\tSerial Number: MADEUP01
\tConfigured Memory Speed: 2933 MT/s
\tConfigured Voltage: 1.2 V
"""
OLD = """# dmidecode 2.2
Handle 0x0011
\tDMI type 17, 27 bytes.
\tMemory Device
\t\tArray Handle: 0x0010
\t\tSize: 512 MB
\t\tLocator: DIMM1
\t\tSpeed: 533 MHz (1.9 ns)
"""
VERY_OLD = """SMBIOS 2.3 present.
DMI 2.3 present.
Handle 0x0000
\tDMI type 0, 20 bytes.
\tBIOS Information Block
\t\tVendor: Example
\t\tVersion: 1.30
\t\tRelease: 12/11/2002
\t\tCapabilities:
\t\t\tFlags: 0x000000007FFBDE90
Handle 0x0100
\tDMI type 1, 25 bytes.
\tSystem Information Block
\t\tVendor: Example
\t\tProduct: E-226
\t\tSerial Number: MADEUP01
Handle 0x0300
\tDMI type 3, 17 bytes.
\tChassis Information Block
\t\tVendor: Example
\t\tChassis Type: Mini Tower
\t\t\tLock present
\t\tAsset Tag: TAG7
Handle 0x0400
\tDMI type 4, 32 bytes.
\tProcessor
\t\tSocket Designation: CPU1
\t\tProcessor Type: Central Processor
\t\tProcessor Family:
\t\tProcessor Manufacturer: Example
\t\tProcessor Version: E 4
Handle 0x0401
\tDMI type 4, 32 bytes.
\tProcessor
\t\tSocket Designation: CPU2
\t\tProcessor Type: Central Processor
\t\tProcessor Family: Unknown
\t\tProcessor Manufacturer: 000000000000
\t\tProcessor Version: 00000000000000000000000000000000
Handle 0x0600
\tDMI type 6, 12 bytes.
\tMemory Bank
\t\tSocket: DIMM1
\t\tBanks: 0
\t\tType: OTHER ECC DIMM SDRAM
\t\tInstalled Size: 256Mbyte (Double sided)
Handle 0x0601
\tDMI type 6, 12 bytes.
\tMemory Bank
\t\tSocket: DIMM2
\t\tType: UNKNOWN
\t\tInstalled Size: Not Installed
Handle 0x1000
\tDMI type 16, 15 bytes.
\tPhysical Memory Array
Handle 0x1100
\tDMI type 17, 23 bytes.
\tMemory Device
"""
QUIET = """System Information
\tManufacturer: Example
\tSerial Number: MADEUP01

Cache Information
\tSocket Designation: L1

Physical Memory Array
\tUse: System Memory
\tError Correction Type: Multi-bit ECC
\tMaximum Capacity: 16 GB
\tNumber Of Devices: 2

Memory Device
\tSize: 8192 MB
\tLocator: A1
\tType: DDR3

Memory Device
\tSize: No Module Installed
\tLocator: A2

"""


def test_fields_have_the_shape_that_the_table_gives():
    (device,) = dmidecode.parse(NEW)
    assert device["type"] == 17
    assert device["array_handle"] == 0x10
    assert device["size_bytes"] == 16 << 30
    assert device["bank_locator"] is None
    assert device["speed_mts"] == 3200
    assert device["configured_speed_mts"] == 2933
    assert device["voltage_mv"] == 1200
    assert device["manufacturer"] == "Hynix"


def test_a_label_that_a_version_wrote_in_lower_case_is_the_same():
    (device,) = dmidecode.parse(
        NEW.replace("Configured Voltage: 1.2 V", "Configured voltage:  1.200 V")
    )
    assert device["voltage_mv"] == 1200


def test_the_layout_of_old_versions_is_read():
    (device,) = dmidecode.parse(OLD)
    assert device["size_bytes"] == 512 << 20
    assert device["speed_mts"] == 533


def test_carriage_returns_and_noise_before_the_first_handle_do_no_harm():
    noisy = "/dev/mem: some warning\n" + NEW.replace("\n", "\r\n")
    assert dmidecode.parse(noisy) == dmidecode.parse(NEW)


def test_the_layout_and_labels_of_version_1_are_read():
    structures = dmidecode.parse(VERY_OLD)
    (item,) = board.parse(structures)
    assert item["bios_vendor"] == item["manufacturer"] == item["chassis_manufacturer"] == "Example"
    assert item["bios_date"] == "2002-12-11"
    assert item["product"] == "E-226"
    assert item["chassis_type"] == "Mini Tower"
    assert item["cpu_socket_count"] == item["memory_slot_count"] == 2
    (module,) = memory.parse(structures)
    assert module["slot"] == "DIMM1"
    assert module["size_bytes"] == 256 << 20
    assert module["type"] == "ECC DIMM SDRAM"


def test_a_socket_that_tells_nothing_and_has_no_status_is_empty():
    (item,) = cpu.parse_smbios(dmidecode.parse(VERY_OLD))
    assert item["socket"] == "CPU1"
    assert item["model"] == "E 4"
    assert item["vendor"] == "Example"


def test_the_quiet_form_without_handles_is_read():
    structures = dmidecode.parse(QUIET)
    (item,) = memory.parse(structures)
    assert item["slot"] == "A1"
    assert item["size_bytes"] == 8 << 30
    assert item["ecc"] == "Multi-bit ECC"
    (item,) = board.parse(structures)
    assert item["serial"] == "MADEUP01"
    assert item["memory_slot_count"] == 2
    assert item["memory_max_bytes"] == 16 << 30


def test_of_several_arrays_without_handles_none_is_guessed():
    other = "Physical Memory Array\n\tUse: Flash Memory\n\tError Correction Type: None\n\n"
    (item,) = memory.parse(dmidecode.parse(QUIET + other))
    assert item["ecc"] is None


def test_labels_and_names_are_read_in_lower_case_too():
    text = "Handle 0x3, DMI type 3, 21 bytes\nchassis\n\tmanufacturer: m\n\ttype: blade\n"
    (chassis,) = dmidecode.parse(text)
    assert chassis["manufacturer"] == "m"
    assert chassis["chassis_type"] == "Blade"


@pytest.mark.parametrize("size", ["512 Mbyte", "512MB", "512 MiB", "524288 Kbytes"])
def test_a_size_has_its_unit_in_many_spellings(size):
    (device,) = dmidecode.parse(OLD.replace("512 MB", size))
    assert device["size_bytes"] == 512 << 20


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("# dmidecode 3.3\n# No SMBIOS nor DMI entry point found, sorry.\n", "has no SMBIOS"),
        ("Scanning /dev/mem for entry point.\n/dev/mem: Permission denied\n", "run as root"),
        ("/dev/mem: Operation not permitted\n", "run as root"),
        ("SMBIOS 2.8 present.\nTable is unreachable, sorry.\n", "has no SMBIOS"),
        ("bash: dmidecode: command not found\n", "dmidecode is not installed"),
    ],
)
def test_what_it_says_instead_of_a_table_is_the_reason(said, reason):
    with pytest.raises(source.Unavailable, match=reason):
        dmidecode.parse(said)


def test_something_else_is_an_error_that_names_the_first_line():
    with pytest.raises(source.ParseError, match="usage: dmidecode"):
        dmidecode.parse("usage: dmidecode [OPTIONS]\n")
