"""The vocabulary of facts: what can be expected of an asset, and how its components tell it.

A fact is a name, "memory.total_bytes", and one value of an asset: a whole number, text, true or
false, or a list of text. No database: a fact is read from {kind: {place: item}}. None is what was
not observed, or not wholly.
"""

from collections.abc import Callable
from typing import NamedTuple

from cmdb_api.services import fact_readers as read
from cmdb_api.services.quarantine import KINDS

NUMBER, TEXT, FLAG, LIST = "number", "text", "bool", "list"
BYTES = "bytes"
# What text of a fact must be.
ADDRESS, IPV4, MAC = "address", "ipv4", "mac"
TOTAL_MEMORY = "memory.total_bytes"
# Where the kernel tells the memory: how much less it may be than what is built in, and how much
# more than what was accepted once, percent.
KEPT_PERCENT, MORE_PERCENT = 10, 1
_COUNT = ".count"


class Fact(NamedTuple):
    """One word of the vocabulary."""

    name: str
    type: str
    # The kind of component that it is read from.
    kind: str
    description: str
    # {place: item} of the kind -> the value, or None.
    read: Callable
    unit: str | None = None
    # A number differs where it is further apart than so many percent of what is declared.
    percent: int = 0
    # A list differs where one declared is not among those observed; others may be there too.
    among: bool = False
    # A number of bytes is told in units of 1024.
    binary: bool = False
    # Text, and each of a list, is of this form: an address, or a pattern of some.
    form: str | None = None

    @property
    def compared(self):
        """Return in words when a declared and an observed value are the same."""
        if self.type == LIST:
            return "each declared is among the observed" if self.among else "the same ones"
        if self.type == TEXT:
            return "in any case; * stands for any text, ? for any character"
        told = f"within {self.percent} %" if self.percent else "equal"
        if self.name == TOTAL_MEMORY:
            told += f"; where the kernel tells it: {KEPT_PERCENT} % less to {MORE_PERCENT} % more"
        return told


def find(name, kinds=()):
    """Return the fact of this name, None where there is none; ``kinds`` are known beside ours."""
    if name in FACTS:
        return FACTS[name]
    kind = name.removesuffix(_COUNT)
    return _count(kind) if kind != name and (kind in KINDS or kind in kinds) else None


def counted(name):
    """Return the kind whose components a fact may count; None where it is no such name."""
    return name.removesuffix(_COUNT) if name.endswith(_COUNT) and name not in FACTS else None


def stored(name):
    """Return the fact of a name that was found good once, whatever kinds there are."""
    return find(name, [counted(name)])


def every(kinds=()):
    """Return all facts by name; ``kinds`` are known beside ours."""
    counts = (_count(kind) for kind in {*KINDS, *kinds} if kind + _COUNT not in FACTS)
    return sorted([*FACTS.values(), *counts])


def observe(fact, items):
    """Return a fact's value in {kind: {place: item}}; None where it was not observed."""
    found = items.get(fact.kind)
    return None if found is None else fact.read(found)


def is_rough(fact, items):
    """Tell whether a number is the kernel's of its memory, which is less than what is built in."""
    return fact.name == TOTAL_MEMORY and read.of_kernel(items.get(fact.kind) or {})


def _count(kind):
    return Fact(f"{kind}{_COUNT}", NUMBER, kind, f"components of kind {kind}", len)


