"""LSI's MegaCli (CmdTool2), the forerunner of storcli: the same keys, read from its texts.

An adapter is "c0", a volume "c0:v1" by its target id, a disk "c0:252:4" by enclosure and slot.
``parse`` takes any of its listings, or several of them one after the other.
"""

import re

import cmdb_megacli_items as items
import cmdb_raid_asking as asking
import cmdb_raid_words as words
import cmdb_source as source

CALLS = {
    "controllers": (["-AdpAllInfo"], ["-AdpGetPciInfo"], ["-AdpBbuCmd", "-GetBbuStatus"]),
    "volumes": (["-LdPdInfo"],),
    "disks": (["-PDList"],),
}
_ADAPTER = re.compile(
    r"Adapter ?[#:]? *(\d{1,4})\b(?!.*(?:fail|not found))"
    r"|BBU status for Adapter: *(\d{1,4})|PCI information for Controller (\d{1,4})",
    re.I,
)
_VOLUME = re.compile(r"(?:CacheCade )?Virtual D(?:rive|isk): *(\d+) *\(Target Id: *(\d{1,6})", re.I)
_DISK = re.compile(r"Enclosure Device ID *: *(.*)", re.I)
_INQUIRY = re.compile(r"\s*Inquiry Data *: ?(.*)", re.I)
_NO_ADAPTER = re.compile(r"Controller Count: *0|No (?:adapters?|controllers?) found", re.I)
_NONE = {
    "volumes": re.compile(r"No Virtual D|Number of Virtual D[a-z]+: *0\b", re.I),
    "disks": re.compile(r"No Physical D|Device not found", re.I),
}
# A listing that has only its heading and its end.
_BARE = re.compile(r"(?:\s*Adapter #?\d+:?(?: *--.*)?)+\s*Exit Code: *0x0+\s*", re.I)
_COUNT = re.compile(r"^Controller Count: *[1-9]", re.I | re.M)
_EXIT = re.compile(r"Exit Code: *0x([0-9a-f]+)", re.I)


def ask(tool, kind):
    """Return the items of one kind; raises Unavailable where the tool knows no adapter."""
    said = []
    for number, call in enumerate(CALLS[kind]):
        try:
            said.append(asking.said_by([tool, *call, "-aALL", "-NoLog"]))
        except source.CommandError as error:
            # The first call is what it is about, the rest adds to it.
            if not number:
                raise
            source.problem(str(error))
    output = "\n".join(said)
    found = parse(output, tool)
    # Cut off it would look as if there were none.
    if not found[kind] and not _says_none(output, kind):
        raise asking.silent(tool, kind)
    return found


def _says_none(output, kind):
    said = _NONE[kind].search(output) if kind in _NONE else None
    return kind in _NONE and bool(said or _BARE.fullmatch(output))


def parse(output, tool="MegaCli"):
    """
    Turn listings into {"controllers", "volumes", "disks"}.

    Raises Unavailable where it says that there is no adapter, ParseError where it names none.
    """
    machine = items.Machine()
    for line in output.splitlines():
        _take(machine, line)
    found = machine.found()
    exits = _EXIT.findall(output)
    if not machine.adapters:
        # On a machine without an adapter it prints nothing but that it ended well.
        if _NO_ADAPTER.search(output) or re.fullmatch(r"\s*Exit Code: *0x0+\s*", output):
            raise source.Unavailable(f"{tool} found no controller")
        if (exits and not exits[-1].strip("0")) or _COUNT.search(output):
            raise asking.silent(tool, "adapters, volumes or disks")
        raise asking.not_understood(tool, output)
    ended = exits and not exits[-1].strip("0")
    if not any(found.values()) and not ended and not _NONE["volumes"].search(output):
        failed = f" (exit code 0x{exits[-1]})" if exits else ""
        raise source.ParseError(f"{tool}{failed}: nothing after {output.strip()[:100]!r}")
    return found


def _take(machine, line):
    """Hand one line to what it tells of."""
    inquiry = _INQUIRY.match(line)
    if inquiry:
        # Its fields have fixed widths: blanks count.
        machine.say("Inquiry Data", inquiry.group(1))
        return
    line = line.strip()
    adapter, volume, disk = _ADAPTER.match(line), _VOLUME.match(line), _DISK.match(line)
    if adapter:
        machine.begin_adapter(int(next(filter(None, adapter.groups()))), line)
    elif volume:
        machine.begin_volume(int(volume.group(2)))
    elif disk:
        machine.begin_disk(disk.group(1).strip())
    else:
        said = words.pair(line)
        if said:
            machine.say(*said)
