"""The SMBIOS table: decoded whole, and as far as it goes where it is broken."""

import struct
import uuid

import cmdb_board as board
import cmdb_cpu as cpu
import cmdb_memory as memory
import cmdb_psu as psu
import cmdb_smbios as smbios
import cmdb_source as source
import pytest

from tests.minion.collectors import make

SYSTEM_UUID = "4c4c4544-0031-3510-8052-b1c04f4a3132"
OCTETS_LE = uuid.UUID(SYSTEM_UUID).bytes_le


def system(octets=OCTETS_LE):
    body = bytes([1, 2, 3, 4]) + octets + bytes([6, 5, 0])
    return make.structure(1, 0x100, body, "Maker", "R640", "1.0", "MADE-UP-1", "SKU", "Family")


def test_a_structure_s_strings_and_numbers_are_decoded():
    (found,) = smbios.parse(system())
    assert found["manufacturer"] == "Maker"
    assert found["product"] == "R640"
    assert found["serial"] == "MADE-UP-1"
    assert found["uuid"] == SYSTEM_UUID


def test_before_version_2_6_a_uuid_is_big_endian():
    table = system(uuid.UUID(SYSTEM_UUID).bytes)
    assert smbios.parse(table, version=(2, 5))[0]["uuid"] == SYSTEM_UUID
    assert smbios.parse(table, version=(2, 6))[0]["uuid"] != SYSTEM_UUID


def test_an_entry_point_states_the_version():
    assert smbios.version(b"_SM_\x00\x1f\x02\x04" + bytes(24)) == (2, 4)
    assert smbios.version(b"_SM3_\x00\x18\x03\x02" + bytes(15)) == (3, 2)
    assert smbios.version(b"") == (3, 0)


def test_an_older_shorter_structure_lacks_its_later_fields():
    (found,) = smbios.parse(make.structure(1, 1, bytes([1, 0, 0, 0]), "Maker"))
    assert found["manufacturer"] == "Maker"
    assert found["uuid"] is None
    assert found["family"] is None


def test_a_bad_index_is_no_text():
    (found,) = smbios.parse(make.structure(1, 1, bytes([9, 1, 0, 0]), "R640"))
    assert found["manufacturer"] is None
    assert found["product"] == "R640"


@pytest.mark.parametrize(
    ("size", "extended", "expected"),
    [
        (0, 0, None),
        (0xFFFF, 0, None),
        (0x2000, 0, 8 << 30),
        (0x8400, 0, 1 << 20),
        (0x7FFF, 0x10000, 64 << 30),
    ],
)
def test_a_memory_device_s_size_is_in_any_of_its_units(size, extended, expected):
    (found,) = smbios.parse(make.memory_device(1, size=size, extended=extended))
    assert found["size_bytes"] == expected


@pytest.mark.parametrize(
    ("family", "wide", "expected"),
    [(0xB2, 0, "Pentium 4"), (0xFE, 0x101, "ARMv8"), (2, 0, None), (0xFE, 2, None)],
)
def test_a_processor_s_family_is_a_name(family, wide, expected):
    body = bytearray(0x2A - 4)
    make.put(body, 0x06, "<B", family)
    make.put(body, 0x28, "<H", wide)
    assert smbios.parse(make.structure(4, 1, bytes(body)))[0]["family"] == expected


def test_a_chassis_that_ends_at_its_height_has_none():
    body = bytes([1, 0x17, 0, 0, 0] + [0] * 8 + [78])
    assert smbios.parse(make.structure(3, 1, body, "M"))[0]["height_units"] is None


def test_a_speed_past_65535_is_in_the_extended_field():
    (found,) = smbios.parse(make.memory_device(1, speed=0xFFFF, extended_speed=70000))
    assert found["speed_mts"] == 70000


def test_a_table_that_ends_inside_a_structure_keeps_what_is_whole(problems):
    found = smbios.parse(system() + make.memory_device(2)[:30])
    assert [each["type"] for each in found] == [1]
    assert "bad length" in problems[0]


def test_a_structure_of_impossible_length_ends_the_table(problems):
    found = smbios.parse(system() + struct.pack("<BBH", 17, 2, 9) + bytes(8))
    assert len(found) == 1
    assert "bad length 2" in problems[0]


def test_what_follows_the_end_of_the_table_is_not_read():
    found = smbios.parse(system() + make.structure(127, 9, b"") + make.memory_device(2))
    assert [each["type"] for each in found] == [1, 127]


def test_a_table_with_nothing_in_it_is_an_error():
    with pytest.raises(source.ParseError, match="no whole structure"):
        smbios.parse(b"\0\0")


def test_the_machine_s_table_is_read_before_dmidecode_is_asked(machine):
    machine({smbios.TABLE: system(), "commands/dmidecode": "Handle 0x1, DMI type 1, 9 bytes\n"})
    assert smbios.structures(1)[0]["serial"] == "MADE-UP-1"
    assert smbios.structures(17) == []


def test_a_kernel_that_shows_firmware_but_no_smbios_is_believed_without_a_command(machine):
    machine({"/sys/firmware/acpi/tables/FACP": "", "commands/dmidecode": "must not be asked"})
    with pytest.raises(source.Unavailable, match="no SMBIOS"):
        smbios.structures(1)


@pytest.mark.parametrize("collector", [board, cpu, memory, psu])
def test_a_part_of_a_dump_never_looks_like_removed_parts(machine, collector):
    machine(
        {"commands/dmidecode": "Handle 0x9, DMI type 32, 11 bytes\nSystem Boot\n\tStatus: OK\n"}
    )
    with pytest.raises(source.Unavailable, match=r"part of SMBIOS|meminfo"):
        collector.collect()


def test_without_table_and_tool_the_reason_names_the_tool(machine):
    with pytest.raises(source.Unavailable, match="dmidecode is not installed"):
        smbios.structures(1)
