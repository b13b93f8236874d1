"""What each RAID tool says, as controllers, volumes and disks."""

import json
import runpy

import cmdb_arcconf as arcconf
import cmdb_mdraid as mdraid
import cmdb_megacli as megacli
import cmdb_raid_words as words
import cmdb_sasircu as sasircu
import cmdb_source as source
import cmdb_ssacli as ssacli
import cmdb_storcli as storcli
import pytest

from tests.minion.collectors import raid_samples as samples

COLLECTORS = runpy.run_path("tools/kinds.py")["collectors"]()
FOUND = {
    "storcli": lambda: storcli.parse([samples.STORCLI, samples.STORCLI_DRIVES]),
    "storcli of volumes": lambda: storcli.parse([samples.STORCLI, samples.STORCLI_VOLUMES]),
    "storcli2": lambda: storcli.parse(samples.STORCLI2, "storcli2"),
    "megacli": lambda: megacli.parse(samples.MEGACLI),
    "ssacli": lambda: ssacli.parse(samples.SSACLI),
    "arcconf": lambda: arcconf.parse(samples.ARCCONF),
    "sasircu": lambda: sasircu.parse(samples.SASIRCU),
    "mdstat": lambda: {"volumes": mdraid.parse_mdstat(samples.MDSTAT)},
    "mdadm": lambda: {"volumes": mdraid.parse_detail(samples.MDADM)},
}


@pytest.mark.parametrize("tool", FOUND)
def test_all_fields_are_documented_with_their_types(tool):
    types = {"str": str, "int": int, "bool": bool, "list": list}
    for kind, items in FOUND[tool]().items():
        fields = COLLECTORS[f"raid_{kind[:-1]}"]["fields"]
        known = {field: types[name] for field, name, _ in fields}
        for item in items:
            for field, value in item.items():
                assert value is None or type(value) is known[field], (kind, field, value)


def by_place(items):
    return {item["place"]: item for item in items}


def holds(item, **expected):
    assert {name: item.get(name) for name in expected} == expected


def test_storcli_tells_of_controller_volume_and_disks():
    outputs = [samples.STORCLI, samples.STORCLI_DRIVES, samples.STORCLI_VOLUMES]
    found = storcli.parse(outputs)
    holds(
        found["controllers"][0],
        place="c0",
        model="RAID 9000",
        serial="MADEUPC1",
        firmware="4.1",
        pci_address="0000:3b:00.0",
        mode="raid",
        state="optimal",
        battery_model="CVPM02",
        battery_state="optimal",
        cache_size_bytes=1 << 30,
        temperature_celsius=60,
    )
    holds(
        found["volumes"][0],
        place="c0:v3",
        name="root",
        level="raid1",
        size_bytes=1874329600 * 512,
        state="degraded",
        strip_size_bytes=256 * 1024,
        write_cache="write back",
        read_cache="read ahead",
        members=["c0:252:0", "c0:252:1"],
        missing_count=1,
        device="/dev/sda",
    )
    disks = by_place(found["disks"])
    states = {place: disk["state"] for place, disk in disks.items()}
    assert states == {
        "c0:252:0": "online",
        "c0:252:1": "online",
        "c0:252:2": "spare",
        "c0:-:3": "foreign",
        "c0:252:4": "rebuilding",
    }
    holds(
        disks["c0:252:0"],
        serial="MADEUPD1",
        vendor=None,
        model="MADEUP 1 LONG",
        wwn="500a07510000d641",
        firmware="D1MU004",
        size_bytes=0x6FC81AB0 * 512,
        media="ssd",
        interface="sata",
        smart_alert=False,
        temperature_celsius=21,
        media_error_count=2,
    )


def test_a_volume_s_members_come_from_the_topology_where_only_that_is_there():
    holds(storcli.parse(samples.STORCLI)["volumes"][0], members=["c0:252:0"], missing_count=1)


def test_the_second_storcli_says_apart_what_a_disk_is_for_and_how_it_is():
    found = storcli.parse(samples.STORCLI2, "perccli2")
    holds(found["disks"][0], place="m0:306:4", state="missing", serial="MADEUPD2", vendor="MAKER")
    holds(found["volumes"][0], place="m0:v1", level="raid10", write_cache="write back")
    holds(found["volumes"][0], read_cache="none", members=["m0:306:4"], size_bytes=1 << 40)


def test_a_plain_host_adapter_has_its_drives_in_the_answer_about_itself():
    found = storcli.parse(samples.STORCLI_ADAPTER)
    (disk,) = found["disks"]
    holds(disk, place="c0:23:0", state="jbod", serial="MADEUPD9", media_error_count=None)
    holds(found["controllers"][0], model="HBA 9000", pci_address="0000:01:00.0")


