"""Which RAID tools are asked on a machine, and what it means where one is missing."""

import contextlib

import cmdb_canonical as canonical
import cmdb_raid_controller as raid_controller
import cmdb_raid_disk as raid_disk
import cmdb_raid_volume as raid_volume
import cmdb_source as source
import pytest

from tests.minion.collectors import raid_samples as samples

COLLECTORS = (raid_controller, raid_volume, raid_disk)
STORCLI = {
    "/commands/storcli64 _call show all J nolog": samples.STORCLI,
    "/commands/storcli64 _call_eall_sall show all J nolog": samples.STORCLI_DRIVES,
    "/commands/storcli64 _call_sall show all J nolog": samples.storcli(
        None, 0, "Failure", "No drive found!"
    ),
    "/commands/storcli64 _call_vall show all J nolog": samples.STORCLI_VOLUMES,
}
NO_CONTROLLER = samples.storcli(None, None, "Failure", "No Controller found")
MEGARAID = "/sys/bus/pci/drivers/megaraid_sas/0000:3b:00.0/class"


def places(collector):
    items = collector.collect()
    found = [canonical.place(item, collector.KEY) for item in items]
    assert len(set(found)) == len(found)
    return sorted(item["place"] for item in items)


def test_storcli_is_asked_for_each_kind(machine):
    machine(STORCLI)
    assert places(raid_controller) == ["c0"]
    assert places(raid_volume) == ["c0:v3"]
    assert places(raid_disk) == ["c0:-:3", "c0:252:0", "c0:252:1", "c0:252:2", "c0:252:4"]


def test_families_side_by_side_all_count_and_one_controller_counts_once(machine):
    # What sas3ircu shows here is at storcli's PCI address.
    machine(
        {
            **STORCLI,
            "/commands/ssacli": samples.SSACLI,
            "/commands/arcconf": samples.ARCCONF,
            "/commands/sas3ircu LIST": samples.SASIRCU_LIST,
            "/commands/sas3ircu 0 DISPLAY": samples.SASIRCU,
            "/proc/mdstat": samples.MDSTAT,
        }
    )
    assert places(raid_controller) == ["c0", "controller1", "slot2"]
    volumes = ["c0:v3", "controller1:v0", "md0", "md5", "slot2:v1"]
    assert places(raid_volume) == volumes


def test_the_next_tool_is_asked_where_the_first_knows_no_controller(machine):
    machine({"/commands/storcli64": NO_CONTROLLER, "/commands/MegaCli64": samples.MEGACLI})
    assert places(raid_disk) == ["c0:-:7", "c0:252:0"]


@pytest.mark.parametrize("collector", COLLECTORS)
def test_without_a_controller_nothing_is_said_of_disks(machine, collector):
    machine({"/proc/mdstat": "Personalities : \nunused devices: <none>\n"})
    with pytest.raises(source.Unavailable, match="no RAID controller"):
        collector.collect()


@pytest.mark.parametrize("collector", COLLECTORS)
def test_a_controller_without_its_tool_is_named_with_the_tool(machine, collector):
    machine({MEGARAID: "0x010400\n", "/proc/mdstat": samples.MDSTAT})
    with pytest.raises(source.Unavailable, match=r"megaraid_sas.*3b:00\.0.*storcli64.*installed"):
        collector.collect()


def test_a_tool_that_is_gone_from_one_of_two_controllers_removes_nothing(machine):
    machine({**STORCLI, "/sys/bus/pci/drivers/hpsa/0000:5c:00.0/class": "0x010400\n"})
    with pytest.raises(source.Unavailable, match="ssacli"):
        raid_disk.collect()


def test_a_driver_can_be_left_aside_by_a_setting(machine):
    machine({MEGARAID: "0x010400\n", "/proc/mdstat": samples.MDSTAT})
    source.begin(source.Task({"ignore_drivers": ["megaraid_sas"]}))
    try:
        assert places(raid_volume) == ["md0", "md5"]
    finally:
        source.begin(None)


def test_a_plain_host_adapter_needs_no_tool(machine):
    adapter = "/sys/bus/pci/drivers/mpt3sas/0000:3b:00.0/class"
    machine({adapter: "0x010700\n", "/proc/mdstat": samples.MDSTAT})
    assert places(raid_volume) == ["md0", "md5"]


