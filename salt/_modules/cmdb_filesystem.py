"""Mounted filesystems: local ones and those of other machines.

Source: /proc/self/mountinfo, statvfs for sizes; /dev/disk/by-uuid for names that last. Left out
are what the kernel and its services make up (option ``exclude_types``: proc, tmpfs, autofs …), and
what container managers and snaps mount (option ``exclude``: patterns of mount points); the root
is always there. Of several mounts at one place only the last, which hides the others, is told. A
filesystem that does not answer in time (option ``limit_seconds``) keeps its item without sizes.

===================  ====  =================================================================
mount_point          str   where it is mounted; the identity
device               str   what is mounted: "UUID=…", "/dev/mapper/vg-home", "server:/export"
name                 str   the kernel's name of the device now, "/dev/sda1"; volatile
type                 str   "ext4", "xfs", "nfs4" …
subtree              str   the folder or subvolume of the device, where it is not the whole
options              list  mount options, without secrets and what changes at each mount
read_only            bool  True where nothing can be written
size_bytes           int   capacity, bytes; None where it changes with the room in a shared pool
used_bytes           int   bytes in use; volatile
available_bytes      int   bytes that users other than root can still write; volatile
inode_count          int   how many files it can hold, some types change it; volatile
inode_used_count     int   files, folders and so on that it holds; volatile
===================  ====  =================================================================
"""

import fnmatch
import os
import re

import cmdb_inturn as inturn
import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["mount_point"]
VOLATILE = ["name", "used_bytes", "available_bytes", "inode_count", "inode_used_count"]