def test_one_drive_and_one_volume_can_be_asked_for_alone():
    (disk,) = storcli.parse(samples.STORCLI_ONE_DRIVE)["disks"]
    holds(disk, place="c0:35:12", enclosure="35", slot=12, state="offline", model="MADEUP 1")
    (volume,) = storcli.parse(samples.STORCLI_ONE_VOLUME)["volumes"]
    holds(volume, place="c0:v1", level="raid0", write_cache="write through", members=None)


def test_the_overview_of_all_controllers_says_little_of_each():
    (controller,) = storcli.parse(samples.STORCLI_OVERVIEW)["controllers"]
    holds(controller, place="c0", model="RAID9000", state="optimal", battery_state="optimal")


def test_a_volume_s_answer_lists_its_disks_too():
    disks = by_place(storcli.parse(samples.STORCLI_VOLUMES)["disks"])
    assert set(disks) == {"c0:252:0", "c0:252:1"}


def test_a_drive_without_its_row_has_its_place_all_the_same():
    name = "Drive /c0/e252/s1 - Detailed Information"
    said = samples.storcli({name: {"Drive /c0/e252/s1 Device attributes": {"SN": "MADEUPD1"}}})
    (disk,) = storcli.parse(said)["disks"]
    holds(disk, place="c0:252:1", enclosure="252", slot=1, serial="MADEUPD1")


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"State": "Onln", "DG": "-", "Type": "JBOD"}, "jbod"),
        ({"State": "Onln", "DG": 0, "Type": "-"}, "online"),
        ({"State": "UConf", "Status": "Unusable"}, "bad"),
        ({"State": "UConfUnsp", "Status": "Good"}, "unconfigured"),
        ({"State": "JBODDgrd", "Status": "Online"}, "jbod"),
        ({"State": "Shld", "Status": "Online"}, "jbod"),
        ({"State": "DHSShld", "Status": "Online"}, "spare"),
        ({"State": "Conf", "Status": "Rebuild"}, "rebuilding"),
        ({"State": "Conf", "Status": "Replace"}, "copying"),
        ({"State": "ConfDgrd", "Status": "Online"}, "online"),
    ],
)
def test_states_of_storcli_and_its_successor(row, state):
    said = samples.storcli({"PD LIST": [{"EID:Slt": "306:4", **row}]})
    (disk,) = storcli.parse(said, "storcli2")["disks"]
    assert disk["state"] == state


def test_the_second_storcli_names_the_controller_s_fields_its_own_way():
    found = storcli.parse(samples.STORCLI2_CONTROLLER, "storcli2")
    holds(found["controllers"][0], place="m0", firmware="8.11", firmware_package="8.12")
    holds(found["controllers"][0], mode="raid", pci_address="0000:16:00.0")
    holds(found["controllers"][0], cache_size_bytes=4 << 30, temperature_celsius=62)
    holds(found["volumes"][0], members=["m0:306:0"], missing_count=1)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (samples.storcli(None, None, "Failure", "No Controller found"), source.Unavailable),
        (samples.storcli({"Number of Controllers": 0}, None), source.Unavailable),
        (samples.storcli(None, 0, "Failure", "Internal error"), source.ParseError),
        (samples.storcli({"Physical Drives": 2, "Basics": {"Model": "M"}}), source.ParseError),
        (samples.storcli({"Patrol": []}), source.ParseError),
        (samples.STORCLI[:-9], source.ParseError),
        ("", source.ParseError),
        ("{" * 100000, source.ParseError),
    ],
)
def test_storcli_that_tells_of_nothing_says_why(said, reason):
    with pytest.raises(reason):
        storcli.parse(said)


def test_storcli_may_truly_have_no_volume():
    none = samples.storcli(None, 0, "Failure", "No VDs have been configured.")
    assert storcli.parse(none) == {"controllers": [], "volumes": [], "disks": []}


def test_chatter_around_the_json_does_no_harm():
    assert storcli.parse(f"loading...\n{samples.STORCLI}\nbye") == storcli.parse(samples.STORCLI)


