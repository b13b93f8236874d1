"""HPE's ssacli (hpssacli, hpacucli): Smart Array controllers in all detail, from one text.

Keys: controller "slot0", an external one by its name; volume "slot0:v1"; disk "slot0:1I:1:4"
(port:box:bay). Sizes of disks are decimal, those of volumes binary; a volume's size is exact
where its geometry can hold it.
"""

import re
import time

import cmdb_raid_asking as asking
import cmdb_raid_words as words
import cmdb_source as source
import cmdb_ssacli_items as items

# External ones have a name in place of the slot.
_CONTROLLER = re.compile(
    r"([^\s:#][^:]*?) in Slot (\d{1,9}[a-z]?)\b.*"
    r"|((?:MSA|RA|RAID Array|StorageWorks)[^:]*?) in (\S.*?)\s*",
    re.I,
)
_SERIAL = re.compile(r"\(sn: *([^)]*)\)")
# In a list of states these stand behind the parentheses.
_VOLUME = re.compile(r"\s+logical ?drive:? (\d{1,6})(?: \((.*)\)(?:: *(\S.*))?)?\s*", re.I)
_DISK = re.compile(
    r"\s+physicaldrive ([^\s:]+(?::[^\s:]+){1,3})(?: \((.*)\)(?:: *(\S.*))?)?\s*", re.I
)
# What ends the details of a disk or volume and is none itself.
_SECTION = re.compile(
    r"\s+(?:(array):? (\S+).*|(unassigned|hba drives)\s*|SEP \(.*|Expander .*|Enclosure SEP.*"
    r"|.*Drive Cage at .*|Physical Drives\s*|Port Name:.*|Sensor ID:.*|Mirror Group.*"
    r"|Parity Group.*|Disk Partition Information.*)",
    re.I,
)
# Where it lists nothing, it says so: disks of no array stand below a heading of their own.
_NOTHING = re.compile(r"none attached|no physical drives|unassigned|hba drives|SEP \(", re.I)
_DISKS = re.compile(r"^\s+physicaldrive ", re.M | re.I)
_APART = re.compile(r"^\s+(?:unassigned|hba drives)\s*$", re.M | re.I)
_BUSY = re.compile(r"another instance|already running", re.I)
RETRIES, RETRY_SECONDS = 20, 0.5
_NO_DRIVES = re.compile(r"does not have any (?:logical|physical) drives?\b", re.I)
_NO_CONTROLLER = re.compile(r"no controllers? (?:detected|found)", re.I)


def ask(tool, kind):
    """Return what it knows of one kind at least; raises Unavailable without a controller."""
    argv = [tool, "ctrl", "all", "show", "config", "detail"]
    output = asking.said_by(argv)
    for _ in range(RETRIES):
        if not _BUSY.search(output):
            break
        # It refuses to run twice at a time, and the collectors run side by side.
        time.sleep(RETRY_SECONDS)
        output = asking.said_by(argv)
    found = parse(output, tool)
    why = _APART if kind == "volumes" and _DISKS.search(output) else _NOTHING
    if not found[kind] and not why.search(output):
        raise asking.silent(tool, kind)
    return found


def parse(output, tool="ssacli"):
    """
    Turn a configuration, detailed or not, into {"controllers", "volumes", "disks"}.

    Raises Unavailable where it says that there is no controller, ParseError where it names none.
    """
    reader = _Reader()
    for line in output.splitlines():
        reader.take(line.rstrip())
    if not reader.controllers:
        if _NO_CONTROLLER.search(output):
            raise source.Unavailable(f"{tool} found no controller")
        if _NO_DRIVES.search(output):
            raise asking.silent(tool, "its controller")
        raise asking.not_understood(tool, output)
    if output.count("\n") < 2 and not (reader.volumes or reader.disks):
        raise asking.not_understood(tool, output)
    found = {
        "controllers": [items.controller(*each) for each in reader.controllers.items()],
        "volumes": [items.volume(*each) for each in reader.volumes.items()],
        "disks": [items.disk(*each) for each in reader.disks.items()],
    }
    _fill_members(found, reader)
    return found


class _Reader:
    """Reads line by line; ``said`` is where the details go that follow."""

    def __init__(self):
        self.controllers, self.volumes, self.disks = {}, {}, {}
        self.controller = self.said = self.array = self.volume = self.group = None
        # Within a list of the disks that mirror each other in a volume.
        self.in_group = False

    def take(self, line):
        """Take one line: a heading, or a detail of the last one."""
        disk, volume = _DISK.fullmatch(line), _VOLUME.fullmatch(line)
        if line[:1].strip():
            self._begin_controller(line)
        elif self.controller is None or not line.strip():
            return
        elif disk:
            self._begin_disk(*disk.groups())
        elif volume:
            self._begin_volume(*volume.groups())
        elif _SECTION.fullmatch(line):
            self._begin_section(line)
        elif self.said is not None:
            pair = words.pair(line)
            self.in_group = False
            if pair:
                self.said.setdefault(*pair)

    def _begin_controller(self, line):
        match = _CONTROLLER.fullmatch(line)
        if not match:
            return
        model, slot, external, name = match.groups()
        self.controller = f"slot{slot.lower()}" if slot else name
        model = model or external
        self.array = self.volume = self.group = None
        self.in_group = False
        serial = _SERIAL.search(line)
        start = {"model": model, "sn": serial.group(1) if serial else None}
        self.said = self.controllers.setdefault(self.controller, start)

    def _begin_section(self, line):
        array, name, group = _SECTION.fullmatch(line).groups()
        if array:
            self.array, self.volume = name, None
        elif group:
            self.array = self.volume = None
        self.group = None if array else group or self.group
        # A volume goes on after the list of its mirrors, as a controller does after its sensors.
        named = line.lstrip().lower()
        self.in_group = named.startswith(("mirror group", "parity group"))
        goes_on = self.in_group or named.startswith("disk partition")
        self.said = self.said if goes_on else None

    def _begin_volume(self, number, summary, state):
        self.volume = f"{self.controller}:v{int(number)}"
        self.in_group = False
        start = {"controller": self.controller, "array": self.array, "members": []}
        self.said = self.volumes.setdefault(self.volume, start)
        if summary:
            size, level, *last = [each.strip() for each in f"{summary},,".split(",")]
            summed = {"Size": size, "Fault Tolerance": level, "Status": ", ".join(last)}
            summed["Status"] = state or summed["Status"]
            self.said.update((k, v.strip(", ")) for k, v in summed.items() if v.strip(", "))

    def _begin_disk(self, where, summary, state):
        place = f"{self.controller}:{where}"
        said = self.disks.setdefault(place, {"controller": self.controller})
        if self.array is not None:
            said["array"] = self.array
        if self.group is not None:
            said["group"] = self.group
        if not summary:
            self.said, self.volume, self.in_group = said, None, False
            return
        if state:
            # Such a list says no more than place, size and state.
            where, _, size = summary.partition(",")
            summary = f"{where},,{size},{state}"
        said.setdefault("summary", summary)
        if self.in_group and self.volume in self.volumes:
            self.volumes[self.volume]["members"].append(place)
        else:
            self.said = None


def _fill_members(found, reader):
    """Name the disks of an array as members of its volumes where these name none."""
    for item in found["volumes"]:
        said = reader.volumes[item["place"]]
        if item["members"] is None and said["array"] is not None:
            of = (said["controller"], said["array"])
            item["members"] = sorted(
                disk["place"]
                for disk in found["disks"]
                if (disk["controller"], reader.disks[disk["place"]].get("array")) == of
                and disk["state"] != "spare"
            )
            item["members"] = item["members"] or None
