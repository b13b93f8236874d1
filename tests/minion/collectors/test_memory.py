"""Memory modules from SMBIOS, or their total from the kernel."""

import cmdb_memory as memory
import cmdb_smbios as smbios
import cmdb_source as source
import pytest

from tests.minion.collectors import make

ARRAY = make.structure(16, 0x1000, bytes([3, 3, 6, 0, 0, 0, 2, 0xFE, 0xFF, 4, 0]))
FLASH = make.structure(16, 0x1001, bytes([3, 5, 3, 0, 0, 0, 2, 0xFE, 0xFF, 1, 0]))


def parse(table):
    return memory.parse(smbios.parse(table))


def test_a_module_is_named_by_bank_and_label():
    strings = ("A1", "P0", "00CE000000CE", "MADEUP42", "TAG-9", "M393A-1")
    (item,) = parse(ARRAY + make.memory_device(1, strings=strings))
    assert item == {
        "slot": "P0 A1",
        "size_bytes": 8 << 30,
        "form_factor": "DIMM",
        "speed_mts": 3200,
        "configured_speed_mts": 2933,
        "voltage_mv": 1200,
        "rank_count": 2,
        "manufacturer": "Samsung",
        "part_number": "M393A-1",
        "serial": "MADEUP42",
        "asset_tag": "TAG-9",
        "type": "DDR4",
        "ecc": "Multi-bit ECC",
    }


def test_empty_sockets_are_left_out():
    table = make.memory_device(1, strings=("A1",)) + make.memory_device(2, size=0, strings=("A2",))
    assert [item["slot"] for item in parse(table)] == ["A1"]


def test_filling_an_empty_socket_renames_no_other_of_the_same_label():
    second = make.memory_device(2, strings=("DIMM 0",))
    before = parse(make.memory_device(1, size=0, strings=("DIMM 0",)) + second)
    after = parse(make.memory_device(1, strings=("DIMM 0",)) + second)
    assert [item["slot"] for item in before] == ["DIMM 0 #2"]
    assert [item["slot"] for item in after] == ["DIMM 0", "DIMM 0 #2"]


def test_the_chip_that_holds_the_firmware_is_no_memory():
    table = ARRAY + FLASH + make.memory_device(1) + make.memory_device(2, array=0x1001)
    assert len(parse(table)) == 1


def test_a_handle_that_names_no_array_is_of_the_only_kind_there_is():
    (item,) = parse(ARRAY + make.memory_device(1, array=0x25))
    assert item["ecc"] == "Multi-bit ECC"
    (item,) = parse(ARRAY + FLASH + make.memory_device(1, array=0x25))
    assert item["ecc"] is None


def test_old_firmware_tells_its_modules_in_type_6():
    module = make.structure(6, 1, bytes([1, 0, 0, 0x04, 0x04, 0x89, 0x89, 0]), "J1")
    (item,) = parse(module)
    assert item["slot"] == "J1"
    assert item["size_bytes"] == 512 << 20


def test_a_machine_without_smbios_has_its_total(machine):
    machine({"/sys/firmware/acpi/tables/FACP": "", "/proc/meminfo": "MemTotal:  1024 kB\n"})
    assert memory.collect() == [{"slot": "total", "size_bytes": 1 << 20}]


def test_a_table_that_may_not_be_read_never_looks_like_removed_modules(machine):
    machine({"/sys/class/dmi/id/sys_vendor": "Maker", "/proc/meminfo": "MemTotal:  1024 kB\n"})
    with pytest.raises(source.Unavailable):
        memory.collect()


def test_a_virtual_machine_whose_firmware_tells_no_memory_has_its_total(machine):
    machine({smbios.TABLE: ARRAY, "/proc/meminfo": "MemTotal:       2048 kB\n"})
    assert memory.collect() == [{"slot": "total", "size_bytes": 2 << 20}]


def test_a_text_of_other_structures_alone_is_unavailable(machine):
    machine({"commands/dmidecode": "Handle 0x0027, DMI type 39, 22 bytes\nSystem Power Supply\n"})
    with pytest.raises(source.Unavailable, match="without types 6, 16, 17; /proc/meminfo"):
        memory.collect()
