"""The text of dmidecode, old and new, clean and with chatter."""

import cmdb_dmidecode as dmidecode
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


def test_the_layout_of_old_versions_is_read():
    (device,) = dmidecode.parse(OLD)
    assert device["size_bytes"] == 512 << 20
    assert device["speed_mts"] == 533


def test_carriage_returns_and_noise_before_the_first_handle_do_no_harm():
    noisy = "/dev/mem: some warning\n" + NEW.replace("\n", "\r\n")
    assert dmidecode.parse(noisy) == dmidecode.parse(NEW)


def test_a_machine_without_smbios_is_unavailable():
    with pytest.raises(source.Unavailable, match="No SMBIOS"):
        dmidecode.parse("# dmidecode 3.3\n# No SMBIOS nor DMI entry point found, sorry.\n")


def test_something_else_is_an_error_that_names_the_first_line():
    with pytest.raises(source.ParseError, match="usage: dmidecode"):
        dmidecode.parse("usage: dmidecode [OPTIONS]\n")
