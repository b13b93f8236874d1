"""PCI functions from sysfs and their names from pci.ids."""

import json

import cmdb_pci as pci
import cmdb_pcibus as pcibus
import cmdb_replay as replay
import cmdb_source as source
import pytest

NAMES = b"""\
# A comment
0e11  Example Old
\t0001  Old Card
1028  Example Server Maker
8086  Example Silicon
\t1234  Storage Controller
\t\t1028 1f47  Server RAID Card
# between
\t\t1028 1f48  Server RAID Card Mini
\t1572  Network Controller
\t\t8086 0001  Network Card
8087  Example After

# classes
C 00  Unclassified device
\t00  Non-VGA unclassified device
C 01  Mass storage controller
\t04  RAID bus controller
\t\t00  Nothing
C 02  Network controller
\t00  Ethernet controller
"""


def uevent(**told):
    return "".join(f"{name}={value}\n" for name, value in told.items())


RAID = uevent(
    DRIVER="megaraid_sas",
    PCI_CLASS="10400",
    PCI_ID="8086:1234",
    PCI_SUBSYS_ID="1028:1F47",
    PCI_SLOT_NAME="0000:03:00.0",
)


def lay(machine, names=NAMES, **functions):
    files = {f"/sys/bus/pci/devices/0000:{a[1:]}/uevent": said for a, said in functions.items()}
    machine({**files, "/usr/share/misc/pci.ids": names})


def test_a_function_has_its_names(machine):
    lay(machine, **{"_03:00.0": RAID})
    assert pci.collect() == [
        {
            "slot": "0000:03:00.0",
            "class": "RAID bus controller",
            "class_id": "0104",
            "vendor": "Example Silicon",
            "device": "Storage Controller",
            "subsystem_vendor": "Example Server Maker",
            "subsystem": "Server RAID Card",
            "id": "8086:1234",
            "subsystem_id": "1028:1f47",
            "driver": "megaraid_sas",
        }
    ]


def test_names_never_come_from_another_vendor_or_device(machine):
    strange = uevent(PCI_CLASS="20001", PCI_ID="1028:1234", PCI_SUBSYS_ID="8086:0001")
    lay(machine, **{"_04:00.0": strange})
    (item,) = pci.collect()
    assert (item["vendor"], item["device"]) == ("Example Server Maker", None)
    assert (item["subsystem_vendor"], item["subsystem"]) == ("Example Silicon", None)
    assert item["class"] == "Ethernet controller"


def numbered(level, numbers):
    return "".join("\t" * level + f"{number}  Name {number}\n" for number in numbers)


def test_any_entry_of_a_long_file_is_found_and_no_other():
    numbers = [f"{number:04x}" for number in range(0, 1 << 16, 97)]
    long = numbered(0, numbers[:300]) + numbered(1, numbers) + numbered(0, numbers[300:])
    content = f"# Made up\n{long}C 00  None\n".encode()
    vendor = numbers[299]
    found = {
        each: {"class": "010000", "id": f"{vendor}:{each}", "subsystem_id": None}
        for each in [*numbers, "0001", "fffe"]
    }
    named = pcibus.names(content, found)
    assert all(named[each]["device"] == f"Name {each}" for each in numbers)
    assert named["0001"]["device"] is named["fffe"]["device"] is None
    found = {
        each: {"class": "010000", "id": f"{each}:0000", "subsystem_id": None}
        for each in [*numbers, "0001", "fffe"]
    }
    named = pcibus.names(content, found)
    assert [each for each in named if named[each]["device"]] == [vendor]
    assert all(named[each]["vendor"] == f"Name {each}" for each in numbers)
    assert named["0001"]["vendor"] is named["fffe"]["vendor"] is None


def test_a_bundle_holds_no_more_of_pci_ids_than_it_needs(tmp_path, monkeypatch):
    file = tmp_path / "pci.ids"
    file.write_bytes(NAMES)
    monkeypatch.setattr(pcibus, "NAME_FILES", ("/nowhere/pci.ids", str(file)))
    found = {"a": pcibus.parse_uevent(RAID)}
    capture = replay.Capture(source.Machine())
    with source.through(capture):
        part = pcibus.names_file(found)
    assert part.decode().splitlines() == [
        "",
        "1028  Example Server Maker",
        "8086  Example Silicon",
        "\t1234  Storage Controller",
        "\t\t1028 1f47  Server RAID Card",
        "C 01  Mass storage controller",
        "\t04  RAID bus controller",
    ]
    assert pci.parse(found, part) == pci.parse(found, NAMES)
    with source.through(replay.Bundle(json.loads(json.dumps(capture.content)))):
        assert pcibus.names_file(found) == part
    assert capture.content["read"] == {}
    file.write_bytes(b"")
    assert pcibus.names_file(found) == b""


def test_a_card_after_a_comment_is_found():
    said = pcibus.parse_uevent(RAID.replace("1F47", "1F48"))
    assert pci.parse({"a": said}, NAMES)[0]["subsystem"] == "Server RAID Card Mini"


def test_without_names_the_ids_remain(machine):
    lay(machine, names=b"", **{"_03:00.0": RAID})
    (item,) = pci.collect()
    assert (item["id"], item["vendor"], item["class"]) == ("8086:1234", None, None)


def test_a_class_without_a_name_of_its_own_has_its_group_s():
    said = pcibus.parse_uevent(uevent(PCI_CLASS="19900", PCI_ID="8086:1234"))
    assert pci.parse({"a": said}, NAMES)[0]["class"] == "Mass storage controller"


def test_what_is_excluded_is_left_out():
    bridge = uevent(PCI_CLASS="60400", PCI_ID="8086:0001")
    found = {"a": pcibus.parse_uevent(RAID), "b": pcibus.parse_uevent(bridge)}
    assert [item["slot"] for item in pci.parse(found, NAMES, ["06"])] == ["a"]
    assert len(pci.parse(found, NAMES)) == 2


def test_virtual_functions_are_left_out_when_asked(machine):
    lay(machine, **{"_03:00.0": RAID, "_03:00.1": RAID})
    machine({"/sys/bus/pci/devices/0000:03:00.1/physfn": ""})
    assert len(pci.collect()) == 2
    source.begin(source.Task({"virtual_functions": False}))
    assert [item["slot"] for item in pci.collect()] == ["0000:03:00.0"]
    source.begin(None)


def test_a_function_whose_uevent_is_missing_tells_its_alias(machine):
    alias = "pci:v00008086d00001572sv00008086sd00000001bc02sc00i00\n"
    folder = "/sys/bus/pci/devices/0000:05:00.0"
    machine({f"{folder}/modalias": alias}, {f"{folder}/driver": "/sys/bus/pci/drivers/i40e"})
    (item,) = pci.collect()
    assert (item["id"], item["subsystem_id"]) == ("8086:1572", "8086:0001")
    assert (item["class_id"], item["driver"]) == ("0200", "i40e")


def test_functions_that_tell_nothing_are_not_no_functions(machine):
    lay(machine, **{"_03:00.0": "DRIVER=x\n"})
    with pytest.raises(source.ParseError, match="none of 1 PCI functions"):
        pci.collect()


def test_a_machine_without_pci(machine):
    with pytest.raises(source.Unavailable, match="no PCI"):
        pci.collect()
    machine({"/sys/bus/pci/devices/.keep": ""})
    assert pci.collect() == []