def test_megacli_tells_the_same_under_the_same_keys():
    found = megacli.parse(samples.MEGACLI)
    holds(
        found["controllers"][0],
        place="c0",
        model="RAID 8000",
        serial="MADEUPC2",
        firmware="1.12",
        pci_address="0000:3b:00.0",
        battery_model="iBBU08",
        battery_state="optimal",
        cache_size_bytes=512 << 20,
    )
    holds(
        found["volumes"][0],
        place="c0:v2",
        name="data",
        level="raid1",
        state="degraded",
        members=["c0:-:7", "c0:252:0"],
        write_cache="write back",
        read_cache="adaptive",
    )
    disks = by_place(found["disks"])
    scsi, sata = disks["c0:252:0"], disks["c0:-:7"]
    holds(scsi, vendor="MAKER", model="MADEUPMODEL", serial="MADEUPD3", firmware="A001")
    holds(scsi, size_bytes=0x68CB9E30 * 512, state="online", interface="sas", media="hdd")
    holds(sata, vendor=None, model="MAKER MADEUP MODEL LONG", serial="MADEUPD4", state="foreign")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Adapter #0\n\nExit Code: 0x00\n", True),
        ("Adapter 0: No Virtual Drive Configured.\n\nExit Code: 0x00", True),
        ("Controller Count: 0.\n\nExit Code: 0x00", source.Unavailable),
        ("\nExit Code: 0x00", source.Unavailable),
        ("Adapter #0\n\nEnclosure Dev", source.ParseError),
        ("Adapter 0: Get BBU Status Failed.\n\nExit Code: 0x01", source.ParseError),
        ("", source.ParseError),
    ],
)
def test_megacli_with_nothing_to_tell(said, found):
    if found is True:
        assert not any(megacli.parse(said).values())
    else:
        with pytest.raises(found):
            megacli.parse(said)


def test_ssacli_tells_of_controller_volume_and_disks():
    found = ssacli.parse(samples.SSACLI)
    holds(
        found["controllers"][0],
        place="slot2",
        model="Smart Array P999",
        serial="MADEUPC3",
        state="optimal",
        battery_state="optimal",
        pci_address="0000:03:00.0",
        cache_size_bytes=2 << 30,
    )
    holds(
        found["volumes"][0],
        place="slot2:v1",
        level="raid10",
        size_bytes=255 * 32 * 23934 * 512,
        state="rebuilding",
        members=["slot2:1I:1:1"],
        wwn="600508b1001c158b69c0104da29e0000",
    )
    disks = by_place(found["disks"])
    holds(disks["slot2:1I:1:1"], state="online", smart_alert=True, serial="MADEUPD5")
    holds(disks["slot2:1I:1:1"], size_bytes=960 * 10**9, media="ssd", model="MADEUP MODEL")
    holds(disks["slot2:1I:1:2"], state="spare", vendor="HP", model="EG0300MADEUP")
    holds(disks["slot2:2I:1:9"], state="unconfigured", media="hdd", interface="sas", slot=9)


def test_disks_in_hba_mode_are_no_spare_ones():
    said = """
Smart HBA P999 in Slot 1 (HBA Mode)

   HBA Drives

      physicaldrive 1I:1:13 (port 1I:box 1:bay 13, SAS, 3 TB, OK)
"""
    (disk,) = ssacli.parse(said)["disks"]
    holds(disk, place="slot1:1I:1:13", state="jbod", size_bytes=3 * 10**12)


def test_ssacli_says_states_behind_the_parentheses_where_it_lists_nothing_else():
    found = ssacli.parse(samples.SSACLI_STATES)
    holds(found["volumes"][0], place="slot2:v1", level="raid1", state="degraded")
    disks = by_place(found["disks"])
    holds(disks["slot2:2I:0:1"], state="online", size_bytes=10**12, interface=None, media=None)
    holds(disks["slot2:2I:0:2"], state="failed")


def test_ssacli_without_a_controller():
    with pytest.raises(source.Unavailable):
        ssacli.parse("\nError: No controllers detected. Possible causes:\n")
    with pytest.raises(source.ParseError):
        ssacli.parse("Error: Another instance of hpssacli is running! Stop it first.")


def test_arcconf_tells_of_controller_volume_and_disks():
    found = arcconf.parse(samples.ARCCONF, 2)
    holds(
        found["controllers"][0],
        place="controller2",
        model="Adaptec 9999",
        serial="MADEUPC4",
        battery_state="absent",
        pci_address="0000:4b:00.0",
        temperature_celsius=71,
        cache_size_bytes=512 << 20,
    )
    holds(
        found["volumes"][0],
        place="controller2:v0",
        name="data",
        level="raid6",
        state="degraded",
        members=["controller2:0:2"],
        missing_count=1,
        write_cache="write back",
        size_bytes=70006 << 20,
    )
    disks = by_place(found["disks"])
    assert set(disks) == {"controller2:0:2", "controller2:channel0:1"}
    holds(disks["controller2:0:2"], serial="MADEUPD7", media="hdd", smart_alert=False)
    holds(disks["controller2:channel0:1"], state="spare", size_bytes=None)


def test_arcconf_names_the_unit_that_keeps_the_cache():
    said = samples.ARCCONF.replace(
        "   Controller Battery Information\n", "   Controller Cache Backup Unit Information\n"
    ).replace(
        "   Status                                   : Not Installed\n",
        "    Overall Backup Unit Status              : Ready\n"
        "         Backup Unit Type                   : AFM-999\n",
    )
    holds(arcconf.parse(said)["controllers"][0], battery_model="AFM-999", battery_state="optimal")


