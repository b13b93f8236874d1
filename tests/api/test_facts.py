"""The vocabulary of what can be expected, by items of the real collectors; and its values."""

import json

import cmdb_board as board
import cmdb_canonical as canonical
import cmdb_cpu as cpu
import cmdb_disk as disk
import cmdb_dmidecode as dmidecode
import cmdb_host as host
import cmdb_lldp as lldp
import cmdb_memory as memory
import cmdb_replay as replay
import cmdb_smbios as smbios
import cmdb_source as source
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb_api.errors import Invalid
from cmdb_api.services import facts
from cmdb_api.services.fact_values import check, differs, spoken
from tests.docs import test_plugins
from tests.minion.collectors import make
from tests.minion.collectors.test_cpu import x86
from tests.minion.collectors.test_disk import sata
from tests.minion.collectors.test_host import RELEASE
from tests.minion.collectors.test_lldp import JSON

DMIDECODE = test_plugins.PROJECT / "tests/docs/dmidecode.txt"
GIB = 1 << 30


def by_place(collector, items):
    """Return {place: item} as the API has a collector's items: without None fields."""
    volatile = getattr(collector, "VOLATILE", ())
    kept = [
        {f: v for f, v in item.items() if v is not None and f not in volatile} for item in items
    ]
    return {canonical.place(item, collector.KEY): item for item in kept}


def observed(name, **items):
    return facts.observe(facts.find(name), items)


def test_memory_is_the_sum_of_its_modules():
    modules = memory.parse(smbios.parse(make.memory_device(1) + make.memory_device(2)))
    items = by_place(memory, modules)
    assert observed("memory.total_bytes", memory=items) == 16 * GIB
    assert observed("memory.module_count", memory=items) == 2
    assert observed("memory.type", memory=items) == "DDR4"
    next(iter(items.values())).pop("size_bytes")
    assert observed("memory.total_bytes", memory=items) is None


