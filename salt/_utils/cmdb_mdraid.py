"""Linux software RAID: /proc/mdstat and sysfs; ``mdadm --detail`` where only that was kept.

Key: the kernel's name, "md0". Members are named by the place of their disk and their partition,
"pci-0000:00:1f.2-ata-1-part2", by the kernel's name ("sda2") where only a text is at hand.
"""

import re

import cmdb_raid_asking as asking
import cmdb_raid_words as words
import cmdb_source as source
import cmdb_sysfs as sysfs
import cmdb_text as text

MDSTAT = "/proc/mdstat"
# Every Linux has it.
KERNEL = "/proc/version"
_EXAMINED = re.compile(r"^ *(?:Magic|Array UUID|MBR Magic) : ", re.M)
_ARRAY = re.compile(r"(md\S*) *: *(active|inactive|broken)\b *(\([^)]*\))? *(.*)")
_MEMBER = re.compile(r"([^\s\[\]()]+)\[(\d+)\]((?:\([A-Z]\))*)")
_BLOCKS = re.compile(r"\s*(\d{1,18}) blocks\b(.*)")
_ACTIVITY = re.compile(r"(recovery|resync|reshape|check|repair) *=")
_WORKS = re.compile(r"\[(\d+)/(\d+)\](?: \[([U_]+)\])?")
# What an array does that is no news for a record.
_ROUTINE = ("check", "repair", "resync")
_DETAIL_ROW = re.compile(r"\s*(?:\d+|-)\s+\d+\s+\d+\s+(?:\d+|-)(?:\s+(.*))?")


def ask():
    """Return the arrays of this machine; nothing where the kernel has no md."""
    said = source.read(MDSTAT)
    if said:
        return [_with_sysfs(item) for item in parse_mdstat(said)]
    if said is None and source.read(KERNEL) is None:
        # No machine, but a folder that may hold what somebody saw of one.
        return _ask_mdadm()
    return []


def _ask_mdadm():
    try:
        said = source.run(["mdadm", "--detail"])
    except source.Unavailable:
        return []
    if _EXAMINED.search(said):
        raise asking.silent("mdadm", "arrays: this is of a member")
    return parse_detail(said)


def parse_mdstat(said):
    """Turn /proc/mdstat into items; raises ParseError where it is nothing like it."""
    found, item = {}, None
    for line in said.splitlines():
        match = _ARRAY.match(line)
        if match:
            item = _begin(*match.groups())
            found[item["place"]] = item
        elif item is not None and not line[:1].isspace() and line.strip():
            item = None
        elif item is not None:
            _add(item, line)
    if not found and not re.search(r"^Personalities *:|^unused devices:", said, re.M):
        raise asking.not_understood(MDSTAT, said)
    return [_finished(each) for _, each in sorted(found.items())]


def parse_detail(said):
    """Turn the output of ``mdadm --detail`` for one or several arrays into items."""
    found, item = [], None
    for line in said.splitlines():
        device, row = re.fullmatch(r"/dev/(md\S*):\s*", line), _DETAIL_ROW.fullmatch(line)
        if device:
            item = {"device": device.group(1), "rows": []}
            found.append(item)
        elif item is not None and row:
            state, slash, device = (row.group(1) or "").partition("/dev/")
            item["rows"].append((state.strip(), device.strip() if slash else None))
        elif item is not None and words.pair(line):
            name, value = words.pair(line)
            item.setdefault(name.lower(), value)
    if not found:
        raise asking.not_understood("mdadm", said)
    names = {each["device"] for each in found}
    # Asked for /dev/md*, it tells of an array again for each of its partitions.
    arrays = [each for each in found if _whole(each["device"]) not in names]
    return text.unique([_from_detail(each) for each in arrays], "place")


def _whole(name):
    """Return the name of the array that a partition is of; None for an array."""
    match = re.fullmatch(r"(.*\d)p\d+", name)
    return match.group(1) if match else None


def _begin(name, state, mode, rest):
    first = rest.split(" ", 1)[0]
    level = first if first and "[" not in first else None
    members, spares, failed = [], [], 0
    for member, _, flags in _MEMBER.findall(rest):
        failed += "(F)" in flags
        if "(S)" in flags:
            spares.append(member)
        elif "(F)" not in flags:
            members.append(member)
    return {
        "place": name,
        "level": words.level(level),
        "members": members,
        "spares": spares,
        "failed_count": failed,
        "state_text": " ".join(filter(None, (state, (mode or "").strip("()")))),
    }


