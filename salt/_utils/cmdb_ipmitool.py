"""What ``ipmitool`` prints, of any version: ``lan print``, ``mc info`` and ``fru print``.

It needs the kernel's door to the management controller, /dev/ipmi0; where there is none, no
command is run.
"""

import re

import cmdb_source as source
import cmdb_text as text

DEVICES = ("/dev/ipmi[0-9]*", "/dev/ipmi/[0-9]*", "/dev/ipmidev/[0-9]*")
# Of lines without blanks around them: those make a search try each way to share them out.
_FIELD = re.compile(r"([^:]{1,60}?)\s*:(?:\s+(.*))?")
_FRU = re.compile(r"FRU Device Description\s*:\s*(.*)")
# Without it: what another management controller on the bus says of itself.
_ID = re.compile(r"\(ID\s+([0-9]{1,5})\)")
_NO_DEVICE = re.compile(r"Could not open device|No such file or directory|No such device")
_DENIED = re.compile(r"Permission denied|Operation not permitted|not permitted|Insufficient priv")
# A place that is known to be empty; anything else said instead of fields is a failed read.
_ABSENT = re.compile(
    r"Requested sensor, data, or record not found|Invalid data field in request"
    r"|Destination unavailable|Parameter out of range|Requested data not present"
    r"|Command response could not be provided",
    re.IGNORECASE,
)
_NOT_READ = re.compile(r"not present|Read failed|Failed|[Ee]rror|[Tt]imeout")
# Readable, but nobody wrote anything into it.
_BLANK = re.compile(r"Unknown FRU header", re.IGNORECASE)


def run(*words, accept=None):
    """
    Return what ``ipmitool`` prints; raises Unavailable where there is no way to a BMC.

    ``accept`` decides of a CommandError whether its output is whole all the same.
    """
    # A part of a machine may hold what it printed alone.
    if not source.is_partial() and not any(source.glob(pattern) for pattern in DEVICES):
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
        match = _FIELD.fullmatch(line.strip())
        if match:
            found.setdefault(match.group(1), match.group(2) or "")
    if not found.keys() & set(needed):
        _no_way(said)
        raise source.ParseError(f"ipmitool printed none of {', '.join(needed)}: {_first(said)}")
    return found


def parse_fru(said):
    """
    Turn ``fru print`` into a list of (name, id, {label: text}); labels lead to the first text.

    The id is None where there is none. Places that are known to be empty are left out; of one that
    could not be read nothing but its name is known, which is noted.
    """
    found, unread = [], set()
    for line in map(str.strip, said.splitlines()):
        head, match = _FRU.fullmatch(line), _FIELD.fullmatch(line)
        if head:
            found.append((*_place(head.group(1)), {}))
        elif not found:
            continue
        elif match and match.group(2) is not None:
            found[-1][2].setdefault(match.group(1), match.group(2))
        trouble = found and not head and _trouble(line, match)
        if trouble:
            name, number, _ = found[-1]
            source.problem(f"FRU {name if number is None else number}: {line}")
        if trouble == "unread":
            unread.add(len(found) - 1)
    if not found:
        _no_way(said)
        raise source.ParseError(f"ipmitool fru printed no FRU: {_first(said)}")
    return [
        unit
        for at, unit in enumerate(found)
        if at in unread or any(map(str.strip, unit[2].values()))
    ]


def _place(said):
    """Return the name and the id of a unit; the id is None where there is none."""
    number = _ID.search(said)
    if not number:
        return text.clean(said), None
    return text.clean(said[: number.start()]), int(number.group(1))


def _trouble(line, field):
    """Tell what is wrong with a unit that has this line: "unread", "odd" or None."""
    if field:
        said = (field.group(2) or "").strip()
        return "odd" if field.group(1).endswith("Area Checksum") and said != "OK" else None
    if _BLANK.search(line):
        return "odd"
    return "unread" if _NOT_READ.search(line) and not _ABSENT.search(line) else None


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
