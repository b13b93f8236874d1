"""Hardware beside disks, whatever its tools print: items, a reason, or nothing; nothing else."""

import functools
import json
import pathlib

import cmdb_bmc as bmc
import cmdb_dmidecode as dmidecode
import cmdb_fru as fru
import cmdb_gpu as gpu
import cmdb_nvidia as nvidia
import cmdb_pci as pci
import cmdb_pcibus as pcibus
import cmdb_psu as psu
import cmdb_smart as smart
import cmdb_smartctl as smartctl
import cmdb_smartctl_scan as scan
import cmdb_smartctl_text as smartctl_text
import cmdb_smbios as smbios
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus import conftest
from tests.minion.collectors import test_gpu, test_ipmi, test_pci, test_psu, test_smart, test_total

ATA = json.dumps(test_smart.ATA)


def drive(parse_one):
    """Return a parser of what ``smartctl`` prints of one drive that gives items."""

    def parse(said):
        fields = parse_one(said)
        return [] if fields is None else smart.parse([("place", "/dev/sda", fields)])

    return parse


def drives(parse_list):
    """Return a parser of ``smartctl``'s list of drives that gives items."""

    def parse(said):
        found = parse_list(said)
        return smart.parse([(scan.behind(kind) or name, name, {}) for name, kind, _ in found])

    return parse


def cards(said):
    """Return the items of cards that NVIDIA's tool tells of."""
    told = nvidia.parse(said)
    function = pcibus.parse_uevent("PCI_CLASS=30000\nPCI_ID=10DE:1EB8\n")
    return gpu.parse(dict.fromkeys(told, function), {}, told)


def function(said):
    found = pcibus.parse_uevent(said)
    return pci.parse({"0000:00:00.0": found} if found else {}, test_pci.NAMES)


def named(said):
    found = pcibus.parse_uevent(test_pci.RAID)
    return pci.parse({"0000:00:00.0": found}, said.encode("utf-8", "replace"))


# What prints, a sample of it, the real ones in the corpus.
TEXTS = {
    "mc info": (lambda said: bmc.parse(said, None), test_ipmi.MC, ()),
    "lan print": (lambda said: [bmc.parse_lan(said)], test_ipmi.LAN, ["ipmitool/*lan*.txt"]),
    "fru print": (fru.parse, test_ipmi.FRU, ["ipmitool/*fru*.txt"]),
    "psu": (
        lambda said: psu.parse(dmidecode.parse(said)),
        test_psu.TEXT,
        ["dmidecode/*psu*.txt", "dmidecode/*type_39*"],
    ),
    "smartctl -j": (drive(smartctl.parse), ATA, ["smartctl/*.json", "nvme/*smartctl*.json"]),
    "smartctl": (drive(smartctl_text.parse), test_smart.ATA_TEXT, ["smartctl/*.txt"]),
    "scan -j": (drives(scan.parse), '{"devices": []}', ["smartctl/*scan*.json"]),
    "scan": (drives(scan.parse_text), "/dev/sda -d sat # x\n", ["smartctl/*scan*.txt"]),
    "nvidia-smi": (cards, test_gpu.XML, ["nvidia-smi/*"]),
    "information": (
        lambda said: list(nvidia.parse_information(said, None).values()),
        test_gpu.INFORMATION,
        (),
    ),
    "uevent": (function, test_pci.RAID, ()),
    "pci.ids": (named, test_pci.NAMES.decode(), ()),
}


@functools.cache
def samples(name):
    """Return the hand-made sample and the corpus' real ones, as bytes."""
    _, own, patterns = TEXTS[name]
    folder = pathlib.Path(conftest.FOLDER)
    real = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    return [own.encode(), *(path.read_bytes() for path in real)]


def mutated(sample, data):
    """Return the sample cut off, with lines left out or doubled, bytes changed or line ends."""
    for _ in range(data.draw(st.integers(1, 3))):
        how = data.draw(st.sampled_from(["cut", "drop", "double", "flip", "ends", "noise"]))
        at = data.draw(st.integers(0, max(len(sample), 1)))
        if how == "cut":
            sample = sample[:at]
        elif how == "flip":
            sample = sample[:at] + data.draw(st.binary(max_size=3)) + sample[at + 1 :]
        elif how == "ends":
            sample = sample.replace(b"\n", b"\r\n")
        elif how == "noise":
            sample = b"Warning: \xff something {\n" + sample
        else:
            lines = sample.splitlines(keepends=True)
            line = at % max(len(lines), 1)
            lines[line : line + 1] = lines[line : line + 1] * (2 if how == "double" else 0)
            sample = b"".join(lines)
    return sample


@pytest.mark.parametrize("name", TEXTS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_a_tool_prints_may_be_anything(name, data):
    sample = data.draw(st.sampled_from(samples(name)))
    said = mutated(sample, data).decode("utf-8", "replace")
    items = test_total.items_or_reason(TEXTS[name][0], said) or []
    slots = [item["slot"] for item in items if "slot" in item]
    assert len(set(slots)) == len(slots)


@pytest.mark.parametrize("name", TEXTS)
@given(said=st.text(st.characters(exclude_categories=[]), max_size=200))
@settings(max_examples=30, deadline=None)
def test_any_text_is_no_surprise(name, said):
    test_total.items_or_reason(TEXTS[name][0], said)


@pytest.mark.parametrize("name", TEXTS)
def test_every_sample_cut_off_at_every_line_gives_items_or_a_reason(name):
    for sample in samples(name)[:4]:
        lines = sample.decode("utf-8", "replace").splitlines(keepends=True)
        for end in range(0, len(lines), max(len(lines) // 40, 1)):
            test_total.items_or_reason(TEXTS[name][0], "".join(lines[:end]))


# What JSON can hold in place of what is expected.
SCRAP = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=4,
)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_drive_s_json_may_hold_anything_anywhere(data):
    report = json.loads(
        json.dumps(
            data.draw(st.sampled_from([test_smart.ATA, test_smart.NVME_HEALTH, test_smart.SCSI]))
        )
    )
    at = report
    while isinstance(at, dict) and at:
        name = data.draw(st.sampled_from(sorted(at)))
        if not isinstance(at[name], dict) or data.draw(st.booleans()):
            at[name] = data.draw(SCRAP)
            break
        at = at[name]
    test_total.items_or_reason(drive(smartctl.parse), json.dumps(report))


TABLE = test_psu.supply(1, 0x1A3, "PWS-EX-1R", "EXAMPLE", "MADEUP01", "PWS-EX", "PSU1")


@given(table=test_total.mutated(TABLE + b"\x7f\x04\xff\xff\0\0"))
@settings(max_examples=150, deadline=None)
def test_the_decoder_of_power_supplies_is_total(table):
    test_total.items_or_reason(lambda: psu.parse(smbios.parse(table)))