def _add(item, line):
    blocks, activity, works = (each.search(line) for each in (_BLOCKS, _ACTIVITY, _WORKS))
    if blocks and "size_bytes" not in item:
        item["size_bytes"] = words.size(f"{blocks.group(1)} kB")
        chunk = re.search(r"(\d{1,9})k (?:chunks?|rounding)", blocks.group(2))
        item["strip_size_bytes"] = int(chunk.group(1)) * 1024 if chunk else None
        metadata = re.search(r"super (\S+)", blocks.group(2))
        item["metadata"] = metadata.group(1) if metadata else None
    if works and "missing_count" not in item:
        wanted, there = int(works.group(1)), int(works.group(2))
        item["missing_count"] = max(wanted - there, 0) if wanted < 1 << 16 else None
    if activity:
        item["activity"] = activity.group(1)


def _finished(item):
    if re.fullmatch(r"external:[a-z]+", item.get("metadata") or ""):
        # A container holds disks for the arrays in it and is always called inactive.
        item.update(level="container", members=item["members"] + item["spares"], spares=[])
    item["state"] = _state(item)
    item["members"] = sorted(set(item["members"])) or None
    item["spares"] = sorted(set(item["spares"])) or None
    return item


def _state(item):
    activity = item.get("activity")
    if item["level"] == "container":
        return None
    if not item["state_text"].startswith("active"):
        return item["state_text"].split(" ")[0]
    if activity == "reshape":
        return "reshaping"
    if item.get("missing_count"):
        return "rebuilding" if activity == "recovery" else "degraded"
    return "optimal"


def _with_sysfs(item):
    """Add what sysfs and udev know of an array, and name its members by their places."""
    name = item["place"]
    folder = f"/sys/block/{name}"
    sectors = text.integer(source.read(f"{folder}/size"))
    item["size_bytes"] = words.of_sectors(sectors) if sectors else item.get("size_bytes")
    item["uuid"] = text.uuid(source.read(f"{folder}/md/uuid"))
    device = text.clean(source.read(f"{folder}/dev"))
    udev = source.read(f"/run/udev/data/b{device}") if device else None
    named = re.search(r"^E:MD_(?:DEV)?NAME=(.+)$", udev or "", re.M)
    item["name"] = text.value(named.group(1)) if named else None
    item["device"] = f"/dev/{name}"
    for field in ("members", "spares"):
        if item[field]:
            item[field] = sorted(_member(folder, each) for each in item[field])
    return item


def _member(folder, name):
    """Return the place of a member's disk, with the number of its partition."""
    where = source.link(f"{folder}/md/dev-{name.replace('/', '!')}/block")
    if where is None or "/virtual/" in where:
        mapped = text.clean(source.read(f"{where}/dm/name")) if where else None
        return f"dm-{mapped}" if mapped else name
    partition = text.clean(source.read(f"{where}/partition"))
    disk = where.rpartition("/")[0] if partition else where
    return f"{sysfs.place(disk)}-part{partition}" if partition else sysfs.place(disk)


def _from_detail(said):
    state = said.get("state", "")
    rows = [(state, device) for state, device in said["rows"] if device]
    spares = [
        device for state, device in rows if state.startswith("spare") and "rebuild" not in state
    ]
    failed = [device for state, device in rows if "faulty" in state]
    members = [device for _, device in rows if device not in spares + failed]
    wanted, working = (words.number(said.get(f"{n} devices")) for n in ("raid", "active"))
    known = wanted is not None and working is not None
    uuid = re.sub(r"[^0-9a-f]", "", said.get("uuid", "").partition(" ")[0].lower())
    kilobytes = words.number(said.get("array size"))
    name = text.value(said.get("name", "").partition(" (")[0])
    dashed = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
    return {
        "place": said["device"].rpartition("/")[2],
        "level": words.level(said.get("raid level")),
        "size_bytes": None if kilobytes is None else words.size(f"{kilobytes} kB"),
        "strip_size_bytes": words.size(_kilo(said.get("chunk size") or said.get("rounding"))),
        "metadata": text.value(said.get("version")),
        "name": name.partition(":")[2] or name if name else None,
        "uuid": text.uuid(dashed),
        "state": _detail_state(state),
        "state_text": text.value(state),
        "missing_count": max(wanted - working, 0) if known else None,
        "failed_count": words.number(said.get("failed devices")),
        "members": sorted(set(members)) or None,
        "spares": sorted(set(spares)) or None,
        "device": f"/dev/{said['device']}",
    }


def _kilo(said):
    return re.sub(r"(\d)K\b", r"\1 kB", said) if said else None


def _detail_state(said):
    for pattern, word in (
        (r"FAILED|broken|not started", "failed"),
        (r"inactive", "inactive"),
        (r"reshaping", "reshaping"),
        (r"recovering", "rebuilding"),
        (r"degraded", "degraded"),
        (r"clean|active|readonly", "optimal"),
    ):
        if re.search(pattern, said):
            return word
    return None
