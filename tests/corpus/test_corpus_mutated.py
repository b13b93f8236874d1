"""Every sample, whole and then damaged, through the way of a replay: no outcome but the known ones.

The damage is the same in each run; CMDB_MUTATIONS sets how many times each sample is damaged.
"""

import importlib
import json
import os
import random
import re
import shutil

import cmdb_replay as replay
import cmdb_run as run
import cmdb_source as source
import pytest

from tests.salt.conftest import PROJECT

TIMES = int(os.environ.get("CMDB_MUTATIONS", "3"))
KINDS = json.loads((PROJECT / "cmdb_api/schemas/kinds.json").read_text())
TYPES = {"str": str, "int": int, "bool": bool, "list": list}
SMBIOS = ("board", "memory", "cpu", "psu")
RAID = ("raid_controller", "raid_volume", "raid_disk")
# {folder of the corpus: (where its samples stand in a tree, the kinds that read it)}
PLACES = {
    "dmidecode": ("commands/dmidecode", SMBIOS),
    "dmi-bin": ("sys/firmware/dmi/tables/DMI", SMBIOS),
    "cpuinfo": ("proc/cpuinfo", ("cpu",)),
    "storcli": ("commands/storcli64", RAID),
    "megacli": ("commands/MegaCli64", RAID),
    "ssacli": ("commands/ssacli", RAID),
    "arcconf": ("commands/arcconf", RAID),
    "sas2ircu": ("commands/sas2ircu", RAID),
    "sas3ircu": ("commands/sas3ircu", RAID),
    "mdadm": ("commands/mdadm", RAID),
    "smartctl": ("commands/smartctl", ("smart",)),
    "ipmitool": ("commands/ipmitool", ("bmc", "fru")),
    "lldp": ("commands/lldpctl", ("lldp",)),
    "nvidia-smi": ("commands/nvidia-smi", ("gpu",)),
    "lvm": ("commands/pvs", ("lvm",)),
    "bonding": ("proc/net/bonding/bond0", ("bond",)),
    "os-release": ("etc/os-release", ("host",)),
    "virsh": ("commands/virsh", ("guest",)),
    "packages": ("commands/rpm", ("package",)),
}
# What else must be there for the tool to be asked.
BESIDE = {
    "ipmitool": ("dev/ipmi0", "sys/class/ipmi/ipmi0/uevent"),
    "os-release": ("proc/sys/kernel/hostname",),
}
# What no sample of a folder tells of.
NOT_TOLD = {"mdadm": {"raid_controller", "raid_disk"}}
CHATTER = (
    b"WARNING: \xff\xfe something {\n",
    b"\0\0\0\n",
    b"Segmentation fault\n",
    b'{"a": [',
    b"Permission denied\n",
    b"9" * 400 + b"\n",
)
NUMBERS = (b"9" * 30, b"-1", b"1e400", b"18446744073709551615", b"0x" + b"f" * 20, b"")


@pytest.mark.parametrize("folder", PLACES)
def test_a_damaged_sample_gives_items_or_says_what_is_wrong(corpus, tmp_path, folder):
    place, kinds = PLACES[folder]
    collectors, told = [collector(kind) for kind in kinds], set()
    for sample in sorted((corpus / folder).iterdir()):
        chance = random.Random(sample.name)
        whole = sample.read_bytes()
        for said in (whole, whole.replace(b"\n", b"\r\n"), *damaged(whole, chance)):
            tree = lay(
                tmp_path / "tree", {place: said, **dict.fromkeys(BESIDE.get(folder, ()), b"")}
            )
            with source.through(tree):
                sections = run.sections(collectors)
            told |= {kind for kind, section in sections.items() if section.get("items")}
            for kind, section in sections.items():
                assert fault(kind, section) is None, (sample.name, kind, fault(kind, section))
    # Else the samples did not reach their parsers.
    assert told == set(kinds) - NOT_TOLD.get(folder, set())


def collector(kind):
    module = importlib.import_module(f"cmdb_{kind}")
    return run.Collector(
        kind,
        module.collect,
        key=tuple(module.KEY),
        volatile=frozenset(getattr(module, "VOLATILE", ())),
        limit_seconds=10,
    )


def lay(root, files):
    """Return the door to a tree with these files."""
    shutil.rmtree(root, ignore_errors=True)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return replay.Tree(str(root))


def damaged(whole, chance):
    """Yield the sample cut off, with lines mixed, bytes turned, numbers wrong and others' talk."""
    for _ in range(TIMES):
        yield whole[: chance.randrange(len(whole) + 1)]
        yield chance.choice((_lines, _bytes, _number, _chatter))(whole, chance)


def _lines(whole, chance):
    lines = whole.splitlines(keepends=True)
    at, to = chance.randrange(len(lines) + 1), chance.randrange(len(lines) + 1)
    if chance.random() < 0.5:
        return b"".join(lines[:at] + lines[at + chance.randint(1, 5) :])
    return b"".join(lines[:at] + lines[to : to + chance.randint(1, 8)] + lines[at:])


def _bytes(whole, chance):
    at = chance.randrange(len(whole) + 1)
    return whole[:at] + chance.randbytes(3) + whole[at + 2 :]


def _number(whole, chance):
    numbers = list(re.finditer(rb"\d+", whole))
    if not numbers:
        return whole
    start, end = chance.choice(numbers).span()
    return whole[:start] + chance.choice(NUMBERS) + whole[end:]


def _chatter(whole, chance):
    at = whole.rfind(b"\n", 0, chance.randrange(len(whole) + 1)) + 1
    return whole[:at] + chance.choice(CHATTER) + whole[at:]


def fault(kind, section):
    """Return what is wrong with an outcome; None where it is one that a collector may have."""
    if section["status"] == "error":
        known = section["error"].startswith(("ParseError", "CommandError"))
        return None if known else section["traceback"][-600:]
    for problem in section.get("problems", ()):
        if "left out, not a reportable value" in problem:
            return problem
    for item in [*section.get("items", ()), *section.get("volatile", {}).values()]:
        for name, value in item.items():
            if type(value) is not TYPES.get(KINDS[kind].get(name)):
                return f"{name} is {value!r}"
    return None
