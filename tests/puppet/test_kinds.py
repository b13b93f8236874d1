"""What facts tell of each kind, and that it is told in the collectors' words."""

import importlib
import json

import cmdb_filesystem
import cmdb_text
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb_api.services import placeholders, puppet_facts, puppet_mounts, puppet_report
from cmdb_api.services.puppet_kinds import TOLD
from cmdb_api.services.puppetdb import Node, moment
from cmdb_api.services.quarantine import KINDS
from tests.minion.schema import REPORT
from tests.puppet.facts import SERVER, VIRTUAL

NODE = Node("db01.example.com", moment("2026-11-24T08:00:00.000Z"), "0" * 40)


def told(facts, kind):
    return puppet_facts.sections(facts, [kind])[kind]


def items(facts, kind):
    section = told(facts, kind)
    assert section["status"] == "ok", section
    return section["items"]


@pytest.mark.parametrize("kind", TOLD)
def test_key_serial_and_volatile_fields_are_the_collectors(kind):
    module = importlib.import_module(f"cmdb_{kind}")
    assert list(TOLD[kind].key) == module.KEY
    assert TOLD[kind].serial == getattr(module, "SERIAL", None)
    assert set(TOLD[kind].fields) <= KINDS[kind].keys()
    volatile = set(getattr(module, "VOLATILE", ())) & set(TOLD[kind].fields)
    assert set(TOLD[kind].volatile) == volatile


@pytest.mark.parametrize("kind", TOLD)
def test_no_fact_brings_a_field_that_the_documentation_does_not_know(kind):
    for facts in (SERVER, VIRTUAL, {k: v for k, v in SERVER.items() if k != "dmi"}):
        section = told(facts, kind)
        for item in section.get("items", ()):
            assert item.keys() <= set(TOLD[kind].fields) - set(TOLD[kind].volatile)


def test_what_the_collector_leaves_out_of_filesystems_is_left_out_here():
    for name in ("EXCLUDE_TYPES", "EXCLUDE", "POOLED"):
        assert getattr(puppet_mounts, name) == getattr(cmdb_filesystem, name), name
    for name in ("_MOVING", "_LEFT_OUT"):
        assert getattr(puppet_mounts, name).pattern == getattr(cmdb_filesystem, name).pattern


def test_what_is_nothing_to_the_collectors_is_nothing_here():
    assert [word for word in cmdb_text.PLACEHOLDERS if placeholders.serial(word)] == []
    assert [each for each in cmdb_text.SHARED_UUIDS if placeholders.uuid(each)] == []
    for nothing in ("0", "0123456789", "00000000", "FFFFFFFF", "xxxxxxxx", "SerNum01", " ", None):
        assert placeholders.serial(nothing) is None, nothing
    for name in ("Dell Inc.", "X11DPi-N", "Standard PC (i440FX + PIIX, 1996)", "Other World"):
        assert placeholders.serial(name) == name


def test_the_operating_system_is_named_as_its_os_release_names_it():
    assert items(VIRTUAL, "host") == [
        {
            "place": "os",
            "os_id": "debian",
            "os_name": "Debian GNU/Linux",
            "os_version": "12",
            "kernel": "5.14.0-427.el9.x86_64",
            "architecture": "x86_64",
            "virtualisation": "vmware",
        }
    ]
    (server,) = items(SERVER, "host")
    assert (server["os_id"], server["os_version"]) == ("rocky", "9.4")


def test_each_socket_of_a_physical_server_is_a_processor():
    model = "Intel(R) Xeon(R) Silver 4110 CPU @ 2.10GHz"
    each = {"model": model, "core_count": 8, "thread_count": 16}
    assert items(SERVER, "cpu") == [{"socket": "P0", **each}, {"socket": "P1", **each}]


def test_sockets_whose_numbers_are_the_hypervisors_whim_are_not_told():
    section = told(VIRTUAL, "cpu")
    assert section["status"] == "unavailable"
    assert "the numbers of the processors' sockets" in section["reason"]


