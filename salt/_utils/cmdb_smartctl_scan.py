"""The drives that ``smartctl --scan-open`` finds: JSON since version 7, the text of older ones."""

import re

import cmdb_smartctl as smartctl
import cmdb_source as source

_DEVICE, _TYPE = r"/dev/[\w.:/-]+", r"[\w+,.:/-]+"
_OPEN_LINE = re.compile(rf"^(#\s*)?({_DEVICE})\s+-d\s+({_TYPE})\s*(.*)$")
_BEHIND = re.compile(r"(?:sat\+)?((?:megaraid|cciss|3ware|areca|aacraid|hpt|sssraid),[0-9,/]+)")


def parse(said):
    """Turn ``smartctl --scan-open -j`` into a list of (device, type, why it can't be opened)."""
    report = smartctl.load(said)
    if "devices" not in report and smartctl.status(report):
        raise source.ParseError(smartctl.messages(report))
    drives = []
    for device in smartctl.dicts(report.get("devices")):
        name, kind = smartctl.string(device.get("name")), smartctl.string(device.get("type"))
        if re.fullmatch(_DEVICE, name or "") and re.fullmatch(_TYPE, kind or ""):
            drives.append((name, kind, smartctl.string(device.get("open_error"))))
    return _opened(drives)


def parse_text(said):
    """Turn the lines of ``smartctl --scan-open`` into the same list."""
    drives = []
    for line in filter(str.strip, said.splitlines()):
        match = _OPEN_LINE.match(line)
        if not match:
            raise source.ParseError(f"smartctl --scan-open: {line.strip()[:200]}")
        closed, name, kind, comment = match.groups()
        drives.append((name, kind, comment.strip() if closed else None))
    return _opened(drives)


def _opened(drives):
    """Return the drives; raises Unavailable where none may be opened."""
    denied = [error for _, _, error in drives if error and "ermission denied" in error]
    if denied and len(denied) == len(drives):
        raise source.Unavailable(f"no right to open drives: run as root ({denied[0]})")
    return drives


def behind(kind):
    """Return "megaraid-4" of a drive behind a RAID controller by its type; None for others."""
    match = _BEHIND.fullmatch(kind)
    return match.group(1).replace(",", "-") if match else None
