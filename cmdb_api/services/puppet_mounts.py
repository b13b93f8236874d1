"""Facter's mountpoints as the collector of filesystems tells them.

What it leaves out by default is left out here too; its settings on a host are not known.
"""

import fnmatch
import re

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
# Names that another boot may give to another disk.
_MOVING = re.compile(r"/dev/(?:[shv]d|xvd|nvme|mmcblk|dm-|md|nbd|zd)[a-z0-9]*")
_LEFT_OUT = re.compile(
    r"(?i:pass|secret|cred|key|cookie)|(?:clientaddr|mountport|lowerdir|upperdir|workdir"
    r"|fd|pgrp|pipe_ino|uuid)="
)


def items(mounts, partitions):
    """Return an item for each mount point that is of interest."""
    return [
        _item(point, about, partitions)
        for point, about in sorted(mounts.items())
        if isinstance(about, dict) and (point == "/" or not _is_left_out(point, about))
    ]


def _is_left_out(point, about):
    return about.get("filesystem") in EXCLUDE_TYPES or any(
        fnmatch.fnmatchcase(point, pattern) for pattern in EXCLUDE
    )


def _item(point, about, partitions):
    device, kind = (_text(about.get(name)) for name in ("device", "filesystem"))
    told = about.get("options")
    options = [each for each in told if _text(each)] if isinstance(told, list) else []
    moving = bool(_MOVING.fullmatch(device or ""))
    size = _bytes(about.get("size_bytes"))
    return {
        "mount_point": point,
        "device": _lasting(partitions.get(device)) if moving else device,
        "name": device if moving else None,
        "type": kind,
        "options": sorted({each for each in options if not _LEFT_OUT.match(each)}),
        "read_only": "ro" in options,
        # Where it does not answer, Facter says 0 of all.
        "size_bytes": size if size and kind not in POOLED else None,
        "used_bytes": _bytes(about.get("used_bytes")) if size else None,
        "available_bytes": _bytes(about.get("available_bytes")) if size else None,
    }


def _lasting(partition):
    """Return a device's name that lasts; None where no fact tells its UUID."""
    uuid = partition.get("uuid") if isinstance(partition, dict) else None
    return f"UUID={uuid}" if isinstance(uuid, str) and uuid else None


def _text(value):
    return value if isinstance(value, str) and value else None


def _bytes(value):
    return value if type(value) is int and 0 <= value < 1 << 63 else None
