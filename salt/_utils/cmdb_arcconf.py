"""Adaptec's arcconf: one controller's configuration is one text.

Keys: controller "controller1" as the tool numbers it, volume "controller1:v0", disk by what the
tool says of its place: "controller1:0:3" (enclosure:slot), "controller1:direct:3" (a slot without
enclosure), "controller1:connector0:2", "controller1:channel0:5".
"""

import re

import cmdb_arcconf_items as items
import cmdb_raid_asking as asking
import cmdb_raid_words as words
import cmdb_source as source
import cmdb_text as text

MOST_CONTROLLERS = 16
_COUNT = re.compile(r"^\s*Controllers found: *(\d{1,3})\b", re.M | re.I)
_NO_CONTROLLER = re.compile(r"controllers found: *0\b|no controllers? (?:found|detected)", re.I)
_SECTION = re.compile(r"(\w.*) information", re.I)
_SECTIONS = {
    "controller": "controller",
    "logical device": "logical",
    "logical drive": "logical",
    "physical device": "physical",
    "physical drive": "physical",
}
_HEADINGS = {
    "volumes": re.compile(r"^\s*logical (?:device|drive) information", re.M | re.I),
    "disks": re.compile(r"^\s*physical (?:device|drive) information", re.M | re.I),
}
_END = re.compile(r"^\s*command completed", re.M | re.I)
_VOLUME = re.compile(r"logical (?:device|drive) number (\d{1,6})", re.I)
_DISK = re.compile(r"device #(\d{1,6})", re.I)
_SEGMENT = re.compile(r"(?:group \d+, *)?(?:segment|device) \d+", re.I)


def ask(tool, kind):
    """Return what it knows of one kind at least; raises Unavailable without a controller."""
    first = asking.said_by([tool, "getconfig", "1"])
    count = _COUNT.search(first)
    outputs = [first]
    for number in range(2, min(int(count.group(1)) if count else 1, MOST_CONTROLLERS) + 1):
        output = asking.said_by([tool, "getconfig", str(number)])
        # A replay may have the same answer for all questions.
        outputs += [output] if output not in outputs else []
    found = {"controllers": [], "volumes": [], "disks": []}
    for number, output in enumerate(outputs, 1):
        said = parse(output, number, tool)
        # Cut off it would look as if there were none.
        if not _END.search(output) and not (said["volumes"] and said["disks"]):
            raise asking.not_understood(tool, output)
        if not said[kind] and not (kind in _HEADINGS and _HEADINGS[kind].search(output)):
            raise asking.silent(tool, kind)
        for kinds, each in said.items():
            found[kinds] += each
    return found


def parse(output, number=1, tool="arcconf"):
    """
    Turn one controller's configuration into {"controllers", "volumes", "disks"}.

    Raises Unavailable where it says that there is no controller, ParseError where it has none of
    the sections.
    """
    reader = _Reader()
    for line in output.splitlines():
        reader.take(line)
    if _NO_CONTROLLER.search(output):
        raise source.Unavailable(f"{tool} found no controller")
    if not (reader.controller or reader.volumes or reader.disks):
        if _END.search(output):
            raise asking.silent(tool, "controllers, volumes or disks")
        raise asking.not_understood(tool, output)
    place = f"controller{number}"
    disks = [items.disk(place, said) for said in reader.disks if _is_disk(said)]
    text.unique(disks, "place")
    members = items.Members(disks, [said for said in reader.disks if _is_disk(said)])
    return {
        "controllers": [items.controller(place, reader.controller)] if reader.controller else [],
        "volumes": [items.volume(place, *each, members) for each in reader.volumes.items()],
        "disks": disks,
    }


class _Reader:
    """Reads line by line; ``said`` is where the details go that follow."""

    def __init__(self):
        self.controller, self.volumes, self.disks = {}, {}, []
        self.section, self.part, self.said = None, "", None

    def take(self, line):
        """Take one line: a heading, or a detail of the last one."""
        whole, line = bool(line[:1].strip()), line.strip()
        section, volume, disk = (each.fullmatch(line) for each in (_SECTION, _VOLUME, _DISK))
        if section:
            self._begin_section(section.group(1).lower(), whole)
        elif volume and self.section == "logical":
            self.said = self.volumes.setdefault(int(volume.group(1)), {"segments": []})
        elif disk and self.section == "physical":
            self.said = {"number": disk.group(1)}
            self.disks.append(self.said)
        elif self.said is not None and line.lower().startswith("device is a"):
            self.said["is"] = line[11:].lower()
        elif words.pair(line) and self.said is not None:
            self._say(*words.pair(line))

    def _begin_section(self, name, whole):
        """Go to a section, or to a part of what the last one tells of."""
        self.part = name
        if whole or name in _SECTIONS:
            self.section = _SECTIONS.get(name)
            self.said = self.controller if self.section == "controller" else None

    def _say(self, name, said):
        if self.section == "logical" and _SEGMENT.fullmatch(name):
            self.said["segments"].append(said)
        elif self.section == "controller" and re.search(r"battery|backup|zmm", self.part):
            self.said.setdefault(f"battery {name.lower()}", said)
        else:
            self.said.setdefault(name.lower(), said)


def _is_disk(said):
    return bool(re.search(r"hard|disk|solid|ssd|nvme", said.get("is", "")))