def test_a_controller_that_lost_its_driver_does_not_lose_its_volumes(machine):
    device = "/sys/bus/pci/devices/0000:3b:00.0/class"
    machine({device: "0x010400\n", "/proc/mdstat": samples.MDSTAT})
    with pytest.raises(source.Unavailable, match="no driver"):
        raid_volume.collect()


@pytest.mark.parametrize(
    "said",
    [
        "\nError: You need to have administrator rights to continue.\n",
        "You must be root to run this program.\n",
        "mdadm: must be super-user to perform this action\n",
    ],
)
def test_a_tool_that_only_root_may_ask_is_unavailable(machine, said):
    machine({"/commands/ssacli": said, "/sys/bus/pci/drivers/hpsa/0000:5c:00.0/class": "0x010400"})
    with pytest.raises(source.Unavailable, match="no right to run ssacli: run as root"):
        raid_disk.collect()


@pytest.mark.parametrize("output", ["", "segfault\n", "Controllers found: 1\n"])
def test_a_tool_that_breaks_off_is_an_error(machine, output):
    machine({"/commands/arcconf": output})
    with pytest.raises(source.CollectorError) as error:
        raid_disk.collect()
    assert error.value.outcome == "error"


def test_a_cut_configuration_does_not_look_like_no_disks(machine):
    machine({"/commands/arcconf": samples.ARCCONF[:1200]})
    for collector in COLLECTORS:
        with pytest.raises(source.ParseError):
            collector.collect()
    machine({"/commands/arcconf": samples.ARCCONF, "/commands/ssacli": samples.SSACLI[:200]})
    with pytest.raises(source.ParseError):
        raid_disk.collect()


@pytest.mark.parametrize("collector", COLLECTORS)
@pytest.mark.parametrize(
    ("tool", "output"),
    [
        ("MegaCli64", samples.MEGACLI),
        ("ssacli", samples.SSACLI),
        ("arcconf", samples.ARCCONF),
        ("sas3ircu 0 DISPLAY", samples.SASIRCU),
        ("storcli64 _call show all J nolog", samples.STORCLI),
    ],
)
def test_no_cut_output_looks_like_nothing_there(machine, collector, tool, output):
    machine({"/commands/sas3ircu LIST": samples.SASIRCU_LIST} if "sas3" in tool else {})
    for end in range(0, len(output), 23):
        machine({f"/commands/{tool}": output[:end]})
        with contextlib.suppress(source.CollectorError):
            assert collector.collect(), output[:end]


def test_volumes_may_all_be_gone_where_the_tool_says_so(machine):
    unassigned = samples.SSACLI.partition("   Array: A")[0] + (
        "   Unassigned\n\n      physicaldrive 1I:1:1\n         Status: OK\n"
    )
    machine({"/commands/ssacli": unassigned})
    assert raid_volume.collect() == []
    none = samples.ARCCONF.partition("Logical device number")
    rest = none[2].partition("-----")[2].partition("\n----------------------")[2]
    machine({"/commands/arcconf": none[0] + "   No logical devices configured\n---\n" + rest})
    assert raid_volume.collect() == []


def answers(collector):
    """Return how many items a collector has, None where it is unavailable."""
    try:
        return len(collector.collect())
    except source.Unavailable:
        return None


