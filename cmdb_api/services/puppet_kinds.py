"""What Puppet's facts tell of each kind, in the collectors' words. Plain data in, items out.

``TOLD`` says which fields these are; all others of a kind facts do not tell.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple

from cmdb_api.services import placeholders, puppet_mounts

# {Puppet's name of a system: (os_id, os_name, the part of its release that is os_version)}, as in
# /etc/os-release; a name is None where it is not the same in all releases.
SYSTEMS = {
    "Debian": ("debian", "Debian GNU/Linux", "major"),
    "Ubuntu": ("ubuntu", "Ubuntu", "full"),
    "RedHat": ("rhel", None, "full"),
    "CentOS": ("centos", None, "major"),
    "Rocky": ("rocky", "Rocky Linux", "full"),
    "AlmaLinux": ("almalinux", "AlmaLinux", "full"),
    "OracleLinux": ("ol", None, "full"),
    "Fedora": ("fedora", None, "major"),
    "SLES": ("sles", "SLES", "full"),
    "Amazon": ("amzn", None, "major"),
}
HYPERVISORS = {
    **{name: name for name in ("physical", "kvm", "vmware", "virtualbox", "hyperv")},
    **dict.fromkeys(("xenhvm", "xenu", "xen0"), "xen"),
}
CONTAINERS = ("docker", "lxc", "podman")
# Where Facter's words are not those of SMBIOS' own table.
CHASSIS = {
    "All in One": "All In One",
    "Space-Saving": "Space-saving",
    "Main System Chassis": "Main Server Chassis",
    "SubChassis": "Sub Chassis",
    "Storage Chassis": "RAID Chassis",
    "Sealed-Case PC": "Sealed-case PC",
    "Blade Enclosure": "Blade Enclosing",
}
# No machine has more; who says so would have an item made for each.
MOST_SOCKETS = 1024
KEY_BITS = {"ssh-ed25519": 256, "ssh-dss": 1024}
_X86 = re.compile(r"x86_64|i[3-6]86")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class NotTold(Exception):
    """These facts do not tell this kind; says what they lack."""


class Told(NamedTuple):
    """What facts tell of a kind; key and serial are the collector's."""

    key: tuple
    fields: tuple
    tell: Callable
    serial: str | None = None
    volatile: tuple = ()


def at(facts, path):
    """Return the fact at a dotted path; None where there is none."""
    for name in path.split("."):
        facts = facts.get(name) if isinstance(facts, dict) else None
    return facts


def text(value):
    """Return a fact that is a text, stripped; None where it is none, or blank."""
    return (value.strip() or None) if isinstance(value, str) else None


def number(value):
    """Return a fact that is a whole number above 0, else None."""
    return value if type(value) is int and 0 < value < 1 << 63 else None


def host(facts):
    """Return the operating system as one item."""
    kernel = text(at(facts, "kernelrelease"))
    if kernel is None or at(facts, "kernel") != "Linux":
        raise NotTold("of a Linux system")
    unknown = (None, None, None)
    os_id, os_name, part = SYSTEMS.get(text(at(facts, "os.name")), unknown)
    virtual = at(facts, "virtual")
    return [
        {
            "place": "os",
            "os_id": os_id,
            "os_name": os_name,
            "os_version": part and text(at(facts, f"os.release.{part}")),
            "kernel": kernel,
            "architecture": text(at(facts, "os.hardware")),
            "virtualisation": HYPERVISORS.get(virtual) if isinstance(virtual, str) else None,
            "container": virtual if virtual in CONTAINERS else None,
        }
    ]


def cpu(facts):
    """Return the processors, where the numbers of their sockets are beyond doubt."""
    sockets = number(at(facts, "processors.physicalcount"))
    # On other architectures the kernel numbers them as it likes, and so do hypervisors.
    few = sockets is not None and sockets <= MOST_SOCKETS
    plain = sockets == 1 or (few and at(facts, "is_virtual") is False)
    if not plain or not _X86.fullmatch(text(at(facts, "os.hardware")) or ""):
        raise NotTold("the numbers of the processors' sockets")
    models, threads = at(facts, "processors.models"), number(at(facts, "processors.count"))
    names = {text(each) for each in models} if isinstance(models, list) else set()
    model = names.pop() if len(names) == 1 else None
    return [
        {
            "socket": f"P{socket}",
            "model": model and " ".join(model.split()),
            "core_count": number(at(facts, "processors.cores")),
            "thread_count": threads // sockets if threads and threads % sockets == 0 else None,
        }
        for socket in range(sockets)
    ]


