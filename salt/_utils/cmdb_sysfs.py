"""Where a device sits, as a text that stays the same over reboots and whatever else is plugged in.

Source: the device's path below /sys/devices, the numbers that the kernel gives out in order of
discovery (host0, ata3, session1) replaced by what stands for the place itself.
"""

import re

import cmdb_source as source

# The last of these in a path is the function or port that the device hangs on.
_BUSES = (
    ("pci", re.compile(r"[0-9a-f]{4,6}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")),
    ("ccw", re.compile(r"[0-9a-f]+\.[0-9a-f]\.[0-9a-f]{4}")),
    ("vmbus", re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("xen", re.compile(r"v(?:bd|if)-[0-9-]+")),
)
# From here on the path tells of the device itself, not of what it hangs on.
_DEVICE = re.compile(
    r"virtio\d+|ata\d+|host\d+|usb\d+|mmc\d+|mmc_host|nvme\d*|nvme-subsystem|block|net|cciss\d+|nd_?btt\d+"
)
_NO_PLACE = {"", "sys", "devices", "platform", "soc", "virtual", "nvme-fabrics", "ctl"}
_ATA = re.compile(r"ata\d+")
_USB = re.compile(r"\d+-(\d+(?:\.\d+)*:\d+\.\d+)")
_SAS = re.compile(r"end_device-[0-9:]+")
_FC = re.compile(r"rport-[0-9:-]+")
_ISCSI = re.compile(r"session\d+")
_SCSI = re.compile(r"\d+:(\d+):(\d+):(\d+)")
_CONTROLLER = re.compile(r"nvme-subsys\d+|nvme\d+")
_NAMESPACE = re.compile(r"nvme\d+n(\d+)")
_MORE = re.compile(r"(namespace\d+\.\d+|c\d+d\d+)")
# The first of these steps in a path tells how a disk is attached; else a word in it does.
_TRANSPORTS = (
    ("nvme", "nvme"),
    ("usb", "usb"),
    ("ata", "sata"),
    ("sas", "sas"),
    ("fc", "fc"),
    ("iscsi", "iscsi"),
)
_TRANSPORT_WORDS = (
    (re.compile(r"/virtio\d+\b"), "virtio"),
    (re.compile(r"/mmc\d+:"), "mmc"),
    (re.compile(r"/vbd-"), "xen"),
)


def place(path):
    """Return the place of the device at an absolute sysfs path, "pci-0000:00:1f.2-ata-1"."""
    return attachment(path)[0]


def attachment(path):
    """Return a device's place and how it is attached: "sata", "sas" …; None where unknown."""
    steps = _steps(path)
    name = "-".join(text for _, text in steps) or path.rpartition("/")[2]
    return name, _transport(path, {step for step, _ in steps})


def devices(folder):
    """Return the paths in a folder of sysfs that lists devices; raises Unavailable without it."""
    found = source.glob(f"{folder}/*")
    # An empty list would say that the machine has none of them.
    if not found and not source.glob(folder):
        raise source.Unavailable(f"{folder} is not here: no sysfs, or no part of this copy")
    return found


def disk_path(path):
    """Return where a disk's link in /sys/block leads; None for what is no disk in a slot."""
    where = source.link(path)
    if where is not None and "/nvme-subsystem/" in where:
        return _first_way(path.rpartition("/")[2], where)
    is_virtual = where is None or ("/virtual/" in where and "/nvme-fabrics/" not in where)
    return None if is_virtual else where


def _first_way(name, where):
    """Return the path of a multipath NVMe namespace through its first controller in a slot."""
    links = map(source.link, source.glob(where.rpartition("/")[0] + "/nvme*[0-9]"))
    controllers = sorted(link for link in links if link and re.search(r"/nvme\d+$", link))
    in_slots = [path for path in controllers if "/virtual/" not in path]
    return f"{in_slots[0]}/{name}" if in_slots else where


def pci_address(path):
    """Return the PCI address of the function that the device hangs on; None without PCI."""
    found = [word for word in path.split("/") if _BUSES[0][1].fullmatch(word)]
    return found[-1] if found else None


def _transport(path, names):
    for name, said in _TRANSPORTS:
        if name in names:
            return said
    for pattern, said in _TRANSPORT_WORDS:
        if pattern.search(path):
            return said
    return "scsi" if "scsi" in names else None


def _steps(path):
    """Return [(what kind of step, its text)] from the bus to the device."""
    words = path.split("/")
    steps = [_bus(words)]
    for i, word in enumerate(words):
        here = "/".join(words[: i + 1])
        for name, pattern, tell in _RULES:
            match = pattern.fullmatch(word)
            said = tell(match, here, steps) if match else None
            if said is not None:
                # Behind a USB hub or a second expander the last step tells it all.
                steps = [step for step in steps if step[0] != name] + [(name, said)]
    return [step for step in steps if step[1]]


def _bus(words):
    for i in range(len(words) - 1, -1, -1):
        for name, pattern in _BUSES:
            if pattern.fullmatch(words[i]):
                return name, f"{name}-{words[i]}"
    end = next((i for i, word in enumerate(words) if _DEVICE.fullmatch(word)), len(words))
    on = [word for word in words[:end] if word not in _NO_PLACE]
    return "platform", f"platform-{on[-1]}" if on else None


def _ata(match, here, _steps):
    name = match.group()
    port = source.read(f"{here}/ata_port/{name}/port_no")
    if port and port.strip().isdigit():
        return f"ata-{port.strip()}"
    # Kernels before 3.7 do not say: the ports of one controller are numbered in a row.
    return f"ata-{_rank(here, 'ata')}"


def _sas(match, here, _steps):
    about = f"{here}/sas_device/{match.group()}"
    bay = (source.read(f"{about}/bay_identifier") or "").strip()
    if bay.isdigit():
        enclosure = (source.read(f"{about}/enclosure_identifier") or "").strip()
        return f"enclosure-{enclosure}-bay-{bay}"
    port = here.rpartition("/")[0]
    phys = [re.search(r":(\d{1,6})$", path) for path in source.glob(f"{port}/phy-*")]
    numbers = sorted(int(found.group(1)) for found in phys if found)
    phy = f"phy-{numbers[0]}" if numbers else port.rpartition("/")[2].partition(":")[2]
    expander = re.search(r"(.*/(expander-[0-9:]+))/port-[0-9:]+$", port)
    if expander is None:
        return f"sas-{phy}"
    address = source.read(f"{expander.group(1)}/sas_device/{expander.group(2)}/sas_address")
    return f"sas-{(address or expander.group(2)).strip()}-{phy}"


def _fc(match, _here, _steps):
    name = source.read(f"/sys/class/fc_remote_ports/{match.group()}/port_name")
    return f"fc-{(name or match.group()).strip()}"


def _iscsi(match, _here, _steps):
    name = source.read(f"/sys/class/iscsi_session/{match.group()}/targetname")
    return f"iscsi-{(name or match.group()).strip()}"


def _scsi(match, here, steps):
    channel, target, lun = match.groups()
    names = {name for name, _ in steps}
    if "ata" in names:
        # Behind a port multiplier every disk is a target of its own.
        return None if (channel, target, lun) == ("0", "0", "0") else f"{channel}:{target}:{lun}"
    if names & {"sas", "fc", "iscsi", "usb"}:
        return f"lun-{lun}"
    host = re.match(r"(.*/host\d+)/", here)
    rank = _rank(host.group(1), "host") if host else 1
    return f"scsi-{rank - 1}:{channel}:{target}:{lun}"


def _nqn(match, here, _steps):
    # Over a fabric there is no path to the disk; its subsystem's name is its place.
    name = source.read(f"{here}/subsysnqn") if "/virtual/" in here else None
    return name.strip() if name else None


def _namespace(match, here, _steps):
    number = source.read(f"{here}/nsid")
    return f"nvme-{(number or match.group(1)).strip()}"


def _rank(path, name):
    """Return the position, from 1, of a numbered device among its parent's."""
    parent, _, own = path.rpartition("/")
    pattern = re.compile(rf"{name}(\d+)")
    found = [
        pattern.fullmatch(other.rpartition("/")[2]) for other in source.glob(f"{parent}/{name}*")
    ]
    numbers = sorted(int(match.group(1)) for match in found if match)
    mine = int(own[len(name) :])
    return numbers.index(mine) + 1 if mine in numbers else 1


_RULES = (
    ("ata", _ATA, _ata),
    ("usb", _USB, lambda match, *_: f"usb-{match.group(1)}"),
    ("sas", _SAS, _sas),
    ("fc", _FC, _fc),
    ("iscsi", _ISCSI, _iscsi),
    ("scsi", _SCSI, _scsi),
    ("nqn", _CONTROLLER, _nqn),
    ("nvme", _NAMESPACE, _namespace),
    ("more", _MORE, lambda match, *_: match.group(1)),
)
