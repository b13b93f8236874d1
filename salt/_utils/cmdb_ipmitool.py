"""What ``ipmitool`` prints, of any version: ``lan print``, ``mc info`` and ``fru print``.

It needs the kernel's door to the management controller, /dev/ipmi0; where there is none, no
command is run.
"""

import re

import cmdb_source as source
import cmdb_text as text

DEVICES = ("/dev/ipmi[0-9]*", "/dev/ipmi/[0-9]*", "/dev/ipmidev/[0-9]*")
_FIELD = re.compile(r"^\s*([^:]{1,60}?)\s*:(?:\s+(.*))?$")
_FRU = re.compile(r"^\s*FRU Device Description\s*:\s*(.*?)\s*\(ID\s+([0-9]{1,5})\)(.*)$")
_NO_DEVICE = re.compile(r"Could not open device|No such file or directory|No such device")
_DENIED = re.compile(r"Permission denied|Operation not permitted|not permitted|Insufficient priv")
# A place that is known to be empty; anything else said instead of fields is a failed read.
_ABSENT = re.compile(
    r"Requested sensor, data, or record not found|Invalid data field in request"
    r"|Destination unavailable|Parameter out of range|Requested data not present",
    re.IGNORECASE,
)
_NOT_READ = re.compile(r"not present|Read failed|[Uu]nknown FRU header|Failed|[Ee]rror|[Tt]imeout")


def run(*words, accept=None):
    """
    Return what ``ipmitool`` prints; raises Unavailable where there is no way to a BMC.

    ``accept`` decides of a CommandError whether its output is whole all the same.
    """
    if not any(source.glob(pattern) for pattern in DEVICES):
        raise source.Unavailable(
            "no IPMI device (/dev/ipmi0): no BMC, or the module ipmi_devintf is not loaded"
        )
    try:
        return source.run(["ipmitool", *words])
    except source.Unavailable as error:
        raise source.Unavailable(f"{error}: install the package ipmitool") from None
    except source.CommandError as error:
        _no_way(error.stderr + error.stdout)
        if not accept or not accept(error):
            raise
        return error.stdout


def parse_fields(said, needed):
    """
    Turn ``lan print`` or ``mc info`` into a dict of label to text, the first of a label.

    Raises Unavailable where it could not reach the BMC, ParseError where no label is ``needed``.
    """
    found = {}
    for line in said.splitlines():
        match = _FIELD.match(line)
        if match:
            found.setdefault(match.group(1), match.group(2) or "")
    if not found.keys() & set(needed):
        _no_way(said)
        raise source.ParseError(f"ipmitool printed none of {', '.join(needed)}: {_first(said)}")
    return found


def parse_fru(said):
    """
    Turn ``fru print`` into a list of (name, id, {label: text}); labels lead to the first text.

    Records that can't be read are left out; those that are not known to be absent are noted.
    """
    found, fields, seen = [], None, False
    for line in said.splitlines():
        head = _FRU.match(line)
        if head:
            fields, seen = {}, True
            found.append((text.clean(head.group(1)), int(head.group(2)), fields))
            continue
        match = _FIELD.match(line)
        if fields is None or not line.strip():
            continue
        if match and match.group(2) is not None:
            fields.setdefault(match.group(1), match.group(2))
        elif not match and _NOT_READ.search(line) and not _ABSENT.search(line):
            source.problem(f"FRU {found[-1][1]}: {line.strip()}")
    if not seen:
        _no_way(said)
        raise source.ParseError(f"ipmitool fru printed no FRU: {_first(said)}")
    return [each for each in found if any(map(str.strip, each[2].values()))]


def _no_way(said):
    """Raise Unavailable where the text tells that there is no BMC or no right to ask it."""
    for line in said.splitlines():
        if _DENIED.search(line):
            raise source.Unavailable(f"no right to ask the BMC: run as root ({line.strip()[:200]})")
        if _NO_DEVICE.search(line):
            raise source.Unavailable(f"no way to a BMC: {line.strip()[:200]}")


def _first(said):
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0][:200] if lines else "nothing"