def test_the_kernel_s_memory_is_rough_and_tells_no_modules(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:       65842188 kB\nMemFree: 1 kB\n")
    with source.through(replay.Tree(str(tmp_path))):
        items = by_place(memory, memory.collect())
    fact = facts.find("memory.total_bytes")
    assert facts.observe(fact, {"memory": items}) == 65842188 * 1024
    assert observed("memory.module_count", memory=items) is None
    assert facts.is_rough(fact, {"memory": items})
    assert not differs(fact, 64 * GIB, 65842188 * 1024, rough=True)
    assert differs(fact, 64 * GIB, 65842188 * 1024)
    assert differs(fact, 128 * GIB, 65842188 * 1024, rough=True)
    assert differs(fact, 32 * GIB, 65842188 * 1024, rough=True)


def test_processors_are_added_up(tmp_path):
    (tmp_path / "proc").mkdir()
    told = "".join(x86(number, number // 2, number % 2) for number in range(4))
    (tmp_path / "proc/cpuinfo").write_text(told)
    with source.through(replay.Tree(str(tmp_path))):
        items = by_place(cpu, cpu.collect())
    assert observed("cpu.socket_count", cpu=items) == 2
    assert observed("cpu.core_count", cpu=items) == 4
    assert observed("cpu.thread_count", cpu=items) == 4
    assert observed("cpu.model", cpu=items) == "Example(R) CPU 8180 @ 2.50GHz"


def lay(root, files, links):
    for path, content in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    for path, goal in links.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).symlink_to(goal)


def test_disks_are_counted_without_those_that_can_be_taken_out(tmp_path):
    for name, port, more in (("sda", 1, {}), ("sdb", 2, {"removable": "1\n"})):
        lay(tmp_path, *sata(name, port, **more))
    with source.through(replay.Tree(str(tmp_path))):
        items = by_place(disk, disk.collect())
    assert len(items) == 2
    assert observed("disk.count", disk=items) == 1
    assert observed("disk.total_bytes", disk=items) == 1953525168 * 512
    assert observed("disk.serials", disk=items) == ["MADEUP-0000000"]


def test_paths_and_namespaces_are_one_disk():
    paths = {f"fc-{n}": {"wwn": "600a", "serial": "ARRAY", "size_bytes": 5} for n in range(4)}
    paths["fc-other"] = {"wwn": "600b", "serial": "ARRAY", "size_bytes": 7}
    assert observed("disk.count", disk=paths) == 2
    assert observed("disk.total_bytes", disk=paths) == 12
    spaces = {
        f"nvme-{n}": {"wwn": f"eui.{n}", "serial": "ONE", "namespace": n, "size_bytes": 5}
        for n in (1, 2)
    }
    assert observed("disk.count", disk=spaces) == 1
    assert observed("disk.total_bytes", disk=spaces) == 10
    assert observed("disk.serials", disk={"virtio-1": {"size_bytes": 5}}) is None


def test_the_system_and_the_machine_are_told_by_their_one_item(tmp_path):
    lay(
        tmp_path,
        {"/etc/os-release": RELEASE, "/proc/sys/kernel/osrelease": "6.1.0-1-amd64\n"},
        {},
    )
    with source.through(replay.Tree(str(tmp_path))):
        system = by_place(host, host.collect())
    assert observed("os.name", host=system) == "Example Linux"
    assert observed("os.version", host=system) == "9.4"
    assert observed("os.kernel", host=system) == "6.1.0-1-amd64"
    machine = by_place(board, board.parse(dmidecode.parse(DMIDECODE.read_text())))
    assert observed("board.vendor", board=machine) == "Example Computers"
    assert observed("board.model", board=machine) == "Example 1000"
    assert observed("board.serial", board=machine) == "EX4MPL3"


@pytest.mark.parametrize(
    ("item", "virtual"),
    [
        ({"virtualisation": "physical"}, False),
        ({"virtualisation": "kvm"}, True),
        ({"virtualisation": "physical", "container": "docker"}, True),
        ({}, None),
    ],
)
def test_a_machine_is_virtual_where_something_says_so(item, virtual):
    assert observed("host.virtual", host={"os": item}) is virtual


def test_the_switch_is_where_the_cables_lead():
    items = by_place(lldp, lldp.parse(JSON))
    assert observed("location.switch", lldp=items) == ["sw1.example.net"]
    assert observed("location.switch_port", lldp=items) == ["sw1.example.net Eth1/1"]
    assert observed("location.switch", lldp={}) == []


def test_ports_are_those_of_cards():
    card = {"mac": "02:00:00:00:00:09", "permanent_mac": "02:00:00:00:00:01"}
    items = {
        "pci-1": {"kind": "physical", **card},
        "bond0": {"kind": "bond", "mac": "02:00:00:00:00:09", "ipv4": ["192.0.2.1/24"]},
        "bond0.7": {"kind": "vlan", "ipv4": ["192.0.2.1/24"], "ipv6": ["2001:db8::1/64"]},
    }
    assert observed("nic.count", nic=items) == 1
    assert observed("nic.macs", nic=items) == ["02:00:00:00:00:01"]
    assert observed("host.addresses", nic=items) == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    ("kind", "item", "fault"),
    [
        ("raid_volume", {"state": "degraded", "missing_count": 1}, "degraded"),
        ("raid_volume", {"state": "rebuilding"}, "rebuilding"),
        ("raid_volume", {"state": "optimal", "missing_count": 1, "failed_count": 1}, "lacks 2"),
        ("raid_volume", {"state": "optimal", "missing_count": 0}, None),
        ("raid_volume", {"state": "Partially Odd"}, None),
        ("raid_disk", {"state": "failed"}, "failed"),
        ("raid_disk", {"state": "online", "smart_alert": True}, "failure foreseen"),
        ("raid_disk", {"state": "spare", "smart_alert": False}, None),
        ("raid_controller", {"state": "optimal", "battery_state": "failed"}, "battery failed"),
        ("raid_controller", {"state": "optimal", "battery_state": "absent"}, None),
        ("smart", {"passed": False}, "failure foreseen"),
        ("smart", {"passed": True}, None),
        ("smart", {"passed": None}, None),
        ("psu", {"state": "Critical"}, "Critical"),
        ("psu", {"state": "OK"}, None),
    ],
)
def test_what_fails_is_told_with_its_place(kind, item, fault):
    found = observed(f"{kind}.faults", **{kind: {"here": item, "there": {}}})
    assert found == ([f"here: {fault}"] if fault else [])


def test_one_component_can_fail_twice_and_is_told_with_its_serial_number():
    disk = {"c0:1:2": {"state": "failed", "smart_alert": True, "serial": "EX-7"}}
    found = observed("raid_disk.faults", raid_disk=disk)
    assert found == ["c0:1:2 (EX-7): failed", "c0:1:2 (EX-7): failure foreseen"]


def test_cards_that_only_show_a_console_are_no_gpu():
    items = {"a": {"id": "1a03:2000", "model": "AST"}, "b": {"id": "10de:20b0", "model": "A100"}}
    assert observed("gpu.count", gpu=items) == 1
    assert observed("gpu.model", gpu=items) == "A100"


@pytest.mark.parametrize("fact", facts.every(), ids=lambda fact: fact.name)
def test_every_fact_stands_what_collectors_may_leave_out(fact):
    assert fact.description and fact.compared
    assert facts.observe(fact, {}) is None
    for items in ({}, {"a": {}}, {"a": {}, "b": {}}):
        value = facts.observe(fact, {fact.kind: items})
        # An empty list is nothing to expect.
        assert value is None or check({fact.name: value}) == {
            fact.name: None if value == [] else value
        }


def test_any_kind_can_be_counted():
    assert facts.observe(facts.find("psu.count"), {"psu": {"1": {}, "2": {}}}) == 2
    assert facts.find("licence.count") is None
    assert facts.find("licence.count", {"licence"}).kind == "licence"
    assert facts.find("psu.counts") is None and facts.find(".count") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("64GiB", 64 * GIB),
        ("64 GiB", 64 * GIB),
        ("64gib", 64 * GIB),
        ("1.92TB", 1_920_000_000_000),
        ("0.5KiB", 512),
        ("480 GB", 480_000_000_000),
        ("12", 12),
        ("12B", 12),
        (0, 0),
    ],
)
def test_sizes_are_read_in_1000s_and_1024s(text, number):
    assert check({"memory.total_bytes": text}) == {"memory.total_bytes": number}