MOUNTINFO = "/proc/self/mountinfo"
EXCLUDE_TYPES = (
    *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devfs"),
    *("devpts", "devtmpfs", "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal"),
    *("fuse.snapfuse", "fusectl", "hugetlbfs", "mqueue", "nfsd", "nsfs", "overlay", "overlayfs"),
    *("aufs", "proc", "pstore", "ramfs", "rootfs", "rpc_pipefs", "securityfs", "selinuxfs"),
    *("squashfs", "fuse.squashfuse", "sysfs", "tmpfs", "tracefs", "erofs", "resctrl", "smackfs"),
)
EXCLUDE = (
    *("/var/lib/docker/*", "/var/lib/containers/*", "/var/lib/containerd/*", "/var/lib/kubelet/*"),
    *("/var/lib/lxd/*", "/var/lib/lxcfs*", "/var/snap/*", "/snap/*", "/run/*", "/proc/*", "/sys/*"),
    *("/dev/*", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"),
)
# Their capacity is what the pool has left for them.
POOLED = ("zfs", "bcachefs", "ceph", "fuse.ceph", "fuse.glusterfs", "virtiofs", "9p")
LIMIT_SECONDS = 3.0
# Names that another boot may give to another disk.
_MOVING = re.compile(r"/dev/(?:[shv]d|xvd|nvme|mmcblk|dm-|md|nbd|zd)[a-z0-9]*")
_SERVER = re.compile(r"//[^/]+|.+(?=:/)")
_ESCAPE = re.compile(r"\\([0-7]{3})")
_LEFT_OUT = re.compile(
    r"(?i:pass|secret|cred|key|cookie)|(?:clientaddr|mountport|lowerdir|upperdir|workdir"
    r"|fd|pgrp|pipe_ino|uuid)="
)


def collect():
    """
    Return this machine's filesystems.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_filesystem.collect
    """
    types = source.option("exclude_types", EXCLUDE_TYPES)
    items = parse(source.need(MOUNTINFO), types, source.option("exclude", EXCLUDE))
    lasting = {}
    for link in source.glob("/dev/disk/by-uuid/*"):
        lasting.setdefault(source.link(link), "UUID=" + link.rpartition("/")[2])
    for item in items:
        item["device"] = lasting.get(item["name"], item["device"])
    _measure(items)
    return items


def parse(mountinfo, exclude_types=EXCLUDE_TYPES, exclude=EXCLUDE):
    """Turn the kernel's list of mounts into items."""
    mounts = {}
    for number, line in enumerate(mountinfo.split("\n"), 1):
        if line.strip():
            mount = _mount(line.rstrip("\r"), number)
            # What was mounted later hides what was there.
            mounts[mount["mount_point"]] = mount
    if not mounts:
        raise source.ParseError(f"{MOUNTINFO}: no mount in it")
    return [
        mount
        for point, mount in sorted(mounts.items())
        if point == "/"
        or not (
            mount["type"] in exclude_types
            or any(fnmatch.fnmatchcase(point, pattern) for pattern in exclude)
        )
    ]


def parse_statvfs(answer, kind):
    """Turn the kernel's nine numbers, None where it gave none, into sizes."""
    if not answer:
        return {}
    block, unit, blocks, free, available, inodes, inodes_free = answer[:7]
    unit = unit or block
    return {
        "size_bytes": blocks * unit if kind not in POOLED and blocks else None,
        "used_bytes": (blocks - free) * unit if blocks else None,
        "available_bytes": available * unit if blocks else None,
        # Some types, btrfs among them, make inodes as they need them and say 0.
        "inode_count": inodes or None,
        "inode_used_count": inodes - inodes_free if inodes else None,
    }


def _mount(line, number):
    before, _, after = line.partition(" - ")
    try:
        root, point, options = before.split()[3:6]
        # What is mounted may be blank, so that two blanks stand beside each other.
        kind, device, above = after.split(" ")[:3]
    except ValueError:
        raise source.ParseError(f"{MOUNTINFO}, line {number}: {line[:200]!r}") from None
    device, root, point = map(_plain, (device, root, point))
    if not point or not kind.strip():
        raise source.ParseError(f"{MOUNTINFO}, line {number}: {line[:200]!r}")
    return {
        "mount_point": point,
        "device": None if device == "none" else device,
        "name": device if _MOVING.fullmatch(device or "") else None,
        "type": text.clean(kind),
        # A container's root is a folder of the host's that says nothing here.
        "subtree": root if (root != "/" and point != "/") or kind == "btrfs" else None,
        "options": _options(options, above),
        "read_only": "ro" in options.split(",") or "ro" in above.split(","),
    }


def _plain(word):
    """Return a path with its escapes resolved; they stand for bytes."""
    octets = _ESCAPE.sub(lambda m: chr(int(m.group(1), 8) & 0xFF), word)
    return text.clean(octets)


def _options(options, above):
    found = {*options.split(","), *(set(above.split(",")) - {"rw", "ro"})}
    return sorted(_plain(word) for word in found if word.strip() and not _LEFT_OUT.match(word))


def _measure(items):
    """Add what statvfs says; of a server that kept silent no other export is asked."""
    limit = float(source.option("limit_seconds", LIMIT_SECONDS))
    waiting = {item["mount_point"]: item for item in items}
    while waiting:
        for point, answer, error in inturn.ask("statvfs", _statvfs, list(waiting), limit):
            item = waiting.pop(point)
            if isinstance(error, source.TimeLimit):
                source.problem(str(error))
                waiting = _of_others(waiting, _server(item))
            elif isinstance(error, OSError):
                source.problem(f"{point}: {error.strerror or error}")
            elif error:
                raise error
            else:
                item.update(parse_statvfs(answer, item["type"]))


def _of_others(items, silent):
    """Return the filesystems that are not of the server that kept silent."""
    others = {point: item for point, item in items.items() if _server(item) != silent}
    for point in sorted(items.keys() - others.keys()):
        source.problem(f"{point}: not asked, {silent} did not answer before")
    return others


def _server(item):
    told = _SERVER.match(item["device"] or "")
    return told.group() if told else item["mount_point"]


def _statvfs(path):
    return list(os.statvfs(path))
