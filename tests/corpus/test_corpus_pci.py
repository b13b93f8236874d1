"""PCI functions: names as lspci has them, and every tree of the corpus."""

import pathlib
import re

import cmdb_gpu as gpu
import cmdb_pci as pci
import cmdb_pcibus as pcibus
import cmdb_replay as replay
import cmdb_source as source
import pytest

from tests.corpus.agreement import Agreement, facts_of

KERNEL = re.compile(r"^(\S+) .*?\[([0-9a-f]{4})\]: .*\[([0-9a-f]{4}:[0-9a-f]{4})\]")


@pytest.fixture(scope="module")
def names():
    """Return this machine's pci.ids."""
    files = [path for path in map(pathlib.Path, pcibus.NAME_FILES) if path.is_file()]
    if not files:
        pytest.skip("pci.ids is not installed here")
    return files[0].read_bytes()


def item(names, kind, own, under=None):
    """Return our item of a function with these ids."""
    said = f"PCI_CLASS={int(kind, 16):x}00\nPCI_ID={own.upper()}\n"
    said += f"PCI_SUBSYS_ID={under.upper()}\n" if under else ""
    return pci.parse({"0000:00:00.0": pcibus.parse_uevent(said)}, names)[0]


def test_names_are_those_of_lspci(corpus, names):
    """The corpus' lspci had a list of another year: a name that was changed since differs."""
    seen = Agreement("lspci names", "asserted, reference-parser")
    for path, facts in facts_of(corpus, "lspci", ("asserted", "reference-parser")):
        for device in facts.get("devices", []):
            ours = item(names, device["class_id"], device["id"], device.get("subsystem"))
            seen.compare(path.name, "class", device["class_name"], ours["class"])
            own = ours["device"] or f"Device [{device['id']}]"
            both = f"{ours['vendor']} {own}"
            theirs = device["vendor_device"]
            seen.compare(path.name, "vendor", theirs[: len(ours["vendor"])], ours["vendor"])
            seen.compare(path.name, "device", theirs, both)
        for record in facts.get("records", []):
            if "class" in record:
                own = f"{record['vendor_id']}:{record['device_id']}"
                under = [record.get("svendor_id"), record.get("sdevice_id")]
                card = ":".join(under) if all(under) else None
                ours = item(names, record["class_id"], own, card)
                for field in ("class", "vendor", "device"):
                    seen.compare(path.name, field, record[field], ours[field])
                if record.get("sdevice") and ours["subsystem"]:
                    seen.compare(path.name, "card", record["sdevice"], ours["subsystem"])
    assert seen.ratio >= 0.9, seen


def test_a_function_s_part_of_the_file_names_it_as_the_whole_does(corpus, names):
    found = {}
    for path, facts in facts_of(corpus, "lspci", ("asserted", "reference-parser")):
        for number, device in enumerate(facts.get("devices", [])):
            found[f"{path.name} {number}"] = {
                "class": device["class_id"] + "00",
                "id": device["id"],
                "subsystem_id": device.get("subsystem"),
            }
    part = pcibus.names_file(found)
    assert 0 < len(part) < len(names) // 50
    assert pcibus.names(part, found) == pcibus.names(names, found)


@pytest.mark.parametrize("collector", [pci, gpu])
def test_every_tree_gives_unique_functions_or_says_why_not(trees, collector):
    found = {}
    for name, root in trees.items():
        with source.through(replay.Tree(root)):
            try:
                items = collector.collect()
            except source.CollectorError as error:
                assert str(error), name
                continue
        assert len({each["slot"] for each in items}) == len(items), name
        found[name] = len(items)
    assert found
