"""LSI's sas2ircu and sas3ircu: host adapters with integrated RAID.

Keys: controller "sas2-0", volume "sas2-0:v286" by its volume id, disk "sas2-0:1:4"
(enclosure:slot).
"""

import re

import cmdb_raid_asking as asking
import cmdb_raid_words as words
import cmdb_source as source
import cmdb_text as text

_LISTED = re.compile(
    r"^\s*(\d{1,3})\s+(\S.*?)\s+[0-9a-f]+h\s+[0-9a-f]+h\s+([0-9a-fh:]+)\s", re.M | re.I
)
_NO_CONTROLLER = re.compile(r"MPTLib2 Error 1\b|no (?:\w+ )*(?:controllers?|adapters?) found", re.I)
_DISPLAYED = re.compile(r"^\s*controller information\s*$", re.M | re.I)
_OF = re.compile(r"initiated for controller (\d{1,3})\b", re.I)
_WHOLE = re.compile(r"utility completed successfully|error executing command STATUS", re.I)
_VOLUME = re.compile(r"IR volume (\d{1,6})", re.I)
_MEMBER = re.compile(r"PHY\[\d+\] Enclosure#/Slot# *: *(\d+):(\d+)", re.I)


def ask(tool, kind):
    """Return what it knows of one kind at least; raises Unavailable without a controller."""
    listed = asking.said_by([tool, "LIST"])
    if _DISPLAYED.search(listed):
        # A replay that has nothing else answers with it.
        of = _OF.search(listed)
        return parse(listed, int(of.group(1)) if of else 0, tool)
    found = {"controllers": [], "volumes": [], "disks": []}
    for number in parse_list(listed, tool):
        output = asking.said_by([tool, str(number), "DISPLAY"])
        if output == listed and kind == "controllers":
            return {**found, kind: parse_controllers(listed, tool)}
        said = parse(output, number, tool)
        for kinds, items in said.items():
            found[kinds] += items
    return found


def parse_list(output, tool="sas3ircu"):
    """Return the numbers of the controllers; raises Unavailable where there is none."""
    numbers = sorted({int(match.group(1)) for match in _LISTED.finditer(output)})
    if not numbers and _NO_CONTROLLER.search(output):
        raise source.Unavailable(f"{tool} found no controller")
    if not numbers and _WHOLE.search(output):
        raise asking.silent(tool, "controllers, volumes or disks")
    if not numbers:
        raise asking.not_understood(tool, output)
    return numbers


def parse_controllers(output, tool="sas3ircu"):
    """Turn the list of controllers, which says little of each, into items."""
    found = []
    for number, model, address in _LISTED.findall(output):
        parts = [text.integer(each.strip("hH"), 16) for each in address.split(":")]
        item = {"place": _place(number, tool), "model": text.value(model)}
        found.append({**item, "pci_address": words.pci(*parts) if len(parts) == 4 else None})
    return text.unique(found, "place")


def _place(number, tool):
    return f"sas{'2' if 'sas2' in tool else '3'}-{int(number)}"


def parse(output, number=0, tool="sas3ircu"):
    """
    Turn what it displays of one controller into {"controllers", "volumes", "disks"}.

    Raises ParseError where it has not all of the three sections.
    """
    reader = _Reader()
    for line in output.splitlines():
        reader.take(line.strip())
    if not reader.controller and _LISTED.search(output):
        raise asking.silent(tool, "volumes or disks")
    if not reader.controller or "physical" not in reader.seen:
        raise asking.not_understood(tool, output)
    place = _place(number, tool)
    volumes = [_volume(place, said) for said in reader.volumes]
    members = {each for volume in volumes for each in volume["members"] or []}
    disks = [disk for disk in (_disk(place, said, members) for said in reader.disks) if disk]
    # The section after that of the disks shows that there are truly none.
    if not disks and "enclosure" not in reader.seen:
        raise asking.not_understood(tool, output)
    return {
        "controllers": [_controller(place, reader.controller)],
        "volumes": text.unique(volumes, "place"),
        "disks": text.unique(disks, "place"),
    }


class _Reader:
    """Reads line by line; ``said`` is where the details go that follow."""

    def __init__(self):
        self.controller, self.volumes, self.disks = {}, [], []
        self.seen, self.said = set(), None

    def take(self, line):
        """Take one line: a heading, or a detail of the last one."""
        section = re.fullmatch(
            r"(controller|ir volume|physical device|enclosure) information", line, re.I
        )
        volume, member = _VOLUME.fullmatch(line), _MEMBER.fullmatch(line)
        if section:
            name = section.group(1).lower().split()[0]
            self.seen.add(name)
            self.said = self.controller if name == "controller" else None
        elif volume:
            self.said = {"number": int(volume.group(1)), "members": []}
            self.volumes.append(self.said)
        elif line.lower().startswith("device is a"):
            self.said = {}
            if re.search(r"hard disk|ssd|solid", line, re.I):
                self.disks.append(self.said)
        elif member and self.said is not None and "members" in self.said:
            self.said["members"].append((int(member.group(1)), int(member.group(2))))
        elif words.pair(line) and self.said is not None:
            name, value = words.pair(line)
            self.said.setdefault(name.lower(), value)


def _controller(place, said):
    numbers = [words.number(said.get(name)) for name in ("segment", "bus", "device", "function")]
    return {
        "place": place,
        "model": text.value(said.get("controller type")),
        "firmware": text.value(said.get("firmware version")),
        "bios": text.value(said.get("bios version")),
        "pci_address": words.pci(*numbers),
    }


def _volume(place, said):
    name = words.number(said.get("volume id"))
    state = text.value(said.get("status of volume"))
    megabytes = words.number(said.get("size (in mb)"))
    return {
        "place": f"{place}:v{said['number'] if name is None else name}",
        "controller": place,
        "name": text.value(said.get("volume name")),
        "level": words.level(said.get("raid level")),
        "size_bytes": None if megabytes is None else words.size(f"{megabytes} MB"),
        "state": words.state(state, words.VOLUME_STATES),
        "state_text": state,
        "wwn": words.wwn(said.get("volume wwid")),
        # 0:0 is what it says of a disk that is gone.
        "members": sorted({f"{place}:{e}:{s}" for e, s in said["members"] if e or s}) or None,
    }


def _disk(place, said, members):
    enclosure, slot = words.number(said.get("enclosure #")), words.number(said.get("slot #"))
    if enclosure is None or slot is None:
        source.problem(f"{place}: a disk without its place: {said}")
        return None
    megabytes, _, last = said.get("size (in mb)/(in sectors)", "").partition("/")
    rounded, last = words.size(f"{megabytes} MB"), words.number(last)
    state = text.value(said.get("state"))
    where = f"{place}:{enclosure}:{slot}"
    common = words.state(state, words.DISK_STATES)
    vendor = text.value(said.get("manufacturer"))
    unit_serial = text.serial(said.get("unit serial no(vpd)"))
    return {
        "place": where,
        "controller": place,
        "enclosure": str(enclosure),
        "slot": slot,
        "vendor": None if vendor in ("ATA", "NVMe") else vendor,
        "model": text.value(said.get("model number")),
        "serial": unit_serial or text.serial(said.get("serial no")),
        "wwn": words.wwn(said.get("guid")),
        "firmware": text.value(said.get("firmware revision")),
        # It says the number of the last sector for how many there are.
        "size_bytes": words.of_sectors(last + 1, rounded) if last else rounded,
        "media": words.media(said.get("drive type")),
        "interface": words.interface(said.get("protocol") or said.get("drive type")),
        "state": "online" if common == "unconfigured" and where in members else common,
        "state_text": state,
    }