def test_other_values_are_read_as_people_write_them():
    given = {
        "disk.count": "4",
        "host.virtual": "No",
        "os.name": "  Debian GNU/Linux ",
        "nic.macs": "02-00-00-00-00-01",
        "disk.serials": ["B", "a", "A", "b"],
        "os.version": None,
        "os.id": "",
    }
    assert check(given) == {
        "disk.count": 4,
        "host.virtual": False,
        "os.name": "Debian GNU/Linux",
        "nic.macs": ["02:00:00:00:00:01"],
        "disk.serials": ["A", "b"],
        "os.version": None,
        "os.id": None,
    }


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("host.addresses", "10.0.0.2, 10.0.0.1", ["10.0.0.1", "10.0.0.2"]),
        ("host.addresses", "10.0.0.1 2001:DB8:0::1", ["10.0.0.1", "2001:db8::1"]),
        ("host.addresses", ["10.0.0.*", "2001:db8::*"], ["10.0.0.*", "2001:db8::*"]),
        (
            "nic.macs",
            "02-00-00-00-00-AB,0200.0000.00AC",
            ["02:00:00:00:00:ab", "02:00:00:00:00:ac"],
        ),
        ("nic.macs", ["0200000000ab", "02:00:00:*"], ["02:00:00:*", "02:00:00:00:00:ab"]),
        ("nic.macs", "00:11:22:33:44:55:66:77", ["00:11:22:33:44:55:66:77"]),
        ("bmc.mac", "0200.0000.00AB", "02:00:00:00:00:ab"),
        ("bmc.address", " 192.0.2.7 ", "192.0.2.7"),
        ("disk.serials", "A, B", ["A", "B"]),
        ("location.switch_port", "sw1 Eth1/7, sw2 Eth1/7", ["sw1 Eth1/7", "sw2 Eth1/7"]),
        ("location.switch_port", ["sw1 Eth1,7"], ["sw1 Eth1,7"]),
        ("disk.serials", [], None),
    ],
)
def test_addresses_and_lists_are_read_as_people_write_them(name, value, read):
    assert check({name: value}) == {name: read}
    assert check({name: read}) == {name: read}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "host.addresses",
            ["10.0.0.1", "999.1.1.1"],
            "999.1.1.1 is not what host.addresses is: IP",
        ),
        ("host.addresses", ["fe80::1%eth0"], "fe80::1%eth0 is not what"),
        ("host.addresses", "10.0.0.1/24", "10.0.0.1/24 is not what"),
        ("host.addresses", "web*", "web* is not what"),
        ("bmc.address", "not-ip", "not-ip is not what bmc.address is: an IPv4 address like"),
        ("bmc.address", "2001:db8::1", "2001:db8::1 is not what"),
        ("bmc.mac", "zz", "zz is not what bmc.mac is: a hardware address like"),
        ("nic.macs", ["02:00:00:00:00"], "02:00:00:00:00 is not what nic.macs is: hardware"),
        ("nic.macs", "02:00-00:00:00:01", "02:00-00:00:00:01 is not what"),
        ("disk.serials", ", ,", ", , is not what"),
        ("disk.count", "y" + "x" * 300, "y" + "x" * 99 + " is not what"),
        ("memory.total_bytes", "64G", "64G is not clear: 64GiB (1024s) or 64GB (1000s)?"),
        ("memory.total_bytes", "much", "much is not what memory.total_bytes is: a whole number of"),
        ("memory.total_bytes", 1.5, "1.5 is not what"),
        ("memory.total_bytes", -1, "-1 is not what"),
        ("memory.total_bytes", 1 << 63, "9223372036854775808 is not what"),
        ("memory.total_bytes", "9999999PB", "9999999PB is not what"),
        ("disk.count", True, "true is not what disk.count is: a whole number from 0 on"),
        ("disk.count", "4GiB", "4GiB is not what"),
        ("disk.count", [4], "4 is not what"),
        ("host.virtual", 1, "1 is not what host.virtual is: true or false"),
        ("os.name", 5, "5 is not what os.name is: text"),
        ("os.name", "a\nb", "is not what os.name is"),
        ("os.name", "x" * 2000, "is not what os.name is"),
        ("os.name", {"a": 1}, "an object is not what os.name is"),
        ("disk.serials", ["A", 5], "A, 5 is not what disk.serials is: a list of text"),
        ("memory.totalbytes", 5, "is no fact; did you mean memory.total_bytes"),
        ("dsk.count", 5, "is no fact; did you mean disk.count"),
        ("zzzz", 5, "is no fact; GET /api/v1/facts lists them"),
    ],
)
def test_what_can_not_be_expected_is_named_with_what_can(name, value, told):
    with pytest.raises(Invalid) as caught:
        check({name: value, "os.name": "Debian" if name != "os.name" else value})
    ((field, (text,)),) = caught.value.fields.items()
    assert field == f"expected.{name}"
    assert told in text


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(Invalid) as caught:
        check({"disk.count": "x", "os.nam": "Debian"})
    assert set(caught.value.fields) == {"expected.disk.count", "expected.os.nam"}
    for wrong in (["os.name"], {f"fact{n}": 1 for n in range(500)}):
        with pytest.raises(Invalid) as caught:
            check(wrong)
        assert set(caught.value.fields) == {"expected"}


