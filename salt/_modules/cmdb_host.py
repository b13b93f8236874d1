"""The operating system and what it runs on. One item.

Source: /etc/os-release, /proc, /sys and links below /etc; uname.

==============  ====  ===================================================================
place           str   always "os"; the identity (a renamed host stays the same place)
os_name         str   "Debian GNU/Linux"
os_id           str   "debian"
os_like         str   ids of the distributions it derives from, "rhel fedora"
os_version      str   "12", "9.4"
os_title        str   name and version as the distribution writes them
kernel          str   release of the running kernel
architecture    str   "x86_64", "aarch64" …
virtualisation  str   "physical", or the hypervisor: "kvm", "vmware", "virtualbox", "hyperv",
                      "xen", "powervm", "zvm" …, "unknown" for one that does not say its name;
                      None where nothing tells
container       str   "docker", "lxc", "podman" … where the system runs in a container
init            str   the first process, "systemd"
timezone        str   "Europe/Berlin"
machine_id      str   the installation's id
boot_at         str   when the kernel started, UTC; volatile
==============  ====  ===================================================================
"""

import datetime
import os
import re

import cmdb_source as source
import cmdb_text as text
import cmdb_virtual as virtual

__load__ = ["collect"]

KEY = ["place"]
# The kernel reckons it from the clock, which moves a little.
VOLATILE = ["boot_at"]

ZONEINFO = "/zoneinfo/"
_ESCAPED = re.compile(r"\\(.)")
_BTIME = re.compile(r"^btime ([0-9]{1,11})$", re.MULTILINE)
_ZONE = re.compile(r'^\s*(?:ZONE|TIMEZONE)="?([A-Za-z0-9_+/-]+)"?', re.MULTILINE)


def collect():
    """
    Return this machine's operating system as one item.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_host.collect
    """
    said = source.read("/etc/os-release") or source.read("/usr/lib/os-release") or ""
    kernel, architecture = _uname()
    hypervisor, container = virtual.detect()
    item = {
        "place": "os",
        **parse_os_release(said),
        "kernel": kernel or text.clean(source.read("/proc/sys/kernel/osrelease")),
        "architecture": architecture or text.clean(source.read("/proc/sys/kernel/arch")),
        "virtualisation": hypervisor,
        "container": container,
        "init": text.clean(source.read("/proc/1/comm")),
        "timezone": _timezone(),
        "machine_id": _machine_id(),
        "boot_at": parse_boot(source.read("/proc/stat") or ""),
    }
    if not any(value for field, value in item.items() if field not in ("place", "container")):
        raise source.Unavailable("nothing here tells of an operating system: no /etc, no /proc")
    return [item]


def parse_os_release(said):
    """Turn os-release, shell assignments, into the item's os fields."""
    found = {}
    for line in said.splitlines():
        name, equals, rest = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = text.value(_unquoted(rest.strip()))
    return {
        "os_name": found.get("NAME"),
        "os_id": found.get("ID"),
        "os_like": found.get("ID_LIKE"),
        "os_version": found.get("VERSION_ID") or found.get("BUILD_ID"),
        "os_title": found.get("PRETTY_NAME"),
    }


def parse_boot(stat):
    """Return the boot time in /proc/stat as ISO 8601 in UTC; None without one."""
    match = _BTIME.search(stat)
    if not match:
        return None
    started = datetime.datetime.fromtimestamp(int(match.group(1)), datetime.timezone.utc)
    return started.strftime("%Y-%m-%dT%H:%M:%SZ")


def _unquoted(word):
    if len(word) >= 2 and word[0] == word[-1] and word[0] in "\"'":
        inner = word[1:-1]
        return inner if word[0] == "'" else _ESCAPED.sub(r"\1", inner)
    return word


def _uname():
    """Return (release, machine)."""
    try:
        # Not the whole of it: a bundle needs no host name.
        return source.ask("uname", lambda: [os.uname().release, os.uname().machine])
    except OSError:
        return None, None


def _timezone():
    linked = source.link("/etc/localtime") or ""
    if ZONEINFO in linked:
        name = linked.partition(ZONEINFO)[2]
        return name.removeprefix("posix/").removeprefix("right/")
    # Before systemd the zone's name stood in a file of its own.
    named = text.value(source.read("/etc/timezone"))
    match = _ZONE.search(source.read("/etc/sysconfig/clock") or "")
    return named or (match.group(1) if match else None)


def _machine_id():
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        said = text.serial(source.read(path))
        if said and re.fullmatch("[0-9a-f-]{32,36}", said):
            return said
    return None
