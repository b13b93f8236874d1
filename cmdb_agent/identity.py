"""Who this host is: Salt's own file ``minion_id``, written once and never changed by itself."""

import re
import sys
from pathlib import Path

from cmdb_agent import files
from cmdb_agent.errors import AgentError

CONFIGURED = re.compile(r"""^id:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)


def decide(layout, wanted=None):
    """Return (id, where it comes from); raises where ``wanted`` is not what the host has."""
    found, place = recorded(layout)
    if found and wanted and wanted.lower() != found.lower():
        raise AgentError(
            f"this host is {found} already, says {place}. The CMDB keeps its record under that name"
            f"; to begin a new one as {wanted}, change it there and give that host's key"
        )
    if found:
        return found, place
    if wanted:
        return _valid(wanted, "--id"), "--id"
    return _valid(hostname(), "this host's name"), "this host's name"


def recorded(layout):
    """Return (id, file) that Salt uses on this host; (None, None) where it would make one up."""
    places = [layout.config / "minion", *sorted(layout.config.glob("minion.d/*.conf"))]
    # Salt reads the last of several; one that is set goes before the file.
    for path in reversed(places):
        if path.is_file() and (match := CONFIGURED.search(path.read_text(errors="replace"))):
            return match.group(1), path
    try:
        name = layout.minion_id.read_text(encoding="utf-8-sig").partition("\n")[0].strip()
    except FileNotFoundError:
        return None, None
    # Salt itself takes "localhost" for no name.
    return (name, layout.minion_id) if name and name != "localhost" else (None, None)


def record(layout, id_):
    """Write minion_id where Salt has no name yet; returns whether it did."""
    return recorded(layout) == (None, None) and files.put(layout.minion_id, f"{id_}\n".encode())


def hostname():
    """Return this host's full name as it says itself; no name is looked up over the network."""
    sys.path.insert(0, str(files.collectors() / "_utils"))
    try:
        import cmdb_identity
    finally:
        del sys.path[0]
    name = Path("/proc/sys/kernel/hostname").read_text(encoding="utf-8").strip()
    return cmdb_identity.fqdn(name, Path("/etc/hosts").read_text(errors="replace")) or name


def other_name(id_):
    """Return what the host calls itself where that is not its id, else None."""
    name = hostname()
    short = (name.partition(".")[0].lower(), id_.partition(".")[0].lower())
    return name if short[0] != short[1] else None


def _valid(name, place):
    if not re.fullmatch(r"[^\s/]{1,255}", name):
        raise AgentError(f"{place} is {name!r}: a name has 1 to 255 characters, no space, no slash")
    if name.partition(".")[0].lower() == "localhost":
        raise AgentError(f"{place} is {name}, which is no host's own; give one with --id")
    return name
