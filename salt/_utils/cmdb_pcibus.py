"""PCI functions as the kernel lists them, and their names.

Source: /sys/bus/pci/devices/*/uevent, which is ready in memory; never ``config``, which wakes the
device. Names are those of pci.ids (package pciutils, hwdata or pci.ids), the ids alone without.
That file has 40000 lines in order of their ids: it is searched by halves, never taken apart.
"""

import os
import re

import cmdb_source as source
import cmdb_text as text

DEVICES = "/sys/bus/pci/devices"
NAME_FILES = ("/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids")
_ALIAS = re.compile(
    r"pci:v0000([0-9a-f]{4})d0000([0-9a-f]{4})sv0000([0-9a-f]{4})sd0000([0-9a-f]{4})"
    r"bc([0-9a-f]{2})sc([0-9a-f]{2})i([0-9a-f]{2})"
)
# An entry of each level: vendor or class, device or subclass, card.
_ENTRY = tuple(re.compile(rb"\n\t{%d}([^\t#\n][^\t#\n]{1,8}?)  " % level) for level in range(3))
# Longer than what these match; and how much is looked through from its start.
_HEAD_BYTES, _FEW_BYTES = 16, 1024


def functions():
    """Return {address: what the kernel says} of all functions; raises Unavailable without PCI."""
    paths = source.glob(f"{DEVICES}/*")
    if not paths and not source.glob(DEVICES):
        raise source.Unavailable("this machine has no PCI (/sys/bus/pci)")
    found = {path.rpartition("/")[2]: said for path, said in ((p, _read(p)) for p in paths) if said}
    if paths and not found:
        raise source.ParseError(f"none of {len(paths)} PCI functions tells its ids: {paths[0]}")
    return found


def parse_uevent(said):
    """Turn a function's uevent into its class, id, subsystem_id and driver; None without an id."""
    told = dict(line.split("=", 1) for line in (said or "").splitlines() if "=" in line)
    alias = _ALIAS.match((text.clean(told.get("MODALIAS")) or "").lower())
    own, under, kind = (told.get(name) for name in ("PCI_ID", "PCI_SUBSYS_ID", "PCI_CLASS"))
    if alias and not (own and kind):
        own, under = f"{alias.group(1)}:{alias.group(2)}", f"{alias.group(3)}:{alias.group(4)}"
        kind = "".join(alias.group(5, 6, 7))
    own, under, kind = _pair(own), _pair(under), text.integer(kind, 16)
    if own is None or kind is None or kind >> 24:
        return None
    return {
        "class": f"{kind:06x}",
        "id": own,
        # Bridges and simple devices have none.
        "subsystem_id": None if under in ("0000:0000", "ffff:ffff") else under,
        "driver": text.clean(told.get("DRIVER")),
    }


def _read(path):
    said = parse_uevent(source.read(f"{path}/uevent"))
    if said is None:
        alias, driver = source.read(f"{path}/modalias"), source.link(f"{path}/driver")
        said = parse_uevent(f"MODALIAS={alias or ''}")
        if said and driver:
            said["driver"] = driver.rpartition("/")[2]
    return said


def names_file(found):
    """Return what pci.ids says of the functions ``found``; empty where it is not installed."""
    path = next((path for path in NAME_FILES if source.glob(path)), None)
    if path is None or not found:
        return b""
    try:
        return source.ask("pci.ids", _excerpt, path, *_wanted(found))
    except OSError:
        # In a folder that is replayed.
        return source.read_bytes(path) or b""


def names(content, found):
    """Return {address: names of class, vendor, device, subsystem} of the functions ``found``."""
    titles = {ids: _title(line) for ids, line in _lines(content, _wanted(found))}
    named = {}
    for address, said in found.items():
        kind, (vendor, device) = said["class"], said["id"].split(":")
        card = said["subsystem_id"]
        named[address] = {
            "class_name": titles.get((f"C {kind[:2]}", kind[2:4]))
            or titles.get((f"C {kind[:2]}",)),
            "vendor": titles.get((vendor,)),
            "device": titles.get((vendor, device)),
            "subsystem_vendor": titles.get((card[:4],)) if card else None,
            "subsystem": titles.get((vendor, device, card.replace(":", " "))) if card else None,
        }
    return named


def _wanted(found):
    """Return the sorted (class, id, id of the card) of functions, each once."""
    return sorted({(s["class"], s["id"], s["subsystem_id"] or "") for s in found.values()})


def _excerpt(path, *wanted):
    """Return the lines of pci.ids that name any of (class, id, id of the card); raises OSError."""
    # Here and not above: every job loads this module, and few ask. Only a part of it is read.
    import mmap

    with open(path, "rb", buffering=0) as file:
        if not os.fstat(file.fileno()).st_size:
            return b""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return b"".join(line for _, line in _lines(content, wanted)) + b"\n"


def _lines(content, wanted):
    """Return (ids from the vendor or class down, the line) in the order of the file."""
    vendors, classes = {}, {}
    for kind, own, card in wanted:
        cards = vendors.setdefault(own[:4], {}).setdefault(own[5:], {})
        classes.setdefault(f"C {kind[:2]}", {})[kind[2:4]] = {}
        if card:
            vendors.setdefault(card[:4], {})
            cards[card.replace(":", " ")] = {}
    # Classes come last. The first of them is 00, but in an excerpt.
    start = content.rfind(b"\nC 00")
    start = start if start >= 0 else content.find(b"\nC ")
    start = start if start >= 0 else len(content)
    found = _below(content, classes, (), start, len(content))
    return (found + _below(content, vendors, (), 0, start))[::-1]


def _below(content, tree, above, start, end):
    """Return the lines of a tree's entries between two places, from the last to the first."""
    level, found = len(above), []
    # In this order Intel's fourth of the file, near its end, is passed once at most.
    for number in sorted(tree, reverse=True):
        at, stop = _find(content, number.encode(), level, start, end)
        if at is None:
            continue
        if tree[number]:
            found += _below(content, tree[number], (*above, number), at, stop)
        line_end = content.find(b"\n", at + 1, end)
        found.append(((*above, number), content[at : line_end if line_end >= 0 else end]))
        end = at
    return found


def _find(content, number, level, start, end):
    """Return where an entry between two places begins and ends; None for both where it is not."""
    low, high, after = start, end, end
    while high - low > _FEW_BYTES:
        middle = (low + high) // 2
        met = _ENTRY[level].search(content, middle, min(high + _HEAD_BYTES, end))
        if met and met.group(1) <= number:
            low = met.start()
        else:
            high, after = middle, met.start() if met else after
    head = b"\n%b%b  " % (b"\t" * level, number)
    at = content.find(head, low, min(high + _HEAD_BYTES, end))
    if at < 0:
        return None, None
    following = _ENTRY[level].search(content, at + 1, min(high + _HEAD_BYTES, end))
    return at, following.start() if following else after


def _title(line):
    """Return the name in an entry's line, after its number."""
    return text.value(line.partition(b"  ")[2].decode("utf-8", "replace"))


def _pair(said):
    said = (text.clean(said) or "").lower()
    return said if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", said) else None
