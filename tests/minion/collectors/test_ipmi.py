"""The management controller and its units from ``ipmitool``."""

import time

import cmdb_bmc as bmc
import cmdb_fru as fru
import cmdb_ipmitool as ipmitool
import cmdb_replay as replay
import cmdb_source as source
import pytest

MC = """\
Device ID                 : 32
Device Revision           : 1
Firmware Revision         : 2.10
IPMI Version              : 2.0
Manufacturer ID           : 674
Manufacturer Name         : Example Inc
Product ID                : 256 (0x0100)
Product Name              : Unknown (0x100)
Device Available          : yes
Additional Device Support :
    Sensor Device
Aux Firmware Rev Info     :
    0x00
"""
LAN = """\
Set in Progress         : Set Complete
Auth Type Enable        : Callback :
                        : User     : MD5
IP Address Source       : Static Address
IP Address              : 192.0.2.7
Subnet Mask             : 255.255.255.0
MAC Address             : 02:00:00:AA:BB:CC
Default Gateway IP      : 192.0.2.1
802.1q VLAN ID          : 17
"""
FRU = """\
FRU Device Description : Builtin FRU Device (ID 0)
 Chassis Type          : Rack Mount Chassis
 Chassis Serial        : ......
 Board Mfg Date        : Mon May 18 12:39:00 2020 UTC
 Board Mfg             : EXAMPLE
 Board Product         : Server 1
 Board Serial          : MADEUP-B1
 Board Part Number     : 0XMPL1A03
 Product Manufacturer  : EXAMPLE
 Product Name          : Server 1
 Product Serial        : MADEUP-P1
 Product Asset Tag     :

FRU Device Description : PS1 (ID 1)
 Product Manufacturer  : EXAMPLE POWER
 Product Name          : PSU-750
 Product Serial        : MADEUP-S1

FRU Device Description : DIMM A1 (ID 110)
 Memory Type           : DDR4 SDRAM
 Manufacturer          : EXAMPLE
 Serial Number         : a1b2c3d4
 Part Number           : EX-16G

FRU Device Description : Mezz (ID 4)
 Device not present (Requested sensor, data, or record not found)

FRU Device Description : OEM fru (ID 17)

"""


@pytest.fixture
def controller(machine):
    """Return a function that lays out what ``ipmitool`` prints on a machine with a BMC."""

    def lay(**printed):
        names = {name.replace("_", " "): said for name, said in printed.items()}
        files = {f"/commands/ipmitool {name}": said for name, said in names.items()}
        machine({"/dev/ipmi0": "", **files})

    return lay


def failing(code, stdout, stderr):
    """Return a machine with a BMC whose ``ipmitool fru print`` ends so."""
    answer = {"value": replay.to_json([code, stdout, stderr])}
    run = {'["ipmitool", "fru", "print"]': answer}
    content = {"read": {"/dev/ipmi0": {}}, "glob": {}, "link": {}, "ask": {}, "run": run}
    return source.through(replay.Bundle(content))


def test_the_controller_and_its_network(controller):
    controller(mc_info=MC, lan_print=LAN)
    assert bmc.collect() == [
        {
            "slot": "bmc",
            "manufacturer": "Example Inc",
            "manufacturer_id": 674,
            "product": None,
            "product_id": 256,
            "firmware": "2.10",
            "ipmi_version": "2.0",
            "ip_address": "192.0.2.7",
            "ip_source": "static",
            "netmask": "255.255.255.0",
            "gateway": "192.0.2.1",
            "mac": "02:00:00:aa:bb:cc",
            "vlan": 17,
        }
    ]


def test_an_address_that_is_none_is_none():
    said = LAN.replace("192.0.2.7", "0.0.0.0").replace(": 17", ": Disabled")
    item = bmc.parse_lan(said.replace("02:00:00:AA:BB:CC", "00:00:00:00:00:00"))
    assert (item["ip_address"], item["vlan"], item["mac"]) == (None, None, None)


NO_ADDRESS = LAN.replace("192.0.2.7", "0.0.0.0").replace("AA:BB:CC", "AA:BB:01")


def test_where_the_first_channel_has_no_address_one_of_the_others_may(controller):
    controller(mc_info=MC, lan_print=NO_ADDRESS, lan_print_3=LAN)
    (item,) = bmc.collect()
    assert (item["ip_address"], item["mac"]) == ("192.0.2.7", "02:00:00:aa:bb:cc")


def test_where_no_channel_has_an_address_the_first_is_told(controller):
    controller(mc_info=MC, lan_print=NO_ADDRESS, lan_print_2=NO_ADDRESS, lan_print_3="no LAN")
    (item,) = bmc.collect()
    assert (item["ip_address"], item["mac"]) == (None, "02:00:00:aa:bb:01")


def test_a_channel_that_the_settings_name_is_the_only_one(controller):
    controller(mc_info=MC, lan_print_8=NO_ADDRESS, lan_print_3=LAN)
    source.begin(source.Task({"channel": 8}))
    assert bmc.collect()[0]["ip_address"] is None
    source.begin(None)


class WithoutDevice(source.Machine):
    """A machine without a way to a management controller."""

    def glob(self, pattern):
        return []

    def run(self, argv, limit_seconds):
        pytest.fail(f"{argv} was run")


@pytest.mark.parametrize("collector", [bmc, fru])
def test_without_a_device_nothing_is_run(collector):
    with (
        source.through(WithoutDevice()),
        pytest.raises(source.Unavailable, match="ipmi_devintf"),
    ):
        collector.collect()


