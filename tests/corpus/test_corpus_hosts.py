"""Bonds, LVM, virtual machines and mounts of the corpus: no expected facts, so read by eye."""

import cmdb_bond as bond
import cmdb_domain as domain
import cmdb_filesystem as filesystem
import cmdb_lvm as lvm

# What GLPI's agent asked its tools for.
COLUMNS = {
    "lv": ("lv_name", "vg_uuid", "lv_attr", "lv_size", "lv_uuid", "seg_count"),
    "pv": ("pv_name", "pv_fmt", "pv_attr", "pv_size", "pv_free", "pv_uuid", "count", "vg_uuid"),
    "vg": (
        *("vg_name", "pv_count", "lv_count", "vg_attr", "vg_size", "vg_free", "vg_uuid"),
        "vg_extent_size",
    ),
}


def test_all_bonds_are_read(corpus):
    found = {
        path.stem: bond.parse(path.read_text(), path.stem)[0]
        for path in sorted((corpus / "bonding").glob("*.txt"))
    }
    modes = sorted(item["mode"] for item in found.values())
    assert modes == ["802.3ad", "802.3ad", "balance-rr", "balance-xor"]
    assert all(len(item["ports"]) == 2 for item in found.values())
    assert found["insights-test_bond-BOND_MODE_4"]["down_ports"] == ["enp0s8"]


def test_all_of_lvm_is_read(corpus):
    for path in sorted((corpus / "lvm").glob("glpi-*.txt")):
        kind, said = path.stem.split("-")[1][:-1], path.read_text()
        items = lvm.parse(said, kind, COLUMNS[kind], unit="M")
        assert len(items) == len(said.splitlines())
        assert all(item["size_bytes"] and item["uuid"] for item in items), path
    (root,) = lvm.parse((corpus / "lvm/netdata-lvm-.json").read_text(), "lv")
    assert (root["place"], root["size_bytes"]) == ("lv/cm-vg/root", 214232465408)


def test_all_virtual_machines_are_read(corpus):
    for path in sorted((corpus / "virsh").glob("glpi-dumpxml*")):
        item = domain.parse_xml(path.read_text())
        assert item["uuid"] and item["memory_bytes"] and item["vcpu_count"], path
    states = domain.parse_list((corpus / "virsh/glpi-list1.txt").read_text())
    assert len(states) == 10
    assert states["vm-srv-net1"] == "shut off"


def test_a_real_list_of_mounts_is_read(corpus):
    archive = (corpus / "sysfs-tree/procfs-procfs-fixtures.ttar").read_text(errors="replace")
    told = archive.split("Path: fixtures/proc/26231/mountinfo\n")[1].split("\n# ttar")[0]
    lines = told.split("\n", 1)[1].split("\nMode:")[0]
    assert filesystem.parse(lines + "\n")
