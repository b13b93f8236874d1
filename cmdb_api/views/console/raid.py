"""RAID as it is built: controllers, the volumes on each, and the disks of each volume."""

import re
from dataclasses import dataclass, field

from cmdb_api.services.inspection import Item
from cmdb_api.views.console.components import BAD, GOOD, WARN, look_of

KINDS = ("raid_controller", "raid_volume", "raid_disk")
# A partition in a place, and in the kernel's name: "…-ata-1-part2", "sda2", "nvme0n1p2".
_PARTITION, _KERNELS = re.compile(r"-part\d+$"), re.compile(r"^(\w+?\d+n\d+|[a-z]+)p?\d+$")
_WORST = (BAD, WARN, GOOD, None)


@dataclass
class Volume:
    """A volume and its members; ``missing`` names those of which nothing more is known."""

    item: Item
    disks: list
    missing: list


@dataclass
class Controller:
    """A controller, None for those of the system itself (md); its volumes; disks in none."""

    item: Item | None
    name: str
    volumes: list = field(default_factory=list)
    disks: list = field(default_factory=list)

    @property
    def look(self):
        """Return the worst news of it and of what stands on it."""
        parts = [self.item] if self.item else []
        parts += [volume.item for volume in self.volumes]
        parts += [disk for volume in self.volumes for disk in volume.disks] + self.disks
        looks = {look_of(part.get("state")) for part in parts}
        looks |= {BAD for part in parts if part.get("smart_alert") is True}
        return next(look for look in _WORST if look in looks or look is None)


def build(kinds):
    """Return the Controllers of {kind: Kind}; [] where there is no RAID."""
    controllers, volumes, disks = (_items(kinds, kind) for kind in KINDS)
    found = {item.place: Controller(item, item.place) for item in controllers}
    # The members of md arrays are disks of the system.
    by_place = {disk.place: disk for disk in disks} | _by_name(_items(kinds, "disk"), disks)
    taken = set()
    for volume in volumes:
        members = [*_list(volume, "members"), *_list(volume, "spares")]
        taken.update(members)
        of = {member: by_place.get(_disk(member, by_place)) for member in members}
        built = Volume(
            volume,
            [disk for disk in of.values() if disk],
            [member for member, disk in of.items() if not disk],
        )
        _of(found, volume).volumes.append(built)
    for disk in disks:
        if disk.place not in taken:
            _of(found, disk).disks.append(disk)
    return list(found.values())


def _items(kinds, kind):
    return kinds[kind].items if kind in kinds else []


def _of(found, item):
    """Return the controller that something stands on, known or not."""
    name = str(item.get("controller") or "")
    return found.setdefault(name, Controller(None, name))


def _by_name(disks, others):
    known = {disk.place for disk in others}
    names = {}
    for disk in disks:
        for name in (disk.place, disk.get("name")):
            if name and name not in known:
                names[name] = disk
    return names


def _disk(member, known):
    """Return what the disk of a member is known as: itself, or what it is a partition of."""
    names = (member, _PARTITION.sub("", member), _KERNELS.sub(r"\1", member))
    return next((name for name in names if name in known), None)


def _list(item, name):
    value = item.get(name)
    return value if isinstance(value, list) else []
