"""The board, from SMBIOS, from what everyone may read, and from the device tree."""

import cmdb_board as board
import cmdb_smbios as smbios
import cmdb_source as source
import pytest

from tests.minion.collectors import make

CHASSIS = make.structure(
    3, 3, bytes([1, 0x97, 0, 2, 3] + [0] * 8 + [2, 1, 0, 0]), "M", "C-1", "TAG7"
)
BIOS = make.structure(0, 0, bytes([1, 2, 0, 0xF0, 3]), "Maker", "2.4.7", "03/09/2021")
DAUGHTER = make.structure(2, 2, bytes([1, 2, 0, 0, 0, 0, 0, 0, 0, 9]), "Maker", "0ABC", "Mezzanine")
MAIN = make.structure(
    2, 4, bytes([1, 2, 0, 3, 0, 0, 4, 0, 0, 10]), "Maker", "0DEF", "B-9", "Slot 05"
)
ENCLOSURE = make.structure(
    204, 5, bytes([1, 2, 3, 4, 16, 1, 5]), "R", "chassis7", "c7000", "3", "ENC-1"
)
ARRAY = make.structure(16, 0x1000, bytes([3, 3, 6, 0, 0, 0, 2, 0xFE, 0xFF, 4, 0]))


def system(manufacturer):
    return make.structure(1, 1, bytes([1, 0, 0, 0]), manufacturer)


def test_the_board_is_one_item_of_all_that_smbios_says():
    table = system("HPE") + BIOS + DAUGHTER + MAIN + CHASSIS + ENCLOSURE
    (item,) = board.parse(smbios.parse(table))
    assert item["bios_date"] == "2021-03-09"
    assert item["baseboard_product"] == "0DEF"
    assert item["baseboard_location"] == "Slot 05"
    assert item["chassis_type"] == "Rack Mount Chassis"
    assert item["height_units"] == 2
    assert item["asset_tag"] == "TAG7"
    assert item["enclosure_serial"] == "ENC-1"
    assert item["enclosure_bay"] == "3"
    assert item["manufacturer"] == "HPE"
    assert item["serial"] is None


def test_another_maker_s_structure_of_that_number_is_no_enclosure():
    (item,) = board.parse(smbios.parse(system("Example") + ENCLOSURE))
    assert item["enclosure_serial"] is None


def test_empty_sockets_are_counted():
    table = ARRAY + make.memory_device(1) + make.memory_device(2, size=0)
    (item,) = board.parse(smbios.parse(table))
    assert item["memory_slot_count"] == 2
    assert item["memory_max_bytes"] == 32 << 30


def test_a_date_in_another_form_stays_as_it_is():
    bios = make.structure(0, 0, bytes([1, 2, 0, 0, 3]), "Maker", "1", "2021-03-09T00:00")
    assert board.parse(smbios.parse(bios))[0]["bios_date"] == "2021-03-09T00:00"


def test_without_the_right_to_the_table_what_everyone_may_read_is_read(machine):
    machine(
        {
            "/sys/class/dmi/id/sys_vendor": "Maker\n",
            "/sys/class/dmi/id/chassis_type": "23\n",
            "/sys/class/dmi/id/product_uuid": "Not Settable\n",
        }
    )
    (item,) = board.collect()
    assert item["manufacturer"] == "Maker"
    assert item["chassis_type"] == "Rack Mount Chassis"
    assert item["uuid"] is None
    assert item["serial"] is None


def test_an_arm_board_is_told_by_its_device_tree(machine):
    machine(
        {
            "/sys/firmware/devicetree/base/model": "",
            "/proc/device-tree/model": "Example Board 4\0",
            "/proc/device-tree/compatible": "example,board-4\0brand,soc\0",
            "/proc/device-tree/serial-number": "10000000abcd0001\0",
        }
    )
    (item,) = board.collect()
    assert item["manufacturer"] == "example"
    assert item["product"] == "Example Board 4"
    assert item["serial"] == "10000000abcd0001"


def test_without_smbios_and_device_tree_it_is_unavailable(machine):
    machine({"/sys/firmware/acpi/tables/FACP": ""})
    with pytest.raises(source.Unavailable, match="no SMBIOS"):
        board.collect()


def test_a_text_of_other_structures_alone_is_unavailable(machine):
    machine({"commands/dmidecode": "Handle 0x0027, DMI type 39, 22 bytes\nSystem Power Supply\n"})
    with pytest.raises(source.Unavailable, match="only a part of SMBIOS"):
        board.collect()


def test_structures_that_tell_nothing_are_no_board(machine):
    machine({"commands/dmidecode": "Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n"})
    with pytest.raises(source.Unavailable, match="nothing of the system"):
        board.collect()