MEGACLI = samples.MEGACLI.strip("\n")
ONE_OUTPUT = {
    "storcli64 of all controllers": (samples.STORCLI, (1, 1, 5)),
    "storcli64 of all drives": (samples.STORCLI_DRIVES, (None, None, 1)),
    "storcli64 of all volumes": (samples.STORCLI_VOLUMES, (None, 1, 2)),
    "storcli64 of one drive": (samples.STORCLI_ONE_DRIVE, (None, None, 1)),
    "storcli64 in short": (samples.STORCLI_OVERVIEW, (1, None, None)),
    "storcli64 of an adapter": (samples.STORCLI_ADAPTER, (1, 0, 1)),
    "storcli64 of patrols": (samples.storcli({"Patrol": []}), (None, None, None)),
    "storcli64 of nothing foreign": (
        samples.storcli(None, 0, "Failure", "No foreign configuration found."),
        (None, None, None),
    ),
    "storcli2 of its controller": (samples.STORCLI2_CONTROLLER, (1, 1, 0)),
    "MegaCli64 of adapters": (MEGACLI.partition("PCI information")[0], (1, None, None)),
    "MegaCli64 of volumes": (
        "Adapter #0" + MEGACLI.partition("Adapter #0\n\nNumber")[2].partition("PD: 0")[0],
        (None, 1, None),
    ),
    "MegaCli64 of disks": (
        "Adapter #0\nEnclosure" + MEGACLI.partition("\nEnclosure")[2],
        (None, None, 2),
    ),
    "MegaCli64 of batteries": (
        "BBU status for Adapter: 0\n\nBatteryType: BBU\n\nExit Code: 0x00\n",
        (None, None, None),
    ),
    "MegaCli64 of enclosures": (
        "Number of enclosures on adapter 0 -- 1\n\nExit Code: 0x00\n",
        (None, None, None),
    ),
    "MegaCli64 that counts": ("Controller Count: 1.\n\nExit Code: 0x01\n", (None, None, None)),
    "ssacli of states": (samples.SSACLI_STATES, (1, 1, 2)),
    "ssacli of no volume": (
        "\nError: The specified controller does not have any logical drive.\n",
        (None, None, None),
    ),
    "arcconf of disks": (
        "Controllers found: 1\nPhysical Device information\n"
        + samples.ARCCONF.partition("Physical Device information\n")[2],
        (None, None, 2),
    ),
    "arcconf of what it does": (
        "Controllers found: 1\n   Current operation : None\n\nCommand completed successfully.\n",
        (None, None, None),
    ),
    "sas3ircu of one": (samples.SASIRCU, (1, 1, 1)),
    "sas3ircu of all": (samples.SASIRCU_LIST, (1, None, None)),
    "mdadm of an array": (samples.MDADM, (None, 1, None)),
    "mdadm of a member": ("/dev/sda1:\n          Magic : a92b4efc\n", (None, None, None)),
}


@pytest.mark.parametrize("name", ONE_OUTPUT)
def test_one_output_alone_gives_what_it_tells(machine, name):
    output, expected = ONE_OUTPUT[name]
    machine({f"/commands/{name.split()[0]}": output})
    assert tuple(answers(each) for each in COLLECTORS) == expected


def test_one_controller_s_configuration_is_not_another_s(machine):
    machine({"/commands/arcconf": samples.ARCCONF.replace("found: 1", "found: 2")})
    assert [answers(each) for each in COLLECTORS] == [1, 1, 2]


def test_carriage_returns_make_no_difference(machine):
    for end in ("\r\n", "\r"):
        machine({"/commands/arcconf": samples.ARCCONF.replace("\n", end).encode()})
        assert [answers(each) for each in COLLECTORS] == [1, 1, 2]


def test_a_tool_that_tells_of_something_else_leaves_the_volumes_of_md_aside_too(machine):
    # Those of the controller would look removed.
    machine({"/commands/storcli64": samples.STORCLI_DRIVES, "/proc/mdstat": samples.MDSTAT})
    with pytest.raises(source.Unavailable, match="says nothing of volumes"):
        raid_volume.collect()


def test_mdadm_is_asked_on_no_machine(machine):
    machine({"/proc/version": "Linux\n", "/commands/mdadm": samples.MDADM})
    with pytest.raises(source.Unavailable):
        raid_volume.collect()


def test_md_members_are_named_by_their_place(machine):
    disk = "/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda"
    machine(
        {
            "/proc/mdstat": "Personalities : [raid1]\nmd0 : active raid1 sda1[0]\n  8 blocks\n",
            "/sys/block/md0/size": "20\n",
            "/sys/block/md0/dev": "9:0\n",
            "/sys/block/md0/md/uuid": "e054553a-fbcc-dcfe-0ae8-0bc89379377a\n",
            f"{disk}/sda1/partition": "1\n",
            "/run/udev/data/b9:0": "E:MD_DEVNAME=root\n",
        },
        {"/sys/block/md0/md/dev-sda1/block": f"{disk}/sda1"},
    )
    # The fixture's links are absolute: a tree's are relative to its root.
    (item,) = raid_volume.collect()
    assert item["members"] == ["pci-0000:00:1f.2-ata-1-part1"]
    assert (item["size_bytes"], item["name"]) == (10240, "root")