_ALL = (
    Fact("cpu.socket_count", NUMBER, "cpu", "processors", len),
    Fact("cpu.core_count", NUMBER, "cpu", "cores of all processors", read.total("core_count")),
    Fact("cpu.thread_count", NUMBER, "cpu", "CPUs that the system has", read.total("thread_count")),
    Fact("cpu.model", TEXT, "cpu", "of its processors", read.words("model")),
    Fact(
        *(TOTAL_MEMORY, NUMBER, "memory", "memory built in", read.total("size_bytes"), BYTES),
        binary=True,
    ),
    Fact("memory.module_count", NUMBER, "memory", "memory modules", read.module_count),
    Fact("memory.type", TEXT, "memory", '"DDR4" …', read.words("type")),
    Fact(
        *("disk.count", NUMBER, "disk"),
        "disks as the system sees them: a RAID volume is one; removable ones do not count",
        lambda items: len(read.disks(items)),
    ),
    Fact(
        *("disk.total_bytes", NUMBER, "disk", "capacity of these"),
        lambda items: read.total("size_bytes")(read.volumes(items)),
        *(BYTES, 1),
    ),
    Fact("disk.serials", LIST, "disk", "serial numbers of these", read.serials),
    Fact(
        *("raid_disk.total_bytes", NUMBER, "raid_disk", "capacity of disks behind controllers"),
        *(read.total("size_bytes"), BYTES, 1),
    ),
    Fact(
        *("raid_controller.faults", LIST, "raid_controller"),
        "what fails of RAID controllers, and the batteries of their caches",
        read.faults(
            read.said("state", read.CONTROLLER),
            read.said("battery_state", read.CONTROLLER, "battery "),
        ),
    ),
    Fact(
        *("raid_volume.faults", LIST, "raid_volume", "RAID volumes that are not whole"),
        read.faults(read.volume),
    ),
    Fact(
        *("raid_disk.faults", LIST, "raid_disk", "disks behind controllers that fail"),
        read.faults(read.said("state", read.DISK), read.foresees("smart_alert", True)),
    ),
    Fact(
        *("smart.faults", LIST, "smart", "drives that foresee their failure"),
        read.faults(read.foresees("passed", False)),
    ),
    Fact(
        *("psu.faults", LIST, "psu", "power supplies that were not well at the start"),
        read.faults(read.said("state", read.SUPPLY)),
    ),
    Fact("os.name", TEXT, "host", '"Debian GNU/Linux"', read.first("os_name")),
    Fact("os.id", TEXT, "host", '"debian"', read.first("os_id")),
    Fact("os.version", TEXT, "host", '"12", "9.4" …', read.first("os_version")),
    Fact("os.kernel", TEXT, "host", "release of the running kernel", read.first("kernel")),
    Fact("os.architecture", TEXT, "host", '"x86_64"', read.first("architecture")),
    Fact("host.virtual", FLAG, "host", "a virtual machine, or in a container", read.virtual),
    Fact("host.virtualisation", TEXT, "host", '"physical", "kvm" …', read.first("virtualisation")),
    Fact(
        *("host.addresses", LIST, "nic", "IP addresses of its interfaces", read.addresses),
        among=True,
        form=ADDRESS,
    ),
    Fact("board.vendor", TEXT, "board", "maker of the machine", read.first("manufacturer")),
    Fact("board.model", TEXT, "board", "of the machine", read.first("product")),
    Fact("board.serial", TEXT, "board", "serial number or service tag", read.first("serial")),
    Fact("board.uuid", TEXT, "board", "system UUID", read.first("uuid")),
    Fact("board.asset_tag", TEXT, "board", "as its owner set it", read.first("asset_tag")),
    Fact("board.bios_version", TEXT, "board", "of the firmware", read.first("bios_version")),
    Fact(
        *("bmc.address", TEXT, "bmc", "IPv4 address of the controller", read.first("ip_address")),
        form=IPV4,
    ),
    Fact(
        *("bmc.mac", TEXT, "bmc", "hardware address of the controller", read.first("mac")),
        form=MAC,
    ),
    Fact("bmc.firmware", TEXT, "bmc", "revision of its firmware", read.first("firmware")),
    Fact(
        *("nic.count", NUMBER, "nic", "ports of network cards, without virtual interfaces"),
        lambda items: len(read.ports(items)),
    ),
    Fact("nic.macs", LIST, "nic", "hardware addresses of these", read.macs, form=MAC),
    Fact(
        *("gpu.count", NUMBER, "gpu"),
        "graphics cards, without those that only show a console",
        lambda items: len(read.gpus(items)),
    ),
    Fact("gpu.model", TEXT, "gpu", "of these", lambda items: read.words("model")(read.gpus(items))),
    Fact(
        *(
            "location.switch",
            LIST,
            "lldp",
            "names of switches that its cables lead to",
            read.switches,
        ),
        among=True,
    ),
    Fact(
        *("location.switch_port", LIST, "lldp", '"SWITCH PORT" of each cable', read.switch_ports),
        among=True,
    ),
)
FACTS = {fact.name: fact for fact in _ALL}
# Those that list what fails.
FAULTS = tuple(name for name in FACTS if name.endswith(".faults"))