def memory(facts):
    """Return all memory as one item, as the collector does where firmware tells of no modules."""
    total = number(at(facts, "memory.system.total_bytes"))
    if total is None or at(facts, "dmi"):
        raise NotTold("which memory modules there are")
    return [{"slot": "total", "size_bytes": total}]


def board(facts):
    """Return system, firmware, base board and chassis as one item."""
    dmi = at(facts, "dmi")
    if not dmi or not isinstance(dmi, dict):
        raise NotTold("what the firmware says of the machine")
    name, serial = placeholders.name, placeholders.serial
    chassis = name(at(dmi, "chassis.type"))
    return [
        {
            "place": "system",
            "manufacturer": name(at(dmi, "manufacturer")),
            "product": name(at(dmi, "product.name")),
            "serial": serial(at(dmi, "product.serial_number")),
            "uuid": placeholders.uuid(at(dmi, "product.uuid")),
            "bios_vendor": name(at(dmi, "bios.vendor")),
            "bios_version": name(at(dmi, "bios.version")),
            "bios_date": _date(text(at(dmi, "bios.release_date"))),
            "baseboard_manufacturer": name(at(dmi, "board.manufacturer")),
            "baseboard_product": name(at(dmi, "board.product")),
            "baseboard_serial": serial(at(dmi, "board.serial_number")),
            "baseboard_asset_tag": serial(at(dmi, "board.asset_tag")),
            "chassis_type": CHASSIS.get(chassis, chassis),
            "asset_tag": serial(at(dmi, "chassis.asset_tag")),
        }
    ]


def ssh_key(facts):
    """Return the host's SSH keys, by the files that sshd keeps them in."""
    known = at(facts, "ssh")
    keys = known.items() if isinstance(known, dict) else ()
    items = [_key(algorithm, at(about, "key"), at(about, "type")) for algorithm, about in keys]
    if not any(items):
        raise NotTold("of any host key of an SSH server")
    return [item for item in items if item]


def filesystem(facts):
    """Return the mounted filesystems."""
    mounts, partitions = at(facts, "mountpoints"), at(facts, "partitions")
    if not isinstance(mounts, dict) or "/" not in mounts:
        # Facter needs a Ruby library for it, which Debian's package only recommends.
        raise NotTold("what is mounted: on Debian, install ruby-sys-filesystem")
    return puppet_mounts.items(mounts, partitions if isinstance(partitions, dict) else {})


def _date(said):
    match = _US_DATE.fullmatch(said or "")
    return "{2}-{0:0>2}-{1:0>2}".format(*match.groups()) if match else placeholders.name(said)


def _key(algorithm, key, kind):
    try:
        blob = base64.b64decode(key or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        return None
    if not blob or not text(kind):
        return None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")
    return {
        "place": f"/etc/ssh/ssh_host_{algorithm}_key.pub",
        "use": "host",
        "type": kind,
        "bits": _bits(kind, blob),
        "fingerprint": f"SHA256:{digest}",
    }


def _bits(kind, blob):
    if curve := re.search(r"nistp(\d{3})", kind):
        return int(curve[1])
    if kind == "ssh-rsa":
        # Three strings, each behind its length in four bytes: name, exponent, modulus.
        rest = blob
        for _ in range(2):
            rest = rest[4 + int.from_bytes(rest[:4], "big") :]
        return int.from_bytes(rest[4:], "big").bit_length() or None
    return KEY_BITS.get(kind)


TOLD = {
    "host": Told(
        ("place",),
        (
            *("place", "os_id", "os_name", "os_version", "kernel", "architecture"),
            *("virtualisation", "container"),
        ),
        host,
    ),
    "cpu": Told(("socket",), ("socket", "model", "core_count", "thread_count"), cpu),
    "memory": Told(("slot",), ("slot", "size_bytes"), memory, serial="serial"),
    "board": Told(
        ("place",),
        (
            *("place", "manufacturer", "product", "serial", "uuid"),
            *("bios_vendor", "bios_version", "bios_date", "baseboard_manufacturer"),
            *("baseboard_product", "baseboard_serial", "baseboard_asset_tag"),
            *("chassis_type", "asset_tag"),
        ),
        board,
        serial="serial",
    ),
    "ssh_key": Told(("place",), ("place", "use", "type", "bits", "fingerprint"), ssh_key),
    "filesystem": Told(
        ("mount_point",),
        (
            *("mount_point", "device", "name", "type", "options", "read_only", "size_bytes"),
            *("used_bytes", "available_bytes"),
        ),
        filesystem,
        volatile=("name", "used_bytes", "available_bytes"),
    ),
}