@pytest.mark.parametrize(
    ("name", "declared", "seen", "differing"),
    [
        ("memory.total_bytes", 64 * GIB, 64 * GIB - 1, True),
        ("disk.total_bytes", 3_840_000_000_000, 3_840_788_496_384, False),
        ("disk.total_bytes", 3_840_000_000_000, 1_920_394_248_192, True),
        ("disk.total_bytes", 0, 1, True),
        ("disk.count", 4, 4, False),
        ("disk.count", 4, 3, True),
        ("disk.count", 4, None, False),
        ("os.name", "debian gnu/linux", "Debian GNU/Linux", False),
        ("os.kernel", "6.1.*", "6.1.0-1-amd64", False),
        ("os.kernel", "6.1.*", "6x1.0", True),
        ("os.version", "9", "9.4", True),
        ("cpu.model", "Example(R) CPU [A]", "Example(R) CPU A", True),
        ("bmc.mac", "02-00-00-00-00-AB", "02:00:00:00:00:ab", False),
        ("nic.macs", ["02-00-00-00-00-AB"], ["02:00:00:00:00:ab"], False),
        ("disk.serials", ["A", "B"], ["b", "a"], False),
        ("disk.serials", ["A"], ["A", "B"], True),
        ("disk.serials", ["A", "C"], ["A", "B"], True),
        ("host.addresses", ["192.0.2.1"], ["192.0.2.1", "2001:db8::1"], False),
        ("location.switch", ["sw1*"], ["sw1.example.net", "sw2.example.net"], False),
        ("location.switch", ["sw3*"], ["sw1.example.net", "sw2.example.net"], True),
        ("location.switch", ["sw1*"], [], True),
        ("host.virtual", False, True, True),
    ],
)
def test_values_are_compared_as_the_fact_asks(name, declared, seen, differing):
    assert differs(facts.find(name), declared, seen) is differing


