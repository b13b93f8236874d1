"""PCI functions as the kernel lists them, and their names.

Source: /sys/bus/pci/devices/*/uevent, which is ready in memory; never ``config``, which wakes the
device. Names are those of pci.ids (package pciutils, hwdata or pci.ids), the ids alone without.
"""

import re

import cmdb_source as source
import cmdb_text as text

DEVICES = "/sys/bus/pci/devices"
NAME_FILES = ("/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids")
_ALIAS = re.compile(
    r"pci:v0000([0-9a-f]{4})d0000([0-9a-f]{4})sv0000([0-9a-f]{4})sd0000([0-9a-f]{4})"
    r"bc([0-9a-f]{2})sc([0-9a-f]{2})i([0-9a-f]{2})"
)
_SECTION_END = re.compile(rb"\n[^\t#\n]")
_DEVICE_END = re.compile(rb"\n\t?[^\t#\n]")


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


def names_file():
    """Return the content of pci.ids; empty where it is not installed."""
    path = next((path for path in NAME_FILES if source.glob(path)), None)
    return (source.read_bytes(path) or b"") if path else b""


def names(content, found):
    """Return {address: names of class, vendor, device, subsystem} of the functions ``found``."""
    ids = {said["id"] for said in found.values()}
    under = {(said["id"], said["subsystem_id"]) for said in found.values() if said["subsystem_id"]}
    vendors = _ordered(content, {each[:4] for each in ids} | {card[:4] for _, card in under}, b"")
    devices = {}
    for vendor, (start, end) in vendors.items():
        own = {each[5:] for each in ids if each[:4] == vendor}
        parts = _ordered(content, own, b"\t", start, end)
        devices.update((f"{vendor}:{each}", span) for each, span in parts.items())
    cards = {pair: _card(content, devices.get(pair[0]), pair[1]) for pair in under}
    classes = _classes(content, {said["class"] for said in found.values()})
    named = {}
    for address, said in found.items():
        card = said["subsystem_id"]
        named[address] = {
            "class_name": classes.get(said["class"]),
            "vendor": _title(content, vendors.get(said["id"][:4])),
            "device": _title(content, devices.get(said["id"])),
            "subsystem_vendor": _title(content, vendors.get(card[:4])) if card else None,
            "subsystem": cards.get((said["id"], card)),
        }
    return named


def _ordered(content, numbers, indent, start=0, end=None):
    """
    Return {number: (start, end) of its lines} of entries of one level between two places.

    They are in order of their numbers: looking for each from the last one on is one pass.
    """
    end = len(content) if end is None else end
    found, cursor = {}, start
    for number in sorted(numbers):
        head = b"\n%b%b  " % (indent, number.encode())
        at = content.find(head, cursor, end)
        if at < 0:
            continue
        stop = (_DEVICE_END if indent else _SECTION_END).search(content, at + 1, end)
        found[number] = (at + 1, stop.start() + 1 if stop else end)
        cursor = at
    return found


def _card(content, device, card):
    if device is None:
        return None
    at = content.find(b"\n\t\t%b  " % card.replace(":", " ").encode(), *device)
    return _title(content, (at + 1, device[1])) if at >= 0 else None


def _classes(content, wanted):
    """Return {class: its name, else that of its group}."""
    start, found = max(content.rfind(b"\nC 00"), 0), {}
    for kind in wanted:
        at = content.find(b"\nC %b  " % kind[:2].encode(), start)
        if at < 0:
            continue
        stop = _SECTION_END.search(content, at + 1)
        under = content.find(
            b"\n\t%b  " % kind[2:4].encode(), at, stop.start() if stop else len(content)
        )
        found[kind] = _title(content, (max(at, under) + 1, len(content)))
    return found


def _title(content, span):
    """Return the name in the first line of an entry, after its number."""
    if span is None:
        return None
    end = content.find(b"\n", *span)
    line = content[span[0] : end if end >= 0 else span[1]]
    return text.value(line.partition(b"  ")[2].decode("utf-8", "replace"))


def _pair(said):
    said = (text.clean(said) or "").lower()
    return said if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", said) else None