def test_without_the_tool_its_package_is_named(machine):
    machine({"/dev/ipmi0": ""})
    with pytest.raises(source.Unavailable, match="package ipmitool"):
        bmc.collect()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Could not open device at /dev/ipmi0: No such file or directory", source.Unavailable),
        ("Could not open device at /dev/ipmi0: Permission denied", source.Unavailable),
        ("", source.ParseError),
        ("Get Device ID command failed", source.ParseError),
    ],
)
def test_an_error_that_is_printed_with_exit_code_0_is_no_item(said, error):
    with pytest.raises(error):
        bmc.parse(said, None)
    with pytest.raises(error):
        fru.parse(said)


def test_the_units(controller):
    controller(fru_print=FRU)
    board, supply, module = fru.collect()
    assert board["slot"] == "Builtin FRU Device (ID 0)"
    assert (board["serial"], board["product_serial"]) == ("MADEUP-B1", "MADEUP-P1")
    assert (board["made_on"], board["chassis_serial"]) == ("2020-05-18", None)
    assert (supply["slot"], supply["serial"]) == ("PS1 (ID 1)", "MADEUP-S1")
    assert "product_serial" not in supply
    assert (module["serial"], module["part_number"]) == ("a1b2c3d4", "EX-16G")


def test_an_empty_place_is_no_problem_and_a_failed_read_is_one_that_removes_nothing(problems):
    assert len(fru.parse(FRU)) == 3
    silent = "Command response could not be provided"
    assert len(fru.parse(FRU.replace("Requested sensor, data, or record not found", silent))) == 3
    assert problems == []
    items = fru.parse(FRU.replace("Requested sensor, data, or record not found", "Timeout"))
    assert items[3] == {"slot": "Mezz (ID 4)", "fru_id": 4}
    assert problems == ["FRU 4: Device not present (Timeout)"]


def test_a_place_that_nobody_wrote_into_is_a_problem_and_no_item(problems):
    said = FRU.replace("Device not present (Requested sensor, data, or record not found)", "{}")
    assert len(fru.parse(said.format("Unknown FRU header version 0x00"))) == 3
    assert problems == ["FRU 4: Unknown FRU header version 0x00"]


CONTROLLER = "\nFRU Device Description : iEXAMPLE7        \n Board Serial          : {}\n"


def test_another_controller_on_the_bus_has_no_number_and_its_fields_stay_its_own():
    supply = FRU[
        FRU.index("FRU Device Description : PS1") : FRU.index("FRU Device Description : D")
    ]
    first, second = fru.parse(supply + CONTROLLER.format("MADEUP-C1"))
    assert (first["serial"], first["fru_id"]) == ("MADEUP-S1", 1)
    assert (second["slot"], second["fru_id"], second["serial"]) == ("iEXAMPLE7", None, "MADEUP-C1")


def test_a_controller_that_repeats_the_board_is_not_told_twice():
    board = CONTROLLER.format("MADEUP-B9").replace("iEXAMPLE7", "Builtin (ID 0)")
    assert [item["slot"] for item in fru.parse(board + CONTROLLER.format("MADEUP-B9"))] == [
        "Builtin (ID 0)"
    ]


def test_a_broken_checksum_is_a_problem_and_the_fields_are_kept(problems):
    said = FRU.replace(" Product Asset Tag     :", " Product Area Checksum : INVALID")
    said = said.replace(" Board Part Number     : 0XMPL1A03", " Board Area Checksum   : OK")
    assert fru.parse(said)[0]["product_serial"] == "MADEUP-P1"
    assert problems == ["FRU 0: Product Area Checksum : INVALID"]


def test_a_controller_that_states_no_maker_and_no_product_has_none():
    said = MC.replace(": 674", ": 0").replace(": 256 (0x0100)", ": 0 (0x0000)")
    (item,) = bmc.parse(said, None)
    assert (item["manufacturer_id"], item["product_id"]) == (None, None)


def test_the_exit_code_of_an_empty_last_place_is_no_failure():
    with failing(1, FRU.encode(), b""):
        assert len(fru.collect()) == 3


def test_a_failed_read_of_one_unit_leaves_the_others(problems):
    with failing(1, FRU.encode(), b"FRU Read failed: Timeout\n"):
        assert len(fru.collect()) == 3
    assert problems == ["ipmitool: FRU Read failed: Timeout"]


def test_a_list_that_broke_off_is_a_failure():
    broken = failing(1, FRU.encode(), b"Get SDR 00b4 command failed")
    with broken, pytest.raises(source.CommandError, match="Get SDR"):
        fru.collect()


@pytest.mark.parametrize("said", ["Mon Jan  1 00:00:00 1996", "Sun Dec 31 15:00:00 1995", "never"])
def test_a_date_that_nobody_wrote_is_none(said):
    items = fru.parse(FRU.replace("Mon May 18 12:39:00 2020 UTC", said))
    assert items[0]["made_on"] is None


def test_two_units_of_one_name_and_number_are_two_items():
    items = fru.parse(FRU + FRU)
    assert len({item["slot"] for item in items}) == 6


def test_windows_line_ends_change_nothing():
    assert fru.parse(FRU.replace("\n", "\r\n")) == fru.parse(FRU)
    lan = LAN.replace("\n", "\r\n")
    assert ipmitool.parse_fields(lan, ["IP Address"])["IP Address"].strip() == "192.0.2.7"


@pytest.mark.parametrize("said", [" " * 20000, "FRU Device Description : " + "x (ID " * 5000])
def test_a_long_line_takes_no_time(said):
    started = time.monotonic()
    fru.parse(f"{FRU}{said}\n")
    bmc.parse_lan(f"{LAN}{said}\n")
    assert time.monotonic() - started < 1


def test_in_a_folder_its_output_alone_is_enough(machine):
    machine({"commands/ipmitool fru print": FRU, "commands/ipmitool mc info": MC})
    assert len(fru.collect()) == 3
    assert bmc.collect()[0]["firmware"] == "2.10"