@pytest.mark.parametrize(
    ("name", "declared", "seen", "told"),
    [
        ("memory.total_bytes", 64 * GIB, 32 * GIB, ["64 GiB", "32 GiB"]),
        ("memory.total_bytes", 64 * GIB, 64 * GIB - 1, [str(64 * GIB), str(64 * GIB - 1)]),
        ("disk.total_bytes", 1_920_000_000_000, 960_197_124_096, ["1.92 TB", "960.2 GB"]),
        ("disk.total_bytes", 900, 0, ["900 B", "0 B"]),
        ("disk.serials", ["A", "B"], [], ["A, B", "none"]),
        ("host.virtual", True, False, ["true", "false"]),
        ("os.version", "12", "11", ["12", "11"]),
    ],
)
def test_values_are_told_as_people_read_them(name, declared, seen, told):
    assert spoken(facts.find(name), declared, seen) == told


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([f.name for f in facts.every()]) | st.text(), JUNK))
def test_whatever_is_given_is_taken_once_or_refused_with_names(expected):
    try:
        found = check(expected)
    except Invalid as error:
        assert all(field.startswith("expected.") for field in error.fields)
    else:
        assert check(found) == found
        json.dumps(found).encode()


def test_the_facts_are_listed(reader, post, make_report):
    post(make_report("web01", {"licence": []}))
    items = {item["name"]: item for item in reader.get("/api/v1/facts").json["items"]}
    assert items["memory.total_bytes"] == {
        "name": "memory.total_bytes",
        "type": "number",
        "unit": "bytes",
        "kind": "memory",
        "description": "memory built in",
        "compared": "equal; where the kernel tells it: 10 % less to 1 % more",
    }
    assert {"os.name", "psu.count", "licence.count", "package.count"} <= set(items)
    assert list(items) == sorted(items)


def test_the_page_for_users_tells_of_every_fact():
    page = (test_plugins.PROJECT / "docs/declared.md").read_text(encoding="utf-8")
    assert [name for name in facts.FACTS if f"`{name}`" not in page] == []
