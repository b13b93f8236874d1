"""The commands that mend what is missing, for as many hosts as one line takes. No database."""

import shlex
from collections import Counter

from cmdb_api.services import reasons

MOST_HOSTS = 1000
# One argument of a program has 128 KiB at most.
MOST_BYTES = 100_000
SALT, SSH = "salt", "salt-ssh"


def target(hostnames):
    """Return the value of ``salt -L``; a name with a comma would be read there as two others."""
    return ",".join(name for name in hostnames if name and "," not in name)


def targets(rows, kind, *, has_salt):
    """
    Return {"items": [{reason, tool, hosts, commands}], "left_out": {reason: how many}}.

    ``rows`` are (reason, hostname, target, listed, via) of hosts, by reason. ``has_salt`` tells
    that masters say which keys they know. Left out is whom no such command reaches or mends.
    """
    found, left_out = {}, Counter()
    # Of ten thousand hosts, so what is asked of each is asked of its values alone.
    for reason, *known in rows:
        tool, name = _way(*known, has_salt)
        key = reason, tool
        if key not in found:
            mends = tool and reasons.function(reason, tool, kind)
            found[key] = [] if mends else None
        if found[key] is None:
            left_out[reason] += 1
        else:
            found[key].append(name)
    items = [
        {
            "reason": reason,
            "tool": tool,
            "hosts": len(names),
            "commands": [_line(reason, tool, kind, part) for part in _parts(names)],
        }
        for (reason, tool), names in found.items()
        if names
    ]
    return {"items": items, "left_out": dict(left_out)}


def command(reason, row, kind, *, has_salt):
    """Return the line that mends this on one host; None where there is none."""
    tool, name = _way(row.hostname, row.target, row.listed, row.via, has_salt)
    known = tool and reasons.function(reason, tool, kind)
    return _line(reason, tool, kind, name) if known else None


def _line(reason, tool, kind, names):
    return f"{tool} -L {shlex.quote(names)} {reasons.function(reason, tool, kind)}"


def _way(hostname, target, listed, via, has_salt):
    """Return which tool reaches a host, and the name that it knows it by."""
    tool, name = (SALT, target) if target else (SSH, listed)
    if not name and not has_salt and via != "agent":
        tool, name = SALT, hostname
    # Read as two names where it holds a comma.
    return (tool, name) if name and "," not in name else (None, None)


def _parts(names):
    """Yield the names, joined, in parts that one command line takes."""
    part, size = [], 0
    for name in names:
        length = len(name.encode()) + 1
        if part and (len(part) == MOST_HOSTS or size + length > MOST_BYTES):
            yield ",".join(part)
            part, size = [], 0
        part.append(name)
        size += length
    if part:
        yield ",".join(part)