def test_firmware_is_told_without_its_placeholders():
    (board,) = items(SERVER, "board")
    assert board["serial"] == "EXMPL01"
    assert board["uuid"] == "4c4c4544-0058-4d10-8050-c5c04f303131"
    assert board["bios_date"] == "2023-06-04"
    assert board["asset_tag"] == "INV-00042"
    assert "baseboard_asset_tag" not in board


def test_memory_is_one_item_only_where_firmware_tells_of_no_modules():
    assert "memory modules" in told(SERVER, "memory")["reason"]
    microvm = {name: fact for name, fact in VIRTUAL.items() if name != "dmi"}
    assert items(microvm, "memory") == [{"slot": "total", "size_bytes": 134_000_000_000}]


def test_filesystems_are_told_by_names_that_last():
    section = told(SERVER, "filesystem")
    boot = section["items"][1]
    assert [each["mount_point"] for each in section["items"]] == ["/", "/boot", "/mnt/gone"]
    assert section["items"][0]["device"] == "/dev/mapper/rl-root"
    assert boot["device"] == "UUID=340a2b44-d91d-4f3d-84fc-000000000001"
    assert boot["read_only"] is True
    assert section["volatile"]["/boot"]["name"] == "/dev/sda1"


def test_a_filesystem_that_did_not_answer_has_no_sizes():
    gone = told(SERVER, "filesystem")["items"][2]
    assert gone["options"] == ["rw", "vers=4.2"]
    assert "size_bytes" not in gone


def test_a_device_whose_name_may_move_is_not_named_where_no_fact_tells_its_uuid():
    facts = SERVER | {"partitions": {}}
    assert "device" not in items(facts, "filesystem")[1]


@pytest.mark.parametrize("kind", ["disk", "nic", "package", "raid_disk", "unit"])
def test_what_facts_cannot_key_as_the_collectors_do_is_unavailable(kind):
    section = told(SERVER, kind)
    assert section["status"] == "unavailable"
    assert section["reason"].startswith("Puppet's facts do not tell ")


def test_the_report_is_of_the_schema_and_the_same_for_the_same_facts():
    report = puppet_report.of_facts(NODE, SERVER, "db01.example.com", KINDS)
    jsonschema.validate(report, REPORT)
    assert report == puppet_report.of_facts(NODE, SERVER, "db01.example.com", KINDS)
    assert report["collected_at"] == "2026-11-24T08:00:00.000Z"
    moved = NODE._replace(producer_at=moment("2026-11-24T08:30:00.000Z"))
    assert puppet_report.of_facts(moved, SERVER, "x", KINDS)["report_id"] != report["report_id"]


def paths(facts, path=()):
    """Yield the path of each fact and of what it is made of."""
    if path:
        yield path
    if isinstance(facts, dict):
        for name, value in facts.items():
            yield from paths(value, (*path, name))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


# Three validations of a schema take their time on a busy machine.
@settings(deadline=None, max_examples=50)
@given(st.sampled_from(list(paths(SERVER))), JSON)
def test_facts_of_any_shape_make_a_report_of_the_schema(path, value):
    facts = json.loads(json.dumps(SERVER))
    inner = facts
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    report = puppet_report.of_facts(NODE, facts, "db01.example.com", KINDS)
    jsonschema.validate(json.loads(json.dumps(report)), REPORT)


def test_what_a_node_says_costs_the_import_little():
    facts = {
        "processors": {"physicalcount": 10**12, "models": []},
        "is_virtual": False,
        "os": {"hardware": "x86_64"},
        "dmi": {"product": {"serial_number": "123456789" + "0123456789" * 60 + "!"}},
    }
    assert told(facts, "cpu")["status"] == "unavailable"
    (board,) = items(facts, "board")
    assert board["serial"].endswith("!")