def test_arcconf_without_a_controller():
    with pytest.raises(source.Unavailable):
        arcconf.parse("Controllers found: 0\n\nCommand completed successfully.\n")
    with pytest.raises(source.ParseError):
        arcconf.parse("Controllers found: 1\n\nCommand aborted.\n")


def test_sas3ircu_tells_of_controller_volume_and_disks():
    assert sasircu.parse_list(samples.SASIRCU_LIST) == [0]
    found = sasircu.parse(samples.SASIRCU)
    holds(found["controllers"][0], place="sas3-0", model="SAS3008", pci_address="0000:3b:00.0")
    holds(found["volumes"][0], place="sas3-0:v286", level="raid1", size_bytes=139236 << 20)
    holds(found["volumes"][0], state="optimal", members=["sas3-0:1:0"])
    assert len(found["disks"]) == 1
    holds(found["disks"][0], serial="MADEUPD8", state="online", size_bytes=937703088 * 512)
    holds(found["disks"][0], media="ssd", interface="sata", wwn="5000c50000000001")


def test_sas3ircu_s_list_says_little_of_each():
    (controller,) = sasircu.parse_controllers(samples.SASIRCU_LIST)
    assert controller == {
        "place": "sas3-0",
        "model": "SAS3008",
        "pci_address": "0000:3b:00.0",
    }


def test_sas3ircu_without_a_controller():
    with pytest.raises(source.Unavailable):
        sasircu.parse_list("SAS3IRCU: MPTLib2 Error 1\n")
    with pytest.raises(source.ParseError):
        sasircu.parse(samples.SASIRCU[:700])


def test_mdstat_tells_of_arrays_and_a_check_is_no_change_of_state():
    found = by_place(mdraid.parse_mdstat(samples.MDSTAT))
    holds(found["md0"], level="raid1", state="optimal", activity="check", spares=["sdc1"])
    holds(found["md0"], members=["sda1", "sdb1"], size_bytes=104320 << 10, missing_count=0)
    holds(found["md5"], level="raid6", state="degraded", missing_count=1, failed_count=1)
    holds(found["md5"], members=["sdb2", "sdd1", "sde1"], strip_size_bytes=512 << 10)
    assert mdraid.parse_mdstat("Personalities : [raid1]\nunused devices: <none>\n") == []
    with pytest.raises(source.ParseError):
        mdraid.parse_mdstat("cat: no such file")


def test_mdadm_tells_of_arrays_too():
    (item,) = mdraid.parse_detail(samples.MDADM)
    holds(item, place="md127", name="data", state="rebuilding", size_bytes=101376 << 10)
    holds(item, members=["vda1", "vda2"], missing_count=1, failed_count=1)
    holds(item, uuid="e054553a-fbcc-dcfe-0ae8-0bc89379377a")


def test_an_array_is_told_of_once_whatever_its_partitions():
    said = samples.MDADM + samples.MDADM.replace("/dev/md127:", "/dev/md127p1:")
    assert mdraid.parse_detail(said) == mdraid.parse_detail(samples.MDADM)


@pytest.mark.parametrize(
    ("said", "decimal", "expected"),
    [
        ("558.911 GB", False, 600126116594),
        ("800.00 GB", True, 800 * 10**9),
        ("744.687 GiB", True, 799601577689),
        ("476940MB", False, 476940 << 20),
        ("7.276 TB [0x74702556 Sectors]", False, 0x74702556 * 4096),
        ("894.252 GB [0x6fc81ab0 Sectors]", False, 0x6FC81AB0 * 512),
        ("0 KB", False, None),
        ("", False, None),
        (None, False, None),
        ("a lot", False, None),
    ],
)
def test_sizes(said, decimal, expected):
    assert words.size(said, decimal) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("RAID10", "raid10"),
        ("1+0", "raid10"),
        ("RAID 1+0", "raid10"),
        ("6 Reed-Solomon", "raid6"),
        ("RAID1E", "raid1e"),
        ("1 (ADM)", "raid1"),
        ("Spanned_volume", "spanned volume"),
        ("linear", "linear"),
        (None, None),
    ],
)
def test_levels(said, expected):
    assert words.level(said) == expected


def test_a_failure_of_storcli_is_told_in_its_own_words():
    status = {"Controller": 0, "Status": "Failure", "Description": "None"}
    status["Detailed Status"] = [{"Ctrl": 0, "ErrCd": 255, "ErrMsg": "use /cx/cv"}]
    said = json.dumps({"Controllers": [{"Command Status": status}]})
    with pytest.raises(source.ParseError, match=r"^storcli64: use /cx/cv$"):
        storcli.parse(said, "storcli64")
